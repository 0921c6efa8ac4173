/* SPDX-License-Identifier: Apache-2.0 */

/* The steps by which a VF's device goes to a network namespace and returns:
 * see netns-move.h.
 *
 * A VF driver takes over the MAC address that the PF set only when it resets
 * the VF, which most do when the device goes down.  A device that is up with
 * another address is therefore set down first, and one that still shows
 * another address is set down again and given the right one by name.  A guest
 * must not see a device with another address even for a moment: a bond copies
 * the address of its active member once, and keeps it.  A device that is up
 * with the right address is left alone, because its bond may be sending by
 * it. */

#include <config.h>

#include "offload/guest/netns-move.h"

#include <errno.h>
#include <string.h>

#include "offload/guest/netns-home.h"
#include "offload/guest/netns.h"
#include "offload/pci/pci.h"
#include "offload/pci/vfio.h"
#include "openvswitch/poll-loop.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"

/* What takes longer than this has failed; in ms. */
#define TIME_LIMIT 5000

/* How long is waited for the guest to use a device, so that it loses no
 * packets, and how long for one that has no bond, or for a bond to take the
 * device in by itself.  A driver may take ten seconds until it sees a link for
 * the first time. */
#define USE_LIMIT 15000
#define LONE_LIMIT 500

/* Name for a device whose own is taken where it goes. */
#define NAME_PATTERN "vf%d"

static struct rtnl *home;

enum netns_step
netns_move_first(const struct iov_op *op)
{
    return (op->type == IOV_OP_GUEST_DETACH ? STEP_DONE
            : op->type == IOV_OP_GUEST_ACTIVATE ? STEP_STOP
            : eth_addr_is_zero(op->mac) ? STEP_GIVE : STEP_PREPARE);
}

/* Driver for 'vf' at home, to be freed: the one that it was found with. */
static char *
find_driver(const struct iov_vf *vf)
{
    const char *driver = vf->record ? vf->record->driver : "";

    return nullable_xstrdup(driver && !strcmp(driver, VFIO_DRIVER)
                            ? "" : driver);
}

struct netns_move *
netns_move_create(struct iov_op *op, const char *name, const struct iov_vf *vf)
{
    struct netns_move *m = xzalloc(sizeof *m);
    bool there = vf && vf->pci;

    m->op = op;
    m->name = xstrdup(name);
    m->pci = xstrdup(there ? vf->pci : "");
    m->step = netns_move_first(op);
    if (there) {
        m->is_new = netns_home_is_new(vf);
        m->driver = find_driver(vf);
    } else {
        netns_move_finish(m, ENODEV, xstrdup("the VF has gone"));
    }
    return m;
}

void
netns_move_finish(struct netns_move *m, int error, char *text)
{
    m->finished = true;
    m->error = error;
    m->text = text;
}

struct iov_result *
netns_move_result(struct netns_move *m)
{
    struct iov_result *result = iov_result_create(m->op, m->error, m->text);

    result->requests = m->requests;
    vfio_change_destroy(m->change);
    free(m->name);
    free(m->pci);
    free(m->driver);
    free(m->text);
    free(m);
    return result;
}

/* Requests. */

/* The first part of coming home: the guest has no need of the VF. */
static void
let_go(struct netns_move *m)
{
    netns_home_let_go(m->pci);
    m->step = STEP_DONE;
}

static void
reply_cb(void *m_, const struct rtnl_reply *reply)
{
    struct netns_move *m = m_;

    m->asked = false;
    if (m->step == STEP_PREPARE) {
        m->step = reply->error ? STEP_RESET : STEP_GIVE;
    } else if (m->step == STEP_USED) {
        /* A bond of another mode, or too early: that is seen. */
        m->switched = true;
    } else if (m->step == STEP_SWITCH) {
        let_go(m);
    } else if (m->step == STEP_RESET || m->step == STEP_RESET_DOWN) {
        /* If this was refused, START tries again. */
        m->step++;
    } else if (reply->error == EEXIST && m->step == STEP_GIVE
               && !m->rename) {
        m->rename = true;
    } else if (reply->error) {
        netns_move_finish(m, reply->error, nullable_xstrdup(reply->text));
    } else {
        m->step++;
    }
}

