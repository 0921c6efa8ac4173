/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_NIC_NIC_INVENTORY_H
#define IOV_OFFLOAD_NIC_NIC_INVENTORY_H 1

/* What e-switch classes need of the inventory of the kernel's PFs. */

struct rtnl;

/* The socket by which the inventory reads PFs.  Requests that change a PF go
 * by it, too: all are answered in order, so that a reading that was asked for
 * after a change shows the change. */
struct rtnl *nic_inventory_rtnl(void);

#endif /* offload/nic/nic-inventory.h */
