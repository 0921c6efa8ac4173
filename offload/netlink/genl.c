/* SPDX-License-Identifier: Apache-2.0 */

/* The header and the families of generic netlink.
 *
 * A notification about a family has the form of the answer to a question about
 * it, but one about a single group has that group alone, so that a family is
 * only taken from messages that tell its name and its number. */

#include <config.h>

#include "offload/netlink/genl.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <string.h>

#include "offload/netlink/rtnl-link.h"
#include "util.h"

struct nlmsghdr *
genl_begin(void *buffer, uint16_t family, uint8_t command)
{
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
    struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof *genl);

    nlh->nlmsg_type = family;
    genl->cmd = command;
    genl->version = 1;
    return nlh;
}

int
genl_command(const struct nlmsghdr *nlh)
{
    const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

    return nlh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) ? -1 : genl->cmd;
}

void
genl_encode_get_family(union rtnl_request *req, const char *name)
{
    memset(req, 0, sizeof *req);
    genl_begin(req, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
    mnl_attr_put_strz(&req->nlh, CTRL_ATTR_FAMILY_NAME, name);
}

/* Looks whether 'nest' is about the group 'name'. */
static void
decode_group(const struct nlattr *nest, const char *name, uint32_t *group)
{
    const struct nlattr *id = rtnl_find_nested(nest, CTRL_ATTR_MCAST_GRP_ID,
                                               sizeof *group);
    const struct nlattr *its = rtnl_find_nested(nest,
                                                CTRL_ATTR_MCAST_GRP_NAME, 1);
    char text[GENL_NAMSIZ] = "";

    if (id && its) {
        rtnl_get_string(its, text, sizeof text);
        if (!strcmp(text, name)) {
            memcpy(group, mnl_attr_get_payload(id), sizeof *group);
        }
    }
}

static void
decode_groups(const struct nlattr *nest, const char *name, uint32_t *group)
{
    size_t left;
    const struct nlattr *nla = rtnl_first_nested(nest, &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        decode_group(nla, name, group);
    }
}

bool
genl_decode_family(const struct nlmsghdr *nlh, const char *name,
                   const char *group, struct genl_family *family)
{
    int command = genl_command(nlh);
    char text[GENL_NAMSIZ] = "";

    memset(family, 0, sizeof *family);
    if (nlh->nlmsg_type != GENL_ID_CTRL
        || (command != CTRL_CMD_NEWFAMILY && command != CTRL_CMD_DELFAMILY)) {
        return false;
    }
    family->gone = command == CTRL_CMD_DELFAMILY;

    size_t left;
    const struct nlattr *nla = rtnl_first_attr(nlh, GENL_HDRLEN, &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        uint16_t type = mnl_attr_get_type(nla);

        if (type == CTRL_ATTR_FAMILY_NAME) {
            rtnl_get_string(nla, text, sizeof text);
        } else if (type == CTRL_ATTR_FAMILY_ID
                   && mnl_attr_get_payload_len(nla) >= sizeof family->id) {
            memcpy(&family->id, mnl_attr_get_payload(nla), sizeof family->id);
        } else if (type == CTRL_ATTR_MCAST_GROUPS) {
            decode_groups(nla, group, &family->group);
        }
    }
    return !strcmp(text, name) && family->id >= NLMSG_MIN_TYPE;
}
