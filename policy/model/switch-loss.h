/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_SWITCH_LOSS_H
#define IOV_POLICY_MODEL_SWITCH_LOSS_H 1

/* How long what was known of a bridge holds while ovs-vswitchd is away.
 *
 * While ovs-vswitchd does not run nobody can change flows, and the software
 * path forwards nothing new.  A port that is on its VF therefore stays there,
 * by its last verdict, until the flows are known again or the limit is over
 * ("iov-on-switch-loss", "iov-switch-loss-limit").
 *
 * Once ovs-vswitchd has been configured again, a verdict on its flows has to
 * follow within IOV_SWITCH_LATE; then a port without one goes to software.
 *
 * A connection may also be lost while ovs-vswitchd goes on and takes in flows.
 * As soon as it is proved to run, nothing holds. */

#include <stdbool.h>

#define IOV_SWITCH_LATE 2000    /* ms. */

/* What is seen of a bridge. */
enum iov_switch_sight {
    IOV_SWITCH_KNOWN,           /* All that has to be known of it. */
    IOV_SWITCH_LOST,            /* Its connection was lost, or ovs-vswitchd has
                                 * not been configured again. */
    IOV_SWITCH_CHANGING,        /* It is configured and its flows change. */
    IOV_SWITCH_REFUSED          /* It does not say. */
};

/* All zeros is a bridge that has never been known.  Times are monotonic, in
 * ms. */
struct iov_switch_loss {
    bool known;                 /* It is, or was until 'since'. */
    long long int since;        /* Of the loss; 0: none. */
    long long int late_since;   /* Flows are there that need a verdict since
                                 * then; 0: no. */
    long long int until;        /* With the result true: when it ends. */
};

struct iov_switch_loss_in {
    enum iov_switch_sight sight;
    bool runs;                  /* The ovs-vswitchd that was known runs on. */
    long long int limit;        /* ms; 0: nothing ever holds. */
};

/* Returns true while what was known holds. */
bool iov_switch_loss_update(struct iov_switch_loss *,
                            const struct iov_switch_loss_in *,
                            long long int now);

#endif /* policy/model/switch-loss.h */
