/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_FLOW_CUBE_H
#define IOV_POLICY_FLOW_CUBE_H 1

/* Sets of packets of which some bits are known and the others free.
 *
 * Only those 64-bit words of struct flow that a flow of the bridge looks at
 * are kept ("words"); what nobody matches on cannot matter.
 *
 * A cube belongs to the words it was made with.  A flow that matches on a new
 * word makes the words grow, so that cubes do not outlive the examination they
 * were made for. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/match.h"

struct mf_subfield;

#define IOV_NO_WORD UINT8_MAX

/* Words of struct flow that are matched on, in order of appearance. */
struct iov_words {
    uint8_t n;
    uint8_t idx[FLOW_U64S];     /* Position to index in struct flow. */
    uint8_t pos[FLOW_U64S];     /* Index to position, or IOV_NO_WORD. */
};

void iov_words_init(struct iov_words *);
/* Returns the position of word 'idx' of struct flow; adds it if needed. */
uint8_t iov_words_add(struct iov_words *, uint8_t idx);

/* Bits of 'mask' are known to be those of 'value', which is 0 elsewhere. */
struct iov_bits {
    uint64_t value, mask;
};

struct iov_cube {
    struct iov_bits w[FLOW_U64S];   /* The first iov_words.n count. */
};

void iov_cube_init(struct iov_cube *, const struct iov_words *,
                   const struct match *);
void iov_cube_copy(struct iov_cube *dst, const struct iov_cube *src,
                   const struct iov_words *);

/* Makes 'hull' a set of packets that contains those of the other one, too. */
void iov_cube_widen(struct iov_cube *hull, const struct iov_cube *,
                    const struct iov_words *);

void iov_cube_set_in_port(struct iov_cube *, const struct iov_words *,
                          ofp_port_t);
void iov_cube_set_conj_id(struct iov_cube *, const struct iov_words *,
                          uint32_t);
void iov_cube_forget_conj_id(struct iov_cube *, const struct iov_words *);
bool iov_cube_may_have_conj_id(const struct iov_cube *,
                               const struct iov_words *, uint32_t);

/* Gives the bits of 'dst' what is known of those of 'src' in 'cube' or, if no
 * flow looks at that header, in 'packets'. */
void iov_cube_move(struct iov_cube *, const struct iov_words *,
                   const struct match *packets, const struct mf_subfield *src,
                   const struct mf_subfield *dst);

/* What is known of the VLAN tags of packets of 'cube' after another tag was
 * put before them, or the outermost was taken away: a word like that of
 * 'vlans' in struct flow. */
struct iov_bits iov_bits_push_vlan(struct iov_bits vlans, ovs_be16 tpid);
struct iov_bits iov_bits_pop_vlan(struct iov_bits vlans);

/* Makes bits known to be 'value', whatever they were. */
static inline void
iov_bits_set(struct iov_bits *b, uint64_t value, uint64_t mask)
{
    b->value = (b->value & ~mask) | (value & mask);
    b->mask |= mask;
}

/* Makes bits unknown. */
static inline void
iov_bits_forget(struct iov_bits *b, uint64_t mask)
{
    b->value &= ~mask;
    b->mask &= ~mask;
}

#endif /* policy/flow/cube.h */
