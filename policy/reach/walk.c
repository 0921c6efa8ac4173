/* SPDX-License-Identifier: Apache-2.0 */

/* Follows packets through the tables of a bridge.
 *
 * A lookup splits a set of packets into one set for each flow that some of
 * them can match and that is not hidden by another flow; each set then runs
 * through that flow's steps on its own.  At the end of all steps a set must
 * have met exactly one NORMAL.
 *
 * The subtle thing: a resubmit comes back.  What is left of the flow that did
 * it, and of the flow that resubmitted to that flow, is kept as a chain of
 * "rests" and run after the last step of the flow that was found, once for
 * each way through it. */

#include <config.h>

#include "policy/reach/walk.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/ofp-actions.h"
#include "policy/flow/table.h"
#include "policy/reach/reach.h"
#include "policy/reach/shadow.h"
#include "policy/reach/walk-internal.h"
#include "util.h"

/* Open vSwitch drops a packet that goes back to an earlier table so often. */
#define MAX_DEPTH 64
/* More lookups for one packet are not followed; ovs-vswitchd allows 4096. */
#define MAX_LOOKUPS 512
/* Work for one class of packets before it is called too complex. */
#define MAX_VISITS 8192
#define MAX_CANDIDATES (4 * 1000 * 1000)
/* Work to find out that flows are hidden, for one class of packets, and for
 * those of a port to one address. */
#define MAX_HIDING (100 * 1000)
#define MAX_HIDING_TWIN 1000
/* Lookups made in vain to see at one go that there is no culprit. */
#define MAX_TRIES 1024
/* Where ovs-vswitchd keeps flows of its own, which no monitor shows. */
#define INTERNAL_TABLE 254

static const struct iov_step internal_table_step = {
    .type = IOV_STEP_STOP,
    .stop = {
        .reason = IOV_REASON_OPENFLOW_ACTIONS,
        .action = "resubmit",
        .does = "looks up the internal table of ovs-vswitchd for",
    },
};

/* Steps to be run after those of a flow that was resubmitted to. */
struct iov_rest {
    const struct iov_rest *up;
    const struct iov_candidate *at;
    size_t step;
    uint8_t table_id;
    int depth;
};

/* A lookup to be done. */
struct lookup {
    uint8_t table_id;
    bool is_goto;               /* A miss is the end. */
    ofp_port_t in_port;         /* OFPP_IN_PORT: as it is. */
    const struct iov_candidate *from;   /* Null for the first. */
};

static void run_steps(struct iov_walk *, struct iov_path *,
                      const struct iov_rest *);

static void
give_up(struct iov_walk *w, const struct iov_path *p,
        const struct iov_candidate *at)
{
    iov_walk_blame(w, p, IOV_REASON_OPENFLOW_TOO_COMPLEX, at, NULL);
    w->over = true;
}

static void
path_copy(struct iov_path *dst, const struct iov_path *src,
          const struct iov_walk *w)
{
    dst->table_id = src->table_id;
    dst->depth = src->depth;
    dst->n_lookups = src->n_lookups;
    dst->normal = src->normal;
    dst->stored = src->stored;
    dst->past = src->past;
    dst->trail = src->trail;
    iov_cube_copy(&dst->cube, &src->cube, w->words);
}

/* The packets are through; 'last' is the last flow that they matched. */
static void
finish(struct iov_walk *w, const struct iov_path *p,
       const struct iov_candidate *last)
{
    if (w->must_drop) {
        w->not_dropped |= p->normal || p->stored;
        w->over |= w->not_dropped;
    } else if (p->normal && p->stored) {
        iov_walk_blame(w, p, IOV_REASON_OPENFLOW_ACTIONS, last, NULL);
    } else if (!p->normal && !p->stored && !iov_walk_drop_is_kept(w, p)) {
        iov_walk_blame(w, p, IOV_REASON_OPENFLOW_DROP, last, NULL);
    }
}

/* Packets 'cube' match 'c' in search 's', past flows of more than 'priority':
 * runs the steps. */
