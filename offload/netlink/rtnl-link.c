/* SPDX-License-Identifier: Apache-2.0 */

/* Encoders and decoders of RTM_*LINK and RTM_*NEIGH.
 *
 * With strict checking the kernel refuses a dump request whose unused header
 * fields are not zero, and without (old kernels) it ignores the filter and
 * tells of every device, so that a reader has to look at the device number of
 * each answer. */

#include <config.h>

#include "offload/netlink/rtnl-link.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_bonding.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "packets.h"
#include "util.h"

/* linux/if_link.h got these in 5.14; their numbers are fixed. */
#define ATTR_PARENT_DEV_NAME 56

static void *
begin(union rtnl_request *req, uint16_t type, size_t header, uint16_t flags)
{
    memset(req, 0, sizeof *req);

    struct nlmsghdr *nlh = mnl_nlmsg_put_header(req);

    nlh->nlmsg_type = type;
    nlh->nlmsg_flags = NLM_F_REQUEST | flags;
    return mnl_nlmsg_put_extra_header(nlh, header);
}

static struct ifinfomsg *
begin_link(union rtnl_request *req, uint16_t type, int ifindex,
           uint16_t flags)
{
    struct ifinfomsg *ifi = begin(req, type, sizeof *ifi, flags);

    ifi->ifi_family = AF_UNSPEC;
    ifi->ifi_index = ifindex;
    return ifi;
}

void
rtnl_encode_get_link(union rtnl_request *req, int ifindex)
{
    begin_link(req, RTM_GETLINK, ifindex, 0);
    mnl_attr_put_u32(&req->nlh, IFLA_EXT_MASK,
                     RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS);
}

void
rtnl_encode_get_counts(union rtnl_request *req, int ifindex)
{
    begin_link(req, RTM_GETLINK, ifindex, 0);
}

void
rtnl_encode_get_vf_counts(union rtnl_request *req, int ifindex)
{
    begin_link(req, RTM_GETLINK, ifindex, 0);
    mnl_attr_put_u32(&req->nlh, IFLA_EXT_MASK, RTEXT_FILTER_VF);
}

