/* SPDX-License-Identifier: Apache-2.0 */

/* Follows packets through the tables of a bridge.
 *
 * A lookup splits a set of packets into one set for each flow that some of
 * them can match and that is not hidden by another flow; each set then runs
 * through that flow's steps on its own: see walk-steps.c.
 *
 * A resubmit comes back.  What is left of the flow that did it, and of the
 * flow that resubmitted to that flow, is kept as a chain of return frames and
 * run after the last step of the flow that was found, once for each way
 * through it. */

#include <config.h>

#include "policy/reach/walk.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "policy/flow/table.h"
#include "policy/reach/walk-internal.h"
#include "util.h"

/* Open vSwitch drops a packet that goes back to an earlier table so often. */
#define MAX_DEPTH 64
/* More lookups for one packet are not followed; ovs-vswitchd allows 4096. */
#define MAX_LOOKUPS 512
/* Work for one class of packets before it is called too complex. */
#define MAX_VISITS 8192
#define MAX_CANDIDATES (4 * 1000 * 1000)
/* Work to find out that flows are hidden, for one class of packets. */
#define MAX_HIDING (100 * 1000)
/* Units of work done in vain to see at one go that there is no culprit. */
#define MAX_TRIES 4096
/* With so much on the stack ovs-vswitchd drops a packet at the next lookup. */
#define MAX_STACK 65536
/* Flows found by a lookup that are a unit of work. */
#define FLOWS_PER_UNIT 4
/* Masks of a table, all of which a lookup looks at. */
#define MASKS_PER_UNIT 4

void
iov_path_copy(struct iov_path *dst, const struct iov_path *src,
              const struct iov_walk *w)
{
    memcpy(dst, src, offsetof(struct iov_path, cube));
    iov_cube_copy(&dst->cube, &src->cube, w->words);
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
    struct iov_frame frame = {
        .up = s->up,
        .at = c,
        .step = 0,
        .table_id = p->table_id,
        .depth = p->depth,
    };
    struct iov_path next;

    memcpy(&next, p, offsetof(struct iov_path, cube));
    iov_cube_copy(&next.cube, cube, w->words);
    iov_cube_set_conj_id(&next.cube, w->words, 0);
    if (in_port_pos != IOV_NO_WORD) {
        next.cube.w[in_port_pos] = p->cube.w[in_port_pos];
    }
    next.past = &past;
    next.trail = &trail;
    iov_walk_run_steps(w, &next, &frame);
}

/* Going on where an earlier walk ended.
 *
 * Ways of a lookup have numbers, from the place of their flow among those that
 * were found.  That of packets that match no flow is the last. */

#define TOGETHER(INDEX) (2 * (INDEX))   /* All of a run, from that flow on. */
#define APART(INDEX) (2 * (INDEX) + 1)
#define MISS (SIZE_MAX - 1)

void
iov_walk_charge(struct iov_walk *w, size_t n)
{
    struct iov_allowance *a = w->order->allowance;

    if (a) {
        a->n_work -= MIN(a->n_work, n);
    }
    if (w->probing) {
        w->n_tries -= MIN(w->n_tries, n);
    }
}

/* Returns true if the walk has to end for now.  What is followed together is
 * followed to its end, which is bounded. */
static bool
is_exhausted(struct iov_walk *w)
{
    struct iov_allowance *a = w->order->allowance;

    if (a && w->order->state && !a->n_work && !w->probing) {
        a->exhausted = w->over = true;
    }
    return w->over;
}

/* Returns true if the lookup that 'w' is in has to be taken up at way 'way' or
 * after it. */
static bool
is_before(const struct iov_walk *w, size_t way)
{
    return (!w->probing && w->level <= w->n_resume
            && way < w->order->state->ways[w->level - 1]);
}

/* Keeps that the lookup that 'w' is in has come to way 'way'.  Returns false
 * if that has to wait for the next time. */
static bool
come_to_way(struct iov_walk *w, size_t way)
{
    struct iov_walk_state *state = w->order->state;

    while (w->level > state->allocated) {
        state->ways = x2nrealloc(state->ways, &state->allocated,
                                 sizeof *state->ways);
    }
    state->ways[w->level - 1] = way;
    state->n_ways = w->level;
    return !is_exhausted(w);
}

