/* SPDX-License-Identifier: Apache-2.0 */

/* Subtables: flows that mask the same bits.
 *
 * Open vSwitch, when it looks up the flow of a conjunctive match that has come
 * true, does not see a flow hidden by a "conjunction" flow with the very same
 * match and a higher priority.  Such a flow therefore is not said to hide
 * others. */

#include <config.h>

#include "policy/flow/index.h"

#include <string.h>

#include "flow.h"
#include "hash.h"
#include "openvswitch/tun-metadata.h"
#include "policy/flow/view.h"
#include "util.h"

uint32_t
iov_subtable_hash(const struct iov_subtable *sub, const uint8_t packed[])
{
    return hash_bytes(packed, sub->n_bytes, 0);
}

void
iov_subtable_pack(const struct iov_subtable *sub, const uint64_t values[],
                  uint8_t packed[IOV_PACKED_MAX])
{
    for (size_t i = 0; i < sub->n_words; i++) {
        iov_pack_word(&sub->words[i], values[i], packed);
        packed += sub->words[i].len;
    }
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
    iov_views_destroy(sub);
    iov_chains_destroy(&sub->chains);
    iov_slab_destroy(&sub->slab);
    free(sub->tun_md);
    free(sub);
}

/* Returns the first of the flows from 'number' on, which all have the same
 * hash, that has the values 'packed', or null. */
static struct iov_flow *
find_equal(const struct iov_subtable *sub, const uint8_t packed[],
           uint32_t number)
{
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
iov_subtable_next_equal(const struct iov_subtable *sub,
                        const uint8_t packed[], const struct iov_flow *flow)
{
    return find_equal(sub, packed,
                      (flow ? iov_chains_next(&sub->chains, flow->number)
                       : iov_chains_first(&sub->chains,
                                          iov_subtable_hash(sub, packed))));
}

struct iov_flow *
iov_subtable_find(const struct iov_subtable *sub, const uint64_t values[],
                  uint16_t priority)
{
    uint8_t packed[IOV_PACKED_MAX];
    struct iov_flow *flow;

    iov_subtable_pack(sub, values, packed);
    flow = iov_subtable_next_equal(sub, packed, NULL);
    while (flow && flow->priority != priority) {
        flow = iov_subtable_next_equal(sub, packed, flow);
    }
    return flow;
}

struct iov_flow *
iov_subtable_alloc(struct iov_subtable *sub, const uint64_t values[],
                   uint16_t priority)
{
    struct iov_flow *flow = iov_slab_alloc(&sub->slab);
    uint8_t packed[IOV_PACKED_MAX];

    iov_subtable_pack(sub, values, packed);
    memcpy(flow->values, packed, sub->n_bytes);
    flow->priority = priority;
    flow->acts = NULL;
    return flow;
}

void
iov_subtable_free(struct iov_subtable *sub, struct iov_flow *flow)
{
    iov_slab_free(&sub->slab, flow);
}

void
iov_subtable_insert(struct iov_subtable *sub, struct iov_flow *flow)
{
    uint32_t hash = iov_subtable_hash(sub, flow->values);

    sub->n_duplicates
        += find_equal(sub, flow->values,
                      iov_chains_first(&sub->chains, hash)) != NULL;
    iov_chains_insert(&sub->chains, flow->number, hash);
    sub->max_priority = MAX(sub->max_priority, flow->priority);
    sub->n_conj += flow->acts->conjunction;
    sub->n_plain += flow->acts->plain;
    iov_views_insert(sub, flow);
}

void
iov_subtable_remove(struct iov_subtable *sub, struct iov_flow *flow)
{
    iov_views_remove(sub, flow);
    sub->n_conj -= flow->acts->conjunction;
    sub->n_plain -= flow->acts->plain;
    iov_chains_remove(&sub->chains, flow->number);
    sub->n_duplicates
        -= iov_subtable_next_equal(sub, flow->values, NULL) != NULL;
}

static int
compare_matches(const struct iov_candidate *a, const struct iov_candidate *b)
{
    const struct iov_subtable *x = a->sub, *y = b->sub;

    for (size_t i = 0; x != y && i < MIN(x->n_words, y->n_words); i++) {
        if (x->words[i].idx != y->words[i].idx) {
            return x->words[i].idx < y->words[i].idx ? -1 : 1;
        } else if (x->words[i].mask != y->words[i].mask) {
            return x->words[i].mask < y->words[i].mask ? -1 : 1;
        }
    }
    return (x->n_words != y->n_words
            ? (x->n_words < y->n_words ? -1 : 1)
            : memcmp(a->flow->values, b->flow->values, x->n_bytes));
}

int
iov_candidate_compare(const struct iov_candidate *a,
                      const struct iov_candidate *b)
{
    return (a->flow->priority != b->flow->priority
            ? (a->flow->priority > b->flow->priority ? -1 : 1)
            : compare_matches(a, b));
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
subtable_covers(const struct iov_subtable *sub, const struct iov_cube *cube,
                int priority, bool lasting)
{
    uint64_t values[FLOW_U64S];
    uint8_t packed[IOV_PACKED_MAX];
    int best = -1, conj = -1;
    const struct iov_flow *flow = NULL;

    if (sub->max_priority <= priority
        || !subtable_can_cover(sub, cube, values)) {
        return false;
    }
    iov_subtable_pack(sub, values, packed);
    while ((flow = iov_subtable_next_equal(sub, packed, flow))) {
        int *max = flow->acts->conjunction ? &conj : &best;
        if (!lasting || !flow->acts->idles || flow->acts->conjunction) {
            *max = MAX(*max, flow->priority);
        }
    }
    return best > priority && (best > conj || priority < 0);
}

bool
iov_table_covers(const struct iov_table *table, const struct iov_cube *cube,
                 const struct iov_candidate *of, bool lasting)
{
    int priority = of ? of->flow->priority : -1;
    const struct iov_subtable *sub;

    /* Often this is all that has to be asked. */
    if (table->catch_all
        && subtable_covers(table->catch_all, cube, priority, lasting)) {
        return true;
    }
    HMAP_FOR_EACH (sub, node, &table->subtables) {
        bool is_alone = of && of->sub == sub && !sub->n_duplicates;
        if (!is_alone && subtable_covers(sub, cube, priority, lasting)) {
            return true;
        }
    }
    return false;
}
