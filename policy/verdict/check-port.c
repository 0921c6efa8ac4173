/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks of the request and of the port itself.
 *
 * A key that cannot be parsed is an obstacle even if its default would be
 * harmless, because what the user wanted is not known. */

#include <config.h>
#include "policy/verdict/check.h"

#include <string.h>

#include "util.h"

void
check_request(struct iov_check *c)
{
    if (!c->bridge->keys.enabled) {
        check_fail(c, IOV_REASON_BRIDGE_NOT_ENABLED, c->bridge->name, NULL);
    } else if (!c->port->keys.weight && !c->port->keys.errors.n) {
        check_fail(c, IOV_REASON_NOT_REQUESTED, NULL, NULL);
    } else if (c->bridge->keys.observe) {
        check_fail(c, IOV_REASON_OBSERVED, c->bridge->name, NULL);
    }
}

void
check_keys(struct iov_check *c)
{
    const struct iov_interface_keys *keys = &c->port->keys;

    for (size_t i = 0; i < keys->errors.n; i++) {
        check_fail(c, IOV_REASON_BAD_KEY, NULL, "%s", keys->errors.names[i]);
    }
}

void
check_hold(struct iov_check *c)
{
    if (c->port->keys.hold) {
        check_fail(c, IOV_REASON_HELD, "other_config:iov-hold", NULL);
    }
    if (c->port->commanded_hold) {
        check_fail(c, IOV_REASON_HELD, c->port->commanded_hold, NULL);
    }
}

void
check_attached(struct iov_check *c)
{
    const struct iov_port *port = c->port;

    if (port->bad_name) {
        check_fail(c, IOV_REASON_BAD_NAME, port->name, NULL);
    }
    if (port->is_uplink) {
        check_fail(c, IOV_REASON_PORT_IS_UPLINK, port->name, NULL);
    }
    if (port->bonded) {
        check_fail(c, IOV_REASON_PORT_BONDED, port->port_name, NULL);
    }
    if (port->ofport < 0
        || (!port->ofport && !(port->stays && c->bridge->flows_held))) {
        check_fail(c, IOV_REASON_NO_OFPORT, NULL, "%s",
                   port->error ? port->error
                   : "ovs-vswitchd has not answered yet.");
    }
    if (iov_type_leads_away(port->type)) {
        check_fail(c, IOV_REASON_PORT_TYPE, port->type, NULL);
    }
    if (port->admin_down) {
        check_fail(c, IOV_REASON_PORT_DOWN, port->name, NULL);
    }
}

/* Open vSwitch itself uses tc for the flows that it offloads and for policing,
 * and qdiscs for QoS. */
void
check_outside(struct iov_check *c)
{
    const struct iov_port *port = c->port;
    bool may_use_tc = (c->snapshot->hw_offload || port->policing_rate
                       || port->policing_kpkts_rate);

    if (port->filters.foreign) {
        check_fail(c, IOV_REASON_FILTERED_OUTSIDE, port->name, "%s",
                   port->filters.foreign);
    }
    if (port->filters.tc && !may_use_tc) {
        check_fail(c, IOV_REASON_FILTERED_OUTSIDE, port->name, "%s",
                   port->filters.tc);
    }
    if (port->filters.qdisc && !port->qos) {
        check_fail(c, IOV_REASON_FILTERED_OUTSIDE, port->name, "%s",
                   port->filters.qdisc);
    }
}

/* The guest can take the VF, and did not refuse it. */
void
check_guest(struct iov_check *c)
{
    const struct iov_port *port = c->port;

    if (port->keys.guest.kind == IOV_GUEST_KIND_UNKNOWN) {
        check_fail(c, IOV_REASON_GUEST_UNKNOWN, port->keys.guest.text, NULL);
    } else if (port->guest_not_ready) {
        check_fail(c, IOV_REASON_GUEST_ABSENT, port->keys.guest.text, "%s",
                   port->guest_not_ready);
    } else if (port->guest_busy) {
        check_fail(c, IOV_REASON_GUEST_BUSY, port->keys.guest.text, "%s",
                   port->guest_busy);
    }
}

/* The rest depends on who gets which VF: verdict.c and assign.c add to these
 * checks. */
void
check_damping(struct iov_check *c OVS_UNUSED)
{
}

void
check_vf(struct iov_check *c OVS_UNUSED)
{
}
