/* SPDX-License-Identifier: Apache-2.0 */

/* Who gets which VF, by a script on stdin:
 *
 *   pf NAME VFS                     a PF of the bridge, with so many VFs
 *   port NAME WEIGHT [WORD...]      a port that asks for offload
 *
 * with the WORDs PF:VF (it has this VF now), turn=N (see struct iov_port),
 * vf=N (it is pinned), barred (see struct iov_damping) and blocked (some other
 * reason keeps it from a VF).  Prints what each port gets, in order of
 * names. */

#include <config.h>

#include "test-policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "policy/model/snapshot.h"
#include "policy/verdict/assign.h"
#include "policy/verdict/damping.h"
#include "policy/verdict/verdict.h"
#include "util.h"

#define MAX_OBJECTS 16

struct assign_test {
    struct iov_pf pfs[MAX_OBJECTS];
    const struct iov_pf *pfp[MAX_OBJECTS];
    size_t n_pfs;
    struct iov_snapshot *snapshot;
    struct iov_bridge *bridge;
    struct iov_damping damping[MAX_OBJECTS];
    struct iov_verdict list[MAX_OBJECTS];
};

static void
add_pf(struct assign_test *t, const char *name, unsigned int n_vfs)
{
    struct iov_pf *pf = &t->pfs[t->n_pfs];

    pf->netdev = xstrdup(name);
    iov_pf_set_n_vfs(pf, n_vfs);
    t->pfp[t->n_pfs++] = pf;
}

/* "PF:VF". */
static void
set_holder(struct assign_test *t, const char *where, const char *port)
{
    size_t length = strcspn(where, ":");

    for (size_t i = 0; i < t->n_pfs; i++) {
        if (!strncmp(t->pfs[i].netdev, where, length)) {
            struct iov_vf *vf = &t->pfs[i].vfs[atoi(where + length + 1)];

            vf->record = xzalloc(sizeof *vf->record);
            vf->record->port = xstrdup(port);
        }
    }
}

static void
add_port(struct assign_test *t, char *words)
{
    char *save = NULL;
    const char *name = strtok_r(words, " \n", &save);
    size_t i = t->bridge->n_ports;
    struct iov_port *port = iov_bridge_add_port(t->bridge, name);
    char *word;

    port->keys.weight = atoi(strtok_r(NULL, " \n", &save));
    port->keys.guest.kind = IOV_GUEST_KIND_NETNS;
    while ((word = strtok_r(NULL, " \n", &save))) {
        if (strchr(word, ':')) {
            set_holder(t, word, name);
        } else if (!strncmp(word, "turn=", 5)) {
            port->vf_turn = atoi(word + 5);
        } else if (!strncmp(word, "vf=", 3)) {
            port->keys.pin.kind = IOV_PIN_INDEX;
            port->keys.pin.index = atoi(word + 3);
        } else if (!strcmp(word, "barred")) {
            t->damping[i].barred = true;
        } else {
            iov_reasons_add(&t->list[i].reasons, IOV_REASON_MIRROR, NULL,
                            NULL);
        }
    }
}

static void
print_verdict(const struct iov_verdict *v)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    iov_reasons_format_slugs(&ds, &v->reasons);
    if (v->vf) {
        ds_put_format(&ds, "%s:%u", v->pf->netdev, v->vf->index);
    }
    if (v->preempts) {
        ds_put_format(&ds, " from %s", v->preempts->name);
    }
    for (size_t i = 0; i < v->reasons.n; i++) {
        if (v->reasons.list[i].detail) {
            ds_put_format(&ds, " (%s)", v->reasons.list[i].detail);
        }
    }
    printf("%s: %s\n", v->port->name, ds_cstr(&ds));
    ds_destroy(&ds);
}

static void
assign(struct assign_test *t)
{
    size_t n = t->bridge->n_ports;

    for (size_t i = 0; i < n; i++) {
        t->bridge->ports[i].damping = &t->damping[i];
        t->list[i].bridge = t->bridge;
        t->list[i].port = &t->bridge->ports[i];
        t->list[i].requested = true;
    }
    iov_assign_vfs(t->list, n, t->pfp, t->n_pfs);
    for (size_t i = 0; i < n; i++) {
        print_verdict(&t->list[i]);
        iov_reasons_clear(&t->list[i].reasons);
    }
}

static void
assign_cmd(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct assign_test *t = xzalloc(sizeof *t);
    char line[256], name[32];
    unsigned int n;

    t->snapshot = iov_snapshot_create();
    t->bridge = iov_snapshot_add_bridge(t->snapshot, "br0");
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "pf %31s %u", name, &n) == 2) {
            add_pf(t, name, n);
        } else if (!strncmp(line, "port ", 5)) {
            add_port(t, line + 5);
        }
    }
    assign(t);
    for (size_t i = 0; i < t->n_pfs; i++) {
        iov_pf_clear(&t->pfs[i]);
    }
    iov_snapshot_destroy(t->snapshot);
    free(t);
}

const struct ovs_cmdl_command test_assign_commands[] = {
    { "assign", NULL, 0, 0, assign_cmd, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};
