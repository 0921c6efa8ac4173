/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_TESTS_SAMPLE_BRIDGE_H
#define IOV_TESTS_SAMPLE_BRIDGE_H 1

/* What imagined bridges of tests are made of: the PF pf0, and ports that ask
 * for offload. */

#include "policy/nic.h"
#include "policy/snapshot.h"

struct ofputil_port_map;

/* The address of the port 'ofport'. */
struct eth_addr sample_mac(unsigned int ofport);

/* Lets 'nics', which is empty, have one PF, pf0, with 4 VFs. */
struct iov_pf *sample_add_pf(struct iov_nics *nics);

/* A bridge that uses VFs, without ports. */
struct iov_bridge *sample_add_bridge(struct iov_snapshot *, const char *name);

/* A port, also added to 'names'.  It asks for offload unless it is pf0. */
struct iov_port *sample_add_port(struct iov_bridge *, const char *name,
                                 unsigned int ofport,
                                 struct ofputil_port_map *names);

#endif /* tests/sample-bridge.h */
