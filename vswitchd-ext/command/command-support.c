/* SPDX-License-Identifier: Apache-2.0
 *
 * "iov/support": whether host, NICs and bridges are able and safe.
 *
 * The host and its NICs are told of in the words of ovs-iov-check(8), from the
 * same code; what only a running daemon knows is added.
 *
 * Everything is read again for it, so that whoever has just changed something
 * sees it; drivers are asked, too, who may take a moment while VFs are being
 * made. */

#include <config.h>
#include "vswitchd-ext/command/command.h"

#include <string.h>

#include "openvswitch/json.h"
#include "policy/model/snapshot.h"
#include "policy/ready/host.h"
#include "policy/ready/ready.h"
#include "policy/ready/safety.h"
#include "util.h"
#include "vswitchd-ext/command/notes.h"
#include "vswitchd-ext/control/loop.h"
#include "vswitchd-ext/control/readiness.h"

static bool
is_pf_of(const struct iov_host_nic *nic, const struct iov_pf *pf)
{
    return (pf->pci ? !strcmp(nic->pci, pf->pci)
            : nullable_string_is_equal(nic->netdev, pf->netdev));
}

/* Says of each NIC which PF it is; with null, forgets it. */
static void
set_pfs(struct iov_host *host, const struct iov_nics *nics)
{
    for (size_t i = 0; i < host->n_nics; i++) {
        struct iov_host_nic *nic = &host->nics[i];

        nic->pf = NULL;
        for (size_t j = 0; nics && j < nics->n_pfs; j++) {
            if (is_pf_of(nic, &nics->pfs[j])) {
                nic->pf = &nics->pfs[j];
                break;
            }
        }
    }
}

/* Bridges. */

/* The NIC that is the port, or null. */
static const struct iov_safety_nic *
nic_of(const struct iov_command *cmd, const struct iov_port *port)
{
    const struct iov_safety *safety = iov_readiness_safety();
    const struct iov_pf *pf = iov_nics_find(cmd->view->nics, port->name);

    if (pf) {
        return iov_safety_find(safety, pf);
    }
    for (size_t i = 0; i < safety->n_nics; i++) {
        if (nullable_string_is_equal(safety->nics[i].netdev, port->name)) {
            return &safety->nics[i];
        }
    }
    return NULL;
}

struct union_ {
    enum iov_outcome host;      /* The worst. */
    enum iov_outcome best;      /* Of the NICs. */
    size_t n_nics;
    struct ds text;
    struct json *checks;
};

/* Takes what is not well into the union. */
static void
add_results(struct union_ *u, const struct iov_ready *ready, const char *of)
{
    for (size_t i = 0; i < ready->n; i++) {
        const struct iov_ready_result *r = &ready->results[i];
        const struct iov_ready_class *class = iov_ready_class(r->id);

        if (r->outcome >= IOV_READY_UNKNOWN) {
            struct json *o = json_object_create();

            json_object_put_string(o, "of", of);
            json_object_put_string(o, "id", class->id);
            json_object_put_string(o, "slug", class->slug);
            json_object_put_string(o, "outcome",
                                   iov_outcome_name(r->outcome));
            json_array_add(u->checks, o);
            ds_put_format(&u->text, "  %-3s %s: %s (%s)\n", class->id,
                          class->slug, iov_outcome_name(r->outcome), of);
        }
    }
}

static void
make_union(const struct iov_command *cmd, const struct iov_bridge *bridge,
           struct union_ *u)
{
    const struct iov_safety *safety = iov_readiness_safety();

    *u = (struct union_) {
        .host = iov_ready_worst(&safety->host),
        .best = IOV_READY_FAILED,
        .text = DS_EMPTY_INITIALIZER,
        .checks = json_array_create_empty(),
    };
    add_results(u, &safety->host, "host");
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct iov_port *port = &bridge->ports[i];
        const struct iov_safety_nic *nic = nic_of(cmd, port);

        if (nic) {
            u->n_nics++;
            u->best = MIN(u->best, iov_ready_worst(&nic->ready));
            add_results(u, &nic->ready, port->name);
        }
    }
}

/* What keeps virtual machines off the VFs of the bridge. */
static void
find_obstacles(const struct iov_command *cmd, const struct iov_bridge *bridge,
               struct iov_reasons *reasons)
{
    const struct iov_pf **pfs = xcalloc(bridge->n_ports + 1, sizeof *pfs);
    size_t n = 0;

    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct iov_pf *pf = iov_nics_find(cmd->view->nics,
                                                bridge->ports[i].name);
        if (pf) {
            pfs[n++] = pf;
        }
    }
    iov_safety_obstacles(iov_readiness_safety(), pfs, n,
                         cmd->view->snapshot->keys.unsafe_interrupts_ok,
                         reasons);
    free(pfs);
}

