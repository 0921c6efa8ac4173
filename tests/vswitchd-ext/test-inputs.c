/* SPDX-License-Identifier: Apache-2.0
 *
 * The inputs of the daemon without the daemon: connects to a database and to
 * the bridges named on the command line and tells, by control commands, what
 * it sees.
 *
 * It never polls on behalf of a test.  "sync" answers when a round trip is
 * complete, "wait" when the flows are (un)known. */

#include <config.h>

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>

#include "command-line.h"
#include "daemon.h"
#include "dummy.h"
#include "fatal-signal.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "policy/flow/table.h"
#include "policy/model/snapshot.h"
#include "policy/reach/reach.h"
#include "tests/vswitchd-ext/test-inputs.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"
#include "vswitchd-ext/status.h"
#include "vswitchd-ext/ovs/db.h"
#include "vswitchd-ext/ovs/fdb.h"
#include "vswitchd-ext/ovs/flow-monitor.h"
#include "vswitchd-ext/ovs/port-flags.h"

static struct shash monitors = SHASH_INITIALIZER(&monitors);
static struct shash flags = SHASH_INITIALIZER(&flags);
static bool exiting;

/* The one command that waits for something. */
static struct {
    struct unixctl_conn *conn;
    bool (*done)(void);
    const char *bridge;
    bool known;
    uint64_t db_token;
    bool db_done;
    struct shash fm_tokens;     /* uint64_t. */
} waiting = { .fm_tokens = SHASH_INITIALIZER(&waiting.fm_tokens) };

static bool
sync_done(void)
{
    if (!iov_db_synced(waiting.db_token)) {
        return false;
    }
    struct shash_node *node;
    SHASH_FOR_EACH (node, &monitors) {
        uint64_t *token = shash_find_data(&waiting.fm_tokens, node->name);
        if (!token) {
            token = xmalloc(sizeof *token);
            *token = iov_flow_monitor_sync(node->data);
            shash_add(&waiting.fm_tokens, node->name, token);
            poll_immediate_wake();
        }
        if (!iov_flow_monitor_synced(node->data, *token)) {
            return false;
        }
    }
    shash_clear_free_data(&waiting.fm_tokens);
    return true;
}

static bool
known_done(void)
{
    const struct iov_flow_monitor *fm
        = shash_find_data(&monitors, waiting.bridge);
    return !iov_flow_monitor_unknown(fm) == waiting.known;
}

static bool
published_done(void)
{
    return iov_db_published();
}

static bool
result_done(void)
{
    struct iov_result *r = iov_fdb_next_result();
    if (r) {
        struct ds s = DS_EMPTY_INITIALIZER;
        iov_op_format(&s, r->op);
        ds_put_format(&s, ": %s\n", r->error ? ovs_strerror(r->error) : "ok");
        if (r->text) {
            ds_put_format(&s, "%s\n", r->text);
        }
        iov_result_destroy(r);
        unixctl_command_reply(waiting.conn, ds_cstr(&s));
        ds_destroy(&s);
        waiting.conn = NULL;
    }
    return false;
}

static void
start_waiting(struct unixctl_conn *conn, bool (*done)(void))
{
    if (waiting.conn) {
        unixctl_command_reply_error(conn, "another command is waiting");
        return;
    }
    waiting.conn = conn;
    waiting.done = done;
    poll_immediate_wake();
}

static void
run_waiting(void)
{
    if (waiting.conn && waiting.done()) {
        unixctl_command_reply(waiting.conn, NULL);
        waiting.conn = NULL;
    }
}

static void
cmd_sync(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    waiting.db_token = iov_db_sync();
    start_waiting(conn, sync_done);
}

/* wait BRIDGE known|unknown */
static void
cmd_wait(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
         void *aux OVS_UNUSED)
{
    const struct shash_node *node = shash_find(&monitors, argv[1]);
    if (!node) {
        unixctl_command_reply_error(conn, "no such bridge");
        return;
    }
    waiting.bridge = node->name;
    waiting.known = !strcmp(argv[2], "known");
    start_waiting(conn, known_done);
}

/* flows BRIDGE */
static void
cmd_flows(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *aux OVS_UNUSED)
{
    const struct iov_flow_monitor *fm = shash_find_data(&monitors, argv[1]);
    if (!fm) {
        unixctl_command_reply_error(conn, "no such bridge");
        return;
    }
    const char *unknown = iov_flow_monitor_unknown(fm);
    char *reply = (unknown ? xasprintf("unknown: %s\n", unknown)
                   : xasprintf("%"PRIuSIZE" flows\n",
                               iov_flow_table_count(
                                   iov_flow_monitor_table(fm))));
    unixctl_command_reply(conn, reply);
    free(reply);
}

