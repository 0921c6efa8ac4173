/* SPDX-License-Identifier: Apache-2.0 */

/* PFs and VFs out of sysfs, their names out of libpci.
 *
 * A port representor (switchdev mode) shows the PCI device of its PF as its
 * own; only phys_port_name tells them apart. */

#include <config.h>

#include "offload/pci/pci.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libudev.h>
#include <limits.h>
#include <pci/pci.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "svec.h"
#include "util.h"

/* More VFs than this is not what a PCI device can have. */
#define MAX_VFS 65535

static char *sysfs;
static struct pci_access *names;

static const char *
root(void)
{
    return sysfs ? sysfs : "/sys";
}

void
pci_set_sysfs(const char *dir)
{
    free(sysfs);
    sysfs = nullable_xstrdup(dir);
}

void
pci_exit(void)
{
    pci_set_sysfs(NULL);
    if (names) {
        pci_cleanup(names);
        names = NULL;
    }
}

char *
pci_device_path(const char *pci, const char *file)
{
    return xasprintf("%s/bus/pci/devices/%s/%s", root(), pci, file);
}

char *
pci_bus_path(const char *file)
{
    return xasprintf("%s/bus/pci/%s", root(), file);
}

char *
pci_path(const char *netdev, const char *file)
{
    return xasprintf("%s/class/net/%s/device/%s", root(), netdev, file);
}

/* Reads the first line of 'path' into 'buf'. */
static bool
read_line(const char *path, char *buf, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;

    if (fd >= 0) {
        n = read(fd, buf, size - 1);
        close(fd);
    }
    if (n < 0) {
        return false;
    }
    buf[n] = '\0';
    buf[strcspn(buf, "\n")] = '\0';
    return true;
}

/* Reads a number, decimal or with 0x, that must be the whole line. */
static bool
read_number(const char *netdev, const char *file, unsigned int *value)
{
    char *path = pci_path(netdev, file);
    char line[64];
    bool ok = (read_line(path, line, sizeof line)
               && isdigit((unsigned char) line[0])
               && str_to_uint(line, 0, value));

    free(path);
    return ok;
}

/* Last part of where the link 'path' leads, or null. */
static char *
link_target(const char *path)
{
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof target - 1);

    if (n <= 0) {
        return NULL;
    }
    target[n] = '\0';

    const char *slash = strrchr(target, '/');
    const char *base = slash ? slash + 1 : target;

    return *base ? xstrdup(base) : NULL;
}

/* Like link_target(), of a path to be freed. */
static char *
link_target_free(char *path)
{
    char *target = link_target(path);

    free(path);
    return target;
}

static bool
is_name(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/');
}

/* Representors are named such as "pf0vf1" or "c0pf0vf1". */
static bool
is_representor(const char *netdev)
{
    char *path = xasprintf("%s/class/net/%s/phys_port_name", root(), netdev);
    char line[64];
    bool representor = (read_line(path, line, sizeof line)
                        && (strstr(line, "vf") || strstr(line, "sf")));

    free(path);
    return representor;
}

bool
pci_is_pf(const char *netdev)
{
    unsigned int total;

    return (is_name(netdev)
            && read_number(netdev, "sriov_totalvfs", &total)
            && total > 0 && total <= MAX_VFS
            && !is_representor(netdev));
}

void
pci_list_pfs(struct svec *pfs)
{
    char *dir = xasprintf("%s/class/net", root());
    DIR *stream = opendir(dir);
    struct dirent *entry;

    while (stream && (entry = readdir(stream))) {
        if (pci_is_pf(entry->d_name)) {
            svec_add(pfs, entry->d_name);
        }
    }
    if (stream) {
        closedir(stream);
    }
    free(dir);
    svec_sort(pfs);
}

/* The method is given, because pci_init() would end the process where it finds
 * none; without pci_init(), libpci calls null for a device that it does not
 * know. */
char *
pci_describe(unsigned int vendor, unsigned int device)
{
    char buf[128];

    if (!names) {
        names = pci_alloc();
        names->method = PCI_ACCESS_SYS_BUS_PCI;
        /* Another table of the same, which leaks memory if it is missing. */
        pci_set_param(names, "hwdb.disable", "1");
        pci_init(names);
    }

    const char *text = pci_lookup_name(names, buf, sizeof buf,
                                       PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE
                                       | PCI_LOOKUP_NO_NUMBERS,
                                       vendor, device);
    return text && *text ? xstrdup(text) : NULL;
}

/* First entry of directory 'dir' by name, which is freed.  A device with
 * several ports has several; the first is the same every time. */
