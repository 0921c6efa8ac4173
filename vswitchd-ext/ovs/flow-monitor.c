/* SPDX-License-Identifier: Apache-2.0
 *
 * The flows of one bridge, heard through its management socket.
 *
 * A connection goes through these phases:
 *
 *   CONNECTING  no connection, or versions are being negotiated;
 *   DUMPING     changes arrive, and the flows of one table after another;
 *   LIVE        changes arrive;
 *   REFUSED     ovs-vswitchd answered with an error.
 *
 * Only LIVE can be in step, and there are four things more to wait for: that
 * ovs-vswitchd has applied the database as of when we connected (a new
 * ovs-vswitchd would otherwise be heard before its configuration is
 * complete), that flows are not being restored, that all restored ones have
 * arrived, and that it has not paused the monitor.  While paused, deletions
 * arrive and additions do not; after a pause the flows are counted, see
 * handle_count().
 *
 * An empty table is as good as any other.  That it is the truth, and not the
 * moment before a new ovs-vswitchd is configured, has to come from elsewhere,
 * which is the database.
 *
 * Flows that Open vSwitch hides do not appear in a flow monitor.  Those of
 * in-band control only let packets of control connections pass, by NORMAL,
 * and the internal table 254 is reached from actions that count as not
 * understood anyway, so that no packet of a port is held up unseen. */

#include <config.h>

#include "vswitchd-ext/ovs/flow-monitor.h"

#include <errno.h>

#include "coverage.h"
#include "dirs.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/rconn.h"
#include "openvswitch/vconn.h"
#include "openvswitch/vlog.h"
#include "policy/flow/table.h"
#include "policy/reach/reach.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"
#include "vswitchd-ext/ovs/db.h"
#include "vswitchd-ext/ovs/flow-monitor-internal.h"
#include "vswitchd-ext/ovs/flow-update.h"

VLOG_DEFINE_THIS_MODULE(iov_flow_monitor);

COVERAGE_DEFINE(iov_flow_resync);

#define VERSIONS ((1u << OFP15_VERSION) | (1u << OFP14_VERSION) \
                  | (1u << OFP13_VERSION))

/* Seconds without a message after which ovs-vswitchd is asked for one.  It
 * may be busy for many seconds, and while it is it changes no flow. */
#define PROBE_INTERVAL 30

/* An answer that has not come by then will not: somebody has lost a message.
 * ms. */
#define ANSWER_MSEC 60000

/* A missing socket is looked for often, because that is cheap and says
 * nothing in the log. */
#define RETRY_MISSING_MSEC 500
#define RETRY_CLOSED_MSEC 100
#define RETRY_MIN_MSEC 200

/* Attempts that are cut off before that counts as a failure. */
#define MAX_LOST 3

/* What one run takes in before others have their turn: a message holds up to
 * about 750 flows, which take about 1 ms. */
#define MAX_USEC 2500
#define MAX_MESSAGES 50
#define MAX_UPDATES 10000

struct iov_flow_monitor *
iov_flow_monitor_create(const char *bridge)
{
    struct iov_flow_monitor *fm = xzalloc(sizeof *fm);
    fm->bridge = xstrdup(bridge);
    fm->target = xasprintf("unix:%s/%s.mgmt", ovs_rundir(), bridge);
    fm->rconn = rconn_create(PROBE_INTERVAL, 1, DSCP_DEFAULT, VERSIONS);
    fm->table = iov_flow_table_create();
    fm->overtaken = iov_flow_table_create();
    fm->reach = iov_reach_create(fm->table);
    ofputil_port_map_init(&fm->ports);
    iov_reach_set_port_map(fm->reach, &fm->ports);
    fm->ports_db = UINT64_MAX;
    fm->backoff = RETRY_MIN_MSEC;
    fm->unknown = xstrdup("ovs-vswitchd is being connected to");
    return fm;
}

void
iov_flow_monitor_destroy(struct iov_flow_monitor *fm)
{
    if (fm) {
        rconn_destroy(fm->rconn);
        iov_reach_destroy(fm->reach);
        iov_flow_table_destroy(fm->overtaken);
        iov_flow_table_destroy(fm->table);
        ofputil_port_map_destroy(&fm->ports);
        free(fm->unknown);
        free(fm->target);
        free(fm->bridge);
        free(fm);
    }
}

