/* SPDX-License-Identifier: Apache-2.0 */

/* Moves of VFs to virtual machines of QEMU and back.
 *
 *   GIVE    bind the VF to vfio-pci.
 *   START   plug it into the virtual machine, as partner of its virtio-net
 *           device, and wait until a driver in the guest has taken it and has
 *           asked for the interrupts of its queues.
 *   TAKE    unplug it, wait until the guest has let go, and give it back to
 *           the driver that it came from.
 *
 * Each is a row of steps; a step is one request, or waiting for something to
 * be seen.  That a driver in the guest has taken the VF is seen from outside:
 * vfio-pci switches off bus mastering when the virtual machine opens the VF,
 * and the driver switches it on.  That is the first thing it does; packets are
 * heard only when its interface has been set up, which is when it asks for
 * interrupts.  QEMU has one for it as soon as it has enabled MSI-X, so that a
 * second one tells.  A driver that needs no second one is waited for in vain,
 * and then believed.
 *
 * A VF that the guest has seen while it was fenced has the fence's MAC address
 * there, which no partner has.  START therefore unplugs a VF that is plugged
 * already, and plugs it again. */

#include <config.h>

#include "offload/guest/qmp-move.h"

#include <errno.h>
#include <string.h>

#include "offload/dummy/dummy.h"
#include "offload/guest/libvirt.h"
#include "offload/guest/qmp-vm.h"
#include "offload/guest/qmp.h"
#include "offload/pci/pci.h"
#include "offload/pci/vfio.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "packets.h"
#include "policy/model/op.h"
#include "util.h"

#define LEAVE_LIMIT 10000       /* For the guest to let go, ms. */
#define FREE_LIMIT 5000         /* For QEMU to close the VF, ms. */
#define ARRIVE_LIMIT 10000      /* For QEMU to show the VF, ms. */
#define ATTACH_LIMIT 60000      /* For the guest's driver, ms. */
#define PLUG_LIMIT 120000       /* For QEMU, which pins all memory, ms. */
#define OPEN_LIMIT 30000        /* For its interrupts, ms. */
#define POLL_INTERVAL 50        /* For what nobody tells of, ms. */

void
qmp_move_finish(struct qmp_move *m, int error, char *text)
{
    m->finished = true;
    m->error = error;
    m->text = text;
    qmp_vms_touch();
}

static void
go(struct qmp_move *m, enum qmp_step step)
{
    m->step = step;
    m->deadline = 0;
}

/* The plugged VF, or null. */
static const struct qmp_device *
find_plugged(const struct qmp_move *m)
{
    return qmp_vm_find_vf(m->vm, m->pci);
}

/* Binding. */

static void
step_bind(struct qmp_move *m, const char *driver)
{
    char *text = NULL;
    int error = 0;

    if (m->dummy) {
        dummy_vf_lend(m->dummy, driver && !strcmp(driver, VFIO_DRIVER)
                      ? m->spec.text : NULL);
        go(m, STEP_DONE);
        return;
    }
    if (driver && !strcmp(driver, VFIO_DRIVER)) {
        text = vfio_absent();
        error = text ? ENODEV : 0;
    }
    if (!error) {
        error = vfio_change_start(m->pci, driver, &m->change);
        text = error ? xasprintf("no process can be started that binds VF %s",
                                 m->pci) : NULL;
    }
    if (error) {
        qmp_move_finish(m, error, text);
    } else {
        go(m, m->step + 1);
    }
}

static void
step_binding(struct qmp_move *m)
{
    char *text;
    int error;

    if (vfio_change_done(m->change, &error, &text)) {
        vfio_change_destroy(m->change);
        m->change = NULL;
        if (error) {
            qmp_move_finish(m, error, text);
        } else {
            go(m, STEP_DONE);
        }
    }
}

/* Plugging. */

