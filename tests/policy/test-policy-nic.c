/* SPDX-License-Identifier: Apache-2.0 */

/* VF settings as text and JSON, PFs, and the order of the snapshot. */

#include <config.h>

#include "test-policy.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "packets.h"
#include "policy/model/nic.h"
#include "policy/model/reason.h"
#include "policy/model/snapshot.h"
#include "policy/verdict/no-pf.h"
#include "smap.h"
#include "util.h"

/* Prints each known attribute, then the JSON made of the settings. */
static void
print_settings(const struct iov_vf_settings *s)
{
    struct json *json = iov_vf_settings_to_json(s);
    char *text = json_to_string(json, JSSF_SORT);
    struct ds ds = DS_EMPTY_INITIALIZER;

    for (size_t attr = 0; attr < IOV_N_VF_ATTRS; attr++) {
        if (s->known & IOV_VF_BIT(attr)) {
            iov_vf_attr_format(&ds, s, attr);
            ds_put_char(&ds, '\n');
        }
    }
    printf("%s%s\n", ds_cstr(&ds), text);
    ds_destroy(&ds);
    free(text);
    json_destroy(json);
}

static bool
read_settings(const char *text, struct iov_vf_settings *s)
{
    struct json *json = json_from_string(text);
    char *error = iov_vf_settings_from_json(json, s);

    if (error) {
        printf("error: %s\n", error);
    }
    json_destroy(json);
    free(error);
    return !error;
}

static void
test_settings(struct ovs_cmdl_context *ctx)
{
    for (int i = 1; i < ctx->argc; i++) {
        struct iov_vf_settings s;

        if (read_settings(ctx->argv[i], &s)) {
            print_settings(&s);
        }
    }
}

/* Names the attributes that differ; then copies them one by one and expects
 * that none does any more. */
static void
test_settings_diff(struct ovs_cmdl_context *ctx)
{
    struct iov_vf_settings a, b;

    if (!read_settings(ctx->argv[1], &a) || !read_settings(ctx->argv[2], &b)) {
        return;
    }
    for (size_t attr = 0; attr < IOV_N_VF_ATTRS; attr++) {
        if (!iov_vf_attr_equal(&a, &b, attr)) {
            puts(iov_vf_attr_name(attr));
            iov_vf_attr_copy(&a, &b, attr);
        }
        if (!iov_vf_attr_equal(&a, &b, attr)) {
            printf("%s still differs\n", iov_vf_attr_name(attr));
        }
    }
}

/* "test-policy pf MAC [+MAC|!MAC|?MAC]...": a PF with its own MAC; + adds an
 * entry, ! marks it as ours, ? asks for it. */
static void
test_pf(struct ovs_cmdl_context *ctx)
{
    struct iov_pf pf = { .netdev = xstrdup("eth0") };

    if (!eth_addr_from_string(ctx->argv[1], &pf.mac)) {
        ovs_fatal(0, "%s: no Ethernet address", ctx->argv[1]);
    }
    for (int i = 2; i < ctx->argc; i++) {
        const char *arg = ctx->argv[i];
        struct eth_addr mac;

        if (!eth_addr_from_string(arg + 1, &mac)) {
            ovs_fatal(0, "%s: no Ethernet address", arg);
        } else if (*arg == '?') {
            printf("%s %d\n", arg + 1, iov_pf_has_mac(&pf, mac));
        } else {
            iov_pf_add_mac(&pf, mac, *arg == '!');
        }
    }
    for (size_t i = 0; i < pf.n_macs; i++) {
        printf("mac "ETH_ADDR_FMT"\n", ETH_ADDR_ARGS(pf.macs[i]));
    }
    for (size_t i = 0; i < pf.n_our_macs; i++) {
        printf("ours "ETH_ADDR_FMT"\n", ETH_ADDR_ARGS(pf.our_macs[i]));
    }
    iov_pf_clear(&pf);
}

