/* SPDX-License-Identifier: Apache-2.0 */

/* Readiness as text for people and as JSON for programs.
 *
 * Cause, consequence and remedy are shown for what failed only.  Of an outcome
 * that is unknown, the files that could not be read are the news. */

#include <config.h>

#include "policy/ready/ready-internal.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "policy/ready/host.h"
#include "util.h"

/* How many columns the lines of text have at most. */
#define COLUMNS 78

static const char *
remedy_of(const struct iov_ready_result *result)
{
    return result->remedy ? result->remedy
                          : iov_ready_class(result->id)->remedy;
}

static const char *
force_text(enum iov_ready_force force)
{
    switch (force) {
    case IOV_READY_ENFORCED:
        return "enforced for virtual machines";
    case IOV_READY_OVERRIDABLE:
        return "enforced for virtual machines unless iov-unsafe-interrupts-ok";
    case IOV_READY_ADVICE:
        return "advice";
    }
    OVS_NOT_REACHED();
}

/* Text. */

/* Appends 'text' in lines that begin with 'indent' blanks. */
static void
put_wrapped(struct ds *ds, int indent, const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t n = strcspn(text, " ");

        if (column && column + 1 + n > COLUMNS) {
            ds_put_char(ds, '\n');
            column = 0;
        }
        if (!column) {
            ds_put_char_multiple(ds, ' ', indent);
            column = indent;
        } else {
            ds_put_char(ds, ' ');
            column++;
        }
        ds_put_buffer(ds, text, n);
        column += n;
        text += n + strspn(text + n, " ");
    }
    ds_put_char(ds, '\n');
}

static void
put_result(struct ds *ds, const struct iov_ready_result *result)
{
    const struct iov_ready_class *class = iov_ready_class(result->id);

    ds_put_format(ds, "  %-3s %s: %s", class->id, class->slug,
                  iov_outcome_name(result->outcome));
    if (result->outcome == IOV_READY_FAILED) {
        ds_put_format(ds, " (%s)", force_text(class->force));
    }
    ds_put_char(ds, '\n');
    for (size_t i = 0; i < result->n_seen; i++) {
        ds_put_format(ds, "        %s: %s\n", result->seen[i].file,
                      result->seen[i].value);
    }
    if (result->outcome == IOV_READY_FAILED) {
        put_wrapped(ds, 6, class->cause);
    }
    if (result->detail) {
        put_wrapped(ds, 6, result->detail);
    }
    if (result->outcome == IOV_READY_FAILED) {
        put_wrapped(ds, 6, class->consequence);
        put_wrapped(ds, 6, remedy_of(result));
    }
}

void
iov_ready_format_results(const struct iov_ready *ready, struct ds *ds)
{
    for (size_t i = 0; i < ready->n; i++) {
        put_result(ds, &ready->results[i]);
    }
}

static void
put_fact(struct ds *ds, const char *name, const struct iov_fact *fact,
         const char *unit)
{
    if (iov_fact_is_read(fact) && fact->value[0]) {
        ds_put_format(ds, "  %s: %s%s\n", name, fact->value, unit);
    } else {
        ds_put_format(ds, "  %s: unknown\n", name);
    }
}

static void
put_port(struct ds *ds, const struct iov_host *host, const char *address)
{
    const struct iov_host_pci *pci = iov_host_find_pci(host, address);

    ds_put_format(ds, "  port above: %s", address);
    if (!pci || (pci->pcie && !pci->ext_caps_known) || !pci->caps_known) {
        ds_put_cstr(ds, ", ACS unknown");
    } else if (pci->acs) {
        ds_put_format(ds, ", ACS 0x%04x, in use 0x%04x", pci->acs_cap,
                      pci->acs_ctrl);
    } else {
        ds_put_cstr(ds, ", no ACS");
    }
    ds_put_format(ds, "%s\n", pci && pci->ari ? ", ARI" : "");
}

static void
put_vfs(struct ds *ds, const struct iov_host_nic *nic)
{
    size_t n_bound = 0;

    for (size_t i = 0; i < nic->n_vfs; i++) {
        n_bound += nic->vfs[i].driver != NULL;
    }
    ds_put_format(ds, "  VFs: %"PRIuSIZE" of %s enabled, %"PRIuSIZE" with a "
                  "driver", nic->n_vfs,
                  nic->total_vfs.value ? nic->total_vfs.value : "?", n_bound);
    if (nic->vf_msix >= 0) {
        ds_put_format(ds, ", %d MSI-X vectors each", nic->vf_msix);
    }
    ds_put_char(ds, '\n');
    if (nic->n_vfs && nic->vfs[0].group >= 0) {
        ds_put_cstr(ds, "  IOMMU groups of VFs:");
        for (size_t i = 0; i < nic->n_vfs; i++) {
            ds_put_format(ds, " %d", nic->vfs[i].group);
        }
        ds_put_char(ds, '\n');
    }
}

