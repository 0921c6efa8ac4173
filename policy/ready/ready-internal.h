/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_READY_READY_INTERNAL_H
#define IOV_POLICY_READY_READY_INTERNAL_H 1

/* Between ready.c and the files that hold the checks.
 *
 * A check gets a result whose outcome is UNKNOWN.  It notes what it looks at,
 * in the order in which it looks, and sets the outcome.
 *
 * A fact that could not be read has to be noted as well; it is what the user
 * is told about an outcome that is unknown. */

#include "policy/ready/ready.h"

struct ds;
struct iov_pf;

typedef void iov_ready_host_check(const struct iov_host *,
                                  struct iov_ready_result *);
typedef void iov_ready_nic_check(const struct iov_host *,
                                 const struct iov_host_nic *,
                                 struct iov_ready_result *);

/* One function for each row of ready.def, by the id of the row; null for rows
 * of the other scope. */
extern iov_ready_host_check *const iov_ready_host_checks[IOV_N_READY];
extern iov_ready_nic_check *const iov_ready_nic_checks[IOV_N_READY];

/* Notes what was looked at.  'value' is copied; the fact says by itself what
 * it was or why it is not known. */
void iov_ready_see(struct iov_ready_result *, const char *file,
                   const char *value);
void iov_ready_see_fact(struct iov_ready_result *, const struct iov_fact *);

/* What ovs-iovd adds to what is told of a NIC. */
void iov_ready_put_pf(struct ds *, const struct iov_pf *);
void iov_ready_pf_to_json(const struct iov_pf *, struct json *);

#endif /* policy/ready/ready-internal.h */
