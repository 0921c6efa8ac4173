/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_RULE_H
#define IOV_POLICY_MODEL_RULE_H 1

/* A rule for the flow table of a NIC: match and action, as plain data.
 *
 * policy/compile makes lists of rules from a bridge's OpenFlow tables; an
 * e-switch class encodes them for its NIC.  A list belongs to the port by
 * which the packets come, so that this port is not part of a rule.  The first
 * rule of a list that matches a packet decides; a packet that none matches
 * goes to software.
 *
 * As text (iov_rule_format(), iov_rule_parse()):
 *
 *     MATCH ACTION
 *
 *     eth_type=0x0800,ip_proto=6,tp_dst=22 drop
 *     vlan_tpid=0x8100,vlan_id=5,eth_dst=52:54:00:00:00:02 pop_vlan,forward:2
 *     eth_type=0x0800,ipv4_src=10.0.0.0/255.0.0.0 push_vlan:5,forward:10
 *     any software */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ds;

enum iov_rule_field {
#define FIELD(ENUM, MEMBER, BITS, FORMAT, NEEDS) IOV_RULE_##ENUM,
#include "policy/model/rule-field.def"
#undef FIELD
    IOV_RULE_N_FIELDS
};
#define IOV_RULE_NOTHING IOV_RULE_N_FIELDS

/* All fields, one after the other and without gaps. */
struct iov_rule_key {
#define FIELD(ENUM, MEMBER, BITS, FORMAT, NEEDS)        \
    uint8_t MEMBER[(BITS + 7) / 8];
#include "policy/model/rule-field.def"
#undef FIELD
};

struct iov_rule_field_info {
    const char *name;
    unsigned int n_bits;
    size_t ofs, len;            /* In struct iov_rule_key, in bytes. */
    enum iov_rule_field needs;  /* Or IOV_RULE_NOTHING. */
};
const struct iov_rule_field_info *iov_rule_field_info(enum iov_rule_field);
/* Returns false if there is no field of that name. */
bool iov_rule_field_from_name(const char *name, enum iov_rule_field *);

/* Packets of which the bits in 'mask' are those of 'value', which is 0
 * elsewhere. */
struct iov_rule_match {
    struct iov_rule_key value, mask;
};

enum iov_rule_action {
    IOV_RULE_DROP, IOV_RULE_SOFTWARE, IOV_RULE_FORWARD
};

struct iov_rule {
    struct iov_rule_match match;
    enum iov_rule_action action;
    uint32_t port;              /* FORWARD: to this OpenFlow port... */
    bool pop_vlan;              /* ...without the outermost tag... */
    uint16_t push_vlan;         /* ...with a tag of this VLAN, unless 0. */
};

/* What the flow table of a NIC can do, found out by asking it. */
enum iov_rule_can {
    IOV_RULE_CANNOT,
    IOV_RULE_CAN_EXACT,         /* Match on the field as a whole. */
    IOV_RULE_CAN_MASK           /* Or on any bits of it. */
};
struct iov_rule_caps {
    enum iov_rule_can fields[IOV_RULE_N_FIELDS];
    bool drop, software, forward, pop_vlan, push_vlan;
    size_t max_rules;           /* Of one list. */
};

/* Makes 'match' all packets. */
void iov_rule_match_init(struct iov_rule_match *);

/* How much of a field is matched on. */
enum iov_rule_part { IOV_RULE_PART_NONE, IOV_RULE_PART_SOME,
                     IOV_RULE_PART_ALL };
enum iov_rule_part iov_rule_match_part(const struct iov_rule_match *,
                                       enum iov_rule_field);
/* Makes 'match' match on a field as a whole, or no more. */
void iov_rule_match_set(struct iov_rule_match *, enum iov_rule_field,
                        const void *value);
void iov_rule_match_set_uint(struct iov_rule_match *, enum iov_rule_field,
                             uint32_t value);
void iov_rule_match_forget(struct iov_rule_match *, enum iov_rule_field);

/* Makes 'match' those of its packets that are also in 'other'.  Returns false
 * if there are none; 'match' is not to be used then. */
bool iov_rule_match_narrow(struct iov_rule_match *,
                           const struct iov_rule_match *other);
/* Returns true if there can be a packet that is in both. */
bool iov_rule_match_overlaps(const struct iov_rule_match *,
                             const struct iov_rule_match *);
/* Returns true if all packets of 'match' are in 'other', too. */
bool iov_rule_match_is_within(const struct iov_rule_match *match,
                              const struct iov_rule_match *other);
bool iov_rule_match_is_any(const struct iov_rule_match *);
/* Returns true if a packet with these fields is in 'match'. */
bool iov_rule_match_has(const struct iov_rule_match *,
                        const struct iov_rule_key *packet);

void iov_rule_match_format(const struct iov_rule_match *, struct ds *);
void iov_rule_format(const struct iov_rule *, struct ds *);
/* Returns null, or what is wrong with 'text', to be freed. */
char *iov_rule_parse(struct iov_rule *, const char *text);

#endif /* policy/model/rule.h */
