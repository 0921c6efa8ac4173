/* SPDX-License-Identifier: Apache-2.0 */

/* Flow tables and packets made up at random, from the same few values so that
 * they often have to do with each other.
 *
 * The subtle thing: a table of all sorts of flows is never direct and proves
 * nothing.  Most flows therefore end in NORMAL, and most of those that do not
 * name a port that nobody asks about. */

#include <config.h>

#include "test-verdict.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "packets.h"
#include "random.h"
#include "util.h"

#define N_TABLES 5

#define PICK(ARRAY) (ARRAY)[random_range(ARRAY_SIZE(ARRAY))]

static bool
chance(int percent)
{
    return random_range(100) < percent;
}

static const char *const in_ports[] = { "1", "2", "3", "10", "LOCAL" };
static const char *const dl_srcs[] = {
    "52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:03",
    "52:54:00:00:00:00/ff:ff:ff:ff:ff:fe",
    "00:00:00:00:00:01/00:00:00:00:00:01",
};
static const char *const dl_dsts[] = {
    "52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:03",
    "52:54:00:00:00:04", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01",
    "01:00:00:00:00:00/01:00:00:00:00:00",
    "00:00:00:00:00:00/01:00:00:00:00:00",
};
static const char *const vlans[] = {
    "dl_vlan=5", "dl_vlan=6", "dl_vlan=0", "vlan_tci=0x0000",
    "vlan_tci=0x1000/0x1000", "vlan_tci=0x0000/0x1000", "dl_vlan_pcp=3",
    "dl_vlan=5,dl_vlan_pcp=3", "vlan_tci=0x1004/0x1ffe",
};
static const char *const protocols[] = {
    "ip", "ip", "tcp", "tcp", "udp", "icmp", "sctp", "arp", "ipv6", "tcp6",
    "udp6", "icmp6", "dl_type=0x88b5", "ip,nw_proto=89",
};
static const char *const ip_fields[] = {
    "nw_src=10.0.0.1", "nw_src=10.0.0.0/31", "nw_src=10.0.0.0/8",
    "nw_dst=10.0.0.1", "nw_dst=10.0.0.2/31", "nw_dst=0.0.0.1/0.0.0.1",
    "nw_tos=4", "nw_ttl=1", "ip_frag=later", "ip_frag=no", "ip_frag=first",
    "ip_frag=not_later", "ip_frag=yes",
};
static const char *const port_fields[] = {
    "tp_src=80", "tp_dst=80", "tp_dst=22", "tp_dst=0x10/0xfff0",
    "tp_src=0/1", "tp_dst=0",
};
static const char *const arp_fields[] = {
    "arp_op=1", "arp_op=2", "arp_spa=10.0.0.1", "arp_tpa=10.0.0.0/31",
    "arp_sha=52:54:00:00:00:01",
};
static const char *const ipv6_fields[] = {
    "ipv6_src=fe80::1", "ipv6_src=fe80::/64", "ipv6_dst=fe80::2",
    "ipv6_dst=::1/::1",
};
static const char *const icmp6_fields[] = {
    "icmp_type=135,icmp_code=0", "icmp_type=135,nd_target=fe80::1",
    "icmp_type=128",
};
static const char *const scratch[] = {
    "reg0=0", "reg0=1", "reg0=2", "reg0=0/1", "reg0=2/2", "reg1=0", "reg1=1",
    "reg1=0x10000/0xffff0000", "xreg1=0", "xreg1=5", "metadata=0",
    "metadata=1", "metadata=2/2",
};
static const char *const rare[] = {
    "pkt_mark=0", "pkt_mark=1", "pkt_mark=0x2/0x2", "skb_priority=0",
    "skb_priority=1", "ct_state=-trk", "ct_state=+trk", "ct_state=+est",
    "ct_mark=0", "tun_id=0", "tun_id=1", "tun_src=1.2.3.4", "ct_zone=0",
    "conj_id=1", "conj_id=2", "conj_id=0",
};

static void
put_protocol(struct ds *s)
{
    const char *protocol = PICK(protocols);
    bool v6 = strchr(protocol, '6') && strcmp(protocol, "dl_type=0x88b5");
    bool l4 = (!strncmp(protocol, "tcp", 3) || !strncmp(protocol, "udp", 3)
               || !strcmp(protocol, "sctp"));

    ds_put_format(s, ",%s", protocol);
    if (!strcmp(protocol, "arp")) {
        if (chance(60)) {
            ds_put_format(s, ",%s", PICK(arp_fields));
        }
    } else if (v6) {
        if (chance(40)) {
            ds_put_format(s, ",%s", PICK(ipv6_fields));
        }
        if (!strcmp(protocol, "icmp6") && chance(60)) {
            ds_put_format(s, ",%s", PICK(icmp6_fields));
        }
    } else if (strcmp(protocol, "dl_type=0x88b5") && chance(40)) {
        ds_put_format(s, ",%s", PICK(ip_fields));
    }
    if (l4 && chance(60)) {
        ds_put_format(s, ",%s", PICK(port_fields));
    }
    if (!strncmp(protocol, "tcp", 3) && chance(15)) {
        ds_put_cstr(s, chance(50) ? ",tcp_flags=+syn" : ",tcp_flags=-ack");
    }
}

