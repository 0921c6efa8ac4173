/* SPDX-License-Identifier: Apache-2.0 */

/* Holds the compiled rules of policy/compile against ofproto/trace of a real
 * switch.
 *
 *     test-compile-random [--seed=N] [--tables=N] [--seconds=N] [--packets=N]
 *                         RUNDIR
 *
 * Makes up flow tables, one after the other, gives them to the switch whose
 * sockets are in RUNDIR, and compiles them for three ports of a NIC that is
 * made up, too: it may lack fields and actions, refuse some rules, and have no
 * room.  Of a packet that the rules drop or forward the switch must do just
 * that: else the flows are made as few as possible, printed, and the exit
 * status is 1.
 *
 * The NIC parses packets in its own way, and as badly as it may.  It finds
 * numbers where a fragment has no ports, and no type in a frame of IEEE 802.3,
 * which it is allowed to drop but not to forward. */

#include <config.h>

#include "test-verdict.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "packets.h"
#include "policy/compile/compile.h"
#include "policy/compile/show.h"
#include "policy/flow/table.h"
#include "timeval.h"
#include "util.h"

#define MAX_LIKES 3
#define MAX_REFUSED 3

struct test {
    unsigned int seed, n_tables, n_packets, seconds;
    struct test_switch sw;
    struct svec flows;
    struct match *matches;
    size_t n_matches;
    struct iov_flow_table *table;
    struct iov_rule_caps caps;
    unsigned int tables;
    unsigned long long int packets, dropped, forwarded;
};

/* A packet, and what the NIC makes of it. */
struct packet {
    struct flow flow;
    char *text;
    struct iov_rule_key key;
    bool has_snap;              /* Its type is behind a SNAP header. */
};

static const struct iov_compile_port ports[] = {
    { .ofport = VM1, .vlans = IOV_VLANS_TRUNK, .in_nic = true },
    { .ofport = VM2, .vlans = IOV_VLANS_ACCESS, .vlan = VM2_VLAN,
      .in_nic = true },
    { .ofport = VM3, .vlans = IOV_VLANS_TRUNK },
    { .ofport = UPLINK, .vlans = IOV_VLANS_TRUNK, .in_nic = true },
};
static const uint32_t ingress[] = { VM1, VM2, UPLINK };

#define MAC(LAST) ETH_ADDR_C(52, 54, 00, 00, 00, LAST)
static const struct {
    struct iov_compile_station s;
    const char *port;
} stations[] = {
    { { 0, MAC(01), VM1 }, "vm1" },
    { { VM2_VLAN, MAC(01), VM1 }, "vm1" },
    { { VM2_VLAN, MAC(02), VM2 }, "vm2" },
    { { 0, MAC(03), VM3 }, "vm3" },
    { { 6, MAC(03), UPLINK }, "eth0" },
    { { 0, MAC(04), UPLINK }, "eth0" },
    { { VM2_VLAN, MAC(04), UPLINK }, "eth0" },
    { { 6, MAC(01), VM1 }, "vm1" },
};

static void
add_stations(struct test *t)
{
    for (size_t i = 0; i < ARRAY_SIZE(stations); i++) {
        test_switch_add_station(&t->sw, stations[i].port, stations[i].s.vlan,
                                stations[i].s.mac);
    }
}

static void
install(struct test *t)
{
    test_switch_set_flows(&t->sw, &t->flows);
    iov_flow_table_clear(t->table);
    free(t->matches);
    t->n_matches = test_switch_get_flows(&t->sw, t->table, &t->matches);
}

/* A NIC made up. */
static void
random_caps(struct iov_rule_caps *caps)
{
    bool good = chance(60);

    *caps = (struct iov_rule_caps) {
        .drop = good || chance(80),
        .software = good || chance(80),
        .forward = good || chance(90),
        .pop_vlan = good || chance(80),
        .push_vlan = good || chance(80),
        .max_rules = good || chance(80) ? SIZE_MAX : random_range(40),
    };
    for (size_t i = 0; i < IOV_RULE_N_FIELDS; i++) {
        caps->fields[i] = (good || chance(80) ? IOV_RULE_CAN_MASK
                           : chance(50) ? IOV_RULE_CAN_EXACT
                           : IOV_RULE_CANNOT);
    }
}

