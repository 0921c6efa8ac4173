/* SPDX-License-Identifier: Apache-2.0 */

/* What a lookup of packets can find: which flows are hidden from them, by
 * this table or by one before, and which stand for others.
 *
 * That a flow is hidden can take long to find out.  There is a limit to it,
 * beyond which the flow counts. */

#include <config.h>

#include "policy/reach/walk-internal.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/ofp-actions.h"
#include "policy/reach/shadow.h"
#include "util.h"

/* Tries to subtract sets of packets, and masks of a table, that are a unit of
 * work. */
#define TRIES_PER_UNIT 4
#define MASKS_PER_UNIT 8
/* Work to find out that one flow is hidden. */
#define MAX_HIDING_ONE 1000
/* Among up to so many flows that were found, one that hides another is looked
 * for one by one. */
#define MAX_ONE_BY_ONE 32

void
iov_search_init(struct iov_search *s, const struct iov_walk *w,
                ofp_port_t in_port)
{
    iov_cube_copy(&s->cube, &s->p->cube, w->words);
    if (in_port != OFPP_IN_PORT) {
        iov_cube_set_in_port(&s->cube, w->words, in_port);
    }
    if (s->table->n_conj) {
        s->any_conj_id = !iov_table_conj_ids(s->table, &s->cube,
                                             &s->conj_ids, &s->n_conj_ids);
        if (s->any_conj_id || s->n_conj_ids) {
            iov_cube_forget_conj_id(&s->cube, w->words);
        }
    }
}

void
iov_search_uninit(struct iov_search *s)
{
    free(s->found.list);
    free(s->conj_ids);
    free(s->shadows);
}

/* Sorting. */

static int
compare_in_order(const void *a, const void *b)
{
    return iov_candidate_compare(a, b);
}

static int
compare_by_acts(const void *a_, const void *b_)
{
    const struct iov_candidate *a = a_;
    const struct iov_candidate *b = b_;

    if (a->flow->acts != b->flow->acts) {
        return a->flow->acts < b->flow->acts ? -1 : 1;
    }
    return iov_candidate_compare(a, b);
}

/* Candidates with equal actions. */
struct run {
    const struct iov_candidate *list;
    size_t n;
};

static int
compare_runs(const void *a_, const void *b_)
{
    const struct run *a = a_;
    const struct run *b = b_;

    return iov_candidate_compare(a->list, b->list);
}

/* Stores the runs of 'cs', which is sorted by actions; there is room for as
 * many as there are candidates. */
static size_t
find_runs(const struct iov_candidates *cs, struct run runs[])
{
    size_t n = 0;

    for (size_t i = 0; i < cs->n; i++) {
        if (!i || cs->list[i].flow->acts != cs->list[i - 1].flow->acts) {
            runs[n++] = (struct run) { &cs->list[i], 0 };
        }
        runs[n - 1].n++;
    }
    return n;
}

/* Where actions lie in memory says nothing, and nothing may depend on it. */
static void
sort_runs(struct iov_candidates *cs)
{
    struct run few[32];
    struct run *runs = (cs->n <= ARRAY_SIZE(few) ? few
                        : xmalloc(cs->n * sizeof *runs));
    size_t n_runs = find_runs(cs, runs);

    if (n_runs > 1) {
        struct iov_candidate *list = xmalloc(cs->n * sizeof *list);
        size_t n = 0;

        qsort(runs, n_runs, sizeof *runs, compare_runs);
        for (size_t i = 0; i < n_runs; i++) {
            memcpy(&list[n], runs[i].list, runs[i].n * sizeof *list);
            n += runs[i].n;
        }
        free(cs->list);
        cs->list = list;
        cs->allocated = cs->n;
    }
    if (runs != few) {
        free(runs);
    }
}

void
iov_search_sort(struct iov_search *s, const struct iov_walk *w)
{
    struct iov_candidates *cs = &s->found;

    if (cs->n > 1) {
        qsort(cs->list, cs->n, sizeof *cs->list,
              w->order->in_order ? compare_in_order : compare_by_acts);
        if (!w->order->in_order) {
            sort_runs(cs);
        }
    }
}

/* Returns true if a single flow of higher priority than 'c', or any flow if it
 * is null, matches all packets of 'cube'. */
