/* SPDX-License-Identifier: Apache-2.0
 *
 * What the verbs of verb.def do: see ovs-iov.h.
 *
 * Everything that is shown comes from the daemon, which may
 * be of another version, and its texts from whoever writes the database; they
 * pass policy/model/text.h once more before they reach the terminal. */

#include <config.h>
#include "utilities/ovs-iov/ovs-iov.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "policy/model/text.h"
#include "timeval.h"
#include "util.h"

#define WATCH_MSEC 1000

enum exit_status
verb_pass(const struct request *r)
{
    char **args = xcalloc(r->n_args + 1, sizeof *args);
    int n = 0;
    char *text;

    if (r->json) {
        args[n++] = CONST_CAST(char *, "--json");
    }
    for (int i = 0; i < r->n_args; i++) {
        args[n++] = r->args[i];
    }
    enum exit_status status = ask(r, n, args, &text);
    if (text) {
        paint(text, r->colour && !r->json);
    }
    free(text);
    free(args);
    return status;
}

/* Prints 's' in a column of 'width'; "-" stands for nothing. */
static void
put_column(const char *s, int width)
{
    char *clean = iov_text_clean(s);

    printf("%-*s", width, clean[0] ? clean : "-");
    free(clean);
}

static char *
vf_name(const struct json *object, const char *pf)
{
    const struct json *vf = member(object, "vf");

    return (pf[0] && vf && vf->type == JSON_INTEGER
            ? xasprintf("%s/%"PRId64, pf, (int64_t) json_integer(vf))
            : xstrdup(""));
}

/* The names of the reasons, each once. */
static char *
reason_names(const struct json *reasons)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    const char *last = "";

    for (size_t i = 0; i < array_size(reasons); i++) {
        const char *name = member_text(array_at(reasons, i), "reason");

        if (strcmp(name, last)) {
            ds_put_format(&ds, "%s%s", ds.length ? "," : "", name);
        }
        last = name;
    }
    return ds_steal_cstr(&ds);
}

static void
put_brief_port(const struct json *port)
{
    char *vf = vf_name(port, member_text(port, "pf"));
    char *reasons = reason_names(member(port, "reasons"));

    put_column(member_text(port, "name"), 16);
    putchar(' ');
    put_column(member_text(port, "state"), 10);
    putchar(' ');
    put_column(vf, 12);
    putchar(' ');
    put_column(reasons, 0);
    putchar('\n');
    free(vf);
    free(reasons);
}

/* Calls 'put' for each port in an answer of iov/show. */
static void
for_each_port(const struct json *json, void (*put)(const struct json *))
{
    const struct json *bridges = member(json, "bridges");

    for (size_t i = 0; i < array_size(bridges); i++) {
        const struct json *ports = member(array_at(bridges, i), "ports");

        for (size_t j = 0; j < array_size(ports); j++) {
            put(array_at(ports, j));
        }
    }
}

enum exit_status
verb_show(const struct request *r)
{
    struct json *json;

    if (!r->brief) {
        return verb_pass(r);
    }
    enum exit_status status = ask_json(r, &json);
    for_each_port(json, put_brief_port);
    json_destroy(json);
    return status;
}

static void
put_line(const char *indent, const char *label, const char *text)
{
    char *clean = iov_text_clean(text);

    if (clean[0]) {
        printf("%s%s%s\n", indent, label, clean);
    }
    free(clean);
}

static void
put_why_not(const struct json *port)
{
    const struct json *reasons = member(port, "reasons");
    const struct json *more = member(port, "more-reasons");
    size_t n = array_size(reasons);

    printf("port ");
    put_column(member_text(port, "name"), 0);
    printf(": ");
    put_column(member_text(port, "state"), 0);
    printf("%s\n", n ? "" : ", nothing is in the way");
    for (size_t i = 0; i < n; i++) {
        const struct json *reason = array_at(reasons, i);

        printf("%"PRIuSIZE". ", i + 1);
        put_column(member_text(reason, "reason"), 0);
        putchar('\n');
        put_line("   ", "", member_text(reason, "object"));
        put_line("   ", "", member_text(reason, "text"));
        put_line("   ", "", member_text(reason, "detail"));
        put_line("   ", "To do: ", member_text(reason, "remedy"));
    }
    if (more && more->type == JSON_INTEGER && json_integer(more)) {
        printf("and %"PRId64" more like these\n",
               (int64_t) json_integer(more));
    }
}

/* True if 'name' is a bridge in the answer and no port, so that the daemon has
 * listed all its ports. */
static bool
is_bridge(const struct json *json, const char *name)
{
    const struct json *bridges = member(json, "bridges");

    for (size_t i = 0; i < array_size(bridges); i++) {
        const struct json *bridge = array_at(bridges, i);
        const struct json *ports = member(bridge, "ports");

        if (!strcmp(member_text(bridge, "name"), name)
            && !(array_size(ports) == 1
                 && !strcmp(member_text(array_at(ports, 0), "name"), name))) {
            return true;
        }
    }
    return false;
}

enum exit_status
verb_why_not(const struct request *r)
{
    struct json *json;

    if (r->n_args != 1) {
        fprintf(stderr, "%s %s: %s; usage: %s %s %s\n", program_name,
                r->verb->name, r->n_args ? "one port at a time"
                : "a port is missing", program_name, r->verb->name,
                r->verb->usage);
        return EXIT_USAGE;
    }
    enum exit_status status = ask_json(r, &json);
    if (is_bridge(json, r->args[0])) {
        fprintf(stderr, "%s %s: \"%s\" is a bridge; \"%s show %s\" lists its "
                "ports\n", program_name, r->verb->name, r->args[0],
                program_name, r->args[0]);
        status = EXIT_REFUSED;
    } else {
        for_each_port(json, put_why_not);
    }
    json_destroy(json);
    return status;
}

enum exit_status
verb_vfs(const struct request *r)
{
    struct json *json;

    if (!r->brief) {
        return verb_pass(r);
    }
    enum exit_status status = ask_json(r, &json);
    const struct json *pfs = member(json, "pfs");

    for (size_t i = 0; i < array_size(pfs); i++) {
        const struct json *pf = array_at(pfs, i);
        const struct json *vfs = member(pf, "vfs");

        for (size_t j = 0; j < array_size(vfs); j++) {
            const struct json *vf = array_at(vfs, j);
            char *name = vf_name(vf, member_text(pf, "pf"));

            put_column(name, 12);
            putchar(' ');
            put_column(member_text(vf, "port"), 0);
            putchar('\n');
            free(name);
        }
    }
    json_destroy(json);
    return status;
}

/* Prints the lines of 'text' behind those of 'before': the history only grows
 * at its end, and loses lines at its beginning. */
static void
put_news(const char *before, const char *text, bool colour)
{
    for (const char *s = before; *s; s = strchr(s, '\n') + 1) {
        size_t n = strlen(s);

        if (!strncmp(text, s, n)) {
            paint(text + n, colour);
            return;
        }
        if (!strchr(s, '\n')) {
            break;
        }
    }
    paint(text, colour);
}

enum exit_status
verb_watch(const struct request *r)
{
    char *before = NULL;

    for (;;) {
        char *text;
        enum exit_status status = ask(r, r->n_args, r->args, &text);

        if (status != EXIT_DONE) {
            free(before);
            return status;
        }
        if (before) {
            put_news(before, text, r->colour);
            fflush(stdout);
        }
        free(before);
        before = text;
        poll_timer_wait(WATCH_MSEC);
        poll_block();
    }
}
