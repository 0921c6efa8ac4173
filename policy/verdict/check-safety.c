/* SPDX-License-Identifier: Apache-2.0
 *
 * The check of the isolation that virtual machines with VFs need.
 *
 * Whose guest is "none" counts as a virtual machine, because nobody has said
 * what it is. */

#include <config.h>
#include "policy/verdict/check.h"

#include "policy/ready/safety.h"
#include "util.h"

/* True if the kernel that drives the VF is the host's own. */
static bool
is_trusted(const struct iov_port *port)
{
    return port->keys.guest.kind == IOV_GUEST_KIND_NETNS;
}

void
check_safety(struct iov_check *c)
{
    size_t n = c->reasons->n;

    if (!is_trusted(c->port)) {
        iov_safety_obstacles(c->snapshot->safety, c->pfs, c->n_pfs,
                             c->snapshot->keys.unsafe_interrupts_ok,
                             c->reasons);
    }
    check_take_found(c, n);
}
