/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of the Open_vSwitch database as the verdict sees them.
 *
 * What ovs-vswitchd does when a column is empty is part of the meaning of the
 * column; those defaults are applied here and nowhere else, so that policy/
 * never has to know them. */

#include <config.h>

#include "vswitchd-ext/ovs/db.h"

#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/ofp-protocol.h"
#include "ovsdb-idl.h"
#include "packets.h"
#include "policy/model/limit.h"
#include "policy/model/snapshot.h"
#include "smap.h"
#include "util.h"
#include "vswitch-idl.h"
#include "vswitchd-ext/ovs/db-internal.h"

/* "UUID to TARGET TARGET", to name a row that has no name. */
static char *
format_targets(const struct uuid *uuid, char **targets, size_t n)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    ds_put_format(&s, UUID_FMT, UUID_ARGS(uuid));
    for (size_t i = 0; i < n; i++) {
        ds_put_format(&s, "%s%s", i ? " " : " to ", targets[i]);
    }
    return ds_steal_cstr(&s);
}

static void
fill_sampling(struct iov_sampling *s, const struct ovsrec_bridge *row)
{
    if (row->sflow) {
        s->sflow = format_targets(&row->sflow->header_.uuid,
                                  row->sflow->targets, row->sflow->n_targets);
    }
    if (row->ipfix) {
        s->ipfix = format_targets(&row->ipfix->header_.uuid,
                                  row->ipfix->targets, row->ipfix->n_targets);
    }
    if (row->netflow) {
        s->netflow = format_targets(&row->netflow->header_.uuid,
                                    row->netflow->targets,
                                    row->netflow->n_targets);
    }
}

static void
fill_vlans(struct svec *vlans, const int64_t *vids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        svec_add_nocopy(vlans, xasprintf("%"PRId64, vids[i]));
    }
}

static void
fill_mirrors(struct iov_bridge *bridge, const struct ovsrec_bridge *row)
{
    for (size_t i = 0; i < row->n_mirrors; i++) {
        const struct ovsrec_mirror *m = row->mirrors[i];
        struct iov_mirror *mirror = iov_bridge_add_mirror(bridge, m->name);

        mirror->uuid = m->header_.uuid;
        mirror->all = m->select_all;
        for (size_t j = 0; j < m->n_select_src_port; j++) {
            sset_add(&mirror->src, m->select_src_port[j]->name);
        }
        for (size_t j = 0; j < m->n_select_dst_port; j++) {
            sset_add(&mirror->dst, m->select_dst_port[j]->name);
        }
        fill_vlans(&mirror->vlans, m->select_vlan, m->n_select_vlan);
        if (m->output_port) {
            mirror->output = xstrdup(m->output_port->name);
        } else if (m->n_output_vlan) {
            mirror->output_vlan = m->output_vlan[0];
        }
    }
}

/* A MAC address and nothing else, of a single station. */
static bool
parse_mac(const char *s, struct eth_addr *mac)
{
    int n = 0;
    return (ovs_scan(s, ETH_ADDR_SCAN_FMT"%n", ETH_ADDR_SCAN_ARGS(*mac), &n)
            && !s[n] && !eth_addr_is_multicast(*mac)
            && !eth_addr_is_zero(*mac));
}

/* The first place that says anything counts, also if what it says cannot be
 * used: another address would be that of somebody else. */
static void
fill_mac(struct iov_port *port, const struct ovsrec_interface *iface)
{
    const char *text = smap_get(&iface->external_ids, "attached-mac");
    port->mac_source = "attached-mac";
    if (!text && iface->mac) {
        text = iface->mac;
        port->mac_source = "mac";
    } else if (!text) {
        text = iface->mac_in_use;
        port->mac_source = "mac_in_use";
    }

    if (text) {
        port->mac_known = parse_mac(text, &port->mac);
        if (!port->mac_known) {
            port->mac = eth_addr_zero;
            port->bad_mac = xstrdup(text);
        }
    }
}

static enum iov_vlan_mode
vlan_mode_from_row(const struct ovsrec_port *row)
{
    enum iov_vlan_mode mode = IOV_VLAN_TRUNK;

    if (row->vlan_mode) {
        iov_vlan_mode_from_string(row->vlan_mode, &mode);
        return mode;
    }
    return (row->n_tag ? IOV_VLAN_ACCESS
            : row->n_trunks ? IOV_VLAN_TRUNK
            : IOV_VLAN_NONE);
}

/* The values are those that ovs-vswitchd acts on. */
static bool
uses_priority_tags(const struct ovsrec_port *row)
{
    const char *pt = smap_get_def(&row->other_config, "priority-tags", "");
    return (!strcmp(pt, "if-nonzero") || !strcmp(pt, "true")
            || !strcmp(pt, "always"));
}

