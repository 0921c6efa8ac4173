/* SPDX-License-Identifier: Apache-2.0 */

/* "netns:NAME": the guest is a network namespace that holds the VF's network
 * device.
 *
 *   GIVE    give the device, which is down, the address that the PF gave its
 *           VF, and move it there.  A driver that refuses the address takes
 *           it when it resets the VF.
 *   START   set it up there, see to it that it has the address that the PF
 *           gave its VF, and wait until a bond that it is in sends by it.
 *   TAKE    take it out of its bond, which changes to another member at once,
 *           and move it home; the kernel takes it down on the way.
 *
 * Each is a row of steps; a step is one request, or waiting for something to
 * be seen.
 *
 * The subtle thing: a VF driver takes over the MAC address that the PF set
 * only when it resets the VF, which most do when the device goes down.  A
 * device that is up is therefore set down first, and one that still shows
 * another address is set down again and given the right one by name.  A guest
 * must not see a device with another address even for a moment: a bond copies
 * the address of its active member once, and keeps it. */

#include <config.h>

#include "offload/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "offload/netns.h"
#include "offload/pci.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"

/* What takes longer than this has failed; in ms. */
#define TIME_LIMIT 5000

/* How long is waited for the guest to use a device, so that it loses no
 * packets, and how long for one that is in no bond to join one. */
#define USE_LIMIT 4000
#define LONE_LIMIT 500

/* Name for a device whose own is taken where it goes. */
#define NAME_PATTERN "vf%d"

enum step {
    STEP_PREPARE,               /* Give it its address at home; */
    STEP_RESET,                 /* if that is refused, set it up */
    STEP_RESET_DOWN,            /* and down again, which resets its VF. */
    STEP_GIVE,                  /* Move it there. */
    STEP_SEEN_THERE,            /* Wait until it is seen there. */
    STEP_STOP,                  /* Set it down if it is up. */
    STEP_UP,                    /* Set it up, */
    STEP_READ,                  /* and look at its address. */
    STEP_COMPARE,
    STEP_STOP_AGAIN,            /* If that is another one. */
    STEP_ADDRESS,
    STEP_UP_AGAIN,
    STEP_READ_AGAIN,
    STEP_COMPARE_AGAIN,
    STEP_USED,                  /* Wait until it is used. */
    STEP_LEAVE,                 /* Take it out of its bond. */
    STEP_TAKE,                  /* Move it home. */
    STEP_SEEN_HOME,             /* Wait until it is seen at home. */
    STEP_DONE
};

struct move {
    struct ovs_list node;
    struct iov_op *op;
    char *name;                 /* Of the namespace. */
    char *pci;                  /* Of the VF. */
    enum step step;
    bool asked;                 /* The request of 'step' is under way. */
    bool rename;                /* The name is taken where it goes. */
    long long int deadline;     /* 0: not set yet. */
    long long int started;      /* With STEP_USED: its beginning, or 0. */
    unsigned int requests;
    bool finished;
    int error;
    char *text;
};

static struct ovs_list moves = OVS_LIST_INITIALIZER(&moves);
static struct rtnl *home;

/* Name that a device had at home, by PCI address, to be given back. */
static struct shash old_names = SHASH_INITIALIZER(&old_names);

static void
finish(struct move *m, int error, char *text)
{
    m->finished = true;
    m->error = error;
    m->text = text;
}

/* Requests. */

static void
reply_cb(void *m_, const struct rtnl_reply *reply)
{
    struct move *m = m_;
    bool moving = m->step == STEP_GIVE || m->step == STEP_TAKE;

    m->asked = false;
    if (m->step == STEP_PREPARE) {
        m->step = reply->error ? STEP_RESET : STEP_GIVE;
    } else if (m->step == STEP_LEAVE) {
        m->step = STEP_TAKE;
    } else if (m->step == STEP_RESET || m->step == STEP_RESET_DOWN) {
        /* If this was refused, START tries again. */
        m->step++;
    } else if (reply->error == EEXIST && moving && !m->rename) {
        m->rename = true;
    } else if (reply->error == ENODEV && m->step == STEP_TAKE) {
        /* It has left already, perhaps without its old name. */
        m->step = STEP_SEEN_HOME;
    } else if (reply->error) {
        finish(m, reply->error, nullable_xstrdup(reply->text));
    } else {
        m->step++;
    }
}

