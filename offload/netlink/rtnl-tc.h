/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_NETLINK_RTNL_TC_H
#define IOV_OFFLOAD_NETLINK_RTNL_TC_H 1

/* Messages about filters of traffic control (tc).
 *
 *     | nlmsghdr | tcmsg: family, ifindex, handle, parent, info | attr ... */

#include <stdbool.h>

#include "offload/netlink/rtnl.h"

/* Where filters can be, beside those in a classful qdisc. */
enum rtnl_tc_side { RTNL_TC_INGRESS, RTNL_TC_EGRESS, RTNL_N_TC_SIDES };

/* Asks for the filters of a device.  The answer has no message if there are
 * none. */
void rtnl_encode_dump_filters(union rtnl_request *, int ifindex,
                              enum rtnl_tc_side);

/* Returns the device that a message is about filters or qdiscs of, or 0 if it
 * is about something else.  '*is_filter' is set for one that is there. */
int rtnl_decode_tc(const struct nlmsghdr *, bool *is_filter);

#endif /* offload/netlink/rtnl-tc.h */
