/* SPDX-License-Identifier: Apache-2.0 */

/* Network namespaces by name.
 *
 * inotify tells when names come and go; a socket in each namespace in use
 * tells of its devices.
 *
 * "ip netns add" makes the file first and mounts the namespace on it
 * afterwards, which inotify does not tell.  A file that is no namespace yet is
 * therefore looked at again after a while. */

#include <config.h>

#include "offload/guest/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "hash.h"
#include "openvswitch/hmap.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_netns);

#define NETNS_DIR "/run/netns"

/* How often a file that is no namespace yet is looked at, in ms. */
#define HALF_MADE_INTERVAL 100

struct netns {
    char *name;
    int fd;
    dev_t dev;                  /* Identify it. */
    ino_t ino;
    struct rtnl *requests;
    struct rtnl *events;
    struct hmap links;          /* "struct ns_link"s by ifindex. */
};

struct ns_link {
    struct hmap_node node;
    struct rtnl_link link;
    bool counted;
    uint64_t sent, heard;       /* Packets. */
};

static struct shash all = SHASH_INITIALIZER(&all);
static uint64_t change_seq = 1;
static int inotify_fd = -1;
static bool watching_dir;       /* NETNS_DIR itself, not just its parent. */
static bool half_made;          /* Some file is no namespace yet. */

/* Watching names. */

static void
watch(void)
{
    uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM
                    | IN_ONLYDIR;

    if (inotify_fd < 0) {
        inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    }
    if (inotify_fd >= 0 && !watching_dir) {
        watching_dir = inotify_add_watch(inotify_fd, NETNS_DIR,
                                         mask | IN_DELETE_SELF) >= 0;
        if (!watching_dir) {
            inotify_add_watch(inotify_fd, "/run", IN_CREATE | IN_ONLYDIR);
        }
    }
}

/* Opens the namespace.  Returns its file descriptor, or a negative errno. */
static int
open_name(const char *name)
{
    char *path = xasprintf(NETNS_DIR"/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : 0;
    struct statfs fs;

    free(path);
    watch();
    if (fd < 0) {
        return -error;
    } else if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC) {
        half_made = true;
        close(fd);
        return -EINVAL;
    }
    return fd;
}

static char *
explain_absence(const char *name, int error)
{
    if (error == ENOENT) {
        return xasprintf("there is no network namespace %s", name);
    } else if (error == EINVAL) {
        return xasprintf(NETNS_DIR"/%s is not a network namespace", name);
    }
    return xasprintf("the network namespace %s cannot be opened (%s)", name,
                     ovs_strerror(error));
}

char *
netns_absent(const char *name)
{
    int fd = open_name(name);

    if (fd < 0) {
        return explain_absence(name, -fd);
    }
    close(fd);
    return NULL;
}

/* Devices. */

static struct ns_link *
find_link(const struct netns *ns, int ifindex)
{
    struct ns_link *l;

    HMAP_FOR_EACH_WITH_HASH (l, node, hash_int(ifindex, 0), &ns->links) {
        if (l->link.ifindex == ifindex) {
            return l;
        }
    }
    return NULL;
}

void
netns_update(struct netns *ns, const struct rtnl_link *link)
{
    struct ns_link *l = find_link(ns, link->ifindex);

    if (link->deleted) {
        if (l) {
            hmap_remove(&ns->links, &l->node);
            free(l);
            change_seq++;
        }
        return;
    }
    if (!l) {
        l = xzalloc(sizeof *l);
        hmap_insert(&ns->links, &l->node, hash_int(link->ifindex, 0));
    /* Both were zeroed, so that padding is equal. */
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
    } else if (!memcmp(&l->link, link, sizeof *link)) {
        return;
    }
    l->link = *link;
    change_seq++;
}

static void
clear_links(struct netns *ns)
{
    struct ns_link *l;

    HMAP_FOR_EACH_POP (l, node, &ns->links) {
        free(l);
    }
}

static void
dump_cb(void *ns_, const struct rtnl_reply *reply)
{
    struct netns *ns = ns_;
    const struct nlmsghdr *nlh = NULL;
    struct rtnl_link link;

    if (!reply->error) {
        clear_links(ns);
        change_seq++;
        while ((nlh = rtnl_next_message(reply, nlh))) {
            if (rtnl_decode_link(nlh, &link)) {
                netns_update(ns, &link);
            }
        }
    }
}

