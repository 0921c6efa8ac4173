/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks of what Open vSwitch itself does with packets on a port, before and
 * after the flow tables.
 *
 * The uplink matters too, because packets for the port come from there.  LLDP
 * and LACP on it do not: their frames go to an address that no bridge
 * forwards, so that they are for the PF in any case. */

#include <config.h>
#include "policy/verdict/check.h"

#include "openvswitch/dynamic-string.h"

/* Flags of a port, as "ovs-ofctl mod-port" says them. */
static void
check_port_flags(struct iov_check *c, const struct iov_port *port)
{
    struct ds flags = DS_EMPTY_INITIALIZER;

    if (port->no_receive) {
        ds_put_cstr(&flags, "no-receive ");
    }
    if (port->no_forward) {
        ds_put_cstr(&flags, "no-forward ");
    }
    if (port->no_flood) {
        ds_put_cstr(&flags, "no-flood ");
    }
    if (flags.length) {
        ds_chomp(&flags, ' ');
        check_fail(c, IOV_REASON_PORT_FLAGS, port->name, "%s",
                   ds_cstr(&flags));
    }
    ds_destroy(&flags);
}

void
check_flags(struct iov_check *c)
{
    check_port_flags(c, c->port);
    for (size_t i = 0; i < c->n_uplinks; i++) {
        check_port_flags(c, c->uplinks[i]);
    }
    if (c->bridge->drops_fragments) {
        check_fail(c, IOV_REASON_FRAGMENTS, c->bridge->name, NULL);
    }
}

static void
check_link(struct iov_check *c, const struct iov_port *port, bool is_uplink)
{
    const struct {
        bool spoken;
        const char *column;
    } protocols[] = {
        { port->cfm, "cfm_mpid" },
        { port->bfd, "bfd:enable" },
        { port->lldp && !is_uplink, "lldp:enable" },
        { port->lacp && !is_uplink, "lacp" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
        if (protocols[i].spoken) {
            check_fail(c, IOV_REASON_LINK_PROTOCOL, protocols[i].column,
                       "It is set for %s.", port->name);
        }
    }
}

void
check_links(struct iov_check *c)
{
    check_link(c, c->port, false);
    for (size_t i = 0; i < c->n_uplinks; i++) {
        check_link(c, c->uplinks[i], true);
    }
}
