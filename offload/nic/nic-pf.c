/* SPDX-License-Identifier: Apache-2.0 */

/* Which PFs the kernel has, and reading them.
 *
 * sysfs says which VFs there are and where; RTM_GETLINK says how they are set;
 * a dump of the neighbours of family "bridge" says which addresses the PF
 * receives for.
 *
 * Sysfs is read first.  If VFs come or go between the two, an event follows
 * and all is read again. */

#include <config.h>

#include "offload/nic/nic-pf.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "coverage.h"
#include "offload/netlink/rtnl-vf.h"
#include "offload/nic/device-events.h"
#include "offload/pci/pci.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "policy/model/text.h"
#include "svec.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_nic_pf);

COVERAGE_DEFINE(iov_pf_read);

struct shash nic_pfs = SHASH_INITIALIZER(&nic_pfs);
static uint64_t change_seq = 1;

struct nic_pf *
nic_pf_find(const char *netdev)
{
    return shash_find_data(&nic_pfs, netdev);
}

uint64_t
nic_pfs_changed(void)
{
    return change_seq;
}

static void
add_pf(const char *netdev)
{
    struct nic_pf *pf = xzalloc(sizeof *pf);

    pf->known.netdev = xstrdup(netdev);
    pf->known.original_vfs = -1;
    pf->stale = pf->stale_macs = true;
    shash_add(&nic_pfs, netdev, pf);
    VLOG_INFO("%s is an SR-IOV capable PF", netdev);
}

static void
remove_pf(struct nic_pf *pf)
{
    VLOG_INFO("%s is not a PF any more", pf->known.netdev);
    shash_find_and_delete(&nic_pfs, pf->known.netdev);
    change_seq += pf->told;
    iov_pf_clear(&pf->known);
    free(pf->signature);
    free(pf);
}

void
nic_pfs_scan(void)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    const char *name;
    size_t i;

    pci_list_pfs(&names);
    SVEC_FOR_EACH (i, name, &names) {
        if (!nic_pf_find(name)) {
            add_pf(name);
        }
    }
    svec_destroy(&names);
}

void
nic_pfs_clear(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &nic_pfs) {
        struct nic_pf *pf = node->data;

        shash_delete(&nic_pfs, node);
        iov_pf_clear(&pf->known);
        free(pf->signature);
        free(pf);
    }
}

void
nic_pfs_mark_all(void)
{
    struct shash_node *node;

    nic_pfs_scan();
    SHASH_FOR_EACH (node, &nic_pfs) {
        struct nic_pf *pf = node->data;

        pf->stale = pf->stale_macs = true;
    }
}

/* Events. */

static struct nic_pf *
find_by_ifindex(int ifindex)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &nic_pfs) {
        struct nic_pf *pf = node->data;

        if (pf->ifindex == ifindex) {
            return pf;
        }
    }
    return NULL;
}

/* Marks the PFs to which a device belongs as PF or VF, by its PCI address or
 * network device, either of which may be null. */
static void
mark_by_name(const char *pci, const char *netdev)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &nic_pfs) {
        struct nic_pf *pf = node->data;
        const struct iov_pf *k = &pf->known;

        if (nullable_string_is_equal(netdev, k->netdev)
            || (pci && nullable_string_is_equal(pci, k->pci))) {
            pf->stale = true;
        }
        for (unsigned int i = 0; i < k->n_vfs && !pf->stale; i++) {
            pf->stale = ((pci && nullable_string_is_equal(pci, k->vfs[i].pci))
                         || (netdev && nullable_string_is_equal(
                                 netdev, k->vfs[i].netdev)));
        }
    }
}

/* A VF that is not known yet is found by its link to the PF. */
static void
mark_by_physfn(const char *pci)
{
    char *physfn = pci_physfn(pci);

    mark_by_name(pci, NULL);
    if (physfn) {
        mark_by_name(physfn, NULL);
        free(physfn);
    }
}

/* What the NIC was told may be lost, its list of addresses too. */
static void
mark_reset(const char *pci)
{
    struct shash_node *node;

    mark_by_physfn(pci);
    SHASH_FOR_EACH (node, &nic_pfs) {
        struct nic_pf *pf = node->data;

        pf->stale_macs |= pf->stale;
    }
}

/* A PF that has been renamed is read anew under its new name, which udev may
 * have told before, so that both are there for a moment. */
static void
remove_old_names(const struct rtnl_link *link)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &nic_pfs) {
        struct nic_pf *pf = node->data;

        if (pf->ifindex == link->ifindex && link->name[0]
            && strcmp(link->name, pf->known.netdev)) {
            remove_pf(pf);
        }
    }
}

