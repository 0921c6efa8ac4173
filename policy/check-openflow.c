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
#include <string.h>

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

void
check_openflow(struct iov_check *c)
{
    const struct iov_bridge *bridge = c->bridge;

    if (bridge->flows_unknown || !bridge->reach) {
        check_fail(c, IOV_REASON_OPENFLOW_UNKNOWN, bridge->name, "%s",
                   bridge->flows_unknown ? bridge->flows_unknown
                   : "There is no connection to the bridge yet.");
        return;
    } else if (!c->port->mac_known || c->port->ofport <= 0) {
        return;
    }

    struct iov_reach_port rp = {
        .ofport = c->port->ofport,
        .mac = c->port->mac,
        .vlan = iov_port_vlan(c->port),
    };
    uint32_t *uplinks = get_uplinks(bridge, &rp.n_uplinks);
    size_t first = c->reasons->n;

    rp.uplinks = uplinks;
    iov_reach_check(bridge->reach, &rp, c->reasons, MAX_CULPRITS);
    for (size_t i = first; i < c->reasons->n; i++) {
        c->reasons->list[i].check = c->current;
    }
    free(uplinks);
}
