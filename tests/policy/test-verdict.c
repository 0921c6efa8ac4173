/* SPDX-License-Identifier: Apache-2.0 */

/* Holds the analysis of policy/reach against ofproto/trace of a real switch.
 *
 *     test-verdict [--seed=N] [--tables=N] [--seconds=N] [--packets=N]
 *                  [--blind=SLUG] [--gullible] [--losses=N] [--flows=FILE]
 *                  RUNDIR
 *
 * Makes up flow tables, one after the other, gives them to the switch whose
 * sockets are in RUNDIR, and asks for the verdict on two ports.  Of a port
 * judged direct, no packet may be anything but one NORMAL to the switch: else
 * the table is made as small as possible, printed, and the exit status is 1.
 * Of the ports that no packet speaks against, those judged direct are counted
 * (precision), and the first --losses of the others printed.  --blind makes
 * the verdict wrong on purpose: reasons of that name do not count.  So does
 * --gullible: it takes peer ports of other VLANs for ones that are reached.
 *
 * Which packets are tried follows from the flows, so that also a rare match
 * meets one. */

#include <config.h>

#include "test-verdict.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "packets.h"
#include "policy/flow/table.h"
#include "random.h"
#include "timeval.h"
#include "util.h"

/* Flows that a packet agrees with. */
#define MAX_LIKES 3
/* Of a port judged not direct, so many times as many packets are tried: what
 * is not found counts as harmless. */
#define HARDER 20

struct options {
    unsigned int seed, tables, seconds, packets, losses;
    const char *rundir;
    const char *blind;
    bool gullible;
    const char *flows;
};

struct counts {
    unsigned int tables, ports, direct, harmless, harmless_direct;
    unsigned int lost[IOV_N_REASONS];   /* Harmless ones, by first reason. */
};

/* A flow table that the switch has, and the analysis of it. */
struct test {
    struct options o;
    struct test_switch sw;
    struct counts counts;
    struct svec flows;          /* As text. */
    struct match *matches;      /* As the switch has them. */
    size_t n_matches;
    struct iov_flow_table *table;
    struct iov_reach *reach;
};

static const uint32_t uplinks[] = { UPLINK, UPLINK2 };
static const struct iov_reach_port ports[] = {
    { VM1, ETH_ADDR_C(52, 54, 00, 00, 00, 01), 0, uplinks, 2 },
    { VM2, ETH_ADDR_C(52, 54, 00, 00, 00, 02), VM2_VLAN, uplinks, 2 },
};

/* All ports of the bridge but the uplink. */
static const struct iov_peer peers[] = {
    { ETH_ADDR_C(52, 54, 00, 00, 00, 01), 0 },
    { ETH_ADDR_C(52, 54, 00, 00, 00, 02), VM2_VLAN },
    { ETH_ADDR_C(52, 54, 00, 00, 00, 03), 0 },
    { ETH_ADDR_C(52, 54, 00, 00, 00, 04), VM2_VLAN },
};

static void
notify_peers(struct test *t)
{
    static const struct iov_peer wrong[] = {
        { ETH_ADDR_C(52, 54, 00, 00, 00, 02), 0 },
        { ETH_ADDR_C(52, 54, 00, 00, 00, 03), VM2_VLAN },
        { ETH_ADDR_C(52, 54, 00, 00, 00, 04), 0 },
    };

    if (t->o.gullible) {
        iov_reach_set_peers(t->reach, wrong, ARRAY_SIZE(wrong));
    } else {
        iov_reach_set_peers(t->reach, peers, ARRAY_SIZE(peers));
    }
}

/* Gives t->flows to the switch and to the analysis. */
static void
install(struct test *t)
{
    test_switch_set_flows(&t->sw, &t->flows);
    iov_flow_table_clear(t->table);
    free(t->matches);
    t->n_matches = test_switch_get_flows(&t->sw, t->table, &t->matches);
}

/* Returns the reasons against 'port', without those to be blind for. */
static struct iov_reasons
evaluate(const struct test *t, const struct iov_reach_port *port)
{
    struct iov_reasons all = IOV_REASONS_INITIALIZER;
    struct iov_reasons reasons = IOV_REASONS_INITIALIZER;

    iov_reach_check(t->reach, port, &all, SIZE_MAX);
    for (size_t i = 0; i < all.n; i++) {
        const struct iov_reason *r = &all.list[i];
        /* Packets of other ports are not tried. */
        if (r->id == IOV_REASON_DELIVERED_BY_OUTPUT) {
            continue;
        }
        if (!t->o.blind
            || strcmp(iov_reason_class(r->id)->slug, t->o.blind)) {
            iov_reasons_add(&reasons, r->id, r->object, r->detail);
        }
    }
    iov_reasons_clear(&all);
    return reasons;
}

/* Returns true if the switch drops 'packet', which is 'flow' from 'port', and
 * drops it, too, when it comes by the uplink because 'port' is on its VF. */
