/* SPDX-License-Identifier: Apache-2.0 */

/* Flow tables made up at random, from the few values that the packets of
 * test-verdict-packet.c have, too.
 *
 * A table of all sorts of flows is never direct and proves nothing.  Most
 * flows therefore end in NORMAL, and most of those that do not name a port
 * that nobody asks about. */

#include <config.h>

#include "test-verdict.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

#define N_TABLES 5

static const char *const in_ports[] = {
    "1", "2", "3", "10", "11", "LOCAL"
};
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
    "nw_tos=4", "nw_ecn=1", "nw_ttl=1",
    "ip_frag=later", "ip_frag=no", "ip_frag=first",
    "ip_frag=not_later", "ip_frag=yes",
};
static const char *const port_fields[] = {
    "tp_src=80", "tp_dst=80", "tp_dst=22", "tp_dst=0x10/0xfff0",
    "tp_src=0/1", "tp_dst=0", "tp_dst=0/0x8000", "tp_dst=0x8000/0x8000",
};
static const char *const arp_fields[] = {
    "arp_op=1", "arp_op=2", "arp_spa=10.0.0.1", "arp_tpa=10.0.0.0/31",
    "arp_sha=52:54:00:00:00:01", "arp_tha=52:54:00:00:00:02",
    "arp_sha=52:54:00:00:00:00/ff:ff:ff:ff:ff:fe",
    "arp_op=1,arp_spa=10.0.0.2",
};
static const char *const ipv6_fields[] = {
    "ipv6_src=fe80::1", "ipv6_src=fe80::/64", "ipv6_dst=fe80::2",
    "ipv6_dst=::1/::1", "ipv6_label=0", "ipv6_label=5/0xf", "nw_ttl=1",
    "ipv6_src=8000::/1", "ipv6_src=::/1",
};
static const char *const icmp6_fields[] = {
    "icmp_type=135,icmp_code=0", "icmp_type=135,nd_target=fe80::1",
    "icmp_type=128", "icmp_type=135,nd_sll=52:54:00:00:00:01",
    "icmp_type=136,nd_tll=52:54:00:00:00:02",
};
static const char *const scratch[] = {
    "reg0=0", "reg0=1", "reg0=2", "reg0=0/1", "reg0=2/2", "reg1=0", "reg1=1",
    "reg1=0x10000/0xffff0000", "xreg1=0", "xreg1=5", "metadata=0",
    "metadata=1", "metadata=2/2", "xxreg0=0", "reg0=0/2", "reg0=1/1",
    "reg5=0", "xxreg0=1/1",
};
static const char *const rare[] = {
    "pkt_mark=0", "pkt_mark=1", "pkt_mark=0x2/0x2", "skb_priority=0",
    "skb_priority=1", "ct_state=-trk", "ct_state=+trk", "ct_state=+est",
    "ct_mark=0", "tun_id=0", "tun_id=1", "tun_src=1.2.3.4", "ct_zone=0",
    "conj_id=1", "conj_id=2", "conj_id=0", "tun_dst=1.2.3.4",
    "tun_flags=0", "ct_label=0x1/0x1", "ct_nw_proto=6", "actset_output=2",
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
    "set_field:0x3/0x3->reg0", "load:0xffff->NXM_NX_REG1[16..31]",
    "set_field:1->xxreg0", "multipath(eth_src,0,modulo_n,2,0,NXM_NX_REG0[0])",
    "move:NXM_OF_ETH_DST[0..7]->NXM_NX_REG1[0..7]",
};

/* None of these is NORMAL.  After ct() the switch looks up a table without
 * flows, since ofproto/trace would follow a loop of them for ever. */