static void
run_flow(struct iov_walk *w, const struct iov_search *s,
         const struct iov_cube *cube, const struct iov_candidate *c,
         int priority)
{
    const struct iov_path *p = s->p;
    uint8_t in_port_pos = w->words->pos[FLOW_U64_OFFSET(in_port)];
    struct iov_past past = { p->past, s->shadows, s->n_shadows, priority };
    struct iov_trail trail = { p->trail, c };
    struct iov_rest rest = {
        .up = s->up,
        .at = c,
        .step = 0,
        .table_id = p->table_id,
        .depth = p->depth,
    };
    struct iov_path next;

    path_copy(&next, p, w);
    iov_cube_copy(&next.cube, cube, w->words);
    iov_cube_set_conj_id(&next.cube, w->words, 0);
    if (in_port_pos != IOV_NO_WORD) {
        next.cube.w[in_port_pos] = p->cube.w[in_port_pos];
    }
    next.past = &past;
    next.trail = &trail;
    run_steps(w, &next, &rest);
}

static void
follow_together(struct iov_walk *w, const struct iov_search *s,
                const struct iov_ways *ways)
{
    run_flow(w, s, &ways->hull, ways->list[0].flow, ways->priority);
}

/* Returns true if no packet of all ways together meets a culprit. */
static bool
are_clean_together(struct iov_walk *w, const struct iov_search *s,
                   const struct iov_ways *ways)
{
    const struct iov_allowance *allowance = w->order->allowance;
    size_t n_visits = w->n_visits;
    size_t n_candidates = w->n_candidates;
    size_t n_tries = w->n_tries;

    if (w->must_drop || !n_tries) {
        return false;
    }
    w->trying = true;
    follow_together(w, s, ways);
    w->trying = false;
    if (!w->any_culprit) {
        w->n_tries = n_tries;
        return true;
    }
    w->any_culprit = false;
    w->over = allowance && allowance->exhausted;
    w->n_visits = n_visits;
    w->n_candidates = n_candidates;
    return false;
}

/* Follows flows with equal actions that go on to another table.  Often that
 * all of them are harmless can be seen at one go. */
static void
follow_candidates(struct iov_walk *w, struct iov_search *s,
                  const struct iov_candidates *run)
{
    bool apart = run->n <= IOV_MAX_APART && !w->trying;
    struct iov_ways ways;

    iov_search_find_ways(w, s, run, apart, &ways);
    if (!ways.n) {
        return;
    } else if (!apart) {
        follow_together(w, s, &ways);
    } else if (ways.n == 1 || !are_clean_together(w, s, &ways)) {
        for (size_t i = 0; i < ways.n && !w->over; i++) {
            const struct iov_candidate *c = ways.list[i].flow;
            struct iov_cube narrow;

            iov_cube_copy(&narrow, &s->cube, w->words);
            iov_flow_narrow(c, w->words, &narrow);
            run_flow(w, s, &narrow, c, ways.list[i].priority);
        }
    }
}

/* Runs candidates with equal actions. */
static void
run_candidates(struct iov_walk *w, struct iov_search *s,
               const struct iov_candidates *run)
{
    if (run->list[0].flow->acts->follows || s->up) {
        follow_candidates(w, s, run);
        return;
    }
    for (size_t i = 0; i < run->n && !w->over; i++) {
        const struct iov_candidate *c = &run->list[i];
        struct iov_cube narrow;

        iov_cube_copy(&narrow, &s->cube, w->words);
        iov_flow_narrow(c, w->words, &narrow);
        if (iov_search_has_conj_id(w, s, &narrow)
            && !iov_search_hides(w, s, &narrow, c)) {
            run_flow(w, s, &narrow, c, c->flow->priority);
        }
    }
}

static int
compare_candidates(const void *a_, const void *b_)
{
    const struct iov_candidate *a = a_;
    const struct iov_candidate *b = b_;

    if (a->flow->acts != b->flow->acts) {
        return a->flow->acts < b->flow->acts ? -1 : 1;
    }
    return (a->flow->priority > b->flow->priority ? -1
            : a->flow->priority < b->flow->priority);
}

static void
run_all_candidates(struct iov_walk *w, struct iov_search *s)
{
    struct iov_candidates *cs = &s->found;
    size_t start = 0;

    if (cs->n) {
        qsort(cs->list, cs->n, sizeof *cs->list, compare_candidates);
    }
    for (size_t i = 1; i <= cs->n; i++) {
        if (i == cs->n || cs->list[i].flow->acts
            != cs->list[start].flow->acts) {
            struct iov_candidates run = {
                .list = &cs->list[start], .n = i - start
            };
            run_candidates(w, s, &run);
            start = i;
        }
    }
}

