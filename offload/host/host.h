/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_HOST_HOST_H
#define IOV_OFFLOAD_HOST_HOST_H 1

/* Reads what policy/ready/host.h holds, out of /proc, /sys and the kernel's
 * log, or out of a captured tree.
 *
 * 'root' is "" for the live system, or a directory that has been made out of
 * an archive by iov_host_capture() and stands for "/".  Of a captured tree
 * nothing is read that lies outside of it, whatever its links say.
 *
 * No function fails: what could not be read is unknown, and says so.
 *
 * Reading is done at once and takes as long as the kernel takes, some
 * milliseconds for a large host, but asking a driver for its firmware
 * (iov_host_read_live()) waits for whoever holds the lock of network
 * configuration, and so is a function of its own. */

#include <stdbool.h>

struct iov_host;

/* Fills in all of 'host', which must have been initialized or read before,
 * apart from what iov_host_read_live() does.  Returns 0, or a positive errno
 * if 'root' is no directory; everything is unknown then. */
int iov_host_read(const char *root, struct iov_host *);

/* Reads a single NIC again, its VFs and the bridges above it: after an event
 * about it.  Adds it if it is new and removes it if it is gone.  True if it
 * is there. */
bool iov_host_read_nic(const char *root, struct iov_host *, const char *pci);

/* IOMMU group of a PCI device, or -1. */
int iov_host_read_group(const char *root, const char *pci);

/* Reads again what belongs to no NIC: arguments, tables, groups, log. */
void iov_host_read_facts(const char *root, struct iov_host *);

/* Asks the drivers of all NICs for firmware, version and mode, of a captured
 * tree its file of that. */
void iov_host_read_live(const char *root, struct iov_host *);

/* Reads everything, and writes all files, links and directories that were
 * looked at, as they are, to 'file', a tar archive.  Returns null or an error
 * message for the user, owned by the caller. */
char *iov_host_capture(const char *root, const char *file);

#endif /* offload/host/host.h */
