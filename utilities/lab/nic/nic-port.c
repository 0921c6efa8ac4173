// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Netdevs of the PF, which is the uplink, and of VFs bound to this driver.
 */

#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include "nic-table.h"

#define OFFLOADS (NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM \
                  | NETIF_F_RXCSUM | NETIF_F_GSO_SOFTWARE | NETIF_F_HIGHDMA)
#define TAG_OFFLOADS (NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_CTAG_RX \
                      | NETIF_F_HW_VLAN_STAG_TX | NETIF_F_HW_VLAN_STAG_RX)

/* Brings a frame that the stack sends into the form described in nic.h.
 * Returns NULL if the frame is gone. */
struct sk_buff *
iov_frame_from_stack(struct sk_buff *skb, struct net_device *dev)
{
    if (skb->len < ETH_HLEN || !pskb_may_pull(skb, ETH_HLEN)) {
        kfree_skb(skb);
        return NULL;
    }
    skb->protocol = eth_type_trans(skb, dev);
    skb_reset_network_header(skb);
    if (!skb_vlan_tag_present(skb) && eth_type_vlan(skb->protocol)) {
        skb = skb_vlan_untag(skb);
    }
    return skb;
}

static netdev_tx_t
pf_xmit(struct sk_buff *skb, struct net_device *dev)
{
    struct iov_port *port = iov_port_of(dev);

    skb = iov_frame_from_stack(skb, dev);
    if (!skb) {
        atomic64_inc(&port->tx.dropped);
        return NETDEV_TX_OK;
    }
    iov_count_frame(&port->tx, skb);
    rcu_read_lock_bh();
    if (port->nic->switchdev) {
        iov_wire_send(port->nic, skb);
    } else {
        iov_veb_input(port->nic, port, skb);
    }
    rcu_read_unlock_bh();
    return NETDEV_TX_OK;
}

static void
vf_send(struct iov_port *vf, struct sk_buff *skb)
{
    if (!iov_guest_may(vf)) {
        atomic64_inc(&vf->tx.dropped);
        kfree_skb(skb);
        return;
    }
    iov_count_frame(&vf->tx, skb);
    if (vf->nic->switchdev) {
        if (iov_bucket_take(&vf->limit, skb->len + ETH_HLEN)) {
            iov_switch_input(vf, skb);
        } else {
            atomic64_inc(&vf->tx.dropped);
            kfree_skb(skb);
        }
    } else {
        iov_veb_input(vf->nic, vf, skb);
    }
}

static netdev_tx_t
vf_xmit(struct sk_buff *skb, struct net_device *dev)
{
    struct iov_port *vf = iov_port_of(dev);
    bool link = netif_carrier_ok(dev);

    skb = iov_frame_from_stack(skb, dev);
    if (!skb || !link) {
        atomic64_inc(&vf->tx.dropped);
        kfree_skb(skb);
        return NETDEV_TX_OK;
    }
    rcu_read_lock_bh();
    vf_send(vf, skb);
    rcu_read_unlock_bh();
    return NETDEV_TX_OK;
}

static bool
vf_has_link(struct iov_port *vf)
{
    struct net_device *host = rcu_dereference_bh(vf->host);
    struct net_device *uplink = rcu_dereference_bh(vf->nic->uplink.host);

    if (vf->nic->switchdev && !(host && netif_running(host))) {
        return false;
    }
    switch (READ_ONCE(vf->link_state)) {
    case IFLA_VF_LINK_STATE_ENABLE:
        return true;
    case IFLA_VF_LINK_STATE_DISABLE:
        return false;
    default:
        return uplink && netif_carrier_ok(uplink);
    }
}

/* Gives the VF the link that state, wire and representor make for it. */
void
iov_vf_update_carrier(struct iov_port *vf)
{
    struct net_device *dev;

    rcu_read_lock_bh();
    dev = rcu_dereference_bh(vf->guest);
    if (dev && vf_has_link(vf)) {
        netif_carrier_on(dev);
    } else if (dev) {
        netif_carrier_off(dev);
    }
    rcu_read_unlock_bh();
}

/* The wire's link changed. */
void
iov_uplink_carrier(struct iov_nic *nic, bool up)
{
    struct net_device *dev;
    int i;

    rcu_read_lock_bh();
    dev = rcu_dereference_bh(nic->uplink.host);
    if (dev && up) {
        netif_carrier_on(dev);
    } else if (dev) {
        netif_carrier_off(dev);
    }
    rcu_read_unlock_bh();
    for (i = 0; i < NIC_MAX_VFS; i++) {
        iov_vf_update_carrier(&nic->vf[i]);
    }
}

