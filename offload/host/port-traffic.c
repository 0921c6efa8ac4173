/* SPDX-License-Identifier: Apache-2.0
 *
 * What has come from a port: see port-traffic.h.
 *
 * What the port's device has received is what the guest behind it has sent. */

#include <config.h>

#include "offload/host/port-traffic.h"

#include "offload/netlink/link-stats.h"

bool
iov_port_has_sent(const char *netdev)
{
    uint64_t sent, received;

    return link_count(netdev, &sent, &received) && received > 0;
}
