/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Where the kernels of Debian 12 (6.1) and Debian 13 (6.12) differ.
 */

#ifndef NIC_COMPAT_H
#define NIC_COMPAT_H 1

#include <linux/version.h>
#include <net/devlink.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/slab.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

/* Since 6.2 the core connects a netdev with its devlink port by a pointer that
 * is set before the netdev is registered; before, by an operation and by calls
 * around registration. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define NIC_PORT_BY_POINTER 1
#else
#define NIC_PORT_BY_POINTER 0
#endif

/* Since 6.6 the operations on a port belong to the port. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define NIC_PORT_HAS_OPS 1
#else
#define NIC_PORT_HAS_OPS 0
#endif

/* Since 6.2 the core reports the driver's name in "devlink dev info". */
#define NIC_REPORTS_DRIVER (LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0))

/* NIC_OVERRIDE_IN_DEVICE comes from Kbuild: late 6.12 keeps driver_override in
 * struct device, which no version number tells. */
static inline void
nic_override_driver(struct pci_dev *pdev, const char *name)
{
#ifdef NIC_OVERRIDE_IN_DEVICE
    device_set_driver_override(&pdev->dev, name);
#else
    if (!pdev->driver_override) {
        pdev->driver_override = kstrdup(name, GFP_KERNEL);
    }
#endif
}

#endif /* nic-compat.h */
