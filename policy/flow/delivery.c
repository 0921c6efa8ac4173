/* SPDX-License-Identifier: Apache-2.0 */

/* Which flows output to which port, other than by NORMAL: see delivery.h.
 *
 * A flow that matches the very port that it outputs to does not count, because
 * Open vSwitch outputs no packet to the port that it came in by; unless some
 * flow changes the in_port of packets.
 *
 * Of the flows with equal actions only some are remembered, to be shown.  If
 * those go and others stay, the entry is left with a number and no example,
 * until the next such flow is put in. */

#include <config.h>

#include "policy/flow/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "hash.h"
#include "openvswitch/match.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-actions.h"
#include "policy/flow/index.h"
#include "util.h"

/* Flows of one entry that are remembered. */
#define MAX_EXAMPLES 4

/* Flows that have equal actions and output to one port. */
struct delivery {
    struct hmap_node node;      /* In struct delivery_port. */
    const struct iov_acts *acts;
    size_t n;                   /* Flows. */
    size_t n_own;               /* Of which so many match that port. */
    struct iov_candidate examples[MAX_EXAMPLES];
    size_t n_examples;          /* None of them matches that port. */
};

struct delivery_port {
    struct hmap_node node;      /* In struct iov_deliveries. */
    uint16_t port;
    uint64_t seqno;             /* Of its last change. */
    struct hmap deliveries;     /* Contains struct delivery, by actions. */
};

/* Finding outputs. */

static void
add_port(struct iov_acts_outputs *o, ofp_port_t port)
{
    uint16_t number = ofp_to_u16(port);
    size_t i = 0;

    while (i < o->n_ports && o->ports[i] < number) {
        i++;
    }
    if (i < o->n_ports && o->ports[i] == number) {
        return;
    }
    o->ports = xrealloc(o->ports, (o->n_ports + 1) * sizeof *o->ports);
    memmove(&o->ports[i + 1], &o->ports[i],
            (o->n_ports - i) * sizeof *o->ports);
    o->ports[i] = number;
    o->n_ports++;
}

static void
add_output(struct iov_acts_outputs *o, ofp_port_t port)
{
    if (port != OFPP_NORMAL && port != OFPP_CONTROLLER && port != OFPP_NONE) {
        add_port(o, port);
    }
}

static bool
is_in_port(const struct mf_field *field)
{
    return field && (field->id == MFF_IN_PORT
                     || field->id == MFF_IN_PORT_OXM);
}

/* Returns true if packets look as if they came in by another port after 'a',
 * or to the lookup that it makes. */
static bool
rebinds(const struct ofpact *a)
{
    switch ((int) a->type) {
    case OFPACT_RESUBMIT:
        return ofpact_get_RESUBMIT(a)->in_port != OFPP_IN_PORT;
    case OFPACT_SET_FIELD:
        return is_in_port(ofpact_get_SET_FIELD(a)->field);
    case OFPACT_REG_MOVE:
        return is_in_port(ofpact_get_REG_MOVE(a)->dst.field);
    case OFPACT_STACK_POP:
        return is_in_port(ofpact_get_STACK_POP(a)->subfield.field);
    case OFPACT_MULTIPATH:
        return is_in_port(ofpact_get_MULTIPATH(a)->dst.field);
    case OFPACT_BUNDLE:
        return is_in_port(ofpact_get_BUNDLE(a)->dst.field);
    default:
        return false;
    }
}

static void
add_bundle(struct iov_acts_outputs *o, const struct ofpact_bundle *a)
{
    for (size_t i = 0; !a->dst.field && i < a->n_members; i++) {
        add_output(o, a->members[i]);
    }
}

