/* SPDX-License-Identifier: Apache-2.0 */

/* The sinks of the verdict: which flows are not NORMAL, whether there are any,
 * and whether everything is dropped.
 *
 * A port may be direct if each of its packets meets one NORMAL and nothing
 * else.  Every effect that is not NORMAL is a culprit, and so is a second
 * NORMAL; packets that are through and have met no NORMAL were dropped by the
 * last flow, unless an effect has taken them elsewhere. */

#include <config.h>

#include "policy/reach/sink.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "policy/reach/walk-internal.h"
#include "util.h"

static void
set_reason(struct iov_culprit *c, enum iov_reason_id reason,
           const struct iov_candidate *at)
{
    c->reason = reason;
    if (at) {
        c->table_id = at->sub->table_id;
        c->at = *at;
    }
}

static bool
is_fault_effect(const struct iov_report *r, struct iov_culprit *c)
{
    const struct iov_step *step = r->effects[r->n_effects - 1].step;

    if (step->type != IOV_STEP_NORMAL) {
        set_reason(c, step->class->reason, r->at);
        c->step = step;
        c->queue = step->act && (step->act->type == OFPACT_SET_QUEUE
                                 || step->act->type == OFPACT_POP_QUEUE);
    } else if (r->n_normal > 1) {
        set_reason(c, IOV_REASON_OPENFLOW_ACTIONS, r->at);
    } else {
        return false;
    }
    return true;
}

/* Returns true if 'r' speaks against NORMAL, and makes 'c' the culprit as far
 * as it is told from others. */
static bool
is_fault(const struct iov_culprit_sink *s, const struct iov_report *r,
         struct iov_culprit *c)
{
    memset(c, 0, sizeof *c);
    switch (r->kind) {
    case IOV_REPORT_EFFECT:
        return is_fault_effect(r, c);

    case IOV_REPORT_MISS:
        c->reason = IOV_REASON_OPENFLOW_MISS;
        c->table_id = r->table_id;
        return true;

    case IOV_REPORT_END:
        if (r->n_normal || r->sent
            || (!r->n_effects && iov_drop_is_kept(s, r))) {
            return false;
        }
        set_reason(c, IOV_REASON_OPENFLOW_DROP, r->at);
        return true;

    case IOV_REPORT_LIMIT:
        set_reason(c, IOV_REASON_OPENFLOW_TOO_COMPLEX, r->at);
        return true;
    }
    OVS_NOT_REACHED();
}

/* Keeps how the packets of 'r' got to 'c', but for the culprit itself. */
static void
keep_path(struct iov_culprit *c, const struct iov_report *r)
{
    c->n_path = iov_report_get_trail(r, &c->path);
    if (c->n_path && c->at.flow
        && c->path[c->n_path - 1].flow == c->at.flow) {
        c->n_path--;
    }
}

/* Returns what packets of 'r' look like from outside. */
static struct match *
describe(const struct iov_report *r, const struct match *packets)
{
    const struct iov_words *words = iov_report_words(r);
    struct match *m = xmalloc(sizeof *m);
    struct iov_cube cube;

    iov_report_get_entry(r, &cube);
    match_init_catchall(m);
    match_set_in_port(m, packets->flow.in_port.ofp_port);
    for (size_t i = FLOW_U64_OFFSET(dl_dst); i < FLOW_U64S; i++) {
        uint8_t pos = words->pos[i];
        bool known = pos != IOV_NO_WORD;

        *flow_u64_lvalue(&m->flow, i)
            = (known ? cube.w[pos].value
               : flow_u64_value(&packets->flow, i));
        *flow_u64_lvalue(&m->wc.masks, i)
            = (known ? cube.w[pos].mask
               : flow_u64_value(&packets->wc.masks, i));
    }
    return m;
}

static enum iov_walk_next
report_culprit(struct iov_sink *sink, const struct iov_report *r)
{
    struct iov_culprit_sink *s = CONTAINER_OF(sink, struct iov_culprit_sink,
                                              up);
    struct hmap *culprits = &s->findings->culprits;
    struct iov_culprit like, *c;

    if (!is_fault(s, r, &like)) {
        return IOV_WALK_ON;
    }
    c = iov_culprit_find(culprits, &like);
    if (s->order->lasting) {
        if (c) {
            return IOV_WALK_ON;
        }
        like.reason = IOV_REASON_OPENFLOW_IDLE;
        c = iov_culprit_find(culprits, &like);
    }
    if (!c) {
        c = xmemdup(&like, sizeof like);
        c->uncertain = s->uncertain;
        keep_path(c, r);
        if (r->kind == IOV_REPORT_MISS) {
            c->missing = describe(r, s->order->packets);
        }
        hmap_insert(culprits, &c->node, iov_culprit_hash(c));
    }
    c->classes |= UINT64_C(1) << MIN(s->class, 63);
    c->step = c->step ? c->step : like.step;
    return IOV_WALK_ON;
}

void
iov_culprit_sink_init(struct iov_culprit_sink *s)
{
    s->up.report = report_culprit;
}

static enum iov_walk_next
report_probe(struct iov_sink *sink, const struct iov_report *r)
{
    struct iov_probe_sink *s = CONTAINER_OF(sink, struct iov_probe_sink, up);
    struct iov_culprit c;

    return is_fault(s->culprits, r, &c) ? IOV_WALK_STOP : IOV_WALK_ON;
}

void
iov_probe_sink_init(struct iov_probe_sink *s,
                    const struct iov_culprit_sink *culprits)
{
    s->up.report = report_probe;
    s->culprits = culprits;
}

static enum iov_walk_next
report_drop(struct iov_sink *sink, const struct iov_report *r)
{
    struct iov_drop_sink *s = CONTAINER_OF(sink, struct iov_drop_sink, up);

    s->not_dropped |= r->kind != IOV_REPORT_END || r->n_effects;
    return s->not_dropped ? IOV_WALK_STOP : IOV_WALK_ON;
}

void
iov_drop_sink_init(struct iov_drop_sink *s)
{
    s->up.report = report_drop;
    s->not_dropped = false;
}
