/* SPDX-License-Identifier: Apache-2.0
 *
 * The check of the bridge's flows, see reach.h for what is asked.
 *
 * What was found before still counts until it is looked at again, because a
 * port must not lose its VF, and get it back at once, whenever a flow
 * changes. */

#include <config.h>
#include "policy/verdict/check.h"

#include <stdlib.h>

#include "policy/reach/reach.h"
#include "util.h"

/* At most so many flows are told of for each port. */
#define MAX_CULPRITS 10

static bool
is_known(const struct iov_bridge *bridge)
{
    return !bridge->flows_unknown && bridge->reach;
}

uint32_t *
check_find_uplink_ofports(const struct iov_bridge *bridge, size_t *n)
{
    uint32_t *ofports = xcalloc(bridge->n_ports + 1, sizeof *ofports);

    *n = 0;
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct iov_port *port = &bridge->ports[i];
        if (port->is_uplink && port->ofport > 0) {
            ofports[(*n)++] = port->ofport;
        }
    }
    return ofports;
}

/* Fills in what the analysis has to know of 'port'.  Returns false if it
 * cannot know it.  Borrows 'uplinks'.
 *
 * A trusted VF may change its MAC address (igb allows it), and with that what
 * the spoof check lets pass. */
static bool
reach_port_init(struct iov_reach_port *rp, const struct iov_port *port,
                const uint32_t *uplinks, size_t n_uplinks)
{
    *rp = (struct iov_reach_port) {
        .ofport = port->ofport,
        .mac = port->mac,
        .vlan = iov_port_vlan(port),
        .any_src = port->keys.forged_transmits || port->keys.promiscuous,
        .any_dst = port->keys.promiscuous,
        .uplinks = uplinks,
        .n_uplinks = n_uplinks,
    };
    return port->mac_known && port->ofport > 0;
}

/* True if the port keeps its verdict while ovs-vswitchd is away. */
static bool
is_held(const struct iov_check *c)
{
    return c->port->stays && c->bridge->flows_held;
}

bool
check_flows_are_outdated(const struct iov_check *c)
{
    struct iov_reach_port rp;
    uint64_t result;

    return (!is_held(c) && is_known(c->bridge)
            && reach_port_init(&rp, c->port, c->uplink_ofports,
                               c->n_uplink_ofports)
            && (iov_reach_look(c->bridge->reach, &rp, &result)
                != IOV_REACH_CURRENT || result != c->verdict->flows));
}

/* Marks 'n' reasons as found, of which those from 'first' on were added. */
static void
take_found(struct iov_reasons *reasons, size_t first, size_t n)
{
    reasons->n_more += n - (reasons->n - first);
    for (size_t i = first; i < reasons->n; i++) {
        reasons->list[i].check = IOV_CHECK_openflow;
    }
}

/* A port that stays has no reasons of the flows, as far as was known. */
static void
keep_old(struct iov_check *c)
{
    if (c->old) {
        c->verdict->flows = c->old->flows;
        check_copy_reasons(c->reasons, &c->old->reasons, IOV_CHECK_openflow);
    }
}

/* Says what was said before, as far as anything was, and that this may be
 * wrong. */
static void
postpone(struct iov_check *c, enum iov_reach_state state)
{
    c->verdict->outdated = true;
    c->verdict->outdated_since = (c->old && c->old->outdated
                                  ? c->old->outdated_since
                                  : c->snapshot->now);
    if (c->port->stays && c->bridge->flows_late) {
        keep_old(c);
    } else if (state != IOV_REACH_UNKNOWN && c->old && c->old->flows) {
        c->verdict->flows = c->old->flows;
        check_copy_reasons(c->reasons, &c->old->reasons, IOV_CHECK_openflow);
    } else {
        check_fail(c, IOV_REASON_OPENFLOW_UNKNOWN, c->bridge->name,
                   "the flow tables are being examined");
    }
}

static void
examine(struct iov_check *c, const struct iov_reach_port *rp)
{
    struct iov_reach *reach = c->bridge->reach;
    size_t first = c->reasons->n;
    uint64_t result;
    enum iov_reach_state state = iov_reach_look(reach, rp, &result);

    if (state == IOV_REACH_CURRENT && c->old && c->old->flows == result) {
        check_copy_reasons(c->reasons, &c->old->reasons, IOV_CHECK_openflow);
    } else if (c->effort == IOV_EFFORT_LOOK) {
        postpone(c, state);
        return;
    } else {
        size_t n = (c->effort == IOV_EFFORT_FULL
                    ? iov_reach_check(reach, rp, c->reasons, MAX_CULPRITS)
                    : iov_reach_check_briefly(reach, rp, c->reasons,
                                              MAX_CULPRITS));
        if (n == SIZE_MAX) {
            postpone(c, state);
            return;
        }
        take_found(c->reasons, first, n);
    }
    iov_reach_look(reach, rp, &c->verdict->flows);
}

void
check_openflow(struct iov_check *c)
{
    const struct iov_bridge *bridge = c->bridge;
    struct iov_reach_port rp;

    c->verdict->outdated = false;
    c->verdict->flows = 0;
    if (is_held(c)) {
        keep_old(c);
    } else if (!is_known(bridge)) {
        check_fail(c, IOV_REASON_OPENFLOW_UNKNOWN, bridge->name, "%s",
                   bridge->flows_unknown ? bridge->flows_unknown
                   : "There is no connection to the bridge yet.");
    } else if (reach_port_init(&rp, c->port, c->uplink_ofports,
                               c->n_uplink_ofports)) {
        examine(c, &rp);
    }
}

bool
iov_verdict_explain_flows(const struct iov_verdict *v, size_t max,
                          struct iov_reasons *reasons)
{
    const struct iov_bridge *bridge = v->bridge;
    struct iov_reach_port rp;

    if (!v->requested || !is_known(bridge)) {
        return false;
    }

    size_t n_uplinks;
    uint32_t *uplinks = check_find_uplink_ofports(bridge, &n_uplinks);
    if (reach_port_init(&rp, v->port, uplinks, n_uplinks)) {
        size_t first = reasons->n;
        size_t found = iov_reach_explain(bridge->reach, &rp, reasons, max);
        take_found(reasons, first, found);
    }
    free(uplinks);
    return true;
}
