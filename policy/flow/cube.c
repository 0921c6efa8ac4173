/* SPDX-License-Identifier: Apache-2.0 */

/* Sets of packets of which some bits are known.
 *
 * Tunnel options ("tun_metadata") have no fixed place in struct flow, each
 * flow may use another one.  Their words are never known here, so that a flow
 * that matches on them may match, but covers nothing. */

#include <config.h>

#include "policy/flow/cube.h"

#include <string.h>

#include "flow.h"
#include "openvswitch/meta-flow.h"
#include "packets.h"
#include "util.h"

void
iov_words_init(struct iov_words *words)
{
    words->n = 0;
    memset(words->pos, IOV_NO_WORD, sizeof words->pos);
}

uint8_t
iov_words_add(struct iov_words *words, uint8_t idx)
{
    if (words->pos[idx] == IOV_NO_WORD) {
        words->pos[idx] = words->n;
        words->idx[words->n++] = idx;
    }
    return words->pos[idx];
}

void
iov_cube_init(struct iov_cube *cube, const struct iov_words *words,
              const struct match *match)
{
    for (size_t i = 0; i < words->n; i++) {
        uint64_t mask = flow_u64_value(&match->wc.masks, words->idx[i]);
        cube->w[i].value = flow_u64_value(&match->flow, words->idx[i]) & mask;
        cube->w[i].mask = mask;
    }
}

void
iov_cube_copy(struct iov_cube *dst, const struct iov_cube *src,
              const struct iov_words *words)
{
    memcpy(dst->w, src->w, words->n * sizeof src->w[0]);
}

void
iov_cube_widen(struct iov_cube *hull, const struct iov_cube *cube,
               const struct iov_words *words)
{
    for (size_t i = 0; i < words->n; i++) {
        struct iov_bits *h = &hull->w[i];
        const struct iov_bits *b = &cube->w[i];
        iov_bits_forget(h, ~b->mask | (h->value ^ b->value));
    }
}

/* Makes the bits of word 'idx' of struct flow known that are in 'mask'. */
static void
set_word(struct iov_cube *cube, const struct iov_words *words, size_t idx,
         const struct flow *value, const struct flow *mask)
{
    uint8_t pos = words->pos[idx];

    if (pos != IOV_NO_WORD) {
        iov_bits_set(&cube->w[pos], flow_u64_value(value, idx),
                     flow_u64_value(mask, idx));
    }
}

void
iov_cube_set_in_port(struct iov_cube *cube, const struct iov_words *words,
                     ofp_port_t in_port)
{
    struct flow value = { .in_port.ofp_port = in_port };
    struct flow mask = { .in_port.ofp_port = u16_to_ofp(UINT16_MAX) };

    set_word(cube, words, FLOW_U64_OFFSET(in_port), &value, &mask);
}

/* The word of struct flow that has the conj_id, as if there was nothing else
 * in it. */
static uint64_t
conj_id_word(uint32_t conj_id)
{
    static const struct flow mask = { .conj_id = UINT32_MAX };

    return (flow_u64_value(&mask, FLOW_U64_OFFSET(conj_id))
            & ((uint64_t) conj_id << 32 | conj_id));
}

void
iov_cube_set_conj_id(struct iov_cube *cube, const struct iov_words *words,
                     uint32_t conj_id)
{
    uint8_t pos = words->pos[FLOW_U64_OFFSET(conj_id)];

    if (pos != IOV_NO_WORD) {
        iov_bits_set(&cube->w[pos], conj_id_word(conj_id),
                     conj_id_word(UINT32_MAX));
    }
}

void
iov_cube_forget_conj_id(struct iov_cube *cube, const struct iov_words *words)
{
    uint8_t pos = words->pos[FLOW_U64_OFFSET(conj_id)];

    if (pos != IOV_NO_WORD) {
        iov_bits_forget(&cube->w[pos], conj_id_word(UINT32_MAX));
    }
}

bool
iov_cube_may_have_conj_id(const struct iov_cube *cube,
                          const struct iov_words *words, uint32_t conj_id)
{
    uint8_t pos = words->pos[FLOW_U64_OFFSET(conj_id)];

    return (pos == IOV_NO_WORD
            || !((cube->w[pos].value ^ conj_id_word(conj_id))
                 & cube->w[pos].mask & conj_id_word(UINT32_MAX)));
}

