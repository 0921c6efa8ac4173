/* SPDX-License-Identifier: Apache-2.0
 *
 * Verdicts: runs every check on every port, then gives out the VFs.
 *
 * When only flows have changed, only the one check of them is made again, and
 * only for the ports that they concern.
 *
 * A port that asks for nothing is not checked further; its one reason is
 * "not-requested", whatever else might be wrong. */

#include <config.h>
#include "policy/verdict/verdict.h"

#include <stdarg.h>

#include "openvswitch/dynamic-string.h"
#include "policy/model/limit.h"
#include "policy/reach/reach.h"
#include "policy/verdict/assign.h"
#include "policy/verdict/check.h"
#include "policy/verdict/damping.h"
#include "util.h"

/* Ports for which flows may have changed that are looked at at once. */
#define MAX_LOOKED_AT 64

struct check_row {
    const char *name;
    const char *question;
    void (*func)(struct iov_check *);
};

static const struct check_row checks[IOV_N_CHECKS] = {
#define CHECK(NAME, QUESTION) { #NAME, QUESTION, check_##NAME },
#include "policy/verdict/check.def"
#undef CHECK
};

const char *
iov_check_name(enum iov_check_id id)
{
    return checks[id].name;
}

const char *
iov_check_question(enum iov_check_id id)
{
    return checks[id].question;
}

void
check_take_found(struct iov_check *c, size_t first)
{
    for (size_t i = first; i < c->reasons->n; i++) {
        c->reasons->list[i].check = c->current;
    }
}

void
check_fail(struct iov_check *c, enum iov_reason_id id, const char *object,
           const char *format, ...)
{
    struct ds detail = DS_EMPTY_INITIALIZER;
    size_t n = c->reasons->n;

    if (format) {
        va_list args;
        va_start(args, format);
        ds_put_format_valist(&detail, format, args);
        va_end(args);
    }
    iov_reasons_add(c->reasons, id, object,
                    detail.length ? ds_cstr(&detail) : NULL);
    check_take_found(c, n);
    ds_destroy(&detail);
}

void
check_copy_reasons(struct iov_reasons *dst, const struct iov_reasons *src,
                   enum iov_check_id id)
{
    for (size_t i = 0; i < src->n; i++) {
        const struct iov_reason *r = &src->list[i];
        if (r->check == (int) id) {
            iov_reasons_add_copy(dst, r);
        }
    }
    if (id == IOV_CHECK_openflow) {
        dst->n_more += src->n_more;     /* Nobody else leaves any out. */
    }
}

/* The verdicts of one bridge. */
struct iov_verdicts_part {
    struct iov_check check;     /* With uplinks and PFs. */
    struct iov_verdict *list;   /* Borrowed. */
    size_t n;
    size_t unseen;              /* Flows may have changed for those from this
                                 * one on... */
    long long int unseen_since; /* ...since this time. */
    bool changed;               /* VFs are to be given out anew. */
};

static void
run_checks(struct iov_check *c, struct iov_verdict *v)
{
    c->verdict = v;
    c->port = v->port;
    c->reasons = &v->reasons;
    for (int i = 0; i < IOV_N_CHECKS; i++) {
        c->current = i;
        checks[i].func(c);
        if (i == IOV_CHECK_request && v->reasons.n) {
            return;
        }
    }
}

/* Finds the verdict of before about 'v->port'.  Most have the same peer ports
 * as then, so '*hint' is where to look first.  What was said when the port was
 * on another bridge is about other flows, and nothing. */
static const struct iov_verdict *
find_old(const struct iov_verdicts *old, const struct iov_verdict *v,
         size_t *hint)
{
    const struct iov_verdict *found = NULL;

    if (!old) {
        return NULL;
    }
    for (size_t i = *hint; i < MIN(*hint + 2, old->n) && !found; i++) {
        if (!strcmp(old->list[i].port->name, v->port->name)) {
            *hint = i + 1;
            found = &old->list[i];
        }
    }
    if (!found) {
        found = iov_verdicts_find(old, v->port->name);
    }
    return (found && !strcmp(found->bridge->name, v->bridge->name)
            ? found : NULL);
}

/* Takes back from 'v' what iov_assign_vfs() gives, and the reasons of 'first'
 * and the checks after it. */
static void
unassign(struct iov_verdict *v, const struct iov_check *c,
         enum iov_check_id first)
{
    size_t n = v->reasons.n;

