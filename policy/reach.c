/* SPDX-License-Identifier: Apache-2.0 */

/* Do all packets of a port end in NORMAL?
 *
 * Has them followed, and keeps the result until a flow changes that can
 * concern them.
 *
 * The subtle thing: whether a dropped packet costs the VF can depend on a
 * second packet, see iov_reach_set_neighbours().  A flow that concerns only
 * that one has to be noticed, too. */

#include <config.h>

#include "policy/reach.h"

#include <stdlib.h>
#include <string.h>

#include "bitmap.h"
#include "hash.h"
#include "openvswitch/hmap.h"
#include "openvswitch/match.h"
#include "packets.h"
#include "policy/flow-index.h"
#include "policy/flow-table.h"
#include "policy/reach-packets.h"
#include "policy/reach-show.h"
#include "policy/reach-walk.h"
#include "util.h"

int
iov_neighbour_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct iov_neighbour));
}

/* Flows that are taken into views in one brief call, about 1 ms. */
#define BRIEF_FLOWS 10000

/* The result for one port. */
struct entry {
    struct hmap_node node;      /* In iov_reach.entries, by ofport. */
    struct iov_reach_port port; /* With 'uplinks' of its own. */
    uint64_t result;            /* Number of the result; 0: none yet. */
    bool unfinished;            /* The last examination was not completed. */
    uint64_t seqno;             /* Of the flow table, as of which it holds. */
    uint64_t neighbours_seqno;  /* Of the neighbours. */
    struct iov_key_cube *cubes; /* Packets that were followed. */
    size_t n_cubes;
    struct iov_findings findings;
};

struct iov_reach {
    const struct iov_flow_table *table;
    const struct ofputil_port_map *port_map;
    struct hmap entries;        /* Contains struct entry. */
    struct iov_allowance *allowance;    /* Of the call under way, or null. */
    uint64_t n_results;
    uint64_t names_result;      /* 'n_results' when names changed. */
    struct iov_neighbour *given;        /* As they were told. */
    struct iov_neighbour *neighbours;   /* Sorted. */
    size_t n_neighbours;
    uint64_t neighbours_seqno;
    unsigned long long int n_examined;
};

struct iov_reach *
iov_reach_create(const struct iov_flow_table *table)
{
    struct iov_reach *reach = xzalloc(sizeof *reach);

    reach->table = table;
    hmap_init(&reach->entries);
    return reach;
}

static void
entry_destroy(struct entry *e)
{
    iov_findings_destroy(&e->findings);
    free(CONST_CAST(uint32_t *, e->port.uplinks));
    free(e->cubes);
    free(e);
}

void
iov_reach_destroy(struct iov_reach *reach)
{
    if (reach) {
        struct entry *e;
        HMAP_FOR_EACH_POP (e, node, &reach->entries) {
            entry_destroy(e);
        }
        hmap_destroy(&reach->entries);
        free(reach->given);
        free(reach->neighbours);
        free(reach);
    }
}

void
iov_reach_set_port_map(struct iov_reach *reach,
                       const struct ofputil_port_map *port_map)
{
    reach->port_map = port_map;
    reach->names_result = ++reach->n_results;
}

const struct iov_flow_table *
iov_reach_table(const struct iov_reach *reach)
{
    return reach->table;
}

const struct ofputil_port_map *
iov_reach_port_map(const struct iov_reach *reach)
{
    return reach->port_map;
}

void
iov_reach_set_neighbours(const struct iov_reach *reach_,
                         const struct iov_neighbour *neighbours, size_t n)
{
    struct iov_reach *reach = CONST_CAST(struct iov_reach *, reach_);
    size_t size = n * sizeof *neighbours;

    if (n == reach->n_neighbours
        && (!n || !memcmp(neighbours, reach->given, size))) {
        return;
    }
    free(reach->given);
    free(reach->neighbours);
    reach->given = n ? xmemdup(neighbours, size) : NULL;
    reach->neighbours = n ? xmemdup(neighbours, size) : NULL;
    reach->n_neighbours = n;
    reach->neighbours_seqno++;
    if (n) {
        qsort(reach->neighbours, n, sizeof *neighbours,
              iov_neighbour_compare);
    }
}

