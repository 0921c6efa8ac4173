/* SPDX-License-Identifier: Apache-2.0 */

/* "qmp:SOCKET": the guest is a virtual machine of QEMU.
 *
 * What it is like is told by qmp-vm.h, how a VF gets there and back by
 * qmp-move.h.
 *
 * A VF that is with vfio-pci, but not plugged, is given and not running,
 * whatever was done before: the guest may have let go of it, and QEMU may be
 * another one. */

#include <config.h>

#include "offload/guest.h"

#include <errno.h>
#include <string.h>

#include "offload/dummy/dummy.h"
#include "offload/guest/qmp-move.h"
#include "offload/guest/qmp-vm.h"
#include "offload/pci/pci.h"
#include "offload/pci/vfio.h"
#include "openvswitch/list.h"
#include "packets.h"
#include "util.h"

static struct ovs_list moves = OVS_LIST_INITIALIZER(&moves);

static char *
vm_absent(const struct iov_guest_spec *spec, struct eth_addr mac)
{
    const struct qmp_vm *vm = qmp_vm_get(spec->socket);
    char *why = qmp_vm_absent(vm);

    if (!why && !spec->plain && (spec->device || !eth_addr_is_zero(mac))) {
        qmp_vm_find_partner(vm, spec, mac, &why);
    }
    return why;
}

static bool
vm_mac(const struct iov_guest_spec *spec, const char *port OVS_UNUSED,
       struct eth_addr *mac)
{
    return qmp_vm_find_mac(qmp_vm_get(spec->socket), spec, mac);
}

static char *
vm_held(const struct iov_guest_spec *spec)
{
    return qmp_vm_held(qmp_vm_get(spec->socket));
}

/* True if the VF is with vfio-pci, or on its way there or back. */
static bool
is_bound(const struct iov_vf *vf, const struct dummy_vf *dummy)
{
    char *driver;
    bool bound;

    if (dummy) {
        return dummy->guest != NULL;
    }
    driver = pci_driver(vf->pci);
    bound = (driver ? !strcmp(driver, VFIO_DRIVER)
             : vf->record && vf->record->driver);
    free(driver);
    return bound;
}

static enum iov_guest_state
vm_state(const struct iov_guest_spec *spec, const struct iov_vf *vf)
{
    const struct qmp_vm *vm = qmp_vm_get(spec->socket);

    if (!vf->pci) {
        return IOV_GUEST_MISSING;
    } else if (qmp_vm_is_reachable(vm) && qmp_vm_find_vf(vm, vf->pci)) {
        return (vf->record && vf->record->started
                ? IOV_GUEST_RUNNING : IOV_GUEST_GIVEN);
    }
    return (is_bound(vf, dummy_vf_find(vf->pci))
            ? IOV_GUEST_GIVEN : IOV_GUEST_NONE);
}

/* QEMU does not know by which of its devices a guest sends. */
static void
vm_use(const struct iov_guest_spec *spec OVS_UNUSED, const struct iov_vf *vf,
       struct iov_vf_use *use)
{
    const struct dummy_vf *dummy = dummy_vf_find(vf->pci);
    bool on = true;

    if (dummy) {
        on = dummy->shown.dma || !(dummy->shown.known
                                   & IOV_VF_BIT(IOV_VF_DMA));
    } else if (pci_get_master(vf->pci, &on)) {
        on = true;
    }
    use->told = !on;
    use->how = (on ? "a driver in the guest has taken the VF"
                : "no driver in the guest has the VF");
}

/* The driver that the VF goes back to.  If it was with vfio-pci already, the
 * record of how it came there is lost. */
static char *
find_home(const struct iov_vf *vf)
{
    const char *driver = vf->record ? vf->record->driver : "";

    return nullable_xstrdup(driver && !strcmp(driver, VFIO_DRIVER)
                            ? "" : driver);
}

static void
vm_start(struct iov_op *op, const struct iov_guest_spec *spec,
         const struct iov_vf *vf)
{
    struct qmp_move *m = xzalloc(sizeof *m);

    m->op = op;
    iov_guest_spec_parse(&m->spec, spec->text);
    m->vm = qmp_vm_get(spec->socket);
    m->vm->users++;
    m->step = (op->type == IOV_OP_GUEST_ATTACH ? STEP_BIND
               : op->type == IOV_OP_GUEST_ACTIVATE ? STEP_CHECK
               : STEP_UNPLUG);
    if (vf && vf->pci) {
        m->pci = xstrdup(vf->pci);
        m->home = find_home(vf);
        m->dummy = dummy_vf_find(vf->pci);
    } else {
        qmp_move_finish(m, ENODEV, xstrdup("the VF has gone"));
    }
    ovs_list_push_back(&moves, &m->node);
}

static struct iov_result *
vm_next_result(void)
{
    struct qmp_move *m;

    LIST_FOR_EACH (m, node, &moves) {
        if (m->finished) {
            struct iov_result *result = iov_result_create(m->op, m->error,
                                                          m->text);

            ovs_list_remove(&m->node);
            qmp_move_destroy(m);
            return result;
        }
    }
    return NULL;
}

static void
vm_cancel(const char *port)
{
    struct qmp_move *m;

    LIST_FOR_EACH (m, node, &moves) {
        if (!m->finished && !strcmp(m->op->port, port)) {
            qmp_move_finish(m, ECANCELED, NULL);
        }
    }
}

static void
vm_run(long long int now)
{
    struct qmp_move *m;

    vfio_run();
    qmp_vms_run(now);
    LIST_FOR_EACH (m, node, &moves) {
        qmp_move_run(m, now);
    }
}

static void
vm_wait(long long int now)
{
    const struct qmp_move *m;

    qmp_vms_wait(now);
    LIST_FOR_EACH (m, node, &moves) {
        qmp_move_wait(m, now);
    }
}

static void
vm_exit(void)
{
    struct iov_result *result;
    struct qmp_move *m;

    LIST_FOR_EACH (m, node, &moves) {
        if (!m->finished) {
            qmp_move_finish(m, ECANCELED, NULL);
        }
    }
    while ((result = vm_next_result())) {
        iov_result_destroy(result);
    }
    qmp_vms_exit();
}

const struct iov_guest_class iov_guest_qmp = {
    .kind = IOV_GUEST_KIND_QMP,
    .pairs = true,
    .takes_dummies = true,
    .sees_running = true,
    .absent = vm_absent,
    .mac = vm_mac,
    .held = vm_held,
    .state = vm_state,
    .use = vm_use,
    .start = vm_start,
    .cancel = vm_cancel,
    .next_result = vm_next_result,
    .run = vm_run,
    .wait = vm_wait,
    .exit = vm_exit,
    .is_new = qmp_vms_are_new,
    .sweep = qmp_vms_sweep,
};
