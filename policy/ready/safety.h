/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_READY_SAFETY_H
#define IOV_POLICY_READY_SAFETY_H 1

/* What of a host's readiness (policy/ready/ready.h) keeps the ports of virtual
 * machines off VFs.
 *
 * The checks are made once for each change of the host, and their results are
 * kept, because every port's verdict asks for them.
 *
 * Silence is no permission.  A NIC of which nothing is known is not safe, and
 * neither is a host that nobody has looked at.  Only NICs that are simulated,
 * and so have no host, pass without. */

#include <stdbool.h>
#include <stddef.h>

#include "policy/model/nic.h"
#include "policy/model/reason.h"
#include "policy/ready/ready.h"

struct iov_safety_nic {
    char *pci;
    char *netdev;               /* Or null. */
    size_t n_vfs;               /* Enabled, as of the checks. */
    struct iov_ready ready;
};

struct iov_safety {
    struct iov_ready host;      /* Empty: not looked at. */
    struct iov_safety_nic *nics;
    size_t n_nics;
};
#define IOV_SAFETY_INITIALIZER { IOV_READY_INITIALIZER, NULL, 0 }

/* Makes all checks.  Returns true if what is enforced has another outcome, or
 * other words, than before. */
bool iov_safety_judge(struct iov_safety *, const struct iov_host *);
void iov_safety_clear(struct iov_safety *);

/* The NIC that is 'pf', or null. */
const struct iov_safety_nic *iov_safety_find(const struct iov_safety *,
                                             const struct iov_pf *);

/* Adds whatever keeps virtual machines off the VFs of the 'n' PFs: of the
 * host, unless all PFs are simulated or there is none, and of each PF.
 * 'safety' may be null: nothing is known. */
void iov_safety_obstacles(const struct iov_safety *safety,
                          const struct iov_pf *const *pfs, size_t n,
                          bool unsafe_interrupts_ok, struct iov_reasons *);

/* True if the host has an obstacle that iov-unsafe-interrupts-ok overrides. */
bool iov_safety_needs_override(const struct iov_safety *);

#endif /* policy/ready/safety.h */
