/* SPDX-License-Identifier: Apache-2.0
 *
 * What has to be done next: see plan.h for the idea and the order.
 *
 * Each step_*() function looks at one thing and returns the operation that
 * would put it right, or null if it is right already.  A sequence is a table
 * of steps; the first one that returns something wins.
 *
 * On the way to the VF a step whose operation has just failed stops the
 * sequence (there is nothing safe behind it), on the way back it is passed
 * over, because the release of a VF must not depend on the guest or on
 * ovs-vswitchd. */

#include <config.h>
#include "policy/plan/plan.h"

#include <string.h>

#include "openvswitch/util.h"
#include "packets.h"
#include "policy/plan/plan-fence.h"
#include "policy/plan/plan-left.h"
#include "util.h"

typedef struct iov_op *step_func(const struct iov_plan_in *);

static step_func step_record, step_fence, step_pf_mac_add, step_fdb_to_port;
static step_func step_take_back, step_put_back, step_forget;
static step_func step_settings, step_fence_vlan, step_address, step_hand_over;
static step_func step_open, step_dma, step_link_up, step_start, step_give_up;
static step_func step_learn_uplink, step_read_back, step_record_kept;
static step_func step_vectors, step_pf_standby, step_own_mac, step_renew;

static step_func *const attach_steps[] = {
    step_record, step_vectors, step_settings, step_fence_vlan, step_address,
    step_open, step_dma, step_link_up, step_pf_standby, step_hand_over,
    step_start, step_learn_uplink, step_give_up, step_read_back
};

static step_func *const protect_steps[] = {
    step_record_kept, step_fence, step_pf_mac_add,
    step_fdb_to_port, step_take_back, step_own_mac, step_renew, step_put_back,
    step_forget
};

static step_func *const yield_steps[] = {
    step_record_kept, step_pf_mac_add, step_fdb_to_port, step_take_back,
    step_fence, step_own_mac, step_renew, step_put_back, step_forget
};

static const struct iov_vf_record *
record(const struct iov_plan_in *in)
{
    return in->vf ? in->vf->record : NULL;
}

/* True if the VF was taken with another MAC address or guest than is wanted
 * now, so that it has to be given back first. */
static bool
is_stale(const struct iov_plan_in *in)
{
    const struct iov_vf_record *r = record(in);

    return r && (!eth_addr_equals(r->mac, in->mac)
                 || strcmp(r->guest, in->guest));
}

/* True if the VF can carry the port's packets although 'failed', of 'step',
 * has failed. */
static bool
can_do_without(const struct iov_plan_in *in, step_func *step,
               const struct iov_op *failed)
{
    return (step == step_vectors || iov_op_is_shown_rate(failed)
            || (step == step_link_up && iov_vf_may_have_link(in->vf)));
}

static struct iov_op *
attach(const struct iov_plan_in *in)
{
    for (size_t i = 0; i < ARRAY_SIZE(attach_steps); i++) {
        struct iov_op *op = attach_steps[i](in);
        const struct iov_failure *f =
            (op && in->failures ? iov_failures_get(in->failures, op) : NULL);

        /* What could not be put back may be asked for again. */
        if (op && (!f || f->op->restores)) {
            return op;
        }
        iov_op_destroy(op);
        if (f && !can_do_without(in, attach_steps[i], f->op)) {
            return NULL;
        }
    }
    return NULL;
}

static struct iov_op *
release(const struct iov_plan_in *in, step_func *const *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct iov_op *op = steps[i](in);
        if (op && in->failures && iov_failures_find(in->failures, op)) {
            iov_op_destroy(op);
        } else if (op) {
            return op;
        }
    }
    return NULL;
}

/* True if the guest has a VF whose DMA was taken away: it may send again as
 * soon as it has DMA, but most drivers hear nothing until they have reset the
 * VF. */
static bool
is_deaf(const struct iov_plan_in *in)
{
    return (in->direct && record(in) && !in->vf_external && !in->paired_by_mac
            && (plan_guest_has_vf(in) || plan_is_on_its_way_home(in))
            && in->vf->now.known & IOV_VF_BIT(IOV_VF_DMA)
            && !in->vf->now.dma);
}

struct iov_op *
iov_plan_next(const struct iov_plan_in *in)
{
    if (record(in) && (((in->direct || in->keep_fenced) && is_stale(in))
                       || is_deaf(in))) {
        struct iov_plan_in back = *in;

        back.direct = back.keep_fenced = false;
        back.protect = true;
        return iov_plan_next(&back);
    } else if (in->direct && in->vf) {
        return attach(in);
    } else if (in->protect) {
        return release(in, protect_steps, ARRAY_SIZE(protect_steps));
    } else {
        return release(in, yield_steps, ARRAY_SIZE(yield_steps));
    }
}

/* Making operations. */

