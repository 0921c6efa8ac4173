// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The flow table: what "tc" adds and removes, reads counters of, and what
 * frames are looked up in.
 *
 * Rules of a port are in one list by chain and priority, which frames walk
 * under RCU.  All changes hold table.lock, as rules also go by a reset, which
 * does not hold RTNL.
 */

#include <linux/rculist.h>
#include <net/pkt_cls.h>
#include "nic-table.h"

#define TEXT(S) KBUILD_MODNAME ": " S

LIST_HEAD(iov_block_cbs);

void
iov_table_init(struct iov_table *table)
{
    mutex_init(&table->lock);
    hash_init(table->by_cookie);
    INIT_LIST_HEAD(&table->meters);
}

/* Returns the rule of highest priority in 'chain' that 'key' fits, or NULL.
 * The caller is in a section of RCU. */
struct iov_rule *
iov_table_lookup(struct iov_port *port, u32 chain, const struct iov_key *key)
{
    struct iov_rule *rule;

    list_for_each_entry_rcu(rule, &port->rules, node) {
        if (rule->chain > chain) {
            break;
        }
        if (rule->chain == chain && iov_match_fits(&rule->match, key)) {
            return rule;
        }
    }
    return NULL;
}

static struct iov_rule *
find_rule(struct iov_port *port, unsigned long cookie)
{
    struct iov_rule *rule;

    hash_for_each_possible(port->nic->table.by_cookie, rule, hash, cookie) {
        if (rule->cookie == cookie && rule->port == port) {
            return rule;
        }
    }
    return NULL;
}

/* Puts the rule behind those that come before it or are its equals. */
static void
link_rule(struct iov_rule *rule)
{
    struct list_head *after = &rule->port->rules;
    struct iov_table *table = &rule->port->nic->table;
    struct iov_rule *other;

    list_for_each_entry_reverse(other, &rule->port->rules, node) {
        if (other->chain < rule->chain
            || (other->chain == rule->chain && other->prio <= rule->prio)) {
            after = &other->node;
            break;
        }
    }
    list_add_rcu(&rule->node, after);
    hash_add(table->by_cookie, &rule->hash, rule->cookie);
    table->n_rules++;
}

static void
remove_rule(struct iov_rule *rule)
{
    list_del_rcu(&rule->node);
    hash_del(&rule->hash);
    rule->port->nic->table.n_rules--;
    iov_actions_release(rule);
    kfree_rcu(rule, rcu);
}

/* Forgets all rules without a word to "tc", as a reset does. */
void
iov_table_flush(struct iov_nic *nic)
{
    struct iov_table *table = &nic->table;
    struct hlist_node *next;
    struct iov_rule *rule;
    int i;

    mutex_lock(&table->lock);
    hash_for_each_safe(table->by_cookie, i, next, rule, hash) {
        remove_rule(rule);
    }
    mutex_unlock(&table->lock);
}

/* Makes the rule that 'cls' asks for and puts it in the place of 'old', which
 * may be NULL.  The new one is there before the old one goes. */
static int
install_rule(struct iov_port *port, struct flow_cls_offload *cls,
             struct iov_rule *old)
{
    struct flow_rule *flow = flow_cls_offload_flow_rule(cls);
    struct netlink_ext_ack *extack = cls->common.extack;
    struct iov_rule *rule = kzalloc(sizeof(*rule), GFP_KERNEL);
    int error;

    if (!rule) {
        return -ENOMEM;
    }
    rule->port = port;
    rule->cookie = cls->cookie;
    rule->chain = cls->common.chain_index;
    rule->prio = cls->common.prio;
    rule->snap_at = jiffies;
    error = iov_match_parse(&rule->match, flow, extack);
    if (!error) {
        error = iov_actions_parse(rule, flow, extack);
    }
    if (error) {
        iov_actions_release(rule);
        kfree(rule);
        return error;
    }
    link_rule(rule);
    if (old) {
        remove_rule(old);
    }
    return 0;
}

