/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_REACH_H
#define IOV_POLICY_REACH_REACH_H 1

/* Do all packets of a port end in NORMAL?
 *
 * For a port p with MAC m the analysis follows two kinds of packet through
 * the tables of a bridge: those that arrive from p, and those that arrive
 * from an uplink for m, for broadcast or for multicast.  Each flow that such
 * a packet can match, and whose effect is not exactly one NORMAL, is a
 * culprit.  Whatever cannot be followed is one too: the analysis may find
 * too many culprits, never too few.
 *
 * Results are cached per port; a change of the flow table only makes those
 * ports look again whose packets the changed flow can concern. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "policy/model/reason.h"

struct iov_flow_table;
struct ofputil_port_map;

/* What the analysis has to know of a port. */
struct iov_reach_port {
    uint32_t ofport;            /* OpenFlow port number of p. */
    struct eth_addr mac;        /* m. */
    uint16_t vlan;              /* VLAN of an access port, or 0.  Packets from
                                 * p are untagged (or carry any tag if 0),
                                 * those from an uplink carry it. */
    const uint32_t *uplinks;    /* OpenFlow port numbers of the uplinks. */
    size_t n_uplinks;
    bool any_src;               /* p may send from other addresses than m. */
    bool any_dst;               /* p may receive what is for others, in any
                                 * VLAN, as far as it comes by an uplink. */
};

/* A port of the bridge that others reach by the uplink if they are on VFs and
 * it is not. */
struct iov_peer {
    struct eth_addr mac;
    uint16_t vlan;              /* As that of struct iov_reach_port. */
};
int iov_peer_compare(const void *, const void *);

struct iov_reach;

/* 'table' is borrowed and has to outlive the result. */
struct iov_reach *iov_reach_create(struct iov_flow_table *table);
void iov_reach_destroy(struct iov_reach *);

/* Port names for showing flows; null map shows numbers. Borrowed. */
void iov_reach_set_port_map(struct iov_reach *,
                            const struct ofputil_port_map *);

struct iov_flow_table *iov_reach_table(const struct iov_reach *);
const struct ofputil_port_map *iov_reach_port_map(const struct iov_reach *);

/* Tells which addresses are on this bridge, in any order; copied.  A flow that
 * drops what a port sends to one of them costs the port nothing if it drops
 * that too when it comes by the uplink. */
void iov_reach_set_peers(struct iov_reach *, const struct iov_peer *,
                         size_t n);

/* Tells whether there is any queue that set_queue could choose; if there is
 * none, that action does nothing.  Until told otherwise there is. */
void iov_reach_set_queues(struct iov_reach *, bool any);

/* Appends a reason for each culprit (object: the flow as ovs-ofctl prints
 * it), at most 'max' of them, and returns the number of all.  0 means that
 * every packet of the port ends in one NORMAL. */
size_t iov_reach_check(struct iov_reach *, const struct iov_reach_port *,
                       struct iov_reasons *, size_t max);

/* The same, and tells how packets get to each culprit. */
size_t iov_reach_explain(struct iov_reach *, const struct iov_reach_port *,
                         struct iov_reasons *, size_t max);

/* As iov_reach_check(), but returns SIZE_MAX, without reasons, when it would
 * take too long; the next call goes on from there. */
size_t iov_reach_check_briefly(struct iov_reach *,
                               const struct iov_reach_port *,
                               struct iov_reasons *, size_t max);

/* Sets how much one iov_reach_check_briefly() may do, in units of work (see
 * walk.h) and within reason; for tests, with small tables. */
void iov_reach_set_brief_work(struct iov_reach *, size_t n_work);

/* What is known of a port without examining it. */
enum iov_reach_state {
    IOV_REACH_UNKNOWN,          /* Nothing. */
    IOV_REACH_OUTDATED,         /* Flows have changed that can concern it. */
    IOV_REACH_CURRENT
};
/* Sets '*result' to a number that stands for what iov_reach_check() has said
 * last; 0 if that is nothing. */
enum iov_reach_state iov_reach_look(const struct iov_reach *,
                                    const struct iov_reach_port *,
                                    uint64_t *result);

/* How often a port was examined, rather than its cached result taken. */
unsigned long long int iov_reach_n_examined(const struct iov_reach *);

#endif /* policy/reach/reach.h */
