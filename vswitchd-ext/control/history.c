/* SPDX-License-Identifier: Apache-2.0
 *
 * What happened to the ports: see history.h.
 *
 * A ring of fixed size holds the events of all ports, so that a port that
 * flaps cannot make the daemon grow; it can push out the others' events. */

#include <config.h>
#include "vswitchd-ext/control/history.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "policy/model/limit.h"
#include "policy/model/reason.h"
#include "policy/model/text.h"
#include "util.h"
#include "vswitchd-ext/control/history-file.h"
#include "vswitchd-ext/control/journald.h"

#define N_EVENTS IOV_LIMIT_HISTORY_EVENTS

static struct iov_event ring[N_EVENTS];
static size_t n_added;
static uint64_t serial;         /* Of the last event. */
static uint64_t iteration;

void
iov_history_set_iteration(uint64_t n)
{
    iteration = n;
}

/* Takes what '*e' has. */
static struct iov_event *
append(const struct iov_event *e)
{
    struct iov_event *slot = &ring[n_added++ % N_EVENTS];

    iov_event_clear(slot);
    *slot = *e;
    return slot;
}

/* Takes an event that was read from the file. */
static void
take_old(const struct json *json)
{
    struct iov_event e;

    if (iov_event_from_json(json, &e)) {
        serial = MAX(serial, e.serial);
        append(&e);
    }
}

void
iov_history_init(const char *file, const char *journald)
{
    history_file_open(file, take_old);
    journald_open(journald);
}

void
iov_history_flush(void)
{
    history_file_flush();
}

/* Takes what '*e' has, but for the members that are filled in here. */
static void
add(struct iov_event *e, const char *port, long long int wall)
{
    e->port = xstrdup(port);
    e->wall = wall;
    e->iteration = iteration;
    e->serial = ++serial;

    const struct iov_event *added = append(e);
    struct json *json = iov_event_to_json(added);

    history_file_add(json);
    journald_send(added);
    json_destroy(json);
}

void
iov_history_add(enum iov_event_type type, const char *port,
                long long int wall, const char *format, ...)
{
    struct iov_event e = { .type = type };
    va_list args;
    char *raw;

    va_start(args, format);
    raw = xvasprintf(format, args);
    va_end(args);
    e.text = iov_text_clean(raw);
    free(raw);
    add(&e, port, wall);
}

void
iov_history_add_state(const char *port, long long int wall, const char *from,
                      const char *to, const struct iov_reasons *reasons)
{
    struct ds slugs = DS_EMPTY_INITIALIZER;
    struct iov_event e = {
        .type = IOV_EVENT_STATE,
        .from = xstrdup(from),
        .to = xstrdup(to),
    };

    iov_reasons_format_slugs(&slugs, reasons);
    e.text = xasprintf("%s -> %s%s%s", from, to, slugs.length ? ": " : "",
                       ds_cstr(&slugs));
    if (reasons->n) {
        e.reasons = ds_steal_cstr(&slugs);
        e.object = nullable_xstrdup(reasons->list[0].object);
    }
    ds_destroy(&slugs);
    add(&e, port, wall);
}

/* Next event of 'port' at or after '*i', which is then moved behind it. */
static const struct iov_event *
next_event(size_t *i, const char *port)
{
    if (n_added > N_EVENTS && *i < n_added - N_EVENTS) {
        *i = n_added - N_EVENTS;
    }
    while (*i < n_added) {
        const struct iov_event *e = &ring[(*i)++ % N_EVENTS];
        if (!port || !strcmp(port, e->port)) {
            return e;
        }
    }
    return NULL;
}

bool
iov_history_knows(const char *port)
{
    size_t i = 0;

    return next_event(&i, port) != NULL;
}

void
iov_history_format(struct ds *ds, const char *port)
{
    const struct iov_event *e;
    size_t i = 0;

    while ((e = next_event(&i, port))) {
        ds_put_strftime_msec(ds, "%Y-%m-%d %H:%M:%S.###", e->wall, false);
        ds_put_format(ds, " %s: %s\n", e->port, e->text);
    }
}

struct json *
iov_history_to_json(const char *port)
{
    struct json *array = json_array_create_empty();
    const struct iov_event *e;
    size_t i = 0;

    while ((e = next_event(&i, port))) {
        json_array_add(array, iov_event_to_json(e));
    }
    return array;
}

void
iov_history_exit(void)
{
    history_file_close();
    journald_close();
    for (size_t i = 0; i < N_EVENTS; i++) {
        iov_event_clear(&ring[i]);
    }
    n_added = 0;
}
