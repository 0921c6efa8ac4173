/* SPDX-License-Identifier: Apache-2.0 */

/* Finds the ways of packets: a sink of the walk.
 *
 * That the first way decides is only true of ways that are told apart exactly.
 * Each case where the walk cannot, or where the switch does not say which of
 * two flows it takes, makes the way one to software, so that it does no harm
 * if it has too many packets. */

#include <config.h>

#include "policy/compile/way.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/match.h"
#include "policy/compile/translate.h"
#include "policy/flow/table.h"
#include "policy/model/limit.h"
#include "policy/reach/packet-set.h"
#include "policy/reach/walk.h"
#include "util.h"

struct way_sink {
    struct iov_sink up;
    const struct match *packets;        /* Of the order. */
    const struct iov_flow_table *table;
    struct iov_ways *ways;
};

void
iov_way_to_software(struct iov_way *way, enum iov_rule_why why,
                    const char *detail)
{
    if (way->fate != IOV_FATE_SOFTWARE) {
        way->fate = IOV_FATE_SOFTWARE;
        way->why = why;
        way->detail = detail;
    }
}

/* Makes 'm' what flows have asked of the packets of 'r': the known bits of
 * their entry set that not all packets of the order have. */
static bool
get_entry(const struct way_sink *s, const struct iov_report *r,
          struct match *m)
{
    const struct iov_words *words = iov_report_words(r);
    struct iov_cube entry;
    bool exact = iov_report_get_entry(r, &entry);

    memset(m, 0, sizeof *m);
    for (size_t i = 0; i < words->n; i++) {
        uint8_t idx = words->idx[i];
        uint64_t mask = entry.w[i].mask
                        & ~flow_u64_value(&s->packets->wc.masks, idx);
        *flow_u64_lvalue(&m->wc.masks, idx) = mask;
        *flow_u64_lvalue(&m->flow, idx) = entry.w[i].value & mask;
    }
    return exact;
}

/* Sets the fate of 'way'.  A miss has one of its own, which comes before those
 * of all that may still happen to the packets. */
static void
set_fate(struct iov_way *way, const struct iov_report *r)
{
    const struct iov_act_effect *e = r->effects;

    if (r->kind == IOV_REPORT_LIMIT) {
        way->why = IOV_WHY_TOO_COMPLEX;
    } else if (r->kind == IOV_REPORT_MISS) {
        way->why = IOV_WHY_MISS;
    } else if (!r->n_effects && !r->sent) {
        way->fate = IOV_FATE_DROP;
    } else if (!r->n_effects) {
        way->why = IOV_WHY_MISS;
    } else if (r->n_effects == 1 && e->step->type == IOV_STEP_NORMAL
               && !r->sent) {
        way->fate = IOV_FATE_NORMAL;
    } else if (r->n_effects == 1 && e->step->type == IOV_STEP_OUTPUT) {
        way->fate = IOV_FATE_OUTPUT;
        way->port = ofp_to_u16(e->port);
    } else {
        way->why = IOV_WHY_ACTION;
        for (size_t i = 0; i < r->n_effects; i++) {
            if (e[i].step->type != IOV_STEP_NORMAL || i) {
                way->at = e[i].at;
                way->detail = e[i].step->name;
                break;
            }
        }
    }
}

/* Looks for flows on the trail of 'way' of which its packets are not told
 * exactly, or that must be hit to stay. */
static void
check_trail(const struct way_sink *s, struct iov_way *way)
{
    for (size_t i = 0; i < way->n_trail; i++) {
        const struct iov_candidate *c = &way->trail[i];
        const struct iov_table *t = iov_flow_table_get(s->table,
                                                       c->sub->table_id);
        if (t->n_conj) {
            iov_way_to_software(way, IOV_WHY_CONJUNCTION, NULL);
        } else if (c->sub->tun_md) {
            iov_way_to_software(way, IOV_WHY_FIELD, "tun_metadata");
        } else if (c->flow->acts->idles) {
            iov_way_to_software(way, IOV_WHY_IDLE, NULL);
        }
    }
}

static bool
same_fate(const struct iov_way *a, const struct iov_way *b)
{
    return a->fate == b->fate && a->port == b->port;
}

/* Returns true if 'a' and 'b' part at flows of equal priorities. */
static bool
part_at_equals(const struct iov_way *a, const struct iov_way *b)
{
    size_t i = 0;

    while (i < a->n_trail && i < b->n_trail
           && a->trail[i].flow == b->trail[i].flow) {
        i++;
    }
    return (i < a->n_trail && i < b->n_trail
            && a->trail[i].sub->table_id == b->trail[i].sub->table_id
            && a->trail[i].flow->priority == b->trail[i].flow->priority);
}

/* Sends those earlier ways to software of which it is not defined whether the
 * switch takes them or the last one. */
static void
check_priorities(struct iov_ways *ways)
{
    const struct iov_way *last = &ways->list[ways->n - 1];

    for (size_t i = 0; i < ways->n - 1; i++) {
        struct iov_way *way = &ways->list[i];
        if (way->fate != IOV_FATE_SOFTWARE && !same_fate(way, last)
            && part_at_equals(way, last)
            && iov_rule_match_overlaps(&way->match, &last->match)) {
            iov_way_to_software(way, IOV_WHY_SAME_PRIORITY, NULL);
        }
    }
}

static struct iov_way *
add_way(struct iov_ways *ways)
{
    if (ways->n >= ways->allocated) {
        ways->list = x2nrealloc(ways->list, &ways->allocated,
                                sizeof *ways->list);
    }

    struct iov_way *way = &ways->list[ways->n++];
    memset(way, 0, sizeof *way);
    return way;
}

static enum iov_walk_next
report_way(struct iov_sink *sink, const struct iov_report *r)
{
    struct way_sink *s = CONTAINER_OF(sink, struct way_sink, up);
    struct match m;

    if (r->kind == IOV_REPORT_EFFECT) {
        return IOV_WALK_ON;
    } else if (s->ways->n >= IOV_LIMIT_WAYS) {
        return IOV_WALK_STOP;
    }

    struct iov_way *way = add_way(s->ways);
    way->n_trail = iov_report_get_trail(r, &way->trail);
    if (r->at) {
        way->at = *r->at;
    }
    set_fate(way, r);
    if (!get_entry(s, r, &m)) {
        iov_way_to_software(way, IOV_WHY_CHANGED, NULL);
    }
    const char *left = iov_way_translate(way, &m);
    if (left) {
        iov_way_to_software(way, IOV_WHY_FIELD, left);
    }
    check_trail(s, way);
    check_priorities(s->ways);
    return IOV_WALK_ON;
}

void
iov_ways_find(const struct iov_flow_table *table, uint32_t ofport,
              struct iov_ways *ways)
{
    struct match packets;
    struct way_sink sink = {
        .up.report = report_way,
        .packets = &packets,
        .table = table,
        .ways = ways,
    };
    struct iov_walk_order order = {
        .table = table, .packets = &packets, .sink = &sink.up,
        .in_order = true,
    };

    memset(ways, 0, sizeof *ways);
    if (!iov_flow_table_opaque(table)) {
        iov_packets_init(&packets, ofport);
        iov_walk(&order);
    }
}

void
iov_ways_clear(struct iov_ways *ways)
{
    for (size_t i = 0; i < ways->n; i++) {
        free(ways->list[i].trail);
    }
    free(ways->list);
    memset(ways, 0, sizeof *ways);
}
