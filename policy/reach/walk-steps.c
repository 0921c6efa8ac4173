/* SPDX-License-Identifier: Apache-2.0 */

/* Runs the steps of flows on a set of packets, and reports their effects.
 *
 * A walk goes into the depth, so that the effects of a path and what was
 * written on it are the first so many entries of arrays that all paths share,
 * and a path that splits needs no copy of them.  What is undone therefore must
 * stay where it is: other ways may still need it. */

#include <config.h>

#include "policy/reach/walk.h"

#include <string.h>

#include "flow.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-actions.h"
#include "packets.h"
#include "policy/flow/table.h"
#include "policy/reach/walk-internal.h"
#include "util.h"

/* Effects that packets may have on their way; Open vSwitch allows 64 kB of
 * datapath actions. */
#define MAX_EFFECTS 8192

static const struct iov_step normal_step = { .type = IOV_STEP_NORMAL };

/* Reports. */

void
iov_walk_report(struct iov_walk *w, enum iov_report_kind kind,
                const struct iov_path *p, const struct iov_candidate *at,
                uint8_t table_id)
{
    struct iov_report r = {
        .kind = kind,
        .cube = &p->cube,
        .effects = w->effects,
        .n_effects = p->n_effects,
        .n_normal = p->n_normal,
        .sent = p->sent,
        .table_id = table_id,
        .at = at,
        .walk = w,
        .path = p,
    };

    if (w->sink->report(w->sink, &r) == IOV_WALK_STOP) {
        w->over = w->stopped = true;
    }
}

void
iov_walk_give_up(struct iov_walk *w, const struct iov_path *p,
                 const struct iov_candidate *at)
{
    w->limited |= !w->probing;
    iov_walk_report(w, IOV_REPORT_LIMIT, p, at, p->table_id);
    w->over = true;
}

/* Returns 'array', or a larger one in its place, with room for more than 'n'
 * items.  The first one, 'few', is part of the walk. */
static void *
make_room(void *array, size_t n, size_t *allocated, size_t size, void *few)
{
    if (n >= *allocated) {
        size_t old = *allocated * size;
        *allocated *= 2;
        if (array == few) {
            array = xmalloc(*allocated * size);
            memcpy(array, few, old);
        } else {
            array = xrealloc(array, *allocated * size);
        }
    }
    return array;
}

/* Returns true if 'e' is the same action of the same flow as 'step' of 'at',
 * of which several steps have been made. */
static bool
is_same_action(const struct iov_act_effect *e, const struct iov_step *step,
               const struct iov_candidate *at)
{
    return (step->type == IOV_STEP_KEEP && e->step->type == IOV_STEP_KEEP
            && e->step->act == step->act && e->at.flow == at->flow);
}

void
iov_walk_effect(struct iov_walk *w, struct iov_path *p,
                const struct iov_step *step, const struct iov_candidate *at)
{
    bool has_port = (step->type == IOV_STEP_OUTPUT
                     || step->type == IOV_STEP_WRITE_OTHER);

    if (p->n_effects
        && is_same_action(&w->effects[p->n_effects - 1], step, at)) {
        return;
    } else if (p->n_effects >= MAX_EFFECTS) {
        iov_walk_give_up(w, p, at);
        return;
    }
    w->effects = make_room(w->effects, p->n_effects, &w->allocated_effects,
                           sizeof *w->effects, w->few_effects);
    w->effects[p->n_effects++] = (struct iov_act_effect) {
        step, *at, has_port ? step->port : OFPP_NONE
    };
    p->n_normal += step->type == IOV_STEP_NORMAL;
    p->sent |= step->sends;
    iov_walk_report(w, IOV_REPORT_EFFECT, p, at, p->table_id);
}

/* Executes the action set.  'last' is the flow that is blamed for the NORMAL
 * in it. */
static void
run_action_set(struct iov_walk *w, struct iov_path *p,
               const struct iov_candidate *last)
{
    if (p->set.other) {
        iov_walk_effect(w, p, p->set.other, p->set.at);
    }
    if (p->set.normal && !w->over) {
        iov_walk_effect(w, p, &normal_step, last);
    }
}

void
iov_walk_finish(struct iov_walk *w, struct iov_path *p,
                const struct iov_candidate *last)
{
    run_action_set(w, p, last);
    if (!w->over) {
        iov_walk_report(w, IOV_REPORT_END, p, last, p->table_id);
    }
}

/* Writing. */

/* Keeps what the word at 'pos' is, of which the bits of 'mask' are written to
 * 'after'. */
static void
write_word(struct iov_walk *w, struct iov_path *p, uint8_t pos, uint64_t mask,
           struct iov_bits after)
{
    uint8_t idx = w->words->idx[pos];

