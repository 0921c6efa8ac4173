/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_OVS_FLOW_MONITOR_INTERNAL_H
#define IOV_EXT_OVS_FLOW_MONITOR_INTERNAL_H 1

/* A flow monitor from inside: flow-monitor.c has its connection and what is
 * known, flow-monitor-messages.c what arrives.  Nobody else includes this.
 *
 * 'asked', 'sent', 'answered' and 'done' never overtake one another; a token
 * is done only while the flows are known. */

#include <stdbool.h>
#include <stdint.h>

#include "bitmap.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/types.h"

struct iov_flow_table;
struct iov_reach;
struct ofp_header;
struct ofpbuf;
struct rconn;

#define FLOW_MONITOR_RETRY_MAX_MSEC 8000

enum phase { CONNECTING, DUMPING, LIVE, REFUSED };

struct iov_flow_monitor {
    char *bridge;
    char *target;               /* "unix:RUNDIR/BRIDGE.mgmt". */

    /* Connection. */
    struct rconn *rconn;
    bool trying;                /* 'rconn' has been given a connection. */
    bool connected;             /* It works. */
    bool failed;                /* The last attempt failed. */
    unsigned int n_lost;        /* Attempts in a row that were cut off. */
    int error;                  /* Why there is no connection, 0: not yet. */
    unsigned int backoff;       /* Milliseconds. */
    long long int retry_at;
    uint64_t retry_db;          /* iov_db_changed() at the last attempt. */

    enum phase phase;
    enum ofperr refusal;        /* With REFUSED. */
    ovs_be32 tables_xid;        /* Of the question for tables. */
    ovs_be32 dump_xid;          /* Of the table that is being read. */
    unsigned long to_dump[BITMAP_N_LONGS(256)]; /* Tables not yet read. */
    bool paused;
    bool unchecked;             /* After a pause: flows are to be counted. */
    ovs_be32 count_xid;         /* 0: no count under way. */
    unsigned int n_counts;      /* That did not agree. */
    bool opaque;                /* Some flow cannot be counted. */
    bool resync;                /* Something was missed: start anew. */
    long long int last_rx;     /* Last answer, or nothing was asked, ms. */
    uint64_t db_token;          /* Database round trip begun on connecting. */
    bool restored;              /* ovs-vswitchd has seen that no flows are to
                                 * be restored, on this connection. */
    bool restoring;             /* Flows are being restored, ... */
    uint64_t restore_token;     /* ...or have to arrive, up to this token. */

    struct ofputil_port_map ports;
    size_t n_ports;             /* In 'ports'. */
    uint64_t ports_db;          /* iov_db_changed() that 'ports' is of. */
    struct iov_flow_table *table;
    struct iov_flow_table *overtaken;    /* While DUMPING. */
    struct iov_reach *reach;

    /* Round trips.  A barrier is answered after all changes before it were
     * sent, except those that a pause holds back. */
    uint64_t asked;             /* Last token given out. */
    uint64_t sent;              /* Tokens up to this one: barrier sent. */
    ovs_be32 barrier_xid;       /* 0: none under way. */
    uint64_t answered;          /* Tokens up to this one: answered. */
    uint64_t done;              /* Tokens up to this one: in step since. */

    char *unknown;              /* Null: in step. */
    uint64_t n_purges;          /* Times that the flows, or many of them, were
                                 * deleted. */
    uint64_t changed;
    uint64_t flows_changed;     /* Of 'table', as long as flows are known. */
};

/* Takes 'msg' and returns its transaction number. */
ovs_be32 flow_monitor_send(struct iov_flow_monitor *, struct ofpbuf *msg);
/* Begins to read the flows. */
void flow_monitor_start_dump(struct iov_flow_monitor *);
/* Takes in a message and returns how much work that was. */
int flow_monitor_handle(struct iov_flow_monitor *, const struct ofp_header *);

#endif /* vswitchd-ext/ovs/flow-monitor-internal.h */
