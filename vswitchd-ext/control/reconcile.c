/* SPDX-License-Identifier: Apache-2.0
 *
 * From verdicts to operations: see reconcile.h.
 *
 * The subtle thing: a record in the journal outlives the verdict that made
 * it.  A VF whose port is gone, or has been promised another VF, is first
 * taken back for the port that the record names; only then is it free. */

#include <config.h>
#include "vswitchd-ext/control/reconcile.h"

#include <errno.h>
#include <string.h>

#include "offload/guest.h"
#include "offload/journal.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "policy/model/port-state.h"
#include "policy/plan/plan.h"
#include "policy/verdict/check.h"
#include "policy/verdict/verdict.h"
#include "util.h"
#include "vswitchd-ext/control/dispatch.h"
#include "vswitchd-ext/control/reconcile-pf.h"
#include "vswitchd-ext/control/runtime.h"
#include "vswitchd-ext/ovs/fdb.h"

/* A PF and a VF of it. */
struct place {
    const struct iov_pf *pf;
    const struct iov_vf *vf;
};

/* What is found once for many ports. */
struct tour {
    const struct iov_steer *steer;
    struct shash records;       /* Of struct place, by the name of the port. */
    const struct iov_bridge *bridge;    /* That 'pfs' are of. */
    const struct iov_pf **pfs;
    size_t n_pfs;
};

static void
tour_init(struct tour *tour, const struct iov_steer *s)
{
    *tour = (struct tour) { .steer = s };
    shash_init(&tour->records);
    for (size_t i = 0; i < s->nics->n_pfs; i++) {
        const struct iov_pf *pf = &s->nics->pfs[i];
        for (unsigned int j = 0; j < pf->n_vfs; j++) {
            const struct iov_vf_record *r = pf->vfs[j].record;
            if (r && !shash_find(&tour->records, r->port)) {
                struct place place = { pf, &pf->vfs[j] };
                shash_add_nocopy(&tour->records, xstrdup(r->port),
                                 xmemdup(&place, sizeof place));
            }
        }
    }
}

static void
tour_destroy(struct tour *tour)
{
    shash_destroy_free_data(&tour->records);
    free(tour->pfs);
}

/* True if the switch and the PF have to know where the port is: it takes part
 * in offload, or its MAC address is meant. */
static bool
is_managed(const struct iov_steer *s, const struct iov_verdict *v)
{
    return (!s->clean_up && v->bridge->keys.enabled && v->port->ofport > 0
            && iov_port_mac_is_meant(v->port));
}

/* The VF that 'v' is on, goes to, leaves or keeps, in this order of
 * importance: what it has, what it may have, what its guest has anyway. */
static struct place
find_place(const struct tour *tour, const struct iov_verdict *v)
{
    const struct place *record = shash_find_data(&tour->records,
                                                 v->port->name);
    struct place place = record ? *record : (struct place) { NULL, NULL };

    if (!place.vf && !tour->steer->clean_up) {
        place = (v->vf
                 ? (struct place) { v->pf, v->vf }
                 : (struct place) { v->claimed_pf, v->claimed });
        if (place.vf && place.vf->record) {
            /* Still somebody else's. */
            return (struct place) { NULL, NULL };
        }
    }
    return place;
}

/* Finds the PFs among the ports of the bridge. */
static void
tour_enter(struct tour *tour, const struct iov_bridge *bridge)
{
    if (tour->bridge == bridge) {
        return;
    }
    free(tour->pfs);
    tour->bridge = bridge;
    tour->pfs = xcalloc(bridge->n_ports + 1, sizeof *tour->pfs);
    tour->n_pfs = 0;
    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (bridge->ports[i].is_uplink) {
            const struct iov_pf *pf = iov_nics_find(tour->steer->nics,
                                                    bridge->ports[i].name);
            if (pf) {
                tour->pfs[tour->n_pfs++] = pf;
            }
        }
    }
}