static void
put_match(struct ds *s, const char *in_port)
{
    if (in_port) {
        ds_put_format(s, ",in_port=%s", in_port);
    } else if (chance(35)) {
        ds_put_format(s, ",in_port=%s", PICK(in_ports));
    }
    if (chance(15)) {
        ds_put_format(s, ",dl_src=%s", PICK(dl_srcs));
    }
    if (chance(25)) {
        ds_put_format(s, ",dl_dst=%s", PICK(dl_dsts));
    }
    if (chance(20)) {
        ds_put_format(s, ",%s", PICK(vlans));
    }
    if (chance(40)) {
        put_protocol(s);
    }
    if (chance(35)) {
        ds_put_format(s, ",%s", PICK(scratch));
    }
    if (chance(4)) {
        ds_put_format(s, ",%s", PICK(rare));
    }
}

/* Loads of registers: no effect by themselves. */
static const char *const loads[] = {
    "load:1->NXM_NX_REG0[]", "load:2->NXM_NX_REG0[]",
    "load:1->NXM_NX_REG0[1]", "load:0->NXM_NX_REG0[0..3]",
    "set_field:1->reg1", "set_field:0x10000/0xff0000->reg1",
    "set_field:5->xreg1", "set_field:1->metadata",
    "set_field:0x2/0x2->metadata", "move:NXM_NX_REG0[]->NXM_NX_REG1[]",
    "move:NXM_OF_VLAN_TCI[0..1]->NXM_NX_REG0[0..1]", "note:01.02",
    "push:NXM_NX_REG0[],pop:NXM_NX_REG1[]", "ct_clear",
};

/* None of these is NORMAL. */
static const char *const culprits[] = {
    "drop", "drop", "drop", "output:2", "output:3", "FLOOD", "controller",
    "controller,NORMAL", "NORMAL,controller", "NORMAL,output:3",
    "NORMAL,NORMAL", "mod_dl_dst:52:54:00:00:00:09,NORMAL",
    "mod_vlan_vid:9,NORMAL", "enqueue:2:1", "set_queue:1,NORMAL",
    "learn(table=4,in_port=1,actions=drop),NORMAL", "write_actions(output:2)",
    "resubmit(,0)", "exit", "meter:1,NORMAL", "group:1", "IN_PORT",
    "set_field:2->pkt_mark,NORMAL", "dec_ttl,NORMAL", "all", "LOCAL",
    "conjunction(1,1/2)", "conjunction(1,2/2)", "conjunction(2,1/2)",
    "conjunction(2,2/2)", "conjunction(1,1/2),conjunction(2,2/2)",
};

