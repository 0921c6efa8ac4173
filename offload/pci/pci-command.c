/* SPDX-License-Identifier: Apache-2.0 */

/* Bus mastering of a VF, by its PCI command register in sysfs, and how many
 * interrupt vectors it has.
 *
 * The PCI command is the one thing that stops every kind of NIC: a function
 * that is not master of the bus can fetch no packet to send and store none
 * that it receives.
 *
 * It is no fence by itself, because whoever drives the VF can set the bit
 * again.  It closes what the PF's settings leave open, above all frames that
 * the guest has put a VLAN tag on. */

#include <config.h>

#include "pci.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <unistd.h>

#include "util.h"

/* Opens the configuration space of 'pci'; negative errno on failure. */
static int
open_config(const char *pci, int flags)
{
    char *path = pci_device_path(pci, "config");
    int fd = open(path, flags | O_CLOEXEC);
    int error = fd < 0 ? -errno : 0;

    free(path);
    return error ? error : fd;
}

static int
read_command(int fd, uint16_t *command)
{
    uint8_t bytes[2];
    ssize_t n = pread(fd, bytes, sizeof bytes, PCI_COMMAND);

    if (n != sizeof bytes) {
        return n < 0 ? errno : EIO;
    }
    *command = bytes[0] | bytes[1] << 8;
    return 0;
}

int
pci_get_master(const char *pci, bool *on)
{
    int fd = open_config(pci, O_RDONLY);
    uint16_t command = 0;

    if (fd < 0) {
        return -fd;
    }

    int error = read_command(fd, &command);

    close(fd);
    *on = (command & PCI_COMMAND_MASTER) != 0;
    /* A device that has gone answers with ones. */
    return !error && command == UINT16_MAX ? ENODEV : error;
}

static unsigned int
read_at(int fd, unsigned int offset, size_t n)
{
    uint8_t bytes[2] = { 0, 0 };

    return (pread(fd, bytes, n, offset) == n ? bytes[0] | bytes[1] << 8
            : 0);
}

/* Place of the MSI-X capability, or 0.  A list that runs in circles ends after
 * as many steps as there is room for. */
static unsigned int
find_msix(int fd)
{
    unsigned int place = (read_at(fd, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST
                          ? read_at(fd, PCI_CAPABILITY_LIST, 1) : 0);

    for (int i = 0; i < 48 && place >= PCI_STD_HEADER_SIZEOF; i++) {
        place &= ~3u;
        if (read_at(fd, place + PCI_CAP_LIST_ID, 1) == PCI_CAP_ID_MSIX) {
            return place;
        }
        place = read_at(fd, place + PCI_CAP_LIST_NEXT, 1);
    }
    return 0;
}

unsigned int
pci_count_vectors(const char *pci)
{
    int fd = open_config(pci, O_RDONLY);
    unsigned int place, n = 0;

    if (fd >= 0) {
        place = find_msix(fd);
        n = (place ? (read_at(fd, place + PCI_MSIX_FLAGS, 2)
                      & PCI_MSIX_FLAGS_QSIZE) + 1 : 0);
        close(fd);
    }
    return n;
}

bool
pci_was_reset(const char *pci)
{
    int fd = open_config(pci, O_RDONLY);
    bool off = false;

    if (fd >= 0) {
        unsigned int place = find_msix(fd);

        off = place && !(read_at(fd, place + PCI_MSIX_FLAGS, 2)
                         & PCI_MSIX_FLAGS_ENABLE);
        close(fd);
    }
    /* What is read of a device that has gone are ones. */
    return off && pci_count_irqs(pci);
}

int
pci_set_master(const char *pci, bool on)
{
    int fd = open_config(pci, O_RDWR);
    uint16_t command = 0;

    if (fd < 0) {
        return -fd;
    }

    int error = read_command(fd, &command);

    if (!error) {
        command = (on ? command | PCI_COMMAND_MASTER
                   : command & ~PCI_COMMAND_MASTER);
        uint8_t bytes[2] = { command & 0xff, command >> 8 };
        ssize_t n = pwrite(fd, bytes, sizeof bytes, PCI_COMMAND);
        error = n == sizeof bytes ? 0 : n < 0 ? errno : EIO;
    }
    close(fd);
    return error;
}
