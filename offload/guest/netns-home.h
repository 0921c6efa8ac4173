/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_GUEST_NETNS_HOME_H
#define IOV_OFFLOAD_GUEST_NETNS_HOME_H 1

/* How a VF comes home from a network namespace.
 *
 * By its PCI address alone: its driver is unbound and bound anew.  No name and
 * no index that was read in the guest's namespace chooses what comes home or
 * what it is called, and nothing that the guest has set on the device or
 * stacked on it is left.
 *
 * A VF that the guest has let go of, or that the kernel has returned, is not
 * home before that was done (IOV_GUEST_LEFT, then IOV_GUEST_UNBOUND).
 * Unbinding and binding are two operations: in between the PF gives the VF the
 * address with which it is to come home, and which the driver takes over when
 * it is bound. */

#include <stdbool.h>

#include "policy/model/nic.h"

struct netns_move;

/* What was done with the VF at a PCI address: its device was moved to a
 * namespace; the guest there was told to let go of it. */
void netns_home_given(const char *pci);
void netns_home_let_go(const char *pci);
bool netns_home_is_let_go(const char *pci);
/* True if its driver was taken from it since, so that nobody drives it. */
bool netns_home_is_unbound(const char *pci);

/* True if no guest has had the device since its driver was bound. */
bool netns_home_is_new(const struct iov_vf *);

/* Where a VF is whose device is not in the namespace of its guest. */
enum iov_guest_state netns_home_state(const struct iov_vf *);

/* Has the move begin with binding the driver anew, if the VF, which is at
 * home, needs that.  Returns false if there is no need. */
bool netns_home_must_renew(struct netns_move *);
/* STEP_UNBIND, STEP_BIND or STEP_BOUND. */
void netns_home_step(struct netns_move *);
/* When a change of the driver that is under way is given up. */
long long int netns_home_deadline(const struct netns_move *);

void netns_home_exit(void);

#endif /* offload/guest/netns-home.h */
