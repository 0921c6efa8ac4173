/* SPDX-License-Identifier: Apache-2.0
 *
 * What the daemon remembers of each port: see runtime.h.
 *
 * An entry outlives its port while an operation is under way, because the
 * result has to find it. */

#include <config.h>
#include "vswitchd-ext/control/runtime.h"

#include <errno.h>
#include <string.h>

#include "coverage.h"
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "policy/model/snapshot.h"
#include "policy/verdict/check.h"
#include "random.h"
#include "timeval.h"
#include "util.h"
#include "vswitchd-ext/control/history.h"

VLOG_DEFINE_THIS_MODULE(iov_ports);

COVERAGE_DEFINE(iov_port_direct);
COVERAGE_DEFINE(iov_port_fallback);

/* A rate that was set so many times in a row, and is still to be set, is tried
 * again only as what fails is.  Anything else is compared when it is read
 * back. */
#define MAX_WORKED 3
#define REPEAT_MSEC (4 * 60 * 1000)

struct shash iov_runtimes = SHASH_INITIALIZER(&iov_runtimes);

/* Unicast and locally administered, so that no device has it by birth. */
static struct eth_addr
make_fence_mac(void)
{
    struct eth_addr mac;

    eth_addr_random(&mac);
    mac.ea[0] = (mac.ea[0] & ~1) | 2;
    return mac;
}

struct iov_runtime *
iov_runtime_find(const char *name)
{
    return shash_find_data(&iov_runtimes, name);
}

struct iov_runtime *
iov_runtime_get(const char *name)
{
    struct iov_runtime *runtime = iov_runtime_find(name);

    if (!runtime) {
        runtime = xzalloc(sizeof *runtime);
        runtime->name = xstrdup(name);
        runtime->fence_mac = make_fence_mac();
        shash_add(&iov_runtimes, name, runtime);
    }
    return runtime;
}

const char *
iov_runtime_key(const struct iov_op *op, char *buffer, size_t size)
{
    if (op->port && op->port[0]) {
        return op->port;
    }
    snprintf(buffer, size, "/%s", op->pf && op->pf[0] ? op->pf : "switch");
    return buffer;
}

static void
learned_clear(struct iov_learned *learned)
{
    free(learned->at);
    free(learned->bridge);
    memset(learned, 0, sizeof *learned);
}

static void
live_destroy(struct shash_node *node)
{
    struct iov_runtime *runtime = node->data;

    iov_reasons_clear(&runtime->reasons);
    iov_failures_clear(&runtime->failures);
    iov_damping_clear(&runtime->damping);
    learned_clear(&runtime->learned);
    iov_op_destroy(runtime->read);
    free(runtime->next);
    free(runtime->name);
    free(runtime);
    shash_delete(&iov_runtimes, node);
}

bool
iov_runtime_any_reads(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &iov_runtimes) {
        const struct iov_runtime *runtime = node->data;
        if (runtime->busy && runtime->doing == IOV_OP_READ_BACK) {
            return true;
        }
    }
    return false;
}

void
iov_runtime_sweep(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &iov_runtimes) {
        struct iov_runtime *runtime = node->data;
        if (!runtime->seen && !runtime->busy && !runtime->fencing) {
            live_destroy(node);
        } else {
            runtime->seen = false;
        }
    }
}

void
iov_runtime_destroy_all(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &iov_runtimes) {
        live_destroy(node);
    }
}

void
iov_runtime_set_state(struct iov_runtime *runtime, enum iov_port_state state,
                      long long int wall_now)
{
    const char *was = iov_port_state_name(runtime->state);

    if (runtime->since && state == runtime->state) {
        return;
    }
    if (runtime->since) {
        struct ds why = DS_EMPTY_INITIALIZER;

        iov_reasons_format_slugs(&why, &runtime->reasons);
        VLOG_INFO("%s: %s -> %s%s%s", runtime->name, was,
                  iov_port_state_name(state), why.length ? ": " : "",
                  ds_cstr(&why));
        iov_history_add_state(runtime->name, wall_now, was,
                              iov_port_state_name(state), &runtime->reasons);
        ds_destroy(&why);
    }
    if (runtime->state == IOV_PORT_DIRECT) {
        COVERAGE_INC(iov_port_fallback);
        runtime->falls++;
    }
    if (state == IOV_PORT_DIRECT) {
        static uint64_t n_turns;

        COVERAGE_INC(iov_port_direct);
        runtime->vf_turn = (runtime->vf_turn ? runtime->vf_turn : ++n_turns);
    } else if (state == IOV_PORT_OFF) {
        runtime->vf_turn = 0;
    }
    iov_tally_state(&runtime->tally, state, time_msec());
    runtime->state = state;
    runtime->since = wall_now;
}

