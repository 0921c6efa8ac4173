/* SPDX-License-Identifier: Apache-2.0 */

/* The dummy NICs on disk: RUNDIR/ovs-iovd.dummy.
 *
 * Real VFs keep their settings when the daemon is killed, and their guests
 * keep the VFs; so do these.
 *
 * The file is a test aid, but a daemon that reads it must not fall over it.
 * What cannot be used is passed over. */

#include <config.h>

#include "offload/dummy/dummy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dirs.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_dummy_store);

static char *
file_name(void)
{
    return xasprintf("%s/ovs-iovd.dummy", ovs_rundir());
}

static struct json *
vf_to_json(const struct dummy_vf *vf)
{
    struct json *json = json_object_create();

    json_object_put(json, "settings", iov_vf_settings_to_json(&vf->set));
    if (vf->guest) {
        json_object_put_string(json, "guest", vf->guest);
        json_object_put(json, "running", json_boolean_create(vf->running));
    }
    return json;
}

static struct json *
pf_to_json(const struct dummy_pf *pf)
{
    struct json *json = json_object_create();
    struct json *macs = json_array_create_empty();
    struct json *vfs = json_array_create_empty();

    json_object_put(json, "number", json_integer_create(pf->number));
    json_object_put(json, "total-vfs", json_integer_create(pf->total_vfs));
    json_object_put(json, "mac-table", json_integer_create(pf->mac_table));
    json_object_put(json, "mtu", json_integer_create(pf->mtu));
    json_object_put(json, "up", json_boolean_create(pf->up));
    json_object_put(json, "no-carrier", json_boolean_create(pf->no_carrier));
    json_object_put_format(json, "mac", ETH_ADDR_FMT, ETH_ADDR_ARGS(pf->mac));
    for (size_t i = 0; i < pf->n_macs; i++) {
        json_array_add(macs, json_string_create_nocopy(
            xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(pf->macs[i]))));
    }
    json_object_put(json, "macs", macs);
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        json_array_add(vfs, vf_to_json(&pf->vfs[i]));
    }
    json_object_put(json, "vfs", vfs);
    return json;
}

void
dummy_store_save(void)
{
    struct json *json = json_object_create();
    struct json *pfs = json_object_create();
    struct json *guests = json_object_create();
    struct shash_node *node;

    SHASH_FOR_EACH (node, &dummy_pfs) {
        json_object_put(pfs, node->name, pf_to_json(node->data));
    }
    json_object_put(json, "pfs", pfs);
    SHASH_FOR_EACH (node, &dummy_guests) {
        const struct dummy_guest *guest = node->data;

        json_object_put(guests, node->name,
                        json_boolean_create(guest->present));
    }
    json_object_put(json, "guests", guests);

    char *name = file_name();
    char *tmp = xasprintf("%s.tmp", name);
    char *text = json_to_string(json, JSSF_SORT | JSSF_PRETTY);
    FILE *stream = fopen(tmp, "w");

    if (!stream || fputs(text, stream) < 0) {
        VLOG_WARN("%s: writing failed (%s)", tmp, ovs_strerror(errno));
    }
    if (stream && (fclose(stream) || rename(tmp, name) < 0)) {
        VLOG_WARN("%s: writing failed (%s)", name, ovs_strerror(errno));
    }
    free(text);
    free(tmp);
    free(name);
    json_destroy(json);
}

/* Reading. */

static const struct json *
member(const struct json *json, const char *name, enum json_type type)
{
    const struct json *value
        = (json && json->type == JSON_OBJECT
           ? shash_find_data(json_object(json), name) : NULL);

    return value && value->type == type ? value : NULL;
}

static long long int
integer(const struct json *json, const char *name, long long int missing)
{
    const struct json *value = member(json, name, JSON_INTEGER);

    return value ? json_integer(value) : missing;
}

static void
load_vf(struct dummy_vf *vf, const struct json *json)
{
    const struct json *settings = member(json, "settings", JSON_OBJECT);
    const struct json *guest = member(json, "guest", JSON_STRING);

    if (settings) {
        free(iov_vf_settings_from_json(settings, &vf->set));
        vf->shown = vf->set;
    }
    if (guest) {
        vf->guest = xstrdup(json_string(guest));
        vf->running = member(json, "running", JSON_TRUE) != NULL;
    }
}

static void
load_pf(const char *netdev, const struct json *json)
{
    struct dummy_pf *pf = dummy_pf_add(netdev, integer(json, "total-vfs", 0));
    const struct json *macs = member(json, "macs", JSON_ARRAY);
    const struct json *vfs = member(json, "vfs", JSON_ARRAY);
    const struct json *mac = member(json, "mac", JSON_STRING);

    pf->number = integer(json, "number", pf->number);
    pf->mac_table = integer(json, "mac-table", pf->mac_table);
    pf->mtu = integer(json, "mtu", pf->mtu);
    pf->up = !member(json, "up", JSON_FALSE);
    pf->no_carrier = member(json, "no-carrier", JSON_TRUE) != NULL;
    if (mac) {
        eth_addr_from_string(json_string(mac), &pf->mac);
    }
    for (size_t i = 0; macs && i < json_array(macs)->n; i++) {
        const struct json *s = json_array(macs)->elems[i];
        struct eth_addr ea;

        if (s->type == JSON_STRING
            && eth_addr_from_string(json_string(s), &ea)) {
            dummy_pf_set_mac(pf, ea, true);
        }
    }
    if (vfs) {
        dummy_pf_set_num_vfs(pf, MIN(json_array(vfs)->n, pf->total_vfs));
        for (unsigned int i = 0; i < pf->n_vfs; i++) {
            load_vf(&pf->vfs[i], json_array(vfs)->elems[i]);
        }
    }
}

void
dummy_store_load(void)
{
    char *name = file_name();
    struct shash_node *node;

    if (access(name, R_OK) < 0) {
        free(name);
        return;
    }

    struct json *json = json_from_file(name);
    const struct json *pfs = member(json, "pfs", JSON_OBJECT);
    const struct json *guests = member(json, "guests", JSON_OBJECT);

    if (!pfs || !guests) {
        VLOG_WARN("%s: not a list of dummy NICs", name);
    } else {
        SHASH_FOR_EACH (node, json_object(pfs)) {
            load_pf(node->name, node->data);
        }
        SHASH_FOR_EACH (node, json_object(guests)) {
            const struct json *present = node->data;

            dummy_guest_get(node->name)->present
                = present->type == JSON_TRUE;
        }
    }
    json_destroy(json);
    free(name);
}