/* Forgets all that belongs to one connection. */
static void
forget_connection(struct iov_flow_monitor *fm)
{
    iov_flow_table_clear(fm->overtaken);
    iov_flow_table_clear(fm->table);
    fm->phase = CONNECTING;
    fm->restored = false;
    fm->paused = false;
    fm->unchecked = false;
    fm->count_xid = 0;
    fm->opaque = false;
    fm->resync = false;
    fm->barrier_xid = 0;
    fm->sent = fm->answered;
}

static void
connected(struct iov_flow_monitor *fm)
{
    forget_connection(fm);
    fm->connected = true;
    fm->failed = false;
    fm->error = 0;
    fm->db_token = iov_db_sync();
    fm->last_rx = time_msec();
    flow_monitor_start_dump(fm);
}

/* True if an attempt that ended with 'error' says that the next one would end
 * the same way.  A bridge that is being configured cuts off whoever is just
 * connecting. */
static bool
is_certain(int error)
{
    return error == ENOENT || error == ECONNREFUSED || error == EPROTO;
}

/* How long to wait before the next attempt. */
static unsigned int
choose_delay(struct iov_flow_monitor *fm, int error)
{
    if (error == ENOENT || error == ECONNREFUSED) {
        return RETRY_MISSING_MSEC;
    } else if (!fm->failed && !fm->resync && fm->phase != REFUSED) {
        return RETRY_CLOSED_MSEC;
    }
    unsigned int delay = fm->backoff;
    fm->backoff = MIN(fm->backoff * 2, FLOW_MONITOR_RETRY_MAX_MSEC);
    return delay;
}

static void
disconnected(struct iov_flow_monitor *fm, int error)
{
    fm->n_lost = fm->connected || is_certain(error) ? 0 : fm->n_lost + 1;
    fm->failed = (!fm->connected
                  && (is_certain(error) || fm->n_lost >= MAX_LOST));
    fm->retry_at = time_msec() + choose_delay(fm, error);
    fm->error = fm->resync ? 0 : error ? error : ECONNRESET;
    forget_connection(fm);
    fm->trying = false;
    fm->connected = false;
    rconn_disconnect(fm->rconn);
}

/* A change of the database may be the cure, such as another value of the
 * bridge's protocols. */
static void
try_to_connect(struct iov_flow_monitor *fm)
{
    if (time_msec() < fm->retry_at && fm->retry_db == iov_db_changed()) {
        return;
    }
    fm->retry_db = iov_db_changed();

    struct vconn *vconn;
    int error = (!iov_db_allows_openflow(fm->bridge) ? EPROTO
                 : vconn_open(fm->target, VERSIONS, DSCP_DEFAULT, &vconn));
    if (error) {
        disconnected(fm, error);
    } else {
        rconn_connect_unreliably(fm->rconn, vconn, fm->target);
        fm->trying = true;
    }
}

static void
run_connection(struct iov_flow_monitor *fm)
{
    if (!fm->trying) {
        try_to_connect(fm);
    }
    rconn_run(fm->rconn);
    if (fm->resync
        || (fm->phase == REFUSED && time_msec() >= fm->retry_at)) {
        COVERAGE_INC(iov_flow_resync);
        rconn_disconnect(fm->rconn);
    }

    if (rconn_is_connected(fm->rconn) && !fm->connected) {
        connected(fm);
    } else if (fm->trying && !rconn_is_alive(fm->rconn)) {
        disconnected(fm, rconn_get_last_error(fm->rconn));
    }
}

static void
run_messages(struct iov_flow_monitor *fm)
{
    long long int deadline = time_usec() + MAX_USEC;
    int work = 0;
    for (int i = 0; i < MAX_MESSAGES && work < MAX_UPDATES; i++) {
        if (time_usec() >= deadline) {
            break;
        }
        struct ofpbuf *msg = rconn_recv(fm->rconn);
        if (!msg) {
            break;
        }
        work += flow_monitor_handle(fm, msg->data);
        ofpbuf_delete(msg);
    }
    if (fm->trying && !rconn_is_alive(fm->rconn)) {
        disconnected(fm, rconn_get_last_error(fm->rconn));
    }
}

