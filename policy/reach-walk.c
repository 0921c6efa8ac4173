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

#include "policy/reach-walk.h"

#include <string.h>

#include "flow.h"
#include "hash.h"
#include "policy/flow-table.h"
#include "util.h"

/* Open vSwitch drops a packet that goes back to an earlier table so often. */
#define MAX_DEPTH 64
/* More lookups for one packet are not followed; ovs-vswitchd allows 4096. */
#define MAX_LOOKUPS 512
/* Work for one class of packets before it is called too complex. */
#define MAX_VISITS 8192
#define MAX_CANDIDATES (4 * 1000 * 1000)
/* Flows of a table with equal actions are followed apart up to this number,
 * together if there are more. */
#define MAX_APART 16

struct walk {
    const struct iov_flow_table *ft;
    const struct iov_words *words;
    const struct match *packets;    /* Those that came in. */
    struct iov_findings *findings;
    unsigned int class;
    size_t n_visits, n_candidates;
    bool over;                  /* Too complex, stop everything. */
};

/* A set of packets on its way. */
struct path {
    struct iov_cube cube;
    uint8_t table_id;           /* Table of the flow being run. */
    int depth;
    int n_lookups;
    bool normal;                /* Has met a NORMAL. */
    bool stored;                /* NORMAL is in the action set. */
};

