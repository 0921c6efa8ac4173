/* SPDX-License-Identifier: Apache-2.0 */

/* What a network namespace that is a guest does with its VF, and the address
 * that it has without.
 *
 * A bond tells by which of its members it sends; everything else is told by
 * the counters of the device.
 *
 * A member that a bond holds in reserve hears broadcasts and counts them, so
 * that what was heard says nothing. */

#include <config.h>

#include "offload/guest/netns.h"

#include <stdlib.h>
#include <string.h>

#include "offload/pci/pci.h"
#include "policy/model/key.h"
#include "policy/model/nic.h"

void
netns_use(const struct iov_guest_spec *spec, const struct iov_vf *vf,
          struct iov_vf_use *use)
{
    int error;
    struct netns *ns = netns_get(spec->name, &error, NULL);
    const struct rtnl_link *link = ns ? netns_find_pci(ns, vf->pci) : NULL;

    if (!link) {
        return;
    }
    use->told = link->in_bond;
    use->active = link->is_active;
    use->how = (link->is_active ? "the guest's bond sends by the VF"
                : "the guest's bond sends by another of its members");
    use->counted = netns_count(ns, link->ifindex, &use->sent, &use->heard);
}

bool
netns_mac(const struct iov_guest_spec *spec, const char *port,
          struct eth_addr *mac)
{
    int error, peer = pci_net_peer(port);
    struct netns *ns = peer ? netns_get(spec->name, &error, NULL) : NULL;
    const struct rtnl_link *link = ns ? netns_find_index(ns, peer) : NULL;

    if (!link || strcmp(link->kind, "veth") || !link->has_address) {
        return false;
    }
    *mac = link->address;
    return true;
}
