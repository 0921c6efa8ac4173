/* SPDX-License-Identifier: Apache-2.0 */

/* Views: which flows can these packets match?
 *
 * The subtle thing: a view is made when it is first asked for, which takes the
 * longer the more flows there are, and therefore can be done in pieces.  Until
 * it is complete, flows with numbers that it has not come to are not in it. */

#include <config.h>

#include "policy/flow-view.h"

#include <string.h>

#include "flow.h"
#include "policy/flow-index.h"
#include "util.h"

/* A subtable of no more flows is searched without views. */
#define SMALL_SUBTABLE 8
/* Masks of a view are few, as few kinds of packets are asked for. */
#define MAX_VIEWS 16

/* A flow's neighbours among those of its group. */
struct view_link {
    uint32_t next;              /* Flow, or IOV_NO_ITEM. */
    uint32_t prev;              /* Flow, or FIRST_OF plus the group. */
};
#define FIRST_OF (UINT32_C(1) << 31)

/* Flows that are equal in the bits of the view are a group.  A group has a
 * number and knows its first flow. */
struct iov_view {
    struct iov_view *next;
    bool all;                   /* Plain flows too. */
    bool complete;
    uint32_t n_seen;            /* Flows up to this number are in it. */
    struct view_link *links;    /* By flow. */
    size_t allocated_links;
    uint32_t *first;            /* By group; of a free one, the next one. */
    size_t n_groups, allocated_groups;
    uint32_t free_group;        /* Or IOV_NO_ITEM. */
    struct iov_chains chains;   /* Of groups, by the values of the bits. */
    uint8_t masks[];            /* Packed. */
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

/* Stores what 'flow' has in the bits of 'view', and returns its hash. */
static uint32_t
view_mask_flow(const struct iov_subtable *sub, const struct iov_view *view,
               const struct iov_flow *flow, uint8_t key[IOV_PACKED_MAX])
{
    for (size_t i = 0; i < sub->n_bytes; i++) {
        key[i] = flow->values[i] & view->masks[i];
    }
    return iov_subtable_hash(sub, key);
}

/* Returns the group that has 'key', or IOV_NO_ITEM. */
static uint32_t
view_find(const struct iov_subtable *sub, const struct iov_view *view,
          const uint8_t key[], uint32_t hash)
{
    uint32_t group = iov_chains_first(&view->chains, hash);

    while (group != IOV_NO_ITEM) {
        uint8_t other[IOV_PACKED_MAX];
        view_mask_flow(sub, view, iov_slab_get(&sub->slab,
                                               view->first[group]), other);
        if (!memcmp(other, key, sub->n_bytes)) {
            break;
        }
        group = iov_chains_next(&view->chains, group);
    }
    return group;
}

static uint32_t
view_add_group(struct iov_view *view, uint32_t hash)
{
    uint32_t group = view->free_group;

    if (group != IOV_NO_ITEM) {
        view->free_group = view->first[group];
    } else {
        group = view->n_groups++;
        if (group >= view->allocated_groups) {
            view->first = x2nrealloc(view->first, &view->allocated_groups,
                                     sizeof *view->first);
        }
    }
    view->first[group] = IOV_NO_ITEM;
    iov_chains_insert(&view->chains, group, hash);
    return group;
}

static void
view_insert(const struct iov_subtable *sub, struct iov_view *view,
            const struct iov_flow *flow)
{
    uint8_t key[IOV_PACKED_MAX];
    uint32_t number = flow->number;

    if (flow_is_left_out(view, flow)) {
        return;
    }
    uint32_t hash = view_mask_flow(sub, view, flow, key);
    uint32_t group = view_find(sub, view, key, hash);
    if (group == IOV_NO_ITEM) {
        group = view_add_group(view, hash);
    }
    while (number >= view->allocated_links) {
        view->links = x2nrealloc(view->links, &view->allocated_links,
                                 sizeof *view->links);
    }
    view->links[number].next = view->first[group];
    view->links[number].prev = FIRST_OF | group;
    if (view->first[group] != IOV_NO_ITEM) {
        view->links[view->first[group]].prev = number;
    }
    view->first[group] = number;
}

static void
view_remove(struct iov_view *view, const struct iov_flow *flow)
{
    if (flow_is_left_out(view, flow)) {
        return;
    }

    struct view_link link = view->links[flow->number];
    if (link.next != IOV_NO_ITEM) {
        view->links[link.next].prev = link.prev;
    }
    if (!(link.prev & FIRST_OF)) {
        view->links[link.prev].next = link.next;
        return;
    }
    uint32_t group = link.prev & ~FIRST_OF;
    view->first[group] = link.next;
    if (link.next == IOV_NO_ITEM) {
        iov_chains_remove(&view->chains, group);
        view->first[group] = view->free_group;
        view->free_group = group;
    }
}

static bool
view_has_seen(const struct iov_view *view, const struct iov_flow *flow)
{
    return view->complete || flow->number < view->n_seen;
}

static void
view_destroy(struct iov_view *view)
{
    iov_chains_destroy(&view->chains);
    free(view->links);
    free(view->first);
    free(view);
}

static struct iov_view *
view_create(struct iov_subtable *sub, const uint8_t masks[], bool all)
{
    struct iov_view *view = xzalloc(sizeof *view + sub->n_bytes);

    memcpy(view->masks, masks, sub->n_bytes);
    view->all = all;
    view->free_group = IOV_NO_ITEM;
    iov_chains_init(&view->chains);
    view->next = sub->views;
    sub->views = view;
    return view;
}

/* Takes more flows into 'view' until it is complete or 'allowance', if not
 * null, is used up. */
static void
view_complete(const struct iov_subtable *sub, struct iov_view *view,
              struct iov_allowance *allowance)
{
    uint32_t n = sub->slab.n_slots - view->n_seen;