static void
compile(const struct test *t, uint32_t ofport, struct iov_rule_list *rules)
{
    struct iov_compile_station list[ARRAY_SIZE(stations)];
    struct iov_compile_bridge bridge = {
        .table = t->table,
        .ports = ports,
        .n_ports = ARRAY_SIZE(ports),
        .stations = list,
        .n_stations = ARRAY_SIZE(list),
        .caps = &t->caps,
    };

    for (size_t i = 0; i < ARRAY_SIZE(stations); i++) {
        list[i] = stations[i].s;
    }
    iov_compile(&bridge, ofport, rules);
}

/* The NIC refuses rules of its choice. */
static void
refuse_some(const struct test *t, struct iov_rule_list *rules)
{
    for (int i = 0; i < MAX_REFUSED && rules->n && chance(40); i++) {
        iov_rule_list_refuse(rules, random_range(rules->n), "no");
        iov_rule_list_settle(rules, &t->caps);
    }
}

/* What the NIC finds in a packet. */

#define PUT(KEY, FIELD, VALUE) \
    memcpy((KEY)->FIELD, &(VALUE), sizeof (KEY)->FIELD)

static void
parse_l4(const struct flow *f, struct iov_rule_key *key)
{
    ovs_be16 tp_src = f->tp_src, tp_dst = f->tp_dst;
    ovs_be16 tcp_flags = f->tcp_flags & htons(0xfff);
    bool v6 = f->dl_type == htons(ETH_TYPE_IPV6);

    if (f->nw_frag & FLOW_NW_FRAG_LATER) {
        tp_src = htons(random_range(100));
        tp_dst = htons(random_range(100));
        tcp_flags = htons(random_range(64));
    }
    if (f->nw_proto == IPPROTO_TCP || f->nw_proto == IPPROTO_UDP
        || f->nw_proto == IPPROTO_SCTP) {
        PUT(key, tp_src, tp_src);
        PUT(key, tp_dst, tp_dst);
    }
    if (f->nw_proto == IPPROTO_TCP) {
        PUT(key, tcp_flags, tcp_flags);
    }
    if (f->nw_proto == (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
        key->icmp_type[0] = ntohs(tp_src) & 0xff;
        key->icmp_code[0] = ntohs(tp_dst) & 0xff;
    }
}

static void
parse_l3(const struct flow *f, struct iov_rule_key *key)
{
    if (f->dl_type == htons(ETH_TYPE_ARP)) {
        PUT(key, arp_op, f->nw_proto);
        PUT(key, arp_spa, f->nw_src);
        PUT(key, arp_tpa, f->nw_dst);
        PUT(key, arp_sha, f->arp_sha);
        PUT(key, arp_tha, f->arp_tha);
    } else if (f->dl_type == htons(ETH_TYPE_IP)) {
        PUT(key, ipv4_src, f->nw_src);
        PUT(key, ipv4_dst, f->nw_dst);
    } else if (f->dl_type == htons(ETH_TYPE_IPV6)) {
        PUT(key, ipv6_src, f->ipv6_src);
        PUT(key, ipv6_dst, f->ipv6_dst);
    }
    if (f->dl_type == htons(ETH_TYPE_IP)
        || f->dl_type == htons(ETH_TYPE_IPV6)) {
        key->ip_frag[0] = f->nw_frag != 0;
        PUT(key, ip_proto, f->nw_proto);
        PUT(key, ip_tos, f->nw_tos);
        PUT(key, ip_ttl, f->nw_ttl);
        parse_l4(f, key);
    }
}

static void
parse_in_nic(struct packet *p)
{
    const struct flow *f = &p->flow;
    ovs_be16 vid = htons(vlan_tci_to_vid(f->vlans[0].tci));
    ovs_be16 tpid = htons(ETH_TYPE_VLAN);
    ovs_be16 length = htons(64);

    memset(&p->key, 0, sizeof p->key);
    PUT(&p->key, eth_src, f->dl_src);
    PUT(&p->key, eth_dst, f->dl_dst);
    if (f->vlans[0].tci) {
        PUT(&p->key, vlan_tpid, tpid);
        PUT(&p->key, vlan_id, vid);
        p->key.vlan_pcp[0] = vlan_tci_to_pcp(f->vlans[0].tci);
    }
    if (p->has_snap) {
        PUT(&p->key, eth_type, length);
    } else {
        PUT(&p->key, eth_type, f->dl_type);
        parse_l3(f, &p->key);
    }
}

/* Makes most packets ones between stations. */
static void
fit_to_stations(struct flow *f, uint32_t ofport)
{
    const struct iov_compile_station *src = &PICK(stations).s;
    const struct iov_compile_station *dst = &PICK(stations).s;

    if (chance(80)) {
        f->dl_dst = dst->mac;
    }
    if (src->ofport == ofport) {
        f->dl_src = src->mac;
        if (chance(80)) {
            bool tagged = src->vlan && ofport != VM2;
            f->vlans[0].tci = htons(tagged ? VLAN_CFI | src->vlan : 0);
        }
    }
}

static void
make_packet(const struct test *t, uint32_t ofport, int n_likes,
            struct packet *p)
{
    const struct iov_reach_port port = {
        ofport, stations[0].s.mac, 0, NULL, 0, .any_src = true
    };
    const struct match *likes[MAX_LIKES];

    n_likes = t->n_matches ? n_likes : 0;
    for (int i = 0; i < n_likes; i++) {
        likes[i] = &t->matches[random_range(t->n_matches)];
    }
    random_packet(&port, likes, n_likes, &p->flow);
    p->flow.in_port.ofp_port = u16_to_ofp(ofport);
    fit_to_stations(&p->flow, ofport);
    p->text = packet_to_string(&p->flow);
    p->has_snap = chance(3);
    parse_in_nic(p);
}

/* Returns what the switch does with 'p', to be freed, if it is not what the
 * rules do in the NIC; else null. */
static char *
try_packet(struct test *t, const struct iov_rule_list *rules,
           const struct packet *p, enum iov_rule_action *action)
{
    const struct iov_listed_rule *r = iov_rule_list_find(rules, &p->key);

    *action = r ? r->action : IOV_RULE_SOFTWARE;
    if (*action == IOV_RULE_SOFTWARE
        || (*action == IOV_RULE_DROP && p->has_snap)) {
        return NULL;
    }

    struct ds acts = DS_EMPTY_INITIALIZER;
    if (*action == IOV_RULE_DROP) {
        ds_put_cstr(&acts, "drop");
    } else {
        if (r->rule.pop_vlan) {
            ds_put_cstr(&acts, "pop_vlan,");
        }
        if (r->rule.push_vlan) {
            ds_put_format(&acts, "push_vlan:0x8100,set_field:%d->vlan_vid,",
                          r->rule.push_vlan | VLAN_CFI);
        }
        ds_put_format(&acts, "output:%"PRIu32, r->rule.port);
    }
    char *trace = test_switch_other(&t->sw, p->text, ds_cstr(&acts));
    ds_destroy(&acts);
    return trace;
}

/* Wrong packets. */

static bool
is_wrong(struct test *t, const struct packet *p)
{
    struct iov_rule_list rules;
    enum iov_rule_action action;

    install(t);
    compile(t, ofp_to_u16(p->flow.in_port.ofp_port), &rules);
    char *trace = try_packet(t, &rules, p, &action);
    bool wrong = trace != NULL;
    free(trace);
    iov_rule_list_clear(&rules);
    return wrong;
}

/* Takes out of t->flows what is not needed for 'p' to be wrong, if it is
 * without refusals, too. */
static void
minimise(struct test *t, const struct packet *p)
{
    for (size_t i = 0; is_wrong(t, p) && i < t->flows.n; ) {
        struct svec before;

        svec_clone(&before, &t->flows);
        free(t->flows.names[i]);
        memmove(&t->flows.names[i], &t->flows.names[i + 1],
                (--t->flows.n - i) * sizeof *t->flows.names);
        if (is_wrong(t, p)) {
            i = 0;
        } else {
            svec_swap(&t->flows, &before);
            i++;
        }
        svec_destroy(&before);
    }
}

static void
report_wrong(struct test *t, const struct iov_rule_list *rules,
             const struct packet *p, const char *trace)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    iov_rule_list_format(rules, t->table, NULL, &s);
    printf("with the rules\n%s", ds_cstr(&s));
    minimise(t, p);
    printf("WRONG: with the flows\n");
    for (size_t i = 0; i < t->flows.n; i++) {
        printf("    %s\n", t->flows.names[i]);
    }
    ds_clear(&s);
    iov_rule_match_format(&(struct iov_rule_match) { .value = p->key,
        .mask = p->key }, &s);
    printf("for %s (in the NIC about %s) the switch says\n%s\n(seed %u)\n",
           p->text, ds_cstr(&s), trace, t->seed + t->tables - 1);
    ds_destroy(&s);
}

