/* SPDX-License-Identifier: Apache-2.0
 *
 * From verdicts to operations: see reconcile.h.
 *
 * A record in the journal outlives the verdict that made it.  A VF whose port
 * is gone, or has been promised another VF, is first taken back for the port
 * that the record names; only then is it free. */

#include <config.h>
#include "vswitchd-ext/control/reconcile.h"

#include <errno.h>
#include <string.h>

#include "bitmap.h"
#include "offload/guest.h"
#include "offload/journal.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "policy/model/limit.h"
#include "policy/model/port-state.h"
#include "policy/plan/plan.h"
#include "policy/verdict/check.h"
#include "policy/verdict/verdict.h"
#include "timeval.h"
#include "util.h"
#include "vswitchd-ext/control/dispatch.h"
#include "vswitchd-ext/control/fence-vlan.h"
#include "vswitchd-ext/control/heard.h"
#include "vswitchd-ext/control/reconcile-pf.h"
#include "vswitchd-ext/control/runtime.h"
#include "vswitchd-ext/ovs/fdb.h"

/* A PF and a VF of it. */
struct vf_ref {
    const struct iov_pf *pf;
    const struct iov_vf *vf;
};

/* Operations begun so far, each of which has its number. */
static uint64_t n_begun;

/* What is found once for many ports. */
struct context {
    const struct iov_reconcile *reconcile;
    struct shash records;       /* Of struct vf_ref, by name of the port. */
    const struct iov_bridge *bridge;    /* That 'pfs' are of. */
    const struct iov_pf **pfs;
    size_t n_pfs;
    unsigned long *vlans;       /* Bitmap of those that a VF has, or may get,
                                 * for its fence. */
    size_t n_moving;            /* Ports on planned moves (limit "moves"). */
};

static void
context_init(struct context *context, const struct iov_reconcile *s)
{
    *context = (struct context){ .reconcile = s };
    shash_init(&context->records);
    context->vlans = iov_fence_vlans_taken(s->nics);
    for (size_t i = 0; i < s->nics->n_pfs; i++) {
        const struct iov_pf *pf = &s->nics->pfs[i];
        for (unsigned int j = 0; j < pf->n_vfs; j++) {
            const struct iov_vf_record *r = pf->vfs[j].record;
            if (r && !shash_find(&context->records, r->port)) {
                struct vf_ref ref = { pf, &pf->vfs[j] };
                shash_add_nocopy(&context->records, xstrdup(r->port),
                                 xmemdup(&ref, sizeof ref));
            }
        }
    }
}

static void
context_destroy(struct context *context)
{
    shash_destroy_free_data(&context->records);
    bitmap_free(context->vlans);
    free(context->pfs);
}

/* True if the switch and the PF have to know where the port is: it takes part
 * in offload, or its MAC address is meant. */
static bool
is_managed(const struct iov_reconcile *s, const struct iov_verdict *v)
{
    return (!s->clean_up && v->bridge->keys.enabled
            && !v->bridge->keys.observe && v->port->ofport > 0
            && !v->port->bad_name && iov_port_mac_is_meant(v->port));
}

/* The VF that 'v' is on, goes to, leaves or keeps, in this order of
 * importance: what it has, what it may have, what its guest has anyway. */
static struct vf_ref
find_vf_ref(const struct context *context, const struct iov_verdict *v)
{
    const struct vf_ref *record =
        shash_find_data(&context->records, v->port->name);
    struct vf_ref ref = record ? *record : (struct vf_ref){ NULL, NULL };

    if (!ref.vf && !context->reconcile->clean_up) {
        ref = (v->vf ? (struct vf_ref){ v->pf, v->vf }
                     : (struct vf_ref){ v->adopted_pf, v->adopted });
        if (ref.vf && ref.vf->record) {
            /* Still somebody else's. */
            return (struct vf_ref){ NULL, NULL };
        }
    }
    return ref;
}

/* Finds the PFs among the ports of the bridge. */
static void
context_enter(struct context *context, const struct iov_bridge *bridge)
{
    if (context->bridge == bridge) {
        return;
    }
    free(context->pfs);
    context->bridge = bridge;
    context->pfs = xcalloc(bridge->n_ports + 1, sizeof *context->pfs);
    context->n_pfs = 0;
    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (bridge->ports[i].is_uplink) {
            const struct iov_pf *pf =
                iov_nics_find(context->reconcile->nics, bridge->ports[i].name);
            if (pf) {
                context->pfs[context->n_pfs++] = pf;
            }
        }
    }
}

