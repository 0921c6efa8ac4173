/* SPDX-License-Identifier: Apache-2.0 */

/* Netlink sockets that never block.
 *
 * The kernel carries out a request within the system call that sends it, so
 * that the answer can be read at once; the loop in rtnl_run() therefore
 * usually sends and answers a whole queue in one call.  Nevertheless an answer
 * can be lost (ENOBUFS), and a dump can be inconsistent (NLM_F_DUMP_INTR);
 * such a request is sent again, a few times. */

#include <config.h>

#include "offload/netlink/rtnl.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coverage.h"
#include "offload/netlink/nl-message.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_rtnl);

COVERAGE_DEFINE(iov_rtnl_request);
COVERAGE_DEFINE(iov_rtnl_again);
COVERAGE_DEFINE(iov_rtnl_overflow);

/* Times that a request is sent before it counts as failed. */
#define MAX_TRIES 8
/* Datagrams taken in by one rtnl_run(), so that a flood of notifications does
 * not keep the rest waiting. */
#define MAX_RECEIVE 256
/* A PF with many VFs is told of in one long message. */
#define RECEIVE_SIZE (256 * 1024)

struct request {
    struct ovs_list node;
    struct ofpbuf *message;
    rtnl_reply_cb *cb;
    void *aux;
    int tries;
    bool interrupted;           /* NLM_F_DUMP_INTR was seen. */
    struct ofpbuf answer;
};

struct rtnl {
    struct mnl_socket *sock;
    uint32_t seq;
    struct ovs_list queue;      /* The first one may be under way. */
    bool under_way;
    rtnl_notify_cb *notify;
    void *aux;
};

/* 'hears': for notifications. */
static struct mnl_socket *
open_socket(int protocol, unsigned int groups, bool hears, int *error)
{
    struct mnl_socket *sock = mnl_socket_open2(protocol, SOCK_NONBLOCK
                                               | SOCK_CLOEXEC);

    *error = !sock || mnl_socket_bind(sock, groups, MNL_SOCKET_AUTOPID) < 0
             ? errno : nl_connect_to_kernel(mnl_socket_get_fd(sock));
    if (*error) {
        if (sock) {
            mnl_socket_close(sock);
        }
        return NULL;
    }

    /* Kernels without one of these work without it. */
    int on = 1;
    int size = 1024 * 1024;

    mnl_socket_setsockopt(sock, NETLINK_EXT_ACK, &on, sizeof on);
    mnl_socket_setsockopt(sock, NETLINK_GET_STRICT_CHK, &on, sizeof on);
    if (hears
        && setsockopt(mnl_socket_get_fd(sock), SOL_SOCKET, SO_RCVBUFFORCE,
                      &size, sizeof size) < 0) {
        setsockopt(mnl_socket_get_fd(sock), SOL_SOCKET, SO_RCVBUF,
                   &size, sizeof size);
    }
    return sock;
}

static struct mnl_socket *
open_here(unsigned int groups, int *error)
{
    return open_socket(NETLINK_ROUTE, groups, groups != 0, error);
}

/* Opens a socket while being in another network namespace for a moment, which
 * concerns nobody else because there is only one thread. */
static struct mnl_socket *
open_there(int netns_fd, unsigned int groups, int *error)
{
    struct mnl_socket *sock = NULL;
    int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

    if (home < 0) {
        *error = errno;
        return NULL;
    }
    if (setns(netns_fd, CLONE_NEWNET) < 0) {
        *error = errno;
    } else {
        sock = open_here(groups, error);
        if (setns(home, CLONE_NEWNET) < 0) {
            VLOG_FATAL("cannot return to the own network namespace (%s)",
                       ovs_strerror(errno));
        }
    }
    close(home);
    return sock;
}

/* Null if there is no 'sock'. */
static struct rtnl *
rtnl_create(struct mnl_socket *sock, rtnl_notify_cb *notify, void *aux)
{
    struct rtnl *rtnl = NULL;

    if (sock) {
        rtnl = xzalloc(sizeof *rtnl);
        rtnl->sock = sock;
        rtnl->notify = notify;
        rtnl->aux = aux;
        ovs_list_init(&rtnl->queue);
    }
    return rtnl;
}

