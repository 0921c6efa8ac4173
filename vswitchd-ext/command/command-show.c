/* SPDX-License-Identifier: Apache-2.0
 *
 * "iov/show": where every port is and why.
 *
 * Ports that ask for nothing are left out, or the output of a bridge with many
 * plain ports would hide the few that matter; asked for by name they are
 * shown. */

#include <config.h>
#include "vswitchd-ext/command/command.h"

#include <string.h>

#include "openvswitch/json.h"
#include "policy/model/op.h"
#include "policy/model/snapshot.h"
#include "policy/model/text.h"
#include "policy/plan/plan.h"
#include "policy/verdict/verdict.h"
#include "timeval.h"
#include "util.h"
#include "vswitchd-ext/command/notes.h"
#include "vswitchd-ext/control/loop.h"
#include "vswitchd-ext/control/readiness.h"
#include "vswitchd-ext/control/runtime.h"
#include "vswitchd-ext/control/wall-time.h"
#include "vswitchd-ext/status.h"

/* Text. */

static void
put_warnings(struct ds *ds, const char *indent, const char *label,
             const struct svec *list)
{
    for (size_t i = 0; i < list->n; i++) {
        ds_put_format(ds, "%s%s: %s\n", indent, label, list->names[i]);
    }
}

static unsigned int
count_in_use(const struct iov_pf *pf)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        n += pf->vfs[i].record != NULL;
    }
    return n;
}

/* Lists VFs that are still with the guest of a port that is gone. */
static void
put_orphans(const struct iov_view *view, struct ds *ds,
            const struct iov_pf *pf)
{
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        const struct iov_vf_record *r = pf->vfs[i].record;

        if (r && !iov_verdicts_find(view->verdicts, r->port)) {
            ds_put_format(ds, "    note: VF %u is not yet put back: it was "
                          "that of port %s, which is gone; see \"iov/history "
                          "%s\"\n", i, r->port, r->port);
        }
    }
}

static void
put_pf(struct ds *ds, const struct iov_view *view, const struct iov_pf *pf,
       const struct iov_bridge_keys *keys)
{
    const char *parts[] = { pf->pci, pf->driver, pf->description };
    const char *separator = " (";

    ds_put_format(ds, "  pf %s", pf->netdev);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (parts[i]) {
            ds_put_format(ds, "%s%s", separator, parts[i]);
            separator = ", ";
        }
    }
    ds_put_format(ds, "%s: VEB, %u of %u VFs enabled, %u in use\n",
                  separator[0] == ',' ? ")" : "", pf->n_vfs, pf->total_vfs,
                  count_in_use(pf));
    iov_notes_put_asked_vfs(ds, pf, keys);
    put_orphans(view, ds, pf);
}

static void
put_reason(struct ds *ds, const struct iov_reason *r)
{
    const struct iov_reason_class *class = iov_reason_class(r->id);

    ds_put_format(ds, "    %s%s%s", class->slug, r->object ? ": " : "",
                  r->object ? r->object : "");
    if (r->since) {
        ds_put_cstr(ds, ", since ");
        iov_put_wall_time(ds, r->since);
    }
    ds_put_format(ds, "\n        %s\n", class->text);
    if (r->detail) {
        ds_put_format(ds, "        %s\n", r->detail);
    }
    ds_put_format(ds, "        %s\n", iov_reason_remedy(r));
}

static bool
is_listed(const struct iov_reasons *reasons, const struct iov_reason *r)
{
    for (size_t i = 0; i < reasons->n; i++) {
        if (reasons->list[i].id == r->id
            && nullable_string_is_equal(reasons->list[i].object,
                                        r->object)) {
            return true;
        }
    }
    return false;
}

/* Fills in 'all' with the reasons of 'ps' and, if asked for, those that were
 * too many to keep. */
