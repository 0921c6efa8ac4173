/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_HISTORY_H
#define IOV_EXT_CONTROL_HISTORY_H 1

/* What happened to the ports, for "iov/history": the last events of all
 * ports together, in order.  They are also written to a file, which is read
 * when the daemon is started, and told to the system's journal. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/compiler.h"
#include "vswitchd-ext/control/event.h"

struct ds;
struct iov_reasons;
struct json;

/* Takes up what 'file' has; 'journald' is the socket of the system's journal,
 * or null. */
void iov_history_init(const char *file, const char *journald);
/* Writes what has been added into the file.  To be called when nothing that
 * protects is waiting for its turn. */
void iov_history_flush(void);

/* What is added from now on has happened when the loop had gone around 'n'
 * times. */
void iov_history_set_iteration(uint64_t n);
/* 'wall' is wall clock, ms. */
void iov_history_add(enum iov_event_type, const char *port,
                     long long int wall, const char *format, ...)
    OVS_PRINTF_FORMAT(4, 5);
/* A change of state; 'from' and 'to' are names of states. */
void iov_history_add_state(const char *port, long long int wall,
                           const char *from, const char *to,
                           const struct iov_reasons *);

/* True if there is any event of 'port'. */
bool iov_history_knows(const char *port);
/* Null 'port' is all. */
void iov_history_format(struct ds *, const char *port);
struct json *iov_history_to_json(const char *port);
/* Writes the rest, and forgets all. */
void iov_history_exit(void);

#endif /* vswitchd-ext/control/history.h */
