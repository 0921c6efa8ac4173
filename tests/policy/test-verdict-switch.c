/* SPDX-License-Identifier: Apache-2.0 */

/* The real switch: takes flows, tells what it has, traces packets.
 *
 * A packet is fine when the switch does with it just what it does for the
 * single action NORMAL, by its own account of the datapath actions, and has
 * met one NORMAL and no action that leaves no trace in the datapath ("learn").
 * Whether NORMAL floods, delivers or drops does not matter, as long as it is
 * NORMAL that does. */

#include <config.h>

#include "test-verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "jsonrpc.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-protocol.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vconn.h"
#include "packets.h"
#include "policy/flow/table.h"
#include "unixctl.h"
#include "util.h"

#define BRIDGE "br0"
#define PROTOCOL OFPUTIL_P_OF15_OXM

/* Returns where ovs-vswitchd takes commands, for the caller to free. */
static char *
find_unixctl(const char *rundir)
{
    char *pidfile = xasprintf("%s/ovs-vswitchd.pid", rundir);
    pid_t pid = read_pidfile(pidfile);

    if (pid < 0) {
        ovs_fatal(-pid, "%s", pidfile);
    }
    free(pidfile);
    return xasprintf("%s/ovs-vswitchd.%ld.ctl", rundir, (long int) pid);
}

void
test_switch_open(struct test_switch *sw, const char *rundir)
{
    char *mgmt = xasprintf("unix:%s/"BRIDGE".mgmt", rundir);
    char *ctl = find_unixctl(rundir);
    int error = vconn_open_block(mgmt, 1u << OFP15_VERSION, 0, 5000,
                                 &sw->vconn);
    if (error) {
        ovs_fatal(error, "%s", mgmt);
    }
    error = unixctl_client_create(ctl, &sw->unixctl);
    if (error) {
        ovs_fatal(error, "%s", ctl);
    }
    sw->n_traces = 0;
    free(mgmt);
    free(ctl);
}

void
test_switch_close(struct test_switch *sw)
{
    vconn_close(sw->vconn);
    jsonrpc_close(sw->unixctl);
}

/* Returns false if the switch refuses it. */
static bool
send_flow_mod(struct test_switch *sw, struct ofputil_flow_mod *fm)
{
    struct ofpbuf *reply;
    int error = vconn_transact_noreply(
        sw->vconn, ofputil_encode_flow_mod(fm, PROTOCOL), &reply);
    if (error) {
        ovs_fatal(error, "flow mod");
    }
    bool ok = !reply;
    ofpbuf_delete(reply);
    return ok;
}

static bool
change_flow(struct test_switch *sw, const char *text, int command)
{
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    char *error = parse_ofp_flow_mod_str(&fm, text, NULL, NULL, command,
                                         &usable);
    if (error) {
        free(error);
        return false;
    }
    bool ok = send_flow_mod(sw, &fm);
    minimatch_destroy(&fm.match);
    free(CONST_CAST(struct ofpact *, fm.ofpacts));
    return ok;
}

void
test_switch_set_flows(struct test_switch *sw, struct svec *flows)
{
    size_t n = 0;

    if (!change_flow(sw, "table=255", OFPFC_DELETE)) {
        ovs_fatal(0, "flows could not be deleted");
    }
    for (size_t i = 0; i < flows->n; i++) {
        if (change_flow(sw, flows->names[i], OFPFC_ADD)) {
            flows->names[n++] = flows->names[i];
        } else {
            free(flows->names[i]);
        }
    }
    flows->n = n;
}

size_t
test_switch_get_flows(struct test_switch *sw, struct iov_flow_table *table,
                      struct match **matchesp)
{
    static const struct ofpact no_actions[1];
    struct ofputil_flow_stats_request fsr = {
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = OFPTT_ALL,
    };
    struct ofputil_flow_stats *fses;
    size_t n;
    int error;

    match_init_catchall(&fsr.match);
    error = vconn_dump_flows(sw->vconn, &fsr, PROTOCOL, &fses, &n);
    if (error) {
        ovs_fatal(error, "flows could not be read");
    }
    struct match *matches = xcalloc(n + 1, sizeof *matches);
    for (size_t i = 0; i < n; i++) {
        struct iov_flow_spec spec = {
            .table_id = fses[i].table_id,
            .priority = fses[i].priority,
            .match = &fses[i].match,
            .ofpacts = fses[i].ofpacts_len ? fses[i].ofpacts : no_actions,
            .ofpacts_len = fses[i].ofpacts_len,
        };
        iov_flow_table_put(table, &spec);
        matches[i] = fses[i].match;
        free(CONST_CAST(struct ofpact *, fses[i].ofpacts));
    }
    free(fses);
    *matchesp = matches;
    return n;
}

struct answer {
    char *result, *error;       /* One of them is null. */
};

/* unixctl_client_transact() of before Open vSwitch 3.4. */
static int
transact(struct jsonrpc *client, const char *command, int argc, char *argv[],
         struct answer *answer)
{
#if OVS_VERSION_NUM >= 304
    struct json *result, *error;
    int retval = unixctl_client_transact(client, command, argc, argv,
                                         &result, &error);
    answer->result = result ? xstrdup(json_string(result)) : NULL;
    answer->error = error ? xstrdup(json_string(error)) : NULL;
    json_destroy(result);
    json_destroy(error);
    return retval;
#else
    return unixctl_client_transact(client, command, argc, argv,
                                   &answer->result, &answer->error);
#endif
}