static char *
first_entry(char *dir)
{
    DIR *stream = opendir(dir);
    struct dirent *entry;
    char *name = NULL;

    while (stream && (entry = readdir(stream))) {
        if (is_name(entry->d_name)
            && (!name || strcmp(entry->d_name, name) < 0)) {
            free(name);
            name = xstrdup(entry->d_name);
        }
    }
    if (stream) {
        closedir(stream);
    }
    free(dir);
    return name;
}

unsigned int
pci_count_irqs(const char *pci)
{
    char *dir = pci_device_path(pci, "msi_irqs");
    DIR *stream = opendir(dir);
    struct dirent *entry;
    unsigned int n = 0;

    while (stream && (entry = readdir(stream))) {
        n += is_name(entry->d_name);
    }
    if (stream) {
        closedir(stream);
    }
    free(dir);
    return n;
}

char *
pci_netdev(const char *pci)
{
    return first_entry(xasprintf("%s/bus/pci/devices/%s/net", root(), pci));
}

int
pci_net_peer(const char *netdev)
{
    char *link = xasprintf("%s/class/net/%s/iflink", root(), netdev);
    char *own = xasprintf("%s/class/net/%s/ifindex", root(), netdev);
    unsigned int peer = 0;
    char a[16], b[16];

    /* A device that stands alone shows its own number. */
    if (is_name(netdev) && read_line(link, a, sizeof a)
        && read_line(own, b, sizeof b) && strcmp(a, b)
        && !str_to_uint(a, 10, &peer)) {
        peer = 0;
    }
    free(link);
    free(own);
    return peer > INT_MAX ? 0 : peer;
}

bool
pci_netdev_is_settled(const char *netdev)
{
    if (sysfs || access("/run/udev/control", F_OK)) {
        return true;
    }

    struct udev *udev = udev_new();
    struct udev_device *dev
        = (udev ? udev_device_new_from_subsystem_sysname(udev, "net", netdev)
           : NULL);
    bool settled = dev && udev_device_get_is_initialized(dev) > 0;

    if (dev) {
        udev_device_unref(dev);
    }
    if (udev) {
        udev_unref(udev);
    }
    return settled;
}

char *
pci_driver(const char *pci)
{
    return link_target_free(pci_device_path(pci, "driver"));
}

char *
pci_physfn(const char *pci)
{
    return link_target_free(xasprintf("%s/bus/pci/devices/%s/physfn", root(),
                                      pci));
}

static void
read_vf(const char *netdev, struct iov_vf *vf)
{
    char *driver = xasprintf("%s/class/net/%s/device/virtfn%u/driver", root(),
                             netdev, vf->index);
    char *dev = xasprintf("%s/class/net/%s/device/virtfn%u", root(), netdev,
                          vf->index);

    vf->pci = link_target_free(dev);
    vf->driver = link_target_free(driver);
    vf->netdev = first_entry(xasprintf("%s/class/net/%s/device/virtfn%u/net",
                                       root(), netdev, vf->index));
}

/* sriov_numvfs would tell, but cannot be read while somebody writes it, which
 * takes seconds. */
static unsigned int
count_vfs(const char *netdev, unsigned int max)
{
    unsigned int n = 0;
    bool found = true;

    while (n < max && found) {
        char *path = xasprintf("%s/class/net/%s/device/virtfn%u", root(),
                               netdev, n);
        char *target = link_target_free(path);

        found = target != NULL;
        n += found;
        free(target);
    }
    return n;
}

static void
read_ids(struct iov_pf *pf)
{
    unsigned int vendor, device, subvendor;

    if (!read_number(pf->netdev, "vendor", &vendor)
        || !read_number(pf->netdev, "device", &device)) {
        return;
    }
    pf->ids.vendor = vendor;
    pf->ids.device = device;
    if (read_number(pf->netdev, "subsystem_vendor", &subvendor)) {
        pf->ids.subvendor = subvendor;
    }
    if (!pf->description) {
        pf->description = pci_describe(vendor, device);
    }
}

bool
pci_read_pf(struct iov_pf *pf)
{
    unsigned int n;

    if (!pci_is_pf(pf->netdev)
        || !read_number(pf->netdev, "sriov_totalvfs", &pf->total_vfs)) {
        return false;
    }

    char *dev = xasprintf("%s/class/net/%s/device", root(), pf->netdev);

    if (!read_number(pf->netdev, "sriov_vf_total_msix",
                     &pf->total_vectors)) {
        pf->total_vectors = 0;
    }
    free(pf->pci);
    pf->pci = link_target_free(dev);
    free(pf->driver);
    pf->driver = link_target_free(pci_path(pf->netdev, "driver"));
    read_ids(pf);

    iov_pf_set_n_vfs(pf, 0);
    n = count_vfs(pf->netdev, pf->total_vfs);
    iov_pf_set_n_vfs(pf, n);
    for (unsigned int i = 0; i < n; i++) {
        read_vf(pf->netdev, &pf->vfs[i]);
    }
    return true;
}
