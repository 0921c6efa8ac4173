/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_PLAN_PLAN_FENCE_H
#define IOV_POLICY_PLAN_PLAN_FENCE_H 1

/* What a fenced VF is, for the plan. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "policy/model/nic.h"

struct iov_op;
struct iov_plan_in;

/* The settings of the VF of 'in', which has a record, while it is fenced. */
struct iov_vf_settings plan_fence(const struct iov_plan_in *in);

/* Notes that nobody has asked for the value that 'op', which may be null,
 * sets.  Returns 'op'. */
struct iov_op *plan_mark_fence(struct iov_op *op);

/* The state of the link of a VF that carries a port's packets; unknown if the
 * NIC has no such setting.  The VF has a record. */
struct iov_vf_settings plan_link_up(const struct iov_plan_in *in);

/* True if the guest has the VF and has not been told to let go of it. */
bool plan_guest_has_vf(const struct iov_plan_in *in);

/* True if the guest has let go of the VF, and it is not home yet. */
bool plan_is_on_its_way_home(const struct iov_plan_in *in);

/* True if nobody drives the VF, which has a record, and the VLAN of its fence
 * and the want of DMA keep it apart, so that it may have the address that it
 * was found with. */
bool plan_may_have_own_mac(const struct iov_plan_in *in);

bool plan_vf_has_mac(const struct iov_vf *, struct eth_addr mac);
bool plan_vf_has_vlan(const struct iov_vf *, uint16_t vlan);

#endif /* policy/plan/plan-fence.h */