static struct iov_op *
make_op(const struct iov_plan_in *in, enum iov_op_type type)
{
    const struct iov_pf *pf = in->pf;
    struct iov_op *op = iov_op_create(type, in->port, pf ? pf->netdev : "",
                                      in->vf ? in->vf->index : 0);

    op->bridge = xstrdup(in->bridge);
    op->mac = in->mac;
    op->vlan = in->vlan;
    return op;
}

static struct iov_op *
make_guest_op(const struct iov_plan_in *in, enum iov_op_type type)
{
    struct iov_op *op = make_op(in, type);

    op->guest = xstrdup(record(in)->guest);
    op->mac = record(in)->mac;
    return op;
}

/* Sets 'attr' of the VF to its value in 'to', or null if it has that value or
 * 'to' does not know it. */
static struct iov_op *
make_set(const struct iov_plan_in *in, enum iov_vf_attr attr,
         const struct iov_vf_settings *to)
{
    struct iov_op *op;

    if (!(to->known & IOV_VF_BIT(attr))
        || (in->vf->now.known & IOV_VF_BIT(attr)
            && iov_vf_attr_equal(&in->vf->now, to, attr))) {
        return NULL;
    }
    op = make_op(in, IOV_OP_VF_SET);
    op->attr = attr;
    iov_vf_attr_copy(&op->set, to, attr);
    return op;
}

/* Like make_set() for the first attribute of 'attrs' that differs. */
static struct iov_op *
make_set_any(const struct iov_plan_in *in, const enum iov_vf_attr *attrs,
             size_t n, const struct iov_vf_settings *to)
{
    for (size_t i = 0; i < n; i++) {
        struct iov_op *op = make_set(in, attrs[i], to);
        if (op && in->failures && iov_failures_find(in->failures, op)
            && !in->direct) {
            iov_op_destroy(op);
        } else if (op) {
            return op;
        }
    }
    return NULL;
}

/* Steps to the VF. */

/* After iov-fence-vlans has changed the VF has another VLAN for its fence. */
static struct iov_op *
renew_record(const struct iov_plan_in *in)
{
    struct iov_op *op;

    if (!in->fence_vlan || record(in)->fence_vlan == in->fence_vlan) {
        return NULL;
    }
    op = make_op(in, IOV_OP_RECORD);
    op->record = iov_vf_record_clone(record(in));
    op->record->fence_vlan = in->fence_vlan;
    return op;
}

static struct iov_op *
step_record(const struct iov_plan_in *in)
{
    struct iov_vf_record *r;
    struct iov_op *op;

    if (record(in)) {
        return renew_record(in);
    }
    r = xzalloc(sizeof *r);
    r->original = in->vf->now;
    if (in->vf->busy && !in->vf_external && plan_vf_has_mac(in->vf, in->mac)) {
        /* It was ours, and the record of it is lost. */
        r->original.mac = eth_addr_zero;
    }
    r->port = xstrdup(in->port);
    r->bridge = xstrdup(in->bridge);
    r->guest = xstrdup(in->guest);
    r->driver = nullable_xstrdup(in->vf->driver);
    r->mac = in->mac;
    r->fence_mac = in->fence_mac;
    r->fence_vlan = in->fence_vlan;
    op = make_op(in, IOV_OP_RECORD);
    op->record = r;
    return op;
}

static struct iov_op *
step_settings(const struct iov_plan_in *in)
{
    static const enum iov_vf_attr attrs[] = {
        IOV_VF_SPOOFCHK, IOV_VF_TRUST, IOV_VF_RATE
    };

    return make_set_any(in, attrs, ARRAY_SIZE(attrs), in->want);
}

/* For this a VF has to lose its driver for a moment, so it comes before
 * everything that the driver would see, and never while a guest has it. */
static struct iov_op *
step_vectors(const struct iov_plan_in *in)
{
    return (in->vf_external || plan_guest_has_vf(in)
            || plan_is_on_its_way_home(in)
            ? NULL
            : make_set(in, IOV_VF_VECTORS, in->want));
}

/* The VLAN of the fence, so that the VF may get the port's MAC address while
 * the guest still has it, from before. */
static struct iov_op *
step_fence_vlan(const struct iov_plan_in *in)
{
    struct iov_vf_settings fence = plan_fence(in);

    return (iov_vf_is_open(in->vf, in->want)
            ? NULL
            : plan_mark_fence(make_set(in, IOV_VF_VLAN, &fence)));
}

static struct iov_op *
step_address(const struct iov_plan_in *in)
{
    return make_set(in, IOV_VF_MAC, in->want);
}

static struct iov_op *
step_hand_over(const struct iov_plan_in *in)
{
    return (in->vf_external || plan_guest_has_vf(in)
            ? NULL
            : make_guest_op(in, IOV_OP_GUEST_ATTACH));
}

