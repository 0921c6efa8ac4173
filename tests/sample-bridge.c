/* SPDX-License-Identifier: Apache-2.0 */

/* What imagined bridges of tests are made of: see sample-bridge.h.
 *
 * The subtle thing: keys are given as text and parsed, because what is not
 * set has defaults other than zero. */

#include <config.h>

#include "tests/sample-bridge.h"

#include <string.h>

#include "flow.h"
#include "openvswitch/ofp-port.h"
#include "packets.h"
#include "smap.h"
#include "util.h"

struct eth_addr
sample_mac(unsigned int ofport)
{
    struct eth_addr mac = ETH_ADDR_C(52, 54, 00, 00, 00, 00);

    mac.ea[5] = ofport;
    return mac;
}

struct iov_pf *
sample_add_pf(struct iov_nics *nics)
{
    struct iov_pf *pf = xzalloc(sizeof *pf);

    pf->netdev = xstrdup("pf0");
    pf->up = true;
    pf->total_vfs = 4;
    iov_pf_set_n_vfs(pf, 4);
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        pf->vfs[i].now.known = IOV_VF_ALL;
    }
    *nics = (struct iov_nics) { pf, 1 };
    return pf;
}

struct iov_bridge *
sample_add_bridge(struct iov_snapshot *snapshot, const char *name)
{
    struct iov_bridge *bridge = iov_snapshot_add_bridge(snapshot, name);
    struct smap config = SMAP_INITIALIZER(&config);

    iov_global_keys_parse(&snapshot->keys, &config);
    smap_add(&config, "iov-enabled", "true");
    iov_bridge_keys_parse(&bridge->keys, &config);
    smap_destroy(&config);
    return bridge;
}

struct iov_port *
sample_add_port(struct iov_bridge *bridge, const char *name,
                unsigned int ofport, struct ofputil_port_map *names)
{
    struct smap config = SMAP_INITIALIZER(&config);
    struct iov_port *port = iov_bridge_add_port(bridge, name);

    port->port_name = xstrdup(name);
    port->type = xstrdup("system");
    port->ofport = ofport;
    port->mac_known = true;
    port->mac = sample_mac(ofport);
    port->mac_source = "attached-mac";
    if (strcmp(name, "pf0")) {
        smap_add(&config, "iov-weight", "50");
        smap_add_format(&config, "iov-guest", "netns:%s", name);
    }
    iov_interface_keys_parse(&port->keys, &config);
    smap_destroy(&config);
    ofputil_port_map_put(names, u16_to_ofp(ofport), name);
    return port;
}