static int
replace_rule(struct iov_port *port, struct flow_cls_offload *cls)
{
    struct iov_table *table = &port->nic->table;
    struct netlink_ext_ack *extack = cls->common.extack;
    struct iov_rule *old;
    int error;

    if (!port->nic->switchdev) {
        NL_SET_ERR_MSG_MOD(extack, "the NIC is not in switchdev mode.");
        return -EOPNOTSUPP;
    }
    if (cls->common.chain_index && iov_refuses("chain")) {
        NL_SET_ERR_MSG_MOD(extack, "this NIC knows chain 0 only.");
        return -EOPNOTSUPP;
    }
    iov_insert_delay();
    mutex_lock(&table->lock);
    old = find_rule(port, cls->cookie);
    if (!old && table->n_rules >= iov_table_size()) {
        NL_SET_ERR_MSG_MOD(extack, "the flow table is full.");
        error = -ENOSPC;
    } else {
        error = install_rule(port, cls, old);
    }
    mutex_unlock(&table->lock);
    return error;
}

static int
destroy_rule(struct iov_port *port, struct flow_cls_offload *cls)
{
    struct iov_table *table = &port->nic->table;
    struct iov_rule *rule;

    mutex_lock(&table->lock);
    rule = find_rule(port, cls->cookie);
    if (rule) {
        remove_rule(rule);
    }
    mutex_unlock(&table->lock);
    return rule ? 0 : -ENOENT;
}

/* Reads the counters, unless that was done too short a while ago for a NIC
 * whose statistics are late. */
static void
refresh_counters(struct iov_rule *rule)
{
    unsigned long delay = msecs_to_jiffies(iov_stats_delay_ms());

    if (!delay || time_after_eq(jiffies, rule->snap_at + delay)) {
        rule->snap_packets = atomic64_read(&rule->live.packets);
        rule->snap_bytes = atomic64_read(&rule->live.bytes);
        rule->snap_dropped = atomic64_read(&rule->live.dropped);
        rule->snap_used = READ_ONCE(rule->used);
        rule->snap_at = jiffies;
    }
}

/* Hands over what came since the last time: the core adds it up. */
static void
hand_over(struct iov_rule *rule, struct flow_stats *stats)
{
    u64 packets = rule->snap_packets - rule->told_packets;

    if (packets) {
        flow_stats_update(stats, rule->snap_bytes - rule->told_bytes, packets,
                          rule->snap_dropped - rule->told_dropped,
                          rule->snap_used, FLOW_ACTION_HW_STATS_DELAYED);
        rule->told_packets = rule->snap_packets;
        rule->told_bytes = rule->snap_bytes;
        rule->told_dropped = rule->snap_dropped;
    } else {
        flow_stats_update(stats, 0, 0, 0, rule->snap_used,
                          FLOW_ACTION_HW_STATS_DELAYED);
    }
}

static int
rule_stats(struct iov_port *port, struct flow_cls_offload *cls)
{
    struct iov_table *table = &port->nic->table;
    struct iov_rule *rule;

    mutex_lock(&table->lock);
    rule = find_rule(port, cls->cookie);
    if (rule) {
        refresh_counters(rule);
        hand_over(rule, &cls->stats);
    }
    mutex_unlock(&table->lock);
    return rule ? 0 : -ENOENT;
}

static int
flower(struct iov_port *port, struct flow_cls_offload *cls)
{
    switch (cls->command) {
    case FLOW_CLS_REPLACE:
        return replace_rule(port, cls);
    case FLOW_CLS_DESTROY:
        return destroy_rule(port, cls);
    case FLOW_CLS_STATS:
        return rule_stats(port, cls);
    default:
        return -EOPNOTSUPP;
    }
}

/* A rate limit for all that enters at a port: what Open vSwitch makes of
 * ingress_policing_rate. */
static int
add_police(struct iov_port *port, struct tc_cls_matchall_offload *cls)
{
    struct netlink_ext_ack *extack = cls->common.extack;
    const struct flow_action *actions = &cls->rule->action;
    struct iov_meter *meter;

    if (actions->num_entries != 1
        || actions->entries[0].id != FLOW_ACTION_POLICE
        || actions->entries[0].police.exceed.act_id != FLOW_ACTION_DROP
        || iov_refuses("matchall")) {
        NL_SET_ERR_MSG_MOD(extack, "matchall can only police, and drop.");
        return -EOPNOTSUPP;
    }
    if (rcu_access_pointer(port->police)
        && port->police_cookie != cls->cookie) {
        NL_SET_ERR_MSG_MOD(extack, "a port can have one matchall only.");
        return -EEXIST;
    }
    meter = iov_meter_get(&port->nic->table, &actions->entries[0]);
    if (!meter) {
        return -ENOMEM;
    }
    port->police_cookie = cls->cookie;
    meter = rcu_replace_pointer(port->police, meter,
                                lockdep_is_held(&port->nic->table.lock));
    iov_meter_put(meter);
    return 0;
}

