/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_FLOW_ACTS_H
#define IOV_POLICY_FLOW_ACTS_H 1

/* The actions of a flow as the analysis reads them: a short list of steps.
 *
 * Flows with equal actions share one struct iov_acts, whose address thus
 * tells whether two flows do the same. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/hmap.h"
#include "openvswitch/types.h"
#include "policy/model/reason.h"

struct ds;
struct ofpact;
struct ofpact_reg_move;
struct ofputil_port_map;

enum iov_step_type {
    IOV_STEP_NORMAL,            /* Output as a learning switch would. */
    IOV_STEP_TABLE,             /* Look up another table, then go on. */
    IOV_STEP_SET,               /* Bits of registers or metadata get known. */
    IOV_STEP_FORGET,            /* Bits of registers get unknown. */
    IOV_STEP_MOVE,              /* Registers get bits of another field. */
    IOV_STEP_KEEP,              /* Sets bits; a STOP unless they are so. */
    IOV_STEP_EXIT,              /* Ends everything. */
    IOV_STEP_WRITE_NORMAL,      /* NORMAL into the action set. */
    IOV_STEP_CLEAR,             /* Empties the action set. */
    IOV_STEP_STOP               /* Something that NORMAL does not do. */
};

struct iov_step {
    enum iov_step_type type;
    union {
        struct {                /* TABLE. */
            uint8_t id;         /* 255: the table of the flow. */
            bool is_goto;       /* A miss is a table miss, not a no-op. */
            ofp_port_t in_port; /* For the lookup; OFPP_IN_PORT: as it is. */
        } table;
        struct {                /* SET, FORGET, KEEP. */
            uint8_t word;       /* Index in struct flow. */
            uint64_t value, mask;
        } set;
        const struct ofpact_reg_move *move; /* MOVE. */
    };
    struct {                    /* STOP, KEEP. */
        enum iov_reason_id reason;
        const char *action;     /* Name of the action. */
        const char *does;       /* What it does to packets. */
    } stop;
};

struct iov_acts {
    struct hmap_node node;      /* In struct iov_acts_pool, by content. */
    size_t n_flows;             /* Flows that have these actions. */
    struct iov_step *steps;
    size_t n_steps;
    bool opaque;                /* Not understood. */
    bool conjunction;           /* Part of a conjunctive match: no actions. */
    bool plain;                 /* Beyond doubt the same as one NORMAL. */
    bool follows;               /* Has a step to another table. */
    size_t ofpacts_len;
    struct ofpact *ofpacts;
};

struct iov_acts_pool {
    struct hmap acts;
    struct iov_acts *opaque;    /* The one for actions not understood. */
};

void iov_acts_pool_init(struct iov_acts_pool *);
void iov_acts_pool_destroy(struct iov_acts_pool *);
/* Null 'ofpacts' means opaque.  Takes a reference for one flow. */
struct iov_acts *iov_acts_get(struct iov_acts_pool *, const struct ofpact *,
                              size_t ofpacts_len);
void iov_acts_put(struct iov_acts_pool *, struct iov_acts *);

void iov_acts_format(const struct iov_acts *, const struct ofputil_port_map *,
                     struct ds *);

/* Fills in the steps and flags of 'acts' from its ofpacts. */
void iov_acts_compile(struct iov_acts *);

#endif /* policy/flow/acts.h */
