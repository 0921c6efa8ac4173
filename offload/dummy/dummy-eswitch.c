/* SPDX-License-Identifier: Apache-2.0 */

/* "dummy": the e-switch of dummy NICs, which knows MAC addresses and VLANs.
 * The tutorial for e-switch classes.
 *
 * A class is a struct iov_eswitch_class (see the end of this file) with a row
 * in eswitch.def.  What it has to get right, in the order of a day:
 *
 *   - start() takes an operation over.  It may be done at once or later; it
 *     must be answered by exactly one result, even if the PF disappears.
 *   - next_result() hands the results out, oldest first.
 *   - run() does what has become due, wait() says when to come back.
 *
 * 'shown' and 'set' are two things.  A driver may acknowledge a value and not
 * set it; only READ_BACK finds out. */

#include <config.h>

#include "offload/dummy/dummy.h"

#include <errno.h>
#include <string.h>

#include "offload/eswitch.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "util.h"

/* An operation on its way, or done. */
struct pending {
    struct ovs_list node;
    struct iov_op *op;
    long long int due;          /* When it is to be done. */
};

static struct ovs_list queue = OVS_LIST_INITIALIZER(&queue);
static struct ovs_list results = OVS_LIST_INITIALIZER(&results);
static struct ovs_list guest_results = OVS_LIST_INITIALIZER(&guest_results);
static long long int last_now;

static int
do_vf_set(struct dummy_pf *pf, struct dummy_vf *vf, const struct iov_op *op)
{
    iov_vf_attr_copy(&vf->shown, &op->set, op->attr);
    if (!(pf->ignore & IOV_VF_BIT(op->attr))) {
        iov_vf_attr_copy(&vf->set, &op->set, op->attr);
    }
    return 0;
}

static int
do_set_num_vfs(struct dummy_pf *pf, unsigned int n)
{
    if (n > pf->total_vfs) {
        return ERANGE;
    }
    /* The kernel creates all of them anew. */
    dummy_pf_set_num_vfs(pf, 0);
    dummy_pf_set_num_vfs(pf, n);
    return 0;
}

static int
do_pf_op(struct dummy_pf *pf, const struct iov_op *op, char **text)
{
    switch ((int) op->type) {
    case IOV_OP_PF_MAC_ADD:
        if (pf->n_macs >= pf->mac_table) {
            *text = xasprintf("all %u places are taken", pf->mac_table);
            return ENOSPC;
        }
        dummy_pf_set_mac(pf, op->mac, true);
        return 0;

    case IOV_OP_PF_MAC_DEL:
        dummy_pf_set_mac(pf, op->mac, false);
        return 0;

    case IOV_OP_SET_NUM_VFS:
        return do_set_num_vfs(pf, op->num_vfs);

    case IOV_OP_READ_BACK:
        for (unsigned int i = 0; i < pf->n_vfs; i++) {
            pf->vfs[i].shown = pf->vfs[i].set;
        }
        return 0;

    default:
        return EOPNOTSUPP;
    }
}

/* The refusal of 'op', or of the value that it sets, or null. */
static const struct dummy_refusal *
find_refusal(const struct dummy_pf *pf, const struct iov_op *op)
{
    const struct dummy_refusal *r = NULL;

    if (op->type == IOV_OP_VF_SET) {
        struct ds value = DS_EMPTY_INITIALIZER;

        iov_vf_attr_format(&value, &op->set, op->attr);
        r = shash_find_data(&pf->values, ds_cstr(&value));
        ds_destroy(&value);
    }
    return r ? r : dummy_refusal_find(&pf->refusals, op);
}

/* Does 'op' now, except for writing the file.  Returns 0 or a positive errno,
 * and words in '*text'. */
