/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_HISTORY_H
#define IOV_EXT_CONTROL_HISTORY_H 1

/* What happened to the ports, for "iov/history": the last events of all
 * ports together, in order. */

#include <stdint.h>

#include "openvswitch/compiler.h"

struct ds;
struct json;

/* What is added from now on has happened when the loop had gone around 'n'
 * times. */
void iov_history_set_iteration(uint64_t n);
/* 'wall' is wall clock, ms. */
void iov_history_add(const char *port, long long int wall,
                     const char *format, ...) OVS_PRINTF_FORMAT(3, 4);
/* Null 'port' is all. */
void iov_history_format(struct ds *, const char *port);
struct json *iov_history_to_json(const char *port);
void iov_history_clear(void);

#endif /* vswitchd-ext/control/history.h */
