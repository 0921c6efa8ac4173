/* SPDX-License-Identifier: Apache-2.0 */

/* Do all packets of a port end in NORMAL?
 *
 * Says which packets those are, has them followed, and keeps the result until
 * a flow changes that can concern them.
 *
 * The subtle thing: what a packet may carry beside its headers.  Registers,
 * metadata and tunnel fields are 0 when it comes in by a port that is no
 * tunnel.  Its mark, its priority and its connection state may have been set
 * by the host's own network stack; they are taken for unknown. */

#include <config.h>

#include "policy/reach.h"

#include <string.h>

#include "bitmap.h"
#include "hash.h"
#include "openvswitch/hmap.h"
#include "openvswitch/match.h"
#include "flow.h"
#include "packets.h"
#include "policy/flow-index.h"
#include "policy/flow-table.h"
#include "policy/reach-show.h"
#include "policy/reach-walk.h"
#include "util.h"

/* The result for one port. */
struct entry {
    struct hmap_node node;      /* In iov_reach.entries, by ofport. */
    struct iov_reach_port port; /* With 'uplinks' of its own. */
    uint64_t seqno;             /* Of the flow table, as of which it holds. */
    struct iov_key_cube *cubes; /* Packets that were followed. */
    size_t n_cubes;
    struct iov_findings findings;
};

struct iov_reach {
    const struct iov_flow_table *table;
    const struct ofputil_port_map *port_map;
    struct hmap entries;        /* Contains struct entry. */
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
        free(reach);
    }
}

void
iov_reach_set_port_map(struct iov_reach *reach,
                       const struct ofputil_port_map *port_map)
{
    reach->port_map = port_map;
}

unsigned long long int
iov_reach_n_examined(const struct iov_reach *reach)
{
    return reach->n_examined;
}

/* What every packet that comes in by port 'in_port' has in common. */
static void
init_packets(struct match *m, uint32_t in_port)
{
    match_init_catchall(m);
    memset(&m->wc.masks.tunnel, 0xff, offsetof(struct flow_tnl, metadata));
    memset(m->wc.masks.regs, 0xff, sizeof m->wc.masks.regs);
    match_set_metadata(m, htonll(0));
    match_set_recirc_id(m, 0);
    match_set_conj_id(m, 0);
    match_set_packet_type(m, htonl(PT_ETH));
    match_set_in_port(m, u16_to_ofp(in_port));
}

/* A set of packets that concern a port. */
struct class {
    struct match packets;
    unsigned int number;        /* 0: from the port, else 1 + uplink. */
};

struct classes {
    struct class *list;
    size_t n;
};

static struct class *
add_class(struct classes *cs, unsigned int number, uint32_t in_port)
{
    struct class *c = &cs->list[cs->n++];

    c->number = number;
    init_packets(&c->packets, in_port);
    return c;
}

/* Packets from the port.  An access port's are untagged, or have a tag that
 * says priority and no VLAN; all others are dropped on both paths. */
static void
add_from_port(struct classes *cs, const struct iov_reach_port *port)
{
    struct match *m = &add_class(cs, 0, port->ofport)->packets;

    match_set_dl_src(m, port->mac);
    if (port->vlan) {
        match_set_dl_tci(m, htons(0));

        m = &add_class(cs, 0, port->ofport)->packets;
        match_set_dl_src(m, port->mac);
        match_set_dl_tci_masked(m, htons(VLAN_CFI),
                                htons(VLAN_CFI | VLAN_VID_MASK));
    }
}

/* Packets from uplink number 'i' for the port. */
static void
add_from_uplink(struct classes *cs, const struct iov_reach_port *port,
                size_t i)
{
    static const struct eth_addr group = { { { 1, 0, 0, 0, 0, 0 } } };

    for (int multicast = 0; multicast < 2; multicast++) {
        struct match *m = &add_class(cs, i + 1, port->uplinks[i])->packets;

        if (multicast) {
            match_set_dl_dst_masked(m, group, group);
        } else {
            match_set_dl_dst(m, port->mac);
        }
        if (port->vlan) {
            match_set_dl_tci_masked(m, htons(VLAN_CFI | port->vlan),
                                    htons(VLAN_CFI | VLAN_VID_MASK));
        }
    }
}

static void
classes_init(struct classes *cs, const struct iov_reach_port *port)
{
    cs->list = xcalloc(2 + 2 * port->n_uplinks, sizeof *cs->list);
    cs->n = 0;
    add_from_port(cs, port);
    for (size_t i = 0; i < port->n_uplinks; i++) {
        add_from_uplink(cs, port, i);
    }
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

/* Keeps what tells whether a changed flow can concern 'cs'. */
static void
entry_set_cubes(struct entry *e, const struct classes *cs)
{
    free(e->cubes);
    e->cubes = xcalloc(cs->n, sizeof *e->cubes);
    e->n_cubes = cs->n;
    for (size_t i = 0; i < cs->n; i++) {
        struct match m = cs->list[i].packets;
        if (e->findings.other_in_port) {
            m.wc.masks.in_port.ofp_port = 0;
        }
        iov_key_cube_init(&e->cubes[i], &m);
    }
}

static void
examine(struct iov_reach *reach, struct entry *e)
{
    struct classes cs;

    reach->n_examined++;
    iov_findings_clear(&e->findings);
    classes_init(&cs, &e->port);
    for (size_t i = 0; i < cs.n; i++) {
        iov_walk(reach->table, &cs.list[i].packets, cs.list[i].number,
                 &e->findings);
    }
    entry_set_cubes(e, &cs);
    e->seqno = iov_flow_table_seqno(reach->table);
    free(cs.list);
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
    if (e->seqno != iov_flow_table_seqno(reach->table)) {
        if (iov_flow_table_concerns(reach->table, e->seqno,
                                    e->findings.tables, e->cubes,
                                    e->n_cubes)) {
            examine(reach, e);
        }
        e->seqno = iov_flow_table_seqno(reach->table);
    }
    return e;
}

static void
show_culprits(const struct iov_reach *reach, const struct entry *e,
              struct iov_reasons *reasons, size_t max)
{
    size_t n = hmap_count(&e->findings.culprits);
    const struct iov_culprit **list = xcalloc(n, sizeof *list);
    const struct iov_culprit *c;
    struct iov_show show = {
        .words = iov_flow_table_words(reach->table),
        .port_map = reach->port_map,
        .port = &e->port,
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

size_t
iov_reach_check(const struct iov_reach *reach_,
                const struct iov_reach_port *port,
                struct iov_reasons *reasons, size_t max)
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
    show_culprits(reach, e, reasons, max);
    return n + hmap_count(&e->findings.culprits);
}
