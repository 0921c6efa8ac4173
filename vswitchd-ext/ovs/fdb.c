/* SPDX-License-Identifier: Apache-2.0
 *
 * ovs-vswitchd's MAC table, by its control socket.
 *
 * Requests are sent as they come and answered in the same order.  An
 * ovs-vswitchd that does not answer within ANSWER_MSEC is taken for dead:
 * the connection is closed, which fails all that is under way.
 *
 * "fdb/add" replaces an entry, static or learned, of another port without
 * complaint, which is what a move needs. ovs-vswitchd drops static entries by
 * itself on "fdb/flush" and when the VLAN settings of their port change; then
 * it learns the address again, as before. */

#include <config.h>

#include "vswitchd-ext/ovs/fdb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "dirs.h"
#include "jsonrpc.h"
#include "offload/die.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "policy/model/limit.h"
#include "socket-util.h"
#include "stream.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_switch_mac);

COVERAGE_DEFINE(iov_switch_mac);

#define RETRY_MSEC 500
#define ANSWER_MSEC 10000

/* An operation that was sent, or the result of one, or a question for a table
 * or for a sign of life. */
struct request {
    struct ovs_list node;       /* In 'sent' or 'results'. */
    struct iov_op *op;          /* In 'sent'; null: */
    char *table_of;             /* bridge whose table is asked for; null too: a
                                 * sign of life. */
    struct json *id;
    long long int deadline;     /* 0: not yet dated. */
    bool given_up;              /* 'op' is a copy of one that was. */
    struct iov_result *result;  /* In 'results'. */
};

static struct ovs_list sent = OVS_LIST_INITIALIZER(&sent);
static size_t n_sent;           /* In 'sent'. */
static struct ovs_list results = OVS_LIST_INITIALIZER(&results);

static struct stream *stream;   /* While connecting. */
static struct jsonrpc *rpc;     /* While connected. */
static char *unreachable;
static long long int retry_at;
static uint64_t connection;

/* Signs of life of one connection: asked for and given. */
static uint32_t n_probes, n_signs;

static void
add_result(struct iov_op *op, int error, const char *text)
{
    if (!error) {
        iov_die_hook(op, true);
    }
    struct request *r = xzalloc(sizeof *r);
    r->result = iov_result_create(op, error, text);
    ovs_list_push_back(&results, &r->node);
}

static iov_fdb_show_cb *show_cb;

/* Hands over the entries of an answer to "fdb/show", which is a line of
 * titles and then lines of port, VLAN, MAC address and age. */
static void
take_table(const char *bridge, const char *text)
{
    show_cb(bridge, NULL, false);
    for (const char *line = text; (line = strchr(line, '\n')) != NULL; ) {
        struct iov_fdb_entry entry;
        char port[16];

        line++;
        if (ovs_scan(line, "%15s %"SCNu16" "ETH_ADDR_SCAN_FMT, port,
                     &entry.vlan, ETH_ADDR_SCAN_ARGS(entry.mac))) {
            entry.ofport = (strcmp(port, "LOCAL") ? atoi(port)
                            : OFP_PORT_C(OFPP_LOCAL));
            show_cb(bridge, &entry, false);
        }
    }
}

/* Answers 'r', which is in 'sent', and frees it. */
static void
answer(struct request *r, int error, const char *text)
{
    ovs_list_remove(&r->node);
    n_sent--;
    if (r->table_of) {
        show_cb(r->table_of, NULL, true);
        free(r->table_of);
    } else if (!r->op) {
        n_signs += !error;
    } else if (!r->given_up) {
        add_result(r->op, error, text);
    } else if (error) {
        iov_op_destroy(r->op);
    } else {
        add_result(r->op, 0, NULL);
        CONTAINER_OF(ovs_list_back(&results), struct request,
                     node)->result->late = true;
    }
    json_destroy(r->id);
    free(r);
}

/* Takes 'why'. */
static void
set_unreachable(char *why)
{
    if (!nullable_string_is_equal(why, unreachable)) {
        if (why) {
            VLOG_INFO("%s", why);
        }
        free(unreachable);
        unreachable = why;
    } else {
        free(why);
    }
}

/* Closes whatever there is and fails what was under way.  Takes 'why'. */
static void
disconnect(int error, char *why, long long int now)
{
    jsonrpc_close(rpc);
    rpc = NULL;
    stream_close(stream);
    stream = NULL;
    retry_at = now + RETRY_MSEC;

    while (!ovs_list_is_empty(&sent)) {
        struct request *r = CONTAINER_OF(ovs_list_front(&sent),
                                         struct request, node);
        answer(r, error, why);
    }
    set_unreachable(why);
}

/* ovs-vswitchd's control socket, as ovs-appctl finds it, or null and the
 * reason in '*why'.  The pidfile is not locked or removed, whatever its
 * state: connecting will tell whether it is stale. */
