/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_GUEST_QMP_H
#define IOV_OFFLOAD_GUEST_QMP_H 1

/* A client of QMP, the protocol by which QEMU is told what to do, and by which
 * domains of libvirt are talked to (libvirt.h).
 *
 * The connection is made, and made again, by itself; while it does not work,
 * a sentence says why.  Every command is answered exactly once: by QEMU, or
 * with an error when the connection is lost, or when QEMU has not answered in
 * time, which ends the connection.
 *
 * A QMP socket serves one client at a time, and lets the next one connect
 * without a word.  Only the greeting tells. */

#include <stdbool.h>

struct json;
struct qmp;

/* 'value' is what QEMU returned, or null if 'error' (a sentence) is not.
 * Both are borrowed. */
typedef void qmp_reply_cb(void *aux, const struct json *value,
                          const char *error);
/* 'data' may be null; borrowed. */
typedef void qmp_event_cb(void *aux, const char *event,
                          const struct json *data);

struct qmp_command {
    const char *name;
    struct json *arguments;     /* Owned; null if there are none. */
    int limit;                  /* ms, 0: as for most. */
    qmp_reply_cb *cb;           /* Null: nobody cares. */
    void *aux;
};

/* 'path' is that of the socket, or "libvirt:DOMAIN".
 *
 * 'event_cb' is called for each event, and with the event "" when a
 * connection begins to work. */
struct qmp *qmp_open(const char *path, qmp_event_cb *, void *aux);
/* Answers the commands under way with an error. */
void qmp_close(struct qmp *);

void qmp_run(struct qmp *, long long int now);
void qmp_wait(struct qmp *, long long int now);
/* While 'barred' no connection is made, and limit qmp-machines is the
 * problem. */
void qmp_bar(struct qmp *, bool barred);

/* Null if commands can be sent, else a sentence; borrowed. */
const char *qmp_problem(const struct qmp *);
/* True until it is clear whether it works. */
bool qmp_is_trying(const struct qmp *);

/* Call only if there is no problem.  The reply comes by qmp_run(). */
void qmp_send(struct qmp *, const struct qmp_command *);
/* Forgets the callbacks with 'aux'. */
void qmp_forget(struct qmp *, const void *aux);

/* For reading what QEMU says: the member 'name' of the object 'json' if it is
 * there and of the right type, else null. */
const char *qmp_get_string(const struct json *, const char *name);
const struct json *qmp_get_array(const struct json *, const char *name);
const struct json *qmp_get_object(const struct json *, const char *name);

#endif /* offload/guest/qmp.h */
