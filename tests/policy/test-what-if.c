/* SPDX-License-Identifier: Apache-2.0 */

/* Imagines changes of a bridge br0 with the PF pf0, which has 4 VFs, and the
 * ports vm1, vm2 (VLAN 5) and vm3, which ask for nothing else.
 *
 *     test-what-if script        reads from stdin
 *         flow FLOW                  adds a flow
 *         what-if NAME CHANGE|...    prints who would lose or regain what;
 *                                    a CHANGE is a flow or "--set SETTING"
 *     test-what-if random SEED N  imagines N random changes
 *
 * After each imagination, flows and verdicts have to be what they were, and
 * during it what a new analysis of the flows makes of them.
 *
 * All flows are remembered as text, because that is the only form in which the
 * table hands them out. */

#include <config.h>

#include "policy/verdict/what-if.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-port.h"
#include "packets.h"
#include "policy/flow/index.h"
#include "policy/flow/table.h"
#include "policy/reach/reach.h"
#include "policy/verdict/verdict.h"
#include "random.h"
#include "svec.h"
#include "test-verdict.h"
#include "tests/policy/sample-bridge.h"
#include "util.h"

struct test {
    struct ofputil_port_map names;
    struct iov_nics nics;
    struct iov_snapshot *snapshot;
    struct iov_flow_table *table;
    struct iov_reach *reach;
};

static void
test_init(struct test *t)
{
    memset(t, 0, sizeof *t);
    ofputil_port_map_init(&t->names);
    t->snapshot = iov_snapshot_create();
    t->table = iov_flow_table_create();
    t->reach = iov_reach_create(t->table);
    iov_reach_set_port_map(t->reach, &t->names);

    struct iov_pf *pf = sample_add_pf(&t->nics, "pf0");
    for (unsigned int i = VM1; i <= VM3; i++) {
        iov_pf_add_mac(pf, sample_mac(i), false);
    }
    t->snapshot->nics = &t->nics;

    struct iov_bridge *bridge = sample_add_bridge(t->snapshot, "br0");
    sample_add_port(bridge, "vm1", VM1, &t->names);
    struct iov_port *vm2 = sample_add_port(bridge, "vm2", VM2, &t->names);
    vm2->vlan_mode = IOV_VLAN_ACCESS;
    vm2->tag = VM2_VLAN;
    sample_add_port(bridge, "vm3", VM3, &t->names);
    sample_add_port(bridge, "pf0", UPLINK, &t->names);
    bridge->reach = t->reach;
    iov_snapshot_finish(t->snapshot);
}

static void
test_destroy(struct test *t)
{
    iov_snapshot_destroy(t->snapshot);
    iov_nics_clear(&t->nics);
    iov_reach_destroy(t->reach);
    iov_flow_table_destroy(t->table);
    ofputil_port_map_destroy(&t->names);
}

/* Dumping. */

struct dump {
    const struct test *t;
    struct svec *flows;
};

static void
dump_flow(const struct iov_candidate *c, void *dump_)
{
    struct dump *dump = dump_;
    struct ds s = DS_EMPTY_INITIALIZER;
    struct match match;

    iov_flow_to_match(c, iov_flow_table_words(dump->t->table), &match);
    ds_put_format(&s, "table=%"PRIu8",cookie=%#"PRIx64",priority=%"PRIu16",",
                  c->sub->table_id, c->flow->cookie, c->flow->priority);
    match_format(&match, &dump->t->names, &s, OFP_DEFAULT_PRIORITY);
    ds_put_char(&s, ' ');
    iov_acts_format(c->flow->acts, &dump->t->names, &s);
    svec_add_nocopy(dump->flows, ds_steal_cstr(&s));
}

static void
dump_flows(const struct test *t, struct svec *flows)
{
    struct dump dump = { .t = t };

    svec_init(flows);
    dump.flows = flows;
    for (int i = 0; i < 255; i++) {
        const struct iov_table *table = iov_flow_table_get(t->table, i);
        if (table) {
            iov_table_for_each(table, dump_flow, &dump);
        }
    }
    svec_sort(flows);
}

/* What verdicts would be if the flows that 't' has now were the first ones
 * ever. */