/* Flows that are being restored arrive on this connection, the end of it
 * through the database: a round trip has to tell that all are here.
 *
 * ovs-vswitchd looks at flow-restore-wait until it has seen it false.  If it
 * is set later it is meant for the next one, after another connection. */
static void
run_restore(struct iov_flow_monitor *fm)
{
    bool restoring = !fm->restored && iov_db_flow_restore_wait();

    if (!restoring && fm->phase == LIVE && iov_db_synced(fm->db_token)) {
        fm->restored = true;
    }
    if (fm->restoring && !restoring) {
        fm->restore_token = ++fm->asked;
    }
    fm->restoring = restoring;
}

static bool
needs_count(const struct iov_flow_monitor *fm)
{
    return (fm->phase == LIVE && fm->unchecked && !fm->paused
            && !fm->count_xid);
}

static void
run_sync(struct iov_flow_monitor *fm)
{
    if (fm->phase == DUMPING || fm->phase == LIVE) {
        if (fm->sent != fm->asked && !fm->barrier_xid) {
            fm->sent = fm->asked;
            fm->barrier_xid = flow_monitor_send(
                fm, ofputil_encode_barrier_request(
                    rconn_get_version(fm->rconn)));
        }
    }
    if (needs_count(fm)) {
        fm->count_xid = flow_monitor_send(
            fm, flow_update_encode_count(rconn_get_version(fm->rconn)));
    }
}

/* True if ovs-vswitchd owes an answer. */
static bool
awaits_answer(const struct iov_flow_monitor *fm)
{
    return (fm->phase == DUMPING
            || (fm->phase == LIVE && (fm->barrier_xid || fm->count_xid)));
}

/* Begins anew when an answer does not come. */
static void
run_stall(struct iov_flow_monitor *fm)
{
    if (!awaits_answer(fm)) {
        fm->last_rx = time_msec();
    } else if (!fm->resync && time_msec() >= fm->last_rx + ANSWER_MSEC) {
        VLOG_WARN("bridge %s: ovs-vswitchd has not answered for %d s, "
                  "starting anew", fm->bridge, ANSWER_MSEC / 1000);
        fm->resync = true;
    }
}

/* Returns null if the flows are known, else why not, to be freed. */
static char *
find_unknown(const struct iov_flow_monitor *fm)
{
    switch (fm->phase) {
    case CONNECTING:
        if (fm->error == EPROTO || !iov_db_allows_openflow(fm->bridge)) {
            return xasprintf(
                "ovs-vswitchd and ovs-iovd have no OpenFlow version in "
                "common on %s: the bridge's protocols column must be empty "
                "or contain OpenFlow13, OpenFlow14 or OpenFlow15",
                fm->target);
        } else if (fm->error) {
            return xasprintf("ovs-vswitchd cannot be reached on %s (%s)",
                             fm->target, ovs_retval_to_string(fm->error));
        }
        return xstrdup("ovs-vswitchd is being connected to");

    case REFUSED:
        return xasprintf("ovs-vswitchd refused the flow monitor: %s",
                         ofperr_get_name(fm->refusal));

    case DUMPING:
        return xstrdup("the flow tables are being read");

    case LIVE:
        break;
    }
    return (!iov_db_synced(fm->db_token)
            ? xstrdup("ovs-vswitchd has not yet applied its configuration")
            : fm->restoring
            ? xstrdup("ovs-vswitchd waits for its flows to be restored "
                      "(Open_vSwitch other_config:flow-restore-wait)")
            : fm->answered < fm->restore_token
            ? xstrdup("restored flows are being read")
            : fm->paused
            ? xstrdup("ovs-vswitchd has paused reporting changes of flows")
            : fm->unchecked
            ? xstrdup("flows are being counted after a pause")
            : fm->resync
            ? xstrdup("the flow tables are to be read anew")
            : NULL);
}

