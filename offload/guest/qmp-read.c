/* SPDX-License-Identifier: Apache-2.0 */

/* Reading what a virtual machine is like: see qmp-read.h.
 *
 * A reading is a handful of questions: the state, a migration, the list of
 * devices, and some properties of each that matters.  It counts when the last
 * one has been answered.
 *
 * A device may leave while it is asked about.  Its answer is an error then,
 * and the event that tells of it starts the next reading. */

#include <config.h>

#include "offload/guest/qmp-read.h"

#include <stdlib.h>
#include <string.h>

#include "offload/guest/qmp-vm.h"
#include "offload/guest/qmp.h"
#include "openvswitch/json.h"
#include "packets.h"
#include "policy/model/limit.h"
#include "policy/model/text.h"
#include "util.h"

#define PERIPHERAL "/machine/peripheral"
#define NEWS_COST 1000          /* Tokens; IOV_LIMIT_QMP_NEWS come each ms. */
#define NEWS_BURST 64

/* A question about a property of a device. */
struct question {
    struct qmp_vm *vm;
    char *id;
    char *property;
};

static uint64_t n_changed;

void
qmp_vms_touch(void)
{
    n_changed++;
}

/* A virtual machine that changes all the time is looked at now and then. */
static bool
may_cost(struct qmp_vm *vm)
{
    return token_bucket_withdraw(&vm->news, NEWS_COST);
}

void
qmp_vm_touch(struct qmp_vm *vm)
{
    vm->touched = !may_cost(vm);
    n_changed += !vm->touched;
}

void
qmp_vm_news_init(struct qmp_vm *vm)
{
    token_bucket_init(&vm->news, IOV_LIMIT_QMP_NEWS, NEWS_BURST * NEWS_COST);
}

void
qmp_vm_news_wait(struct qmp_vm *vm)
{
    token_bucket_wait(&vm->news, NEWS_COST);
}

uint64_t
qmp_vms_changed(void)
{
    return n_changed;
}

void
qmp_devices_clear(struct shash *devices)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, devices) {
        struct qmp_device *device = node->data;

        free(device->id);
        free(device->host);
        free(device);
        shash_delete(devices, node);
    }
}

/* Takes over what the virtual machine says. */
static void
set_text(char **textp, const char *text)
{
    free(*textp);
    *textp = text ? iov_text_clean_max(text, QMP_MAX_WORD) : NULL;
}

/* Reading. */

static bool
same_device(const struct qmp_device *a, const struct qmp_device *b)
{
    return (b && nullable_string_is_equal(a->host, b->host)
            && a->is_nic == b->is_nic && a->failover == b->failover
            && eth_addr_equals(a->mac, b->mac));
}

static bool
same_devices(const struct shash *a, const struct shash *b)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, a) {
        if (!same_device(node->data, shash_find_data(b, node->name))) {
            return false;
        }
    }
    return shash_count(a) == shash_count(b);
}

static void
finish_reading(struct qmp_vm *vm)
{
    bool known = vm->status && vm->fresh_limit < 0;
    bool news = (vm->known != known || vm->limit != vm->fresh_limit
                 || vm->trouble || !same_devices(&vm->devices, &vm->fresh));

    shash_swap(&vm->devices, &vm->fresh);
    qmp_devices_clear(&vm->fresh);
    vm->known = known;
    vm->limit = vm->fresh_limit;
    free(vm->trouble);
    vm->trouble = NULL;
    if (news) {
        qmp_vm_touch(vm);
    }
}

static void
answered(struct qmp_vm *vm)
{
    if (!--vm->pending && !qmp_problem(vm->qmp)) {
        finish_reading(vm);
        qmp_vm_read_now(vm);
    }
}

static void
ask(struct qmp_vm *vm, const char *command, struct json *arguments,
    qmp_reply_cb *cb, void *aux)
{
    vm->pending++;
    qmp_send(vm->qmp, &(struct qmp_command) {
        .name = command, .arguments = arguments, .cb = cb, .aux = aux,
    });
}

static void
take_property(struct qmp_device *device, const char *property,
              const struct json *value)
{
    const char *text = value->type == JSON_STRING ? json_string(value) : "";

    if (!strcmp(property, "host")) {
        set_text(&device->host, text);
    } else if (!strcmp(property, "mac")) {
        device->is_nic = eth_addr_from_string(text, &device->mac);
    } else if (!strcmp(property, "failover")) {
        device->failover = value->type == JSON_TRUE;
    }
}

static void
property_cb(void *question_, const struct json *value,
            const char *error OVS_UNUSED)
{
    struct question *q = question_;
    struct qmp_vm *vm = q->vm;
    struct qmp_device *device = shash_find_data(&vm->fresh, q->id);

    if (value && device) {
        take_property(device, q->property, value);
    }
    free(q->id);
    free(q->property);
    free(q);
    answered(vm);
}

