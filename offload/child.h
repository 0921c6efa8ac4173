/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_CHILD_H
#define IOV_OFFLOAD_CHILD_H 1

/* Writes to sysfs that keep the writer waiting, done by a child process.
 *
 * The child is a copy of the daemon that has one thing to do: it calls a
 * function, sends what that returns through a pipe, and ends. */

#include <stdbool.h>

struct child;

/* What the child has to say. */
struct child_answer {
    int error;                  /* 0, or a positive errno. */
    int step;                   /* Where; as the function likes. */
};

/* Runs in the child, which has no descriptors but its own. */
typedef struct child_answer child_func(const void *aux);

/* Begins to call 'func' with 'aux'.  Returns 0 or a positive errno. */
int child_start(child_func *func, const void *aux, struct child **);
/* True when it has answered or ended, which is ECHILD. */
bool child_done(struct child *, struct child_answer *);
void child_wait(const struct child *);
/* Does not wait for it: one that is still at work is left to init. */
void child_destroy(struct child *);

#endif /* offload/child.h */