void
iov_runtime_set_reasons(struct iov_runtime *runtime,
                        struct iov_reasons *reasons, long long int wall_now)
{
    iov_reasons_date(reasons, &runtime->reasons, wall_now);
    iov_reasons_clear(&runtime->reasons);
    iov_reasons_move(&runtime->reasons, reasons);
}

void
iov_runtime_set_request(struct iov_runtime *runtime,
                        const struct iov_port *port)
{
    const struct iov_interface_keys *keys = &port->keys;
    uint32_t hash = hash_string(keys->guest.text ? keys->guest.text : "",
                                keys->weight);

    hash = hash_add(hash, keys->forged_transmits);
    hash = hash_add(hash, keys->promiscuous);
    hash = hash_add(hash, keys->min_rate);
    hash = hash_add(hash, keys->max_rate);
    hash = hash_add(hash, keys->queue_pairs);
    hash = hash_add(hash, keys->pin.kind);
    hash = hash_add(hash, keys->pin.index);
    hash = hash_string(keys->pin.pci, hash);
    hash = hash_add(hash, port->tag);
    hash = hash_add(hash, port->ofport);
    hash = hash_bytes(&port->mac, sizeof port->mac, hash);
    if (hash != runtime->request) {
        iov_failures_clear(&runtime->failures);
        iov_damping_forget_preemption(&runtime->damping);
        runtime->request = hash;
    }
}

void
iov_runtime_damp(struct iov_runtime *runtime,
                 const struct iov_global_keys *keys,
                 const struct iov_verdict *v, bool touched,
                 long long int now)
{
    const struct iov_reasons none = IOV_REASONS_INITIALIZER;
    const struct iov_reasons *reasons = v->kept ? &none : &v->reasons;
    enum iov_damping_sight sight = (reasons->n ? IOV_DAMPING_CLEAR
                                    : IOV_DAMPING_DIRECT);

    runtime->damped_until = 0;
    for (size_t i = 0; i < reasons->n; i++) {
        const struct iov_reason *r = &reasons->list[i];

        if (r->check != IOV_CHECK_damping) {
            sight = IOV_DAMPING_OBSTRUCTED;
        } else if (!runtime->damped_until
                   || r->until < runtime->damped_until) {
            runtime->damped_until = r->until;
        }
    }
    iov_damping_see_preemption(&runtime->damping, v->preempts,
                               runtime->state == IOV_PORT_DIRECT,
                               sight == IOV_DAMPING_OBSTRUCTED);
    long long int held_until = runtime->damping.held_until;

    iov_damping_see(&runtime->damping, keys, sight, touched, now);
    if (runtime->damping.held_until != held_until) {
        runtime->damped_until = now; /* That has to be told, too. */
    }
}

bool
iov_runtime_is_over(struct iov_runtime *runtime, long long int now)
{
    if (!runtime->damped_until || runtime->damped_until > now) {
        return false;
    }
    runtime->damped_until = 0;
    return true;
}

/* True if 'vf' may carry packets although 'attr' is not as in 'want'.  Some
 * drivers show the speed of the link for a VF without a rate. */
static bool
is_optional(const struct iov_vf *vf, const struct iov_vf_settings *want,
            enum iov_vf_attr attr)
{
    return (attr == IOV_VF_RATE ? !want->min_rate && !want->max_rate
            : (iov_vf_attr_is_optional(attr)
               && (attr != IOV_VF_LINK_STATE || iov_vf_may_have_link(vf))));
}

