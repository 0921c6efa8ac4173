// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * What the administrator sets for a VF with "ip link set PF vf N ...".
 *
 * In switchdev mode rules take the place of port VLAN, spoof check and trust,
 * so these are refused there, as real NICs do.
 */

#include "nic.h"

static struct iov_port *
vf_port(struct net_device *dev, int vf)
{
    struct iov_nic *nic = iov_port_of(dev)->nic;

    return vf >= 0 && vf < READ_ONCE(nic->n_vfs) ? &nic->vf[vf] : NULL;
}

/* Sets 'port' to what a VF has when it is made. */
void
iov_vf_init(struct iov_nic *nic, int index)
{
    struct iov_port *vf = &nic->vf[index];

    eth_zero_addr(vf->mac);
    vf->mac_by_admin = false;
    vf->spoofchk = true;
    vf->trusted = false;
    vf->vlan = vf->qos = 0;
    vf->vlan_proto = htons(ETH_P_8021Q);
    vf->link_state = IFLA_VF_LINK_STATE_AUTO;
    vf->min_rate = vf->max_rate = 0;
    iov_bucket_set(&vf->limit, 0, 0);
    atomic64_set(&vf->rx_multicast, 0);
    atomic64_set(&vf->rx_broadcast, 0);
    memset(&vf->rx, 0, sizeof(vf->rx));
    memset(&vf->tx, 0, sizeof(vf->tx));
}

/* An address of zeros takes back what was set.  The guest's driver takes the
 * address over when it is bound, or its netdev set up, the next time. */
int
iov_vf_set_mac(struct iov_port *vf, const u8 *mac)
{
    if (is_multicast_ether_addr(mac)) {
        return -EINVAL;
    }
    spin_lock_bh(&vf->nic->vf_lock);
    ether_addr_copy(vf->mac, mac);
    vf->mac_by_admin = !is_zero_ether_addr(mac);
    spin_unlock_bh(&vf->nic->vf_lock);
    if (vf->mac_by_admin && rcu_access_pointer(vf->guest)) {
        pci_info(vf->nic->pdev,
                 "MAC of VF %d set to %pM. Reload the VF driver to make this "
                 "change effective.\n", vf->index, mac);
    }
    return 0;
}

int
iov_set_vf_mac(struct net_device *dev, int index, u8 *mac)
{
    struct iov_port *vf = vf_port(dev, index);

    return vf ? iov_vf_set_mac(vf, mac) : -EINVAL;
}

int
iov_set_vf_vlan(struct net_device *dev, int index, u16 vlan, u8 qos,
                __be16 proto)
{
    struct iov_port *vf = vf_port(dev, index);

    if (!vf || vlan >= VLAN_N_VID || qos > 7) {
        return -EINVAL;
    }
    if (vf->nic->switchdev) {
        return -EOPNOTSUPP;
    }
    if (proto != htons(ETH_P_8021Q)
        && (proto != htons(ETH_P_8021AD) || iov_refuses("802.1ad"))) {
        return -EPROTONOSUPPORT;
    }
    spin_lock_bh(&vf->nic->vf_lock);
    vf->vlan_proto = proto;
    vf->qos = qos;
    WRITE_ONCE(vf->vlan, vlan);
    spin_unlock_bh(&vf->nic->vf_lock);
    return 0;
}

int
iov_set_vf_rate(struct net_device *dev, int index, int min, int max)
{
    struct iov_port *vf = vf_port(dev, index);
    u64 bytes = (u64) max * 125000;

    if (!vf || min < 0 || max < 0 || max > NIC_LINK_MBPS
        || min > (max ? max : NIC_LINK_MBPS)
        || (min && iov_refuses("min_tx_rate"))) {
        return -EINVAL;
    }
    vf->min_rate = min;
    vf->max_rate = max;
    iov_bucket_set(&vf->limit, bytes, max_t(u64, bytes / 20, 10000));
    return 0;
}

int
iov_set_vf_spoofchk(struct net_device *dev, int index, bool on)
{
    struct iov_port *vf = vf_port(dev, index);

    if (!vf) {
        return -EINVAL;
    }
    if (vf->nic->switchdev) {
        return -EOPNOTSUPP;
    }
    WRITE_ONCE(vf->spoofchk, on);
    return 0;
}

int
iov_set_vf_trust(struct net_device *dev, int index, bool on)
{
    struct iov_port *vf = vf_port(dev, index);

    if (!vf) {
        return -EINVAL;
    }
    if (vf->nic->switchdev) {
        return -EOPNOTSUPP;
    }
    WRITE_ONCE(vf->trusted, on);
    return 0;
}

int
iov_set_vf_link_state(struct net_device *dev, int index, int state)
{
    struct iov_port *vf = vf_port(dev, index);

    if (!vf) {
        return -EINVAL;
    }
    if (iov_refuses("link_state")) {
        return -EOPNOTSUPP;
    }
    WRITE_ONCE(vf->link_state, state);
    iov_vf_update_carrier(vf);
    return 0;
}

int
iov_get_vf_config(struct net_device *dev, int index, struct ifla_vf_info *ivi)
{
    struct iov_port *vf = vf_port(dev, index);

    if (!vf) {
        return -EINVAL;
    }
    ivi->vf = index;
    ether_addr_copy(ivi->mac, vf->mac);
    ivi->vlan = vf->vlan;
    ivi->qos = vf->qos;
    ivi->vlan_proto = vf->vlan_proto;
    ivi->spoofchk = vf->spoofchk;
    ivi->trusted = vf->trusted;
    ivi->linkstate = vf->link_state;
    ivi->min_tx_rate = vf->min_rate;
    ivi->max_tx_rate = vf->max_rate;
    return 0;
}

int
iov_get_vf_stats(struct net_device *dev, int index,
                 struct ifla_vf_stats *stats)
{
    struct iov_port *vf = vf_port(dev, index);

    if (!vf) {
        return -EINVAL;
    }
    stats->rx_packets = atomic64_read(&vf->rx.packets);
    stats->rx_bytes = atomic64_read(&vf->rx.bytes);
    stats->rx_dropped = atomic64_read(&vf->rx.dropped);
    stats->tx_packets = atomic64_read(&vf->tx.packets);
    stats->tx_bytes = atomic64_read(&vf->tx.bytes);
    stats->tx_dropped = atomic64_read(&vf->tx.dropped);
    stats->broadcast = atomic64_read(&vf->rx_broadcast);
    stats->multicast = atomic64_read(&vf->rx_multicast);
    return 0;
}
