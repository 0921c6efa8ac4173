/* SPDX-License-Identifier: Apache-2.0 */

/* Packets made up at random, from few values.
 *
 * A packet that agrees with a flow is wanted, but it has to be one that the
 * port may send, or that can be at all. */

#include <config.h>

#include "test-verdict.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "packets.h"
#include "util.h"

/* What a packet may look like, before it is fitted to a port. */
static void
random_headers(struct flow *f)
{
    static const uint16_t dl_types[] = {
        ETH_TYPE_IP, ETH_TYPE_IP, ETH_TYPE_IPV6, ETH_TYPE_ARP, 0x88b5
    };
    static const uint8_t nw_protos[] = {
        IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_SCTP,
        IPPROTO_ICMPV6, 89
    };
    static const uint16_t tp_ports[] = { 0, 22, 23, 80, 81, 135, 5000 };
    static const uint8_t ct_states[] = {
        CS_TRACKED, CS_TRACKED | CS_NEW, CS_TRACKED | CS_ESTABLISHED
    };

    memset(f, 0, sizeof *f);
    f->dl_src = (struct eth_addr) ETH_ADDR_C(52, 54, 00, 00, 00, 03);
    f->dl_src.ea[5] += random_range(2);
    f->dl_dst = (struct eth_addr) ETH_ADDR_C(52, 54, 00, 00, 00, 01);
    f->dl_dst.ea[5] += random_range(4);
    f->vlans[0].tci = htons(chance(40) ? 0 : 0x1000 | random_range(8)
                            | random_range(8) << 13);
    f->dl_type = htons(PICK(dl_types));
    f->nw_proto = PICK(nw_protos);
    f->nw_src = htonl(0x0a000000 | random_range(4));
    f->nw_dst = htonl(0x0a000000 | random_range(4));
    f->nw_tos = (chance(50) ? 4 : 0) | random_range(2);
    f->ipv6_label = htonl(random_range(7));
    f->nw_ttl = chance(50) ? 1 : 64;
    f->nw_frag = chance(80) ? 0 : chance(50) ? 1 : 3;
    f->tp_src = htons(PICK(tp_ports));
    f->tp_dst = htons(PICK(tp_ports));
    f->tcp_flags = htons(random_range(64));
    for (int i = 0; i < 16; i += 15) {
        f->ipv6_src.s6_addr[i] = i ? random_range(3) : chance(70) ? 0xfe : 0;
        f->ipv6_dst.s6_addr[i] = i ? random_range(3) : 0xfe;
        f->nd_target.s6_addr[i] = i ? random_range(3) : 0xfe;
    }
    f->ipv6_src.s6_addr[1] = f->ipv6_dst.s6_addr[1] = 0x80;
    f->nd_target.s6_addr[1] = 0x80;
    f->arp_sha = f->dl_src;
    f->arp_tha = f->dl_dst;
    f->pkt_mark = random_range(4);
    f->skb_priority = random_range(2);
    f->ct_state = chance(70) ? 0 : PICK(ct_states);
}

/* Makes the bits of 'f' that 'like' looks at what it looks for. */
static void
overlay(struct flow *f, const struct match *like)
{
    for (size_t i = 0; i < FLOW_U64S; i++) {
        uint64_t mask = flow_u64_value(&like->wc.masks, i);
        uint64_t *word = flow_u64_lvalue(f, i);
        *word = (*word & ~mask) | (flow_u64_value(&like->flow, i) & mask);
    }
}

/* Fits 'f' to what the NIC would let pass. */
static void
fit_to_port(struct flow *f, const struct iov_reach_port *port)
{
    static const struct eth_addr groups[] = {
        ETH_ADDR_C(ff, ff, ff, ff, ff, ff), ETH_ADDR_C(01, 00, 5e, 00, 00, 01),
        ETH_ADDR_C(33, 33, 00, 00, 00, 01),
    };
    bool from_port = chance(50);
    uint32_t uplink = (port->n_uplinks
                       ? port->uplinks[random_range(port->n_uplinks)]
                       : UPLINK);

    f->in_port.ofp_port = u16_to_ofp(from_port ? port->ofport : uplink);
    if (from_port) {
        f->dl_src = port->any_src && chance(50) ? f->dl_src : port->mac;
    } else if (port->any_dst && chance(50)) {
        return;
    } else if (!eth_addr_is_multicast(f->dl_dst)) {
        f->dl_dst = chance(60) ? port->mac : PICK(groups);
    }
    if (port->vlan) {
        uint16_t pcp = ntohs(f->vlans[0].tci) & VLAN_PCP_MASK;
        f->vlans[0].tci = htons(!from_port ? VLAN_CFI | pcp | port->vlan
                                : chance(80) ? 0 : VLAN_CFI | pcp);
    }
}