/* The answer to STEP_READ is the device itself. */
static void
read_cb(void *m_, const struct rtnl_reply *reply)
{
    struct move *m = m_;
    const struct nlmsghdr *nlh = rtnl_next_message(reply, NULL);
    struct rtnl_link link;

    if (!reply->error && nlh && rtnl_decode_link(nlh, &link)) {
        int error;
        struct netns *ns = netns_get(m->name, &error, NULL);

        if (ns) {
            netns_update(ns, &link);
        }
    }
    reply_cb(m, reply);
}

static void
ask(struct move *m, struct rtnl *rtnl, const union rtnl_request *req,
    rtnl_reply_cb *cb)
{
    m->asked = true;
    m->requests++;
    rtnl_send(rtnl, &req->nlh, cb, m);
    rtnl_run(rtnl);
}

/* Steps.  Each either asks, or goes on to another step, or finishes, or does
 * nothing to be called again later. */

/* What is done at home to the device 'ifindex', called 'netdev'. */
static void
step_home(struct move *m, struct netns *ns, int ifindex, const char *netdev)
{
    union rtnl_request req;

    switch ((int) m->step) {
    case STEP_PREPARE:
        rtnl_encode_set_address(&req, ifindex, m->op->mac);
        break;
    case STEP_RESET:
    case STEP_RESET_DOWN:
        rtnl_encode_set_up(&req, ifindex, m->step == STEP_RESET);
        break;
    default:
        free(shash_replace(&old_names, m->pci, xstrdup(netdev)));
        rtnl_encode_set_netns(&req, ifindex, netns_fd(ns),
                              m->rename ? NAME_PATTERN : NULL);
        break;
    }
    ask(m, home, &req, reply_cb);
}

static void
step_give(struct move *m, struct netns *ns)
{
    char *netdev;
    int ifindex;

    if (netns_find_pci(ns, m->pci)) {
        m->step = STEP_DONE;
        return;
    }
    netdev = pci_netdev(m->pci);
    ifindex = netdev ? if_nametoindex(netdev) : 0;
    if (!ifindex) {
        finish(m, ENODEV, xasprintf("VF %s has no network device here; bind "
                                    "its driver", m->pci));
    } else {
        step_home(m, ns, ifindex, netdev);
    }
    free(netdev);
}

static void
step_set_up(struct move *m, struct netns *ns, const struct rtnl_link *link,
            bool up)
{
    union rtnl_request req;

    if (!up && !(link->flags & IFF_UP)) {
        m->step++;
        return;
    }
    rtnl_encode_set_up(&req, link->ifindex, up);
    ask(m, netns_rtnl(ns), &req, reply_cb);
}

static bool
address_is_right(const struct move *m, const struct rtnl_link *link)
{
    return (eth_addr_is_zero(m->op->mac)
            || (link->has_address
                && eth_addr_equals(link->address, m->op->mac)));
}

static void
step_compare(struct move *m, const struct rtnl_link *link)
{
    if (address_is_right(m, link)) {
        m->step = STEP_USED;
    } else if (m->step == STEP_COMPARE) {
        m->step++;
    } else {
        finish(m, EADDRNOTAVAIL,
               xasprintf("%s in network namespace %s has address "
                         ETH_ADDR_FMT" instead of "ETH_ADDR_FMT, link->name,
                         m->name, ETH_ADDR_ARGS(link->address),
                         ETH_ADDR_ARGS(m->op->mac)));
    }
}

static void
step_used(struct move *m, const struct rtnl_link *link)
{
    long long int now = time_msec();

    m->started = m->started ? m->started : now;
    if (link->is_active || now >= m->started + USE_LIMIT
        || (!link->master && link->flags & IFF_RUNNING
            && now >= m->started + LONE_LIMIT)) {
        m->step = STEP_DONE;
    }
}

static void
step_leave(struct move *m, struct netns *ns, const struct rtnl_link *link)
{
    union rtnl_request req;

    if (link && link->in_bond) {
        rtnl_encode_leave_master(&req, link->ifindex);
        ask(m, netns_rtnl(ns), &req, reply_cb);
    } else {
        m->step = STEP_TAKE;
    }
}

