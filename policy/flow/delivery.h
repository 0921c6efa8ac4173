/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_FLOW_DELIVERY_H
#define IOV_POLICY_FLOW_DELIVERY_H 1

/* Which flows output to which port, other than by NORMAL.
 *
 * While a guest is on its VF nobody receives what the switch outputs to the
 * guest's port.  NORMAL sends it by the uplink instead, because its table of
 * MAC addresses moves with the port; a flow that names the port does not.
 *
 * struct iov_flow_table keeps one of these up to date with each flow that is
 * put in or taken out; the analysis asks it for one port at a time.  Flows
 * with equal actions share an entry, so that a million flows to one port take
 * no more than one, and a flow that outputs nowhere takes nothing.
 *
 * Nobody tells what is in a group, or in a register when a flow outputs to the
 * port that it names, so that these are outputs to any port. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/hmap.h"

struct iov_acts;
struct iov_candidate;
struct match;

struct iov_deliveries {
    struct hmap ports;          /* Contains struct delivery_port. */
    size_t n_rebinds;           /* Flows by which packets can look as if they
                                 * came in by another port. */
    uint64_t all_seqno;         /* Of the last change that concerns all
                                 * ports. */
};

/* What of 'acts' matters here, found once when the actions are first seen. */
struct iov_acts_outputs {
    uint16_t *ports;            /* OpenFlow port numbers, sorted, each once;
                                 * OFPP_NONE stands for any port. */
    size_t n_ports;
    bool rebinds;               /* Changes the in_port of packets. */
};
void iov_acts_find_outputs(struct iov_acts *);

void iov_deliveries_init(struct iov_deliveries *);
void iov_deliveries_destroy(struct iov_deliveries *);
/* All flows go. */
void iov_deliveries_clear(struct iov_deliveries *, uint64_t seqno);

/* A flow with its actions, whose match is 'match', comes as change number
 * 'seqno' of its flow table, or goes. */
void iov_deliveries_add(struct iov_deliveries *, const struct iov_candidate *,
                        const struct match *, uint64_t seqno);
void iov_deliveries_remove(struct iov_deliveries *,
                           const struct iov_candidate *, const struct match *,
                           uint64_t seqno);

/* A port that is asked about. */
struct iov_delivery_query {
    uint32_t ofport;
    bool floods;                /* Outputs to all ports count, too. */
};

/* Returns the number of the last change of a flow that may output to the
 * port. */
uint64_t iov_deliveries_changed(const struct iov_deliveries *,
                                const struct iov_delivery_query *);

/* Returns how many flows may output packets of other ports to the port, and
 * stores up to 'max' of them in 'list', '*n_listed' of them, which may be
 * none. */
size_t iov_deliveries_find(const struct iov_deliveries *,
                           const struct iov_delivery_query *,
                           struct iov_candidate *list, size_t max,
                           size_t *n_listed);

#endif /* policy/flow/delivery.h */
