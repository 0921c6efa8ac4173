/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_NETLINK_RTNL_VF_H
#define IOV_OFFLOAD_NETLINK_RTNL_VF_H 1

/* Settings of VFs, to and from bytes.  One request sets one attribute, so
 * that a refusal has a name.  And their counters. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offload/netlink/rtnl.h"
#include "policy/model/nic.h"

/* Puts a request into 'req' that sets 'attr' of VF number 'vf' of the PF
 * 'ifindex' to the value in 'settings'. */
void rtnl_vf_encode(union rtnl_request *req, int ifindex, unsigned int vf,
                    enum iov_vf_attr attr,
                    const struct iov_vf_settings *settings);

/* Reads the settings of VFs 0...n - 1 out of an RTM_NEWLINK message.  All of
 * 'settings' is overwritten; what the message does not tell is not 'known'.
 * Returns false if this is no such message. */
bool rtnl_vf_decode(const struct nlmsghdr *, struct iov_vf_settings *settings,
                    size_t n);

/* Packets of one VF, as its guest would count them. */
struct rtnl_vf_count {
    uint64_t sent, heard;
};

/* Reads the counters of VFs 0...n - 1 out of an RTM_NEWLINK message; all of
 * 'counts' is overwritten.  Returns false if all are zero, which is also what
 * the kernel says where the driver counts nothing. */
bool rtnl_vf_decode_counts(const struct nlmsghdr *,
                           struct rtnl_vf_count *counts, size_t n);

#endif /* offload/netlink/rtnl-vf.h */
