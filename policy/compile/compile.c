/* SPDX-License-Identifier: Apache-2.0 */

/* From ways to rules.
 *
 * The list of a port has two sections, first tagged packets, then untagged
 * ones, which are what a guard at the end of the first section has left: a NIC
 * cannot ask for "no tag" by itself.  Guards at the head of a section send to
 * software what switch and NIC would not see alike.
 *
 * What a NIC finds in a packet and what Open vSwitch finds there need not be
 * the same.  Open vSwitch sees no ports in later fragments, looks into one tag
 * or two as it is set up to, and takes the type of a frame of IEEE 802.3 from
 * its SNAP header.  Each of these may slip past a rule that should stop it, so
 * that it must not meet a later one that forwards. */

#include <config.h>

#include "policy/compile/compile.h"

#include <string.h>

#include "bitmap.h"
#include "packets.h"
#include "policy/compile/way.h"
#include "policy/flow/table.h"
#include "policy/model/limit.h"
#include "util.h"

struct compiler {
    const struct iov_compile_bridge *bridge;
    const struct iov_compile_port *port;
    struct iov_rule_caps caps;  /* As far as they can be used. */
    struct iov_rule_list *rules;
    bool types;                 /* Some rule looks at the type. */
    bool protocols;             /* Some rule looks behind it. */
    bool tagged;                /* In the section of tagged packets. */
    size_t section;             /* First rule of the section. */
    bool complete;              /* Nothing is left for later rules of the
                                 * section. */
};

static const struct iov_compile_port *
find_port(const struct iov_compile_bridge *b, uint32_t ofport)
{
    for (size_t i = 0; i < b->n_ports; i++) {
        if (b->ports[i].ofport == ofport) {
            return &b->ports[i];
        }
    }
    return NULL;
}

/* Fitting ways to the NIC. */

/* Returns true if the meaning of 'field' depends on the IP header, which
 * fragments make doubtful. */
static bool
is_behind_ip(enum iov_rule_field field)
{
    return (field == IOV_RULE_IP_FRAG || field == IOV_RULE_IP_PROTO
            || iov_rule_field_info(field)->needs == IOV_RULE_IP_PROTO);
}

/* Without a guard against fragments nothing behind the IP header can be looked
 * at. */
static void
init_caps(struct compiler *c)
{
    c->caps = *c->bridge->caps;
    if (c->caps.fields[IOV_RULE_IP_FRAG] == IOV_RULE_CANNOT
        || c->caps.fields[IOV_RULE_ETH_TYPE] == IOV_RULE_CANNOT) {
        for (size_t i = 0; i < IOV_RULE_N_FIELDS; i++) {
            if (is_behind_ip(i)) {
                c->caps.fields[i] = IOV_RULE_CANNOT;
            }
        }
    }
}

/* Returns true if the NIC can match on 'field' as 'match' does. */
static bool
can_match(const struct iov_rule_caps *caps,
          const struct iov_rule_match *match, enum iov_rule_field field)
{
    enum iov_rule_part part = iov_rule_match_part(match, field);
    enum iov_rule_field needs = iov_rule_field_info(field)->needs;

    if (part == IOV_RULE_PART_NONE) {
        return true;
    } else if (needs != IOV_RULE_NOTHING && needs != IOV_RULE_VLAN_TPID
               && iov_rule_match_part(match, needs) != IOV_RULE_PART_ALL) {
        return false;
    }
    return caps->fields[field] >= (part == IOV_RULE_PART_ALL
                                   ? IOV_RULE_CAN_EXACT : IOV_RULE_CAN_MASK);
}

/* Takes out of 'way' what the NIC cannot match on.  It has more packets then,
 * and is one to software.  A field that others need stands before them. */
static void
widen(const struct compiler *c, struct iov_way *way)
{
    for (size_t i = 0; i < IOV_RULE_N_FIELDS; i++) {
        if (!can_match(&c->caps, &way->match, i)) {
            iov_rule_match_forget(&way->match, i);
            iov_way_to_software(way, IOV_WHY_FIELD,
                                iov_rule_field_info(i)->name);
        }
    }
}

