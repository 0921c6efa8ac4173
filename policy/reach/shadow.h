/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_SHADOW_H
#define IOV_POLICY_REACH_SHADOW_H 1

/* Packets that did not come this way, because flows of higher priority took
 * them, in this table or in one before.
 *
 * Each lookup has a list of flows that take some of its packets ("shadows"); a
 * path remembers the lookups it went through and the priority of the flow it
 * left them by.  Packets are hidden if all those lists together leave none of
 * them over. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/match.h"
#include "util.h"

struct iov_cube;
struct iov_shadow;
struct iov_words;

/* Words, by position in struct iov_words, that were written since packets came
 * in: what earlier lookups found there does not hold any more. */
struct iov_changed {
    uint64_t bits[DIV_ROUND_UP(FLOW_U64S, 64)];
};
static inline void
iov_changed_add(struct iov_changed *c, uint8_t pos)
{
    c->bits[pos / 64] |= UINT64_C(1) << (pos % 64);
}
static inline bool
iov_changed_has(const struct iov_changed *c, uint8_t pos)
{
    return (c->bits[pos / 64] >> (pos % 64)) & 1;
}

/* A lookup that a path went through. */
struct iov_past {
    const struct iov_past *up;
    const struct iov_shadow *shadows;
    size_t n;
    int priority;               /* Flows of more than that were passed by. */
};

/* Packets that went through lookups. */
struct iov_passed {
    const struct iov_past *past;        /* The last one first. */
    const struct iov_changed *changed;
    bool lasting;               /* As in struct iov_walk_order. */
};

/* Returns true if no packet of 'cube' is left over by the lookups of 'passed',
 * the last of which is the one that 'cube' is in.  Takes from '*budget', and
 * returns false when it is used up. */
bool iov_past_hides(const struct iov_passed *passed, const struct iov_words *,
                    const struct iov_cube *cube, size_t *budget);

/* Returns, to be freed, the shadows of 'passed' that concern packets as far as
 * they can be seen from outside, the word at 'pos' left out; '*n' of them. */
struct iov_shadow *iov_past_headers(const struct iov_passed *passed,
                                   uint8_t pos, size_t *n);

#endif /* policy/reach/shadow.h */
