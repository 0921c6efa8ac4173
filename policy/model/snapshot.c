/* SPDX-License-Identifier: Apache-2.0 */

/* Memory and order of the snapshot.
 *
 * The sets of struct iov_mirror point into themselves while they are small, so
 * they have to be told whenever an array of mirrors has moved. */

#include <config.h>

#include "policy/model/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "policy/model/text.h"
#include "util.h"

/* Makes room for element 'n' of an array of elements of 'size' bytes that
 * holds 'n' of them, and zeroes it. */
static void *
grow(void *array, size_t n, size_t size)
{
    if (!n || IS_POW2(n)) {
        array = xrealloc(array, (n ? 2 * n : 1) * size);
    }
    memset((char *) array + n * size, 0, size);
    return array;
}

struct iov_snapshot *
iov_snapshot_create(void)
{
    return xzalloc(sizeof(struct iov_snapshot));
}

/* True for a name that may not be shown as it is, or that another one could be
 * shown as: nothing may be looked up by what is shown. */
static bool
is_bad_name(const char *name)
{
    return !iov_text_is_clean(name) || strchr(name, '\\');
}

struct iov_bridge *
iov_snapshot_add_bridge(struct iov_snapshot *snapshot, const char *name)
{
    snapshot->bridges = grow(snapshot->bridges, snapshot->n_bridges,
                             sizeof *snapshot->bridges);

    struct iov_bridge *bridge = &snapshot->bridges[snapshot->n_bridges++];

    bridge->name = iov_text_clean(name);
    bridge->bad_name = is_bad_name(name);
    return bridge;
}

struct iov_port *
iov_bridge_add_port(struct iov_bridge *bridge, const char *name)
{
    bridge->ports = grow(bridge->ports, bridge->n_ports,
                         sizeof *bridge->ports);

    struct iov_port *port = &bridge->ports[bridge->n_ports++];

    port->name = iov_text_clean(name);
    port->bad_name = bridge->bad_name || is_bad_name(name);
    port->stp = port->rstp = true;
    return port;
}

static void
mirrors_moved(struct iov_bridge *bridge)
{
    for (size_t i = 0; i < bridge->n_mirrors; i++) {
        hmap_moved(&bridge->mirrors[i].src.map);
        hmap_moved(&bridge->mirrors[i].dst.map);
    }
}

struct iov_mirror *
iov_bridge_add_mirror(struct iov_bridge *bridge, const char *name)
{
    bridge->mirrors = grow(bridge->mirrors, bridge->n_mirrors,
                           sizeof *bridge->mirrors);
    mirrors_moved(bridge);

    struct iov_mirror *mirror = &bridge->mirrors[bridge->n_mirrors++];

    mirror->name = xstrdup(name);
    sset_init(&mirror->src);
    sset_init(&mirror->dst);
    return mirror;
}

static void
port_clear(struct iov_port *port)
{
    free(port->name);
    free(port->port_name);
    free(port->type);
    free(port->driver);
    free(port->error);
    free(port->bad_mac);
    free(port->guest_not_ready);
    free(port->guest_busy);
    free(port->filters.foreign);
    free(port->filters.tc);
    free(port->filters.qdisc);
    svec_destroy(&port->trunks);
    free(port->qos);
    iov_interface_keys_destroy(&port->keys);
}

static void
mirror_clear(struct iov_mirror *mirror)
{
    free(mirror->name);
    sset_destroy(&mirror->src);
    sset_destroy(&mirror->dst);
    svec_destroy(&mirror->vlans);
    free(mirror->output);
}

static void
bridge_clear(struct iov_bridge *bridge)
{
    for (size_t i = 0; i < bridge->n_ports; i++) {
        port_clear(&bridge->ports[i]);
    }
    for (size_t i = 0; i < bridge->n_mirrors; i++) {
        mirror_clear(&bridge->mirrors[i]);
    }
    free(bridge->name);
    free(bridge->ports);
    free(bridge->mirrors);
    svec_destroy(&bridge->flood_vlans);
    free(bridge->sampling.sflow);
    free(bridge->sampling.ipfix);
    free(bridge->sampling.netflow);
    iov_bridge_keys_destroy(&bridge->keys);
}

void
iov_snapshot_destroy(struct iov_snapshot *snapshot)
{
    if (snapshot) {
        for (size_t i = 0; i < snapshot->n_bridges; i++) {
            bridge_clear(&snapshot->bridges[i]);
        }
        free(snapshot->bridges);
        iov_global_keys_destroy(&snapshot->keys);
        free(snapshot->integration_bridge);
        free(snapshot->no_switch);
        free(snapshot->dead_path);
        free(snapshot->no_journal);
        free(snapshot->no_privilege);
        free(snapshot);
    }
}

/* Bridges, ports and mirrors begin with their names. */
BUILD_ASSERT_DECL(offsetof(struct iov_bridge, name) == 0);
BUILD_ASSERT_DECL(offsetof(struct iov_port, name) == 0);
BUILD_ASSERT_DECL(offsetof(struct iov_mirror, name) == 0);

