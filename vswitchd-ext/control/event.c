/* SPDX-License-Identifier: Apache-2.0
 *
 * Events as JSON, and back: see event.h.
 *
 * What is read back comes from a file, which is not trusted: its texts are
 * escaped again, and an event that lacks something is none. */

#include <config.h>
#include "vswitchd-ext/control/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "policy/model/text.h"
#include "util.h"

static const struct {
    const char *name, *message_id;
    int priority;
} types[IOV_N_EVENT_TYPES] = {
#define EVENT(ENUM, NAME, ID, PRIORITY, MEANING) { NAME, ID, PRIORITY },
#include "vswitchd-ext/control/event.def"
#undef EVENT
};

void
iov_event_clear(struct iov_event *e)
{
    free(e->port);
    free(e->text);
    free(e->from);
    free(e->to);
    free(e->reasons);
    free(e->object);
    memset(e, 0, sizeof *e);
}

const char *
iov_event_name(enum iov_event_type type)
{
    return types[type].name;
}

const char *
iov_event_message_id(enum iov_event_type type)
{
    return types[type].message_id;
}

int
iov_event_priority(enum iov_event_type type)
{
    return types[type].priority;
}

static void
put_string(struct json *o, const char *name, const char *value)
{
    if (value) {
        json_object_put_string(o, name, value);
    }
}

struct json *
iov_event_to_json(const struct iov_event *e)
{
    struct json *o = json_object_create();

    json_object_put(o, "serial", json_integer_create(e->serial));
    json_object_put(o, "time", iov_time_to_json(e->wall));
    json_object_put_string(o, "type", types[e->type].name);
    json_object_put_string(o, "port", e->port);
    json_object_put_string(o, "event", e->text);
    json_object_put(o, "iteration", json_integer_create(e->iteration));
    put_string(o, "from", e->from);
    put_string(o, "to", e->to);
    put_string(o, "reasons", e->reasons);
    put_string(o, "object", e->object);
    return o;
}

/* A copy of the string 'name' of 'o', or null. */
static char *
get_string(const struct json *o, const char *name)
{
    const struct json *s = shash_find_data(json_object(o), name);

    return s && s->type == JSON_STRING ? iov_text_clean(json_string(s)) : NULL;
}

static bool
get_number(const struct json *o, const char *name, uint64_t *number)
{
    const struct json *n = shash_find_data(json_object(o), name);

    if (!n || n->type != JSON_INTEGER || json_integer(n) < 0) {
        return false;
    }
    *number = json_integer(n);
    return true;
}

static bool
get_time(const struct json *o, long long int *wall)
{
    char *s = get_string(o, "time");
    struct tm tm = { .tm_isdst = 0 };
    int msec = 0;
    const char *rest = s ? strptime(s, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    bool ok = rest && sscanf(rest, ".%3dZ", &msec) == 1 && msec >= 0;

    *wall = ok ? timegm(&tm) * 1000LL + msec : 0;
    free(s);
    return ok;
}

static bool
get_type(const struct json *o, enum iov_event_type *type)
{
    char *s = get_string(o, "type");
    size_t i = 0;

    while (s && i < ARRAY_SIZE(types) && strcmp(types[i].name, s)) {
        i++;
    }
    *type = s && i < ARRAY_SIZE(types) ? i : 0;
    free(s);
    return s && i < ARRAY_SIZE(types);
}

bool
iov_event_from_json(const struct json *o, struct iov_event *e)
{
    memset(e, 0, sizeof *e);
    if (o->type != JSON_OBJECT) {
        return false;
    }
    e->port = get_string(o, "port");
    e->text = get_string(o, "event");
    e->from = get_string(o, "from");
    e->to = get_string(o, "to");
    e->reasons = get_string(o, "reasons");
    e->object = get_string(o, "object");
    if (get_type(o, &e->type) && get_time(o, &e->wall)
        && get_number(o, "serial", &e->serial)
        && get_number(o, "iteration", &e->iteration) && e->port && e->text) {
        return true;
    }
    iov_event_clear(e);
    return false;
}
