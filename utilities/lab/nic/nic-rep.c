// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Representors: in switchdev mode each VF has a netdev on the host that
 * receives what the VF sends and no rule decides, and sends to the VF.
 */

#include "nic-table.h"

static netdev_tx_t
rep_xmit(struct sk_buff *skb, struct net_device *dev)
{
    struct iov_port *port = iov_port_of(dev);

    skb = iov_frame_from_stack(skb, dev);
    if (!skb) {
        atomic64_inc(&port->rep_tx.dropped);
        return NETDEV_TX_OK;
    }
    iov_count_frame(&port->rep_tx, skb);
    rcu_read_lock_bh();
    iov_to_guest(port, skb);
    rcu_read_unlock_bh();
    return NETDEV_TX_OK;
}

/* The VF has a link while its representor is up. */
static int
rep_open(struct net_device *dev)
{
    netif_carrier_on(dev);
    netif_start_queue(dev);
    iov_vf_update_carrier(iov_port_of(dev));
    return 0;
}

static int
rep_stop(struct net_device *dev)
{
    netif_stop_queue(dev);
    netif_carrier_off(dev);
    iov_vf_update_carrier(iov_port_of(dev));
    return 0;
}

static void
rep_stats64(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
    struct iov_port *port = iov_port_of(dev);

    stats->rx_packets = atomic64_read(&port->rep_rx.packets);
    stats->rx_bytes = atomic64_read(&port->rep_rx.bytes);
    stats->rx_dropped = atomic64_read(&port->rep_rx.dropped);
    stats->tx_packets = atomic64_read(&port->rep_tx.packets);
    stats->tx_bytes = atomic64_read(&port->rep_tx.bytes);
    stats->tx_dropped = atomic64_read(&port->rep_tx.dropped);
}

/* Offload stays on while there are rules, as with real NICs. */
int
iov_set_features(struct net_device *dev, netdev_features_t features)
{
    struct iov_port *port = iov_port_of(dev);
    netdev_features_t changed = features ^ dev->features;

    if (changed & NETIF_F_HW_TC && !(features & NETIF_F_HW_TC)
        && !list_empty(&port->rules)) {
        netdev_err(dev, "rules are offloaded, hw-tc-offload stays on\n");
        return -EINVAL;
    }
    return 0;
}

const struct net_device_ops iov_rep_ops = {
    .ndo_open = rep_open,
    .ndo_stop = rep_stop,
    .ndo_start_xmit = rep_xmit,
    .ndo_get_stats64 = rep_stats64,
    .ndo_set_mac_address = eth_mac_addr,
    .ndo_validate_addr = eth_validate_addr,
    .ndo_features_check = passthru_features_check,
    .ndo_set_features = iov_set_features,
    .ndo_setup_tc = iov_setup_tc,
#if !NIC_PORT_BY_POINTER
    .ndo_get_devlink_port = iov_devlink_port_of,
#endif
};

/* Returns the port that a netdev of ours on the host's side stands for, or
 * NULL. */
struct iov_port *
iov_port_from_netdev(struct net_device *dev)
{
    return dev && (dev->netdev_ops == &iov_rep_ops
                   || dev->netdev_ops == &iov_pf_ops)
           ? iov_port_of(dev) : NULL;
}

static int
add_rep(struct iov_port *port)
{
    struct net_device *dev = alloc_etherdev(sizeof(struct iov_netdev));
    int error;

    if (!dev) {
        return -ENOMEM;
    }
    iov_netdev_setup(dev, port, &port->nic->pdev->dev);
    dev->netdev_ops = &iov_rep_ops;
    dev->features |= NETIF_F_HW_TC;
    dev->hw_features |= NETIF_F_HW_TC;
    eth_hw_addr_random(dev);
    memset(&port->rep_rx, 0, sizeof(port->rep_rx));
    memset(&port->rep_tx, 0, sizeof(port->rep_tx));
    error = iov_devlink_add_rep(port);
    if (error) {
        goto free;
    }
    iov_devlink_bind(port, dev);
    rcu_assign_pointer(port->host, dev);
    error = register_netdev(dev);
    if (error) {
        goto del_port;
    }
    iov_devlink_bound(port, dev);
    return 0;

del_port:
    RCU_INIT_POINTER(port->host, NULL);
    synchronize_net();
    iov_devlink_del_port(port);
free:
    free_netdev(dev);
    return error;
}

static void
del_rep(struct iov_port *port)
{
    struct net_device *dev = rcu_access_pointer(port->host);

    if (!dev) {
        return;
    }
    iov_devlink_unbind(port);
    RCU_INIT_POINTER(port->host, NULL);
    unregister_netdev(dev);
    iov_devlink_del_port(port);
    free_netdev(dev);
}

/* Removes all representors.  Rules on them go with them, since "tc" takes each
 * away when a netdev ends.  Holds the devlink instance lock. */
void
iov_reps_del(struct iov_nic *nic)
{
    int i;

    for (i = 0; i < NIC_MAX_VFS; i++) {
        del_rep(&nic->vf[i]);
    }
}

/* Makes a representor for each VF.  Holds the devlink instance lock. */
int
iov_reps_add(struct iov_nic *nic)
{
    int i, error;

    for (i = 0; i < nic->n_vfs; i++) {
        error = add_rep(&nic->vf[i]);
        if (error) {
            iov_reps_del(nic);
            return error;
        }
    }
    return 0;
}
