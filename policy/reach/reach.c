/* SPDX-License-Identifier: Apache-2.0 */

/* Do all packets of a port end in NORMAL?
 *
 * Has them followed, and keeps the result until a flow changes that can
 * concern them.
 *
 * Ports share outcomes, so that what is said of a port can have changed though
 * nobody has asked about it since. */

#include <config.h>

#include "policy/reach/reach.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "openvswitch/hmap.h"
#include "packets.h"
#include "policy/flow/index.h"
#include "policy/flow/table.h"
#include "policy/reach/outcome.h"
#include "policy/reach/packet-set.h"
#include "policy/reach/show.h"
#include "util.h"

int
iov_peer_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct iov_peer));
}

/* What is done in one brief call: flows that are taken into views, about 1 ms,
 * and units of work of walks, some ms. */
#define BRIEF_FLOWS 10000
#define BRIEF_WORK 5000

/* A port. */
struct entry {
    struct hmap_node node;      /* In iov_reach.entries, by ofport. */
    struct iov_reach_port port;
    uint32_t *uplinks;          /* Those of 'port'. */
    struct iov_outcome **outcomes;      /* By number of the class. */
    size_t n_outcomes;
};

struct iov_reach {
    struct iov_reach_base base;
    const struct ofputil_port_map *port_map;
    struct hmap entries;        /* Contains struct entry. */
    struct hmap shared;         /* Contains struct iov_outcome. */
    uint64_t names_result;      /* 'n_results' when names changed. */
    struct iov_texts texts;
    size_t brief_work;
    bool no_queues;             /* Choosing one does nothing. */
    unsigned long long int n_examined;
};

struct iov_reach *
iov_reach_create(struct iov_flow_table *table)
{
    struct iov_reach *reach = xzalloc(sizeof *reach);

    reach->base.table = table;
    reach->brief_work = BRIEF_WORK;
    hmap_init(&reach->entries);
    hmap_init(&reach->shared);
    return reach;
}

static uint32_t
outcome_hash(const struct iov_outcome *o)
{
    return hash_2words(o->uplink, o->vlan);
}

static void
put_outcome(struct iov_reach *reach, struct iov_outcome *o)
{
    if (!--o->n_users) {
        if (o->class.kind == IOV_CLASS_TO_MANY) {
            hmap_remove(&reach->shared, &o->node);
        }
        iov_outcome_destroy(o);
    }
}

static struct iov_outcome *
get_outcome(struct iov_reach *reach, const struct iov_class *class,
            const struct iov_reach_port *port)
{
    struct iov_outcome *new = iov_outcome_create(class, port);
    struct iov_outcome *o;

    HMAP_FOR_EACH_WITH_HASH (o, node, outcome_hash(new), &reach->shared) {
        if (iov_outcome_is_of(o, class, port)) {
            iov_outcome_destroy(new);
            o->n_users++;
            return o;
        }
    }
    if (class->kind == IOV_CLASS_TO_MANY) {
        hmap_insert(&reach->shared, &new->node, outcome_hash(new));
    }
    new->n_users = 1;
    return new;
}

static void
entry_destroy(struct iov_reach *reach, struct entry *e)
{
    for (size_t i = 0; i < e->n_outcomes; i++) {
        put_outcome(reach, e->outcomes[i]);
    }
    free(e->outcomes);
    free(e->uplinks);
    free(e);
}

void
iov_reach_destroy(struct iov_reach *reach)
{
    if (reach) {
        struct entry *e;
        HMAP_FOR_EACH_POP (e, node, &reach->entries) {
            entry_destroy(reach, e);
        }
        hmap_destroy(&reach->entries);
        hmap_destroy(&reach->shared);
        iov_texts_clear(&reach->texts);
        free(reach->base.peers);
        free(reach);
    }
}

void
iov_reach_set_port_map(struct iov_reach *reach,
                       const struct ofputil_port_map *port_map)
{
    reach->port_map = port_map;
    reach->names_result = ++reach->base.n_results;
}

struct iov_flow_table *
iov_reach_table(const struct iov_reach *reach)
{
    return reach->base.table;
}

const struct ofputil_port_map *
iov_reach_port_map(const struct iov_reach *reach)
{
    return reach->port_map;
}