static bool
is_dropped_anyway(struct test *t, const struct iov_reach_port *port,
                  const struct flow *flow, const char *packet)
{
    const struct iov_peer *n = peers;

    while (!eth_addr_equals(n->mac, flow->dl_dst) || n->vlan != port->vlan) {
        if (++n >= &peers[ARRAY_SIZE(peers)]) {
            return false;
        }
    }
    if (flow->in_port.ofp_port != u16_to_ofp(port->ofport)
        || eth_addr_equals(flow->dl_dst, port->mac)
        || !test_switch_drops(&t->sw, packet)) {
        return false;
    }

    struct flow counterpart = *flow;
    bool dropped = true;
    if (port->vlan) {
        counterpart.vlans[0].tci &= htons(VLAN_PCP_MASK);
        counterpart.vlans[0].tci |= htons(VLAN_CFI | port->vlan);
    }
    for (size_t i = 0; i < port->n_uplinks && dropped; i++) {
        counterpart.in_port.ofp_port = u16_to_ofp(port->uplinks[i]);
        char *s = packet_to_string(&counterpart);
        dropped = test_switch_drops(&t->sw, s);
        free(s);
    }
    return dropped;
}

/* Returns what the switch does with 'packet', which is 'flow', for the caller
 * to free; null if 'port' may be on its VF nevertheless. */
static char *
try_packet(struct test *t, const struct iov_reach_port *port,
           const struct flow *flow, const char *packet)
{
    char *trace = test_switch_trace(&t->sw, packet);

    if (trace && is_dropped_anyway(t, port, flow, packet)) {
        free(trace);
        trace = NULL;
    }
    return trace;
}

/* Looks among 'n' packets for one that the VF would treat otherwise than the
 * switch.  Returns it as text, and '*flow', or null. */
static char *
find_bad_packet(struct test *t, const struct iov_reach_port *port, size_t n,
                struct flow *flow)
{
    for (size_t i = 0; i < n; i++) {
        const struct match *likes[MAX_LIKES];
        size_t n_likes = t->n_matches ? i % (MAX_LIKES + 1) : 0;

        for (size_t j = 0; j < n_likes; j++) {
            likes[j] = &t->matches[random_range(t->n_matches)];
        }
        random_packet(port, likes, n_likes, flow);
        char *packet = packet_to_string(flow);
        char *trace = try_packet(t, port, flow, packet);
        if (trace) {
            free(trace);
            return packet;
        }
        free(packet);
    }
    return NULL;
}

/* Returns true if with t->flows the verdict is wrong for 'packet'. */
static bool
is_wrong(struct test *t, const struct iov_reach_port *port,
         const struct flow *flow, const char *packet)
{
    install(t);
    struct iov_reasons reasons = evaluate(t, port);
    bool wrong = false;
    if (!reasons.n) {
        char *trace = try_packet(t, port, flow, packet);
        wrong = trace != NULL;
        free(trace);
    }
    iov_reasons_clear(&reasons);
    return wrong;
}

/* Takes out of t->flows what is not needed for 'packet' to be judged
 * wrong. */
static void
minimise(struct test *t, const struct iov_reach_port *port,
         const struct flow *flow, const char *packet)
{
    for (size_t i = 0; i < t->flows.n; ) {
        struct svec before;

        svec_clone(&before, &t->flows);
        free(t->flows.names[i]);
        memmove(&t->flows.names[i], &t->flows.names[i + 1],
                (--t->flows.n - i) * sizeof *t->flows.names);
        if (is_wrong(t, port, flow, packet)) {
            i = 0;
        } else {
            svec_swap(&t->flows, &before);
            i++;
        }
        svec_destroy(&before);
    }
    install(t);
}

static void
print_flows(const struct test *t)
{
    for (size_t i = 0; i < t->flows.n; i++) {
        printf("    %s\n", t->flows.names[i]);
    }
}

static void
report_wrong(struct test *t, const struct iov_reach_port *port,
             const struct flow *flow, const char *packet)
{
    minimise(t, port, flow, packet);
    char *trace = test_switch_trace(&t->sw, packet);
    printf("WRONG: port %"PRIu32" was judged direct with\n", port->ofport);
    print_flows(t);
    printf("but for %s the switch says\n%s\n", packet,
           trace ? trace : "NORMAL after all");
    free(trace);
}

static void
report_loss(const struct test *t, const struct iov_reach_port *port,
            const struct iov_reasons *reasons)
{
    printf("port %"PRIu32" looks harmless with\n", port->ofport);
    print_flows(t);
    for (size_t i = 0; i < reasons->n; i++) {
        printf("but is %s: %s\n",
               iov_reason_class(reasons->list[i].id)->slug,
               reasons->list[i].object);
    }
}

