/* SPDX-License-Identifier: Apache-2.0 */

/* The text of rules: see rule.h for what it looks like.
 *
 * What iov_rule_format() writes, iov_rule_parse() reads, and gives the same
 * rule. */

#include <config.h>

#include "policy/model/rule.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

enum format { MAC, IP4, IP6, HEX, DEC };

static const enum format formats[] = {
#define FIELD(ENUM, MEMBER, BITS, FORMAT, NEEDS) FORMAT,
#include "policy/model/rule-field.def"
#undef FIELD
};

/* Text from bytes. */

static uint32_t
get_uint(const uint8_t *bytes, size_t len)
{
    uint32_t x = 0;

    for (size_t i = 0; i < len; i++) {
        x = x << 8 | bytes[i];
    }
    return x;
}

static void
put_bytes(struct ds *s, enum format format, const uint8_t *bytes, size_t len)
{
    struct eth_addr ea;
    struct in6_addr ip6;
    ovs_be32 ip4;

    switch (format) {
    case MAC:
        memcpy(&ea, bytes, sizeof ea);
        ds_put_format(s, ETH_ADDR_FMT, ETH_ADDR_ARGS(ea));
        break;

    case IP4:
        memcpy(&ip4, bytes, sizeof ip4);
        ds_put_format(s, IP_FMT, IP_ARGS(ip4));
        break;

    case IP6:
        memcpy(&ip6, bytes, sizeof ip6);
        ipv6_format_addr(&ip6, s);
        break;

    case HEX:
        ds_put_format(s, "0x%0*"PRIx32, (int) len * 2, get_uint(bytes, len));
        break;

    case DEC:
        ds_put_format(s, "%"PRIu32, get_uint(bytes, len));
        break;
    }
}

static enum format
mask_format(enum format format)
{
    return format == DEC ? HEX : format;
}

void
iov_rule_match_format(const struct iov_rule_match *match, struct ds *s)
{
    const char *separator = "";

    for (size_t i = 0; i < IOV_RULE_N_FIELDS; i++) {
        const struct iov_rule_field_info *f = iov_rule_field_info(i);
        enum iov_rule_part part = iov_rule_match_part(match, i);

        if (part == IOV_RULE_PART_NONE) {
            continue;
        }
        ds_put_format(s, "%s%s=", separator, f->name);
        put_bytes(s, formats[i], (const uint8_t *) &match->value + f->ofs,
                  f->len);
        if (part == IOV_RULE_PART_SOME) {
            ds_put_char(s, '/');
            put_bytes(s, mask_format(formats[i]),
                      (const uint8_t *) &match->mask + f->ofs, f->len);
        }
        separator = ",";
    }
    if (!*separator) {
        ds_put_cstr(s, "any");
    }
}

void
iov_rule_format(const struct iov_rule *rule, struct ds *s)
{
    iov_rule_match_format(&rule->match, s);
    ds_put_char(s, ' ');
    if (rule->action == IOV_RULE_DROP) {
        ds_put_cstr(s, "drop");
    } else if (rule->action == IOV_RULE_SOFTWARE) {
        ds_put_cstr(s, "software");
    } else {
        if (rule->pop_vlan) {
            ds_put_cstr(s, "pop_vlan,");
        }
        if (rule->push_vlan) {
            ds_put_format(s, "push_vlan:%"PRIu16",", rule->push_vlan);
        }
        ds_put_format(s, "forward:%"PRIu32, rule->port);
    }
}

/* Bytes from text. */

static bool
parse_uint(const char *s, uint8_t *bytes, unsigned int n_bits, size_t len)
{
    unsigned int x;

    if (!str_to_uint(s, 0, &x) || (n_bits < 32 && x >> n_bits)) {
        return false;
    }
    for (size_t i = len; i-- > 0; x >>= 8) {
        bytes[i] = x & 0xff;
    }
    return true;
}

