/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: the words of "iov/what-if".
 *
 * The first line of the input is the bridge or the port, each of the others a
 * flow or, after "--set ", a setting.  They are imagined about a bridge br0
 * with the uplink pf0 and the ports vm1 and vm2, and judged.  Afterwards the
 * number of flows and the verdicts have to be what they were.
 *
 * The bridge stays from one input to the next, because what an imagination
 * leaves behind may only show in a later one. */

#include <config.h>

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-port.h"
#include "packets.h"
#include "policy/flow/table.h"
#include "policy/reach/reach.h"
#include "policy/verdict/verdict.h"
#include "policy/verdict/what-if.h"
#include "tests/policy/sample-bridge.h"
#include "util.h"

#ifdef FUZZ_BY_CLANG
unsigned long long int fuzz_n_accepted;
#endif

static struct iov_snapshot *snapshot;
static struct iov_flow_table *table;
static struct ofputil_port_map names;

static void
add_flow(const char *text)
{
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    struct match match;
    char *error = parse_ofp_flow_mod_str(&fm, text, &names, NULL, OFPFC_ADD,
                                         &usable);
    ovs_assert(!error);
    minimatch_expand(&fm.match, &match);
    iov_flow_table_put(table, &(struct iov_flow_spec) {
        .table_id = fm.table_id == 0xff ? 0 : fm.table_id,
        .priority = fm.priority,
        .match = &match,
        .ofpacts = fm.ofpacts,
        .ofpacts_len = fm.ofpacts_len,
    });
    minimatch_destroy(&fm.match);
    free(CONST_CAST(struct ofpact *, fm.ofpacts));
}

static void
make_bridge(void)
{
    static struct iov_nics nics;

    ofputil_port_map_init(&names);
    snapshot = iov_snapshot_create();
    sample_add_pf(&nics, "pf0");
    snapshot->nics = &nics;

    struct iov_bridge *bridge = sample_add_bridge(snapshot, "br0");
    sample_add_port(bridge, "pf0", 1, &names);
    sample_add_port(bridge, "vm1", 2, &names);
    sample_add_port(bridge, "vm2", 3, &names);

    table = iov_flow_table_create();
    add_flow("priority=0,actions=NORMAL");
    add_flow("in_port=vm1,actions=resubmit(,1)");
    add_flow("table=1,tcp,actions=drop");
    add_flow("table=1,priority=0,actions=NORMAL");

    struct iov_reach *reach = iov_reach_create(table);
    iov_reach_set_port_map(reach, &names);
    bridge->reach = reach;
    iov_snapshot_finish(snapshot);
}

/* vm1 is on software because of a flow, vm2 is direct. */
static void
check_unchanged(void)
{
    struct iov_verdicts *vs = iov_verdicts_compute(snapshot);

    ovs_assert(iov_flow_table_count(table) == 4);
    ovs_assert(!iov_verdicts_find(vs, "vm1")->vf);
    ovs_assert(iov_verdicts_find(vs, "vm2")->vf);
    iov_verdicts_destroy(vs);
}

/* Returns false if 'change' was refused, which has to have words. */
static bool
imagine_one(struct iov_what_if *w, const char *change)
{
    char *error = (strncmp(change, "--set ", 6) ? iov_what_if_flow(w, change)
                   : iov_what_if_set(w, change + 6));
    bool ok = !error;

    ovs_assert(ok || error[0]);
    fuzz_n_accepted += ok;
    free(error);
    return ok;
}

static void
imagine(char *text)
{
    char *save = NULL;
    char *name = strtok_r(text, "\n", &save);
    char *error = NULL;
    struct iov_what_if *w = iov_what_if_create(snapshot, name ? name : "",
                                               &error);
    bool ok = w != NULL;

    ovs_assert(ok == !error);
    free(error);
    for (char *change; ok && (change = strtok_r(NULL, "\n", &save)); ) {
        ok = imagine_one(w, change);
    }
    if (ok) {
        iov_what_if_judge(w);
    }
    iov_what_if_destroy(w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);

    if (!snapshot) {
        make_bridge();
    }
    imagine(text);
    check_unchanged();
    free(text);
    return 0;
}
