/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_PROVIDER_H
#define IOV_OFFLOAD_PROVIDER_H 1

/* The PFs and VFs of all inventories (inventory.h), and operations on them by
 * the e-switch class of each PF (eswitch.h).
 *
 * The caller's part: iov_providers_init() once; then, in every iteration of
 * the main loop, iov_providers_run(), iov_providers_fill() if
 * iov_providers_changed() differs from last time, iov_providers_start() for
 * operations, iov_providers_next_result() until it returns null, and
 * iov_providers_wait(); finally iov_providers_exit(). */

#include <stdbool.h>
#include <stdint.h>

struct iov_eswitch;
struct iov_nics;
struct iov_op;
struct iov_pf;
struct iov_result;
struct iov_rule_change;

/* With 'dummy', there are dummy NICs, too. */
void iov_providers_init(bool dummy);
void iov_providers_exit(void);
void iov_providers_run(long long int now);
void iov_providers_wait(long long int now);
uint64_t iov_providers_changed(void);
void iov_providers_fill(struct iov_nics *);
/* Takes 'op'.  With no e-switch for its PF it ends with ENODEV. */
void iov_providers_start(struct iov_op *op);
struct iov_result *iov_providers_next_result(void);
/* Takes 'change'.  With no e-switch for its PF it ends with ENODEV, with no
 * flow table in that with EOPNOTSUPP. */
void iov_providers_change(struct iov_rule_change *);
/* Returns the next finished change, or null, in every iteration if any has
 * begun. */
struct iov_rule_change *iov_providers_next_change(void);
/* Sentences of those that could not be initialized, "" if none. */
const char *iov_providers_errors(void);
/* As 'count' of struct iov_eswitch_class. */
bool iov_providers_count(const struct iov_pf *, unsigned int vf,
                         uint64_t *sent, uint64_t *heard);
/* The e-switch of a PF as last filled in, or null; it holds until PFs are
 * filled in again. */
const struct iov_eswitch *iov_providers_eswitch(const char *netdev);

#endif /* offload/provider.h */
