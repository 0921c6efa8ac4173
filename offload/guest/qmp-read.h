/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_GUEST_QMP_READ_H
#define IOV_OFFLOAD_GUEST_QMP_READ_H 1

/* Reads what a virtual machine is like, for qmp-vm.c alone. */

#include <stdbool.h>

struct qmp_vm;
struct shash;

#define QMP_MAX_WORD 64         /* Bytes kept of a state or an address. */

void qmp_devices_clear(struct shash *devices);

/* Begins a reading if one is wanted and it is time for it. */
void qmp_vm_read_now(struct qmp_vm *);
/* Takes over the state of the migration that QEMU tells of, or null. */
void qmp_vm_set_migration(struct qmp_vm *, const char *status);

/* The virtual machine has news for the loop, which looks at them at once, or
 * later if there were too many. */
void qmp_vm_touch(struct qmp_vm *);
void qmp_vm_news_init(struct qmp_vm *);
/* Wakes when news may be looked at again. */
void qmp_vm_news_wait(struct qmp_vm *);

#endif /* offload/guest/qmp-read.h */
