/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_WALK_H
#define IOV_POLICY_REACH_WALK_H 1

/* Follows packets through the tables of a bridge. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bitmap.h"
#include "openvswitch/hmap.h"
#include "openvswitch/match.h"
#include "policy/flow/index.h"
#include "policy/model/reason.h"

struct iov_peer;
struct iov_reach_port;

/* A flow, or a table without one, that is not NORMAL for some packets. */
struct iov_culprit {
    struct hmap_node node;      /* Usually in iov_findings.culprits. */
    enum iov_reason_id reason;
    uint8_t table_id;
    struct iov_candidate at;    /* The flow; all null for a miss. */
    const struct iov_step *stop;    /* The action, or null. */
    uint64_t classes;           /* Bit for each class of packets. */
    struct match *missing;      /* Example of packets that miss, or null. */
    struct iov_candidate *path; /* Flows that led there, the first first, */
    size_t n_path;              /* of some of the packets. */
};

/* Returns the one of 'culprits' that is the same as 'like', or null. */
struct iov_culprit *iov_culprit_find(const struct hmap *culprits,
                                     const struct iov_culprit *like);

/* MAC addresses of which so many are kept apart. */
#define IOV_MAX_ASKED 8

/* What a walk has found out. */
struct iov_findings {
    struct hmap culprits;       /* Contains struct iov_culprit. */
    unsigned long tables[BITMAP_N_LONGS(256)];  /* Tables looked up. */
    bool other_in_port;         /* A lookup took another in_port. */

    /* Addresses of peer ports whose packets were followed from the uplink,
     * or were not because it is no peer port; the first ones. */
    struct eth_addr asked[IOV_MAX_ASKED];
    size_t n_asked;             /* May be more. */
};

void iov_findings_init(struct iov_findings *);
void iov_findings_clear(struct iov_findings *);
void iov_findings_destroy(struct iov_findings *);

/* What is to be followed. */
struct iov_walk_order {
    const struct iov_flow_table *table;
    const struct iov_reach_port *port;
    const struct iov_peer *peers;     /* Sorted. */
    size_t n_peers;
    const struct match *packets;
    unsigned int class;         /* Number of the class of 'packets'. */
    struct iov_allowance *allowance;    /* Or null.  If it gets exhausted, what
                                         * was found is worth nothing. */
};

/* Adds what happens to the packets. */
void iov_walk(const struct iov_walk_order *, struct iov_findings *);

#endif /* policy/reach/walk.h */