static bool
parse_bytes(const char *s, enum format format,
            const struct iov_rule_field_info *f, uint8_t *bytes)
{
    struct eth_addr ea;
    struct in6_addr ip6;
    ovs_be32 ip4;

    switch (format) {
    case MAC:
        return (eth_addr_from_string(s, &ea)
                && memcpy(bytes, &ea, sizeof ea));

    case IP4:
        return ip_parse(s, &ip4) && memcpy(bytes, &ip4, sizeof ip4);

    case IP6:
        return ipv6_parse(s, &ip6) && memcpy(bytes, &ip6, sizeof ip6);

    case HEX:
    case DEC:
        return parse_uint(s, bytes, f->n_bits, f->len);
    }
    OVS_NOT_REACHED();
}

/* Parses 'item', NAME=VALUE or NAME=VALUE/MASK, which it changes. */
static char *
parse_item(struct iov_rule_match *match, char *item)
{
    char *value = item, *mask;
    enum iov_rule_field field;

    char *name = strsep(&value, "=");
    if (!value || !iov_rule_field_from_name(name, &field)) {
        return xasprintf("%s: no such field", name);
    }
    mask = value;
    value = strsep(&mask, "/");

    const struct iov_rule_field_info *f = iov_rule_field_info(field);
    uint8_t *v = (uint8_t *) &match->value + f->ofs;
    uint8_t *m = (uint8_t *) &match->mask + f->ofs;
    uint8_t bytes[MEMBER_SIZEOF(struct iov_rule_key, ipv6_src)];
    if (!parse_bytes(value, formats[field], f, bytes)) {
        return xasprintf("%s: not a value of %s", value, name);
    }
    iov_rule_match_set(match, field, bytes);
    if (mask && !parse_bytes(mask, mask_format(formats[field]), f, m)) {
        return xasprintf("%s: not a mask of %s", mask, name);
    }
    for (size_t i = 0; i < f->len; i++) {
        v[i] &= m[i];
    }
    return NULL;
}

static char *
parse_match(struct iov_rule_match *match, char *text)
{
    char *item, *error = NULL;

    iov_rule_match_init(match);
    if (!strcmp(text, "any")) {
        return NULL;
    }
    while (!error && (item = strsep(&text, ",")) != NULL) {
        error = parse_item(match, item);
    }
    return error;
}

/* Parses one part of an action. */
static char *
parse_action(struct iov_rule *rule, const char *text)
{
    unsigned int x;

    if (!strcmp(text, "drop")) {
        rule->action = IOV_RULE_DROP;
    } else if (!strcmp(text, "software")) {
        rule->action = IOV_RULE_SOFTWARE;
    } else if (!strcmp(text, "pop_vlan")) {
        rule->pop_vlan = true;
    } else if (!strncmp(text, "push_vlan:", 10)
               && str_to_uint(text + 10, 10, &x) && x && x < 4095) {
        rule->push_vlan = x;
    } else if (!strncmp(text, "forward:", 8)
               && str_to_uint(text + 8, 10, &x)) {
        rule->action = IOV_RULE_FORWARD;
        rule->port = x;
    } else {
        return xasprintf("%s: no such action", text);
    }
    return NULL;
}

/* Returns what is wrong with the parts of the action together, or null. */
static char *
check_action(const struct iov_rule *rule)
{
    if (rule->action != IOV_RULE_FORWARD
        && (rule->pop_vlan || rule->push_vlan)) {
        return xstrdup("only what is forwarded gets another tag");
    }
    return NULL;
}

char *
iov_rule_parse(struct iov_rule *rule, const char *text)
{
    char *copy = xstrdup(text), *actions = copy, *item;
    char *match = strsep(&actions, " ");
    char *error;

    memset(rule, 0, sizeof *rule);
    rule->action = IOV_RULE_SOFTWARE;
    error = (actions ? parse_match(&rule->match, match)
             : xstrdup("a rule is MATCH ACTION"));
    while (!error && (item = strsep(&actions, ",")) != NULL) {
        error = parse_action(rule, item);
    }
    if (!error) {
        error = check_action(rule);
    }
    free(copy);
    return error;
}
