/* SPDX-License-Identifier: Apache-2.0 */

/* Holds verdicts that are brought up to date piece by piece against those that
 * are made at once.
 *
 *     test-verdict-update SEED N
 *     test-verdict-update turns
 *     test-verdict-update order SEED N
 *
 * Makes N random changes: of flows of two bridges, of ports, and of the bridge
 * that a port is on.  After each, both have to say the same.
 *
 * "turns" instead counts how often a bridge with many flows comes before the
 * port of another bridge, and what becomes of its own ports meanwhile.
 *
 * "order" holds what is said of N tables that are too complex to be followed
 * against what is said of the same flows put in in another order.
 *
 * A port that moves must not take along what the flows of the other bridge did
 * to it, not even until those of the new one are examined. */

#include <config.h>

#include "policy/verdict/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-port.h"
#include "packets.h"
#include "policy/flow/index.h"
#include "policy/flow/table.h"
#include "policy/model/limit.h"
#include "policy/reach/reach.h"
#include "random.h"
#include "svec.h"
#include "test-verdict.h"
#include "tests/policy/sample-bridge.h"
#include "util.h"

#define N_BRIDGES 2
#define N_PORTS 3

struct switch_bridge {
    const char *name;
    const char *uplink;
    struct iov_flow_table *table;
    struct iov_reach *reach;
};

/* What a snapshot is made of. */
struct vm {
    const char *name;
    int bridge;
    uint16_t tag;
    bool held;
};

static struct switch_bridge bridges[N_BRIDGES] = {
    { "br0", "pf0", NULL, NULL }, { "br1", "pf1", NULL, NULL },
};
static struct vm vms[N_PORTS] = {
    { .name = "vm1" }, { .name = "vm2" }, { .name = "vm3", .bridge = 1 },
};
static struct ofputil_port_map names = OFPUTIL_PORT_MAP_INITIALIZER(&names);
static struct iov_nics nics;
static struct iov_snapshot *snapshot;
static struct iov_verdicts *verdicts;

static void
begin(void)
{
    for (int i = 0; i < N_BRIDGES; i++) {
        bridges[i].table = iov_flow_table_create();
        bridges[i].reach = iov_reach_create(bridges[i].table);
        struct iov_pf *pf = sample_add_pf(&nics, bridges[i].uplink);
        for (int j = 0; j < N_PORTS; j++) {
            iov_pf_add_mac(pf, sample_mac(VM1 + j), false);
        }
        ofputil_port_map_put(&names, u16_to_ofp(UPLINK), bridges[i].uplink);
    }
    for (int i = 0; i < N_PORTS; i++) {
        ofputil_port_map_put(&names, u16_to_ofp(VM1 + i), vms[i].name);
    }
    for (int i = 0; i < N_BRIDGES; i++) {
        iov_reach_set_port_map(bridges[i].reach, &names);
    }
}

static struct iov_snapshot *
make_snapshot(void)
{
    struct iov_snapshot *s = iov_snapshot_create();

    s->nics = &nics;
    for (int i = 0; i < N_BRIDGES; i++) {
        struct iov_bridge *bridge = sample_add_bridge(s, bridges[i].name);

        bridge->reach = bridges[i].reach;
        for (int j = 0; j < N_PORTS; j++) {
            if (vms[j].bridge == i) {
                struct iov_port *port = sample_add_port(bridge, vms[j].name,
                                                        VM1 + j, &names);
                port->tag = vms[j].tag;
                port->vlan_mode = (vms[j].tag ? IOV_VLAN_ACCESS
                                   : IOV_VLAN_NONE);
                port->commanded_hold = vms[j].held ? "iov/hold" : NULL;
            }
        }
        sample_add_port(bridge, bridges[i].uplink, UPLINK, &names);
    }
    iov_snapshot_finish(s);
    return s;
}

/* Random changes. */

/* Makes up a table and puts its flows into 'table': in place of those that are
 * there if 'anew', else beside them, and mostly only the last two. */
static void
put_random_flows(struct iov_flow_table *table, bool anew)
{
    struct svec flows = SVEC_EMPTY_INITIALIZER;

    random_table(&flows);
    if (anew) {
        iov_flow_table_clear(table);
    }
    for (size_t i = (!anew && chance(70) ? flows.n - MIN(flows.n, 2) : 0);
         i < flows.n; i++) {
        sample_add_flow(table, &names, flows.names[i]);
    }
    svec_destroy(&flows);
}

