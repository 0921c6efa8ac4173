// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Takes over the actions of a rule, or refuses them.  nic-switch.c carries
 * them out.
 *
 * A list of actions has to say at its end what becomes of the frame: drop,
 * redirect, goto, pass or trap, or police with "ok" for what conforms.
 */

#include "nic-table.h"

struct known {
    enum flow_action_id id;
    const char *name;
    const char *refusal;
    bool have;
};

#define TEXT(S) KBUILD_MODNAME ": " S

static const struct known known[] = {
#define ACTION(ID, NAME) { FLOW_ACTION_##ID, NAME, \
        TEXT("this NIC lacks the action " NAME "."), true },
#define LACKING(ID, NAME) { FLOW_ACTION_##ID, NAME, \
        TEXT("this NIC lacks the action " NAME "."), false },
#include "nic-action.def"
};

static int
fail(struct netlink_ext_ack *extack, int error, const char *text)
{
    if (extack) {
        extack->_msg = text;
    }
    return error;
}

static int
refuse_action(enum flow_action_id id, struct netlink_ext_ack *extack)
{
    int i;

    for (i = 0; i < ARRAY_SIZE(known); i++) {
        if (known[i].id == id) {
            return known[i].have && !iov_refuses(known[i].name)
                   ? 0
                   : fail(extack, -EOPNOTSUPP, known[i].refusal);
        }
    }
    return fail(extack, -EOPNOTSUPP,
                TEXT("this NIC lacks one of the actions."));
}

static int
parse_output(struct iov_rule *rule, struct iov_action *a,
             const struct flow_action_entry *act,
             struct netlink_ext_ack *extack)
{
    a->out = iov_port_from_netdev(act->dev);
    if (!a->out || a->out->nic != rule->port->nic) {
        return fail(extack, -EOPNOTSUPP,
                    TEXT("the output device is not a port of this switch."));
    }
    return 0;
}

static int
parse_goto(struct iov_rule *rule, struct iov_action *a,
           const struct flow_action_entry *act, struct netlink_ext_ack *extack)
{
    if (act->chain_index <= rule->chain) {
        return fail(extack, -EOPNOTSUPP,
                    TEXT("goto has to lead to a later chain."));
    }
    a->chain = act->chain_index;
    return 0;
}

/* Refuses what police cannot do; 'last' says whether no action follows. */
int
iov_police_check(const struct flow_action_entry *act, bool last,
                 struct netlink_ext_ack *extack)
{
    enum flow_action_id conform = act->police.notexceed.act_id;

    if (act->police.exceed.act_id != FLOW_ACTION_DROP) {
        return fail(extack, -EOPNOTSUPP,
                    TEXT("police can only drop what exceeds the rate."));
    }
    if (conform != FLOW_ACTION_PIPE
        && !(conform == FLOW_ACTION_ACCEPT && last)) {
        return fail(extack, -EOPNOTSUPP,
                    TEXT("police has to pipe what conforms to the rate."));
    }
    if (act->police.peakrate_bytes_ps || act->police.avrate
        || act->police.overhead) {
        return fail(extack, -EOPNOTSUPP,
                    TEXT("police knows no peakrate, avrate or overhead."));
    }
    return 0;
}

static int
parse_police(struct iov_rule *rule, struct iov_action *a,
             const struct flow_action_entry *act, bool last,
             struct netlink_ext_ack *extack)
{
    int error = iov_police_check(act, last, extack);

    if (error) {
        return error;
    }
    a->meter = iov_meter_get(&rule->port->nic->table, act);
    return a->meter ? 0 : -ENOMEM;
}

static void
parse_vlan(struct iov_action *a, const struct flow_action_entry *act)
{
    a->vlan.tci = act->vlan.vid | act->vlan.prio << VLAN_PRIO_SHIFT;
    a->vlan.proto = act->vlan.proto;
}

