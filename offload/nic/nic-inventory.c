/* SPDX-License-Identifier: Apache-2.0 */

/* "kernel": the inventory of the PFs and VFs that the kernel has.
 *
 * One netlink socket is for the reading here and for the requests of e-switch
 * classes, so that both are answered in order: see nic_inventory_rtnl(). */

#include <config.h>

#include "offload/nic/nic-inventory.h"

#include "offload/inventory.h"
#include "offload/netlink/rtnl.h"
#include "offload/nic/device-events.h"
#include "offload/nic/host-links.h"
#include "offload/nic/nic-pf.h"
#include "offload/pci/pci.h"
#include "openvswitch/poll-loop.h"
#include "util.h"

static struct rtnl *rtnl;

struct rtnl *
nic_inventory_rtnl(void)
{
    return rtnl;
}

static void
take_event(const struct device_event *event)
{
    if (event->type == DEVICE_EVENT_LOST) {
        host_links_read(rtnl);
    } else if (event->type == DEVICE_EVENT_LINK) {
        host_links_take(event->link);
    } else if (event->type == DEVICE_EVENT_ADDRESS) {
        host_links_take_address(event->address);
    }
    nic_pfs_event(event);
}

static char *
kernel_init(void)
{
    int error = rtnl_open(&rtnl, -1, 0, NULL, NULL);

    if (error) {
        return xasprintf("a netlink socket cannot be opened (%s)",
                         ovs_strerror(error));
    }

    char *text = device_events_open(take_event);

    if (text) {
        rtnl_close(rtnl);
        rtnl = NULL;
        return text;
    }
    /* Before any PF is read, so that no VF seems free that is not. */
    host_links_read(rtnl);
    nic_pfs_scan();
    return NULL;
}

static void
kernel_exit(void)
{
    rtnl_close(rtnl);
    rtnl = NULL;
    device_events_close();
    host_links_clear();
    nic_pfs_clear();
    pci_hold_exit();
    pci_exit();
}

static void
kernel_run(long long int now)
{
    pci_hold_run(now);
    device_events_run();
    nic_pfs_refresh(rtnl);
    rtnl_run(rtnl);
}

static void
kernel_wait(long long int now OVS_UNUSED)
{
    pci_hold_wait();
    device_events_wait();
    rtnl_wait(rtnl);
    if (nic_pfs_stale()) {
        poll_immediate_wake();
    }
}

static uint64_t
kernel_changed(void)
{
    return nic_pfs_changed() + host_links_changed();
}

static void
fill_vf(struct iov_vf *dst, const struct iov_vf *src)
{
    dst->pci = nullable_xstrdup(src->pci);
    dst->driver = nullable_xstrdup(src->driver);
    dst->netdev = nullable_xstrdup(src->netdev);
    dst->now = src->now;
    dst->cannot = src->cannot;
    dst->busy = src->busy;
    dst->dma_held = pci_is_held(src->pci);
    dst->host_use = (src->netdev
                     ? host_links_explain_use(src->netdev, &dst->use)
                     : NULL);
}

static void
fill_pf(struct iov_pf *dst, const struct iov_pf *src)
{
    *dst = (struct iov_pf) {
        .netdev = xstrdup(src->netdev),
        .pci = nullable_xstrdup(src->pci),
        .driver = nullable_xstrdup(src->driver),
        .description = nullable_xstrdup(src->description),
        .ids = src->ids,
        .mac = src->mac,
        .up = src->up,
        .no_carrier = src->no_carrier,
        .mtu = src->mtu,
        .total_vfs = src->total_vfs,
        .total_vectors = src->total_vectors,
        .original_vfs = -1,
    };
    iov_pf_set_n_vfs(dst, src->n_vfs);
    for (unsigned int i = 0; i < src->n_vfs; i++) {
        fill_vf(&dst->vfs[i], &src->vfs[i]);
    }
    for (size_t i = 0; i < src->n_macs; i++) {
        iov_pf_add_mac(dst, src->macs[i], false);
    }
}

static void
kernel_fill(struct iov_nics *nics)
{
    struct shash_node *node;

    nics->pfs = xrealloc(nics->pfs,
                         (nics->n_pfs + shash_count(&nic_pfs) + 1)
                         * sizeof *nics->pfs);
    SHASH_FOR_EACH (node, &nic_pfs) {
        const struct nic_pf *pf = node->data;

        if (pf->told) {
            fill_pf(&nics->pfs[nics->n_pfs++], &pf->known);
        }
    }
}

const struct iov_inventory_class iov_inventory_kernel = {
    .name = "kernel",
    .init = kernel_init,
    .exit = kernel_exit,
    .run = kernel_run,
    .wait = kernel_wait,
    .changed = kernel_changed,
    .fill = kernel_fill,
};