static char *
call(struct test_switch *sw, const char *command, int argc, char *argv[])
{
    struct answer answer;
    int err = transact(sw->unixctl, command, argc, argv, &answer);
    if (err) {
        ovs_fatal(err, "%s", command);
    } else if (answer.error) {
        ovs_fatal(0, "%s %s: %s", command, argv[1], answer.error);
    }
    sw->n_traces++;
    return answer.result;
}

/* Returns the datapath actions that 'trace' ends with, to be freed.  Left out
 * is what makes the host's connection tracker forget a packet: whether it
 * knows one is nothing that another path could show.  Whether a new-line
 * follows depends on the version. */
static char *
datapath_actions(const char *trace)
{
    static const char label[] = "\nDatapath actions: ";
    static const char ct_clear[] = "ct_clear";
    const char *p = strstr(trace, label);
    struct ds s = DS_EMPTY_INITIALIZER;

    p = p ? p + strlen(label) : "";
    while (*p && *p != '\n') {
        if (strncmp(p, ct_clear, strlen(ct_clear))) {
            ds_put_char(&s, *p++);
            continue;
        }
        p += strlen(ct_clear);
        if (*p == ',') {
            p++;
        } else {
            ds_chomp(&s, ',');
        }
    }
    if (!s.length) {
        ds_put_cstr(&s, "drop");
    }
    return ds_steal_cstr(&s);
}

static bool
has_actions(const char *trace, const char *want)
{
    char *actions = datapath_actions(trace);
    bool same = !strcmp(actions, want);

    free(actions);
    return same;
}

/* Counts the NORMAL actions that 'trace' has met.  Returns false if it has met
 * one that does not show in the datapath actions. */
static bool
count_normal(const char *trace, int *n_normal)
{
    static const char *const silent[] = {
        "learn(", "fin_timeout", "controller", "CONTROLLER", "group:",
        "meter:", "sample", "Cannot truncate", "over max translation"
    };
    char *copy = xstrdup(trace), *save = NULL;
    bool bad = false;

    *n_normal = 0;

    for (char *line = strtok_r(copy, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        line += strspn(line, " ");
        *n_normal += !strcmp(line, "NORMAL");
        for (size_t i = 0; i < ARRAY_SIZE(silent); i++) {
            bad |= !strncmp(line, silent[i], strlen(silent[i]));
        }
    }
    free(copy);
    return !bad;
}

bool
test_switch_drops(struct test_switch *sw, const char *packet)
{
    char *bridge = xstrdup(BRIDGE);
    char *flow = xstrdup(packet);
    char *argv[] = { bridge, flow };
    char *trace = call(sw, "ofproto/trace", 2, argv);
    int n_normal;

    bool drops = (count_normal(trace, &n_normal) && !n_normal
                  && has_actions(trace, "drop"));
    free(trace);
    free(bridge);
    free(flow);
    return drops;
}

char *
test_switch_other(struct test_switch *sw, const char *packet,
                  const char *actions)
{
    char *bridge = xstrdup(BRIDGE);
    char *flow = xstrdup(packet);
    char *acts = xstrdup(actions);
    char *argv[] = { bridge, flow, acts };
    char *trace = call(sw, "ofproto/trace", 2, argv);
    char *want = call(sw, "ofproto/trace-packet-out", 3, argv);
    char *want_actions = datapath_actions(want);
    int n_normal;

    if (count_normal(trace, &n_normal) && has_actions(trace, want_actions)) {
        free(trace);
        trace = NULL;
    }
    free(want_actions);
    free(want);
    free(bridge);
    free(flow);
    free(acts);
    return trace;
}

void
test_switch_add_station(struct test_switch *sw, const char *port,
                        uint16_t vlan, struct eth_addr mac)
{
    char *bridge = xstrdup(BRIDGE);
    char *name = xstrdup(port);
    char *vid = xasprintf("%"PRIu16, vlan);
    char *address = xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(mac));
    char *argv[] = { bridge, name, vid, address };

    free(call(sw, "fdb/add", 4, argv));
    free(bridge);
    free(name);
    free(vid);
    free(address);
}

char *
test_switch_trace(struct test_switch *sw, const char *packet)
{
    char *bridge = xstrdup(BRIDGE);
    char *flow = xstrdup(packet);
    char *normal = xstrdup("NORMAL");
    char *argv[] = { bridge, flow, normal };
    char *trace = call(sw, "ofproto/trace", 2, argv);

    int n_normal;
    bool fine = count_normal(trace, &n_normal) && n_normal == 1;
    if (fine) {
        char *want = call(sw, "ofproto/trace-packet-out", 3, argv);
        char *actions = datapath_actions(want);
        fine = has_actions(trace, actions);
        free(actions);
        free(want);
    }
    if (fine) {
        free(trace);
        trace = NULL;
    }
    free(bridge);
    free(flow);
    free(normal);
    return trace;
}
