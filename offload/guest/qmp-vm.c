/* SPDX-License-Identifier: Apache-2.0 */

/* What QMP tells of virtual machines: see qmp-vm.h.
 *
 * A reading is a handful of questions: the state, a migration, the list of
 * devices, and some properties of each that matters.  It counts when the last
 * one has been answered.
 *
 * The subtle thing: a device may leave while it is asked about.  Its answer is
 * an error then, and the event that tells of it starts the next reading. */

#include <config.h>

#include "offload/guest/qmp-vm.h"

#include <string.h>

#include "offload/guest/libvirt.h"
#include "offload/guest/qmp.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_qmp_vm);

#define PERIPHERAL "/machine/peripheral"

/* A question about a property of a device. */
struct question {
    struct qmp_vm *vm;
    char *id;
    char *property;
};

static struct shash vms = SHASH_INITIALIZER(&vms);  /* By socket. */
static uint64_t n_changed;

void
qmp_vms_touch(void)
{
    n_changed++;
}

uint64_t
qmp_vms_changed(void)
{
    return n_changed;
}

/* Devices. */

static void
devices_clear(struct shash *devices)
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

const struct qmp_device *
qmp_vm_find_vf(const struct qmp_vm *vm, const char *pci)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &vm->devices) {
        const struct qmp_device *device = node->data;

        if (device->host && !strcmp(device->host, pci)) {
            return device;
        }
    }
    return NULL;
}

static const struct qmp_device *
find_nic(const struct qmp_vm *vm, const struct iov_guest_spec *spec,
         struct eth_addr mac)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &vm->devices) {
        const struct qmp_device *device = node->data;

        if (device->is_nic
            && (spec->device ? !strcmp(device->id, spec->device)
                : eth_addr_equals(device->mac, mac))) {
            return device;
        }
    }
    return NULL;
}

static char *
explain_no_nic(const struct iov_guest_spec *spec, struct eth_addr mac)
{
    if (libvirt_domain_of(spec->socket)) {
        return libvirt_explain_no_nic(spec, mac);
    }
    if (spec->device) {
        return xasprintf("its virtual machine has no virtio-net device with "
                         "id=%s", spec->device);
    }
    return xasprintf("its virtual machine has no virtio-net device with an "
                     "id and the address "ETH_ADDR_FMT"; start QEMU with "
                     "-device virtio-net-pci,id=NAME,mac="ETH_ADDR_FMT","
                     "failover=on,netdev=...", ETH_ADDR_ARGS(mac),
                     ETH_ADDR_ARGS(mac));
}

const struct qmp_device *
qmp_vm_find_partner(const struct qmp_vm *vm,
                    const struct iov_guest_spec *spec, struct eth_addr mac,
                    char **why)
{
    const struct qmp_device *nic = find_nic(vm, spec, mac);

    *why = NULL;
    if (!nic) {
        *why = explain_no_nic(spec, mac);
    } else if (!nic->failover) {
        *why = libvirt_domain_of(spec->socket)
            ? libvirt_explain_no_teaming(nic->id)
            : xasprintf("its virtio-net device %s has no failover=on, so "
                         "that the guest would not know what the VF is for; "
                         "start QEMU with -device virtio-net-pci,id=%s,"
                         "failover=on,..., or add \",plain\" to iov-guest",
                         nic->id, nic->id);
        nic = NULL;
    }
    return nic;
}

static void
set_text(char **textp, const char *text)
{
    free(*textp);
    *textp = nullable_xstrdup(text);
}

/* Reading. */

static void
finish_reading(struct qmp_vm *vm)
{
    shash_swap(&vm->devices, &vm->fresh);
    devices_clear(&vm->fresh);
    vm->known = vm->status != NULL;
    set_text(&vm->trouble, NULL);
    qmp_vms_touch();
    if (vm->again) {
        vm->again = false;
        qmp_vm_read(vm);
    }
}