int
rtnl_open(struct rtnl **rtnlp, int netns_fd, unsigned int groups,
          rtnl_notify_cb *notify, void *aux)
{
    int error = 0;

    *rtnlp = rtnl_create((netns_fd < 0
                          ? open_here(groups, &error)
                          : open_there(netns_fd, groups, &error)),
                         notify, aux);
    return error;
}

int
rtnl_open_generic(struct rtnl **rtnlp, rtnl_notify_cb *notify, void *aux)
{
    int error = 0;

    *rtnlp = rtnl_create(open_socket(NETLINK_GENERIC, 0, notify != NULL,
                                     &error), notify, aux);
    return error;
}

int
rtnl_join(struct rtnl *rtnl, unsigned int group)
{
    return (mnl_socket_setsockopt(rtnl->sock, NETLINK_ADD_MEMBERSHIP, &group,
                                  sizeof group) < 0 ? errno : 0);
}

static struct request *
first_request(const struct rtnl *rtnl)
{
    return CONTAINER_OF(ovs_list_front(&rtnl->queue), struct request, node);
}

/* Takes the first request out and answers it. */
static void
finish(struct rtnl *rtnl, int error, const char *text)
{
    struct request *req = first_request(rtnl);
    struct rtnl_reply reply = {
        .error = error,
        .text = text,
        .messages = error ? NULL : req->answer.data,
        .size = error ? 0 : req->answer.size,
    };

    ovs_list_remove(&req->node);
    rtnl->under_way = false;
    req->cb(req->aux, &reply);
    ofpbuf_uninit(&req->answer);
    ofpbuf_delete(req->message);
    free(req);
}

void
rtnl_close(struct rtnl *rtnl)
{
    if (rtnl) {
        while (!ovs_list_is_empty(&rtnl->queue)) {
            finish(rtnl, ECANCELED, NULL);
        }
        mnl_socket_close(rtnl->sock);
        free(rtnl);
    }
}

/* Queues 'message', which is taken over. */
static void
queue(struct rtnl *rtnl, struct ofpbuf *message, rtnl_reply_cb *cb, void *aux)
{
    struct request *req = xzalloc(sizeof *req);

    ovs_assert(!rtnl->notify);
    req->message = message;
    req->cb = cb;
    req->aux = aux;
    ofpbuf_init(&req->answer, 0);
    ovs_list_push_back(&rtnl->queue, &req->node);
}

