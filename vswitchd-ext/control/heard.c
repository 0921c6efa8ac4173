/* SPDX-License-Identifier: Apache-2.0
 *
 * Which addresses have been heard on ports: see heard.h.
 *
 * While a port is on its VF nothing is heard on it, so that other addresses
 * are kept then, and found anew once it is on software. */

#include <config.h>
#include "vswitchd-ext/control/heard.h"

#include <stdlib.h>
#include <string.h>

#include "offload/host/port-traffic.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "packets.h"
#include "policy/model/limit.h"
#include "policy/model/nic.h"
#include "policy/model/snapshot.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"
#include "vswitchd-ext/control/runtime.h"
#include "vswitchd-ext/ovs/fdb.h"

#define PERIOD_MSEC 5000
#define PERIOD_SILENT_MSEC 1000 /* While a port's address was not heard. */

struct heard {
    char *bridge;
    int64_t ofport;
    struct eth_addr mac;
    int place;
    bool seen;                  /* In this snapshot. */
    bool asks;                  /* It asks for offload. */
    bool direct;                /* It is on its VF. */
    bool here;                  /* Its address was heard, or is sure. */
    struct eth_addr others[IOV_LIMIT_OTHER_MACS];
    size_t n_others;
    size_t n_kept;              /* Those of the answer under way; before it
                                 * has ended they are at the front. */
};

static struct shash ports = SHASH_INITIALIZER(&ports); /* Of struct heard. */
static bool simulated;
static bool is_due;             /* A port is new or has moved. */
static long long int ask_at;    /* ms. */
static size_t n_asked;          /* Tables asked for and not answered. */
static bool is_waited_for;      /* Somebody was told that it is busy. */
static uint64_t n_changes;

static void
heard_destroy(struct heard *h)
{
    free(h->bridge);
    free(h);
}

/* Answers. */

/* Takes an address that was heard on the port of 'h'. */
static void
take_address(struct heard *h, struct eth_addr mac)
{
    if (eth_addr_equals(mac, h->mac)) {
        n_changes += !h->here;
        h->here = true;
        return;
    }
    for (size_t i = 0; i < h->n_others; i++) {
        if (eth_addr_equals(h->others[i], mac)) {
            if (i >= h->n_kept) {
                h->others[i] = h->others[h->n_kept];
                h->others[h->n_kept++] = mac;
            }
            return;
        }
    }
    if (h->n_others < IOV_LIMIT_OTHER_MACS) {
        h->others[h->n_others++] = h->others[h->n_kept];
        h->others[h->n_kept++] = mac;
        n_changes++;
    }
}

/* The table of 'bridge' begins (null 'entry'), has an entry, or has ended. */
static void
take_table(const char *bridge, const struct iov_fdb_entry *entry, bool ended)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &ports) {
        struct heard *h = node->data;

        if (strcmp(h->bridge, bridge)) {
            continue;
        } else if (entry) {
            if (entry->ofport == h->ofport) {
                take_address(h, entry->mac);
            }
        } else if (!ended) {
            h->n_kept = 0;
        } else if (!h->direct && h->n_kept < h->n_others) {
            h->n_others = h->n_kept;
            n_changes++;
        }
    }
    if (ended && n_asked) {
        n_asked--;
        n_changes += !n_asked && is_waited_for;
        is_waited_for &= n_asked > 0;
    }
}

/* Questions. */

/* Looks at what has come from devices whose address was not heard yet. */
static void
look_at_devices(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &ports) {
        struct heard *h = node->data;

        if (!h->here && !simulated && iov_port_has_sent(node->name)) {
            h->here = true;
            n_changes++;
        }
    }
}

static bool
any_silent(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &ports) {
        const struct heard *h = node->data;

        if (!h->here) {
            return true;
        }
    }
    return false;
}

static void
ask(void)
{
    struct sset bridges = SSET_INITIALIZER(&bridges);
    struct shash_node *node;
    const char *bridge;

    SHASH_FOR_EACH (node, &ports) {
        const struct heard *h = node->data;

        if (!h->here || (h->asks && !h->direct)) {
            sset_add(&bridges, h->bridge);
        }
    }
    SSET_FOR_EACH (bridge, &bridges) {
        n_asked += iov_fdb_show(bridge);
    }
    sset_destroy(&bridges);
}

void
iov_heard_init(bool simulated_)
{
    simulated = simulated_;
    iov_fdb_set_show_cb(take_table);
}