    /* They are at the end. */
    if (n && v->reasons.list[n - 1].check >= (int) first) {
        struct iov_reasons rest = IOV_REASONS_INITIALIZER;
        for (int i = 0; i < (int) first; i++) {
            check_copy_reasons(&rest, &v->reasons, i);
        }
        iov_reasons_clear(&v->reasons);
        iov_reasons_move(&v->reasons, &rest);
    }
    v->pf = c->n_pfs ? c->pfs[0] : NULL;
    v->vf = NULL;
    v->preempts = NULL;
    v->adopted_pf = NULL;
    v->adopted = NULL;
    memset(&v->want, 0, sizeof v->want);
}

/* Adds reason 'id' to 'v' unless it is over by now. */
static bool
damp(struct iov_verdict *v, enum iov_reason_id id, long long int until,
     long long int now)
{
    if (until <= now) {
        return false;
    }
    iov_reasons_add(&v->reasons, id, NULL, NULL);
    v->reasons.list[v->reasons.n - 1].check = IOV_CHECK_damping;
    v->reasons.list[v->reasons.n - 1].until = until;
    return true;
}

/* Tells those that have to wait for the VF that they would get.  Returns true
 * if there is one. */
static bool
settle(struct iov_verdicts_part *part)
{
    const struct iov_snapshot *s = part->check.snapshot;
    bool any = false;

    for (size_t i = 0; i < part->n; i++) {
        struct iov_verdict *v = &part->list[i];
        const struct iov_damping *d = v->port->damping;

        if (v->vf && d) {
            any |= (damp(v, IOV_REASON_SETTLING,
                         iov_damping_settling(d, &s->keys, s->now), s->now)
                    || (v->preempts
                        && damp(v, IOV_REASON_PREEMPTION_DELAY,
                                iov_damping_preempting(d, &s->keys, s->now),
                                s->now)));
        }
    }
    return any;
}

/* Lets ports that are on their VFs stay there while the software path is dead,
 * unless a reason protects: a guest that leaves its VF then has no network. */
static void
keep_off_dead_path(struct iov_verdicts_part *part)
{
    bool dead = part->check.snapshot->dead_path != NULL;

    for (size_t i = 0; i < part->n; i++) {
        struct iov_verdict *v = &part->list[i];

        v->path_dead = dead;
        v->kept = (dead && v->requested && v->port->stays && v->reasons.n
                   && !iov_reasons_protect(&v->reasons));
    }
}

/* Gives out the VFs.  A port that has to wait leaves its VF to others until
 * then, so that one that comes and goes drives nobody off; whom it leaves it
 * to may have to wait, too. */
static void
give_out(struct iov_verdicts_part *part)
{
    const struct iov_check *c = &part->check;
    const struct iov_snapshot *s = c->snapshot;

    for (size_t i = 0; i < part->n; i++) {
        struct iov_verdict *v = &part->list[i];
        if (v->requested && v->port->damping) {
            damp(v, IOV_REASON_FLAPPING,
                 iov_damping_flapping(v->port->damping, &s->keys), s->now);
        }
    }
    keep_off_dead_path(part);
    iov_assign_vfs(part->list, part->n, c->pfs, c->n_pfs);
    while (s->keys.failback_delay && settle(part)) {
        for (size_t i = 0; i < part->n; i++) {
            unassign(&part->list[i], c, IOV_CHECK_vf);
        }
        iov_assign_vfs(part->list, part->n, c->pfs, c->n_pfs);
    }
}

/* Returns true if a packet of 'bridge' can come to a port with queues. */
static bool
has_queues(const struct iov_bridge *bridge)
{
    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (bridge->ports[i].qos) {
            return true;
        }
    }
    return false;
}

static void
check_bridge(struct iov_verdicts *vs, struct iov_verdicts_part *part,
             const struct iov_verdicts *old)
{
    struct iov_check *c = &part->check;
    const struct iov_bridge *bridge = c->bridge;
    size_t hint = vs->n;

    check_find_uplinks(c);
    check_see_peers(c);
    if (bridge->reach) {
        iov_reach_set_queues(bridge->reach, has_queues(bridge));
    }
    part->list = &vs->list[vs->n];
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct iov_port *port = &bridge->ports[i];
        if (port->is_uplink && !port->keys.weight) {
            continue;
        }

        struct iov_verdict *v = &part->list[part->n++];
        v->bridge = bridge;
        v->port = port;
        /* A weight that cannot be read is a request, too. */
        v->requested = (bridge->keys.enabled
                        && (port->keys.weight || port->keys.errors.n));
        c->old = find_old(old, v, &hint);
        run_checks(c, v);
        v->pf = c->n_pfs ? c->pfs[0] : NULL;
    }
    c->old = NULL;
    part->unseen = part->n;
    vs->n += part->n;
    give_out(part);
}

