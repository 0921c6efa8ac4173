/* SPDX-License-Identifier: Apache-2.0 */

/* Views: which flows can these packets match?
 *
 * Most flows name where packets come from: by in_port, or by what earlier
 * tables wrote into registers.  That alone tells which few flows are left, by
 * a view that is small because it has one entry for each origin, and is the
 * same for all packets that come from there.  Only where many are left is a
 * view asked that looks at addresses, too.
 *
 * A view is made when it is first asked for, which takes the longer the more
 * flows there are, and therefore can be done in pieces.  Until it is complete,
 * flows with numbers that it has not come to are not in it. */

#include <config.h>

#include "policy/flow/view.h"

#include <string.h>

#include "flow.h"
#include "policy/flow/index.h"
#include "util.h"

/* A subtable of no more flows is searched without views. */
#define SMALL_SUBTABLE 8
/* Masks of a view are few, as few kinds of packets are asked for. */
#define MAX_VIEWS 16
/* As many flows of one origin are looked at one by one. */
#define MAX_OF_ORIGIN 32

/* A flow's neighbours among those of its group. */
struct view_link {
    uint32_t next, prev;        /* Numbers of flows, or IOV_NO_ITEM. */
};

/* Flows that are equal in the bits of the view are a group, which has a
 * number. */
struct view_group {
    uint32_t first;             /* Flow; of a free group, the next one. */
    uint32_t n;
};

struct iov_view {
    struct iov_view *next;
    bool all;                   /* Plain flows too. */
    bool complete;
    uint32_t n_seen;            /* Flows up to this number are in it. */
    struct view_link *links;    /* By flow. */
    size_t allocated_links;
    struct view_group *groups;
    size_t n_groups, allocated_groups;
    uint32_t free_group;        /* Or IOV_NO_ITEM. */
    struct iov_chains chains;   /* Of groups, by the values of the bits. */
    uint8_t masks[];            /* Packed, then 0 up to whole words. */
};

/* Words of struct flow on which views are hashed, and the bits of them. */
static const struct flow *
key_masks(void)
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
    return &mask;
}

static bool
flow_is_left_out(const struct iov_view *view, const struct iov_flow *flow)
{
    return flow->acts->conjunction || (!view->all && flow->acts->plain);
}

static uint64_t
get_bytes(const uint8_t *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof x);
    return x;
}

/* Stores those of the packed 'values' that are in the bits of 'view', then 0
 * up to whole words. */
static void
view_mask(const struct iov_subtable *sub, const struct iov_view *view,
          const uint8_t values[], uint8_t key[IOV_PACKED_MAX])
{
    for (size_t i = 0; i < sub->n_bytes; i += sizeof(uint64_t)) {
        uint64_t x = get_bytes(values + i) & get_bytes(view->masks + i);
        memcpy(key + i, &x, sizeof x);
    }
}

/* Returns true if 'values' have what view_mask() has stored in 'key'. */
static bool
view_is_key(const struct iov_subtable *sub, const struct iov_view *view,
            const uint8_t values[], const uint8_t key[])
{
    for (size_t i = 0; i < sub->n_bytes; i += sizeof(uint64_t)) {
        if ((get_bytes(values + i) & get_bytes(view->masks + i))
            != get_bytes(key + i)) {
            return false;
        }
    }
    return true;
}

/* Returns the group of flows that have the packed 'values', as far as 'view'
 * looks at them, or IOV_NO_ITEM.  Stores its hash, if there is one or not. */
