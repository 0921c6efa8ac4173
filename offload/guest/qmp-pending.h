/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_GUEST_QMP_PENDING_H
#define IOV_OFFLOAD_GUEST_QMP_PENDING_H 1

/* The commands of one QMP connection that are not yet answered, for qmp.c
 * alone.  Each is answered exactly once, by its callback. */

#include <stdbool.h>

#include "offload/guest/qmp.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"

struct qmp_pending {
    struct ovs_list list;       /* In the order of sending. */
    struct hmap by_id;          /* The same commands. */
    long long int next_id;
};

/* A command that has not been answered in time. */
struct qmp_late {
    const char *name;           /* Borrowed. */
    int limit;                  /* ms. */
};

void qmp_pending_init(struct qmp_pending *);
/* All have to be answered before. */
void qmp_pending_destroy(struct qmp_pending *);

/* Returns the id with which the command has to be sent, or 0 if it must not
 * be: there are too many, or 'refuse' is true.  It is then answered by the
 * next qmp_pending_check(). */
long long int qmp_pending_add(struct qmp_pending *,
                              const struct qmp_command *, bool refuse);
/* What the peer answers to 'id': a value, or, if that is null, an error that
 * 'desc' describes.  'who' is put before it; null: the command's name. */
void qmp_pending_answer(struct qmp_pending *, long long int id,
                        const struct json *value, const char *desc,
                        const char *who);
void qmp_pending_fail(struct qmp_pending *, const char *error);
/* Forgets the callbacks with 'aux'. */
void qmp_pending_forget(struct qmp_pending *, const void *aux);

/* True, and fills in 'late', if there is a command whose time is over. */
bool qmp_pending_check(struct qmp_pending *, long long int now,
                       struct qmp_late *late);
void qmp_pending_wait(const struct qmp_pending *);

#endif /* offload/guest/qmp-pending.h */
