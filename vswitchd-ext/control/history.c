/* SPDX-License-Identifier: Apache-2.0
 *
 * What happened to the ports: see history.h.
 *
 * A ring of fixed size for all ports, so that a port that flaps cannot make
 * the daemon grow; it can push out the others' events. */

#include <config.h>
#include "vswitchd-ext/control/history.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "policy/model/text.h"
#include "util.h"

#define N_EVENTS 1024

struct event {
    char *port;
    char *text;
    long long int wall;
    uint64_t iteration;
};

static struct event ring[N_EVENTS];
static size_t n_added;
static uint64_t iteration;

void
iov_history_set_iteration(uint64_t n)
{
    iteration = n;
}

void
iov_history_add(const char *port, long long int wall, const char *format,
                ...)
{
    struct event *e = &ring[n_added++ % N_EVENTS];
    va_list args;
    char *raw;

    free(e->port);
    free(e->text);
    va_start(args, format);
    raw = xvasprintf(format, args);
    va_end(args);
    e->text = iov_text_clean(raw);
    free(raw);
    e->port = xstrdup(port);
    e->wall = wall;
    e->iteration = iteration;
}

/* Next event of 'port' at or after '*i', which is then moved behind it. */
static const struct event *
next_event(size_t *i, const char *port)
{
    if (n_added > N_EVENTS && *i < n_added - N_EVENTS) {
        *i = n_added - N_EVENTS;
    }
    while (*i < n_added) {
        const struct event *e = &ring[(*i)++ % N_EVENTS];
        if (!port || !strcmp(port, e->port)) {
            return e;
        }
    }
    return NULL;
}

void
iov_history_format(struct ds *ds, const char *port)
{
    const struct event *e;
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
    const struct event *e;
    size_t i = 0;

    while ((e = next_event(&i, port))) {
        struct json *o = json_object_create();
        json_object_put(o, "serial", json_integer_create(i));
        json_object_put(o, "time", iov_time_to_json(e->wall));
        json_object_put_string(o, "port", e->port);
        json_object_put_string(o, "event", e->text);
        json_object_put(o, "iteration", json_integer_create(e->iteration));
        json_array_add(array, o);
    }
    return array;
}

void
iov_history_clear(void)
{
    for (size_t i = 0; i < N_EVENTS; i++) {
        free(ring[i].port);
        free(ring[i].text);
        ring[i].port = ring[i].text = NULL;
    }
    n_added = 0;
}
