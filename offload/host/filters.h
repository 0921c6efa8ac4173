/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_HOST_FILTERS_H
#define IOV_OFFLOAD_HOST_FILTERS_H 1

/* What besides Open vSwitch acts on the packets of ports on the host.
 *
 * A port's device, or the other end of it where that is a veth in the daemon's
 * network namespace, may be in a bridge of Linux with its own rules
 * (OpenStack's "hybrid" ports), or have programs of XDP or tc.  A guest on its
 * VF passes them by.
 *
 * The main loop calls run() and wait(); for each port that asks for offload it
 * calls get() when it builds a snapshot, and builds a new one when changed()
 * has another value.
 *
 * With simulated NICs the devices of the machine are not those of the ports,
 * so that nothing is read, and what a test says counts. */

#include <stdbool.h>
#include <stdint.h>

struct iov_port_filters;

/* Begins to follow the devices of the daemon's network namespace; with
 * 'simulated' follows nothing. */
void iov_filters_init(bool simulated);
void iov_filters_exit(void);
void iov_filters_run(void);
void iov_filters_wait(void);
uint64_t iov_filters_changed(void);

/* Stores sentences, owned by the caller, about the port with the network
 * device 'netdev'; none if there is no such device. */
void iov_filters_get(const char *netdev, struct iov_port_filters *);

/* For simulated ports: 'kind' is "foreign", "tc" or "qdisc", 'text' null for
 * none.  Returns false for another kind. */
bool iov_filters_set(const char *netdev, const char *kind, const char *text);

#endif /* offload/host/filters.h */