void
iov_host_nic_format(const struct iov_host *host,
                    const struct iov_host_nic *nic, struct ds *ds)
{
    if (nic->description) {
        ds_put_format(ds, "  device: %s\n", nic->description);
    }
    if (nic->driver) {
        ds_put_format(ds, "  driver: %s", nic->driver);
        if (iov_fact_is_read(&nic->driver_version)) {
            ds_put_format(ds, " %s", nic->driver_version.value);
        }
        ds_put_char(ds, '\n');
    } else {
        ds_put_cstr(ds, "  driver: none\n");
    }
    put_fact(ds, "firmware", &nic->firmware, "");
    put_fact(ds, "mode", &nic->mode, "");
    if (nic->netdev) {
        put_fact(ds, "link", &nic->operstate, "");
        put_fact(ds, "speed", &nic->speed, " Mbit/s");
    }
    if (nic->slot) {
        ds_put_format(ds, "  slot: %s\n", nic->slot);
    }
    for (size_t i = 0; i < nic->n_up; i++) {
        put_port(ds, host, nic->up[i]);
    }
    put_vfs(ds, nic);
    if (nic->pf) {
        iov_ready_put_pf(ds, nic->pf);
    }
}

static void
put_heading(struct ds *ds, const char *what, const struct iov_ready *ready)
{
    static const char *const texts[] = {
        [IOV_READY_NOT_APPLICABLE] = "ready",
        [IOV_READY_OK] = "ready",
        [IOV_READY_UNKNOWN] = "could not tell",
        [IOV_READY_FAILED] = "not ready",
    };

    ds_put_format(ds, "%s: %s\n", what, texts[iov_ready_worst(ready)]);
}

static void
put_nic(struct ds *ds, const struct iov_host *host,
        const struct iov_host_nic *nic, const struct iov_ready *ready)
{
    char *what = xasprintf("nic %s%s%s%s", nic->netdev ? nic->netdev : "",
                           nic->netdev ? " (" : "", nic->pci,
                           nic->netdev ? ")" : "");

    put_heading(ds, what, ready);
    free(what);
    iov_host_nic_format(host, nic, ds);
    iov_ready_format_results(ready, ds);
}

/* JSON. */

static void
put_string(struct json *object, const char *name, const char *value)
{
    if (value) {
        json_object_put_string(object, name, value);
    }
}

static struct json *
result_to_json(const struct iov_ready_result *result)
{
    const struct iov_ready_class *class = iov_ready_class(result->id);
    struct json *object = json_object_create();
    struct json *seen = json_array_create_empty();

    for (size_t i = 0; i < result->n_seen; i++) {
        struct json *one = json_object_create();

        put_string(one, "file", result->seen[i].file);
        put_string(one, "value", result->seen[i].value);
        json_array_add(seen, one);
    }
    put_string(object, "id", class->id);
    put_string(object, "slug", class->slug);
    put_string(object, "question", class->question);
    put_string(object, "outcome", iov_outcome_name(result->outcome));
    put_string(object, "force", class->force == IOV_READY_ENFORCED ? "enforced"
               : class->force == IOV_READY_OVERRIDABLE ? "overridable"
               : "advice");
    json_object_put(object, "seen", seen);
    put_string(object, "detail", result->detail);
    if (result->outcome == IOV_READY_FAILED) {
        put_string(object, "cause", class->cause);
        put_string(object, "consequence", class->consequence);
        put_string(object, "remedy", remedy_of(result));
    }
    return object;
}

struct json *
iov_ready_results_to_json(const struct iov_ready *ready)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < ready->n; i++) {
        json_array_add(array, result_to_json(&ready->results[i]));
    }
    return array;
}

static struct json *
ports_to_json(const struct iov_host *host, const struct iov_host_nic *nic)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < nic->n_up; i++) {
        const struct iov_host_pci *pci = iov_host_find_pci(host, nic->up[i]);
        struct json *port = json_object_create();

        put_string(port, "pci", nic->up[i]);
        if (pci && pci->ext_caps_known) {
            json_object_put(port, "acs", json_boolean_create(pci->acs));
            json_object_put(port, "ari", json_boolean_create(pci->ari));
        }
        json_array_add(array, port);
    }
    return array;
}

