// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The devlink instance of the NIC: its mode, and its ports, of which each
 * belongs to a netdev of the host's side.
 *
 * Representors go before the mode changes to legacy, so that "tc" can still
 * take back its rules; and a port's attributes are final once the port is
 * registered, so the uplink's switch id, which depends on the mode, comes from
 * its netdev.
 */

#include <net/devlink.h>
#include "nic-table.h"

static int
mode_get(struct devlink *devlink, u16 *mode)
{
    struct iov_nic *nic = devlink_priv(devlink);

    *mode = nic->switchdev ? DEVLINK_ESWITCH_MODE_SWITCHDEV
                           : DEVLINK_ESWITCH_MODE_LEGACY;
    return 0;
}

static void
update_carriers(struct iov_nic *nic)
{
    int i;

    for (i = 0; i < NIC_MAX_VFS; i++) {
        iov_vf_update_carrier(&nic->vf[i]);
    }
}

static int
to_switchdev(struct iov_nic *nic)
{
    int error;

    WRITE_ONCE(nic->switchdev, true);
    error = iov_reps_add(nic);
    if (error) {
        WRITE_ONCE(nic->switchdev, false);
    }
    return error;
}

static void
to_legacy(struct iov_nic *nic)
{
    iov_reps_del(nic);
    iov_table_flush(nic);
    WRITE_ONCE(nic->switchdev, false);
}

static int
mode_set(struct devlink *devlink, u16 mode, struct netlink_ext_ack *extack)
{
    struct iov_nic *nic = devlink_priv(devlink);
    bool switchdev = mode == DEVLINK_ESWITCH_MODE_SWITCHDEV;
    int error = 0;

    if (!switchdev && mode != DEVLINK_ESWITCH_MODE_LEGACY) {
        return -EOPNOTSUPP;
    }
    if (nic->switchdev == switchdev) {
        return 0;
    }
    if (switchdev && iov_refuses("switchdev")) {
        NL_SET_ERR_MSG_MOD(extack, "this NIC has no switchdev mode.");
        return -EOPNOTSUPP;
    }
    if (nic->n_vfs && iov_mode_needs_no_vfs()) {
        NL_SET_ERR_MSG_MOD(extack, "the mode cannot change while VFs exist.");
        return -EBUSY;
    }
    if (switchdev) {
        error = to_switchdev(nic);
    } else {
        to_legacy(nic);
    }
    update_carriers(nic);
    return error;
}

static int
info_get(struct devlink *devlink, struct devlink_info_req *req,
         struct netlink_ext_ack *extack)
{
    int error = 0;

#if NIC_REPORTS_DRIVER
    error = devlink_info_driver_name_put(req, KBUILD_MODNAME);
#endif
    if (!error) {
        error = devlink_info_version_running_put(
            req, DEVLINK_INFO_VERSION_GENERIC_FW, "1.0.0");
    }
    return error;
}

static int
hw_addr_get(struct devlink_port *dl, u8 *addr, int *len,
            struct netlink_ext_ack *extack)
{
    struct iov_port *port = container_of(dl, struct iov_port, dl);

    if (port->kind != IOV_VF) {
        return -EOPNOTSUPP;
    }
    ether_addr_copy(addr, port->mac);
    *len = ETH_ALEN;
    return 0;
}

static int
hw_addr_set(struct devlink_port *dl, const u8 *addr, int len,
            struct netlink_ext_ack *extack)
{
    struct iov_port *port = container_of(dl, struct iov_port, dl);

    if (port->kind != IOV_VF || len != ETH_ALEN) {
        return -EOPNOTSUPP;
    }
    return iov_vf_set_mac(port, addr);
}

static const struct devlink_ops ops = {
    .eswitch_mode_get = mode_get,
    .eswitch_mode_set = mode_set,
    .info_get = info_get,
#if !NIC_PORT_HAS_OPS
    .port_function_hw_addr_get = hw_addr_get,
    .port_function_hw_addr_set = hw_addr_set,
#endif
};

#if NIC_PORT_HAS_OPS
static const struct devlink_port_ops port_ops = {
    .port_fn_hw_addr_get = hw_addr_get,
    .port_fn_hw_addr_set = hw_addr_set,
};
#endif

struct iov_nic *
iov_devlink_alloc(struct pci_dev *pdev)
{
    struct devlink *devlink = devlink_alloc(&ops, sizeof(struct iov_nic),
                                            &pdev->dev);

    return devlink ? devlink_priv(devlink) : NULL;
}

/* The caller holds the devlink instance lock. */
static int
add_port(struct iov_port *port, unsigned int index)
{
    struct devlink *devlink = priv_to_devlink(port->nic);
    int error;

#if NIC_PORT_HAS_OPS
    error = devl_port_register_with_ops(devlink, &port->dl, index, &port_ops);
#else
    error = devl_port_register(devlink, &port->dl, index);
#endif
    port->has_dl = !error;
    return error;
}

int
iov_devlink_add_uplink(struct iov_nic *nic)
{
    struct devlink *devlink = priv_to_devlink(nic);
    struct devlink_port_attrs attrs = {
        .flavour = DEVLINK_PORT_FLAVOUR_PHYSICAL,
    };
    int error;

    memset(&nic->uplink.dl, 0, sizeof(nic->uplink.dl));
    devlink_port_attrs_set(&nic->uplink.dl, &attrs);
    devl_lock(devlink);
    error = add_port(&nic->uplink, 0);
    devl_unlock(devlink);
    return error;
}

/* The caller holds the devlink instance lock. */
int
iov_devlink_add_rep(struct iov_port *port)
{
    struct devlink_port_attrs attrs = {
        .switch_id = port->nic->switch_id,
    };

    memset(&port->dl, 0, sizeof(port->dl));
    devlink_port_attrs_set(&port->dl, &attrs);
    devlink_port_attrs_pci_vf_set(&port->dl, 0, 0, port->index, false);
    return add_port(port, 1 + port->index);
}

/* The caller holds the devlink instance lock. */
void
iov_devlink_del_port(struct iov_port *port)
{
    if (port->has_dl) {
        port->has_dl = false;
        devl_port_unregister(&port->dl);
    }
}

/* Connects a netdev with its port: called before register_netdev(). */
void
iov_devlink_bind(struct iov_port *port, struct net_device *dev)
{
#if NIC_PORT_BY_POINTER
    SET_NETDEV_DEVLINK_PORT(dev, &port->dl);
#endif
}

/* Called after register_netdev(). */
void
iov_devlink_bound(struct iov_port *port, struct net_device *dev)
{
#if !NIC_PORT_BY_POINTER
    devlink_port_type_eth_set(&port->dl, dev);
#endif
}

/* Called before unregister_netdev(). */
void
iov_devlink_unbind(struct iov_port *port)
{
#if !NIC_PORT_BY_POINTER
    devlink_port_type_clear(&port->dl);
#endif
}

/* ndo_get_devlink_port of older kernels. */
struct devlink_port *
iov_devlink_port_of(struct net_device *dev)
{
    return &iov_port_of(dev)->dl;
}