static char *
find_socket(char **why)
{
    char *pidfile = xasprintf("%s/ovs-vswitchd.pid", ovs_rundir());
    char *path = NULL;
    char line[32];
    FILE *file = fopen(pidfile, "r");
    if (!file) {
        *why = xasprintf("ovs-vswitchd cannot be found: %s: %s", pidfile,
                         ovs_strerror(errno));
    } else {
        long int pid = fgets(line, sizeof line, file) ? atol(line) : 0;
        if (pid > 0) {
            path = xasprintf("%s/ovs-vswitchd.%ld.ctl", ovs_rundir(), pid);
        } else {
            *why = xasprintf("ovs-vswitchd cannot be found: %s contains no "
                             "process number", pidfile);
        }
        fclose(file);
    }
    free(pidfile);
    return path;
}

static void
start_connecting(long long int now)
{
    retry_at = now + RETRY_MSEC;

    char *why = NULL;
    char *path = find_socket(&why);
    if (!path) {
        set_unreachable(why);
        return;
    }

    char *target = xasprintf("unix:%s", path);
    int error = stream_open(target, &stream, DSCP_DEFAULT);
    if (error) {
        stream = NULL;
        set_unreachable(xasprintf("ovs-vswitchd cannot be reached on %s: %s",
                                  path, ovs_strerror(error)));
    }
    free(target);
    free(path);
}

/* A socket can be connected to although nobody answers there. */
static void
send_probe(void)
{
    struct request *r = xzalloc(sizeof *r);

    n_probes++;
    n_sent++;
    ovs_list_push_back(&sent, &r->node);
    jsonrpc_send(rpc, jsonrpc_create_request(
                     "version", json_array_create_empty(), &r->id));
}

uint64_t
iov_fdb_probe(void)
{
    if (rpc) {
        send_probe();
    }
    return connection << 32 | n_probes;
}

bool
iov_fdb_runs(uint64_t token)
{
    return (rpc && n_signs && token >> 32 == connection
            && (uint32_t) token <= n_signs);
}

static void
run_connecting(long long int now)
{
    stream_run(stream);
    int error = stream_connect(stream);
    if (!error) {
        rpc = jsonrpc_open(stream);
        stream = NULL;
        connection++;
        n_probes = n_signs = 0;
        send_probe();
        VLOG_INFO("%s: connected", jsonrpc_get_name(rpc));
    } else if (error != EAGAIN) {
        disconnect(error, xasprintf("ovs-vswitchd cannot be reached on %s: "
                                    "%s", stream_get_name(stream),
                                    ovs_retval_to_string(error)), now);
    }
}

