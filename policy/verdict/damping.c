/* SPDX-License-Identifier: Apache-2.0
 *
 * How long a port has to wait before it returns: see damping.h.
 *
 * Falls that have led to a hold-down are forgotten, or the first fall after
 * its end would lead to the next one. */

#include <config.h>
#include "policy/verdict/damping.h"

#include <string.h>

#include "policy/model/key.h"
#include "util.h"

static void
forget_old_falls(struct iov_damping *d, long long int now)
{
    size_t n = 0;

    while (n < d->n_falls && d->falls[n] + IOV_FLAP_WINDOW <= now) {
        n++;
    }
    d->n_falls -= n;
    if (d->n_falls) {
        memmove(d->falls, d->falls + n, d->n_falls * sizeof *d->falls);
    }
}

static void
hold_down(struct iov_damping *d, long long int now)
{
    bool soon = d->level && now < d->held_until + IOV_FLAP_QUIET;

    d->level = soon ? MIN(d->level + 1, IOV_FLAP_LEVELS) : 1;
    d->held_until = now + ((long long int) IOV_FLAP_HOLD << (d->level - 1));
    d->n_falls = 0;
}

static void
fall(struct iov_damping *d, const struct iov_global_keys *keys,
     long long int now)
{
    d->fell = true;
    if (!keys->flap_limit) {
        return;
    }
    forget_old_falls(d, now);
    if (d->n_falls >= d->allocated_falls) {
        d->falls = x2nrealloc(d->falls, &d->allocated_falls,
                              sizeof *d->falls);
    }
    d->falls[d->n_falls++] = now;
    if (d->n_falls >= keys->flap_limit) {
        hold_down(d, now);
    }
}

void
iov_damping_see(struct iov_damping *d, const struct iov_global_keys *keys,
                enum iov_damping_sight sight, bool touched,
                long long int now)
{
    bool clear = sight == IOV_DAMPING_CLEAR;

    if (d->direct && sight != IOV_DAMPING_DIRECT && touched) {
        fall(d, keys, now);
    }
    if (clear && !d->clear) {
        d->clear_since = now;
    }
    d->clear = clear;
    d->direct = sight == IOV_DAMPING_DIRECT;
}

long long int
iov_damping_settling(const struct iov_damping *d,
                     const struct iov_global_keys *keys, long long int now)
{
    if (d->direct || !d->fell) {
        return 0;
    }
    return ((d->clear ? d->clear_since : now)
            + (long long int) keys->failback_delay * 1000);
}

long long int
iov_damping_preempting(const struct iov_damping *d,
                       const struct iov_global_keys *keys, long long int now)
{
    if (d->direct) {
        return 0;
    }
    return ((d->clear ? d->clear_since : now)
            + (long long int) keys->failback_delay * 1000);
}

void
iov_damping_see_preemption(struct iov_damping *d, bool preempts, bool arrived,
                           bool obstructed)
{
    if (arrived) {
        d->preempting = d->barred = false;
    } else if (preempts) {
        d->preempting = true;
    } else if (obstructed && d->preempting) {
        d->preempting = false;
        d->barred = true;
    }
}

void
iov_damping_forget_preemption(struct iov_damping *d)
{
    d->preempting = d->barred = false;
}

long long int
iov_damping_flapping(const struct iov_damping *d,
                     const struct iov_global_keys *keys)
{
    return d->direct || !keys->flap_limit || !d->level ? 0 : d->held_until;
}

void
iov_damping_clear(struct iov_damping *d)
{
    free(d->falls);
    memset(d, 0, sizeof *d);
}