static int
execute(const struct iov_op *op, char **text)
{
    struct dummy_pf *pf = dummy_pf_find(op->pf);

    if (!pf) {
        return ENODEV;
    }
    iov_op_format(&pf->log, op);
    ds_put_char(&pf->log, '\n');

    bool is_vf_op = (op->type == IOV_OP_VF_SET
                     || op->type == IOV_OP_GUEST_ATTACH
                     || op->type == IOV_OP_GUEST_ACTIVATE
                     || op->type == IOV_OP_GUEST_DETACH);

    if (is_vf_op && op->vf >= pf->n_vfs) {
        return ENODEV;
    }

    struct dummy_vf *vf = is_vf_op ? &pf->vfs[op->vf] : NULL;
    const struct dummy_refusal *r = find_refusal(pf, op);

    if (r) {
        *text = nullable_xstrdup(r->text);
        if (op->type == IOV_OP_VF_SET && r->error == EOPNOTSUPP) {
            vf->cannot |= IOV_VF_BIT(op->attr);
            dummy_count_change();
        }
        return r->error;
    }

    int error = (op->type == IOV_OP_VF_SET ? do_vf_set(pf, vf, op)
                 : is_vf_op ? dummy_guest_do(op, vf, text)
                 : do_pf_op(pf, op, text));
    dummy_count_change();
    return error;
}

static bool
is_guest_op(const struct iov_op *op)
{
    return (op->type == IOV_OP_GUEST_ATTACH
            || op->type == IOV_OP_GUEST_ACTIVATE
            || op->type == IOV_OP_GUEST_DETACH);
}

static void
finish(struct pending *p)
{
    struct ovs_list *list = is_guest_op(p->op) ? &guest_results : &results;
    char *text = NULL;
    int error = execute(p->op, &text);
    struct iov_result *result = iov_result_create(p->op, error, text);

    result->requests = 1;
    ovs_list_push_back(list, &result->node);
    free(text);
    free(p);
}

void
dummy_start(struct iov_op *op)
{
    struct pending *p = xzalloc(sizeof *p);
    const struct dummy_pf *pf = dummy_pf_find(op->pf);

    p->op = op;
    p->due = last_now + (pf ? pf->delay : 0);
    ovs_list_push_back(&queue, &p->node);
}

/* Operations of one PF are never done in another order than they began, even
 * if its delay has been shortened meanwhile. */
static bool
is_blocked(const struct pending *p)
{
    const struct pending *q;

    LIST_FOR_EACH (q, node, &queue) {
        if (q == p) {
            return false;
        } else if (!strcmp(q->op->pf, p->op->pf)) {
            return true;
        }
    }
    return false;
}

/* The file is written once for all that is done in a run, because it holds
 * every VF.  No result has been handed out before that. */
static void
dummy_run(long long int now)
{
    uint64_t before = dummy_changed();
    struct pending *p;

    last_now = now;
    LIST_FOR_EACH_SAFE (p, node, &queue) {
        if (p->due <= now && !is_blocked(p)) {
            ovs_list_remove(&p->node);
            finish(p);
        }
    }
    if (dummy_changed() != before) {
        dummy_store_save();
    }
}

static void
dummy_wait(long long int now OVS_UNUSED)
{
    struct pending *p;

    if (!ovs_list_is_empty(&results) || !ovs_list_is_empty(&guest_results)) {
        poll_immediate_wake();
    }
    LIST_FOR_EACH (p, node, &queue) {
        poll_timer_wait_until(p->due);
    }
}

static struct iov_result *
dummy_next_result(void)
{
    return iov_result_pop(&results);
}

struct iov_result *
dummy_guest_next_result(void)
{
    return iov_result_pop(&guest_results);
}

/* The life of the class. */

static void
dummy_eswitch_start(const struct iov_eswitch *self OVS_UNUSED,
                    struct iov_op *op)
{
    dummy_start(op);
}

static void
dummy_eswitch_exit(void)
{
    struct iov_result *r;
    struct pending *p;

    LIST_FOR_EACH_POP (p, node, &queue) {
        iov_op_destroy(p->op);
        free(p);
    }
    while ((r = dummy_next_result()) || (r = dummy_guest_next_result())) {
        iov_result_destroy(r);
    }
}

bool
dummy_count(const struct iov_eswitch *self, unsigned int vf, uint64_t *sent,
            uint64_t *heard)
{
    const struct dummy_pf *dummy = dummy_pf_find(self->pf.netdev);

    if (!dummy || !dummy->counts || vf >= dummy->n_vfs) {
        return false;
    }
    *sent = dummy->vfs[vf].sent;
    *heard = dummy->vfs[vf].heard;
    return true;
}

const struct iov_eswitch_class iov_eswitch_dummy = {
    .name = "dummy",
    .simulated = true,
    .exit = dummy_eswitch_exit,
    .run = dummy_run,
    .wait = dummy_wait,
    .start = dummy_eswitch_start,
    .next_result = dummy_next_result,
    .count = dummy_count,
};