static void
link_event(const struct rtnl_link *link)
{
    remove_old_names(link);

    struct nic_pf *pf = find_by_ifindex(link->ifindex);

    if (pf) {
        pf->stale = true;
    }
    if (!pf && !link->deleted && link->name[0] && !nic_pf_find(link->name)
        && pci_is_pf(link->name)) {
        add_pf(link->name);
    }
    if (!pf) {
        mark_by_name(NULL, link->name);
        if (link->parent[0]) {
            mark_by_physfn(link->parent);
        }
    }
}

void
nic_pfs_event(const struct device_event *event)
{
    struct nic_pf *pf;

    switch (event->type) {
    case DEVICE_EVENT_LOST:
        nic_pfs_mark_all();
        break;
    case DEVICE_EVENT_LINK:
        link_event(event->link);
        break;
    case DEVICE_EVENT_ADDRESS:
        break;
    case DEVICE_EVENT_MACS:
        pf = find_by_ifindex(event->ifindex);
        if (pf) {
            pf->stale_macs = true;
        }
        break;
    case DEVICE_EVENT_NET:
        if (!nic_pf_find(event->name) && pci_is_pf(event->name)) {
            add_pf(event->name);
        }
        mark_by_name(NULL, event->name);
        break;
    case DEVICE_EVENT_PCI:
        mark_by_physfn(event->name);
        break;
    case DEVICE_EVENT_HEALTH:
        mark_reset(event->name);
        break;
    }
}

/* Reading. */

static void
format_vf(struct ds *ds, const struct iov_vf *vf)
{
    ds_put_format(ds, "%u %s %s %s %d %d %"PRIx32":", vf->index,
                  vf->pci ? vf->pci : "", vf->driver ? vf->driver : "",
                  vf->netdev ? vf->netdev : "", vf->busy,
                  pci_is_held(vf->pci), vf->cannot);
    for (size_t i = 0; i < IOV_N_VF_ATTRS; i++) {
        if (vf->now.known & IOV_VF_BIT(i)) {
            iov_vf_attr_format(ds, &vf->now, i);
        }
    }
    ds_put_char(ds, '\n');
}

/* All that is visible, as text to compare. */
static char *
make_signature(const struct iov_pf *pf)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    ds_put_format(&ds, "%s %s %s "ETH_ADDR_FMT" %d %d %d %u\n", pf->netdev,
                  pf->pci ? pf->pci : "", pf->driver ? pf->driver : "",
                  ETH_ADDR_ARGS(pf->mac), pf->up, pf->no_carrier, pf->mtu,
                  pf->total_vfs);
    for (size_t i = 0; i < pf->n_macs; i++) {
        ds_put_format(&ds, ETH_ADDR_FMT" ", ETH_ADDR_ARGS(pf->macs[i]));
    }
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        format_vf(&ds, &pf->vfs[i]);
    }
    return ds_steal_cstr(&ds);
}

void
nic_pf_update(struct nic_pf *pf)
{
    if (!pf->have_link || !pf->have_macs) {
        return;
    }

    char *signature = make_signature(&pf->known);

    if (!pf->told || strcmp(signature, pf->signature)) {
        pf->told = true;
        change_seq++;
        free(pf->signature);
        pf->signature = signature;
    } else {
        free(signature);
    }
}

/* Reads sysfs, keeping what was known of VFs that are still the same. */
static bool
read_sysfs(struct nic_pf *pf)
{
    struct iov_pf old = pf->known;
    struct iov_pf new = {
        .netdev = xstrdup(old.netdev),
        .description = nullable_xstrdup(old.description),
    };

    pf->ifindex = if_nametoindex(old.netdev);
    if (!pf->ifindex || !pci_read_pf(&new)) {
        iov_pf_clear(&new);
        return false;
    }
    for (unsigned int i = 0; i < new.n_vfs; i++) {
        struct iov_vf *vf = &new.vfs[i];

        vf->busy = vf->driver && !vf->netdev;
        if (i < old.n_vfs
            && nullable_string_is_equal(vf->pci, old.vfs[i].pci)
            && nullable_string_is_equal(new.driver, old.driver)) {
            vf->now = old.vfs[i].now;
            vf->cannot = old.vfs[i].cannot;
        }
    }
    new.mac = old.mac;
    new.up = old.up;
    new.no_carrier = old.no_carrier;
    new.mtu = old.mtu;
    new.macs = old.macs;
    new.n_macs = old.n_macs;
    new.original_vfs = -1;
    old.macs = NULL;
    pf->known = new;
    iov_pf_clear(&old);
    return true;
}