static int
parse_mangle(struct iov_action *a, const struct flow_action_entry *act,
             struct netlink_ext_ack *extack)
{
    if (act->mangle.htype == FLOW_ACT_MANGLE_UNSPEC || act->mangle.offset & 3
        || act->mangle.offset > 60) {
        return fail(extack, -EOPNOTSUPP,
                    TEXT("pedit knows the headers of Ethernet, IP, TCP and "
                         "UDP only."));
    }
    a->mangle.base = act->mangle.htype;
    a->mangle.offset = act->mangle.offset;
    a->mangle.mask = act->mangle.mask;
    a->mangle.val = act->mangle.val;
    return 0;
}

static int
parse_action(struct iov_rule *rule, const struct flow_action_entry *act,
             bool last, struct netlink_ext_ack *extack)
{
    struct iov_action *a = &rule->actions[rule->n_actions];
    int error = refuse_action(act->id, extack);

    if (error) {
        return error;
    }
    a->id = act->id;
    switch (act->id) {
    case FLOW_ACTION_REDIRECT:
    case FLOW_ACTION_MIRRED:
        error = parse_output(rule, a, act, extack);
        break;
    case FLOW_ACTION_GOTO:
        error = parse_goto(rule, a, act, extack);
        break;
    case FLOW_ACTION_POLICE:
        error = parse_police(rule, a, act, last, extack);
        break;
    case FLOW_ACTION_VLAN_PUSH:
    case FLOW_ACTION_VLAN_MANGLE:
        parse_vlan(a, act);
        break;
    case FLOW_ACTION_MANGLE:
    case FLOW_ACTION_ADD:
        error = parse_mangle(a, act, extack);
        break;
    default:
        break;
    }
    rule->n_actions += !error;
    return error;
}

/* Tells whether the frame's fate is known after the last action. */
static bool
ends_well(const struct iov_rule *rule)
{
    switch (rule->actions[rule->n_actions - 1].id) {
    case FLOW_ACTION_DROP:
    case FLOW_ACTION_ACCEPT:
    case FLOW_ACTION_TRAP:
    case FLOW_ACTION_REDIRECT:
    case FLOW_ACTION_GOTO:
        return true;
    default:
        return false;
    }
}

/* A last "police ... conform-exceed drop/ok" passes on what conforms. */
static bool
ends_with_ok(const struct flow_action *actions)
{
    const struct flow_action_entry *last
        = &actions->entries[actions->num_entries - 1];

    return last->id == FLOW_ACTION_POLICE
           && last->police.notexceed.act_id == FLOW_ACTION_ACCEPT;
}

/* Fills rule->actions.  The caller holds the table's lock, and on failure
 * still calls iov_actions_release(). */
int
iov_actions_parse(struct iov_rule *rule, const struct flow_rule *flow,
                  struct netlink_ext_ack *extack)
{
    const struct flow_action *actions = &flow->action;
    const struct flow_action_entry *act;
    int i;

    if (!flow_action_has_entries(actions)) {
        return fail(extack, -EOPNOTSUPP, TEXT("a rule needs an action."));
    }
    if (actions->num_entries > IOV_MAX_ACTIONS) {
        return fail(extack, -EOPNOTSUPP, TEXT("the rule has too many "
                                              "actions."));
    }
    if (!flow_action_hw_stats_check(actions, extack,
                                    FLOW_ACTION_HW_STATS_DELAYED_BIT)) {
        return -EOPNOTSUPP;
    }
    flow_action_for_each(i, act, actions) {
        bool last = i == actions->num_entries - 1;
        int error = parse_action(rule, act, last, extack);

        if (error) {
            return error;
        }
    }
    if (!ends_well(rule) && !ends_with_ok(actions)) {
        return fail(extack, -EOPNOTSUPP,
                    TEXT("the actions do not end with drop, redirect, goto, "
                         "pass or trap."));
    }
    return 0;
}

/* Gives back what the actions refer to; the caller holds the table's lock. */
void
iov_actions_release(struct iov_rule *rule)
{
    int i;

    for (i = 0; i < rule->n_actions; i++) {
        if (rule->actions[i].id == FLOW_ACTION_POLICE) {
            iov_meter_put(rule->actions[i].meter);
        }
    }
}
