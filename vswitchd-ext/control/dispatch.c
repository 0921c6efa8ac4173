/* SPDX-License-Identifier: Apache-2.0
 *
 * Brings each operation to who carries it out: see dispatch.h.
 *
 * The journal answers at once, the others later; its operations wait in a
 * queue so that all look alike to the caller. */

#include <config.h>
#include "vswitchd-ext/control/dispatch.h"

#include <errno.h>

#include "coverage.h"
#include "offload/guest.h"
#include "offload/journal.h"
#include "offload/provider.h"
#include "openvswitch/vlog.h"
#include "util.h"
#include "vswitchd-ext/control/history.h"
#include "vswitchd-ext/control/tally.h"
#include "vswitchd-ext/ovs/fdb.h"

VLOG_DEFINE_THIS_MODULE(iov_moves);

COVERAGE_DEFINE(iov_op);
COVERAGE_DEFINE(iov_op_failed);
COVERAGE_DEFINE(iov_kernel_request);

/* Operations for the journal. */
static struct iov_op **queue;
static size_t n_queue, allocated_queue;

/* Its results, those before 'next_answer' have been handed out. */
static struct iov_result **answers;
static size_t n_answers, next_answer;

void
iov_dispatch(struct iov_op *op, const struct iov_vf *vf)
{
    switch (op->type) {
    case IOV_OP_RECORD:
    case IOV_OP_FORGET:
        if (n_queue >= allocated_queue) {
            queue = x2nrealloc(queue, &allocated_queue, sizeof *queue);
        }
        queue[n_queue++] = op;
        return;
    case IOV_OP_GUEST_ATTACH:
    case IOV_OP_GUEST_ACTIVATE:
    case IOV_OP_GUEST_DETACH:
        iov_guests_start(op, vf);
        return;
    case IOV_OP_FDB_ADD:
    case IOV_OP_FDB_DEL:
        iov_fdb_start(op);
        return;
    case IOV_OP_VF_SET:
    case IOV_OP_PF_MAC_ADD:
    case IOV_OP_PF_MAC_DEL:
    case IOV_OP_READ_BACK:
    case IOV_OP_SET_NUM_VFS:
        iov_providers_start(op);
        return;
    case IOV_N_OPS:
        break;
    }
    OVS_NOT_REACHED();
}

/* All that wait go into the journal at once. */
static void
run_journal(const struct iov_nics *nics)
{
    free(answers);
    answers = xmalloc(n_queue * sizeof *answers);
    iov_journal_do(queue, n_queue, nics, answers);
    n_answers = n_queue;
    next_answer = 0;
    n_queue = 0;
}

static struct iov_result *
next_journal_result(const struct iov_nics *nics)
{
    if (next_answer >= n_answers && n_queue) {
        run_journal(nics);
    }
    return next_answer < n_answers ? answers[next_answer++] : NULL;
}

/* The journal follows ovs-vswitchd's MAC table, also where an operation was
 * given up before it was carried out. */
static struct iov_result *
next_switch_result(void)
{
    struct iov_result *r;

    while ((r = iov_fdb_next_result())) {
        if (!r->error) {
            iov_journal_note_switch(r->op->bridge, r->op->vlan, r->op->mac,
                                    r->op->type == IOV_OP_FDB_ADD
                                    ? r->op->switch_port : NULL);
        }
        if (!r->late) {
            break;
        }
        iov_result_destroy(r);
    }
    return r;
}

/* The journal follows what the guest was let do. */
static struct iov_result *
next_guest_result(const struct iov_nics *nics)
{
    struct iov_result *r = iov_guests_next_result();
    const struct iov_pf *pf = r ? iov_nics_find(nics, r->op->pf) : NULL;

    /* Who was asked to give the VF back does not use it any more, even if he
     * has not done so. */
    if (pf && (!r->error || r->op->type == IOV_OP_GUEST_DETACH)) {
        iov_journal_note_started(pf, r->op->vf,
                                 r->op->type == IOV_OP_GUEST_ACTIVATE);
    }
    return r;
}

struct iov_result *
iov_dispatch_next_result(const struct iov_nics *nics)
{
    struct iov_result *r = next_journal_result(nics);

    r = r ? r : iov_providers_next_result();
    r = r ? r : next_guest_result(nics);
    return r ? r : next_switch_result();
}

static void
log_failure(const struct iov_result *r, const char *name, const char *op,
            long long int wall_now, bool news)
{
    char *text = xasprintf("%s: %s%s%s", op, ovs_strerror(r->error),
                           r->text ? ": " : "", r->text ? r->text : "");

    COVERAGE_INC(iov_op_failed);
    if (news) {
        /* That a driver cannot do what nothing depends on is no fault. */
        bool harmless = (r->error == EOPNOTSUPP && r->op->type == IOV_OP_VF_SET
                         && iov_vf_attr_is_optional(r->op->attr));

        VLOG(harmless ? VLL_INFO : VLL_WARN, "%s: %s", name, text);
        iov_history_add(IOV_EVENT_FAILED, name, wall_now, "%s", text);
    } else {
        VLOG_DBG("%s: %s", name, text);
    }
    free(text);
}

void
iov_dispatch_log(const struct iov_result *r, const char *name,
                 const char *op, long long int wall_now, bool news)
{
    COVERAGE_INC(iov_op);
    iov_tallies.ops[r->op->type][r->error == ECANCELED ? IOV_OP_GIVEN_UP
                                 : r->error ? IOV_OP_FAILED : IOV_OP_DONE]++;
    COVERAGE_ADD(iov_kernel_request, r->requests);
    if (r->error == ECANCELED) {
        VLOG_INFO("%s: %s: given up", name, op);
        iov_history_add(IOV_EVENT_GIVEN_UP, name, wall_now, "%s: given up",
                        op);
    } else if (r->error) {
        log_failure(r, name, op, wall_now, news);
    } else {
        VLOG_DBG("%s: %s", name, op);
        iov_history_add(IOV_EVENT_DONE, name, wall_now, "%s", op);
    }
}

void
iov_dispatch_exit(void)
{
    while (n_queue) {
        iov_op_destroy(queue[--n_queue]);
    }
    while (next_answer < n_answers) {
        iov_result_destroy(answers[next_answer++]);
    }
    free(queue);
    free(answers);
    queue = NULL;
    answers = NULL;
    allocated_queue = 0;
}
