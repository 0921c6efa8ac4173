/* SPDX-License-Identifier: Apache-2.0 */

/* What others can do with ovs-vswitchd's flows, to compare with.
 *
 *   bench-switch count BRIDGE
 *       reads all flows through a flow monitor and counts them
 *   bench-switch store BRIDGE
 *       reads them and keeps each one in a hash map
 *   bench-switch change BRIDGE RATE SECONDS PORTS
 *       adds and deletes flows, as many in a second as RATE says
 *
 * The first two print a line "flows N wall-us N cpu-us N kib N", the memory
 * being that of the process at its largest; the third "changes N wall-us N".
 *
 * Both readers use Open vSwitch's own library as it is, for decoding as for
 * keeping, and do nothing else. */

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "dirs.h"
#include "hash.h"
#include "openvswitch/hmap.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-monitor.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-protocol.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vconn.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "tests/bench/bench-flow-set.h"
#include "timeval.h"
#include "util.h"

#define OF_VERSION OFP14_VERSION
#define PROTOCOL OFPUTIL_P_OF14_OXM

struct stored {
    struct hmap_node node;
    struct minimatch match;
    uint8_t table_id;
    uint16_t priority;
    ovs_be64 cookie;
    struct ofpact *ofpacts;
    size_t ofpacts_len;
};

static struct hmap stored = HMAP_INITIALIZER(&stored);

static struct vconn *
open_bridge(const char *bridge)
{
    char *target = xasprintf("unix:%s/%s.mgmt", ovs_rundir(), bridge);
    struct vconn *vconn;
    int error = vconn_open_block(target, 1u << OF_VERSION, DSCP_DEFAULT, -1,
                                 &vconn);

    if (error) {
        ovs_fatal(error, "%s", target);
    }
    free(target);
    return vconn;
}

static ovs_be32
request_flows(struct vconn *vconn)
{
    struct ofputil_flow_monitor_request request = {
        .id = 1,
        .command = OFPFMC_ADD,
        .flags = (OFPFMF_INITIAL | OFPFMF_ADD | OFPFMF_REMOVED
                  | OFPFMF_MODIFY | OFPFMF_INSTRUCTIONS),
        .out_port = OFPP_NONE,
        .out_group = OFPG_ANY,
        .table_id = 0xff,
    };
    struct ofpbuf *msg = ofpbuf_new(0);

    match_init_catchall(&request.match);
    ofputil_append_flow_monitor_request(&request, msg, PROTOCOL);
    ofpmsg_update_length(msg);

    ovs_be32 xid = ((const struct ofp_header *) msg->data)->xid;
    int error = vconn_send_block(vconn, msg);
    if (error) {
        ovs_fatal(error, "the flows cannot be asked for");
    }
    return xid;
}

static void
store(const struct ofputil_flow_update *fu)
{
    struct stored *s = xmalloc(sizeof *s);

    minimatch_init(&s->match, &fu->match);
    s->table_id = fu->table_id;
    s->priority = fu->priority;
    s->cookie = fu->cookie;
    s->ofpacts = xmemdup(fu->ofpacts, fu->ofpacts_len);
    s->ofpacts_len = fu->ofpacts_len;
    hmap_insert(&stored, &s->node,
                hash_2words(minimatch_hash(&s->match, fu->priority),
                            fu->table_id));
}

/* Returns the number of flows in 'msg'. */
static size_t
read_message(struct ofpbuf *msg, bool keep)
{
    struct ofpbuf ofpacts;
    size_t n = 0;

    ofpbuf_init(&ofpacts, 1024);
    for (;;) {
        struct ofputil_flow_update fu;
        int error = ofputil_decode_flow_update(&fu, msg, &ofpacts);
        if (error == EOF) {
            break;
        } else if (error) {
            ovs_fatal(0, "a flow cannot be decoded (%s)",
                      ofperr_get_name(error));
        }
        if (keep) {
            store(&fu);
        }
        n++;
    }
    ofpbuf_uninit(&ofpacts);
    return n;
}

static void
read_flows(const char *bridge, bool keep)
{
    struct vconn *vconn = open_bridge(bridge);
    long long int begun = time_usec();
    ovs_be32 xid = request_flows(vconn);
    bool more = true;
    size_t n = 0;

    while (more) {
        struct ofpbuf *msg;
        int error = vconn_recv_block(vconn, &msg);
        if (error) {
            ovs_fatal(error, "%s: connection lost", bridge);
        }
        const struct ofp_header *oh = msg->data;
        if (oh->xid == xid) {
            more = ofpmp_more(oh);
            n += read_message(msg, keep);
        }
        ofpbuf_delete(msg);
    }

    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("flows %"PRIuSIZE" wall-us %lld cpu-us %lld kib %ld\n", n,
           time_usec() - begun,
           (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL
           + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec,
           usage.ru_maxrss);
    vconn_close(vconn);
}

static void
send_flow(struct vconn *vconn, size_t number, size_t n_ports, bool add)
{
    struct bench_flow f;

    bench_flow_make(&f, number, n_ports);
    f.priority += 1000;         /* Not one of those that are there. */
    struct ofputil_flow_mod fm = {
        .command = add ? OFPFC_ADD : OFPFC_DELETE_STRICT,
        .priority = f.priority,
        .table_id = f.table_id,
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .ofpacts = f.ofpacts.data,
        .ofpacts_len = f.ofpacts.size,
    };
    minimatch_init(&fm.match, &f.match);
    struct ofpbuf *msg = ofputil_encode_flow_mod(&fm, PROTOCOL);
    minimatch_destroy(&fm.match);

    int error = vconn_send_block(vconn, msg);
    if (error) {
        ovs_fatal(error, "a flow cannot be sent");
    }
}

/* Each flow is deleted by the next change. */
static void
change_flows(const char *bridge, size_t rate, size_t seconds, size_t n_ports)
{
    struct vconn *vconn = open_bridge(bridge);
    long long int begun = time_usec();
    size_t n = rate * seconds;

    for (size_t i = 0; i < n; i++) {
        long long int due = begun + i * 1000000LL / rate;
        long long int early = due - time_usec();
        if (early > 0) {
            xnanosleep(early * 1000);
        }
        send_flow(vconn, BENCH_N_TABLES + i / 2, n_ports, i % 2 == 0);
    }
    printf("changes %"PRIuSIZE" wall-us %lld\n", n, time_usec() - begun);
    vconn_close(vconn);
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_OFF);
    if (argc == 3 && !strcmp(argv[1], "count")) {
        read_flows(argv[2], false);
    } else if (argc == 3 && !strcmp(argv[1], "store")) {
        read_flows(argv[2], true);
    } else if (argc == 6 && !strcmp(argv[1], "change")) {
        change_flows(argv[2], strtoul(argv[3], NULL, 10),
                     strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10));
    } else {
        ovs_fatal(0, "usage: bench-switch count|store BRIDGE | "
                  "bench-switch change BRIDGE RATE SECONDS PORTS");
    }
    return 0;
}
