/* SPDX-License-Identifier: Apache-2.0 */

/* Which packets concern a port.
 *
 * A VF without spoof check sends from any address.  One that is trusted may
 * become promiscuous, and then receives whatever the wire or another VF sends,
 * also what the flows drop before it gets to anybody.
 *
 * A packet carries more than its headers.  Registers, metadata and tunnel
 * fields are 0 when it comes in by a port that is no tunnel.  Its mark, its
 * priority and its connection state may have been set by the host's own
 * network stack; they are taken for unknown. */

#include <config.h>

#include "policy/reach/packet-set.h"

#include <string.h>

#include "flow.h"
#include "packets.h"
#include "policy/reach/reach.h"
#include "util.h"

void
iov_packets_init(struct match *m, uint32_t in_port)
{
    match_init_catchall(m);
    memset(&m->wc.masks.tunnel, 0xff, offsetof(struct flow_tnl, metadata));
    memset(m->wc.masks.regs, 0xff, sizeof m->wc.masks.regs);
    match_set_metadata(m, htonll(0));
    match_set_recirc_id(m, 0);
    match_set_conj_id(m, 0);
    match_set_packet_type(m, htonl(PT_ETH));
    match_set_in_port(m, u16_to_ofp(in_port));
    match_set_actset_output(m, OFPP_UNSET);
}

/* Makes 'm' packets of the port's VLAN as they come from an uplink. */
static void
set_uplink_vlan(struct match *m, const struct iov_reach_port *port)
{
    if (port->vlan) {
        match_set_dl_tci_masked(m, htons(VLAN_CFI | port->vlan),
                                htons(VLAN_CFI | VLAN_VID_MASK));
    }
}

/* Makes 'm' packets that come in by 'in_port' and were sent by 'port'. */
static void
init_from_port(struct match *m, uint32_t in_port,
               const struct iov_reach_port *port)
{
    iov_packets_init(m, in_port);
    if (!port->any_src) {
        match_set_dl_src(m, port->mac);
    }
}

/* Packets from the port.  An access port's are untagged, or have a tag that
 * says priority and no VLAN; all others are dropped on both paths. */
static size_t
get_from_port(const struct iov_reach_port *port,
              struct match packets[IOV_CLASS_MATCHES])
{
    struct match *m = &packets[0];

    init_from_port(m, port->ofport, port);
    if (!port->vlan) {
        return 1;
    }
    match_set_dl_tci(m, htons(0));

    m = &packets[1];
    init_from_port(m, port->ofport, port);
    match_set_dl_tci_masked(m, htons(VLAN_CFI),
                            htons(VLAN_CFI | VLAN_VID_MASK));
    return 2;
}

size_t
iov_n_classes(const struct iov_reach_port *port)
{
    return 2 + 2 * port->n_uplinks;
}

struct iov_class
iov_class_from_number(size_t number)
{
    if (number < 2) {
        return (struct iov_class) {
            number ? IOV_CLASS_DELIVERED : IOV_CLASS_FROM_PORT, 0
        };
    }
    return (struct iov_class) {
        number % 2 ? IOV_CLASS_TO_MANY : IOV_CLASS_TO_PORT, number / 2 - 1
    };
}

size_t
iov_class_get_packets(const struct iov_class *class,
                      const struct iov_reach_port *port,
                      struct match packets[IOV_CLASS_MATCHES])
{
    static const struct eth_addr group = { { { 1, 0, 0, 0, 0, 0 } } };
    struct match *m = &packets[0];

    if (class->kind == IOV_CLASS_FROM_PORT) {
        return get_from_port(port, packets);
    } else if (class->kind == IOV_CLASS_DELIVERED) {
        return 0;
    }
    iov_packets_init(m, port->uplinks[class->uplink]);
    if (class->kind == IOV_CLASS_TO_PORT) {
        if (port->any_dst) {
            return 1;
        }
        match_set_dl_dst(m, port->mac);
    } else {
        match_set_dl_dst_masked(m, group, group);
    }
    set_uplink_vlan(m, port);
    return 1;
}

void
iov_packets_init_counterpart(struct match *m,
                             const struct iov_reach_port *port, size_t uplink,
                             struct eth_addr dl_dst)
{
    init_from_port(m, port->uplinks[uplink], port);
    match_set_dl_dst(m, dl_dst);
    set_uplink_vlan(m, port);
}
