/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a guest sends by its VF: see activity.h.
 *
 * Counters begin with the device, not with the port that has it now, so that
 * only what is added since the port became direct counts.  And a look that a
 * user has asked for is no reason to publish nothing at the next one. */

#include <config.h>
#include "vswitchd-ext/control/activity.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "offload/guest.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "policy/model/nic.h"
#include "util.h"
#include "vswitchd-ext/control/runtime.h"
#include "vswitchd-ext/control/wall-time.h"

#define INTERVAL 5000           /* ms between two looks. */

/* Packets on the software path, within two intervals, that say nothing:
 * devices announce themselves. */
#define FEW 3

/* The VF of 'port', by the journal's record, and its PF. */
static const struct iov_vf *
find_vf(const struct iov_nics *nics, const char *port,
        const struct iov_pf **pf)
{
    for (size_t i = 0; i < nics->n_pfs; i++) {
        for (unsigned int j = 0; j < nics->pfs[i].n_vfs; j++) {
            const struct iov_vf *vf = &nics->pfs[i].vfs[j];
            if (vf->record && !strcmp(vf->record->port, port)) {
                *pf = &nics->pfs[i];
                return vf;
            }
        }
    }
    return NULL;
}

static void
count(struct iov_activity *a, const struct iov_vf_use *use)
{
    a->counted = use->counted;
    a->by_pf = use->by_pf;
    if (!use->counted) {
        return;
    }
    if (!a->counted_before || use->sent < a->sent_before
        || use->heard < a->heard_before) {
        a->counted_before = true;
        a->sent_before = use->sent;
        a->heard_before = use->heard;
    }
    a->sent = use->sent - a->sent_before;
    a->heard = use->heard - a->heard_before;
}

/* True if the guest sends by its port on the software path. */
static bool
sends_elsewhere(struct iov_activity *a, const struct iov_vf_use *use)
{
    if (!a->since || use->other_sent < a->other_before[1]) {
        a->other_before[0] = a->other_before[1] = use->other_sent;
    }
    return (use->other_counted
            && use->other_sent - a->other_before[1] > FEW);
}

/* What is seen of the VF itself comes first. */
static void
evaluate(struct iov_activity *a, const struct iov_vf_use *use, bool elsewhere)
{
    a->seen = use->told || use->counted || use->other_counted;
    a->how = use->how;
    if (use->told) {
        a->known = true;
        a->active = use->active;
    } else if (use->counted) {
        a->known = true;
        a->active = a->sent != 0;
    } else {
        a->known = elsewhere;
        a->active = false;
        if (elsewhere) {
            a->how = "the guest sends by its port on the software path";
        }
    }
}

void
iov_activity_look(struct iov_runtime *runtime, const struct iov_nics *nics,
                  long long int wall_now)
{
    struct iov_activity *a = &runtime->activity;
    const struct iov_pf *pf;
    const struct iov_vf *vf =
        (runtime->state == IOV_PORT_DIRECT ? find_vf(nics, runtime->name, &pf)
                                           : NULL);
    uint64_t sent = a->sent;
    uint64_t heard = a->heard;
    struct iov_vf_use use;
    bool elsewhere;

    if (!vf) {
        memset(a, 0, sizeof *a);
        return;
    }
    iov_guests_use(vf->record->guest, pf, vf, &use);
    elsewhere = sends_elsewhere(a, &use);
    a->other_now = use.other_sent;
    a->since = a->since ? a->since : wall_now;
    count(a, &use);
    if (a->counted) {
        iov_tally_vf(&runtime->tally, sent, a->sent, heard, a->heard);
    }
    evaluate(a, &use, elsewhere);
}

bool
iov_activity_run(const struct iov_nics *nics, long long int now,
                 long long int wall_now)
{
    struct shash_node *node;
    bool any = false;

    SHASH_FOR_EACH (node, &iov_runtimes) {
        struct iov_runtime *runtime = node->data;
        struct iov_activity was = runtime->activity;
        bool direct = runtime->state == IOV_PORT_DIRECT;

        if (direct ? now >= was.next : was.since != 0) {
            iov_activity_look(runtime, nics, wall_now);
            runtime->activity.other_before[1] =
                runtime->activity.other_before[0];
            runtime->activity.other_before[0] = runtime->activity.other_now;
            runtime->activity.next = direct ? now + INTERVAL : 0;
            any |= (was.was_known != runtime->activity.known
                    || was.was_active != runtime->activity.active);
        }
    }
    return any;
}

/* Ports of whose guests nothing can be seen are not looked at for ever. */
void
iov_activity_wait(void)
{
    long long int next = LLONG_MAX;
    struct shash_node *node;

    SHASH_FOR_EACH (node, &iov_runtimes) {
        const struct iov_runtime *runtime = node->data;
        if (runtime->activity.seen) {
            next = MIN(next, runtime->activity.next);
        }
    }
    if (next != LLONG_MAX) {
        poll_timer_wait_until(next);
    }
}

void
iov_activity_format(const struct iov_activity *a, struct ds *ds)
{
    ds_put_cstr(ds, !a->known ? "active: not known, because nothing counts "
                                "packets on its VF"
                : a->active ? "active" : "not active");
    if (a->how) {
        ds_put_format(ds, "%s %s", a->known ? ":" : ";", a->how);
    }
    if (a->counted) {
        ds_put_format(ds, "%s %sthe guest has sent %"PRIu64" and heard "
                      "%"PRIu64" packets on the VF since ",
                      a->how ? ";" : ":", a->by_pf ? "by the PF's count "
                      : "", a->sent, a->heard);
        iov_put_wall_time(ds, a->since);
    }
}
