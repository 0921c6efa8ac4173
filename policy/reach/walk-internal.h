/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_WALK_INTERNAL_H
#define IOV_POLICY_REACH_WALK_INTERNAL_H 1

/* What the parts of a walk share: walk.c does lookups, walk-steps.c runs the
 * steps of the flows that were found, search.c knows what a lookup can find,
 * shadow.c what is left over by flows of higher priority. */

#include "policy/reach/shadow.h"
#include "policy/reach/walk.h"

/* Where ovs-vswitchd keeps flows of its own, which no monitor shows. */
#define IOV_INTERNAL_TABLE 254

/* Bits of a packet that were changed on its way, for putting them back. */
struct iov_write {
    size_t up;                  /* Number of the one before, from 1; or 0. */
    uint8_t pos;                /* Position in struct iov_words. */
    uint64_t mask;              /* Bits that were written. */
    uint64_t known;             /* Those of them that were known then. */
    struct iov_bits before;     /* The word as it was. */
};

/* The action set. */
struct iov_actset {
    bool normal;                /* Has NORMAL. */
    bool group;                 /* Has a group. */
    const struct iov_step *other;       /* Something else, or null... */
    const struct iov_candidate *at;     /* ...that this flow has put in. */
};

/* What a packet goes on with after something was done to a copy. */
struct iov_copy {
    size_t up;                  /* Number of the one around, from 1; or 0. */
    size_t write;               /* The last one before. */
    size_t stack;
    struct iov_actset set;
};

struct iov_walk {
    const struct iov_walk_order *order;
    const struct iov_words *words;
    struct iov_sink *sink;      /* The order's, or its probe. */
    size_t n_visits, n_candidates;
    size_t hiding;              /* Work that may still be done for it. */
    bool over;                  /* Stop everything... */
    bool stopped;               /* ...because the sink says so. */
    bool probing;               /* Several ways are followed together. */
    size_t level;               /* Lookups that this one is in. */
    size_t n_resume;            /* On the way to where the state says: so many
                                 * levels. */
    size_t n_tries;             /* Work that may still be done for it. */
    bool limited;               /* Packets were not followed where the switch
                                 * goes on. */
    struct iov_overview *overview;      /* Null in a walk: see overview.c. */
    bool pending;               /* In an overview: packets may have an action
                                 * set. */

    /* A walk goes into the depth, so that a path has the first so many of
     * these, and overwrites none of those of another one that goes on. */
    struct iov_act_effect *effects;
    size_t allocated_effects;
    struct iov_write *writes;
    size_t allocated_writes;
    struct iov_copy *copies;
    size_t allocated_copies;

    /* Most walks need no more.  Last, for they are not cleared. */
    struct iov_act_effect few_effects[8];
    struct iov_write few_writes[8];
};

/* Flows that packets have matched, the last first. */
struct iov_trail {
    const struct iov_trail *up;
    const struct iov_candidate *at;
};

/* A set of packets on its way. */
struct iov_path {
    uint8_t table_id;           /* Table of the flow being run. */
    bool sent;                  /* Has been taken somewhere. */
    bool maybe_normal;          /* In an overview: other flows may have taken
                                 * it to a NORMAL. */
    int depth;
    int n_lookups;
    size_t n_normal;
    size_t n_effects, n_writes, n_copies;       /* Of those of the walk. */
    size_t write, copy;         /* Numbers, from 1, of the last write that
                                 * holds and of the copy it is; or 0. */
    size_t stack;               /* Bytes on the stack, at most. */
    struct iov_actset set;
    struct iov_changed changed; /* Headers that were written. */
    const struct iov_past *past;        /* Lookups it went through. */
    const struct iov_trail *trail;
    struct iov_cube cube;       /* Last, for most of it is not used. */
};

/* Steps to be run after those of a flow that was resubmitted to. */
struct iov_frame {
    const struct iov_frame *up;
    const struct iov_candidate *at;
    size_t step;
    uint8_t table_id;
    int depth;
};

/* A lookup to be done. */
struct iov_lookup {
    uint8_t table_id;
    bool is_goto;               /* A miss is told. */
    ofp_port_t in_port;         /* OFPP_IN_PORT: as it is. */
    const struct iov_candidate *from;   /* Null for the first. */
    const struct iov_step *step;        /* Null for the first. */
};

