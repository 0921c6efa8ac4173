/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_NETLINK_NL_MESSAGE_H
#define IOV_OFFLOAD_NETLINK_NL_MESSAGE_H 1

/* Taking netlink messages and attributes apart, and receiving them.
 *
 *     datagram: | nlmsghdr | header of the family | attr | attr | ...
 *               | nlmsghdr | ...
 *     attr:     | nla_len  | nla_type | payload, padded to 4 bytes |
 *               whose payload can be attributes again (a nest)
 *
 * Every length is compared as an unsigned number with the bytes that are left.
 * libmnl's mnl_nlmsg_ok() and mnl_attr_ok() compare with a signed number and
 * take a length above 2 GB for a short one, so that nothing here or in the
 * callers uses them. */

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* First message of the 'size' bytes at 'data', and the one after 'nlh'.
 * '*left' is the number of bytes from the returned message on.  Null at the
 * end, or where the bytes are no message. */
const struct nlmsghdr *nl_first_message(const void *data, size_t size,
                                        size_t *left);
const struct nlmsghdr *nl_next_message(const struct nlmsghdr *nlh,
                                       size_t *left);

/* First attribute of the 'size' bytes at 'data'; after the 'header' bytes of a
 * message; or in a nest.  And the one after 'nla'.  Null at the end, or where
 * the bytes are no attribute. */
const struct nlattr *nl_first_attr_at(const void *data, size_t size,
                                      size_t *left);
const struct nlattr *rtnl_first_attr(const struct nlmsghdr *, size_t header,
                                     size_t *left);
const struct nlattr *rtnl_first_nested(const struct nlattr *, size_t *left);
const struct nlattr *rtnl_next_attr(const struct nlattr *, size_t *left);
/* Attribute 'type' in a nest, with at least 'size' bytes, or null. */
const struct nlattr *rtnl_find_nested(const struct nlattr *nest,
                                      uint16_t type, size_t size);
/* Copies the string of an attribute, which need not be terminated; one that
 * does not fit is left out. */
void rtnl_get_string(const struct nlattr *, char *dst, size_t size);

/* Makes the bound netlink socket 'fd' refuse what other processes send to it.
 * The callers of nl_receive() do this once, before they receive anything.
 * Returns 0 or a positive errno. */
int nl_connect_to_kernel(int fd);

/* Receives one datagram.  Returns its size; 0 if its sender is not the kernel,
 * in which case the caller leaves it out; or -1 with errno, which is ENOSPC
 * for a datagram that does not fit. */
ssize_t nl_receive(int fd, void *buffer, size_t size);

#endif /* offload/netlink/nl-message.h */
