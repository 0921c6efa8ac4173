/* SPDX-License-Identifier: Apache-2.0
 *
 * "iov/explain": every check of one port, and "iov/vfs": every VF.
 *
 * A check is passed when it found nothing; for a port that does not ask for
 * offload only the first one was made, and the others are shown as not
 * made. */

#include <config.h>
#include "vswitchd-ext/command/command.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/json.h"
#include "packets.h"
#include "policy/model/snapshot.h"
#include "policy/verdict/verdict.h"
#include "policy/verdict/vf-owner.h"
#include "util.h"
#include "vswitchd-ext/command/notes.h"
#include "vswitchd-ext/control/loop.h"
#include "vswitchd-ext/control/wall-time.h"
#include "vswitchd-ext/status.h"

static size_t
count_reasons(const struct iov_verdict *v, enum iov_check_id id)
{
    size_t n = 0;

    for (size_t i = 0; i < v->reasons.n; i++) {
        n += v->reasons.list[i].check == (int) id;
    }
    return n;
}

static const char *
outcome(const struct iov_verdict *v, enum iov_check_id id)
{
    return (count_reasons(v, id) ? "failed"
            : id > IOV_CHECK_request
              && count_reasons(v, IOV_CHECK_request) ? "not made"
            : id == IOV_CHECK_vf && !v->vf ? "not made"
            : "ok");
}

/* Culprits among the flows that are told without --all. */
#define MAX_CULPRITS 10

/* Makes all reasons of 'v' anew, with how packets get to each culprit, and
 * with the dates of those that the port has had. */
static void
collect_reasons(const struct iov_command *cmd, const struct iov_verdict *v,
                struct iov_reasons *reasons)
{
    struct iov_reasons flows = IOV_REASONS_INITIALIZER;
    bool known = iov_verdict_explain_flows(v, cmd->all ? SIZE_MAX
                                           : MAX_CULPRITS, &flows);

    for (size_t i = 0; i < v->reasons.n; i++) {
        const struct iov_reason *r = &v->reasons.list[i];
        if (known && r->check == IOV_CHECK_openflow) {
            iov_reasons_move(reasons, &flows);
        } else {
            iov_reasons_add_copy(reasons, r);
        }
    }
    iov_reasons_move(reasons, &flows);
    iov_command_tell_waits(reasons);
    for (size_t i = 0; i < cmd->view->status->n_ports; i++) {
        const struct iov_port_status *ps = &cmd->view->status->ports[i];
        if (!strcmp(ps->name, v->port->name)) {
            iov_reasons_date(reasons, &ps->reasons, 0);
        }
    }
}

static void
put_path(struct ds *ds, const char *path)
{
    const char *label = "reached by";

    while (*path) {
        size_t n = strcspn(path, "\n");
        ds_put_format(ds, "      %s %.*s\n", label, (int) n, path);
        path += n + (path[n] != '\0');
        label = "      then";
    }
}

static void
put_reason(struct ds *ds, const struct iov_reason *r)
{
    const struct iov_reason_class *class = iov_reason_class(r->id);

    ds_put_format(ds, "    %s%s%s\n", class->slug, r->object ? ": " : "",
                  r->object ? r->object : "");
    if (r->detail) {
        ds_put_format(ds, "      %s\n", r->detail);
    }
    if (r->path) {
        put_path(ds, r->path);
    }
    ds_put_cstr(ds, "      ");
    if (r->since) {
        ds_put_cstr(ds, "since ");
        iov_put_wall_time(ds, r->since);
        ds_put_cstr(ds, ", ");
    }
    ds_put_format(ds, "effect: %s\n      %s\n",
                  iov_effect_name(class->effect), iov_reason_remedy(r));
}