/* What the Port row tells, the same for all its interfaces. */
static void
fill_port(struct iov_port *port, const struct ovsrec_port *row)
{
    port->port_name = xstrdup(row->name);
    port->bonded = row->n_interfaces > 1;
    port->vlan_mode = vlan_mode_from_row(row);
    port->tag = row->n_tag ? row->tag[0] : 0;
    fill_vlans(&port->trunks, row->trunks, row->n_trunks);
    port->priority_tags = uses_priority_tags(row);
    port->protected = row->protected_;
    port->stp = smap_get_bool(&row->other_config, "stp-enable", true);
    port->rstp = smap_get_bool(&row->other_config, "rstp-enable", true);
    port->lacp = row->lacp && strcmp(row->lacp, "off");
    if (row->qos) {
        port->qos = xasprintf("%s, "UUID_FMT, row->qos->type,
                              UUID_ARGS(&row->qos->header_.uuid));
    }
}

static void
fill_interface(struct iov_port *port, const struct ovsrec_interface *iface)
{
    port->uuid = iface->header_.uuid;
    port->type = xstrdup(iface->type[0] ? iface->type : "system");
    port->driver = nullable_xstrdup(smap_get(&iface->status, "driver_name"));
    port->ofport = iface->n_ofport ? iface->ofport[0] : 0;
    port->error = nullable_xstrdup(iface->error);
    port->admin_down = iface->admin_state && !strcmp(iface->admin_state,
                                                     "down");
    port->cfm = iface->n_cfm_mpid > 0;
    port->bfd = smap_get_bool(&iface->bfd, "enable", false);
    port->lldp = smap_get_bool(&iface->lldp, "enable", false);
    port->mtu = iface->n_mtu ? iface->mtu[0] : 0;
    port->policing_rate = iface->ingress_policing_rate;
    port->policing_kpkts_rate = iface->ingress_policing_kpkts_rate;
    fill_mac(port, iface);
    iov_interface_keys_parse(&port->keys, &iface->other_config);
}