/* Fills in 'in', which is good until the tour goes on. */
static void
plan_in_init(struct iov_plan_in *in, struct context *context,
             const struct iov_verdict *v, const struct iov_runtime *runtime)
{
    const struct iov_reconcile *s = context->reconcile;
    struct vf_ref ref = find_vf_ref(context, v);
    const struct iov_vf_record *r = ref.vf ? ref.vf->record : NULL;
    const char *guest = v->port->keys.guest.text;

    context_enter(context, v->bridge);
    memset(in, 0, sizeof *in);
    in->port = v->port->name;
    in->bridge = v->bridge->name;
    in->has_mac = v->port->mac_known && !v->port->unheard;
    in->mac_shared = v->port->mac_shared;
    in->mac = v->port->mac;
    in->vlan = iov_port_vlan(v->port);
    in->guest = guest ? guest : "none";
    in->vf_external = iov_guests_keep(r ? r->guest : in->guest);
    in->paired_by_mac = iov_guests_pair(r ? r->guest : in->guest);
    in->direct = !s->clean_up && v->vf && ref.vf == v->vf;
    in->protect = !s->clean_up && iov_reasons_protect(&v->reasons);
    in->managed = is_managed(s, v);
    in->keep_fenced = (in->managed && v->adopted && ref.vf == v->adopted
                       && in->vf_external && !in->direct);
    in->orphaned = (in->managed && v->adopted && ref.vf == v->adopted && !r
                    && !in->vf_external && !in->direct);
    in->want = &v->want;
    in->pfs = context->pfs;
    in->n_pfs = context->n_pfs;
    in->pf = ref.pf;
    in->vf =
        (in->direct || in->keep_fenced || in->orphaned || r ? ref.vf : NULL);
    in->learned_at = iov_runtime_learned_at(runtime, in->bridge, in->mac,
                                            in->vlan, iov_fdb_connection());
    in->original_mac_taken = r && iov_original_mac_is_taken(s->snapshot, r);
    in->keep_fenced |= (in->original_mac_taken && in->managed
                        && in->vf_external && !in->direct);
    in->switch_away = (iov_fdb_unreachable() || v->bridge->flows_held);
    in->checked = runtime->checked;
    in->fence_mac = runtime->fence_mac;
    in->fence_vlan = iov_fence_vlan_find(in, runtime,
                                         &s->snapshot->keys.fence_vlans);
    in->failures = &runtime->failures;
}

/* Begins 'op' for 'runtime' unless something is under way; takes 'op', which
 * may be null. */
void
iov_reconcile_begin(struct iov_runtime *runtime, struct iov_op *op,
                    const struct iov_vf *vf)
{
    struct ds text = DS_EMPTY_INITIALIZER;

    if (!runtime->busy) {
        if (op) {
            iov_op_format(&text, op);
        }
        free(runtime->next);
        runtime->next = ds_steal_cstr(&text);
        if (op) {
            op->serial = ++n_begun;
            runtime->busy = true;
            runtime->doing = op->type;
            runtime->serial = op->serial;
            iov_dispatch(op, vf);
            return;
        }
    }
    iov_op_destroy(op);
}

static void
set_state(struct iov_runtime *runtime, const struct iov_reconcile *s,
          const struct iov_verdict *v, const struct iov_plan_in *in)
{
    struct iov_reasons reasons = IOV_REASONS_INITIALIZER;
    bool idle = !runtime->busy && (!runtime->next || !*runtime->next);
    struct iov_port_facts facts = {
        .requested = v->requested,
        .direct = v->vf != NULL && !s->clean_up && !runtime->waits,
        .on_vf = (in->direct && in->vf && in->vf->record
                  && iov_vf_is_open(in->vf, in->want)
                  && (in->vf_external || in->vf->guest == IOV_GUEST_RUNNING)),
        .taken = in->vf && in->vf->record && !in->keep_fenced,
        .home = iov_plan_is_home(in),
        .done = idle,
    };
    enum iov_port_state state = iov_port_state_next(runtime->state, &facts);

    runtime->taken =
        facts.taken && (!facts.home || state == IOV_PORT_RELEASING);
    iov_reasons_copy(&reasons, &v->reasons);
    if (v->vf && !s->clean_up && state != IOV_PORT_DIRECT) {
        iov_reasons_add(&reasons, IOV_REASON_NOT_SETTLED, NULL,
                        idle ? "It waits for its VF to be given back."
                             : runtime->next);
    }
    iov_runtime_set_reasons(runtime, &reasons, s->wall_now);
    iov_reasons_clear(&reasons);
    iov_runtime_set_state(runtime, state, s->wall_now);
}