/* culprits BRIDGE OFPORT MAC UPLINK-OFPORT */
static void
cmd_culprits(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[], void *aux OVS_UNUSED)
{
    const struct iov_flow_monitor *fm = shash_find_data(&monitors, argv[1]);
    uint32_t uplink = atoi(argv[4]);
    struct iov_reach_port port = {
        .ofport = atoi(argv[2]),
        .uplinks = &uplink,
        .n_uplinks = 1,
    };
    if (!fm || !eth_addr_from_string(argv[3], &port.mac)) {
        unixctl_command_reply_error(conn, "no such bridge or bad MAC");
        return;
    }
    struct iov_reasons reasons = IOV_REASONS_INITIALIZER;
    struct ds s = DS_EMPTY_INITIALIZER;
    iov_reach_check(iov_flow_monitor_reach(fm), &port, &reasons, 10);
    for (size_t i = 0; i < reasons.n; i++) {
        const struct iov_reason *r = &reasons.list[i];
        ds_put_format(&s, "%s: %s\n", iov_reason_class(r->id)->slug,
                      r->object ? r->object : "-");
    }
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
    iov_reasons_clear(&reasons);
}

static struct iov_snapshot *
make_snapshot(void)
{
    static const struct iov_nics no_nics;
    struct iov_snapshot *snapshot = iov_snapshot_create();
    iov_db_fill(snapshot);
    snapshot->nics = &no_nics;
    iov_snapshot_finish(snapshot);
    return snapshot;
}

static void
cmd_snapshot(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct iov_snapshot *snapshot = make_snapshot();
    struct ds s = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        test_inputs_format_bridge(&s, &snapshot->bridges[i]);
    }
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
    iov_snapshot_destroy(snapshot);
}

/* Counts the changes that iov_db_changed() told. */
static void
cmd_changed(struct unixctl_conn *conn, int argc OVS_UNUSED,
            const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    char *reply = xasprintf("%"PRIu64"\n", iov_db_changed());
    unixctl_command_reply(conn, reply);
    free(reply);
}

/* publish PORT: as being direct on VF 3 of eth9 since one second after the
 * epoch, with its bridge.  Everything else is to have no keys. */
static void
cmd_publish(struct unixctl_conn *conn, int argc OVS_UNUSED,
            const char *argv[], void *aux OVS_UNUSED)
{
    struct iov_snapshot *snapshot = make_snapshot();
    const struct iov_bridge *bridge;
    const struct iov_port *port
        = iov_snapshot_find_port(snapshot, argv[1], &bridge);
    if (port) {
        struct iov_bridge_status b = {
            .uuid = bridge->uuid, .vfs = 7, .vfs_in_use = 1,
        };
        struct iov_port_status p = {
            .uuid = port->uuid, .state = IOV_PORT_DIRECT, .since = 1000,
            .pf = CONST_CAST(char *, "eth9"), .vf = 3,
            .vf_pci = CONST_CAST(char *, "0000:01:10.6"),
        };
        iov_reasons_add(&p.reasons, IOV_REASON_MIRROR, "m0", NULL);
        struct iov_status status = {
            .bridges = &b, .n_bridges = 1, .ports = &p, .n_ports = 1,
        };
        iov_db_publish(&status);
        iov_reasons_clear(&p.reasons);
        start_waiting(conn, published_done);
    } else {
        unixctl_command_reply_error(conn, "no such port");
    }
    iov_snapshot_destroy(snapshot);
}

static void
cmd_unpublish(struct unixctl_conn *conn, int argc OVS_UNUSED,
              const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    start_waiting(conn, iov_db_unpublish);
}

/* learn BRIDGE PORT VLAN MAC, forget BRIDGE VLAN MAC */
static void
cmd_mac(struct unixctl_conn *conn, int argc, const char *argv[],
        void *aux OVS_UNUSED)
{
    bool learn = !strcmp(argv[0], "learn");
    struct iov_op *op =
        iov_op_create(learn ? IOV_OP_FDB_ADD : IOV_OP_FDB_DEL, "p", "", 0);
    op->bridge = xstrdup(argv[1]);
    op->switch_port = learn ? xstrdup(argv[2]) : NULL;
    op->vlan = atoi(argv[argc - 2]);
    if (!eth_addr_from_string(argv[argc - 1], &op->mac)) {
        OVS_NOT_REACHED();
    }
    iov_fdb_start(op);
    start_waiting(conn, result_done);
}

static void
cmd_switch(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    const char *why = iov_fdb_unreachable();
    char *reply =
        (why ? xasprintf("unreachable: %s\n", why)
             : xasprintf("connection %" PRIu64 "\n", iov_fdb_connection()));
    unixctl_command_reply(conn, reply);
    free(reply);
}

static void
format_flags(struct ds *s, const struct iov_port_flags *pf)
{
    struct iov_snapshot *snapshot = iov_snapshot_create();
    struct iov_bridge *bridge = iov_snapshot_add_bridge(snapshot, "fake");

    for (unsigned int i = 1; i <= 3; i++) {
        char name[] = { '0' + i, '\0' };
        iov_bridge_add_port(bridge, name)->ofport = i;
    }
    iov_port_flags_fill(pf, bridge);
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct iov_port *port = &bridge->ports[i];
        ds_put_format(s, "%s:%s%s%s\n", port->name,
                      port->no_receive ? " no-receive" : "",
                      port->no_forward ? " no-forward" : "",
                      port->no_flood ? " no-flood" : "");
    }
    ds_put_cstr(s, bridge->drops_fragments ? "drops fragments\n" : "");
    iov_snapshot_destroy(snapshot);
}