void
rtnl_send(struct rtnl *rtnl, const struct nlmsghdr *nlh, rtnl_reply_cb *cb,
          void *aux)
{
    struct ofpbuf *message = ofpbuf_clone_data(nlh, nlh->nlmsg_len);
    struct nlmsghdr *copy = message->data;

    copy->nlmsg_flags |= NLM_F_REQUEST;
    if ((copy->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP) {
        copy->nlmsg_flags |= NLM_F_ACK;
    }
    queue(rtnl, message, cb, aux);
}

/* The kernel carries out a datagram as a whole before the system call ends;
 * it tells of a refusal in any case, of a success only if asked. */
void
rtnl_send_all(struct rtnl *rtnl, union rtnl_request *reqs, size_t n,
              rtnl_reply_cb *cb, void *aux)
{
    struct ofpbuf *message = ofpbuf_new(n * sizeof *reqs);

    for (size_t i = 0; i < n; i++) {
        struct nlmsghdr *nlh = &reqs[i].nlh;

        nlh->nlmsg_flags |= NLM_F_REQUEST | (i + 1 == n ? NLM_F_ACK : 0);
        ofpbuf_put(message, nlh, nlh->nlmsg_len);
        ofpbuf_put_zeros(message,
                         MNL_ALIGN(nlh->nlmsg_len) - nlh->nlmsg_len);
    }
    queue(rtnl, message, cb, aux);
}

bool
rtnl_busy(const struct rtnl *rtnl)
{
    return !ovs_list_is_empty(&rtnl->queue);
}

/* Makes the first request be sent (again), or ends it with 'error' if that
 * has happened too often. */
static void
again(struct rtnl *rtnl, int error)
{
    struct request *req = first_request(rtnl);

    COVERAGE_INC(iov_rtnl_again);
    rtnl->under_way = false;
    req->interrupted = false;
    ofpbuf_clear(&req->answer);
    if (req->tries >= MAX_TRIES) {
        finish(rtnl, error, NULL);
    }
}

/* Sends the first request.  Returns false if the socket takes nothing now. */
static bool
send_first(struct rtnl *rtnl)
{
    struct request *req = first_request(rtnl);
    const struct nlmsghdr *nlh;
    size_t left;

    /* 0 is the sequence number of notifications. */
    rtnl->seq = rtnl->seq + 1 ? rtnl->seq + 1 : 1;
    for (nlh = nl_first_message(req->message->data, req->message->size, &left);
         nlh; nlh = nl_next_message(nlh, &left)) {
        CONST_CAST(struct nlmsghdr *, nlh)->nlmsg_seq = rtnl->seq;
    }
    req->tries++;
    COVERAGE_INC(iov_rtnl_request);
    rtnl->under_way = true;
    if (mnl_socket_sendto(rtnl->sock, req->message->data,
                          req->message->size) < 0) {
        int error = errno;

        if (error == EAGAIN || error == EINTR) {
            rtnl->under_way = false;
            req->tries--;
            return error == EINTR;
        } else if (error == ENOBUFS) {
            again(rtnl, error);
        } else {
            finish(rtnl, error, NULL);
        }
    }
    return true;
}

/* Name of the outermost attribute of 'request' at 'offset' from its
 * beginning, for the error text: "attribute 22". */
static void
format_attribute(struct ds *ds, const struct nlmsghdr *request,
                 uint32_t offset)
{
    if (request && offset >= NLMSG_HDRLEN && offset % NLA_ALIGNTO == 0
        && offset + sizeof(struct nlattr) <= request->nlmsg_len) {
        const struct nlattr *nla
            = (const void *) ((const char *) request + offset);

        ds_put_format(ds, " (attribute %"PRIu16" at offset %"PRIu32")",
                      mnl_attr_get_type(nla), offset);
    }
}

static char *
parse_ext_ack(const void *attrs, size_t size, const struct nlmsghdr *request)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    uint32_t offset = 0;
    size_t left;

    for (const struct nlattr *nla = nl_first_attr_at(attrs, size, &left); nla;
         nla = rtnl_next_attr(nla, &left)) {
        const char *data = mnl_attr_get_payload(nla);
        size_t len = mnl_attr_get_payload_len(nla);

        if (mnl_attr_get_type(nla) == NLMSGERR_ATTR_MSG) {
            ds_put_buffer(&ds, data, strnlen(data, len));
        } else if (mnl_attr_get_type(nla) == NLMSGERR_ATTR_OFFS
                   && len >= sizeof offset) {
            memcpy(&offset, data, sizeof offset);
        }
    }
    if (ds.length && offset) {
        format_attribute(&ds, request, offset);
    }
    if (!ds.length) {
        ds_destroy(&ds);
        return NULL;
    }
    return ds_steal_cstr(&ds);
}

int
rtnl_parse_error(const struct nlmsghdr *nlh, const struct nlmsghdr *request,
                 char **text)
{
    const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
    size_t len = mnl_nlmsg_get_payload_len(nlh);

    *text = NULL;
    if (len < sizeof *err || err->error > 0 || err->error < -4095) {
        return EBADMSG;
    }

    if (nlh->nlmsg_flags & NLM_F_ACK_TLVS) {
        /* The refused request is repeated whole, or its header alone. */
        size_t skip = sizeof *err;

        if (!(nlh->nlmsg_flags & NLM_F_CAPPED)
            && err->msg.nlmsg_len >= sizeof err->msg
            && err->msg.nlmsg_len <= len) {
            skip += MNL_ALIGN(err->msg.nlmsg_len) - sizeof err->msg;
        }
        if (skip < len) {
            *text = parse_ext_ack((const char *) err + skip, len - skip,
                                  request);
        }
    }
    return -err->error;
}

