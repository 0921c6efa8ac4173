/* SPDX-License-Identifier: Apache-2.0
 *
 * The check of the bridge's flows, see reach.h for what is asked.
 *
 * The subtle thing: what was found before still counts until it is looked at
 * again, because a port must not lose its VF, and get it back at once,
 * whenever a flow changes. */

#include <config.h>
#include "policy/check.h"

#include <stdlib.h>

#include "policy/reach.h"
#include "util.h"

/* At most so many flows are told of for each port. */
#define MAX_CULPRITS 10

static bool
is_known(const struct iov_bridge *bridge)
{
    return !bridge->flows_unknown && bridge->reach;
}

/* Fills in what the analysis has to know of 'port'.  Returns false if it
 * cannot know it; else 'uplinks' is to be freed with reach_port_destroy(). */
static bool
reach_port_init(struct iov_reach_port *rp, const struct iov_port *port,
                const struct iov_port *const *candidates, size_t n)
{
    if (!port->mac_known || port->ofport <= 0) {
        return false;
    }

    uint32_t *uplinks = xcalloc(n + 1, sizeof *uplinks);
    size_t n_uplinks = 0;
    for (size_t i = 0; i < n; i++) {
        if (candidates[i]->ofport > 0) {
            uplinks[n_uplinks++] = candidates[i]->ofport;
        }
    }
    *rp = (struct iov_reach_port) {
        .ofport = port->ofport,
        .mac = port->mac,
        .vlan = iov_port_vlan(port),
        .uplinks = uplinks,
        .n_uplinks = n_uplinks,
    };
    return true;
}

static void
reach_port_destroy(struct iov_reach_port *rp)
{
    free(CONST_CAST(uint32_t *, rp->uplinks));
}

bool
check_flows_are_outdated(const struct iov_check *c)
{
    struct iov_reach_port rp;
    bool outdated = false;

    if (is_known(c->bridge)
        && reach_port_init(&rp, c->port, c->uplinks, c->n_uplinks)) {
        uint64_t result;
        outdated = (iov_reach_look(c->bridge->reach, &rp, &result)
                    != IOV_REACH_CURRENT || result != c->verdict->flows);
        reach_port_destroy(&rp);
    }
    return outdated;
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

/* Says what was said before, as far as anything was, and that this may be
 * wrong. */
static void
postpone(struct iov_check *c, enum iov_reach_state state)
{
    c->verdict->outdated = true;
    if (state == IOV_REACH_OUTDATED && c->old && c->old->flows) {
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
    const struct iov_reach *reach = c->bridge->reach;
    size_t first = c->reasons->n;
    uint64_t result;
    enum iov_reach_state state = iov_reach_look(reach, rp, &result);

    if (c->effort == IOV_EFFORT_LOOK && state != IOV_REACH_CURRENT) {
        postpone(c, state);
        return;
    } else if (state == IOV_REACH_CURRENT && c->old
               && c->old->flows == result) {
        check_copy_reasons(c->reasons, &c->old->reasons, IOV_CHECK_openflow);
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
    if (!is_known(bridge)) {
        check_fail(c, IOV_REASON_OPENFLOW_UNKNOWN, bridge->name, "%s",
                   bridge->flows_unknown ? bridge->flows_unknown
                   : "There is no connection to the bridge yet.");
    } else if (reach_port_init(&rp, c->port, c->uplinks, c->n_uplinks)) {
        examine(c, &rp);
        reach_port_destroy(&rp);
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

    const struct iov_port **uplinks = xcalloc(bridge->n_ports + 1,
                                              sizeof *uplinks);
    size_t n = 0;
    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (bridge->ports[i].is_uplink) {
            uplinks[n++] = &bridge->ports[i];
        }
    }
    if (reach_port_init(&rp, v->port, uplinks, n)) {
        size_t first = reasons->n;
        size_t found = iov_reach_explain(bridge->reach, &rp, reasons, max);
        take_found(reasons, first, found);
        reach_port_destroy(&rp);
    }
    free(uplinks);
    return true;
}
