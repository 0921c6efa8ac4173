/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_FINDINGS_H
#define IOV_POLICY_REACH_FINDINGS_H 1

/* What speaks against NORMAL: culprits, as a walk reports them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/hmap.h"
#include "policy/flow/index.h"
#include "policy/model/reason.h"
#include "policy/reach/walk.h"

/* A flow, or a table without one, that is not NORMAL for some packets. */
struct iov_culprit {
    struct hmap_node node;      /* Usually in iov_findings.culprits. */
    enum iov_reason_id reason;
    uint8_t table_id;
    struct iov_candidate at;    /* The flow; all null for a miss. */
    const struct iov_step *step;        /* The action, or null. */
    bool queue;                 /* All it does is to choose a queue. */
    bool uncertain;             /* Packets need not get there: some tables are
                                 * too complex to tell. */
    uint64_t classes;           /* Bit for each class of packets. */
    struct match *missing;      /* Example of packets that miss, or null. */
    struct iov_candidate *path; /* Flows that led there, the first first, */
    size_t n_path;              /* of some of the packets. */
    size_t n_like;              /* Flows that do the same and are no culprits
                                 * of their own. */
};

uint32_t iov_culprit_hash(const struct iov_culprit *);
/* Returns the one of 'culprits' that is the same as 'like', or null. */
struct iov_culprit *iov_culprit_find(const struct hmap *culprits,
                                     const struct iov_culprit *like);

/* MAC addresses of which so many are kept apart. */
#define IOV_MAX_ASKED 8

/* What walks have found out. */
struct iov_findings {
    struct hmap culprits;       /* Contains struct iov_culprit. */
    struct iov_walk_deps deps;

    /* Addresses of peer ports whose packets were followed from the uplink,
     * or were not because it is no peer port; the first ones. */
    struct eth_addr asked[IOV_MAX_ASKED];
    size_t n_asked;             /* May be more. */
};

void iov_findings_init(struct iov_findings *);
void iov_findings_clear(struct iov_findings *);
void iov_findings_destroy(struct iov_findings *);

#endif /* policy/reach/findings.h */
