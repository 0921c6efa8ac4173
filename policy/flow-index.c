/* SPDX-License-Identifier: Apache-2.0 */

/* Subtables and views: which flows can these packets match?
 *
 * The subtle thing: Open vSwitch, when it looks up the flow of a conjunctive
 * match that has come true, does not see a flow hidden by a "conjunction"
 * flow with the very same match and a higher priority.  Such a flow therefore
 * is not said to hide others. */

#include <config.h>

#include "policy/flow-index.h"

#include <string.h>

#include "flow.h"
#include "hash.h"
#include "openvswitch/tun-metadata.h"
#include "util.h"

/* A subtable of no more flows is searched without views. */
#define SMALL_SUBTABLE 8
/* Masks of a view are few, as few kinds of packets are asked for. */
#define MAX_VIEWS 16

/* Flows of a view that have the same value in its bits. */
struct view_group {
    struct hmap_node node;      /* In iov_view.groups. */
    struct hmapx flows;         /* Contains struct iov_flow. */
    uint64_t values[];          /* One for each word of the subtable. */
};

struct iov_view {
    struct iov_view *next;
    struct hmap groups;         /* Contains struct view_group. */
    bool all;                   /* Plain flows too. */
    uint64_t masks[];           /* One for each word of the subtable. */
};

/* Words of struct flow on which views are hashed, and the bits of them. */
static uint64_t
key_mask(uint8_t idx)
{
    static struct flow mask;
    static bool inited;

    if (!inited) {
        inited = true;
        memset(mask.regs, 0xff, sizeof mask.regs);
        memset(&mask.metadata, 0xff, sizeof mask.metadata);
        memset(&mask.in_port, 0xff, sizeof mask.in_port);
        memset(&mask.dl_dst, 0xff, sizeof mask.dl_dst);
        memset(&mask.dl_src, 0xff, sizeof mask.dl_src);
        memset(&mask.vlans[0], 0xff, sizeof mask.vlans[0]);
    }
    return flow_u64_value(&mask, idx);
}

static bool
flow_is_left_out(const struct iov_view *view, const struct iov_flow *flow)
{
    return flow->acts->conjunction || (!view->all && flow->acts->plain);
}

static uint32_t
hash_values(size_t n, const uint64_t values[])
{
    return hash_bytes64(values, n * sizeof *values, 0);
}

static struct view_group *
view_find(const struct iov_subtable *sub, const struct iov_view *view,
          const uint64_t values[], uint32_t hash)
{
    struct view_group *group;

    HMAP_FOR_EACH_WITH_HASH (group, node, hash, &view->groups) {
        if (!memcmp(group->values, values,
                    sub->n_words * sizeof *values)) {
            return group;
        }
    }
    return NULL;
}

static uint32_t
view_mask_flow(const struct iov_subtable *sub, const struct iov_view *view,
               const struct iov_flow *flow, uint64_t values[])
{
    for (size_t i = 0; i < sub->n_words; i++) {
        values[i] = flow->values[i] & view->masks[i];
    }
    return hash_values(sub->n_words, values);
}

static void
view_insert(const struct iov_subtable *sub, struct iov_view *view,
            struct iov_flow *flow)
{
    uint64_t values[FLOW_U64S];

    if (flow_is_left_out(view, flow)) {
        return;
    }
    uint32_t hash = view_mask_flow(sub, view, flow, values);
    struct view_group *group = view_find(sub, view, values, hash);
    if (!group) {
        size_t size = sub->n_words * sizeof *values;
        group = xmalloc(sizeof *group + size);
        memcpy(group->values, values, size);
        hmapx_init(&group->flows);
        hmap_insert(&view->groups, &group->node, hash);
    }
    hmapx_add(&group->flows, flow);
}

static void
view_destroy_group(struct iov_view *view, struct view_group *group)
{
    hmap_remove(&view->groups, &group->node);
    hmapx_destroy(&group->flows);
    free(group);
}

static void
view_remove(const struct iov_subtable *sub, struct iov_view *view,
            struct iov_flow *flow)
{
    uint64_t values[FLOW_U64S];

    if (flow_is_left_out(view, flow)) {
        return;
    }
    uint32_t hash = view_mask_flow(sub, view, flow, values);
    struct view_group *group = view_find(sub, view, values, hash);
    hmapx_find_and_delete_assert(&group->flows, flow);
    if (hmapx_is_empty(&group->flows)) {
        view_destroy_group(view, group);
    }
}

