/* SPDX-License-Identifier: Apache-2.0 */

/* The QMP client: see qmp.h.
 *
 *   WAITING -> CONNECTING -> GREETING -> CAPABILITIES -> READY
 *
 * Whatever goes wrong leads back to WAITING, with a sentence, and after a
 * while to the next attempt.
 *
 * The peer is not trusted: how much is taken in from it, in one turn of the
 * loop and in one second, how long a message is, how many commands wait for
 * an answer, and how much is logged for it, is bounded (limit.def).
 *
 * A callback may be the last thing that the connection does, so that the
 * stream is looked at again after each. */

#include <config.h>

#include "offload/guest/qmp.h"

#include <errno.h>
#include <string.h>

#include "offload/guest/libvirt.h"
#include "offload/guest/qmp-explain.h"
#include "offload/guest/qmp-pending.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/token-bucket.h"
#include "openvswitch/vlog.h"
#include "policy/model/limit.h"
#include "policy/model/text.h"
#include "stream.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_qmp);

#define GREETING_LIMIT 5000     /* ms. */
#define BACKOFF_FIRST 250       /* ms. */
#define BACKOFF_MAX 4000        /* ms. */
#define BACKOFF_PROGRAM_MAX 64000   /* ms: each attempt costs a process. */
#define STABLE_TIME 10000       /* ms: a connection that has lasted for so
                                 * long is no failed attempt. */

enum state { WAITING, CONNECTING, GREETING, CAPABILITIES, READY };

struct qmp {
    char *path;
    const char *domain;         /* Of libvirt, in 'path'; null: a socket. */
    struct libvirt_helper *helper;  /* Talks to it, or null. */
    qmp_event_cb *event_cb;
    void *aux;
    enum state state;
    bool tried;                 /* An attempt has ended, well or not. */
    char *problem;              /* Why the last attempt ended, or null. */
    struct stream *stream;      /* Null while WAITING. */
    struct json_parser *parser;
    size_t parsed;              /* Bytes of the present message. */
    struct ds out;
    long long int deadline;     /* Of the state; 0: not set yet. */
    long long int ready_since;  /* 0: not READY, or not dated yet. */
    int backoff;
    struct qmp_pending pending; /* Commands that are not yet answered. */

    /* What the peer may cost. */
    struct token_bucket bytes;
    bool throttled;             /* It has sent more than 'bytes' allows. */
    bool barred;                /* There are too many; this one waits. */
    struct vlog_rate_limit log;
};

static void run_message(struct qmp *, const struct json *);
static void capabilities_cb(void *qmp_, const struct json *value,
                            const char *error);

struct qmp *
qmp_open(const char *path, qmp_event_cb *cb, void *aux)
{
    struct qmp *qmp = xzalloc(sizeof *qmp);

    qmp->path = xstrdup(path);
    qmp->domain = libvirt_domain_of(qmp->path);
    qmp->event_cb = cb;
    qmp->aux = aux;
    qmp->backoff = BACKOFF_FIRST;
    ds_init(&qmp->out);
    qmp_pending_init(&qmp->pending);
    qmp->problem = qmp_explain_all(qmp->path, NULL);
    token_bucket_init(&qmp->bytes, IOV_LIMIT_QMP_BYTE_RATE / 1000,
                      IOV_LIMIT_QMP_BYTE_RATE);
    qmp->log = (struct vlog_rate_limit) VLOG_RATE_LIMIT_INIT(
        IOV_LIMIT_PEER_LOG, IOV_LIMIT_PEER_LOG);
    return qmp;
}

static void
disconnect(struct qmp *qmp)
{
    stream_close(qmp->stream);
    qmp->stream = NULL;
    libvirt_stop(qmp->helper);
    qmp->helper = NULL;
    if (qmp->parser) {
        json_parser_abort(qmp->parser);
        qmp->parser = NULL;
    }
    qmp->parsed = 0;
    ds_clear(&qmp->out);
    qmp->throttled = false;
    qmp->state = WAITING;
    qmp->deadline = 0;
    qmp->ready_since = 0;
}

void
qmp_forget(struct qmp *qmp, const void *aux)
{
    qmp_pending_forget(&qmp->pending, aux);
}

