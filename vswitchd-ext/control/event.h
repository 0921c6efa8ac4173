/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_EVENT_H
#define IOV_EXT_CONTROL_EVENT_H 1

/* Something that happened to a port: plain data. */

#include <stdbool.h>
#include <stdint.h>

struct json;

enum iov_event_type {
#define EVENT(ENUM, NAME, ID, PRIORITY, MEANING) IOV_EVENT_##ENUM,
#include "vswitchd-ext/control/event.def"
#undef EVENT
    IOV_N_EVENT_TYPES
};

struct iov_event {
    enum iov_event_type type;
    uint64_t serial;            /* Grows, also over restarts. */
    uint64_t iteration;         /* Of the main loop. */
    long long int wall;         /* Wall clock, ms. */
    char *port;
    char *text;                 /* In words, one line, escaped. */
    char *from, *to;            /* For STATE: names of states, else null. */
    char *reasons;              /* For STATE: slugs, by commas, or null. */
    char *object;               /* For STATE: what the first of them is about,
                                 * or null. */
};

void iov_event_clear(struct iov_event *);
const char *iov_event_name(enum iov_event_type);
const char *iov_event_message_id(enum iov_event_type);
int iov_event_priority(enum iov_event_type);

struct json *iov_event_to_json(const struct iov_event *);
/* False if 'json' is none; 'event' is then empty. */
bool iov_event_from_json(const struct json *, struct iov_event *event);

#endif /* vswitchd-ext/control/event.h */