static void
fit_ways(struct compiler *c, struct iov_ways *ways)
{
    for (size_t i = 0; i < ways->n; i++) {
        const struct iov_rule_match *m = &ways->list[i].match;

        widen(c, &ways->list[i]);
        for (size_t j = 0; j < IOV_RULE_N_FIELDS; j++) {
            bool used = iov_rule_match_part(m, j) != IOV_RULE_PART_NONE;
            c->types |= used && j == IOV_RULE_ETH_TYPE;
            c->protocols |= used && is_behind_ip(j);
        }
    }
}

/* Adding rules. */

/* Returns true if an earlier rule of the section takes all packets of
 * 'rule'.  Only what is forwarded often meets one. */
static bool
is_dead(const struct compiler *c, const struct iov_rule *rule)
{
    const struct iov_rule_list *rules = c->rules;
    bool forward = rule->action == IOV_RULE_FORWARD;

    for (size_t i = rules->n; i-- > c->section; ) {
        if (iov_rule_match_is_within(&rule->match,
                                     &rules->list[i].rule.match)) {
            return true;
        } else if (!forward) {
            return false;       /* Looks at the last one only. */
        }
    }
    return false;
}

static void
add_rule(struct compiler *c, const struct iov_rule *rule,
         const struct iov_way *way, enum iov_rule_why why, const char *detail)
{
    struct iov_rule_list *rules = c->rules;
    struct iov_rule r = *rule;
    bool any = iov_rule_match_is_any(&r.match);

    if (rules->n >= IOV_LIMIT_RULES) {
        c->complete = true;     /* The end of the list is to software. */
    }
    if (c->tagged && !iov_rule_match_part(&r.match, IOV_RULE_VLAN_TPID)) {
        iov_rule_match_set_uint(&r.match, IOV_RULE_VLAN_TPID, ETH_TYPE_VLAN);
    }
    if (!c->complete && !is_dead(c, &r)) {
        struct iov_listed_rule *l = iov_rule_list_add(rules, &r, why, detail);
        if (way) {
            l->at = way->at;
        }
        c->complete = any;
    }
}

/* Sends what is left of the packets of 'way' to software. */
static void
add_software(struct compiler *c, const struct iov_way *way,
             enum iov_rule_why why, const char *detail)
{
    struct iov_rule rule = {
        .match = way->match, .action = IOV_RULE_SOFTWARE
    };

    add_rule(c, &rule, way, why, detail);
}

/* A frame of IEEE 802.3 has a type for Open vSwitch and none for the NIC: if
 * types matter, only the usual ones are forwarded. */
static void
add_forward(struct compiler *c, const struct iov_rule *rule,
            const struct iov_way *way)
{
    static const uint16_t types[] = {
        ETH_TYPE_IP, ETH_TYPE_IPV6, ETH_TYPE_ARP
    };

    if (!c->types
        || iov_rule_match_part(&rule->match, IOV_RULE_ETH_TYPE)) {
        add_rule(c, rule, way, IOV_WHY_NONE, NULL);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        struct iov_rule r = *rule;
        iov_rule_match_set_uint(&r.match, IOV_RULE_ETH_TYPE, types[i]);
        add_rule(c, &r, way, IOV_WHY_NONE, NULL);
    }
}

/* Forwarding as NORMAL does. */

static bool
carries(const struct iov_compile_port *port, uint16_t vlan)
{
    return (port->in_nic && !port->software
            && (port->vlans == IOV_VLANS_ACCESS ? port->vlan == vlan
                : port->vlans == IOV_VLANS_TRUNK
                && (!port->trunks || bitmap_is_set(port->trunks, vlan))));
}

/* Returns true if packets of the section are those of VLAN 'vlan', perhaps
 * with others. */
