/* SPDX-License-Identifier: Apache-2.0 */

/* What besides Open vSwitch acts on the packets of ports: see filters.h.
 *
 * Of each device is kept what notifications tell.  Its qdisc and filters of tc
 * are asked for when a port is first asked about, and again when the kernel
 * tells of any change of tc on that device.
 *
 * The kernel carries out a request while it is being sent, so that the answer
 * is there as soon as rtnl_run() has been called once, and no port is ever
 * judged before its filters are known. */

#include <config.h>

#include "offload/host/filters.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "offload/netlink/rtnl-link.h"
#include "offload/netlink/rtnl-tc.h"
#include "openvswitch/hmap.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "policy/model/port-filter.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_filters);

struct device {
    struct hmap_node node;      /* In 'devices', by ifindex. */
    struct rtnl_link link;
    bool watched;               /* 'has_filters' is kept up to date. */
    bool has_filters[RTNL_N_TC_SIDES];
};

static struct hmap devices = HMAP_INITIALIZER(&devices);
static struct shash simulated = SHASH_INITIALIZER(&simulated);
static struct rtnl *events, *requests;
static char *failure;           /* Why nothing is known, or null. */
static uint64_t n_changes;

static struct device *
find_device(int ifindex)
{
    struct device *d;

    HMAP_FOR_EACH_WITH_HASH (d, node, hash_int(ifindex, 0), &devices) {
        if (d->link.ifindex == ifindex) {
            return d;
        }
    }
    return NULL;
}

static struct device *
find_by_name(const char *name)
{
    struct device *d;

    HMAP_FOR_EACH (d, node, &devices) {
        if (!strcmp(d->link.name, name)) {
            return d;
        }
    }
    return NULL;
}

static void
remove_device(struct device *d)
{
    hmap_remove(&devices, &d->node);
    free(d);
    n_changes++;
}

/* True if what matters here is the same. */
static bool
links_equal(const struct rtnl_link *a, const struct rtnl_link *b)
{
    return (!strcmp(a->name, b->name) && a->master == b->master
            && !strcmp(a->master_kind, b->master_kind)
            && !strcmp(a->kind, b->kind) && !strcmp(a->qdisc, b->qdisc)
            && a->lower == b->lower && a->has_xdp == b->has_xdp);
}

static void
take_link(const struct rtnl_link *link)
{
    struct device *d = find_device(link->ifindex);

    if (link->deleted) {
        if (d) {
            remove_device(d);
        }
        return;
    } else if (!d) {
        d = xzalloc(sizeof *d);
        d->link = *link;
        hmap_insert(&devices, &d->node, hash_int(link->ifindex, 0));
        n_changes++;
    } else if (!links_equal(&d->link, link)) {
        d->link = *link;
        n_changes++;
    }
}

static void
take_links(void *aux OVS_UNUSED, const struct rtnl_reply *reply)
{
    const struct nlmsghdr *nlh = NULL;
    struct rtnl_link link;

    if (reply->error) {
        VLOG_DBG("a network device of the host cannot be read (%s)",
                 ovs_strerror(reply->error));
    }
    while (!reply->error && (nlh = rtnl_next_message(reply, nlh))) {
        if (rtnl_decode_link(nlh, &link)) {
            take_link(&link);
        }
    }
}

/* Filters of tc. */

/* 'aux' is the number of the device and the side. */
static void
take_filters(void *aux, const struct rtnl_reply *reply)
{
    uintptr_t code = (uintptr_t) aux;
    struct device *d = find_device(code / RTNL_N_TC_SIDES);
    const struct nlmsghdr *nlh = NULL;
    bool any = false, is_filter;

    while (!reply->error && (nlh = rtnl_next_message(reply, nlh))) {
        any |= rtnl_decode_tc(nlh, &is_filter) && is_filter;
    }
    if (d && d->has_filters[code % RTNL_N_TC_SIDES] != any) {
        d->has_filters[code % RTNL_N_TC_SIDES] = any;
        n_changes++;
    }
}

/* Asks for what is told of no device by itself: its qdisc and its filters. */
static void
ask(const struct device *d)
{
    union rtnl_request get;

    rtnl_encode_get_link(&get, d->link.ifindex);
    rtnl_send(requests, &get.nlh, take_links, NULL);
    for (int side = 0; side < RTNL_N_TC_SIDES; side++) {
        uintptr_t code = (uintptr_t) d->link.ifindex * RTNL_N_TC_SIDES + side;
        union rtnl_request req;

        rtnl_encode_dump_filters(&req, d->link.ifindex, side);
        rtnl_send(requests, &req.nlh, take_filters, (void *) code);
    }
}

static void
watch(struct device *d)
{
    if (!d->watched) {
        d->watched = true;
        ask(d);
        rtnl_run(requests);
    }
}

/* Events. */

/* Forgets everything and reads it again. */
static void
read_all(void)
{
    union rtnl_request req;
    struct device *d;

    HMAP_FOR_EACH_SAFE (d, node, &devices) {
        remove_device(d);
    }
    rtnl_encode_dump_links(&req);
    rtnl_send(requests, &req.nlh, take_links, NULL);
    rtnl_run(requests);
}

static void
notify(void *aux OVS_UNUSED, const struct nlmsghdr *nlh)
{
    struct rtnl_link link;
    bool is_filter;

    if (!nlh) {
        read_all();
    } else if (rtnl_decode_link(nlh, &link)) {
        take_link(&link);
    } else {
        const struct device *d = find_device(rtnl_decode_tc(nlh, &is_filter));
        if (d && d->watched) {
            ask(d);
        }
    }
}

