/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_RECONCILE_H
#define IOV_EXT_CONTROL_RECONCILE_H 1

/* From verdicts to operations, and from results to what is remembered.
 *
 * Each port has at most one operation under way, so that its results come in
 * the order of its moves; different ports move at the same time. */

#include <stdbool.h>
#include <stddef.h>

struct ds;
struct iov_nics;
struct iov_plan_in;
struct iov_snapshot;
struct iov_verdict;
struct iov_verdicts;

struct iov_reconcile {
    const struct iov_snapshot *snapshot;
    const struct iov_verdicts *verdicts;
    const struct iov_nics *nics;
    bool clean_up;              /* Everything back as it was found. */
    long long int now;          /* Monotonic, ms. */
    long long int wall_now;     /* ms. */
    long long int changed_at;   /* Monotonic, us: when what the verdicts are
                                 * of was taken in. */
};

/* Plans and begins the next operation of each port that has none under way,
 * and sets the states of the ports.  Returns true if nothing is under way or
 * left to do. */
bool iov_reconcile_run(const struct iov_reconcile *);

/* Takes in the results that have come.  Returns true if there were any. */
bool iov_reconcile_take_results(const struct iov_nics *, long long int now,
                            long long int wall_now);

/* Appends what differs from what is wanted, a line each. */
size_t iov_reconcile_verify(const struct iov_reconcile *, struct ds *);

#endif /* vswitchd-ext/control/reconcile.h */
