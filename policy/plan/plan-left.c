/* SPDX-License-Identifier: Apache-2.0
 *
 * How a VF is left: see plan-left.h.
 *
 * A driver refuses to put an attribute back only if the failure of just that
 * request says so, which is remembered for a while; therefore it is asked for
 * again until the record of the VF goes. */

#include <config.h>
#include "policy/plan/plan-left.h"

#include <errno.h>
#include <string.h>

#include "packets.h"
#include "policy/plan/plan-fence.h"
#include "policy/plan/plan.h"
#include "util.h"

struct iov_vf_settings
plan_found(const struct iov_plan_in *in)
{
    struct iov_vf_settings found = in->vf->record->original;

    if (!in->vf_external && in->original_mac_taken) {
        found.mac = eth_addr_zero;
    }
    return found;
}

/* True if 'attr' hurts nobody as it is now, although it is not as found: the
 * VF has no port's address, is in a VLAN of its own or, as any VF that nobody
 * has touched, in none, and may do nothing that it might not do when it was
 * found. */
static bool
may_stay(const struct iov_plan_in *in, enum iov_vf_attr attr)
{
    const struct iov_vf_settings *now = &in->vf->now;

    switch ((int) attr) {
    case IOV_VF_MAC:
        return (!eth_addr_equals(now->mac, in->vf->record->mac)
                && !(in->has_mac && eth_addr_equals(now->mac, in->mac)));
    case IOV_VF_VLAN:
        return (!now->vlan || now->vlan == IOV_VLAN_UNSET
                || (in->fence_vlan && now->vlan == in->fence_vlan));
    case IOV_VF_SPOOFCHK:
        return now->spoofchk;
    case IOV_VF_TRUST:
        return !now->trust;
    default:
        return true;
    }
}

/* True if a driver that gave 'error' will not say otherwise a moment later, as
 * one may that is busy or whose device is being reset. */
static bool
is_final(int error)
{
    return (error == EINVAL || error == ERANGE || error == EPERM
            || error == EOPNOTSUPP || error == EPROTONOSUPPORT
            || error == ENOSYS);
}

/* True if the driver has refused for good to set 'attr' to its value in
 * 'to'. */
static bool
has_failed(const struct iov_plan_in *in, enum iov_vf_attr attr,
           const struct iov_vf_settings *to)
{
    for (size_t i = 0; in->failures && i < in->failures->n; i++) {
        const struct iov_op *op = in->failures->list[i].op;

        if (is_final(in->failures->list[i].error)
            && op->type == IOV_OP_VF_SET && op->attr == attr
            && op->vf == in->vf->index && !strcmp(op->pf, in->pf->netdev)
            && iov_vf_attr_equal(&op->set, to, attr)) {
            return true;
        }
    }
    return false;
}

/* True if the VF is in the VLAN of its fence, where nobody else is, or can be
 * brought there. */
static bool
can_be_apart(const struct iov_plan_in *in,
             const struct iov_vf_settings *fence)
{
    return (fence->known & IOV_VF_BIT(IOV_VF_VLAN)
            && (plan_vf_has_vlan(in->vf, fence->vlan)
                || !has_failed(in, IOV_VF_VLAN, fence)));
}

struct iov_vf_settings
plan_left(const struct iov_plan_in *in, const struct iov_vf_settings *fence)
{
    struct iov_vf_settings found = plan_found(in), left = found;
    bool apart = false;

    for (int i = 0; i < IOV_N_VF_ATTRS; i++) {
        if (!(found.known & IOV_VF_BIT(i)) || !has_failed(in, i, &found)) {
            continue;
        }

        bool stuck = (!may_stay(in, i) && i != IOV_VF_VLAN
                      && has_failed(in, i, fence) && can_be_apart(in, fence));

        apart |= stuck;
        iov_vf_attr_copy(&left, (stuck || may_stay(in, i) ? &in->vf->now
                                 : fence), i);
    }
    if (apart) {
        iov_vf_attr_copy(&left, fence, IOV_VF_VLAN);
    }
    return left;
}

struct iov_vf_settings
plan_own_mac(const struct iov_plan_in *in)
{
    struct iov_vf_settings own = { .known = 0 };

    if (in->vf && in->vf->record && !in->vf_external
        && plan_may_have_own_mac(in)) {
        struct iov_vf_settings fence = plan_fence(in);

        own = plan_left(in, &fence);
        own.known &= (eth_addr_equals(own.mac, in->vf->record->mac)
                      ? 0 : IOV_VF_BIT(IOV_VF_MAC));
    }
    return own;
}

bool
iov_plan_is_home(const struct iov_plan_in *in)
{
    const struct iov_vf *vf = in->vf;

    return (vf && vf->record && !in->direct && !in->vf_external
            && vf->guest == IOV_GUEST_NONE
            && vf->now.known & IOV_VF_BIT(IOV_VF_MAC)
            && !plan_vf_has_mac(vf, vf->record->mac));
}
