/* SPDX-License-Identifier: Apache-2.0
 *
 * Notes on ports: see notes.h.
 *
 * How many queue pairs a guest's driver uses cannot be seen from outside.
 * What can be seen is how many interrupt vectors the VF has, and a driver
 * wants one for each pair and one for the VF itself. */

#include <config.h>
#include "vswitchd-ext/command/notes.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "policy/model/nic-fact.h"
#include "policy/model/op.h"
#include "policy/model/snapshot.h"
#include "policy/plan/plan.h"
#include "policy/ready/host.h"
#include "policy/ready/safety.h"
#include "policy/verdict/verdict.h"
#include "policy/verdict/vf-owner.h"
#include "timeval.h"
#include "util.h"
#include "vswitchd-ext/control/heard.h"
#include "vswitchd-ext/control/loop.h"
#include "vswitchd-ext/control/readiness.h"
#include "vswitchd-ext/status.h"

int
iov_notes_vectors(const struct iov_pf *pf, const struct iov_vf *vf)
{
    const struct iov_host_nic *nic
        = iov_host_find_nic(iov_readiness_host(),
                            pf->pci ? pf->pci : pf->netdev);

    return (vf->now.known & IOV_VF_BIT(IOV_VF_VECTORS) ? vf->now.vectors
            : nic ? iov_host_vf_vectors(nic, vf->index) : -1);
}

/* The failure to give the VF of 'port' more vectors, or null. */
static const struct iov_failure *
find_refusal(const struct iov_failure *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].op->type == IOV_OP_VF_SET
            && list[i].op->attr == IOV_VF_VECTORS) {
            return &list[i];
        }
    }
    return NULL;
}

/* Why the VF has not got the vectors that it lacks. */
static char *
explain_vectors(const struct iov_vf *vf, const struct iov_port *port)
{
    const struct iov_failures *failures = port->failures;
    const struct iov_failure *f = NULL;

    if (failures) {
        f = find_refusal(failures->list, failures->n);
        f = f ? f : find_refusal(failures->past, failures->n_past);
    }
    if (!(vf->now.known & IOV_VF_BIT(IOV_VF_VECTORS))
        || vf->cannot & IOV_VF_BIT(IOV_VF_VECTORS)) {
        return xstrdup("which its NIC cannot change");
    } else if (port->keys.guest.kind == IOV_GUEST_KIND_NONE) {
        return xstrdup("which can be changed only before a guest has it");
    } else if (f) {
        return xasprintf("because to give it more failed (%s%s%s)",
                         ovs_strerror(f->error), f->text ? ": " : "",
                         f->text ? f->text : "");
    }
    return xstrdup("and gets more when the port moves there the next time");
}

static void
note_queue_pairs(const struct iov_pf *pf, const struct iov_vf *vf,
                 const struct iov_port *port, struct svec *notes)
{
    unsigned int pairs = port->keys.queue_pairs;
    int vectors = iov_notes_vectors(pf, vf);

    if (vectors < 0) {
        svec_add_nocopy(notes, xasprintf(
            "iov-queue-pairs is %u; how many the VF can have is not known",
            pairs));
    } else if (iov_vectors_for(pairs) > vectors) {
        char *why = explain_vectors(vf, port);

        svec_add_nocopy(notes, xasprintf(
            "iov-queue-pairs is %u, which takes %u interrupt vectors (one "
            "for each and one more); the VF has %d, %s", pairs,
            iov_vectors_for(pairs), vectors, why));
        free(why);
    }
}

/* What "ethtool -C" is told for each word of iov-interrupt-moderation but
 * "default". */
static const struct {
    const char *word, *settings;
} moderations[] = {
    { "adaptive", "adaptive-rx on" },
    { "off", "rx-usecs 0" },
    { "low", "rx-usecs 10" },
    { "medium", "rx-usecs 50" },
    { "high", "rx-usecs 200" },
};

