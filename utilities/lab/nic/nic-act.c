// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Police actions that exist by themselves ("tc actions add action police"),
 * so that several rules share one: what Open vSwitch makes of a meter.
 *
 * The kernel offers such actions to every driver that asked for it, without a
 * netdev.  A meter made here and one made by a rule with the same index are
 * the same; nic-meter.c counts who needs it.
 */

#include <net/pkt_cls.h>
#include "nic-table.h"

static int
replace(struct iov_nic *nic, struct flow_offload_action *act)
{
    const struct flow_action_entry *entry = &act->action.entries[0];
    int error;

    if (act->action.num_entries != 1 || entry->id != FLOW_ACTION_POLICE
        || iov_refuses("police")) {
        return -EOPNOTSUPP;
    }
    error = iov_police_check(entry, true, act->extack);
    return error ? error : iov_meter_publish(&nic->table, entry);
}

static int
command(struct iov_nic *nic, struct flow_offload_action *act)
{
    switch (act->command) {
    case FLOW_ACT_REPLACE:
        return replace(nic, act);
    case FLOW_ACT_DESTROY:
        return act->id == FLOW_ACTION_POLICE
               ? iov_meter_withdraw(&nic->table, act->index) : -EOPNOTSUPP;
    case FLOW_ACT_STATS:
        return act->id == FLOW_ACTION_POLICE
               ? iov_meter_stats(&nic->table, act->index, &act->stats)
               : -EOPNOTSUPP;
    default:
        return -EOPNOTSUPP;
    }
}

static int
callback(struct net_device *dev, struct Qdisc *sch, void *cb_priv,
         enum tc_setup_type type, void *type_data, void *data,
         void (*cleanup)(struct flow_block_cb *block_cb))
{
    struct iov_nic *nic = cb_priv;
    int error;

    if (dev || type != TC_SETUP_ACT) {
        return -EOPNOTSUPP;
    }
    mutex_lock(&nic->table.lock);
    error = command(nic, data);
    mutex_unlock(&nic->table.lock);
    return error;
}

static void
release(void *cb_priv)
{
    /* Nothing was bound. */
}

int
iov_act_register(struct iov_nic *nic)
{
    return flow_indr_dev_register(callback, nic);
}

void
iov_act_unregister(struct iov_nic *nic)
{
    flow_indr_dev_unregister(callback, nic, release);
}