/* Begins way 'way'.  Returns false if it was followed before, or has to wait
 * for the next time. */
static bool
begin_way(struct iov_walk *w, size_t way)
{
    struct iov_walk_state *state = w->order->state;

    if (!state || w->probing) {
        return true;
    } else if (is_before(w, way)) {
        return false;
    } else if (w->level > w->n_resume) {
        return come_to_way(w, way);
    } else if (w->level == w->n_resume || way != state->ways[w->level - 1]) {
        /* The first that is new is begun in any case, or there would be no
         * end to it. */
        w->n_resume = 0;
        come_to_way(w, way);
        w->over = false;
        if (w->order->allowance) {
            w->order->allowance->exhausted = false;
        }
    }
    return true;
}

static void
follow_together(struct iov_walk *w, const struct iov_search *s,
                const struct iov_ways *ways)
{
    run_flow(w, s, &ways->hull, ways->list[0].flow, ways->priority);
}

/* Returns true if the probe lets all packets of all ways pass. */
static bool
are_clean_together(struct iov_walk *w, const struct iov_search *s,
                   const struct iov_ways *ways)
{
    const struct iov_allowance *allowance = w->order->allowance;
    size_t n_visits = w->n_visits;
    size_t n_candidates = w->n_candidates;
    size_t n_tries = w->n_tries;

    if (!w->order->probe || !n_tries) {
        return false;
    }
    w->probing = true;
    w->sink = w->order->probe;
    follow_together(w, s, ways);
    w->sink = w->order->sink;
    w->probing = false;
    if (!w->stopped) {
        w->n_tries = n_tries;
        return true;
    }
    w->stopped = false;
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
    bool apart = run->n <= IOV_MAX_APART && !w->probing;
    size_t start = run->list - s->found.list;
    struct iov_ways ways;

    iov_search_find_ways(w, s, run, apart, &ways);
    if (!ways.n) {
        return;
    } else if (!apart) {
        if (begin_way(w, TOGETHER(start))) {
            follow_together(w, s, &ways);
        }
    } else if (ways.n == 1 || is_before(w, TOGETHER(start))
               || !are_clean_together(w, s, &ways)) {
        for (size_t i = 0; i < ways.n && !w->over; i++) {
            const struct iov_candidate *c = ways.list[i].flow;
            struct iov_cube narrow;

            if (begin_way(w, APART(c - s->found.list))) {
                iov_cube_copy(&narrow, &s->cube, w->words);
                iov_flow_narrow(c, w->words, &narrow);
                run_flow(w, s, &narrow, c, ways.list[i].priority);
            }
        }
    }
}

/* Runs candidates with equal actions. */
static void
run_candidates(struct iov_walk *w, struct iov_search *s,
               const struct iov_candidates *run)
{
    if ((run->list[0].flow->acts->follows || s->up) && !w->order->in_order) {
        follow_candidates(w, s, run);
        return;
    }
    for (size_t i = 0; i < run->n && !w->over; i++) {
        const struct iov_candidate *c = &run->list[i];
        size_t way = APART(c - s->found.list);
        struct iov_cube narrow;

        if (is_before(w, way)) {
            continue;
        }
        iov_cube_copy(&narrow, &s->cube, w->words);
        iov_flow_narrow(c, w->words, &narrow);
        if (iov_search_has_conj_id(w, s, &narrow)
            && !iov_search_hides(w, s, &narrow, c) && begin_way(w, way)) {
            run_flow(w, s, &narrow, c, c->flow->priority);
        }
    }
}

static void
run_all_candidates(struct iov_walk *w, struct iov_search *s)
{
    struct iov_candidates *cs = &s->found;
    size_t start = 0;

    iov_search_sort(s, w);
    for (size_t i = 1; i <= cs->n && !w->over; i++) {
        if (i == cs->n || cs->list[i].flow->acts
            != cs->list[start].flow->acts) {
            struct iov_candidates run = {
                .list = &cs->list[start], .n = i - start
            };
            if (!is_before(w, APART(i - 1))) {
                run_candidates(w, s, &run);
                if (w->order->state && !w->probing && !w->over
                    && w->level > w->n_resume) {
                    come_to_way(w, TOGETHER(i));
                }
            }
            start = i;
        }
    }
}