void
iov_reach_set_peers(struct iov_reach *reach, const struct iov_peer *peers,
                    size_t n)
{
    struct iov_reach_base *base = &reach->base;
    size_t size = n * sizeof *peers;
    struct iov_peer *sorted = n ? xmemdup(peers, size) : NULL;

    if (n) {
        qsort(sorted, n, sizeof *sorted, iov_peer_compare);
    }
    if (n == base->n_peers
        && (!n || !memcmp(sorted, base->peers, size))) {
        free(sorted);
        return;
    }
    free(base->peers);
    base->peers = sorted;
    base->n_peers = n;
    base->peers_seqno++;
}

void
iov_reach_set_queues(struct iov_reach *reach, bool any)
{
    if (reach->no_queues == any) {
        reach->no_queues = !any;
        reach->names_result = ++reach->base.n_results;
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
            && a->any_src == b->any_src
            && a->any_dst == b->any_dst
            && a->n_uplinks == b->n_uplinks
            && (!a->n_uplinks
                || !memcmp(a->uplinks, b->uplinks,
                           a->n_uplinks * sizeof *a->uplinks)));
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
    e->uplinks = xmemdup(port->n_uplinks ? port->uplinks : &port->ofport,
                         port->n_uplinks * sizeof *port->uplinks);
    e->port.uplinks = e->uplinks;
    e->n_outcomes = iov_n_classes(port);
    e->outcomes = xcalloc(e->n_outcomes, sizeof *e->outcomes);
    for (size_t i = 0; i < e->n_outcomes; i++) {
        struct iov_class class = iov_class_from_number(i);
        e->outcomes[i] = get_outcome(reach, &class, &e->port);
    }
    hmap_insert(&reach->entries, &e->node, hash_int(port->ofport, 0));
    return e;
}

/* Brings the outcomes of 'e' up to date.  Returns false if that would take too
 * long. */
static bool
examine(struct iov_reach *reach, struct entry *e)
{
    bool looked = false;

    for (size_t i = 0; i < e->n_outcomes; i++) {
        struct iov_outcome *o = e->outcomes[i];
        if (iov_outcome_is_outdated(o, &reach->base, &e->port)) {
            reach->n_examined += !looked;
            looked = true;
            iov_outcome_examine(o, &reach->base, &e->port);
            if (o->unfinished) {
                return false;
            }
        }
    }
    return true;
}

/* Returns what is known of 'port', up to date, or null if that would take too
 * long. */
static struct entry *
get_entry(struct iov_reach *reach, const struct iov_reach_port *port)
{
    struct entry *e = find_entry(reach, port->ofport);

    if (e && !ports_equal(&e->port, port)) {
        hmap_remove(&reach->entries, &e->node);
        entry_destroy(reach, e);
        e = NULL;
    }
    if (!e) {
        e = create_entry(reach, port);
    }
    return examine(reach, e) ? e : NULL;
}

/* Takes out of 'list' the flows that output to the port and are culprits for
 * another reason, too.  Returns how many are left. */
static size_t
leave_out_delivered(struct iov_culprit list[], size_t n)
{
    size_t n_left = 0;

    for (size_t i = 0; i < n; i++) {
        bool known = false;
        for (size_t j = 0; (list[i].reason == IOV_REASON_DELIVERED_BY_OUTPUT
                            && list[i].at.flow && j < n); j++) {
            known |= (list[j].at.flow == list[i].at.flow
                      && list[j].reason != IOV_REASON_DELIVERED_BY_OUTPUT);
        }
        if (!known) {
            list[n_left++] = list[i];
        }
    }
    return n_left;
}

/* Stores copies of all culprits of 'e', each once, in '*listp', to be freed,
 * and returns how many they are. */
static size_t
list_culprits(const struct iov_reach *reach, const struct entry *e,
              struct iov_culprit **listp)
{
    struct hmap seen = HMAP_INITIALIZER(&seen);
    size_t n = 0;

