/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_CHILD_H
#define IOV_OFFLOAD_CHILD_H 1

/* What would keep the daemon waiting, done by a child process: writes to
 * sysfs, and long computations.
 *
 * The child is a copy of the daemon that has one thing to do: it calls a
 * function, sends what that returns through a pipe, and ends.  It may spoil
 * what is in its memory, which is nobody else's. */

#include <stdbool.h>

struct child;
struct ds;

/* What the child has to say. */
struct child_answer {
    int error;                  /* 0, or a positive errno. */
    int step;                   /* Where; as the function likes. */
};

/* Runs in the child, which has no descriptors but its own. */
typedef struct child_answer child_func(const void *aux);

/* For the child: writes 'text' to the file 'path', as it is.  Returns 0 or a
 * positive errno. */
int child_write(const char *path, const char *text);

/* Begins to call 'func' with 'aux'.  Returns 0 or a positive errno. */
int child_start(child_func *func, const void *aux, struct child **);
/* True when it has answered or ended, which is ECHILD. */
bool child_done(struct child *, struct child_answer *);

/* The same for a function that has a text to say, without null bytes. */
typedef void child_text_func(const void *aux, struct ds *text);
/* The child is killed if it takes more than 'seconds'. */
int child_start_text(child_text_func *func, const void *aux,
                     unsigned int seconds, struct child **);
/* True when all of the text has been appended to 'text', with 0 in '*error',
 * or when the child has ended early, which is ECHILD. */
bool child_text_done(struct child *, struct ds *text, int *error);

void child_wait(const struct child *);
/* Does not wait for it: one that is still at work is left to init. */
void child_destroy(struct child *);

#endif /* offload/child.h */
