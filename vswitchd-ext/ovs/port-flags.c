/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks a bridge for the flags of its ports and for what it does with
 * fragments: see port-flags.h.
 *
 * It has a connection of its own, because of the version.  The flag that
 * keeps a port out of flooding exists in OpenFlow 1.0 only, in which flows
 * cannot be heard.  A bridge that does not speak 1.0 is asked in another
 * version, in which nobody can set or see that flag.
 *
 * The answers come in the order of the questions, and the last one is that
 * about fragments.  Only it makes the flags known. */

#include <config.h>

#include "vswitchd-ext/ovs/port-flags.h"

#include <stdlib.h>

#include "coverage.h"
#include "coverage.h"
#include "dirs.h"
#include "flow.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/ofp-switch.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/rconn.h"
#include "openvswitch/vconn.h"
#include "openvswitch/vlog.h"
#include "policy/model/snapshot.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"
#include "vswitchd-ext/ovs/db.h"

VLOG_DEFINE_THIS_MODULE(iov_port_flags);

COVERAGE_DEFINE(iov_port_flags_read);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

#define POLL_INTERVAL 2000      /* ms. */
#define RETRY_INTERVAL 250      /* ms. */
#define MAX_FAILED 4            /* A new ovs-vswitchd needs some time. */
#define PROBE_INTERVAL 30       /* s. */
#define MAX_MESSAGES 50         /* In one run, before others have theirs. */

#define FLAGS (OFPUTIL_PC_NO_RECV | OFPUTIL_PC_NO_FWD | OFPUTIL_PC_NO_FLOOD)

/* A port that has any of FLAGS. */
struct flagged {
    ofp_port_t port;
    enum ofputil_port_config config;
};

struct answer {
    struct flagged *ports;
    size_t n, allocated;
    bool drops_fragments;
};

struct iov_port_flags {
    char *bridge;
    char *target;               /* "unix:RUNDIR/BRIDGE.mgmt". */
    struct rconn *rconn;
    bool trying;                /* 'rconn' has been given a connection. */
    bool connected;             /* It works. */
    unsigned int n_failed;      /* Attempts in a row without an answer. */
    long long int retry_at;     /* ms. */
    long long int poll_at;      /* ms. */

    bool known;
    struct answer now;          /* If known. */
    struct answer next;         /* Being read. */
    ovs_be32 ports_xid;         /* 0: no question under way. */
    ovs_be32 config_xid;        /* The same. */

    /* Round trips: tokens up to this one. */
    uint64_t asked, sent, answered;
    uint64_t changed;
};

struct iov_port_flags *
iov_port_flags_create(const char *bridge)
{
    struct iov_port_flags *pf = xzalloc(sizeof *pf);
    pf->bridge = xstrdup(bridge);
    pf->target = xasprintf("unix:%s/%s.mgmt", ovs_rundir(), bridge);
    pf->rconn = rconn_create(PROBE_INTERVAL, 1, DSCP_DEFAULT, 0);
    return pf;
}

void
iov_port_flags_destroy(struct iov_port_flags *pf)
{
    if (pf) {
        rconn_destroy(pf->rconn);
        free(pf->now.ports);
        free(pf->next.ports);
        free(pf->target);
        free(pf->bridge);
        free(pf);
    }
}

/* Connection. */

static void
disconnected(struct iov_port_flags *pf)
{
    pf->retry_at = time_msec() + RETRY_INTERVAL;
    if (++pf->n_failed >= MAX_FAILED) {
        /* Nobody need wait for what will not come soon. */
        pf->answered = pf->sent = pf->asked;
    }
    pf->changed += pf->known;
    pf->known = false;
    pf->trying = pf->connected = false;
    pf->ports_xid = pf->config_xid = 0;
    rconn_disconnect(pf->rconn);
}

