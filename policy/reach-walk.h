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
#include "policy/flow-index.h"
#include "policy/reason.h"

/* A flow, or a table without one, that is not NORMAL for some packets. */
struct iov_culprit {
    struct hmap_node node;      /* In iov_findings.culprits. */
    enum iov_reason_id reason;
    uint8_t table_id;
    struct iov_candidate at;    /* The flow; all null for a miss. */
    const struct iov_step *stop;    /* The action, or null. */
    uint64_t classes;           /* Bit for each class of packets. */
    struct match *missing;      /* Example of packets that miss, or null. */
};

/* What a walk has found out. */
struct iov_findings {
    struct hmap culprits;       /* Contains struct iov_culprit. */
    unsigned long tables[BITMAP_N_LONGS(256)];  /* Tables looked up. */
    bool other_in_port;         /* A lookup took another in_port. */
};

void iov_findings_init(struct iov_findings *);
void iov_findings_clear(struct iov_findings *);
void iov_findings_destroy(struct iov_findings *);

/* Adds what happens to packets of 'packets', of class number 'class', in
 * 'ft'. */
void iov_walk(const struct iov_flow_table *ft, const struct match *packets,
              unsigned int class, struct iov_findings *);

#endif /* policy/reach-walk.h */