/* "test-policy n-vfs N...": changes the number of VFs again and again. */
static void
test_n_vfs(struct ovs_cmdl_context *ctx)
{
    struct iov_pf pf = { .netdev = xstrdup("eth0") };

    for (int i = 1; i < ctx->argc; i++) {
        iov_pf_set_n_vfs(&pf, atoi(ctx->argv[i]));
        printf("%u:", pf.n_vfs);
        for (unsigned int j = 0; j < pf.n_vfs; j++) {
            printf(" %u%s", pf.vfs[j].index, pf.vfs[j].pci ? "!" : "");
            free(pf.vfs[j].pci);
            pf.vfs[j].pci = xstrdup("0000:01:10.0");
        }
        putchar('\n');
    }
    iov_pf_clear(&pf);
}

static void
print_bridge(const struct iov_bridge *bridge)
{
    printf("bridge %s\n", bridge->name);
    for (size_t i = 0; i < bridge->n_ports; i++) {
        printf("  port %s%s\n", bridge->ports[i].name,
               bridge->ports[i].is_uplink ? " uplink" : "");
    }
    for (size_t i = 0; i < bridge->n_mirrors; i++) {
        const struct iov_mirror *mirror = &bridge->mirrors[i];

        printf("  mirror %s selects itself: %d\n", mirror->name,
               sset_contains(&mirror->src, mirror->name));
    }
}

static void
fill_bridge(struct iov_bridge *bridge, char *members)
{
    char *save = NULL;

    for (char *name = strtok_r(members, ",", &save); name;
         name = strtok_r(NULL, ",", &save)) {
        if (*name == '@') {
            struct iov_mirror *mirror = iov_bridge_add_mirror(bridge, name);

            sset_add(&mirror->src, name);
        } else {
            iov_bridge_add_port(bridge, name);
        }
    }
}

/* "test-policy way-out TYPE DRIVER [attached|uplink|bonded|failed]...":
 * whether such a port leads anywhere else than to guests and VFs.  DRIVER "-"
 * is not known. */
static void
test_way_out(struct ovs_cmdl_context *ctx)
{
    struct iov_port port = {
        .type = ctx->argv[1],
        .driver = strcmp(ctx->argv[2], "-") ? ctx->argv[2] : NULL,
        .mac_known = true,
        .mac_source = "mac_in_use",
        .ofport = 1,
    };

    for (int i = 3; i < ctx->argc; i++) {
        const char *arg = ctx->argv[i];

        port.mac_source = strcmp(arg, "attached") ? port.mac_source : arg;
        port.is_uplink |= !strcmp(arg, "uplink");
        port.bonded |= !strcmp(arg, "bonded");
        port.ofport = strcmp(arg, "failed") ? port.ofport : -1;
    }
    puts(iov_port_leads_away(&port) ? "away" : "nowhere");
}

/* Appends the port "NAME/TYPE/DRIVER[/FLAG]...". */
static void
add_port_from_text(struct iov_bridge *bridge, const char *text)
{
    char *copy = xstrdup(text), *save = NULL;
    struct iov_port *port
        = iov_bridge_add_port(bridge, strtok_r(copy, "/", &save));
    struct smap none = SMAP_INITIALIZER(&none);
    const char *driver, *flag;

    iov_interface_keys_parse(&port->keys, &none);
    port->port_name = xstrdup("bond0");
    port->type = xstrdup(strtok_r(NULL, "/", &save));
    driver = strtok_r(NULL, "/", &save);
    port->driver = strcmp(driver, "-") ? xstrdup(driver) : NULL;
    port->ofport = 1;
    port->mac_source = "mac_in_use";
    while ((flag = strtok_r(NULL, "/", &save))) {
        port->bonded |= !strcmp(flag, "bonded");
        port->ofport = strcmp(flag, "failed") ? port->ofport : -1;
        port->mac_source = strcmp(flag, "attached") ? port->mac_source
                                                    : "attached-mac";
        port->mac_known |= !strcmp(flag, "attached");
    }
    smap_destroy(&none);
    free(copy);
}