/* True if the daemon itself writes 'name' into external_ids of 'table'. */
static bool
is_published(const char *name, enum iov_key_table table)
{
    static const struct {
        enum iov_key_table table;
        const char *name;
    } published[] = {
#define PUBLISHED(TABLE, ENUM, NAME, MEANING) { IOV_TABLE_##TABLE, NAME },
#include "vswitchd-ext/ovs/published.def"
#undef PUBLISHED
    };

    for (size_t i = 0; i < ARRAY_SIZE(published); i++) {
        if (published[i].table == table && !strcmp(published[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* Warns of keys in 'column', which is not where keys belong. */
static void
check_column(const struct smap *column, enum iov_key_table table,
             const char *name, struct svec *warnings)
{
    const struct smap_node **nodes = smap_sort(column);
    bool ids = !strcmp(name, "external_ids");

    for (size_t i = 0; i < smap_count(column); i++) {
        if (!ids || !is_published(nodes[i]->key, table)) {
            iov_keys_check_column(nodes[i]->key, table, name, warnings);
        }
    }
    free(nodes);
}

/* Names an "attached-mac" where it is not read, or with another spelling. */
static void
check_attached_mac(const struct smap *column, const char *name,
                   const char *table, struct svec *warnings)
{
    static const char *const spellings[] = { "attached-mac", "attached_mac" };
    bool right = !strcmp(name, "external_ids") && !strcmp(table, "Interface");

    for (size_t i = right; i < ARRAY_SIZE(spellings); i++) {
        if (smap_get(column, spellings[i])
            && warnings->n < IOV_LIMIT_KEY_ERRORS) {
            svec_add_nocopy(warnings, xasprintf(
                "%s in %s of the %s is not read; set attached-mac in "
                "external_ids of the Interface.", spellings[i], name, table));
        }
    }
}

static void
check_places(struct iov_port *port, const struct ovsrec_port *row,
             const struct ovsrec_interface *iface)
{
    struct svec *warnings = &port->keys.warnings;

    iov_keys_check_port(&row->other_config, warnings);
    check_column(&row->external_ids, IOV_TABLE_PORT, "external_ids",
                 warnings);
    check_column(&iface->external_ids, IOV_TABLE_INTERFACE, "external_ids",
                 warnings);
    check_column(&iface->options, IOV_TABLE_INTERFACE, "options", warnings);
    if (port->keys.weight) {
        check_attached_mac(&row->other_config, "other_config", "Port",
                           warnings);
        check_attached_mac(&row->external_ids, "external_ids", "Port",
                           warnings);
        check_attached_mac(&iface->other_config, "other_config", "Interface",
                           warnings);
        check_attached_mac(&iface->external_ids, "external_ids", "Interface",
                           warnings);
    }
}

void
db_fill_bridge(struct iov_bridge *bridge, const struct ovsrec_bridge *row)
{
    bridge->uuid = row->header_.uuid;
    iov_bridge_keys_parse(&bridge->keys, &row->other_config);
    check_column(&row->external_ids, IOV_TABLE_BRIDGE, "external_ids",
                 &bridge->keys.errors);
    bridge->stp = row->stp_enable;
    bridge->rstp = row->rstp_enable;
    bridge->mcast_snooping = row->mcast_snooping_enable;
    fill_vlans(&bridge->flood_vlans, row->flood_vlans, row->n_flood_vlans);
    fill_sampling(&bridge->sampling, row);
    fill_mirrors(bridge, row);

    for (size_t i = 0; i < row->n_ports; i++) {
        const struct ovsrec_port *port_row = row->ports[i];
        for (size_t j = 0; j < port_row->n_interfaces; j++) {
            const struct ovsrec_interface *iface = port_row->interfaces[j];
            struct iov_port *port = iov_bridge_add_port(bridge, iface->name);
            fill_port(port, port_row);
            fill_interface(port, iface);
            check_places(port, port_row, iface);
        }
    }
}

void
iov_db_fill(struct iov_snapshot *snapshot)
{
    const struct ovsrec_open_vswitch *cfg
        = ovsrec_open_vswitch_first(db_idl());
    const struct smap empty = SMAP_INITIALIZER(&empty);
    iov_global_keys_parse(&snapshot->keys, cfg ? &cfg->other_config : &empty);

    if (cfg) {
        check_column(&cfg->external_ids, IOV_TABLE_OPEN_VSWITCH,
                     "external_ids", &snapshot->keys.errors);
    }

    snapshot->hw_offload = cfg && smap_get_bool(&cfg->other_config,
                                                "hw-offload", false);
    snapshot->integration_bridge
        = cfg ? nullable_xstrdup(smap_get(&cfg->external_ids, "ovn-bridge"))
              : NULL;

    const struct ovsrec_bridge *row;
    OVSREC_BRIDGE_FOR_EACH (row, db_idl()) {
        db_fill_bridge(iov_snapshot_add_bridge(snapshot, row->name), row);
    }
}

static const struct ovsrec_bridge *
find_bridge(const char *name)
{
    const struct ovsrec_bridge *row;
    OVSREC_BRIDGE_FOR_EACH (row, db_idl()) {
        if (!strcmp(row->name, name)) {
            return row;
        }
    }
    return NULL;
}

/* Puts the interfaces of 'row' that have an OpenFlow port into 'map', unless
 * it is null.  Returns how many there are, and in '*n_known' of how many
 * 'known' says the same. */
static size_t
put_ports(const struct ovsrec_bridge *row, struct ofputil_port_map *map,
          const struct ofputil_port_map *known, size_t *n_known)
{
    size_t n = 0;

    *n_known = 0;
    for (size_t i = 0; row && i < row->n_ports; i++) {
        const struct ovsrec_port *port = row->ports[i];
        for (size_t j = 0; j < port->n_interfaces; j++) {
            const struct ovsrec_interface *iface = port->interfaces[j];
            if (!iface->n_ofport || iface->ofport[0] <= 0) {
                continue;
            }
            ofp_port_t number = u16_to_ofp(iface->ofport[0]);
            n++;
            *n_known += nullable_string_is_equal(
                ofputil_port_map_get_name(known, number), iface->name);
            if (map) {
                ofputil_port_map_put(map, number, iface->name);
            }
        }
    }
    return n;
}

bool
iov_db_update_port_map(const char *bridge, struct ofputil_port_map *map,
                       size_t *n_names)
{
    const struct ovsrec_bridge *row = find_bridge(bridge);
    size_t n_known, n = put_ports(row, NULL, map, &n_known);

    if (n == *n_names && n == n_known) {
        return false;
    }
    ofputil_port_map_destroy(map);
    ofputil_port_map_init(map);
    *n_names = put_ports(row, map, map, &n_known);
    return true;
}

uint32_t
iov_db_openflow_versions(const char *bridge)
{
    const struct ovsrec_bridge *row = find_bridge(bridge);
    uint32_t versions = (row ? ofputil_versions_from_strings(row->protocols,
                                                             row->n_protocols)
                         : 0);
    return versions ? versions : OFPUTIL_SUPPORTED_VERSIONS;
}

bool
iov_db_allows_openflow(const char *bridge)
{
    return (iov_db_openflow_versions(bridge)
            & ((1u << OFP13_VERSION) | (1u << OFP14_VERSION)
               | (1u << OFP15_VERSION))) != 0;
}