static void
try_to_connect(struct iov_port_flags *pf)
{
    uint32_t versions = iov_db_openflow_versions(pf->bridge);
    uint32_t best = 1u << OFP10_VERSION;
    struct vconn *vconn;

    if (time_msec() < pf->retry_at) {
        return;
    }
    versions = versions & best ? best : versions;
    if (!versions || vconn_open(pf->target, versions, DSCP_DEFAULT, &vconn)) {
        disconnected(pf);
    } else {
        rconn_connect_unreliably(pf->rconn, vconn, pf->target);
        pf->trying = true;
    }
}

static void
run_connection(struct iov_port_flags *pf)
{
    if (!pf->trying) {
        try_to_connect(pf);
    }
    rconn_run(pf->rconn);
    if (pf->trying && !rconn_is_alive(pf->rconn)) {
        disconnected(pf);
    } else if (rconn_is_connected(pf->rconn) && !pf->connected) {
        pf->connected = true;
        pf->poll_at = time_msec();
    }
}

/* Questions. */

static ovs_be32
send_question(struct iov_port_flags *pf, struct ofpbuf *msg)
{
    ovs_be32 xid = ((const struct ofp_header *) msg->data)->xid;
    rconn_send(pf->rconn, msg, NULL);
    return xid;
}

static bool
must_ask(const struct iov_port_flags *pf)
{
    return (pf->connected && !pf->config_xid
            && (pf->sent != pf->asked || time_msec() >= pf->poll_at));
}

static void
ask(struct iov_port_flags *pf)
{
    enum ofp_version version = rconn_get_version(pf->rconn);

    COVERAGE_INC(iov_port_flags_read);
    pf->sent = pf->asked;
    pf->poll_at = time_msec() + POLL_INTERVAL;
    pf->next.n = 0;
    pf->ports_xid = send_question(
        pf, ofputil_encode_port_desc_stats_request(version, OFPP_ANY));
    pf->config_xid = send_question(
        pf, ofpraw_alloc(OFPRAW_OFPT_GET_CONFIG_REQUEST, version, 0));
}

/* Answers. */

static void
add_port(struct answer *a, const struct ofputil_phy_port *port)
{
    if (port->config & FLAGS) {
        if (a->n == a->allocated) {
            a->ports = x2nrealloc(a->ports, &a->allocated, sizeof *a->ports);
        }
        a->ports[a->n++] = (struct flagged) {
            port->port_no, port->config & FLAGS
        };
    }
}

static void
handle_ports(struct iov_port_flags *pf, const struct ofp_header *oh)
{
    struct ofpbuf msg = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofputil_phy_port port;
    int error;

    ofpraw_pull_assert(&msg);
    while (!(error = ofputil_pull_phy_port(oh->version, &msg, &port))) {
        add_port(&pf->next, &port);
    }
    if (error != EOF) {
        VLOG_WARN_RL(&rl, "bridge %s: the list of its ports cannot be decoded "
                     "(%s), starting anew", pf->bridge,
                     ofperr_get_name(error));
        disconnected(pf);
    } else if (!ofpmp_more(oh)) {
        pf->ports_xid = 0;
    }
}

static int
compare_flagged(const void *a_, const void *b_)
{
    const struct flagged *a = a_;
    const struct flagged *b = b_;
    uint32_t x = ofp_to_u16(a->port), y = ofp_to_u16(b->port);

    return x < y ? -1 : x > y;
}

static bool
answers_equal(const struct answer *a, const struct answer *b)
{
    if (a->n != b->n || a->drops_fragments != b->drops_fragments) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (a->ports[i].port != b->ports[i].port
            || a->ports[i].config != b->ports[i].config) {
            return false;
        }
    }
    return true;
}

static void
handle_config(struct iov_port_flags *pf, const struct ofp_header *oh)
{
    struct ofputil_switch_config config;
    struct answer old = pf->now;

    ofputil_decode_get_config_reply(oh, &config);
    pf->config_xid = 0;
    pf->next.drops_fragments = config.frag == OFPUTIL_FRAG_DROP;
    if (pf->next.n) {
        qsort(pf->next.ports, pf->next.n, sizeof *pf->next.ports,
              compare_flagged);
    }
    if (!pf->known || !answers_equal(&old, &pf->next)) {
        pf->changed++;
    }
    pf->now = pf->next;
    pf->next = old;
    pf->known = true;
    pf->n_failed = 0;
    pf->answered = pf->sent;
}

