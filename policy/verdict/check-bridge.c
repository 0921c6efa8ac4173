/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks of what the bridge does with packets, besides uplink and NIC.
 *
 * The subtle thing: a mirror of the uplink sees what comes for the port too,
 * so a mirror costs the VF if it names either end. */

#include <config.h>
#include "policy/verdict/check.h"

#include <inttypes.h>
#include <string.h>

#include "policy/plan/plan.h"
#include "util.h"
#include "uuid.h"

uint16_t
iov_port_vlan(const struct iov_port *port)
{
    return port->vlan_mode == IOV_VLAN_ACCESS ? port->tag : 0;
}

bool
check_has_vlan(const struct svec *vlans, int vlan)
{
    char text[12];

    snprintf(text, sizeof text, "%d", vlan);
    return svec_contains_unsorted(vlans, text);
}

/* True if packets of the port can be in one of 'vlans'.  Without a tag it may
 * send and get packets of all VLANs. */
static bool
meets_vlans(const struct iov_port *port, const struct svec *vlans)
{
    return (vlans->n
            && (port->vlan_mode != IOV_VLAN_ACCESS
                || check_has_vlan(vlans, port->tag)));
}

static bool
mirror_sees(const struct iov_mirror *m, const char *port)
{
    return (m->all || sset_contains(&m->src, port)
            || sset_contains(&m->dst, port));
}

/* What is copied into a VLAN is for all ports that are in it. */
static bool
mirror_is_for(const struct iov_mirror *m, const struct iov_port *port)
{
    return (m->output ? !strcmp(m->output, port->port_name)
            : m->output_vlan && (port->vlan_mode != IOV_VLAN_ACCESS
                                 || m->output_vlan == port->tag));
}

static void
check_mirror(struct iov_check *c, const struct iov_mirror *m)
{
    if (mirror_is_for(m, c->port)) {
        check_fail(c, IOV_REASON_MIRROR, m->name,
                   "The port is the output of mirror "UUID_FMT".",
                   UUID_ARGS(&m->uuid));
    }
    if (m->vlans.n && !meets_vlans(c->port, &m->vlans)) {
        return;
    }
    if (mirror_sees(m, c->port->port_name)) {
        check_fail(c, IOV_REASON_MIRROR, m->name,
                   "Mirror "UUID_FMT" selects the port.",
                   UUID_ARGS(&m->uuid));
    }
    for (size_t i = 0; !m->all && i < c->n_uplinks; i++) {
        const char *uplink = c->uplinks[i]->port_name;
        if (mirror_sees(m, uplink)) {
            check_fail(c, IOV_REASON_MIRROR, m->name,
                       "Mirror "UUID_FMT" selects the uplink %s.",
                       UUID_ARGS(&m->uuid), uplink);
        }
    }
}

void
check_mirrors(struct iov_check *c)
{
    for (size_t i = 0; i < c->bridge->n_mirrors; i++) {
        check_mirror(c, &c->bridge->mirrors[i]);
    }
}

void
check_sampling(struct iov_check *c)
{
    const struct iov_sampling *s = &c->bridge->sampling;

    if (s->sflow) {
        check_fail(c, IOV_REASON_SFLOW, s->sflow, NULL);
    }
    if (s->ipfix) {
        check_fail(c, IOV_REASON_IPFIX, s->ipfix, NULL);
    }
    if (s->netflow) {
        check_fail(c, IOV_REASON_NETFLOW, s->netflow, NULL);
    }
}

