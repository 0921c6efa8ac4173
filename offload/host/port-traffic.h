/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_HOST_PORT_TRAFFIC_H
#define IOV_OFFLOAD_HOST_PORT_TRAFFIC_H 1

/* Whether somebody has ever sent by the device of a port. */

#include <stdbool.h>

/* False also if there is no network device 'netdev' on this host. */
bool iov_port_has_sent(const char *netdev);

#endif /* offload/host/port-traffic.h */