/* Some packets match no flow. */
static void
run_miss(struct iov_walk *w, struct iov_search *s, const struct lookup *l)
{
    const struct iov_path *p = s->p;

    if (l->is_goto || (!s->up && !p->normal && !p->stored)) {
        iov_walk_blame_miss(w, p, l->table_id, &s->cube);
    } else if (s->up) {
        struct iov_past past = { p->past, s->shadows, s->n_shadows, -1 };
        struct iov_path next;

        path_copy(&next, p, w);
        next.past = &past;
        run_steps(w, &next, s->up);
    } else {
        finish(w, p, l->from);
    }
}

/* Returns true if a lookup may be made for 'p', which it then counts. */
static bool
admit(struct iov_walk *w, struct iov_path *p, const struct lookup *l)
{
    bool deepens = l->from && l->table_id <= p->table_id;

    if (l->table_id == INTERNAL_TABLE) {
        iov_walk_blame(w, p, IOV_REASON_OPENFLOW_ACTIONS, l->from,
                       &internal_table_step);
        return false;
    } else if (p->depth >= MAX_DEPTH || p->n_lookups >= MAX_LOOKUPS
               || w->n_visits >= MAX_VISITS) {
        give_up(w, p, l->from);
        return false;
    } else if (w->trying && !w->n_tries) {
        give_up(w, p, l->from);
        return false;
    }
    w->n_tries -= w->trying;
    w->n_visits++;
    p->depth += deepens;
    p->n_lookups++;
    p->table_id = l->table_id;
    bitmap_set1(w->findings->tables, l->table_id);
    return true;
}

static void
look_up(struct iov_walk *w, struct iov_path *p, const struct lookup *l,
        const struct iov_rest *up)
{
    static const struct iov_table empty = {
        .subtables = HMAP_INITIALIZER(&empty.subtables)
    };

    if (!admit(w, p, l)) {
        return;
    }

    const struct iov_table *table
        = iov_flow_table_get(w->order->table, l->table_id);
    struct iov_search s = {
        .table = table ? table : &empty, .p = p, .up = up
    };
    bool all = up || p->normal || p->stored || w->must_drop;

    s.found.allowance = w->order->allowance;
    iov_search_init(&s, w, l->in_port);
    iov_table_candidates(s.table, w->words, &s.cube, all, &s.found);
    w->n_candidates += s.found.n;
    w->over |= s.found.allowance && s.found.allowance->exhausted;
    if (w->n_candidates > MAX_CANDIDATES) {
        give_up(w, p, l->from);
    } else {
        run_all_candidates(w, &s);
        if (!w->over && !iov_search_hides(w, &s, &s.cube, NULL)) {
            run_miss(w, &s, l);
        }
    }
    iov_search_uninit(&s);
}

/* Makes known or unknown what 'step' says. */
static void
run_set(struct iov_walk *w, struct iov_path *p, const struct iov_step *step)
{
    uint8_t pos;

    if (step->type == IOV_STEP_MOVE) {
        iov_cube_move(&p->cube, w->words, w->order->packets,
                      &step->move->src, &step->move->dst);
        return;
    }
    pos = w->words->pos[step->set.word];
    if (pos == IOV_NO_WORD) {
        /* Nobody looks at it. */
    } else if (step->type == IOV_STEP_SET) {
        iov_bits_set(&p->cube.w[pos], step->set.value, step->set.mask);
    } else {
        iov_bits_forget(&p->cube.w[pos], step->set.mask);
    }
}

/* Returns true if all packets of 'p' have what 'step' gives them. */
static bool
has_already(const struct iov_walk *w, const struct iov_path *p,
            const struct iov_step *step)
{
    const struct match *packets = w->order->packets;
    uint8_t pos = w->words->pos[step->set.word];
    struct iov_bits bits = {
        flow_u64_value(&packets->flow, step->set.word),
        flow_u64_value(&packets->wc.masks, step->set.word),
    };

    if (pos != IOV_NO_WORD) {
        bits = p->cube.w[pos];
    }
    return (!(step->set.mask & ~bits.mask)
            && !((bits.value ^ step->set.value) & step->set.mask));
}

static void
run_exit(struct iov_walk *w, const struct iov_path *p,
         const struct iov_candidate *at)
{
    /* Whether the action set is executed then is not certain. */
    if (p->stored) {
        iov_walk_blame(w, p, IOV_REASON_OPENFLOW_ACTIONS, at, NULL);
    } else {
        finish(w, p, at);
    }
}

/* Runs one step, other than TABLE, on 'p'.  Returns false if that was the end
 * of it. */
