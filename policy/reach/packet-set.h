/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_PACKET_SET_H
#define IOV_POLICY_REACH_PACKET_SET_H 1

/* Which packets concern a port: those that come in by it, and those that come
 * in by an uplink for its MAC or for many. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/match.h"

struct iov_reach_port;

enum iov_class_kind {
    IOV_CLASS_FROM_PORT,
    IOV_CLASS_DELIVERED,        /* From other ports, delivered to the port by
                                 * an output: see delivered.h. */
    IOV_CLASS_TO_PORT,          /* From an uplink, for the port alone. */
    IOV_CLASS_TO_MANY           /* From an uplink, the same for all ports of
                                 * one VLAN. */
};

/* A kind of packets that concern a port. */
struct iov_class {
    enum iov_class_kind kind;
    size_t uplink;              /* Index; 0 with the first two. */
};

/* All the classes of a port have numbers from 0 on. */
size_t iov_n_classes(const struct iov_reach_port *);
struct iov_class iov_class_from_number(size_t number);

/* The packets of a class are those of up to so many matches. */
#define IOV_CLASS_MATCHES 2

/* Stores the matches of a class, and returns how many there are. */
size_t iov_class_get_packets(const struct iov_class *,
                             const struct iov_reach_port *,
                             struct match packets[IOV_CLASS_MATCHES]);

/* Makes 'm' all packets that come in by port 'in_port', which is no tunnel. */
void iov_packets_init(struct match *, uint32_t in_port);

/* What packets from the port to 'dl_dst' look like if the port is on its VF
 * and 'dl_dst' on the software path: they come in by an uplink. */
void iov_packets_init_counterpart(struct match *,
                                  const struct iov_reach_port *,
                                  size_t uplink, struct eth_addr dl_dst);

#endif /* policy/reach/packet-set.h */