    if (allowance) {
        n = MIN(n, allowance->n_flows);
        allowance->n_flows -= n;
    }
    for (; n; n--) {
        const struct iov_flow *flow = iov_slab_get(&sub->slab,
                                                   view->n_seen++);
        if (flow->acts) {
            view_insert(sub, view, flow);
        }
    }
    view->complete = view->n_seen == sub->slab.n_slots;
    if (!view->complete && allowance) {
        allowance->exhausted = true;
    }
}

/* Returns the view for 'masks', or null if there are too many already. */
static struct iov_view *
view_get(const struct iov_subtable *sub, const uint8_t masks[], bool all)
{
    size_t n = 0;

    for (struct iov_view *v = sub->views; v; v = v->next, n++) {
        if (v->all == all && !memcmp(v->masks, masks, sub->n_bytes)) {
            return v;
        }
    }
    return (n < MAX_VIEWS
            ? view_create(CONST_CAST(struct iov_subtable *, sub), masks, all)
            : NULL);
}

void
iov_views_insert(const struct iov_subtable *sub, const struct iov_flow *flow)
{
    for (struct iov_view *v = sub->views; v; v = v->next) {
        if (view_has_seen(v, flow)) {
            view_insert(sub, v, flow);
        }
    }
}

void
iov_views_remove(const struct iov_subtable *sub, const struct iov_flow *flow)
{
    for (struct iov_view *v = sub->views; v; v = v->next) {
        if (view_has_seen(v, flow)) {
            view_remove(v, flow);
        }
    }
}

void
iov_views_destroy(struct iov_subtable *sub)
{
    struct iov_view *next;

    for (struct iov_view *v = sub->views; v; v = next) {
        next = v->next;
        view_destroy(v);
    }
    sub->views = NULL;
}

static void
consider(const struct iov_subtable *sub, const struct iov_flow *flow,
         const struct iov_cube *cube, struct iov_candidates *cs)
{
    struct iov_candidate c = { sub, flow };

    if (iov_flow_meets(&c, cube)) {
        if (cs->n >= cs->allocated) {
            cs->list = x2nrealloc(cs->list, &cs->allocated, sizeof *cs->list);
        }
        cs->list[cs->n++] = c;
    }
}

static void
candidates_by_scan(const struct iov_subtable *sub,
                   const struct iov_cube *cube, bool all,
                   struct iov_candidates *cs)
{
    for (uint32_t i = 0; i < sub->slab.n_slots; i++) {
        const struct iov_flow *flow = iov_slab_get(&sub->slab, i);
        if (flow->acts && !flow->acts->conjunction
            && (all || !flow->acts->plain)) {
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
    uint8_t packed_masks[IOV_PACKED_MAX], key[IOV_PACKED_MAX];

    for (size_t i = 0; i < sub->n_words; i++) {
        const struct iov_mask_word *w = &sub->words[i];
        const struct iov_bits *b = &cube->w[w->pos];
        masks[i] = w->mask & b->mask & key_mask(words->idx[w->pos]);
        values[i] = b->value & masks[i];
    }
    iov_subtable_pack(sub, masks, packed_masks);

    struct iov_view *view = view_get(sub, packed_masks, all);
    if (!view) {
        candidates_by_scan(sub, cube, all, cs);
        return;
    }
    if (!view->complete) {
        view_complete(sub, view, cs->allowance);
        if (!view->complete) {
            return;
        }
    }
    iov_subtable_pack(sub, values, key);
    uint32_t group = view_find(sub, view, key, iov_subtable_hash(sub, key));
    if (group != IOV_NO_ITEM) {
        for (uint32_t i = view->first[group]; i != IOV_NO_ITEM;
             i = view->links[i].next) {
            consider(sub, iov_slab_get(&sub->slab, i), cube, cs);
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
        if (sub->slab.n_slots <= SMALL_SUBTABLE) {
            candidates_by_scan(sub, cube, all, cs);
        } else {
            candidates_by_view(sub, words, cube, all, cs);
        }
    }
}
