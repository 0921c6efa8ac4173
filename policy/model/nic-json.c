/* SPDX-License-Identifier: Apache-2.0 */

/* VF settings to JSON and back, as the journal keeps and "iov/vfs --json"
 * shows them.
 *
 * Only known attributes are written, and only those present are known after
 * reading.  Members with other names are left alone, so that a journal of a
 * newer version can still be used to put back what this one understands.
 *
 * The journal is a file that may hold anything, so every member is checked
 * before it is believed. */

#include <config.h>

#include "policy/model/nic.h"

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "packets.h"
#include "util.h"

static bool
is_known(const struct iov_vf_settings *s, enum iov_vf_attr attr)
{
    return s->known & IOV_VF_BIT(attr);
}

static void
put_integer(struct json *json, const char *name, long long int value)
{
    json_object_put(json, name, json_integer_create(value));
}

struct json *
iov_vf_settings_to_json(const struct iov_vf_settings *s)
{
    struct json *json = json_object_create();

    for (size_t i = 0; i < IOV_N_VF_ATTRS; i++) {
        bool on;
        if (is_known(s, i) && iov_vf_attr_get_switch(s, i, &on)) {
            json_object_put(json, iov_vf_attr_name(i),
                            json_boolean_create(on));
        }
    }
    if (is_known(s, IOV_VF_RATE)) {
        put_integer(json, "min-rate", s->min_rate);
        put_integer(json, "max-rate", s->max_rate);
    }
    if (is_known(s, IOV_VF_MAC)) {
        json_object_put_format(json, "mac", ETH_ADDR_FMT,
                               ETH_ADDR_ARGS(s->mac));
    }
    if (is_known(s, IOV_VF_VLAN)) {
        put_integer(json, "vlan", s->vlan);
        put_integer(json, "qos", s->qos);
        put_integer(json, "vlan-proto", s->vlan_proto);
    }
    if (is_known(s, IOV_VF_LINK_STATE)) {
        put_integer(json, "link-state", s->link_state);
    }
    if (is_known(s, IOV_VF_VECTORS)) {
        put_integer(json, "vectors", s->vectors);
    }
    return json;
}

/* A reading in progress: 'error' is the first thing that was wrong. */
struct reader {
    const struct shash *members;
    char *error;
};

static void
refuse(struct reader *r, const char *name, const char *accepted)
{
    if (!r->error) {
        r->error = xasprintf("VF settings: \"%s\" has to be %s.",
                             name, accepted);
    }
}

/* Returns true if there is a member 'name', which is then in '*value'. */
static bool
read_integer(struct reader *r, const char *name, long long int max,
             long long int *value)
{
    const struct json *json = shash_find_data(r->members, name);

    *value = 0;
    if (!json) {
        return false;
    }
    if (json->type != JSON_INTEGER || json->integer < 0
        || json->integer > max) {
        char *accepted = xasprintf("an integer between 0 and %lld", max);

        refuse(r, name, accepted);
        free(accepted);
        return false;
    }
    *value = json->integer;
    return true;
}

static bool
read_boolean(struct reader *r, const char *name, bool *value)
{
    const struct json *json = shash_find_data(r->members, name);

    *value = false;
    if (!json) {
        return false;
    }
    if (json->type != JSON_TRUE && json->type != JSON_FALSE) {
        refuse(r, name, "true or false");
        return false;
    }
    *value = json->type == JSON_TRUE;
    return true;
}

static bool
read_mac(struct reader *r, const char *name, struct eth_addr *mac)
{
    const struct json *json = shash_find_data(r->members, name);

    *mac = eth_addr_zero;
    if (!json) {
        return false;
    }
    if (json->type != JSON_STRING
        || !eth_addr_from_string(json_string(json), mac)) {
        refuse(r, name, "an Ethernet address");
        return false;
    }
    return true;
}

static void
set_known(struct iov_vf_settings *s, enum iov_vf_attr attr, bool known)
{
    s->known |= known ? IOV_VF_BIT(attr) : 0;
}

static void
read_vlan(struct reader *r, struct iov_vf_settings *s)
{
    long long int vlan, qos, proto;

    set_known(s, IOV_VF_VLAN, read_integer(r, "vlan", IOV_VLAN_UNSET, &vlan));
    s->vlan = vlan;
    read_integer(r, "qos", 7, &qos);
    s->qos = qos;
    if (read_integer(r, "vlan-proto", UINT16_MAX, &proto) && proto
        && proto != 0x8100 && proto != 0x88a8) {
        refuse(r, "vlan-proto", "33024 (802.1q) or 34984 (802.1ad)");
    }
    s->vlan_proto = proto;
}

static void
read_rate(struct reader *r, struct iov_vf_settings *s)
{
    long long int min, max;

    read_integer(r, "min-rate", UINT32_MAX, &min);
    set_known(s, IOV_VF_RATE, read_integer(r, "max-rate", UINT32_MAX, &max));
    s->min_rate = min;
    s->max_rate = max;
}

static void
read_settings(struct reader *r, struct iov_vf_settings *s)
{
    long long int link_state, vectors;

    for (size_t i = 0; i < IOV_N_VF_ATTRS; i++) {
        bool on = false;
        if (iov_vf_attr_get_switch(s, i, &on)
            && read_boolean(r, iov_vf_attr_name(i), &on)) {
            iov_vf_attr_set_switch(s, i, on);
            set_known(s, i, true);
        }
    }
    read_rate(r, s);
    set_known(s, IOV_VF_MAC, read_mac(r, "mac", &s->mac));
    read_vlan(r, s);
    set_known(s, IOV_VF_LINK_STATE,
              read_integer(r, "link-state", IOV_VF_LINK_DISABLE,
                           &link_state));
    s->link_state = link_state;
    set_known(s, IOV_VF_VECTORS,
              read_integer(r, "vectors", UINT16_MAX, &vectors));
    s->vectors = vectors;
}

/* Returns null, or a sentence (owned by the caller) that says what is wrong;
 * '*s' then knows nothing. */
char *
iov_vf_settings_from_json(const struct json *json, struct iov_vf_settings *s)
{
    *s = (struct iov_vf_settings) { .known = 0 };
    if (json->type != JSON_OBJECT) {
        return xstrdup("VF settings have to be a JSON object.");
    }

    struct reader r = { .members = json_object(json) };

    read_settings(&r, s);
    if (r.error) {
        *s = (struct iov_vf_settings) { .known = 0 };
    }
    return r.error;
}
