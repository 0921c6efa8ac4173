/* SPDX-License-Identifier: Apache-2.0 */

/* Which packets concern a port.
 *
 * The subtle thing: what a packet may carry beside its headers.  Registers,
 * metadata and tunnel fields are 0 when it comes in by a port that is no
 * tunnel.  Its mark, its priority and its connection state may have been set
 * by the host's own network stack; they are taken for unknown. */

#include <config.h>

#include "policy/reach-packets.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "packets.h"
#include "policy/reach.h"
#include "util.h"

/* What every packet that comes in by port 'in_port' has in common. */
static void
init_packets(struct match *m, uint32_t in_port)
{
    match_init_catchall(m);
    memset(&m->wc.masks.tunnel, 0xff, offsetof(struct flow_tnl, metadata));
    memset(m->wc.masks.regs, 0xff, sizeof m->wc.masks.regs);
    match_set_metadata(m, htonll(0));
    match_set_recirc_id(m, 0);
    match_set_conj_id(m, 0);
    match_set_packet_type(m, htonl(PT_ETH));
    match_set_in_port(m, u16_to_ofp(in_port));
}

static struct iov_class *
add_class(struct iov_classes *cs, unsigned int number, uint32_t in_port)
{
    struct iov_class *c = &cs->list[cs->n++];

    c->number = number;
    init_packets(&c->packets, in_port);
    return c;
}

/* Packets from the port.  An access port's are untagged, or have a tag that
 * says priority and no VLAN; all others are dropped on both paths. */
static void
add_from_port(struct iov_classes *cs, const struct iov_reach_port *port)
{
    struct match *m = &add_class(cs, 0, port->ofport)->packets;

    match_set_dl_src(m, port->mac);
    if (port->vlan) {
        match_set_dl_tci(m, htons(0));

        m = &add_class(cs, 0, port->ofport)->packets;
        match_set_dl_src(m, port->mac);
        match_set_dl_tci_masked(m, htons(VLAN_CFI),
                                htons(VLAN_CFI | VLAN_VID_MASK));
    }
}

/* Packets from uplink number 'i' for the port. */
static void
add_from_uplink(struct iov_classes *cs, const struct iov_reach_port *port,
                size_t i)
{
    static const struct eth_addr group = { { { 1, 0, 0, 0, 0, 0 } } };

    for (int multicast = 0; multicast < 2; multicast++) {
        struct match *m = &add_class(cs, i + 1, port->uplinks[i])->packets;

        if (multicast) {
            match_set_dl_dst_masked(m, group, group);
        } else {
            match_set_dl_dst(m, port->mac);
        }
        if (port->vlan) {
            match_set_dl_tci_masked(m, htons(VLAN_CFI | port->vlan),
                                    htons(VLAN_CFI | VLAN_VID_MASK));
        }
    }
}

void
iov_classes_init(struct iov_classes *cs, const struct iov_reach_port *port)
{
    cs->list = xcalloc(2 + 2 * port->n_uplinks, sizeof *cs->list);
    cs->n = 0;
    add_from_port(cs, port);
    for (size_t i = 0; i < port->n_uplinks; i++) {
        add_from_uplink(cs, port, i);
    }
}

void
iov_classes_destroy(struct iov_classes *cs)
{
    free(cs->list);
}

void
iov_packets_init_twin(struct match *m, const struct iov_reach_port *port,
                      size_t uplink, struct eth_addr dl_dst)
{
    init_packets(m, port->uplinks[uplink]);
    match_set_dl_src(m, port->mac);
    match_set_dl_dst(m, dl_dst);
    if (port->vlan) {
        match_set_dl_tci_masked(m, htons(VLAN_CFI | port->vlan),
                                htons(VLAN_CFI | VLAN_VID_MASK));
    }
}
