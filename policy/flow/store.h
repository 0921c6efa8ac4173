/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_FLOW_STORE_H
#define IOV_POLICY_FLOW_STORE_H 1

/* How the flows of a subtable lie in memory: a million of them are to take
 * less than 100 bytes each, with all that is needed to find them.
 *
 * Flows of one subtable have equal masks, so that only those bytes of their
 * values are kept in which the mask has a bit.  They lie in blocks and have
 * numbers; what finds them works with numbers, which take half of a pointer.
 * No step takes longer the more flows there are: hash tables grow by one
 * bucket at a time.
 *
 * Words are read 8 bytes at a time, past the end of a flow, which is why
 * blocks are a little longer than the flows in them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/match.h"
#include "util.h"

struct iov_acts;

#define IOV_NO_ITEM UINT32_MAX

/* A flow; its address does not change. */
struct iov_flow {
    struct iov_acts *acts;      /* Null in a slot that is free. */
    uint64_t cookie;
    uint32_t number;            /* In its subtable. */
    uint16_t priority;
    uint8_t values[];           /* Packed. */
};

/* A word of a mask. */
struct iov_mask_word {
    uint64_t mask;
    uint8_t pos;                /* Position in struct iov_words. */
    uint8_t idx;                /* Index in struct flow. */
    uint8_t shift;              /* Bits below the first byte of the mask. */
    uint8_t len;                /* Bytes from there to the last of it. */
};

/* Bytes that packed values take at most, with those read past the end. */
#define IOV_PACKED_MAX (FLOW_U64S * 8 + 8)

/* Sets 'shift' and 'len' from the mask, which is not 0, of word 'idx' of
 * struct flow. */
void iov_mask_word_init(struct iov_mask_word *, uint8_t idx, uint64_t mask);

static inline uint64_t
iov_little_endian(uint64_t x)
{
#ifdef WORDS_BIGENDIAN
    return __builtin_bswap64(x);
#else
    return x;
#endif
}

/* Returns the word that is packed at 'p'; only its bits in the mask count. */
static inline uint64_t
iov_unpack_word(const struct iov_mask_word *w, const uint8_t *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof x);
    return iov_little_endian(x) << w->shift;
}

/* Writes 8 bytes, of which 'w->len' count. */
static inline void
iov_pack_word(const struct iov_mask_word *w, uint64_t value, uint8_t *p)
{
    uint64_t x = iov_little_endian(value >> w->shift);

    memcpy(p, &x, sizeof x);
}

/* Blocks of flows.  The first has IOV_SLAB_FIRST of them; with each further
 * one up to IOV_SLAB_BIG the number of all doubles, and then each has as
 * many. */
enum { IOV_SLAB_FIRST = 4, IOV_SLAB_BIG = 1024 };
struct iov_slab {
    size_t stride;              /* Bytes from flow to flow. */
    uint8_t **blocks;
    size_t n_blocks, allocated;
    uint32_t n_slots;           /* Ever used. */
    uint32_t free;              /* First free slot, or IOV_NO_ITEM. */
};

void iov_slab_init(struct iov_slab *, size_t n_bytes);
/* The flows go with it. */
void iov_slab_destroy(struct iov_slab *);
/* Returns a flow of which only 'number' is set. */
struct iov_flow *iov_slab_alloc(struct iov_slab *);
void iov_slab_free(struct iov_slab *, struct iov_flow *);

/* Flow 'number', or a free slot. */
static inline struct iov_flow *
iov_slab_get(const struct iov_slab *slab, uint32_t number)
{
    size_t block, offset;

    if (number < IOV_SLAB_FIRST) {
        block = 0;
        offset = number;
    } else if (number < IOV_SLAB_BIG) {
        block = log_2_floor(number) - 1;
        offset = number - (UINT32_C(1) << (block + 1));
    } else {
        block = 8 + number / IOV_SLAB_BIG;
        offset = number % IOV_SLAB_BIG;
    }
    return (struct iov_flow *) ALIGNED_CAST(
        void *, slab->blocks[block] + offset * slab->stride);
}

/* A hash table of numbers. */
struct iov_chain_link {
    uint32_t next;
    uint32_t hash;
};
struct iov_chains {
    uint32_t *heads;
    size_t n_heads, allocated_heads;
    uint32_t mask;              /* One less than a power of 2. */
    struct iov_chain_link *links;       /* By number. */
    size_t allocated_links;
    size_t n;
};

void iov_chains_init(struct iov_chains *);
void iov_chains_destroy(struct iov_chains *);
void iov_chains_insert(struct iov_chains *, uint32_t item, uint32_t hash);
void iov_chains_remove(struct iov_chains *, uint32_t item);
/* The first and the next item with 'hash', or IOV_NO_ITEM. */
uint32_t iov_chains_first(const struct iov_chains *, uint32_t hash);
uint32_t iov_chains_next(const struct iov_chains *, uint32_t item);

#endif /* policy/flow/store.h */