static bool
section_has(const struct compiler *c, uint16_t vlan)
{
    bool access = c->port->vlans == IOV_VLANS_ACCESS;

    if (!carries(c->port, vlan)) {
        return false;
    }
    return c->tagged ? !access && vlan : access || !vlan;
}

/* Adds the rule for packets of 'way' from station 'src' to station 'dst'. */
static void
add_pair(struct compiler *c, const struct iov_way *way,
         const struct iov_compile_station *src,
         const struct iov_compile_station *dst)
{
    const struct iov_compile_port *to = find_port(c->bridge, dst->ofport);
    struct iov_rule rule = {
        .match = way->match, .action = IOV_RULE_FORWARD, .port = dst->ofport
    };
    struct iov_rule_match pair;

    if (!to || to == c->port || !carries(to, src->vlan)) {
        return;
    }
    iov_rule_match_init(&pair);
    iov_rule_match_set(&pair, IOV_RULE_ETH_SRC, &src->mac);
    iov_rule_match_set(&pair, IOV_RULE_ETH_DST, &dst->mac);
    if (c->tagged) {
        iov_rule_match_set_uint(&pair, IOV_RULE_VLAN_TPID, ETH_TYPE_VLAN);
        iov_rule_match_set_uint(&pair, IOV_RULE_VLAN_ID, src->vlan);
    }
    rule.pop_vlan = c->tagged && to->vlans == IOV_VLANS_ACCESS;
    rule.push_vlan = (!c->tagged && to->vlans == IOV_VLANS_TRUNK
                      ? src->vlan : 0);
    if (iov_rule_match_narrow(&rule.match, &pair)) {
        add_forward(c, &rule, way);
    }
}

static bool
is_station_of(const struct iov_compile_station *s, uint16_t vlan)
{
    return s->vlan == vlan && !eth_addr_is_multicast(s->mac);
}

static void
add_normal(struct compiler *c, const struct iov_way *way)
{
    const struct iov_compile_bridge *b = c->bridge;

    for (size_t i = 0; i < b->n_stations; i++) {
        const struct iov_compile_station *src = &b->stations[i];
        if (src->ofport != c->port->ofport || !section_has(c, src->vlan)
            || !is_station_of(src, src->vlan)) {
            continue;
        }
        for (size_t j = 0; j < b->n_stations && !c->complete; j++) {
            if (is_station_of(&b->stations[j], src->vlan)) {
                add_pair(c, way, src, &b->stations[j]);
            }
        }
    }
    add_software(c, way, IOV_WHY_ADDRESS, NULL);
}

static void
add_output(struct compiler *c, const struct iov_way *way)
{
    const struct iov_compile_port *to = find_port(c->bridge, way->port);
    struct iov_rule rule = {
        .match = way->match, .action = IOV_RULE_FORWARD, .port = way->port
    };

    if (to && to->in_nic && !to->software) {
        add_forward(c, &rule, way);
        if (c->types
            && !iov_rule_match_part(&way->match, IOV_RULE_ETH_TYPE)) {
            add_software(c, way, IOV_WHY_TYPE, NULL);
        }
    } else {
        char *name = xasprintf("%"PRIu32, way->port);
        add_software(c, way, IOV_WHY_OUTPUT, name);
        free(name);
    }
}

static void
add_way(struct compiler *c, const struct iov_way *way)
{
    struct iov_rule drop = { .match = way->match, .action = IOV_RULE_DROP };

    switch (way->fate) {
    case IOV_FATE_DROP:
        add_rule(c, &drop, way, IOV_WHY_NONE, NULL);
        break;

    case IOV_FATE_NORMAL:
        add_normal(c, way);
        break;

    case IOV_FATE_OUTPUT:
        add_output(c, way);
        break;

    case IOV_FATE_SOFTWARE:
        add_software(c, way, way->why, way->detail);
        break;
    }
}

/* Sections and guards. */

