/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_PLAN_PLAN_LEFT_H
#define IOV_POLICY_PLAN_PLAN_LEFT_H 1

/* How a VF is left when its port lets go of it.  plan.c alone includes this.
 * The VF of 'in' has a record, unless told otherwise. */

#include "policy/model/nic.h"

struct iov_plan_in;

/* As it was found, without an address that a port has by now. */
struct iov_vf_settings plan_found(const struct iov_plan_in *in);
/* The same where the driver takes it; else, attribute by attribute, as it is
 * where that hurts nobody, or as in 'fence'.  Where the driver takes neither
 * of an attribute, it stays as it is, and so does the VLAN of the fence, in
 * which the VF hurts nobody either. */
struct iov_vf_settings plan_left(const struct iov_plan_in *in,
                                 const struct iov_vf_settings *fence);
/* The address that the VF is to have when its driver is bound anew, which
 * makes it its own: not that of the fence, which the VFs of a port have one
 * after the other.  Unknown as long as the VF needs that, and if 'in' has no
 * VF, or one without record. */
struct iov_vf_settings plan_own_mac(const struct iov_plan_in *in);

#endif /* policy/plan/plan-left.h */