/* Fills in 'in', which is good until the tour goes on. */
static void
plan_in_init(struct iov_plan_in *in, struct tour *tour,
             const struct iov_verdict *v, const struct iov_live *live)
{
    const struct iov_steer *s = tour->steer;
    struct place place = find_place(tour, v);
    const struct iov_vf_record *r = place.vf ? place.vf->record : NULL;
    const char *guest = v->port->keys.guest.text;

    tour_enter(tour, v->bridge);
    memset(in, 0, sizeof *in);
    in->port = v->port->name;
    in->bridge = v->bridge->name;
    in->has_mac = v->port->mac_known;
    in->mac = v->port->mac;
    in->vlan = iov_port_vlan(v->port);
    in->guest = guest ? guest : "none";
    in->guest_keeps = iov_guests_keep(r ? r->guest : in->guest);
    in->guest_pairs = iov_guests_pair(r ? r->guest : in->guest);
    in->direct = !s->clean_up && v->vf && place.vf == v->vf;
    in->protect = !s->clean_up && iov_reasons_protect(&v->reasons);
    in->managed = is_managed(s, v);
    in->keep_fenced = (in->managed && v->claimed && place.vf == v->claimed
                       && in->guest_keeps && !in->direct);
    in->lost = (in->managed && v->claimed && place.vf == v->claimed && !r
                && !in->guest_keeps && !in->direct);
    in->want = &v->want;
    in->pfs = tour->pfs;
    in->n_pfs = tour->n_pfs;
    in->pf = place.pf;
    in->vf = (in->direct || in->keep_fenced || in->lost || r
              ? place.vf : NULL);
    in->learned_at = iov_live_learned_at(live, in->bridge, in->mac, in->vlan,
                                         iov_switch_mac_connection());
    in->checked = live->checked;
    in->fence_mac = live->fence_mac;
    in->failures = &live->failures;
}

/* Begins 'op' for 'live' unless something is under way; takes 'op', which may
 * be null. */
void
iov_steer_begin(struct iov_live *live, struct iov_op *op,
                const struct iov_vf *vf)
{
    struct ds text = DS_EMPTY_INITIALIZER;

    if (!live->busy) {
        if (op) {
            iov_op_format(&text, op);
        }
        free(live->next);
        live->next = ds_steal_cstr(&text);
        if (op) {
            live->busy = true;
            live->doing = op->type;
            iov_dispatch(op, vf);
            return;
        }
    }
    iov_op_destroy(op);
}

static void
set_state(struct iov_live *live, const struct iov_steer *s,
          const struct iov_verdict *v, const struct iov_plan_in *in)
{
    struct iov_reasons reasons = IOV_REASONS_INITIALIZER;
    bool idle = !live->busy && (!live->next || !*live->next);
    struct iov_port_facts facts = {
        .requested = v->requested,
        .direct = v->vf != NULL && !s->clean_up,
        .on_vf = (in->direct && in->vf && in->vf->record
                  && iov_vf_is_open(in->vf, in->want)
                  && (in->guest_keeps
                      || in->vf->guest == IOV_GUEST_RUNNING)),
        .taken = in->vf && in->vf->record && !in->keep_fenced,
        .done = idle,
    };
    enum iov_port_state state = iov_port_state_next(live->state, &facts);

    live->taken = facts.taken;
    iov_reasons_copy(&reasons, &v->reasons);
    if (facts.direct && state != IOV_PORT_DIRECT) {
        iov_reasons_add(&reasons, IOV_REASON_NOT_SETTLED, NULL,
                        idle ? "It waits for its VF to be given back."
                        : live->next);
    }
    iov_live_set_reasons(live, &reasons, s->wall_now);
    iov_reasons_clear(&reasons);
    iov_live_set_state(live, state, s->wall_now);
}

/* A guest may take its time.  Gives up waiting for it as soon as something
 * else has to be done first: nothing may keep a VF open that has to be
 * fenced. */
static void
hurry(const struct iov_live *live, const struct iov_plan_in *in)
{
    bool giving = (live->doing == IOV_OP_GUEST_GIVE
                   || live->doing == IOV_OP_GUEST_START);

    if (giving && !in->direct) {
        iov_guests_cancel(live->name);
    } else if (live->doing == IOV_OP_GUEST_TAKE && !in->direct) {
        struct iov_op *op = iov_plan_next(in);

        if (op && op->type != IOV_OP_GUEST_TAKE) {
            iov_guests_cancel(live->name);
        }
        iov_op_destroy(op);
    }
}