static void
ask(struct qmp_move *m, const char *command, struct json *arguments,
    qmp_reply_cb *cb)
{
    m->asked = true;
    qmp_send(m->vm->qmp, &(struct qmp_command) {
        .name = command,
        .arguments = arguments,
        .limit = m->step == STEP_PLUG ? PLUG_LIMIT : 0,
        .cb = cb,
        .aux = m,
    });
}

static void
step_check(struct qmp_move *m)
{
    char *why = qmp_vm_absent(m->vm);

    why = why ? why : qmp_vm_held(m->vm);
    if (!why && !m->spec.plain) {
        qmp_vm_find_partner(m->vm, &m->spec, m->op->mac, &why);
    }
    if (why) {
        qmp_move_finish(m, ENODEV, why);
    } else {
        go(m, find_plugged(m) ? STEP_UNPLUG : STEP_PLACE);
    }
}

/* Stores in '*bus' the name of the first PCI bridge among 'devices', or below
 * them, that has a name and nothing plugged in.  Counts bridges that have a
 * name. */
static void
find_bus(const struct json *devices, const char **bus, size_t *n)
{
    const struct json_array *array = devices ? json_array(devices) : NULL;

    for (size_t i = 0; array && i < array->n; i++) {
        const struct json *device = array->elems[i];
        const struct json *bridge = qmp_get_object(device, "pci_bridge");
        const struct json *below = qmp_get_array(bridge, "devices");
        const char *id = qmp_get_string(device, "qdev_id");

        if (bridge && id && *id) {
            ++*n;
            if (!*bus && (!below || !json_array(below)->n)) {
                *bus = id;
            }
        }
        find_bus(below, bus, n);
    }
}

static void
place_cb(void *m_, const struct json *value, const char *error)
{
    const char *bus = NULL;
    struct qmp_move *m = m_;
    size_t n = 0;

    m->asked = false;
    if (error) {
        qmp_move_finish(m, EIO, xstrdup(error));
        return;
    }
    for (size_t i = 0; value->type == JSON_ARRAY && i < json_array(value)->n;
         i++) {
        find_bus(qmp_get_array(json_array(value)->elems[i], "devices"), &bus,
                 &n);
    }
    if (n && !bus) {
        qmp_move_finish(m, ENOSPC,
               libvirt_domain_of(m->vm->socket) ? libvirt_explain_no_port()
               : xstrdup("the virtual machine has no PCI Express root port "
                       "free; start QEMU with one for each VF: -device "
                       "pcie-root-port,id=NAME,chassis=N"));
    } else {
        free(m->bus);
        m->bus = nullable_xstrdup(bus);
        go(m, STEP_PLUG);
    }
}

static void
set_placing(struct qmp_move *m, bool placing)
{
    if (m->placing != placing) {
        m->placing = m->vm->plugging = placing;
    }
}

/* Several ports of one virtual machine choose their places one by one. */
static void
step_place(struct qmp_move *m)
{
    if (m->spec.bus) {
        free(m->bus);
        m->bus = xstrdup(m->spec.bus);
        go(m, STEP_PLUG);
    } else if (!m->vm->plugging) {
        set_placing(m, true);
        ask(m, "query-pci", NULL, place_cb);
    }
}

static void
plug_cb(void *m_, const struct json *value OVS_UNUSED, const char *error)
{
    struct qmp_move *m = m_;

    m->asked = false;
    set_placing(m, false);
    if (error) {
        qmp_move_finish(m, EIO, xstrdup(error));
    } else {
        go(m, STEP_ARRIVE);
        qmp_vm_read(m->vm);
    }
}

/* QEMU remembers the VF's id with its partner, which therefore always has to
 * get the same. */
