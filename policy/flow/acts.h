/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_FLOW_ACTS_H
#define IOV_POLICY_FLOW_ACTS_H 1

/* The actions of a flow as the analysis reads them: a short list of steps.
 *
 * An action that does something which NORMAL does not do becomes an EFFECT,
 * followed by steps that say which bits of the packet are others afterwards.
 *
 * Flows with equal actions share one struct iov_acts, whose address thus
 * tells whether two flows do the same. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/hmap.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/types.h"
#include "policy/flow/delivery.h"
#include "policy/model/reason.h"

struct ds;
struct ofputil_port_map;

/* What action.def says of an action. */
enum iov_act_role {
    IOV_ACT_FOLLOWED, IOV_ACT_ALTERS, IOV_ACT_SENDS, IOV_ACT_INTERNAL
};
enum iov_act_writes {
    IOV_ACT_WRITES_NOTHING, IOV_ACT_WRITES_FIELDS, IOV_ACT_WRITES_VLANS,
    IOV_ACT_WRITES_IP, IOV_ACT_WRITES_HEADERS, IOV_ACT_WRITES_CT,
    IOV_ACT_WRITES_ACTSET, IOV_ACT_WRITES_STACK, IOV_ACT_WRITES_FLOWS
};
struct iov_act_class {
    enum iov_reason_id reason;
    enum iov_act_role role;
    enum iov_act_writes writes;
    bool may_stop;
    const char *does;           /* Before "packets from the port". */
};
/* Returns what is known of actions of type 'type'; of one that has no row,
 * the worst. */
const struct iov_act_class *iov_act_class(enum ofpact_type type);
/* Returns true if action.def has a row for 'type'. */
bool iov_act_is_known(enum ofpact_type type);

/* What field.def says of a field. */
enum iov_field_role {
    IOV_FIELD_SCRATCH, IOV_FIELD_HEADER, IOV_FIELD_GIVEN, IOV_FIELD_TUNNEL,
    IOV_FIELD_SWITCH
};
/* Returns false if field.def has no row for the field of that name; it is
 * taken for a header then. */
bool iov_field_role(const char *name, enum iov_field_role *);

enum iov_step_type {
    IOV_STEP_NORMAL,            /* Output as a learning switch would. */
    IOV_STEP_TABLE,             /* Look up another table, then go on. */
    IOV_STEP_SET,               /* Bits of registers or metadata get known. */
    IOV_STEP_FORGET,            /* Bits get unknown. */
    IOV_STEP_FORGET_HEADERS,    /* All headers from word 'set.word' on. */
    IOV_STEP_MOVE,              /* A field gets bits of another field. */
    IOV_STEP_KEEP,              /* Sets bits; an EFFECT unless they are so. */
    IOV_STEP_PUSH_VLAN,         /* A new outermost tag. */
    IOV_STEP_POP_VLAN,          /* The outermost tag goes, if any. */
    IOV_STEP_STACK,             /* More on the stack. */
    IOV_STEP_POP,               /* The steps after it are left out if nothing
                                 * is on the stack. */
    IOV_STEP_EXIT,              /* Ends everything. */
    IOV_STEP_WRITE_NORMAL,      /* NORMAL into the action set. */
    IOV_STEP_WRITE_OTHER,       /* Something else into the action set. */
    IOV_STEP_CLEAR,             /* Empties the action set. */
    IOV_STEP_COPY,              /* What follows is done to a copy... */
    IOV_STEP_COPY_END,          /* ...up to here; the packet is as before. */
    IOV_STEP_OUTPUT,            /* An EFFECT unless it is to the in_port. */
    IOV_STEP_EFFECT             /* Something that NORMAL does not do. */
};

struct iov_step {
    enum iov_step_type type;
    bool sends;                 /* EFFECT, OUTPUT: the packet goes somewhere,
                                 * and so is not dropped. */
    union {
        struct {                /* TABLE. */
            uint8_t id;         /* 255: the table of the flow. */
            bool is_goto;       /* A miss is a table miss, not a no-op. */
            ofp_port_t in_port; /* For the lookup; OFPP_IN_PORT: as it is. */
        } table;
        struct {                /* SET, FORGET, FORGET_HEADERS, KEEP. */
            uint8_t word;       /* Index in struct flow. */
            bool certain;       /* KEEP: the packet has the field for sure. */
            uint64_t value, mask;
        } set;
        const struct ofpact_reg_move *move; /* MOVE. */
        ovs_be16 tpid;          /* PUSH_VLAN. */
        ofp_port_t port;        /* OUTPUT, WRITE_OTHER; else OFPP_NONE. */
        size_t n_bytes;         /* STACK. */
        size_t n_steps;         /* POP: so many. */
    };
    const struct ofpact *act;   /* The action that it is of, or null. */
    const struct iov_act_class *class;  /* EFFECT, OUTPUT, KEEP, WRITE_OTHER,
                                         * STACK, EXIT. */
    const char *name;           /* Of the action; null: none. */
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
    bool writes_headers;        /* Has a step that can change a header. */
    bool idles;                 /* Its flows go, by their idle time-out, if no
                                 * packet matches them for a while. */
    struct iov_acts_outputs outputs;
    size_t ofpacts_len;
    struct ofpact *ofpacts;
};

struct iov_acts_pool {
    struct hmap acts;
    struct iov_acts *opaque;    /* The one for actions not understood. */
};

void iov_acts_pool_init(struct iov_acts_pool *);
void iov_acts_pool_destroy(struct iov_acts_pool *);
/* Null 'ofpacts' means opaque.  Flows that 'idle' have actions of their own.
 * Takes a reference for one flow. */
struct iov_acts *iov_acts_get(struct iov_acts_pool *, const struct ofpact *,
                              size_t ofpacts_len, bool idles);
void iov_acts_put(struct iov_acts_pool *, struct iov_acts *);

void iov_acts_format(const struct iov_acts *, const struct ofputil_port_map *,
                     struct ds *);

/* Fills in the steps and flags of 'acts' from its ofpacts. */
void iov_acts_compile(struct iov_acts *);

#endif /* policy/flow/acts.h */
