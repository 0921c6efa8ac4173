/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_PRIVILEGES_H
#define IOV_EXT_CONTROL_PRIVILEGES_H 1

/* The capabilities that the daemon keeps, and the user it becomes.
 *
 * Open vSwitch's own handling of --user keeps CAP_NET_ADMIN at most.  The
 * daemon needs more, so it handles --user here, and daemon_set_new_user() must
 * not be called. */

#include <stdbool.h>

/* --user=USER[:GROUP].  Ends the program if that does not exist. */
void iov_privileges_set_user(const char *spec);

/* Becomes that user and gives up every capability that is not in
 * privileges.def; to be called once, after the options were parsed and before
 * daemonize_start().  If 'needed', a warning says of each one that is missing
 * what will not work; else (no real NIC) it is only for information. */
void iov_privileges_drop(bool needed);

/* Null, or a sentence, owned by the caller, that names the missing
 * capabilities without which no port can be moved. */
char *iov_privileges_missing(void);

#endif /* vswitchd-ext/control/privileges.h */