void
iov_filters_init(bool is_simulated)
{
    if (is_simulated) {
        return;
    }

    int error = rtnl_open(&events, -1, RTNL_GROUP(RTNLGRP_LINK)
                          | RTNL_GROUP(RTNLGRP_TC), notify, NULL);
    error = error ? error : rtnl_open(&requests, -1, 0, NULL, NULL);
    if (error) {
        failure = xasprintf("It cannot be told: the network devices of the "
                            "host cannot be read (%s).", ovs_strerror(error));
        VLOG_WARN("ports stay on software: %s", failure);
        return;
    }
    read_all();
}

void
iov_filters_exit(void)
{
    struct shash_node *node;
    struct device *d;

    if (events) {
        rtnl_close(events);
    }
    if (requests) {
        rtnl_close(requests);
    }
    events = requests = NULL;
    HMAP_FOR_EACH_SAFE (d, node, &devices) {
        remove_device(d);
    }
    SHASH_FOR_EACH_SAFE (node, &simulated) {
        iov_filters_set(node->name, "foreign", NULL);
        iov_filters_set(node->name, "tc", NULL);
        iov_filters_set(node->name, "qdisc", NULL);
        free(shash_steal(&simulated, node));
    }
    free(failure);
    failure = NULL;
}

void
iov_filters_run(void)
{
    if (requests) {
        rtnl_run(events);
        rtnl_run(requests);
    }
}

void
iov_filters_wait(void)
{
    if (requests) {
        rtnl_wait(events);
        rtnl_wait(requests);
    }
}

uint64_t
iov_filters_changed(void)
{
    return n_changes;
}

/* Sentences. */

/* The qdiscs that a device has if nobody has set one. */
static bool
is_usual_qdisc(const char *qdisc)
{
    static const char *const usual[] = {
        "", "noqueue", "noop", "pfifo_fast", "pfifo", "fq_codel", "fq", "mq",
        "codel", "sfq", "cake",
    };

    for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
        if (!strcmp(qdisc, usual[i])) {
            return true;
        }
    }
    return false;
}

static bool
has_filters(const struct device *d)
{
    return d->has_filters[RTNL_TC_INGRESS] || d->has_filters[RTNL_TC_EGRESS];
}

/* What cannot be Open vSwitch's on any device, or null. */
static char *
explain_foreign(const struct device *d, const char *whose)
{
    const struct device *master = (d->link.master
                                   ? find_device(d->link.master) : NULL);

    if (d->link.master && strcmp(d->link.master_kind, "openvswitch")) {
        return xasprintf("%s%s is a member of %s (%s).", whose, d->link.name,
                         master ? master->link.name : "another device",
                         d->link.master_kind[0] ? d->link.master_kind
                         : "of an unknown kind");
    } else if (d->link.has_xdp) {
        return xasprintf("%s%s has an XDP program.", whose, d->link.name);
    }
    return NULL;
}

/* What is on the other end of the port's device, or null. */
static char *
explain_peer(struct device *peer)
{
    static const char whose[] = "The other end of the veth, ";
    char *text = explain_foreign(peer, whose);

    watch(peer);
    if (!text && has_filters(peer)) {
        text = xasprintf("%s%s, has filters of tc.", whose, peer->link.name);
    } else if (!text && !is_usual_qdisc(peer->link.qdisc)) {
        text = xasprintf("%s%s, has the qdisc %s.", whose, peer->link.name,
                         peer->link.qdisc);
    }
    return text;
}

static struct device *
find_peer(const struct device *d)
{
    return (!strcmp(d->link.kind, "veth") ? find_device(d->link.lower)
            : NULL);
}

void
iov_filters_get(const char *netdev, struct iov_port_filters *f)
{
    const struct iov_port_filters *said = shash_find_data(&simulated, netdev);
    struct device *d = find_by_name(netdev);

    *f = (struct iov_port_filters) { .foreign = nullable_xstrdup(failure) };
    if (said) {
        f->foreign = nullable_xstrdup(said->foreign);
        f->tc = nullable_xstrdup(said->tc);
        f->qdisc = nullable_xstrdup(said->qdisc);
    } else if (d) {
        struct device *peer = find_peer(d);

        watch(d);
        f->foreign = explain_foreign(d, "");
        if (!f->foreign && peer) {
            f->foreign = explain_peer(peer);
        }
        if (has_filters(d)) {
            f->tc = xasprintf("%s has filters of tc.", netdev);
        }
        if (!is_usual_qdisc(d->link.qdisc)) {
            f->qdisc = xasprintf("%s has the qdisc %s.", netdev,
                                 d->link.qdisc);
        }
    }
}

bool
iov_filters_set(const char *netdev, const char *kind, const char *text)
{
    struct iov_port_filters *f = shash_find_data(&simulated, netdev);

    if (!f) {
        f = xzalloc(sizeof *f);
        shash_add(&simulated, netdev, f);
    }

    char **which = (!strcmp(kind, "foreign") ? &f->foreign
                    : !strcmp(kind, "tc") ? &f->tc
                    : !strcmp(kind, "qdisc") ? &f->qdisc
                    : NULL);
    if (!which) {
        return false;
    }
    free(*which);
    *which = nullable_xstrdup(text);
    n_changes++;
    return true;
}
