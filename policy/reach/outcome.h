/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_OUTCOME_H
#define IOV_POLICY_REACH_OUTCOME_H 1

/* What becomes of a class of packets, kept until a flow changes that can
 * concern them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/hmap.h"
#include "policy/reach/findings.h"
#include "policy/reach/packet-set.h"

struct iov_key_cube;
struct iov_peer;
struct iov_reach_port;

/* What all outcomes of a bridge depend on. */
struct iov_reach_base {
    struct iov_flow_table *table;
    struct iov_peer *peers;   /* Sorted. */
    size_t n_peers;
    uint64_t peers_seqno;  /* Changes with them. */
    struct iov_allowance *allowance;    /* Of the call under way, or null. */
    uint64_t n_results;         /* Numbers given out. */
};

struct iov_outcome {
    struct hmap_node node;      /* For whoever keeps it. */
    size_t n_users;
    struct iov_class class;
    uint32_t uplink;            /* OpenFlow port number, or 0. */
    uint16_t vlan;              /* As in struct iov_reach_port. */

    uint64_t result;            /* Number of what was found; 0: nothing. */
    bool unfinished;            /* The last examination is not complete... */
    size_t walks_done;          /* ...but for so many walks... */
    struct iov_walk_state walk; /* ...and this far. */
    bool limited;               /* The walk under way has come to a limit. */
    bool was_clean;             /* Had no culprits before it began. */
    uint64_t seqno;             /* Of the flow table, as of which it holds. */
    uint64_t peers_seqno;
    struct iov_key_cube *cubes; /* Packets that were followed. */
    size_t n_cubes;
    struct iov_findings findings;
};

/* Takes no reference to the port. */
struct iov_outcome *iov_outcome_create(const struct iov_class *,
                                       const struct iov_reach_port *);
void iov_outcome_destroy(struct iov_outcome *);

/* Returns true if 'class' of 'port' has the same outcome, whatever flows there
 * are. */
bool iov_outcome_is_of(const struct iov_outcome *, const struct iov_class *,
                       const struct iov_reach_port *);

/* Returns true if what it says may not hold any more. */
bool iov_outcome_is_outdated(struct iov_outcome *,
                             const struct iov_reach_base *,
                             const struct iov_reach_port *);
/* Finds it out for 'port', one that it is of. */
void iov_outcome_examine(struct iov_outcome *, struct iov_reach_base *,
                         const struct iov_reach_port *);

#endif /* policy/reach/outcome.h */
