/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_OVS_FDB_H
#define IOV_EXT_OVS_FDB_H 1

/* ovs-vswitchd's MAC table: behind which port is a MAC address.
 *
 * Static entries by "fdb/add" and "fdb/del" on ovs-vswitchd's control socket,
 * spoken as JSON-RPC without blocking.
 *
 * The subtle thing: the entries die with ovs-vswitchd.  Each connection has
 * a number; entries of an older one have to be made again. */

#include <stdbool.h>
#include <stdint.h>

#include "policy/model/op.h"

void iov_switch_mac_init(void);
void iov_switch_mac_exit(void);
void iov_switch_mac_run(long long int now);
void iov_switch_mac_wait(long long int now);

/* Null if connected, else a sentence why not. */
const char *iov_switch_mac_unreachable(void);
/* Changes with each new connection. */
uint64_t iov_switch_mac_connection(void);

/* Begins SWITCH_LEARN or SWITCH_FORGET; takes 'op'. */
void iov_switch_mac_start(struct iov_op *op);
struct iov_result *iov_switch_mac_next_result(void);

#endif /* vswitchd-ext/ovs/fdb.h */