/* Makes 'f' a packet that can be. */
static void
make_sound(struct flow *f)
{
    if (!(f->vlans[0].tci & htons(VLAN_CFI))) {
        f->vlans[0].tci = 0;
    }
    if (ntohs(f->dl_type) < ETH_TYPE_MIN) {
        f->dl_type = htons(ETH_TYPE_IP);
    }
    if (!(f->nw_frag & FLOW_NW_FRAG_ANY)) {
        f->nw_frag = 0;
    }
    if (f->ct_state && !(f->ct_state & CS_TRACKED)) {
        f->ct_state = 0;
    }
    if (f->dl_type == htons(ETH_TYPE_ARP)) {
        f->nw_proto = 1 + f->nw_proto % 3;
    }
}

void
random_packet(const struct iov_reach_port *port,
              const struct match *const likes[], size_t n, struct flow *f)
{
    random_headers(f);
    while (n) {
        overlay(f, likes[--n]);
    }
    fit_to_port(f, port);
    make_sound(f);
}

static void
put_ip(struct ds *s, const struct flow *f, bool v6)
{
    if (v6) {
        ds_put_cstr(s, ",ipv6_src=");
        ipv6_format_addr(&f->ipv6_src, s);
        ds_put_cstr(s, ",ipv6_dst=");
        ipv6_format_addr(&f->ipv6_dst, s);
    } else {
        ds_put_format(s, ",nw_src="IP_FMT",nw_dst="IP_FMT,
                      IP_ARGS(f->nw_src), IP_ARGS(f->nw_dst));
    }
    if (v6) {
        ds_put_format(s, ",ipv6_label=%"PRIu32,
                      ntohl(f->ipv6_label) & 0xfffff);
    }
    ds_put_format(s, ",nw_proto=%"PRIu8",nw_tos=%d,nw_ecn=%d,nw_ttl=%"PRIu8
                  ",nw_frag=%s", f->nw_proto, f->nw_tos & IP_DSCP_MASK,
                  f->nw_tos & IP_ECN_MASK, f->nw_ttl, !f->nw_frag ? "no"
                  : f->nw_frag & FLOW_NW_FRAG_LATER ? "later" : "first");
    if (f->nw_frag & FLOW_NW_FRAG_LATER) {
        return;
    }
    const char *l4 = (f->nw_proto == IPPROTO_TCP ? "tcp"
                      : f->nw_proto == IPPROTO_UDP ? "udp"
                      : f->nw_proto == IPPROTO_SCTP ? "sctp" : NULL);
    if (l4) {
        ds_put_format(s, ",%s_src=%"PRIu16",%s_dst=%"PRIu16,
                      l4, ntohs(f->tp_src), l4, ntohs(f->tp_dst));
    }
    if (f->nw_proto == IPPROTO_TCP) {
        ds_put_format(s, ",tcp_flags=%#x", ntohs(f->tcp_flags) & 0xfff);
    }
    if (f->nw_proto == (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
        const char *v = v6 ? "v6" : "";
        ds_put_format(s, ",icmp%s_type=%d,icmp%s_code=%d",
                      v, ntohs(f->tp_src) & 0xff, v, ntohs(f->tp_dst) & 0xff);
        if (v6 && f->tp_src == htons(135) && !f->tp_dst) {
            ds_put_cstr(s, ",nd_target=");
            ipv6_format_addr(&f->nd_target, s);
        }
    }
}

char *
packet_to_string(const struct flow *f)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "in_port=%"PRIu32",pkt_mark=%"PRIu32
                  ",skb_priority=%"PRIu32, f->in_port.ofp_port, f->pkt_mark,
                  f->skb_priority);
    if (f->ct_state) {
        ds_put_cstr(&s, ",ct_state=");
        format_flags(&s, ct_state_to_string, f->ct_state, '|');
    }
    ds_put_format(&s, ",dl_src="ETH_ADDR_FMT",dl_dst="ETH_ADDR_FMT,
                  ETH_ADDR_ARGS(f->dl_src), ETH_ADDR_ARGS(f->dl_dst));
    if (f->vlans[0].tci) {
        ds_put_format(&s, ",dl_vlan=%d,dl_vlan_pcp=%d",
                      vlan_tci_to_vid(f->vlans[0].tci),
                      vlan_tci_to_pcp(f->vlans[0].tci));
    }
    ds_put_format(&s, ",dl_type=%#x", ntohs(f->dl_type));
    if (f->dl_type == htons(ETH_TYPE_ARP)) {
        ds_put_format(&s, ",arp_op=%d,arp_spa="IP_FMT",arp_tpa="IP_FMT
                      ",arp_sha="ETH_ADDR_FMT",arp_tha="ETH_ADDR_FMT,
                      f->nw_proto, IP_ARGS(f->nw_src), IP_ARGS(f->nw_dst),
                      ETH_ADDR_ARGS(f->arp_sha), ETH_ADDR_ARGS(f->arp_tha));
    } else if (f->dl_type == htons(ETH_TYPE_IP)
               || f->dl_type == htons(ETH_TYPE_IPV6)) {
        put_ip(&s, f, f->dl_type == htons(ETH_TYPE_IPV6));
    }
    return ds_steal_cstr(&s);
}
