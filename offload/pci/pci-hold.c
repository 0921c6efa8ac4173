/* SPDX-License-Identifier: Apache-2.0 */

/* Keeping fenced VFs off the bus: see pci.h, pci_hold_master().
 *
 * This is done here and not by the plan, because an operation of the port may
 * be under way for seconds, and whoever drives the VF would have DMA for as
 * long. */

#include <config.h>

#include "pci.h"

#include <limits.h>

#include "coverage.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_pci_hold);

COVERAGE_DEFINE(iov_dma_off_again);

/* Addresses of the devices that are held. */
static struct sset held = SSET_INITIALIZER(&held);
static long long int next_look; /* In ms. */

int
pci_hold_master(const char *pci)
{
    int error = pci_set_master(pci, false);

    if (!error && sset_add(&held, pci)) {
        next_look = MIN(next_look ? next_look : LLONG_MAX,
                        time_msec() + PCI_HOLD_INTERVAL);
    }
    return error;
}

void
pci_release_master(const char *pci)
{
    sset_find_and_delete(&held, pci);
}

bool
pci_is_held(const char *pci)
{
    return pci && sset_contains(&held, pci);
}

/* Returns false if the device has gone. */
static bool
look_at(const char *pci)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
    bool on;

    if (pci_get_master(pci, &on)) {
        return false;
    }
    if (on) {
        COVERAGE_INC(iov_dma_off_again);
        VLOG_INFO_RL(&rl, "VF %s: whoever drives it switched its DMA on while "
                     "it is fenced; it is off again", pci);
        pci_set_master(pci, false);
    }
    return true;
}

void
pci_hold_run(long long int now)
{
    const char *pci;

    if (sset_is_empty(&held) || now < next_look) {
        return;
    }
    next_look = now + PCI_HOLD_INTERVAL;
    SSET_FOR_EACH_SAFE (pci, &held) {
        if (!look_at(pci)) {
            sset_delete(&held, SSET_NODE_FROM_NAME(pci));
        }
    }
}

void
pci_hold_wait(void)
{
    if (!sset_is_empty(&held)) {
        poll_timer_wait_until(next_look);
    }
}

void
pci_hold_exit(void)
{
    sset_clear(&held);
    next_look = 0;
}
