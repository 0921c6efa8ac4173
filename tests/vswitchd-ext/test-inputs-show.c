/* SPDX-License-Identifier: Apache-2.0
 *
 * What test-inputs shows of a snapshot.
 *
 * Only what the database has said is shown, so that tests need not be changed
 * when something else gets into snapshots. */

#include <config.h>

#include "tests/vswitchd-ext/test-inputs.h"

#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "policy/model/snapshot.h"
#include "sset.h"
#include "svec.h"
#include "util.h"

static void
put_if(struct ds *s, const char *name, const char *value)
{
    if (value) {
        ds_put_format(s, " %s=%s", name, value);
    }
}

static void
format_vlans(struct ds *s, const char *what, const struct svec *vlans)
{
    if (vlans->n) {
        char *text = svec_join(vlans, ",", "");
        ds_put_format(s, " %s=%s", what, text);
        free(text);
    }
}

static void
format_port(struct ds *s, const struct iov_port *p)
{
    static const char *const modes[] = {
        [IOV_VLAN_NONE] = "none",
        [IOV_VLAN_ACCESS] = "access",
        [IOV_VLAN_TRUNK] = "trunk",
        [IOV_VLAN_NATIVE_TAGGED] = "native-tagged",
        [IOV_VLAN_NATIVE_UNTAGGED] = "native-untagged",
        [IOV_VLAN_DOT1Q_TUNNEL] = "dot1q-tunnel",
    };
    ds_put_format(s, "  port %s: of=%s type=%s ofport=%"PRId64, p->name,
                  p->port_name, p->type, p->ofport);
    put_if(s, "driver", p->driver);
    ds_put_cstr(s, p->bonded ? " bonded" : "");
    if (p->mac_known) {
        ds_put_format(s, " mac="ETH_ADDR_FMT, ETH_ADDR_ARGS(p->mac));
    }
    put_if(s, "bad_mac", p->bad_mac);
    put_if(s, "from", p->mac_source);
    ds_put_format(s, " vlan=%s/%d", modes[p->vlan_mode], p->tag);
    format_vlans(s, "trunks", &p->trunks);
    ds_put_cstr(s, p->priority_tags ? " priority-tags" : "");
    ds_put_cstr(s, p->protected ? " protected" : "");
    ds_put_cstr(s, p->admin_down ? " down" : "");
    ds_put_cstr(s, p->stp ? "" : " no-stp");
    ds_put_cstr(s, p->rstp ? "" : " no-rstp");
    ds_put_cstr(s, p->cfm ? " cfm" : "");
    ds_put_cstr(s, p->bfd ? " bfd" : "");
    ds_put_cstr(s, p->lldp ? " lldp" : "");
    ds_put_cstr(s, p->lacp ? " lacp" : "");
    put_if(s, "qos", p->qos);
    if (p->policing_rate || p->policing_kpkts_rate) {
        ds_put_format(s, " policing=%"PRId64"/%"PRId64, p->policing_rate,
                      p->policing_kpkts_rate);
    }
    ds_put_format(s, " weight=%u", p->keys.weight);
    put_if(s, "error", p->error);
    ds_put_char(s, '\n');
}

static void
format_names(struct ds *s, const char *what, const struct sset *names)
{
    const char **sorted = sset_sort(names);
    for (size_t i = 0; i < sset_count(names); i++) {
        ds_put_format(s, " %s=%s", what, sorted[i]);
    }
    free(sorted);
}

void
test_inputs_format_bridge(struct ds *s, const struct iov_bridge *b)
{
    ds_put_format(s, "bridge %s:%s%s%s%s", b->name,
                  b->keys.enabled ? " enabled" : "",
                  b->stp ? " stp" : "", b->rstp ? " rstp" : "",
                  b->mcast_snooping ? " mcast-snooping" : "");
    format_vlans(s, "flood", &b->flood_vlans);
    ds_put_char(s, '\n');
    const char *const sampling[][2] = {
        { "sflow", b->sampling.sflow }, { "ipfix", b->sampling.ipfix },
        { "netflow", b->sampling.netflow },
    };
    for (size_t i = 0; i < ARRAY_SIZE(sampling); i++) {
        if (sampling[i][1]) {
            ds_put_format(s, "  %s %s\n", sampling[i][0], sampling[i][1]);
        }
    }
    for (size_t i = 0; i < b->n_mirrors; i++) {
        const struct iov_mirror *m = &b->mirrors[i];
        ds_put_format(s, "  mirror %s:%s", m->name, m->all ? " all" : "");
        format_names(s, "src", &m->src);
        format_names(s, "dst", &m->dst);
        format_vlans(s, "vlans", &m->vlans);
        put_if(s, "output", m->output);
        if (m->output_vlan) {
            ds_put_format(s, " output=VLAN %d", m->output_vlan);
        }
        ds_put_char(s, '\n');
    }
    for (size_t i = 0; i < b->n_ports; i++) {
        format_port(s, &b->ports[i]);
    }
}
