/* SPDX-License-Identifier: Apache-2.0
 *
 * Who gets which VF: see assign.h.
 *
 * "has a VF" is read from the journal's record on the VF and not from memory,
 * so that a restarted daemon decides as before. */

#include <config.h>
#include "policy/verdict/assign.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "packets.h"
#include "policy/verdict/check.h"
#include "policy/verdict/damping.h"
#include "policy/verdict/verdict.h"
#include "policy/verdict/vf-owner.h"
#include "util.h"

/* How many VFs of a PF somebody has or is promised. */
struct pf_load {
    unsigned int used, total;
};

/* A VF that can be given out. */
struct candidate {
    const struct iov_pf *pf;
    struct pf_load *load;       /* Of 'pf'. */
    bool loads;                 /* Counted in 'load->used'. */
    const struct iov_vf *vf;
    const struct iov_verdict *taker;    /* Who got it in this pass. */
    const struct iov_verdict *holder;   /* Who has it now, or null. */
    bool foreign;               /* iov-vf-pool leaves it to others. */
    bool used;                  /* It has no record, and is not free. */
    bool pinned;                /* Somebody who asks for offload names it. */
};

struct pool {
    struct candidate *list;
    size_t n;
    struct pf_load *loads;      /* One for each PF. */
    struct candidate **held;    /* By verdict: the first VF it has, or null. */
    bool any_lost;              /* A VF is busy and has no record. */
};

bool
iov_vf_is_pinned(const struct iov_vf_pin *pin, const struct iov_pf *pf,
                 const struct iov_pf *first, const struct iov_vf *vf)
{
    switch (pin->kind) {
    case IOV_PIN_NONE:
        return false;
    case IOV_PIN_INDEX:
        return pf == first && vf->index == pin->index;
    case IOV_PIN_PCI:
        return vf->pci && !strcmp(vf->pci, pin->pci);
    }
    OVS_NOT_REACHED();
}

/* Finds the verdict of each port by name. */
static void
map_ports(struct shash *ports, const struct iov_verdict *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        shash_add(ports, list[i].port->name, &list[i]);
    }
}

static void
note_holders(struct pool *pool, const struct iov_verdict *list, size_t n)
{
    struct shash ports = SHASH_INITIALIZER(&ports);

    map_ports(&ports, list, n);
    pool->held = xcalloc(n + 1, sizeof *pool->held);
    for (size_t i = 0; i < pool->n; i++) {
        struct candidate *c = &pool->list[i];
        const struct iov_vf_record *r = c->vf->record;

        c->holder = r ? shash_find_data(&ports, r->port) : NULL;
        if (c->holder && !pool->held[c->holder - list]) {
            pool->held[c->holder - list] = c;
        }
        pool->any_lost |= c->vf->busy && !r;
    }
    shash_destroy(&ports);
}

static void
note_pins(struct pool *pool, const struct iov_pf *first,
          const struct iov_verdict *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct iov_vf_pin *pin = &list[i].port->keys.pin;

        if (!list[i].requested || pin->kind == IOV_PIN_NONE) {
            continue;
        }
        for (size_t j = 0; j < pool->n; j++) {
            struct candidate *c = &pool->list[j];
            c->pinned |= iov_vf_is_pinned(pin, c->pf, first, c->vf);
        }
    }
}

static void
note_owner(struct candidate *c, const struct iov_bridge_keys *keys)
{
    char *use = (c->vf->record ? NULL
                 : iov_vf_explain_use(keys, c->pf, c->vf));

    c->foreign = iov_vf_is_foreign(keys, c->pf, c->vf);
    c->used = use && !c->foreign;
    free(use);
}

static void
count_load(struct candidate *c)
{
    c->load->used += !c->loads;
    c->loads = true;
}

/* Counts the VFs that are not free whatever is decided now. */
static void
note_loads(struct pool *pool)
{
    for (size_t i = 0; i < pool->n; i++) {
        struct candidate *c = &pool->list[i];

        if (c->foreign || c->used || c->pinned || c->vf->record) {
            count_load(c);
        }
    }
}