unsigned long long int
iov_reach_n_examined(const struct iov_reach *reach)
{
    return reach->n_examined;
}

static bool
ports_equal(const struct iov_reach_port *a, const struct iov_reach_port *b)
{
    return (a->ofport == b->ofport
            && eth_addr_equals(a->mac, b->mac)
            && a->vlan == b->vlan
            && a->n_uplinks == b->n_uplinks
            && (!a->n_uplinks
                || !memcmp(a->uplinks, b->uplinks,
                           a->n_uplinks * sizeof *a->uplinks)));
}

static void
entry_add_cube(struct entry *e, struct match m)
{
    if (e->findings.other_in_port) {
        m.wc.masks.in_port.ofp_port = 0;
    }
    iov_key_cube_init(&e->cubes[e->n_cubes++], &m);
}

/* Keeps what tells whether a changed flow can concern 'cs', or the packets by
 * an uplink that were looked at besides. */
static void
entry_set_cubes(struct entry *e, const struct iov_classes *cs)
{
    const struct iov_findings *f = &e->findings;
    size_t n_asked = MIN(f->n_asked, IOV_MAX_ASKED);

    free(e->cubes);
    e->cubes = xcalloc(cs->n + n_asked * e->port.n_uplinks,
                       sizeof *e->cubes);
    e->n_cubes = 0;
    for (size_t i = 0; i < cs->n; i++) {
        entry_add_cube(e, cs->list[i].packets);
    }
    for (size_t i = 0; n_asked && i < e->port.n_uplinks; i++) {
        bool many = f->n_asked > IOV_MAX_ASKED;
        for (size_t j = 0; j < (many ? 1 : n_asked); j++) {
            struct match m;
            iov_packets_init_twin(&m, &e->port, i, f->asked[j]);
            if (many) {
                m.wc.masks.dl_dst = eth_addr_zero;
            }
            entry_add_cube(e, m);
        }
    }
}

static void
examine(struct iov_reach *reach, struct entry *e)
{
    struct iov_classes cs;

    reach->n_examined++;
    iov_findings_clear(&e->findings);
    iov_classes_init(&cs, &e->port);
    for (size_t i = 0; i < cs.n; i++) {
        struct iov_walk_order order = {
            .table = reach->table,
            .port = &e->port,
            .neighbours = reach->neighbours,
            .n_neighbours = reach->n_neighbours,
            .packets = &cs.list[i].packets,
            .class = cs.list[i].number,
            .allowance = reach->allowance,
        };
        iov_walk(&order, &e->findings);
    }
    e->unfinished = reach->allowance && reach->allowance->exhausted;
    e->result = e->unfinished ? e->result : ++reach->n_results;
    entry_set_cubes(e, &cs);
    e->seqno = iov_flow_table_seqno(reach->table);
    e->neighbours_seqno = reach->neighbours_seqno;
    iov_classes_destroy(&cs);
}

static struct entry *
find_entry(const struct iov_reach *reach, uint32_t ofport)
{
    struct entry *e;

    HMAP_FOR_EACH_WITH_HASH (e, node, hash_int(ofport, 0), &reach->entries) {
        if (e->port.ofport == ofport) {
            return e;
        }
    }
    return NULL;
}

static struct entry *
create_entry(struct iov_reach *reach, const struct iov_reach_port *port)
{
    struct entry *e = xzalloc(sizeof *e);

    e->port = *port;
    e->port.uplinks = xmemdup(port->n_uplinks ? port->uplinks : &port->ofport,
                              port->n_uplinks * sizeof *port->uplinks);
    iov_findings_init(&e->findings);
    hmap_insert(&reach->entries, &e->node, hash_int(port->ofport, 0));
    examine(reach, e);
    return e;
}

/* Returns true if what 'e' says may not hold any more. */
static bool
is_outdated(const struct iov_reach *reach, const struct entry *e)
{
    return (e->unfinished
            || (e->neighbours_seqno != reach->neighbours_seqno
             && e->findings.n_asked)
            || (e->seqno != iov_flow_table_seqno(reach->table)
                && iov_flow_table_concerns(reach->table, e->seqno,
                                           e->findings.tables, e->cubes,
                                           e->n_cubes)));
}