static const char *const culprits[] = {
    "drop", "drop", "drop", "output:2", "output:3", "FLOOD", "controller",
    "controller,NORMAL", "NORMAL,controller", "NORMAL,output:3",
    "NORMAL,NORMAL", "mod_dl_dst:52:54:00:00:00:09,NORMAL",
    "mod_vlan_vid:9,NORMAL", "enqueue:2:1", "set_queue:1,NORMAL",
    "learn(table=4,in_port=1,actions=drop),NORMAL", "write_actions(output:2)",
    "resubmit(,0)", "exit", "meter:1,NORMAL", "group:1", "IN_PORT",
    "set_field:2->pkt_mark,NORMAL", "dec_ttl,NORMAL", "all", "LOCAL",
    "ct(commit),NORMAL", "ct(table=7)", "ct(commit,table=7),NORMAL",
    "push_vlan:0x8100,NORMAL", "clone(NORMAL)", "clone(output:2),NORMAL",
    "output:NXM_NX_REG0[]", "bundle(eth_src,0,hrw,ofport,members:1,2)",
    "sample(probability=65535,collector_set_id=1),NORMAL",
    "resubmit(,254),NORMAL", "load:1->NXM_NX_REG0[],resubmit(,254)",
    "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],NORMAL",
    "learn(table=3,priority=7,NXM_OF_ETH_DST[],actions=drop),NORMAL",
    "write_actions(set_field:52:54:00:00:00:09->eth_dst,output:NORMAL)",
    "write_actions(output:NORMAL,output:2)", "fin_timeout(idle_timeout=3)",
    "output(port=2,max_len=64)", "set_field:0x800->eth_type,NORMAL",
    "pop:NXM_OF_ETH_DST[],NORMAL",
    "check_pkt_larger(100)->NXM_NX_REG0[0],NORMAL",
    "meter:1,goto_table:4", "group:1,NORMAL",
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
    } else if (chance(3)) {
        /* By one uplink and not by the other. */
        put_match(s, chance(50) ? "10" : "11");
        ds_put_format(s, ",actions=%s", PICK(culprits));
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

/* Flows that together match all packets of 'base'. */
static const struct split {
    const char *base;
    const char *parts[3];
} splits[] = {
    { "", { ",dl_dst=00:00:00:00:00:00/01:00:00:00:00:00",
            ",dl_dst=01:00:00:00:00:00/01:00:00:00:00:00" } },
    { ",ip", { ",ip,nw_src=0.0.0.0/1", ",ip,nw_src=128.0.0.0/2",
               ",ip,nw_src=192.0.0.0/2" } },
    { "", { ",reg0=0/1", ",reg0=1/1" } },
    { "", { ",vlan_tci=0x0000/0x1000", ",vlan_tci=0x1000/0x1000" } },
    { ",tcp", { ",tcp,tp_dst=0/0x8000", ",tcp,tp_dst=0x8000/0xc000",
                ",tcp,tp_dst=0xc000/0xc000" } },
    { ",udp", { ",udp,tp_src=0/1", ",udp,tp_src=1/1,tp_dst=0/1",
                ",udp,tp_src=1/1,tp_dst=1/1" } },
    { ",ipv6", { ",ipv6,ipv6_src=::/1", ",ipv6,ipv6_src=8000::/1" } },
    { "", { ",metadata=0/2", ",metadata=2/2,reg0=0/1",
            ",metadata=2/2,reg0=1/1" } },
    { ",arp", { ",arp,arp_op=1", ",arp,arp_op=2" } },   /* Not quite. */
};

/* Adds flows of which most often no packet is left for a culprit below. */
static void
random_split(struct svec *flows, int table_id)
{
    const struct split *split = &PICK(splits);
    struct ds s = DS_EMPTY_INITIALIZER;

    for (int i = 0; i < 3 && split->parts[i]; i++) {
        if (chance(90)) {
            ds_clear(&s);
            ds_put_format(&s, "table=%d,priority=%d%s", table_id,
                          30 + random_range(3), split->parts[i]);
            put_actions(&s, table_id, 10);
            svec_add(flows, ds_cstr(&s));
        }
    }
    ds_clear(&s);
    ds_put_format(&s, "table=%d,priority=%d%s", table_id,
                  chance(90) ? 29 : 31, split->base);
    if (!split->base[0] && chance(50)) {
        put_match(&s, NULL);
    }
    ds_put_format(&s, ",actions=%s", PICK(culprits));
    svec_add(flows, ds_cstr(&s));
    ds_destroy(&s);
}

/* Adds a conjunctive match that may come true. */
static void
random_conjunction(struct svec *flows, int table_id)
{
    int n = 2 + random_range(2);
    int id = 1 + random_range(2);
    int priority = 40 + random_range(3);
    struct ds s = DS_EMPTY_INITIALIZER;

    for (int i = 0; i < n; i++) {
        for (int j = random_range(3); j >= 0 && chance(95); j--) {
            ds_clear(&s);
            ds_put_format(&s, "table=%d,priority=%d", table_id, priority);
            put_match(&s, NULL);
            ds_put_format(&s, ",actions=conjunction(%d,%d/%d)", id, 1 + i,
                          n);
            svec_add(flows, ds_cstr(&s));
        }
    }
    ds_clear(&s);
    ds_put_format(&s, "table=%d,priority=%d,conj_id=%d", table_id,
                  priority + random_range(3) - 1, id);
    if (chance(60)) {
        ds_put_format(&s, ",actions=%s", PICK(culprits));
    } else {
        put_actions(&s, table_id, 10);
    }
    svec_add(flows, ds_cstr(&s));
    ds_destroy(&s);
}

/* What an earlier table may write and a later one look at. */
static const struct state {
    const char *set, *match;
} states[] = {
    { "load:%d->NXM_NX_REG0[]", "reg0=%d" },
    { "load:%d->NXM_NX_REG2[4..7]", "reg2=0x%d0/0xf0" },
    { "set_field:%d->metadata", "metadata=%d" },
    { "set_field:%d->xreg1", "reg3=%d" },
    { "load:%d->NXM_NX_XXREG1[0..15]", "reg7=%d" },
    { "load:%d->NXM_NX_REG5[],move:NXM_NX_REG5[0..3]->NXM_NX_REG6[8..11]",
      "reg6=0x%d00" },
    { "load:%d->NXM_NX_REG5[],push:NXM_NX_REG5[],pop:NXM_NX_REG6[]",
      "reg5=%d" },
    { "move:NXM_OF_ETH_DST[0..7]->NXM_NX_REG4[0..7],note:0%d", "reg4=%d" },
    { "clone(load:%d->NXM_NX_REG0[])", "reg0=%d" },
    { "load:%d->NXM_NX_REG0[],load:0->NXM_NX_REG0[1]", "reg0=%d" },
};

/* Adds a chain of tables in which one writes what another one looks at. */
static void
random_chain(struct svec *flows, int n_tables)
{
    const struct state *state = &PICK(states);
    int first = random_range(n_tables);
    int last = MIN(first + 1 + random_range(3), N_TABLES);
    struct ds s = DS_EMPTY_INITIALIZER;

    for (int i = first; i <= last; i++) {
        ds_clear(&s);
        ds_put_format(&s, "table=%d,priority=%d,", i, 50 + random_range(2));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        if (i == last) {
            ds_put_format(&s, state->match, 1 + random_range(3));
            ds_put_format(&s, ",actions=%s", PICK(culprits));
        } else {
            ds_put_format(&s, "in_port=%s,actions=", PICK(in_ports));
            ds_put_format(&s, state->set, 1 + random_range(3));
            ds_put_format(&s, chance(70) ? ",goto_table:%d"
                          : ",resubmit(,%d)", i + 1);
        }
#pragma GCC diagnostic pop
        svec_add(flows, ds_cstr(&s));
    }
    for (int i = n_tables; i <= last; i++) {
        ds_clear(&s);
        ds_put_format(&s, "table=%d,priority=0,actions=NORMAL", i);
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
        if (chance(8)) {
            random_split(flows, table_id);
        }
        if (chance(5)) {
            random_conjunction(flows, table_id);
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
    if (chance(25)) {
        random_chain(flows, n_tables);
    }
    ds_destroy(&s);
}