static void
pool_init(struct pool *pool, const struct iov_pf *const *pfs, size_t n_pfs,
          const struct iov_verdict *list, size_t n)
{
    size_t n_vfs = 0;

    for (size_t i = 0; i < n_pfs; i++) {
        n_vfs += pfs[i]->n_vfs;
    }
    memset(pool, 0, sizeof *pool);
    pool->list = xcalloc(n_vfs + 1, sizeof *pool->list);
    pool->loads = xcalloc(n_pfs + 1, sizeof *pool->loads);
    for (size_t i = 0; i < n_pfs; i++) {
        pool->loads[i].total = pfs[i]->n_vfs;
        for (unsigned int j = 0; j < pfs[i]->n_vfs; j++) {
            struct candidate *c = &pool->list[pool->n++];
            c->pf = pfs[i];
            c->load = &pool->loads[i];
            c->vf = &pfs[i]->vfs[j];
            note_owner(c, n ? &list[0].bridge->keys : NULL);
        }
    }
    note_holders(pool, list, n);
    note_pins(pool, n_pfs ? pfs[0] : NULL, list, n);
    note_loads(pool);
}

static void
pool_destroy(struct pool *pool)
{
    free(pool->held);
    free(pool->loads);
    free(pool->list);
}

static void
fail(struct iov_verdict *v, enum iov_reason_id id, const char *object,
     const char *detail)
{
    iov_reasons_add(&v->reasons, id, object, detail);
    v->reasons.list[v->reasons.n - 1].check = IOV_CHECK_vf;
}

static bool
vf_external(const struct iov_verdict *v)
{
    return v->port->keys.guest.kind == IOV_GUEST_KIND_NONE;
}

/* True if a VF that is in use may be in use by the guest of 'v', to which
 * somebody else has handed it.  What the host itself talks by is not. */
static bool
may_be_lent(const struct iov_vf *vf, const struct iov_verdict *v)
{
    return vf_external(v) && vf->use != IOV_HOST_USE_OWN;
}

/* Settings that make 'v' at home on its VF. */
static struct iov_vf_settings
wanted_settings(const struct iov_verdict *v)
{
    const struct iov_vf_settings *now = &v->vf->now;
    const struct iov_interface_keys *keys = &v->port->keys;
    struct iov_vf_settings want = {
        .known = (IOV_VF_BIT(IOV_VF_MAC) | IOV_VF_BIT(IOV_VF_VLAN)
                  | IOV_VF_BIT(IOV_VF_SPOOFCHK)),
        .mac = v->port->mac,
        .vlan = iov_port_vlan(v->port),
        .vlan_proto = 0x8100,
        .spoofchk = !keys->forged_transmits,
        .trust = keys->promiscuous,
        .min_rate = keys->min_rate,
        .max_rate = keys->max_rate,
    };

    if (keys->promiscuous || now->known & IOV_VF_BIT(IOV_VF_TRUST)) {
        want.known |= IOV_VF_BIT(IOV_VF_TRUST);
    }
    if (keys->min_rate || keys->max_rate
        || (now->known & IOV_VF_BIT(IOV_VF_RATE)
            && (now->min_rate || now->max_rate))) {
        want.known |= IOV_VF_BIT(IOV_VF_RATE);
    }
    if (keys->queue_pairs > 1 && now->known & IOV_VF_BIT(IOV_VF_VECTORS)
        && now->vectors < iov_vectors_for(keys->queue_pairs)) {
        want.known |= IOV_VF_BIT(IOV_VF_VECTORS);
        want.vectors = iov_vectors_for(keys->queue_pairs);
    }
    return want;
}

static void
take(struct iov_verdict *v, struct candidate *c)
{
    c->taker = v;
    count_load(c);
    v->pf = c->pf;
    v->vf = c->vf;
    v->want = wanted_settings(v);
}