/* A lookup that is being done. */
struct iov_search {
    struct iov_table *table;
    struct iov_path *p;         /* Made for. */
    struct iov_cube cube;       /* Packets looked up. */
    struct iov_candidates found;
    const struct iov_frame *up;
    uint32_t *conj_ids;         /* Conjunctive matches that are possible. */
    size_t n_conj_ids;
    bool any_conj_id;           /* All of them. */
    struct iov_shadow *shadows;   /* Null until asked for. */
    size_t n_shadows;
};

/* Flows of a table with equal actions are followed apart up to this number,
 * together if there are more. */
#define IOV_MAX_APART 16

/* Ways on from a lookup, by flows with equal actions. */
struct iov_ways {
    struct {
        const struct iov_candidate *flow;
        int priority;           /* Flows of more than that were passed by. */
    } list[IOV_MAX_APART];
    size_t n;                   /* May be more than there are in 'list'. */
    struct iov_cube hull;       /* Packets of all of them. */
    int priority;               /* The highest. */
};

/* walk.c. */

/* Copies 'src' as far as it is used. */
void iov_path_copy(struct iov_path *dst, const struct iov_path *src,
                   const struct iov_walk *);
void iov_walk_init(struct iov_walk *, const struct iov_walk_order *);
void iov_walk_uninit(struct iov_walk *);
/* Takes 'n' units of work from the allowance. */
void iov_walk_charge(struct iov_walk *, size_t n);
/* Does a lookup for 'p', whose contents it changes, then what 'up' says, and
 * follows all ways to their end. */
void iov_walk_look_up(struct iov_walk *, struct iov_path *p,
                      const struct iov_lookup *, const struct iov_frame *up);
/* Follows packets 'p' from the first table on. */
void iov_walk_begin(struct iov_walk *, struct iov_path *p);

/* walk-steps.c. */

/* Reports; a sink that has enough ends the walk. */
void iov_walk_report(struct iov_walk *, enum iov_report_kind,
                     const struct iov_path *, const struct iov_candidate *at,
                     uint8_t table_id);
/* Something of 'step' of 'at' is seen outside. */
void iov_walk_effect(struct iov_walk *, struct iov_path *,
                     const struct iov_step *step,
                     const struct iov_candidate *at);
/* Packets of 'p' are not followed further. */
void iov_walk_give_up(struct iov_walk *, const struct iov_path *p,
                      const struct iov_candidate *at);
/* The packets are through; 'last' is the last flow that they matched. */
void iov_walk_finish(struct iov_walk *, struct iov_path *,
                     const struct iov_candidate *last);
/* Runs what 'frame' says, to the end. */
void iov_walk_run_steps(struct iov_walk *, struct iov_path *,
                        const struct iov_frame *);

/* overview.c. */

/* Keeps that 'p' is looked up, and goes on with it as if it had been. */
void iov_overview_look_up(struct iov_walk *, struct iov_path *p,
                          const struct iov_lookup *,
                          const struct iov_frame *up);

/* search.c. */

/* Begins a search of 's->table' for 's->p', whose in_port is 'in_port', or as
 * it is if that is OFPP_IN_PORT. */
void iov_search_init(struct iov_search *, const struct iov_walk *,
                     ofp_port_t in_port);
void iov_search_uninit(struct iov_search *);

/* Brings what was found into an order that depends on nothing but the flows:
 * those with equal actions together, of higher priority first; or with
 * 'in_order' only by priority. */
void iov_search_sort(struct iov_search *, const struct iov_walk *);

/* Returns true if no packets of 'cube', which match 'c', are left over by the
 * flows of more than its priority, or any flows if it is null, in this search
 * and those before. */
bool iov_search_hides(struct iov_walk *, struct iov_search *,
                      const struct iov_cube *cube,
                      const struct iov_candidate *c);
/* Returns true if 'cube', packets that match a flow, have a conj_id that can
 * be. */
bool iov_search_has_conj_id(const struct iov_walk *, const struct iov_search *,
                            const struct iov_cube *cube);
/* Finds the ways on by flows of 'run', which have equal actions, those of
 * highest priority first.
 *
 * Where one flow stands in for others and 'apart' is set, only that one is
 * followed, or the number of ways through some tables would be the product of
 * those through each. */
void iov_search_find_ways(struct iov_walk *, struct iov_search *,
                          const struct iov_candidates *run, bool apart,
                          struct iov_ways *);

#endif /* policy/reach/walk-internal.h */