void
qmp_close(struct qmp *qmp)
{
    if (qmp) {
        disconnect(qmp);
        qmp_pending_fail(&qmp->pending, "the connection is closed");
        qmp_pending_destroy(&qmp->pending);
        ds_destroy(&qmp->out);
        free(qmp->problem);
        free(qmp->path);
        free(qmp);
    }
}

/* Ends the connection.  'raw', which is taken, may contain what the peer has
 * sent. */
static void
fail(struct qmp *qmp, char *raw)
{
    char *problem = qmp_explain_all(qmp->path, iov_text_clean(raw));

    if (!qmp->problem || strcmp(problem, qmp->problem)) {
        char *detail = iov_text_clean(raw);

        VLOG_INFO_RL(&qmp->log, "%s", detail);
        free(detail);
    }
    free(raw);
    free(qmp->problem);
    qmp->problem = problem;
    qmp->tried = true;
    disconnect(qmp);
    qmp_pending_fail(&qmp->pending, qmp->problem);
}

void
qmp_bar(struct qmp *qmp, bool barred)
{
    if (barred && !qmp->barred) {
        fail(qmp, iov_limit_explain(IOV_LIMIT_ID_QMP_MACHINES));
    }
    qmp->barred = barred;
}

const char *
qmp_problem(const struct qmp *qmp)
{
    return (qmp->state == READY ? NULL
            : qmp->problem ? qmp->problem
            : qmp->domain ? "libvirt is being asked for its domain"
            : "its QMP socket is being connected to");
}

bool
qmp_is_trying(const struct qmp *qmp)
{
    return !qmp->tried && qmp->state != READY;
}

/* Sending. */

static void
log_message(const struct qmp *qmp, const char *what, const struct json *json)
{
    char *raw = json_to_string(json, JSSF_SORT);
    char *text = iov_text_clean(raw);

    VLOG_DBG("%s: %s %s", qmp->path, what, text);
    free(raw);
    free(text);
}

void
qmp_send(struct qmp *qmp, const struct qmp_command *command)
{
    struct json *json = json_object_create();
    long long int id = qmp_pending_add(&qmp->pending, command,
                                       qmp->out.length >= IOV_LIMIT_QMP_OUT);

    json_object_put_string(json, "execute", command->name);
    if (command->arguments) {
        json_object_put(json, "arguments", command->arguments);
    }
    json_object_put(json, "id", json_integer_create(id));
    if (VLOG_IS_DBG_ENABLED()) {
        log_message(qmp, "sent", json);
    }
    if (id) {
        json_to_ds(json, 0, &qmp->out);
        ds_put_char(&qmp->out, '\n');
    }
    json_destroy(json);
}

static void
flush(struct qmp *qmp)
{
    while (qmp->out.length) {
        int n = stream_send(qmp->stream, qmp->out.string, qmp->out.length);

        if (n < 0) {
            if (n != -EAGAIN) {
                fail(qmp, qmp_explain(qmp->path, -n));
            }
            return;
        }
        memmove(qmp->out.string, qmp->out.string + n, qmp->out.length - n);
        ds_truncate(&qmp->out, qmp->out.length - n);
    }
}

/* Receiving. */

static const struct json *
get_member(const struct json *json, const char *name, enum json_type type)
{
    const struct json *member = (json && json->type == JSON_OBJECT
                                 ? shash_find_data(json_object(json), name)
                                 : NULL);

    return member && member->type == type ? member : NULL;
}

const char *
qmp_get_string(const struct json *json, const char *name)
{
    const struct json *member = get_member(json, name, JSON_STRING);

    return member ? json_string(member) : NULL;
}

const struct json *
qmp_get_array(const struct json *json, const char *name)
{
    return get_member(json, name, JSON_ARRAY);
}

const struct json *
qmp_get_object(const struct json *json, const char *name)
{
    return get_member(json, name, JSON_OBJECT);
}

static void
run_reply(struct qmp *qmp, const struct json *json)
{
    const struct json *id = get_member(json, "id", JSON_INTEGER);

    if (id) {
        qmp_pending_answer(&qmp->pending, json_integer(id),
                           shash_find_data(json_object(json), "return"),
                           qmp_get_string(qmp_get_object(json, "error"),
                                          "desc"),
                           qmp->domain ? "libvirt" : NULL);
    }
}

