/* SPDX-License-Identifier: Apache-2.0
 *
 * The check of the port's MAC address: the NIC finds the VF by it, so that
 * those of virtual machines' ports and of PFs have to differ from all others
 * of their bridge, and from those of all other VFs behind its PFs.  Other
 * bridges have other PFs, and are other networks.
 *
 * All ports that ask are held against all others, which only is cheap because
 * equal addresses are rare: they are looked for in a map, and named in the
 * order of the ports if there are any. */

#include <config.h>
#include "policy/verdict/check.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/hmap.h"
#include "packets.h"
#include "policy/verdict/assign.h"
#include "policy/verdict/vf-owner.h"
#include "util.h"

/* A port by its address. */
struct owner {
    struct hmap_node node;
    const struct iov_bridge *bridge;
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
                owners->list[n].bridge = bridge;
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

/* Returns how many other ports of 'bridge' have the address of 'port'. */
static size_t
count_others(const struct iov_owners *owners, const struct iov_bridge *bridge,
             const struct iov_port *port)
{
    const struct owner *owner;
    size_t n = 0;

    HMAP_FOR_EACH_WITH_HASH (owner, node, hash_of(port->mac), &owners->map) {
        n += (owner->bridge == bridge && owner->port != port
              && eth_addr_equals(owner->port->mac, port->mac));
    }
    return n;
}

/* Names the 'n' other ports of the bridge that have the address. */
static void
name_others(struct iov_check *c, size_t n)
{
    size_t n_left = MIN(n, CHECK_MAX_NAMED);

    for (size_t i = 0; i < c->bridge->n_ports && n_left; i++) {
        const struct iov_port *other = &c->bridge->ports[i];

        if (other == c->port || !eth_addr_equals(other->mac, c->port->mac)
            || !iov_port_mac_is_meant(other)) {
            continue;
        }
        if (--n_left || n <= CHECK_MAX_NAMED) {
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

static bool
is_own_vf(const struct iov_check *c, const struct iov_vf *vf)
{
    return vf->record && !strcmp(vf->record->port, c->port->name);
}

static bool
has_own_vf(const struct iov_check *c)
{
    for (size_t i = 0; i < c->n_pfs; i++) {
        for (unsigned int j = 0; j < c->pfs[i]->n_vfs; j++) {
            if (is_own_vf(c, &c->pfs[i]->vfs[j])) {
                return true;
            }
        }
    }
    return false;
}

/* True if 'vf', which has the port's address, is the one that the port would
 * be given for that: iov_assign_vfs() prefers it. */
static bool
is_to_be_taken(const struct iov_check *c, const struct iov_pf *pf,
               const struct iov_vf *vf)
{
    const struct iov_vf_pin *pin = &c->port->keys.pin;

    return (!vf->record && !vf->host_use
            && !iov_vf_is_foreign(&c->bridge->keys, pf, vf)
            && (pin->kind == IOV_PIN_NONE
                || iov_vf_is_pinned(pin, pf, c->pfs[0], vf)));
}

/* True if nobody has 'vf' and it is in a VLAN of fences, as one is that its
 * driver did not let be put back: no packet of the port gets there, as no port
 * that is in such a VLAN has a VF. */
static bool
is_kept_apart(const struct iov_check *c, const struct iov_vf *vf)
{
    const struct iov_vlan_range *range = &c->snapshot->keys.fence_vlans;

    return (!vf->record && !vf->busy && vf->now.known & IOV_VF_BIT(IOV_VF_VLAN)
            && vf->now.vlan >= range->first && vf->now.vlan <= range->last
            && vf->now.vlan);
}

/* Names the VFs that have the port's address and are not its own.  To the NIC
 * they receive for it as well. */
static void
check_vfs(struct iov_check *c)
{
    bool has_one = has_own_vf(c);

    for (size_t i = 0; i < c->n_pfs; i++) {
        const struct iov_pf *pf = c->pfs[i];

        for (unsigned int j = 0; j < pf->n_vfs; j++) {
            const struct iov_vf *vf = &pf->vfs[j];

            if (!(vf->now.known & IOV_VF_BIT(IOV_VF_MAC))
                || !eth_addr_equals(vf->now.mac, c->port->mac)
                || is_own_vf(c, vf) || is_kept_apart(c, vf)) {
                continue;
            } else if (!has_one && is_to_be_taken(c, pf, vf)) {
                has_one = true;
                continue;
            }

            char *object = xasprintf("VF %u of %s", j, pf->netdev);
            check_fail(c, IOV_REASON_DUPLICATE_MAC, object,
                       "It has "ETH_ADDR_FMT" too, which was not set for this "
                       "port.", ETH_ADDR_ARGS(vf->now.mac));
            free(object);
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
        name_others(c, count_others(c->owners, c->bridge, port));
        check_vfs(c);
    }
}
