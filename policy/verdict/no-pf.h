/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_VERDICT_NO_PF_H
#define IOV_POLICY_VERDICT_NO_PF_H 1

/* Why a bridge without a usable PF has none: what its way out is instead.
 *
 * The checks call it for a port, the daemon for the bridge as a whole. */

struct iov_bridge;
struct iov_reasons;
struct iov_snapshot;

/* Appends at least one reason.  No port of 'bridge' is a PF that is not
 * bonded, and the bridge has no iov-pf. */
void iov_no_pf_explain(const struct iov_snapshot *, const struct iov_bridge *,
                       struct iov_reasons *);

#endif /* policy/verdict/no-pf.h */
