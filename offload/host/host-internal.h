/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_HOST_HOST_INTERNAL_H
#define IOV_OFFLOAD_HOST_HOST_INTERNAL_H 1

/* Between the files that read a host: host.c asks host-pci.c for what PCI
 * says of a device and host-nic.c for the rest of a NIC.
 *
 * A device is always addressed by its directory below sys/devices ("where it
 * is plugged in"), never through one of the links that lead there, so that a
 * recorded tree has no file below a link. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offload/host/host-file.h"

struct iov_fact;
struct iov_host;
struct iov_host_nic;
struct iov_host_pci;
struct pci_access;

#define HOST_PCI_DEVICES "sys/bus/pci/devices"

struct host_reader {
    struct host_root root;
    struct pci_access *pci;     /* Walks capabilities; opened when needed. */
    uint32_t *groups;           /* Devices in each IOMMU group... */
    size_t n_groups;            /* ...if they have been counted. */
};

void host_reader_close(struct host_reader *);

/* host-fact.c.  Everything in 'facts' and the log. */
void host_read_facts(struct host_root *, struct iov_host *);

/* host-pci.c. */
bool host_is_pci_address(const char *);
/* Directory of the device with this address, to be freed, or null. */
char *host_pci_directory(struct host_reader *, const char *address);
/* Its class, or 0. */
uint32_t host_pci_class(struct host_reader *, const char *directory);
bool host_pci_is_vf(struct host_reader *, const char *directory);
int host_pci_group(struct host_reader *, const char *directory);
void host_count_group(struct host_reader *, int group);
unsigned int host_group_size(struct host_reader *, int group);
/* Fills in all of the structure. */
void host_read_pci(struct host_reader *, const char *directory,
                   struct iov_host_pci *);
/* Vectors of the device's MSI-X capability, or -1. */
int host_pci_msix(struct host_reader *, const char *directory);

/* host-nic.c. */
void host_read_nic(struct host_reader *, const char *directory,
                   struct iov_host_nic *);

/* host-live.c.  Asks the driver, or the captured tree. */
void host_read_live(struct host_root *, struct iov_host_nic *);

/* host-tar.c.  Null, or an error message to be freed. */
char *host_write_tar(const struct shash *record, const char *file);

/* Sets the fact to the first line of the file. */
void host_read_fact(struct host_root *, const char *path, struct iov_fact *);
/* Last part of where the link leads, to be freed, or null. */
char *host_link_name(struct host_root *, const char *path);

#endif /* offload/host/host-internal.h */
