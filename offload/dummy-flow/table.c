/* SPDX-License-Identifier: Apache-2.0 */

/* Flow tables in memory, and what they refuse. */

#include <config.h>

#include "offload/dummy-flow/dummy-flow.h"

#include <errno.h>
#include <string.h>

#include "offload/dummy/dummy.h"
#include "util.h"

struct shash dummy_flow_tables = SHASH_INITIALIZER(&dummy_flow_tables);

struct dummy_flow_table *
dummy_flow_find(const char *pf)
{
    return shash_find_data(&dummy_flow_tables, pf);
}

struct dummy_flow_table *
dummy_flow_add(const char *pf, size_t size)
{
    struct dummy_flow_table *table = xzalloc(sizeof *table);

    table->pf = xstrdup(pf);
    table->size = size;
    shash_init(&table->refusals);
    shash_add(&dummy_flow_tables, pf, table);
    return table;
}

void
dummy_flow_remove(struct dummy_flow_table *table)
{
    shash_find_and_delete(&dummy_flow_tables, table->pf);
    dummy_accept(&table->refusals, NULL);
    shash_destroy(&table->refusals);
    free(table->in_nic.list);
    free(table->seen.list);
    free(table->pf);
    free(table);
}

/* Lists of rules. */

/* Returns the place of the rule, or 'rules->n'. */
static size_t
find_rule(const struct iov_nic_rules *rules, uint32_t in, uint64_t cookie)
{
    size_t i = 0;

    while (i < rules->n && (rules->list[i].in != in
                            || rules->list[i].cookie != cookie)) {
        i++;
    }
    return i;
}

/* Returns true if 'a' stands before a rule with the other two. */
static bool
is_before(const struct iov_nic_rule *a, uint32_t in, uint32_t precedence)
{
    return a->in < in || (a->in == in && a->precedence > precedence);
}

static void
insert_rule(struct iov_nic_rules *rules, const struct iov_nic_rule *rule)
{
    size_t i = rules->n;

    if (rules->n >= rules->allocated) {
        rules->list = x2nrealloc(rules->list, &rules->allocated,
                                 sizeof *rules->list);
    }
    while (i && !is_before(&rules->list[i - 1], rule->in, rule->precedence)) {
        rules->list[i] = rules->list[i - 1];
        i--;
    }
    rules->list[i] = *rule;
    rules->n++;
}

static bool
remove_rule(struct iov_nic_rules *rules, uint32_t in, uint64_t cookie)
{
    size_t i = find_rule(rules, in, cookie);

    if (i >= rules->n) {
        return false;
    }
    rules->n--;
    memmove(&rules->list[i], &rules->list[i + 1],
            (rules->n - i) * sizeof *rules->list);
    return true;
}

static void
remove_all(struct iov_nic_rules *rules, uint32_t in)
{
    size_t n = 0;

    for (size_t i = 0; i < rules->n; i++) {
        if (rules->list[i].in != in) {
            rules->list[n++] = rules->list[i];
        }
    }
    rules->n = n;
}

static void
copy_rules(struct iov_nic_rules *dst, const struct iov_nic_rules *src)
{
    dst->n = 0;
    for (size_t i = 0; i < src->n; i++) {
        insert_rule(dst, &src->list[i]);
    }
}

/* What is refused. */

static const struct dummy_refusal *
find_field_refusal(const struct dummy_flow_table *table,
                   const struct iov_rule_match *match,
                   enum iov_rule_field field)
{
    const char *name = iov_rule_field_info(field)->name;
    enum iov_rule_part part = iov_rule_match_part(match, field);
    const struct dummy_refusal *r = NULL;

    if (part != IOV_RULE_PART_NONE) {
        r = shash_find_data(&table->refusals, name);
    }
    if (!r && part == IOV_RULE_PART_SOME) {
        char *what = xasprintf("%s/mask", name);

        r = shash_find_data(&table->refusals, what);
        free(what);
    }
    return r;
}

static const char *
action_name(enum iov_rule_action action)
{
    switch (action) {
    case IOV_RULE_DROP:
        return "drop";
    case IOV_RULE_SOFTWARE:
        return "software";
    case IOV_RULE_FORWARD:
        return "forward";
    }
    OVS_NOT_REACHED();
}

static const struct dummy_refusal *
find_refusal(const struct dummy_flow_table *table,
             const struct iov_rule *rule)
{
    const struct dummy_refusal *r = shash_find_data(&table->refusals, "any");

    for (size_t i = 0; i < IOV_RULE_N_FIELDS && !r; i++) {
        r = find_field_refusal(table, &rule->match, i);
    }
    if (!r) {
        r = shash_find_data(&table->refusals, action_name(rule->action));
    }
    if (!r && rule->pop_vlan) {
        r = shash_find_data(&table->refusals, "pop_vlan");
    }
    if (!r && rule->push_vlan) {
        r = shash_find_data(&table->refusals, "push_vlan");
    }
    return r;
}

/* Returns the text of why no NIC could do 'rule', or null. */
static char *
explain_nonsense(const struct iov_rule *rule)
{
    for (size_t i = 0; i < IOV_RULE_N_FIELDS; i++) {
        const struct iov_rule_field_info *field = iov_rule_field_info(i);

        if (field->needs != IOV_RULE_NOTHING
            && iov_rule_match_part(&rule->match, i) != IOV_RULE_PART_NONE
            && iov_rule_match_part(&rule->match, field->needs)
               != IOV_RULE_PART_ALL) {
            return xasprintf("%s without %s", field->name,
                             iov_rule_field_info(field->needs)->name);
        }
    }
    return NULL;
}

