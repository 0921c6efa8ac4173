/* SPDX-License-Identifier: Apache-2.0 */

/* Encoder and decoder of RTM_*TFILTER and RTM_*QDISC.
 *
 * Both sides are asked for by numbers below the one "major" of the qdiscs
 * "ingress" and "clsact".  Where there is no such qdisc the answer is an empty
 * list, or an error on old kernels. */

#include <config.h>

#include "offload/netlink/rtnl-tc.h"

#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "offload/netlink/nl-message.h"

void
rtnl_encode_dump_filters(union rtnl_request *req, int ifindex,
                         enum rtnl_tc_side side)
{
    memset(req, 0, sizeof *req);

    struct nlmsghdr *nlh = mnl_nlmsg_put_header(req);
    nlh->nlmsg_type = RTM_GETTFILTER;
    nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;

    struct tcmsg *tcm = mnl_nlmsg_put_extra_header(nlh, sizeof *tcm);
    tcm->tcm_family = AF_UNSPEC;
    tcm->tcm_ifindex = ifindex;
    tcm->tcm_parent = TC_H_MAKE(TC_H_CLSACT, (side == RTNL_TC_INGRESS
                                              ? TC_H_MIN_INGRESS
                                              : TC_H_MIN_EGRESS));
}

int
rtnl_decode_tc(const struct nlmsghdr *nlh, bool *is_filter)
{
    const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
    uint16_t type = nlh->nlmsg_type;

    *is_filter = type == RTM_NEWTFILTER;
    if ((type != RTM_NEWTFILTER && type != RTM_DELTFILTER
         && type != RTM_NEWQDISC && type != RTM_DELQDISC)
        || nlh->nlmsg_len < NLMSG_LENGTH(sizeof *tcm)
        || tcm->tcm_ifindex <= 0) {
        return 0;
    }
    return tcm->tcm_ifindex;
}