/* Sets '*value' and '*mask' to what is known of packets of 'cube'. */
static void
get_known(const struct iov_cube *cube, const struct iov_words *words,
          const struct match *packets, struct flow *value, struct flow *mask)
{
    memset(value, 0, sizeof *value);
    memset(mask, 0, sizeof *mask);
    for (size_t i = 0; i < FLOW_U64S; i++) {
        uint8_t pos = words->pos[i];
        if (pos != IOV_NO_WORD) {
            *flow_u64_lvalue(value, i) = cube->w[pos].value;
            *flow_u64_lvalue(mask, i) = cube->w[pos].mask;
        } else if (i >= FLOW_U64_OFFSET(dl_dst)
                   || i == FLOW_U64_OFFSET(in_port)) {
            *flow_u64_lvalue(value, i) = flow_u64_value(&packets->flow, i);
            *flow_u64_lvalue(mask, i) = flow_u64_value(&packets->wc.masks,
                                                       i);
        }
    }
}

/* Makes '*out' a flow of which 'dst' has the bits that 'src' has in 'in'. */
static void
copy_subfield(const struct mf_subfield *src, const struct flow *in,
              const struct mf_subfield *dst, struct flow *out)
{
    union mf_subvalue bits;

    memset(out, 0, sizeof *out);
    mf_read_subfield(src, in, &bits);
    mf_write_subfield_flow(dst, &bits, out);
}

/* Copies the tags in word 'from' to 'to', the one at 'i' to 'j'. */
static uint64_t
copy_tag(uint64_t from, size_t i, uint64_t to, size_t j)
{
    union flow_vlan_hdr a[FLOW_MAX_VLAN_HEADERS], b[FLOW_MAX_VLAN_HEADERS];

    BUILD_ASSERT_DECL(sizeof a == sizeof from);
    memcpy(a, &from, sizeof a);
    memcpy(b, &to, sizeof b);
    b[j] = a[i];
    memcpy(&to, b, sizeof b);
    return to;
}

struct iov_bits
iov_bits_push_vlan(struct iov_bits vlans, ovs_be16 tpid)
{
    static const struct flow mask = { .vlans[0].qtag = OVS_BE32_MAX };
    struct flow value = { .vlans[0].tpid = tpid };

    value.vlans[0].tci = htons(VLAN_CFI);
    return (struct iov_bits) {
        copy_tag(vlans.value, 0,
                 flow_u64_value(&value, FLOW_U64_OFFSET(vlans)), 1),
        copy_tag(vlans.mask, 0,
                 flow_u64_value(&mask, FLOW_U64_OFFSET(vlans)), 1),
    };
}

struct iov_bits
iov_bits_pop_vlan(struct iov_bits vlans)
{
    static const struct flow mask = { .vlans[1].qtag = OVS_BE32_MAX };

    return (struct iov_bits) {
        copy_tag(vlans.value, 1, 0, 0),
        copy_tag(vlans.mask, 1,
                 flow_u64_value(&mask, FLOW_U64_OFFSET(vlans)), 0),
    };
}

void
iov_cube_move(struct iov_cube *cube, const struct iov_words *words,
              const struct match *packets, const struct mf_subfield *src,
              const struct mf_subfield *dst)
{
    struct flow value, mask, new_value, new_mask, all;
    union mf_subvalue ones;

    get_known(cube, words, packets, &value, &mask);
    copy_subfield(src, &value, dst, &new_value);
    copy_subfield(src, &mask, dst, &new_mask);
    memset(&ones, 0xff, sizeof ones);
    memset(&all, 0, sizeof all);
    mf_write_subfield_flow(dst, &ones, &all);
    for (size_t i = 0; i < words->n; i++) {
        size_t idx = words->idx[i];
        iov_bits_forget(&cube->w[i], flow_u64_value(&all, idx));
        iov_bits_set(&cube->w[i], flow_u64_value(&new_value, idx),
                     flow_u64_value(&new_mask, idx));
    }
}
