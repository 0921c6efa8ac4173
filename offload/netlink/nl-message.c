/* SPDX-License-Identifier: Apache-2.0 */

/* Netlink messages and attributes, and receiving them: see nl-message.h.
 *
 * The daemon has sockets in the network namespaces of guests.  A process there
 * can send datagrams to them: to one socket, which needs no privilege, and to
 * all members of a multicast group, which needs CAP_NET_ADMIN in that
 * namespace.  The kernel refuses the first kind for a socket that is connected
 * to port 0, which is the kernel itself.  It does not refuse the second kind,
 * so that nl_receive() compares the sender of each datagram.
 *
 * The port number in the header of a message (nlmsg_pid) says nothing about
 * the sender, who writes there what he likes. */

#include <config.h>

#include "offload/netlink/nl-message.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>
#include <sys/socket.h>

#include "coverage.h"
#include "util.h"

COVERAGE_DEFINE(iov_netlink_foreign);

static const struct nlmsghdr *
check_message(const void *nlh_, size_t left)
{
    const struct nlmsghdr *nlh = nlh_;

    return (left >= sizeof *nlh && nlh->nlmsg_len >= sizeof *nlh
            && nlh->nlmsg_len <= left ? nlh : NULL);
}

const struct nlmsghdr *
nl_first_message(const void *data, size_t size, size_t *left)
{
    *left = size;
    return check_message(data, size);
}

const struct nlmsghdr *
nl_next_message(const struct nlmsghdr *nlh, size_t *left)
{
    size_t step = ROUND_UP((size_t) nlh->nlmsg_len, NLMSG_ALIGNTO);

    if (step >= *left) {
        *left = 0;
        return NULL;
    }
    *left -= step;
    return check_message((const char *) nlh + step, *left);
}

/* Attributes. */

static const struct nlattr *
check_attr(const void *nla_, size_t left)
{
    const struct nlattr *nla = nla_;

    return (left >= sizeof *nla && nla->nla_len >= sizeof *nla
            && nla->nla_len <= left ? nla : NULL);
}

const struct nlattr *
nl_first_attr_at(const void *data, size_t size, size_t *left)
{
    *left = size;
    return check_attr(data, size);
}

const struct nlattr *
rtnl_first_attr(const struct nlmsghdr *nlh, size_t header, size_t *left)
{
    size_t skip = NLMSG_HDRLEN + ROUND_UP(header, NLMSG_ALIGNTO);

    if (nlh->nlmsg_len < skip) {
        *left = 0;
        return NULL;
    }
    return nl_first_attr_at((const char *) nlh + skip, nlh->nlmsg_len - skip,
                            left);
}

const struct nlattr *
rtnl_first_nested(const struct nlattr *nest, size_t *left)
{
    return nl_first_attr_at(mnl_attr_get_payload(nest),
                            mnl_attr_get_payload_len(nest), left);
}

const struct nlattr *
rtnl_next_attr(const struct nlattr *nla, size_t *left)
{
    size_t step = ROUND_UP((size_t) nla->nla_len, NLA_ALIGNTO);

    if (step >= *left) {
        *left = 0;
        return NULL;
    }
    *left -= step;
    return check_attr((const char *) nla + step, *left);
}

const struct nlattr *
rtnl_find_nested(const struct nlattr *nest, uint16_t type, size_t size)
{
    size_t left;
    const struct nlattr *nla = rtnl_first_nested(nest, &left);

    while (nla && mnl_attr_get_type(nla) != type) {
        nla = rtnl_next_attr(nla, &left);
    }
    return nla && mnl_attr_get_payload_len(nla) >= size ? nla : NULL;
}

void
rtnl_get_string(const struct nlattr *nla, char *dst, size_t size)
{
    const char *src = mnl_attr_get_payload(nla);
    size_t n = strnlen(src, mnl_attr_get_payload_len(nla));

    if (n < size) {
        memcpy(dst, src, n);
        dst[n] = '\0';
    }
}

/* Receiving. */

int
nl_connect_to_kernel(int fd)
{
    const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

    return (connect(fd, (const struct sockaddr *) &kernel, sizeof kernel) < 0
            ? errno : 0);
}

ssize_t
nl_receive(int fd, void *buffer, size_t size)
{
    struct sockaddr_nl sender = { .nl_family = AF_UNSPEC };
    struct iovec iov = { .iov_base = buffer, .iov_len = size };
    struct msghdr msg = {
        .msg_name = &sender,
        .msg_namelen = sizeof sender,
        .msg_iov = &iov,
        .msg_iovlen = 1,
    };
    ssize_t n = recvmsg(fd, &msg, 0);

    if (n < 0) {
        return -1;
    } else if (msg.msg_namelen != sizeof sender
               || sender.nl_family != AF_NETLINK || sender.nl_pid) {
        COVERAGE_INC(iov_netlink_foreign);
        return 0;
    } else if (msg.msg_flags & MSG_TRUNC) {
        errno = ENOSPC;
        return -1;
    }
    return n;
}
