/* SPDX-License-Identifier: Apache-2.0 */

/* Commands that wait for their answers: see qmp-pending.h.
 *
 * A callback may send the next command, and may even close the connection; so
 * a command is taken out of the collection before its callback is called, and
 * nothing is looked at after it. */

#include <config.h>

#include "offload/guest/qmp-pending.h"

#include <limits.h>
#include <stdlib.h>

#include "hash.h"
#include "openvswitch/poll-loop.h"
#include "policy/model/limit.h"
#include "policy/model/text.h"
#include "util.h"

#define COMMAND_LIMIT 10000     /* ms. */

struct pending {
    struct ovs_list node;       /* In 'list'. */
    struct hmap_node id_node;   /* In 'by_id'. */
    long long int id;
    bool refused;               /* It was not sent. */
    char *name;
    int limit;                  /* ms. */
    long long int deadline;     /* 0: not set yet. */
    qmp_reply_cb *cb;
    void *aux;
};

void
qmp_pending_init(struct qmp_pending *pending)
{
    ovs_list_init(&pending->list);
    hmap_init(&pending->by_id);
    pending->next_id = 0;
}

void
qmp_pending_destroy(struct qmp_pending *pending)
{
    ovs_assert(ovs_list_is_empty(&pending->list));
    hmap_destroy(&pending->by_id);
}

long long int
qmp_pending_add(struct qmp_pending *pending,
                const struct qmp_command *command, bool refuse)
{
    struct pending *p = xmalloc(sizeof *p);

    *p = (struct pending) {
        .id = ++pending->next_id,
        .refused = refuse || (hmap_count(&pending->by_id)
                              >= IOV_LIMIT_QMP_COMMANDS),
        .name = xstrdup(command->name),
        .limit = command->limit ? command->limit : COMMAND_LIMIT,
        .cb = command->cb,
        .aux = command->aux,
    };
    ovs_list_push_back(&pending->list, &p->node);
    hmap_insert(&pending->by_id, &p->id_node, hash_uint64(p->id));
    return p->refused ? 0 : p->id;
}

static void
answer(struct qmp_pending *pending, struct pending *p,
       const struct json *value, const char *error)
{
    ovs_list_remove(&p->node);
    hmap_remove(&pending->by_id, &p->id_node);
    if (p->cb) {
        p->cb(p->aux, value, error);
    }
    free(p->name);
    free(p);
}

static struct pending *
find(const struct qmp_pending *pending, long long int id)
{
    struct pending *p;

    HMAP_FOR_EACH_WITH_HASH (p, id_node, hash_uint64(id), &pending->by_id) {
        if (p->id == id) {
            return p;
        }
    }
    return NULL;
}

void
qmp_pending_answer(struct qmp_pending *pending, long long int id,
                   const struct json *value, const char *desc,
                   const char *who)
{
    struct pending *p = find(pending, id);

    if (p && value) {
        answer(pending, p, value, NULL);
    } else if (p) {
        char *clean = iov_text_clean(desc ? desc : "an error without words");
        char *text = xasprintf("%s: %s", who ? who : p->name, clean);

        free(clean);
        answer(pending, p, NULL, text);
        free(text);
    }
}

static struct pending *
first(const struct qmp_pending *pending)
{
    return CONTAINER_OF(ovs_list_front(&pending->list), struct pending, node);
}

void
qmp_pending_fail(struct qmp_pending *pending, const char *error)
{
    while (!ovs_list_is_empty(&pending->list)) {
        answer(pending, first(pending), NULL, error);
    }
}

void
qmp_pending_forget(struct qmp_pending *pending, const void *aux)
{
    struct pending *p;

    LIST_FOR_EACH (p, node, &pending->list) {
        if (p->aux == aux) {
            p->cb = NULL;
        }
    }
}

static void
refuse(struct qmp_pending *pending, struct pending *p)
{
    char *why = iov_limit_explain(IOV_LIMIT_ID_QMP_COMMANDS);

    answer(pending, p, NULL, why);
    free(why);
}

bool
qmp_pending_check(struct qmp_pending *pending, long long int now,
                  struct qmp_late *late)
{
    struct pending *p;

    LIST_FOR_EACH (p, node, &pending->list) {
        if (p->refused) {
            /* Its callback may change the list; the others come next time. */
            refuse(pending, p);
            return false;
        } else if (!p->deadline) {
            p->deadline = now + p->limit;
        } else if (now >= p->deadline) {
            *late = (struct qmp_late) { p->name, p->limit };
            return true;
        }
    }
    return false;
}

/* One that is refused, or has no deadline yet, is looked at at once. */
void
qmp_pending_wait(const struct qmp_pending *pending)
{
    long long int deadline = LLONG_MAX;
    const struct pending *p;

    LIST_FOR_EACH (p, node, &pending->list) {
        deadline = MIN(deadline, p->refused ? 0 : p->deadline);
    }
    if (!deadline) {
        poll_immediate_wake();
    } else if (deadline != LLONG_MAX) {
        poll_timer_wait_until(deadline);
    }
}