/* Adds what the VF itself says to what its PF says of it. */
static void
take_config(const struct iov_pf *pf, struct iov_vf *vf)
{
    if (vf->pci && !pci_get_master(vf->pci, &vf->now.dma)) {
        vf->now.known |= IOV_VF_BIT(IOV_VF_DMA);
    }
    vf->now.vectors = (vf->pci && pf->total_vectors
                       ? pci_count_vectors(vf->pci) : 0);
    if (vf->now.vectors) {
        vf->now.known |= IOV_VF_BIT(IOV_VF_VECTORS);
    }
}

void
nic_pf_take_link(struct nic_pf *pf, const struct rtnl_reply *reply)
{
    const struct nlmsghdr *nlh = rtnl_next_message(reply, NULL);
    struct iov_pf *k = &pf->known;
    struct rtnl_link link;

    if (!nlh || !rtnl_decode_link(nlh, &link)) {
        return;
    }
    k->mac = link.address;
    k->up = (link.flags & IFF_UP) != 0;
    k->no_carrier = !(link.flags & RTNL_LINK_CARRIER);
    k->mtu = link.mtu;

    struct iov_vf_settings *settings = xcalloc(MAX(k->n_vfs, 1),
                                               sizeof *settings);

    if (rtnl_vf_decode(nlh, settings, k->n_vfs)) {
        for (unsigned int i = 0; i < k->n_vfs; i++) {
            k->vfs[i].now = settings[i];
            take_config(k, &k->vfs[i]);
        }
    }
    free(settings);
    pf->have_link = true;
    nic_pf_update(pf);
}

/* Returns true if 'netdev' should be asked again.  A PF that has gone needs
 * no words, its end is told by an event. */
static bool
complain(const char *netdev, const char *what,
         const struct rtnl_reply *reply)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

    if (reply->error && reply->error != ENODEV
        && reply->error != ECANCELED) {
        char *text = iov_text_clean(reply->text ? reply->text : "");

        VLOG_WARN_RL(&rl, "%s: reading its %s failed (%s%s%s)", netdev, what,
                     ovs_strerror(reply->error), *text ? ": " : "", text);
        free(text);
    }
    return reply->error == EAGAIN || reply->error == ENOBUFS;
}

static void
link_cb(void *netdev_, const struct rtnl_reply *reply)
{
    char *netdev = netdev_;
    struct nic_pf *pf = nic_pf_find(netdev);

    if (pf) {
        pf->stale |= complain(netdev, "VFs", reply);
        if (!reply->error) {
            nic_pf_take_link(pf, reply);
        }
    }
    free(netdev);
}

static void
macs_cb(void *netdev_, const struct rtnl_reply *reply)
{
    char *netdev = netdev_;
    struct nic_pf *pf = nic_pf_find(netdev);
    const struct nlmsghdr *nlh = NULL;

    if (pf) {
        pf->stale_macs |= complain(netdev, "addresses", reply);
    }
    if (pf && !reply->error) {
        struct eth_addr mac;
        bool deleted;
        int ifindex;

        pf->known.n_macs = 0;
        while ((nlh = rtnl_next_message(reply, nlh))) {
            if (rtnl_decode_mac(nlh, &ifindex, &mac, &deleted)
                && ifindex == pf->ifindex) {
                iov_pf_add_mac(&pf->known, mac, false);
            }
        }
        pf->have_macs = true;
        nic_pf_update(pf);
    }
    free(netdev);
}

static void
refresh(struct nic_pf *pf, struct rtnl *rtnl)
{
    union rtnl_request req;

    if (pf->writing) {
        return;
    }
    if (pf->stale) {
        pf->stale = false;
        COVERAGE_INC(iov_pf_read);
        if (!read_sysfs(pf)) {
            remove_pf(pf);
            return;
        }
        rtnl_encode_get_link(&req, pf->ifindex);
        rtnl_send(rtnl, &req.nlh, link_cb, xstrdup(pf->known.netdev));
    }
    if (pf->stale_macs) {
        pf->stale_macs = false;
        rtnl_encode_dump_macs(&req, pf->ifindex);
        rtnl_send(rtnl, &req.nlh, macs_cb, xstrdup(pf->known.netdev));
    }
}

bool
nic_pfs_stale(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &nic_pfs) {
        const struct nic_pf *pf = node->data;

        if (!pf->writing && (pf->stale || pf->stale_macs)) {
            return true;
        }
    }
    return false;
}

void
nic_pfs_refresh(struct rtnl *rtnl)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &nic_pfs) {
        refresh(node->data, rtnl);
    }
}
