/* SPDX-License-Identifier: Apache-2.0 */

/* Rules as sets of packets: see rule-text.c for their text.
 *
 * Matches are compared over the whole key, whatever the fields in it, because
 * a bit that is not matched on is 0 in value and mask.  Lists are compared
 * rule by rule with each other, so that this has to be fast: it takes 8 bytes
 * at a time, the last of which overlap with those before. */

#include <config.h>

#include "policy/model/rule.h"

#include <string.h>

#include "util.h"

#define KEY_LEN sizeof(struct iov_rule_key)
#define N_CHUNKS DIV_ROUND_UP(KEY_LEN, sizeof(uint64_t))

static const struct iov_rule_field_info fields[] = {
#define FIELD(ENUM, MEMBER, BITS, FORMAT, NEEDS)                        \
    { #MEMBER, BITS, offsetof(struct iov_rule_key, MEMBER),                  \
      MEMBER_SIZEOF(struct iov_rule_key, MEMBER), IOV_RULE_##NEEDS },
#include "policy/model/rule-field.def"
#undef FIELD
};

const struct iov_rule_field_info *
iov_rule_field_info(enum iov_rule_field field)
{
    return &fields[field];
}

bool
iov_rule_field_from_name(const char *name, enum iov_rule_field *field)
{
    for (size_t i = 0; i < IOV_RULE_N_FIELDS; i++) {
        if (!strcmp(name, fields[i].name)) {
            *field = i;
            return true;
        }
    }
    return false;
}

void
iov_rule_match_init(struct iov_rule_match *match)
{
    memset(match, 0, sizeof *match);
}

/* Returns 8 bytes of 'key': those of chunk number 'i'. */
static uint64_t
chunk(const struct iov_rule_key *key, size_t i)
{
    uint64_t x;

    memcpy(&x, (const uint8_t *) key + MIN(i * sizeof x, KEY_LEN - sizeof x),
           sizeof x);
    return x;
}

static uint8_t *
bytes(struct iov_rule_key *key)
{
    return (uint8_t *) key;
}

static const uint8_t *
const_bytes(const struct iov_rule_key *key)
{
    return (const uint8_t *) key;
}

/* Returns the bits that byte number 'i' of 'field' has at most. */
static uint8_t
byte_mask(const struct iov_rule_field_info *field, size_t i)
{
    unsigned int n_unused = field->len * 8 - field->n_bits;

    return i ? 0xff : 0xff >> n_unused;
}

enum iov_rule_part
iov_rule_match_part(const struct iov_rule_match *match,
                    enum iov_rule_field field)
{
    const struct iov_rule_field_info *f = &fields[field];
    const uint8_t *mask = const_bytes(&match->mask) + f->ofs;
    bool any = false, all = true;

    for (size_t i = 0; i < f->len; i++) {
        any |= mask[i] != 0;
        all &= mask[i] == byte_mask(f, i);
    }
    return (all ? IOV_RULE_PART_ALL : any ? IOV_RULE_PART_SOME
            : IOV_RULE_PART_NONE);
}

void
iov_rule_match_set(struct iov_rule_match *match, enum iov_rule_field field,
                   const void *value)
{
    const struct iov_rule_field_info *f = &fields[field];
    const uint8_t *v = value;

    for (size_t i = 0; i < f->len; i++) {
        bytes(&match->mask)[f->ofs + i] = byte_mask(f, i);
        bytes(&match->value)[f->ofs + i] = v[i] & byte_mask(f, i);
    }
}

void
iov_rule_match_set_uint(struct iov_rule_match *match,
                        enum iov_rule_field field, uint32_t value)
{
    uint8_t v[MEMBER_SIZEOF(struct iov_rule_key, ipv6_src)] = { 0 };

    for (size_t i = fields[field].len; i-- > 0; value >>= 8) {
        v[i] = value & 0xff;
    }
    iov_rule_match_set(match, field, v);
}

void
iov_rule_match_forget(struct iov_rule_match *match, enum iov_rule_field field)
{
    const struct iov_rule_field_info *f = &fields[field];

    memset(bytes(&match->mask) + f->ofs, 0, f->len);
    memset(bytes(&match->value) + f->ofs, 0, f->len);
}

bool
iov_rule_match_overlaps(const struct iov_rule_match *a,
                        const struct iov_rule_match *b)
{
    for (size_t i = 0; i < N_CHUNKS; i++) {
        if ((chunk(&a->value, i) ^ chunk(&b->value, i))
            & chunk(&a->mask, i) & chunk(&b->mask, i)) {
            return false;
        }
    }
    return true;
}

bool
iov_rule_match_narrow(struct iov_rule_match *match,
                      const struct iov_rule_match *other)
{
    uint8_t *v = bytes(&match->value), *m = bytes(&match->mask);

    if (!iov_rule_match_overlaps(match, other)) {
        return false;
    }
    for (size_t i = 0; i < KEY_LEN; i++) {
        v[i] |= const_bytes(&other->value)[i];
        m[i] |= const_bytes(&other->mask)[i];
    }
    return true;
}

bool
iov_rule_match_is_within(const struct iov_rule_match *match,
                         const struct iov_rule_match *other)
{
    for (size_t i = 0; i < N_CHUNKS; i++) {
        if (chunk(&other->mask, i) & ~chunk(&match->mask, i)) {
            return false;
        }
    }
    return iov_rule_match_overlaps(match, other);
}

bool
iov_rule_match_is_any(const struct iov_rule_match *match)
{
    return is_all_zeros(&match->mask, sizeof match->mask);
}

bool
iov_rule_match_has(const struct iov_rule_match *match,
                   const struct iov_rule_key *packet)
{
    for (size_t i = 0; i < N_CHUNKS; i++) {
        if ((chunk(&match->value, i) ^ chunk(packet, i))
            & chunk(&match->mask, i)) {
            return false;
        }
    }
    return true;
}