static struct json *
vfs_to_json(const struct iov_host_nic *nic)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < nic->n_vfs; i++) {
        const struct iov_host_vf *vf = &nic->vfs[i];
        struct json *object = json_object_create();

        put_string(object, "pci", vf->pci);
        put_string(object, "driver", vf->driver);
        if (vf->group >= 0) {
            json_object_put(object, "iommu-group",
                            json_integer_create(vf->group));
            json_object_put(object, "iommu-group-size",
                            json_integer_create(vf->group_size));
        }
        if (vf->msix >= 0) {
            json_object_put(object, "msix", json_integer_create(vf->msix));
        }
        json_array_add(array, object);
    }
    return array;
}

static void
put_number_fact(struct json *object, const char *name,
                const struct iov_fact *fact)
{
    unsigned int number;

    if (iov_fact_number(fact, &number)) {
        json_object_put(object, name, json_integer_create(number));
    }
}

struct json *
iov_host_nic_to_json(const struct iov_host *host,
                     const struct iov_host_nic *nic)
{
    struct json *object = json_object_create();

    put_string(object, "pci", nic->pci);
    put_string(object, "netdev", nic->netdev);
    put_string(object, "driver", nic->driver);
    put_string(object, "driver-version", nic->driver_version.value);
    put_string(object, "firmware", nic->firmware.value);
    put_string(object, "mode", nic->mode.value);
    put_string(object, "description", nic->description);
    put_string(object, "slot", nic->slot);
    put_string(object, "link", nic->operstate.value);
    put_string(object, "master", nic->master.value);
    put_number_fact(object, "speed", &nic->speed);
    put_number_fact(object, "total-vfs", &nic->total_vfs);
    put_number_fact(object, "vf-total-msix", &nic->vf_total_msix);
    if (nic->vf_msix >= 0) {
        json_object_put(object, "vf-msix", json_integer_create(nic->vf_msix));
    }
    json_object_put(object, "ports", ports_to_json(host, nic));
    json_object_put(object, "vfs", vfs_to_json(nic));
    if (nic->pf) {
        iov_ready_pf_to_json(nic->pf, object);
    }
    return object;
}

/* All of it. */

/* True if the NIC is to be shown: the one asked for, or else every one with
 * SR-IOV, or all of them if there is none with it. */
static bool
is_wanted(const struct iov_host *host, const struct iov_host_nic *nic,
          const struct iov_host_nic *only)
{
    if (only) {
        return nic == only;
    }
    for (size_t i = 0; i < host->n_nics; i++) {
        if (iov_host_nic_has_sriov(host, &host->nics[i])) {
            return iov_host_nic_has_sriov(host, nic);
        }
    }
    return true;
}

/* Calls the checks, puts what they say into 'ds' and 'json' as far as these
 * are not null, and returns the outcome as a whole. */
static enum iov_outcome
report(const struct iov_host *host, const struct iov_host_nic *only,
       struct ds *ds, struct json *json)
{
    struct iov_ready ready = IOV_READY_INITIALIZER;
    enum iov_outcome best = IOV_READY_FAILED;
    struct json *nics = json ? json_array_create_empty() : NULL;

    iov_ready_check_host(host, &ready);

    enum iov_outcome outcome = iov_ready_worst(&ready);

    if (ds) {
        put_heading(ds, "host", &ready);
        iov_ready_format_results(&ready, ds);
    }
    if (json) {
        json_object_put(json, "host", iov_ready_results_to_json(&ready));
        json_object_put(json, "nics", nics);
    }
    for (size_t i = 0; i < host->n_nics; i++) {
        const struct iov_host_nic *nic = &host->nics[i];

        if (!is_wanted(host, nic, only)) {
            continue;
        }
        iov_ready_check_nic(host, nic, &ready);
        best = MIN(best, iov_ready_worst(&ready));
        if (ds) {
            put_nic(ds, host, nic, &ready);
        }
        if (json) {
            struct json *object = iov_host_nic_to_json(host, nic);

            json_object_put(object, "checks",
                            iov_ready_results_to_json(&ready));
            json_array_add(nics, object);
        }
    }
    iov_ready_clear(&ready);
    if (ds && !host->n_nics) {
        ds_put_cstr(ds, "no network controller on the PCI bus: not ready\n");
    }
    return MAX(outcome, best);
}

enum iov_outcome
iov_ready_format(const struct iov_host *host, const struct iov_host_nic *nic,
                 struct ds *ds)
{
    return report(host, nic, ds, NULL);
}

struct json *
iov_ready_to_json(const struct iov_host *host,
                  const struct iov_host_nic *nic)
{
    struct json *json = json_object_create();
    enum iov_outcome outcome = report(host, nic, NULL, json);

    put_string(json, "outcome", iov_outcome_name(outcome));
    return json;
}

enum iov_outcome
iov_ready_outcome(const struct iov_host *host, const struct iov_host_nic *nic)
{
    return report(host, nic, NULL, NULL);
}