static bool
is_for_attaching(enum iov_op_type type)
{
    return type == IOV_OP_GUEST_ATTACH || type == IOV_OP_GUEST_ACTIVATE;
}

/* True for operations that wait for somebody else: a guest, ovs-vswitchd. */
static bool
waits(enum iov_op_type type)
{
    return (type == IOV_OP_GUEST_ATTACH || type == IOV_OP_GUEST_ACTIVATE
            || type == IOV_OP_GUEST_DETACH || type == IOV_OP_FDB_ADD
            || type == IOV_OP_FDB_DEL);
}

/* Begins 'op', which fences the VF, beside the operation that is under way;
 * takes 'op'.  Nothing else is ever done for a port by two operations at the
 * same time. */
static void
begin_fence(struct iov_runtime *runtime, struct iov_op *op,
            const struct iov_vf *vf)
{
    op->serial = ++n_begun;
    runtime->fencing = op->serial;
    iov_dispatch(op, vf);
}

/* Whoever is waited for may take its time, and nothing may keep a VF open that
 * has to be fenced.  Called while an operation of the port is under way: as
 * soon as something else has to be done first, gives that operation up, and
 * if it is the fence, begins it in the same turn. */
static void
preempt(struct iov_runtime *runtime, const struct iov_plan_in *in)
{
    struct iov_op *op = (in->direct || !waits(runtime->doing) ? NULL
                         : iov_plan_next(in));

    if (op && op->type != runtime->doing) {
        iov_guests_cancel(runtime->name);
        iov_fdb_cancel(runtime->name);
        if (op->type == IOV_OP_VF_SET && !runtime->fencing) {
            begin_fence(runtime, op, in->vf);
            return;
        }
    } else if (!op && !in->direct && is_for_attaching(runtime->doing)) {
        iov_guests_cancel(runtime->name);
    }
    iov_op_destroy(op);
}

/* Measures how long it takes to fence a port's VF. */
static void
note_fence(struct iov_runtime *runtime, const struct iov_plan_in *in,
           const struct iov_reconcile *s)
{
    if (in->direct) {
        runtime->tally.fence_due = 0;
    } else if (in->protect && runtime->state == IOV_PORT_DIRECT) {
        iov_tally_fence_due(&runtime->tally, s->changed_at);
    }
}

/* Counts 'v' if its port is on a planned move.  One whose operation failed,
 * so that it waits to be tried again, keeps nobody else from moving. */
static void
count_move(struct context *context, const struct iov_verdict *v)
{
    const struct iov_runtime *runtime = iov_runtime_find(v->port->name);

    if (runtime && (runtime->busy || !runtime->failures.n)
        && (runtime->state == IOV_PORT_ATTACHING
            || (runtime->state == IOV_PORT_RELEASING
                && !iov_reasons_protect(&v->reasons)))) {
        context->n_moving++;
    }
}

/* Returns true if the port of 'v' would begin a planned move, and as many
 * ports move already as may at the same time.  A port that goes to its VF then
 * stays on software, and one that leaves it stays there; a move that has begun
 * goes on, and so does what is found begun at the start of the daemon. */
static bool
has_to_wait(struct context *context, const struct iov_plan_in *in,
            const struct iov_runtime *runtime)
{
    bool begins = (context->reconcile->clean_up || in->keep_fenced ? false
                   : in->direct ? (in->vf && !in->vf->record && !in->vf->busy
                                   && !in->vf_external)
                   : (runtime->state == IOV_PORT_DIRECT && in->vf
                      && in->vf->record && !in->protect));

    if (!begins || runtime->busy) {
        return false;
    } else if (context->n_moving >= IOV_LIMIT_MOVES) {
        return true;
    }
    context->n_moving++;
    return false;
}

/* What a port does that waits for its turn: on software, what the software
 * path needs. */
