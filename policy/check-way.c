/* SPDX-License-Identifier: Apache-2.0 */

/* Check of the ways out of the bridge: to NORMAL all of them are ports like
 * others, but the NIC knows only its own wire and the PF.
 *
 * The subtle thing: what is behind a way out is learned, and no list of
 * addresses tells the NIC to send it to the PF.  A device with one station
 * behind it that external_ids:attached-mac names is none. */

#include <config.h>

#include "policy/check.h"

#include <stddef.h>

/* True if packets of the VLAN, 0: untagged, pass 'way'. */
static bool
carries(const struct iov_port *way, uint16_t vlan)
{
    switch (way->vlan_mode) {
    case IOV_VLAN_NONE:
        return true;
    case IOV_VLAN_ACCESS:
    case IOV_VLAN_DOT1Q_TUNNEL:
        return way->tag == vlan;
    case IOV_VLAN_TRUNK:
    case IOV_VLAN_NATIVE_TAGGED:
    case IOV_VLAN_NATIVE_UNTAGGED:
        return (!way->trunks.n || check_has_vlan(&way->trunks, vlan)
                || (way->vlan_mode != IOV_VLAN_TRUNK && way->tag == vlan));
    }
    return true;
}

void
check_ways(struct iov_check *c)
{
    bool tagged = c->port->vlan_mode == IOV_VLAN_ACCESS;

    for (size_t i = 0; i < c->n_ways; i++) {
        const struct iov_port *way = c->ways[i];

        if (way != c->port
            && (!tagged || carries(way, iov_port_vlan(c->port)))) {
            check_fail(c, IOV_REASON_OTHER_WAY_OUT, way->name, "It is %s%s.",
                       way->driver && !iov_type_leads_away(way->type)
                       ? "a device of the driver " : "of the type ",
                       way->driver && !iov_type_leads_away(way->type)
                       ? way->driver : way->type);
        }
    }
}
