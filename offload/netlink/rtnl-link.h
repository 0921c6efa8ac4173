/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_NETLINK_RTNL_LINK_H
#define IOV_OFFLOAD_NETLINK_RTNL_LINK_H 1

/* Messages about network devices and their address lists, to and from bytes.
 *
 * What comes from a socket is never trusted.  Every decoder checks each length
 * before it reads, and answers false to what it cannot make sense of. */

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offload/netlink/nl-message.h"
#include "offload/netlink/rtnl.h"
#include "openvswitch/types.h"

/* IFF_LOWER_UP, which <net/if.h> lacks: the device has a link.  The header of
 * Linux that has it cannot be included beside <net/if.h>. */
#define RTNL_LINK_CARRIER 0x10000

/* A network device, out of RTM_NEWLINK or RTM_DELLINK. */
struct rtnl_link {
    bool deleted;               /* RTM_DELLINK. */
    int ifindex;
    unsigned int flags;         /* IFF_*. */
    int mtu;                    /* 0: not told. */
    char name[IFNAMSIZ];        /* "": not told. */
    bool has_address;
    struct eth_addr address;
    char parent[32];            /* PCI address, "": not told. */
    int master;                 /* Device that it is a member of, or 0. */
    int lower;                  /* Device that it is on top of, or its peer; 0:
                                 * none in this network namespace. */
    bool in_bond;               /* 'master' is a bond, */
    bool is_active;             /* which sends by this member, */
    bool is_up;                 /* or could. */
    bool is_bond;               /* It is a bond itself, */
    bool all_hear;              /* all of whose members may hear. */
    char kind[16];              /* "veth", ...; "": none or not told. */
    char master_kind[16];       /* Of 'master', "openvswitch", ...  */
    char qdisc[16];             /* "": not told. */
    bool has_xdp;               /* It has a program of XDP. */
};

/* An IP address, out of RTM_NEWADDR or RTM_DELADDR. */
struct rtnl_address {
    bool deleted;
    int ifindex;
    bool automatic;             /* The kernel made it up because the device is
                                 * up (fe80::). */
    char text[64];              /* "10.0.0.1/24". */
};

/* Encoders.  Each begins a message in 'req' and completes it, except for the
 * sequence number. */
void rtnl_encode_get_link(union rtnl_request *req, int ifindex);
/* The same with its counters. */
void rtnl_encode_get_counts(union rtnl_request *req, int ifindex);
/* The same with those of its VFs. */
void rtnl_encode_get_vf_counts(union rtnl_request *req, int ifindex);
void rtnl_encode_dump_links(union rtnl_request *req);
void rtnl_encode_dump_addresses(union rtnl_request *req);
void rtnl_encode_set_up(union rtnl_request *req, int ifindex, bool up);
/* For a bond: whether all members may hear (all_slaves_active), and by which
 * one it sends. */
void rtnl_encode_all_hear(union rtnl_request *req, int bond, bool all_hear);
void rtnl_encode_send_by(union rtnl_request *req, int bond, int member);
void rtnl_encode_set_address(union rtnl_request *req, int ifindex,
                             struct eth_addr);
/* Moves the device to the network namespace open as 'fd'.  'name' is its name
 * there, which may contain "%d"; null: it keeps the one it has. */
void rtnl_encode_set_netns(union rtnl_request *req, int ifindex, int fd,
                           const char *name);
/* The device's own ("self") list of MAC addresses. */
void rtnl_encode_dump_macs(union rtnl_request *req, int ifindex);
void rtnl_encode_set_mac(union rtnl_request *req, int ifindex,
                         struct eth_addr, bool add);

/* Decoders. */
bool rtnl_decode_link(const struct nlmsghdr *, struct rtnl_link *);
bool rtnl_decode_address(const struct nlmsghdr *, struct rtnl_address *);
/* Packets that the device has sent and heard. */
bool rtnl_decode_counts(const struct nlmsghdr *, int *ifindex,
                        uint64_t *sent, uint64_t *heard);
/* False also for entries that are not unicast or not of a device's own list.
 * Sets '*deleted' for RTM_DELNEIGH. */
bool rtnl_decode_mac(const struct nlmsghdr *, int *ifindex,
                     struct eth_addr *mac, bool *deleted);

/* Messages of a reply, one after another: NULL begins; null ends. */
const struct nlmsghdr *rtnl_next_message(const struct rtnl_reply *,
                                         const struct nlmsghdr *);

#endif /* offload/netlink/rtnl-link.h */
