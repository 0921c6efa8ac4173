/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_LOOP_H
#define IOV_EXT_CONTROL_LOOP_H 1

/* The whole of the daemon's work, once around:
 *
 *     inputs, snapshot, verdict, plan, operations, results, status.
 *
 * loop.c is the one file that sees all of them. */

#include <stdbool.h>
#include <stdint.h>

struct ds;
struct iov_nics;
struct iov_snapshot;
struct iov_status;
struct iov_verdicts;

/* What the last turn saw and made; for those who show it.  Valid until the
 * next turn.  All null before the first. */
struct iov_view {
    struct iov_snapshot *snapshot;      /* Changed by nobody but iov/what-if,
                                         * in a process of its own. */
    const struct iov_verdicts *verdicts;
    const struct iov_nics *nics;
    const struct iov_status *status;
};

struct iov_loop_options {
    const char *database;
    const char *journal;        /* File. */
    const char *host_root;      /* Captured tree, or null. */
    const char *history;        /* File. */
    const char *journald;       /* Socket, or null. */
    bool dummy;
};

/* What cannot be opened is logged; the rest works without it. */
void iov_loop_init(const struct iov_loop_options *);
void iov_loop_exit(void);
void iov_loop_run(void);
void iov_loop_wait(void);

const struct iov_view *iov_loop_view(void);

/* Appends what differs from what is wanted, a line each. */
void iov_loop_verify(struct ds *);

/* Something outside the inputs has changed (a command): look again. */
void iov_loop_touch(void);
/* Puts everything back as it was found; iov_loop_is_put_back() once that is
 * done, iov_loop_is_clean() once the database does not say otherwise any more,
 * for which its server has to answer. */
void iov_loop_clean_up(void);
bool iov_loop_is_put_back(void);
bool iov_loop_is_clean(void);
/* Removes the sign of life, for an exit that leaves everything else as it is;
 * true once that is done, or if the database cannot be written. */
bool iov_loop_is_retired(void);
/* Grows with each turn; used to see that a turn has passed. */
uint64_t iov_loop_iteration(void);

#endif /* vswitchd-ext/control/loop.h */
