/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_OVS_DB_INTERNAL_H
#define IOV_EXT_OVS_DB_INTERNAL_H 1

/* What the db*.c files share; nobody else includes this but a fuzz target.
 *
 * Rows of the IDL are valid only until the next ovsdb_idl_run(), so nothing
 * but UUIDs may be kept between turns. */

#include <stdbool.h>

struct iov_bridge;
struct ovsdb_idl;
struct ovsrec_bridge;

/* Null before iov_db_init(). */
struct ovsdb_idl *db_idl(void);

/* The database is a complete copy, and connected: it may be written. */
bool db_writable(void);

/* db-fill.c. */

/* Fills in all of 'bridge', which has just been added, but for its name. */
void db_fill_bridge(struct iov_bridge *, const struct ovsrec_bridge *);

/* db-publish.c. */
void db_publish_wait(void);
void db_publish_exit(void);

#endif /* vswitchd-ext/ovs/db-internal.h */