    for (size_t i = 0; i < e->n_outcomes; i++) {
        n += hmap_count(&e->outcomes[i]->findings.culprits);
    }
    *listp = n ? xmalloc(n * sizeof **listp) : NULL;
    n = 0;
    for (size_t i = 0; i < e->n_outcomes; i++) {
        const struct iov_culprit *c;
        HMAP_FOR_EACH (c, node, &e->outcomes[i]->findings.culprits) {
            struct iov_culprit like = *c;
            struct iov_culprit *same;

            if (c->queue && reach->no_queues) {
                continue;
            }
            like.queue = false;         /* One reason for each flow. */
            same = iov_culprit_find(&seen, &like);
            if (same) {
                same->classes |= c->classes;
                same->uncertain &= c->uncertain;
                same->step = same->step ? same->step : c->step;
            } else {
                same = &(*listp)[n++];
                *same = like;
                hmap_insert(&seen, &same->node, hmap_node_hash(&c->node));
            }
        }
    }
    hmap_destroy(&seen);
    return leave_out_delivered(*listp, n);
}

/* Appends the first 'max' of the 'n' culprits of 'list' as reasons. */
static void
show_culprits(const struct iov_culprit list[], size_t n, size_t max,
              const struct iov_show *show, struct iov_reasons *reasons)
{
    const struct iov_culprit **sorted = xcalloc(n, sizeof *sorted);

    for (size_t i = 0; i < n; i++) {
        sorted[i] = &list[i];
    }
    iov_culprits_sort(sorted, n, show);
    for (size_t i = 0; i < MIN(n, max); i++) {
        iov_culprit_to_reason(sorted[i], show, reasons);
    }
    free(sorted);
}

static size_t
check(struct iov_reach *reach, const struct iov_reach_port *port,
      struct iov_reasons *reasons, size_t max, bool paths)
{
    const char *opaque = iov_flow_table_opaque(reach->base.table);
    struct entry *e = get_entry(reach, port);
    struct iov_culprit *list;

    if (!e) {
        return SIZE_MAX;
    }
    if (opaque && max) {
        iov_reasons_add(reasons, IOV_REASON_OPENFLOW_OPAQUE, NULL, opaque);
        max--;
    }

    size_t n = list_culprits(reach, e, &list);
    if (n) {
        struct iov_show show = {
            .words = iov_flow_table_words(reach->base.table),
            .port_map = reach->port_map,
            .port = &e->port,
            .texts = &reach->texts,
            .paths = paths,
        };
        iov_texts_set_time(&reach->texts,
                           iov_flow_table_seqno(reach->base.table),
                           reach->names_result);
        show_culprits(list, n, max, &show, reasons);
    }
    free(list);
    return n + (opaque != NULL);
}

size_t
iov_reach_check(struct iov_reach *reach,
                const struct iov_reach_port *port,
                struct iov_reasons *reasons, size_t max)
{
    return check(reach, port, reasons, max, false);
}

size_t
iov_reach_explain(struct iov_reach *reach,
                  const struct iov_reach_port *port,
                  struct iov_reasons *reasons, size_t max)
{
    return check(reach, port, reasons, max, true);
}

void
iov_reach_set_brief_work(struct iov_reach *reach, size_t n_work)
{
    reach->brief_work = n_work;
}

size_t
iov_reach_check_briefly(struct iov_reach *reach,
                        const struct iov_reach_port *port,
                        struct iov_reasons *reasons, size_t max)
{
    struct iov_allowance allowance = {
        .n_flows = BRIEF_FLOWS, .n_work = reach->brief_work
    };

    reach->base.allowance = &allowance;
    size_t n = iov_reach_check(reach, port, reasons, max);
    reach->base.allowance = NULL;
    return n;
}

enum iov_reach_state
iov_reach_look(const struct iov_reach *reach,
               const struct iov_reach_port *port, uint64_t *result)
{
    struct entry *e = find_entry(reach, port->ofport);
    bool outdated = false;

    *result = 0;
    if (!e || !ports_equal(&e->port, port)) {
        return IOV_REACH_UNKNOWN;
    }

    uint64_t last = reach->names_result;
    for (size_t i = 0; i < e->n_outcomes; i++) {
        struct iov_outcome *o = e->outcomes[i];
        if (!o->result) {
            return IOV_REACH_UNKNOWN;
        }
        last = MAX(last, o->result);
        outdated = (outdated
                    || iov_outcome_is_outdated(o, &reach->base, &e->port));
    }
    *result = last;
    return outdated ? IOV_REACH_OUTDATED : IOV_REACH_CURRENT;
}
