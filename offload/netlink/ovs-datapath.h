/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_NETLINK_OVS_DATAPATH_H
#define IOV_OFFLOAD_NETLINK_OVS_DATAPATH_H 1

/* Datapaths of Open vSwitch in the kernel, by generic netlink. */

#include <stdbool.h>
#include <stdint.h>

#include "offload/netlink/rtnl.h"

struct ovs_datapath {
    char name[64];              /* "ovs-system". */
    uint64_t missed;            /* Packets for which it had no flow. */
    uint64_t lost;              /* Packets that it could not hand up. */
};

/* Asks for all of them; 'family' is the number of OVS_DATAPATH_FAMILY. */
void ovs_datapath_encode_dump(union rtnl_request *, uint16_t family);
/* False if the message is of another family, or makes no sense. */
bool ovs_datapath_decode(const struct nlmsghdr *, uint16_t family,
                         struct ovs_datapath *);

#endif /* offload/netlink/ovs-datapath.h */
