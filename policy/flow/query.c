/* SPDX-License-Identifier: Apache-2.0 */

/* Rarer questions to a table: what hides a flow, which conjunctive matches
 * can come true, and all of its flows.
 *
 * These look at flows one by one.  What is asked for each port therefore gives
 * up on tables with too many of them, and then says less than could be said,
 * never more. */

#include <config.h>

#include "policy/flow/index.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/ofp-actions.h"
#include "util.h"

/* Only masks of few flows are looked through for flows that hide others. */
#define MAX_SUBTABLE 64
/* Flows looked at for one answer. */
#define MAX_LOOKED_AT 4096
#define MAX_CONJUNCTIONS 256

static struct iov_candidate
flow_at(const struct iov_subtable *sub, uint32_t number)
{
    return (struct iov_candidate) { sub, iov_slab_get(&sub->slab, number) };
}

bool
iov_flow_meets(const struct iov_candidate *c, const struct iov_cube *cube)
{
    const uint8_t *packed = c->flow->values;

    for (size_t i = 0; i < c->sub->n_words; i++) {
        const struct iov_mask_word *w = &c->sub->words[i];
        const struct iov_bits *b = &cube->w[w->pos];
        if ((iov_unpack_word(w, packed) ^ b->value) & w->mask & b->mask) {
            return false;
        }
        packed += w->len;
    }
    return true;
}

bool
iov_flow_covers(const struct iov_candidate *c, const struct iov_cube *cube)
{
    const uint8_t *packed = c->flow->values;

    for (size_t i = 0; i < c->sub->n_words; i++) {
        const struct iov_mask_word *w = &c->sub->words[i];
        const struct iov_bits *b = &cube->w[w->pos];
        if (w->mask & ~b->mask
            || (iov_unpack_word(w, packed) ^ b->value) & w->mask) {
            return false;
        }
        packed += w->len;
    }
    return !c->sub->tun_md;
}

void
iov_table_for_each(const struct iov_table *table, iov_flow_cb *cb, void *aux)
{
    const struct iov_subtable *sub;

    HMAP_FOR_EACH (sub, node, &table->subtables) {
        for (uint32_t i = 0; i < sub->slab.n_slots; i++) {
            struct iov_candidate c = flow_at(sub, i);
            if (c.flow->acts) {
                cb(&c, aux);
            }
        }
    }
}

/* Hiders. */

/* Makes '*h' the packets of 'cube' that match 'c'.  Returns false if there are
 * none, or it takes more than can be kept. */
static bool
shadow_init(struct iov_shadow *h, const struct iov_candidate *c,
           const struct iov_words *words, const struct iov_cube *cube)
{
    const uint8_t *packed = c->flow->values;

    h->priority = c->flow->priority;
    h->acts = c->flow->acts;
    h->lasting = true;
    h->n_words = h->n_bits = 0;
    for (size_t i = 0; i < c->sub->n_words; i++) {
        const struct iov_mask_word *w = &c->sub->words[i];
        const struct iov_bits *b = &cube->w[w->pos];
        uint64_t value = iov_unpack_word(w, packed);
        uint64_t mask = w->mask & ~b->mask;

        packed += w->len;
        if ((value ^ b->value) & w->mask & b->mask) {
            return false;
        } else if (mask && h->n_words >= IOV_SHADOW_WORDS) {
            return false;
        } else if (mask) {
            h->words[h->n_words].pos = w->pos;
            h->words[h->n_words].bits.value = value & mask;
            h->words[h->n_words++].bits.mask = mask;
            h->n_bits += __builtin_popcountll(mask);
            h->lasting &= words->idx[w->pos] >= FLOW_U64_OFFSET(dl_dst);
        }
    }
    return true;
}

static int
compare_shadows(const void *a_, const void *b_)
{
    const struct iov_shadow *a = a_;
    const struct iov_shadow *b = b_;

    if (a->n_bits != b->n_bits) {
        return a->n_bits < b->n_bits ? -1 : 1;
    } else if (a->priority != b->priority) {
        return b->priority - a->priority;
    }
    /* So that it does not matter in which order they were found. */
    for (size_t i = 0; i < MIN(a->n_words, b->n_words); i++) {
        const struct iov_shadow_word *x = &a->words[i];
        const struct iov_shadow_word *y = &b->words[i];
        if (x->pos != y->pos) {
            return x->pos < y->pos ? -1 : 1;
        } else if (x->bits.mask != y->bits.mask) {
            return x->bits.mask < y->bits.mask ? -1 : 1;
        } else if (x->bits.value != y->bits.value) {
            return x->bits.value < y->bits.value ? -1 : 1;
        }
    }
    return 0;
}

/* Flows that match on tunnel options are in no fixed place, and those that
 * have the match of a conjunction flow may not be seen. */
static bool
can_hide(const struct iov_subtable *sub)
{
    return (!sub->n_conj && !sub->tun_md
            && sub->slab.n_slots <= MAX_SUBTABLE);
}