static void
note_moderation(const struct iov_port *port, struct svec *notes)
{
    const struct iov_guest_spec *guest = &port->keys.guest;
    bool netns = guest->kind == IOV_GUEST_KIND_NETNS;

    for (size_t i = 0; i < ARRAY_SIZE(moderations); i++) {
        if (!strcmp(port->keys.moderation, moderations[i].word)) {
            svec_add_nocopy(notes, xasprintf(
                "iov-interrupt-moderation is %s, which only the guest's "
                "driver of the VF can do: run \"%s%s%sethtool -C DEVICE %s\""
                "%s, with the VF's network device there",
                moderations[i].word, netns ? "ip netns exec " : "",
                netns ? guest->name : "", netns ? " " : "",
                moderations[i].settings, netns ? "" : " in the guest"));
        }
    }
}

/* What would keep a virtual machine off the VF does not concern a guest with
 * the host's own kernel, but whoever trusts it should know. */
static void
note_safety(const struct iov_view *view, const struct iov_port *port,
            const struct iov_pf *pf, struct svec *notes)
{
    struct iov_reasons obstacles = IOV_REASONS_INITIALIZER;

    if (port->keys.guest.kind == IOV_GUEST_KIND_NETNS) {
        iov_safety_obstacles(view->snapshot->safety, &pf, 1, false,
                             &obstacles);
    }
    if (obstacles.n) {
        struct ds ds = DS_EMPTY_INITIALIZER;

        iov_reasons_format_slugs(&ds, &obstacles);
        ds_put_cstr(&ds, ": a virtual machine would be kept on software; a "
                    "network namespace is trusted as the host is");
        svec_add_nocopy(notes, ds_steal_cstr(&ds));
    }
    iov_reasons_clear(&obstacles);
}

static void
note_failure(const struct iov_failure *f, const char *what,
             struct svec *notes)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    ds_put_format(&ds, "%s: ", what);
    iov_op_format(&ds, f->op);
    ds_put_format(&ds, ": %s%s%s", ovs_strerror(f->error),
                  f->text ? ": " : "", f->text ? f->text : "");
    svec_add_nocopy(notes, ds_steal_cstr(&ds));
}

static void
note_unrestored(const struct iov_failure *list, size_t n, struct svec *notes)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].op->restores) {
            note_failure(&list[i], (list[i].op->fences
                                    ? "a VF that stays otherwise did not take "
                                      "what keeps it apart, either"
                                    : "a VF was not put back as it was found"),
                         notes);
        }
    }
}

/* Of a port that does not ask for offload no check tells what keeps its VF
 * from being put back. */
static void
note_stuck(const struct iov_port *port, const struct iov_port_status *ps,
           struct svec *notes)
{
    const struct iov_failures *failures = port->failures;

    if (iov_reasons_have(&ps->reasons, IOV_REASON_NOT_REQUESTED) && ps->pf
        && failures) {
        for (size_t i = 0; i < failures->n; i++) {
            note_failure(&failures->list[i], "the VF is not yet put back",
                         notes);
        }
    }
}

/* What the NIC is known to let pass although its settings, as read back, say
 * otherwise. */
static void
note_nic_facts(const struct iov_pf *pf, struct svec *notes)
{
    static const enum iov_nic_fact_kind kinds[] = {
        IOV_NIC_SPOOF_PASSES, IOV_NIC_TAGS_PASS
    };
    struct iov_nic_fact fact;

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (iov_nic_fact_find(pf, kinds[i], &fact)) {
            svec_add_nocopy(notes, xasprintf(
                "PF %s (%s) %s (seen by %s)", pf->netdev, fact.nic,
                fact.does, fact.seen));
        }
    }
}

char *
iov_notes_dead_path(const struct iov_snapshot *s)
{
    return xasprintf("the software path is dead: %s.  Ports there forward "
                     "nothing new, and ports leave their VFs only for what "
                     "protects.  Restart ovs-vswitchd.", s->dead_path);
}

/* Why a port with reasons is on its VF all the same. */
static void
note_kept(const struct iov_view *view, const struct iov_port *port,
          struct svec *notes)
{
    const struct iov_verdict *v = iov_verdicts_find(view->verdicts,
                                                    port->name);

    if (v && v->kept && v->vf) {
        svec_add(notes, "it stays on its VF for all that, because the "
                 "software path is dead and none of its reasons protects");
    }
}

