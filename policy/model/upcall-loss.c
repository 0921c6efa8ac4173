/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether ovs-vswitchd gets its upcalls: see upcall-loss.h.
 *
 * A sample without a packet says nothing, and neither ends nor continues a
 * row. */

#include <config.h>
#include "policy/model/upcall-loss.h"

#include "util.h"

static void
end_row(struct iov_upcall_loss *loss)
{
    loss->n_samples = 0;
    loss->n_packets = 0;
    loss->dead = false;
}

bool
iov_upcall_loss_update(struct iov_upcall_loss *loss, uint64_t missed,
                       uint64_t lost)
{
    bool was_dead = loss->dead;
    bool anew = (!loss->known || missed < loss->missed || lost < loss->lost);
    uint64_t n_missed = anew ? 0 : missed - loss->missed;
    uint64_t n_lost = anew ? 0 : lost - loss->lost;

    loss->known = true;
    loss->missed = missed;
    loss->lost = lost;
    if (anew || (n_missed && n_lost < n_missed)) {
        end_row(loss);
    } else if (n_missed) {
        loss->n_samples++;
        loss->n_packets += n_missed;
        loss->dead |= (loss->n_samples >= IOV_UPCALL_LOSS_SAMPLES
                       && loss->n_packets >= IOV_UPCALL_LOSS_PACKETS);
    }
    return loss->dead != was_dead;
}