static struct iov_verdicts *
compute(const struct iov_snapshot *snapshot, const struct iov_verdicts *old,
        enum iov_effort effort)
{
    struct iov_verdicts *vs = xzalloc(sizeof *vs);
    struct iov_owners *owners = check_find_owners(snapshot);
    size_t n = 0;

    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        n += snapshot->bridges[i].n_ports;
    }
    vs->list = xcalloc(n + 1, sizeof *vs->list);
    vs->n_parts = snapshot->n_bridges;
    vs->parts = xcalloc(vs->n_parts + 1, sizeof *vs->parts);
    for (size_t i = 0; i < vs->n_parts; i++) {
        vs->parts[i].check = (struct iov_check) {
            .snapshot = snapshot,
            .bridge = &snapshot->bridges[i],
            .owners = owners,
            .effort = effort,
        };
        check_bridge(vs, &vs->parts[i], old);
        vs->parts[i].check.owners = NULL;
    }
    check_free_owners(owners);
    return vs;
}

struct iov_verdicts *
iov_verdicts_compute(const struct iov_snapshot *snapshot)
{
    return compute(snapshot, NULL, IOV_EFFORT_FULL);
}

struct iov_verdicts *
iov_verdicts_begin(const struct iov_snapshot *snapshot,
                   const struct iov_verdicts *old)
{
    return compute(snapshot, old, IOV_EFFORT_LOOK);
}

void
iov_verdicts_see_flows(struct iov_verdicts *vs)
{
    for (size_t i = 0; i < vs->n_parts; i++) {
        struct iov_verdicts_part *part = &vs->parts[i];
        if (part->unseen >= part->n) {
            part->unseen_since = part->check.snapshot->now;
        }
        part->unseen = 0;
    }
}

/* Replaces what 'v' says of the flows by 'found', whose contents it takes.
 * Returns false if that is the same. */
static bool
replace_flow_reasons(struct iov_verdict *v, struct iov_reasons *found)
{
    struct iov_reasons had = IOV_REASONS_INITIALIZER;
    struct iov_reasons all = IOV_REASONS_INITIALIZER;

    check_copy_reasons(&had, &v->reasons, IOV_CHECK_openflow);
    bool same = iov_reasons_equal(&had, found);
    if (same) {
        iov_reasons_clear(found);
    } else {
        for (int i = 0; i < IOV_N_CHECKS; i++) {
            if (i == IOV_CHECK_openflow) {
                iov_reasons_move(&all, found);
            } else {
                check_copy_reasons(&all, &v->reasons, i);
            }
        }
        iov_reasons_clear(&v->reasons);
        iov_reasons_move(&v->reasons, &all);
    }
    iov_reasons_clear(&had);
    return !same;
}

static void
update(struct iov_verdicts_part *part, struct iov_verdict *v)
{
    struct iov_check *c = &part->check;
    struct iov_reasons found = IOV_REASONS_INITIALIZER;
    struct iov_verdict old = *v;

    c->effort = IOV_EFFORT_BRIEF;
    c->verdict = v;
    c->port = v->port;
    c->reasons = &found;
    c->current = IOV_CHECK_openflow;
    c->old = &old;
    check_openflow(c);
    c->old = NULL;
    part->changed |= replace_flow_reasons(v, &found);
}

/* Finds out for some ports of 'part' whether flows have changed for them. */
static void
look_at_some(struct iov_verdicts_part *part)
{
    struct iov_check *c = &part->check;
    size_t end = MIN(part->n, part->unseen + MAX_LOOKED_AT);

    for (; part->unseen < end; part->unseen++) {
        struct iov_verdict *v = &part->list[part->unseen];
        if (v->requested && !v->outdated) {
            c->verdict = v;
            c->port = v->port;
            v->outdated = check_flows_are_outdated(c);
            v->outdated_since = part->unseen_since;
        }
    }
}

