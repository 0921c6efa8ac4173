/* SPDX-License-Identifier: Apache-2.0
 *
 * The flow monitors of all iov-enabled bridges: see monitors.h.
 *
 * A bridge that was deleted and made again has the same name and another UUID;
 * its monitor reconnects by itself, and what it knew of the old bridge is void
 * from the disconnection on. */

#include <config.h>
#include "vswitchd-ext/ovs/monitors.h"

#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "policy/flow/table.h"
#include "policy/model/snapshot.h"
#include "policy/model/switch-loss.h"
#include "timeval.h"
#include "util.h"
#include "vswitchd-ext/ovs/fdb.h"
#include "vswitchd-ext/ovs/flow-monitor.h"
#include "vswitchd-ext/ovs/port-flags.h"

/* An ovs-vswitchd that has deleted its flows and does not answer within this
 * time has not been proved to exit either. */
#define EXIT_MSEC 1000

/* How long what was known of something holds. */
struct loss {
    struct iov_switch_loss state;
    bool holds;
    uint64_t probe;             /* Of iov_fdb_probe(), when it was lost. */
};

struct monitor {
    struct iov_flow_monitor *fm;
    struct iov_port_flags *flags;
    struct loss loss;
    bool filled;                /* It has had flows since the loss. */
    uint64_t purges;            /* Of iov_flow_monitor_purges(), when... */
    uint64_t purge_probe;       /* ...this was sent; it is waited for... */
    long long int purged_until; /* ...until then, ms. */
    bool wanted;
    bool syncing;
    uint64_t token, flags_token;
};

static struct shash monitors = SHASH_INITIALIZER(&monitors);
static uint64_t n_changes;      /* Monitors begun and ended. */
static long long int limit;     /* ms; 0: nothing is held. */
static struct loss switch_loss; /* Of ovs-vswitchd's control socket. */

static void
loss_update(struct loss *loss, enum iov_switch_sight sight)
{
    bool late = loss->state.late_since != 0;

    if (sight != IOV_SWITCH_KNOWN && loss->state.known
        && !loss->state.since) {
        loss->probe = iov_fdb_probe();
    }
    struct iov_switch_loss_in in = {
        .sight = sight,
        .runs = (loss != &switch_loss && loss->state.since
                 && iov_fdb_runs(loss->probe)),
        .limit = limit,
    };
    bool holds = iov_switch_loss_update(&loss->state, &in, time_msec());
    if (holds != loss->holds || late != (loss->state.late_since != 0)) {
        loss->holds = holds;
        n_changes++;
    }
}

/* A new ovs-vswitchd has no flows where a controller or a script adds them,
 * and drops everything until then.  That is not what they want. */
static bool
awaits_flows(struct monitor *m)
{
    if (!m->loss.state.since) {
        m->filled = false;
    } else if (iov_flow_table_count(iov_flow_monitor_table(m->fm))) {
        m->filled = true;
    }
    return m->loss.state.since && !m->filled;
}

/* True while it is not known whether ovs-vswitchd has deleted flows because it
 * was asked to, or because it exits.  In the first case it answers at once. */
static bool
may_be_exiting(struct monitor *m)
{
    uint64_t purges = iov_flow_monitor_purges(m->fm);

    if (m->purges != purges) {
        m->purges = purges;
        m->purge_probe = iov_fdb_probe();
        m->purged_until = time_msec() + EXIT_MSEC;
    }
    if (time_msec() >= m->purged_until || iov_fdb_runs(m->purge_probe)) {
        m->purged_until = 0;
    }
    return m->purged_until != 0;
}

static void
update_loss(struct monitor *m)
{
    enum iov_switch_sight sight = iov_flow_monitor_sight(m->fm);
    bool exiting = may_be_exiting(m);

    if ((sight == IOV_SWITCH_KNOWN
         && (iov_port_flags_unknown(m->flags) || awaits_flows(m)))
        || (sight != IOV_SWITCH_REFUSED && exiting)) {
        sight = IOV_SWITCH_LOST;
    }
    loss_update(&m->loss, sight);
}

void
iov_monitors_run(void)
{
    struct shash_node *node;

    loss_update(&switch_loss, (iov_fdb_unreachable()
                               ? IOV_SWITCH_LOST : IOV_SWITCH_KNOWN));

    SHASH_FOR_EACH (node, &monitors) {
        struct monitor *m = node->data;
        iov_flow_monitor_run(m->fm);
        iov_port_flags_run(m->flags);
        update_loss(m);
    }
}

static void
loss_wait(const struct loss *loss)
{
    if (loss->holds) {
        poll_timer_wait_until(loss->state.until);
    }
}

void
iov_monitors_wait(void)
{
    struct shash_node *node;

    loss_wait(&switch_loss);
    SHASH_FOR_EACH (node, &monitors) {
        struct monitor *m = node->data;
        iov_flow_monitor_wait(m->fm);
        iov_port_flags_wait(m->flags);
        loss_wait(&m->loss);
        if (m->purged_until) {
            poll_timer_wait_until(m->purged_until);
        }
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

    limit = snapshot->keys.switch_loss_limit * 1000LL;
    snapshot->switch_held = switch_loss.holds;
    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        struct iov_bridge *bridge = &snapshot->bridges[i];

        if (bridge->keys.enabled) {
            struct monitor *m = get_monitor(bridge->name);
            m->wanted = true;
            bridge->flows_unknown = find_unknown(m);
            bridge->reach = iov_flow_monitor_reach(m->fm);
            bridge->flows_late = m->loss.holds && m->loss.state.late_since;
            bridge->flows_held = m->loss.holds && !bridge->flows_late;
            bridge->held_until = m->loss.state.until;
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
