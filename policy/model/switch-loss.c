/* SPDX-License-Identifier: Apache-2.0
 *
 * How long what was known holds: see switch-loss.h.
 *
 * A loss that has ended without the bridge becoming known does not begin anew,
 * or it would never end. */

#include <config.h>
#include "policy/model/switch-loss.h"

#include "util.h"

static bool
end(struct iov_switch_loss *loss, bool known)
{
    *loss = (struct iov_switch_loss) { .known = known };
    return false;
}

/* Holds until 'until', at most. */
static bool
hold(struct iov_switch_loss *loss, long long int until, bool known,
     long long int now)
{
    loss->until = until;
    return now < until ? true : end(loss, known);
}

bool
iov_switch_loss_update(struct iov_switch_loss *loss,
                       const struct iov_switch_loss_in *in, long long int now)
{
    bool known = in->sight == IOV_SWITCH_KNOWN;
    bool loses = in->sight == IOV_SWITCH_LOST && loss->known && !in->runs;

    if (!loss->since && loses && in->limit) {
        loss->since = now;
    }
    if (in->sight == IOV_SWITCH_REFUSED || in->runs || !loss->since) {
        return end(loss, known);
    }
    if (in->sight == IOV_SWITCH_LOST) {
        loss->late_since = 0;
        return hold(loss, loss->since + in->limit, false, now);
    }
    loss->late_since = loss->late_since ? loss->late_since : now;
    return hold(loss, MIN(loss->late_since + IOV_SWITCH_LATE,
                          loss->since + in->limit), known, now);
}
