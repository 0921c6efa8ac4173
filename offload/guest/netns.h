/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_GUEST_NETNS_H
#define IOV_OFFLOAD_GUEST_NETNS_H 1

/* Network namespaces by name, as "ip netns" makes them, and the network
 * devices in them.
 *
 * An open socket keeps a network namespace alive.  When the name of a
 * namespace disappears, the sockets there are closed at once, so that the
 * kernel can end it and return its physical devices. */

#include <stdbool.h>
#include <stdint.h>

#include "offload/netlink/rtnl-link.h"

struct iov_guest_spec;
struct iov_vf;
struct iov_vf_use;
struct netns;

/* Null if the network namespace 'name' is there, else a sentence (owned by the
 * caller). */
char *netns_absent(const char *name);

/* Returns the namespace, entered if it has not been before.  If that cannot
 * be done, returns null and sets '*error' to a positive errno and '*text' (if
 * 'text' is not null) to a sentence owned by the caller. */
struct netns *netns_get(const char *name, int *error, char **text);

/* The network device there that belongs to PCI device 'pci', or null.  Valid
 * until netns_run() or netns_get(). */
const struct rtnl_link *netns_find_pci(const struct netns *, const char *pci);
/* The bond that 'member' is in or, if it is in none, one with the address
 * 'mac', which can be expected to take it in; or null. */
const struct rtnl_link *netns_find_bond(const struct netns *,
                                        const struct rtnl_link *member,
                                        struct eth_addr mac);
/* Lets the bond that 'member' is in send by it, or, if 'by_it' is false, by
 * another one that is up, so that meanwhile nothing is lost of what they hear.
 * Returns false if it cannot; else 'cb' gets the answer. */
bool netns_use_member(struct netns *, const struct rtnl_link *member,
                      bool by_it, rtnl_reply_cb *cb, void *aux);
/* Packets that the device has sent and heard, as of now.  Returns false if it
 * cannot be told. */
bool netns_count(struct netns *, int ifindex, uint64_t *sent,
                 uint64_t *heard);
/* Takes over what an answer of the namespace told of a device. */
void netns_update(struct netns *, const struct rtnl_link *);
/* For requests in the namespace. */
struct rtnl *netns_rtnl(struct netns *);
/* Its file descriptor. */
int netns_fd(const struct netns *);

/* Sets '*mac' to the address of the other end, in the namespace of guest
 * 'spec', of the host's veth 'port'. */
bool netns_mac(const struct iov_guest_spec *spec, const char *port,
               struct eth_addr *mac);
/* The device with number 'ifindex', or null; like netns_find_pci(). */
const struct rtnl_link *netns_find_index(const struct netns *, int ifindex);

/* Fills in what is seen of the use that guest 'spec' makes of 'vf'. */
void netns_use(const struct iov_guest_spec *spec, const struct iov_vf *vf,
               struct iov_vf_use *);

void netns_run(long long int now);
void netns_wait(long long int now);
void netns_exit(void);
/* Changes when a namespace, or a device in one, has. */
uint64_t netns_changed(void);

#endif /* offload/guest/netns.h */
