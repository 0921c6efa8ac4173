/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_VERDICT_ASSIGN_H
#define IOV_POLICY_VERDICT_ASSIGN_H 1

/* Who gets which VF.
 *
 * By weight, the highest first; of two with the same weight the one that has
 * a VF keeps it, then the one that had one first, then the one whose name
 * comes first.  A port without a VF takes the VF of the lightest port that has
 * one, if that is lighter and no VF is free: the verdict says so ('preempts'),
 * and verdict.c has the port wait before it does.  One that did so before and
 * could not use the VF does not do so again until its request changes, or
 * both would move in turn for ever.
 *
 * Of several PFs the one is preferred of whose VFs the smallest part is in
 * use.  A pinned port takes its VF or none; nobody else is given a VF that
 * somebody is pinned to. */

#include <stdbool.h>
#include <stddef.h>

struct iov_pf;
struct iov_verdict;
struct iov_vf;
struct iov_vf_pin;

/* True if 'pin' names 'vf' of 'pf'.  A number is that of a VF of 'first', the
 * first PF of the bridge. */
bool iov_vf_is_pinned(const struct iov_vf_pin *pin, const struct iov_pf *pf,
                      const struct iov_pf *first, const struct iov_vf *vf);

/* 'list' holds the verdicts of one bridge, 'pfs' its usable PFs.  Sets 'pf',
 * 'vf' and 'want' of those without reasons, or gives them a reason. */
void iov_assign_vfs(struct iov_verdict *list, size_t n,
                    const struct iov_pf *const *pfs, size_t n_pfs);

#endif /* policy/verdict/assign.h */