/* Steps to be run after those of a flow that was resubmitted to. */
struct rest {
    const struct rest *up;
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

static void run_steps(struct walk *, struct path *, const struct rest *);

void
iov_findings_init(struct iov_findings *f)
{
    memset(f, 0, sizeof *f);
    hmap_init(&f->culprits);
}

void
iov_findings_clear(struct iov_findings *f)
{
    struct iov_culprit *c;

    HMAP_FOR_EACH_POP (c, node, &f->culprits) {
        free(c->missing);
        free(c);
    }
    memset(f->tables, 0, sizeof f->tables);
    f->other_in_port = false;
}

void
iov_findings_destroy(struct iov_findings *f)
{
    iov_findings_clear(f);
    hmap_destroy(&f->culprits);
}

static struct iov_culprit *
get_culprit(struct iov_findings *f, enum iov_reason_id reason,
            uint8_t table_id, const struct iov_candidate *at)
{
    uint32_t hash = hash_2words(hash_pointer(at ? at->flow : NULL, reason),
                                table_id);
    struct iov_culprit *c;

    HMAP_FOR_EACH_WITH_HASH (c, node, hash, &f->culprits) {
        if (c->reason == reason && c->table_id == table_id
            && c->at.flow == (at ? at->flow : NULL)) {
            return c;
        }
    }
    c = xzalloc(sizeof *c);
    c->reason = reason;
    c->table_id = table_id;
    if (at) {
        c->at = *at;
    }
    hmap_insert(&f->culprits, &c->node, hash);
    return c;
}

static struct iov_culprit *
blame(struct walk *w, enum iov_reason_id reason,
      const struct iov_candidate *at)
{
    struct iov_culprit *c = get_culprit(w->findings, reason,
                                        at ? at->sub->table_id : 0, at);
    c->classes |= UINT64_C(1) << MIN(w->class, 63);
    return c;
}

/* Returns what packets of 'cube' look like from outside. */
static struct match *
describe(const struct walk *w, const struct iov_cube *cube)
{
    struct match *m = xmalloc(sizeof *m);

    match_init_catchall(m);
    match_set_in_port(m, w->packets->flow.in_port.ofp_port);
    for (size_t i = FLOW_U64_OFFSET(dl_dst); i < FLOW_U64S; i++) {
        uint8_t pos = w->words->pos[i];
        bool known = pos != IOV_NO_WORD;

        *flow_u64_lvalue(&m->flow, i)
            = (known ? cube->w[pos].value
               : flow_u64_value(&w->packets->flow, i));
        *flow_u64_lvalue(&m->wc.masks, i)
            = (known ? cube->w[pos].mask
               : flow_u64_value(&w->packets->wc.masks, i));
    }
    return m;
}

static void
blame_miss(struct walk *w, uint8_t table_id, const struct iov_cube *cube)
{
    struct iov_culprit *c = get_culprit(w->findings,
                                        IOV_REASON_OPENFLOW_MISS, table_id,
                                        NULL);
    c->classes |= UINT64_C(1) << MIN(w->class, 63);
    if (!c->missing) {
        c->missing = describe(w, cube);
    }
}

static void
give_up(struct walk *w, const struct iov_candidate *at)
{
    blame(w, IOV_REASON_OPENFLOW_TOO_COMPLEX, at);
    w->over = true;
}

static void
path_copy(struct path *dst, const struct path *src, const struct walk *w)
{
    dst->table_id = src->table_id;
    dst->depth = src->depth;
    dst->n_lookups = src->n_lookups;
    dst->normal = src->normal;
    dst->stored = src->stored;
    iov_cube_copy(&dst->cube, &src->cube, w->words);
}

/* The packets are through; 'last' is the last flow that they matched. */
static void
finish(struct walk *w, const struct path *p, const struct iov_candidate *last)
{
    if (p->normal && p->stored) {
        blame(w, IOV_REASON_OPENFLOW_ACTIONS, last);
    } else if (!p->normal && !p->stored) {
        blame(w, IOV_REASON_OPENFLOW_DROP, last);
    }
}

static void
forget_conj_id(struct iov_cube *cube, const struct iov_words *words)
{
    uint8_t pos = words->pos[FLOW_U64_OFFSET(conj_id)];
    struct flow mask = { .conj_id = UINT32_MAX };

    if (pos != IOV_NO_WORD) {
        iov_bits_forget(&cube->w[pos],
                        flow_u64_value(&mask, FLOW_U64_OFFSET(conj_id)));
    }
}

static void
reset_conj_id(struct iov_cube *cube, const struct iov_words *words)
{
    uint8_t pos = words->pos[FLOW_U64_OFFSET(conj_id)];
    struct flow mask = { .conj_id = UINT32_MAX };

    if (pos != IOV_NO_WORD) {
        iov_bits_set(&cube->w[pos], 0,
                     flow_u64_value(&mask, FLOW_U64_OFFSET(conj_id)));
    }
}

static void
set_in_port(struct walk *w, struct iov_cube *cube, ofp_port_t in_port)
{
    uint8_t pos = w->words->pos[FLOW_U64_OFFSET(in_port)];
    struct flow value = { .in_port.ofp_port = in_port };
    struct flow mask = { .in_port.ofp_port = u16_to_ofp(UINT16_MAX) };

    if (pos != IOV_NO_WORD) {
        iov_bits_set(&cube->w[pos],
                     flow_u64_value(&value, FLOW_U64_OFFSET(in_port)),
                     flow_u64_value(&mask, FLOW_U64_OFFSET(in_port)));
    }
}

/* Packets 'cube' match 'c' in a lookup made for 'p': runs the steps. */
static void
run_flow(struct walk *w, const struct path *p, const struct iov_cube *cube,
         const struct iov_candidate *c, const struct rest *up)
{
    uint8_t in_port_pos = w->words->pos[FLOW_U64_OFFSET(in_port)];
    struct rest rest = {
        .up = up,
        .at = c,
        .step = 0,
        .table_id = p->table_id,
        .depth = p->depth,
    };
    struct path next;

    path_copy(&next, p, w);
    iov_cube_copy(&next.cube, cube, w->words);
    reset_conj_id(&next.cube, w->words);
    if (in_port_pos != IOV_NO_WORD) {
        next.cube.w[in_port_pos] = p->cube.w[in_port_pos];
    }
    run_steps(w, &next, &rest);
}

/* Makes 'hull' a set of packets that contains those of 'cube' too. */
static void
widen(struct walk *w, struct iov_cube *hull, const struct iov_cube *cube)
{
    for (size_t i = 0; i < w->words->n; i++) {
        struct iov_bits *h = &hull->w[i];
        const struct iov_bits *b = &cube->w[i];
        iov_bits_forget(h, ~b->mask | (h->value ^ b->value));
    }
}

/* Runs candidates with equal actions, of a lookup of 'cube' made for 'p'. */
static void
run_candidates(struct walk *w, const struct path *p,
               const struct iov_cube *cube, const struct iov_candidates *run,
               const struct rest *up)
{
    const struct iov_acts *acts = run->list[0].flow->acts;
    const struct iov_table *table
        = iov_flow_table_get(w->ft, run->list[0].sub->table_id);
    bool apart = run->n <= MAX_APART || !(acts->follows || up);
    const struct iov_candidate *first = NULL;
    struct iov_cube hull;

    for (size_t i = 0; i < run->n && !w->over; i++) {
        const struct iov_candidate *c = &run->list[i];
        struct iov_cube narrow;

        iov_cube_copy(&narrow, cube, w->words);
        iov_flow_narrow(c, w->words, &narrow);
        if (iov_table_covers(table, &narrow, c->flow->priority)) {
            continue;
        } else if (apart) {
            run_flow(w, p, &narrow, c, up);
        } else if (!first) {
            first = c;
            iov_cube_copy(&hull, &narrow, w->words);
        } else {
            widen(w, &hull, &narrow);
        }
    }
    if (first && !w->over) {
        run_flow(w, p, &hull, first, up);
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
run_all_candidates(struct walk *w, const struct path *p,
                   const struct iov_cube *cube, struct iov_candidates *cs,
                   const struct rest *up)
{
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
            run_candidates(w, p, cube, &run, up);
            start = i;
        }
    }
}

/* Some packets of 'cube' match no flow. */
static void
run_miss(struct walk *w, const struct path *p, const struct lookup *l,
         const struct iov_cube *cube, const struct rest *up)
{
    if (l->is_goto || (!up && !p->normal && !p->stored)) {
        blame_miss(w, l->table_id, cube);
    } else if (up) {
        struct path next;
        path_copy(&next, p, w);
        run_steps(w, &next, up);
    } else {
        finish(w, p, l->from);
    }
}

/* Returns true if a lookup may be made for 'p', which it then counts. */
static bool
admit(struct walk *w, struct path *p, const struct lookup *l)
{
    bool deepens = l->from && l->table_id <= p->table_id;

    if (p->depth >= MAX_DEPTH || p->n_lookups >= MAX_LOOKUPS
        || w->n_visits >= MAX_VISITS) {
        give_up(w, l->from);
        return false;
    }
    w->n_visits++;
    p->depth += deepens;
    p->n_lookups++;
    p->table_id = l->table_id;
    bitmap_set1(w->findings->tables, l->table_id);
    return true;
}

static void
look_up(struct walk *w, struct path *p, const struct lookup *l,
        const struct rest *up)
{
    if (!admit(w, p, l)) {
        return;
    }

    static const struct iov_table empty = {
        .subtables = HMAP_INITIALIZER(&empty.subtables)
    };
    const struct iov_table *table = iov_flow_table_get(w->ft, l->table_id);
    table = table ? table : &empty;

    struct iov_cube cube;
    iov_cube_copy(&cube, &p->cube, w->words);
    if (l->in_port != OFPP_IN_PORT) {
        w->findings->other_in_port = true;
        set_in_port(w, &cube, l->in_port);
    }
    if (table->n_conj) {
        forget_conj_id(&cube, w->words);
    }

    bool all = up || p->normal || p->stored;
    struct iov_candidates cs = { .list = NULL };
    iov_table_candidates(table, w->words, &cube, all, &cs);
    w->n_candidates += cs.n;
    if (w->n_candidates > MAX_CANDIDATES) {
        give_up(w, l->from);
    } else {
        run_all_candidates(w, p, &cube, &cs, up);
        if (!w->over && !iov_table_covers(table, &cube, -1)) {
            run_miss(w, p, l, &cube, up);
        }
    }
    free(cs.list);
}

/* Runs one step, other than TABLE, on 'p'.  Returns false if that was the end
 * of it. */
static bool
run_step(struct walk *w, struct path *p, const struct iov_step *step,
         const struct iov_candidate *at)
{
    uint8_t pos;

    switch (step->type) {
    case IOV_STEP_NORMAL:
        if (p->normal) {
            blame(w, IOV_REASON_OPENFLOW_ACTIONS, at);
            return false;
        }
        p->normal = true;
        return true;

    case IOV_STEP_SET:
    case IOV_STEP_FORGET:
        pos = w->words->pos[step->set.word];
        if (pos != IOV_NO_WORD) {
            if (step->type == IOV_STEP_SET) {
                iov_bits_set(&p->cube.w[pos], step->set.value,
                             step->set.mask);
            } else {
                iov_bits_forget(&p->cube.w[pos], step->set.mask);
            }
        }
        return true;

    case IOV_STEP_WRITE_NORMAL:
        p->stored = true;
        return true;

    case IOV_STEP_CLEAR:
        p->stored = false;
        return true;

    case IOV_STEP_EXIT:
        /* Whether the action set is executed then is not certain. */
        if (p->stored) {
            blame(w, IOV_REASON_OPENFLOW_ACTIONS, at);
        } else {
            finish(w, p, at);
        }
        return false;

    case IOV_STEP_STOP:
        blame(w, step->stop.reason, at)->stop = step;
        return false;

    case IOV_STEP_TABLE:
    default:
        OVS_NOT_REACHED();
    }
}

/* Runs what 'rest' says, to the end. */
static void
run_steps(struct walk *w, struct path *p, const struct rest *rest)
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

            struct rest after = *rest;
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
iov_walk(const struct iov_flow_table *ft, const struct match *packets,
         unsigned int class, struct iov_findings *findings)
{
    struct walk w = {
        .ft = ft,
        .words = iov_flow_table_words(ft),
        .packets = packets,
        .findings = findings,
        .class = class,
    };
    struct path p = { .table_id = 0 };
    struct lookup l = { .is_goto = true, .in_port = OFPP_IN_PORT };

    iov_cube_init(&p.cube, w.words, packets);
    look_up(&w, &p, &l, NULL);
}
