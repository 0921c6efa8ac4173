/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_OVS_FDB_H
#define IOV_EXT_OVS_FDB_H 1

/* ovs-vswitchd's MAC table: behind which port is a MAC address.
 *
 * Static entries by "fdb/add" and "fdb/del" on ovs-vswitchd's control socket,
 * spoken as JSON-RPC without blocking.
 *
 * The entries die with ovs-vswitchd.  Each connection has a number; entries of
 * an older one have to be made again. */

#include <stdbool.h>
#include <stdint.h>

#include "policy/model/op.h"

void iov_fdb_init(void);
void iov_fdb_exit(void);
void iov_fdb_run(long long int now);
void iov_fdb_wait(long long int now);

/* Null if connected to an ovs-vswitchd that has answered, else a sentence why
 * not. */
const char *iov_fdb_unreachable(void);
/* Changes with each new connection. */
uint64_t iov_fdb_connection(void);

/* Asks ovs-vswitchd for a sign of life.  iov_fdb_runs(token) is true once the
 * one that was asked has answered, and false if it ends before. */
uint64_t iov_fdb_probe(void);
bool iov_fdb_runs(uint64_t token);

/* Asks for all entries of a bridge's table.  Returns false if that cannot be
 * asked now; else the callback is called, never from within: with no entry
 * when the answer begins, with each entry, and with 'ended' at its end, or
 * alone if there is no answer. */
struct iov_fdb_entry {
    int64_t ofport;             /* OFPP_LOCAL for the bridge's own port. */
    uint16_t vlan;
    struct eth_addr mac;
};
typedef void iov_fdb_show_cb(const char *bridge, const struct iov_fdb_entry *,
                             bool ended);
void iov_fdb_set_show_cb(iov_fdb_show_cb *);
bool iov_fdb_show(const char *bridge);

/* Begins FDB_ADD or FDB_DEL; takes 'op'. */
void iov_fdb_start(struct iov_op *op);
/* Gives up the operation of 'port' that is under way, if there is one: its
 * result, ECANCELED, follows at once.  ovs-vswitchd carries it out all the
 * same, before all that is begun later; another result, which is marked
 * "late", then tells that it has. */
void iov_fdb_cancel(const char *port);
struct iov_result *iov_fdb_next_result(void);

#endif /* vswitchd-ext/ovs/fdb.h */
