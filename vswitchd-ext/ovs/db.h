/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_OVS_DB_H
#define IOV_EXT_OVS_DB_H 1

/* The Open_vSwitch database: what is asked for, and what we publish.
 *
 * All columns read and written are declared in db_init(), nowhere else.
 *
 * external_ids belongs to everybody.  Only our own keys are touched, one by
 * one, never the whole column. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iov_snapshot;
struct iov_status;
struct ofputil_port_map;

void iov_db_init(const char *remote);
void iov_db_exit(void);
void iov_db_run(void);
void iov_db_wait(void);
/* True once the first complete copy has arrived and while the connection is
 * alive or may come back: the contents are then usable. */
bool iov_db_ready(void);
/* True while this daemon is the one that may act: it has the lock of the
 * database, or had it last and the server has given it to nobody since. */
bool iov_db_is_ours(void);
/* True while another daemon has that lock. */
bool iov_db_is_anothers(void);
/* Changes whenever iov_db_fill() would tell something else. */
uint64_t iov_db_changed(void);

/* Fills in bridges, ports, mirrors, features and keys. */
void iov_db_fill(struct iov_snapshot *);

/* Brings 'map' up to date with the names and OpenFlow ports of the bridge's
 * interfaces, of which it has '*n_names'.  Returns true if it has changed. */
bool iov_db_update_port_map(const char *bridge, struct ofputil_port_map *map,
                            size_t *n_names);

/* Bits (1 << OFPxx_VERSION) of the versions that 'bridge' speaks; also if
 * there is no such bridge. */
uint32_t iov_db_openflow_versions(const char *bridge);

/* True if the protocols column of 'bridge' lets a flow monitor in, that is,
 * allows OpenFlow 1.3, 1.4 or 1.5; also if there is no such bridge. */
bool iov_db_allows_openflow(const char *bridge);

/* True while ovs-vswitchd waits for its flows to be restored
 * (Open_vSwitch other_config:flow-restore-wait). */
bool iov_db_flow_restore_wait(void);

/* Writes what differs; a transaction at a time, retried until it is in. */
void iov_db_publish(const struct iov_status *);
/* Goes on with that.  With many ports this takes as long as judging them, so
 * that it comes last. */
void iov_db_run_publishing(void);
/* Removes the sign of life.  True once that is done, or if it cannot be. */
bool iov_db_retire(void);
/* True if everything given to iov_db_publish() is in the database. */
bool iov_db_published(void);
/* Removes every key of ours from the database; true when done. */
bool iov_db_unpublish(void);

/* Starts a round trip to the database server; iov_db_synced(token) is true
 * once everything committed there before has arrived here and ovs-vswitchd
 * has applied it (cur_cfg has caught up with next_cfg). */
uint64_t iov_db_sync(void);
bool iov_db_synced(uint64_t token);

#endif /* vswitchd-ext/ovs/db.h */
