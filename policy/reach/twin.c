/* SPDX-License-Identifier: Apache-2.0 */

/* Drops that stay in force while the port is on its VF.
 *
 * A packet that the port sends to a peer port on the software path comes to
 * the bridge in either case: by the port itself, or, from its VF, by the
 * uplink.  If the flows drop both, the flow that drops the first is no reason
 * against the VF.
 *
 * The subtle thing: the peer port has to be on the software path, and is,
 * because the flows drop what comes by the uplink for it, which is a reason
 * against a VF of the peer port itself. */

#include <config.h>

#include "policy/reach/walk-internal.h"

#include <string.h>

#include "flow.h"
#include "packets.h"
#include "policy/reach/packet-set.h"
#include "policy/reach/reach.h"
#include "util.h"

/* If packets of 'p' go to a single address, stores it in '*mac'. */
static bool
get_single_dst(const struct iov_walk *w, const struct iov_path *p,
               struct eth_addr *mac)
{
    struct flow flow = { .dl_dst = eth_addr_zero };
    struct flow mask = { .dl_dst = eth_addr_zero };

    for (size_t i = 0; i < 2; i++) {
        size_t idx = FLOW_U64_OFFSET(dl_dst) + i;
        uint8_t pos = w->words->pos[idx];
        if (pos != IOV_NO_WORD) {
            *flow_u64_lvalue(&flow, idx) = p->cube.w[pos].value;
            *flow_u64_lvalue(&mask, idx) = p->cube.w[pos].mask;
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
is_peer(const struct iov_walk_order *order, struct eth_addr mac)
{
    struct iov_peer n = { mac, order->port->vlan };

    return (!eth_addr_equals(mac, order->port->mac) && order->n_peers
            && bsearch(&n, order->peers, order->n_peers, sizeof n,
                       iov_peer_compare));
}

bool
iov_walk_drop_is_kept(struct iov_walk *w, const struct iov_path *p)
{
    const struct iov_reach_port *port = w->order->port;
    struct eth_addr mac;

    if (w->order->class || !port->n_uplinks
        || !get_single_dst(w, p, &mac)) {
        return false;
    }
    remember(w->findings, mac);
    if (!is_peer(w->order, mac)) {
        return false;
    }
    for (size_t i = 0; i < port->n_uplinks; i++) {
        struct match counterpart;
        iov_packets_init_counterpart(&counterpart, port, i, mac);
        if (!iov_walk_all_dropped(w, &counterpart, p)) {
            return false;
        }
    }
    return true;
}