/* Steps of START, on the device that is there. */
static void
step_there(struct move *m, struct netns *ns, const struct rtnl_link *link)
{
    union rtnl_request req;

    switch ((int) m->step) {
    case STEP_STOP:
    case STEP_STOP_AGAIN:
        step_set_up(m, ns, link, false);
        break;
    case STEP_UP:
    case STEP_UP_AGAIN:
        step_set_up(m, ns, link, true);
        break;
    case STEP_READ:
    case STEP_READ_AGAIN:
        rtnl_encode_get_link(&req, link->ifindex);
        ask(m, netns_rtnl(ns), &req, read_cb);
        break;
    case STEP_ADDRESS:
        rtnl_encode_set_address(&req, link->ifindex, m->op->mac);
        ask(m, netns_rtnl(ns), &req, reply_cb);
        break;
    case STEP_COMPARE:
    case STEP_COMPARE_AGAIN:
        step_compare(m, link);
        break;
    case STEP_USED:
        step_used(m, link);
        break;
    }
}

static void
step_take(struct move *m, struct netns *ns, const struct rtnl_link *link)
{
    const char *old_name = shash_find_data(&old_names, m->pci);
    union rtnl_request req;
    int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        finish(m, errno, xstrdup("the own network namespace cannot be "
                                 "opened"));
        return;
    }
    rtnl_encode_set_netns(&req, link->ifindex, fd,
                          m->rename ? NAME_PATTERN : old_name);
    ask(m, netns_rtnl(ns), &req, reply_cb);
    /* The kernel has looked at the descriptor when the request was sent. */
    close(fd);
}

static void
step_seen_home(struct move *m)
{
    char *netdev = pci_netdev(m->pci);

    if (netdev) {
        free(shash_find_and_delete(&old_names, m->pci));
        m->step = STEP_DONE;
    }
    free(netdev);
}

/* Goes on without the namespace, which cannot be entered. */
static void
step_without(struct move *m, int error, char *text)
{
    if (m->op->type == IOV_OP_GUEST_TAKE) {
        /* Gone, so that the kernel returns the device by itself. */
        m->step = STEP_SEEN_HOME;
        step_seen_home(m);
        free(text);
    } else {
        finish(m, error, text);
    }
}

static void
step(struct move *m)
{
    char *text;
    int error;
    struct netns *ns = netns_get(m->name, &error, &text);

    if (!ns) {
        step_without(m, error, text);
        return;
    }

    const struct rtnl_link *link = netns_find_pci(ns, m->pci);

    switch ((int) m->step) {
    case STEP_PREPARE:
    case STEP_RESET:
    case STEP_RESET_DOWN:
    case STEP_GIVE:
        step_give(m, ns);
        break;
    case STEP_SEEN_THERE:
        m->step = link ? STEP_DONE : m->step;
        break;
    case STEP_LEAVE:
        step_leave(m, ns, link);
        break;
    case STEP_TAKE:
        if (link) {
            step_take(m, ns, link);
        } else {
            m->step = STEP_SEEN_HOME;
        }
        break;
    case STEP_SEEN_HOME:
        if (!link) {
            step_seen_home(m);
        }
        break;
    default:
        if (link) {
            step_there(m, ns, link);
        } else {
            finish(m, ENODEV, xasprintf("VF %s is not in network namespace "
                                        "%s any more", m->pci, m->name));
        }
        break;
    }
}

static void
time_out(struct move *m)
{
    if (m->step == STEP_SEEN_HOME) {
        finish(m, ETIMEDOUT,
               xasprintf("VF %s did not come back from network namespace %s; "
                         "if that was deleted, its processes still keep it",
                         m->pci, m->name));
    } else {
        finish(m, ETIMEDOUT,
               xasprintf("network namespace %s did not take VF %s within %d "
                         "s", m->name, m->pci, TIME_LIMIT / 1000));
    }
}

/* Goes on with 'm' as far as possible. */
static void
advance(struct move *m, long long int now)
{
    enum step before;

    if (!m->deadline) {
        m->deadline = now + TIME_LIMIT;
    }
    do {
        before = m->step;
        if (!m->asked && !m->finished && m->step != STEP_DONE) {
            bool rename = m->rename;

            step(m);
            if (rename != m->rename) {
                before = STEP_DONE;
            }
        }
    } while (m->step != before && m->step != STEP_DONE && !m->finished);

    if (m->step == STEP_DONE && !m->finished) {
        finish(m, 0, NULL);
    } else if (!m->finished && !m->asked && now >= m->deadline) {
        time_out(m);
    }
}

/* The class. */

