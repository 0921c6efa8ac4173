/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of reconciling that is for no port: see reconcile-pf.h.
 *
 * Only what the journal says is ours is ever removed. */

#include <config.h>
#include "vswitchd-ext/control/reconcile-pf.h"

#include <stdlib.h>
#include <string.h>

#include "offload/journal.h"
#include "packets.h"
#include "policy/plan/plan.h"
#include "policy/verdict/check.h"
#include "policy/verdict/verdict.h"
#include "policy/verdict/vf-owner.h"
#include "util.h"
#include "vswitchd-ext/control/reconcile.h"
#include "vswitchd-ext/control/runtime.h"
#include "vswitchd-ext/ovs/fdb.h"

static bool
is_on_bridge(const struct iov_pf *pf, const struct iov_bridge *bridge)
{
    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (bridge->ports[i].is_uplink
            && !strcmp(bridge->ports[i].name, pf->netdev)) {
            return true;
        }
    }
    return false;
}

bool
iov_original_mac_is_taken(const struct iov_snapshot *s,
                          const struct iov_vf_record *r)
{
    const struct iov_vf_settings *original = &r->original;

    if (!(original->known & IOV_VF_BIT(IOV_VF_MAC))
        || eth_addr_is_zero(original->mac)) {
        return false;
    }
    for (size_t i = 0; i < s->n_bridges; i++) {
        const struct iov_bridge *bridge = &s->bridges[i];

        for (size_t j = 0; j < bridge->n_ports; j++) {
            if (iov_port_mac_is_meant(&bridge->ports[j])
                && eth_addr_equals(bridge->ports[j].mac, original->mac)) {
                return true;
            }
        }
    }
    return false;
}

/* What ports behind 'pf' want; with null 'pf', what all ports want.  To be
 * freed by the caller. */
static void
keep_init(struct iov_plan_keep *keep, const struct iov_reconcile *s,
          const struct iov_pf *pf)
{
    size_t max = s->verdicts->n + 1;
    struct iov_switch_entry *entries = xcalloc(max, sizeof *entries);
    struct eth_addr *macs = xcalloc(max, sizeof *macs);
    const struct iov_bridge *bridge = NULL;
    bool wanted = false;
    size_t n_macs = 0, n = 0;

    for (size_t i = 0; i < s->verdicts->n && !s->clean_up; i++) {
        const struct iov_verdict *v = &s->verdicts->list[i];

        if (v->bridge != bridge) {
            bridge = v->bridge;
            wanted = (bridge->keys.enabled && !bridge->keys.observe
                      && (!pf || is_on_bridge(pf, bridge)));
        }
        if (!wanted || !iov_port_mac_is_meant(v->port) || v->port->unheard) {
            continue;
        }
        macs[n_macs++] = v->port->mac;
        if (!v->port->mac_shared) {
            entries[n++] = (struct iov_switch_entry) {
                v->bridge->name, iov_port_vlan(v->port), v->port->mac
            };
        }
    }
    qsort(entries, n, sizeof *entries, iov_switch_entry_compare);
    *keep = (struct iov_plan_keep) { macs, n_macs, entries, n };
}

static void
keep_destroy(struct iov_plan_keep *keep)
{
    free(CONST_CAST(struct eth_addr *, keep->macs));
    free(CONST_CAST(struct iov_switch_entry *, keep->entries));
}

/* Number of VFs that 'pf' should have, or -1. */
static int
wanted_vfs(const struct iov_reconcile *s, const struct iov_pf *pf)
{
    if (s->clean_up) {
        return pf->original_vfs;
    }
    for (size_t i = 0; i < s->snapshot->n_bridges; i++) {
        const struct iov_bridge *b = &s->snapshot->bridges[i];
        if (b->keys.enabled && !b->keys.observe && b->keys.vfs >= 0
            && is_on_bridge(pf, b)
            && (!b->keys.pfs.n || svec_contains(&b->keys.pfs, pf->netdev))) {
            return iov_pf_has_foreign_vf(&b->keys, pf) ? -1 : b->keys.vfs;
        }
    }
    return -1;
}

static struct iov_runtime *
pf_runtime(const char *netdev)
{
    char name[128];

    snprintf(name, sizeof name, "/%s", netdev);
    return iov_runtime_get(name);
}

const struct iov_failures *
iov_pf_failures(const char *netdev)
{
    return &pf_runtime(netdev)->failures;
}

void
iov_reread_start(const struct iov_nics *nics)
{
    for (size_t i = 0; i < nics->n_pfs; i++) {
        pf_runtime(nics->pfs[i].netdev)->reread = true;
    }
}

/* A reading that was wanted is either not yet begun or under way. */
bool
iov_reread_is_done(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &iov_runtimes) {
        const struct iov_runtime *runtime = node->data;
        if (runtime->name[0] == '/' && (runtime->reread || runtime->busy)) {
            return false;
        }
    }
    return true;
}

static void
reconcile_pf(const struct iov_reconcile *s, const struct iov_pf *pf)
{
    struct iov_runtime *runtime = pf_runtime(pf->netdev);
    struct iov_plan_keep keep;

    runtime->seen = true;
    if (!runtime->busy && runtime->reread) {
        runtime->reread = false;
        iov_reconcile_begin(
            runtime, iov_op_create(IOV_OP_READ_BACK, "", pf->netdev, 0), NULL);
    } else if (!runtime->busy) {
        runtime->vfs_before = pf->n_vfs ? pf->n_vfs : runtime->vfs_before;
        keep_init(&keep, s, pf);
        iov_reconcile_begin(
            runtime,
            iov_plan_next_pf(pf, wanted_vfs(s, pf),
                             (runtime->vfs_before ? runtime->vfs_before
                              : pf->original_vfs),
                             &keep, &runtime->failures),
            NULL);
        keep_destroy(&keep);
    }
}

static void
reconcile_switch(const struct iov_reconcile *s)
{
    const struct iov_journal_switch *entries;
    size_t n = iov_journal_switch_entries(&entries);
    struct iov_runtime *runtime = iov_runtime_get("/switch");
    struct iov_plan_keep keep;
    struct iov_op *op = NULL;

    runtime->seen = true;
    if (runtime->busy || iov_fdb_unreachable()) {
        return;
    }
    keep_init(&keep, s, NULL);
    for (size_t i = 0; i < n && !op; i++) {
        struct iov_switch_entry entry = {
            entries[i].bridge, entries[i].vlan, entries[i].mac
        };
        op = iov_plan_next_entry(&entry, &keep);
        if (op && iov_failures_find(&runtime->failures, op)) {
            iov_op_destroy(op);
            op = NULL;
        }
    }
    iov_reconcile_begin(runtime, op, NULL);
    keep_destroy(&keep);
}

void
iov_reconcile_pfs(const struct iov_reconcile *s)
{
    for (size_t i = 0; i < s->nics->n_pfs; i++) {
        reconcile_pf(s, &s->nics->pfs[i]);
    }
    reconcile_switch(s);
}