enum iov_switch_sight
iov_flow_monitor_sight(const struct iov_flow_monitor *fm)
{
    if (!fm->unknown) {
        return IOV_SWITCH_KNOWN;
    } else if (fm->phase == REFUSED || fm->error == EPROTO
               || !iov_db_allows_openflow(fm->bridge)) {
        return IOV_SWITCH_REFUSED;
    }
    return (fm->phase != LIVE || !iov_db_synced(fm->db_token) || fm->restoring
            || fm->answered < fm->restore_token
            ? IOV_SWITCH_LOST : IOV_SWITCH_CHANGING);
}

uint64_t
iov_flow_monitor_purges(const struct iov_flow_monitor *fm)
{
    return fm->n_purges;
}

/* True if nothing is on its way that could make the flows known soon: whoever
 * waits for the flows need not wait longer. */
static bool
is_hopeless(const struct iov_flow_monitor *fm)
{
    return (fm->restoring
            || fm->phase == REFUSED
            || (fm->phase == CONNECTING && !fm->trying && fm->failed));
}

static void
update_state(struct iov_flow_monitor *fm)
{
    char *unknown = find_unknown(fm);
    if (!nullable_string_is_equal(unknown, fm->unknown)) {
        bool brief = unknown && fm->phase != CONNECTING;
        VLOG(brief ? VLL_DBG : VLL_INFO, "bridge %s: flows %s%s", fm->bridge,
             unknown ? "not known: " : "known", unknown ? unknown : "");
        free(fm->unknown);
        fm->unknown = unknown;
        fm->changed++;
    } else {
        free(unknown);
    }

    /* Flows count only when they are known. */
    if (!fm->unknown) {
        fm->flows_changed = iov_flow_table_seqno(fm->table);
    }

    if (!fm->unknown) {
        fm->backoff = RETRY_MIN_MSEC;
        fm->done = fm->answered;
    } else if (is_hopeless(fm)) {
        fm->done = fm->answered = fm->sent = fm->asked;
    }
}

static void
run_ports(struct iov_flow_monitor *fm)
{
    if (fm->ports_db != iov_db_changed()) {
        fm->ports_db = iov_db_changed();
        if (iov_db_update_port_map(fm->bridge, &fm->ports, &fm->n_ports)) {
            iov_reach_set_port_map(fm->reach, &fm->ports);
        }
    }
}

void
iov_flow_monitor_run(struct iov_flow_monitor *fm)
{
    run_connection(fm);
    run_restore(fm);
    run_sync(fm);
    run_messages(fm);
    run_stall(fm);
    run_ports(fm);
    update_state(fm);
}

void
iov_flow_monitor_wait(struct iov_flow_monitor *fm)
{
    rconn_run_wait(fm->rconn);
    rconn_recv_wait(fm->rconn);
    if (awaits_answer(fm)) {
        poll_timer_wait_until(fm->last_rx + ANSWER_MSEC);
    }
    if (!fm->trying || fm->phase == REFUSED) {
        poll_timer_wait_until(fm->retry_at);
    } else if (fm->resync || needs_count(fm)
               || (fm->phase == LIVE && fm->unknown
                   && iov_db_synced(fm->db_token) && !fm->paused
                   && !fm->restoring && !fm->unchecked && !fm->barrier_xid)
               || (fm->phase >= DUMPING && fm->sent != fm->asked
                   && !fm->barrier_xid)) {
        poll_immediate_wake();
    }
}

uint64_t
iov_flow_monitor_changed(const struct iov_flow_monitor *fm)
{
    return fm->changed;
}

uint64_t
iov_flow_monitor_flows_changed(const struct iov_flow_monitor *fm)
{
    return fm->flows_changed;
}

const char *
iov_flow_monitor_unknown(const struct iov_flow_monitor *fm)
{
    return fm->unknown;
}

const struct iov_flow_table *
iov_flow_monitor_table(const struct iov_flow_monitor *fm)
{
    return fm->table;
}

struct iov_reach *
iov_flow_monitor_reach(const struct iov_flow_monitor *fm)
{
    return fm->reach;
}

uint64_t
iov_flow_monitor_sync(struct iov_flow_monitor *fm)
{
    return ++fm->asked;
}

bool
iov_flow_monitor_synced(const struct iov_flow_monitor *fm, uint64_t token)
{
    return token <= fm->done;
}