static void
collect_reasons(const struct iov_command *cmd,
                const struct iov_port_status *ps, struct iov_reasons *all)
{
    const struct iov_verdict *v = iov_verdicts_find(cmd->view->verdicts,
                                                    ps->name);
    struct iov_reasons flows = IOV_REASONS_INITIALIZER;

    iov_reasons_copy(all, &ps->reasons);
    if (cmd->all && all->n_more && v
        && iov_verdict_explain_flows(v, SIZE_MAX, &flows)) {
        for (size_t i = 0; i < flows.n; i++) {
            const struct iov_reason *r = &flows.list[i];
            if (!is_listed(&ps->reasons, r)) {
                iov_reasons_add_copy(all, r);
            }
        }
        all->n_more = 0;
    }
    iov_reasons_clear(&flows);
    iov_command_tell_waits(all);
}

static void
put_reasons(struct iov_command *cmd, const struct iov_port_status *ps)
{
    struct iov_reasons all = IOV_REASONS_INITIALIZER;

    collect_reasons(cmd, ps, &all);
    for (size_t i = 0; i < all.n; i++) {
        put_reason(&cmd->out, &all.list[i]);
    }
    if (all.n_more) {
        ds_put_format(&cmd->out, "    and %"PRIuSIZE" more like these, see "
                      "\"iov/show --all %s\"\n", all.n_more, ps->name);
    }
    iov_reasons_clear(&all);
}

/* What is seen of it now, or null if there is nothing to be seen. */
static const struct iov_activity *
look(const struct iov_command *cmd, const struct iov_port_status *ps)
{
    struct iov_runtime *runtime = iov_runtime_find(ps->name);

    if (!runtime || runtime->state != IOV_PORT_DIRECT) {
        return NULL;
    }
    iov_activity_look(runtime, cmd->view->nics, time_wall_msec());
    return runtime->activity.since ? &runtime->activity : NULL;
}

static void
put_activity(struct iov_command *cmd, const struct iov_port_status *ps)
{
    const struct iov_activity *a = look(cmd, ps);

    if (a) {
        ds_put_cstr(&cmd->out, "    ");
        iov_activity_format(a, &cmd->out);
        ds_put_char(&cmd->out, '\n');
    }
}

static void
put_port(struct iov_command *cmd, const struct iov_port *port,
         const struct iov_port_status *ps)
{
    struct svec notes = SVEC_EMPTY_INITIALIZER;
    struct ds *ds = &cmd->out;

    ds_put_format(ds, "  port %s: weight %u, %s", port->name,
                  port->keys.weight, iov_port_state_name(ps->state));
    if (ps->pf) {
        ds_put_format(ds, "%s VF %u",
                      ps->state == IOV_PORT_DIRECT ? " on"
                      : ps->state == IOV_PORT_ATTACHING ? " to"
                      : ps->state == IOV_PORT_RELEASING ? " from"
                      : ", fenced", ps->vf);
        if (ps->vf_pci) {
            ds_put_format(ds, " (%s)", ps->vf_pci);
        }
    }
    ds_put_cstr(ds, ", since ");
    iov_put_wall_time(ds, ps->since);
    ds_put_char(ds, '\n');
    put_activity(cmd, ps);
    put_reasons(cmd, ps);
    iov_notes_add(cmd->view, port, ps, &notes);
    put_warnings(ds, "    ", "note", &notes);
    svec_destroy(&notes);
    put_warnings(ds, "    ", "warning", &port->keys.warnings);
    put_warnings(ds, "    ", "not yet effective", &port->keys.later);
}

/* A port that asks for nothing is shown if it has not let go of its VF, or if
 * its keys may be meant to ask for something. */
static bool
is_shown(const struct iov_port *port, const struct iov_port_status *ps,
         const char *name)
{
    return name ? !strcmp(name, port->name)
                : (port->keys.weight || port->keys.errors.n
                   || port->keys.warnings.n || ps->pf);
}