static void
reconcile_waiting(const struct context *context, const struct iov_verdict *v,
                  struct iov_runtime *runtime, struct iov_plan_in *in)
{
    runtime->waits = true;
    if (in->direct) {
        in->direct = false;
        in->vf = NULL;
        iov_reconcile_begin(runtime, iov_plan_next(in), NULL);
    }
    if (!runtime->busy) {
        free(runtime->next);
        runtime->next = xasprintf("waits for its turn, %d other ports are "
                                  "moving", IOV_LIMIT_MOVES);
    }
    if (!in->vf) {
        set_state(runtime, context->reconcile, v, in);
    }
}

static void
reconcile_port(struct context *context, const struct iov_verdict *v)
{
    const struct iov_reconcile *s = context->reconcile;
    struct iov_runtime *runtime = iov_runtime_get(v->port->name);
    struct iov_plan_in in;

    runtime->seen = true;
    plan_in_init(&in, context, v, runtime);
    iov_fence_vlan_reserve(runtime, &in, &s->snapshot->keys.fence_vlans,
                           context->vlans);
    iov_runtime_damp(runtime, &s->snapshot->keys, v,
                     in.vf && in.vf->record, s->now);
    note_fence(runtime, &in, s);
    runtime->waits = false;
    if (has_to_wait(context, &in, runtime)) {
        reconcile_waiting(context, v, runtime, &in);
        return;
    }
    if (!runtime->busy) {
        iov_reconcile_begin(runtime, iov_plan_next(&in), in.vf);
    } else {
        preempt(runtime, &in);
    }
    set_state(runtime, s, v, &in);
}

/* Fills in 'in' for a record whose port is gone. */
static void
orphan_in_init(struct iov_plan_in *in, const struct iov_snapshot *s,
               const struct iov_pf *pf, const struct iov_vf *vf,
               const struct iov_runtime *runtime)
{
    memset(in, 0, sizeof *in);
    in->port = vf->record->port;
    in->bridge = vf->record->bridge;
    in->mac = vf->record->mac;
    in->guest = vf->record->guest;
    in->vf_external = iov_guests_keep(in->guest);
    in->paired_by_mac = iov_guests_pair(in->guest);
    in->protect = true;
    in->original_mac_taken = iov_original_mac_is_taken(s, vf->record);
    in->pf = pf;
    in->vf = vf;
    in->failures = &runtime->failures;
}

/* Takes back what belongs to ports that are gone. */
static void
reconcile_orphans(struct context *context)
{
    const struct iov_reconcile *s = context->reconcile;

    for (size_t i = 0; i < s->nics->n_pfs; i++) {
        const struct iov_pf *pf = &s->nics->pfs[i];
        for (unsigned int j = 0; j < pf->n_vfs; j++) {
            const struct iov_vf *vf = &pf->vfs[j];

            if (vf->record
                && !iov_verdicts_find(s->verdicts, vf->record->port)) {
                struct iov_runtime *runtime =
                    iov_runtime_get(vf->record->port);
                struct iov_plan_in in;

                orphan_in_init(&in, s->snapshot, pf, vf, runtime);
                iov_fence_vlan_reserve(runtime, &in,
                                       &s->snapshot->keys.fence_vlans,
                                       context->vlans);
                runtime->seen = true;
                if (!runtime->busy) {
                    iov_reconcile_begin(runtime, iov_plan_next(&in), vf);
                } else {
                    preempt(runtime, &in);
                }
                iov_runtime_set_state(runtime, IOV_PORT_RELEASING,
                                      s->wall_now);
            }
        }
    }
}

static bool
is_settled(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &iov_runtimes) {
        const struct iov_runtime *runtime = node->data;
        if (runtime->busy || runtime->fencing
            || (runtime->next && *runtime->next)) {
            return false;
        }
    }
    return true;
}

bool
iov_reconcile_run(const struct iov_reconcile *s)
{
    struct context context;

    context_init(&context, s);
    for (size_t i = 0; i < s->verdicts->n; i++) {
        count_move(&context, &s->verdicts->list[i]);
    }
    for (size_t i = 0; i < s->verdicts->n; i++) {
        reconcile_port(&context, &s->verdicts->list[i]);
    }
    reconcile_orphans(&context);
    context_destroy(&context);
    iov_reconcile_pfs(s);
    iov_runtime_sweep();        /* A port that is gone has nothing to do. */
    return is_settled() && !iov_heard_is_busy();
}

/* Results. */

