/* SPDX-License-Identifier: Apache-2.0 */

/* Names what packets may meet in tables that are too complex to be followed.
 *
 * A walk that comes to a limit has not seen all flows that packets get to.
 * The overview looks at those flows without following ways: for all lookups
 * in all tables it takes one set of packets, of which every bit is unknown
 * that some flow on the way may write.  Each flow that such a packet can match
 * runs once, its lookups only say which tables are to be looked at, too.  That
 * is repeated until no further table and no further written bit comes up;
 * then the flows run once more and report to the order's sink.
 *
 * What is reported is a superset of what packets meet, so
 * that nothing is missing.  It depends on nothing but the flows: each round
 * only adds, and the order in which flows are looked at is theirs. */

#include <config.h>

#include "policy/reach/overview.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "policy/flow/table.h"
#include "policy/reach/walk-internal.h"
#include "util.h"

/* Flows that are run in one overview.  Those beyond it are not named. */
#define MAX_FLOWS 16384
/* Flows that are a unit of work. */
#define FLOWS_PER_UNIT 4

/* What is known of a table. */
enum {
    REACHED = 1 << 0,           /* Some packets are looked up in it, ... */
    GOTO = 1 << 1,              /* ...some by goto_table, ... */
    LAST = 1 << 2,              /* ...some with nothing to be done after it,
                                 * ... */
    BARE = 1 << 3,              /* ...some that nothing was done for, ... */
    AFTER_NORMAL = 1 << 4,      /* ...some that have met a NORMAL. */
    BEFORE_NORMAL = 1 << 5,     /* ...some that may meet one afterwards. */
    HAS_NORMAL = 1 << 6         /* A NORMAL is in it or in tables below. */
};

struct iov_overview {
    struct iov_sink up;         /* Between the walk and the order's sink. */
    struct iov_sink *sink;      /* Null: this round only looks around. */
    struct iov_walk w;
    struct iov_cube cube;       /* Packets in all tables. */
    bool any_in_port;           /* Some are looked up as if they had come in by
                                 * another port. */
    uint64_t written[FLOW_U64S];        /* Bits, by position. */
    uint8_t tables[256];
    bool changed;               /* This round has found something new. */
    size_t n_flows;             /* May still be run. */
};

static void
learn(struct iov_overview *o, uint8_t table_id, uint8_t what)
{
    uint8_t *table = &o->tables[table_id];

    o->changed |= (what & ~*table) != 0;
    *table |= what;
}

static void
learn_written(struct iov_overview *o, uint8_t pos, uint64_t mask)
{
    o->changed |= (mask & ~o->written[pos]) != 0;
    o->written[pos] |= mask;
    iov_bits_forget(&o->cube.w[pos], mask);
}

static void
learn_action_set(struct iov_overview *o, const struct iov_path *p)
{
    if ((p->set.normal || p->set.other) && !o->w.pending) {
        o->w.pending = o->changed = true;
    }
}

/* Returns true if nothing that can be seen is done from 'frame' on. */
static bool
is_mute(const struct iov_frame *frame)
{
    for (; frame; frame = frame->up) {
        const struct iov_acts *acts = frame->at->flow->acts;
        for (size_t i = frame->step; i < acts->n_steps; i++) {
            enum iov_step_type type = acts->steps[i].type;
            if (type == IOV_STEP_NORMAL || type == IOV_STEP_TABLE
                || type == IOV_STEP_EXIT
                || (type == IOV_STEP_EFFECT && acts->steps[i].sends)) {
                return false;
            }
        }
    }
    return true;
}

void
iov_overview_look_up(struct iov_walk *w, struct iov_path *p,
                     const struct iov_lookup *l, const struct iov_frame *up)
{
    struct iov_overview *o = w->overview;
    uint8_t from = o->tables[p->table_id];
    uint8_t what = REACHED | (l->is_goto ? GOTO : 0);

    if (is_mute(up)) {
        what |= from & (LAST | BEFORE_NORMAL);
    } else {
        what |= BEFORE_NORMAL;
    }
    if (from & BARE && !p->n_normal && !p->sent) {
        what |= BARE;
    }
    if (p->n_normal || p->maybe_normal || p->set.normal) {
        what |= AFTER_NORMAL;
    }
    learn_action_set(o, p);
    learn(o, l->table_id, what);
    learn(o, p->table_id, o->tables[l->table_id] & HAS_NORMAL);
    if (l->in_port != OFPP_IN_PORT && !o->any_in_port) {
        o->any_in_port = o->changed = true;
    }
    if (w->order->deps) {
        bitmap_set1(w->order->deps->tables, l->table_id);
        w->order->deps->other_in_port |= l->in_port != OFPP_IN_PORT;
    }
    if (p->set.other) {
        iov_walk_effect(w, p, p->set.other, p->set.at);
    }

    /* Packets come back changed by whatever they have met. */
    p->n_lookups++;
    if (up) {
        for (size_t i = 0; i < w->words->n; i++) {
            iov_bits_forget(&p->cube.w[i], o->written[i]);
        }
        p->maybe_normal |= (o->tables[l->table_id] & HAS_NORMAL) != 0;
        iov_walk_run_steps(w, p, up);
    }
}

/* Returns true if packets that have met nothing can end with 'r'. */
static bool
can_end(const struct iov_overview *o, const struct iov_report *r)
{
    uint8_t table = o->tables[r->path->table_id];
    const struct iov_acts *acts = r->at->flow->acts;

    for (size_t i = 0; i < acts->n_steps; i++) {
        if (acts->steps[i].type == IOV_STEP_EXIT) {
            return table & BARE;
        }
    }
    return table & BARE && table & LAST && !r->path->n_lookups;
}

