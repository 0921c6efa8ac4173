/* SPDX-License-Identifier: Apache-2.0 */

/* Operations of a port that failed, with back-off.
 *
 * A failure whose time has come is out of force, or the verdict would never
 * let the operation be tried again; but it is not forgotten either, or every
 * failure would be the first.  It moves from 'list' to 'past' and stays there
 * until the operation works, or until it has not been heard of for a while. */

#include <config.h>

#include "policy/model/op.h"

#include <limits.h>
#include <string.h>

#include "packets.h"
#include "util.h"

#define BACKOFF_FIRST 1000      /* ms. */
#define BACKOFF_TRIES 6         /* Doublings: up to 64 s. */
#define PAST_KEPT (4 * 60 * 1000) /* ms after 'retry_at'. */

/* True if 'a' and 'b' ask for the same thing. */
static bool
same_op(const struct iov_op *a, const struct iov_op *b)
{
    return (a->type == b->type
            && a->vf == b->vf
            && nullable_string_is_equal(a->port, b->port)
            && nullable_string_is_equal(a->pf, b->pf)
            && nullable_string_is_equal(a->bridge, b->bridge)
            && nullable_string_is_equal(a->guest, b->guest)
            && nullable_string_is_equal(a->switch_port, b->switch_port)
            && eth_addr_equals(a->mac, b->mac)
            && a->vlan == b->vlan
            && a->num_vfs == b->num_vfs
            && (a->type != IOV_OP_VF_SET
                || (a->attr == b->attr
                    && iov_vf_attr_equal(&a->set, &b->set, a->attr))));
}

/* Returns the place of 'op' in 'list', or 'n'. */
static size_t
place(const struct iov_failure *list, size_t n, const struct iov_op *op)
{
    size_t i = 0;

    while (i < n && !same_op(list[i].op, op)) {
        i++;
    }
    return i;
}

static void
push(struct iov_failure **list, size_t *n, struct iov_failure failure)
{
    *list = xrealloc(*list, (*n + 1) * sizeof **list);
    (*list)[(*n)++] = failure;
}

/* Takes element 'i' out of the list, keeping the order of the others. */
static struct iov_failure
pull(struct iov_failure *list, size_t *n, size_t i)
{
    struct iov_failure failure = list[i];

    --*n;
    memmove(&list[i], &list[i + 1], (*n - i) * sizeof *list);
    return failure;
}

static void
failure_clear(struct iov_failure *failure)
{
    iov_op_destroy(failure->op);
    free(failure->text);
}

/* Takes the failure of 'op' out of 'failures', wherever it is.  Returns true
 * and stores it in '*failure' if there was one. */
static bool
take(struct iov_failures *failures, const struct iov_op *op,
     struct iov_failure *failure)
{
    size_t i = place(failures->list, failures->n, op);

    if (i < failures->n) {
        *failure = pull(failures->list, &failures->n, i);
        return true;
    }
    i = place(failures->past, failures->n_past, op);
    if (i < failures->n_past) {
        *failure = pull(failures->past, &failures->n_past, i);
        return true;
    }
    return false;
}

static long long int
backoff(unsigned int tries)
{
    return (long long int) BACKOFF_FIRST << MIN(tries - 1, BACKOFF_TRIES);
}

bool
iov_failures_add(struct iov_failures *failures,
                 const struct iov_result *result, long long int now)
{
    struct iov_failure failure;
    bool news = true;

    if (take(failures, result->op, &failure)) {
        news = (failure.error != result->error
                || !nullable_string_is_equal(failure.text, result->text));
        free(failure.text);
        failure.op->restores = result->op->restores;
        failure.op->fences = result->op->fences;
        failure.op->worked = result->op->worked;
    } else {
        failure = (struct iov_failure) {
            .op = iov_op_clone(result->op),
            .since = now,
        };
    }
    failure.error = result->error;
    failure.text = nullable_xstrdup(result->text);
    failure.tries++;
    failure.retry_at = now + backoff(failure.tries);
    push(&failures->list, &failures->n, failure);
    return news;
}

void
iov_failures_remove(struct iov_failures *failures, const struct iov_op *op)
{
    struct iov_failure failure;

    if (take(failures, op, &failure)) {
        failure_clear(&failure);
    }
}

static void
forget_in(struct iov_failure *list, size_t *n, enum iov_op_type type)
{
    for (size_t i = 0; i < *n; ) {
        if (list[i].op->type == type) {
            struct iov_failure failure = pull(list, n, i);
            failure_clear(&failure);
        } else {
            i++;
        }
    }
}

void
iov_failures_forget(struct iov_failures *failures, enum iov_op_type type)
{
    forget_in(failures->list, &failures->n, type);
    forget_in(failures->past, &failures->n_past, type);
}

bool
iov_failures_find(const struct iov_failures *failures,
                  const struct iov_op *op)
{
    return place(failures->list, failures->n, op) < failures->n;
}

const struct iov_failure *
iov_failures_get(const struct iov_failures *failures, const struct iov_op *op)
{
    size_t i = place(failures->list, failures->n, op);

    return i < failures->n ? &failures->list[i] : NULL;
}

static const struct iov_failure *
last_of_type(const struct iov_failure *list, size_t n, enum iov_op_type type)
{
    const struct iov_failure *last = NULL;

    for (size_t i = 0; i < n; i++) {
        if (list[i].op->type == type
            && (!last || list[i].retry_at > last->retry_at)) {
            last = &list[i];
        }
    }
    return last;
}

const struct iov_failure *
iov_failures_last(const struct iov_failures *failures, enum iov_op_type type)
{
    const struct iov_failure *last
        = failures ? last_of_type(failures->list, failures->n, type) : NULL;

    return (last || !failures ? last
            : last_of_type(failures->past, failures->n_past, type));
}

bool
iov_failures_expire(struct iov_failures *failures, long long int now)
{
    bool any = false;

    for (size_t i = 0; i < failures->n_past; ) {
        if (failures->past[i].retry_at + PAST_KEPT <= now) {
            struct iov_failure failure = pull(failures->past,
                                              &failures->n_past, i);
            failure_clear(&failure);
        } else {
            i++;
        }
    }
    for (size_t i = 0; i < failures->n; ) {
        if (failures->list[i].retry_at <= now) {
            push(&failures->past, &failures->n_past,
                 pull(failures->list, &failures->n, i));
            any = true;
        } else {
            i++;
        }
    }
    return any;
}

bool
iov_failures_pending(const struct iov_failures *failures, long long int now)
{
    return iov_failures_deadline(failures, now) != LLONG_MAX;
}

long long int
iov_failures_deadline(const struct iov_failures *failures, long long int now)
{
    long long int deadline = LLONG_MAX;

    for (size_t i = 0; i < failures->n; i++) {
        long long int retry_at = failures->list[i].retry_at;

        if (retry_at > now) {
            deadline = MIN(deadline, retry_at);
        }
    }
    return deadline;
}

void
iov_failures_clear(struct iov_failures *failures)
{
    for (size_t i = 0; i < failures->n; i++) {
        failure_clear(&failures->list[i]);
    }
    for (size_t i = 0; i < failures->n_past; i++) {
        failure_clear(&failures->past[i]);
    }
    free(failures->list);
    free(failures->past);
    memset(failures, 0, sizeof *failures);
}
