/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_RECONCILE_PF_H
#define IOV_EXT_CONTROL_RECONCILE_PF_H 1

/* The part of steering that is for no port: numbers of VFs, and entries for
 * MAC addresses that no port has any more. */

#include <stdbool.h>

struct iov_live;
struct iov_nics;
struct iov_op;
struct iov_steer;
struct iov_verdict;
struct iov_vf;

void iov_steer_pfs(const struct iov_steer *);

/* Has every PF read again; iov_reread_is_done() once that has happened. */
void iov_reread_start(const struct iov_nics *);
bool iov_reread_is_done(void);

/* In reconcile.c. */
void iov_steer_begin(struct iov_live *, struct iov_op *,
                     const struct iov_vf *);

#endif /* vswitchd-ext/control/reconcile-pf.h */