static enum iov_walk_next
report(struct iov_sink *sink, const struct iov_report *r)
{
    struct iov_overview *o = CONTAINER_OF(sink, struct iov_overview, up);
    struct iov_report copy = *r;

    if (r->kind == IOV_REPORT_EFFECT
        && r->effects[r->n_effects - 1].step->type == IOV_STEP_NORMAL) {
        learn(o, r->path->table_id, HAS_NORMAL);
        copy.n_normal += (r->path->maybe_normal
                          || (r->path->set.normal
                              && (o->tables[r->path->table_id]
                                  & BEFORE_NORMAL)));
    }
    return (!o->sink || (r->kind == IOV_REPORT_END && !can_end(o, r))
            ? IOV_WALK_ON : o->sink->report(o->sink, &copy));
}

static void
run_flow(struct iov_overview *o, const struct iov_cube *cube,
         const struct iov_candidate *c)
{
    struct iov_walk *w = &o->w;
    struct iov_trail trail = { NULL, c };
    struct iov_frame frame = { .at = c, .table_id = c->sub->table_id };
    struct iov_path p;

    memset(&p, 0, offsetof(struct iov_path, cube));
    p.table_id = c->sub->table_id;
    p.maybe_normal = (o->tables[p.table_id] & AFTER_NORMAL) != 0;
    p.stack = 1;                /* What others may have left there. */
    p.trail = &trail;
    iov_cube_copy(&p.cube, cube, w->words);
    iov_walk_run_steps(w, &p, &frame);
    learn_action_set(o, &p);
    for (size_t i = 0; i < p.n_writes; i++) {
        learn_written(o, w->writes[i].pos, w->writes[i].mask);
    }
}

static void
report_miss(struct iov_overview *o, uint8_t table_id)
{
    struct iov_path p;

    memset(&p, 0, offsetof(struct iov_path, cube));
    p.table_id = table_id;
    iov_cube_copy(&p.cube, &o->cube, o->w.words);
    iov_walk_report(&o->w, IOV_REPORT_MISS, &p, NULL, table_id);
}

static int
compare_candidates(const void *a, const void *b)
{
    return iov_candidate_compare(a, b);
}

/* Makes 'cube' of the packets as lookups see them: a resubmit may name another
 * in_port, which counts for the lookup alone. */
static void
init_looked_up(const struct iov_overview *o, struct iov_cube *cube)
{
    uint8_t pos = o->w.words->pos[FLOW_U64_OFFSET(in_port)];

    iov_cube_copy(cube, &o->cube, o->w.words);
    if (o->any_in_port && pos != IOV_NO_WORD) {
        iov_bits_forget(&cube->w[pos], UINT64_MAX);
    }
}

/* Gives 'cube', which a flow was found for, its in_port back. */
static void
restore_in_port(const struct iov_overview *o, struct iov_cube *cube)
{
    uint8_t pos = o->w.words->pos[FLOW_U64_OFFSET(in_port)];

    if (o->any_in_port && pos != IOV_NO_WORD) {
        cube->w[pos] = o->cube.w[pos];
    }
}

static void
look_at_table(struct iov_overview *o, struct iov_table *table,
              uint8_t table_id)
{
    struct iov_walk *w = &o->w;
    struct iov_cube all;
    bool lasting = w->order->lasting;
    struct iov_candidates found = { .allowance = w->order->allowance };

    init_looked_up(o, &all);
    iov_table_candidates(table, w->words, &all, true, &found);
    iov_walk_charge(w, 1 + found.n / FLOWS_PER_UNIT);
    if (found.n > 1) {
        qsort(found.list, found.n, sizeof *found.list, compare_candidates);
    }
    for (size_t i = 0; i < found.n && o->n_flows && !w->over; i++) {
        struct iov_cube narrow;

        o->n_flows--;
        iov_cube_copy(&narrow, &all, w->words);
        iov_flow_narrow(&found.list[i], w->words, &narrow);
        if (!iov_table_covers(table, &narrow, &found.list[i], lasting)) {
            restore_in_port(o, &narrow);
            run_flow(o, &narrow, &found.list[i]);
        }
    }
    free(found.list);
    if (o->sink && (o->tables[table_id] & GOTO
                    || (o->tables[table_id] & LAST
                        && o->tables[table_id] & BARE))
        && !w->over && !iov_table_covers(table, &all, NULL, lasting)) {
        report_miss(o, table_id);
    }
}

/* Looks once at all tables that packets get to. */
static void
look_around(struct iov_overview *o)
{
    static struct iov_table empty = {
        .subtables = HMAP_INITIALIZER(&empty.subtables)
    };

    for (size_t i = 0; i < ARRAY_SIZE(o->tables) && !o->w.over; i++) {
        if (o->tables[i] & REACHED && i != IOV_INTERNAL_TABLE) {
            struct iov_table *table
                = iov_flow_table_get(o->w.order->table, i);
            look_at_table(o, table ? table : &empty, i);
        }
    }
}

void
iov_overview(const struct iov_walk_order *order)
{
    struct iov_overview *o = xzalloc(sizeof *o);
    struct iov_walk *w = &o->w;

    iov_walk_init(w, order);
    w->overview = o;
    w->sink = &o->up;
    o->up.report = report;
    o->n_flows = MAX_FLOWS;
    iov_cube_init(&o->cube, w->words, order->packets);
    iov_cube_forget_conj_id(&o->cube, w->words);
    o->tables[0] = REACHED | GOTO | LAST | BARE;
    do {
        o->changed = false;
        look_around(o);
    } while (o->changed && o->n_flows && !w->over);
    o->n_flows = MAX_FLOWS;
    o->sink = order->sink;
    look_around(o);
    iov_walk_uninit(w);
    free(o);
}