/* Other addresses behind the port, for which a VF does not receive. */
static void
note_others(const struct iov_port *port, struct svec *notes)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    size_t n;
    const struct eth_addr *macs = iov_heard_others(port->name, &n);

    if (!n || !port->keys.weight || port->keys.promiscuous) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ds_put_format(&ds, "%s"ETH_ADDR_FMT, i ? ", " : "",
                      ETH_ADDR_ARGS(macs[i]));
    }
    ds_put_format(&ds, "%s heard on the port besides its own address (VRRP, "
                  "macvlan, a bridge in the guest): on a VF nothing is "
                  "received for %s; hold the port on software if the guest "
                  "needs %s (other_config:iov-hold)", n > 1 ? " were" : " was",
                  n > 1 ? "them" : "it", n > 1 ? "them" : "it");
    svec_add_nocopy(notes, ds_steal_cstr(&ds));
}

void
iov_notes_add(const struct iov_view *view, const struct iov_port *port,
              const struct iov_port_status *ps, struct svec *notes)
{
    const struct iov_pf *pf = ps->pf ? iov_nics_find(view->nics, ps->pf)
                                     : NULL;

    note_stuck(port, ps, notes);
    note_kept(view, port, notes);
    note_others(port, notes);
    if (port->failures) {
        note_unrestored(port->failures->list, port->failures->n, notes);
        note_unrestored(port->failures->past, port->failures->n_past, notes);
    }
    if (!pf || ps->state != IOV_PORT_DIRECT) {
        return;
    }
    if (port->keys.queue_pairs > 1 && ps->vf < pf->n_vfs) {
        note_queue_pairs(pf, &pf->vfs[ps->vf], port, notes);
    }
    note_moderation(port, notes);
    note_safety(view, port, pf, notes);
    note_nic_facts(pf, notes);
}

long long int
iov_notes_held_for(const struct iov_bridge *bridge)
{
    return (bridge->flows_held || bridge->flows_late
            ? DIV_ROUND_UP(MAX(bridge->held_until - time_msec(), 0), 1000)
            : 0);
}

void
iov_notes_put_held(struct ds *ds, const struct iov_bridge *bridge)
{
    if (bridge->flows_held || bridge->flows_late) {
        ds_put_format(ds, "  note: %s; ports on their VFs stay there for up "
                      "to %lld s more, by what was known before "
                      "(iov-on-switch-loss)\n",
                      bridge->flows_unknown ? bridge->flows_unknown
                      : "ovs-vswitchd was started anew and its flows are not "
                        "complete or not yet examined",
                      iov_notes_held_for(bridge));
    }
}

void
iov_notes_put_asked_vfs(struct ds *ds, const struct iov_pf *pf,
                        const struct iov_bridge_keys *keys)
{
    int asked = keys->vfs;
    const struct iov_failure *f = iov_failures_last(pf->failures,
                                                    IOV_OP_SET_NUM_VFS);

    if (asked < 0 || asked == (int) pf->n_vfs) {
        return;
    }
    ds_put_format(ds, "    note: iov-vfs asks for %d VFs; ", asked);
    if (asked > (int) pf->total_vfs) {
        ds_put_format(ds, "this PF can have %u, so it is left as it is.  Set "
                      "iov-vfs to %u or less.\n", pf->total_vfs,
                      pf->total_vfs);
    } else if (iov_pf_has_foreign_vf(keys, pf)) {
        ds_put_cstr(ds, "iov-vf-pool leaves VFs of this PF to others, so "
                    "their number is left as it is.\n");
    } else if (!iov_pf_is_free(pf)) {
        ds_put_cstr(ds, "that has to wait until no VF is in use, see "
                    "\"iov/vfs\".\n");
    } else if (f) {
        ds_put_format(ds, "writing %u to its sriov_numvfs failed (%s%s%s) and "
                      "is tried %s.\n", f->op->num_vfs,
                      ovs_strerror(f->error), f->text ? ": " : "",
                      f->text ? f->text : "",
                      pf->n_vfs ? "later; there are as many again as before"
                      : "again");
    } else {
        ds_put_cstr(ds, "they are not there yet.\n");
    }
}
