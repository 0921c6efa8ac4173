/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_HISTORY_FILE_H
#define IOV_EXT_CONTROL_HISTORY_FILE_H 1

/* The history's file: a line of JSON for each event.
 *
 * It is bounded: at IOV_LIMIT_HISTORY bytes it is renamed to NAME.1, in place
 * of an older one, and begun anew. */

#include <stdint.h>

struct json;

/* Calls 'take' for each event that NAME.1 and NAME have, the oldest first.
 * What cannot be opened is logged; the daemon works without it.  Null 'name':
 * there is none. */
void history_file_open(const char *name, void (*take)(const struct json *));
/* Keeps the event until it is written. */
void history_file_add(const struct json *);
void history_file_flush(void);
void history_file_close(void);
/* Events that could not be written. */
uint64_t history_file_lost(void);

#endif /* vswitchd-ext/control/history-file.h */