static void
dump(struct netns *ns)
{
    union rtnl_request req;

    rtnl_encode_dump_links(&req);
    rtnl_send(ns->requests, &req.nlh, dump_cb, ns);
}

static void
notify(void *ns_, const struct nlmsghdr *nlh)
{
    struct netns *ns = ns_;
    struct rtnl_link link;

    if (!nlh) {
        dump(ns);
    } else if (rtnl_decode_link(nlh, &link)) {
        netns_update(ns, &link);
    }
}

const struct rtnl_link *
netns_find_index(const struct netns *ns, int ifindex)
{
    const struct ns_link *l = find_link(ns, ifindex);

    return l ? &l->link : NULL;
}

const struct rtnl_link *
netns_find_pci(const struct netns *ns, const char *pci)
{
    const struct ns_link *l;

    HMAP_FOR_EACH (l, node, &ns->links) {
        if (pci && !strcmp(l->link.parent, pci)) {
            return &l->link;
        }
    }
    return NULL;
}

const struct rtnl_link *
netns_find_bond(const struct netns *ns, const struct rtnl_link *member,
                struct eth_addr mac)
{
    const struct ns_link *l;

    HMAP_FOR_EACH (l, node, &ns->links) {
        if (l->link.is_bond
            && (member->master ? l->link.ifindex == member->master
                : (l->link.has_address
                   && eth_addr_equals(l->link.address, mac)))) {
            return &l->link;
        }
    }
    return NULL;
}

/* Another member of the same bond, by which that could send, or null. */
static const struct rtnl_link *
find_other(const struct netns *ns, const struct rtnl_link *member)
{
    const struct ns_link *l;

    HMAP_FOR_EACH (l, node, &ns->links) {
        if (l->link.master == member->master && l->link.is_up
            && l->link.ifindex != member->ifindex) {
            return &l->link;
        }
    }
    return NULL;
}

/* For a moment both members may be heard, because a packet may be on its way
 * through either. */
bool
netns_use_member(struct netns *ns, const struct rtnl_link *member, bool by_it,
                 rtnl_reply_cb *cb, void *aux)
{
    const struct rtnl_link *to = by_it ? member : find_other(ns, member);
    const struct rtnl_link *bond = netns_find_bond(ns, member, eth_addr_zero);
    union rtnl_request reqs[3];

    if (!member->in_bond || !to || !bond) {
        return false;
    }
    rtnl_encode_all_hear(&reqs[0], bond->ifindex, true);
    rtnl_encode_send_by(&reqs[1], bond->ifindex, to->ifindex);
    rtnl_encode_all_hear(&reqs[2], bond->ifindex, bond->all_hear);
    rtnl_send_all(ns->requests, reqs, ARRAY_SIZE(reqs), cb, aux);
    rtnl_run(ns->requests);
    return true;
}

static void
count_cb(void *ns_, const struct rtnl_reply *reply)
{
    const struct nlmsghdr *nlh = rtnl_next_message(reply, NULL);
    uint64_t sent, heard;
    int ifindex;

    if (!reply->error && nlh
        && rtnl_decode_counts(nlh, &ifindex, &sent, &heard)) {
        struct ns_link *l = find_link(ns_, ifindex);

        if (l) {
            l->counted = true;
            l->sent = sent;
            l->heard = heard;
        }
    }
}

bool
netns_count(struct netns *ns, int ifindex, uint64_t *sent, uint64_t *heard)
{
    union rtnl_request req;
    struct ns_link *l;

    /* The kernel answers while it is asked. */
    rtnl_encode_get_counts(&req, ifindex);
    rtnl_send(ns->requests, &req.nlh, count_cb, ns);
    rtnl_run(ns->requests);
    l = find_link(ns, ifindex);
    if (!l || !l->counted) {
        return false;
    }
    *sent = l->sent;
    *heard = l->heard;
    return true;
}

/* Namespaces. */

static void
destroy(struct netns *ns)
{
    shash_find_and_delete(&all, ns->name);
    rtnl_close(ns->requests);
    rtnl_close(ns->events);
    clear_links(ns);
    hmap_destroy(&ns->links);
    close(ns->fd);
    free(ns->name);
    free(ns);
}

