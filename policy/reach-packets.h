/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_PACKETS_H
#define IOV_POLICY_REACH_PACKETS_H 1

/* Which packets concern a port: those that come in by it, and those that come
 * in by an uplink for its MAC or for many. */

#include <stddef.h>

#include "openvswitch/match.h"

struct iov_reach_port;

/* A set of packets that concern a port. */
struct iov_class {
    struct match packets;
    unsigned int number;        /* 0: from the port, else 1 + uplink. */
};

struct iov_classes {
    struct iov_class *list;
    size_t n;
};

void iov_classes_init(struct iov_classes *, const struct iov_reach_port *);
void iov_classes_destroy(struct iov_classes *);

/* What packets from the port to 'dl_dst' look like if the port is on its VF
 * and 'dl_dst' on the software path: they come in by an uplink. */
void iov_packets_init_twin(struct match *, const struct iov_reach_port *,
                           size_t uplink, struct eth_addr dl_dst);

#endif /* policy/reach-packets.h */
