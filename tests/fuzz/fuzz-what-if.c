/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: the words of "iov/what-if".
 *
 * The first line of the input is the bridge or the port, each of the others a
 * flow or, after "--set ", a setting.  They are imagined about a bridge br0
 * with the uplink pf0 and the ports vm1 and vm2, and judged.  Afterwards the
 * number of flows and the verdicts have to be what they were.
 *
 * The subtle thing: the bridge stays from one input to the next, because what
 * an imagination leaves behind may only show in a later one. */

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
#include "policy/flow-table.h"
#include "policy/reach.h"
#include "policy/verdict.h"
#include "policy/what-if.h"
#include "smap.h"
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
add_port(struct iov_bridge *bridge, const char *name, unsigned int ofport)
{
    struct smap config = SMAP_INITIALIZER(&config);
    struct iov_port *port = iov_bridge_add_port(bridge, name);

    port->port_name = xstrdup(name);
    port->type = xstrdup("system");
    port->ofport = ofport;
    port->mac_known = true;
    port->mac = (struct eth_addr) ETH_ADDR_C(52, 54, 00, 00, 00, 00);
    port->mac.ea[5] = ofport;
    port->mac_source = "attached-mac";
    if (strcmp(name, "pf0")) {
        smap_add(&config, "iov-weight", "50");
        smap_add_format(&config, "iov-guest", "netns:%s", name);
    }
    iov_interface_keys_parse(&port->keys, &config);
    smap_destroy(&config);
    ofputil_port_map_put(&names, u16_to_ofp(ofport), name);
}

static void
add_pf(void)
{
    static struct iov_nics nics;
    struct iov_pf *pf = xzalloc(sizeof *pf);

    pf->netdev = xstrdup("pf0");
    pf->up = true;
    pf->total_vfs = 4;
    iov_pf_set_n_vfs(pf, 4);
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        pf->vfs[i].now.known = IOV_VF_ALL;
    }
    nics = (struct iov_nics) { pf, 1 };
    snapshot->nics = &nics;
}

static void
make_bridge(void)
{
    struct smap config = SMAP_INITIALIZER(&config);

    ofputil_port_map_init(&names);
    snapshot = iov_snapshot_create();
    add_pf();
    iov_global_keys_parse(&snapshot->keys, &config);

    struct iov_bridge *bridge = iov_snapshot_add_bridge(snapshot, "br0");
    smap_add(&config, "iov-enabled", "true");
    iov_bridge_keys_parse(&bridge->keys, &config);
    smap_destroy(&config);
    add_port(bridge, "pf0", 1);
    add_port(bridge, "vm1", 2);
    add_port(bridge, "vm2", 3);

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