static char *
judge_anew(struct test *t)
{
    struct iov_flow_table *table = iov_flow_table_create();
    struct iov_reach *reach = iov_reach_create(table);
    struct iov_bridge *bridge = &t->snapshot->bridges[0];
    struct ds s = DS_EMPTY_INITIALIZER;
    struct svec flows;

    dump_flows(t, &flows);
    for (size_t i = 0; i < flows.n; i++) {
        if (!sample_add_flow(table, &t->names, flows.names[i])) {
            ovs_fatal(0, "%s: is not taken back", flows.names[i]);
        }
    }
    iov_reach_set_port_map(reach, &t->names);
    bridge->reach = reach;
    struct iov_verdicts *vs = iov_verdicts_compute(t->snapshot);
    sample_format_verdicts(vs, &s);
    iov_verdicts_destroy(vs);
    bridge->reach = t->reach;
    iov_reach_destroy(reach);
    iov_flow_table_destroy(table);
    svec_destroy(&flows);
    return ds_steal_cstr(&s);
}

/* Imagining. */

static void
print_outcome(const struct iov_what_if *w, struct iov_what_if_verdicts vs)
{
    for (size_t i = 0; i < vs.after->n; i++) {
        const struct iov_verdict *v = &vs.after->list[i];
        bool before = vs.before->list[i].vf != NULL;

        if (!iov_what_if_concerns(w, v)
            || (before == (v->vf != NULL)
                && !iov_what_if_is_about_port(w))) {
            continue;
        }
        printf("%s: %s\n", v->port->name,
               before == (v->vf != NULL) ? (before ? "direct" : "software")
               : before ? "loses" : "regains");
        for (size_t j = 0; j < v->reasons.n; j++) {
            const struct iov_reason *r = &v->reasons.list[j];
            printf("    %s: %s\n", iov_reason_class(r->id)->slug,
                   r->object ? r->object : "-");
        }
    }
}

static void
check_same(const char *what, const char *a, const char *b)
{
    if (strcmp(a, b)) {
        printf("%s differ:\n%s-----\n%s", what, a, b);
        exit(EXIT_FAILURE);
    }
}

static void
imagine(struct test *t, const char *name, const struct svec *changes,
        bool print)
{
    struct svec before, after;
    char *error = NULL;

    dump_flows(t, &before);
    char *verdicts = judge_anew(t);
    struct iov_what_if *w = iov_what_if_create(t->snapshot, name, &error);
    for (size_t i = 0; i < changes->n && !error; i++) {
        const char *c = changes->names[i];
        error = (strncmp(c, "--set ", 6) ? iov_what_if_flow(w, c)
                 : iov_what_if_set(w, c + 6));
        if (error && print) {
            printf("%s\n", error);
        }
    }
    if (!error) {
        struct iov_what_if_verdicts vs = iov_what_if_judge(w);
        struct ds s = DS_EMPTY_INITIALIZER;
        char *anew = judge_anew(t);

        sample_format_verdicts(vs.after, &s);
        check_same("imagined and new verdicts", ds_cstr(&s), anew);
        if (print) {
            print_outcome(w, vs);
        }
        ds_destroy(&s);
        free(anew);
    }
    iov_what_if_destroy(w);
    free(error);

    dump_flows(t, &after);
    char *a = svec_join(&before, "\n", "\n");
    char *b = svec_join(&after, "\n", "\n");
    check_same("flows before and after", a, b);
    free(a);
    free(b);
    struct ds s = DS_EMPTY_INITIALIZER;
    struct iov_verdicts *vs = iov_verdicts_compute(t->snapshot);
    sample_format_verdicts(vs, &s);
    check_same("verdicts before and after", verdicts, ds_cstr(&s));
    iov_verdicts_destroy(vs);
    ds_destroy(&s);
    free(verdicts);
    svec_destroy(&before);
    svec_destroy(&after);
}

