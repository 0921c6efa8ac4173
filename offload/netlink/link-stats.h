/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_NETLINK_LINK_STATS_H
#define IOV_OFFLOAD_NETLINK_LINK_STATS_H 1

/* Packets that the kernel has counted on network devices in the daemon's own
 * network namespace.
 *
 * "sent" and "heard" are seen from the device.  What a guest sends by its tap
 * device, the host has heard on it. */

#include <stdbool.h>
#include <stdint.h>

/* False if there is no such device. */
bool link_count(const char *netdev, uint64_t *sent, uint64_t *heard);

/* What the PF 'netdev', which has 'n_vfs' VFs, says of its VF number 'vf'; not
 * more often read than once in a second.  False if its driver counts
 * nothing. */
bool link_count_vf(const char *netdev, unsigned int n_vfs, unsigned int vf,
                   uint64_t *sent, uint64_t *heard);

void link_count_exit(void);

#endif /* offload/netlink/link-stats.h */