static int
compare_names(const void *a_, const void *b_)
{
    char *const *a = a_;
    char *const *b = b_;

    return strcmp(*a, *b);
}

static void
sort_by_name(void *array, size_t n, size_t size)
{
    if (n > 1) {
        qsort(array, n, size, compare_names);
    }
}

static int
compare_macs(const void *a_, const void *b_)
{
    const struct iov_port *const *a = a_, *const *b = b_;

    return eth_addr_compare_3way((*a)->mac, (*b)->mac);
}

/* An internal port has its address, others are said to have theirs. */
static void
share_mac(struct iov_port *port)
{
    port->mac_shared = strcmp(port->type, "internal");
}

/* Marks the ports whose address another one has as well, unless it is theirs
 * for sure. */
static void
find_shared_macs(struct iov_bridge *bridge)
{
    struct iov_port **ports = xcalloc(bridge->n_ports + 1, sizeof *ports);
    size_t n = 0;

    for (size_t i = 0; i < bridge->n_ports; i++) {
        struct iov_port *port = &bridge->ports[i];

        if (port->ofport > 0 && !port->is_uplink
            && iov_port_mac_is_meant(port)) {
            ports[n++] = port;
        }
    }
    qsort(ports, n, sizeof *ports, compare_macs);
    for (size_t i = 1; i < n; i++) {
        if (eth_addr_equals(ports[i - 1]->mac, ports[i]->mac)) {
            share_mac(ports[i - 1]);
            share_mac(ports[i]);
        }
    }
    free(ports);
}

static void
bridge_finish(struct iov_bridge *bridge, const struct iov_nics *nics)
{
    sort_by_name(bridge->ports, bridge->n_ports, sizeof *bridge->ports);
    sort_by_name(bridge->mirrors, bridge->n_mirrors, sizeof *bridge->mirrors);
    mirrors_moved(bridge);
    for (size_t i = 0; i < bridge->n_ports; i++) {
        struct iov_port *port = &bridge->ports[i];

        port->is_uplink = nics && iov_nics_find(nics, port->name);
    }
    find_shared_macs(bridge);
}

void
iov_snapshot_finish(struct iov_snapshot *snapshot)
{
    sort_by_name(snapshot->bridges, snapshot->n_bridges,
                 sizeof *snapshot->bridges);
    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        bridge_finish(&snapshot->bridges[i], snapshot->nics);
    }
}

bool
iov_vlan_mode_from_string(const char *name, enum iov_vlan_mode *modep)
{
    static const struct {
        const char *name;
        enum iov_vlan_mode mode;
    } modes[] = {
        { "access", IOV_VLAN_ACCESS },
        { "trunk", IOV_VLAN_TRUNK },
        { "native-tagged", IOV_VLAN_NATIVE_TAGGED },
        { "native-untagged", IOV_VLAN_NATIVE_UNTAGGED },
        { "dot1q-tunnel", IOV_VLAN_DOT1Q_TUNNEL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        if (!strcmp(name, modes[i].name)) {
            *modep = modes[i].mode;
            return true;
        }
    }
    return false;
}

bool
iov_port_mac_is_meant(const struct iov_port *port)
{
    return (port->mac_known
            && (port->keys.weight || port->is_uplink
                || strcmp(port->mac_source, "mac_in_use")
                || !strcmp(port->type, "internal")));
}

bool
iov_type_leads_away(const char *type)
{
    static const char *const types[] = {
        "patch", "bareudp", "erspan", "geneve", "gre", "gtpu", "ip6erspan",
        "ip6gre", "lisp", "srv6", "stt", "vxlan", "dpdk",
    };
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (!strcmp(type, types[i])) {
            return true;
        }
    }
    return false;
}

/* True if there are guests behind devices of 'driver', or the host itself. */
static bool
is_driver_of_guests(const char *driver)
{
    static const char *const drivers[] = {
        "tun", "veth", "netkit", "dummy", "openvswitch",
    };
    for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
        if (!strcmp(driver, drivers[i])) {
            return true;
        }
    }
    return false;
}

bool
iov_port_leads_away(const struct iov_port *port)
{
    if (port->is_uplink) {
        return port->bonded;
    }
    return (port->ofport >= 0
            && (iov_type_leads_away(port->type)
                || (port->driver && !is_driver_of_guests(port->driver)
                    && !iov_port_mac_is_meant(port))));
}

const struct iov_bridge *
iov_snapshot_find_bridge(const struct iov_snapshot *snapshot,
                         const char *name)
{
    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        if (!strcmp(snapshot->bridges[i].name, name)) {
            return &snapshot->bridges[i];
        }
    }
    return NULL;
}

const struct iov_port *
iov_snapshot_find_port(const struct iov_snapshot *snapshot, const char *name,
                       const struct iov_bridge **bridgep)
{
    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        const struct iov_bridge *bridge = &snapshot->bridges[i];

        for (size_t j = 0; j < bridge->n_ports; j++) {
            if (!strcmp(bridge->ports[j].name, name)) {
                *bridgep = bridge;
                return &bridge->ports[j];
            }
        }
    }
    *bridgep = NULL;
    return NULL;
}
