/* SPDX-License-Identifier: Apache-2.0
 *
 * The check of the bridge's flows, see reach.h for what is asked.
 *
 * The subtle thing: only addresses that somebody has said are somebody's count
 * as neighbours, the same ones that the NIC is told to bring to the software
 * path, see iov_port_mac_is_meant(). */

#include <config.h>
#include "policy/check.h"

#include <stdlib.h>

#include "policy/reach.h"
#include "util.h"

/* At most so many flows are told of for each port. */
#define MAX_CULPRITS 10

void
check_see_neighbours(const struct iov_bridge *bridge)
{
    struct iov_neighbour *list = xcalloc(bridge->n_ports + 1, sizeof *list);
    size_t n = 0;

    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct iov_port *port = &bridge->ports[i];
        if (!port->is_uplink && iov_port_mac_is_meant(port)
            && (port->vlan_mode == IOV_VLAN_ACCESS
                || port->vlan_mode == IOV_VLAN_NONE)) {
            list[n].mac = port->mac;
            list[n++].vlan = iov_port_vlan(port);
        }
    }
    if (bridge->reach) {
        iov_reach_set_neighbours(bridge->reach, list, n);
    }
    free(list);
}

/* Numbers of the uplinks, to be freed. */
static uint32_t *
get_uplinks(const struct iov_bridge *bridge, size_t *n)
{
    uint32_t *uplinks = xcalloc(bridge->n_ports + 1, sizeof *uplinks);

    *n = 0;
    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (bridge->ports[i].is_uplink && bridge->ports[i].ofport > 0) {
            uplinks[(*n)++] = bridge->ports[i].ofport;
        }
    }
    return uplinks;
}

static bool
is_known(const struct iov_bridge *bridge)
{
    return !bridge->flows_unknown && bridge->reach;
}

typedef size_t reach_func(const struct iov_reach *,
                          const struct iov_reach_port *,
                          struct iov_reasons *, size_t max);

/* Asks 'func' about 'port', if there is anything to ask. */
static void
ask(const struct iov_bridge *bridge, const struct iov_port *port,
    reach_func *func, struct iov_reasons *reasons, size_t max)
{
    struct iov_reach_port rp = {
        .ofport = port->ofport,
        .mac = port->mac,
        .vlan = iov_port_vlan(port),
    };
    size_t first = reasons->n;

    if (!port->mac_known || port->ofport <= 0) {
        return;
    }
    uint32_t *uplinks = get_uplinks(bridge, &rp.n_uplinks);
    rp.uplinks = uplinks;
    size_t n = func(bridge->reach, &rp, reasons, max);
    reasons->n_more += n - (reasons->n - first);
    for (size_t i = first; i < reasons->n; i++) {
        reasons->list[i].check = IOV_CHECK_openflow;
    }
    free(uplinks);
}

void
check_openflow(struct iov_check *c)
{
    const struct iov_bridge *bridge = c->bridge;

    if (is_known(bridge)) {
        ask(bridge, c->port, iov_reach_check, c->reasons, MAX_CULPRITS);
    } else {
        check_fail(c, IOV_REASON_OPENFLOW_UNKNOWN, bridge->name, "%s",
                   bridge->flows_unknown ? bridge->flows_unknown
                   : "There is no connection to the bridge yet.");
    }
}

bool
iov_verdict_explain_flows(const struct iov_verdict *v, size_t max,
                          struct iov_reasons *reasons)
{
    if (!v->requested || !is_known(v->bridge)) {
        return false;
    }
    ask(v->bridge, v->port, iov_reach_explain, reasons, max);
    return true;
}
