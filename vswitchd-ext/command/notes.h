/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_COMMAND_NOTES_H
#define IOV_EXT_COMMAND_NOTES_H 1

/* What is worth knowing of a port and is no reason to keep it off its VF. */

#include "svec.h"

struct ds;
struct iov_bridge;
struct iov_bridge_keys;
struct iov_host_nic;
struct iov_pf;
struct iov_port;
struct iov_port_status;
struct iov_snapshot;
struct iov_vf;
struct iov_view;

/* Appends sentences to 'notes'. */
void iov_notes_add(const struct iov_view *, const struct iov_port *,
                   const struct iov_port_status *, struct svec *notes);

/* How many interrupt vectors a VF has, or -1 if it is not known. */
int iov_notes_vectors(const struct iov_pf *, const struct iov_vf *);

/* The warning that the software path is dead, which it is; to be freed. */
char *iov_notes_dead_path(const struct iov_snapshot *);

/* Seconds that what was known of the bridge still holds, or 0. */
long long int iov_notes_held_for(const struct iov_bridge *);
/* Says so, if it does. */
void iov_notes_put_held(struct ds *, const struct iov_bridge *);
/* Says what became of iov-vfs, if it is not what there is. */
void iov_notes_put_asked_vfs(struct ds *, const struct iov_pf *,
                             const struct iov_bridge_keys *);

#endif /* vswitchd-ext/command/notes.h */
