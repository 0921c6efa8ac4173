/* SPDX-License-Identifier: Apache-2.0
 *
 * What ovs-vswitchd sends on a flow monitor's connection.
 *
 * While it dumps, ovs-vswitchd can send a change of a flow ahead of the dump's
 * older version of that flow. 'overtaken' holds such flows; their dumped
 * version is ignored. */

#include <config.h>

#include "vswitchd-ext/ovs/flow-monitor-internal.h"

#include <stdio.h>

#include "coverage.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/rconn.h"
#include "openvswitch/vlog.h"
#include "policy/flow/table.h"
#include "timeval.h"
#include "util.h"
#include "vswitchd-ext/ovs/flow-update.h"

VLOG_DEFINE_THIS_MODULE(iov_flow_messages);

COVERAGE_DEFINE(iov_flow_update);
COVERAGE_DEFINE(iov_flow_pause);
COVERAGE_DEFINE(iov_flow_opaque);

/* Counts that may disagree before the flows are read anew. */
/* Bytes of a message of nothing but deletions that may be the last one. */
#define MIN_PURGE 32768

#define MAX_COUNTS 5

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

ovs_be32
flow_monitor_send(struct iov_flow_monitor *fm, struct ofpbuf *msg)
{
    ovs_be32 xid = ((const struct ofp_header *) msg->data)->xid;
    rconn_send(fm->rconn, msg, NULL);
    return xid;
}

/* Reading the flows.
 *
 * ovs-vswitchd puts together all that one flow monitor request asks for
 * before it does anything else.  So that this does not hold it for seconds,
 * there is one monitor of all changes, which begins first and stays, and for
 * each table that has flows one that lasts as long as the table is read. */

#define CHANGES_ID 1
#define DUMP_ID 2

void
flow_monitor_start_dump(struct iov_flow_monitor *fm)
{
    enum ofp_version version = rconn_get_version(fm->rconn);

    fm->phase = DUMPING;
    fm->dump_xid = 0;
    memset(fm->to_dump, 0, sizeof fm->to_dump);
    flow_monitor_send(fm, flow_update_encode_request(version, CHANGES_ID,
                                                     0xff, false));
    fm->tables_xid = flow_monitor_send(fm,
                                       flow_update_encode_tables(version));
}

static void
dump_next_table(struct iov_flow_monitor *fm)
{
    enum ofp_version version = rconn_get_version(fm->rconn);
    size_t table_id = bitmap_scan(fm->to_dump, 1, 0, 256);

    if (fm->dump_xid) {
        flow_monitor_send(fm, flow_update_encode_cancel(version, DUMP_ID));
        fm->dump_xid = 0;
    }
    if (table_id < 256) {
        bitmap_set0(fm->to_dump, table_id);
        fm->dump_xid = flow_monitor_send(
            fm, flow_update_encode_request(version, DUMP_ID, table_id,
                                           true));
    } else {
        fm->phase = LIVE;
        iov_flow_table_clear(fm->overtaken);
        VLOG_INFO("bridge %s: has %"PRIuSIZE" flows", fm->bridge,
                  iov_flow_table_count(fm->table));
    }
}

static void
handle_tables(struct iov_flow_monitor *fm, const struct ofp_header *oh)
{
    if (fm->phase != DUMPING || oh->xid != fm->tables_xid) {
        return;
    }
    fm->last_rx = time_msec();
    enum ofperr error = flow_update_decode_tables(oh, fm->to_dump);
    if (error) {
        VLOG_WARN_RL(&rl, "bridge %s: list of tables cannot be decoded (%s), "
                     "starting anew", fm->bridge, ofperr_get_name(error));
        fm->resync = true;
    } else if (!ofpmp_more(oh)) {
        fm->tables_xid = 0;
        dump_next_table(fm);
    }
}

/* ovs-vswitchd tells of no deletion of a flow that was replaced while it had
 * paused, so that after a pause the table can hold flows that are gone, and
 * never lacks one: it is right exactly if the number is.  A flow that another
 * thread of ovs-vswitchd learns at that moment can make the numbers differ
 * once or twice. */
static void
handle_count(struct iov_flow_monitor *fm, const struct ofp_header *oh)
{
    struct ofputil_aggregate_stats stats;
    enum ofperr error = ofputil_decode_aggregate_stats_reply(&stats, oh);
    fm->count_xid = 0;
    fm->last_rx = time_msec();
    if (fm->paused || !fm->unchecked) {
        /* It will be counted again. */
    } else if (!error
               && stats.flow_count == iov_flow_table_count(fm->table)) {
        fm->unchecked = false;
    } else if (++fm->n_counts >= MAX_COUNTS) {
        VLOG_INFO("bridge %s: deletions of flows were missed, starting anew",
                  fm->bridge);
        fm->resync = true;
    }
}

static void
resumed(struct iov_flow_monitor *fm)
{
    fm->paused = false;
    fm->unchecked = !fm->opaque;
    fm->n_counts = 0;
}

/* A flow that could not be decoded.  When such a flow changes or goes, only a
 * new dump can tell whether others of its kind are left. */
static void
opaque_update(struct iov_flow_monitor *fm, const struct flow_update *fu)
{
    COVERAGE_INC(iov_flow_opaque);
    fm->opaque = true;
    char *why = xasprintf("table=%"PRIu8" priority=%"PRIu16" "
                          "cookie=0x%"PRIx64": match not understood (%s)",
                          fu->table_id, fu->priority, fu->cookie,
                          ofperr_get_name(fu->bad_match));
    VLOG_WARN_RL(&rl, "bridge %s: %s", fm->bridge, why);
    iov_flow_table_set_opaque(fm->table, why);
    free(why);
    if (fu->event == OFPFME_REMOVED) {
        fm->resync = true;
    }
}