void
rtnl_encode_dump_links(union rtnl_request *req)
{
    begin_link(req, RTM_GETLINK, 0, NLM_F_DUMP);
    mnl_attr_put_u32(&req->nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

void
rtnl_encode_dump_addresses(union rtnl_request *req)
{
    struct ifaddrmsg *ifa = begin(req, RTM_GETADDR, sizeof *ifa, NLM_F_DUMP);

    ifa->ifa_family = AF_UNSPEC;
}

void
rtnl_encode_set_up(union rtnl_request *req, int ifindex, bool up)
{
    struct ifinfomsg *ifi = begin_link(req, RTM_SETLINK, ifindex, 0);

    ifi->ifi_flags = up ? IFF_UP : 0;
    ifi->ifi_change = IFF_UP;
}

/* Begins a change of options of 'bond' up to the nest of the options. */
static void
begin_bond(union rtnl_request *req, int bond, struct nlattr *nests[2])
{
    begin_link(req, RTM_NEWLINK, bond, 0);
    nests[0] = mnl_attr_nest_start(&req->nlh, IFLA_LINKINFO);
    mnl_attr_put_strz(&req->nlh, IFLA_INFO_KIND, "bond");
    nests[1] = mnl_attr_nest_start(&req->nlh, IFLA_INFO_DATA);
}

static void
end_bond(union rtnl_request *req, struct nlattr *nests[2])
{
    mnl_attr_nest_end(&req->nlh, nests[1]);
    mnl_attr_nest_end(&req->nlh, nests[0]);
}

void
rtnl_encode_all_hear(union rtnl_request *req, int bond, bool all_hear)
{
    struct nlattr *nests[2];

    begin_bond(req, bond, nests);
    mnl_attr_put_u8(&req->nlh, IFLA_BOND_ALL_SLAVES_ACTIVE, all_hear);
    end_bond(req, nests);
}

void
rtnl_encode_send_by(union rtnl_request *req, int bond, int member)
{
    struct nlattr *nests[2];

    begin_bond(req, bond, nests);
    mnl_attr_put_u32(&req->nlh, IFLA_BOND_ACTIVE_SLAVE, member);
    end_bond(req, nests);
}

void
rtnl_encode_set_address(union rtnl_request *req, int ifindex,
                        struct eth_addr mac)
{
    begin_link(req, RTM_SETLINK, ifindex, 0);
    mnl_attr_put(&req->nlh, IFLA_ADDRESS, ETH_ADDR_LEN, mac.ea);
}

void
rtnl_encode_set_netns(union rtnl_request *req, int ifindex, int fd,
                      const char *name)
{
    begin_link(req, RTM_SETLINK, ifindex, 0);
    mnl_attr_put_u32(&req->nlh, IFLA_NET_NS_FD, fd);
    if (name) {
        mnl_attr_put_strz(&req->nlh, IFLA_IFNAME, name);
    }
}

void
rtnl_encode_dump_macs(union rtnl_request *req, int ifindex)
{
    struct ndmsg *ndm = begin(req, RTM_GETNEIGH, sizeof *ndm, NLM_F_DUMP);

    ndm->ndm_family = AF_BRIDGE;
    ndm->ndm_ifindex = ifindex;
}

void
rtnl_encode_set_mac(union rtnl_request *req, int ifindex, struct eth_addr mac,
                    bool add)
{
    struct ndmsg *ndm = begin(req, add ? RTM_NEWNEIGH : RTM_DELNEIGH,
                              sizeof *ndm, add ? NLM_F_CREATE : 0);

    ndm->ndm_family = AF_BRIDGE;
    ndm->ndm_ifindex = ifindex;
    ndm->ndm_state = NUD_PERMANENT;
    ndm->ndm_flags = NTF_SELF;
    mnl_attr_put(&req->nlh, NDA_LLADDR, ETH_ADDR_LEN, mac.ea);
}

static bool
is_kind_bond(const struct nlattr *kind)
{
    char text[8] = "";

    if (kind) {
        rtnl_get_string(kind, text, sizeof text);
    }
    return !strcmp(text, "bond");
}

/* True if 'nest' has an attribute 'type' whose first byte is 'value'. */
static bool
nested_is(const struct nlattr *nest, uint16_t type, uint8_t value)
{
    const struct nlattr *nla = nest ? rtnl_find_nested(nest, type, 1) : NULL;

    return nla && *(const uint8_t *) mnl_attr_get_payload(nla) == value;
}

static void
get_kind(const struct nlattr *info, uint16_t type, char *dst, size_t size)
{
    const struct nlattr *nla = rtnl_find_nested(info, type, 1);

    if (nla) {
        rtnl_get_string(nla, dst, size);
    }
}

/* What a device says of its kind, and a bond of itself or of its member. */
static void
decode_link_info(const struct nlattr *info, struct rtnl_link *link)
{
    const struct nlattr *data = rtnl_find_nested(info, IFLA_INFO_DATA, 0);
    const struct nlattr *member
        = rtnl_find_nested(info, IFLA_INFO_SLAVE_DATA, 0);

    get_kind(info, IFLA_INFO_KIND, link->kind, sizeof link->kind);
    get_kind(info, IFLA_INFO_SLAVE_KIND, link->master_kind,
             sizeof link->master_kind);
    link->is_bond = is_kind_bond(rtnl_find_nested(info, IFLA_INFO_KIND, 4));
    link->all_hear = (link->is_bond
                      && nested_is(data, IFLA_BOND_ALL_SLAVES_ACTIVE, 1));
    link->in_bond = is_kind_bond(rtnl_find_nested(info, IFLA_INFO_SLAVE_KIND,
                                                  4));
    link->is_active = (link->in_bond
                       && nested_is(member, IFLA_BOND_SLAVE_STATE,
                                    BOND_STATE_ACTIVE));
    link->is_up = (link->in_bond
                   && nested_is(member, IFLA_BOND_SLAVE_MII_STATUS,
                                BOND_LINK_UP));
}

static bool
has_xdp(const struct nlattr *nest)
{
    const struct nlattr *nla = rtnl_find_nested(nest, IFLA_XDP_ATTACHED, 1);

    return (nla && (*(const uint8_t *) mnl_attr_get_payload(nla)
                    != XDP_ATTACHED_NONE));
}

static void
decode_link_attr(const struct nlattr *nla, struct rtnl_link *link)
{
    const void *data = mnl_attr_get_payload(nla);
    size_t len = mnl_attr_get_payload_len(nla);

    switch (mnl_attr_get_type(nla)) {
    case IFLA_IFNAME:
        rtnl_get_string(nla, link->name, sizeof link->name);
        break;
    case IFLA_MTU:
        if (len >= sizeof link->mtu) {
            memcpy(&link->mtu, data, sizeof link->mtu);
        }
        break;
    case IFLA_ADDRESS:
        if (len == ETH_ADDR_LEN) {
            memcpy(&link->address, data, ETH_ADDR_LEN);
            link->has_address = true;
        }
        break;
    case IFLA_LINK:
        if (len >= sizeof link->lower) {
            memcpy(&link->lower, data, sizeof link->lower);
        }
        break;
    case IFLA_LINK_NETNSID:
        link->lower = 0;
        break;
    case IFLA_MASTER:
        if (len >= sizeof link->master) {
            memcpy(&link->master, data, sizeof link->master);
        }
        break;
    case IFLA_QDISC:
        rtnl_get_string(nla, link->qdisc, sizeof link->qdisc);
        break;
    case IFLA_XDP:
        link->has_xdp = has_xdp(nla);
        break;
    case IFLA_LINKINFO:
        decode_link_info(nla, link);
        break;
    case ATTR_PARENT_DEV_NAME:
        rtnl_get_string(nla, link->parent, sizeof link->parent);
        break;
    }
}

bool
rtnl_decode_link(const struct nlmsghdr *nlh, struct rtnl_link *link)
{
    const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);

    memset(link, 0, sizeof *link);
    if ((nlh->nlmsg_type != RTM_NEWLINK && nlh->nlmsg_type != RTM_DELLINK)
        || nlh->nlmsg_len < NLMSG_LENGTH(sizeof *ifi)
        || ifi->ifi_family != AF_UNSPEC || ifi->ifi_index <= 0) {
        return false;
    }
    link->deleted = nlh->nlmsg_type == RTM_DELLINK;
    link->ifindex = ifi->ifi_index;
    link->flags = ifi->ifi_flags;

    size_t left;
    const struct nlattr *nla = rtnl_first_attr(nlh, sizeof *ifi, &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        decode_link_attr(nla, link);
    }
    return true;
}

/* The address of the device itself, of which a point-to-point one shows that
 * of its peer, too. */
static const struct nlattr *
find_address(const struct nlmsghdr *nlh, size_t size)
{
    const struct nlattr *found = NULL;
    size_t left;
    const struct nlattr *nla = rtnl_first_attr(nlh, sizeof(struct ifaddrmsg),
                                               &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        uint16_t type = mnl_attr_get_type(nla);

        if ((type == IFA_LOCAL || (type == IFA_ADDRESS && !found))
            && mnl_attr_get_payload_len(nla) == size) {
            found = nla;
        }
    }
    return found;
}

bool
rtnl_decode_address(const struct nlmsghdr *nlh, struct rtnl_address *address)
{
    const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
    char text[INET6_ADDRSTRLEN];

    memset(address, 0, sizeof *address);
    if ((nlh->nlmsg_type != RTM_NEWADDR && nlh->nlmsg_type != RTM_DELADDR)
        || nlh->nlmsg_len < NLMSG_LENGTH(sizeof *ifa)
        || (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6)) {
        return false;
    }

    const struct nlattr *nla
        = find_address(nlh, ifa->ifa_family == AF_INET ? 4 : 16);

    if (!nla || !inet_ntop(ifa->ifa_family, mnl_attr_get_payload(nla), text,
                           sizeof text)) {
        return false;
    }
    snprintf(address->text, sizeof address->text, "%s/%u", text,
             ifa->ifa_prefixlen);
    address->deleted = nlh->nlmsg_type == RTM_DELADDR;
    address->ifindex = ifa->ifa_index;
    address->automatic = (ifa->ifa_family == AF_INET6
                          && ifa->ifa_scope == RT_SCOPE_LINK);
    return true;
}

bool
rtnl_decode_counts(const struct nlmsghdr *nlh, int *ifindex, uint64_t *sent,
                   uint64_t *heard)
{
    const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);

    if (nlh->nlmsg_type != RTM_NEWLINK
        || nlh->nlmsg_len < NLMSG_LENGTH(sizeof *ifi)) {
        return false;
    }
    *ifindex = ifi->ifi_index;

    size_t left;
    const struct nlattr *nla = rtnl_first_attr(nlh, sizeof *ifi, &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        struct rtnl_link_stats64 stats;
        size_t needed = offsetof(struct rtnl_link_stats64, rx_bytes);

        if (mnl_attr_get_type(nla) == IFLA_STATS64
            && mnl_attr_get_payload_len(nla) >= needed) {
            /* Aligned to 4 bytes only. */
            memcpy(&stats, mnl_attr_get_payload(nla), needed);
            *sent = stats.tx_packets;
            *heard = stats.rx_packets;
            return true;
        }
    }
    return false;
}