static void
explain_text(struct ds *ds, const struct iov_verdict *v,
             const struct iov_reasons *reasons)
{
    ds_put_format(ds, "port %s on bridge %s: %s\n", v->port->name,
                  v->bridge->name, v->vf ? "direct" : "software");
    for (int i = 0; i < IOV_N_CHECKS; i++) {
        ds_put_format(ds, "  %-9s %-9s %s\n", iov_check_name(i),
                      outcome(v, i), iov_check_question(i));
        for (size_t j = 0; j < reasons->n; j++) {
            if (reasons->list[j].check == i) {
                put_reason(ds, &reasons->list[j]);
            }
        }
        if (i == IOV_CHECK_openflow && reasons->n_more) {
            ds_put_format(ds, "    and %"PRIuSIZE" more like these, see "
                          "\"iov/explain --all %s\"\n", reasons->n_more,
                          v->port->name);
        }
    }
    if (v->vf) {
        ds_put_format(ds, "  it goes to VF %u of %s\n", v->vf->index,
                      v->pf->netdev);
    }
}

static struct json *
explain_json(const struct iov_verdict *v, const struct iov_reasons *reasons)
{
    struct json *checks = json_array_create_empty();
    struct json *o = json_object_create();

    for (int i = 0; i < IOV_N_CHECKS; i++) {
        struct json *c = json_object_create();
        json_object_put_string(c, "check", iov_check_name(i));
        json_object_put_string(c, "question", iov_check_question(i));
        json_object_put_string(c, "outcome", outcome(v, i));
        json_array_add(checks, c);
    }
    json_object_put_string(o, "port", v->port->name);
    json_object_put_string(o, "bridge", v->bridge->name);
    json_object_put(o, "direct", json_boolean_create(v->vf != NULL));
    json_object_put(o, "checks", checks);
    json_object_put(o, "reasons", iov_reasons_to_json(reasons));
    json_object_put(o, "more-reasons", json_integer_create(reasons->n_more));
    return o;
}

static void
explain(struct iov_command *cmd)
{
    const struct iov_verdict *v = iov_verdicts_find(cmd->view->verdicts,
                                                    cmd->arg);
    struct iov_reasons reasons = IOV_REASONS_INITIALIZER;

    collect_reasons(cmd, v, &reasons);
    if (cmd->json) {
        cmd->reply = explain_json(v, &reasons);
    } else {
        explain_text(&cmd->out, v, &reasons);
    }
    iov_reasons_clear(&reasons);
}

void
cmd_explain(struct iov_command *cmd)
{
    if (iov_verdicts_find(cmd->view->verdicts, cmd->arg)) {
        iov_worker_start(cmd, explain);
    } else {
        iov_command_no_port(cmd);
    }
}

/* iov/vfs. */

/* Keys of the bridge that 'pf' is a port of, or null. */
static const struct iov_bridge_keys *
keys_of(const struct iov_snapshot *s, const struct iov_pf *pf)
{
    const struct iov_bridge *bridge = NULL;

    iov_snapshot_find_port(s, pf->netdev, &bridge);
    return bridge ? &bridge->keys : NULL;
}

static void
vf_text(struct ds *ds, const struct iov_bridge_keys *keys,
        const struct iov_pf *pf, const struct iov_vf *vf)
{
    int vectors = iov_notes_vectors(pf, vf);

    ds_put_format(ds, "  vf %u", vf->index);
    if (vf->pci) {
        ds_put_format(ds, " (%s%s%s)", vf->pci, vf->driver ? ", " : "",
                      vf->driver ? vf->driver : "");
    }
    if (vf->record) {
        ds_put_format(ds, ": port %s, %s", vf->record->port,
                      iov_guest_state_name(vf->guest));
    } else {
        char *use = iov_vf_explain_use(keys, pf, vf);
        ds_put_format(ds, ": %s", use ? use : "free");
        free(use);
    }
    ds_put_cstr(ds, "\n   ");
    for (int i = 0; i < IOV_N_VF_ATTRS; i++) {
        if (vf->now.known & IOV_VF_BIT(i)) {
            ds_put_char(ds, ' ');
            iov_vf_attr_format(ds, &vf->now, i);
        }
    }
    if (vectors >= 0 && !(vf->now.known & IOV_VF_BIT(IOV_VF_VECTORS))) {
        ds_put_format(ds, "; %d interrupt vectors", vectors);
    }
    ds_put_char(ds, '\n');
}