void
iov_heard_exit(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &ports) {
        heard_destroy(node->data);
        shash_delete(&ports, node);
    }
}

void
iov_heard_run(long long int now)
{
    if (n_asked || (!is_due && now < ask_at) || shash_is_empty(&ports)) {
        return;
    }
    is_due = false;
    look_at_devices();
    ask();
    if (!n_asked && is_waited_for) {
        is_waited_for = false;
        n_changes++;
    }
    ask_at = now + (any_silent() ? PERIOD_SILENT_MSEC : PERIOD_MSEC);
}

void
iov_heard_wait(long long int now OVS_UNUSED)
{
    if (!n_asked && !shash_is_empty(&ports)) {
        if (is_due) {
            poll_immediate_wake();
        } else {
            poll_timer_wait_until(ask_at);
        }
    }
}

uint64_t
iov_heard_changed(void)
{
    return n_changes;
}

bool
iov_heard_is_busy(void)
{
    bool busy = (is_due || n_asked) && !iov_fdb_unreachable();

    is_waited_for |= busy;
    return busy;
}

/* Ports. */

/* Takes note of a port, whose address is there for sure if 'sure' says so now
 * or has said so earlier.  Returns true if the address is there. */
static bool
see_port(const struct iov_port *port, const char *bridge, bool sure,
         int place)
{
    struct heard *h = shash_find_data(&ports, port->name);

    if (h && (strcmp(h->bridge, bridge) || h->ofport != port->ofport
              || !eth_addr_equals(h->mac, port->mac))) {
        shash_find_and_delete(&ports, port->name);
        heard_destroy(h);
        h = NULL;
    }
    if (!h) {
        h = xzalloc(sizeof *h);
        h->bridge = xstrdup(bridge);
        h->ofport = port->ofport;
        h->mac = port->mac;
        h->place = place - 1;
        shash_add(&ports, port->name, h);
    }
    h->seen = true;
    h->asks = port->keys.weight != 0;
    h->direct = port->stays;
    h->here |= sure;
    if (h->place != place) {
        h->place = place;
        is_due |= h->asks || !h->here;
    }
    return h->here;
}

/* True if a PF receives for the port already, by our word: so it was before
 * the daemon started. */
static bool
is_on_a_pf(const struct iov_nics *nics, const struct iov_port *port)
{
    for (size_t i = 0; i < nics->n_pfs; i++) {
        const struct iov_pf *pf = &nics->pfs[i];

        for (size_t j = 0; j < pf->n_our_macs; j++) {
            if (eth_addr_equals(pf->our_macs[j], port->mac)) {
                return true;
            }
        }
    }
    return false;
}

/* A port that is on a VF, or was, has its guest here; so has one that asks for
 * a VF and whose guest could take it.  Of a guest whose VF somebody else hands
 * over nobody knows. */
static bool
is_sure(const struct iov_port *port, const struct iov_runtime *runtime,
        const struct iov_nics *nics)
{
    bool asks = (port->keys.weight && !port->guest_not_ready
                 && !port->guest_busy
                 && port->keys.guest.kind != IOV_GUEST_KIND_NONE);

    return (asks || runtime->taken || runtime->learned.at
            || runtime->state == IOV_PORT_DIRECT
            || !strcmp(port->type, "internal") || is_on_a_pf(nics, port));
}

void
iov_heard_port(const struct iov_bridge *bridge, struct iov_port *port,
               const struct iov_runtime *runtime, const struct iov_nics *nics)
{
    if (bridge->keys.enabled && port->ofport > 0 && !port->bad_name
        && iov_port_mac_is_meant(port) && !iov_nics_find(nics, port->name)) {
        port->unheard = !see_port(port, bridge->name,
                                  is_sure(port, runtime, nics),
                                  runtime->state);
    }
}

void
iov_heard_end(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &ports) {
        struct heard *h = node->data;

        if (!h->seen) {
            shash_delete(&ports, node);
            heard_destroy(h);
        } else {
            h->seen = false;
        }
    }
    /* Nobody is left to ask for. */
    is_due &= !shash_is_empty(&ports);
}

const struct eth_addr *
iov_heard_others(const char *port, size_t *n)
{
    const struct heard *h = shash_find_data(&ports, port);

    *n = h ? h->n_others : 0;
    return h ? h->others : NULL;
}