static struct iov_op *
step_open(const struct iov_plan_in *in)
{
    return make_set(in, IOV_VF_VLAN, in->want);
}

static struct iov_op *
step_dma(const struct iov_plan_in *in)
{
    struct iov_vf_settings on = { .known = IOV_VF_BIT(IOV_VF_DMA),
                                  .dma = true };

    return (in->vf->now.known & IOV_VF_BIT(IOV_VF_DMA)
            ? make_set(in, IOV_VF_DMA, &on)
            : NULL);
}

static struct iov_op *
step_link_up(const struct iov_plan_in *in)
{
    struct iov_vf_settings up = plan_link_up(in);

    return make_set(in, IOV_VF_LINK_STATE, &up);
}

static struct iov_op *
step_start(const struct iov_plan_in *in)
{
    return (in->vf_external || in->vf->guest == IOV_GUEST_RUNNING
            ? NULL
            : make_guest_op(in, IOV_OP_GUEST_ACTIVATE));
}

static struct iov_op *
make_pf_mac(const struct iov_plan_in *in, enum iov_op_type type,
            const struct iov_pf *pf)
{
    struct iov_op *op = make_op(in, type);

    free(op->pf);
    op->pf = xstrdup(pf->netdev);
    return op;
}

static bool
is_our_mac(const struct iov_pf *pf, struct eth_addr mac)
{
    for (size_t i = 0; i < pf->n_our_macs; i++) {
        if (eth_addr_equals(pf->our_macs[i], mac)) {
            return iov_pf_has_mac(pf, mac);
        }
    }
    return false;
}

static struct iov_op *
step_give_up(const struct iov_plan_in *in)
{
    return (is_our_mac(in->pf, in->mac)
            ? make_pf_mac(in, IOV_OP_PF_MAC_DEL, in->pf)
            : NULL);
}

static struct iov_op *
make_learn(const struct iov_plan_in *in, const char *where)
{
    struct iov_op *op;

    if (in->switch_away
        || (in->learned_at && !strcmp(in->learned_at, where))) {
        return NULL;
    }
    op = make_op(in, IOV_OP_FDB_ADD);
    op->switch_port = xstrdup(where);
    return op;
}

static struct iov_op *
step_learn_uplink(const struct iov_plan_in *in)
{
    return make_learn(in, in->pf->netdev);
}

static struct iov_op *
step_read_back(const struct iov_plan_in *in)
{
    struct iov_op *op;

    if (in->checked) {
        return NULL;
    }

    struct iov_vf_settings up = plan_link_up(in);

    op = make_op(in, IOV_OP_READ_BACK);
    op->set = *in->want;
    op->set.known |= up.known;
    op->set.link_state = up.link_state;
    return op;
}

/* While a guest does not use its VF any more, though the port's packets have
 * gone there, they come by the PF, too. */
static struct iov_op *
step_pf_standby(const struct iov_plan_in *in)
{
    struct iov_op *op;

    if (in->vf_external || in->vf->guest == IOV_GUEST_RUNNING
        || !in->learned_at || strcmp(in->learned_at, in->pf->netdev)) {
        return NULL;
    }
    op = step_pf_mac_add(in);
    return op ? op : step_fdb_to_port(in);
}

/* Steps back to software. */

static struct iov_op *
step_record_kept(const struct iov_plan_in *in)
{
    return ((in->keep_fenced || in->orphaned) && in->vf
            ? step_record(in) : NULL);
}

/* True if nobody has the VF, but the port's packets still go there. */
static bool
is_open_at_home(const struct iov_plan_in *in)
{
    const struct iov_vf_record *r = record(in);

    return (in->protect && !in->vf_external
            && in->vf->guest == IOV_GUEST_NONE
            && plan_vf_has_mac(in->vf, r->mac)
            && !eth_addr_equals(r->original.mac, r->mac)
            && !plan_vf_has_vlan(in->vf, in->fence_vlan));
}

/* A VF that an earlier daemon has fenced has no DMA, but nobody keeps it off
 * any more. */
static struct iov_op *
hold_dma(const struct iov_plan_in *in, const struct iov_vf_settings *fence)
{
    struct iov_op *op;

    if (!(fence->known & IOV_VF_BIT(IOV_VF_DMA)) || in->vf->now.dma
        || in->vf->dma_held) {
        return NULL;
    }
    op = make_op(in, IOV_OP_VF_SET);
    op->attr = IOV_VF_DMA;
    iov_vf_attr_copy(&op->set, fence, IOV_VF_DMA);
    return op;
}

/* What stops most comes first: without DMA the VF neither sends nor receives;
 * with another MAC address and the spoof check on it does not either, even if
 * whoever drives it lets it have DMA again. */
