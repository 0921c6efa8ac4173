/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TEST_VERDICT_H
#define TEST_VERDICT_H 1

/* Holds the analysis of policy/reach against ofproto/trace. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/flow.h"
#include "policy/reach/reach.h"
#include "random.h"
#include "svec.h"

struct ds;
struct iov_flow_table;
struct jsonrpc;
struct match;
struct vconn;

/* The bridge that the tests run on; reach-trace.at makes it. */
enum { VM1 = 1, VM2 = 2, VM3 = 3, UPLINK = 10, UPLINK2 = 11 };
#define VM2_VLAN 5

#define PICK(ARRAY) (ARRAY)[random_range(ARRAY_SIZE(ARRAY))]

static inline bool
chance(int percent)
{
    return random_range(100) < percent;
}

/* test-verdict-random.c: flows made up. */
void random_table(struct svec *flows);

/* test-verdict-packet.c: packets made up. */
/* A packet that 'port' may send, or the uplink may bring for it.  Agrees with
 * the 'n' matches of 'likes' where it may, with the first above all. */
void random_packet(const struct iov_reach_port *port,
                   const struct match *const likes[], size_t n,
                   struct flow *);
/* As ofproto/trace wants it. */
char *packet_to_string(const struct flow *);

/* test-verdict-switch.c: a real ovs-vswitchd. */
struct test_switch {
    struct vconn *vconn;
    struct jsonrpc *unixctl;
    unsigned long long int n_traces;
};
void test_switch_open(struct test_switch *, const char *rundir);
void test_switch_close(struct test_switch *);
/* Makes 'flows' the only ones of the bridge.  Those that the switch refuses
 * are taken out of 'flows'. */
void test_switch_set_flows(struct test_switch *, struct svec *flows);
/* Puts the flows that the switch has into 'table', and their matches, which
 * the caller frees, into '*matchesp'. */
size_t test_switch_get_flows(struct test_switch *, struct iov_flow_table *,
                             struct match **matchesp);
/* Returns null if the switch treats 'packet' as one NORMAL and no more, else
 * what it does, for the caller to free. */
char *test_switch_trace(struct test_switch *, const char *packet);
/* Returns true if the switch drops 'packet' and does nothing else with it. */
bool test_switch_drops(struct test_switch *, const char *packet);
/* Returns null if the switch does with 'packet' just what it does for
 * 'actions', else what it does, for the caller to free. */
char *test_switch_other(struct test_switch *, const char *packet,
                        const char *actions);
/* Makes the switch know that 'mac' is behind 'port'. */
void test_switch_add_station(struct test_switch *, const char *port,
                             uint16_t vlan, struct eth_addr mac);

#endif /* tests/policy/test-verdict.h */