/* "test-policy no-pf BRIDGE INTEGRATION PORT/TYPE/DRIVER[/FLAG]...": why the
 * bridge has no PF.  INTEGRATION or DRIVER "-" is not known; the host has the
 * PFs pf0 and pf1. */
static void
test_no_pf(struct ovs_cmdl_context *ctx)
{
    struct iov_pf pfs[] = { { .netdev = "pf0", .pci = "0000:01:00.0" },
                            { .netdev = "pf1" } };
    const struct iov_nics nics = { .pfs = pfs, .n_pfs = 2 };
    struct iov_snapshot *snapshot = iov_snapshot_create();
    struct iov_bridge *bridge = iov_snapshot_add_bridge(snapshot,
                                                        ctx->argv[1]);
    struct iov_reasons reasons = IOV_REASONS_INITIALIZER;
    struct smap none = SMAP_INITIALIZER(&none);

    snapshot->nics = &nics;
    iov_global_keys_parse(&snapshot->keys, &none);
    iov_bridge_keys_parse(&bridge->keys, &none);
    snapshot->integration_bridge
        = strcmp(ctx->argv[2], "-") ? xstrdup(ctx->argv[2]) : NULL;
    for (int i = 3; i < ctx->argc; i++) {
        add_port_from_text(bridge, ctx->argv[i]);
    }
    iov_snapshot_finish(snapshot);
    iov_no_pf_explain(snapshot, bridge, &reasons);
    for (size_t i = 0; i < reasons.n; i++) {
        const struct iov_reason *r = &reasons.list[i];

        printf("%s: %s\n%s%s%s\n", iov_reason_class(r->id)->slug, r->object,
               r->detail ? r->detail : "", r->detail ? "\n" : "",
               r->remedy ? r->remedy : "as always");
    }
    iov_reasons_clear(&reasons);
    iov_snapshot_destroy(snapshot);
    smap_destroy(&none);
}

/* "test-policy snapshot PF BRIDGE:PORT,@MIRROR,... ..." */
static void
test_snapshot(struct ovs_cmdl_context *ctx)
{
    struct iov_pf pf = { .netdev = ctx->argv[1] };
    const struct iov_nics nics = { .pfs = &pf, .n_pfs = 1 };
    struct iov_snapshot *snapshot = iov_snapshot_create();
    struct smap none = SMAP_INITIALIZER(&none);

    snapshot->nics = &nics;
    iov_global_keys_parse(&snapshot->keys, &none);
    for (int i = 2; i < ctx->argc; i++) {
        char *copy = xstrdup(ctx->argv[i]);
        char *members = NULL;
        const char *name = strtok_r(copy, ":", &members);

        fill_bridge(iov_snapshot_add_bridge(snapshot, name), members);
        free(copy);
    }
    iov_snapshot_finish(snapshot);
    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        print_bridge(&snapshot->bridges[i]);
    }

    const struct iov_bridge *bridge;
    const struct iov_port *port = iov_snapshot_find_port(snapshot, "vm1",
                                                         &bridge);

    printf("vm1 is in %s\n", port ? bridge->name : "no bridge");
    iov_snapshot_destroy(snapshot);
    smap_destroy(&none);
}

const struct ovs_cmdl_command test_nic_commands[] = {
    { "settings", "JSON...", 1, INT_MAX, test_settings, OVS_RO },
    { "settings-diff", "JSON JSON", 2, 2, test_settings_diff, OVS_RO },
    { "pf", "MAC [+MAC|!MAC|?MAC]...", 1, INT_MAX, test_pf, OVS_RO },
    { "n-vfs", "N...", 1, INT_MAX, test_n_vfs, OVS_RO },
    { "way-out", "TYPE DRIVER [PROPERTY...]", 2, INT_MAX, test_way_out,
      OVS_RO },
    { "no-pf", "BRIDGE INTEGRATION [PORT]...", 2, INT_MAX, test_no_pf,
      OVS_RO },
    { "snapshot", "PF [BRIDGE:NAME,...]...", 1, INT_MAX, test_snapshot,
      OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};