/* True if the port that is on 'c' is not to leave it, because the software
 * path is dead. */
static bool
is_bound(const struct candidate *c)
{
    return (c->holder && c->holder->path_dead && c->holder->port->stays
            && (!c->holder->reasons.n || c->holder->kept));
}

static void
assign_pinned(struct iov_verdict *v, const struct pool *pool,
              const struct iov_pf *first)
{
    const struct iov_vf_pin *pin = &v->port->keys.pin;
    char text[16];

    snprintf(text, sizeof text, "%u", pin->index);
    const char *object = pin->kind == IOV_PIN_PCI ? pin->pci : text;

    for (size_t i = 0; i < pool->n; i++) {
        struct candidate *c = &pool->list[i];
        if (!iov_vf_is_pinned(pin, c->pf, first, c->vf)) {
            continue;
        }
        if (c->taker) {
            char *detail = xasprintf("Port %s has it; its iov-vf names the "
                                     "same VF.", c->taker->port->name);
            fail(v, IOV_REASON_VF_TAKEN, object, detail);
            free(detail);
        } else if (is_bound(c) && c->holder != v) {
            char *detail = xasprintf("Port %s has it and stays there, because "
                                     "the software path is dead.",
                                     c->holder->port->name);
            fail(v, IOV_REASON_VF_TAKEN, object, detail);
            free(detail);
        } else if (c->foreign || (c->used && !may_be_lent(c->vf, v))) {
            char *use = iov_vf_explain_use(&v->bridge->keys, c->pf, c->vf);
            char *detail = xasprintf("VF %u of %s is %s.", c->vf->index,
                                     c->pf->netdev, use ? use : "");
            fail(v, IOV_REASON_VF_TAKEN, object, detail);
            free(detail);
            free(use);
        } else {
            take(v, c);
        }
        return;
    }

    char *detail = xasprintf("%s has %u VFs.", first->netdev, first->n_vfs);
    fail(v, IOV_REASON_VF_OUT_OF_RANGE, object, detail);
    free(detail);
}

/* True if 'vf' has the MAC address of 'v' and nobody has recorded why. */
static bool
is_lost_of(const struct iov_vf *vf, const struct iov_verdict *v)
{
    return (!vf->record && vf->now.known & IOV_VF_BIT(IOV_VF_MAC)
            && eth_addr_equals(vf->now.mac, v->port->mac));
}

#define BEST_RATE 5
#define PREEMPT_RATE 1
/* Of more VFs that others use only the number is told. */
#define MAX_USED_NAMED 4

/* How good 'c' is for 'v'; 0 is not at all.
 *
 * A VF that has the port's MAC address already must be the one, even if it is
 * in use: with the journal lost, the guest is on it, and another VF would
 * leave it there behind nobody's fence. */
static int
rate_candidate(const struct candidate *c, const struct iov_verdict *v)
{
    if (c->holder == v && is_bound(c) && !c->taker) {
        return BEST_RATE;
    } else if (c->taker || c->pinned || c->foreign) {
        return 0;
    } else if (c->holder == v) {
        return BEST_RATE;
    } else if (c->vf->host_use && c->used && !may_be_lent(c->vf, v)) {
        return 0;
    } else if (is_lost_of(c->vf, v)) {
        return 4;
    } else if (vf_external(v)) {
        return (c->vf->now.known & IOV_VF_BIT(IOV_VF_MAC)
                && eth_addr_equals(c->vf->now.mac, v->port->mac)) ? 3 : 0;
    } else if (c->used) {
        return 0;
    } else if (!c->vf->record) {
        return 3;
    } else {
        /* Somebody has it who is behind us, or gone, or goes to another. */
        return (is_bound(c) ? 0
                : c->holder && (!c->holder->reasons.n || c->holder->kept)
                && !c->holder->vf ? PREEMPT_RATE : 2);
    }
}

