/* SPDX-License-Identifier: Apache-2.0 */

/* Which NICs are to be read again: see host-events.h.
 *
 * The device of an event may be gone, so that nothing but what is known
 * already tells whose VF it was, or whether a VF shared its IOMMU group with
 * it. */

#include <config.h>

#include "offload/host/host-events.h"

#include <stdlib.h>
#include <string.h>

#include "offload/host/host.h"
#include "offload/pci/pci.h"
#include "policy/ready/host.h"
#include "sset.h"
#include "util.h"

static struct sset devices = SSET_INITIALIZER(&devices);
static bool all;

void
host_events_add(const char *pci)
{
    if (pci) {
        sset_add(&devices, pci);
    } else {
        all = true;
    }
}

void
iov_host_events_clear(void)
{
    sset_clear(&devices);
    all = false;
}

static bool
has_device(const struct iov_host_nic *nic, const char *pci)
{
    for (size_t i = 0; i < nic->n_vfs; i++) {
        if (!strcmp(nic->vfs[i].pci, pci)) {
            return true;
        }
    }
    for (size_t i = 0; i < nic->n_up; i++) {
        if (!strcmp(nic->up[i], pci)) {
            return true;
        }
    }
    return !strcmp(nic->pci, pci);
}

/* True if a VF has a new neighbour in 'group', or, where that is not known any
 * more, may have lost one. */
static bool
has_peer(const struct iov_host_nic *nic, int group)
{
    for (size_t i = 0; i < nic->n_vfs; i++) {
        const struct iov_host_vf *vf = &nic->vfs[i];

        if (group >= 0 ? vf->group == group : vf->group_size > 1) {
            return true;
        }
    }
    return false;
}

/* Adds the addresses of the NICs that an event of 'pci' concerns.  A device
 * that belongs to none may be a new one. */
static void
find_nics(const char *root, const struct iov_host *host, const char *pci,
          struct sset *nics)
{
    char *physfn = pci_physfn(pci);
    int group = iov_host_read_group(root, pci);
    bool found = false;

    for (size_t i = 0; i < host->n_nics; i++) {
        const struct iov_host_nic *nic = &host->nics[i];

        if (has_device(nic, pci)) {
            sset_add(nics, nic->pci);
            found = true;
        } else if (has_peer(nic, group)) {
            sset_add(nics, nic->pci);
        }
    }
    if (!found) {
        sset_add(nics, physfn ? physfn : pci);
    }
    free(physfn);
}

bool
iov_host_follow(const char *root, struct iov_host *host)
{
    struct sset nics = SSET_INITIALIZER(&nics);
    bool any = all || !sset_is_empty(&devices);
    const char *pci;

    if (all) {
        iov_host_read(root, host);
    } else if (any) {
        SSET_FOR_EACH (pci, &devices) {
            find_nics(root, host, pci, &nics);
        }
        SSET_FOR_EACH (pci, &nics) {
            iov_host_read_nic(root, host, pci);
        }
    }
    iov_host_events_clear();
    sset_destroy(&nics);
    return any;
}
