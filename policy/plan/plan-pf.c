/* SPDX-License-Identifier: Apache-2.0
 *
 * What has to be done for no port in particular: see plan.h.
 *
 * The kernel changes a number of VFs only from or to 0, and doing so destroys
 * every VF of the PF, so it must be certain that none is in use, by us or by
 * anybody. */

#include <config.h>
#include "policy/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "util.h"

bool
iov_pf_is_free(const struct iov_pf *pf)
{
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        if (pf->vfs[i].record || pf->vfs[i].busy || pf->vfs[i].host_use) {
            return false;
        }
    }
    return true;
}

static struct iov_op *
unless_failed(struct iov_op *op, const struct iov_failures *failures)
{
    if (op && failures && iov_failures_find(failures, op)) {
        iov_op_destroy(op);
        return NULL;
    }
    return op;
}

/* True if this number of VFs could not be had the last time. */
static bool
is_refused(const struct iov_failures *failures, int vfs)
{
    const struct iov_failure *last
        = iov_failures_last(failures, IOV_OP_SET_NUM_VFS);

    return last && last->op->num_vfs == vfs;
}

/* Those that are there must not go for a number that is refused.  If that only
 * comes out when they have gone, because the kernel finds no room for so many,
 * as many are made again as there were. */
static struct iov_op *
next_num_vfs(const struct iov_pf *pf, int vfs, int vfs_before,
             const struct iov_failures *failures)
{
    struct iov_op *op;
    bool refused;

    if (vfs < 0 || vfs == pf->n_vfs || vfs > (int) pf->total_vfs
        || !iov_pf_is_free(pf)) {
        return NULL;
    }
    refused = vfs && is_refused(failures, vfs);
    if (refused && pf->n_vfs) {
        return NULL;
    }
    op = iov_op_create(IOV_OP_SET_NUM_VFS, "", pf->netdev, 0);
    op->num_vfs = (pf->n_vfs ? 0
                   : refused && vfs_before > 0 ? vfs_before
                   : vfs);
    return op;
}

static bool
is_kept(const struct iov_plan_keep *keep, struct eth_addr mac)
{
    for (size_t i = 0; i < keep->n_macs; i++) {
        if (eth_addr_equals(keep->macs[i], mac)) {
            return true;
        }
    }
    return false;
}

static struct iov_op *
next_stray_mac(const struct iov_pf *pf, const struct iov_plan_keep *keep)
{
    for (size_t i = 0; i < pf->n_our_macs; i++) {
        if (!is_kept(keep, pf->our_macs[i])) {
            struct iov_op *op = iov_op_create(IOV_OP_PF_MAC_DEL, "",
                                              pf->netdev, 0);
            op->mac = pf->our_macs[i];
            return op;
        }
    }
    return NULL;
}

struct iov_op *
iov_plan_next_pf(const struct iov_pf *pf, int vfs, int vfs_before,
                 const struct iov_plan_keep *keep,
                 const struct iov_failures *failures)
{
    struct iov_op *op = unless_failed(next_stray_mac(pf, keep), failures);

    return op ? op : unless_failed(next_num_vfs(pf, vfs, vfs_before, failures),
                                    failures);
}

int
iov_switch_entry_compare(const void *a_, const void *b_)
{
    const struct iov_switch_entry *a = a_, *b = b_;
    int cmp = eth_addr_compare_3way(a->mac, b->mac);

    cmp = cmp ? cmp : (a->vlan > b->vlan) - (a->vlan < b->vlan);
    return cmp ? cmp : strcmp(a->bridge, b->bridge);
}

struct iov_op *
iov_plan_next_entry(const struct iov_switch_entry *entry,
                    const struct iov_plan_keep *keep)
{
    struct iov_op *op;

    if (keep->n_entries
        && bsearch(entry, keep->entries, keep->n_entries, sizeof *entry,
                   iov_switch_entry_compare)) {
        return NULL;
    }
    op = iov_op_create(IOV_OP_FDB_DEL, "", "", 0);
    op->bridge = xstrdup(entry->bridge);
    op->mac = entry->mac;
    op->vlan = entry->vlan;
    return op;
}
