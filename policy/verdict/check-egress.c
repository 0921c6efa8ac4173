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
#include <string.h>

#include "util.h"

static bool
is_usable_pf(const struct iov_bridge *bridge, const char *netdev)
{
    return !bridge->keys.pfs.n || svec_contains(&bridge->keys.pfs, netdev);
}

/* True if 'port' is a PF of which nobody has said that it leads to the same
 * network as the others of the bridge, so that VFs of those do not reach what
 * is behind it.  With several PFs, those that iov-pf names do. */
static bool
is_pf_apart(const struct iov_check *c, const struct iov_port *port)
{
    const struct svec *named = &c->bridge->keys.pfs;

    return (port->is_uplink && !port->bonded && c->n_uplinks > 1
            && !svec_contains(named, port->name));
}

/* Fills in other ways out, which matter only if some port could leave the
 * common one. */
static void
find_ways(struct iov_check *c)
{
    const struct iov_bridge *b = c->bridge;

    c->ways = xcalloc(b->n_ports + 1, sizeof *c->ways);
    for (size_t i = 0; c->n_pfs && i < b->n_ports; i++) {
        if (iov_port_leads_away(&b->ports[i])
            || is_pf_apart(c, &b->ports[i])) {
            c->ways[c->n_ways++] = &b->ports[i];
        }
    }
}

void
check_find_uplinks(struct iov_check *c)
{
    const struct iov_bridge *b = c->bridge;

    c->uplink_ofports = check_find_uplink_ofports(b, &c->n_uplink_ofports);
    c->uplinks = xcalloc(b->n_ports + 1, sizeof *c->uplinks);
    c->pfs = xcalloc(b->n_ports + 1, sizeof *c->pfs);
    for (size_t i = 0; i < b->n_ports; i++) {
        const struct iov_port *port = &b->ports[i];

        if (!port->is_uplink) {
            continue;
        }
        c->uplinks[c->n_uplinks++] = port;
        if (!port->bonded && is_usable_pf(b, port->name)) {
            const struct iov_pf *pf = iov_nics_find(c->snapshot->nics,
                                                    port->name);
            if (pf) {
                c->pfs[c->n_pfs++] = pf;
            }
        }
    }
    find_ways(c);
}

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
    if (way->is_uplink && !way->bonded) {
        check_fail(c, IOV_REASON_OTHER_WAY_OUT, way->name,
                   "It is a PF that iov-pf does not name beside another; if "
                   "all lead to the same network, name all of them there.");
        return;
    }

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