/* The answer to STEP_READ is the device itself. */
static void
read_cb(void *m_, const struct rtnl_reply *reply)
{
    struct netns_move *m = m_;
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
ask(struct netns_move *m, struct rtnl *rtnl, const union rtnl_request *req,
    rtnl_reply_cb *cb)
{
    m->asked = true;
    m->requests++;
    rtnl_send(rtnl, &req->nlh, cb, m);
    rtnl_run(rtnl);
}

/* Asks the bond of 'link' to send by it, or not.  Returns false if that cannot
 * be asked. */
static bool
ask_bond(struct netns_move *m, struct netns *ns, const struct rtnl_link *link,
         bool by_it)
{
    m->asked = true;
    if (!netns_use_member(ns, link, by_it, reply_cb, m)) {
        m->asked = false;
        return false;
    }
    m->requests++;
    return true;
}

/* Steps.  Each either asks, or goes on to another step, or finishes, or does
 * nothing to be called again later. */

/* What is done at home to the device 'ifindex'. */
static void
step_home(struct netns_move *m, struct netns *ns, int ifindex)
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
        netns_home_given(m->pci);
        rtnl_encode_set_netns(&req, ifindex, netns_fd(ns),
                              m->rename ? NAME_PATTERN : NULL);
        break;
    }
    ask(m, home, &req, reply_cb);
}

static void
step_give(struct netns_move *m, struct netns *ns)
{
    char *netdev;
    int ifindex;

    if (netns_find_pci(ns, m->pci)) {
        netns_home_given(m->pci);
        m->step = STEP_DONE;
        return;
    }
    netdev = pci_netdev(m->pci);
    ifindex = netdev ? if_nametoindex(netdev) : 0;
    if ((ifindex || netns_home_is_unbound(m->pci))
        && netns_home_must_renew(m)) {
        free(netdev);
        return;
    }
    if (!ifindex) {
        netns_move_finish(m, ENODEV,
                          xasprintf("VF %s has no network device here; bind "
                                    "its driver", m->pci));
    } else {
        step_home(m, ns, ifindex);
    }
    free(netdev);
}

static bool
address_is_right(const struct netns_move *m, const struct rtnl_link *link)
{
    return (eth_addr_is_zero(m->op->mac)
            || (link->has_address
                && eth_addr_equals(link->address, m->op->mac)));
}

/* Asks even if 'link' is said to be so already: the notification of what the
 * step before has changed may still be on its way. */
static void
step_set_up(struct netns_move *m, struct netns *ns,
            const struct rtnl_link *link, bool up)
{
    union rtnl_request req;

    rtnl_encode_set_up(&req, link->ifindex, up);
    ask(m, netns_rtnl(ns), &req, reply_cb);
}

static void
step_compare(struct netns_move *m, const struct rtnl_link *link)
{
    if (address_is_right(m, link)) {
        m->step = STEP_USED;
    } else if (m->step == STEP_COMPARE) {
        m->step++;
    } else {
        netns_move_finish(m, EADDRNOTAVAIL,
                          xasprintf("%s in network namespace %s has address "
                                    ETH_ADDR_FMT" instead of "ETH_ADDR_FMT,
                                    link->name, m->name,
                                    ETH_ADDR_ARGS(link->address),
                                    ETH_ADDR_ARGS(m->op->mac)));
    }
}

/* A guest with a bond is trusted to put the device into it and to set it up,
 * but not for long. */
static void
step_up(struct netns_move *m, struct netns *ns, const struct rtnl_link *link)
{
    if (link->master || !netns_find_bond(ns, link, m->op->mac)
        || time_msec() >= m->began + LONE_LIMIT) {
        step_set_up(m, ns, link, true);
    }
}

static void
refuse_unused(struct netns_move *m, const struct rtnl_link *bond,
              const struct rtnl_link *link)
{
    netns_move_finish(m, EBUSY,
                      xasprintf("%s in network namespace %s does not use %s"
                                "%s", bond->name, m->name, link->name,
                                !link->in_bond ? ", which it has not taken in"
                                : link->is_up ? ""
                                : link->flags & IFF_RUNNING
                                ? ", of which it sees no link; it may lack "
                                "miimon"
                                : ", which has no link; see the kernel's "
                                "log for what its driver says"));
}

static void
step_used(struct netns_move *m, struct netns *ns, const struct rtnl_link *link)
{
    const struct rtnl_link *bond = netns_find_bond(ns, link, m->op->mac);
    long long int now = time_msec();

    m->using_since = m->using_since ? m->using_since : now;
    if (link->is_active
        || (!bond && now >= m->using_since + (link->flags & IFF_RUNNING
                                              ? LONE_LIMIT : USE_LIMIT))) {
        m->step = STEP_DONE;
    } else if (bond && now >= m->using_since + USE_LIMIT) {
        refuse_unused(m, bond, link);
    } else if (link->is_up && link->flags & IFF_RUNNING && !m->switched) {
        ask_bond(m, ns, link, true);
    }
}