/* Returns the result for 'port', examined anew if it can be another one. */
static struct entry *
get_entry(struct iov_reach *reach, const struct iov_reach_port *port)
{
    struct entry *e = find_entry(reach, port->ofport);

    if (e && !ports_equal(&e->port, port)) {
        hmap_remove(&reach->entries, &e->node);
        entry_destroy(e);
        e = NULL;
    }
    if (!e) {
        return create_entry(reach, port);
    }
    if (is_outdated(reach, e)) {
        examine(reach, e);
    }
    e->seqno = iov_flow_table_seqno(reach->table);
    e->neighbours_seqno = reach->neighbours_seqno;
    return e;
}

static void
show_culprits(const struct iov_reach *reach, const struct entry *e,
              struct iov_reasons *reasons, size_t max, bool paths)
{
    size_t n = hmap_count(&e->findings.culprits);
    const struct iov_culprit **list = xcalloc(n, sizeof *list);
    const struct iov_culprit *c;
    struct iov_show show = {
        .words = iov_flow_table_words(reach->table),
        .port_map = reach->port_map,
        .port = &e->port,
        .paths = paths,
    };

    n = 0;
    HMAP_FOR_EACH (c, node, &e->findings.culprits) {
        list[n++] = c;
    }
    iov_culprits_sort(list, n, &show);
    for (size_t i = 0; i < MIN(n, max); i++) {
        iov_culprit_to_reason(list[i], &show, reasons);
    }
    free(list);
}

static size_t
check(const struct iov_reach *reach_, const struct iov_reach_port *port,
      struct iov_reasons *reasons, size_t max, bool paths)
{
    struct iov_reach *reach = CONST_CAST(struct iov_reach *, reach_);
    const char *opaque = iov_flow_table_opaque(reach->table);
    size_t n = 0;

    if (opaque) {
        if (max) {
            iov_reasons_add(reasons, IOV_REASON_OPENFLOW_OPAQUE, NULL,
                            opaque);
            max--;
        }
        n++;
    }

    struct entry *e = get_entry(reach, port);
    show_culprits(reach, e, reasons, max, paths);
    return n + hmap_count(&e->findings.culprits);
}

size_t
iov_reach_check(const struct iov_reach *reach,
                const struct iov_reach_port *port,
                struct iov_reasons *reasons, size_t max)
{
    return check(reach, port, reasons, max, false);
}

size_t
iov_reach_explain(const struct iov_reach *reach,
                  const struct iov_reach_port *port,
                  struct iov_reasons *reasons, size_t max)
{
    return check(reach, port, reasons, max, true);
}

size_t
iov_reach_check_briefly(const struct iov_reach *reach_,
                        const struct iov_reach_port *port,
                        struct iov_reasons *reasons, size_t max)
{
    struct iov_reach *reach = CONST_CAST(struct iov_reach *, reach_);
    struct iov_allowance allowance = { .n_flows = BRIEF_FLOWS };
    struct iov_reasons found = IOV_REASONS_INITIALIZER;

    reach->allowance = &allowance;
    size_t n = iov_reach_check(reach, port, &found, max);
    reach->allowance = NULL;
    if (allowance.exhausted) {
        n = SIZE_MAX;
    } else {
        iov_reasons_move(reasons, &found);
    }
    iov_reasons_clear(&found);
    return n;
}

enum iov_reach_state
iov_reach_look(const struct iov_reach *reach,
               const struct iov_reach_port *port, uint64_t *result)
{
    struct entry *e = find_entry(reach, port->ofport);

    *result = 0;
    if (!e || !e->result || !ports_equal(&e->port, port)) {
        return IOV_REACH_UNKNOWN;
    }
    *result = MAX(e->result, reach->names_result);
    if (is_outdated(reach, e)) {
        return IOV_REACH_OUTDATED;
    }
    e->seqno = iov_flow_table_seqno(reach->table);
    e->neighbours_seqno = reach->neighbours_seqno;
    return IOV_REACH_CURRENT;
}