/* Sometimes in effect NORMAL, depending on other tables. */
static void
put_fragment(struct ds *s, int table_id)
{
    static const char *const fragments[] = {
        "NORMAL,resubmit(,%d)", "resubmit(,%d),NORMAL",
        "NORMAL,resubmit(3,%d)", "resubmit(,%d),resubmit(,%d)",
        "resubmit(3,%d)", "resubmit(in_port,%d)",
        "resubmit(,%d),exit", "NORMAL,exit", "output:NORMAL",
        "write_actions(output:NORMAL)", "clear_actions", "resubmit(2,%d)",
        "write_actions(output:NORMAL),goto_table:%d", "NORMAL,clear_actions",
        "NORMAL,goto_table:%d", "clear_actions,goto_table:%d",
    };
    int a = table_id + 1 + random_range(2);
    int b = table_id + 1 + random_range(2);

    if (chance(5)) {
        a = random_range(N_TABLES);
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
    ds_put_format(s, PICK(fragments), a, b);
#pragma GCC diagnostic pop
}

static void
put_actions(struct ds *s, int table_id, int percent_fragments)
{
    ds_put_cstr(s, ",actions=");
    while (chance(25)) {
        ds_put_format(s, "%s,", PICK(loads));
    }
    if (chance(percent_fragments)) {
        put_fragment(s, table_id);
    } else if (table_id < N_TABLES - 1 && chance(45)) {
        ds_put_format(s, chance(60) ? "goto_table:%d" : "resubmit(,%d)",
                      table_id + 1 + random_range(N_TABLES - 1 - table_id));
    } else {
        ds_put_cstr(s, "NORMAL");
    }
}

/* Sets what often is so already. */
static const char *const keeps[] = {
    "mod_dl_src:52:54:00:00:00:01,NORMAL", "strip_vlan,NORMAL",
    "mod_dl_dst:52:54:00:00:00:01,NORMAL", "mod_vlan_vid:5,NORMAL",
    "set_field:52:54:00:00:00:02->eth_dst,NORMAL",
    "set_field:0/0x1->pkt_mark,NORMAL", "mod_vlan_pcp:3,NORMAL",
};

static void
put_flow(struct ds *s, int table_id, int percent_culprits,
         int percent_fragments)
{
    bool culprit = chance(percent_culprits);

    if (chance(5)) {
        /* For one address, whoever sends. */
        ds_put_format(s, ",dl_dst=52:54:00:00:00:0%d", 1 + random_range(4));
        if (chance(50)) {
            put_protocol(s);
        }
        ds_put_format(s, ",actions=%s", chance(80) ? "drop" : PICK(culprits));
        return;
    } else if (chance(4)) {
        put_match(s, NULL);
        ds_put_format(s, ",actions=%s", PICK(keeps));
        return;
    }
    put_match(s, culprit && chance(70) ? "3" : NULL);
    if (culprit) {
        ds_put_format(s, ",actions=%s", PICK(culprits));
    } else {
        put_actions(s, table_id, percent_fragments);
    }
}

/* Adds many flows of one mask. */
static void
random_bulk(struct svec *flows, int table_id)
{
    static const char *const shapes[] = {
        "in_port=%d", "in_port=10,dl_dst=52:54:00:00:00:%02d",
        "dl_src=52:54:00:00:00:%02d", "reg0=%d", "in_port=10,dl_vlan=%d",
        "dl_dst=52:54:00:00:00:%02d", "in_port=3,reg0=%d", "metadata=%d",
    };
    const char *shape = PICK(shapes);
    int start = chance(50) ? random_range(4) : 20;
    struct ds s = DS_EMPTY_INITIALIZER;

    for (int i = start; i < start + 12; i++) {
        ds_clear(&s);
        ds_put_format(&s, "table=%d,priority=%d,", table_id,
                      20 + random_range(2));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        ds_put_format(&s, shape, i);
#pragma GCC diagnostic pop
        ds_put_format(&s, ",actions=%s", chance(60) ? "NORMAL"
                      : chance(60) && i != start ? "drop" : "resubmit(,4)");
        svec_add(flows, ds_cstr(&s));
    }
    ds_destroy(&s);
}

void
random_table(struct svec *flows)
{
    int percent_culprits = 5 + random_range(30);
    int percent_fragments = chance(50) ? 0 : random_range(30);
    int n_tables = 1 + random_range(N_TABLES);
    struct ds s = DS_EMPTY_INITIALIZER;

    for (int table_id = 0; table_id < n_tables; table_id++) {
        int n_flows = random_range(table_id ? 6 : 10);
        int n_priorities = chance(10) ? 1 + n_flows / 2 : n_flows;
        for (int i = 0; i < n_flows; i++) {
            ds_clear(&s);
            ds_put_format(&s, "table=%d,priority=%d", table_id,
                          1 + i % n_priorities);
            put_flow(&s, table_id, percent_culprits, percent_fragments);
            svec_add(flows, ds_cstr(&s));
        }
        if (chance(4)) {
            random_bulk(flows, table_id);
        }
        if (chance(96)) {
            ds_clear(&s);
            ds_put_format(&s, "table=%d,priority=0", table_id);
            if (table_id < n_tables - 1 && chance(60)) {
                ds_put_format(&s, ",actions=goto_table:%d", table_id + 1);
            } else {
                ds_put_cstr(&s, ",actions=NORMAL");
            }
            svec_add(flows, ds_cstr(&s));
        }
    }
    ds_destroy(&s);
}

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
    f->nw_tos = chance(50) ? 4 : 0;
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

    f->in_port.ofp_port = u16_to_ofp(from_port ? port->ofport : UPLINK);
    if (from_port) {
        f->dl_src = port->mac;
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
        f->nw_proto = 1 + f->nw_proto % 2;
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
    ds_put_format(s, ",nw_proto=%"PRIu8",nw_tos=%d,nw_ttl=%"PRIu8
                  ",nw_frag=%s", f->nw_proto, f->nw_tos & IP_DSCP_MASK,
                  f->nw_ttl, !f->nw_frag ? "no"
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
                      ",arp_sha="ETH_ADDR_FMT, f->nw_proto,
                      IP_ARGS(f->nw_src), IP_ARGS(f->nw_dst),
                      ETH_ADDR_ARGS(f->arp_sha));
    } else if (f->dl_type == htons(ETH_TYPE_IP)
               || f->dl_type == htons(ETH_TYPE_IPV6)) {
        put_ip(&s, f, f->dl_type == htons(ETH_TYPE_IPV6));
    }
    return ds_steal_cstr(&s);
}