/* Called for GUEST_DETACH while 'link', which may be null, is what the guest
 * has. */
static void
step_switch(struct netns_move *m, struct netns *ns,
            const struct rtnl_link *link)
{
    if (!link || !link->is_active || !ask_bond(m, ns, link, false)) {
        let_go(m);
    }
}

/* Steps of START, on the device that is there. */
static void
step_there(struct netns_move *m, struct netns *ns,
           const struct rtnl_link *link)
{
    union rtnl_request req;

    switch ((int) m->step) {
    case STEP_STOP:
        if (link->flags & IFF_UP && address_is_right(m, link)) {
            m->step = STEP_USED;
            break;
        }
        /* Fall through. */
    case STEP_STOP_AGAIN:
        step_set_up(m, ns, link, false);
        break;
    case STEP_UP:
        step_up(m, ns, link);
        break;
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
        step_used(m, ns, link);
        break;
    }
}

static void
step(struct netns_move *m)
{
    char *text;
    int error;
    struct netns *ns;

    if (m->step <= STEP_BOUND) {
        netns_home_step(m);
        return;
    }
    ns = netns_get(m->name, &error, &text);
    if (!ns && m->step == STEP_SWITCH) {
        free(text);
        let_go(m);
        return;
    } else if (!ns) {
        netns_move_finish(m, error, text);
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
    case STEP_SWITCH:
        step_switch(m, ns, link);
        break;
    default:
        if (link) {
            step_there(m, ns, link);
        } else {
            netns_move_finish(m, ENODEV,
                              xasprintf("VF %s is not in network namespace "
                                        "%s any more", m->pci, m->name));
        }
        break;
    }
}

static void
time_out(struct netns_move *m)
{
    if (m->step == STEP_UNBIND || m->step == STEP_BIND) {
        netns_move_finish(m, EBUSY,
                          xasprintf("the driver of VF %s is still being "
                                    "changed", m->pci));
    } else if (m->step == STEP_BOUND) {
        netns_move_finish(m, ETIMEDOUT,
                          xasprintf("VF %s has no network device any more "
                                    "since its driver was bound anew; see the "
                                    "kernel's log", m->pci));
    } else {
        netns_move_finish(m, ETIMEDOUT,
                          xasprintf("network namespace %s did not take VF %s "
                                    "within %d s", m->name, m->pci,
                                    TIME_LIMIT / 1000));
    }
}

void
netns_move_run(struct netns_move *m, long long int now)
{
    enum netns_step before;

    m->began = m->began ? m->began : now;
    do {
        before = m->step;
        if (!m->asked && !m->finished && m->step != STEP_DONE) {
            bool rename = m->rename;
            bool switched = m->switched;

            step(m);
            if (rename != m->rename || switched != m->switched) {
                before = STEP_DONE;
            }
        }
    } while (m->step != before && m->step != STEP_DONE && !m->finished);

    if (m->step == STEP_DONE && !m->finished) {
        netns_move_finish(m, 0, NULL);
    } else if (!m->finished && !m->asked && !m->change && m->step != STEP_USED
               && now >= m->began + TIME_LIMIT) {
        time_out(m);
    }
}

void
netns_move_wait(const struct netns_move *m)
{
    long long int lone = (m->using_since ? m->using_since : m->began)
                         + LONE_LIMIT;

    if (m->finished || !m->began) {
        poll_immediate_wake();
    } else if (m->change) {
        vfio_change_wait(m->change);
        poll_timer_wait_until(netns_home_deadline(m));
    } else if (m->step <= STEP_BOUND) {
        /* sysfs tells nobody. */
        poll_timer_wait(20);
    } else if (lone > time_msec()) {
        poll_timer_wait_until(lone);
    } else {
        poll_timer_wait_until(m->using_since ? m->using_since + USE_LIMIT
                              : m->began + TIME_LIMIT);
    }
}

int
netns_moves_init(void)
{
    return home ? 0 : rtnl_open(&home, -1, 0, NULL, NULL);
}

void
netns_moves_run(void)
{
    if (home) {
        rtnl_run(home);
    }
}

void
netns_moves_wait(void)
{
    if (home) {
        rtnl_wait(home);
    }
}

void
netns_moves_exit(void)
{
    rtnl_close(home);
    home = NULL;
    netns_home_exit();
}