static void
bridge_text(struct ds *ds, const struct iov_bridge *bridge,
            const struct union_ *u, const char *obstacles)
{
    enum iov_outcome worst = MAX(u->host, u->best);

    ds_put_format(ds, "bridge %s: %s\n", bridge->name,
                  worst == IOV_READY_FAILED ? "not ready"
                  : worst == IOV_READY_UNKNOWN ? "could not tell" : "ready");
    if (!u->n_nics) {
        ds_put_cstr(ds, "  none of its ports is a NIC of this host\n");
    }
    ds_put_cstr(ds, ds_cstr_ro(&u->text));
    if (obstacles[0]) {
        ds_put_format(ds, "  ports of virtual machines stay on software: "
                      "%s\n", obstacles);
    }
}

static struct json *
bridge_json(const struct iov_bridge *bridge, const struct union_ *u,
            const struct iov_reasons *obstacles)
{
    struct json *o = json_object_create();

    json_object_put_string(o, "name", bridge->name);
    json_object_put_string(o, "outcome",
                           iov_outcome_name(MAX(u->host, u->best)));
    json_object_put(o, "checks", json_clone(u->checks));
    json_object_put(o, "obstacles", iov_reasons_to_json(obstacles));
    return o;
}

/* Appends to the text or, if that is not null, to 'array'. */
static void
support_bridge(struct iov_command *cmd, const struct iov_bridge *bridge,
               struct json *array)
{
    struct iov_reasons obstacles = IOV_REASONS_INITIALIZER;
    struct union_ u;

    make_union(cmd, bridge, &u);
    find_obstacles(cmd, bridge, &obstacles);
    if (array) {
        json_array_add(array, bridge_json(bridge, &u, &obstacles));
    } else {
        struct ds slugs = DS_EMPTY_INITIALIZER;

        iov_reasons_format_slugs(&slugs, &obstacles);
        bridge_text(&cmd->out, bridge, &u, ds_cstr(&slugs));
        ds_destroy(&slugs);
    }
    iov_reasons_clear(&obstacles);
    ds_destroy(&u.text);
    json_destroy(u.checks);
}

static void
support_bridges(struct iov_command *cmd, struct json *array)
{
    const struct iov_snapshot *s = cmd->view->snapshot;

    for (size_t i = 0; i < s->n_bridges; i++) {
        support_bridge(cmd, &s->bridges[i], array);
    }
}

/* All of it. */

static void
support(struct iov_command *cmd, struct iov_host *host,
        const struct iov_host_nic *only)
{
    const struct iov_snapshot *s = cmd->view->snapshot;
    bool overridden = iov_readiness_is_overridden();
    char *dead_path = s->dead_path ? iov_notes_dead_path(s) : NULL;

    if (cmd->json) {
        struct json *bridges = json_array_create_empty();

        cmd->reply = iov_ready_to_json(host, only);
        json_object_put(cmd->reply, "unsafe-interrupts-ok-in-use",
                        json_boolean_create(overridden));
        if (dead_path) {
            json_object_put_string(cmd->reply, "software-path-dead",
                                   dead_path);
        }
        support_bridges(cmd, bridges);
        json_object_put(cmd->reply, "bridges", bridges);
    } else {
        if (overridden) {
            ds_put_format(&cmd->out, "warning: %s\n", iov_readiness_warning);
        }
        if (dead_path) {
            ds_put_format(&cmd->out, "warning: %s\n", dead_path);
        }
        iov_ready_format(host, only, &cmd->out);
        support_bridges(cmd, NULL);
    }
    free(dead_path);
}

void
cmd_support(struct iov_command *cmd)
{
    struct iov_host *host = iov_readiness_host();
    const struct iov_host_nic *only = NULL;

    iov_readiness_refresh();
    if (cmd->arg) {
        only = iov_host_find_nic(host, cmd->arg);
        if (!only) {
            cmd->error = xasprintf("there is no NIC \"%s\" on the PCI bus of "
                                   "this host; \"iov/support\" without "
                                   "arguments lists those with SR-IOV",
                                   cmd->arg);
            return;
        }
    }
    set_pfs(host, cmd->view->nics);
    support(cmd, host, only);
    set_pfs(host, NULL);
}
