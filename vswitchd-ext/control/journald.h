/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_JOURNALD_H
#define IOV_EXT_CONTROL_JOURNALD_H 1

/* Tells the system's journal (systemd-journald) of events, with fields, by its
 * native protocol: a datagram for each, NAME=VALUE a line.  The daemon never
 * waits for the journal: what it does not take at once is counted and
 * forgotten. */

#include <stdint.h>

struct iov_event;

/* Null 'socket', or one that is not there: nobody is told. */
void journald_open(const char *socket);
void journald_send(const struct iov_event *);
void journald_close(void);
/* Events that the journal did not take. */
uint64_t journald_lost(void);

#endif /* vswitchd-ext/control/journald.h */
