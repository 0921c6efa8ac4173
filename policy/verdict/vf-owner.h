/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_VERDICT_VF_OWNER_H
#define IOV_POLICY_VERDICT_VF_OWNER_H 1

/* Whose a VF is that no port has: iov_assign_vfs() gives out only those that
 * are nobody's. */

#include <stdbool.h>

struct iov_bridge_keys;
struct iov_pf;
struct iov_vf;

/* True if iov-vf-pool leaves the VF to others. */
bool iov_vf_is_foreign(const struct iov_bridge_keys *, const struct iov_pf *,
                       const struct iov_vf *);
/* True if the number of VFs cannot change without those of others. */
bool iov_pf_has_foreign_vf(const struct iov_bridge_keys *,
                           const struct iov_pf *);
/* Null if the VF, which has no record, is nobody's; else who uses it, in words
 * to be freed.  Null keys: the bridge of the PF is not known. */
char *iov_vf_explain_use(const struct iov_bridge_keys *,
                         const struct iov_pf *, const struct iov_vf *);

#endif /* policy/verdict/vf-owner.h */
