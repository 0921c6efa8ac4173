/* SPDX-License-Identifier: Apache-2.0
 *
 * The check of the port's MAC address: the NIC finds the VF by it, so that
 * those of virtual machines' ports and of PFs have to differ from all others.
 *
 * The subtle thing: all ports that ask are held against all others, which only
 * is cheap because equal addresses are rare: they are looked for in a map, and
 * named in the order of the ports if there are any. */

#include <config.h>
#include "policy/verdict/check.h"

#include <stdlib.h>

#include "openvswitch/hmap.h"
#include "packets.h"
#include "util.h"

/* Of more ports than that with one address only the number is told. */

/* A port by its address. */
struct owner {
    struct hmap_node node;
    const struct iov_port *port;
};

struct iov_owners {
    struct hmap map;            /* Of struct owner. */
    struct owner *list;
};

static uint32_t
hash_of(struct eth_addr mac)
{
    return hash_mac(mac, 0, 0);
}

struct iov_owners *
check_find_owners(const struct iov_snapshot *snapshot)
{
    struct iov_owners *owners = xzalloc(sizeof *owners);
    size_t n = 0;

    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        n += snapshot->bridges[i].n_ports;
    }
    hmap_init(&owners->map);
    hmap_reserve(&owners->map, n);
    owners->list = xcalloc(n + 1, sizeof *owners->list);
    n = 0;
    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        const struct iov_bridge *bridge = &snapshot->bridges[i];

        for (size_t j = 0; j < bridge->n_ports && bridge->keys.enabled; j++) {
            const struct iov_port *port = &bridge->ports[j];
            if (iov_port_mac_is_meant(port)) {
                owners->list[n].port = port;
                hmap_insert(&owners->map, &owners->list[n++].node,
                            hash_of(port->mac));
            }
        }
    }
    return owners;
}

void
check_free_owners(struct iov_owners *owners)
{
    hmap_destroy(&owners->map);
    free(owners->list);
    free(owners);
}

/* Returns how many other ports have the address of 'port'. */
static size_t
count_others(const struct iov_owners *owners, const struct iov_port *port)
{
    const struct owner *owner;
    size_t n = 0;

    HMAP_FOR_EACH_WITH_HASH (owner, node, hash_of(port->mac), &owners->map) {
        n += (owner->port != port
              && eth_addr_equals(owner->port->mac, port->mac));
    }
    return n;
}

/* Names those of the 'n' others that are in 'bridge', up to '*n_left'. */
static void
name_others(struct iov_check *c, const struct iov_bridge *bridge, size_t n,
            size_t *n_left)
{
    for (size_t i = 0; i < bridge->n_ports && *n_left; i++) {
        const struct iov_port *other = &bridge->ports[i];

        if (other == c->port || !eth_addr_equals(other->mac, c->port->mac)
            || !iov_port_mac_is_meant(other)) {
            continue;
        }
        if (--*n_left || n <= CHECK_MAX_NAMED) {
            check_fail(c, IOV_REASON_DUPLICATE_MAC, other->name,
                       "It has "ETH_ADDR_FMT" too.",
                       ETH_ADDR_ARGS(other->mac));
        } else {
            check_fail(c, IOV_REASON_DUPLICATE_MAC, other->name,
                       "It has "ETH_ADDR_FMT" too, and so have %"PRIuSIZE
                       " more.", ETH_ADDR_ARGS(other->mac),
                       n - CHECK_MAX_NAMED);
        }
    }
}

void
check_mac(struct iov_check *c)
{
    const struct iov_port *port = c->port;

    if (port->bad_mac) {
        check_fail(c, IOV_REASON_BAD_MAC, port->mac_source,
                   "\"%s\" is not a unicast MAC address.", port->bad_mac);
    } else if (!port->mac_known) {
        check_fail(c, IOV_REASON_NO_MAC, NULL, NULL);
    } else {
        size_t n = count_others(c->owners, port);
        size_t n_left = MIN(n, CHECK_MAX_NAMED);

        for (size_t i = 0; i < c->snapshot->n_bridges && n_left; i++) {
            if (c->snapshot->bridges[i].keys.enabled) {
                name_others(c, &c->snapshot->bridges[i], n, &n_left);
            }
        }
    }
}