/* Enters the namespace open as 'fd', which it takes over. */
static int
enter(const char *name, int fd, struct netns **nsp)
{
    struct netns *ns = xzalloc(sizeof *ns);
    struct stat s;
    int error = fstat(fd, &s) < 0 ? errno : 0;

    ns->name = xstrdup(name);
    ns->fd = fd;
    ns->dev = s.st_dev;
    ns->ino = s.st_ino;
    hmap_init(&ns->links);
    if (!error) {
        /* Events first, so that none falls between. */
        error = rtnl_open(&ns->events, fd, RTNL_GROUP(RTNLGRP_LINK), notify,
                          ns);
    }
    if (!error) {
        error = rtnl_open(&ns->requests, fd, 0, NULL, NULL);
    }
    if (error) {
        destroy(ns);
        return error;
    }
    shash_add(&all, name, ns);
    dump(ns);
    rtnl_run(ns->requests);
    *nsp = ns;
    return 0;
}

struct netns *
netns_get(const char *name, int *error, char **text)
{
    struct netns *ns = shash_find_data(&all, name);

    *error = 0;
    if (text) {
        *text = NULL;
    }
    if (ns) {
        return ns;
    }

    int fd = open_name(name);

    if (fd < 0) {
        *error = -fd;
    } else {
        *error = enter(name, fd, &ns);
    }
    if (*error && text) {
        *text = (*error == EPERM
                 ? xasprintf("the network namespace %s cannot be entered; "
                             "the capability CAP_SYS_ADMIN is missing", name)
                 : explain_absence(name, *error));
    }
    return ns;
}

struct rtnl *
netns_rtnl(struct netns *ns)
{
    return ns->requests;
}

int
netns_fd(const struct netns *ns)
{
    return ns->fd;
}

/* Closes what has lost its name, or whose name means another one now. */
static void
check_names(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &all) {
        struct netns *ns = node->data;
        int fd = open_name(ns->name);
        struct stat s;

        if (fd < 0 || fstat(fd, &s) < 0 || s.st_ino != ns->ino
            || s.st_dev != ns->dev) {
            VLOG_INFO("the network namespace %s has gone", ns->name);
            destroy(ns);
        }
        if (fd >= 0) {
            close(fd);
        }
    }
}

/* Returns true if anything has happened. */
static bool
drain_inotify(void)
{
    char buf[4096] OVS_ALIGNED_VAR(8);
    bool any = false;
    ssize_t n;

    while (inotify_fd >= 0 && (n = read(inotify_fd, buf, sizeof buf)) > 0) {
        for (const char *p = buf; p < buf + n; ) {
            const struct inotify_event *event = (const void *) p;

            if (event->mask & (IN_DELETE_SELF | IN_IGNORED)) {
                watching_dir = false;
            }
            p += sizeof *event + event->len;
        }
        any = true;
    }
    return any;
}

void
netns_run(long long int now OVS_UNUSED)
{
    bool any = drain_inotify();
    struct shash_node *node;

    if (half_made) {
        /* Set again by whoever still finds one. */
        half_made = false;
        any = true;
    }
    if (any) {
        change_seq++;
        watch();
        check_names();
    }
    SHASH_FOR_EACH (node, &all) {
        struct netns *ns = node->data;

        rtnl_run(ns->events);
        rtnl_run(ns->requests);
    }
}

void
netns_wait(long long int now OVS_UNUSED)
{
    struct shash_node *node;

    if (inotify_fd >= 0) {
        poll_fd_wait(inotify_fd, POLLIN);
    }
    if (half_made) {
        poll_timer_wait(HALF_MADE_INTERVAL);
    }
    SHASH_FOR_EACH (node, &all) {
        struct netns *ns = node->data;

        rtnl_wait(ns->events);
        rtnl_wait(ns->requests);
    }
}

void
netns_exit(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &all) {
        destroy(node->data);
    }
    if (inotify_fd >= 0) {
        close(inotify_fd);
        inotify_fd = -1;
    }
    watching_dir = false;
}

uint64_t
netns_changed(void)
{
    return change_seq;
}