static void
greet(struct qmp *qmp)
{
    qmp->state = CAPABILITIES;
    qmp->deadline = 0;
    qmp_send(qmp, &(struct qmp_command) {
        .name = "qmp_capabilities",
        .cb = capabilities_cb,
        .aux = qmp,
    });
}

static void
capabilities_cb(void *qmp_, const struct json *value,
                const char *error OVS_UNUSED)
{
    struct qmp *qmp = qmp_;

    if (value) {
        VLOG_INFO_RL(&qmp->log, "%s: connected to %s", qmp->path,
                     qmp->domain ? "libvirt" : "QEMU");
        qmp->state = READY;
        qmp->tried = true;
        free(qmp->problem);
        qmp->problem = NULL;
        qmp->event_cb(qmp->aux, "", NULL);
    } else if (qmp->stream) {
        fail(qmp, xasprintf("QEMU at QMP socket %s refuses to talk (%s)",
                            qmp->path, error));
    }
}

static void
run_message(struct qmp *qmp, const struct json *json)
{
    const char *event = qmp_get_string(json, "event");

    if (VLOG_IS_DBG_ENABLED()) {
        log_message(qmp, "received", json);
    }
    if (json->type != JSON_OBJECT) {
        /* This is how the parser reports errors. */
        fail(qmp, qmp_explain_not(qmp->path, json->type == JSON_STRING
                                  ? json_string(json)
                                  : "its message is no JSON object"));
    } else if (qmp->state == GREETING) {
        const char *desc = qmp_get_string(qmp_get_object(json, "error"),
                                          "desc");

        if (qmp_get_object(json, "QMP")) {
            greet(qmp);
        } else if (desc && qmp->domain) {
            fail(qmp, xstrdup(desc));
        } else {
            fail(qmp, qmp_explain_not(qmp->path, "it does not greet"));
        }
    } else if (!event) {
        run_reply(qmp, json);
    } else if (qmp->state == READY) {
        qmp->event_cb(qmp->aux, event, qmp_get_object(json, "data"));
    }
}

/* Takes in 'n' bytes; false if the connection has ended on that. */
static bool
feed(struct qmp *qmp, const char *buffer, size_t n)
{
    while (n && qmp->stream) {
        size_t used;

        if (!qmp->parser) {
            qmp->parser = json_parser_create(0);
        }
        used = json_parser_feed(qmp->parser, buffer, n);
        buffer += used;
        n -= used;
        qmp->parsed += used;
        if (json_parser_is_done(qmp->parser)) {
            struct json *json = json_parser_finish(qmp->parser);

            qmp->parser = NULL;
            qmp->parsed = 0;
            run_message(qmp, json);
            json_destroy(json);
        } else if (qmp->parsed > IOV_LIMIT_QMP_MESSAGE) {
            char *why = iov_limit_explain(IOV_LIMIT_ID_QMP_MESSAGE);

            fail(qmp, qmp_explain_not(qmp->path, why));
            free(why);
        }
    }
    return qmp->stream != NULL;
}

/* Bytes that may be taken in now, at most 'max'. */
static size_t
get_allowance(struct qmp *qmp, size_t max)
{
    qmp->throttled = !token_bucket_withdraw(&qmp->bytes, max);
    return qmp->throttled ? 0 : max;
}

/* Takes in what one turn of the loop allows; the poll loop comes back for the
 * rest. */
static void
receive(struct qmp *qmp)
{
    for (size_t left = IOV_LIMIT_QMP_TURN_BYTES; left && qmp->stream; ) {
        char buffer[4096];
        size_t max = get_allowance(qmp, MIN(left, sizeof buffer));
        int n = max ? stream_recv(qmp->stream, buffer, max) : -EAGAIN;

        qmp->bytes.tokens += max - MAX(n, 0);
        if (n == -EAGAIN) {
            return;
        } else if (n <= 0) {
            fail(qmp, qmp_explain(qmp->path, n ? -n : EOF));
        } else if (!feed(qmp, buffer, n)) {
            return;
        }
        left -= MAX(n, 0);
    }
}

/* Time. */