    w->writes = make_room(w->writes, p->n_writes, &w->allocated_writes,
                          sizeof *w->writes, w->few_writes);
    w->writes[p->n_writes++] = (struct iov_write) {
        .up = p->write,
        .pos = pos,
        .mask = mask,
        .known = after.mask & mask,
        .before = p->cube.w[pos],
    };
    p->write = p->n_writes;
    p->cube.w[pos] = after;
    if (idx >= FLOW_U64_OFFSET(skb_priority)) {
        iov_changed_add(&p->changed, pos);
        if (w->order->deps) {
            bitmap_set1(w->order->deps->changed, idx);
        }
    }
}

/* Makes bits of word 'idx' of struct flow known, those in 'known', and the
 * others of 'mask' unknown. */
static void
write_bits(struct iov_walk *w, struct iov_path *p, uint8_t idx, uint64_t mask,
           struct iov_bits value)
{
    uint8_t pos = w->words->pos[idx];

    if (pos != IOV_NO_WORD) {       /* Else nobody looks at it. */
        struct iov_bits after = p->cube.w[pos];
        iov_bits_forget(&after, mask);
        iov_bits_set(&after, value.value, value.mask & mask);
        write_word(w, p, pos, mask, after);
    }
}

/* Undoes the writes from number 'write' back to the one after number
 * 'until'. */
static void
undo_writes(const struct iov_walk *w, struct iov_cube *cube, size_t write,
            size_t until, bool *exact)
{
    while (write != until) {
        const struct iov_write *wr = &w->writes[write - 1];
        struct iov_bits *b = &cube->w[wr->pos];

        *exact &= !(b->mask & wr->mask & ~wr->known);
        iov_bits_forget(b, wr->mask);
        iov_bits_set(b, wr->before.value, wr->before.mask & wr->mask);
        write = wr->up;
    }
}

bool
iov_report_get_entry(const struct iov_report *r, struct iov_cube *entry)
{
    bool exact = true;

    iov_cube_copy(entry, r->cube, r->walk->words);
    undo_writes(r->walk, entry, r->path->write, 0, &exact);
    return exact;
}

const struct iov_words *
iov_report_words(const struct iov_report *r)
{
    return r->walk->words;
}

size_t
iov_report_get_trail(const struct iov_report *r, struct iov_candidate **list)
{
    size_t n = 0;

    for (const struct iov_trail *t = r->path->trail; t; t = t->up) {
        n++;
    }
    *list = n ? xcalloc(n, sizeof **list) : NULL;
    size_t i = n;
    for (const struct iov_trail *t = r->path->trail; t; t = t->up) {
        (*list)[--i] = *t->at;
    }
    return n;
}

static void
write_actset_output(struct iov_walk *w, struct iov_path *p, ofp_port_t port)
{
    static const struct flow mask = {
        .actset_output = OFP_PORT_C(UINT16_MAX)
    };
    struct flow value = { .actset_output = port };
    size_t idx = FLOW_U64_OFFSET(actset_output);
    struct iov_bits bits = {
        flow_u64_value(&value, idx), flow_u64_value(&mask, idx)
    };

    write_bits(w, p, idx, bits.mask, bits);
}

/* Steps. */

static void
run_move(struct iov_walk *w, struct iov_path *p, const struct iov_step *step)
{
    struct iov_cube after;

    iov_cube_copy(&after, &p->cube, w->words);
    iov_cube_move(&after, w->words, w->order->packets, &step->move->src,
                  &step->move->dst);

    struct flow all = { .metadata = 0 };
    union mf_subvalue ones;
    memset(&ones, 0xff, sizeof ones);
    mf_write_subfield_flow(&step->move->dst, &ones, &all);
    for (size_t i = 0; i < w->words->n; i++) {
        uint64_t mask = flow_u64_value(&all, w->words->idx[i]);
        if (mask) {
            write_word(w, p, i, mask, after.w[i]);
        }
    }
}

static void
forget_headers(struct iov_walk *w, struct iov_path *p, uint8_t first)
{
    for (size_t i = 0; i < w->words->n; i++) {
        if (w->words->idx[i] >= first) {
            write_word(w, p, i, UINT64_MAX, (struct iov_bits) { 0, 0 });
        }
    }
}

/* Returns true if all packets of 'p' have what 'step' gives them. */
static bool
has_already(const struct iov_walk *w, const struct iov_path *p,
            const struct iov_step *step)
{
    uint8_t pos = w->words->pos[step->set.word];
    const struct iov_bits *bits = &p->cube.w[pos];

    return (!(step->set.mask & ~bits->mask)
            && !((bits->value ^ step->set.value) & step->set.mask));
}

