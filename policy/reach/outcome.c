/* SPDX-License-Identifier: Apache-2.0 */

/* What becomes of a class of packets.
 *
 * Packets for many are the same for all ports of a VLAN, which share their
 * outcome, so that a flow about them is not followed once for each port.
 *
 * Whether a dropped packet costs the VF can depend on a second packet, see
 * iov_reach_set_peers().  A flow that concerns only that one has to be
 * noticed, too. */

#include <config.h>

#include "policy/reach/outcome.h"

#include <string.h>

#include "flow.h"
#include "packets.h"
#include "policy/flow/index.h"
#include "policy/flow/table.h"
#include "policy/reach/delivered.h"
#include "policy/reach/overview.h"
#include "policy/reach/reach.h"
#include "policy/reach/sink.h"
#include "util.h"

static uint32_t
class_uplink(const struct iov_class *class, const struct iov_reach_port *port)
{
    return (class->kind == IOV_CLASS_FROM_PORT
            || class->kind == IOV_CLASS_DELIVERED ? 0
            : port->uplinks[class->uplink]);
}

struct iov_outcome *
iov_outcome_create(const struct iov_class *class,
                   const struct iov_reach_port *port)
{
    struct iov_outcome *o = xzalloc(sizeof *o);

    o->class = *class;
    o->uplink = class_uplink(class, port);
    o->vlan = port->vlan;
    iov_findings_init(&o->findings);
    return o;
}

void
iov_outcome_destroy(struct iov_outcome *o)
{
    iov_findings_destroy(&o->findings);
    iov_walk_state_clear(&o->walk);
    free(o->cubes);
    free(o);
}

bool
iov_outcome_is_of(const struct iov_outcome *o, const struct iov_class *class,
                  const struct iov_reach_port *port)
{
    return (class->kind == IOV_CLASS_TO_MANY
            && o->class.kind == IOV_CLASS_TO_MANY
            && o->class.uplink == class->uplink
            && o->uplink == class_uplink(class, port)
            && o->vlan == port->vlan);
}

/* Returns true if something has changed since 'o' was examined that can
 * matter to it. */
static bool
is_concerned(const struct iov_outcome *o, const struct iov_reach_base *base)
{
    return ((o->peers_seqno != base->peers_seqno && o->findings.n_asked)
            || (o->seqno != iov_flow_table_seqno(base->table)
                && iov_flow_table_concerns(base->table, o->seqno,
                                           o->findings.deps.tables,
                                           o->cubes, o->n_cubes)));
}

bool
iov_outcome_is_outdated(struct iov_outcome *o,
                        const struct iov_reach_base *base,
                        const struct iov_reach_port *port)
{
    if (o->class.kind == IOV_CLASS_DELIVERED) {
        return !o->result || iov_delivered_is_outdated(base->table, port,
                                                       o->seqno);
    }
    if (!o->result || o->unfinished || is_concerned(o, base)) {
        return true;
    }
    o->seqno = iov_flow_table_seqno(base->table);
    o->peers_seqno = base->peers_seqno;
    return false;
}

static void
add_cube(struct iov_outcome *o, struct match *m)
{
    const struct iov_walk_deps *deps = &o->findings.deps;
    size_t idx;

    if (deps->other_in_port) {
        m->wc.masks.in_port.ofp_port = 0;
    }
    BITMAP_FOR_EACH_1 (idx, FLOW_U64S, deps->changed) {
        *flow_u64_lvalue(&m->wc.masks, idx) = 0;
    }
    iov_key_cube_init(&o->cubes[o->n_cubes++], m);
}

/* Keeps what tells whether a changed flow can concern 'packets', or those by
 * an uplink that were looked at besides. */
static void
set_cubes(struct iov_outcome *o, const struct iov_reach_port *port,
          struct match packets[], size_t n)
{
    const struct iov_findings *f = &o->findings;
    bool many = f->n_asked > IOV_MAX_ASKED;
    size_t n_asked = many ? 1 : f->n_asked;