/* Whatever ovs-vswitchd has been asked for may happen yet. */
static void
take_given_up(struct iov_runtime *runtime, const struct iov_op *op)
{
    if (op->type == IOV_OP_FDB_ADD || op->type == IOV_OP_FDB_DEL) {
        iov_runtime_set_learned(runtime, op, true, 0);
    }
}

/* True if an operation failed because ovs-vswitchd was lost meanwhile.  The
 * operation is not at fault and is begun again when the switch is back. */
static bool
is_lost(const struct iov_result *r)
{
    return ((r->op->type == IOV_OP_FDB_ADD || r->op->type == IOV_OP_FDB_DEL)
            && iov_fdb_unreachable());
}

/* What an earlier ovs-vswitchd refused, a new one need not refuse. */
static void
forget_refusals(void)
{
    static uint64_t connection;
    struct shash_node *node;

    if (connection == iov_fdb_connection()) {
        return;
    }
    connection = iov_fdb_connection();
    SHASH_FOR_EACH (node, &iov_runtimes) {
        struct iov_runtime *runtime = node->data;

        iov_failures_forget(&runtime->failures, IOV_OP_FDB_ADD);
        iov_failures_forget(&runtime->failures, IOV_OP_FDB_DEL);
    }
}

static void
take_result(const struct iov_result *r, long long int now,
            long long int wall_now)
{
    struct ds text = DS_EMPTY_INITIALIZER;
    char buffer[128];
    struct iov_runtime *runtime =
        iov_runtime_get(iov_runtime_key(r->op, buffer, sizeof buffer));
    bool news = true;

    if (r->op->serial == runtime->fencing) {
        runtime->fencing = 0;
    } else if (r->op->serial == runtime->serial) {
        runtime->busy = false;
    }
    runtime->checked = r->op->type == IOV_OP_READ_BACK && !r->error;
    iov_op_destroy(runtime->read);
    runtime->read = runtime->checked ? iov_op_clone(r->op) : NULL;
    if (r->error == ECANCELED) {
        take_given_up(runtime, r->op);
    } else if (r->error && !is_lost(r)) {
        news = iov_failures_add(&runtime->failures, r, now);
    } else if (!r->error) {
        if (!runtime->read) {
            iov_runtime_worked(runtime, r->op, now);
        }
        if (r->op->type == IOV_OP_VF_SET
            && (r->op->attr == IOV_VF_DMA || r->op->attr == IOV_VF_MAC)) {
            iov_tally_fenced(&runtime->tally, time_usec());
        }
        if (r->op->type == IOV_OP_FDB_ADD || r->op->type == IOV_OP_FDB_DEL) {
            iov_runtime_set_learned(runtime, r->op, false,
                                    iov_fdb_connection());
        }
    }
    iov_op_format(&text, r->op);
    iov_dispatch_log(r, runtime->name, ds_cstr(&text), wall_now, news);
    ds_destroy(&text);
}

bool
iov_reconcile_take_results(const struct iov_nics *nics, long long int now,
                           long long int wall_now)
{
    struct iov_result *r;
    bool any = false;

    forget_refusals();
    iov_journal_hold();
    while ((r = iov_dispatch_next_result(nics))) {
        take_result(r, now, wall_now);
        iov_result_destroy(r);
        any = true;
    }
    iov_journal_release();
    return any;
}

size_t
iov_reconcile_verify(const struct iov_reconcile *s, struct ds *ds)
{
    struct context context;
    size_t n = 0;

    context_init(&context, s);
    for (size_t i = 0; i < s->verdicts->n; i++) {
        const struct iov_verdict *v = &s->verdicts->list[i];
        struct iov_plan_in in;

        plan_in_init(&in, &context, v, iov_runtime_get(v->port->name));
        n += iov_plan_verify(&in, ds);
    }
    context_destroy(&context);
    for (size_t i = 0; i < s->nics->n_pfs; i++) {
        const struct iov_pf *pf = &s->nics->pfs[i];
        for (unsigned int j = 0; j < pf->n_vfs; j++) {
            const struct iov_vf_record *r = pf->vfs[j].record;
            if (r && !iov_verdicts_find(s->verdicts, r->port)) {
                ds_put_format(ds, "%s: VF %u of %s is not yet put back\n",
                              r->port, j, pf->netdev);
                n++;
            }
        }
    }
    return n;
}