static void
apply_update(struct iov_flow_monitor *fm, const struct flow_update *fu,
             bool dumped)
{
    COVERAGE_INC(iov_flow_update);
    if (fu->event == OFPFME_PAUSED) {
        COVERAGE_INC(iov_flow_pause);
        fm->paused = true;
        fm->n_purges++;
    } else if (fu->event == OFPFME_RESUMED) {
        resumed(fm);
    } else if (fu->event == OFPFME_ABBREV) {
        /* Only for changes of our own, of which there are none. */
        fm->resync = true;
    } else if (fu->bad_match) {
        opaque_update(fm, fu);
    } else if (dumped && iov_flow_table_count(fm->overtaken)
               && iov_flow_table_remove(fm->overtaken, fu->table_id,
                                        fu->priority, &fu->match)) {
        /* A change of it was quicker. */
    } else {
        flow_update_apply(fu, fm->table);
        if (fm->phase == DUMPING && !dumped) {
            iov_flow_table_put(fm->overtaken, &(struct iov_flow_spec) {
                .table_id = fu->table_id,
                .priority = fu->priority,
                .match = &fu->match,
            });
        }
    }
}

/* An ovs-vswitchd that exits first deletes all flows, of which one message
 * arrives, or the beginning of a pause.  Whether that is the end of the switch
 * or of its flows has to be found out. */
static void
note_purge(struct iov_flow_monitor *fm, const struct ofp_header *oh)
{
    if (!iov_flow_table_count(fm->table)
        || ntohs(oh->length) >= MIN_PURGE) {
        fm->n_purges++;
    }
}

/* Returns the number of entries. */
static int
handle_updates(struct iov_flow_monitor *fm, const struct ofp_header *oh)
{
    struct ofpbuf msg = ofpbuf_const_initializer(oh, ntohs(oh->length));
    ofpraw_pull_assert(&msg);

    /* Changes have number 0, as has a dump that has not begun. */
    bool dumped = (fm->phase == DUMPING && fm->dump_xid
                   && oh->xid == fm->dump_xid);
    fm->last_rx = dumped ? time_msec() : fm->last_rx;
    struct flow_update fu;
    uint64_t stub[1024 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    int n = 0, n_removed = 0;
    int error;
    while (!(error = flow_update_pull(&fu, &msg, oh->version, &ofpacts))) {
        apply_update(fm, &fu, dumped);
        n_removed += fu.event == OFPFME_REMOVED;
        n++;
    }
    if (n && n == n_removed) {
        note_purge(fm, oh);
    }
    ofpbuf_uninit(&ofpacts);
    if (error != EOF) {
        VLOG_WARN_RL(&rl, "bridge %s: flow monitor message cannot be decoded "
                     "(%s), starting anew", fm->bridge,
                     ofperr_get_name(error));
        fm->resync = true;
    }
    if (dumped && !ofpmp_more(oh)) {
        dump_next_table(fm);
    }
    return n;
}

/* An error carries no usable transaction number, so that one that arrives
 * before the end of the dump has to be the answer to what was asked. */
static void
handle_error(struct iov_flow_monitor *fm, const struct ofp_header *oh)
{
    enum ofperr error = ofperr_decode_msg(oh, NULL);
    if (fm->phase == LIVE) {
        VLOG_WARN_RL(&rl, "bridge %s: unexpected OpenFlow error (%s), "
                     "starting anew", fm->bridge, ofperr_get_name(error));
        fm->resync = true;
    } else {
        VLOG_WARN_RL(&rl, "bridge %s: ovs-vswitchd refused the flow monitor: "
                     "%s", fm->bridge, ofperr_get_name(error));
        fm->phase = REFUSED;
        fm->refusal = error;
        fm->retry_at = time_msec() + FLOW_MONITOR_RETRY_MAX_MSEC;
    }
}

int
flow_monitor_handle(struct iov_flow_monitor *fm, const struct ofp_header *oh)
{
    enum ofptype type;
    enum ofperr error = ofptype_decode(&type, oh);
    if (error) {
        VLOG_WARN_RL(&rl, "bridge %s: OpenFlow message not understood (%s), "
                     "starting anew", fm->bridge, ofperr_get_name(error));
        fm->resync = true;
        return 1;
    }

    if (type == OFPTYPE_FLOW_MONITOR_STATS_REPLY) {
        return handle_updates(fm, oh);
    } else if (type == OFPTYPE_FLOW_MONITOR_PAUSED) {
        COVERAGE_INC(iov_flow_pause);
        fm->paused = true;
        fm->n_purges++;
    } else if (type == OFPTYPE_FLOW_MONITOR_RESUMED) {
        resumed(fm);
    } else if (type == OFPTYPE_TABLE_STATS_REPLY) {
        handle_tables(fm, oh);
    } else if (type == OFPTYPE_AGGREGATE_STATS_REPLY) {
        handle_count(fm, oh);
    } else if (type == OFPTYPE_BARRIER_REPLY) {
        if (oh->xid == fm->barrier_xid) {
            fm->barrier_xid = 0;
            fm->answered = fm->sent;
            fm->last_rx = time_msec();
        }
    } else if (type == OFPTYPE_ECHO_REQUEST) {
        rconn_send(fm->rconn, ofputil_encode_echo_reply(oh), NULL);
    } else if (type == OFPTYPE_ERROR) {
        handle_error(fm, oh);
    }
    return 1;
}
