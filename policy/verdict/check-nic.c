/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks of the way out: uplink, PF, what the NIC said to earlier requests,
 * and whether the daemon can move ports at all.
 *
 * A failed operation stays an obstacle until it is time to try it again, so
 * that a NIC that refuses does not make the port flap. */

#include <config.h>
#include "policy/verdict/check.h"

#include <errno.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "policy/model/op.h"
#include "policy/verdict/no-pf.h"
#include "util.h"

static void
check_named_pfs(struct iov_check *c)
{
    const struct svec *names = &c->bridge->keys.pfs;

    for (size_t i = 0; i < names->n; i++) {
        const char *name = names->names[i];
        check_fail(c, IOV_REASON_NOT_A_PF, name,
                   iov_nics_find(c->snapshot->nics, name)
                   ? "%s is not an unbonded port of bridge %s."
                   : "%s (for bridge %s) has no SR-IOV or is not there.",
                   name, c->bridge->name);
    }
}

static void
explain_no_pf(struct iov_check *c)
{
    if (c->bridge->keys.pfs.n) {
        check_named_pfs(c);
        return;
    }

    size_t n = c->reasons->n;

    iov_no_pf_explain(c->snapshot, c->bridge, c->reasons);
    check_take_found(c, n);
}

/* The address list of a PF that is full says ENOMEM (igb), ENOSPC or ENOBUFS;
 * anything else has to do with something else. */
static enum iov_reason_id
failure_reason(const struct iov_failure *f)
{
    return (f->op->type == IOV_OP_PF_MAC_ADD && f->error != ENOMEM
            && f->error != ENOSPC && f->error != ENOBUFS
            ? IOV_REASON_PF_ERROR
            : iov_op_reason(f->op->type));
}

/* What the driver said of itself stays, and only another NIC helps; anything
 * else may be over when it is tried again. */
static char *
refusal_remedy(const struct iov_failure *f)
{
    if (f->op->type != IOV_OP_VF_SET) {
        return NULL;
    } else if (f->error == EOPNOTSUPP || f->error == EPROTONOSUPPORT
               || f->error == ENOSYS) {
        return xstrdup("The driver does not have this VF attribute: remove "
                       "what needs it, or use a NIC that has it.");
    } else if (f->op->fences) {
        return xstrdup("This is how a VF is kept apart while its port is on "
                       "software, and is tried again by itself; the kernel's "
                       "log (dmesg) may say why the driver refuses it.  Of "
                       "VLANs, other_config:iov-fence-vlans of Open_vSwitch "
                       "can name others.");
    } else if (f->error == EINVAL || f->error == ERANGE) {
        return xstrdup("The driver does not take this value: use one that it "
                       "takes, or remove what asks for it.");
    }
    return xstrdup("It is tried again by itself; if the answer stays, look "
                   "for what the driver says in the kernel's log (dmesg).");
}

static void
fail_with(struct iov_check *c, const struct iov_failure *f)
{
    struct ds object = DS_EMPTY_INITIALIZER;

    iov_op_format(&object, f->op);
    check_fail(c, failure_reason(f), ds_cstr(&object), "%s%s%s",
               ovs_strerror(f->error), f->text ? ": " : "",
               f->text ? f->text : "");
    iov_reasons_set_remedy(c->reasons, refusal_remedy(f));
    ds_destroy(&object);
}

/* Explains why no PF has VFs.  A request that failed counts until it works,
 * also while it is tried again. */
static void
explain_no_vfs(struct iov_check *c)
{
    for (size_t i = 0; i < c->n_pfs; i++) {
        const struct iov_failure *f
            = iov_failures_last(c->pfs[i]->failures, IOV_OP_SET_NUM_VFS);

        if (f && (int) f->op->num_vfs == c->bridge->keys.vfs) {
            fail_with(c, f);
            return;
        }
    }
    check_fail(c, IOV_REASON_NO_VFS, c->pfs[0]->netdev, "It could have %u.",
               c->pfs[0]->total_vfs);
}

void
check_uplink(struct iov_check *c)
{
    unsigned int n_vfs = 0;

    if (!c->n_pfs) {
        explain_no_pf(c);
        return;
    }
    for (size_t i = 0; i < c->n_pfs; i++) {
        const struct iov_pf *pf = c->pfs[i];

        n_vfs += pf->n_vfs;
        if (!pf->up) {
            check_fail(c, IOV_REASON_PF_DOWN, pf->netdev, NULL);
        } else if (pf->no_carrier) {
            check_fail(c, IOV_REASON_NO_CARRIER, pf->netdev, NULL);
        }
        if (c->port->mtu > pf->mtu && pf->mtu > 0) {
            check_fail(c, IOV_REASON_MTU, pf->netdev,
                       "The port's is %d, the PF's is %d.", c->port->mtu,
                       pf->mtu);
        }
    }
    if (!n_vfs) {
        explain_no_vfs(c);
    }
}

/* True if 'op' was to give a VF the link that it has not got. */
static bool
is_for_link(const struct iov_check *c, const struct iov_op *op)
{
    const struct iov_pf *pf = iov_nics_find(c->snapshot->nics, op->pf);

    return (op->attr == IOV_VF_LINK_STATE
            && op->set.link_state != IOV_VF_LINK_DISABLE
            && pf && op->vf < pf->n_vfs
            && !iov_vf_may_have_link(&pf->vfs[op->vf]));
}

/* True if a failure of 'op' keeps no port from a VF. */
static bool
is_harmless(const struct iov_check *c, const struct iov_op *op)
{
    return (op->type == IOV_OP_VF_SET
            && (op->restores || iov_op_is_shown_rate(op)
                || (iov_vf_attr_is_optional(op->attr)
                    && !is_for_link(c, op))));
}

/* Failures whose reason lies in the range that a check speaks of. */
static void
tell_failures(struct iov_check *c, bool of_switch)
{
    const struct iov_failures *failures = c->port->failures;

    for (size_t i = 0; failures && i < failures->n; i++) {
        const struct iov_failure *f = &failures->list[i];
        bool is_switch =
            (f->op->type == IOV_OP_FDB_ADD || f->op->type == IOV_OP_FDB_DEL);
        if (is_switch == of_switch && !is_harmless(c, f->op)
            && iov_failures_find(failures, f->op)) {
            fail_with(c, f);
        }
    }
}

void
check_nic(struct iov_check *c)
{
    tell_failures(c, false);
}

void
check_host(struct iov_check *c)
{
    const struct iov_snapshot *s = c->snapshot;

    if (s->no_privilege) {
        check_fail(c, IOV_REASON_NO_PRIVILEGE, NULL, "%s", s->no_privilege);
    }
    if (s->no_journal) {
        check_fail(c, IOV_REASON_JOURNAL_BLOCKED, NULL, "%s", s->no_journal);
    }
    if (s->no_switch && !(c->port->stays && s->switch_held)) {
        check_fail(c, IOV_REASON_SWITCH_UNREACHABLE, NULL, "%s",
                   s->no_switch);
    }
    tell_failures(c, true);
}
