/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_WALK_H
#define IOV_POLICY_REACH_WALK_H 1

/* Follows sets of packets through the tables of a bridge, and reports what
 * becomes of them to a sink.
 *
 * The caller's part
 *
 * Fill in a struct iov_walk_order: the flow table, the packets as they come
 * in (a match), and who is to be told (a sink).  iov_walk() then calls
 * sink->report() with one struct iov_report after the other, and returns when
 * all packets were followed to their end, or when the sink said stop.  It
 * keeps nothing: each walk stands for itself, and the flow table must not
 * change meanwhile.
 *
 * What a sink gets
 *
 * A lookup splits a set of packets by the flow that they match; each part is a
 * "way" and goes on alone.  On its way it collects effects, in order: things
 * that are seen outside, a NORMAL, an output, a header that is changed, a
 * meter.  Nothing but the end of the tables ends a way: an effect that is not
 * NORMAL does not.  For each way the sink is called
 *
 *     EFFECT   for each effect, at the moment when it happens: the last one of
 *              'effects' is new, 'cube' are the packets as they are then (of a
 *              header that is changed: as it was before);
 *     MISS     when packets match no flow, where that is not the same as a
 *              flow without actions: the switch may tell controllers;
 *     END      when nothing more happens: 'effects' are all there is;
 *     LIMIT    when packets are not followed further.  Whatever they would
 *              meet is not reported, so that the answer has to be the worst.
 *
 * The fate of a way is its array of effects at END.  No effects at all is a
 * drop.  A group is one effect, for its buckets are not known.  clone(...) and
 * the copy that ct(table=...) sends to another table are followed; their
 * effects stand in the array where they happen, and what they change of the
 * packet ends with them.
 *
 * Over-approximation
 *
 * A way may contain packets that do not come that way; every packet is in the
 * ways that it takes.  A sink that looks for something bad is therefore sound,
 * and one that wants a fate for certain has to compare all ways that contain
 * the packet, or to set 'in_order':
 *
 * In order
 *
 * With 'in_order' every way is walked alone, in the order of the switch's
 * decision: of two ways that part at a lookup, the one by the flow of higher
 * priority comes first, and packets without a flow come last.  The first END
 * whose iov_report_get_entry() contains a packet is the packet's fate, as long
 * as entry sets are exact ('exact') and the two flows where the ways part do
 * not have equal priorities (trail: compare two reports flow by flow): which
 * of those the switch takes is not defined.
 *
 * Who owns what: everything that a report points to is the walk's and holds
 * until report() returns; candidates (flows) as long as the flow table does
 * not change. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bitmap.h"
#include "openvswitch/match.h"
#include "policy/flow/index.h"

struct iov_path;
struct iov_walk;

/* Something that is seen outside. */
struct iov_act_effect {
    const struct iov_step *step;        /* NORMAL, or what has a class. */
    struct iov_candidate at;    /* The flow that did it. */
    ofp_port_t port;            /* Output to this port; else OFPP_NONE. */
};

enum iov_report_kind {
    IOV_REPORT_EFFECT, IOV_REPORT_MISS, IOV_REPORT_END, IOV_REPORT_LIMIT
};

struct iov_report {
    enum iov_report_kind kind;
    const struct iov_cube *cube;        /* Packets as they are now. */
    const struct iov_act_effect *effects;       /* What has been done. */
    size_t n_effects;
    size_t n_normal;            /* How many of them are NORMAL. */
    bool sent;                  /* Some effect has taken them elsewhere. */
    uint8_t table_id;           /* MISS: the table that has no flow. */
    const struct iov_candidate *at;     /* The flow that they matched last, at
                                         * EFFECT the one that does it.  Null:
                                         * none yet. */

    /* For the functions below. */
    const struct iov_walk *walk;
    const struct iov_path *path;
};

enum iov_walk_next {
    IOV_WALK_ON,                /* Go on. */
    IOV_WALK_STOP               /* Enough: end the whole walk. */
};

/* Embedded by what wants reports. */
struct iov_sink {
    enum iov_walk_next (*report)(struct iov_sink *,
                                 const struct iov_report *);
};

/* What the result of a walk depends on, so that the caller can tell whether a
 * changed flow can matter to it: flows of these tables that packets of the
 * order can match, whatever they have in the words that change on the way.
 * Filled in by iov_walk(), which only adds. */
struct iov_walk_deps {
    unsigned long tables[BITMAP_N_LONGS(256)];  /* Looked up. */
    unsigned long changed[BITMAP_N_LONGS(FLOW_U64S)];   /* Words of flow. */
    bool other_in_port;         /* A lookup took another in_port. */
};

/* What is to be followed. */
struct iov_walk_order {
    const struct iov_flow_table *table;
    const struct match *packets;        /* As they come in. */
    struct iov_sink *sink;
    struct iov_walk_deps *deps; /* Or null. */
    struct iov_allowance *allowance;    /* Or null.  If it gets exhausted, what
                                         * was reported is not complete. */
    struct iov_walk_state *state;       /* Or null: always from the start. */

    /* Flows that do one NORMAL and nothing else may be left out, ways and all,
     * unless something else has happened before: they are of no interest to a
     * sink that looks for what is not NORMAL. */
    bool skip_plain;
    bool in_order;              /* See above; implies all flows. */

    /* Asked instead of 'sink' when several ways are followed together as one
     * set that contains them all.  If it lets all reports pass, 'sink' gets
     * none of them; once it says stop, they are followed one by one.  Null:
     * always one by one. */
    struct iov_sink *probe;
    bool lasting;               /* Flows that have an idle time-out shadow no
                                 * others, because they may be gone. */
    size_t max_hiding;          /* Work to find out that flows are shadowed;
                                 * 0: the usual. */
};

/* Returns false if it has reported a LIMIT beyond which the switch follows
 * packets further. */
bool iov_walk(const struct iov_walk_order *);

/* Long walks
 *
 * With an allowance a walk ends early when the work it may do is used up: a
 * unit for each lookup, for each few flows found, and for each few tries to
 * subtract sets.  The next iov_walk() with the same state goes on there.  For
 * that, the order and all flows that its packets can match in tables looked up
 * so far (deps) must be the same; else set 'begun' to false before, and forget
 * what was reported.  Reports may come a second time.
 *
 * The state holds one number for each lookup that the walk was in: which of
 * the ways it had come to.  Going on does those lookups again, which is little
 * beside what they led to. */
struct iov_walk_state {
    size_t *ways;               /* By depth. */
    size_t n_ways, allocated;
    size_t n_visits, n_candidates, hiding, n_tries;
    bool begun;
};
void iov_walk_state_clear(struct iov_walk_state *);

/* Stores in '*entry' the packets of a report as they came in, before anything
 * on their way changed them.  Bits that were looked at after they were
 * changed to something unknown do not narrow it; returns false then, which
 * means that more packets are in it than those that come this way. */
bool iov_report_get_entry(const struct iov_report *, struct iov_cube *entry);

/* Stores in '*list', to be freed, the flows that the packets matched, the
 * first first, and returns how many there are.  That of 'at' is the last. */
size_t iov_report_get_trail(const struct iov_report *,
                            struct iov_candidate **list);

/* What words the cubes of a report have. */
const struct iov_words *iov_report_words(const struct iov_report *);

#endif /* policy/reach/walk.h */
