/* SPDX-License-Identifier: Apache-2.0 */

/* Blocks of flows, and hash tables of their numbers.
 *
 * The hash table is Litwin's "linear hashing": with each item that is one too
 * many the next bucket in turn is split.
 *
 * Blocks are never given back before the last flow is gone, so that a subtable
 * that has shrunk keeps its memory for new flows. */

#include <config.h>

#include "policy/flow/store.h"

#include <string.h>

void
iov_mask_word_init(struct iov_mask_word *w, uint8_t idx, uint64_t mask)
{
    unsigned int low = ctz64(mask) / 8;
    unsigned int high = (63 - clz64(mask)) / 8;

    w->mask = mask;
    w->idx = idx;
    w->shift = low * 8;
    w->len = high - low + 1;
}

void
iov_slab_init(struct iov_slab *slab, size_t n_bytes)
{
    memset(slab, 0, sizeof *slab);
    slab->stride = ROUND_UP(offsetof(struct iov_flow, values) + n_bytes,
                            __alignof__(struct iov_flow));
    slab->free = IOV_NO_ITEM;
}

void
iov_slab_destroy(struct iov_slab *slab)
{
    for (size_t i = 0; i < slab->n_blocks; i++) {
        free(slab->blocks[i]);
    }
    free(slab->blocks);
}

static void
add_block(struct iov_slab *slab)
{
    size_t n = MIN(MAX(slab->n_slots, IOV_SLAB_FIRST), IOV_SLAB_BIG);

    if (slab->n_blocks >= slab->allocated) {
        slab->blocks = x2nrealloc(slab->blocks, &slab->allocated,
                                  sizeof *slab->blocks);
    }
    slab->blocks[slab->n_blocks++] = xmalloc(n * slab->stride + 8);
}

/* True if all blocks are full: their sizes are known from their number. */
static bool
is_full(const struct iov_slab *slab)
{
    uint32_t n = slab->n_slots;

    return (n < IOV_SLAB_BIG ? !n || (n >= IOV_SLAB_FIRST && IS_POW2(n))
            : n % IOV_SLAB_BIG == 0);
}

struct iov_flow *
iov_slab_alloc(struct iov_slab *slab)
{
    struct iov_flow *flow;

    if (slab->free != IOV_NO_ITEM) {
        flow = iov_slab_get(slab, slab->free);
        slab->free = flow->cookie;
    } else {
        if (is_full(slab)) {
            add_block(slab);
        }
        flow = iov_slab_get(slab, slab->n_slots);
        flow->number = slab->n_slots++;
    }
    return flow;
}

void
iov_slab_free(struct iov_slab *slab, struct iov_flow *flow)
{
    flow->acts = NULL;
    flow->cookie = slab->free;
    slab->free = flow->number;
}

void
iov_chains_init(struct iov_chains *c)
{
    memset(c, 0, sizeof *c);
}

void
iov_chains_destroy(struct iov_chains *c)
{
    free(c->heads);
    free(c->links);
}

static uint32_t *
find_head(const struct iov_chains *c, uint32_t hash)
{
    uint32_t i = hash & c->mask;

    return &c->heads[i < c->n_heads ? i : i & (c->mask >> 1)];
}

/* Adds a bucket and moves to it what belongs there. */
static void
split_bucket(struct iov_chains *c)
{
    uint32_t added = c->n_heads;

    if (c->n_heads >= c->allocated_heads) {
        c->heads = x2nrealloc(c->heads, &c->allocated_heads,
                              sizeof *c->heads);
    }
    c->heads[c->n_heads++] = IOV_NO_ITEM;
    if (!added) {
        return;
    }
    if (added > c->mask) {
        c->mask = c->mask * 2 + 1;
    }
    for (uint32_t *p = &c->heads[added & (c->mask >> 1)];
         *p != IOV_NO_ITEM; ) {
        uint32_t item = *p;
        struct iov_chain_link *link = &c->links[item];
        if ((link->hash & c->mask) == added) {
            *p = link->next;
            link->next = c->heads[added];
            c->heads[added] = item;
        } else {
            p = &link->next;
        }
    }
}

void
iov_chains_insert(struct iov_chains *c, uint32_t item, uint32_t hash)
{
    while (item >= c->allocated_links) {
        c->links = x2nrealloc(c->links, &c->allocated_links,
                              sizeof *c->links);
    }
    if (c->n++ >= c->n_heads) {
        split_bucket(c);
    }

    uint32_t *head = find_head(c, hash);
    c->links[item] = (struct iov_chain_link) { *head, hash };
    *head = item;
}

void
iov_chains_remove(struct iov_chains *c, uint32_t item)
{
    uint32_t *p = find_head(c, c->links[item].hash);

    while (*p != item) {
        p = &c->links[*p].next;
    }
    *p = c->links[item].next;
    c->n--;
}

static uint32_t
skip_others(const struct iov_chains *c, uint32_t item, uint32_t hash)
{
    while (item != IOV_NO_ITEM && c->links[item].hash != hash) {
        item = c->links[item].next;
    }
    return item;
}

uint32_t
iov_chains_first(const struct iov_chains *c, uint32_t hash)
{
    return c->n ? skip_others(c, *find_head(c, hash), hash) : IOV_NO_ITEM;
}

uint32_t
iov_chains_next(const struct iov_chains *c, uint32_t item)
{
    return skip_others(c, c->links[item].next, c->links[item].hash);
}
