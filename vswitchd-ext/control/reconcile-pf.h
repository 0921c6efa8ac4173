/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_RECONCILE_PF_H
#define IOV_EXT_CONTROL_RECONCILE_PF_H 1

/* The part of reconciling that is for no port: numbers of VFs, and entries for
 * MAC addresses that no port has any more. */

#include <stdbool.h>

struct iov_failures;
struct iov_runtime;
struct iov_nics;
struct iov_op;
struct iov_reconcile;
struct iov_verdict;
struct iov_vf;

void iov_reconcile_pfs(const struct iov_reconcile *);

/* Failures of what was tried on the PF for no port in particular.  Valid until
 * the next iov_reconcile_run() that does not find the PF. */
const struct iov_failures *iov_pf_failures(const char *netdev);

/* Has every PF read again; iov_reread_is_done() once that has happened. */
void iov_reread_start(const struct iov_nics *);
bool iov_reread_is_done(void);

/* In reconcile.c. */
void iov_reconcile_begin(struct iov_runtime *, struct iov_op *,
                     const struct iov_vf *);

/* True if a port has the address that the VF of the record had when it was
 * found, so that the VF must not get it back. */
struct iov_snapshot;
struct iov_vf_record;
bool iov_original_mac_is_taken(const struct iov_snapshot *,
                               const struct iov_vf_record *);

#endif /* vswitchd-ext/control/reconcile-pf.h */