/* Returns true if the NIC can do what 'r' asks of it. */
static bool
can_do(const struct iov_rule_caps *caps, const struct iov_listed_rule *r)
{
    bool ok = (r->action == IOV_RULE_DROP ? caps->drop
               : r->action == IOV_RULE_SOFTWARE ? caps->software
               : caps->forward && (caps->pop_vlan || !r->rule.pop_vlan)
               && (caps->push_vlan || !r->rule.push_vlan));

    for (size_t i = 0; i < IOV_RULE_N_FIELDS && ok; i++) {
        static const enum iov_rule_can needs[] = {
            [IOV_RULE_PART_NONE] = IOV_RULE_CANNOT,
            [IOV_RULE_PART_SOME] = IOV_RULE_CAN_MASK,
            [IOV_RULE_PART_ALL] = IOV_RULE_CAN_EXACT,
        };
        ok = caps->fields[i] >= needs[iov_rule_match_part(&r->rule.match, i)];
    }
    return ok && !r->refused;
}

/* Returns false if there is a rule in the NIC that it cannot have. */
static bool
check_place(const struct test *t, const struct iov_rule_list *rules)
{
    size_t n = 0;

    for (size_t i = 0; i < rules->n; i++) {
        const struct iov_listed_rule *r = &rules->list[i];
        n += r->place == IOV_PLACE_NIC;
        if (r->place == IOV_PLACE_NIC && !can_do(&t->caps, r)) {
            printf("WRONG: rule %"PRIuSIZE" cannot be in the NIC (seed %u)\n",
                   i, t->seed + t->tables - 1);
            return false;
        }
    }
    if (n != rules->n_nic || n > t->caps.max_rules) {
        printf("WRONG: %"PRIuSIZE" rules in the NIC (seed %u)\n", n,
               t->seed + t->tables - 1);
        return false;
    }
    return true;
}