static void
view_destroy(struct iov_view *view)
{
    struct view_group *group;

    HMAP_FOR_EACH_SAFE (group, node, &view->groups) {
        view_destroy_group(view, group);
    }
    hmap_destroy(&view->groups);
    free(view);
}

static struct iov_view *
view_create(struct iov_subtable *sub, const uint64_t masks[], bool all)
{
    size_t size = sub->n_words * sizeof *masks;
    struct iov_view *view = xmalloc(sizeof *view + size);
    struct iov_flow *flow;

    memcpy(view->masks, masks, size);
    view->all = all;
    hmap_init(&view->groups);
    HMAP_FOR_EACH (flow, node, &sub->flows) {
        view_insert(sub, view, flow);
    }
    view->next = sub->views;
    sub->views = view;
    return view;
}

/* Returns the view for 'masks', or null if there are too many already. */
static const struct iov_view *
view_get(const struct iov_subtable *sub, const uint64_t masks[], bool all)
{
    size_t size = sub->n_words * sizeof *masks;
    size_t n = 0;

    for (struct iov_view *v = sub->views; v; v = v->next, n++) {
        if (v->all == all && !memcmp(v->masks, masks, size)) {
            return v;
        }
    }
    return (n < MAX_VIEWS
            ? view_create(CONST_CAST(struct iov_subtable *, sub), masks, all)
            : NULL);
}

struct iov_subtable *
iov_subtable_create(uint8_t table_id, size_t n_words,
                    const struct iov_mask_word *words)
{
    struct iov_subtable *sub = xzalloc(sizeof *sub + n_words * sizeof *words);

    hmap_init(&sub->flows);
    sub->table_id = table_id;
    sub->n_words = n_words;
    if (n_words) {
        memcpy(sub->words, words, n_words * sizeof *words);
    }
    return sub;
}

/* The flows have to be gone. */
void
iov_subtable_destroy(struct iov_subtable *sub)
{
    struct iov_view *next;

    for (struct iov_view *v = sub->views; v; v = next) {
        next = v->next;
        view_destroy(v);
    }
    hmap_destroy(&sub->flows);
    free(sub->tun_md);
    free(sub);
}

uint32_t
iov_subtable_hash(const struct iov_subtable *sub, const uint64_t values[])
{
    return hash_values(sub->n_words, values);
}

void
iov_subtable_insert(struct iov_subtable *sub, struct iov_flow *flow)
{
    hmap_insert(&sub->flows, &flow->node,
                hash_values(sub->n_words, flow->values));
    sub->max_priority = MAX(sub->max_priority, flow->priority);
    sub->n_conj += flow->acts->conjunction;
    for (struct iov_view *v = sub->views; v; v = v->next) {
        view_insert(sub, v, flow);
    }
}

void
iov_subtable_remove(struct iov_subtable *sub, struct iov_flow *flow)
{
    for (struct iov_view *v = sub->views; v; v = v->next) {
        view_remove(sub, v, flow);
    }
    sub->n_conj -= flow->acts->conjunction;
    hmap_remove(&sub->flows, &flow->node);
}

void
iov_flow_narrow(const struct iov_candidate *c, const struct iov_words *words,
                struct iov_cube *cube)
{
    for (size_t i = 0; i < c->sub->n_words; i++) {
        const struct iov_mask_word *w = &c->sub->words[i];
        if (!c->sub->tun_md
            || words->idx[w->pos] >= FLOW_U64_OFFSET(metadata)) {
            iov_bits_set(&cube->w[w->pos], c->flow->values[i], w->mask);
        }
    }
}

void
iov_flow_to_match(const struct iov_candidate *c,
                  const struct iov_words *words, struct match *match)
{
    match_init_catchall(match);
    for (size_t i = 0; i < c->sub->n_words; i++) {
        size_t idx = words->idx[c->sub->words[i].pos];
        *flow_u64_lvalue(&match->flow, idx) = c->flow->values[i];
        *flow_u64_lvalue(&match->wc.masks, idx) = c->sub->words[i].mask;
    }
    if (c->sub->tun_md) {
        match->tun_md = *c->sub->tun_md;
    }
}

