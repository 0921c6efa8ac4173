/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters of ports: see tally.h.
 *
 * A port that does not ask for offload is on no path of
 * ours, and its time does not count. */

#include <config.h>
#include "vswitchd-ext/control/tally.h"

#include "util.h"

struct iov_tallies iov_tallies;

static long long int
elapsed(const struct iov_tally *t, long long int now)
{
    return t->since ? MAX(now - t->since, 0) : 0;
}

long long int
iov_tally_direct_msec(const struct iov_tally *t, long long int now)
{
    return (t->direct_msec
            + (t->state == IOV_PORT_DIRECT ? elapsed(t, now) : 0));
}

long long int
iov_tally_software_msec(const struct iov_tally *t, long long int now)
{
    return (t->software_msec
            + (t->state != IOV_PORT_DIRECT && t->state != IOV_PORT_OFF
               ? elapsed(t, now) : 0));
}

void
iov_tally_state(struct iov_tally *t, enum iov_port_state state,
                long long int now)
{
    long long int direct = iov_tally_direct_msec(t, now);
    long long int software = iov_tally_software_msec(t, now);

    /* Where a port is found is no move. */
    t->to_direct += t->since && state == IOV_PORT_DIRECT;
    t->to_software += t->state == IOV_PORT_DIRECT && state != IOV_PORT_DIRECT;
    t->direct_msec = direct;
    t->software_msec = software;
    t->state = state;
    t->since = now;
}

void
iov_tally_vf(struct iov_tally *t, uint64_t sent_before, uint64_t sent,
             uint64_t heard_before, uint64_t heard)
{
    t->vf_counted = true;
    t->vf_sent += sent >= sent_before ? sent - sent_before : 0;
    t->vf_heard += heard >= heard_before ? heard - heard_before : 0;
}

void
iov_tally_fence_due(struct iov_tally *t, long long int usec)
{
    if (!t->fence_due) {
        t->fence_due = MAX(usec, 1);
    }
}

void
iov_tally_fenced(struct iov_tally *t, long long int usec)
{
    if (t->fence_due) {
        iov_histogram_add(&iov_tallies.fence,
                          MAX(usec - t->fence_due, 0) / 1e6);
        t->fence_due = 0;
    }
}
