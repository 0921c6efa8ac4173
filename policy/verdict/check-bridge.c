/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks of what the bridge does with packets, besides uplink and NIC.
 *
 * A mirror of the uplink sees what comes for the port too, so a mirror costs
 * the VF if it names either end. */

#include <config.h>
#include "policy/verdict/check.h"

#include <inttypes.h>
#include <string.h>

#include "policy/model/nic-fact.h"
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

/* Open vSwitch drops whatever comes in by the output of a mirror, and outputs
 * nothing there but the copies, so that with such an uplink no port of the
 * bridge reaches the wire. */
static void
check_mirror_output(struct iov_check *c, const struct iov_mirror *m)
{
    for (size_t i = 0; m->output && i < c->n_uplinks; i++) {
        const char *uplink = c->uplinks[i]->port_name;
        if (!strcmp(m->output, uplink)) {
            check_fail(c, IOV_REASON_MIRROR, m->name,
                       "The uplink %s is the output of mirror "UUID_FMT", "
                       "so that Open vSwitch forwards nothing else by it.",
                       uplink, UUID_ARGS(&m->uuid));
        }
    }
}

static void
check_mirror(struct iov_check *c, const struct iov_mirror *m)
{
    check_mirror_output(c, m);
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

/* True if 'uplink' carries tagged packets as the VF would send and receive
 * them. */
static bool
is_trunk(const struct iov_port *uplink)
{
    return (uplink->vlan_mode == IOV_VLAN_NONE
            || uplink->vlan_mode == IOV_VLAN_TRUNK);
}

/* True if packets of 'vlan' (0: untagged) pass 'uplink' as the VF would send
 * and receive them. */
static bool
uplink_carries(const struct iov_port *uplink, uint16_t vlan)
{
    return (is_trunk(uplink)
            && (!uplink->trunks.n || check_has_vlan(&uplink->trunks, vlan)));
}

/* True if no tag of a guest gets past the VFs that the port can have. */
static bool
nics_drop_tags(const struct iov_check *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n_pfs; i++) {
        n += iov_nic_fact_find(c->pfs[i], IOV_NIC_TAGS_DROPPED, NULL);
    }
    return c->bridge->keys.nic_drops_tags || (n && n == c->n_pfs);
}

/* A VF without a VLAN passes whatever tag the guest puts on a packet, unless
 * the NIC is known to drop it.  Open vSwitch does the same only for a port and
 * an uplink that carry all VLANs. */
static void
check_guest_tags(struct iov_check *c)
{
    const struct iov_port *port = c->port;

    if (iov_port_vlan(port) || nics_drop_tags(c)) {
        return;
    }
    if (port->vlan_mode == IOV_VLAN_ACCESS) {
        check_fail(c, IOV_REASON_GUEST_TAGS, port->port_name, NULL);
    }
    for (size_t i = 0; i < c->n_uplinks; i++) {
        const struct iov_port *uplink = c->uplinks[i];
        if (is_trunk(uplink) && uplink->trunks.n) {
            check_fail(c, IOV_REASON_GUEST_TAGS, uplink->name,
                       "It is the uplink, and carries only some VLANs "
                       "(trunks).");
        }
    }
}

static void
check_uplink_vlan(struct iov_check *c, const struct iov_port *uplink)
{
    uint16_t vlan = iov_port_vlan(c->port);

    if (uplink->priority_tags && !vlan) {
        check_fail(c, IOV_REASON_PRIORITY_TAGS, uplink->port_name,
                   "It is the uplink.");
    }
    if (!uplink_carries(uplink, vlan)) {
        check_fail(c, IOV_REASON_UPLINK_VLAN, uplink->name,
                   vlan ? "It does not carry VLAN %u as a trunk."
                   : "It does not carry untagged packets (VLAN %u).",
                   vlan);
    }
}

void
check_vlan(struct iov_check *c)
{
    const struct iov_port *port = c->port;
    const struct iov_vlan_range *fences = &c->snapshot->keys.fence_vlans;
    const char *mode = vlan_mode_text(port->vlan_mode);
    uint16_t vlan = iov_port_vlan(port);

    if (mode) {
        check_fail(c, IOV_REASON_VLAN_MODE, mode, NULL);
        return;
    } else if (vlan && vlan >= fences->first && vlan <= fences->last) {
        char *tag = xasprintf("tag=%u", vlan);

        check_fail(c, IOV_REASON_VLAN_RESERVED, tag,
                   "It is in iov-fence-vlans, %u-%u.", fences->first,
                   fences->last);
        free(tag);
    } else if (vlan > IOV_MAX_VLAN) {
        check_fail(c, IOV_REASON_VLAN_RESERVED, "tag=4095",
                   "802.1Q reserves it, and no VF can have it.");
    }
    if (port->priority_tags) {
        check_fail(c, IOV_REASON_PRIORITY_TAGS, port->port_name, NULL);
    }
    check_guest_tags(c);
    for (size_t i = 0; i < c->n_uplinks; i++) {
        check_uplink_vlan(c, c->uplinks[i]);
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

/* True if no VLAN is carried by both. */
static bool
are_apart(const struct iov_port *a, const struct iov_port *b)
{
    return (a->vlan_mode == IOV_VLAN_ACCESS && b->vlan_mode == IOV_VLAN_ACCESS
            && a->tag != b->tag);
}

/* Open vSwitch lets no packet pass from one protected port to another.  A port
 * that is not protected reaches protected ones; from its VF it would reach
 * them by the uplink, and not at all if that is protected, too. */
static void
check_protected(struct iov_check *c)
{
    const struct iov_bridge *b = c->bridge;

    if (c->port->protected) {
        check_fail(c, IOV_REASON_PROTECTED_PORT, c->port->port_name, NULL);
    }
    for (size_t i = 0; i < c->n_uplinks; i++) {
        for (size_t j = 0; c->uplinks[i]->protected && j < b->n_ports; j++) {
            const struct iov_port *peer = &b->ports[j];
            if (peer != c->port && !peer->is_uplink && peer->protected
                && !are_apart(peer, c->port)) {
                check_fail(c, IOV_REASON_PROTECTED_PORT,
                           c->uplinks[i]->port_name,
                           "It is the uplink, and %s is protected, too.",
                           peer->port_name);
                break;
            }
        }
    }
}

void
check_bridging(struct iov_check *c)
{
    const struct iov_bridge *bridge = c->bridge;

    check_protected(c);
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
