/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_PCI_PCI_H
#define IOV_OFFLOAD_PCI_PCI_H 1

/* PFs and VFs as sysfs shows them.
 *
 * Sysfs changes while it is read.  A file that is gone is never an error here;
 * the device is then told of without what the file said, or is no PF any
 * more. */

#include <stdbool.h>

#include "policy/model/nic.h"

struct svec;

/* Directory to look in instead of /sys, for tests. */
void pci_set_sysfs(const char *dir);
void pci_exit(void);

/* Appends the names of the network devices that are PFs, sorted. */
void pci_list_pfs(struct svec *);

/* True if the network device 'netdev' is an SR-IOV capable PF, with or
 * without VFs. */
bool pci_is_pf(const char *netdev);

/* Fills in 'pci', 'driver', 'description', 'total_vfs', 'total_vectors' and
 * 'vfs' of 'pf', whose 'netdev' is set; of the VFs 'pci', 'driver' and
 * 'netdev'.  Returns false if it is no PF (any more). */
bool pci_read_pf(struct iov_pf *pf);

/* PCI address of the PF of VF 'pci', or null; and the network device of the
 * device 'pci' in the daemon's network namespace, or null.  To be freed. */
char *pci_physfn(const char *pci);
char *pci_netdev(const char *pci);
/* Number of the device that network device 'netdev' has as its other end, in
 * whatever network namespace that is, or 0. */
int pci_net_peer(const char *netdev);
/* True unless udevd, where it runs, has yet to name the network device. */
bool pci_netdev_is_settled(const char *netdev);
/* Driver that is bound to 'pci', or null.  To be freed. */
char *pci_driver(const char *pci);

/* Words for vendor and device, to be freed, or null if the tables of libpci do
 * not have them. */
char *pci_describe(unsigned int vendor, unsigned int device);

/* Creating and removing VFs takes the kernel seconds, so it is done by a child
 * process. */
struct pci_num_vfs;

/* Begins to set the number of VFs of 'netdev' to 'n'.  Returns 0 or a positive
 * errno. */
int pci_num_vfs_start(const char *netdev, unsigned int n,
                      struct pci_num_vfs **);
/* True when it is done: '*error' is 0 or a positive errno and '*text' (owned
 * by the caller) a sentence or null. */
bool pci_num_vfs_done(struct pci_num_vfs *, int *error, char **text);
void pci_num_vfs_wait(const struct pci_num_vfs *);
/* Does not wait for the kernel to finish. */
void pci_num_vfs_destroy(struct pci_num_vfs *);

/* Whether the device at the address 'pci' may be master of the bus (bit 2 of
 * its PCI command), and setting it.  A device that may not neither sends nor
 * receives, whatever its driver does.  0, or a positive errno. */
int pci_get_master(const char *pci, bool *on);
int pci_set_master(const char *pci, bool on);

/* While a VF is fenced: takes bus mastering from it, and again whenever its
 * driver has switched it on, which is looked at as often as this, in ms.
 * pci_release_master() ends that and sets nothing; so does binding another
 * driver to the VF (vfio.h), which has to switch it on.  A device that has
 * gone is not held. */
#define PCI_HOLD_INTERVAL 100
int pci_hold_master(const char *pci);
void pci_release_master(const char *pci);
bool pci_is_held(const char *pci);
void pci_hold_run(long long int now);
void pci_hold_wait(void);
void pci_hold_exit(void);

/* How many MSI-X vectors the device has by its configuration space; 0 if it
 * has none, or that cannot be read. */
unsigned int pci_count_vectors(const char *pci);

/* How many interrupts of the kernel (MSI, MSI-X) the device has now. */
unsigned int pci_count_irqs(const char *pci);

/* True if the device has its interrupt vectors switched off although its
 * driver uses them: it was reset without its driver. */
bool pci_was_reset(const char *pci);

/* Giving a VF another number of vectors, for which it loses its driver for a
 * moment; the same as for pci_num_vfs. */
struct pci_vectors;
int pci_vectors_start(const char *pci, unsigned int n, struct pci_vectors **);
bool pci_vectors_done(struct pci_vectors *, int *error, char **text);
void pci_vectors_wait(const struct pci_vectors *);
void pci_vectors_destroy(struct pci_vectors *);

/* Path of 'file' of the device at the address 'pci', of the PCI device behind
 * 'netdev', and of the PCI bus.  To be freed. */
char *pci_device_path(const char *pci, const char *file);
char *pci_path(const char *netdev, const char *file);
char *pci_bus_path(const char *file);

#endif /* offload/pci/pci.h */