    free(o->cubes);
    o->cubes = xcalloc(n + n_asked * port->n_uplinks, sizeof *o->cubes);
    o->n_cubes = 0;
    for (size_t i = 0; i < n; i++) {
        add_cube(o, &packets[i]);
    }
    for (size_t i = 0; n_asked && i < port->n_uplinks; i++) {
        for (size_t j = 0; j < n_asked; j++) {
            struct match m;
            iov_packets_init_counterpart(&m, port, i, f->asked[j]);
            if (many) {
                m.wc.masks.dl_dst = eth_addr_zero;
            }
            add_cube(o, &m);
        }
    }
}

static bool
is_exhausted(const struct iov_reach_base *base)
{
    return base->allowance && base->allowance->exhausted;
}

/* Adds to the findings of 'o' what becomes of 'packets', some of its class;
 * with 'lasting', what may become of them once flows have expired. */
static void
follow(struct iov_outcome *o, const struct iov_reach_base *base,
       const struct iov_reach_port *port, const struct match *packets,
       bool lasting)
{
    struct iov_culprit_sink sink = {
        .findings = &o->findings,
        .port = port,
        .peers = base->peers,
        .n_peers = base->n_peers,
        .class = (o->class.kind == IOV_CLASS_FROM_PORT ? 0
                  : 1 + o->class.uplink),
    };
    struct iov_probe_sink probe;
    struct iov_walk_order order = {
        .table = base->table,
        .packets = packets,
        .sink = &sink.up,
        .deps = &o->findings.deps,
        .allowance = base->allowance,
        .state = base->allowance || o->walk.begun ? &o->walk : NULL,
        .skip_plain = true,
        .probe = &probe.up,
        .lasting = lasting,
    };

    sink.order = &order;
    iov_culprit_sink_init(&sink);
    iov_probe_sink_init(&probe, &sink);
    /* The overview may have to wait for the next examination. */
    if (!o->limited || o->walk.begun) {
        o->limited |= !iov_walk(&order);
    }
    if (o->limited && !is_exhausted(base)) {
        sink.uncertain = true;
        iov_overview(&order);
    }
}

/* Makes 'o' ready to be followed from the start, unless it can go on where an
 * earlier examination has ended. */
static void
begin(struct iov_outcome *o, const struct iov_reach_base *base)
{
    if (!o->unfinished || is_concerned(o, base)) {
        if (!o->unfinished) {
            o->was_clean = o->result && hmap_is_empty(&o->findings.culprits);
        }
        iov_findings_clear(&o->findings);
        o->walk.begun = false;
        o->walks_done = 0;
        o->limited = false;
    }
}

void
iov_outcome_examine(struct iov_outcome *o, struct iov_reach_base *base,
                    const struct iov_reach_port *port)
{
    struct match packets[IOV_CLASS_MATCHES];
    size_t n = iov_class_get_packets(&o->class, port, packets);

    /* Once as the flows are, then as they may be, so that a flow is named for
     * what it does now. */
    size_t n_walks = iov_flow_table_idles(base->table) ? 2 * n : n;

    begin(o, base);
    o->unfinished = false;
    while (o->walks_done < n_walks && !o->unfinished) {
        follow(o, base, port, &packets[o->walks_done % n],
               o->walks_done >= n);
        o->unfinished = is_exhausted(base);
        if (!o->unfinished) {
            o->walks_done++;
            o->limited = false;
        }
    }
    if (o->class.kind == IOV_CLASS_DELIVERED) {
        iov_delivered_find(base->table, port, &o->findings);
    }
    if (!o->unfinished
        && !(o->was_clean && hmap_is_empty(&o->findings.culprits))) {
        o->result = ++base->n_results;
    }
    set_cubes(o, port, packets, n);
    o->seqno = iov_flow_table_seqno(base->table);
    o->peers_seqno = base->peers_seqno;
}