static int
open_stream(struct qmp *qmp)
{
    if (qmp->domain) {
        return libvirt_start(qmp->domain, &qmp->helper, &qmp->stream);
    }

    char *name = xasprintf("unix:%s", qmp->path);
    int error = stream_open(name, &qmp->stream, 0);

    free(name);
    return error;
}

static void
connect_now(struct qmp *qmp, long long int now)
{
    int error = open_stream(qmp);

    qmp->backoff = MIN(qmp->backoff * 2,
                       qmp->domain ? BACKOFF_PROGRAM_MAX : BACKOFF_MAX);
    if (error) {
        qmp->stream = NULL;
        fail(qmp, qmp_explain(qmp->path, error));
        qmp->deadline = now + qmp->backoff;
    } else {
        qmp->state = CONNECTING;
        qmp->deadline = now + GREETING_LIMIT;
    }
}

static void
time_out(struct qmp *qmp)
{
    fail(qmp, qmp->domain
         ? libvirt_explain_silence(qmp->domain, "anything",
                                   GREETING_LIMIT / 1000)
         : xasprintf("QMP socket %s lets us connect but does not greet; "
                     "it serves one client at a time, so is another "
                     "program connected to it?", qmp->path));
}

static void
check_pending(struct qmp *qmp, long long int now)
{
    struct qmp_late late;

    if (qmp_pending_check(&qmp->pending, now, &late)) {
        fail(qmp, qmp->domain
             ? libvirt_explain_silence(qmp->domain, late.name,
                                       late.limit / 1000)
             : xasprintf("QEMU at QMP socket %s has not answered %s for %d s",
                         qmp->path, late.name, late.limit / 1000));
    }
}

/* A peer that accepts connections only to end them is waited for longer and
 * longer. */
static void
check_stable(struct qmp *qmp, long long int now)
{
    if (qmp->state == READY && !qmp->ready_since) {
        qmp->ready_since = now;
    } else if (qmp->state == READY && now >= qmp->ready_since + STABLE_TIME) {
        qmp->backoff = BACKOFF_FIRST;
    }
}

static void
run_waiting(struct qmp *qmp, long long int now)
{
    if (!qmp->deadline) {
        /* At once if it is the first time. */
        qmp->deadline = now + (qmp->tried ? qmp->backoff : 0);
    }
    if (now >= qmp->deadline) {
        connect_now(qmp, now);
    }
}

static void
run_connecting(struct qmp *qmp)
{
    int error = stream_connect(qmp->stream);

    if (!error) {
        qmp->state = GREETING;
    } else if (error != EAGAIN) {
        fail(qmp, qmp_explain(qmp->path, error));
    }
}

void
qmp_run(struct qmp *qmp, long long int now)
{
    if (qmp->state == WAITING && !qmp->barred) {
        run_waiting(qmp, now);
    }
    if (qmp->stream) {
        stream_run(qmp->stream);
    }
    if (qmp->state == CONNECTING) {
        run_connecting(qmp);
    }
    if (qmp->state >= GREETING) {
        receive(qmp);
    }
    if (qmp->state > GREETING) {
        flush(qmp);
    }
    check_pending(qmp, now);
    check_stable(qmp, now);
    if ((qmp->state == CONNECTING || qmp->state == GREETING)
        && now >= qmp->deadline) {
        time_out(qmp);
    }
}

static void
wait_stream(struct qmp *qmp)
{
    stream_run_wait(qmp->stream);
    if (qmp->state == CONNECTING) {
        stream_wait(qmp->stream, STREAM_CONNECT);
    } else if (qmp->throttled) {
        token_bucket_wait(&qmp->bytes, 4096);
    } else {
        stream_wait(qmp->stream, STREAM_RECV);
    }
    if (qmp->out.length) {
        stream_wait(qmp->stream, STREAM_SEND);
    }
}

void
qmp_wait(struct qmp *qmp, long long int now OVS_UNUSED)
{
    if (qmp->barred) {
        return;
    }
    if (qmp->state == WAITING && !qmp->deadline) {
        poll_immediate_wake();
    } else if (qmp->deadline) {
        poll_timer_wait_until(qmp->deadline);
    }
    if (qmp->stream) {
        wait_stream(qmp);
    }
    qmp_pending_wait(&qmp->pending);
}
