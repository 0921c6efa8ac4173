// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Legacy mode: a virtual Ethernet bridge that knows MAC addresses and VLANs,
 * as NICs have it, and enforces what is set for each VF.
 *
 *   - A unicast frame goes to the function that owns its address in its VLAN,
 *     and only if there is none to the wire; from the wire, to a PF in
 *     promiscuous mode.
 *   - A multicast frame goes to the functions that asked for it, and to the
 *     wire.
 *   - A frame from a VF is dropped when its source address is not the VF's
 *     (spoof check), when it has a tag although the VF has a port VLAN, when
 *     the VF's link is down, and above the VF's rate.
 */

#include "nic.h"

static bool
is_listed(const u8 list[][ETH_ALEN], int n, const u8 *mac)
{
    int i;

    for (i = 0; i < n; i++) {
        if (ether_addr_equal(list[i], mac)) {
            return true;
        }
    }
    return false;
}

/* Tells whether a VF that the administrator trusts asked for everything. */
static bool
hears_all(const struct iov_port *vf)
{
    const struct iov_filter *f = rcu_dereference_bh(vf->filter);

    return f && vf->trusted && f->promisc;
}

/* Tells whether the VF is in the VLAN that the frame is in. */
static bool
in_vlan(const struct iov_port *vf, const struct sk_buff *skb)
{
    u16 vid = skb_vlan_tag_present(skb) ? skb_vlan_tag_get_id(skb) : 0;

    if (vf->vlan) {
        return vid == vf->vlan && skb->vlan_proto == vf->vlan_proto;
    }
    return !vid || hears_all(vf)
           || (skb->vlan_proto == htons(ETH_P_8021Q)
               && test_bit(vid, vf->vids));
}

static bool
vf_owns(const struct iov_port *vf, const u8 *mac)
{
    const struct iov_filter *f = rcu_dereference_bh(vf->filter);

    return ether_addr_equal(vf->mac, mac)
           || (f && vf->trusted && is_listed(f->uc, f->n_uc, mac));
}

static bool
pf_owns(const struct iov_port *pf, const u8 *mac)
{
    const struct net_device *dev = rcu_dereference_bh(pf->host);
    const struct iov_filter *f = rcu_dereference_bh(pf->filter);

    return (dev && ether_addr_equal(dev->dev_addr, mac))
           || (f && is_listed(f->uc, f->n_uc, mac));
}

/* Tells whether the function asked for this multicast address. */
static bool
wants_group(const struct iov_port *port, const u8 *mac)
{
    const struct iov_filter *f = rcu_dereference_bh(port->filter);
    bool may_have_all = port->kind == IOV_UPLINK || port->trusted;

    if (is_broadcast_ether_addr(mac)) {
        return true;
    }
    return f && (is_listed(f->mc, f->n_mc, mac)
                 || (may_have_all && (f->promisc || f->allmulti)));
}

static void
give(struct iov_port *port, const struct sk_buff *skb)
{
    struct sk_buff *copy = skb_clone((struct sk_buff *) skb, GFP_ATOMIC);

    if (!copy) {
        return;
    }
    if (port->kind == IOV_UPLINK) {
        iov_to_host(port, copy);
        return;
    }
    if (port->vlan) {
        __vlan_hwaccel_clear_tag(copy);
    }
    iov_to_guest(port, copy);
}

/* Gives a copy to each VF other than 'from' that has to have one.  Returns
 * true if one of them owns the address. */
static bool
give_to_vfs(struct iov_nic *nic, const struct iov_port *from,
            const struct sk_buff *skb)
{
    const u8 *to = eth_hdr(skb)->h_dest;
    bool group = is_multicast_ether_addr(to);
    bool owned = false;
    int i;

    for (i = 0; i < NIC_MAX_VFS; i++) {
        struct iov_port *vf = &nic->vf[i];
        bool owns;

        if (vf == from || !rcu_access_pointer(vf->pdev)
            || !in_vlan(vf, skb)) {
            continue;
        }
        owns = !group && vf_owns(vf, to);
        owned = owned || owns;
        if (owns || hears_all(vf) || (group && wants_group(vf, to))) {
            give(vf, skb);
        }
    }
    return owned;
}

/* The same for the PF.  A PF in promiscuous mode has only what comes from the
 * wire and belongs to nobody else. */
static bool
give_to_pf(struct iov_port *pf, const struct sk_buff *skb, bool from_wire,
           bool owned)
{
    const struct iov_filter *f = rcu_dereference_bh(pf->filter);
    const u8 *to = eth_hdr(skb)->h_dest;

    if (is_multicast_ether_addr(to)) {
        if (wants_group(pf, to)) {
            give(pf, skb);
        }
        return false;
    }
    if (pf_owns(pf, to)) {
        give(pf, skb);
        return true;
    }
    if (from_wire && !owned && f && f->promisc) {
        give(pf, skb);
    }
    return false;
}

static void
refuse(struct iov_port *vf, struct sk_buff *skb)
{
    atomic64_inc(&vf->tx.dropped);
    kfree_skb(skb);
}

static bool
is_spoofed(const struct iov_port *vf, const struct sk_buff *skb)
{
    if (!vf->spoofchk || vf_owns(vf, eth_hdr(skb)->h_source)) {
        return false;
    }
    if (net_ratelimit()) {
        pci_warn(vf->nic->pdev, "Spoofed packet from VF %d, source %pM\n",
                 vf->index, eth_hdr(skb)->h_source);
    }
    return true;
}

/* Does for a frame of a VF what has to be done before it is switched.  Returns
 * false if the frame has been dropped. */
static bool
admit(struct iov_port *vf, struct sk_buff *skb)
{
    u16 vlan = READ_ONCE(vf->vlan);

    if (is_spoofed(vf, skb) || (vlan && skb_vlan_tag_present(skb))
        || !iov_bucket_take(&vf->limit, skb->len + ETH_HLEN)) {
        refuse(vf, skb);
        return false;
    }
    if (vlan) {
        __vlan_hwaccel_put_tag(skb, vf->vlan_proto,
                               vlan | vf->qos << VLAN_PRIO_SHIFT);
    }
    return true;
}

/* Switches a frame of a VF, of the PF ('from' is the uplink), or of the wire
 * ('from' is NULL). */
void
iov_veb_input(struct iov_nic *nic, struct iov_port *from, struct sk_buff *skb)
{
    bool owned;

    if (from && from->kind == IOV_VF && !admit(from, skb)) {
        return;
    }
    owned = give_to_vfs(nic, from, skb);
    if (from != &nic->uplink) {
        owned |= give_to_pf(&nic->uplink, skb, !from, owned);
    }
    if (from && !owned) {
        iov_wire_send(nic, skb);
    } else {
        consume_skb(skb);
    }
}