static void
change_port(void)
{
    struct vm *vm = &PICK(vms);

    switch (random_range(4)) {
    case 0:
        vm->tag = vm->tag ? 0 : VM2_VLAN;
        break;
    case 1:
        vm->held = !vm->held;
        break;
    default:
        vm->bridge = !vm->bridge;
        break;
    }
}

/* Judging. */

static void
check_moved(const struct iov_verdict *v, const struct iov_verdicts *old)
{
    const struct iov_verdict *before = (old ? iov_verdicts_find(old,
                                                                v->port->name)
                                        : NULL);

    if (!before || !strcmp(before->bridge->name, v->bridge->name)
        || !v->outdated) {
        return;
    }
    if (!iov_reasons_have(&v->reasons, IOV_REASON_OPENFLOW_UNKNOWN)) {
        ovs_fatal(0, "%s takes along what flows of %s did to it",
                  v->port->name, before->bridge->name);
    }
}

/* As the daemon does it after a change of what is in the database. */
static void
judge_snapshot(void)
{
    struct iov_snapshot *old_snapshot = snapshot;
    struct iov_verdicts *old = verdicts;

    snapshot = make_snapshot();
    verdicts = iov_verdicts_begin(snapshot, old);
    for (size_t i = 0; i < verdicts->n; i++) {
        check_moved(&verdicts->list[i], old);
    }
    iov_verdicts_destroy(old);
    iov_snapshot_destroy(old_snapshot);
}

static void
update(bool whole)
{
    while (iov_verdicts_update(verdicts)) {
        if (!whole && chance(30)) {
            break;
        }
    }
    iov_verdicts_finish(verdicts);
}

/* Flows of a table, to be put into another one. */
struct flow_list {
    struct iov_candidate *list;
    size_t n, allocated;
};

static void
collect_flow(const struct iov_candidate *c, void *flows_)
{
    struct flow_list *flows = flows_;

    if (flows->n >= flows->allocated) {
        flows->list = x2nrealloc(flows->list, &flows->allocated,
                                 sizeof *flows->list);
    }
    flows->list[flows->n++] = *c;
}

/* Returns a table with the flows of 'table', put in in another order. */
static struct iov_flow_table *
shuffle(const struct iov_flow_table *table)
{
    const struct iov_words *words = iov_flow_table_words(table);
    struct iov_flow_table *copy = iov_flow_table_create();
    static const struct ofpact none[1];
    struct flow_list flows = { .n = 0 };

    for (int i = 0; i < 256; i++) {
        if (iov_flow_table_get(table, i)) {
            iov_table_for_each(iov_flow_table_get(table, i), collect_flow,
                               &flows);
        }
    }
    while (flows.n) {
        size_t i = random_range(flows.n);
        struct iov_candidate c = flows.list[i];
        const struct iov_acts *acts = c.flow->acts;
        struct match match;

        iov_flow_to_match(&c, words, &match);
        iov_flow_table_put(copy, &(struct iov_flow_spec) {
            .table_id = c.sub->table_id,
            .priority = c.flow->priority,
            .match = &match,
            .ofpacts = acts->ofpacts_len ? acts->ofpacts : none,
            .ofpacts_len = acts->ofpacts_len,
            .cookie = c.flow->cookie,
            .idles = acts->idles,
        });
        flows.list[i] = flows.list[--flows.n];
    }
    free(flows.list);
    return copy;
}

/* What is found by an analysis that knows nothing of before, about flows that
 * were put in in another order. */
static void
judge_anew(struct ds *s)
{
    struct iov_snapshot *fresh = make_snapshot();
    struct iov_flow_table *tables[N_BRIDGES];
    struct iov_reach *reaches[N_BRIDGES];

    for (int i = 0; i < N_BRIDGES; i++) {
        tables[i] = shuffle(bridges[i].table);
        reaches[i] = iov_reach_create(tables[i]);
        iov_reach_set_port_map(reaches[i], &names);
        fresh->bridges[i].reach = reaches[i];
    }
    struct iov_verdicts *vs = iov_verdicts_compute(fresh);
    sample_format_verdicts(vs, s);
    iov_verdicts_destroy(vs);
    for (int i = 0; i < N_BRIDGES; i++) {
        iov_reach_destroy(reaches[i]);
        iov_flow_table_destroy(tables[i]);
    }
    iov_snapshot_destroy(fresh);
}

