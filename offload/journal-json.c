/* SPDX-License-Identifier: Apache-2.0 */

/* The contents of the journal, and their form as JSON.
 *
 * The file may hold anything, so every member is looked at before it is
 * believed; but a member that is not known is passed over, so that an older
 * daemon can read what a newer one has written. */

#include <config.h>

#include "offload/journal-json.h"

#include <limits.h>
#include <string.h>

#include "hash.h"
#include "openvswitch/json.h"
#include "packets.h"
#include "util.h"

static void
pf_destroy(struct journal_pf *pf)
{
    journal_drop_vfs(pf, 0);
    hmap_destroy(&pf->vfs);
    free(pf->macs);
    free(pf);
}

void
journal_clear(struct journal *journal)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &journal->pfs) {
        pf_destroy(node->data);
        shash_delete(&journal->pfs, node);
    }
    for (size_t i = 0; i < journal->n_switch_entries; i++) {
        free(journal->switch_entries[i].bridge);
        free(journal->switch_entries[i].port);
    }
    free(journal->switch_entries);
    journal->switch_entries = NULL;
    journal->n_switch_entries = 0;
}

static bool
pf_is_empty(const struct journal_pf *pf)
{
    return pf->original_vfs < 0 && !pf->n_macs && hmap_is_empty(&pf->vfs);
}

void
journal_trim(struct journal *journal)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &journal->pfs) {
        struct journal_pf *pf = node->data;

        if (pf_is_empty(pf)) {
            pf_destroy(pf);
            shash_delete(&journal->pfs, node);
        }
    }
}

struct journal_pf *
journal_find_pf(const struct journal *journal, const char *key)
{
    return shash_find_data(&journal->pfs, key);
}

struct journal_pf *
journal_get_pf(struct journal *journal, const char *key)
{
    struct journal_pf *pf = journal_find_pf(journal, key);

    if (!pf) {
        pf = xzalloc(sizeof *pf);
        pf->original_vfs = -1;
        hmap_init(&pf->vfs);
        shash_add(&journal->pfs, key, pf);
    }
    return pf;
}

static size_t
find_mac(const struct journal_pf *pf, struct eth_addr mac)
{
    size_t i = 0;

    while (i < pf->n_macs && !eth_addr_equals(pf->macs[i], mac)) {
        i++;
    }
    return i;
}

bool
journal_add_mac(struct journal_pf *pf, struct eth_addr mac)
{
    if (find_mac(pf, mac) < pf->n_macs) {
        return false;
    }
    pf->macs = xrealloc(pf->macs, (pf->n_macs + 1) * sizeof *pf->macs);
    pf->macs[pf->n_macs++] = mac;
    return true;
}

bool
journal_del_mac(struct journal_pf *pf, struct eth_addr mac)
{
    size_t i = find_mac(pf, mac);

    if (i >= pf->n_macs) {
        return false;
    }
    pf->macs[i] = pf->macs[--pf->n_macs];
    return true;
}

static struct journal_vf *
find_vf(const struct journal_pf *pf, unsigned int index)
{
    struct journal_vf *vf;

    HMAP_FOR_EACH_WITH_HASH (vf, node, hash_int(index, 0), &pf->vfs) {
        if (vf->index == index) {
            return vf;
        }
    }
    return NULL;
}

const struct iov_vf_record *
journal_find_vf(const struct journal_pf *pf, unsigned int index)
{
    const struct journal_vf *vf = find_vf(pf, index);

    return vf ? vf->record : NULL;
}

struct iov_vf_record *
journal_steal_vf(struct journal_pf *pf, unsigned int index)
{
    struct journal_vf *vf = find_vf(pf, index);
    struct iov_vf_record *record = NULL;

    if (vf) {
        record = vf->record;
        hmap_remove(&pf->vfs, &vf->node);
        free(vf);
    }
    return record;
}

void
journal_put_vf(struct journal_pf *pf, unsigned int index,
               struct iov_vf_record *record)
{
    struct journal_vf *vf = xmalloc(sizeof *vf);

    ovs_assert(!find_vf(pf, index));
    vf->index = index;
    vf->record = record;
    hmap_insert(&pf->vfs, &vf->node, hash_int(index, 0));
}

bool
journal_drop_vfs(struct journal_pf *pf, unsigned int n)
{
    struct journal_vf *vf;
    bool dropped = false;

    HMAP_FOR_EACH_SAFE (vf, node, &pf->vfs) {
        if (vf->index >= n) {
            hmap_remove(&pf->vfs, &vf->node);
            iov_vf_record_free(vf->record);
            free(vf);
            dropped = true;
        }
    }
    return dropped;
}

