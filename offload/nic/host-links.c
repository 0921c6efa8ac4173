/* SPDX-License-Identifier: Apache-2.0
 *
 * Network devices of the host: see host-links.h.
 *
 * What is on top of a device in another network namespace (a macvlan of a
 * container) is not seen from here.  It keeps the device up, though. */

#include <config.h>
#include "offload/nic/host-links.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "offload/netlink/rtnl-link.h"
#include "openvswitch/hmap.h"
#include "openvswitch/vlog.h"
#include "sset.h"
#include "svec.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_host_links);

struct host_link {
    struct hmap_node node;      /* In 'links', by ifindex. */
    struct hmap_node name_node; /* In 'by_name', if 'known'. */
    struct hmap_node lower_node; /* In 'by_lower', if 'known'. */
    int ifindex;
    bool known;                 /* Else only its addresses are. */
    char name[IFNAMSIZ];
    unsigned int flags;
    int master, lower;
    struct svec addresses;      /* As text, without automatic ones. */
};

static struct hmap links = HMAP_INITIALIZER(&links);
static struct hmap by_name = HMAP_INITIALIZER(&by_name);
static struct hmap by_lower = HMAP_INITIALIZER(&by_lower);
static struct sset asked = SSET_INITIALIZER(&asked);    /* Names. */
static uint64_t change_seq = 1;

static struct host_link *
find(int ifindex)
{
    struct host_link *l;

    HMAP_FOR_EACH_WITH_HASH (l, node, hash_int(ifindex, 0), &links) {
        if (l->ifindex == ifindex) {
            return l;
        }
    }
    return NULL;
}

static struct host_link *
get(int ifindex)
{
    struct host_link *l = find(ifindex);

    if (!l) {
        l = xzalloc(sizeof *l);
        l->ifindex = ifindex;
        svec_init(&l->addresses);
        hmap_insert(&links, &l->node, hash_int(ifindex, 0));
    }
    return l;
}

/* Takes 'l' out of the maps by what it is like. */
static void
unmap(struct host_link *l)
{
    if (l->known) {
        hmap_remove(&by_name, &l->name_node);
        hmap_remove(&by_lower, &l->lower_node);
        l->known = false;
    }
}

static void
map(struct host_link *l)
{
    l->known = true;
    hmap_insert(&by_name, &l->name_node, hash_string(l->name, 0));
    hmap_insert(&by_lower, &l->lower_node, hash_int(l->lower, 0));
}

static void
destroy(struct host_link *l)
{
    unmap(l);
    hmap_remove(&links, &l->node);
    svec_destroy(&l->addresses);
    free(l);
}

void
host_links_clear(void)
{
    struct host_link *l;

    HMAP_FOR_EACH_SAFE (l, node, &links) {
        destroy(l);
    }
    sset_clear(&asked);
    change_seq++;
}

/* Notes that 'l' has changed, if anybody has asked about it. */
static void
touch(const struct host_link *l)
{
    if (l && sset_contains(&asked, l->name)) {
        change_seq++;
    }
}

/* Notes that what is on top of, or a member of, a device has changed. */
static void
touch_lower(const struct host_link *l)
{
    touch(l);
    if (l->lower) {
        touch(find(l->lower));
    }
}

void
host_links_take(const struct rtnl_link *link)
{
    struct host_link *l = link->deleted ? find(link->ifindex)
                                        : get(link->ifindex);

    if (!l) {
        return;
    }
    if (link->deleted) {
        touch_lower(l);
        destroy(l);
        return;
    }
    bool same = (l->known && l->master == link->master
                 && l->lower == link->lower
                 && !strcmp(l->name, link->name)
                 && !((l->flags ^ link->flags) & IFF_UP));
    if (!same) {
        touch_lower(l);         /* What it was called and on top of before. */
    }
    unmap(l);
    ovs_strlcpy(l->name, link->name, sizeof l->name);
    l->flags = link->flags;
    l->master = link->master;
    l->lower = link->lower;
    map(l);
    if (!same) {
        touch_lower(l);
    }
}