/* Returns false if the verdict is wrong. */
static bool
check_port(struct test *t, const struct iov_reach_port *port)
{
    struct counts *c = &t->counts;
    struct iov_reasons reasons = evaluate(t, port);
    bool direct = !reasons.n;
    struct flow flow;
    char *bad = find_bad_packet(t, port,
                                t->o.packets * (direct ? 1 : HARDER), &flow);

    c->ports++;
    c->direct += direct;
    c->harmless += !bad;
    c->harmless_direct += !bad && direct;
    if (!bad && !direct) {
        c->lost[reasons.list[0].id]++;
    }
    if (!bad && !direct && c->harmless - c->harmless_direct <= t->o.losses) {
        report_loss(t, port, &reasons);
    }
    if (bad && direct) {
        report_wrong(t, port, &flow, bad);
    }
    iov_reasons_clear(&reasons);
    free(bad);
    return !(bad && direct);
}

static void
read_flows(struct svec *flows, const char *file)
{
    struct ds line = DS_EMPTY_INITIALIZER;
    FILE *stream = fopen(file, "r");

    if (!stream) {
        ovs_fatal(errno, "%s", file);
    }
    while (!ds_get_line(&line, stream)) {
        svec_add(flows, ds_cstr(&line));
    }
    ds_destroy(&line);
    fclose(stream);
}

/* Gives 'port' some of what the iov- keys of its Interface could. */
static void
set_random_keys(struct iov_reach_port *port)
{
    port->any_dst = chance(10);
    port->any_src = port->any_dst || chance(10);
    port->n_uplinks = 1 + chance(80);
}

/* Returns false if a verdict is wrong. */
static bool
check_table(struct test *t)
{
    svec_clear(&t->flows);
    if (t->o.flows) {
        read_flows(&t->flows, t->o.flows);
    } else {
        random_set_seed(t->o.seed + t->counts.tables);
        random_table(&t->flows);
    }
    install(t);
    t->counts.tables++;
    for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
        struct iov_reach_port port = ports[i];
        port.n_uplinks = 1;
        if (!t->o.flows) {
            set_random_keys(&port);
        }
        if (!check_port(t, &port)) {
            printf("(seed %u)\n", t->o.seed + t->counts.tables - 1);
            return false;
        }
    }
    return true;
}

static void
print_counts(const struct test *t)
{
    const struct counts *c = &t->counts;

    printf("%u tables, %llu traces\n", c->tables, t->sw.n_traces);
    printf("%u ports, %u direct\n", c->ports, c->direct);
    printf("%u ports harmless, %u direct, %.1f%%\n", c->harmless,
           c->harmless_direct,
           c->harmless ? 100.0 * c->harmless_direct / c->harmless : 100.0);
    for (int i = 0; i < IOV_N_REASONS; i++) {
        if (c->lost[i]) {
            printf("%u harmless ports lost by %s\n", c->lost[i],
                   iov_reason_class(i)->slug);
        }
    }
}

static void
parse_options(int argc, char *argv[], struct options *o)
{
    enum {
        SEED, TABLES, SECONDS, PACKETS, LOSSES, N_NUMBERS, BLIND, FLOWS,
        GULLIBLE
    };
    unsigned int *const numbers[N_NUMBERS] = {
        &o->seed, &o->tables, &o->seconds, &o->packets, &o->losses
    };
    static const struct option options[] = {
        { "seed", required_argument, NULL, SEED },
        { "tables", required_argument, NULL, TABLES },
        { "seconds", required_argument, NULL, SECONDS },
        { "packets", required_argument, NULL, PACKETS },
        { "losses", required_argument, NULL, LOSSES },
        { "blind", required_argument, NULL, BLIND },
        { "flows", required_argument, NULL, FLOWS },
        { "gullible", no_argument, NULL, GULLIBLE },
        { NULL, 0, NULL, 0 },
    };
    int c;

    *o = (struct options) { .seed = 1, .tables = UINT_MAX, .packets = 100 };
    while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        if (c == BLIND) {
            o->blind = optarg;
        } else if (c == GULLIBLE) {
            o->gullible = true;
        } else if (c == FLOWS) {
            o->flows = optarg;
            o->tables = 1;
        } else if (c >= N_NUMBERS || !str_to_uint(optarg, 10, numbers[c])) {
            ovs_fatal(0, "bad option");
        }
    }
    if (optind + 1 != argc) {
        ovs_fatal(0, "usage: %s [OPTION...] RUNDIR", program_name);
    }
    o->rundir = argv[optind];
}

int
main(int argc, char *argv[])
{
    struct test t = {
        .flows = SVEC_EMPTY_INITIALIZER,
        .table = iov_flow_table_create(),
    };
    bool ok = true;

    set_program_name(argv[0]);
    parse_options(argc, argv, &t.o);
    t.reach = iov_reach_create(t.table);
    notify_peers(&t);
    test_switch_open(&t.sw, t.o.rundir);

    long long int end = (t.o.seconds ? time_msec() + 1000LL * t.o.seconds
                         : LLONG_MAX);
    while (ok && t.counts.tables < t.o.tables && time_msec() < end) {
        ok = check_table(&t);
    }
    print_counts(&t);

    test_switch_close(&t.sw);
    iov_reach_destroy(t.reach);
    iov_flow_table_destroy(t.table);
    svec_destroy(&t.flows);
    free(t.matches);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
