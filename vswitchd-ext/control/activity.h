/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_ACTIVITY_H
#define IOV_EXT_CONTROL_ACTIVITY_H 1

/* Whether a guest that has a VF sends by it: seen, never assumed.
 *
 * That a port asks for offload, that it has a VF, and that its guest uses the
 * VF are three facts. */

#include <stdbool.h>
#include <stdint.h>

struct ds;
struct iov_runtime;
struct iov_nics;

/* Memory of one port.  All zeros is one that was never direct. */
struct iov_activity {
    bool known;                 /* 'active' is valid. */
    bool active;
    bool was_known, was_active; /* In the last status. */
    const char *how;            /* In words, a constant; or null. */
    bool counted;               /* 'sent' and 'heard' are valid, */
    bool by_pf;                 /* and counted by the PF. */
    uint64_t sent, heard;       /* Packets since 'since'. */
    long long int since;        /* Wall clock, ms: first look; 0: none. */
    uint64_t sent_before, heard_before;
    bool counted_before;
    bool seen;                  /* There is something to be looked at. */
    uint64_t other_now;
    uint64_t other_before[2];   /* Packets that the guest had sent by its port
                                 * on the software path at the last look, and
                                 * at that before. */
    long long int next;         /* Monotonic, ms: time of the next look. */
};

/* Looks at each direct port whose time has come.  Returns true if there is
 * something new to be published. */
bool iov_activity_run(const struct iov_nics *, long long int now,
                      long long int wall_now);
void iov_activity_wait(void);
/* Looks at a port now, whatever the time. */
void iov_activity_look(struct iov_runtime *, const struct iov_nics *,
                       long long int wall_now);
/* "active: ..." in words, without a new-line. */
void iov_activity_format(const struct iov_activity *, struct ds *);

#endif /* vswitchd-ext/control/activity.h */
