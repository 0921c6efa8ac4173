/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_VSWITCHD_EXT_CONTROL_FENCE_VLAN_H
#define IOV_VSWITCHD_EXT_CONTROL_FENCE_VLAN_H 1

/* Which VLAN a VF is in while it is fenced, so that no two fenced VFs of the
 * host are in the same one.  A VF on record has the one that is written down
 * with it; a port that is about to get a VF has one reserved, as long as the
 * record is not written. */

#include <stdint.h>

struct iov_nics;
struct iov_plan_in;
struct iov_runtime;
struct iov_vlan_range;

/* A bitmap, to be freed, of the VLANs that are taken: of VFs on record, of
 * ports that are about to get one, and those that VFs were left in. */
unsigned long *iov_fence_vlans_taken(const struct iov_nics *);

/* The VLAN of the VF in 'in': the one on record, unless it is not in 'range'
 * any more, or else the one reserved for the port, or 0. */
uint16_t iov_fence_vlan_find(const struct iov_plan_in *in,
                             const struct iov_runtime *,
                             const struct iov_vlan_range *range);

/* The same, but reserves one if there is need and one is left; completes
 * 'in'. */
void iov_fence_vlan_reserve(struct iov_runtime *, struct iov_plan_in *in,
                            const struct iov_vlan_range *range,
                            unsigned long *used);

#endif /* vswitchd-ext/control/fence-vlan.h */