static int
open(struct net_device *dev)
{
    netif_start_queue(dev);
    return 0;
}

/* A device that is set up takes over what the administrator has set. */
static int
vf_open(struct net_device *dev)
{
    struct iov_port *vf = iov_port_of(dev);

    spin_lock_bh(&vf->nic->vf_lock);
    if (vf->mac_by_admin) {
        eth_hw_addr_set(dev, vf->mac);
    }
    spin_unlock_bh(&vf->nic->vf_lock);
    return open(dev);
}

static int
stop(struct net_device *dev)
{
    netif_stop_queue(dev);
    return 0;
}

static void
put_stats(struct rtnl_link_stats64 *stats, struct iov_count *rx,
          struct iov_count *tx)
{
    stats->rx_packets = atomic64_read(&rx->packets);
    stats->rx_bytes = atomic64_read(&rx->bytes);
    stats->rx_dropped = atomic64_read(&rx->dropped);
    stats->tx_packets = atomic64_read(&tx->packets);
    stats->tx_bytes = atomic64_read(&tx->bytes);
    stats->tx_dropped = atomic64_read(&tx->dropped);
}

static void
get_stats64(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
    struct iov_port *port = iov_port_of(dev);

    put_stats(stats, &port->rx, &port->tx);
}

/* Copies what the stack wants to receive.  A list that is too long ends in
 * "everything" for the PF, and is cut off for a VF. */
static void
set_rx_mode(struct net_device *dev)
{
    struct iov_port *port = iov_port_of(dev);
    bool pf = port->kind == IOV_UPLINK;
    struct iov_filter *f = kzalloc(sizeof(*f), GFP_ATOMIC);
    int max_uc = pf ? NIC_PF_UC : NIC_VF_UC;
    struct netdev_hw_addr *ha;

    if (!f) {
        return;                 /* The old lists stay. */
    }
    f->promisc = dev->flags & IFF_PROMISC
                 || (pf && netdev_uc_count(dev) > max_uc);
    f->allmulti = dev->flags & IFF_ALLMULTI
                  || (pf && netdev_mc_count(dev) > NIC_MC);
    netdev_for_each_uc_addr(ha, dev) {
        if (f->n_uc < max_uc) {
            ether_addr_copy(f->uc[f->n_uc++], ha->addr);
        }
    }
    netdev_for_each_mc_addr(ha, dev) {
        if (f->n_mc < NIC_MC) {
            ether_addr_copy(f->mc[f->n_mc++], ha->addr);
        }
    }
    if (f->n_uc && !pf && !port->trusted) {
        pci_warn(port->nic->pdev, "VF %d requested MAC filter but is "
                 "administratively denied\n", port->index);
    }
    spin_lock_bh(&port->nic->vf_lock);
    f = rcu_replace_pointer(port->filter, f,
                            lockdep_is_held(&port->nic->vf_lock));
    spin_unlock_bh(&port->nic->vf_lock);
    if (f) {
        kfree_rcu(f, rcu);
    }
}

static void
drop_filter(struct iov_port *port)
{
    struct iov_filter *f = rcu_replace_pointer(port->filter, NULL, true);

    if (f) {
        kfree_rcu(f, rcu);
    }
}

/* "bridge fdb add MAC dev PF self": the PF has so many places only. */
static int
fdb_add(struct ndmsg *ndm, struct nlattr *tb[], struct net_device *dev,
        const unsigned char *addr, u16 vid, u16 flags,
        struct netlink_ext_ack *extack)
{
    if (is_unicast_ether_addr(addr) && netdev_uc_count(dev) >= NIC_PF_UC) {
        NL_SET_ERR_MSG_MOD(extack, "the PF has no more filters.");
        return -ENOMEM;
    }
    return ndo_dflt_fdb_add(ndm, tb, dev, addr, vid, flags);
}

static int
get_port_parent_id(struct net_device *dev, struct netdev_phys_item_id *id)
{
    struct iov_nic *nic = iov_port_of(dev)->nic;

    if (!nic->switchdev) {
        return -EOPNOTSUPP;
    }
    *id = nic->switch_id;
    return 0;
}

/* Guests cannot override an address that the administrator has set, unless
 * they are trusted. */