static void
answered(struct qmp_vm *vm)
{
    if (!--vm->pending && !qmp_problem(vm->qmp)) {
        finish_reading(vm);
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
        free(device->host);
        device->host = xstrdup(text);
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

/* Asks what matters of the device 'id', whose type is such as
 * "child<vfio-pci>". */
static void
ask_device(struct qmp_vm *vm, const char *id, const char *type)
{
    bool is_vf = !strcmp(type, "child<vfio-pci>");
    bool is_nic = !strncmp(type, "child<virtio-net", 16);

    if ((is_vf || is_nic) && !shash_find(&vm->fresh, id)) {
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
}

static void
list_cb(void *vm_, const struct json *value, const char *error OVS_UNUSED)
{
    struct qmp_vm *vm = vm_;

    devices_clear(&vm->fresh);
    if (value && value->type == JSON_ARRAY) {
        const struct json_array *array = json_array(value);

        for (size_t i = 0; i < array->n; i++) {
            const char *name = qmp_get_string(array->elems[i], "name");
            const char *type = qmp_get_string(array->elems[i], "type");

            if (name && type) {
                ask_device(vm, name, type);
            }
        }
    }
    answered(vm);
}

static void
status_cb(void *vm_, const struct json *value, const char *error OVS_UNUSED)
{
    struct qmp_vm *vm = vm_;

    set_text(&vm->status, qmp_get_string(value, "status"));
    answered(vm);
}

/* A migration that has not begun, or has ended, is none; one that has
 * succeeded leaves the virtual machine in the state "postmigrate". */
static void
set_migration(struct qmp_vm *vm, const char *status)
{
    static const char *const none[] = {
        "none", "completed", "failed", "cancelled"
    };

    for (size_t i = 0; status && i < ARRAY_SIZE(none); i++) {
        if (!strcmp(status, none[i])) {
            status = NULL;
        }
    }
    set_text(&vm->migration, status);
    qmp_vms_touch();
}

static void
migration_cb(void *vm_, const struct json *value,
             const char *error OVS_UNUSED)
{
    struct qmp_vm *vm = vm_;

    set_migration(vm, qmp_get_string(value, "status"));
    answered(vm);
}

void
qmp_vm_read(struct qmp_vm *vm)
{
    if (vm->pending) {
        vm->again = true;
    } else if (!qmp_problem(vm->qmp)) {
        struct json *arguments = json_object_create();

        json_object_put_string(arguments, "path", PERIPHERAL);
        ask(vm, "query-status", NULL, status_cb, vm);
        ask(vm, "query-migrate", NULL, migration_cb, vm);
        ask(vm, "qom-list", arguments, list_cb, vm);
    }
}

/* Events. */

/* Without this QEMU says nothing when a migration begins. */
static void
want_migration_events(struct qmp_vm *vm)
{
    struct json *events = json_object_create();
    struct json *arguments = json_object_create();

    json_object_put_string(events, "capability", "events");
    json_object_put(events, "state", json_boolean_create(true));
    json_object_put(arguments, "capabilities", json_array_create_1(events));
    qmp_send(vm->qmp, &(struct qmp_command) {
        .name = "migrate-set-capabilities", .arguments = arguments,
    });
}

/* The events after which something may be otherwise. */
static bool
matters(const char *event)
{
    static const char *const events[] = {
        "DEVICE_DELETED", "DEVICE_UNPLUG_GUEST_ERROR", "FAILOVER_NEGOTIATED",
        "GUEST_PANICKED", "MIGRATION", "RESET", "RESUME", "SHUTDOWN", "STOP",
        "SUSPEND", "UNPLUG_PRIMARY", "WAKEUP"
    };

    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        if (!strcmp(event, events[i])) {
            return true;
        }
    }
    return false;
}

static void
note_event(struct qmp_vm *vm, const char *event, const struct json *data)
{
    if (!strcmp(event, "MIGRATION")) {
        set_migration(vm, qmp_get_string(data, "status"));
    } else if (!strcmp(event, "UNPLUG_PRIMARY")) {
        set_migration(vm, "wait-unplug");
    } else if (!strcmp(event, "DEVICE_UNPLUG_GUEST_ERROR")) {
        set_text(&vm->refused, qmp_get_string(data, "device"));
        vm->refusals++;
    }
}

static void
event_cb(void *vm_, const char *event, const struct json *data)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 60);
    const char *device = qmp_get_string(data, "device");
    const char *what = device ? device : qmp_get_string(data, "status");
    struct qmp_vm *vm = vm_;

    if (!*event) {
        vm->known = vm->again = false;
        want_migration_events(vm);
        qmp_vm_read(vm);
    } else if (matters(event)) {
        VLOG_INFO_RL(&rl, "%s: %s%s%s", vm->socket, event, what ? " " : "",
                     what ? what : "");
        note_event(vm, event, data);
        qmp_vm_read(vm);
    }
}