/* Returns what 'vf' does not show as in 'want', in words, or null. */
static char *
find_difference(const struct iov_vf *vf, const struct iov_vf_settings *want)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    for (int i = 0; i < IOV_N_VF_ATTRS; i++) {
        if (want->known & IOV_VF_BIT(i) && !is_optional(vf, want, i)
            && !(vf->now.known & IOV_VF_BIT(i)
                 && iov_vf_attr_equal(&vf->now, want, i))) {
            ds_put_cstr(&ds, ds.length ? ", " : "it shows ");
            if (vf->now.known & IOV_VF_BIT(i)) {
                iov_vf_attr_format(&ds, &vf->now, i);
            } else {
                ds_put_cstr(&ds, "nothing");
            }
            ds_put_cstr(&ds, " instead of ");
            iov_vf_attr_format(&ds, want, i);
        }
    }
    return ds.length ? ds_steal_cstr(&ds) : NULL;
}

/* Returns how many times in a row 'op' has been asked for, and worked, on the
 * way to a VF. */
static unsigned int
count_worked(struct iov_runtime *runtime, const struct iov_op *op,
             long long int now)
{
    struct iov_repeat *repeat = &runtime->rate;
    bool same = (repeat->n && repeat->vf == op->vf
                 && now < repeat->at + REPEAT_MSEC
                 && iov_vf_attr_equal(&repeat->set, &op->set, op->attr));

    repeat->n = (op->fences || op->restores ? 0 : same ? repeat->n + 1 : 1);
    repeat->vf = op->vf;
    repeat->set = op->set;
    repeat->at = now;
    return repeat->n;
}

void
iov_runtime_worked(struct iov_runtime *runtime, const struct iov_op *op,
                   long long int now)
{
    if (op->type == IOV_OP_VF_SET && op->attr == IOV_VF_RATE
        && count_worked(runtime, op, now) >= MAX_WORKED) {
        struct iov_result *r = iov_result_create(
            iov_op_clone(op), EIO, "acknowledged, and shown otherwise");

        r->op->worked = true;
        iov_failures_add(&runtime->failures, r, now);
        iov_result_destroy(r);
    } else {
        iov_failures_remove(&runtime->failures, op);
    }
}

void
iov_runtime_compare(struct iov_runtime *runtime, const struct iov_nics *nics,
                    long long int now)
{
    struct iov_op *op = runtime->read;
    const struct iov_pf *pf = op ? iov_nics_find(nics, op->pf) : NULL;
    char *text = (pf && op->vf < pf->n_vfs
                  ? find_difference(&pf->vfs[op->vf], &op->set) : NULL);

    runtime->read = NULL;
    if (text) {
        struct iov_result *r = iov_result_create(op, EIO, text);

        runtime->checked = false;
        if (iov_failures_add(&runtime->failures, r, now)) {
            VLOG_WARN("%s: VF %u of %s acknowledged what it did not do: %s",
                      runtime->name, op->vf, op->pf, text);
            iov_history_add(IOV_EVENT_DISAGREES, runtime->name,
                            time_wall_msec(),
                            "VF %u of %s acknowledged what it did not do: %s",
                            op->vf, op->pf, text);
        }
        iov_result_destroy(r);
        free(text);
    } else if (op) {
        iov_failures_remove(&runtime->failures, op);
        iov_op_destroy(op);
    }
}

const char *
iov_runtime_learned_at(const struct iov_runtime *runtime, const char *bridge,
                       struct eth_addr mac, uint16_t vlan, uint64_t connection)
{
    const struct iov_learned *learned = &runtime->learned;

    return (learned->at && learned->connection == connection
            && learned->vlan == vlan && eth_addr_equals(learned->mac, mac)
            && !strcmp(learned->bridge, bridge)
            ? learned->at : NULL);
}

static void
forget_learned(const struct iov_op *op)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &iov_runtimes) {
        struct iov_runtime *runtime = node->data;
        struct iov_learned *learned = &runtime->learned;

        if (learned->at && learned->vlan == op->vlan
            && eth_addr_equals(learned->mac, op->mac)
            && !strcmp(learned->bridge, op->bridge)) {
            learned_clear(learned);
        }
    }
}

void
iov_runtime_set_learned(struct iov_runtime *runtime, const struct iov_op *op,
                        bool given_up, uint64_t connection)
{
    forget_learned(op);
    learned_clear(&runtime->learned);
    if (op->type == IOV_OP_FDB_ADD && !given_up) {
        runtime->learned.at = xstrdup(op->switch_port);
        runtime->learned.bridge = xstrdup(op->bridge);
        runtime->learned.vlan = op->vlan;
        runtime->learned.mac = op->mac;
        runtime->learned.connection = connection;
    }
}
