/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a bridge has no usable PF: see no-pf.h.
 *
 * Each port that could be meant as the uplink is named as what it is: a bond,
 * a VLAN device, a device that DPDK drives, a NIC without SR-IOV, a network
 * device that is gone.
 *
 * Advice is followed.  A bridge that leads to others by patch ports or
 * tunnels, above all the integration bridge of OVN or Neutron, must not be
 * told to take a NIC: it would be a second way out, past what its manager
 * enforces. */

#include <config.h>
#include "policy/verdict/no-pf.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "policy/model/reason.h"
#include "policy/model/snapshot.h"
#include "policy/verdict/check.h"
#include "util.h"

/* Drivers by the name that their devices show, which Open vSwitch writes into
 * the status column of the Interface. */
#define DRIVER_VLAN "802.1Q VLAN Support"
static const char *const bond_drivers[] = { "bonding", "team" };

static bool
is_bond(const struct iov_port *port)
{
    for (size_t i = 0; i < ARRAY_SIZE(bond_drivers) && port->driver; i++) {
        if (!strcmp(port->driver, bond_drivers[i])) {
            return true;
        }
    }
    return false;
}

static bool
is_device(const struct iov_port *port)
{
    return !strcmp(port->type, "system");
}

/* Takes 'detail' and 'remedy'; null 'remedy' is that of the reason. */
static void
add(struct iov_reasons *reasons, enum iov_reason_id id, const char *object,
    char *detail, char *remedy)
{
    iov_reasons_add(reasons, id, object, detail);
    iov_reasons_set_remedy(reasons, remedy);
    free(detail);
}

/* The PF that a VLAN device of the usual name, such as "enp1s0.100", is on,
 * or null. */
static const struct iov_pf *
find_lower_pf(const struct iov_snapshot *s, const struct iov_port *port)
{
    char *lower = xstrdup(port->name);
    char *dot = strrchr(lower, '.');
    const struct iov_pf *pf = NULL;

    if (dot) {
        *dot = '\0';
        pf = s->nics ? iov_nics_find(s->nics, lower) : NULL;
    }
    free(lower);
    return pf;
}

static void
add_vlan_device(const struct iov_snapshot *s, const struct iov_port *port,
                struct iov_reasons *reasons)
{
    const struct iov_pf *pf = find_lower_pf(s, port);

    add(reasons, IOV_REASON_UPLINK_VLAN, port->name,
        xasprintf("It is a VLAN device of Linux%s%s, which adds and takes "
                  "away a tag that a VF of the NIC would not.",
                  pf ? " on PF " : "", pf ? pf->netdev : ""),
        xstrdup("If the host uses neither for itself, make the PF the port of "
                "the bridge instead of its VLAN device, and give the VLAN to "
                "the bridge's other ports as their tag; else leave it as it "
                "is."));
}

/* A PF that is no port of any bridge, or null. */
static const struct iov_pf *
find_spare_pf(const struct iov_snapshot *s)
{
    for (size_t i = 0; s->nics && i < s->nics->n_pfs; i++) {
        const struct iov_bridge *bridge;

        if (!iov_snapshot_find_port(s, s->nics->pfs[i].netdev, &bridge)) {
            return &s->nics->pfs[i];
        }
    }
    return NULL;
}

static void
add_missing(const struct iov_snapshot *s, const struct iov_bridge *bridge,
            const struct iov_port *port, struct iov_reasons *reasons)
{
    const struct iov_pf *spare = find_spare_pf(s);
    struct ds detail = DS_EMPTY_INITIALIZER;
    char *remedy = NULL;

    ds_put_format(&detail, "There is no network device for its port %s (%s)",
                  port->name, port->error ? port->error : "no error given");
    if (spare) {
        ds_put_format(&detail, "; PF %s%s%s%s is on no bridge",
                      spare->netdev, spare->pci ? " (" : "",
                      spare->pci ? spare->pci : "", spare->pci ? ")" : "");
        remedy = xasprintf("If %s is what was %s, give it its old name again, "
                           "or make it the port in its place, with its "
                           "settings; else put right what the error says.",
                           spare->netdev, port->name);
    } else {
        remedy = xstrdup("Put right what the error says; \"ip link\" shows "
                         "what the device is called now.");
    }
    ds_put_char(&detail, '.');
    add(reasons, IOV_REASON_NO_UPLINK, bridge->name,
        ds_steal_cstr(&detail), remedy);
}