bool
rtnl_decode_mac(const struct nlmsghdr *nlh, int *ifindex,
                struct eth_addr *mac, bool *deleted)
{
    const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);

    if ((nlh->nlmsg_type != RTM_NEWNEIGH && nlh->nlmsg_type != RTM_DELNEIGH)
        || nlh->nlmsg_len < NLMSG_LENGTH(sizeof *ndm)
        || ndm->ndm_family != AF_BRIDGE || !(ndm->ndm_flags & NTF_SELF)) {
        return false;
    }
    *ifindex = ndm->ndm_ifindex;
    *deleted = nlh->nlmsg_type == RTM_DELNEIGH;

    size_t left;
    const struct nlattr *nla = rtnl_first_attr(nlh, sizeof *ndm, &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        if (mnl_attr_get_type(nla) == NDA_LLADDR
            && mnl_attr_get_payload_len(nla) == ETH_ADDR_LEN) {
            memcpy(mac, mnl_attr_get_payload(nla), ETH_ADDR_LEN);
            return !eth_addr_is_multicast(*mac) && !eth_addr_is_zero(*mac);
        }
    }
    return false;
}

const struct nlmsghdr *
rtnl_next_message(const struct rtnl_reply *reply, const struct nlmsghdr *nlh)
{
    const char *end = (const char *) reply->messages + reply->size;
    size_t left = nlh ? (size_t) (end - (const char *) nlh) : reply->size;

    return (nlh ? nl_next_message(nlh, &left)
            : nl_first_message(reply->messages, reply->size, &left));
}
