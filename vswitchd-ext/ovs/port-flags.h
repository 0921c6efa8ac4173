/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_OVS_PORT_FLAGS_H
#define IOV_EXT_OVS_PORT_FLAGS_H 1

/* What "ovs-ofctl mod-port" and "set-frags" have set on one bridge.
 *
 * Open vSwitch tells nobody who does not first set the switch's configuration,
 * fragments included, so that it is asked again and again.  A change is heard
 * POLL_INTERVAL later at the latest, and by iov_port_flags_sync(). */

#include <stdbool.h>
#include <stdint.h>

struct iov_bridge;
struct iov_port_flags;

struct iov_port_flags *iov_port_flags_create(const char *bridge);
void iov_port_flags_destroy(struct iov_port_flags *);
void iov_port_flags_run(struct iov_port_flags *);
void iov_port_flags_wait(struct iov_port_flags *);

/* Changes whenever iov_port_flags_fill() would tell something else. */
uint64_t iov_port_flags_changed(const struct iov_port_flags *);
/* Null if the flags are known, else a sentence why not. */
const char *iov_port_flags_unknown(const struct iov_port_flags *);
/* Fills in the flags of the bridge and of its ports, by their numbers. */
void iov_port_flags_fill(const struct iov_port_flags *, struct iov_bridge *);

/* Starts a round trip; iov_port_flags_synced(token) is true once every flag
 * that was set before is known here, or nothing will be soon. */
uint64_t iov_port_flags_sync(struct iov_port_flags *);
bool iov_port_flags_synced(const struct iov_port_flags *, uint64_t token);

#endif /* vswitchd-ext/ovs/port-flags.h */