/* Returns what is known of the bit that says whether packets of 'p' have a
 * tag. */
static struct iov_bits
get_cfi(const struct iov_walk *w, const struct iov_path *p)
{
    static const struct flow cfi = {
        .vlans[0].tci = CONSTANT_HTONS(VLAN_CFI)
    };
    uint64_t bit = flow_u64_value(&cfi, FLOW_U64_OFFSET(vlans));
    struct iov_bits b = p->cube.w[w->words->pos[FLOW_U64_OFFSET(vlans)]];

    return (struct iov_bits) { b.value & bit, b.mask & bit };
}

static void
run_keep(struct iov_walk *w, struct iov_path *p, const struct iov_step *step,
         const struct iov_candidate *at)
{
    uint64_t mask = step->set.mask;
    struct iov_bits value = { step->set.value, mask };

    if (has_already(w, p, step)) {
        return;
    }
    iov_walk_effect(w, p, step, at);
    if (step->set.word == FLOW_U64_OFFSET(vlans)) {
        if (!(get_cfi(w, p).value)) {
            value.mask = 0;
            mask = UINT64_MAX;
        }
    } else if (!step->set.certain) {
        value.mask = 0;
    }
    write_bits(w, p, step->set.word, mask, value);
}

static void
run_vlan(struct iov_walk *w, struct iov_path *p, const struct iov_step *step,
         const struct iov_candidate *at)
{
    uint8_t pos = w->words->pos[FLOW_U64_OFFSET(vlans)];
    bool pop = step->type == IOV_STEP_POP_VLAN;

    struct iov_bits cfi = get_cfi(w, p);

    if (pop && cfi.mask && !cfi.value) {
        return;         /* There is none. */
    }
    iov_walk_effect(w, p, step, at);
    write_word(w, p, pos, UINT64_MAX,
               pop ? iov_bits_pop_vlan(p->cube.w[pos])
               : iov_bits_push_vlan(p->cube.w[pos], step->tpid));
}

/* Open vSwitch sends nothing back by the port that the packet came in by,
 * unless it is told so by OFPP_IN_PORT. */
static void
run_output(struct iov_walk *w, struct iov_path *p, const struct iov_step *step,
           const struct iov_candidate *at)
{
    static const struct flow all = {
        .in_port.ofp_port = OFP_PORT_C(UINT16_MAX)
    };
    struct flow to = { .in_port.ofp_port = step->port };
    size_t idx = FLOW_U64_OFFSET(in_port);
    uint64_t mask = flow_u64_value(&all, idx);
    uint8_t pos = w->words->pos[idx];
    struct iov_bits in_port = {
        flow_u64_value(&w->order->packets->flow, idx),
        flow_u64_value(&w->order->packets->wc.masks, idx),
    };

    if (pos != IOV_NO_WORD) {
        in_port = p->cube.w[pos];
    }
    if ((mask & ~in_port.mask)
        || ((in_port.value ^ flow_u64_value(&to, idx)) & mask)) {
        iov_walk_effect(w, p, step, at);
    }
}

/* What follows is done to a copy. */
static void
begin_copy(struct iov_walk *w, struct iov_path *p)
{
    while (p->n_copies >= w->allocated_copies) {
        w->copies = x2nrealloc(w->copies, &w->allocated_copies,
                               sizeof *w->copies);
    }
    w->copies[p->n_copies++] = (struct iov_copy) {
        p->copy, p->write, p->stack, p->set
    };
    p->copy = p->n_copies;
}

/* The copy is through, and its action set executed; goes on with the packet
 * as it was, but for what was found out about it. */
static void
end_copy(struct iov_walk *w, struct iov_path *p,
         const struct iov_candidate *at)
{
    const struct iov_copy *c = &w->copies[p->copy - 1];
    bool exact = true;

    run_action_set(w, p, at);
    undo_writes(w, &p->cube, p->write, c->write, &exact);
    p->write = c->write;
    p->copy = c->up;
    p->stack = c->stack;
    p->set = c->set;
}

static void
run_actset(struct iov_walk *w, struct iov_path *p,
           const struct iov_step *step, const struct iov_candidate *at)
{
    ofp_port_t port = OFPP_UNSET;

    if (step->type == IOV_STEP_CLEAR) {
        p->set = (struct iov_actset) { .normal = false };
    } else if (step->type == IOV_STEP_WRITE_NORMAL) {
        p->set.normal = true;
        port = p->set.group ? OFPP_UNSET : OFPP_NORMAL;
    } else {
        p->set.other = step;
        p->set.at = at;
        if (step->port == OFPP_NONE) {
            return;
        }
        p->set.group |= step->port == OFPP_UNSET;
        port = p->set.group ? OFPP_UNSET : step->port;
    }
    write_actset_output(w, p, port);
}