static bool
run_step(struct iov_walk *w, struct iov_path *p, const struct iov_step *step,
         const struct iov_candidate *at)
{
    switch (step->type) {
    case IOV_STEP_NORMAL:
        if (p->normal || w->must_drop) {
            iov_walk_blame(w, p, IOV_REASON_OPENFLOW_ACTIONS, at, NULL);
            return false;
        }
        p->normal = true;
        return true;

    case IOV_STEP_SET:
    case IOV_STEP_FORGET:
    case IOV_STEP_MOVE:
        run_set(w, p, step);
        return true;

    case IOV_STEP_WRITE_NORMAL:
        p->stored = true;
        return true;

    case IOV_STEP_CLEAR:
        p->stored = false;
        return true;

    case IOV_STEP_EXIT:
        run_exit(w, p, at);
        return false;

    case IOV_STEP_KEEP:
        if (has_already(w, p, step)) {
            return true;
        }
        /* Fall through. */
    case IOV_STEP_STOP:
        iov_walk_blame(w, p, step->stop.reason, at, step);
        return false;

    case IOV_STEP_TABLE:
    default:
        OVS_NOT_REACHED();
    }
}

/* Runs what 'rest' says, to the end. */
static void
run_steps(struct iov_walk *w, struct iov_path *p, const struct iov_rest *rest)
{
    const struct iov_candidate *last = rest->at;

    for (; rest; rest = rest->up) {
        const struct iov_acts *acts = rest->at->flow->acts;

        p->table_id = rest->table_id;
        p->depth = rest->depth;
        for (size_t i = rest->step; i < acts->n_steps; i++) {
            const struct iov_step *step = &acts->steps[i];
            if (step->type != IOV_STEP_TABLE) {
                if (!run_step(w, p, step, rest->at)) {
                    return;
                }
                continue;
            }

            struct iov_rest after = *rest;
            struct lookup l = {
                .table_id = (step->table.id == 255 ? p->table_id
                             : step->table.id),
                .is_goto = step->table.is_goto,
                .in_port = step->table.in_port,
                .from = rest->at,
            };
            after.step = i + 1;
            look_up(w, p, &l, after.step < acts->n_steps ? &after : rest->up);
            return;
        }
    }
    finish(w, p, last);
}

void
iov_walk(const struct iov_walk_order *order, struct iov_findings *findings)
{
    struct iov_walk w = {
        .order = order,
        .words = iov_flow_table_words(order->table),
        .findings = findings,
        .hiding = MAX_HIDING,
        .n_tries = MAX_TRIES,
    };
    struct iov_path p = { .table_id = 0 };
    struct lookup l = { .is_goto = true, .in_port = OFPP_IN_PORT };

    iov_cube_init(&p.cube, w.words, order->packets);
    look_up(&w, &p, &l, NULL);
}

/* Makes known what the headers in 'from' tell, but for the VLAN of a port that
 * has one. */
static void
take_headers(const struct iov_walk *w, struct iov_cube *cube,
             const struct iov_cube *from)
{
    for (size_t i = 0; i < w->words->n; i++) {
        size_t idx = w->words->idx[i];
        if (idx >= FLOW_U64_OFFSET(dl_dst)
            && (idx != FLOW_U64_OFFSET(vlans) || !w->order->port->vlan)) {
            iov_bits_set(&cube->w[i], from->w[i].value, from->w[i].mask);
        }
    }
}

bool
iov_walk_all_dropped(const struct iov_walk *of, const struct match *packets,
                     const struct iov_path *counterpart)
{
    struct iov_walk_order order = *of->order;
    uint8_t vlans = (order.port->vlan
                     ? of->words->pos[FLOW_U64_OFFSET(vlans)] : IOV_NO_WORD);
    struct iov_past past = { .priority = -1 };
    struct iov_shadow *shadows =
        iov_past_headers(counterpart->past, vlans, &past.n);
    struct iov_walk w = {
        .order = &order,
        .words = of->words,
        .findings = of->findings,
        .hiding = MAX_HIDING_TWIN,
        .must_drop = true,
    };
    struct iov_path p = { .past = &past };
    struct lookup l = { .is_goto = true, .in_port = OFPP_IN_PORT };

    past.shadows = shadows;
    order.packets = packets;
    iov_cube_init(&p.cube, w.words, packets);
    take_headers(&w, &p.cube, &counterpart->cube);
    look_up(&w, &p, &l, NULL);
    free(shadows);
    return !w.not_dropped;
}