/* How often a port was judged to be direct, and how often not. */
static unsigned int n_direct, n_software;

static void
compare(unsigned int i)
{
    struct ds pieces = DS_EMPTY_INITIALIZER;
    struct ds anew = DS_EMPTY_INITIALIZER;

    sample_format_verdicts(verdicts, &pieces);
    judge_anew(&anew);
    if (strcmp(ds_cstr(&pieces), ds_cstr(&anew))) {
        printf("change %u: piece by piece:\n%sat once:\n%s", i,
               ds_cstr(&pieces), ds_cstr(&anew));
        exit(EXIT_FAILURE);
    }
    for (size_t j = 0; j < verdicts->n; j++) {
        *(verdicts->list[j].vf ? &n_direct : &n_software) += 1;
    }
    ds_destroy(&pieces);
    ds_destroy(&anew);
}

/* Turns. */

/* 1,204 flows in four tables that cannot be followed together. */
static void
add_many_flows(struct iov_flow_table *table)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (int i = 0; i < 1204; i++) {
        int t = i % 4;
        ds_clear(&s);
        ds_put_format(&s, "table=%d,priority=%d", t, i / 4);
        if (i >= 4) {
            ds_put_format(&s, ",tcp,nw_src=10.%d.%d.0/%d,nw_dst=10.%d.0.0/%d,"
                          "tp_dst=%d", random_range(200), random_range(250),
                          8 + random_range(17), random_range(200),
                          8 + random_range(9), random_range(5000));
        }
        if (t < 3) {
            ds_put_format(&s, ",actions=load:%d->NXM_NX_REG%d[],resubmit(,%d)",
                          i, random_range(3), t + 1);
        } else {
            ds_put_format(&s, ",actions=%s", i % 20 == 3 ? "drop" : "NORMAL");
        }
        sample_add_flow(table, &names, ds_cstr(&s));
    }
    ds_destroy(&s);
}

static const struct iov_verdict *
verdict_of(const char *port)
{
    return iov_verdicts_find(verdicts, port);
}

/* Prints the turns that it takes until vm3 is not on its VF any more. */
static void
count_turns(void)
{
    unsigned int n = 0;

    for (; verdict_of("vm3")->vf && n < 100000; n++) {
        iov_verdicts_update(verdicts);
        iov_verdicts_finish(verdicts);
    }
    printf("vm3 after %s turns, of vm1 %s is known, vm1 is %s\n",
           n <= 8 ? "few" : "many",
           verdict_of("vm1")->outdated ? "not all" : "all",
           verdict_of("vm1")->vf ? "direct" : "on software");
}

static void
check_turns(void)
{
    sample_add_flow(bridges[0].table, &names, "priority=0,actions=NORMAL");
    sample_add_flow(bridges[1].table, &names, "priority=0,actions=NORMAL");
    judge_snapshot();
    update(true);
    compare(0);

    snapshot->now = 5000;
    random_set_seed(5);
    add_many_flows(bridges[0].table);
    sample_add_flow(bridges[1].table, &names,
                    "priority=9,in_port=vm3,tcp,tp_dst=22,actions=drop");
    iov_verdicts_see_flows(verdicts);
    count_turns();

    snapshot->now += IOV_LIMIT_FLOWS_MSEC - 1;
    iov_verdicts_finish(verdicts);
    printf("just before the limit vm1 is %s\n",
           verdict_of("vm1")->vf ? "direct" : "on software");
    snapshot->now++;
    iov_verdicts_finish(verdicts);
    printf("then vm1 is %s, %s\n",
           verdict_of("vm1")->vf ? "direct" : "on software",
           iov_reasons_have(&verdict_of("vm1")->reasons,
                            IOV_REASON_OPENFLOW_UNKNOWN)
           ? "openflow-unknown" : "for another reason");
    update(true);
    compare(1);
    printf("in the end vm1 is %s\n",
           iov_reasons_have(&verdict_of("vm1")->reasons,
                            IOV_REASON_OPENFLOW_UNKNOWN)
           ? "unknown" : "judged");
}

/* Order. */

/* Puts in flows of which nearly each combination, one of each table, is
 * possible, and all do something else. */
