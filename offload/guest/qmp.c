/* SPDX-License-Identifier: Apache-2.0 */

/* The QMP client: see qmp.h.
 *
 *   WAITING -> CONNECTING -> GREETING -> CAPABILITIES -> READY
 *
 * Whatever goes wrong leads back to WAITING, with a sentence, and after a
 * while to the next attempt.
 *
 * The subtle thing: a callback may send the next command, and may even be the
 * last thing the connection does; so replies are taken out of the list before
 * they are told, and the list is gone through from its start each time. */

#include <config.h>

#include "offload/guest/qmp.h"

#include <errno.h>
#include <string.h>

#include "offload/guest/libvirt.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "stream.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_qmp);

#define GREETING_LIMIT 5000     /* ms. */
#define COMMAND_LIMIT 10000     /* ms. */
#define BACKOFF_FIRST 250       /* ms. */
#define BACKOFF_MAX 4000        /* ms. */
#define MAX_MESSAGE (4 * 1024 * 1024)   /* Bytes. */
#define MAX_READS 64            /* In one run, before others have theirs. */

enum state { WAITING, CONNECTING, GREETING, CAPABILITIES, READY };

struct command {
    struct ovs_list node;
    long long int id;
    char *name;
    int limit;
    long long int deadline;     /* 0: not set yet. */
    qmp_reply_cb *cb;
    void *aux;
};

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
    int backoff;
    long long int next_id;
    struct ovs_list commands;   /* Not yet answered. */
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
    ovs_list_init(&qmp->commands);
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
    qmp->state = WAITING;
    qmp->deadline = 0;
}

static void
answer(struct command *c, const struct json *value, const char *error)
{
    ovs_list_remove(&c->node);
    if (c->cb) {
        c->cb(c->aux, value, error);
    }
    free(c->name);
    free(c);
}

void
qmp_forget(struct qmp *qmp, const void *aux)
{
    struct command *c;

    LIST_FOR_EACH (c, node, &qmp->commands) {
        if (c->aux == aux) {
            c->cb = NULL;
        }
    }
}

static void
fail_commands(struct qmp *qmp, const char *error)
{
    while (!ovs_list_is_empty(&qmp->commands)) {
        answer(CONTAINER_OF(ovs_list_front(&qmp->commands), struct command,
                            node), NULL, error);
    }
}

void
qmp_close(struct qmp *qmp)
{
    if (qmp) {
        disconnect(qmp);
        fail_commands(qmp, "the connection is closed");
        ds_destroy(&qmp->out);
        free(qmp->problem);
        free(qmp->path);
        free(qmp);
    }
}

/* Ends the connection; takes 'problem'. */
static void
fail(struct qmp *qmp, char *problem)
{
    if (!qmp->problem || strcmp(problem, qmp->problem)) {
        VLOG_INFO("%s", problem);
    }
    free(qmp->problem);
    qmp->problem = problem;
    qmp->tried = true;
    disconnect(qmp);
    fail_commands(qmp, qmp->problem);
}

