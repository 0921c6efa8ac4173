/* SPDX-License-Identifier: Apache-2.0 */

/* "test-policy keys TABLE [KEY=VALUE]...": what the keys say and what is
 * wrong with them. */

#include <config.h>

#include "test-policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/model/key.h"
#include "smap.h"
#include "util.h"

static void
print_notes(const struct svec *errors, const struct svec *later)
{
    for (size_t i = 0; i < later->n; i++) {
        printf("later: %s\n", later->names[i]);
    }
    for (size_t i = 0; i < errors->n; i++) {
        printf("error: %s\n", errors->names[i]);
    }
}

static void
show_bridge(const struct smap *smap)
{
    struct iov_bridge_keys keys;

    iov_bridge_keys_parse(&keys, smap);

    char *pfs = svec_join(&keys.pfs, " ", "");

    printf("enabled=%d pfs=[%s] vfs=%d", keys.enabled, pfs, keys.vfs);
    for (size_t i = 0; i < keys.pool.n; i++) {
        const struct iov_vf_range *r = &keys.pool.list[i];
        printf("%s%s:%u-%u%s", i ? " " : " pool=[", r->pf, r->first, r->last,
               i + 1 < keys.pool.n ? "" : "]");
    }
    putchar('\n');
    if (keys.nic_drops_tags) {
        printf("nic-drops-tags=1\n");
    }
    print_notes(&keys.errors, &keys.later);
    free(pfs);
    iov_bridge_keys_destroy(&keys);
}

static const char *
pin_text(const struct iov_vf_pin *pin, char buf[32])
{
    switch (pin->kind) {
    case IOV_PIN_NONE:
        return "none";
    case IOV_PIN_INDEX:
        snprintf(buf, 32, "index %u", pin->index);
        return buf;
    case IOV_PIN_PCI:
        snprintf(buf, 32, "pci %s", pin->pci);
        return buf;
    }
    OVS_NOT_REACHED();
}

static const char *
guest_text(const struct iov_guest_spec *guest)
{
    switch (guest->kind) {
    case IOV_GUEST_KIND_NONE:
        return "none";
    case IOV_GUEST_KIND_NETNS:
        return "netns";
    case IOV_GUEST_KIND_QMP:
        return "qmp";
    case IOV_GUEST_KIND_UNKNOWN:
        return "unknown";
    }
    OVS_NOT_REACHED();
}

static void
show_interface(const struct smap *smap)
{
    struct iov_interface_keys keys;
    char pin[32];

    iov_interface_keys_parse(&keys, smap);
    printf("weight=%u hold=%d vf=[%s] guest=[%s] name=[%s] "
           "rate=%"PRIu32"..%"PRIu32"\n",
           keys.weight, keys.hold, pin_text(&keys.pin, pin),
           guest_text(&keys.guest), keys.guest.name ? keys.guest.name : "",
           keys.min_rate, keys.max_rate);
    if (keys.forged_transmits || keys.promiscuous) {
        printf("forged-transmits=%d promiscuous=%d\n", keys.forged_transmits,
               keys.promiscuous);
    }
    if (keys.guest.kind == IOV_GUEST_KIND_QMP) {
        printf("socket=[%s] device=[%s] bus=[%s] plain=%d\n",
               keys.guest.socket,
               keys.guest.device ? keys.guest.device : "",
               keys.guest.bus ? keys.guest.bus : "", keys.guest.plain);
    }
    print_notes(&keys.errors, &keys.later);
    for (size_t i = 0; i < keys.warnings.n; i++) {
        printf("warning: %s\n", keys.warnings.names[i]);
    }
    iov_interface_keys_destroy(&keys);
}

static void
show_global(const struct smap *smap)
{
    struct iov_global_keys keys;

    iov_global_keys_parse(&keys, smap);
    printf("unsafe-interrupts-ok=%d failback-delay=%u flap-limit=%u\n",
           keys.unsafe_interrupts_ok, keys.failback_delay, keys.flap_limit);
    if (keys.fence_vlans.first != 3967 || keys.fence_vlans.last != 4094) {
        printf("fence-vlans=%u..%u\n", keys.fence_vlans.first,
               keys.fence_vlans.last);
    }
    print_notes(&keys.errors, &keys.later);
    iov_global_keys_destroy(&keys);
}

static void
show_port(const struct smap *smap)
{
    struct svec warnings = SVEC_EMPTY_INITIALIZER;

    iov_keys_check_port(smap, &warnings);
    for (size_t i = 0; i < warnings.n; i++) {
        printf("warning: %s\n", warnings.names[i]);
    }
    svec_destroy(&warnings);
}

static void
test_keys(struct ovs_cmdl_context *ctx)
{
    struct smap smap = SMAP_INITIALIZER(&smap);
    const char *table = ctx->argv[1];

    for (int i = 2; i < ctx->argc; i++) {
        char *key = xstrdup(ctx->argv[i]);
        char *equals = strchr(key, '=');

        if (!equals) {
            ovs_fatal(0, "%s: not of the form KEY=VALUE", key);
        }
        *equals = '\0';
        smap_add(&smap, key, equals + 1);
        free(key);
    }

    if (!strcmp(table, iov_key_table_name(IOV_TABLE_BRIDGE))) {
        show_bridge(&smap);
    } else if (!strcmp(table, iov_key_table_name(IOV_TABLE_INTERFACE))) {
        show_interface(&smap);
    } else if (!strcmp(table, iov_key_table_name(IOV_TABLE_OPEN_VSWITCH))) {
        show_global(&smap);
    } else if (!strcmp(table, iov_key_table_name(IOV_TABLE_PORT))) {
        show_port(&smap);
    } else {
        ovs_fatal(0, "%s: no such table", table);
    }
    smap_destroy(&smap);
}

/* Prints the table of keys: what the manual has to contain. */
static void
test_key_table(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (size_t i = 0; i < IOV_N_KEYS; i++) {
        const struct iov_key_class *class = iov_key_class(i);

        printf("%s %s\n", iov_key_table_name(class->table), class->name);
    }
}

const struct ovs_cmdl_command test_keys_commands[] = {
    { "keys", "TABLE [KEY=VALUE]...", 1, INT_MAX, test_keys, OVS_RO },
    { "key-table", "", 0, 0, test_key_table, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};
