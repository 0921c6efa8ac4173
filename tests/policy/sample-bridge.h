/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_TESTS_POLICY_SAMPLE_BRIDGE_H
#define IOV_TESTS_POLICY_SAMPLE_BRIDGE_H 1

/* What imagined bridges of tests are made of: PFs, ports that ask for offload,
 * and flows; and what the verdicts about them are. */

#include "policy/model/nic.h"
#include "policy/model/snapshot.h"

struct ds;
struct iov_flow_table;
struct iov_verdicts;
struct ofputil_port_map;

/* The address of the port 'ofport'. */
struct eth_addr sample_mac(unsigned int ofport);

/* A PF with 4 VFs; the pointer is good until the next one is added. */
struct iov_pf *sample_add_pf(struct iov_nics *, const char *netdev);

/* A bridge that uses VFs, without ports. */
struct iov_bridge *sample_add_bridge(struct iov_snapshot *, const char *name);

/* A port, also added to 'names'.  It asks for offload unless it is a PF, which
 * is one whose name begins with "pf". */
struct iov_port *sample_add_port(struct iov_bridge *, const char *name,
                                 unsigned int ofport,
                                 struct ofputil_port_map *names);

/* Returns false if 'text' is no flow. */
bool sample_add_flow(struct iov_flow_table *,
                     const struct ofputil_port_map *names, const char *text);

/* Verdicts as text. */
void sample_format_verdicts(const struct iov_verdicts *, struct ds *);

#endif /* tests/policy/sample-bridge.h */
