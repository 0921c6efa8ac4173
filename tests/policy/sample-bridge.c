/* SPDX-License-Identifier: Apache-2.0 */

/* What imagined bridges of tests are made of: see sample-bridge.h.
 *
 * Keys are given as text and parsed, because what is not set has defaults
 * other than zero. */

#include <config.h>

#include "tests/policy/sample-bridge.h"

#include <string.h>

#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-port.h"
#include "packets.h"
#include "policy/flow/table.h"
#include "policy/verdict/verdict.h"
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
sample_add_pf(struct iov_nics *nics, const char *netdev)
{
    nics->pfs = xrealloc(nics->pfs, (nics->n_pfs + 1) * sizeof *nics->pfs);
    struct iov_pf *pf = &nics->pfs[nics->n_pfs++];

    memset(pf, 0, sizeof *pf);
    pf->netdev = xstrdup(netdev);
    pf->up = true;
    pf->total_vfs = 4;
    iov_pf_set_n_vfs(pf, 4);
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        pf->vfs[i].now.known = IOV_VF_ALL;
    }
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
    if (strncmp(name, "pf", 2)) {
        smap_add(&config, "iov-weight", "50");
        smap_add_format(&config, "iov-guest", "netns:%s", name);
    }
    iov_interface_keys_parse(&port->keys, &config);
    smap_destroy(&config);
    ofputil_port_map_put(names, u16_to_ofp(ofport), name);
    return port;
}

bool
sample_add_flow(struct iov_flow_table *table,
                const struct ofputil_port_map *names, const char *text)
{
    static const struct ofpact none[1];
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    struct match match;
    char *error = parse_ofp_flow_mod_str(&fm, text, names, NULL,
                                         OFPFC_ADD, &usable);
    if (error) {
        free(error);
        return false;
    }
    minimatch_expand(&fm.match, &match);
    iov_flow_table_put(table, &(struct iov_flow_spec) {
        .table_id = fm.table_id == 0xff ? 0 : fm.table_id,
        .priority = fm.priority,
        .match = &match,
        .ofpacts = fm.ofpacts_len ? fm.ofpacts : none,
        .ofpacts_len = fm.ofpacts_len,
        .cookie = ntohll(fm.new_cookie),
        .idles = fm.idle_timeout != 0,
    });
    minimatch_destroy(&fm.match);
    free(CONST_CAST(struct ofpact *, fm.ofpacts));
    return true;
}

void
sample_format_verdicts(const struct iov_verdicts *vs, struct ds *s)
{
    for (size_t i = 0; i < vs->n; i++) {
        const struct iov_verdict *v = &vs->list[i];
        ds_put_format(s, "%s: %s\n", v->port->name,
                      v->vf ? "direct" : "software");
        for (size_t j = 0; j < v->reasons.n; j++) {
            const struct iov_reason *r = &v->reasons.list[j];
            ds_put_format(s, "  %s: %s\n", iov_reason_class(r->id)->slug,
                          r->object ? r->object : "");
        }
        ds_put_format(s, "  and %"PRIuSIZE"\n", v->reasons.n_more);
    }
}