/* Finds the status of 'port'; null for an uplink. */
static const struct iov_port_status *
find_status(const struct iov_view *view, const struct iov_port *port)
{
    for (size_t i = 0; i < view->status->n_ports; i++) {
        if (!strcmp(view->status->ports[i].name, port->name)) {
            return &view->status->ports[i];
        }
    }
    return NULL;
}

/* Null if the bridge may not use VFs. */
static const struct iov_bridge_status *
bridge_status(const struct iov_view *view, const struct iov_bridge *bridge)
{
    for (size_t i = 0; i < view->status->n_bridges; i++) {
        if (!strcmp(view->status->bridges[i].name, bridge->name)) {
            return &view->status->bridges[i];
        }
    }
    return NULL;
}

static bool
is_supported(const struct iov_view *view, const struct iov_bridge *bridge)
{
    const struct iov_bridge_status *bs = bridge_status(view, bridge);

    return bs && !bs->obstacles.n;
}

static void
put_support(struct ds *ds, const struct iov_bridge *bridge,
            const struct iov_bridge_status *bs)
{
    if (!bs) {
        ds_put_cstr(ds, "iov not enabled");
        return;
    }
    ds_put_cstr(ds, bridge->keys.observe ? "iov observed, "
                : "iov enabled, ");
    if (!bs->obstacles.n) {
        ds_put_cstr(ds, "supported");
    } else if (!bs->vfs) {
        ds_put_cstr(ds, "not supported: none of its ports is a PF with VFs");
    } else {
        ds_put_cstr(ds, "not supported for virtual machines: ");
        iov_reasons_format_slugs(ds, &bs->obstacles);
        ds_put_cstr(ds, ", see \"iov/support\"");
    }
}

static const struct iov_pf *
pf_of(const struct iov_view *view, const struct iov_port *port)
{
    return port->is_uplink ? iov_nics_find(view->nics, port->name) : NULL;
}

/* True if nobody has said which address is behind 'port', so that VFs cannot
 * reach it.  Behind uplinks and other ways out there is no single one. */
static bool
is_unreachable(const struct iov_bridge *bridge, const struct iov_port *port)
{
    return (bridge->keys.enabled && !iov_port_mac_is_meant(port)
            && !iov_port_leads_away(port) && !port->bonded
            && port->ofport >= 0
            && (!port->type[0] || !strcmp(port->type, "system")
                || !strcmp(port->type, "tap")));
}

static void
put_unreachable(struct ds *ds, const struct iov_bridge *bridge)
{
    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (is_unreachable(bridge, &bridge->ports[i])) {
            ds_put_format(ds, "  warning: VFs cannot reach what is behind "
                          "port %s: its external_ids:attached-mac is not "
                          "%s\n", bridge->ports[i].name,
                          bridge->ports[i].bad_mac ? "usable" : "set");
        }
    }
}

static void
put_bridge(struct iov_command *cmd, const struct iov_bridge *bridge,
           const char *port_name)
{
    ds_put_format(&cmd->out, "bridge %s: ", bridge->name);
    put_support(&cmd->out, bridge, bridge_status(cmd->view, bridge));
    ds_put_char(&cmd->out, '\n');
    iov_notes_put_held(&cmd->out, bridge);
    put_warnings(&cmd->out, "  ", "warning", &bridge->keys.errors);
    put_unreachable(&cmd->out, bridge);
    put_warnings(&cmd->out, "  ", "not yet effective", &bridge->keys.later);
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct iov_pf *pf = pf_of(cmd->view, &bridge->ports[i]);
        if (pf) {
            put_pf(&cmd->out, cmd->view, pf, &bridge->keys);
        }
    }
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct iov_port *port = &bridge->ports[i];
        const struct iov_port_status *ps = find_status(cmd->view, port);
        if (ps && is_shown(port, ps, port_name)) {
            put_port(cmd, port, ps);
        }
    }
}

/* JSON. */

