/* SPDX-License-Identifier: Apache-2.0 */

/* The flows of the benchmarks: see bench-flow-set.h.
 *
 * Two flows with the same match and priority would be one, so the number of
 * each flow is part of its match. */

#include <config.h>

#include "tests/bench/bench-flow-set.h"

#include <netinet/in.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/packets.h"
#include "packets.h"

#define OTHER_PORTS 10000       /* Port numbers of ports that are not ours. */
#define N_OTHER_PORTS 1000

uint32_t
bench_ofport(size_t i)
{
    return BENCH_UPLINK + 1 + i;
}

static struct eth_addr
number_mac(uint8_t first, uint32_t number)
{
    return (struct eth_addr) { { {
        first, 0x54, number >> 24, number >> 16, number >> 8, number
    } } };
}

struct eth_addr
bench_mac(size_t i)
{
    return number_mac(0x52, i + 1);
}

static void
begin(struct bench_flow *f, uint8_t table_id, uint16_t priority)
{
    f->table_id = table_id;
    f->priority = priority;
    match_init_catchall(&f->match);
    ofpbuf_use_stub(&f->ofpacts, f->stub, sizeof f->stub);
}

static void
put_next(struct bench_flow *f)
{
    if (f->table_id + 1 < BENCH_N_TABLES) {
        ofpact_put_GOTO_TABLE(&f->ofpacts)->table_id = f->table_id + 1;
    } else {
        ofpact_put_OUTPUT(&f->ofpacts)->port = OFPP_NORMAL;
    }
}

/* The match of flow 'i', of packets that come in by 'in_port'. */
static void
put_match(struct match *m, size_t i, uint32_t in_port)
{
    struct in6_addr ip6 = { .s6_addr = { 0x20, 1, 0xd, 0xb8 } };

    match_set_in_port(m, u16_to_ofp(in_port));
    switch (i % 5) {
    case 0:
        match_set_dl_dst(m, number_mac(2, i));
        break;
    case 1:
        match_set_dl_type(m, htons(ETH_TYPE_IP));
        match_set_nw_proto(m, IPPROTO_TCP);
        match_set_nw_dst(m, htonl(0x0a000000 + i));
        match_set_tp_dst(m, htons(443));
        break;
    case 2:
        match_set_dl_type(m, htons(ETH_TYPE_IPV6));
        match_set_dl_src(m, number_mac(2, i));
        memcpy(&ip6.s6_addr[12], &(uint32_t) { i }, sizeof(uint32_t));
        match_set_ipv6_dst(m, &ip6);
        break;
    case 3:
        match_set_reg(m, 0, 1 + i % 100);
        match_set_dl_type(m, htons(ETH_TYPE_IP));
        match_set_nw_proto(m, IPPROTO_UDP);
        match_set_nw_src_masked(m, htonl(i << 8), htonl(0xffffff00));
        match_set_tp_dst(m, htons(i >> 20));
        break;
    default:
        match_set_dl_type(m, htons(ETH_TYPE_ARP));
        match_set_nw_dst(m, htonl(0x0a000000 + i));
        break;
    }
}

void
bench_flow_make(struct bench_flow *f, size_t i, size_t n_ports)
{
    if (i < BENCH_N_TABLES) {
        begin(f, i, 0);
        put_next(f);
        return;
    }

    bool ours = i % 64 == 0;
    begin(f, i / 5 % BENCH_N_TABLES, 100 + i % 7);
    put_match(&f->match, i, (ours ? bench_ofport(i / 64 % n_ports)
                             : OTHER_PORTS + i / 8 % N_OTHER_PORTS));
    if (ours) {
        put_next(f);
    } else if (i % 3 == 0) {
        ofpact_put_OUTPUT(&f->ofpacts)->port = u16_to_ofp(20000 + i % 1000);
    }
    /* Else it drops. */
}

void
bench_flow_make_drop(struct bench_flow *f, size_t port)
{
    begin(f, BENCH_N_TABLES / 2, BENCH_ABOVE);
    if (port != SIZE_MAX) {
        match_set_in_port(&f->match, u16_to_ofp(bench_ofport(port)));
    }
    match_set_dl_type(&f->match, htons(ETH_TYPE_IP));
    match_set_nw_proto(&f->match, IPPROTO_TCP);
    match_set_tp_dst(&f->match, htons(22));
}
