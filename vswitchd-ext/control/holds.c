/* SPDX-License-Identifier: Apache-2.0
 *
 * Holds of ports, bridges and hosts: see holds.h.  That of a port is kept with
 * the other things that are remembered of it. */

#include <config.h>
#include "vswitchd-ext/control/holds.h"

#include <string.h>

#include "openvswitch/shash.h"
#include "util.h"
#include "vswitchd-ext/control/runtime.h"

static struct shash bridges = SHASH_INITIALIZER(&bridges); /* The text that
                                                            * is shown, by
                                                            * bridge. */
static bool all;

bool
iov_hold_is_set(const struct iov_hold *hold)
{
    if (hold->port) {
        const struct iov_runtime *runtime = iov_runtime_find(hold->port);

        return runtime && runtime->held;
    }
    return hold->bridge ? shash_find(&bridges, hold->bridge) != NULL : all;
}

bool
iov_hold_set(const struct iov_hold *hold, bool held)
{
    if (iov_hold_is_set(hold) == held) {
        return false;
    }
    if (hold->port) {
        iov_runtime_get(hold->port)->held = held;
    } else if (!hold->bridge) {
        all = held;
    } else if (held) {
        shash_add(&bridges, hold->bridge,
                  xasprintf("iov/hold %s", hold->bridge));
    } else {
        free(shash_find_and_delete(&bridges, hold->bridge));
    }
    return true;
}

const char *
iov_hold_of(const struct iov_runtime *runtime, const char *bridge)
{
    return (runtime->held ? "iov/hold"
            : all ? "iov/hold --all"
            : shash_find_data(&bridges, bridge));
}

void
iov_holds_clear(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &iov_runtimes) {
        struct iov_runtime *runtime = node->data;

        runtime->held = false;
    }
    shash_clear_free_data(&bridges);
    all = false;
}
