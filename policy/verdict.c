/* SPDX-License-Identifier: Apache-2.0
 *
 * Verdicts: runs every check on every port, then gives out the VFs.
 *
 * The subtle thing: a port that asks for nothing is not checked further; its
 * one reason is "not-requested", whatever else might be wrong. */

#include <config.h>
#include "policy/verdict.h"

#include <stdarg.h>

#include "openvswitch/dynamic-string.h"
#include "policy/assign.h"
#include "policy/check.h"
#include "util.h"

struct check_row {
    const char *name;
    const char *question;
    void (*func)(struct iov_check *);
};

static const struct check_row checks[IOV_N_CHECKS] = {
#define CHECK(NAME, QUESTION) { #NAME, QUESTION, check_##NAME },
#include "policy/check.def"
#undef CHECK
};

const char *
iov_check_name(enum iov_check_id id)
{
    return checks[id].name;
}

const char *
iov_check_question(enum iov_check_id id)
{
    return checks[id].question;
}

void
check_fail(struct iov_check *c, enum iov_reason_id id, const char *object,
           const char *format, ...)
{
    struct ds detail = DS_EMPTY_INITIALIZER;
    size_t n = c->reasons->n;

    if (format) {
        va_list args;
        va_start(args, format);
        ds_put_format_valist(&detail, format, args);
        va_end(args);
    }
    iov_reasons_add(c->reasons, id, object,
                    detail.length ? ds_cstr(&detail) : NULL);
    for (; n < c->reasons->n; n++) {
        c->reasons->list[n].check = c->current;
    }
    ds_destroy(&detail);
}

static bool
is_usable_pf(const struct iov_bridge *bridge, const char *netdev)
{
    return !bridge->keys.pfs.n || svec_contains(&bridge->keys.pfs, netdev);
}

/* Fills in uplinks and PFs of 'c', to be freed by the caller. */
static void
find_uplinks(struct iov_check *c)
{
    const struct iov_bridge *b = c->bridge;

    c->uplinks = xcalloc(b->n_ports + 1, sizeof *c->uplinks);
    c->pfs = xcalloc(b->n_ports + 1, sizeof *c->pfs);
    for (size_t i = 0; i < b->n_ports; i++) {
        const struct iov_port *port = &b->ports[i];

        if (!port->is_uplink) {
            continue;
        }
        c->uplinks[c->n_uplinks++] = port;
        if (!port->bonded && is_usable_pf(b, port->name)) {
            const struct iov_pf *pf = iov_nics_find(c->snapshot->nics,
                                                    port->name);
            if (pf) {
                c->pfs[c->n_pfs++] = pf;
            }
        }
    }
}

static void
run_checks(struct iov_check *c, struct iov_verdict *v)
{
    c->port = v->port;
    c->reasons = &v->reasons;
    for (int i = 0; i < IOV_N_CHECKS; i++) {
        c->current = i;
        checks[i].func(c);
        if (i == IOV_CHECK_request && v->reasons.n) {
            return;
        }
    }
}

static size_t
check_bridge(const struct iov_snapshot *snapshot,
             const struct iov_bridge *bridge, struct iov_verdict *list)
{
    struct iov_check c = { .snapshot = snapshot, .bridge = bridge };
    size_t n = 0;

    find_uplinks(&c);
    check_see_neighbours(bridge);
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct iov_port *port = &bridge->ports[i];
        if (port->is_uplink && !port->keys.weight) {
            continue;
        }

        struct iov_verdict *v = &list[n++];
        v->bridge = bridge;
        v->port = port;
        /* A weight that cannot be read is a request, too. */
        v->requested = (bridge->keys.enabled
                        && (port->keys.weight || port->keys.errors.n));
        run_checks(&c, v);
        v->pf = c.n_pfs ? c.pfs[0] : NULL;
    }
    free(c.uplinks);
    iov_assign_vfs(list, n, c.pfs, c.n_pfs);
    free(c.pfs);
    return n;
}

struct iov_verdicts *
iov_verdicts_compute(const struct iov_snapshot *snapshot)
{
    struct iov_verdicts *vs = xzalloc(sizeof *vs);
    size_t n = 0;

    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        n += snapshot->bridges[i].n_ports;
    }
    vs->list = xcalloc(n + 1, sizeof *vs->list);
    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        vs->n += check_bridge(snapshot, &snapshot->bridges[i],
                              &vs->list[vs->n]);
    }
    return vs;
}

void
iov_verdicts_destroy(struct iov_verdicts *vs)
{
    if (vs) {
        for (size_t i = 0; i < vs->n; i++) {
            iov_reasons_clear(&vs->list[i].reasons);
        }
        free(vs->list);
        free(vs);
    }
}

const struct iov_verdict *
iov_verdicts_find(const struct iov_verdicts *vs, const char *port)
{
    for (size_t i = 0; i < vs->n; i++) {
        if (!strcmp(vs->list[i].port->name, port)) {
            return &vs->list[i];
        }
    }
    return NULL;
}