/* Some packets match no flow. */
static void
run_miss(struct iov_walk *w, struct iov_search *s, const struct iov_lookup *l)
{
    struct iov_path *p = s->p;
    bool pending = p->set.normal || p->set.other;
    struct iov_past past = { p->past, s->shadows, s->n_shadows, -1 };
    struct iov_path next;

    iov_path_copy(&next, p, w);
    next.past = &past;
    if (l->is_goto || (!s->up && !p->n_normal && !p->sent && !pending)) {
        iov_walk_report(w, IOV_REPORT_MISS, &next, l->from, l->table_id);
        next.sent = true;
    }
    if (w->over) {
        return;
    } else if (s->up) {
        iov_walk_run_steps(w, &next, s->up);
    } else {
        iov_walk_finish(w, &next, l->from);
    }
}

/* Returns true if a lookup may be made for 'p', which it then counts. */
static bool
admit(struct iov_walk *w, struct iov_path *p, const struct iov_lookup *l)
{
    bool deepens = l->from && l->table_id <= p->table_id;

    if (p->depth >= MAX_DEPTH || p->n_lookups >= MAX_LOOKUPS) {
        /* Others may go another way.  So deep the switch drops packets. */
        w->limited |= p->depth < MAX_DEPTH && !w->probing;
        iov_walk_report(w, IOV_REPORT_LIMIT, p, l->from, p->table_id);
        return false;
    } else if (w->n_visits >= MAX_VISITS || (w->probing && !w->n_tries)) {
        iov_walk_give_up(w, p, l->from);
        return false;
    }
    w->n_visits += !w->n_resume;
    p->depth += deepens;
    p->n_lookups++;
    p->table_id = l->table_id;
    if (w->order->deps) {
        bitmap_set1(w->order->deps->tables, l->table_id);
        w->order->deps->other_in_port |= l->in_port != OFPP_IN_PORT;
    }
    return true;
}

/* The lookup cannot be followed, for what is in the table is not known: flows
 * of ovs-vswitchd's own may send to a controller.  Goes on after it. */
static void
pass_over(struct iov_walk *w, struct iov_path *p, const struct iov_lookup *l,
          const struct iov_frame *up)
{
    static struct iov_step step = { .type = IOV_STEP_EFFECT, .sends = true };

    step.class = iov_act_class(OFPACT_RESUBMIT);
    step.name = ofpact_name(OFPACT_RESUBMIT);
    iov_walk_effect(w, p, &step, l->from);
    if (w->over) {
        return;
    } else if (up) {
        iov_walk_run_steps(w, p, up);
    } else {
        iov_walk_finish(w, p, l->from);
    }
}

static void
do_search(struct iov_walk *w, struct iov_search *s,
          const struct iov_lookup *l)
{
    struct iov_path *p = s->p;
    bool all = (s->up || p->n_normal || p->set.normal || p->set.other
                || !w->order->skip_plain || w->order->in_order);

    w->level++;
    s->found.allowance = w->order->allowance;
    iov_search_init(s, w, l->in_port);
    iov_table_candidates(s->table, w->words, &s->cube, all, &s->found);
    w->n_candidates += w->n_resume ? 0 : s->found.n;
    /* A lookup that is taken up again has been charged for: else one with many
     * flows would use up each allowance before any of its ways is followed. */
    if (w->probing || w->level > w->n_resume) {
        iov_walk_charge(w, 1 + s->found.n / FLOWS_PER_UNIT
                        + hmap_count(&s->table->subtables) / MASKS_PER_UNIT);
    }
    w->over |= s->found.allowance && s->found.allowance->exhausted;
    if (w->n_candidates > MAX_CANDIDATES) {
        iov_walk_give_up(w, p, l->from);
    } else {
        run_all_candidates(w, s);
        if (!w->over && !iov_search_hides(w, s, &s->cube, NULL)
            && begin_way(w, MISS)) {
            run_miss(w, s, l);
        }
    }
    iov_search_uninit(s);
    w->level--;
}