char *
journal_set_switch(struct journal *journal, const char *bridge,
                   uint16_t vlan, struct eth_addr mac, const char *port)
{
    struct iov_journal_switch *list = journal->switch_entries;
    size_t n = journal->n_switch_entries;
    size_t i = 0;

    while (i < n && (list[i].vlan != vlan || strcmp(list[i].bridge, bridge)
                     || !eth_addr_equals(list[i].mac, mac))) {
        i++;
    }
    if (i < n) {
        char *old = list[i].port;

        if (port) {
            list[i].port = xstrdup(port);
        } else {
            free(list[i].bridge);
            list[i] = list[n - 1];
            journal->n_switch_entries--;
        }
        return old;
    }
    if (port) {
        list = xrealloc(list, (n + 1) * sizeof *list);
        list[n] = (struct iov_journal_switch) {
            xstrdup(bridge), vlan, mac, xstrdup(port)
        };
        journal->switch_entries = list;
        journal->n_switch_entries = n + 1;
    }
    return NULL;
}

/* To JSON. */

static void
put_mac(struct json *object, const char *name, struct eth_addr mac)
{
    json_object_put_format(object, name, ETH_ADDR_FMT, ETH_ADDR_ARGS(mac));
}

static struct json *
record_to_json(const struct iov_vf_record *record)
{
    struct json *json = json_object_create();

    json_object_put(json, "original",
                    iov_vf_settings_to_json(&record->original));
    json_object_put_string(json, "port", record->port ? record->port : "");
    json_object_put_string(json, "bridge",
                           record->bridge ? record->bridge : "");
    json_object_put_string(json, "guest", record->guest ? record->guest : "");
    if (record->driver) {
        json_object_put_string(json, "driver", record->driver);
    }
    put_mac(json, "mac", record->mac);
    put_mac(json, "fence-mac", record->fence_mac);
    json_object_put(json, "fence-vlan",
                    json_integer_create(record->fence_vlan));
    json_object_put(json, "started", json_boolean_create(record->started));
    return json;
}

static struct json *
pf_to_json(const struct journal_pf *pf)
{
    struct json *json = json_object_create();
    struct json *macs = json_array_create_empty();
    struct json *vfs = json_object_create();
    struct journal_vf *vf;

    json_object_put(json, "original-vfs",
                    json_integer_create(pf->original_vfs));
    for (size_t i = 0; i < pf->n_macs; i++) {
        json_array_add(macs, json_string_create_nocopy(
            xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(pf->macs[i]))));
    }
    json_object_put(json, "macs", macs);
    HMAP_FOR_EACH (vf, node, &pf->vfs) {
        json_object_put_nocopy(vfs, xasprintf("%u", vf->index),
                               record_to_json(vf->record));
    }
    json_object_put(json, "vfs", vfs);
    return json;
}

static struct json *
switch_to_json(const struct iov_journal_switch *entry)
{
    struct json *json = json_object_create();

    json_object_put_string(json, "bridge", entry->bridge);
    json_object_put(json, "vlan", json_integer_create(entry->vlan));
    put_mac(json, "mac", entry->mac);
    json_object_put_string(json, "port", entry->port);
    return json;
}

struct json *
journal_to_json(const struct journal *journal)
{
    struct json *json = json_object_create();
    struct json *pfs = json_object_create();
    struct json *entries = json_array_create_empty();
    struct shash_node *node;

    json_object_put(json, "version", json_integer_create(JOURNAL_FORMAT));
    SHASH_FOR_EACH (node, &journal->pfs) {
        if (!pf_is_empty(node->data)) {
            json_object_put(pfs, node->name, pf_to_json(node->data));
        }
    }
    json_object_put(json, "pfs", pfs);
    for (size_t i = 0; i < journal->n_switch_entries; i++) {
        json_array_add(entries, switch_to_json(&journal->switch_entries[i]));
    }
    json_object_put(json, "switch", entries);
    return json;
}

/* From JSON.  Every helper answers false to what it cannot use. */

static const struct json *
member(const struct json *json, const char *name, enum json_type type)
{
    const struct json *value
        = (json->type == JSON_OBJECT
           ? shash_find_data(json_object(json), name) : NULL);

    return value && value->type == type ? value : NULL;
}

static bool
get_string(const struct json *json, const char *name, char **value)
{
    const struct json *s = member(json, name, JSON_STRING);

    *value = s ? xstrdup(json_string(s)) : NULL;
    return s != NULL;
}

static bool
get_mac(const struct json *json, const char *name, struct eth_addr *mac)
{
    const struct json *s = member(json, name, JSON_STRING);

    return s && eth_addr_from_string(json_string(s), mac);
}

