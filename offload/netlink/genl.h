/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_NETLINK_GENL_H
#define IOV_OFFLOAD_NETLINK_GENL_H 1

/* Generic netlink: its header, and finding out about families.
 *
 * The numbers of families and of their multicast groups are given when the
 * family is registered, which a module may do late, and again with others. */

#include <stdbool.h>
#include <stdint.h>

#include "offload/netlink/rtnl.h"

/* What the kernel has given a family. */
struct genl_family {
    uint16_t id;                /* Type of its messages. */
    uint32_t group;             /* Multicast group; 0: there is none. */
    bool gone;                  /* It has just been taken out. */
};

/* Begins a message in 'buffer', whose sequence number and flags are 0. */
struct nlmsghdr *genl_begin(void *buffer, uint16_t family, uint8_t command);

/* The command of a message, or a negative number if it has none. */
int genl_command(const struct nlmsghdr *);

/* Asks for the family 'name'.  The kernel refuses with ENOENT if there is
 * none. */
void genl_encode_get_family(union rtnl_request *, const char *name);
/* Takes apart the answer, or a notification by the group GENL_ID_CTRL, that is
 * about the family 'name', and finds the number of its group 'group'. */
bool genl_decode_family(const struct nlmsghdr *, const char *name,
                        const char *group, struct genl_family *);

#endif /* offload/netlink/genl.h */