struct iov_shadow *
iov_table_shadows(const struct iov_table *table, const struct iov_words *words,
                 const struct iov_cube *cube, size_t *n)
{
    struct iov_shadow *list = xmalloc(IOV_MAX_SHADOWS * sizeof *list);
    const struct iov_subtable *sub;
    size_t n_looked_at = 0;

    *n = 0;
    HMAP_FOR_EACH (sub, node, &table->subtables) {
        for (uint32_t i = 0; can_hide(sub) && i < sub->slab.n_slots; i++) {
            struct iov_candidate c = flow_at(sub, i);
            if (*n >= IOV_MAX_SHADOWS || ++n_looked_at > MAX_LOOKED_AT) {
                break;
            }
            *n += c.flow->acts && shadow_init(&list[*n], &c, words, cube);
        }
    }
    if (*n) {
        qsort(list, *n, sizeof *list, compare_shadows);
    }
    return list;
}

struct iov_shadow *
iov_candidates_shadows(const struct iov_candidates *cs,
                      const struct iov_words *words,
                      const struct iov_cube *cube, size_t *n)
{
    struct iov_shadow *list = xmalloc(MIN(cs->n + 1, IOV_MAX_SHADOWS)
                                     * sizeof *list);

    *n = 0;
    for (size_t i = 0; i < cs->n && *n < IOV_MAX_SHADOWS; i++) {
        const struct iov_candidate *c = &cs->list[i];
        *n += can_hide(c->sub) && shadow_init(&list[*n], c, words, cube);
    }
    if (*n) {
        qsort(list, *n, sizeof *list, compare_shadows);
    }
    return list;
}

/* Conjunctive matches. */

/* What is known of a conjunctive match. */
struct conj {
    uint32_t id;
    uint16_t priority;
    uint8_t n_clauses;          /* The least that any of its flows says. */
    uint64_t clauses;           /* Bit for each that packets can match. */
};
struct conjs {
    struct conj list[MAX_CONJUNCTIONS];
    size_t n;
    bool overflow;
};

static void
conjs_add(struct conjs *cs, const struct ofpact_conjunction *a,
          uint16_t priority)
{
    size_t i;

    for (i = 0; i < cs->n; i++) {
        struct conj *c = &cs->list[i];
        if (c->id == a->id && c->priority == priority) {
            c->n_clauses = MIN(c->n_clauses, a->n_clauses);
            break;
        }
    }
    if (i >= MAX_CONJUNCTIONS) {
        cs->overflow = true;
        return;
    } else if (i >= cs->n) {
        cs->list[cs->n++] = (struct conj) { a->id, priority, a->n_clauses,
                                            0 };
    }
    cs->list[i].clauses |= UINT64_C(1) << (a->clause & 63);
}

/* Adds the clauses that packets of 'cube' match by 'c'.  They count only where
 * no other flow of higher priority is sure to match. */
static void
conjs_add_flow(struct conjs *cs, const struct iov_table *table,
               const struct iov_candidate *c, const struct iov_cube *cube)
{
    const struct iov_acts *acts = c->flow->acts;
    const struct ofpact *a;

    if (!acts || !acts->conjunction || !iov_flow_meets(c, cube)
        || iov_table_covers(table, cube, c, true)) {
        return;
    }
    OFPACT_FOR_EACH (a, acts->ofpacts, acts->ofpacts_len) {
        if (a->type == OFPACT_CONJUNCTION) {
            conjs_add(cs, ofpact_get_CONJUNCTION(a), c->flow->priority);
        }
    }
}

/* Appends the ids of which all clauses are there. */
static void
conjs_get_ids(const struct conjs *cs, uint32_t **idsp, size_t *n)
{
    *idsp = xmalloc((cs->n + 1) * sizeof **idsp);
    *n = 0;
    for (size_t i = 0; i < cs->n; i++) {
        const struct conj *c = &cs->list[i];
        uint64_t all = (c->n_clauses >= 64 ? UINT64_MAX
                        : (UINT64_C(1) << c->n_clauses) - 1);
        if ((c->clauses & all) == all) {
            (*idsp)[(*n)++] = c->id;
        }
    }
}

bool
iov_table_conj_ids(const struct iov_table *table, const struct iov_cube *cube,
                   uint32_t **idsp, size_t *n)
{
    struct conjs cs = { .n = 0 };
    const struct iov_subtable *sub;
    size_t n_looked_at = 0;

    HMAP_FOR_EACH (sub, node, &table->subtables) {
        for (uint32_t i = 0; sub->n_conj && i < sub->slab.n_slots; i++) {
            struct iov_candidate c = flow_at(sub, i);
            if (++n_looked_at > MAX_LOOKED_AT || cs.overflow) {
                return false;
            }
            conjs_add_flow(&cs, table, &c, cube);
        }
    }
    if (cs.overflow) {
        return false;
    }
    conjs_get_ids(&cs, idsp, n);
    return true;
}
