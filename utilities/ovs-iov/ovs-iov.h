/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_UTILITIES_OVS_IOV_H
#define IOV_UTILITIES_OVS_IOV_H 1

/* ovs-iov, the command for people: it asks ovs-iovd on its control socket, as
 * ovs-appctl(8) does, and shows the answer.
 *
 * The daemon decides everything; this program only chooses the form.  What is
 * shown in another form than the daemon's own is made from its JSON. */

#include <stdbool.h>
#include <stddef.h>

struct json;

/* The exit status says who has to act. */
enum exit_status {
    EXIT_DONE,
    EXIT_REFUSED,               /* The daemon answers with an error. */
    EXIT_NO_DAEMON,             /* There is no answer. */
    EXIT_USAGE
};

struct verb;

/* What the user asks for. */
struct request {
    const struct verb *verb;
    const char *target;         /* Name or socket of the daemon. */
    bool json, brief, colour;
    char **args;                /* Those of the daemon's command. */
    int n_args;
};

struct verb {
    const char *name;
    const char *usage;
    enum exit_status (*func)(const struct request *);
    const char *command;        /* Of the daemon. */
    const char *meaning;
};

#define VERB(NAME, USAGE, FUNCTION, COMMAND, MEANING) \
    enum exit_status FUNCTION(const struct request *);
#include "utilities/ovs-iov/verb.def"
#undef VERB

/* Null if there is none of that name. */
const struct verb *verb_find(const char *name);
/* The table, which ends with a null name. */
extern const struct verb verbs[];

/* client.c.  Both print what is wrong.  '*text' belongs to the caller. */
enum exit_status ask(const struct request *, int n_args, char *args[],
                     char **text);
enum exit_status ask_json(const struct request *, struct json **);
/* The same without a word, and for two seconds at most: null if there is no
 * answer. */
struct json *ask_quietly(const char *target, const char *command);

/* paint.c: prints the daemon's text, with colours if 'colour'. */
void paint(const char *text, bool colour);

/* complete.c: prints, a line each, what can stand behind 'words' and begins
 * with the last of them. */
void complete(const char *target, int n_words, char *words[]);

/* json.c: members of an answer, also of one that is not as expected. */
const struct json *member(const struct json *, const char *name);
const char *member_text(const struct json *, const char *name);
size_t array_size(const struct json *);
const struct json *array_at(const struct json *, size_t i);

#endif /* utilities/ovs-iov/ovs-iov.h */
