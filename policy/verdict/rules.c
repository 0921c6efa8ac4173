/* SPDX-License-Identifier: Apache-2.0 */

/* Describes a bridge of the snapshot to the compiler of rules.
 *
 * The flows alone do not say what the switch does with a packet.  A reason of
 * a check about the bridge's features takes the port it is about out of all
 * rules, as source and as destination. */

#include <config.h>

#include "policy/verdict/rules.h"

#include <stdlib.h>
#include <string.h>

#include "bitmap.h"
#include "policy/compile/compile.h"
#include "policy/model/snapshot.h"
#include "policy/reach/reach.h"
#include "policy/verdict/verdict.h"
#include "util.h"

#define N_VLANS 4096

bool
iov_verdict_rules_stop(const struct iov_verdict *v, size_t i)
{
    const struct iov_reason *r = &v->reasons.list[i];

    switch (r->check) {
    case IOV_CHECK_keys:
    case IOV_CHECK_hold:
    case IOV_CHECK_attached:
    case IOV_CHECK_outside:
    case IOV_CHECK_flags:
    case IOV_CHECK_mirrors:
    case IOV_CHECK_sampling:
    case IOV_CHECK_qos:
    case IOV_CHECK_bridging:
    case IOV_CHECK_links:
        return true;

    case IOV_CHECK_openflow:
        return r->id == IOV_REASON_OPENFLOW_UNKNOWN;

    default:
        return false;
    }
}

static bool
is_stopped(const struct iov_verdict *v)
{
    for (size_t i = 0; i < v->reasons.n; i++) {
        if (iov_verdict_rules_stop(v, i)) {
            return true;
        }
    }
    return false;
}

/* Returns the VLANs of 'port' as a bitmap, to be freed, or null for all. */
static unsigned long *
get_trunks(const struct iov_port *port)
{
    unsigned long *trunks = NULL;

    for (size_t i = 0; i < port->trunks.n; i++) {
        int vlan;
        if (str_to_int(port->trunks.names[i], 10, &vlan)
            && vlan >= 0 && vlan < N_VLANS) {
            trunks = trunks ? trunks : bitmap_allocate(N_VLANS);
            bitmap_set1(trunks, vlan);
        }
    }
    return trunks;
}

static void
describe_port(const struct iov_verdicts *all, const struct iov_port *port,
              struct iov_compile_port *p)
{
    const struct iov_verdict *v = iov_verdicts_find(all, port->name);

    p->ofport = port->ofport;
    p->vlans = (port->priority_tags ? IOV_VLANS_OTHER
                : port->vlan_mode == IOV_VLAN_ACCESS ? IOV_VLANS_ACCESS
                : port->vlan_mode == IOV_VLAN_NONE
                  || port->vlan_mode == IOV_VLAN_TRUNK ? IOV_VLANS_TRUNK
                : IOV_VLANS_OTHER);
    p->vlan = port->tag;
    p->trunks = get_trunks(port);
    p->in_nic = port->ofport > 0 && (port->is_uplink || (v && v->requested));
    p->software = v && is_stopped(v);
}

/* An address that is meant for a port of the bridge is where it is meant. */
static size_t
describe_station(const struct iov_port *port, struct iov_compile_station *s)
{
    if (!port->mac_known || port->is_uplink || port->ofport <= 0) {
        return 0;
    }
    s->vlan = port->vlan_mode == IOV_VLAN_ACCESS ? port->tag : 0;
    s->mac = port->mac;
    s->ofport = port->ofport;
    return 1;
}

static void
init_caps(struct iov_rule_caps *caps)
{
    *caps = (struct iov_rule_caps) {
        .drop = true, .software = true, .forward = true,
        .pop_vlan = true, .push_vlan = true, .max_rules = SIZE_MAX,
    };
    for (size_t i = 0; i < IOV_RULE_N_FIELDS; i++) {
        caps->fields[i] = IOV_RULE_CAN_MASK;
    }
}

void
iov_verdict_rules(const struct iov_verdicts *all, const struct iov_verdict *v,
                  struct iov_rule_list *rules)
{
    const struct iov_bridge *b = v->bridge;
    struct iov_compile_port *ports = xcalloc(b->n_ports, sizeof *ports);
    struct iov_compile_station *stations = xcalloc(b->n_ports,
                                                   sizeof *stations);
    struct iov_rule_caps caps;
    struct iov_compile_bridge bridge = {
        .ports = ports,
        .n_ports = b->n_ports,
        .stations = stations,
        .caps = &caps,
    };

    memset(rules, 0, sizeof *rules);
    init_caps(&caps);
    for (size_t i = 0; i < b->n_ports; i++) {
        describe_port(all, &b->ports[i], &ports[i]);
        bridge.n_stations += describe_station(&b->ports[i],
                                              &stations[bridge.n_stations]);
    }
    if (b->reach && !b->flows_unknown) {
        bridge.table = iov_reach_table(b->reach);
        iov_compile(&bridge, v->port->ofport, rules);
    }
    for (size_t i = 0; i < b->n_ports; i++) {
        bitmap_free(CONST_CAST(unsigned long *, ports[i].trunks));
    }
    free(ports);
    free(stations);
}