static struct json *
svec_to_json(const struct svec *list)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < list->n; i++) {
        json_array_add(array, json_string_create(list->names[i]));
    }
    return array;
}

static void
put_nullable(struct json *o, const char *key, const char *value)
{
    if (value) {
        json_object_put_string(o, key, value);
    }
}

static void
put_vfs_error(struct json *o, const struct iov_pf *pf)
{
    const struct iov_failure *f = iov_failures_last(pf->failures,
                                                    IOV_OP_SET_NUM_VFS);

    if (f) {
        json_object_put_format(o, "vfs-error", "%s%s%s",
                               ovs_strerror(f->error), f->text ? ": " : "",
                               f->text ? f->text : "");
    }
}

static struct json *
pf_to_json(const struct iov_pf *pf)
{
    struct json *o = json_object_create();

    json_object_put_string(o, "name", pf->netdev);
    put_nullable(o, "pci", pf->pci);
    put_nullable(o, "driver", pf->driver);
    put_nullable(o, "description", pf->description);
    json_object_put(o, "total-vfs", json_integer_create(pf->total_vfs));
    json_object_put(o, "vfs", json_integer_create(pf->n_vfs));
    json_object_put(o, "vfs-in-use", json_integer_create(count_in_use(pf)));
    put_vfs_error(o, pf);
    return o;
}

/* Asked for, given and used: three facts. */
static void
put_facts(struct json *o, const struct iov_command *cmd,
          const struct iov_port *port, const struct iov_port_status *ps)
{
    const struct iov_activity *a = look(cmd, ps);

    json_object_put(o, "requested",
                    json_boolean_create(port->keys.weight != 0));
    json_object_put(o, "allocated", json_boolean_create(ps->vf_in_use));
    json_object_put(o, "active", !a || !a->known ? json_null_create()
                    : json_boolean_create(a->active));
    if (a) {
        struct ds text = DS_EMPTY_INITIALIZER;

        iov_activity_format(a, &text);
        json_object_put_string(o, "active-by", ds_cstr(&text));
        ds_destroy(&text);
    }
    if (a && a->counted) {
        json_object_put(o, "vf-tx-packets", json_integer_create(a->sent));
        json_object_put(o, "vf-rx-packets", json_integer_create(a->heard));
    }
}

static struct json *
port_to_json(const struct iov_command *cmd, const struct iov_port *port,
             const struct iov_port_status *ps)
{
    struct iov_reasons all = IOV_REASONS_INITIALIZER;
    struct svec notes = SVEC_EMPTY_INITIALIZER;
    struct json *o = json_object_create();

    json_object_put_string(o, "name", port->name);
    json_object_put(o, "weight", json_integer_create(port->keys.weight));
    json_object_put_string(o, "state", iov_port_state_name(ps->state));
    json_object_put(o, "since", iov_time_to_json(ps->since));
    if (ps->pf) {
        json_object_put_string(o, "pf", ps->pf);
        json_object_put(o, "vf", json_integer_create(ps->vf));
        put_nullable(o, "vf-pci", ps->vf_pci);
    }
    put_facts(o, cmd, port, ps);
    collect_reasons(cmd, ps, &all);
    json_object_put(o, "reasons", iov_reasons_to_json(&all));
    json_object_put(o, "more-reasons", json_integer_create(all.n_more));
    iov_reasons_clear(&all);
    iov_notes_add(cmd->view, port, ps, &notes);
    json_object_put(o, "notes", svec_to_json(&notes));
    svec_destroy(&notes);
    json_object_put(o, "warnings", svec_to_json(&port->keys.warnings));
    json_object_put(o, "queue-pairs",
                    json_integer_create(port->keys.queue_pairs));
    json_object_put(o, "not-yet-effective", svec_to_json(&port->keys.later));
    return o;
}

static struct json *
unreachable_to_json(const struct iov_bridge *bridge)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (is_unreachable(bridge, &bridge->ports[i])) {
            json_array_add(array,
                           json_string_create(bridge->ports[i].name));
        }
    }
    return array;
}