void
check_qos(struct iov_check *c)
{
    const struct iov_port *port = c->port;

    if (port->qos) {
        check_fail(c, IOV_REASON_QOS, port->qos, NULL);
    }
    if (port->policing_rate) {
        check_fail(c, IOV_REASON_INGRESS_POLICING, "ingress_policing_rate",
                   "%"PRId64" kbit/s.", port->policing_rate);
    }
    if (port->policing_kpkts_rate) {
        check_fail(c, IOV_REASON_INGRESS_POLICING,
                   "ingress_policing_kpkts_rate", "%"PRId64" kpkt/s.",
                   port->policing_kpkts_rate);
    }
    for (size_t i = 0; i < c->n_uplinks; i++) {
        const struct iov_port *uplink = c->uplinks[i];
        if (uplink->qos) {
            check_fail(c, IOV_REASON_UPLINK_QOS, uplink->name, "%s",
                       uplink->qos);
        }
        if (uplink->policing_rate || uplink->policing_kpkts_rate) {
            check_fail(c, IOV_REASON_INGRESS_POLICING, uplink->name,
                       "The uplink is policed.");
        }
    }
}

static const char *
vlan_mode_text(enum iov_vlan_mode mode)
{
    switch (mode) {
    case IOV_VLAN_TRUNK:
        return "trunk";
    case IOV_VLAN_NATIVE_TAGGED:
        return "native-tagged";
    case IOV_VLAN_NATIVE_UNTAGGED:
        return "native-untagged";
    case IOV_VLAN_DOT1Q_TUNNEL:
        return "dot1q-tunnel";
    case IOV_VLAN_NONE:
    case IOV_VLAN_ACCESS:
        return NULL;
    }
    return NULL;
}

/* True if packets of 'vlan' (0: untagged) pass 'uplink' as the VF would send
 * and receive them. */
static bool
uplink_carries(const struct iov_port *uplink, uint16_t vlan)
{
    return (uplink->vlan_mode == IOV_VLAN_NONE
            || (uplink->vlan_mode == IOV_VLAN_TRUNK
                && (!uplink->trunks.n
                    || check_has_vlan(&uplink->trunks, vlan))));
}

void
check_vlan(struct iov_check *c)
{
    const struct iov_port *port = c->port;
    const char *mode = vlan_mode_text(port->vlan_mode);
    uint16_t vlan = iov_port_vlan(port);

    if (mode) {
        check_fail(c, IOV_REASON_VLAN_MODE, mode, NULL);
        return;
    } else if (vlan == IOV_FENCE_VLAN) {
        check_fail(c, IOV_REASON_VLAN_RESERVED, "tag=4094", NULL);
    }
    if (port->priority_tags) {
        check_fail(c, IOV_REASON_PRIORITY_TAGS, port->port_name, NULL);
    }
    for (size_t i = 0; i < c->n_uplinks; i++) {
        if (c->uplinks[i]->priority_tags && !vlan) {
            check_fail(c, IOV_REASON_PRIORITY_TAGS, c->uplinks[i]->port_name,
                       "It is the uplink.");
        }
        if (!uplink_carries(c->uplinks[i], vlan)) {
            check_fail(c, IOV_REASON_UPLINK_VLAN, c->uplinks[i]->name,
                       vlan ? "It does not carry VLAN %u as a trunk."
                       : "It does not carry untagged packets (VLAN %u).",
                       vlan);
        }
    }
}

static void
check_stp(struct iov_check *c, const struct iov_port *port)
{
    if (c->bridge->rstp && port->rstp) {
        check_fail(c, IOV_REASON_STP, "rstp_enable", "%s takes part.",
                   port->port_name);
    }
    if (c->bridge->stp && port->stp) {
        check_fail(c, IOV_REASON_STP, "stp_enable", "%s takes part.",
                   port->port_name);
    }
}

void
check_bridging(struct iov_check *c)
{
    const struct iov_bridge *bridge = c->bridge;

    if (c->port->protected) {
        check_fail(c, IOV_REASON_PROTECTED_PORT, c->port->port_name, NULL);
    }
    if (meets_vlans(c->port, &bridge->flood_vlans)) {
        check_fail(c, IOV_REASON_FLOOD_VLAN, "flood_vlans", NULL);
    }
    check_stp(c, c->port);
    for (size_t i = 0; i < c->n_uplinks; i++) {
        check_stp(c, c->uplinks[i]);
    }
    if (bridge->mcast_snooping) {
        check_fail(c, IOV_REASON_MCAST_SNOOPING, "mcast_snooping_enable",
                   NULL);
    }
}