/* What ovs-vswitchd's error means; it only has words. */
static int
error_from_words(const char *words)
{
    static const struct {
        const char *words;      /* Their beginning. */
        int error;
    } errors[] = {
        { "no such bridge", ENODEV },
        { "software error, odp port", ENODEV },
        { "could not find static mac entry", ENOENT },
        { "could not add static mac entry", EAGAIN },
        { "bad MAC address", EINVAL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
        if (!strncmp(words, errors[i].words, strlen(errors[i].words))) {
            return errors[i].error;
        }
    }
    return EIO;
}

static void
handle_answer(struct request *r, const struct jsonrpc_msg *msg)
{
    set_unreachable(NULL);
    if (!r->op) {
        if (r->table_of && msg->type == JSONRPC_REPLY
            && msg->result->type == JSON_STRING) {
            take_table(r->table_of, json_string(msg->result));
        }
        answer(r, 0, NULL);
        return;
    }

    const char *words = (msg->type == JSONRPC_REPLY ? NULL
                         : msg->error->type == JSON_STRING
                         ? json_string(msg->error) : "unknown error");
    int error = words ? error_from_words(words) : 0;
    if (r->op->type == IOV_OP_FDB_DEL
        && (error == ENOENT || error == ENODEV)) {
        /* It is gone already. */
        error = 0;
    }

    if (error) {
        char *text = xasprintf("ovs-vswitchd answered: %.*s",
                               (int) strcspn(words, "\n"), words);
        answer(r, error, text);
        free(text);
    } else {
        answer(r, 0, NULL);
    }
}

static void
run_connected(long long int now)
{
    jsonrpc_run(rpc);
    for (int i = 0; i < 100; i++) {
        struct jsonrpc_msg *msg;
        if (jsonrpc_recv(rpc, &msg)) {
            break;
        }
        struct request *r = (ovs_list_is_empty(&sent) ? NULL
                             : CONTAINER_OF(ovs_list_front(&sent),
                                            struct request, node));
        bool ours = (r && (msg->type == JSONRPC_REPLY
                           || msg->type == JSONRPC_ERROR)
                     && json_equal(r->id, msg->id));
        if (ours) {
            handle_answer(r, msg);
        }
        jsonrpc_msg_destroy(msg);
        if (!ours) {
            disconnect(EPROTO, xstrdup("ovs-vswitchd answered what was not "
                                       "asked on its control socket"), now);
            return;
        }
    }

    int error = jsonrpc_get_status(rpc);
    if (error) {
        disconnect(error == EOF ? ECONNRESET : error,
                   xasprintf("ovs-vswitchd closed its control socket (%s)",
                             ovs_retval_to_string(error)), now);
    }
}

static void
check_deadlines(long long int now)
{
    struct request *r;
    LIST_FOR_EACH (r, node, &sent) {
        if (!r->deadline) {
            r->deadline = now + ANSWER_MSEC;
        } else if (now >= r->deadline) {
            disconnect(ETIMEDOUT,
                       xasprintf("ovs-vswitchd did not answer on its control "
                                 "socket within %d seconds",
                                 ANSWER_MSEC / 1000), now);
            return;
        }
    }
}

void
iov_fdb_init(void)
{
    unreachable = xstrdup("ovs-vswitchd has not yet been connected to");
    retry_at = 0;
}

void
iov_fdb_exit(void)
{
    disconnect(ECONNRESET, NULL, 0);
    struct iov_result *result;
    while ((result = iov_fdb_next_result())) {
        iov_result_destroy(result);
    }
}

void
iov_fdb_run(long long int now)
{
    if (!rpc && !stream && now >= retry_at) {
        start_connecting(now);
    }
    if (stream) {
        run_connecting(now);
    }
    if (rpc) {
        run_connected(now);
        check_deadlines(now);
    }
}

void
iov_fdb_wait(long long int now OVS_UNUSED)
{
    if (rpc) {
        jsonrpc_wait(rpc);
        jsonrpc_recv_wait(rpc);
        if (!ovs_list_is_empty(&sent)) {
            const struct request *r = CONTAINER_OF(ovs_list_front(&sent),
                                                   struct request, node);
            poll_timer_wait_until(r->deadline);
        }
    } else if (stream) {
        stream_run_wait(stream);
        stream_connect_wait(stream);
    } else {
        poll_timer_wait_until(retry_at);
    }
    if (!ovs_list_is_empty(&results)) {
        poll_immediate_wake();
    }
}

const char *
iov_fdb_unreachable(void)
{
    return unreachable;
}

uint64_t
iov_fdb_connection(void)
{
    return connection;
}

/* "fdb/add BRIDGE PORT VLAN MAC" or "fdb/del BRIDGE VLAN MAC": control
 * commands take nothing but strings. */
static struct json *
make_params(const struct iov_op *op)
{
    char *vlan = xasprintf("%"PRIu16, op->vlan);
    char *mac = xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(op->mac));
    struct json *params = json_array_create_empty();
    json_array_add(params, json_string_create(op->bridge));
    if (op->type == IOV_OP_FDB_ADD) {
        json_array_add(params, json_string_create(op->switch_port));
    }
    json_array_add(params, json_string_create_nocopy(vlan));
    json_array_add(params, json_string_create_nocopy(mac));
    return params;
}

void
iov_fdb_set_show_cb(iov_fdb_show_cb *cb)
{
    show_cb = cb;
}

bool
iov_fdb_show(const char *bridge)
{
    struct json *params;
    struct request *r;

    if (!rpc || n_sent >= IOV_LIMIT_FDB_REQUESTS) {
        return false;
    }
    params = json_array_create_1(json_string_create(bridge));
    r = xzalloc(sizeof *r);
    r->table_of = xstrdup(bridge);
    ovs_list_push_back(&sent, &r->node);
    n_sent++;
    jsonrpc_send(rpc, jsonrpc_create_request("fdb/show", params, &r->id));
    return true;
}

void
iov_fdb_start(struct iov_op *op)
{
    ovs_assert(op->type == IOV_OP_FDB_ADD || op->type == IOV_OP_FDB_DEL);
    iov_die_hook(op, false);
    if (!rpc) {
        add_result(op, ENOTCONN, unreachable);
        return;
    } else if (n_sent >= IOV_LIMIT_FDB_REQUESTS) {
        char *why = iov_limit_explain(IOV_LIMIT_ID_FDB_REQUESTS);
        add_result(op, EAGAIN, why);
        free(why);
        return;
    }

    COVERAGE_INC(iov_switch_mac);
    struct request *r = xzalloc(sizeof *r);
    r->op = op;
    ovs_list_push_back(&sent, &r->node);
    n_sent++;
    /* An error shows up as the connection's status in the next run. */
    jsonrpc_send(rpc, jsonrpc_create_request(
                          op->type == IOV_OP_FDB_ADD ? "fdb/add" : "fdb/del",
                          make_params(op), &r->id));
}

void
iov_fdb_cancel(const char *port)
{
    struct request *r;
    LIST_FOR_EACH (r, node, &sent) {
        if (r->op && !r->given_up && !strcmp(r->op->port, port)) {
            struct iov_op *op = r->op;
            r->op = iov_op_clone(op);
            r->given_up = true;
            add_result(op, ECANCELED, NULL);
        }
    }
}

struct iov_result *
iov_fdb_next_result(void)
{
    if (ovs_list_is_empty(&results)) {
        return NULL;
    }
    struct request *r = CONTAINER_OF(ovs_list_front(&results),
                                     struct request, node);
    struct iov_result *result = r->result;
    ovs_list_remove(&r->node);
    free(r);
    return result;
}
