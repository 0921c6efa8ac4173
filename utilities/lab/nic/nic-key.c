// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Matches.  A rule's match is a key and a mask in a structure that the
 * kernel's own dissector can fill from a frame, so holding a frame against a
 * rule is a comparison of longs under a mask.
 *
 * cls_flower keeps the addresses of both families in one place and gives every
 * rule that matches on an address both keys.  Here each family has a place of
 * its own, and only the one that the rule names counts.
 * "control.thoff", which differs from frame to frame, has no mask ever.
 */

#include "nic-table.h"

struct member {
    enum flow_dissector_key_id id;
    u16 offset, size;
};

struct field {
    const char *name;
    const char *refusal;        /* Text for the user. */
    u16 offset, size;
};

struct other {
    enum flow_dissector_key_id id;
    const char *refusal;
};

#define SIZE(MEMBER) sizeof(((struct iov_key *) NULL)->MEMBER)
#define REFUSAL(NAME) KBUILD_MODNAME ": this NIC cannot match on " NAME "."

static const struct member members[] = {
#define KEY(ID, MEMBER) { FLOW_DISSECTOR_KEY_##ID, \
        offsetof(struct iov_key, MEMBER), SIZE(MEMBER) },
#define FIELD(NAME, MEMBER)
#define OTHER(ID, NAME)
#include "nic-key.def"
};

static const struct field fields[] = {
#define KEY(ID, MEMBER)
#define FIELD(NAME, MEMBER) { NAME, REFUSAL(NAME), \
        offsetof(struct iov_key, MEMBER), SIZE(MEMBER) },
#define OTHER(ID, NAME)
#include "nic-key.def"
};

static const struct other others[] = {
#define KEY(ID, MEMBER)
#define FIELD(NAME, MEMBER)
#define OTHER(ID, NAME) { FLOW_DISSECTOR_KEY_##ID, REFUSAL(NAME) },
#include "nic-key.def"
};

static struct flow_dissector dissector;

/* Prepares the dissector.  Called once, when the module is loaded. */
void
iov_key_init(void)
{
    struct flow_dissector_key table[ARRAY_SIZE(members)];
    int i;

    for (i = 0; i < ARRAY_SIZE(members); i++) {
        table[i].key_id = members[i].id;
        table[i].offset = members[i].offset;
    }
    skb_flow_dissector_init(&dissector, table, ARRAY_SIZE(table));
}

static int
refuse(struct netlink_ext_ack *extack, const char *text)
{
    if (extack) {
        extack->_msg = text;
    }
    return -EOPNOTSUPP;
}

/* Refuses keys for which struct iov_key has no place. */
static int
refuse_others(u64 ids, struct netlink_ext_ack *extack)
{
    int i;

    for (i = 0; i < ARRAY_SIZE(others); i++) {
        if (ids & BIT_ULL(others[i].id)) {
            return refuse(extack, others[i].refusal);
        }
    }
    return ids ? refuse(extack, REFUSAL("one of the keys")) : 0;
}

/* Refuses fields that the parameter "refuse" names. */
static int
refuse_fields(const struct iov_key *mask, struct netlink_ext_ack *extack)
{
    int i;

    for (i = 0; i < ARRAY_SIZE(fields); i++) {
        const struct field *f = &fields[i];

        if (memchr_inv((const u8 *) mask + f->offset, 0, f->size)
            && iov_refuses(f->name)) {
            return refuse(extack, f->refusal);
        }
    }
    return 0;
}

/* Masks the key and notes which longs have to be compared. */
static void
finish_match(struct iov_match *m)
{
    unsigned long *key = (unsigned long *) &m->key;
    const unsigned long *mask = (const unsigned long *) &m->mask;
    int i;

    m->first = m->end = 0;
    for (i = 0; i < IOV_KEY_LONGS; i++) {
        key[i] &= mask[i];
        if (mask[i]) {
            m->first = m->end ? m->first : i;
            m->end = i + 1;
        }
    }
}

/* Takes back what was copied of the addresses of the family that the rule is
 * not about. */
static void
forget_other_family(struct iov_match *m)
{
    if (m->key.control.addr_type != FLOW_DISSECTOR_KEY_IPV4_ADDRS) {
        memset(&m->mask.ipv4, 0, sizeof(m->mask.ipv4));
    }
    if (m->key.control.addr_type != FLOW_DISSECTOR_KEY_IPV6_ADDRS) {
        memset(&m->mask.ipv6, 0, sizeof(m->mask.ipv6));
    }
}

/* Takes over the match of 'rule', whose memory is the caller's, or refuses it
 * with a text in 'extack'. */
int
iov_match_parse(struct iov_match *m, const struct flow_rule *rule,
                struct netlink_ext_ack *extack)
{
    const struct flow_dissector *d = rule->match.dissector;
    u64 left = d->used_keys;
    int error, i;

    memset(m, 0, sizeof(*m));
    for (i = 0; i < ARRAY_SIZE(members); i++) {
        const struct member *k = &members[i];

        if (left & BIT_ULL(k->id)) {
            memcpy((u8 *) &m->key + k->offset,
                   (u8 *) rule->match.key + d->offset[k->id], k->size);
            memcpy((u8 *) &m->mask + k->offset,
                   (u8 *) rule->match.mask + d->offset[k->id], k->size);
            left &= ~BIT_ULL(k->id);
        }
    }
    m->mask.control.thoff = 0;
    forget_other_family(m);
    error = refuse_others(left, extack);
    if (!error) {
        error = refuse_fields(&m->mask, extack);
    }
    finish_match(m);
    return error;
}

/* Fills 'key' from a frame in the form described in nic.h. */
void
iov_key_of(struct iov_key *key, struct sk_buff *skb)
{
    memset(key, 0, sizeof(*key));
    key->basic.n_proto = skb_protocol(skb, false);
    skb_flow_dissect(skb, &dissector, key, FLOW_DISSECTOR_F_STOP_BEFORE_ENCAP);
}

bool
iov_match_fits(const struct iov_match *m, const struct iov_key *key)
{
    const unsigned long *want = (const unsigned long *) &m->key;
    const unsigned long *mask = (const unsigned long *) &m->mask;
    const unsigned long *have = (const unsigned long *) key;
    int i;

    for (i = m->first; i < m->end; i++) {
        if ((have[i] & mask[i]) != want[i]) {
            return false;
        }
    }
    return true;
}