/* NLMSG_DONE carries the error of a dump, if it has one. */
static int
done_error(const struct nlmsghdr *nlh)
{
    int error = 0;

    if (mnl_nlmsg_get_payload_len(nlh) >= sizeof error) {
        memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof error);
    }
    return error < 0 ? -error : 0;
}

static void
process_answer(struct rtnl *rtnl, const struct nlmsghdr *nlh)
{
    struct request *req = first_request(rtnl);

    if (nlh->nlmsg_flags & NLM_F_DUMP_INTR) {
        req->interrupted = true;
    }
    if (nlh->nlmsg_type == NLMSG_ERROR) {
        char *text;
        int error = rtnl_parse_error(nlh, req->message->data, &text);

        finish(rtnl, error, text);
        free(text);
    } else if (nlh->nlmsg_type == NLMSG_DONE) {
        if (req->interrupted) {
            again(rtnl, EAGAIN);
        } else {
            finish(rtnl, done_error(nlh), NULL);
        }
    } else if (nlh->nlmsg_type >= NLMSG_MIN_TYPE) {
        ofpbuf_put(&req->answer, nlh, nlh->nlmsg_len);
        ofpbuf_put_zeros(&req->answer,
                         MNL_ALIGN(nlh->nlmsg_len) - nlh->nlmsg_len);
    }
}

static void
process_datagram(struct rtnl *rtnl, const void *data, size_t size)
{
    size_t left;

    for (const struct nlmsghdr *nlh = nl_first_message(data, size, &left);
         nlh; nlh = nl_next_message(nlh, &left)) {
        if (!nlh->nlmsg_seq || nlh->nlmsg_pid
            != mnl_socket_get_portid(rtnl->sock)) {
            if (rtnl->notify && nlh->nlmsg_type >= NLMSG_MIN_TYPE) {
                rtnl->notify(rtnl->aux, nlh);
            }
        } else if (rtnl->under_way && nlh->nlmsg_seq == rtnl->seq) {
            process_answer(rtnl, nlh);
        }
    }
}

/* Answers or notifications were lost. */
static void
overflow(struct rtnl *rtnl)
{
    COVERAGE_INC(iov_rtnl_overflow);
    if (rtnl->notify) {
        rtnl->notify(rtnl->aux, NULL);
    }
    if (rtnl->under_way) {
        again(rtnl, ENOBUFS);
    }
}

/* Takes in one datagram.  Returns false if there is none. */
static bool
receive(struct rtnl *rtnl)
{
    static uint64_t buffer[RECEIVE_SIZE / sizeof(uint64_t)];
    ssize_t n = nl_receive(mnl_socket_get_fd(rtnl->sock), buffer,
                           sizeof buffer);

    if (n >= 0) {
        process_datagram(rtnl, buffer, n);
    } else if (errno == ENOBUFS) {
        overflow(rtnl);
    } else if (errno == EAGAIN) {
        return false;
    } else if (errno != EINTR) {
        int error = errno;
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

        VLOG_WARN_RL(&rl, "receiving from netlink failed (%s)",
                     ovs_strerror(error));
        if (rtnl->under_way) {
            finish(rtnl, error, NULL);
        }
        return error == ENOSPC;
    }
    return true;
}

void
rtnl_run(struct rtnl *rtnl)
{
    for (int i = 0; i < MAX_RECEIVE; i++) {
        if (!rtnl->under_way && rtnl_busy(rtnl) && !send_first(rtnl)) {
            return;
        }
        if (!receive(rtnl) && (rtnl->under_way || !rtnl_busy(rtnl))) {
            return;
        }
    }
}

void
rtnl_wait(struct rtnl *rtnl)
{
    short int events = POLLIN;

    if (rtnl_busy(rtnl) && !rtnl->under_way) {
        events |= POLLOUT;
    }
    poll_fd_wait(mnl_socket_get_fd(rtnl->sock), events);
}
