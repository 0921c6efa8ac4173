/* SPDX-License-Identifier: Apache-2.0
 *
 * What a fenced VF is: see plan-fence.h.
 *
 * A VF that cannot lose the port's MAC address, because its guest would lose
 * sight of it, has the rest of the fence. */

#include <config.h>
#include "policy/plan/plan-fence.h"

#include "bitmap.h"
#include "packets.h"
#include "policy/model/key.h"
#include "policy/model/op.h"
#include "policy/plan/plan.h"
#include "util.h"

bool
plan_guest_has_vf(const struct iov_plan_in *in)
{
    return (in->vf->guest == IOV_GUEST_GIVEN
            || in->vf->guest == IOV_GUEST_RUNNING);
}

bool
plan_vf_has_mac(const struct iov_vf *vf, struct eth_addr mac)
{
    return vf->now.known & IOV_VF_BIT(IOV_VF_MAC)
           && eth_addr_equals(vf->now.mac, mac);
}

bool
plan_vf_has_vlan(const struct iov_vf *vf, uint16_t vlan)
{
    return vf->now.known & IOV_VF_BIT(IOV_VF_VLAN) && vf->now.vlan == vlan;
}

bool
plan_is_on_its_way_home(const struct iov_plan_in *in)
{
    return (in->vf->guest == IOV_GUEST_LEFT
            || in->vf->guest == IOV_GUEST_UNBOUND);
}

bool
plan_may_have_own_mac(const struct iov_plan_in *in)
{
    return (in->vf->guest == IOV_GUEST_UNBOUND && in->fence_vlan
            && plan_vf_has_vlan(in->vf, in->fence_vlan)
            && !plan_vf_has_mac(in->vf, in->vf->record->mac));
}

bool
iov_vf_is_fenced(const struct iov_vf *vf)
{
    return (vf->record && plan_vf_has_mac(vf, vf->record->fence_mac)
            && vf->record->fence_vlan
            && plan_vf_has_vlan(vf, vf->record->fence_vlan) && vf->now.spoofchk
            && !vf->now.trust && !vf->now.dma);
}

bool
iov_vf_is_open(const struct iov_vf *vf, const struct iov_vf_settings *want)
{
    return (vf->now.known & want->known & IOV_VF_BIT(IOV_VF_MAC)
            && iov_vf_attr_equal(&vf->now, want, IOV_VF_MAC)
            && iov_vf_attr_equal(&vf->now, want, IOV_VF_VLAN));
}

/* A driver in a virtual machine that resets the VF takes over the MAC address
 * that it has then, and its failover loses sight of it: Linux then waits for
 * ever for a device that it cannot let go of. */
static bool
may_change_mac(const struct iov_plan_in *in)
{
    return (!(in->paired_by_mac && plan_guest_has_vf(in))
            && !plan_may_have_own_mac(in));
}

struct iov_vf_settings
plan_fence(const struct iov_plan_in *in)
{
    const struct iov_vf *vf = in->vf;

    return (struct iov_vf_settings) {
        .known = ((may_change_mac(in) ? IOV_VF_BIT(IOV_VF_MAC) : 0)
                  | (in->fence_vlan ? IOV_VF_BIT(IOV_VF_VLAN) : 0)
                  | IOV_VF_BIT(IOV_VF_SPOOFCHK)
                  | (vf->now.known & (IOV_VF_BIT(IOV_VF_TRUST)
                                      | IOV_VF_BIT(IOV_VF_DMA)))
                  | (vf->now.known & ~vf->cannot
                     & IOV_VF_BIT(IOV_VF_LINK_STATE))),
        .mac = vf->record->fence_mac,
        .vlan = in->fence_vlan,
        .vlan_proto = 0x8100,
        .spoofchk = true,
        .link_state = IOV_VF_LINK_DISABLE,
    };
}

struct iov_op *
plan_mark_fence(struct iov_op *op)
{
    if (op) {
        op->fences = true;
    }
    return op;
}

struct iov_vf_settings
plan_link_up(const struct iov_plan_in *in)
{
    uint32_t original = in->vf->record->original.link_state;

    return (struct iov_vf_settings) {
        .known = (in->vf->now.known & ~in->vf->cannot
                  & IOV_VF_BIT(IOV_VF_LINK_STATE)),
        .link_state = (original == IOV_VF_LINK_DISABLE ? IOV_VF_LINK_AUTO
                       : original),
    };
}

uint16_t
iov_fence_vlan_choose(const struct iov_vlan_range *range,
                      const unsigned long *used)
{
    for (uint16_t vlan = range->last; vlan && vlan >= range->first; vlan--) {
        if (!bitmap_is_set(used, vlan)) {
            return vlan;
        }
    }
    return 0;
}
