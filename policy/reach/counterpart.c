/* SPDX-License-Identifier: Apache-2.0 */

/* Drops that stay in force while the port is on its VF.
 *
 * A packet that the port sends to a peer port on the software path comes to
 * the bridge in either case: by the port itself, or, from its VF, by the
 * uplink.  If the flows drop both, the flow that drops the first is no reason
 * against the VF.
 *
 * The peer port has to be on the software path, and is, because the flows drop
 * what comes by the uplink for it, which is a reason against a VF of the peer
 * port itself. */

#include <config.h>

#include "policy/reach/sink.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "packets.h"
#include "policy/reach/packet-set.h"
#include "policy/reach/reach.h"
#include "policy/reach/walk-internal.h"
#include "util.h"

/* Work to find out that flows are hidden, for those packets of a port that go
 * to one address. */
#define MAX_HIDING_COUNTERPART 1000

/* If packets of 'cube' go to a single address, stores it in '*mac'. */
static bool
get_single_dst(const struct iov_words *words, const struct iov_cube *cube,
               struct eth_addr *mac)
{
    struct flow flow = { .dl_dst = eth_addr_zero };
    struct flow mask = { .dl_dst = eth_addr_zero };

    for (size_t i = 0; i < 2; i++) {
        size_t idx = FLOW_U64_OFFSET(dl_dst) + i;
        uint8_t pos = words->pos[idx];
        if (pos != IOV_NO_WORD) {
            *flow_u64_lvalue(&flow, idx) = cube->w[pos].value;
            *flow_u64_lvalue(&mask, idx) = cube->w[pos].mask;
        }
    }
    *mac = flow.dl_dst;
    return (eth_mask_is_exact(mask.dl_dst)
            && !eth_addr_is_multicast(flow.dl_dst));
}

static void
remember(struct iov_findings *f, struct eth_addr mac)
{
    for (size_t i = 0; i < MIN(f->n_asked, IOV_MAX_ASKED); i++) {
        if (eth_addr_equals(f->asked[i], mac)) {
            return;
        }
    }
    if (f->n_asked < IOV_MAX_ASKED) {
        f->asked[f->n_asked] = mac;
    }
    f->n_asked++;
}

static bool
is_peer(const struct iov_culprit_sink *s, struct eth_addr mac)
{
    struct iov_peer n = { mac, s->port->vlan };

    return (!eth_addr_equals(mac, s->port->mac)
            && s->n_peers
            && bsearch(&n, s->peers, s->n_peers, sizeof n,
                       iov_peer_compare));
}

/* Makes known what the headers in 'from' tell, but for the VLAN of a port that
 * has one. */
static void
take_headers(const struct iov_words *words, bool has_vlan,
             struct iov_cube *cube, const struct iov_cube *from)
{
    for (size_t i = 0; i < words->n; i++) {
        size_t idx = words->idx[i];
        if (idx >= FLOW_U64_OFFSET(dl_dst)
            && (idx != FLOW_U64_OFFSET(vlans) || !has_vlan)) {
            iov_bits_set(&cube->w[i], from->w[i].value, from->w[i].mask);
        }
    }
}

/* Follows those of 'packets' that agree with some of 'r', which came in as
 * 'entry', and with what they went through, in all that does not depend on the
 * port.  Returns true if all of them are dropped. */
static bool
are_all_dropped(const struct iov_culprit_sink *s, const struct iov_report *r,
                const struct match *packets, const struct iov_cube *entry)
{
    const struct iov_words *words = iov_report_words(r);
    bool has_vlan = s->port->vlan != 0;
    uint8_t vlans = (has_vlan ? words->pos[FLOW_U64_OFFSET(vlans)]
                     : IOV_NO_WORD);
    struct iov_passed passed = {
        r->path->past, &r->path->changed, s->order->lasting
    };
    struct iov_past past = { .priority = -1 };
    struct iov_shadow *shadows = iov_past_headers(&passed, vlans, &past.n);
    struct iov_drop_sink sink;
    struct iov_walk_order order = {
        .table = s->order->table,
        .packets = packets,
        .sink = &sink.up,
        .deps = s->order->deps,
        .allowance = s->order->allowance,
        .lasting = s->order->lasting,
        .max_hiding = MAX_HIDING_COUNTERPART,
    };
    struct iov_walk w;
    struct iov_path p;

    iov_walk_init(&w, &order);
    memset(&p, 0, offsetof(struct iov_path, cube));
    past.shadows = shadows;
    p.past = &past;
    iov_cube_init(&p.cube, words, packets);
    take_headers(words, has_vlan, &p.cube, entry);
    iov_drop_sink_init(&sink);
    iov_walk_begin(&w, &p);
    iov_walk_uninit(&w);
    free(shadows);
    return !sink.not_dropped;
}

bool
iov_drop_is_kept(const struct iov_culprit_sink *s, const struct iov_report *r)
{
    const struct iov_reach_port *port = s->port;
    struct iov_cube entry;
    struct eth_addr mac;

    if (s->class || !port->n_uplinks
        || !get_single_dst(iov_report_words(r), r->cube, &mac)) {
        return false;
    }
    remember(s->findings, mac);
    if (!is_peer(s, mac)) {
        return false;
    }
    iov_report_get_entry(r, &entry);
    for (size_t i = 0; i < port->n_uplinks; i++) {
        struct match counterpart;
        iov_packets_init_counterpart(&counterpart, port, i, mac);
        if (!are_all_dropped(s, r, &counterpart, &entry)) {
            return false;
        }
    }
    return true;
}
