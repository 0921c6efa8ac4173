/* SPDX-License-Identifier: Apache-2.0 */

/* How long it takes from a flow-mod to a fenced VF.
 *
 *     bench-fence [--count=N] BRIDGE IN_PORT MAC dummy:PF:VF|link:PF:VF
 *
 * The port, which must be direct on the VF, gets a flow that drops some of
 * its packets, N times, and loses it again.  Prints a line "NAME VALUE" for
 * each thing measured, in microseconds unless said otherwise:
 *
 *   update         flow-mod sent to the switch's report of it, as heard by
 *                  another flow monitor, ours: nobody who learns of flows
 *                  from the switch can be faster;
 *   fence          flow-mod sent to the VF seen fenced;
 *   fallback       flow-mod sent to the answer of iov/sync;
 *   attach         the flow's deletion sent to the answer of iov/sync;
 *   sync           iov/sync when there is nothing to do;
 *   X-ops          operations that X took, by the daemon's own count;
 *   X-requests     messages to the kernel among them.
 *
 * The flow monitor of ours hears of a flow at the same time as the daemon's,
 * and this program and the daemon may share one CPU.  So what is measured is
 * never better than the truth. */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench-watch.h"
#include "daemon.h"
#include "dirs.h"
#include "flow.h"
#include "jsonrpc.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-monitor.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-protocol.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vconn.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

#define OF_VERSION OFP13_VERSION
#define PROTOCOL OFPUTIL_P_OF13_OXM

#define TIME_LIMIT 30000        /* ms until a change must be seen. */
#define FENCE_VLANS 3967        /* From here to 4094, by default. */

/* Options and arguments. */
static unsigned int count = 50;
static const char *bridge;
static unsigned int in_port;
static struct eth_addr mac;

static struct vconn *switch_conn;       /* For flow-mods. */
static struct vconn *monitor;           /* With a flow monitor. */
static struct jsonrpc *daemon_conn;
static struct bench_watch *watch;
static struct eth_addr original;        /* The VF's, while on software. */

