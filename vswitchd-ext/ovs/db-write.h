/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_OVS_DB_WRITE_H
#define IOV_EXT_OVS_DB_WRITE_H 1

/* Settings that a user changes by a command of the daemon, in place of
 * ovs-vsctl: other_config:iov-weight of an Interface.
 *
 * The caller starts a write, asks iov_db_write_run() in each turn of the main
 * loop until it returns true, and destroys the write. */

#include <stdbool.h>

struct iov_db_write;

struct iov_db_write *iov_db_write_weight(const char *interface,
                                         unsigned int weight);
/* Returns true once the database has taken or refused the write.  '*error' is
 * then null or a sentence that belongs to the caller. */
bool iov_db_write_run(struct iov_db_write *, char **error);
void iov_db_write_wait(const struct iov_db_write *);
void iov_db_write_destroy(struct iov_db_write *);

#endif /* vswitchd-ext/ovs/db-write.h */