static void
ask_property(struct qmp_vm *vm, const char *id, const char *property)
{
    struct question *q = xmalloc(sizeof *q);
    struct json *arguments = json_object_create();

    *q = (struct question) { vm, xstrdup(id), xstrdup(property) };
    json_object_put_format(arguments, "path", PERIPHERAL"/%s", id);
    json_object_put_string(arguments, "property", property);
    ask(vm, "qom-get", arguments, property_cb, q);
}

/* As QEMU wants the names of its devices. */
static bool
is_id(const char *id)
{
    size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz"
                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");

    return n && !id[n] && n <= IOV_LIMIT_TEXT / 4;
}

/* Asks what matters of the device 'id', whose type is such as
 * "child<vfio-pci>". */
static void
ask_device(struct qmp_vm *vm, const char *id, const char *type)
{
    bool is_vf = !strcmp(type, "child<vfio-pci>");
    bool is_nic = !strncmp(type, "child<virtio-net", 16);

    if (!(is_vf || is_nic) || !is_id(id) || shash_find(&vm->fresh, id)) {
        return;
    } else if (shash_count(&vm->fresh) >= IOV_LIMIT_QMP_DEVICES) {
        vm->fresh_limit = IOV_LIMIT_ID_QMP_DEVICES;
        return;
    }

    struct qmp_device *device = xzalloc(sizeof *device);

    device->id = xstrdup(id);
    shash_add(&vm->fresh, id, device);
    if (is_vf) {
        ask_property(vm, id, "host");
    } else {
        ask_property(vm, id, "mac");
        ask_property(vm, id, "failover");
    }
}

static void
take_list(struct qmp_vm *vm, const struct json_array *array)
{
    if (array->n > IOV_LIMIT_QMP_LISTED) {
        vm->fresh_limit = IOV_LIMIT_ID_QMP_LISTED;
        return;
    }
    for (size_t i = 0; i < array->n && vm->fresh_limit < 0; i++) {
        const char *name = qmp_get_string(array->elems[i], "name");
        const char *type = qmp_get_string(array->elems[i], "type");

        if (name && type) {
            ask_device(vm, name, type);
        }
    }
}

static void
list_cb(void *vm_, const struct json *value, const char *error OVS_UNUSED)
{
    struct qmp_vm *vm = vm_;

    qmp_devices_clear(&vm->fresh);
    vm->fresh_limit = -1;
    if (value && value->type == JSON_ARRAY) {
        take_list(vm, json_array(value));
    }
    answered(vm);
}

static void
status_cb(void *vm_, const struct json *value, const char *error OVS_UNUSED)
{
    struct qmp_vm *vm = vm_;
    char *before = nullable_xstrdup(vm->status);

    set_text(&vm->status, qmp_get_string(value, "status"));
    if (!nullable_string_is_equal(before, vm->status)) {
        qmp_vm_touch(vm);
    }
    free(before);
    answered(vm);
}

/* A migration that has not begun, or has ended, is none; one that has
 * succeeded leaves the virtual machine in the state "postmigrate". */
void
qmp_vm_set_migration(struct qmp_vm *vm, const char *status)
{
    static const char *const none[] = {
        "none", "completed", "failed", "cancelled"
    };
    char *before = nullable_xstrdup(vm->migration);

    for (size_t i = 0; status && i < ARRAY_SIZE(none); i++) {
        if (!strcmp(status, none[i])) {
            status = NULL;
        }
    }
    set_text(&vm->migration, status);
    if (!nullable_string_is_equal(before, vm->migration)) {
        qmp_vm_touch(vm);
    }
    free(before);
}

static void
migration_cb(void *vm_, const struct json *value,
             const char *error OVS_UNUSED)
{
    struct qmp_vm *vm = vm_;

    qmp_vm_set_migration(vm, qmp_get_string(value, "status"));
    answered(vm);
}

/* Begins a reading if one is wanted and it is time for it. */
void
qmp_vm_read_now(struct qmp_vm *vm)
{
    if (vm->again && !vm->pending && !qmp_problem(vm->qmp) && may_cost(vm)) {
        struct json *arguments = json_object_create();

        vm->again = false;
        json_object_put_string(arguments, "path", PERIPHERAL);
        ask(vm, "query-status", NULL, status_cb, vm);
        ask(vm, "query-migrate", NULL, migration_cb, vm);
        ask(vm, "qom-list", arguments, list_cb, vm);
    }
}

void
qmp_vm_read(struct qmp_vm *vm)
{
    vm->again = true;
    qmp_vm_read_now(vm);
}