/* The sentence for 'error' of the socket. */
static char *
explain(const struct qmp *qmp, int error)
{
    if (qmp->domain) {
        return libvirt_explain(qmp->domain, error);
    }
    switch (error) {
    case ENOENT:
        return xasprintf("there is no QMP socket %s; start QEMU with -qmp "
                         "unix:%s,server=on,wait=off", qmp->path, qmp->path);
    case ECONNREFUSED:
        return xasprintf("nobody listens at the QMP socket %s: its QEMU has "
                         "ended", qmp->path);
    case EACCES:
    case EPERM:
        return xasprintf("QMP socket %s may not be opened (%s); give "
                         "ovs-iovd the right to", qmp->path,
                         ovs_strerror(error));
    case EOF:
    case ECONNRESET:
    case EPIPE:
        return xasprintf("QEMU has closed its QMP socket %s", qmp->path);
    default:
        return xasprintf("QMP socket %s does not work (%s)", qmp->path,
                         ovs_retval_to_string(error));
    }
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

void
qmp_send(struct qmp *qmp, const struct qmp_command *command)
{
    struct json *json = json_object_create();
    struct command *c = xmalloc(sizeof *c);

    *c = (struct command) {
        .id = ++qmp->next_id,
        .name = xstrdup(command->name),
        .limit = command->limit ? command->limit : COMMAND_LIMIT,
        .cb = command->cb,
        .aux = command->aux,
    };
    ovs_list_push_back(&qmp->commands, &c->node);
    json_object_put_string(json, "execute", command->name);
    if (command->arguments) {
        json_object_put(json, "arguments", command->arguments);
    }
    json_object_put(json, "id", json_integer_create(c->id));
    if (VLOG_IS_DBG_ENABLED()) {
        char *text = json_to_string(json, JSSF_SORT);

        VLOG_DBG("%s: sent %s", qmp->path, text);
        free(text);
    }
    json_to_ds(json, 0, &qmp->out);
    ds_put_char(&qmp->out, '\n');
    json_destroy(json);
}

static void
flush(struct qmp *qmp)
{
    while (qmp->out.length) {
        int n = stream_send(qmp->stream, qmp->out.string, qmp->out.length);

        if (n < 0) {
            if (n != -EAGAIN) {
                fail(qmp, explain(qmp, -n));
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
    const struct json *error = qmp_get_object(json, "error");
    const struct json *value = shash_find_data(json_object(json), "return");
    struct command *c;

    LIST_FOR_EACH (c, node, &qmp->commands) {
        if (id && c->id == json_integer(id)) {
            const char *desc = qmp_get_string(error, "desc");
            char *text = (value ? NULL
                          : xasprintf("%s: %s",
                                      qmp->domain ? "libvirt" : c->name,
                                      desc ? desc : "an error without words"));

            answer(c, value, text);
            free(text);
            return;
        }
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
        VLOG_INFO("%s: connected to %s", qmp->path,
                  qmp->domain ? "libvirt" : "QEMU");
        qmp->state = READY;
        qmp->tried = true;
        qmp->backoff = BACKOFF_FIRST;
        free(qmp->problem);
        qmp->problem = NULL;
        qmp->event_cb(qmp->aux, "", NULL);
    } else if (qmp->stream) {
        fail(qmp, xasprintf("QEMU at QMP socket %s refuses to talk (%s)",
                            qmp->path, error));
    }
}

static char *
not_qmp(const struct qmp *qmp, const char *what)
{
    return xasprintf("what answers at %s is not QMP: %s; iov-guest=qmp: wants "
                     "the socket of QEMU's option -qmp", qmp->path, what);
}

static void
run_message(struct qmp *qmp, const struct json *json)
{
    const char *event = qmp_get_string(json, "event");

    if (VLOG_IS_DBG_ENABLED()) {
        char *text = json_to_string(json, JSSF_SORT);

        VLOG_DBG("%s: received %s", qmp->path, text);
        free(text);
    }
    if (json->type != JSON_OBJECT) {
        char *text = json->type == JSON_STRING
                     ? xstrdup(json_string(json))
                     : json_to_string(json, 0);

        fail(qmp, not_qmp(qmp, text));
        free(text);
    } else if (qmp->state == GREETING) {
        const char *desc = qmp_get_string(qmp_get_object(json, "error"),
                                          "desc");

        if (qmp_get_object(json, "QMP")) {
            greet(qmp);
        } else if (desc && qmp->domain) {
            fail(qmp, xstrdup(desc));
        } else {
            fail(qmp, not_qmp(qmp, "it does not greet"));
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
        } else if (qmp->parsed > MAX_MESSAGE) {
            fail(qmp, not_qmp(qmp, "a message does not end"));
        }
    }
    return qmp->stream != NULL;
}

static void
receive(struct qmp *qmp)
{
    for (int i = 0; i < MAX_READS && qmp->stream; i++) {
        char buffer[4096];
        int n = stream_recv(qmp->stream, buffer, sizeof buffer);

        if (n == -EAGAIN) {
            return;
        } else if (n <= 0) {
            fail(qmp, explain(qmp, n ? -n : EOF));
        } else if (!feed(qmp, buffer, n)) {
            return;
        }
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

    qmp->backoff = MIN(qmp->backoff * 2, BACKOFF_MAX);
    if (error) {
        qmp->stream = NULL;
        fail(qmp, explain(qmp, error));
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
check_commands(struct qmp *qmp, long long int now)
{
    struct command *c;

    LIST_FOR_EACH (c, node, &qmp->commands) {
        if (!c->deadline) {
            c->deadline = now + c->limit;
        } else if (now >= c->deadline) {
            fail(qmp, qmp->domain
                 ? libvirt_explain_silence(qmp->domain, c->name,
                                           c->limit / 1000)
                 : xasprintf("QEMU at QMP socket %s has not answered "
                             "%s for %d s", qmp->path, c->name,
                             c->limit / 1000));
            return;
        }
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
        fail(qmp, explain(qmp, error));
    }
}

void
qmp_run(struct qmp *qmp, long long int now)
{
    if (qmp->state == WAITING) {
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
    check_commands(qmp, now);
    if ((qmp->state == CONNECTING || qmp->state == GREETING)
        && now >= qmp->deadline) {
        time_out(qmp);
    }
}

void
qmp_wait(const struct qmp *qmp, long long int now OVS_UNUSED)
{
    const struct command *c;

    if (qmp->state == WAITING && !qmp->deadline) {
        poll_immediate_wake();
    } else if (qmp->deadline) {
        poll_timer_wait_until(qmp->deadline);
    }
    if (qmp->stream) {
        stream_run_wait(qmp->stream);
        stream_wait(qmp->stream, (qmp->state == CONNECTING ? STREAM_CONNECT
                                  : STREAM_RECV));
        if (qmp->out.length) {
            stream_wait(qmp->stream, STREAM_SEND);
        }
    }
    LIST_FOR_EACH (c, node, &qmp->commands) {
        if (c->deadline) {
            poll_timer_wait_until(c->deadline);
        } else {
            poll_immediate_wake();
        }
    }
}