static char *
ns_absent(const struct iov_guest_spec *spec,
          struct eth_addr mac OVS_UNUSED)
{
    return netns_absent(spec->name);
}

static enum iov_guest_state
ns_state(const struct iov_guest_spec *spec, const struct iov_vf *vf)
{
    int error;
    const struct netns *ns = netns_get(spec->name, &error, NULL);
    const struct rtnl_link *link = ns ? netns_find_pci(ns, vf->pci) : NULL;

    if (!link) {
        return (vf->netdev || !vf->driver ? IOV_GUEST_NONE
                : IOV_GUEST_MISSING);
    }
    /* A device that has not taken over the address of its VF yet cannot be
     * used. */
    return (link->flags & IFF_UP
            && (!(vf->now.known & IOV_VF_BIT(IOV_VF_MAC))
                || eth_addr_equals(link->address, vf->now.mac))
            ? IOV_GUEST_RUNNING : IOV_GUEST_GIVEN);
}

static void
ns_start(struct iov_op *op, const struct iov_guest_spec *spec,
         const struct iov_vf *vf)
{
    struct move *m = xzalloc(sizeof *m);
    int error = home ? 0 : rtnl_open(&home, -1, 0, NULL, NULL);

    m->op = op;
    m->name = xstrdup(spec->name);
    m->pci = xstrdup(vf && vf->pci ? vf->pci : "");
    m->step = (op->type == IOV_OP_GUEST_GIVE
               ? eth_addr_is_zero(op->mac) ? STEP_GIVE : STEP_PREPARE
               : op->type == IOV_OP_GUEST_START ? STEP_STOP : STEP_LEAVE);
    if (error) {
        finish(m, error, xstrdup("a netlink socket cannot be opened"));
    } else if (!vf || !vf->pci) {
        finish(m, ENODEV, xstrdup("the VF has gone"));
    }
    ovs_list_push_back(&moves, &m->node);
}

/* Nothing else takes long. */
static void
ns_cancel(const char *port)
{
    struct move *m;

    LIST_FOR_EACH (m, node, &moves) {
        if (!strcmp(m->op->port, port) && m->step == STEP_USED
            && !m->finished) {
            finish(m, ECANCELED, NULL);
        }
    }
}

static struct iov_result *
ns_next_result(void)
{
    struct move *m;

    LIST_FOR_EACH (m, node, &moves) {
        if (m->finished && !m->asked) {
            struct iov_result *result = iov_result_create(m->op, m->error,
                                                          m->text);

            result->requests = m->requests;
            ovs_list_remove(&m->node);
            free(m->name);
            free(m->pci);
            free(m->text);
            free(m);
            return result;
        }
    }
    return NULL;
}

static void
ns_run(long long int now)
{
    struct move *m;

    netns_run(now);
    if (home) {
        rtnl_run(home);
    }
    LIST_FOR_EACH (m, node, &moves) {
        advance(m, now);
    }
}

static void
ns_wait(long long int now)
{
    struct move *m;

    netns_wait(now);
    if (home) {
        rtnl_wait(home);
    }
    LIST_FOR_EACH (m, node, &moves) {
        if (m->finished || !m->deadline) {
            poll_immediate_wake();
        } else if (m->step == STEP_SEEN_HOME) {
            /* sysfs tells nobody. */
            poll_timer_wait(20);
        } else if (m->started) {
            poll_timer_wait_until(m->started + LONE_LIMIT > time_msec()
                                  ? m->started + LONE_LIMIT
                                  : m->started + USE_LIMIT);
        } else {
            poll_timer_wait_until(m->deadline);
        }
    }
}

static void
ns_exit(void)
{
    struct iov_result *result;
    struct move *m;

    LIST_FOR_EACH (m, node, &moves) {
        finish(m, ECANCELED, m->text);
    }
    netns_exit();
    rtnl_close(home);
    home = NULL;
    while ((result = ns_next_result())) {
        iov_result_destroy(result);
    }
    shash_destroy_free_data(&old_names);
    shash_init(&old_names);
}

const struct iov_guest_class iov_guest_netns = {
    .kind = IOV_GUEST_KIND_NETNS,
    .absent = ns_absent,
    .state = ns_state,
    .use = netns_use,
    .start = ns_start,
    .cancel = ns_cancel,
    .next_result = ns_next_result,
    .run = ns_run,
    .wait = ns_wait,
    .exit = ns_exit,
};