static void
add_plain_nic(const struct iov_bridge *bridge, const struct iov_port *port,
              struct iov_reasons *reasons)
{
    add(reasons, IOV_REASON_NO_UPLINK, bridge->name,
        xasprintf("Its port %s (driver %s) has no SR-IOV, or its driver or "
                  "firmware does not offer it.", port->name, port->driver),
        xstrdup("See \"ovs-appctl -t ovs-iovd iov/support\" for what the NIC "
                "lacks; ports stay on software until the uplink is one with "
                "SR-IOV."));
}

/* Names 'port' if it could be meant as the uplink.  'leads_on' is true if the
 * bridge leads to others, so that no NIC is missing.  Returns false if nothing
 * was named. */
static bool
explain_port(const struct iov_snapshot *s, const struct iov_bridge *bridge,
             const struct iov_port *port, bool leads_on,
             struct iov_reasons *reasons)
{
    if (port->is_uplink) {
        add(reasons, IOV_REASON_UPLINK_BONDED, port->port_name,
            xasprintf("%s is a member of it.", port->name), NULL);
    } else if (!strcmp(port->type, "dpdk")) {
        add(reasons, IOV_REASON_UPLINK_DPDK, port->name,
            port->driver ? xasprintf("Its driver is %s.", port->driver)
                         : NULL, NULL);
    } else if (!is_device(port)) {
        return false;
    } else if (is_bond(port)) {
        add(reasons, IOV_REASON_UPLINK_BONDED, port->name,
            xasprintf("It is a bond of Linux (driver %s).", port->driver),
            NULL);
    } else if (port->driver && !strcmp(port->driver, DRIVER_VLAN)) {
        add_vlan_device(s, port, reasons);
    } else if (port->ofport < 0 && !leads_on
               && !iov_port_mac_is_meant(port)) {
        add_missing(s, bridge, port, reasons);
    } else if (iov_port_leads_away(port)) {
        add_plain_nic(bridge, port, reasons);
    } else {
        return false;
    }
    return true;
}

/* The first port that leads to another bridge or host, or null, and the number
 * of all of them. */
static const struct iov_port *
find_patch(const struct iov_bridge *bridge, size_t *n)
{
    const struct iov_port *first = NULL;

    *n = 0;
    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (iov_type_leads_away(bridge->ports[i].type)) {
            first = first ? first : &bridge->ports[i];
            ++*n;
        }
    }
    return first;
}

/* True if OVN or Neutron looks after the bridge. */
static bool
is_integration(const struct iov_snapshot *s, const struct iov_bridge *bridge)
{
    return !strcmp(bridge->name, s->integration_bridge ? s->integration_bridge
                                                       : "br-int");
}

static void
explain_bridge(const struct iov_snapshot *s, const struct iov_bridge *bridge,
               struct iov_reasons *reasons)
{
    bool integration = is_integration(s, bridge);
    size_t n;
    const struct iov_port *patch = find_patch(bridge, &n);
    struct ds detail = DS_EMPTY_INITIALIZER;

    if (patch) {
        ds_put_format(&detail, "Packets leave it by port %s of the type %s",
                      patch->name, patch->type);
        if (n > 1) {
            ds_put_format(&detail, " and %"PRIuSIZE" more like it", n - 1);
        }
    } else if (integration) {
        ds_put_cstr(&detail, "It is the integration bridge of OVN or Neutron, "
                    "which packets leave by patch ports and tunnels");
    }
    if (!detail.length) {
        add(reasons, IOV_REASON_NO_UPLINK, bridge->name, NULL, NULL);
        return;
    }
    ds_put_cstr(&detail, ", where no VF follows them.");
    add(reasons, IOV_REASON_NO_UPLINK, bridge->name, ds_steal_cstr(&detail),
        xasprintf("Leave the bridge%s as it is, and put no NIC into it: its "
                  "ports stay on software.  Only ports of a bridge whose own "
                  "port is a PF can use VFs.",
                  integration ? ", which its manager looks after," : ""));
}

void
iov_no_pf_explain(const struct iov_snapshot *s,
                  const struct iov_bridge *bridge, struct iov_reasons *reasons)
{
    size_t n_patch, n = 0;
    bool leads_on = find_patch(bridge, &n_patch) || is_integration(s, bridge);

    for (size_t i = 0; i < bridge->n_ports && n < CHECK_MAX_NAMED; i++) {
        n += explain_port(s, bridge, &bridge->ports[i], leads_on, reasons);
    }
    if (!n) {
        explain_bridge(s, bridge, reasons);
    }
}
