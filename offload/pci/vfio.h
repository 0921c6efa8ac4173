/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_PCI_VFIO_H
#define IOV_OFFLOAD_PCI_VFIO_H 1

/* Giving a VF to vfio-pci, by which virtual machines use it, and back to the
 * driver it came from.
 *
 * A device that a virtual machine holds cannot be taken from vfio-pci; whoever
 * tries sleeps in the kernel until the virtual machine lets go, and cannot be
 * killed.  Look at vfio_is_held() first. */

#include <stdbool.h>

#define VFIO_DRIVER "vfio-pci"

struct vfio_change;

/* Null if there is vfio-pci, else a sentence, owned by the caller. */
char *vfio_absent(void);

/* True if a process has the device open. */
bool vfio_is_held(const char *pci);

/* Begins to bind the device 'pci' to 'driver', which may then let it have DMA
 * (pci_release_master()); null is no driver, "" the one
 * that the kernel prefers.  Returns 0 or a positive errno, EBUSY if an earlier
 * change has not ended. */
int vfio_change_start(const char *pci, const char *driver,
                      struct vfio_change **);
/* The same, but takes its driver from it and has the kernel choose one. */
int vfio_bind_anew_start(const char *pci, struct vfio_change **);
/* True when it is done: '*error' is 0 or a positive errno and '*text' a
 * sentence, owned by the caller, or null. */
bool vfio_change_done(struct vfio_change *, int *error, char **text);
void vfio_change_wait(const struct vfio_change *);
/* If it has not ended, it goes on by itself. */
void vfio_change_destroy(struct vfio_change *);

/* Forgets changes that have ended without anybody waiting. */
void vfio_run(void);

#endif /* offload/pci/vfio.h */