static bool
get_integer(const struct json *json, const char *name, int min, int max,
            int *value)
{
    const struct json *i = member(json, name, JSON_INTEGER);

    if (!i || json_integer(i) < min || json_integer(i) > max) {
        return false;
    }
    *value = json_integer(i);
    return true;
}

static bool
record_from_json(struct iov_vf_record *record, const struct json *json)
{
    const struct json *original = member(json, "original", JSON_OBJECT);
    char *error = (original
                   ? iov_vf_settings_from_json(original, &record->original)
                   : xstrdup("missing"));
    bool ok = (!error
               && get_string(json, "port", &record->port)
               && record->port[0]
               && get_string(json, "bridge", &record->bridge)
               && get_string(json, "guest", &record->guest)
               && get_mac(json, "mac", &record->mac)
               && get_mac(json, "fence-mac", &record->fence_mac));
    int vlan;

    /* One that had no driver, or was written before this was kept. */
    get_string(json, "driver", &record->driver);
    record->started = member(json, "started", JSON_TRUE) != NULL;
    record->inherited = true;
    if (get_integer(json, "fence-vlan", 0, 4094, &vlan)) {
        record->fence_vlan = vlan;
    }
    free(error);
    return ok;
}

static char *
vfs_from_json(struct journal_pf *pf, const char *key, const struct json *json)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, json_object(json)) {
        struct iov_vf_record *record = xzalloc(sizeof *record);
        unsigned int index;

        if (!str_to_uint(node->name, 10, &index) || index > UINT16_MAX
            || find_vf(pf, index) || !record_from_json(record, node->data)) {
            iov_vf_record_free(record);
            return xasprintf("bad record of VF %s of %s", node->name, key);
        }
        journal_put_vf(pf, index, record);
    }
    return NULL;
}

static char *
pf_from_json(struct journal *journal, const char *key,
             const struct json *json)
{
    struct journal_pf *pf = journal_get_pf(journal, key);
    const struct json *macs = member(json, "macs", JSON_ARRAY);
    const struct json *vfs = member(json, "vfs", JSON_OBJECT);

    if (!macs || !vfs
        || !get_integer(json, "original-vfs", -1, UINT16_MAX,
                        &pf->original_vfs)) {
        return xasprintf("bad record of PF %s", key);
    }
    for (size_t i = 0; i < json_array(macs)->n; i++) {
        const struct json *s = json_array(macs)->elems[i];
        struct eth_addr mac;

        if (s->type != JSON_STRING
            || !eth_addr_from_string(json_string(s), &mac)) {
            return xasprintf("bad MAC address of PF %s", key);
        }
        journal_add_mac(pf, mac);
    }
    return vfs_from_json(pf, key, vfs);
}

static char *
switch_from_json(struct journal *journal, const struct json *json)
{
    char *bridge = NULL, *port = NULL, *error = NULL;
    struct eth_addr mac;
    int vlan;

    if (get_string(json, "bridge", &bridge) && get_string(json, "port", &port)
        && get_mac(json, "mac", &mac)
        && get_integer(json, "vlan", 0, 4095, &vlan)) {
        free(journal_set_switch(journal, bridge, vlan, mac, port));
    } else {
        error = xstrdup("bad entry in \"switch\"");
    }
    free(bridge);
    free(port);
    return error;
}

int
journal_version(const struct json *json)
{
    int version;

    return (get_integer(json, "version", 0, INT_MAX, &version)
            ? version : -1);
}

char *
journal_from_json(struct journal *journal, const struct json *json)
{
    if (json->type == JSON_STRING) {
        /* This is how the parser of Open vSwitch reports errors. */
        return xstrdup(json_string(json));
    }

    const struct json *pfs = member(json, "pfs", JSON_OBJECT);
    const struct json *entries = member(json, "switch", JSON_ARRAY);
    int version;

    if (!get_integer(json, "version", JOURNAL_FORMAT, JOURNAL_FORMAT,
                     &version)) {
        return xstrdup("not of a version that this daemon knows");
    } else if (!pfs || !entries) {
        return xstrdup("\"pfs\" or \"switch\" is missing");
    }

    struct shash_node *node;

    SHASH_FOR_EACH (node, json_object(pfs)) {
        char *error = pf_from_json(journal, node->name, node->data);

        if (error) {
            return error;
        }
    }
    for (size_t i = 0; i < json_array(entries)->n; i++) {
        char *error = switch_from_json(journal, json_array(entries)->elems[i]);

        if (error) {
            return error;
        }
    }
    return NULL;
}
