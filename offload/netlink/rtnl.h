/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_NETLINK_RTNL_H
#define IOV_OFFLOAD_NETLINK_RTNL_H 1

/* Requests to the kernel and notifications from it, by NETLINK_ROUTE and by
 * generic netlink.
 *
 * Requests are queued and sent one at a time, in order; each is answered by
 * one call of its callback, never from within rtnl_send().  What the kernel
 * says besides the error number (extended acknowledgement) is kept.
 *
 * Only one request is under way at any time, so that what has been read is
 * never older than what has been acknowledged before the callback is
 * called. */

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtnl;

/* A request while it is put together.  Every request of ours fits. */
#define RTNL_REQUEST_SIZE 512
union rtnl_request {
    struct nlmsghdr nlh;
    uint8_t bytes[RTNL_REQUEST_SIZE];
};

/* The answer to a request.  Borrowed for the time of the callback. */
struct rtnl_reply {
    int error;                  /* 0, or a positive errno. */
    const char *text;           /* The kernel's words, or null. */
    const void *messages;       /* Answering messages, one after another. */
    size_t size;                /* Bytes in 'messages'. */
};
typedef void rtnl_reply_cb(void *aux, const struct rtnl_reply *);

/* A notification.  Null: some were lost, anything may have changed. */
typedef void rtnl_notify_cb(void *aux, const struct nlmsghdr *);

/* Opens a socket in the network namespace open as 'netns_fd', or in the
 * daemon's own if that is negative.  'groups' is a mask of
 * RTNL_GROUP(RTNLGRP_*); with 0, 'notify' may be null.  A socket with groups
 * takes no requests, because the notification of a change carries the
 * sequence number of the request that made it.  Returns 0 and sets '*rtnlp',
 * or returns a positive errno. */
#define RTNL_GROUP(GROUP) (1u << ((GROUP) - 1))
int rtnl_open(struct rtnl **rtnlp, int netns_fd, unsigned int groups,
              rtnl_notify_cb *notify, void *aux);
/* The same for generic netlink (genl.h), in the daemon's own network
 * namespace.  Without 'notify' it is for requests, with it for notifications
 * of the groups that are joined. */
int rtnl_open_generic(struct rtnl **rtnlp, rtnl_notify_cb *notify, void *aux);
int rtnl_join(struct rtnl *, unsigned int group);
/* Requests not answered yet are answered with ECANCELED.  Not to be called
 * from a callback. */
void rtnl_close(struct rtnl *);

/* Queues 'nlh', which is copied; sets its sequence number and, except for
 * dumps, asks for an acknowledgement. */
void rtnl_send(struct rtnl *, const struct nlmsghdr *nlh, rtnl_reply_cb *,
               void *aux);
/* The same for 'n' requests that the kernel carries out one after another
 * even if the daemon is killed meanwhile.  They are answered together: by the
 * error of one that is refused, or by the success of the last one. */
void rtnl_send_all(struct rtnl *, union rtnl_request *, size_t n,
                   rtnl_reply_cb *, void *aux);
void rtnl_run(struct rtnl *);
void rtnl_wait(struct rtnl *);
/* True if requests are queued or under way. */
bool rtnl_busy(const struct rtnl *);

/* Takes apart an NLMSG_ERROR message: the error as a positive errno and, in
 * '*text' (owned by the caller), the kernel's words or null.  'request' is
 * what was refused, to name the attribute at fault; it may be null. */
int rtnl_parse_error(const struct nlmsghdr *, const struct nlmsghdr *request,
                     char **text);

#endif /* offload/netlink/rtnl.h */
