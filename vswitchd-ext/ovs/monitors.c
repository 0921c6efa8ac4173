/* SPDX-License-Identifier: Apache-2.0
 *
 * The flow monitors of all iov-enabled bridges: see monitors.h.
 *
 * The subtle thing: a bridge that was deleted and made again has the same
 * name and another UUID; its monitor reconnects by itself, and what it knew of
 * the old bridge is void from the disconnection on. */

#include <config.h>
#include "vswitchd-ext/ovs/monitors.h"

#include "openvswitch/shash.h"
#include "policy/model/snapshot.h"
#include "util.h"
#include "vswitchd-ext/ovs/flow-monitor.h"
#include "vswitchd-ext/ovs/port-flags.h"

struct monitor {
    struct iov_flow_monitor *fm;
    struct iov_port_flags *flags;
    bool wanted;
    bool syncing;
    uint64_t token, flags_token;
};

static struct shash monitors = SHASH_INITIALIZER(&monitors);
static uint64_t n_changes;      /* Monitors begun and ended. */

void
iov_monitors_run(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &monitors) {
        struct monitor *m = node->data;
        iov_flow_monitor_run(m->fm);
        iov_port_flags_run(m->flags);
    }
}

void
iov_monitors_wait(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &monitors) {
        struct monitor *m = node->data;
        iov_flow_monitor_wait(m->fm);
        iov_port_flags_wait(m->flags);
    }
}

static void
end_monitor(struct shash_node *node)
{
    struct monitor *m = node->data;

    iov_flow_monitor_destroy(m->fm);
    iov_port_flags_destroy(m->flags);
    free(m);
    shash_delete(&monitors, node);
    n_changes++;
}

void
iov_monitors_exit(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &monitors) {
        end_monitor(node);
    }
}

uint64_t
iov_monitors_changed(void)
{
    uint64_t sum = n_changes << 32;
    struct shash_node *node;

    SHASH_FOR_EACH (node, &monitors) {
        struct monitor *m = node->data;
        sum += iov_flow_monitor_changed(m->fm);
        sum += iov_port_flags_changed(m->flags);
    }
    return sum;
}

uint64_t
iov_monitors_flows_changed(void)
{
    uint64_t sum = 0;
    struct shash_node *node;

    SHASH_FOR_EACH (node, &monitors) {
        const struct monitor *m = node->data;
        sum += iov_flow_monitor_flows_changed(m->fm);
    }
    return sum;
}

static struct monitor *
get_monitor(const char *bridge)
{
    struct monitor *m = shash_find_data(&monitors, bridge);

    if (!m) {
        m = xzalloc(sizeof *m);
        m->fm = iov_flow_monitor_create(bridge);
        m->flags = iov_port_flags_create(bridge);
        shash_add(&monitors, bridge, m);
        n_changes++;
    }
    return m;
}

/* Why not all is known that OpenFlow tells, or null. */
static const char *
find_unknown(const struct monitor *m)
{
    const char *unknown = iov_flow_monitor_unknown(m->fm);

    return unknown ? unknown : iov_port_flags_unknown(m->flags);
}

void
iov_monitors_fill(struct iov_snapshot *snapshot)
{
    struct shash_node *node;

    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        struct iov_bridge *bridge = &snapshot->bridges[i];

        if (bridge->keys.enabled) {
            struct monitor *m = get_monitor(bridge->name);
            m->wanted = true;
            bridge->flows_unknown = find_unknown(m);
            bridge->reach = iov_flow_monitor_reach(m->fm);
            iov_port_flags_fill(m->flags, bridge);
        }
    }
    SHASH_FOR_EACH_SAFE (node, &monitors) {
        struct monitor *m = node->data;
        if (!m->wanted) {
            end_monitor(node);
        } else {
            m->wanted = false;
        }
    }
}

bool
iov_monitors_all_known(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &monitors) {
        struct monitor *m = node->data;
        if (find_unknown(m)) {
            return false;
        }
    }
    return true;
}

void
iov_monitors_sync(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &monitors) {
        struct monitor *m = node->data;
        m->syncing = true;
        m->token = iov_flow_monitor_sync(m->fm);
        m->flags_token = iov_port_flags_sync(m->flags);
    }
}

bool
iov_monitors_synced(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &monitors) {
        struct monitor *m = node->data;
        if (m->syncing
            && (!iov_flow_monitor_synced(m->fm, m->token)
                || !iov_port_flags_synced(m->flags, m->flags_token))) {
            return false;
        }
        m->syncing = false;
    }
    return true;
}