static bool
flow_meets(const struct iov_subtable *sub, const struct iov_flow *flow,
           const struct iov_cube *cube)
{
    for (size_t i = 0; i < sub->n_words; i++) {
        const struct iov_mask_word *w = &sub->words[i];
        const struct iov_bits *b = &cube->w[w->pos];
        if ((flow->values[i] ^ b->value) & w->mask & b->mask) {
            return false;
        }
    }
    return true;
}

static void
consider(const struct iov_subtable *sub, const struct iov_flow *flow,
         const struct iov_cube *cube, struct iov_candidates *cs)
{
    if (flow_meets(sub, flow, cube)) {
        if (cs->n >= cs->allocated) {
            cs->list = x2nrealloc(cs->list, &cs->allocated, sizeof *cs->list);
        }
        cs->list[cs->n++] = (struct iov_candidate) { sub, flow };
    }
}

static void
candidates_by_scan(const struct iov_subtable *sub,
                   const struct iov_cube *cube, bool all,
                   struct iov_candidates *cs)
{
    const struct iov_flow *flow;

    HMAP_FOR_EACH (flow, node, &sub->flows) {
        if (!flow->acts->conjunction && (all || !flow->acts->plain)) {
            consider(sub, flow, cube, cs);
        }
    }
}

static void
candidates_by_view(const struct iov_subtable *sub,
                   const struct iov_words *words, const struct iov_cube *cube,
                   bool all, struct iov_candidates *cs)
{
    uint64_t masks[FLOW_U64S], values[FLOW_U64S];

    for (size_t i = 0; i < sub->n_words; i++) {
        const struct iov_mask_word *w = &sub->words[i];
        const struct iov_bits *b = &cube->w[w->pos];
        masks[i] = w->mask & b->mask & key_mask(words->idx[w->pos]);
        values[i] = b->value & masks[i];
    }

    const struct iov_view *view = view_get(sub, masks, all);
    if (!view) {
        candidates_by_scan(sub, cube, all, cs);
        return;
    }
    uint32_t hash = hash_values(sub->n_words, values);
    const struct view_group *group = view_find(sub, view, values, hash);
    if (group) {
        struct hmapx_node *node;
        HMAPX_FOR_EACH (node, &group->flows) {
            consider(sub, node->data, cube, cs);
        }
    }
}

void
iov_table_candidates(const struct iov_table *table,
                     const struct iov_words *words,
                     const struct iov_cube *cube, bool all,
                     struct iov_candidates *cs)
{
    const struct iov_subtable *sub;

    HMAP_FOR_EACH (sub, node, &table->subtables) {
        if (hmap_count(&sub->flows) <= SMALL_SUBTABLE) {
            candidates_by_scan(sub, cube, all, cs);
        } else {
            candidates_by_view(sub, words, cube, all, cs);
        }
    }
}

/* Returns true if the mask of 'sub' looks at known bits of 'cube' only, and
 * then stores in 'values' what a flow must have that covers it. */
static bool
subtable_can_cover(const struct iov_subtable *sub,
                   const struct iov_cube *cube, uint64_t values[])
{
    for (size_t i = 0; i < sub->n_words; i++) {
        const struct iov_mask_word *w = &sub->words[i];
        const struct iov_bits *b = &cube->w[w->pos];
        if (w->mask & ~b->mask) {
            return false;
        }
        values[i] = b->value & w->mask;
    }
    return true;
}

static bool
subtable_covers(const struct iov_subtable *sub, const uint64_t values[],
                int priority)
{
    size_t size = sub->n_words * sizeof *values;
    uint32_t hash = hash_values(sub->n_words, values);
    int best = -1, conj = -1;
    const struct iov_flow *flow;

    HMAP_FOR_EACH_WITH_HASH (flow, node, hash, &sub->flows) {
        if (!memcmp(flow->values, values, size)) {
            int *max = flow->acts->conjunction ? &conj : &best;
            *max = MAX(*max, flow->priority);
        }
    }
    return best > priority && (best > conj || priority < 0);
}

bool
iov_table_covers(const struct iov_table *table, const struct iov_cube *cube,
                 int priority)
{
    uint64_t values[FLOW_U64S];
    const struct iov_subtable *sub;

    HMAP_FOR_EACH (sub, node, &table->subtables) {
        if (sub->max_priority > priority
            && subtable_can_cover(sub, cube, values)
            && subtable_covers(sub, values, priority)) {
            return true;
        }
    }
    return false;
}