static void
add_entangled_flows(struct iov_flow_table *table)
{
    static const char *const fields[] = { "src", "dst" };
    struct ds s = DS_EMPTY_INITIALIZER;

    for (int i = 0; i < 80; i++) {
        unsigned int bit = 1u << (i / 5);
        ds_clear(&s);
        ds_put_format(&s, "table=%d,priority=%d,tcp,", i % 5, 1 + i / 10);
        if (i % 5 < 2) {
            ds_put_format(&s, "tp_%s=%u/%u", fields[i % 5], bit, bit);
        } else if (i % 5 < 4) {
            ds_put_format(&s, "nw_%s=0.0.%u.%u/0.0.%u.%u", fields[i % 5 - 2],
                          bit >> 8, bit & 0xff, bit >> 8, bit & 0xff);
        } else {
            ds_put_format(&s, "nw_ttl=%d", i);
        }
        ds_put_format(&s, ",actions=load:%d->NXM_NX_REG0[]", i);
        if (chance(80)) {
            ds_put_format(&s, ",resubmit(,%d)", i % 5 + 1);
        } else if (chance(50)) {
            ds_put_cstr(&s, chance(50) ? ",NORMAL" : ",controller");
        }
        sample_add_flow(table, &names, ds_cstr(&s));
    }
    for (int i = 0; i < 5; i++) {
        ds_clear(&s);
        ds_put_format(&s, "table=%d,priority=0,actions=resubmit(,%d)", i,
                      i + 1 + random_range(2));
        sample_add_flow(table, &names, ds_cstr(&s));
    }
    sample_add_flow(table, &names, "table=5,arp,actions=drop");
    sample_add_flow(table, &names, "table=5,priority=0,actions=NORMAL");
    ds_destroy(&s);
}

/* Holds what is said of 'n' tables that are too complex against what is said
 * of the same flows when they have come in another order. */
static void
check_order(unsigned int n)
{
    unsigned int n_complex = 0;

    for (unsigned int i = 0; i < n; i++) {
        iov_flow_table_clear(bridges[0].table);
        add_entangled_flows(bridges[0].table);
        iov_reach_set_brief_work(bridges[0].reach, 100 + random_range(5000));
        if (!snapshot) {
            judge_snapshot();
        }
        iov_verdicts_see_flows(verdicts);
        update(true);
        compare(i);
        n_complex += iov_reasons_have(&verdict_of("vm1")->reasons,
                                      IOV_REASON_OPENFLOW_TOO_COMPLEX);
    }
    printf("%s\n", n_complex > n / 2 ? "most are too complex"
           : "too few are too complex");
}

static void
end(void)
{
    iov_verdicts_destroy(verdicts);
    iov_snapshot_destroy(snapshot);
    for (int i = 0; i < N_BRIDGES; i++) {
        iov_reach_destroy(bridges[i].reach);
        iov_flow_table_destroy(bridges[i].table);
    }
    iov_nics_clear(&nics);
    ofputil_port_map_destroy(&names);
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    if (argc == 2 && !strcmp(argv[1], "turns")) {
        begin();
        check_turns();
        end();
        return 0;
    }
    if (argc == 4 && !strcmp(argv[1], "order")) {
        random_set_seed(atoi(argv[2]));
        begin();
        check_order(atoi(argv[3]));
        end();
        return 0;
    }
    if (argc != 3) {
        ovs_fatal(0, "usage: %s SEED N", program_name);
    }
    random_set_seed(atoi(argv[1]));
    begin();
    judge_snapshot();
    for (unsigned int i = 0; i < atoi(argv[2]); i++) {
        for (int j = 0; j < N_BRIDGES; j++) {
            iov_reach_set_brief_work(bridges[j].reach,
                                     chance(50) ? 5000 : random_range(40));
        }
        if (chance(50)) {
            put_random_flows(PICK(bridges).table, chance(10));
            iov_verdicts_see_flows(verdicts);
        } else {
            change_port();
            judge_snapshot();
        }
        if (chance(80)) {
            update(true);
            compare(i);
        } else {
            update(false);
        }
    }
    end();
    if (!n_direct || !n_software) {
        ovs_fatal(0, "%u times direct, %u times not: one is missing",
                  n_direct, n_software);
    }
    return 0;
}
