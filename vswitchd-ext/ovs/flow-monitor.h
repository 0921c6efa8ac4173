/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_OVS_FLOW_MONITOR_H
#define IOV_EXT_OVS_FLOW_MONITOR_H 1

/* The flows of one bridge, heard through its management socket.
 *
 * A connection (rconn) to unix:RUNDIR/BRIDGE.mgmt, a flow monitor on it, and
 * the flow table it feeds.  The bridge's flows are "in step" only between the
 * end of the initial dump and the next pause, overflow, error or
 * disconnection; at all other times iov_flow_monitor_unknown() tells why
 * not, and every port of the bridge is on software.
 *
 * After ovs-vswitchd restarts the first table may be empty because flows are
 * not yet restored; see flow-monitor.c. */

#include <stdbool.h>
#include <stdint.h>

#include "policy/model/switch-loss.h"

struct iov_flow_table;
struct iov_reach;
struct ofputil_port_map;

struct iov_flow_monitor;

struct iov_flow_monitor *iov_flow_monitor_create(const char *bridge);
void iov_flow_monitor_destroy(struct iov_flow_monitor *);
void iov_flow_monitor_run(struct iov_flow_monitor *);
void iov_flow_monitor_wait(struct iov_flow_monitor *);

/* Changes whenever it does whether the flows are known, or why not. */
uint64_t iov_flow_monitor_changed(const struct iov_flow_monitor *);
/* Changes whenever the flows do, while they are known. */
uint64_t iov_flow_monitor_flows_changed(const struct iov_flow_monitor *);
/* The same as iov_flow_monitor_unknown(), as the policy sees it. */
enum iov_switch_sight iov_flow_monitor_sight(const struct iov_flow_monitor *);
/* Changes when ovs-vswitchd may be about to exit: it has deleted the flows, or
 * so many that it has paused. */
uint64_t iov_flow_monitor_purges(const struct iov_flow_monitor *);
/* Null if in step, else a sentence why not; valid until the next run. */
const char *iov_flow_monitor_unknown(const struct iov_flow_monitor *);
const struct iov_flow_table *iov_flow_monitor_table(
    const struct iov_flow_monitor *);
/* Analysis of the table, with port names. */
struct iov_reach *iov_flow_monitor_reach(
    const struct iov_flow_monitor *);

/* Starts a round trip through ovs-vswitchd; iov_flow_monitor_synced(token) is
 * true once every flow that was in the bridge before has arrived here. */
uint64_t iov_flow_monitor_sync(struct iov_flow_monitor *);
bool iov_flow_monitor_synced(const struct iov_flow_monitor *, uint64_t token);

#endif /* vswitchd-ext/ovs/flow-monitor.h */