static bool
check_port(struct test *t, uint32_t ofport)
{
    struct iov_rule_list rules;

    compile(t, ofport, &rules);
    refuse_some(t, &rules);
    bool ok = check_place(t, &rules);
    for (unsigned int i = 0; i < t->n_packets && ok; i++) {
        enum iov_rule_action action;
        struct packet p;

        make_packet(t, ofport, i % (MAX_LIKES + 1), &p);
        char *trace = try_packet(t, &rules, &p, &action);
        t->packets++;
        t->dropped += action == IOV_RULE_DROP;
        t->forwarded += action == IOV_RULE_FORWARD;
        if (trace) {
            report_wrong(t, &rules, &p, trace);
            ok = false;
        }
        free(trace);
        free(p.text);
    }
    iov_rule_list_clear(&rules);
    return ok;
}

static bool
check_table(struct test *t)
{
    random_set_seed(t->seed + t->tables++);
    svec_clear(&t->flows);
    random_table(&t->flows);
    install(t);
    random_caps(&t->caps);
    for (size_t i = 0; i < ARRAY_SIZE(ingress); i++) {
        if (!check_port(t, ingress[i])) {
            return false;
        }
    }
    return true;
}

static const char *
parse_options(int argc, char *argv[], struct test *t)
{
    enum { SEED, TABLES, SECONDS, PACKETS, N_NUMBERS };
    unsigned int *const numbers[N_NUMBERS] = {
        &t->seed, &t->n_tables, &t->seconds, &t->n_packets
    };
    static const struct option options[] = {
        { "seed", required_argument, NULL, SEED },
        { "tables", required_argument, NULL, TABLES },
        { "seconds", required_argument, NULL, SECONDS },
        { "packets", required_argument, NULL, PACKETS },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        if (c >= N_NUMBERS || !str_to_uint(optarg, 10, numbers[c])) {
            ovs_fatal(0, "bad option");
        }
    }
    if (optind + 1 != argc) {
        ovs_fatal(0, "usage: %s [OPTION...] RUNDIR", program_name);
    }
    return argv[optind];
}

int
main(int argc, char *argv[])
{
    struct test t = {
        .seed = 1,
        .n_tables = UINT_MAX,
        .n_packets = 100,
        .flows = SVEC_EMPTY_INITIALIZER,
        .table = iov_flow_table_create(),
    };
    bool ok = true;

    set_program_name(argv[0]);
    test_switch_open(&t.sw, parse_options(argc, argv, &t));
    add_stations(&t);

    long long int end = (t.seconds ? time_msec() + 1000LL * t.seconds
                         : LLONG_MAX);
    while (ok && t.tables < t.n_tables && time_msec() < end) {
        ok = check_table(&t);
    }
    printf("%u tables, %llu packets, %llu dropped, %llu forwarded\n",
           t.tables, t.packets, t.dropped, t.forwarded);

    test_switch_close(&t.sw);
    iov_flow_table_destroy(t.table);
    svec_destroy(&t.flows);
    free(t.matches);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
