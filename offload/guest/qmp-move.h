/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_GUEST_QMP_MOVE_H
#define IOV_OFFLOAD_GUEST_QMP_MOVE_H 1

/* One VF on its way to or from a virtual machine of QEMU; used by guest-qmp.c
 * alone.
 *
 * A move that is given up leaves what it has begun as it is; the next one
 * looks where the VF is and goes on from there. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/list.h"
#include "policy/model/key.h"

struct dummy_vf;
struct iov_op;
struct qmp_vm;
struct vfio_change;

enum qmp_step {
    STEP_BIND,                  /* GIVE: to vfio-pci, */
    STEP_BINDING,               /* which a child process does. */
    STEP_CHECK,                 /* START: is the virtual machine ready? */
    STEP_UNPLUG,                /* Ask the guest to let go, */
    STEP_LEAVE,                 /* and wait. */
    STEP_PLACE,                 /* Look for a place. */
    STEP_PLUG,                  /* Plug it there. */
    STEP_ARRIVE,                /* Wait until QEMU shows it, */
    STEP_ATTACH,                /* and until the guest's driver has it, */
    STEP_OPEN,                  /* and has been told to use it. */
    STEP_FREE,                  /* TAKE: wait until QEMU has closed it, */
    STEP_RESTORE,               /* and bind it to its old driver, */
    STEP_RESTORING,             /* which a child process does. */
    STEP_DONE
};

/* A VF on its way, see qmp-move.c. */
struct qmp_move {
    struct ovs_list node;
    struct iov_op *op;
    struct iov_guest_spec spec;
    struct qmp_vm *vm;
    char *pci;                  /* Of the VF. */
    char *home;                 /* Its own driver, "" for any, or null. */
    struct dummy_vf *dummy;     /* Null for a real one. */
    enum qmp_step step;
    bool asked;                 /* QEMU has not answered yet. */
    char *bus;                  /* Where to plug it; null: QEMU chooses. */
    bool placing;               /* Nobody else may choose a place. */
    uint64_t refusals;          /* Of the virtual machine, before. */
    struct vfio_change *change;
    long long int deadline;     /* Of the step; 0: not set yet. */
    bool finished;
    int error;
    char *text;
};

/* Goes on as far as possible. */
void qmp_move_run(struct qmp_move *, long long int now);
/* Wakes the poll loop when there is something to do, besides what the virtual
 * machine tells. */
void qmp_move_wait(const struct qmp_move *, long long int now);
/* Ends it; takes 'text'. */
void qmp_move_finish(struct qmp_move *, int error, char *text);
/* Frees it with all but the operation. */
void qmp_move_destroy(struct qmp_move *);

#endif /* offload/guest/qmp-move.h */