static void
run_script(struct test *t)
{
    struct ds line = DS_EMPTY_INITIALIZER;

    while (!ds_get_line(&line, stdin)) {
        char *args = ds_cstr(&line);
        char *command = strsep(&args, " ");

        if (!strcmp(command, "flow") && args) {
            if (!sample_add_flow(t->table, &t->names, args)) {
                ovs_fatal(0, "%s: no flow", args);
            }
        } else if (!strcmp(command, "what-if") && args) {
            char *name = strsep(&args, " ");
            struct svec changes = SVEC_EMPTY_INITIALIZER;
            for (char *c; args && (c = strsep(&args, "|")); ) {
                svec_add(&changes, c);
            }
            imagine(t, name, &changes, true);
            svec_destroy(&changes);
        } else {
            ovs_fatal(0, "%s: unknown command", command);
        }
    }
    ds_destroy(&line);
}

/* At random. */

static void
random_change(const struct svec *flows, struct svec *changes)
{
    static const char *const deletions[] = {
        "del", "del ip", "del in_port=vm3", "del table=1",
        "del in_port=vm1", "del dl_dst=52:54:00:00:00:02", "del tcp,reg0=1",
        "del out_port=vm2", "delete_strict priority=0",
        "del table=0,in_port=pf0", "mod actions=NORMAL",
        "mod table=1,actions=drop", "mod in_port=vm1,actions=NORMAL",
        "modify_strict priority=0,actions=NORMAL",
        "modify_strict table=2,priority=0,actions=resubmit(,3)",
        "mod udp,actions=drop", "nonsense", "mod actions=", "del \xff",
    };
    static const char *const settings[] = {
        "--set Bridge:stp_enable=true", "--set Bridge:sflow=x",
        "--set Mirror:select_src_port=vm1", "--set Mirror:select_all=true",
        "--set Port:tag=7", "--set Port:tag=none", "--set Port:qos=x",
        "--set Interface:iov-weight=0", "--set Interface:iov-weight=101",
        "--set Bridge:mirrors=none", "--set Interface:iov-hold=true",
        "--set Bridge:iov-enabled=false", "--set Port:vlan_mode=trunk",
        "--set Port:trunks=5,7", "--set Bridge:flood_vlans=0",
        "--set Port:trunks=none", "--set Bridge:flood_vlans=5,x",
        "--set Port:lacp=active", "--set Interface:cfm_mpid=3",
    };

    switch (random_range(5)) {
    case 0:
        svec_add(changes, settings[random_range(ARRAY_SIZE(settings))]);
        break;
    case 1:
    case 2:
        svec_add(changes, deletions[random_range(ARRAY_SIZE(deletions))]);
        break;
    default:
        if (flows->n) {
            svec_add(changes, flows->names[random_range(flows->n)]);
        }
        break;
    }
}

static void
run_random(struct test *t, unsigned int seed, unsigned int n)
{
    static const char *const names[] = { "br0", "vm1", "vm2", "pf0" };
    struct svec flows = SVEC_EMPTY_INITIALIZER;
    struct svec more = SVEC_EMPTY_INITIALIZER;

    random_set_seed(seed);
    for (unsigned int i = 0; i < n; i++) {
        struct svec changes = SVEC_EMPTY_INITIALIZER;

        if (i % 10 == 0) {
            iov_flow_table_clear(t->table);
            svec_clear(&flows);
            random_table(&flows);
            for (size_t j = 0; j < flows.n; j++) {
                sample_add_flow(t->table, &t->names, flows.names[j]);
            }
        }
        svec_clear(&more);
        random_table(&more);
        for (int j = random_range(4); j >= 0; j--) {
            random_change(&more, &changes);
        }
        imagine(t, names[random_range(ARRAY_SIZE(names))], &changes, false);
        svec_destroy(&changes);
    }
    svec_destroy(&flows);
    svec_destroy(&more);
}

int
main(int argc, char *argv[])
{
    struct test t;

    set_program_name(argv[0]);
    test_init(&t);
    if (argc == 2 && !strcmp(argv[1], "script")) {
        run_script(&t);
    } else if (argc == 4 && !strcmp(argv[1], "random")) {
        run_random(&t, atoi(argv[2]), atoi(argv[3]));
    } else {
        ovs_fatal(0, "usage: %s script | random SEED N", program_name);
    }
    test_destroy(&t);
    return 0;
}