static void
add_action(struct iov_acts_outputs *o, const struct ofpact *a)
{
    switch ((int) a->type) {
    case OFPACT_OUTPUT:
        add_output(o, ofpact_get_OUTPUT(a)->port);
        break;
    case OFPACT_OUTPUT_TRUNC:
        add_output(o, ofpact_get_OUTPUT_TRUNC(a)->port);
        break;
    case OFPACT_ENQUEUE:
        add_output(o, ofpact_get_ENQUEUE(a)->port);
        break;
    case OFPACT_BUNDLE:
        add_bundle(o, ofpact_get_BUNDLE(a));
        break;
    case OFPACT_OUTPUT_REG:
    case OFPACT_GROUP:
        add_port(o, OFPP_NONE);
        break;
    default:
        break;
    }
    o->rebinds |= rebinds(a);
}

static void
add_actions(struct iov_acts_outputs *o, const struct ofpact *ofpacts,
            size_t len)
{
    const struct ofpact *a;

    /* Nested ones come right after the action that they are part of. */
    OFPACT_FOR_EACH_FLATTENED (a, ofpacts, len) {
        add_action(o, a);
    }
}

void
iov_acts_find_outputs(struct iov_acts *acts)
{
    add_actions(&acts->outputs, acts->ofpacts, acts->ofpacts_len);
    if (acts->opaque) {
        add_port(&acts->outputs, OFPP_NONE);
        acts->outputs.rebinds = true;
    }
}

/* Entries. */

void
iov_deliveries_init(struct iov_deliveries *ds)
{
    memset(ds, 0, sizeof *ds);
    hmap_init(&ds->ports);
}

void
iov_deliveries_destroy(struct iov_deliveries *ds)
{
    struct delivery_port *p;
    struct delivery *d;

    HMAP_FOR_EACH_POP (p, node, &ds->ports) {
        HMAP_FOR_EACH_POP (d, node, &p->deliveries) {
            free(d);
        }
        hmap_destroy(&p->deliveries);
        free(p);
    }
    hmap_destroy(&ds->ports);
}

void
iov_deliveries_clear(struct iov_deliveries *ds, uint64_t seqno)
{
    iov_deliveries_destroy(ds);
    iov_deliveries_init(ds);
    ds->all_seqno = seqno;
}

static struct delivery_port *
find_port(const struct iov_deliveries *ds, uint16_t port)
{
    struct delivery_port *p;

    HMAP_FOR_EACH_WITH_HASH (p, node, hash_int(port, 0), &ds->ports) {
        if (p->port == port) {
            return p;
        }
    }
    return NULL;
}

/* A port stays when its last flow has gone, to tell when that was. */
static struct delivery_port *
get_port(struct iov_deliveries *ds, uint16_t port)
{
    struct delivery_port *p = find_port(ds, port);

    if (!p) {
        p = xzalloc(sizeof *p);
        p->port = port;
        hmap_init(&p->deliveries);
        hmap_insert(&ds->ports, &p->node, hash_int(port, 0));
    }
    return p;
}

static struct delivery *
find_delivery(const struct delivery_port *p, const struct iov_acts *acts)
{
    struct delivery *d;

    HMAP_FOR_EACH_WITH_HASH (d, node, hash_pointer(acts, 0),
                             &p->deliveries) {
        if (d->acts == acts) {
            return d;
        }
    }
    return NULL;
}

static struct delivery *
get_delivery(struct delivery_port *p, const struct iov_acts *acts)
{
    struct delivery *d = find_delivery(p, acts);

    if (!d) {
        d = xzalloc(sizeof *d);
        d->acts = acts;
        hmap_insert(&p->deliveries, &d->node, hash_pointer(acts, 0));
    }
    return d;
}

static bool
is_own(const struct match *match, uint16_t port)
{
    return (match->wc.masks.in_port.ofp_port == u16_to_ofp(UINT16_MAX)
            && match->flow.in_port.ofp_port == u16_to_ofp(port));
}

static void
forget_example(struct delivery *d, const struct iov_candidate *c)
{
    for (size_t i = 0; i < d->n_examples; i++) {
        if (d->examples[i].flow == c->flow) {
            d->examples[i] = d->examples[--d->n_examples];
            break;
        }
    }
}