static void
pf_text(struct ds *ds, const struct iov_bridge_keys *keys,
        const struct iov_pf *pf)
{
    ds_put_format(ds, "pf %s", pf->netdev);
    if (pf->pci) {
        ds_put_format(ds, " (%s)", pf->pci);
    }
    ds_put_format(ds, ": %u of %u VFs enabled\n", pf->n_vfs, pf->total_vfs);
    for (size_t i = 0; i < pf->n_our_macs; i++) {
        ds_put_format(ds, "  receives for "ETH_ADDR_FMT"\n",
                      ETH_ADDR_ARGS(pf->our_macs[i]));
    }
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        vf_text(ds, keys, pf, &pf->vfs[i]);
    }
}

static struct json *
vf_to_json(const struct iov_bridge_keys *keys, const struct iov_pf *pf,
           const struct iov_vf *vf)
{
    int vectors = iov_notes_vectors(pf, vf);
    struct json *o = json_object_create();

    json_object_put(o, "vf", json_integer_create(vf->index));
    if (vf->pci) {
        json_object_put_string(o, "pci", vf->pci);
    }
    if (vf->driver) {
        json_object_put_string(o, "driver", vf->driver);
    }
    if (vf->record) {
        json_object_put_string(o, "port", vf->record->port);
        json_object_put_string(o, "guest", iov_guest_state_name(vf->guest));
    }
    char *use = vf->record ? NULL : iov_vf_explain_use(keys, pf, vf);
    json_object_put(o, "busy", json_boolean_create(use != NULL));
    if (use) {
        json_object_put_string(o, "use", use);
    }
    free(use);
    if (vectors >= 0) {
        json_object_put(o, "vectors", json_integer_create(vectors));
    }
    json_object_put(o, "settings", iov_vf_settings_to_json(&vf->now));
    return o;
}

static struct json *
pf_vfs_to_json(const struct iov_bridge_keys *keys, const struct iov_pf *pf)
{
    struct json *macs = json_array_create_empty();
    struct json *vfs = json_array_create_empty();
    struct json *o = json_object_create();

    for (size_t i = 0; i < pf->n_our_macs; i++) {
        char mac[ETH_ADDR_STRLEN + 1];
        snprintf(mac, sizeof mac, ETH_ADDR_FMT,
                 ETH_ADDR_ARGS(pf->our_macs[i]));
        json_array_add(macs, json_string_create(mac));
    }
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        json_array_add(vfs, vf_to_json(keys, pf, &pf->vfs[i]));
    }
    json_object_put_string(o, "pf", pf->netdev);
    json_object_put(o, "total-vfs", json_integer_create(pf->total_vfs));
    json_object_put(o, "macs", macs);
    json_object_put(o, "vfs", vfs);
    return o;
}

void
cmd_vfs(struct iov_command *cmd)
{
    const struct iov_nics *nics = cmd->view->nics;

    if (cmd->arg && !iov_nics_find(nics, cmd->arg)) {
        cmd->error = xasprintf("there is no PF \"%s\"; \"iov/vfs\" without "
                               "arguments lists them", cmd->arg);
        return;
    }
    struct json *pfs = json_array_create_empty();

    for (size_t i = 0; i < nics->n_pfs; i++) {
        const struct iov_pf *pf = &nics->pfs[i];
        const struct iov_bridge_keys *keys = keys_of(cmd->view->snapshot, pf);
        if (cmd->arg && strcmp(cmd->arg, pf->netdev)) {
            continue;
        } else if (cmd->json) {
            json_array_add(pfs, pf_vfs_to_json(keys, pf));
        } else {
            pf_text(&cmd->out, keys, pf);
        }
    }
    if (cmd->json) {
        cmd->reply = iov_command_wrap("pfs", pfs);
    } else {
        json_destroy(pfs);
    }
}
