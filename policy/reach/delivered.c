/* SPDX-License-Identifier: Apache-2.0 */

/* Packets of others that a flow outputs to a port: see delivered.h.
 *
 * The flows are looked up by the port, not followed: one in a table that no
 * packet gets to counts, too.
 *
 * "flood" and "all" output to the uplink as well, by which the NIC gets the
 * packet and delivers it to the VF, but as it is and not in the VLAN of an
 * access port. */

#include <config.h>

#include "policy/reach/delivered.h"

#include <stdlib.h>

#include "policy/flow/index.h"
#include "policy/reach/findings.h"
#include "policy/reach/reach.h"
#include "util.h"

/* Flows that are named. */
#define MAX_FLOWS 16

static struct iov_delivery_query
make_query(const struct iov_reach_port *port)
{
    return (struct iov_delivery_query) {
        .ofport = port->ofport, .floods = port->vlan != 0
    };
}

bool
iov_delivered_is_outdated(const struct iov_flow_table *table,
                          const struct iov_reach_port *port, uint64_t seqno)
{
    struct iov_delivery_query q = make_query(port);

    return iov_deliveries_changed(iov_flow_table_deliveries(table), &q)
           > seqno;
}

static void
add_culprit(struct iov_findings *f, const struct iov_candidate *at,
            size_t n_like)
{
    struct iov_culprit like = {
        .reason = IOV_REASON_DELIVERED_BY_OUTPUT, .n_like = n_like
    };

    if (at) {
        like.table_id = at->sub->table_id;
        like.at = *at;
    }
    if (!iov_culprit_find(&f->culprits, &like)) {
        struct iov_culprit *c = xmemdup(&like, sizeof like);
        hmap_insert(&f->culprits, &c->node, iov_culprit_hash(c));
    }
}

void
iov_delivered_find(const struct iov_flow_table *table,
                   const struct iov_reach_port *port, struct iov_findings *f)
{
    struct iov_delivery_query q = make_query(port);
    struct iov_candidate list[MAX_FLOWS];
    size_t n_listed;
    size_t n = iov_deliveries_find(iov_flow_table_deliveries(table), &q, list,
                                   MAX_FLOWS, &n_listed);

    for (size_t i = 0; i < n_listed; i++) {
        add_culprit(f, &list[i], n - n_listed);
    }
    if (n && !n_listed) {
        add_culprit(f, NULL, n - 1);
    }
}