static void
steer_port(struct tour *tour, const struct iov_verdict *v)
{
    const struct iov_steer *s = tour->steer;
    struct iov_live *live = iov_live_get(v->port->name);
    struct iov_plan_in in;

    live->seen = true;
    plan_in_init(&in, tour, v, live);
    iov_live_damp(live, &s->snapshot->keys, &v->reasons,
                  in.vf && in.vf->record, s->now);
    if (!live->busy) {
        iov_steer_begin(live, iov_plan_next(&in), in.vf);
    } else {
        hurry(live, &in);
    }
    set_state(live, s, v, &in);
}

/* Fills in 'in' for a record whose port is gone. */
static void
orphan_in_init(struct iov_plan_in *in, const struct iov_pf *pf,
               const struct iov_vf *vf, const struct iov_live *live)
{
    memset(in, 0, sizeof *in);
    in->port = vf->record->port;
    in->bridge = vf->record->bridge;
    in->mac = vf->record->mac;
    in->guest = vf->record->guest;
    in->guest_keeps = iov_guests_keep(in->guest);
    in->guest_pairs = iov_guests_pair(in->guest);
    in->protect = true;
    in->pf = pf;
    in->vf = vf;
    in->failures = &live->failures;
}

/* Takes back what belongs to ports that are gone. */
static void
steer_orphans(const struct iov_steer *s)
{
    for (size_t i = 0; i < s->nics->n_pfs; i++) {
        const struct iov_pf *pf = &s->nics->pfs[i];
        for (unsigned int j = 0; j < pf->n_vfs; j++) {
            const struct iov_vf *vf = &pf->vfs[j];

            if (vf->record
                && !iov_verdicts_find(s->verdicts, vf->record->port)) {
                struct iov_live *live = iov_live_get(vf->record->port);
                struct iov_plan_in in;

                orphan_in_init(&in, pf, vf, live);
                live->seen = true;
                if (!live->busy) {
                    iov_steer_begin(live, iov_plan_next(&in), vf);
                } else {
                    hurry(live, &in);
                }
                iov_live_set_state(live, IOV_PORT_RELEASING, s->wall_now);
            }
        }
    }
}

static bool
is_settled(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &iov_live_ports) {
        const struct iov_live *live = node->data;
        if (live->busy || (live->next && *live->next)) {
            return false;
        }
    }
    return true;
}

bool
iov_steer_run(const struct iov_steer *s)
{
    struct tour tour;

    tour_init(&tour, s);
    for (size_t i = 0; i < s->verdicts->n; i++) {
        steer_port(&tour, &s->verdicts->list[i]);
    }
    tour_destroy(&tour);
    steer_orphans(s);
    iov_steer_pfs(s);

    bool settled = is_settled();
    iov_live_sweep();
    return settled;
}

/* Results. */

static void
take_result(const struct iov_result *r, long long int now,
            long long int wall_now)
{
    struct ds text = DS_EMPTY_INITIALIZER;
    char buffer[128];
    struct iov_live *live = iov_live_get(iov_live_key(r->op, buffer,
                                                      sizeof buffer));

    bool news = true;

    live->busy = false;
    live->checked = r->op->type == IOV_OP_READ_BACK && !r->error;
    iov_op_destroy(live->read);
    live->read = live->checked ? iov_op_clone(r->op) : NULL;
    if (r->error && r->error != ECANCELED) {
        news = iov_failures_add(&live->failures, r, now);
    } else if (!r->error) {
        if (!live->read) {
            iov_failures_remove(&live->failures, r->op);
        }
        if (r->op->type == IOV_OP_SWITCH_LEARN
            || r->op->type == IOV_OP_SWITCH_FORGET) {
            iov_live_set_learned(live, r->op, iov_switch_mac_connection());
        }
    }
    iov_op_format(&text, r->op);
    iov_dispatch_log(r, live->name, ds_cstr(&text), wall_now, news);
    ds_destroy(&text);
}

bool
iov_steer_take_results(const struct iov_nics *nics, long long int now,
                       long long int wall_now)
{
    struct iov_result *r;
    bool any = false;

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
iov_steer_verify(const struct iov_steer *s, struct ds *ds)
{
    struct tour tour;
    size_t n = 0;

    tour_init(&tour, s);
    for (size_t i = 0; i < s->verdicts->n; i++) {
        const struct iov_verdict *v = &s->verdicts->list[i];
        struct iov_plan_in in;

        plan_in_init(&in, &tour, v, iov_live_get(v->port->name));
        n += iov_plan_verify(&in, ds);
    }
    tour_destroy(&tour);
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