static void
count_rebinds(struct iov_deliveries *ds, const struct iov_candidate *c,
              int change, uint64_t seqno)
{
    if (c->flow->acts->outputs.rebinds) {
        bool any = ds->n_rebinds != 0;
        ds->n_rebinds += change;
        if (any != (ds->n_rebinds != 0)) {
            ds->all_seqno = seqno;
        }
    }
}

void
iov_deliveries_add(struct iov_deliveries *ds, const struct iov_candidate *c,
                   const struct match *match, uint64_t seqno)
{
    const struct iov_acts *acts = c->flow->acts;

    count_rebinds(ds, c, 1, seqno);
    for (size_t i = 0; i < acts->outputs.n_ports; i++) {
        struct delivery_port *p = get_port(ds, acts->outputs.ports[i]);
        struct delivery *d = get_delivery(p, acts);
        bool own = is_own(match, p->port);

        p->seqno = seqno;
        d->n++;
        d->n_own += own;
        if (!own && d->n_examples < MAX_EXAMPLES) {
            d->examples[d->n_examples++] = *c;
        }
    }
}

void
iov_deliveries_remove(struct iov_deliveries *ds,
                      const struct iov_candidate *c,
                      const struct match *match, uint64_t seqno)
{
    const struct iov_acts *acts = c->flow->acts;

    count_rebinds(ds, c, -1, seqno);
    for (size_t i = 0; i < acts->outputs.n_ports; i++) {
        struct delivery_port *p = get_port(ds, acts->outputs.ports[i]);
        struct delivery *d = find_delivery(p, acts);

        p->seqno = seqno;
        d->n_own -= is_own(match, p->port);
        forget_example(d, c);
        if (!--d->n) {
            hmap_remove(&p->deliveries, &d->node);
            free(d);
        }
    }
}

/* Questions. */

enum { N_KEYS = 5 };

/* Stores the ports of which flows concern 'q', and returns how many. */
static size_t
get_keys(const struct iov_deliveries *ds, const struct iov_delivery_query *q,
         uint16_t keys[N_KEYS])
{
    size_t n = 0;

    keys[n++] = q->ofport;
    keys[n++] = ofp_to_u16(OFPP_NONE);
    if (q->floods) {
        keys[n++] = ofp_to_u16(OFPP_FLOOD);
        keys[n++] = ofp_to_u16(OFPP_ALL);
    }
    if (ds->n_rebinds) {
        keys[n++] = ofp_to_u16(OFPP_IN_PORT);
    }
    return n;
}

uint64_t
iov_deliveries_changed(const struct iov_deliveries *ds,
                       const struct iov_delivery_query *q)
{
    uint64_t seqno = ds->all_seqno;
    uint16_t keys[N_KEYS];
    size_t n = get_keys(ds, q, keys);

    for (size_t i = 0; i < n; i++) {
        const struct delivery_port *p = find_port(ds, keys[i]);
        seqno = MAX(seqno, p ? p->seqno : 0);
    }
    return seqno;
}

size_t
iov_deliveries_find(const struct iov_deliveries *ds,
                    const struct iov_delivery_query *q,
                    struct iov_candidate *list, size_t max,
                    size_t *n_listed)
{
    uint16_t keys[N_KEYS];
    size_t n_keys = get_keys(ds, q, keys);
    size_t n = 0;

    *n_listed = 0;
    for (size_t i = 0; i < n_keys; i++) {
        const struct delivery_port *p = find_port(ds, keys[i]);
        const struct delivery *d;

        if (!p) {
            continue;
        }
        HMAP_FOR_EACH (d, node, &p->deliveries) {
            n += d->n - (ds->n_rebinds ? 0 : d->n_own);
            for (size_t j = 0; j < d->n_examples && *n_listed < max; j++) {
                list[(*n_listed)++] = d->examples[j];
            }
        }
    }
    return n;
}
