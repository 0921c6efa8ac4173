/* SPDX-License-Identifier: Apache-2.0 */

/* Subtables and views: which flows can these packets match?
 *
 * A view is made when it is first asked for, which takes the longer the more
 * flows there are, and therefore can be done in pieces.
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

static uint32_t
hash_packed(const struct iov_subtable *sub, const uint8_t packed[])
{
    return hash_bytes(packed, sub->n_bytes, 0);
}

static void
pack(const struct iov_subtable *sub, const uint64_t values[],
     uint8_t packed[IOV_PACKED_MAX])
{
    for (size_t i = 0; i < sub->n_words; i++) {
        iov_pack_word(&sub->words[i], values[i], packed);
        packed += sub->words[i].len;
    }
}

/* Stores what 'flow' has in the bits of 'view', and returns its hash. */
static uint32_t
view_mask_flow(const struct iov_subtable *sub, const struct iov_view *view,
               const struct iov_flow *flow, uint8_t key[IOV_PACKED_MAX])
{
    for (size_t i = 0; i < sub->n_bytes; i++) {
        key[i] = flow->values[i] & view->masks[i];
    }
    return hash_packed(sub, key);
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

struct iov_subtable *
iov_subtable_create(uint8_t table_id, size_t n_words,
                    const struct iov_mask_word *words)
{
    struct iov_subtable *sub = xzalloc(sizeof *sub + n_words * sizeof *words);

    sub->table_id = table_id;
    sub->n_words = n_words;
    for (size_t i = 0; i < n_words; i++) {
        sub->words[i] = words[i];
        sub->n_bytes += words[i].len;
    }
    iov_slab_init(&sub->slab, sub->n_bytes);
    iov_chains_init(&sub->chains);
    return sub;
}

/* The flows go with it; their actions have to be put before. */
void
iov_subtable_destroy(struct iov_subtable *sub)
{
    struct iov_view *next;

    for (struct iov_view *v = sub->views; v; v = next) {
        next = v->next;
        view_destroy(v);
    }
    iov_chains_destroy(&sub->chains);
    iov_slab_destroy(&sub->slab);
    free(sub->tun_md);
    free(sub);
}

/* The first flow after 'number', which may be IOV_NO_ITEM for the very first,
 * that has the values 'packed', or null. */
static struct iov_flow *
next_equal(const struct iov_subtable *sub, const uint8_t packed[],
           uint32_t number)
{
    number = (number == IOV_NO_ITEM
              ? iov_chains_first(&sub->chains, hash_packed(sub, packed))
              : iov_chains_next(&sub->chains, number));
    while (number != IOV_NO_ITEM) {
        struct iov_flow *flow = iov_slab_get(&sub->slab, number);
        if (!memcmp(flow->values, packed, sub->n_bytes)) {
            return flow;
        }
        number = iov_chains_next(&sub->chains, number);
    }
    return NULL;
}

struct iov_flow *
iov_subtable_find(const struct iov_subtable *sub, const uint64_t values[],
                  uint16_t priority)
{
    uint8_t packed[IOV_PACKED_MAX];
    struct iov_flow *flow;

    pack(sub, values, packed);
    flow = next_equal(sub, packed, IOV_NO_ITEM);
    while (flow && flow->priority != priority) {
        flow = next_equal(sub, packed, flow->number);
    }
    return flow;
}

struct iov_flow *
iov_subtable_alloc(struct iov_subtable *sub, const uint64_t values[],
                   uint16_t priority)
{
    struct iov_flow *flow = iov_slab_alloc(&sub->slab);
    uint8_t packed[IOV_PACKED_MAX];

    pack(sub, values, packed);
    memcpy(flow->values, packed, sub->n_bytes);
    flow->priority = priority;
    flow->acts = NULL;
    sub->n_flows++;
    return flow;
}

void
iov_subtable_free(struct iov_subtable *sub, struct iov_flow *flow)
{
    iov_slab_free(&sub->slab, flow);
    sub->n_flows--;
}

void
iov_subtable_insert(struct iov_subtable *sub, struct iov_flow *flow)
{
    iov_chains_insert(&sub->chains, flow->number,
                      hash_packed(sub, flow->values));
    sub->max_priority = MAX(sub->max_priority, flow->priority);
    sub->n_conj += flow->acts->conjunction;
    for (struct iov_view *v = sub->views; v; v = v->next) {
        if (view_has_seen(v, flow)) {
            view_insert(sub, v, flow);
        }
    }
}

void
iov_subtable_remove(struct iov_subtable *sub, struct iov_flow *flow)
{
    for (struct iov_view *v = sub->views; v; v = v->next) {
        if (view_has_seen(v, flow)) {
            view_remove(v, flow);
        }
    }
    sub->n_conj -= flow->acts->conjunction;
    iov_chains_remove(&sub->chains, flow->number);
}

void
iov_flow_narrow(const struct iov_candidate *c, const struct iov_words *words,
                struct iov_cube *cube)
{
    const uint8_t *packed = c->flow->values;

    for (size_t i = 0; i < c->sub->n_words; i++) {
        const struct iov_mask_word *w = &c->sub->words[i];
        if (!c->sub->tun_md
            || words->idx[w->pos] >= FLOW_U64_OFFSET(metadata)) {
            iov_bits_set(&cube->w[w->pos], iov_unpack_word(w, packed),
                         w->mask);
        }
        packed += w->len;
    }
}

void
iov_flow_to_match(const struct iov_candidate *c,
                  const struct iov_words *words, struct match *match)
{
    const uint8_t *packed = c->flow->values;

    match_init_catchall(match);
    for (size_t i = 0; i < c->sub->n_words; i++) {
        const struct iov_mask_word *w = &c->sub->words[i];
        size_t idx = words->idx[w->pos];
        *flow_u64_lvalue(&match->flow, idx) = (iov_unpack_word(w, packed)
                                               & w->mask);
        *flow_u64_lvalue(&match->wc.masks, idx) = w->mask;
        packed += w->len;
    }
    if (c->sub->tun_md) {
        match->tun_md = *c->sub->tun_md;
    }
}

static bool
flow_meets(const struct iov_subtable *sub, const struct iov_flow *flow,
           const struct iov_cube *cube)
{
    const uint8_t *packed = flow->values;

    for (size_t i = 0; i < sub->n_words; i++) {
        const struct iov_mask_word *w = &sub->words[i];
        const struct iov_bits *b = &cube->w[w->pos];
        if ((iov_unpack_word(w, packed) ^ b->value) & w->mask & b->mask) {
            return false;
        }
        packed += w->len;
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
    pack(sub, masks, packed_masks);

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
    pack(sub, values, key);
    uint32_t group = view_find(sub, view, key, hash_packed(sub, key));
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
    uint8_t packed[IOV_PACKED_MAX];
    int best = -1, conj = -1;
    const struct iov_flow *flow;

    pack(sub, values, packed);
    for (flow = next_equal(sub, packed, IOV_NO_ITEM); flow;
         flow = next_equal(sub, packed, flow->number)) {
        int *max = flow->acts->conjunction ? &conj : &best;
        *max = MAX(*max, flow->priority);
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
