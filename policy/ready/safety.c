/* SPDX-License-Identifier: Apache-2.0 */

/* What keeps virtual machines off VFs: see safety.h.
 *
 * A row of ready.def that is enforced is a reason of the same name in
 * reason.def, so that nobody has to learn two. */

#include <config.h>

#include "policy/ready/safety.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "policy/ready/host.h"
#include "util.h"

void
iov_safety_clear(struct iov_safety *safety)
{
    for (size_t i = 0; i < safety->n_nics; i++) {
        free(safety->nics[i].pci);
        free(safety->nics[i].netdev);
        iov_ready_clear(&safety->nics[i].ready);
    }
    free(safety->nics);
    iov_ready_clear(&safety->host);
    memset(safety, 0, sizeof *safety);
}

/* One result in words. */

/* What is the matter in this very case, to be freed. */
static char *
explain(const struct iov_ready_result *result)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (result->outcome == IOV_READY_UNKNOWN) {
        ds_put_cstr(&ds, "It cannot be told");
        for (size_t i = 0; i < result->n_seen; i++) {
            ds_put_format(&ds, "%s %s: %s", i ? ";" : ":",
                          result->seen[i].file, result->seen[i].value);
        }
        ds_put_char(&ds, '.');
    }
    if (result->detail) {
        ds_put_format(&ds, "%s%s", ds.length ? " " : "", result->detail);
    }
    if (result->remedy && result->outcome == IOV_READY_FAILED) {
        ds_put_format(&ds, "%s%s", ds.length ? " " : "", result->remedy);
    }
    return ds_steal_cstr(&ds);
}

static enum iov_reason_id
reason_of(enum iov_ready_id id)
{
    enum iov_reason_id reason;

    return (iov_reason_from_slug(iov_ready_class(id)->slug, &reason)
            ? reason : IOV_REASON_NO_DMA_REMAPPING);
}

static void
add_obstacles(const struct iov_ready *ready, const char *object,
              bool unsafe_interrupts_ok, struct iov_reasons *reasons)
{
    for (size_t i = 0; i < ready->n; i++) {
        const struct iov_ready_result *result = &ready->results[i];

        if (iov_ready_is_obstacle(result, unsafe_interrupts_ok)) {
            char *detail = explain(result);

            iov_reasons_add(reasons, reason_of(result->id), object,
                            detail[0] ? detail : NULL);
            free(detail);
        }
    }
}

/* Judging. */

/* Everything that is enforced, to be compared. */
static struct iov_reasons
collect(const struct iov_safety *safety)
{
    struct iov_reasons reasons = IOV_REASONS_INITIALIZER;

    add_obstacles(&safety->host, NULL, false, &reasons);
    for (size_t i = 0; i < safety->n_nics; i++) {
        const struct iov_safety_nic *nic = &safety->nics[i];

        /* So that a NIC that comes, goes or is renamed makes a difference. */
        iov_reasons_add(&reasons, IOV_REASON_NO_ACS_PATH, nic->pci,
                        nic->netdev);
        add_obstacles(&nic->ready, nic->pci, false, &reasons);
    }
    return reasons;
}

bool
iov_safety_judge(struct iov_safety *safety, const struct iov_host *host)
{
    struct iov_reasons old = collect(safety);

    iov_safety_clear(safety);
    iov_ready_check_host(host, &safety->host);
    safety->n_nics = host->n_nics;
    safety->nics = xcalloc(MAX(host->n_nics, 1), sizeof *safety->nics);
    for (size_t i = 0; i < host->n_nics; i++) {
        const struct iov_host_nic *nic = &host->nics[i];

        safety->nics[i].pci = xstrdup(nic->pci);
        safety->nics[i].netdev = nullable_xstrdup(nic->netdev);
        safety->nics[i].n_vfs = nic->n_vfs;
        iov_ready_check_nic(host, nic, &safety->nics[i].ready);
    }

    struct iov_reasons new = collect(safety);
    bool same = iov_reasons_equal(&old, &new);

    iov_reasons_clear(&old);
    iov_reasons_clear(&new);
    return !same;
}

/* Asking. */

const struct iov_safety_nic *
iov_safety_find(const struct iov_safety *safety, const struct iov_pf *pf)
{
    for (size_t i = 0; safety && i < safety->n_nics; i++) {
        const struct iov_safety_nic *nic = &safety->nics[i];

        if (pf->pci ? !strcmp(nic->pci, pf->pci)
            : nullable_string_is_equal(nic->netdev, pf->netdev)) {
            return nic;
        }
    }
    return NULL;
}

/* Returns false if 'pf' is simulated and so has no host. */
static bool
add_nic_obstacles(const struct iov_safety *safety, const struct iov_pf *pf,
                  struct iov_reasons *reasons)
{
    const struct iov_safety_nic *nic = iov_safety_find(safety, pf);

    if (nic) {
        add_obstacles(&nic->ready, pf->netdev, false, reasons);
    } else if (!pf->simulated) {
        iov_reasons_add(reasons, IOV_REASON_NO_ACS_PATH, pf->netdev,
                        "It cannot be told: the NIC is not among those of "
                        "this host.");
    }
    return nic || !pf->simulated;
}

void
iov_safety_obstacles(const struct iov_safety *safety,
                     const struct iov_pf *const *pfs, size_t n,
                     bool unsafe_interrupts_ok, struct iov_reasons *reasons)
{
    struct iov_reasons of_pfs = IOV_REASONS_INITIALIZER;
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        any |= add_nic_obstacles(safety, pfs[i], &of_pfs);
    }
    if (any && safety && safety->host.n) {
        add_obstacles(&safety->host, NULL, unsafe_interrupts_ok, reasons);
    } else if (any) {
        iov_reasons_add(reasons, IOV_REASON_NO_DMA_REMAPPING, NULL,
                        "It cannot be told: nobody has looked at the host.");
    }
    iov_reasons_move(reasons, &of_pfs);
}

bool
iov_safety_needs_override(const struct iov_safety *safety)
{
    for (size_t i = 0; i < safety->host.n; i++) {
        const struct iov_ready_result *result = &safety->host.results[i];

        if (iov_ready_is_obstacle(result, false)
            && !iov_ready_is_obstacle(result, true)) {
            return true;
        }
    }
    return false;
}