static struct iov_op *
step_fence(const struct iov_plan_in *in)
{
    static const enum iov_vf_attr attrs[] = {
        IOV_VF_DMA, IOV_VF_MAC, IOV_VF_SPOOFCHK, IOV_VF_TRUST, IOV_VF_VLAN,
        IOV_VF_LINK_STATE
    };
    struct iov_vf_settings fence;

    /* What is put back at once must not be fenced again and again. */
    if (!record(in)
        || ((in->vf->guest == IOV_GUEST_NONE || in->vf_external)
            && !in->keep_fenced && !is_open_at_home(in))) {
        return NULL;
    }
    fence = plan_fence(in);

    struct iov_op *op = make_set_any(in, attrs, ARRAY_SIZE(attrs), &fence);

    return op ? plan_mark_fence(op) : hold_dma(in, &fence);
}

static struct iov_op *
step_pf_mac_add(const struct iov_plan_in *in)
{
    if (!in->managed || !in->has_mac) {
        return NULL;
    }
    for (size_t i = 0; i < in->n_pfs; i++) {
        const struct iov_pf *pf = in->pfs[i];
        if (pf->n_vfs && !iov_pf_has_mac(pf, in->mac)
            && !eth_addr_equals(pf->mac, in->mac)) {
            return make_pf_mac(in, IOV_OP_PF_MAC_ADD, pf);
        }
    }
    return NULL;
}

static struct iov_op *
step_fdb_to_port(const struct iov_plan_in *in)
{
    return (in->managed && in->has_mac && !in->mac_shared
            && (in->n_pfs || in->learned_at)
            ? make_learn(in, in->port)
            : NULL);
}

static struct iov_op *
step_take_back(const struct iov_plan_in *in)
{
    return (record(in) && !in->vf_external && plan_guest_has_vf(in)
            ? make_guest_op(in, IOV_OP_GUEST_DETACH)
            : NULL);
}

/* The rest of the fence holds meanwhile. */
static struct iov_op *
step_own_mac(const struct iov_plan_in *in)
{
    struct iov_vf_settings own = plan_own_mac(in);
    struct iov_op *op = own.known ? make_set(in, IOV_VF_MAC, &own) : NULL;

    if (op) {
        op->restores = true;
    }
    return op;
}

/* What else it takes to have a VF back from a guest that has let go of it: its
 * driver is unbound, and then bound anew.  It may take long, and the VF is
 * fenced by then. */
static struct iov_op *
step_renew(const struct iov_plan_in *in)
{
    return (record(in) && !in->vf_external && plan_is_on_its_way_home(in)
            ? make_guest_op(in, IOV_OP_GUEST_DETACH)
            : NULL);
}

/* True if the VF may be opened to whatever it was set to before. */
static bool
may_put_back(const struct iov_plan_in *in)
{
    return (record(in) && (in->vf_external ? !in->keep_fenced
                           : in->vf->guest == IOV_GUEST_NONE));
}

static struct iov_op *
step_put_back(const struct iov_plan_in *in)
{
    static const enum iov_vf_attr attrs[] = {
#define VF_ATTR(ENUM, NAME, MEMBER, MEANING) IOV_VF_##ENUM,
#include "policy/model/vf-attr.def"
#undef VF_ATTR
    };

    if (!may_put_back(in)) {
        return NULL;
    }

    struct iov_vf_settings fence = plan_fence(in);
    struct iov_vf_settings found = plan_found(in);
    struct iov_vf_settings left = plan_left(in, &fence);
    struct iov_op *op = make_set_any(in, attrs, ARRAY_SIZE(attrs), &left);

    if (op) {
        op->restores = true;
        op->fences = !iov_vf_attr_equal(&op->set, &found, op->attr);
    }
    /* While the VF has the port's MAC address, because the NIC does not let
     * go of it, the VLAN of the fence keeps the port's packets from going
     * there. */
    if (op && op->attr == IOV_VF_VLAN
        && !iov_vf_attr_equal(&op->set, &fence, IOV_VF_VLAN)
        && plan_vf_has_mac(in->vf, record(in)->mac)
        && !eth_addr_equals(found.mac, record(in)->mac)) {
        iov_op_destroy(op);
        return NULL;
    }
    return op;
}

static bool
is_put_back(const struct iov_plan_in *in)
{
    struct iov_vf_settings fence = plan_fence(in);
    struct iov_vf_settings left = plan_left(in, &fence);

    for (int i = 0; i < IOV_N_VF_ATTRS; i++) {
        if (left.known & in->vf->now.known & ~in->vf->cannot & IOV_VF_BIT(i)
            && !iov_vf_attr_equal(&in->vf->now, &left, i)) {
            return false;
        }
    }
    return true;
}

static struct iov_op *
step_forget(const struct iov_plan_in *in)
{
    return (may_put_back(in) && is_put_back(in)
            ? make_op(in, IOV_OP_FORGET)
            : NULL);
}
