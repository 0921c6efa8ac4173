/* SPDX-License-Identifier: Apache-2.0
 *
 * Which VLAN a VF is in while it is fenced: see fence-vlan.h. */

#include <config.h>
#include "vswitchd-ext/control/fence-vlan.h"

#include "bitmap.h"
#include "packets.h"
#include "policy/model/key.h"
#include "policy/model/nic.h"
#include "policy/plan/plan.h"
#include "vswitchd-ext/control/runtime.h"

unsigned long *
iov_fence_vlans_taken(const struct iov_nics *nics)
{
    unsigned long *vlans = bitmap_allocate(4096);
    struct shash_node *node;

    SHASH_FOR_EACH (node, &iov_runtimes) {
        const struct iov_runtime *runtime = node->data;

        bitmap_set1(vlans, runtime->fence_vlan);
    }
    for (size_t i = 0; i < nics->n_pfs; i++) {
        for (unsigned int j = 0; j < nics->pfs[i].n_vfs; j++) {
            const struct iov_vf *vf = &nics->pfs[i].vfs[j];

            bitmap_set1(vlans, vf->now.vlan & VLAN_VID_MASK);
            if (vf->record) {
                bitmap_set1(vlans, vf->record->fence_vlan);
            }
        }
    }
    return vlans;
}

uint16_t
iov_fence_vlan_find(const struct iov_plan_in *in,
                    const struct iov_runtime *runtime,
                    const struct iov_vlan_range *range)
{
    const struct iov_vf_record *r = in->vf ? in->vf->record : NULL;

    return (r && r->fence_vlan >= range->first && r->fence_vlan <= range->last
            ? r->fence_vlan : runtime->fence_vlan);
}

void
iov_fence_vlan_reserve(struct iov_runtime *runtime, struct iov_plan_in *in,
                       const struct iov_vlan_range *range,
                       unsigned long *used)
{
    uint16_t old = runtime->fence_vlan;

    runtime->fence_vlan = 0;
    in->fence_vlan = iov_fence_vlan_find(in, runtime, range);
    if (in->fence_vlan || !in->vf) {
        return;
    }
    runtime->fence_vlan = (old >= range->first && old <= range->last ? old
                           : iov_fence_vlan_choose(range, used));
    bitmap_set1(used, runtime->fence_vlan);
    in->fence_vlan = runtime->fence_vlan;
    if (!in->fence_vlan && in->vf->record) {
        /* Better than none. */
        in->fence_vlan = in->vf->record->fence_vlan;
    }
}
