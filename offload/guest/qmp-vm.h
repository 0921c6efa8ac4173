/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_GUEST_QMP_VM_H
#define IOV_OFFLOAD_GUEST_QMP_VM_H 1

/* A virtual machine of QEMU, as its QMP socket or libvirt tells of it: does it
 * run, and which network devices and VFs does it have.
 *
 * QEMU tells when a device has left, but not when one has come.  Therefore the
 * devices are read again whenever something is told of any device, and after
 * each device_add. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "openvswitch/token-bucket.h"
#include "openvswitch/types.h"
#include "openvswitch/vlog.h"
#include "policy/model/key.h"

struct qmp;

/* A device of the virtual machine, if it is a VF or a virtio-net one. */
struct qmp_device {
    char *id;
    char *host;                 /* PCI address of a VF, or null. */
    bool is_nic;                /* A virtio-net device. */
    struct eth_addr mac;        /* Of a virtio-net device. */
    bool failover;
};

struct qmp_vm {
    char *socket;               /* Or "libvirt:DOMAIN". */
    struct qmp *qmp;
    struct shash devices;       /* "struct qmp_device"s by id. */
    bool known;                 /* 'devices' and 'status' have been read. */
    char *trouble;              /* Why the connection ended, if nothing has
                                 * been read since; or null. */
    char *status;               /* "running", "paused", ..., or null. */
    char *migration;            /* "active", ..., or null: none under way. */
    uint64_t refusals;          /* Counts DEVICE_UNPLUG_GUEST_ERRORs, */
    char *refused;              /* and the device of the last, or null. */
    bool asked;                 /* Somebody wants to know of it. */
    unsigned int users;         /* Moves under way. */
    bool plugging;              /* One of them chooses its place. */

    /* Reading the devices. */
    struct shash fresh;         /* What has been read so far. */
    unsigned int pending;       /* Questions that are not yet answered. */
    bool again;                 /* It has to be read once more. */

    /* What the virtual machine may cost. */
    int limit;                  /* Row of limit.def that it is beyond; -1: it
                                 * is within all. */
    int fresh_limit;            /* The same for 'fresh'. */
    struct token_bucket news;   /* For readings, and for turns of the loop
                                 * because of it. */
    bool touched;               /* Has news that nobody has looked at. */
    struct vlog_rate_limit log;
};

/* The virtual machine behind 'socket', which is connected to from now on. */
struct qmp_vm *qmp_vm_get(const char *socket);

/* Reads the devices again, soon. */
void qmp_vm_read(struct qmp_vm *);

/* True if its devices are known. */
bool qmp_vm_is_reachable(const struct qmp_vm *);
/* Null if its devices are known, else a sentence; owned by the caller. */
char *qmp_vm_absent(const struct qmp_vm *);
/* Null unless it cannot take or give a device at the moment because it does
 * not run, or moves to another host; a sentence owned by the caller. */
char *qmp_vm_held(const struct qmp_vm *);

/* The virtio-net device that 'spec' means, for a port with the address 'mac'.
 * If there is none that can have a partner, returns null and sets '*why' to a
 * sentence, owned by the caller. */
const struct qmp_device *qmp_vm_find_partner(const struct qmp_vm *,
                                             const struct iov_guest_spec *,
                                             struct eth_addr mac, char **why);
/* Sets '*mac' to the address of the virtio-net device that 'spec' names or, if
 * it names none, of the only one that could have a VF as its partner.  Returns
 * false if that is not known, or there are several. */
bool qmp_vm_find_mac(const struct qmp_vm *, const struct iov_guest_spec *,
                     struct eth_addr *mac);
/* The device that is VF 'pci', or null. */
const struct qmp_device *qmp_vm_find_vf(const struct qmp_vm *,
                                        const char *pci);

/* All of them. */
void qmp_vms_run(long long int now);
void qmp_vms_wait(long long int now);
void qmp_vms_exit(void);
/* Forgets those that nobody has asked for since the last time. */
void qmp_vms_sweep(void);
/* True while it is not clear whether one of them is there. */
bool qmp_vms_are_new(void);
/* Changes when anything of them has. */
uint64_t qmp_vms_changed(void);
/* Called by whoever else changes what is to be told. */
void qmp_vms_touch(void);

#endif /* offload/guest/qmp-vm.h */