static int
vf_set_mac(struct net_device *dev, void *p)
{
    struct iov_port *vf = iov_port_of(dev);
    struct sockaddr *sa = p;
    int error = 0;

    if (!is_valid_ether_addr(sa->sa_data)) {
        return -EADDRNOTAVAIL;
    }
    spin_lock_bh(&vf->nic->vf_lock);
    if (vf->mac_by_admin && !vf->trusted
        && !ether_addr_equal(vf->mac, sa->sa_data)) {
        error = -EADDRNOTAVAIL;
    } else {
        ether_addr_copy(vf->mac, sa->sa_data);
    }
    spin_unlock_bh(&vf->nic->vf_lock);
    if (error) {
        pci_warn(vf->nic->pdev, "VF %d attempted to override "
                 "administratively set MAC address\n", vf->index);
        return error;
    }
    eth_hw_addr_set(dev, sa->sa_data);
    return 0;
}

static int
vf_add_vid(struct net_device *dev, __be16 proto, u16 vid)
{
    struct iov_port *vf = iov_port_of(dev);

    if (vid && !test_bit(vid, vf->vids)) {
        if (vf->n_vids >= NIC_VF_VIDS) {
            return -ENOSPC;
        }
        vf->n_vids++;
    }
    set_bit(vid, vf->vids);
    return 0;
}

static int
vf_kill_vid(struct net_device *dev, __be16 proto, u16 vid)
{
    struct iov_port *vf = iov_port_of(dev);

    if (test_and_clear_bit(vid, vf->vids) && vid) {
        vf->n_vids--;
    }
    return 0;
}

static void
get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
    strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
    strscpy(info->bus_info, dev_name(dev->dev.parent),
            sizeof(info->bus_info));
}

static int
get_link_ksettings(struct net_device *dev, struct ethtool_link_ksettings *cmd)
{
    cmd->base.speed = NIC_LINK_MBPS;
    cmd->base.duplex = DUPLEX_FULL;
    cmd->base.port = PORT_OTHER;
    cmd->base.autoneg = AUTONEG_DISABLE;
    return 0;
}

static const struct ethtool_ops ethtool_ops = {
    .get_drvinfo = get_drvinfo,
    .get_link = ethtool_op_get_link,
    .get_link_ksettings = get_link_ksettings,
};

const struct net_device_ops iov_pf_ops = {
    .ndo_open = open,
    .ndo_stop = stop,
    .ndo_start_xmit = pf_xmit,
    .ndo_get_stats64 = get_stats64,
    .ndo_set_mac_address = eth_mac_addr,
    .ndo_validate_addr = eth_validate_addr,
    .ndo_set_rx_mode = set_rx_mode,
    .ndo_features_check = passthru_features_check,
    .ndo_set_features = iov_set_features,
    .ndo_fdb_add = fdb_add,
    .ndo_get_port_parent_id = get_port_parent_id,
    .ndo_setup_tc = iov_setup_tc,
    .ndo_set_vf_mac = iov_set_vf_mac,
    .ndo_set_vf_vlan = iov_set_vf_vlan,
    .ndo_set_vf_rate = iov_set_vf_rate,
    .ndo_set_vf_spoofchk = iov_set_vf_spoofchk,
    .ndo_set_vf_trust = iov_set_vf_trust,
    .ndo_set_vf_link_state = iov_set_vf_link_state,
    .ndo_get_vf_config = iov_get_vf_config,
    .ndo_get_vf_stats = iov_get_vf_stats,
#if !NIC_PORT_BY_POINTER
    .ndo_get_devlink_port = iov_devlink_port_of,
#endif
};

static const struct net_device_ops vf_ops = {
    .ndo_open = vf_open,
    .ndo_stop = stop,
    .ndo_start_xmit = vf_xmit,
    .ndo_get_stats64 = get_stats64,
    .ndo_set_mac_address = vf_set_mac,
    .ndo_validate_addr = eth_validate_addr,
    .ndo_set_rx_mode = set_rx_mode,
    .ndo_features_check = passthru_features_check,
    .ndo_vlan_rx_add_vid = vf_add_vid,
    .ndo_vlan_rx_kill_vid = vf_kill_vid,
};

