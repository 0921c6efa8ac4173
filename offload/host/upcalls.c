/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether the datapath reaches ovs-vswitchd: see upcalls.h.
 *
 * Each round asks for the number of the family, which is another one after
 * the module has been loaded anew, and then for the datapaths.
 *
 * A kernel without the module is no failure; then there is no datapath that
 * could lose anything. */

#include <config.h>

#include "offload/host/upcalls.h"

#include <string.h>

#include "offload/netlink/genl.h"
#include "offload/netlink/ovs-datapath.h"
#include "offload/netlink/rtnl-link.h"
#include "offload/netlink/rtnl.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/types.h"
#include "openvswitch/vlog.h"
#include "util.h"

/* It needs types of Open vSwitch. */
#include <linux/openvswitch.h>

VLOG_DEFINE_THIS_MODULE(iov_upcalls);

#define PERIOD_MSEC 5000

/* All bridges of the type "system" share it. */
#define DATAPATH "ovs-system"

static struct rtnl *requests;   /* Null: simulated, or it failed. */
static uint16_t family;
static long long int ask_at;    /* ms. */
static uint64_t n_samples;
static struct iov_upcalls last;

static void
take_datapaths(void *aux OVS_UNUSED, const struct rtnl_reply *reply)
{
    const struct nlmsghdr *nlh = NULL;
    struct ovs_datapath dp;

    while (!reply->error && (nlh = rtnl_next_message(reply, nlh))) {
        if (ovs_datapath_decode(nlh, family, &dp)
            && !strcmp(dp.name, DATAPATH)) {
            iov_upcalls_say(dp.missed, dp.lost);
        }
    }
}

static void
take_family(void *aux OVS_UNUSED, const struct rtnl_reply *reply)
{
    const struct nlmsghdr *nlh = NULL;
    struct genl_family found;
    union rtnl_request dump;

    while (!reply->error && (nlh = rtnl_next_message(reply, nlh))) {
        if (genl_decode_family(nlh, OVS_DATAPATH_FAMILY, OVS_DATAPATH_MCGROUP,
                               &found)) {
            family = found.id;
            ovs_datapath_encode_dump(&dump, family);
            rtnl_send(requests, &dump.nlh, take_datapaths, NULL);
            return;
        }
    }
}

void
iov_upcalls_init(bool simulated)
{
    int error = simulated ? 0 : rtnl_open_generic(&requests, NULL, NULL);

    if (error) {
        VLOG_WARN("whether the software path works is not known: the "
                  "datapath cannot be asked (%s)", ovs_strerror(error));
        requests = NULL;
    }
}

void
iov_upcalls_exit(void)
{
    if (requests) {
        rtnl_close(requests);
    }
    requests = NULL;
}

void
iov_upcalls_run(long long int now)
{
    union rtnl_request req;

    if (!requests) {
        return;
    }
    rtnl_run(requests);
    if (now >= ask_at && !rtnl_busy(requests)) {
        ask_at = now + PERIOD_MSEC;
        genl_encode_get_family(&req, OVS_DATAPATH_FAMILY);
        rtnl_send(requests, &req.nlh, take_family, NULL);
        rtnl_run(requests);
    }
}

void
iov_upcalls_wait(long long int now OVS_UNUSED)
{
    if (requests) {
        rtnl_wait(requests);
        if (!rtnl_busy(requests)) {
            poll_timer_wait_until(ask_at);
        }
    }
}

uint64_t
iov_upcalls_sample(struct iov_upcalls *upcalls)
{
    *upcalls = last;
    return n_samples;
}

void
iov_upcalls_say(uint64_t missed, uint64_t lost)
{
    last = (struct iov_upcalls) { missed, lost };
    n_samples++;
}
