/* SPDX-License-Identifier: Apache-2.0 */

/* Verdicts about what is imagined: see what-if.h.
 *
 * The snapshot is const to all others.  It is put back to the last byte, and
 * so is the flow table, but for its number of changes. */

#include <config.h>

#include "policy/verdict/what-if.h"

#include <string.h>

#include "policy/verdict/verdict.h"
#include "policy/verdict/what-if-internal.h"
#include "util.h"

struct iov_what_if *
iov_what_if_create(struct iov_snapshot *snapshot, const char *name,
                   char **errorp)
{
    const struct iov_bridge *bridge = iov_snapshot_find_bridge(snapshot,
                                                               name);
    const struct iov_port *port = NULL;

    if (!bridge) {
        port = iov_snapshot_find_port(snapshot, name, &bridge);
    }
    if (!bridge) {
        *errorp = xasprintf("there is no bridge or port \"%s\"; \"iov/show\" "
                            "without arguments lists them", name);
        return NULL;
    }

    struct iov_what_if *w = xzalloc(sizeof *w);
    w->snapshot = snapshot;
    w->bridge = &snapshot->bridges[bridge - snapshot->bridges];
    w->port = port ? &w->bridge->ports[port - bridge->ports] : NULL;
    ovs_list_init(&w->undo);
    w->before = iov_verdicts_compute(snapshot);
    iov_what_if_save_settings(w);
    *errorp = NULL;
    return w;
}

void
iov_what_if_destroy(struct iov_what_if *w)
{
    if (w) {
        iov_verdicts_destroy(w->before);
        iov_verdicts_destroy(w->after);
        iov_what_if_undo_flows(w);
        iov_what_if_undo_settings(w);
        /* What is remembered of ports has to be about the real ones again. */
        iov_verdicts_destroy(iov_verdicts_compute(w->snapshot));
        free(w);
    }
}

struct iov_what_if_verdicts
iov_what_if_judge(struct iov_what_if *w)
{
    if (!w->after) {
        w->after = iov_verdicts_compute(w->snapshot);
    }
    return (struct iov_what_if_verdicts) { w->before, w->after };
}

bool
iov_what_if_is_about_port(const struct iov_what_if *w)
{
    return w->port && !w->port->is_uplink;
}

bool
iov_what_if_concerns(const struct iov_what_if *w, const struct iov_verdict *v)
{
    return (iov_what_if_is_about_port(w) ? v->port == w->port
            : v->bridge == w->bridge);
}