static bool
is_covered(const struct iov_search *s, const struct iov_cube *cube,
           const struct iov_candidate *c, bool lasting)
{
    const struct iov_candidates *cs = &s->found;
    int priority = c ? c->flow->priority : -1;

    if (cs->partial || cs->n > MAX_ONE_BY_ONE || s->table->n_conj) {
        return iov_table_covers(s->table, cube, c, lasting);
    }
    for (size_t i = 0; i < cs->n; i++) {
        if (cs->list[i].flow->priority > priority
            && !(lasting && cs->list[i].flow->acts->idles)
            && iov_flow_covers(&cs->list[i], cube)) {
            return true;
        }
    }
    return false;
}

bool
iov_search_hides(struct iov_walk *w, struct iov_search *s,
                 const struct iov_cube *cube, const struct iov_candidate *c)
{
    size_t budget = MIN(w->hiding, MAX_HIDING_ONE);

    if (is_covered(s, cube, c, w->order->lasting)) {
        return true;
    } else if (!budget) {
        return false;
    }
    if (!s->shadows) {
        s->shadows = (s->found.partial
                     ? iov_table_shadows(s->table, w->words, &s->cube,
                                        &s->n_shadows)
                     : iov_candidates_shadows(&s->found, w->words, &s->cube,
                                             &s->n_shadows));
    }

    struct iov_past past = {
        s->p->past, s->shadows, s->n_shadows, c ? c->flow->priority : -1
    };
    struct iov_passed passed = {
        &past, &s->p->changed, w->order->lasting
    };
    size_t left = budget - 1;
    bool hidden = iov_past_hides(&passed, w->words, cube, &left);
    w->hiding -= budget - left;
    iov_walk_charge(w, (budget - left) / TRIES_PER_UNIT
                    + hmap_count(&s->table->subtables) / MASKS_PER_UNIT);
    return hidden;
}

bool
iov_search_has_conj_id(const struct iov_walk *w, const struct iov_search *s,
                       const struct iov_cube *cube)
{
    bool possible = (s->any_conj_id
                     || iov_cube_may_have_conj_id(cube, w->words, 0));

    for (size_t i = 0; !possible && i < s->n_conj_ids; i++) {
        possible = iov_cube_may_have_conj_id(cube, w->words, s->conj_ids[i]);
    }
    return possible;
}

/* Returns the number of a flow of 'run', after number 'i', that does the same
 * with all packets of 'cube', which match 'i', and more packets; or 'i'
 * itself.  Between the two must be no flow that does something else. */
static size_t
find_stand_in(const struct iov_search *s, const struct iov_candidates *run,
              size_t i, const struct iov_cube *cube)
{
    const struct iov_flow *flow = run->list[i].flow;
    int floor = -1;

    for (size_t j = 0; j < s->n_shadows; j++) {
        const struct iov_shadow *h = &s->shadows[j];
        if (h->acts != flow->acts && h->priority <= flow->priority) {
            floor = MAX(floor, h->priority);
        }
    }
    for (size_t j = run->n - 1; j > i; j--) {
        if (run->list[j].flow->priority >= floor
            && iov_flow_covers(&run->list[j], cube)) {
            return j;
        }
    }
    return i;
}

static void
ways_add(struct iov_ways *ways, const struct iov_walk *w,
         const struct iov_candidate *c, const struct iov_cube *cube,
         int priority)
{
    if (!ways->n) {
        iov_cube_copy(&ways->hull, cube, w->words);
        ways->priority = priority;
    } else {
        iov_cube_widen(&ways->hull, cube, w->words);
        ways->priority = MAX(ways->priority, priority);
    }
    if (ways->n < IOV_MAX_APART) {
        ways->list[ways->n].flow = c;
        ways->list[ways->n].priority = priority;
    }
    ways->n++;
}

void
iov_search_find_ways(struct iov_walk *w, struct iov_search *s,
                     const struct iov_candidates *run, bool apart,
                     struct iov_ways *ways)
{
    int stands_in[IOV_MAX_APART];       /* For flows of up to that priority. */

    ways->n = 0;
    memset(stands_in, 0xff, sizeof stands_in);
    for (size_t i = 0; i < run->n; i++) {
        const struct iov_candidate *c = &run->list[i];
        struct iov_cube narrow;
        int priority = apart ? stands_in[i] : -1;

        iov_cube_copy(&narrow, &s->cube, w->words);
        iov_flow_narrow(c, w->words, &narrow);
        if (priority < 0) {
            if (!iov_search_has_conj_id(w, s, &narrow)
                || iov_search_hides(w, s, &narrow, c)) {
                continue;
            }
            priority = c->flow->priority;
        }
        size_t j = apart ? find_stand_in(s, run, i, &narrow) : i;
        if (j != i) {
            stands_in[j] = MAX(stands_in[j], priority);
        } else {
            ways_add(ways, w, c, &narrow, priority);
        }
    }
}