static uint32_t
view_find(const struct iov_subtable *sub, const struct iov_view *view,
          const uint8_t values[], uint32_t *hash)
{
    uint8_t key[IOV_PACKED_MAX];

    view_mask(sub, view, values, key);
    *hash = iov_subtable_hash(sub, key);
    uint32_t group = iov_chains_first(&view->chains, *hash);
    while (group != IOV_NO_ITEM) {
        const struct iov_flow *flow
            = iov_slab_get(&sub->slab, view->groups[group].first);
        if (view_is_key(sub, view, flow->values, key)) {
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
        view->free_group = view->groups[group].first;
    } else {
        group = view->n_groups++;
        if (group >= view->allocated_groups) {
            view->groups = x2nrealloc(view->groups, &view->allocated_groups,
                                      sizeof *view->groups);
        }
    }
    view->groups[group] = (struct view_group) { IOV_NO_ITEM, 0 };
    iov_chains_insert(&view->chains, group, hash);
    return group;
}

static void
view_insert(const struct iov_subtable *sub, struct iov_view *view,
            const struct iov_flow *flow)
{
    uint32_t number = flow->number;
    uint32_t hash;

    if (flow_is_left_out(view, flow)) {
        return;
    }
    uint32_t group = view_find(sub, view, flow->values, &hash);
    if (group == IOV_NO_ITEM) {
        group = view_add_group(view, hash);
    }
    while (number >= view->allocated_links) {
        view->links = x2nrealloc(view->links, &view->allocated_links,
                                 sizeof *view->links);
    }

    struct view_group *g = &view->groups[group];
    view->links[number] = (struct view_link) { g->first, IOV_NO_ITEM };
    if (g->first != IOV_NO_ITEM) {
        view->links[g->first].prev = number;
    }
    g->first = number;
    g->n++;
}

static void
view_remove(const struct iov_subtable *sub, struct iov_view *view,
            const struct iov_flow *flow)
{
    uint32_t hash;

    if (flow_is_left_out(view, flow)) {
        return;
    }
    uint32_t group = view_find(sub, view, flow->values, &hash);
    struct view_group *g = &view->groups[group];
    struct view_link link = view->links[flow->number];
    if (link.next != IOV_NO_ITEM) {
        view->links[link.next].prev = link.prev;
    }
    if (link.prev != IOV_NO_ITEM) {
        view->links[link.prev].next = link.next;
    } else {
        g->first = link.next;
    }
    if (!--g->n) {
        iov_chains_remove(&view->chains, group);
        g->first = view->free_group;
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
    free(view->groups);
    free(view);
}

static struct iov_view *
view_create(struct iov_subtable *sub, const uint8_t masks[], bool all)
{
    struct iov_view *view = xzalloc(sizeof *view
                                    + ROUND_UP(sub->n_bytes,
                                               sizeof(uint64_t)));

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

/* Returns true if 'view' looks at no bits but those of 'masks'; '*n' is how
 * many. */
static bool
view_looks_at(const struct iov_subtable *sub, const struct iov_view *view,
              const uint8_t masks[], size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < sub->n_bytes; i++) {
        if (view->masks[i] & ~masks[i]) {
            return false;
        }
        *n += __builtin_popcount(view->masks[i]);
    }
    return true;
}

/* Returns the view for 'masks'.  If there are too many already, returns one
 * for some of those bits, or null. */
static struct iov_view *
view_get(struct iov_subtable *sub, const uint8_t masks[], bool all)
{
    struct iov_view *best = NULL;
    size_t n = 0, n_bits, n_best = 0;

    for (struct iov_view *v = sub->views; v; v = v->next, n++) {
        if (v->all != all) {
            continue;
        } else if (!memcmp(v->masks, masks, sub->n_bytes)) {
            return v;
        } else if (view_looks_at(sub, v, masks, &n_bits)
                   && n_bits > n_best) {
            best = v;
            n_best = n_bits;
        }
    }
    return n < MAX_VIEWS ? view_create(sub, masks, all) : best;
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
            view_remove(sub, v, flow);
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

/* A question to a subtable. */
struct query {
    struct iov_subtable *sub;
    const struct iov_cube *cube;
    bool all;                   /* Plain flows too. */
    struct iov_candidates *found;

    bool exact;                 /* The cube knows all that flows mask. */
    bool mixed;                 /* It knows of origins, and flows mask more. */
    uint8_t values[IOV_PACKED_MAX];     /* What it knows, ... */
    uint8_t masks[IOV_PACKED_MAX];      /* ...for a view... */
    uint8_t origin[IOV_PACKED_MAX];     /* ...and for one of origins. */
};

/* True if word 'idx' tells where packets come from, and not where to. */
static bool
is_origin(uint8_t idx)
{
    return idx < FLOW_U64_OFFSET(dl_dst);
}

static void
query_init(struct query *q, const struct iov_words *words)
{
    const struct iov_subtable *sub = q->sub;
    const struct flow *key = key_masks();
    bool any_origin = false, any_other = false;
    size_t at = 0;

    q->exact = true;
    for (size_t i = 0; i < sub->n_words; i++) {
        const struct iov_mask_word *w = &sub->words[i];
        const struct iov_bits *b = &q->cube->w[w->pos];
        uint8_t idx = words->idx[w->pos];
        uint64_t mask = w->mask & b->mask & flow_u64_value(key, idx);
        uint64_t origin = is_origin(idx) ? mask : 0;

        iov_pack_word(w, b->value & w->mask, q->values + at);
        iov_pack_word(w, mask, q->masks + at);
        iov_pack_word(w, origin, q->origin + at);
        at += w->len;
        any_origin |= origin != 0;
        any_other |= origin != w->mask;
        q->exact &= !(w->mask & ~b->mask);
    }
    q->mixed = any_origin && any_other;
}

static void
consider(const struct query *q, const struct iov_flow *flow)
{
    struct iov_candidates *cs = q->found;
    struct iov_candidate c = { q->sub, flow };

    if (!flow->acts->conjunction && (q->all || !flow->acts->plain)
        && iov_flow_meets(&c, q->cube)) {
        if (cs->n >= cs->allocated) {
            cs->list = x2nrealloc(cs->list, &cs->allocated, sizeof *cs->list);
        }
        cs->list[cs->n++] = c;
    }
}

static void
scan(const struct query *q)
{
    for (uint32_t i = 0; i < q->sub->slab.n_slots; i++) {
        const struct iov_flow *flow = iov_slab_get(&q->sub->slab, i);
        if (flow->acts) {
            consider(q, flow);
        }
    }
}

static void
ask_exactly(const struct query *q)
{
    const struct iov_flow *flow = NULL;

    while ((flow = iov_subtable_next_equal(q->sub, q->values, flow))) {
        consider(q, flow);
    }
}

/* Asks a view for 'masks'.  Returns false, and nothing is found, if more than
 * 'max' flows would have to be considered. */
static bool
ask_view(const struct query *q, const uint8_t masks[], uint32_t max)
{
    struct iov_subtable *sub = q->sub;
    struct iov_view *view = view_get(sub, masks, q->all);
    uint32_t hash;

    if (!view) {
        scan(q);
        return true;
    }
    if (!view->complete) {
        view_complete(sub, view, q->found->allowance);
        if (!view->complete) {
            return true;
        }
    }
    uint32_t group = view_find(sub, view, q->values, &hash);
    if (group == IOV_NO_ITEM) {
        return true;
    } else if (view->groups[group].n > max) {
        return false;
    }
    for (uint32_t i = view->groups[group].first; i != IOV_NO_ITEM;
         i = view->links[i].next) {
        consider(q, iov_slab_get(&sub->slab, i));
    }
    return true;
}

void
iov_table_candidates(struct iov_table *table,
                     const struct iov_words *words,
                     const struct iov_cube *cube, bool all,
                     struct iov_candidates *cs)
{
    struct iov_subtable *sub;
    struct query q;

    q.cube = cube;
    q.found = cs;

    HMAP_FOR_EACH (sub, node, &table->subtables) {
        q.sub = sub;
        q.all = all || !sub->n_plain;
        cs->partial |= !q.all;
        if (sub->slab.n_slots <= SMALL_SUBTABLE) {
            scan(&q);
            continue;
        }
        query_init(&q, words);
        if (q.mixed && ask_view(&q, q.origin, MAX_OF_ORIGIN)) {
            continue;
        } else if (q.exact) {
            ask_exactly(&q);
        } else {
            ask_view(&q, q.masks, UINT32_MAX);
        }
    }
}
