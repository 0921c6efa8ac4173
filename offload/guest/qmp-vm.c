/* SPDX-License-Identifier: Apache-2.0 */

/* What QMP tells of virtual machines: see qmp-vm.h.
 *
 * QEMU is not trusted.  Every text of it passes policy/model/text.h before it
 * is kept, and what a virtual machine costs the daemon is bounded (qmp-read.c,
 * limit.def). */

#include <config.h>

#include "offload/guest/qmp-vm.h"

#include <string.h>

#include "offload/guest/libvirt.h"
#include "offload/guest/qmp-read.h"
#include "offload/guest/qmp.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "policy/model/limit.h"
#include "policy/model/text.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_qmp_vm);


static struct shash vms = SHASH_INITIALIZER(&vms);  /* By socket. */
/* Devices. */

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

bool
qmp_vm_find_mac(const struct qmp_vm *vm, const struct iov_guest_spec *spec,
                struct eth_addr *mac)
{
    const struct qmp_device *found = NULL;
    struct shash_node *node;

    SHASH_FOR_EACH (node, &vm->devices) {
        const struct qmp_device *device = node->data;

        if (device->is_nic
            && (spec->device ? !strcmp(device->id, spec->device)
                : device->failover || spec->plain)) {
            if (found) {
                return false;
            }
            found = device;
        }
    }
    if (found) {
        *mac = found->mac;
    }
    return found != NULL;
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
        qmp_vm_set_migration(vm, qmp_get_string(data, "status"));
    } else if (!strcmp(event, "UNPLUG_PRIMARY")) {
        qmp_vm_set_migration(vm, "wait-unplug");
    } else if (!strcmp(event, "DEVICE_UNPLUG_GUEST_ERROR")) {
        const char *device = qmp_get_string(data, "device");

        free(vm->refused);
        vm->refused = device ? iov_text_clean(device) : NULL;
        vm->refusals++;
    }
}

static void
log_event(struct qmp_vm *vm, const char *event, const struct json *data)
{
    const char *device = qmp_get_string(data, "device");
    const char *what = device ? device : qmp_get_string(data, "status");
    char *clean = iov_text_clean_max(what ? what : "", QMP_MAX_WORD);

    VLOG_INFO_RL(&vm->log, "%s: %s%s%s", vm->socket, event,
                 *clean ? " " : "", clean);
    free(clean);
}

static void
event_cb(void *vm_, const char *event, const struct json *data)
{
    struct qmp_vm *vm = vm_;

    if (!*event) {
        vm->known = false;
        vm->limit = -1;
        want_migration_events(vm);
        qmp_vm_read(vm);
    } else if (matters(event)) {
        log_event(vm, event, data);
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
    } else if (vm->limit >= 0) {
        return iov_limit_explain(vm->limit);
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
        vm->limit = vm->fresh_limit = -1;
        qmp_vm_news_init(vm);
        vm->log = (struct vlog_rate_limit) VLOG_RATE_LIMIT_INIT(
            IOV_LIMIT_PEER_LOG, IOV_LIMIT_PEER_LOG);
        qmp_bar(vm->qmp, shash_count(&vms) >= IOV_LIMIT_QMP_MACHINES);
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
    qmp_devices_clear(&vm->devices);
    qmp_devices_clear(&vm->fresh);
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
    size_t n = 0;

    SHASH_FOR_EACH_SAFE (node, &vms) {
        struct qmp_vm *vm = node->data;

        if (!vm->asked && !vm->users) {
            vm_destroy(vm);
            shash_delete(&vms, node);
        } else {
            vm->asked = false;
            /* One that goes makes room for another. */
            qmp_bar(vm->qmp, n++ >= IOV_LIMIT_QMP_MACHINES);
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
            || (!vm->known && vm->limit < 0 && !qmp_problem(vm->qmp))) {
            return true;
        }
    }
    return false;
}

static void
run_vm(struct qmp_vm *vm, long long int now)
{
    const char *problem = qmp_problem(vm->qmp);
    char *before = nullable_xstrdup(problem);

    qmp_run(vm->qmp, now);
    problem = qmp_problem(vm->qmp);
    if (!nullable_string_is_equal(before, problem)) {
        if (problem) {
            free(vm->trouble);
            vm->trouble = xstrdup(problem);
        }
        qmp_vm_touch(vm);
    }
    free(before);
    qmp_vm_read_now(vm);
    if (vm->touched) {
        qmp_vm_touch(vm);
    }
}

void
qmp_vms_run(long long int now)
{
    struct shash_node *node;

    libvirt_run();
    SHASH_FOR_EACH (node, &vms) {
        run_vm(node->data, now);
    }
}

void
qmp_vms_wait(long long int now)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &vms) {
        struct qmp_vm *vm = node->data;

        qmp_wait(vm->qmp, now);
        if (vm->touched
            || (vm->again && !vm->pending && !qmp_problem(vm->qmp))) {
            qmp_vm_news_wait(vm);
        }
    }
}
