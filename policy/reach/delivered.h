/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_DELIVERED_H
#define IOV_POLICY_REACH_DELIVERED_H 1

/* Packets of others that a flow outputs to a port: they get to the device on
 * the software path, and are lost while the guest is on its VF. */

#include <stdbool.h>
#include <stdint.h>

struct iov_findings;
struct iov_flow_table;
struct iov_reach_port;

/* Returns true if flows that output to the port have changed since 'seqno'. */
bool iov_delivered_is_outdated(const struct iov_flow_table *,
                               const struct iov_reach_port *, uint64_t seqno);

/* Adds a culprit for each flow that may output packets of others to the port;
 * of many, for some. */
void iov_delivered_find(const struct iov_flow_table *,
                        const struct iov_reach_port *, struct iov_findings *);

#endif /* policy/reach/delivered.h */
