/* SPDX-License-Identifier: Apache-2.0 */

#ifndef BENCH_FLOW_SET_H
#define BENCH_FLOW_SET_H 1

/* Many flows, like those of a busy host, and the same ones each time.
 *
 * Eight tables that packets go through one after another, to end in NORMAL.
 * Five kinds of flows: by port and destination, by port and a TCP service,
 * IPv6 by port, address and destination, UDP by register and port, ARP by
 * port.  A 64th of all name a port that asks for offload and do what NORMAL
 * does, so that each is looked at and none costs a port its VF; all others
 * name other ports.
 *
 * Port numbers are as a bridge gives them out to an uplink and the ports vm1,
 * vm2, ... that are added in this order. */

#include <stddef.h>
#include <stdint.h>

#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/types.h"

#define BENCH_N_TABLES 8
#define BENCH_UPLINK 1
#define BENCH_ABOVE 5000        /* Priority above those of all flows. */
#define BENCH_BELOW 9           /* Below those of flows that name a port. */

struct bench_flow {
    uint8_t table_id;
    uint16_t priority;
    struct match match;
    struct ofpbuf ofpacts;
    uint64_t stub[32];
};

/* OpenFlow port and MAC address of port 'i', from 0. */
uint32_t bench_ofport(size_t i);
struct eth_addr bench_mac(size_t i);

/* Makes flow 'i', from 0, of a set for 'n_ports' ports. */
void bench_flow_make(struct bench_flow *, size_t i, size_t n_ports);
/* A flow that takes some packets from port 'port', or if it is SIZE_MAX from
 * anybody. */
void bench_flow_make_drop(struct bench_flow *, size_t port);

#endif /* tests/bench/bench-flow-set.h */
