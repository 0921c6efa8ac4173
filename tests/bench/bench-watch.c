/* SPDX-License-Identifier: Apache-2.0 */

/* A VF seen from outside: see bench-watch.h.
 *
 * The VFs of a dummy NIC are in a file that is replaced with each change,
 * which inotify tells; those of a real one are read by RTM_GETLINK whenever
 * the kernel notifies of a change of their PF.
 *
 * Looking takes time too.  Reading a PF with many VFs holds the lock of all
 * network devices, so nothing is asked without a reason. */

#include <config.h>

#include "bench-watch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "dirs.h"
#include "offload/netlink/rtnl-link.h"
#include "offload/netlink/rtnl-vf.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "socket-util.h"
#include "util.h"

/* More than any NIC has. */
#define MAX_VFS 512

struct bench_watch {
    char *pf;
    unsigned int vf;
    int fd;                     /* Readable when something has changed. */

    /* Dummy NIC. */
    char *file;                 /* Null: a real NIC. */

    /* Real NIC. */
    struct mnl_socket *events;
    struct mnl_socket *requests;
    int ifindex;
};

static void
open_dummy(struct bench_watch *w)
{
    w->file = xasprintf("%s/ovs-iovd.dummy", ovs_rundir());
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->fd < 0
        || inotify_add_watch(w->fd, ovs_rundir(), IN_MOVED_TO) < 0) {
        ovs_fatal(errno, "%s: cannot be watched", ovs_rundir());
    }
}

static struct mnl_socket *
open_rtnl(unsigned int groups)
{
    struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);

    if (!nl || mnl_socket_bind(nl, groups, MNL_SOCKET_AUTOPID) < 0) {
        ovs_fatal(errno, "no rtnetlink socket");
    }
    return nl;
}

static void
open_link(struct bench_watch *w)
{
    w->ifindex = if_nametoindex(w->pf);
    if (!w->ifindex) {
        ovs_fatal(errno, "%s", w->pf);
    }
    w->events = open_rtnl(RTMGRP_LINK);
    w->requests = open_rtnl(0);
    w->fd = mnl_socket_get_fd(w->events);
    set_nonblocking(w->fd);
}

struct bench_watch *
bench_watch_open(const char *what)
{
    struct bench_watch *w = xzalloc(sizeof *w);
    char *copy = xstrdup(what), *save = NULL;
    const char *kind = strtok_r(copy, ":", &save);
    const char *pf = strtok_r(NULL, ":", &save);
    const char *vf = strtok_r(NULL, ":", &save);

    if (!vf || !str_to_uint(vf, 10, &w->vf) || w->vf >= MAX_VFS) {
        ovs_fatal(0, "%s: neither dummy:PF:VF nor link:PF:VF", what);
    }
    w->pf = xstrdup(pf);
    if (!strcmp(kind, "dummy")) {
        open_dummy(w);
    } else {
        open_link(w);
    }
    free(copy);
    return w;
}

void
bench_watch_close(struct bench_watch *w)
{
    if (w->file) {
        close(w->fd);
    } else {
        mnl_socket_close(w->events);
        mnl_socket_close(w->requests);
    }
    free(w->file);
    free(w->pf);
    free(w);
}

bool
bench_watch_changed(struct bench_watch *w)
{
    char buffer[8192];
    bool changed = false;

    /* Lost events are changes too. */
    while (read(w->fd, buffer, sizeof buffer) > 0 || errno == ENOBUFS) {
        changed = true;
    }
    return changed;
}

void
bench_watch_wait(const struct bench_watch *w)
{
    poll_fd_wait(w->fd, POLLIN);
}

static const struct json *
member(const struct json *json, const char *name)
{
    return (json && json->type == JSON_OBJECT
            ? shash_find_data(json_object(json), name) : NULL);
}

static struct iov_vf_settings
read_dummy(const struct bench_watch *w)
{
    struct json *json = json_from_file(w->file);
    const struct json *vfs = member(member(member(json, "pfs"), w->pf),
                                    "vfs");
    struct iov_vf_settings settings = { .known = 0 };

    if (!vfs || vfs->type != JSON_ARRAY || w->vf >= json_array(vfs)->n) {
        ovs_fatal(0, "%s: there is no VF %u of %s", w->file, w->vf, w->pf);
    }

    const struct json *json_settings
        = member(json_array(vfs)->elems[w->vf], "settings");
    char *error = (json_settings
                   ? iov_vf_settings_from_json(json_settings, &settings)
                   : xstrdup("no settings"));
    if (error) {
        ovs_fatal(0, "%s: %s", w->file, error);
    }
    json_destroy(json);
    return settings;
}

static struct iov_vf_settings
read_link(const struct bench_watch *w)
{
    static struct iov_vf_settings all[MAX_VFS];
    static uint8_t reply[256 * 1024];
    union rtnl_request req;
    ssize_t n;

    rtnl_encode_get_link(&req, w->ifindex);
    if (mnl_socket_sendto(w->requests, &req, req.nlh.nlmsg_len) < 0) {
        ovs_fatal(errno, "%s: asking failed", w->pf);
    }
    n = mnl_socket_recvfrom(w->requests, reply, sizeof reply);
    if (n < 0 || !rtnl_vf_decode((const struct nlmsghdr *) reply, all,
                                 MAX_VFS)
        || !(all[w->vf].known & IOV_VF_BIT(IOV_VF_MAC))) {
        ovs_fatal(n < 0 ? errno : 0, "%s: there is no VF %u", w->pf, w->vf);
    }
    return all[w->vf];
}

struct iov_vf_settings
bench_watch_read(struct bench_watch *w)
{
    return w->file ? read_dummy(w) : read_link(w);
}