static struct json *
bridge_to_json(const struct iov_command *cmd, const struct iov_bridge *bridge,
               const char *port_name)
{
    const struct iov_view *view = cmd->view;
    struct json *pfs = json_array_create_empty();
    struct json *ports = json_array_create_empty();
    struct json *o = json_object_create();

    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct iov_port *port = &bridge->ports[i];
        const struct iov_port_status *ps = find_status(view, port);
        const struct iov_pf *pf = pf_of(view, port);

        if (pf) {
            json_array_add(pfs, pf_to_json(pf));
        }
        if (ps && is_shown(port, ps, port_name)) {
            json_array_add(ports, port_to_json(cmd, port, ps));
        }
    }
    json_object_put_string(o, "name", bridge->name);
    json_object_put(o, "enabled", json_boolean_create(bridge->keys.enabled));
    json_object_put(o, "observed", json_boolean_create(bridge->keys.observe));
    json_object_put(o, "supported",
                    json_boolean_create(is_supported(view, bridge)));
    json_object_put(o, "held-for",
                    json_integer_create(iov_notes_held_for(bridge)));
    json_object_put(o, "warnings", svec_to_json(&bridge->keys.errors));
    json_object_put(o, "unreachable", unreachable_to_json(bridge));
    json_object_put(o, "not-yet-effective",
                    svec_to_json(&bridge->keys.later));
    json_object_put(o, "pfs", pfs);
    json_object_put(o, "ports", ports);
    return o;
}

/* Both. */

static void
show_globals(struct iov_command *cmd)
{
    const struct iov_global_keys *keys = &cmd->view->snapshot->keys;
    struct svec warnings;

    svec_clone(&warnings, &keys->errors);
    if (iov_readiness_is_overridden()) {
        svec_add(&warnings, iov_readiness_warning);
    }
    if (cmd->view->snapshot->dead_path) {
        svec_add_nocopy(&warnings,
                        iov_notes_dead_path(cmd->view->snapshot));
    }
    if (cmd->json) {
        cmd->reply = json_object_create();
        json_object_put(cmd->reply, "warnings", svec_to_json(&warnings));
        json_object_put(cmd->reply, "not-yet-effective",
                        svec_to_json(&keys->later));
    } else {
        put_warnings(&cmd->out, "", "warning", &warnings);
        put_warnings(&cmd->out, "", "not yet effective", &keys->later);
    }
    svec_destroy(&warnings);
}

static void
show(struct iov_command *cmd)
{
    const struct iov_snapshot *s = cmd->view->snapshot;
    struct json *bridges = json_array_create_empty();
    const struct iov_bridge *only = NULL;
    const char *port_name = NULL;

    if (cmd->arg) {
        only = iov_snapshot_find_bridge(s, cmd->arg);
        if (!only && iov_snapshot_find_port(s, cmd->arg, &only)) {
            port_name = cmd->arg;
        }
        if (!only) {
            cmd->error = xasprintf("there is no bridge or port \"%s\"; "
                                   "\"iov/show\" without arguments lists "
                                   "them", cmd->arg);
            json_destroy(bridges);
            return;
        }
    }
    show_globals(cmd);
    for (size_t i = 0; i < s->n_bridges; i++) {
        const struct iov_bridge *bridge = &s->bridges[i];
        if (only && bridge != only) {
            continue;
        } else if (cmd->json) {
            json_array_add(bridges,
                           bridge_to_json(cmd, bridge, port_name));
        } else {
            put_bridge(cmd, bridge, port_name);
        }
    }
    if (cmd->json) {
        json_object_put(cmd->reply, "bridges", bridges);
    } else {
        json_destroy(bridges);
    }
}

void
cmd_show(struct iov_command *cmd)
{
    if (cmd->all) {
        iov_worker_start(cmd, show);
    } else {
        show(cmd);
    }
}