static void
add_guard(struct compiler *c, const struct iov_rule_match *match,
          enum iov_rule_why why)
{
    struct iov_rule rule = { .match = *match, .action = IOV_RULE_SOFTWARE };

    add_rule(c, &rule, NULL, why, NULL);
}

static void
guard_tag(struct compiler *c, uint16_t tpid, uint16_t type,
          enum iov_rule_why why)
{
    struct iov_rule_match m;

    iov_rule_match_init(&m);
    iov_rule_match_set_uint(&m, IOV_RULE_VLAN_TPID, tpid);
    if (type) {
        iov_rule_match_set_uint(&m, IOV_RULE_ETH_TYPE, type);
    }
    add_guard(c, &m, why);
}

static void
guard_fragments(struct compiler *c)
{
    static const uint16_t types[] = { ETH_TYPE_IP, ETH_TYPE_IPV6 };

    for (size_t i = 0; i < ARRAY_SIZE(types) && c->protocols; i++) {
        struct iov_rule_match m;

        iov_rule_match_init(&m);
        iov_rule_match_set_uint(&m, IOV_RULE_ETH_TYPE, types[i]);
        iov_rule_match_set_uint(&m, IOV_RULE_IP_FRAG, 1);
        add_guard(c, &m, IOV_WHY_FRAGMENT);
    }
}

/* Adds the rules of 'ways' for one section.  What guards have sent to software
 * already needs none. */
static void
add_ways(struct compiler *c, const struct iov_ways *ways)
{
    static const uint8_t one = 1;

    for (size_t i = 0; i < ways->n && !c->complete; i++) {
        struct iov_way way = ways->list[i];
        if (way.tag == (c->tagged ? IOV_TAG_NO : IOV_TAG_YES)
            || way.match.value.ip_frag[0] == one) {
            continue;
        }
        iov_rule_match_forget(&way.match, IOV_RULE_IP_FRAG);
        add_way(c, &way);
    }
}

static void
add_tagged(struct compiler *c, const struct iov_ways *ways)
{
    c->tagged = true;
    guard_tag(c, ETH_TYPE_VLAN_8021AD, 0, IOV_WHY_TAGGED);
    guard_tag(c, ETH_TYPE_VLAN_8021Q, ETH_TYPE_VLAN_8021Q, IOV_WHY_TWO_TAGS);
    guard_tag(c, ETH_TYPE_VLAN_8021Q, ETH_TYPE_VLAN_8021AD, IOV_WHY_TWO_TAGS);
    guard_fragments(c);
    add_ways(c, ways);
    c->tagged = c->complete = false;
    guard_tag(c, ETH_TYPE_VLAN_8021Q, 0, IOV_WHY_TAGGED);
    c->section = c->rules->n;
}

static void
add_untagged(struct compiler *c, const struct iov_ways *ways)
{
    guard_fragments(c);
    add_ways(c, ways);
}

void
iov_compile(const struct iov_compile_bridge *bridge, uint32_t ofport,
            struct iov_rule_list *rules)
{
    struct compiler c = {
        .bridge = bridge,
        .port = find_port(bridge, ofport),
        .rules = rules,
    };
    struct iov_ways ways;

    memset(rules, 0, sizeof *rules);
    if (!c.port || !c.port->in_nic || c.port->software) {
        return;
    }
    init_caps(&c);
    iov_ways_find(bridge->table, ofport, &ways);
    fit_ways(&c, &ways);
    if (c.port->vlans == IOV_VLANS_TRUNK) {
        add_tagged(&c, &ways);
    } else {
        guard_tag(&c, ETH_TYPE_VLAN_8021AD, 0, IOV_WHY_TAGGED);
        guard_tag(&c, ETH_TYPE_VLAN_8021Q, 0, IOV_WHY_TAGGED);
    }
    add_untagged(&c, &ways);
    iov_ways_clear(&ways);
    iov_rule_list_settle(rules, bridge->caps);
}
