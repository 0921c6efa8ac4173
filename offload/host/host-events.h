/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_HOST_HOST_EVENTS_H
#define IOV_OFFLOAD_HOST_HOST_EVENTS_H 1

/* Keeps what was read of a host (host.h) up to date by events of its PCI
 * devices, reading only what an event concerns.
 *
 * The events are heard by whoever drives the NICs, in the same run, so that
 * what is known of a NIC's isolation is never older than what is known of its
 * VFs. */

#include <stdbool.h>

struct iov_host;

/* Something has happened to the device at the address 'pci', or, if that is
 * null, may have happened to any. */
void host_events_add(const char *pci);

/* Reads the NICs again of which something was told since the last call.
 * Returns true if there was any. */
bool iov_host_follow(const char *root, struct iov_host *);

/* Forgets what was told. */
void iov_host_events_clear(void);

#endif /* offload/host/host-events.h */
