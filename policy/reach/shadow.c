/* SPDX-License-Identifier: Apache-2.0 */

/* Subtracts sets of packets from a set of packets.
 *
 * What is left of a cube after another was taken away is not a cube, but one
 * for each bit that the other looks at: those packets that differ in that bit
 * and agree in the bits before.  Each has to be taken away by the rest of the
 * list, which can take very long, so that the work is bounded. */

#include <config.h>

#include "policy/reach/shadow.h"

#include <string.h>

#include "policy/flow/index.h"
#include "util.h"

static bool
shadow_meets(const struct iov_shadow *h, const struct iov_cube *cube)
{
    for (size_t i = 0; i < h->n_words; i++) {
        const struct iov_bits *a = &h->words[i].bits;
        const struct iov_bits *b = &cube->w[h->words[i].pos];
        if ((a->value ^ b->value) & a->mask & b->mask) {
            return false;
        }
    }
    return true;
}

/* Returns true if each packet of 'cube' is one of those of the 'n' shadows in
 * 'list', from the last on. */
static bool
is_covered(const struct iov_words *words, const struct iov_cube *cube,
           const struct iov_shadow *const list[], size_t n, size_t *budget)
{
    while (n && !shadow_meets(list[n - 1], cube)) {
        n--;
    }
    if (!n || !*budget) {
        return false;
    }
    --*budget;

    const struct iov_shadow *h = list[n - 1];
    struct iov_cube rest, other;
    iov_cube_copy(&rest, cube, words);
    for (size_t i = 0; i < h->n_words; i++) {
        struct iov_bits *bits = &rest.w[h->words[i].pos];
        uint64_t missing = h->words[i].bits.mask & ~bits->mask;

        for (; missing; missing &= missing - 1) {
            uint64_t bit = missing & -missing;
            uint64_t value = h->words[i].bits.value & bit;

            iov_cube_copy(&other, &rest, words);
            iov_bits_set(&other.w[h->words[i].pos], ~value, bit);
            if (!is_covered(words, &other, list, n - 1, budget)) {
                return false;
            }
            iov_bits_set(bits, value, bit);
        }
    }
    return true;
}

/* Returns true if packets that match 'h' are sure not to have passed it. */
static bool
is_there(const struct iov_shadow *h, const struct iov_past *p, bool lasting)
{
    return h->priority > p->priority && !(lasting && h->acts->idles);
}

/* Returns true if 'h', of a lookup before the last one, still tells what
 * packets there are. */
static bool
still_holds(const struct iov_shadow *h, const struct iov_changed *changed)
{
    bool holds = h->lasting;

    for (size_t i = 0; holds && i < h->n_words; i++) {
        holds = !iov_changed_has(changed, h->words[i].pos);
    }
    return holds;
}

bool
iov_past_hides(const struct iov_passed *passed, const struct iov_words *words,
               const struct iov_cube *cube, size_t *budget)
{
    const struct iov_shadow *list[IOV_MAX_SHADOWS];
    size_t n = 0;

    for (const struct iov_past *p = passed->past; p; p = p->up) {
        for (size_t i = 0; i < p->n && n < IOV_MAX_SHADOWS; i++) {
            const struct iov_shadow *h = &p->shadows[i];
            if (is_there(h, p, passed->lasting) && shadow_meets(h, cube)
                && (p == passed->past || still_holds(h, passed->changed))) {
                list[n++] = h;
            }
        }
    }
    /* The first of them look at the fewest bits. */
    for (size_t i = 0; i < n / 2; i++) {
        const struct iov_shadow *h = list[i];
        list[i] = list[n - 1 - i];
        list[n - 1 - i] = h;
    }
    return n && is_covered(words, cube, list, n, budget);
}

static bool
looks_at(const struct iov_shadow *h, uint8_t pos)
{
    for (size_t i = 0; i < h->n_words; i++) {
        if (h->words[i].pos == pos) {
            return true;
        }
    }
    return false;
}

struct iov_shadow *
iov_past_headers(const struct iov_passed *passed, uint8_t pos, size_t *n)
{
    struct iov_shadow *list = xmalloc(IOV_MAX_SHADOWS * sizeof *list);

    *n = 0;
    for (const struct iov_past *p = passed->past; p; p = p->up) {
        for (size_t i = 0; i < p->n && *n < IOV_MAX_SHADOWS; i++) {
            const struct iov_shadow *h = &p->shadows[i];
            if (is_there(h, p, passed->lasting) && !looks_at(h, pos)
                && still_holds(h, passed->changed)) {
                list[(*n)++] = *h;
            }
        }
    }
    return list;
}