/* Reports that 'p' is dropped, whatever has been done for it, because of what
 * is on its stack. */
static void
overflow(struct iov_walk *w, struct iov_path *p, const struct iov_lookup *l)
{
    static struct iov_step step = { .type = IOV_STEP_EFFECT, .sends = true };

    step.class = iov_act_class(OFPACT_STACK_PUSH);
    step.name = ofpact_name(OFPACT_STACK_PUSH);
    iov_walk_effect(w, p, &step, l->from);
    if (!w->over) {
        iov_walk_report(w, IOV_REPORT_END, p, l->from, p->table_id);
    }
}

void
iov_walk_look_up(struct iov_walk *w, struct iov_path *p,
                 const struct iov_lookup *l, const struct iov_frame *up)
{
    static struct iov_table empty = {
        .subtables = HMAP_INITIALIZER(&empty.subtables)
    };

    if (l->table_id == IOV_INTERNAL_TABLE) {
        pass_over(w, p, l, up);
    } else if (w->overview) {
        iov_overview_look_up(w, p, l, up);
    } else if (p->stack >= MAX_STACK) {
        overflow(w, p, l);
    } else if (admit(w, p, l)) {
        struct iov_table *table
            = iov_flow_table_get(w->order->table, l->table_id);
        struct iov_search s = {
            .table = table ? table : &empty, .p = p, .up = up
        };
        do_search(w, &s, l);
    }
}

static void
resume(struct iov_walk *w, const struct iov_walk_state *state)
{
    w->n_visits = state->n_visits;
    w->n_candidates = state->n_candidates;
    w->hiding = state->hiding;
    w->n_tries = state->n_tries;
    w->n_resume = state->n_ways;
}

static void
keep_state(const struct iov_walk *w, struct iov_walk_state *state)
{
    state->n_visits = w->n_visits;
    state->n_candidates = w->n_candidates;
    state->hiding = w->hiding;
    state->n_tries = w->n_tries;
    state->n_ways = state->begun ? state->n_ways : 0;
}

void
iov_walk_begin(struct iov_walk *w, struct iov_path *p)
{
    struct iov_lookup l = { .is_goto = true, .in_port = OFPP_IN_PORT };
    const struct iov_walk_order *order = w->order;
    struct iov_walk_state *state = order->state;

    if (state && state->begun) {
        resume(w, state);
    }
    iov_walk_look_up(w, p, &l, NULL);
    if (state) {
        state->begun = order->allowance && order->allowance->exhausted;
        keep_state(w, state);
    }
}

void
iov_walk_uninit(struct iov_walk *w)
{
    if (w->effects != w->few_effects) {
        free(w->effects);
    }
    if (w->writes != w->few_writes) {
        free(w->writes);
    }
    free(w->copies);
}

void
iov_walk_init(struct iov_walk *w, const struct iov_walk_order *order)
{
    memset(w, 0, offsetof(struct iov_walk, few_effects));
    w->order = order;
    w->words = iov_flow_table_words(order->table);
    w->sink = order->sink;
    w->hiding = order->max_hiding ? order->max_hiding : MAX_HIDING;
    w->n_tries = MAX_TRIES;
    w->effects = w->few_effects;
    w->allocated_effects = ARRAY_SIZE(w->few_effects);
    w->writes = w->few_writes;
    w->allocated_writes = ARRAY_SIZE(w->few_writes);
}

void
iov_walk_state_clear(struct iov_walk_state *state)
{
    free(state->ways);
    memset(state, 0, sizeof *state);
}

bool
iov_walk(const struct iov_walk_order *order)
{
    struct iov_walk w;
    struct iov_path p;

    iov_walk_init(&w, order);
    memset(&p, 0, offsetof(struct iov_path, cube));
    iov_cube_init(&p.cube, w.words, order->packets);
    iov_walk_begin(&w, &p);
    iov_walk_uninit(&w);
    return !w.limited;
}
