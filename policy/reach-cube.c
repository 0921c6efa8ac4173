/* SPDX-License-Identifier: Apache-2.0 */

/* Sets of packets of which some bits are known.
 *
 * The subtle thing: tunnel options ("tun_metadata") have no fixed place in
 * struct flow, each flow may use another one.  Their words are never known
 * here, so that a flow that matches on them may match, but covers nothing. */

#include <config.h>

#include "policy/reach-cube.h"

#include <string.h>

#include "flow.h"
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