static char *
make_id(const struct qmp_move *m, const char *partner)
{
    char *id = xasprintf("iov-%s", partner ? partner : m->op->port);

    for (char *p = id; *p; p++) {
        if (!strchr("abcdefghijklmnopqrstuvwxyz"
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._", *p)) {
            *p = '_';
        }
    }
    return id;
}

static void
step_plug(struct qmp_move *m)
{
    struct json *arguments = json_object_create();
    const struct qmp_device *partner = NULL;
    char *why = NULL;

    if (!m->spec.plain) {
        partner = qmp_vm_find_partner(m->vm, &m->spec, m->op->mac, &why);
        if (!partner) {
            json_destroy(arguments);
            qmp_move_finish(m, ENODEV, why);
            return;
        }
        json_object_put_string(arguments, "failover_pair_id", partner->id);
    }
    json_object_put_string(arguments, "driver", VFIO_DRIVER);
    json_object_put_string(arguments, "host", m->pci);
    json_object_put(arguments, "id",
                    json_string_create_nocopy(
                        make_id(m, partner ? partner->id : NULL)));
    if (m->bus) {
        json_object_put_string(arguments, "bus", m->bus);
    }
    ask(m, "device_add", arguments, plug_cb);
}

static void
step_arrive(struct qmp_move *m)
{
    if (find_plugged(m)) {
        go(m, STEP_ATTACH);
    }
}

static void
check_plugged(struct qmp_move *m)
{
    if (!find_plugged(m)) {
        qmp_move_finish(m, ENODEV, xasprintf("VF %s was unplugged again",
                                             m->pci));
    }
}

static void
step_attach(struct qmp_move *m)
{
    bool on = false;

    if (m->dummy) {
        on = (m->dummy->shown.dma
              || !(m->dummy->shown.known & IOV_VF_BIT(IOV_VF_DMA)));
    } else if (pci_get_master(m->pci, &on)) {
        on = false;
    }
    if (on) {
        go(m, m->dummy ? STEP_DONE : STEP_OPEN);
    } else {
        check_plugged(m);
    }
}

static void
step_open(struct qmp_move *m)
{
    if (pci_count_irqs(m->pci) > 1 || pci_count_vectors(m->pci) < 2) {
        go(m, STEP_DONE);
    } else {
        check_plugged(m);
    }
}

/* Unplugging. */

static void
unplug_cb(void *m_, const struct json *value OVS_UNUSED,
          const char *error OVS_UNUSED)
{
    struct qmp_move *m = m_;

    /* An error means that it has left, is leaving already, or will not leave;
     * which of these will be seen. */
    m->asked = false;
    go(m, STEP_LEAVE);
    qmp_vm_read(m->vm);
}

static void
step_unplug(struct qmp_move *m)
{
    const struct qmp_device *device
        = qmp_vm_is_reachable(m->vm) ? find_plugged(m) : NULL;

    if (!device) {
        go(m, STEP_LEAVE);
    } else {
        struct json *arguments = json_object_create();

        m->refusals = m->vm->refusals;
        json_object_put_string(arguments, "id", device->id);
        ask(m, "device_del", arguments, unplug_cb);
    }
}

static void
step_leave(struct qmp_move *m)
{
    bool taking = m->op->type == IOV_OP_GUEST_DETACH;
    const struct qmp_device *device = find_plugged(m);

    if (!qmp_vm_is_reachable(m->vm) || !device) {
        go(m, taking ? STEP_FREE : STEP_CHECK);
    } else if (m->vm->refusals != m->refusals
               && nullable_string_is_equal(m->vm->refused, device->id)) {
        qmp_move_finish(m, EBUSY,
                        xasprintf("the guest refuses to let go of VF %s, "
                                  "which stays fenced", m->pci));
    }
}

static void
step_free(struct qmp_move *m)
{
    if (m->dummy || !vfio_is_held(m->pci)) {
        go(m, STEP_RESTORE);
    }
}

/* All steps. */

static void
step(struct qmp_move *m)
{
    switch (m->step) {
    case STEP_BIND:
        step_bind(m, VFIO_DRIVER);
        break;
    case STEP_RESTORE:
        step_bind(m, m->home);
        break;
    case STEP_BINDING:
    case STEP_RESTORING:
        step_binding(m);
        break;
    case STEP_CHECK:
        step_check(m);
        break;
    case STEP_UNPLUG:
        step_unplug(m);
        break;
    case STEP_LEAVE:
        step_leave(m);
        break;
    case STEP_PLACE:
        step_place(m);
        break;
    case STEP_PLUG:
        step_plug(m);
        break;
    case STEP_ARRIVE:
        step_arrive(m);
        break;
    case STEP_ATTACH:
        step_attach(m);
        break;
    case STEP_OPEN:
        step_open(m);
        break;
    case STEP_FREE:
        step_free(m);
        break;
    case STEP_DONE:
        break;
    }
}

/* How long 'step' may take, ms; 0: as long as it takes. */
static int
limit_of(enum qmp_step step)
{
    return (step == STEP_LEAVE ? LEAVE_LIMIT
            : step == STEP_ARRIVE ? ARRIVE_LIMIT
            : step == STEP_ATTACH ? ATTACH_LIMIT
            : step == STEP_OPEN ? OPEN_LIMIT
            : step == STEP_FREE ? FREE_LIMIT
            : 0);
}

static char *
explain_late(const struct qmp_move *m)
{
    int seconds = limit_of(m->step) / 1000;

    switch ((int) m->step) {
    case STEP_LEAVE:
        return xasprintf("the guest has not let go of VF %s within %d s; it "
                         "stays fenced, and is asked for again", m->pci,
                         seconds);
    case STEP_ARRIVE:
        return xasprintf("QEMU keeps VF %s back, because the driver of the "
                         "virtio-net device in the guest has not agreed to "
                         "failover; it needs one that knows it, such as "
                         "Linux with net_failover", m->pci);
    case STEP_ATTACH:
        /* libvirt does not tell what QEMU keeps back. */
        return xasprintf("no driver in the guest has taken VF %s within %d "
                         "s; has it one for this NIC%s?", m->pci, seconds,
                         libvirt_domain_of(m->vm->socket) && !m->spec.plain
                         ? ", and does that of its virtio interface know "
                           "failover" : "");
    default:
        return xasprintf("a virtual machine still holds VF %s, and does not "
                         "answer at %s; it stays fenced until that ends",
                         m->pci, m->spec.socket);
    }
}

void
qmp_move_run(struct qmp_move *m, long long int now)
{
    enum qmp_step before;

    do {
        before = m->step;
        if (!m->asked && !m->finished) {
            step(m);
        }
    } while (m->step != before && !m->finished);

    if (m->step == STEP_DONE && !m->finished) {
        qmp_move_finish(m, 0, NULL);
    } else if (!m->finished && !m->asked && limit_of(m->step)) {
        if (!m->deadline) {
            m->deadline = now + limit_of(m->step);
        } else if (now >= m->deadline && m->step == STEP_OPEN) {
            qmp_move_finish(m, 0, NULL);
        } else if (now >= m->deadline) {
            qmp_move_finish(m, ETIMEDOUT, explain_late(m));
        }
    }
}

void
qmp_move_wait(const struct qmp_move *m, long long int now)
{
    if (m->finished) {
        poll_immediate_wake();
    } else if (m->change) {
        vfio_change_wait(m->change);
    } else if (m->deadline) {
        poll_timer_wait(m->step == STEP_ATTACH || m->step == STEP_OPEN
                        || m->step == STEP_FREE
                        ? POLL_INTERVAL : m->deadline - now);
    } else if (!m->asked && m->step != STEP_PLACE) {
        poll_immediate_wake();
    }
}

void
qmp_move_destroy(struct qmp_move *m)
{
    qmp_forget(m->vm->qmp, m);
    set_placing(m, false);
    m->vm->users--;
    vfio_change_destroy(m->change);
    iov_guest_spec_destroy(&m->spec);
    free(m->pci);
    free(m->home);
    free(m->bus);
    free(m->text);
    free(m);
}
