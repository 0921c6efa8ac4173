/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_NIC_HOST_LINKS_H
#define IOV_OFFLOAD_NIC_HOST_LINKS_H 1

/* The network devices of the host's network namespace, so far as to tell
 * whether the host uses one of them itself.
 *
 * The caller, nic-inventory.c, reads all once, passes on each event of a
 * device or an IP address, and asks about the network devices of VFs.
 *
 * A device that is not known (yet) counts as used.  It is known as soon as its
 * event has come, which changes host_links_changed(). */

#include <stdint.h>

#include "policy/model/nic.h"

struct rtnl;
struct rtnl_address;
struct rtnl_link;

/* Forgets everything, and begins to read it anew. */
void host_links_read(struct rtnl *);
void host_links_clear(void);

void host_links_take(const struct rtnl_link *);
void host_links_take_address(const struct rtnl_address *);

/* How the host uses the device, in words to be freed, or null, and of
 * what kind that is. */
char *host_links_explain_use(const char *netdev, enum iov_host_use *);
/* Changes when that may say something else of a device that was asked
 * about. */
uint64_t host_links_changed(void);

#endif /* offload/nic/host-links.h */