/* Returns the number of the port whose flows are to be examined next, or
 * 'vs->n'.  One that is on its VF goes before those that are not, for it may
 * have to be fenced, but not always: none has to wait for ever. */
static size_t
pick(struct iov_verdicts *vs)
{
    bool direct_first = ++vs->n_turns % 4;
    size_t any = vs->n;

    for (size_t i = 0; i < vs->n; i++) {
        size_t j = (vs->next + i) % vs->n;
        const struct iov_verdict *v = &vs->list[j];
        if (v->outdated) {
            if (v->vf || !direct_first) {
                return j;
            }
            any = any < vs->n ? any : j;
        }
    }
    return any;
}

static struct iov_verdicts_part *
find_part(struct iov_verdicts *vs, const struct iov_verdict *v)
{
    size_t i = 0;

    while (v >= vs->parts[i].list + vs->parts[i].n) {
        i++;
    }
    return &vs->parts[i];
}

bool
iov_verdicts_update(struct iov_verdicts *vs)
{
    for (size_t i = 0; i < vs->n_parts; i++) {
        if (vs->parts[i].unseen < vs->parts[i].n) {
            look_at_some(&vs->parts[i]);
            return true;
        }
    }

    size_t i = pick(vs);
    if (i >= vs->n) {
        return false;
    }
    /* If it takes longer, others come first. */
    vs->next = i + 1;
    update(find_part(vs, &vs->list[i]), &vs->list[i]);
    return true;
}

/* Takes 'v' to software if changed flows have been examined for too long. */
static void
stop_waiting(struct iov_verdicts_part *part, struct iov_verdict *v)
{
    long long int now = part->check.snapshot->now;
    struct iov_reasons found = IOV_REASONS_INITIALIZER;
    struct iov_check c = part->check;

    if (!v->requested || !v->outdated
        || now - v->outdated_since < IOV_LIMIT_FLOWS_MSEC
        || iov_reasons_have(&v->reasons, IOV_REASON_OPENFLOW_UNKNOWN)) {
        return;
    }
    c.verdict = v;
    c.reasons = &found;
    c.current = IOV_CHECK_openflow;
    check_fail(&c, IOV_REASON_OPENFLOW_UNKNOWN, v->bridge->name,
               "changed flow tables have been examined for more than %d ms",
               IOV_LIMIT_FLOWS_MSEC);
    v->flows = 0;               /* What was found before is not good enough
                                 * any more. */
    part->changed |= replace_flow_reasons(v, &found);
}

bool
iov_verdicts_are_outdated(const struct iov_verdicts *vs)
{
    for (size_t i = 0; i < vs->n_parts; i++) {
        if (vs->parts[i].unseen < vs->parts[i].n) {
            return true;
        }
    }
    for (size_t i = 0; i < vs->n; i++) {
        if (vs->list[i].outdated) {
            return true;
        }
    }
    return false;
}

bool
iov_verdicts_finish(struct iov_verdicts *vs)
{
    bool any = false;

    for (size_t i = 0; i < vs->n_parts; i++) {
        struct iov_verdicts_part *part = &vs->parts[i];
        for (size_t j = 0; j < part->n; j++) {
            stop_waiting(part, &part->list[j]);
        }
        if (part->changed) {
            part->changed = false;
            any = true;
            for (size_t j = 0; j < part->n; j++) {
                unassign(&part->list[j], &part->check,
                         IOV_CHECK_damping);
            }
            give_out(part);
        }
    }
    return any;
}

void
iov_verdicts_destroy(struct iov_verdicts *vs)
{
    if (vs) {
        for (size_t i = 0; i < vs->n; i++) {
            iov_reasons_clear(&vs->list[i].reasons);
        }
        for (size_t i = 0; i < vs->n_parts; i++) {
            free(vs->parts[i].check.uplink_ofports);
            free(vs->parts[i].check.uplinks);
            free(vs->parts[i].check.pfs);
            free(vs->parts[i].check.ways);
        }
        free(vs->parts);
        free(vs->list);
        free(vs);
    }
}

const struct iov_verdict *
iov_verdicts_find(const struct iov_verdicts *vs, const char *port)
{
    for (size_t i = 0; i < vs->n; i++) {
        if (!strcmp(vs->list[i].port->name, port)) {
            return &vs->list[i];
        }
    }
    return NULL;
}