/* The first time it begins to ask. */
static void
cmd_flags(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *aux OVS_UNUSED)
{
    struct iov_port_flags *pf = shash_find_data(&flags, argv[1]);
    struct ds s = DS_EMPTY_INITIALIZER;

    if (!pf) {
        pf = iov_port_flags_create(argv[1]);
        shash_add(&flags, argv[1], pf);
    }
    if (iov_port_flags_unknown(pf)) {
        ds_put_format(&s, "unknown: %s\n", iov_port_flags_unknown(pf));
    } else {
        format_flags(&s, pf);
    }
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
}

static void
cmd_exit(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    exiting = true;
    unixctl_command_reply(conn, NULL);
}

static void
parse_options(int argc, char *argv[], char **unixctl_path)
{
    enum { OPT_UNIXCTL = UCHAR_MAX + 1, VLOG_OPTION_ENUMS,
           DAEMON_OPTION_ENUMS };
    static const struct option options[] = {
        { "unixctl", required_argument, NULL, OPT_UNIXCTL },
        DAEMON_LONG_OPTIONS,
        VLOG_LONG_OPTIONS,
        { NULL, 0, NULL, 0 },
    };
    char *short_options
        = ovs_cmdl_long_options_to_short_options(options);
    int c;
    while ((c = getopt_long(argc, argv, short_options, options, NULL)) != -1) {
        switch (c) {
        case OPT_UNIXCTL:
            *unixctl_path = optarg;
            break;
        VLOG_OPTION_HANDLERS
        DAEMON_OPTION_HANDLERS
        default:
            exit(EXIT_FAILURE);
        }
    }
    free(short_options);
}

static void
register_commands(void)
{
    static const struct {
        const char *name;
        int n_args;
        unixctl_cb_func *cb;
    } commands[] = {
        { "snapshot", 0, cmd_snapshot }, { "sync", 0, cmd_sync },
        { "changed", 0, cmd_changed }, { "flows", 1, cmd_flows },
        { "wait", 2, cmd_wait }, { "culprits", 4, cmd_culprits },
        { "publish", 1, cmd_publish }, { "unpublish", 0, cmd_unpublish },
        { "learn", 4, cmd_mac }, { "forget", 3, cmd_mac },
        { "switch", 0, cmd_switch }, { "flags", 1, cmd_flags },
        { "exit", 0, cmd_exit },
    };
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        unixctl_command_register(commands[i].name, "", commands[i].n_args,
                                 commands[i].n_args, commands[i].cb, NULL);
    }
}

static void
run(struct unixctl_server *unixctl)
{
    struct shash_node *node;

    unixctl_server_run(unixctl);
    iov_db_run();
    iov_db_run_publishing();
    SHASH_FOR_EACH (node, &monitors) {
        iov_flow_monitor_run(node->data);
    }
    SHASH_FOR_EACH (node, &flags) {
        iov_port_flags_run(node->data);
    }
    iov_fdb_run(time_msec());
    run_waiting();

    unixctl_server_wait(unixctl);
    iov_db_wait();
    SHASH_FOR_EACH (node, &monitors) {
        iov_flow_monitor_wait(node->data);
    }
    SHASH_FOR_EACH (node, &flags) {
        iov_port_flags_wait(node->data);
    }
    iov_fdb_wait(time_msec());
    if (exiting) {
        poll_immediate_wake();
    }
    poll_block();
}

int
main(int argc, char *argv[])
{
    ovs_cmdl_proctitle_init(argc, argv);
    fatal_ignore_sigpipe();
    set_program_name(argv[0]);
    char *unixctl_path = NULL;
    parse_options(argc, argv, &unixctl_path);
    if (optind >= argc) {
        ovs_fatal(0, "usage: %s [OPTION...] DATABASE [BRIDGE...]",
                  program_name);
    }
#if OVS_VERSION_NUM >= 302
    daemonize_start(false, false);
#else
    daemonize_start(false);
#endif
    struct unixctl_server *unixctl;
    if (unixctl_server_create(unixctl_path, &unixctl)) {
        exit(EXIT_FAILURE);
    }
    register_commands();
    iov_db_init(argv[optind]);
    iov_fdb_init();
    for (int i = optind + 1; i < argc; i++) {
        shash_add(&monitors, argv[i], iov_flow_monitor_create(argv[i]));
    }
    timeval_dummy_register();
    daemonize_complete();

    while (!exiting) {
        run(unixctl);
    }

    struct shash_node *node;
    SHASH_FOR_EACH_SAFE (node, &monitors) {
        iov_flow_monitor_destroy(node->data);
        shash_delete(&monitors, node);
    }
    shash_destroy(&monitors);
    SHASH_FOR_EACH_SAFE (node, &flags) {
        iov_port_flags_destroy(node->data);
        shash_delete(&flags, node);
    }
    shash_destroy(&flags);
    shash_destroy(&waiting.fm_tokens);
    iov_fdb_exit();
    iov_db_exit();
    unixctl_server_destroy(unixctl);
    return 0;
}