static int
del_police(struct iov_port *port, struct tc_cls_matchall_offload *cls)
{
    struct iov_meter *meter = NULL;

    if (port->police_cookie == cls->cookie) {
        meter = rcu_replace_pointer(port->police, NULL,
                                    lockdep_is_held(&port->nic->table.lock));
        iov_meter_put(meter);
        port->police_cookie = 0;
    }
    return 0;
}

static int
police_stats(struct iov_port *port, struct tc_cls_matchall_offload *cls)
{
    struct iov_count *now = &port->police_count, *told = &port->police_told;
    s64 packets = atomic64_read(&now->packets);
    s64 bytes = atomic64_read(&now->bytes);
    s64 dropped = atomic64_read(&now->dropped);

    flow_stats_update(&cls->stats, bytes - atomic64_read(&told->bytes),
                      packets - atomic64_read(&told->packets),
                      dropped - atomic64_read(&told->dropped),
                      READ_ONCE(port->police_used),
                      FLOW_ACTION_HW_STATS_DELAYED);
    atomic64_set(&told->packets, packets);
    atomic64_set(&told->bytes, bytes);
    atomic64_set(&told->dropped, dropped);
    return 0;
}

static int
matchall(struct iov_port *port, struct tc_cls_matchall_offload *cls)
{
    int error;

    if (cls->command == TC_CLSMATCHALL_REPLACE && !port->nic->switchdev) {
        NL_SET_ERR_MSG_MOD(cls->common.extack,
                           "the NIC is not in switchdev mode.");
        return -EOPNOTSUPP;
    }
    mutex_lock(&port->nic->table.lock);
    switch (cls->command) {
    case TC_CLSMATCHALL_REPLACE:
        error = add_police(port, cls);
        break;
    case TC_CLSMATCHALL_DESTROY:
        error = del_police(port, cls);
        break;
    case TC_CLSMATCHALL_STATS:
        error = police_stats(port, cls);
        break;
    default:
        error = -EOPNOTSUPP;
    }
    mutex_unlock(&port->nic->table.lock);
    return error;
}

/* What has to be done also while offload is switched off. */
static bool
is_clean_up(enum tc_setup_type type, void *type_data)
{
    if (type == TC_SETUP_CLSFLOWER) {
        return ((struct flow_cls_offload *) type_data)->command
               == FLOW_CLS_DESTROY;
    }
    return type == TC_SETUP_CLSMATCHALL
           && ((struct tc_cls_matchall_offload *) type_data)->command
              == TC_CLSMATCHALL_DESTROY;
}

static int
block_cb(enum tc_setup_type type, void *type_data, void *cb_priv)
{
    struct net_device *dev = cb_priv;
    struct iov_port *port = iov_port_of(dev);
    struct flow_cls_common_offload *common = type_data;

    if (!is_clean_up(type, type_data)
        && !tc_can_offload_extack(dev, common->extack)) {
        return -EOPNOTSUPP;
    }
    switch (type) {
    case TC_SETUP_CLSFLOWER:
        return flower(port, type_data);
    case TC_SETUP_CLSMATCHALL:
        return matchall(port, type_data);
    default:
        return -EOPNOTSUPP;
    }
}

/* ndo_setup_tc of the uplink and of representors.  Blocks can be bound and
 * unbound in every mode: a refusal to unbind makes the kernel warn. */
int
iov_setup_tc(struct net_device *dev, enum tc_setup_type type, void *type_data)
{
    switch (type) {
    case TC_SETUP_BLOCK:
        return flow_block_cb_setup_simple(type_data, &iov_block_cbs, block_cb,
                                          dev, dev, true);
    default:
        return -EOPNOTSUPP;
    }
}
