/* SPDX-License-Identifier: Apache-2.0 */

/* Check of the ways out of the bridge: to NORMAL all of them are ports like
 * others, but the NIC knows only its own wire and the PF.
 *
 * What is behind a way out is learned, and no list of addresses tells the NIC
 * to send it to the PF.  A device with one station behind it that
 * external_ids:attached-mac names is none. */

#include <config.h>

#include "policy/verdict/check.h"

#include <stddef.h>

#include "util.h"

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

static bool
is_way_of(const struct iov_port *way, const struct iov_port *port)
{
    return (way != port
            && (port->vlan_mode != IOV_VLAN_ACCESS
                || carries(way, port->tag)));
}

/* 'n_more' others are not named. */
static void
fail(struct iov_check *c, const struct iov_port *way, size_t n_more)
{
    bool by_type = !way->driver || iov_type_leads_away(way->type);
    const char *what = by_type ? "of the type" : "a device of the driver";
    const char *which = by_type ? way->type : way->driver;

    if (n_more) {
        check_fail(c, IOV_REASON_OTHER_WAY_OUT, way->name,
                   "It is %s %s, and there are %"PRIuSIZE" more.", what,
                   which, n_more);
    } else {
        check_fail(c, IOV_REASON_OTHER_WAY_OUT, way->name, "It is %s %s.",
                   what, which);
    }
}

void
check_ways(struct iov_check *c)
{
    size_t n = 0, n_named = 0;

    for (size_t i = 0; i < c->n_ways; i++) {
        n += is_way_of(c->ways[i], c->port);
    }
    for (size_t i = 0; n_named < MIN(n, CHECK_MAX_NAMED); i++) {
        if (is_way_of(c->ways[i], c->port)) {
            fail(c, c->ways[i],
                 ++n_named == CHECK_MAX_NAMED ? n - n_named : 0);
        }
    }
}