void
host_links_take_address(const struct rtnl_address *address)
{
    struct host_link *l = (address->deleted ? find(address->ifindex)
                           : get(address->ifindex));

    if (l && !address->automatic) {
        bool has = svec_contains_unsorted(&l->addresses, address->text);

        if (has && address->deleted) {
            svec_del(&l->addresses, address->text);
        } else if (!has && !address->deleted) {
            svec_add(&l->addresses, address->text);
            svec_sort(&l->addresses);
        }
        touch(l);
    }
}

uint64_t
host_links_changed(void)
{
    return change_seq;
}

/* Reading. */

static void
complain(const char *what, const struct rtnl_reply *reply)
{
    if (reply->error && reply->error != ECANCELED) {
        VLOG_WARN("reading the %s of the host failed (%s); no VF with a "
                  "network device counts as free", what,
                  ovs_strerror(reply->error));
    }
}

static void
links_cb(void *aux OVS_UNUSED, const struct rtnl_reply *reply)
{
    const struct nlmsghdr *nlh = NULL;
    struct rtnl_link link;

    complain("network devices", reply);
    while ((nlh = rtnl_next_message(reply, nlh))) {
        if (rtnl_decode_link(nlh, &link)) {
            host_links_take(&link);
        }
    }
}

static void
addresses_cb(void *aux OVS_UNUSED, const struct rtnl_reply *reply)
{
    const struct nlmsghdr *nlh = NULL;
    struct rtnl_address address;

    complain("addresses", reply);
    while ((nlh = rtnl_next_message(reply, nlh))) {
        if (rtnl_decode_address(nlh, &address)) {
            host_links_take_address(&address);
        }
    }
}

void
host_links_read(struct rtnl *rtnl)
{
    union rtnl_request req;

    host_links_clear();
    /* A device must not be known before its addresses are. */
    rtnl_encode_dump_addresses(&req);
    rtnl_send(rtnl, &req.nlh, addresses_cb, NULL);
    rtnl_encode_dump_links(&req);
    rtnl_send(rtnl, &req.nlh, links_cb, NULL);
}

/* Asking. */

static const struct host_link *
find_by_name(const char *name)
{
    const struct host_link *l;

    HMAP_FOR_EACH_WITH_HASH (l, name_node, hash_string(name, 0), &by_name) {
        if (!strcmp(l->name, name)) {
            return l;
        }
    }
    return NULL;
}

/* A device on top of 'lower' (VLAN, macvlan, macvtap...), or null. */
static const struct host_link *
find_upper(const struct host_link *lower)
{
    const struct host_link *l;

    HMAP_FOR_EACH_WITH_HASH (l, lower_node, hash_int(lower->ifindex, 0),
                             &by_lower) {
        if (l->lower == lower->ifindex && l != lower) {
            return l;
        }
    }
    return NULL;
}

static char *
explain_master(const struct host_link *l)
{
    const struct host_link *master = find(l->master);

    if (master && master->known && !strcmp(master->name, "ovs-system")) {
        return xstrdup("it is a port of Open vSwitch");
    }
    return xasprintf("it is a member of %s",
                     master && master->known ? master->name
                     : "another device");
}

char *
host_links_explain_use(const char *netdev, enum iov_host_use *use)
{
    const struct host_link *l = find_by_name(netdev);
    const struct host_link *upper = l ? find_upper(l) : NULL;

    sset_add(&asked, netdev);
    *use = IOV_HOST_USE_OWN;
    if (!l) {
        /* Its event is on its way, or that of its leaving was here first. */
        if (!if_nametoindex(netdev)) {
            *use = IOV_HOST_USE_LENT;
        }
        return xasprintf("its network device %s is not known yet", netdev);
    } else if (l->master) {
        return explain_master(l);
    } else if (l->addresses.n) {
        return xasprintf("it has the address %s", l->addresses.names[0]);
    } else if (upper) {
        *use = IOV_HOST_USE_LENT;
        return xasprintf("%s is on top of it", upper->name);
    } else if (l->flags & IFF_UP) {
        *use = IOV_HOST_USE_UP;
        return xstrdup("its network device is up");
    }
    *use = IOV_HOST_USE_NONE;
    return NULL;
}