/* Nothing follows.  Whether the action set is executed is not certain: it
 * depends on the version of Open vSwitch. */
static void
run_exit(struct iov_walk *w, struct iov_path *p, const struct iov_step *step,
         const struct iov_candidate *at)
{
    if (p->set.normal || p->set.other || w->pending) {
        bool sent = p->sent;
        iov_walk_effect(w, p, step, at);
        p->sent &= sent || !w->pending;
    }
    if (!w->over) {
        iov_walk_report(w, IOV_REPORT_END, p, at, p->table_id);
    }
}

/* Runs a step of those that only change what is known of 'p'.  Returns false
 * if 'step' is none of them. */
static bool
run_write(struct iov_walk *w, struct iov_path *p, const struct iov_step *step)
{
    switch ((int) step->type) {
    case IOV_STEP_SET:
        write_bits(w, p, step->set.word, step->set.mask, (struct iov_bits) {
            step->set.value, step->set.mask });
        return true;

    case IOV_STEP_FORGET:
        write_bits(w, p, step->set.word, step->set.mask,
                   (struct iov_bits) { 0, 0 });
        return true;

    case IOV_STEP_FORGET_HEADERS:
        forget_headers(w, p, step->set.word);
        return true;

    case IOV_STEP_MOVE:
        run_move(w, p, step);
        return true;

    case IOV_STEP_STACK:
        p->stack += step->n_bytes;
        return true;

    default:
        return false;
    }
}

/* Runs one step, other than TABLE and EXIT, on 'p'. */
static void
run_step(struct iov_walk *w, struct iov_path *p, const struct iov_step *step,
         const struct iov_candidate *at)
{
    if (run_write(w, p, step)) {
        return;
    }
    switch ((int) step->type) {
    case IOV_STEP_NORMAL:
    case IOV_STEP_EFFECT:
        iov_walk_effect(w, p, step, at);
        break;

    case IOV_STEP_OUTPUT:
        run_output(w, p, step, at);
        break;

    case IOV_STEP_KEEP:
        run_keep(w, p, step, at);
        break;

    case IOV_STEP_PUSH_VLAN:
    case IOV_STEP_POP_VLAN:
        run_vlan(w, p, step, at);
        break;

    case IOV_STEP_WRITE_NORMAL:
    case IOV_STEP_WRITE_OTHER:
    case IOV_STEP_CLEAR:
        run_actset(w, p, step, at);
        break;

    case IOV_STEP_COPY:
        begin_copy(w, p);
        break;

    case IOV_STEP_COPY_END:
        end_copy(w, p, at);
        break;

    default:
        OVS_NOT_REACHED();
    }
}

/* Does the lookup that 'step' number 'i' of 'frame' asks for, and all that
 * follows. */
static void
run_table(struct iov_walk *w, struct iov_path *p,
          const struct iov_frame *frame, size_t i)
{
    const struct iov_acts *acts = frame->at->flow->acts;
    const struct iov_step *step = &acts->steps[i];
    struct iov_frame after = *frame;
    struct iov_lookup l = {
        .table_id = (step->table.id == 255 ? p->table_id : step->table.id),
        .is_goto = step->table.is_goto,
        .in_port = step->table.in_port,
        .from = frame->at,
        .step = step,
    };

    after.step = i + 1;
    iov_walk_look_up(w, p, &l,
                     after.step < acts->n_steps ? &after : frame->up);
}

void
iov_walk_run_steps(struct iov_walk *w, struct iov_path *p,
                   const struct iov_frame *frame)
{
    const struct iov_candidate *last = frame->at;

    for (; frame; frame = frame->up) {
        const struct iov_acts *acts = frame->at->flow->acts;

        p->table_id = frame->table_id;
        p->depth = frame->depth;
        for (size_t i = frame->step; i < acts->n_steps; i++) {
            const struct iov_step *step = &acts->steps[i];
            if (step->type == IOV_STEP_TABLE) {
                run_table(w, p, frame, i);
                return;
            } else if (step->type == IOV_STEP_EXIT) {
                run_exit(w, p, step, frame->at);
                return;
            } else if (step->type == IOV_STEP_POP) {
                i += p->stack ? 0 : step->n_steps;
                continue;
            }
            run_step(w, p, step, frame->at);
            if (w->over) {
                return;
            }
        }
    }
    iov_walk_finish(w, p, last);
}