/* True if of two holders of VFs 'a' is to lose its before 'b': it is lighter,
 * or as light and had it later. */
static bool
yields_before(const struct iov_port *a, const struct iov_port *b)
{
    return (a->keys.weight != b->keys.weight
            ? a->keys.weight < b->keys.weight
            : a->vf_turn > b->vf_turn);
}

/* True if 'a', which is as good as 'b' otherwise, is the better one. */
static bool
is_preferred(const struct candidate *a, const struct candidate *b, int rate)
{
    return (rate == PREEMPT_RATE
            ? yields_before(a->holder->port, b->holder->port)
            : (uint64_t) a->load->used * b->load->total
              < (uint64_t) b->load->used * a->load->total);
}

/* True if 'v' is not to take the VF of another port. */
static bool
may_not_preempt(const struct iov_verdict *v)
{
    return v->port->damping && v->port->damping->barred;
}

/* Names the VFs that are not ours to give, or returns null if all are. */
static char *
explain_used(const struct iov_verdict *v, const struct pool *pool)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    size_t n = 0;

    for (size_t i = 0; i < pool->n; i++) {
        const struct candidate *c = &pool->list[i];

        if ((!c->used && !c->foreign) || ++n > MAX_USED_NAMED) {
            continue;
        }

        char *use = iov_vf_explain_use(&v->bridge->keys, c->pf, c->vf);
        ds_put_format(&ds, "%sVF %u of %s is %s", ds.length ? "; " : "",
                      c->vf->index, c->pf->netdev, use ? use : "");
        free(use);
    }
    if (n > MAX_USED_NAMED) {
        ds_put_format(&ds, "; and %"PRIuSIZE" more", n - MAX_USED_NAMED);
    }
    if (n) {
        ds_put_char(&ds, '.');
    }
    return n ? ds_steal_cstr(&ds) : NULL;
}

/* Says which VF is not there for 'v', and why. */
static void
fail_no_free_vf(struct iov_verdict *v, const struct pool *pool,
                const struct candidate *barred)
{
    char *detail = (v->path_dead ? xstrdup(
        "The software path is dead, so that no lighter port is driven off its "
        "VF.") : !barred ? explain_used(v, pool) : xasprintf(
        "VF %u of %s is that of port %s, which is lighter; but this port took "
        "the VF of another before and could not use it (see \"iov/history "
        "%s\"), so that it waits for a free one, or for a change of its keys.",
        barred->vf->index, barred->pf->netdev, barred->holder->port->name,
        v->port->name));

    fail(v, IOV_REASON_NO_FREE_VF, NULL, detail);
    free(detail);
}

static void
assign_free(struct iov_verdict *v, struct pool *pool, struct candidate *held)
{
    struct candidate *barred = NULL;
    struct candidate *best = NULL;
    int best_rate = 0;

    if (held && rate_candidate(held, v) == BEST_RATE) {
        take(v, held);
        return;
    }
    for (size_t i = 0; i < pool->n; i++) {
        struct candidate *c = &pool->list[i];
        int rate = rate_candidate(c, v);

        if (rate == PREEMPT_RATE && may_not_preempt(v)) {
            barred = (barred && !is_preferred(c, barred, rate) ? barred : c);
        } else if (rate > best_rate
                   || (rate && rate == best_rate
                       && is_preferred(c, best, rate))) {
            best = c;
            best_rate = rate;
        }
    }
    if (best) {
        take(v, best);
        v->preempts = (best_rate == PREEMPT_RATE ? best->holder->port : NULL);
    } else if (vf_external(v)) {
        fail(v, IOV_REASON_VF_NOT_NAMED, NULL, NULL);
    } else {
        fail_no_free_vf(v, pool, barred);
    }
}

