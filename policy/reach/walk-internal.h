/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_WALK_INTERNAL_H
#define IOV_POLICY_REACH_WALK_INTERNAL_H 1

/* What the parts of a walk share: walk.c follows, search.c knows
 * what a lookup can find, findings.c keeps what was found, twin.c
 * decides whether a drop matters. */

#include "policy/reach/walk.h"

struct iov_past;

struct iov_walk {
    const struct iov_walk_order *order;
    const struct iov_words *words;
    struct iov_findings *findings;
    size_t n_visits, n_candidates;
    size_t hiding;              /* Work that may still be done for it. */
    bool over;                  /* Stop everything. */

    /* Only asks whether every packet is dropped and nothing else is done. */
    bool must_drop;
    bool not_dropped;           /* Answer: no. */

    /* Only asks, for now, whether there is any culprit. */
    bool trying;
    bool any_culprit;           /* Answer: yes. */
    size_t n_tries;             /* Lookups that may still be made for it. */
};

/* Flows that packets have matched, the last first. */
struct iov_trail {
    const struct iov_trail *up;
    const struct iov_candidate *at;
};

/* A set of packets on its way. */
struct iov_path {
    struct iov_cube cube;
    uint8_t table_id;           /* Table of the flow being run. */
    int depth;
    int n_lookups;
    bool normal;                /* Has met a NORMAL. */
    bool stored;                /* NORMAL is in the action set. */
    const struct iov_past *past;        /* Lookups it went through. */
    const struct iov_trail *trail;
};

/* Steps to be run after those of a flow that was resubmitted to. */
struct iov_rest;

/* A lookup that is being done. */
struct iov_search {
    const struct iov_table *table;
    struct iov_path *p;         /* Made for. */
    struct iov_cube cube;       /* Packets looked up. */
    struct iov_candidates found;
    const struct iov_rest *up;
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

/* Says that packets of 'p' meet 'at', which is not NORMAL. */
void iov_walk_blame(struct iov_walk *, const struct iov_path *p,
                    enum iov_reason_id, const struct iov_candidate *at,
                    const struct iov_step *stop);
/* Says that packets 'cube' match no flow of a table. */
void iov_walk_blame_miss(struct iov_walk *, const struct iov_path *p,
                         uint8_t table_id, const struct iov_cube *cube);

/* Follows those of 'packets' that agree with some of 'counterpart', and with
 * what it went through, in all that does not depend on the port, and returns
 * true if all of them are dropped. */
bool iov_walk_all_dropped(const struct iov_walk *, const struct match *packets,
                          const struct iov_path *counterpart);

/* Returns true if it does not matter that packets of 'p' are dropped, because
 * they come by the bridge also if the port is on its VF, and are dropped
 * then, too. */
bool iov_walk_drop_is_kept(struct iov_walk *, const struct iov_path *p);

/* Begins a search of 's->table' for 's->p', whose in_port is 'in_port', or as
 * it is if that is OFPP_IN_PORT. */
void iov_search_init(struct iov_search *, const struct iov_walk *,
                     ofp_port_t in_port);
void iov_search_uninit(struct iov_search *);

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