/* Sets what all netdevs of ours have in common. */
void
iov_netdev_setup(struct net_device *dev, struct iov_port *port,
                 struct device *parent)
{
    ((struct iov_netdev *) netdev_priv(dev))->port = port;
    SET_NETDEV_DEV(dev, parent);
    dev->ethtool_ops = &ethtool_ops;
    dev->features = OFFLOADS | TAG_OFFLOADS;
    dev->hw_features = OFFLOADS;
    dev->vlan_features = OFFLOADS;
    dev->hw_enc_features = OFFLOADS;
    dev->priv_flags &= ~IFF_TX_SKB_SHARING;
    dev->priv_flags |= IFF_UNICAST_FLT | IFF_LIVE_ADDR_CHANGE;
    dev->max_mtu = NIC_MAX_MTU;
    netif_carrier_off(dev);
}

/* Makes the PF's netdev and opens the wire, in this order, as the interrupt
 * needs the netdev.  Offload of rules is off until the user switches it on. */
int
iov_pf_add(struct iov_nic *nic)
{
    struct net_device *dev = alloc_etherdev(sizeof(struct iov_netdev));
    u8 mac[ETH_ALEN];
    int error;

    if (!dev) {
        return -ENOMEM;
    }
    iov_netdev_setup(dev, &nic->uplink, &nic->pdev->dev);
    dev->netdev_ops = &iov_pf_ops;
    dev->hw_features |= NETIF_F_HW_TC;
    rcu_assign_pointer(nic->uplink.host, dev);
    error = iov_wire_open(nic, dev);
    if (error) {
        goto free;
    }
    iov_wire_mac(nic, mac);
    eth_hw_addr_set(dev, mac);
    iov_devlink_bind(&nic->uplink, dev);
    error = register_netdev(dev);
    if (error) {
        goto close;
    }
    iov_devlink_bound(&nic->uplink, dev);
    iov_wire_start(nic);
    return 0;

close:
    iov_wire_close(nic);
free:
    RCU_INIT_POINTER(nic->uplink.host, NULL);
    synchronize_net();
    free_netdev(dev);
    return error;
}

void
iov_pf_del(struct iov_nic *nic)
{
    struct net_device *dev = rcu_access_pointer(nic->uplink.host);

    iov_wire_stop(nic);
    RCU_INIT_POINTER(nic->uplink.host, NULL);
    iov_devlink_unbind(&nic->uplink);
    unregister_netdev(dev);
    iov_wire_close(nic);
    drop_filter(&nic->uplink);
    free_netdev(dev);
}

/* Takes over the administrator's address, or makes one up. */
static void
take_mac(struct iov_port *vf, struct net_device *dev)
{
    spin_lock_bh(&vf->nic->vf_lock);
    if (vf->mac_by_admin) {
        eth_hw_addr_set(dev, vf->mac);
    } else {
        eth_hw_addr_random(dev);
        ether_addr_copy(vf->mac, dev->dev_addr);
    }
    spin_unlock_bh(&vf->nic->vf_lock);
}

/* Makes the netdev of a VF whose PCI function this driver is bound to. */
int
iov_vf_add(struct iov_port *vf, struct pci_dev *pdev)
{
    struct net_device *dev = alloc_etherdev(sizeof(struct iov_netdev));
    int error;

    if (!dev) {
        return -ENOMEM;
    }
    iov_netdev_setup(dev, vf, &pdev->dev);
    dev->netdev_ops = &vf_ops;
    dev->features |= NETIF_F_HW_VLAN_CTAG_FILTER;
    bitmap_zero(vf->vids, VLAN_N_VID);
    vf->n_vids = 0;
    take_mac(vf, dev);
    rcu_assign_pointer(vf->pdev, pdev);
    error = register_netdev(dev);
    if (error) {
        RCU_INIT_POINTER(vf->pdev, NULL);
        synchronize_net();
        free_netdev(dev);
        return error;
    }
    rcu_assign_pointer(vf->guest, dev);
    iov_vf_update_carrier(vf);
    return 0;
}

/* The VF loses its driver: an address that the guest chose is free again, one
 * that the administrator set stays the VF's. */
void
iov_vf_del(struct iov_port *vf)
{
    struct net_device *dev = rcu_access_pointer(vf->guest);

    RCU_INIT_POINTER(vf->guest, NULL);
    unregister_netdev(dev);
    drop_filter(vf);
    RCU_INIT_POINTER(vf->pdev, NULL);
    synchronize_net();
    spin_lock_bh(&vf->nic->vf_lock);
    if (!vf->mac_by_admin) {
        eth_zero_addr(vf->mac);
    }
    spin_unlock_bh(&vf->nic->vf_lock);
    free_netdev(dev);
}
