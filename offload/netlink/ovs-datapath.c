/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages about datapaths of Open vSwitch.
 *
 *   nlmsghdr | genlmsghdr | ovs_header | OVS_DP_ATTR_NAME
 *                                      | OVS_DP_ATTR_STATS (ovs_dp_stats)
 *
 * Attributes begin behind the header of the family, and the counters are 64
 * bits wide without being aligned so. */

#include <config.h>

#include "offload/netlink/ovs-datapath.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <string.h>

#include "offload/netlink/genl.h"
#include "offload/netlink/nl-message.h"
#include "openvswitch/types.h"
#include "util.h"

/* It needs types of Open vSwitch. */
#include <linux/openvswitch.h>

void
ovs_datapath_encode_dump(union rtnl_request *req, uint16_t family)
{
    struct ovs_header *header;

    memset(req, 0, sizeof *req);
    genl_begin(req, family, OVS_DP_CMD_GET);
    header = mnl_nlmsg_put_extra_header(&req->nlh, sizeof *header);
    header->dp_ifindex = 0;
    req->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
}

bool
ovs_datapath_decode(const struct nlmsghdr *nlh, uint16_t family,
                    struct ovs_datapath *dp)
{
    int command = genl_command(nlh);
    struct ovs_dp_stats stats;
    bool counted = false;
    size_t left;

    memset(dp, 0, sizeof *dp);
    /* The kernel answers a dump with the command that asked for it. */
    if (nlh->nlmsg_type != family || (command != OVS_DP_CMD_NEW
                                      && command != OVS_DP_CMD_GET)) {
        return false;
    }

    const struct nlattr *nla
        = rtnl_first_attr(nlh, GENL_HDRLEN + sizeof(struct ovs_header), &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        uint16_t type = mnl_attr_get_type(nla);

        if (type == OVS_DP_ATTR_NAME) {
            rtnl_get_string(nla, dp->name, sizeof dp->name);
        } else if (type == OVS_DP_ATTR_STATS
                   && mnl_attr_get_payload_len(nla) >= sizeof stats) {
            memcpy(&stats, mnl_attr_get_payload(nla), sizeof stats);
            dp->missed = stats.n_missed;
            dp->lost = stats.n_lost;
            counted = true;
        }
    }
    return counted && dp->name[0];
}
