/* SPDX-License-Identifier: Apache-2.0
 *
 * Who gets which VF: see assign.h.
 *
 * The subtle thing: "has a VF" is read from the journal's record on the VF
 * and not from memory, so that a restarted daemon decides as before. */

#include <config.h>
#include "policy/assign.h"

#include <string.h>

#include "packets.h"
#include "policy/check.h"
#include "policy/verdict.h"
#include "util.h"

/* A VF that can be given out. */
struct candidate {
    const struct iov_pf *pf;
    const struct iov_vf *vf;
    const struct iov_verdict *taker;    /* Who got it in this pass. */
    const struct iov_verdict *holder;   /* Who has it now, or null. */
    bool pinned;                /* Somebody who asks for offload names it. */
};

struct pool {
    struct candidate *list;
    size_t n;
};

static bool
is_pin_of(const struct iov_vf_pin *pin, const struct iov_pf *pf,
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

static bool
is_held_by(const struct iov_vf *vf, const struct iov_verdict *v)
{
    return vf->record && !strcmp(vf->record->port, v->port->name);
}

static void
note_users(struct candidate *c, const struct iov_pf *first,
           const struct iov_verdict *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct iov_verdict *v = &list[i];

        if (is_held_by(c->vf, v)) {
            c->holder = v;
        }
        if (v->requested
            && is_pin_of(&v->port->keys.pin, c->pf, first, c->vf)) {
            c->pinned = true;
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
    pool->list = xcalloc(n_vfs + 1, sizeof *pool->list);
    pool->n = 0;
    for (size_t i = 0; i < n_pfs; i++) {
        for (unsigned int j = 0; j < pfs[i]->n_vfs; j++) {
            struct candidate *c = &pool->list[pool->n++];
            c->pf = pfs[i];
            c->vf = &pfs[i]->vfs[j];
            note_users(c, pfs[0], list, n);
        }
    }
}

static void
fail(struct iov_verdict *v, enum iov_reason_id id, const char *object,
     const char *detail)
{
    iov_reasons_add(&v->reasons, id, object, detail);
    v->reasons.list[v->reasons.n - 1].check = IOV_CHECK_vf;
}

static bool
guest_keeps(const struct iov_verdict *v)
{
    return v->port->keys.guest.kind == IOV_GUEST_KIND_NONE;
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
        .spoofchk = true,
        .min_rate = keys->min_rate,
        .max_rate = keys->max_rate,
    };

    if (now->known & IOV_VF_BIT(IOV_VF_TRUST)) {
        want.known |= IOV_VF_BIT(IOV_VF_TRUST);
    }
    if (keys->min_rate || keys->max_rate
        || (now->known & IOV_VF_BIT(IOV_VF_RATE)
            && (now->min_rate || now->max_rate))) {
        want.known |= IOV_VF_BIT(IOV_VF_RATE);
    }
    return want;
}

static void
take(struct iov_verdict *v, struct candidate *c)
{
    c->taker = v;
    v->pf = c->pf;
    v->vf = c->vf;
    v->want = wanted_settings(v);
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
        if (!is_pin_of(pin, c->pf, first, c->vf)) {
            continue;
        }
        if (c->taker) {
            char *detail = xasprintf("Port %s has it; its iov-vf names the "
                                     "same VF.", c->taker->port->name);
            fail(v, IOV_REASON_VF_TAKEN, object, detail);
            free(detail);
        } else if (c->vf->busy && !guest_keeps(v)) {
            fail(v, IOV_REASON_VF_TAKEN, object,
                 "The VF is in use by somebody else.");
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

/* How good 'c' is for 'v'; 0 is not at all.
 *
 * A VF that has the port's MAC address already must be the one, even if it is
 * in use: with the journal lost, the guest is on it, and another VF would
 * leave it there behind nobody's fence. */
static int
rate_candidate(const struct candidate *c, const struct iov_verdict *v)
{
    if (c->taker || c->pinned) {
        return 0;
    } else if (is_held_by(c->vf, v)) {
        return 5;
    } else if (is_lost_of(c->vf, v)) {
        return 4;
    } else if (guest_keeps(v)) {
        return (c->vf->now.known & IOV_VF_BIT(IOV_VF_MAC)
                && eth_addr_equals(c->vf->now.mac, v->port->mac)) ? 3 : 0;
    } else if (c->vf->busy) {
        return 0;
    } else if (!c->vf->record) {
        return 3;
    } else {
        /* Somebody has it who is behind us, or gone. */
        return c->holder && !c->holder->reasons.n ? 1 : 2;
    }
}

static void
assign_free(struct iov_verdict *v, struct pool *pool)
{
    struct candidate *best = NULL;
    int best_rate = 0;

    for (size_t i = 0; i < pool->n; i++) {
        struct candidate *c = &pool->list[i];
        int rate = rate_candidate(c, v);

        if (rate > best_rate
            || (rate == 1 && best_rate == 1
                && (c->holder->port->keys.weight
                    < best->holder->port->keys.weight))) {
            best = c;
            best_rate = rate;
        }
    }
    if (best) {
        take(v, best);
    } else if (guest_keeps(v)) {
        fail(v, IOV_REASON_VF_NOT_NAMED, NULL, NULL);
    } else {
        fail(v, IOV_REASON_NO_FREE_VF, NULL, NULL);
    }
}

/* The VF that the guest of 'v' has anyway, direct or not. */
static void
find_claim(struct iov_verdict *v, const struct pool *pool,
           const struct iov_pf *first)
{
    if (!v->requested) {
        return;
    }
    for (size_t i = 0; i < pool->n; i++) {
        const struct candidate *c = &pool->list[i];
        bool pinned = v->port->keys.pin.kind != IOV_PIN_NONE;

        if (!guest_keeps(v)
            ? (v->port->mac_known && c->vf->busy && is_lost_of(c->vf, v))
            : pinned
            ? is_pin_of(&v->port->keys.pin, c->pf, first, c->vf)
            : (is_held_by(c->vf, v)
               || (v->port->mac_known && !c->pinned
                   && c->vf->now.known & IOV_VF_BIT(IOV_VF_MAC)
                   && eth_addr_equals(c->vf->now.mac, v->port->mac)))) {
            v->claimed_pf = c->pf;
            v->claimed = c->vf;
            return;
        }
    }
}

/* True if 'v' has a VF that it may stay on.  With iov-vf that is the named
 * one only: whoever is on it already is not driven off by a newcomer. */
static bool
holds_right(const struct iov_verdict *v, const struct pool *pool,
            const struct iov_pf *first)
{
    const struct iov_vf_pin *pin = &v->port->keys.pin;

    for (size_t i = 0; i < pool->n; i++) {
        const struct candidate *c = &pool->list[i];
        if (c->holder == v && (pin->kind == IOV_PIN_NONE
                               || is_pin_of(pin, c->pf, first, c->vf))) {
            return true;
        }
    }
    return false;
}

/* Position of 'v' in the queue: bigger comes first. */
static int
rank(const struct iov_verdict *v, const struct pool *pool,
     const struct iov_pf *first)
{
    return (v->port->keys.weight * 4
            + (v->port->keys.pin.kind != IOV_PIN_NONE) * 2
            + holds_right(v, pool, first));
}

void
iov_assign_vfs(struct iov_verdict *list, size_t n,
               const struct iov_pf *const *pfs, size_t n_pfs)
{
    struct iov_verdict **queue = xcalloc(n + 1, sizeof *queue);
    int *ranks = xcalloc(n + 1, sizeof *ranks);
    struct pool pool;
    size_t n_queue = 0;

    pool_init(&pool, pfs, n_pfs, list, n);
    /* Insertion sort: stable, so that names decide between equals. */
    for (size_t i = 0; i < n; i++) {
        find_claim(&list[i], &pool, n_pfs ? pfs[0] : NULL);
        if (!list[i].reasons.n && pool.n) {
            int r = rank(&list[i], &pool, pfs[0]);
            size_t j = n_queue++;
            for (; j > 0 && ranks[j - 1] < r; j--) {
                ranks[j] = ranks[j - 1];
                queue[j] = queue[j - 1];
            }
            ranks[j] = r;
            queue[j] = &list[i];
        }
    }
    for (size_t i = 0; i < n_queue; i++) {
        if (queue[i]->port->keys.pin.kind != IOV_PIN_NONE) {
            assign_pinned(queue[i], &pool, pfs[0]);
        } else {
            assign_free(queue[i], &pool);
        }
    }
    free(pool.list);
    free(ranks);
    free(queue);
}
