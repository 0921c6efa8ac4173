/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: one datagram from a netlink socket, from the bytes to what the
 * daemon takes out of its messages.
 *
 * Every message of the datagram goes to every decoder, whatever its type says,
 * because the type is one more number that can be wrong. */

#include <config.h>

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "offload/netlink/devlink.h"
#include "offload/netlink/genl.h"
#include "offload/netlink/nl-message.h"
#include "offload/netlink/rtnl-link.h"
#include "offload/netlink/rtnl-vf.h"
#include "packets.h"
#include "util.h"

#ifdef FUZZ_BY_CLANG
unsigned long long int fuzz_n_accepted;
#endif

#define MAX_VFS 3

/* NETLINK_ROUTE.  The text of a link must end within its array. */
static void
take_route(const struct nlmsghdr *nlh)
{
    struct iov_vf_settings settings[MAX_VFS];
    struct rtnl_vf_count counts[MAX_VFS];
    struct rtnl_link link;
    struct eth_addr mac;
    uint64_t sent, heard;
    bool deleted;
    int ifindex;

    if (rtnl_decode_link(nlh, &link)) {
        fuzz_n_accepted++;
        ovs_assert(memchr(link.name, '\0', sizeof link.name)
                   && memchr(link.parent, '\0', sizeof link.parent)
                   && link.ifindex > 0);
    }
    fuzz_n_accepted += rtnl_decode_mac(nlh, &ifindex, &mac, &deleted);
    fuzz_n_accepted += rtnl_decode_counts(nlh, &ifindex, &sent, &heard);
    if (rtnl_vf_decode(nlh, settings, MAX_VFS)) {
        for (size_t i = 0; i < MAX_VFS; i++) {
            ovs_assert(!(settings[i].known & IOV_VF_BIT(IOV_VF_VLAN))
                       || (settings[i].vlan <= 4094
                           && settings[i].qos <= 7));
        }
    }
    rtnl_vf_decode_counts(nlh, counts, MAX_VFS);
}

static void
take_generic(const struct nlmsghdr *nlh)
{
    struct devlink_event event;
    struct genl_family family;

    if (devlink_decode(nlh, &event)) {
        fuzz_n_accepted++;
        ovs_assert(memchr(event.bus, '\0', sizeof event.bus)
                   && memchr(event.device, '\0', sizeof event.device)
                   && memchr(event.reporter, '\0', sizeof event.reporter));
    }
    fuzz_n_accepted += genl_decode_family(nlh, "devlink", "config", &family);
}

static void
take_error(const struct nlmsghdr *nlh, const struct nlmsghdr *request)
{
    char *text;
    int error = rtnl_parse_error(nlh, request, &text);

    ovs_assert(error >= 0);
    fuzz_n_accepted += text != NULL;
    free(text);
}

/* The same messages as an answer to a request. */
static void
take_reply(const uint8_t *data, size_t size)
{
    struct rtnl_reply reply = { .messages = data, .size = size };
    const struct nlmsghdr *nlh = NULL;

    while ((nlh = rtnl_next_message(&reply, nlh))) {
        ovs_assert((const uint8_t *) nlh + nlh->nlmsg_len <= data + size);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct nlmsghdr *first, *nlh;
    size_t left;

    first = nl_first_message(data, size, &left);
    for (nlh = first; nlh; nlh = nl_next_message(nlh, &left)) {
        take_route(nlh);
        take_generic(nlh);
        take_error(nlh, first);
    }
    take_reply(data, size);
    return 0;
}
