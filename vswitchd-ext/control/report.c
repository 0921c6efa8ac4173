/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the status: see report.h.
 *
 * A VF is in use when the journal has a record of it, whatever the verdict of
 * the moment says. */

#include <config.h>
#include "vswitchd-ext/control/report.h"

#include <string.h>

#include "policy/ready/safety.h"
#include "policy/verdict/no-pf.h"
#include "policy/verdict/verdict.h"
#include "util.h"
#include "vswitchd-ext/control/reconcile.h"
#include "vswitchd-ext/control/runtime.h"
#include "vswitchd-ext/status.h"

/* Fills in the VF that the port is on, if any. */
static void
report_vf(struct iov_port_status *ps, const struct iov_nics *nics)
{
    for (size_t i = 0; i < nics->n_pfs; i++) {
        const struct iov_pf *pf = &nics->pfs[i];
        for (unsigned int j = 0; j < pf->n_vfs; j++) {
            const struct iov_vf *vf = &pf->vfs[j];
            if (vf->record && !strcmp(vf->record->port, ps->name)) {
                ps->pf = xstrdup(pf->netdev);
                ps->vf = vf->index;
                ps->vf_pci = nullable_xstrdup(vf->pci);
                return;
            }
        }
    }
}

static void
report_port(struct iov_port_status *ps, const struct iov_verdict *v,
            const struct iov_nics *nics)
{
    struct iov_runtime *runtime = iov_runtime_get(v->port->name);

    ps->name = xstrdup(v->port->name);
    ps->uuid = v->port->uuid;
    ps->bridge = xstrdup(v->bridge->name);
    ps->state = runtime->state;
    ps->since = runtime->since;
    ps->vf_in_use = runtime->taken;
    ps->active_known = runtime->activity.known;
    ps->active = runtime->activity.active;
    runtime->activity.was_known = ps->active_known;
    runtime->activity.was_active = ps->active;
    iov_reasons_copy(&ps->reasons, &runtime->reasons);
    report_vf(ps, nics);
}

static void
report_bridge(struct iov_bridge_status *bs, const struct iov_bridge *bridge,
              const struct iov_snapshot *snapshot)
{
    const struct iov_nics *nics = snapshot->nics;
    const struct iov_pf **pfs = xcalloc(bridge->n_ports + 1, sizeof *pfs);
    size_t n = 0;

    bs->name = xstrdup(bridge->name);
    bs->uuid = bridge->uuid;
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct iov_pf *pf = (bridge->ports[i].is_uplink
                                   ? iov_nics_find(nics,
                                                   bridge->ports[i].name)
                                   : NULL);
        if (pf) {
            pfs[n++] = pf;
            bs->vfs += pf->n_vfs;
            for (unsigned int j = 0; j < pf->n_vfs; j++) {
                bs->vfs_in_use += pf->vfs[j].record != NULL;
            }
        }
    }
    if (!n) {
        iov_no_pf_explain(snapshot, bridge, &bs->obstacles);
    } else if (!bs->vfs) {
        iov_reasons_add(&bs->obstacles, IOV_REASON_NO_VFS, NULL, NULL);
    }
    iov_safety_obstacles(snapshot->safety, pfs, n,
                         snapshot->keys.unsafe_interrupts_ok, &bs->obstacles);
    free(pfs);
}

struct iov_status *
iov_status_create(const struct iov_reconcile *s, bool settled)
{
    const struct iov_snapshot *snapshot = s->snapshot;
    struct iov_status *status = xzalloc(sizeof *status);

    status->settled = settled;
    status->bridges = xcalloc(snapshot->n_bridges + 1,
                              sizeof *status->bridges);
    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        if (snapshot->bridges[i].keys.enabled) {
            report_bridge(&status->bridges[status->n_bridges++],
                          &snapshot->bridges[i], snapshot);
        }
    }
    status->ports = xcalloc(s->verdicts->n + 1, sizeof *status->ports);
    for (size_t i = 0; i < s->verdicts->n; i++) {
        report_port(&status->ports[status->n_ports++],
                    &s->verdicts->list[i], s->nics);
    }
    return status;
}

void
iov_status_destroy(struct iov_status *status)
{
    if (!status) {
        return;
    }
    for (size_t i = 0; i < status->n_bridges; i++) {
        free(status->bridges[i].name);
        iov_reasons_clear(&status->bridges[i].obstacles);
    }
    for (size_t i = 0; i < status->n_ports; i++) {
        struct iov_port_status *ps = &status->ports[i];
        free(ps->name);
        free(ps->bridge);
        free(ps->pf);
        free(ps->vf_pci);
        iov_reasons_clear(&ps->reasons);
    }
    free(status->bridges);
    free(status->ports);
    free(status);
}
