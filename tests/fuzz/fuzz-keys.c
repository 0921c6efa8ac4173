/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: names and keys of the database.
 *
 * The first line is the name of a bridge and of a port, each other one is a
 * key, "=", and its value, for all three tables at once.  What is said of them
 * has to be clean and bounded.
 *
 * Text of the database has no null byte, so that what stands behind one is
 * left out. */

#include <config.h>

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "policy/model/key.h"
#include "policy/model/limit.h"
#include "policy/model/snapshot.h"
#include "policy/model/text.h"
#include "smap.h"
#include "util.h"

#ifdef FUZZ_BY_CLANG
unsigned long long int fuzz_n_accepted;
#endif

static void
check_errors(const struct svec *errors)
{
    ovs_assert(errors->n <= IOV_LIMIT_KEY_ERRORS + IOV_N_KEYS + 2);
    for (size_t i = 0; i < errors->n; i++) {
        ovs_assert(iov_text_is_clean(errors->names[i]));
    }
}

static void
check_names(const char *name)
{
    struct iov_snapshot *snapshot = iov_snapshot_create();
    const struct smap empty = SMAP_INITIALIZER(&empty);
    struct iov_bridge *bridge = iov_snapshot_add_bridge(snapshot, name);
    struct iov_port *port = iov_bridge_add_port(bridge, name);

    ovs_assert(iov_text_is_clean(bridge->name)
               || strlen(bridge->name) > IOV_LIMIT_TEXT);
    ovs_assert(port->bad_name || !strcmp(port->name, name));
    iov_interface_keys_parse(&port->keys, &empty);
    iov_bridge_keys_parse(&bridge->keys, &empty);
    iov_snapshot_destroy(snapshot);
}

static void
check_keys(const struct smap *smap)
{
    struct iov_bridge_keys bridge;
    struct iov_interface_keys iface;
    struct iov_global_keys global;

    iov_bridge_keys_parse(&bridge, smap);
    iov_interface_keys_parse(&iface, smap);
    iov_global_keys_parse(&global, smap);
    check_errors(&bridge.errors);
    check_errors(&iface.errors);
    check_errors(&iface.warnings);
    check_errors(&global.errors);
    fuzz_n_accepted += iface.guest.kind != IOV_GUEST_KIND_UNKNOWN;
    iov_bridge_keys_destroy(&bridge);
    iov_interface_keys_destroy(&iface);
    iov_global_keys_destroy(&global);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct smap smap = SMAP_INITIALIZER(&smap);
    char *save = NULL;
    char *name = strtok_r(text, "\n", &save);

    check_names(name ? name : "");
    for (char *line; (line = strtok_r(NULL, "\n", &save)); ) {
        char *value = strchr(line, '=');

        if (value) {
            *value++ = '\0';
            smap_replace(&smap, line, value);
        }
    }
    check_keys(&smap);
    smap_destroy(&smap);
    free(text);
    return 0;
}
