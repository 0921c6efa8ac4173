/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_READINESS_H
#define IOV_EXT_CONTROL_READINESS_H 1

/* What the daemon knows of its host, and what follows for virtual machines.
 *
 * Read as a whole at the start and for "iov/support"; in between, a NIC is
 * read again when an event concerns it.
 *
 * iov_readiness_see() comes between the NICs' providers and the verdict, so
 * that VFs are never judged by what was there before them. */

#include <stdbool.h>
#include <stdint.h>

struct iov_host;
struct iov_nics;
struct iov_safety;

/* 'root' is the directory of a captured tree, or null for the live system. */
void iov_readiness_init(const char *root);
void iov_readiness_exit(void);

/* Takes in events. */
void iov_readiness_run(void);
/* Grows whenever another answer is to be expected of the verdict. */
uint64_t iov_readiness_changed(void);

/* Looks again at the NICs that have other VFs than is known. */
void iov_readiness_see(const struct iov_nics *);
/* Notes, and logs if that is news, whether the host is unsafe and the user
 * has said that it does not matter. */
void iov_readiness_allow(bool unsafe_interrupts_ok);
bool iov_readiness_is_overridden(void);

/* Reads everything again, what drivers tell too. */
void iov_readiness_refresh(void);

/* Valid until the next call that is not one of these. */
struct iov_host *iov_readiness_host(void);
const struct iov_safety *iov_readiness_safety(void);

/* What is to be said while iov-unsafe-interrupts-ok is in use. */
extern const char iov_readiness_warning[];

#endif /* vswitchd-ext/control/readiness.h */