static void
handle(struct iov_port_flags *pf, const struct ofp_header *oh)
{
    enum ofptype type;
    enum ofperr error = ofptype_decode(&type, oh);

    if (error) {
        VLOG_WARN_RL(&rl, "bridge %s: OpenFlow message not understood (%s), "
                     "starting anew", pf->bridge, ofperr_get_name(error));
        disconnected(pf);
    } else if (type == OFPTYPE_PORT_DESC_STATS_REPLY) {
        if (pf->ports_xid && oh->xid == pf->ports_xid) {
            handle_ports(pf, oh);
        }
    } else if (type == OFPTYPE_GET_CONFIG_REPLY) {
        if (pf->config_xid && oh->xid == pf->config_xid && !pf->ports_xid) {
            handle_config(pf, oh);
        }
    } else if (type == OFPTYPE_ECHO_REQUEST) {
        rconn_send(pf->rconn, ofputil_encode_echo_reply(oh), NULL);
    } else if (type == OFPTYPE_ERROR) {
        VLOG_WARN_RL(&rl, "bridge %s: ovs-vswitchd does not tell the flags of "
                     "its ports: %s", pf->bridge,
                     ofperr_get_name(ofperr_decode_msg(oh, NULL)));
        disconnected(pf);
    }
}

void
iov_port_flags_run(struct iov_port_flags *pf)
{
    run_connection(pf);
    if (must_ask(pf)) {
        ask(pf);
    }
    for (int i = 0; i < MAX_MESSAGES && pf->connected; i++) {
        struct ofpbuf *msg = rconn_recv(pf->rconn);
        if (!msg) {
            break;
        }
        handle(pf, msg->data);
        ofpbuf_delete(msg);
    }
    if (pf->trying && !rconn_is_alive(pf->rconn)) {
        disconnected(pf);
    }
}

void
iov_port_flags_wait(struct iov_port_flags *pf)
{
    rconn_run_wait(pf->rconn);
    rconn_recv_wait(pf->rconn);
    if (!pf->trying) {
        poll_timer_wait_until(pf->retry_at);
    } else if (must_ask(pf)) {
        poll_immediate_wake();
    } else if (pf->connected && !pf->config_xid) {
        poll_timer_wait_until(pf->poll_at);
    }
}

/* What is known. */

uint64_t
iov_port_flags_changed(const struct iov_port_flags *pf)
{
    return pf->changed;
}

const char *
iov_port_flags_unknown(const struct iov_port_flags *pf)
{
    return pf->known ? NULL : "the flags of its ports are being read";
}

static void
fill_port(const struct answer *a, struct iov_port *port)
{
    struct flagged key = { .port = u16_to_ofp(port->ofport) };
    const struct flagged *f = (a->n && port->ofport > 0
                               ? bsearch(&key, a->ports, a->n,
                                         sizeof *a->ports, compare_flagged)
                               : NULL);
    if (f) {
        port->no_receive = f->config & OFPUTIL_PC_NO_RECV;
        port->no_forward = f->config & OFPUTIL_PC_NO_FWD;
        port->no_flood = f->config & OFPUTIL_PC_NO_FLOOD;
    }
}

void
iov_port_flags_fill(const struct iov_port_flags *pf,
                    struct iov_bridge *bridge)
{
    if (pf->known) {
        bridge->drops_fragments = pf->now.drops_fragments;
        for (size_t i = 0; i < bridge->n_ports; i++) {
            fill_port(&pf->now, &bridge->ports[i]);
        }
    }
}

uint64_t
iov_port_flags_sync(struct iov_port_flags *pf)
{
    return ++pf->asked;
}

bool
iov_port_flags_synced(const struct iov_port_flags *pf, uint64_t token)
{
    return token <= pf->answered;
}
