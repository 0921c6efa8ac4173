/* SPDX-License-Identifier: Apache-2.0 */

/* Binding the driver of a VF anew.
 *
 * A PF that is reset behind its driver's back takes the PCI configuration of
 * its VFs with it, and nobody tells their drivers: the network device of such
 * a VF goes up, but hears no interrupt any more.
 *
 * The kernel goes on listing the interrupt vectors that it gave to the driver.
 * That they are there while the device has them switched off is how such a VF
 * is known, whenever that happened. */

#include <config.h>

#include "offload/guest/netns-move.h"

#include <errno.h>
#include <stdlib.h>

#include "offload/pci/pci.h"
#include "offload/pci/vfio.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_netns_rebind);

bool
netns_move_must_rebind(struct netns_move *m)
{
    if (m->rebound || !pci_was_reset(m->pci)) {
        return false;
    }
    VLOG_INFO("VF %s was reset without its driver, which is bound anew",
              m->pci);
    m->rebound = true;
    m->step = STEP_REBIND;
    return true;
}

static void
change_driver(struct netns_move *m)
{
    char *text = NULL;
    int error = 0;

    if (!m->change) {
        error = vfio_bind_anew_start(m->pci, &m->change);
    } else if (vfio_change_done(m->change, &error, &text)) {
        vfio_change_destroy(m->change);
        m->change = NULL;
        m->began = time_msec();
        m->step += !error;
    }
    if (error) {
        netns_move_finish(m, error, text);
    }
}

void
netns_move_rebind(struct netns_move *m)
{
    if (m->step == STEP_BOUND) {
        char *netdev = pci_netdev(m->pci);

        m->step += netdev != NULL;
        free(netdev);
    } else {
        change_driver(m);
    }
}