/* What it is like. */

bool
qmp_vm_is_reachable(const struct qmp_vm *vm)
{
    return vm->known && !qmp_problem(vm->qmp);
}

/* QEMU ends with its virtual machine, a domain of libvirt does not. */
static bool
is_off(const struct qmp_vm *vm)
{
    return vm->status && !strcmp(vm->status, "shutoff");
}

char *
qmp_vm_absent(const struct qmp_vm *vm)
{
    const char *problem = qmp_problem(vm->qmp);

    if (problem) {
        return xstrdup(problem);
    } else if (!vm->known && vm->trouble) {
        /* It connects, and then it fails again. */
        return xstrdup(vm->trouble);
    } else if (!vm->known) {
        return xasprintf("the devices of the virtual machine at %s are being "
                         "read", vm->socket);
    } else if (is_off(vm)) {
        return libvirt_explain_off(libvirt_domain_of(vm->socket));
    }
    return NULL;
}

char *
qmp_vm_held(const struct qmp_vm *vm)
{
    if (!qmp_vm_is_reachable(vm) || is_off(vm)) {
        return NULL;
    } else if (vm->migration) {
        return xasprintf("it is being migrated (%s)", vm->migration);
    } else if (strcmp(vm->status, "running")) {
        return xasprintf("it does not run (%s)", vm->status);
    }
    return NULL;
}

/* All of them. */

struct qmp_vm *
qmp_vm_get(const char *socket)
{
    struct qmp_vm *vm = shash_find_data(&vms, socket);

    if (!vm) {
        vm = xzalloc(sizeof *vm);
        vm->socket = xstrdup(socket);
        vm->qmp = qmp_open(socket, event_cb, vm);
        shash_init(&vm->devices);
        shash_init(&vm->fresh);
        shash_add(&vms, socket, vm);
    }
    vm->asked = true;
    return vm;
}

static void
vm_destroy(struct qmp_vm *vm)
{
    qmp_close(vm->qmp);
    devices_clear(&vm->devices);
    devices_clear(&vm->fresh);
    shash_destroy(&vm->devices);
    shash_destroy(&vm->fresh);
    free(vm->status);
    free(vm->migration);
    free(vm->refused);
    free(vm->trouble);
    free(vm->socket);
    free(vm);
}

void
qmp_vms_sweep(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &vms) {
        struct qmp_vm *vm = node->data;

        if (!vm->asked && !vm->users) {
            vm_destroy(vm);
            shash_delete(&vms, node);
        } else {
            vm->asked = false;
        }
    }
}

void
qmp_vms_exit(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &vms) {
        vm_destroy(node->data);
        shash_delete(&vms, node);
    }
}

bool
qmp_vms_are_new(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &vms) {
        const struct qmp_vm *vm = node->data;

        if (qmp_is_trying(vm->qmp)
            || (!vm->known && !qmp_problem(vm->qmp))) {
            return true;
        }
    }
    return false;
}

void
qmp_vms_run(long long int now)
{
    struct shash_node *node;

    libvirt_run();
    SHASH_FOR_EACH (node, &vms) {
        struct qmp_vm *vm = node->data;
        const char *problem = qmp_problem(vm->qmp);
        char *before = nullable_xstrdup(problem);

        qmp_run(vm->qmp, now);
        problem = qmp_problem(vm->qmp);
        if (!nullable_string_is_equal(before, problem)) {
            if (problem) {
                set_text(&vm->trouble, problem);
            }
            qmp_vms_touch();
        }
        free(before);
    }
}

void
qmp_vms_wait(long long int now)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &vms) {
        const struct qmp_vm *vm = node->data;

        qmp_wait(vm->qmp, now);
    }
}