/* Changes. */

static int
check_place(const struct dummy_flow_table *table,
            const struct iov_nic_rule *new, char **text)
{
    for (size_t i = 0; i < table->in_nic.n; i++) {
        const struct iov_nic_rule *r = &table->in_nic.list[i];

        if (r->in == new->in && (r->cookie == new->cookie
                                 || r->precedence == new->precedence)) {
            *text = xasprintf("there is a rule of this %s",
                              r->cookie == new->cookie ? "cookie"
                              : "precedence");
            return EEXIST;
        }
    }
    if (table->in_nic.n >= table->size) {
        *text = xasprintf("all %"PRIuSIZE" places are taken", table->size);
        return ENOSPC;
    }
    return 0;
}

static int
add(struct dummy_flow_table *table, const struct iov_nic_rule *wanted,
    char **text)
{
    const struct dummy_refusal *r = find_refusal(table, &wanted->rule);
    struct iov_nic_rule rule = *wanted;
    int error;

    if (r) {
        *text = nullable_xstrdup(r->text);
        return r->error;
    }
    *text = explain_nonsense(&rule.rule);
    if (*text) {
        return EINVAL;
    }
    error = check_place(table, &rule, text);
    if (!error) {
        rule.packets = 0;
        insert_rule(&table->in_nic, &rule);
        insert_rule(&table->seen, &rule);
    }
    return error;
}

static int
del(struct dummy_flow_table *table, const struct iov_nic_rule *rule)
{
    remove_rule(&table->seen, rule->in, rule->cookie);
    return remove_rule(&table->in_nic, rule->in, rule->cookie) ? 0 : ENOENT;
}

int
dummy_flow_do(const struct iov_rule_change *change, char **text)
{
    struct dummy_flow_table *table = dummy_flow_find(change->pf);
    const struct dummy_pf *pf = dummy_pf_find(change->pf);
    uint32_t in = change->rule.in;

    if (!table || !pf) {
        return ENODEV;
    } else if (change->type != IOV_RULE_READ && in != IOV_RULE_WIRE
               && in >= pf->n_vfs) {
        return ENODEV;
    }
    switch (change->type) {
    case IOV_RULE_ADD:
        return add(table, &change->rule, text);
    case IOV_RULE_DEL:
        return del(table, &change->rule);
    case IOV_RULE_FLUSH:
        remove_all(&table->in_nic, in);
        remove_all(&table->seen, in);
        return 0;
    case IOV_RULE_READ:
        copy_rules(&table->seen, &table->in_nic);
        return 0;
    }
    OVS_NOT_REACHED();
}

/* What asking found out: a refusal with EOPNOTSUPP is one of the kind, any
 * other one comes as a surprise. */
static bool
can(const struct dummy_flow_table *table, const char *what)
{
    const struct dummy_refusal *r = shash_find_data(&table->refusals, what);

    return !r || r->error != EOPNOTSUPP;
}

void
dummy_flow_caps(const struct dummy_flow_table *table,
                struct iov_rule_caps *caps)
{
    *caps = (struct iov_rule_caps) {
        .drop = can(table, "drop"),
        .software = can(table, "software"),
        .forward = can(table, "forward"),
        .pop_vlan = can(table, "pop_vlan"),
        .push_vlan = can(table, "push_vlan"),
        .max_rules = table->size,
    };
    for (size_t i = 0; i < IOV_RULE_N_FIELDS; i++) {
        const char *name = iov_rule_field_info(i)->name;
        char *mask = xasprintf("%s/mask", name);

        caps->fields[i] = (!can(table, name) ? IOV_RULE_CANNOT
                           : !can(table, mask) ? IOV_RULE_CAN_EXACT
                           : IOV_RULE_CAN_MASK);
        free(mask);
    }
}

/* What happens to the NIC. */

const struct iov_nic_rule *
dummy_flow_packet(struct dummy_flow_table *table, uint32_t in,
                  const struct iov_rule_key *packet)
{
    for (size_t i = 0; i < table->in_nic.n; i++) {
        struct iov_nic_rule *r = &table->in_nic.list[i];

        if (r->in == in && iov_rule_match_has(&r->rule.match, packet)) {
            r->packets++;
            return r;
        }
    }
    return NULL;
}

bool
dummy_flow_lose(struct dummy_flow_table *table, uint32_t in, uint64_t cookie)
{
    return remove_rule(&table->in_nic, in, cookie);
}

static bool
prune_vfs(struct iov_nic_rules *rules, unsigned int n_vfs)
{
    size_t n = 0;

    for (size_t i = 0; i < rules->n; i++) {
        if (rules->list[i].in == IOV_RULE_WIRE || rules->list[i].in < n_vfs) {
            rules->list[n++] = rules->list[i];
        }
    }

    bool any = n < rules->n;

    rules->n = n;
    return any;
}

bool
dummy_flow_prune(void)
{
    struct shash_node *node;
    bool any = false;

    SHASH_FOR_EACH_SAFE (node, &dummy_flow_tables) {
        struct dummy_flow_table *table = node->data;
        const struct dummy_pf *pf = dummy_pf_find(table->pf);

        if (pf) {
            any |= prune_vfs(&table->in_nic, pf->n_vfs);
            prune_vfs(&table->seen, pf->n_vfs);
        } else {
            dummy_flow_remove(table);
            any = true;
        }
    }
    return any;
}
