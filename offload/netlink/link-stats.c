/* SPDX-License-Identifier: Apache-2.0 */

/* Counters of network devices and VFs: see link-stats.h.
 *
 * The kernel answers while it is asked, so that nothing has to be waited for.
 *
 * A driver that counts nothing of its VFs is not told from one whose VFs are
 * silent, because the kernel then says zero.  Only a PF that has counted
 * something on any of its VFs is believed. */

#include <config.h>

#include "offload/netlink/link-stats.h"

#include <net/if.h>
#include <string.h>

#include "offload/netlink/rtnl-link.h"
#include "offload/netlink/rtnl-vf.h"
#include "openvswitch/shash.h"
#include "timeval.h"
#include "util.h"

#define VALID 1000              /* ms that counters of VFs are good for. */

/* The VFs of a PF. */
struct vf_counts {
    struct rtnl_vf_count *list;
    unsigned int n;             /* Elements of 'list'. */
    bool told;                  /* One of them has a packet. */
    long long int read;         /* Time of the reading, ms. */
};

struct device_count {
    bool told;
    uint64_t sent, heard;
};

static struct shash pfs = SHASH_INITIALIZER(&pfs); /* By network device. */

/* The answer comes before this returns, if there is such a device. */
static void
ask(const char *netdev, void (*encode)(union rtnl_request *, int ifindex),
    rtnl_reply_cb *cb, void *aux)
{
    int ifindex = if_nametoindex(netdev);
    union rtnl_request req;
    struct rtnl *rtnl;

    if (ifindex && !rtnl_open(&rtnl, -1, 0, NULL, NULL)) {
        encode(&req, ifindex);
        rtnl_send(rtnl, &req.nlh, cb, aux);
        rtnl_run(rtnl);
        rtnl_close(rtnl);
    }
}

static void
device_cb(void *count_, const struct rtnl_reply *reply)
{
    struct device_count *count = count_;
    const struct nlmsghdr *nlh
        = reply->error ? NULL : rtnl_next_message(reply, NULL);
    int ifindex;

    count->told = nlh && rtnl_decode_counts(nlh, &ifindex, &count->sent,
                                            &count->heard);
}

bool
link_count(const char *netdev, uint64_t *sent, uint64_t *heard)
{
    struct device_count count = { .told = false };

    ask(netdev, rtnl_encode_get_counts, device_cb, &count);
    *sent = count.sent;
    *heard = count.heard;
    return count.told;
}

/* VFs. */

static void
vfs_cb(void *counts_, const struct rtnl_reply *reply)
{
    struct vf_counts *counts = counts_;
    const struct nlmsghdr *nlh
        = reply->error ? NULL : rtnl_next_message(reply, NULL);

    counts->told = nlh && rtnl_vf_decode_counts(nlh, counts->list, counts->n);
}

static struct vf_counts *
get_counts(const char *netdev, unsigned int n_vfs)
{
    struct vf_counts *counts = shash_find_data(&pfs, netdev);

    if (!counts) {
        counts = xzalloc(sizeof *counts);
        shash_add(&pfs, netdev, counts);
    }
    if (counts->n != n_vfs) {
        free(counts->list);
        counts->list = xcalloc(n_vfs, sizeof *counts->list);
        counts->n = n_vfs;
        counts->read = 0;
    }
    return counts;
}

bool
link_count_vf(const char *netdev, unsigned int n_vfs, unsigned int vf,
              uint64_t *sent, uint64_t *heard)
{
    struct vf_counts *counts = get_counts(netdev, n_vfs);
    long long int now = time_msec();

    if (!counts->read || now >= counts->read + VALID) {
        counts->read = now;
        counts->told = false;
        ask(netdev, rtnl_encode_get_vf_counts, vfs_cb, counts);
    }
    if (!counts->told || vf >= n_vfs) {
        return false;
    }
    *sent = counts->list[vf].sent;
    *heard = counts->list[vf].heard;
    return true;
}

void
link_count_exit(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &pfs) {
        struct vf_counts *counts = node->data;

        free(counts->list);
        free(counts);
        shash_delete(&pfs, node);
    }
}
