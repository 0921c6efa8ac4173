/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters of interfaces: see db-statistics.h.
 *
 * Ovs-vswitchd leaves out what its device does not count.
 * Interfaces that lack one of the four are shown without any. */

#include <config.h>
#include "vswitchd-ext/ovs/db-statistics.h"

#include <string.h>

#include "openvswitch/uuid.h"
#include "ovsdb-idl.h"
#include "util.h"
#include "vswitch-idl.h"
#include "vswitchd-ext/ovs/db-internal.h"

static bool
get(const struct ovsrec_interface *iface, const char *key, int64_t *value)
{
    for (size_t i = 0; i < iface->n_statistics; i++) {
        if (!strcmp(iface->key_statistics[i], key)) {
            *value = MAX(iface->value_statistics[i], 0);
            return true;
        }
    }
    return false;
}

bool
iov_db_statistics(const struct uuid *interface, struct iov_db_statistics *s)
{
    const struct ovsrec_interface *iface =
        ovsrec_interface_get_for_uuid(db_idl(), interface);

    return (iface && get(iface, "rx_packets", &s->rx_packets)
            && get(iface, "tx_packets", &s->tx_packets)
            && get(iface, "rx_bytes", &s->rx_bytes)
            && get(iface, "tx_bytes", &s->tx_bytes));
}