static long long int
now_usec(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

/* The daemon. */

static void
open_daemon(void)
{
    char *pidfile = xasprintf("%s/ovs-iovd.pid", ovs_rundir());
    pid_t pid = read_pidfile(pidfile);

    if (pid < 0) {
        ovs_fatal(-pid, "%s", pidfile);
    }

    char *ctl = xasprintf("%s/ovs-iovd.%ld.ctl", ovs_rundir(),
                          (long int) pid);
    int error = unixctl_client_create(ctl, &daemon_conn);

    if (error) {
        ovs_fatal(error, "%s", ctl);
    }
    free(ctl);
    free(pidfile);
}

/* 'arg' may be null.  To be freed by the caller. */
static char *
call(const char *command, const char *arg)
{
    char *argv[] = { CONST_CAST(char *, arg), NULL };
    char *result, *refusal;
    int error = unixctl_client_transact(daemon_conn, command, arg ? 1 : 0,
                                        argv, &result, &refusal);

    if (error) {
        ovs_fatal(error, "%s", command);
    } else if (refusal) {
        ovs_fatal(0, "%s: %s", command, refusal);
    }
    return result;
}

static void
sync_daemon(void)
{
    free(call("iov/sync", NULL));
}

static long long int
counter(const char *name)
{
    char *text = call("coverage/read-counter", name);
    long long int value = atoll(text);

    free(text);
    return value;
}

/* The switch. */

static struct vconn *
open_switch(void)
{
    char *name = xasprintf("unix:%s/%s.mgmt", ovs_rundir(), bridge);
    struct vconn *vconn;
    int error = vconn_open_block(name, 1u << OF_VERSION, 0, TIME_LIMIT,
                                 &vconn);

    if (error) {
        ovs_fatal(error, "%s", name);
    }
    free(name);
    return vconn;
}

static void
send_message(struct vconn *vconn, struct ofpbuf *msg)
{
    int error = vconn_send_block(vconn, msg);

    if (error) {
        ovs_fatal(error, "sending to %s", vconn_get_name(vconn));
    }
}

/* Like the daemon's own, except that the flows of the beginning are left
 * out. */
static void
start_monitor(void)
{
    struct ofputil_flow_monitor_request request = {
        .id = 1,
        .command = OFPFMC_ADD,
        .flags = OFPFMF_ADD | OFPFMF_REMOVED | OFPFMF_MODIFY
                 | OFPFMF_INSTRUCTIONS,
        .out_port = OFPP_NONE,
        .out_group = OFPG_ANY,
        .table_id = 0xff,
    };
    struct ofpbuf *msg = ofpbuf_new(0);

    match_init_catchall(&request.match);
    monitor = open_switch();
    ofputil_append_flow_monitor_request(&request, msg, PROTOCOL);
    ofpmsg_update_length(msg);
    send_message(monitor, msg);
}

/* The flow that drops what the port sends to TCP port 22. */
static struct ofpbuf *
encode_flow_mod(int command)
{
    struct ofputil_flow_mod fm = {
        .priority = 40000,
        .new_cookie = htonll(0xbe7c4),
        .command = command,
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
    };
    struct match match = MATCH_CATCHALL_INITIALIZER;

    match_set_in_port(&match, u16_to_ofp(in_port));
    match_set_dl_type(&match, htons(ETH_TYPE_IP));
    match_set_nw_proto(&match, IPPROTO_TCP);
    match_set_tp_dst(&match, htons(22));
    minimatch_init(&fm.match, &match);

    struct ofpbuf *msg = ofputil_encode_flow_mod(&fm, PROTOCOL);
    minimatch_destroy(&fm.match);
    return msg;
}

/* Asks for a change of the flow.  Returns when the switch has made it. */
static void
change_flow(int command)
{
    struct ofpbuf *reply;

    send_message(switch_conn, encode_flow_mod(command));

    int error = vconn_transact(switch_conn,
                               ofputil_encode_barrier_request(OF_VERSION),
                               &reply);
    if (error) {
        ovs_fatal(error, "%s", vconn_get_name(switch_conn));
    }
    ofpbuf_delete(reply);
}

/* Takes all messages of the flow monitor, and answers the switch's question
 * whether we are alive.  Returns true if a flow was among them. */
static bool
monitor_has_update(void)
{
    bool update = false;
    struct ofpbuf *msg;
    int error;

    vconn_run(monitor);
    while (!(error = vconn_recv(monitor, &msg))) {
        const struct ofp_header *oh = msg->data;
        enum ofptype type;

        if (ofptype_decode(&type, oh)) {
            ovs_fatal(0, "the switch sent what cannot be understood");
        } else if (type == OFPTYPE_ERROR) {
            ovs_fatal(0, "the switch refused a request: %s",
                      ofperr_to_string(ofperr_decode_msg(oh, NULL)));
        } else if (type == OFPTYPE_ECHO_REQUEST) {
            send_message(monitor, ofputil_encode_echo_reply(oh));
        } else if (type == OFPTYPE_FLOW_MONITOR_STATS_REPLY) {
            update = true;
        }
        ofpbuf_delete(msg);
    }
    if (error != EAGAIN) {
        ovs_fatal(error, "%s", vconn_get_name(monitor));
    }
    return update;
}

/* Measuring. */

/* Fenced, or already given back. */
static bool
is_fenced(const struct iov_vf_settings *s)
{
    return (!eth_addr_equals(s->mac, mac)
            && (s->vlan >= FENCE_VLANS || eth_addr_equals(s->mac, original)));
}

static void
need_direct(void)
{
    struct iov_vf_settings s = bench_watch_read(watch);

    if (!eth_addr_equals(s.mac, mac) || s.vlan >= FENCE_VLANS) {
        ovs_fatal(0, "the port is not direct on this VF; see iov/show");
    }
}

static void
measure_fence(long long int start)
{
    long long int limit = start + TIME_LIMIT * 1000LL;
    long long int update = 0, fence = 0;

    while (!update || !fence) {
        if (monitor_has_update() && !update) {
            update = now_usec();
        }
        if (bench_watch_changed(watch) && !fence) {
            struct iov_vf_settings s = bench_watch_read(watch);

            fence = is_fenced(&s) ? now_usec() : 0;
        }
        if (now_usec() > limit) {
            ovs_fatal(0, "the %s was not seen in %d seconds",
                      update ? "fence" : "flow", TIME_LIMIT / 1000);
        }
        if (!update || !fence) {
            vconn_run_wait(monitor);
            vconn_recv_wait(monitor);
            bench_watch_wait(watch);
            poll_timer_wait(1000);
            poll_block();
        }
    }
    printf("update %lld\nfence %lld\n", update - start, fence - start);
}

static void
measure_sync(void)
{
    long long int start = now_usec();

    sync_daemon();
    printf("sync %lld\n", now_usec() - start);
}

/* Falls back or attaches. */
static void
measure_move(const char *name, int command)
{
    long long int ops = counter("iov_op");
    long long int requests = counter("iov_kernel_request");

    monitor_has_update();
    bench_watch_changed(watch);

    long long int start = now_usec();

    if (command == OFPFC_ADD) {
        send_message(switch_conn, encode_flow_mod(command));
        measure_fence(start);
    } else {
        change_flow(command);
    }
    sync_daemon();
    printf("%s %lld\n", name, now_usec() - start);
    printf("%s-ops %lld\n", name, counter("iov_op") - ops);
    printf("%s-requests %lld\n", name,
           counter("iov_kernel_request") - requests);
}

/* Once without measuring, to know the VF's own address. */
static void
learn_original(void)
{
    need_direct();
    change_flow(OFPFC_ADD);
    sync_daemon();
    original = bench_watch_read(watch).mac;
    change_flow(OFPFC_DELETE_STRICT);
    sync_daemon();
}

static void
parse_options(int argc, char *argv[])
{
    static const struct option options[] = {
        { "count", required_argument, NULL, 'c' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c != 'c' || !str_to_uint(optarg, 10, &count)) {
            ovs_fatal(0, "the only option is --count=N");
        }
    }
    if (argc - optind != 4
        || !str_to_uint(argv[optind + 1], 10, &in_port)
        || !eth_addr_from_string(argv[optind + 2], &mac)) {
        ovs_fatal(0, "usage: %s [--count=N] BRIDGE IN_PORT MAC "
                  "dummy:PF:VF|link:PF:VF", program_name);
    }
    bridge = argv[optind];
    watch = bench_watch_open(argv[optind + 3]);
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_WARN);
    parse_options(argc, argv);
    open_daemon();
    switch_conn = open_switch();
    start_monitor();
    sync_daemon();
    learn_original();
    for (unsigned int i = 0; i < count; i++) {
        need_direct();
        measure_sync();
        measure_move("fallback", OFPFC_ADD);
        measure_move("attach", OFPFC_DELETE_STRICT);
    }
    bench_watch_close(watch);
    jsonrpc_close(daemon_conn);
    vconn_close(monitor);
    vconn_close(switch_conn);
    return EXIT_SUCCESS;
}
