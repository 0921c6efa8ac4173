/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_OVS_MONITORS_H
#define IOV_EXT_OVS_MONITORS_H 1

/* The flow monitors of all iov-enabled bridges: made, run and ended together
 * with the bridges. */

#include <stdbool.h>
#include <stdint.h>

struct iov_bridge;
struct iov_snapshot;

void iov_monitors_run(void);
void iov_monitors_wait(void);
void iov_monitors_exit(void);
uint64_t iov_monitors_changed(void);
/* Flows that are known have changed. */
uint64_t iov_monitors_flows_changed(void);
/* Begins and ends monitors as the bridges of the snapshot want it, and fills
 * in what they know. */
void iov_monitors_fill(struct iov_snapshot *);
/* True if the flows of every monitored bridge are known. */
bool iov_monitors_all_known(void);

/* Starts a round trip on each monitor; iov_monitors_synced() is true once all
 * that were started have come back or their bridge is gone. */
void iov_monitors_sync(void);
bool iov_monitors_synced(void);

#endif /* vswitchd-ext/ovs/monitors.h */