/* The VF that the guest of 'v' has anyway, direct or not. */
static void
find_claim(struct iov_verdict *v, const struct pool *pool,
           const struct iov_pf *first)
{
    if (!v->requested || (!vf_external(v) && !pool->any_lost)) {
        return;
    }
    for (size_t i = 0; i < pool->n; i++) {
        const struct candidate *c = &pool->list[i];
        bool pinned = v->port->keys.pin.kind != IOV_PIN_NONE;

        if (c->foreign || (vf_external(v) && c->used
                           && !may_be_lent(c->vf, v))) {
            continue;
        } else if (!vf_external(v)
                ? (v->port->mac_known && c->vf->busy && is_lost_of(c->vf, v))
            : pinned
                ? iov_vf_is_pinned(&v->port->keys.pin, c->pf, first, c->vf)
                : (c->holder == v
                   || (v->port->mac_known && !c->pinned
                       && c->vf->now.known & IOV_VF_BIT(IOV_VF_MAC)
                       && eth_addr_equals(c->vf->now.mac, v->port->mac)))) {
            v->adopted_pf = c->pf;
            v->adopted = c->vf;
            return;
        }
    }
}

/* True if 'v' has a VF that it may stay on.  With iov-vf that is the named
 * one only: whoever is on it already is not driven off by a newcomer. */
static bool
holds_right(const struct iov_verdict *v, const struct pool *pool,
            const struct candidate *held, const struct iov_pf *first)
{
    const struct iov_vf_pin *pin = &v->port->keys.pin;

    if (pin->kind == IOV_PIN_NONE) {
        return held != NULL;
    }
    for (size_t i = 0; i < pool->n; i++) {
        const struct candidate *c = &pool->list[i];
        if (c->holder == v && iov_vf_is_pinned(pin, c->pf, first, c->vf)) {
            return true;
        }
    }
    return false;
}

/* Position of 'v' in the queue: bigger comes first. */
static int
rank(const struct iov_verdict *v, const struct pool *pool,
     const struct candidate *held, const struct iov_pf *first)
{
    return (v->port->keys.weight * 4
            + (v->port->keys.pin.kind != IOV_PIN_NONE) * 2
            + holds_right(v, pool, held, first));
}

/* A verdict that waits for a VF. */
struct waiting {
    struct iov_verdict *v;
    struct candidate *held;
    int rank;
};

/* A port that never had a VF comes after those that did. */
static uint64_t
turn_of(const struct waiting *w)
{
    return w->v->port->vf_turn ? w->v->port->vf_turn : UINT64_MAX;
}

/* By rank; between equals by who had a VF first, then by name. */
static int
compare_waiting(const void *a_, const void *b_)
{
    const struct waiting *a = a_;
    const struct waiting *b = b_;

    return (a->rank != b->rank ? (a->rank > b->rank ? -1 : 1)
            : turn_of(a) != turn_of(b) ? (turn_of(a) < turn_of(b) ? -1 : 1)
            : a->v < b->v ? -1 : a->v > b->v);
}

void
iov_assign_vfs(struct iov_verdict *list, size_t n,
               const struct iov_pf *const *pfs, size_t n_pfs)
{
    struct waiting *queue = xcalloc(n + 1, sizeof *queue);
    struct pool pool;
    size_t n_queue = 0;

    pool_init(&pool, pfs, n_pfs, list, n);
    for (size_t i = 0; i < n; i++) {
        find_claim(&list[i], &pool, n_pfs ? pfs[0] : NULL);
        if ((!list[i].reasons.n || list[i].kept) && pool.n) {
            struct candidate *held = pool.held[i];
            queue[n_queue++] = (struct waiting) {
                &list[i], held, rank(&list[i], &pool, held, pfs[0])
            };
        }
    }
    qsort(queue, n_queue, sizeof *queue, compare_waiting);
    for (size_t i = 0; i < n_queue; i++) {
        if (queue[i].v->port->keys.pin.kind != IOV_PIN_NONE) {
            assign_pinned(queue[i].v, &pool, pfs[0]);
        } else {
            assign_free(queue[i].v, &pool, queue[i].held);
        }
    }
    pool_destroy(&pool);
    free(queue);
}
