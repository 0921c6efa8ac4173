/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_OVS_DB_STATISTICS_H
#define IOV_EXT_OVS_DB_STATISTICS_H 1

/* What ovs-vswitchd counts on an interface, as it writes it into the database
 * every few seconds; seen from the switch. */

#include <stdbool.h>
#include <stdint.h>

struct uuid;

struct iov_db_statistics {
    int64_t rx_packets, tx_packets;
    int64_t rx_bytes, tx_bytes;
};

/* False if the interface is not there or nothing is counted. */
bool iov_db_statistics(const struct uuid *interface,
                       struct iov_db_statistics *);

#endif /* vswitchd-ext/ovs/db-statistics.h */
