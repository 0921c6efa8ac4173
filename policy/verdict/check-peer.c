/* SPDX-License-Identifier: Apache-2.0
 *
 * Neighbours: ports of the bridge that a port on its VF reaches by the PF, so
 * that flows also hold for what it sends there.
 *
 * An address that the PF does not receive for is not on the software path but,
 * to the NIC, somewhere outside.  That of a port with a VF is neither; as soon
 * as it leaves its VF, the PF is told, so that it counts from the start and
 * its peer ports need not leave their VFs with it. */

#include <config.h>
#include "policy/verdict/check.h"

#include <stdlib.h>

#include "policy/reach/reach.h"
#include "sset.h"
#include "util.h"

/* Names of the ports that have a VF, or are leaving it. */
static void
find_ports_with_vf(const struct iov_check *c, struct sset *names)
{
    for (size_t i = 0; i < c->n_pfs; i++) {
        const struct iov_pf *pf = c->pfs[i];
        for (unsigned int j = 0; j < pf->n_vfs; j++) {
            if (pf->vfs[j].record) {
                sset_add(names, pf->vfs[j].record->port);
            }
        }
    }
}

static bool
pfs_have_mac(const struct iov_check *c, struct eth_addr mac)
{
    for (size_t i = 0; i < c->n_pfs; i++) {
        if (!iov_pf_has_mac(c->pfs[i], mac)) {
            return false;
        }
    }
    return true;
}

static bool
is_peer(const struct iov_check *c, const struct iov_port *port,
        const struct sset *with_vf)
{
    return (!port->is_uplink && iov_port_mac_is_meant(port)
            && (port->vlan_mode == IOV_VLAN_ACCESS
                || port->vlan_mode == IOV_VLAN_NONE)
            && (sset_contains(with_vf, port->name)
                || pfs_have_mac(c, port->mac)));
}

void
check_see_peers(const struct iov_check *c)
{
    const struct iov_bridge *bridge = c->bridge;
    struct sset with_vf = SSET_INITIALIZER(&with_vf);
    size_t n = 0;

    if (!bridge->reach) {
        return;
    }
    struct iov_peer *list = xcalloc(bridge->n_ports + 1, sizeof *list);
    find_ports_with_vf(c, &with_vf);
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct iov_port *port = &bridge->ports[i];
        if (is_peer(c, port, &with_vf)) {
            list[n].mac = port->mac;
            list[n++].vlan = iov_port_vlan(port);
        }
    }
    iov_reach_set_peers(bridge->reach, list, n);
    sset_destroy(&with_vf);
    free(list);
}
