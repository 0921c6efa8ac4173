/* SPDX-License-Identifier: Apache-2.0 */

/* What sysfs says of a NIC and its VFs.
 *
 * sriov_numvfs would tell how many VFs there are, but whoever reads it waits
 * while somebody writes it, which takes seconds; the links to the VFs are
 * counted instead. */

#include <config.h>

#include "offload/host/host-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "offload/pci/pci.h"
#include "policy/ready/host.h"
#include "svec.h"
#include "util.h"

/* More VFs than this is not what a PCI device can have. */
#define MAX_VFS 65535

#define MAX_RESOURCE 4096

void
host_read_fact(struct host_root *root, const char *path,
               struct iov_fact *fact)
{
    char *file = xasprintf("/%s", path);
    int error = 0;
    char *line = host_read_line(root, path, &error);

    iov_fact_set(fact, file, line, error);
    free(file);
}

char *
host_link_name(struct host_root *root, const char *path)
{
    int error;
    char *target = host_read_link(root, path, &error);
    const char *slash = target ? strrchr(target, '/') : NULL;
    char *name = target && (slash ? slash[1] : target[0])
                 ? xstrdup(slash ? slash + 1 : target) : NULL;

    free(target);
    return name;
}

static void
read_member(struct host_reader *reader, const char *directory,
            const char *name, struct iov_fact *fact)
{
    char *path = xasprintf("%s/%s", directory, name);

    host_read_fact(&reader->root, path, fact);
    free(path);
}

/* Network device. */

/* Port representors show the PCI device of their PF as their own. */
static bool
is_representor(struct host_reader *reader, const char *directory,
               const char *netdev)
{
    char *path = xasprintf("%s/net/%s/phys_port_name", directory, netdev);
    int error;
    char *name = host_read_line(&reader->root, path, &error);
    bool representor = name && (strstr(name, "vf") || strstr(name, "sf"));

    free(name);
    free(path);
    return representor;
}

static char *
find_netdev(struct host_reader *reader, const char *directory)
{
    char *path = xasprintf("%s/net", directory);
    struct svec names = SVEC_EMPTY_INITIALIZER;
    char *netdev = NULL;

    host_list(&reader->root, path, &names);
    for (size_t i = 0; i < names.n && !netdev; i++) {
        if (!is_representor(reader, directory, names.names[i])) {
            netdev = xstrdup(names.names[i]);
        }
    }
    svec_destroy(&names);
    free(path);
    return netdev;
}

/* Sets 'master' to the name of what the network device in 'directory' is a
 * member of, and 'bonding' to whether that is a bond. */
static void
read_master(struct host_reader *reader, const char *directory,
            struct iov_host_nic *nic)
{
    char *path = xasprintf("%s/master", directory);
    char *file = xasprintf("/%s", path);
    int error = 0;
    char *target = host_read_link(&reader->root, path, &error);
    const char *slash = target ? strrchr(target, '/') : NULL;

    iov_fact_set(&nic->master, file,
                 target ? xstrdup(slash ? slash + 1 : target) : NULL, error);
    free(file);
    free(path);
    if (target) {
        char *master = host_resolve(directory, target);

        path = xasprintf("%s/bonding", master ? master : "sys");
        file = xasprintf("/%s", path);
        error = host_exists(&reader->root, path);
        iov_fact_set(&nic->bonding, file, error ? NULL : xstrdup("exists"),
                     error);
        free(master);
        free(file);
        free(path);
    }
    free(target);
}

static void
read_netdev(struct host_reader *reader, const char *directory,
            struct iov_host_nic *nic)
{
    nic->netdev = find_netdev(reader, directory);
    if (nic->netdev) {
        char *net = xasprintf("%s/net/%s", directory, nic->netdev);

        read_member(reader, net, "operstate", &nic->operstate);
        read_member(reader, net, "speed", &nic->speed);
        read_master(reader, net, nic);
        free(net);
    }
}

/* VFs. */

/* Takes over 'directory'.  The file sriov_vf_msix_count can only be written,
 * so that the capability itself is asked. */
static void
read_vf(struct host_reader *reader, char *directory, bool has_msix_count,
        struct iov_host_vf *vf)
{
    char *driver = xasprintf("%s/driver", directory);

    vf->pci = xstrdup(strrchr(directory, '/') + 1);
    vf->driver = host_link_name(&reader->root, driver);
    vf->group = host_pci_group(reader, directory);
    vf->group_size = vf->group >= 0 ? host_group_size(reader, vf->group) : 0;
    vf->msix = has_msix_count ? host_pci_msix(reader, directory) : -1;
    free(driver);
    free(directory);
}

/* Directories of all VFs, in order.  All links first, because the directory
 * that was last used need not be opened again. */
static void
find_vfs(struct host_reader *reader, const char *directory,
         struct svec *directories)
{
    bool found = true;

    while (found && directories->n < MAX_VFS) {
        char *path = xasprintf("%s/virtfn%"PRIuSIZE, directory,
                               directories->n);
        int error;
        char *target = host_read_link(&reader->root, path, &error);
        char *vf = target ? host_resolve(directory, target) : NULL;
        const char *slash = vf ? strrchr(vf, '/') : NULL;

        found = slash && host_is_pci_address(slash + 1);
        if (found) {
            svec_add_nocopy(directories, vf);
        } else {
            free(vf);
        }
        free(target);
        free(path);
    }
}

static void
read_vfs(struct host_reader *reader, const char *directory,
         struct iov_host_nic *nic)
{
    struct svec directories = SVEC_EMPTY_INITIALIZER;
    unsigned int total_msix;
    bool has_msix_count = (iov_fact_number(&nic->vf_total_msix, &total_msix)
                           && total_msix);

    find_vfs(reader, directory, &directories);
    nic->n_vfs = directories.n;
    nic->vfs = xcalloc(MAX(directories.n, 1), sizeof *nic->vfs);
    nic->vf_msix = (directories.n
                    ? host_pci_msix(reader, directories.names[0]) : -1);
    for (size_t i = 0; i < directories.n; i++) {
        read_vf(reader, xstrdup(directories.names[i]), has_msix_count,
                &nic->vfs[i]);
    }
    svec_destroy(&directories);
}

/* All of it. */

static void
read_driver(struct host_reader *reader, const char *directory,
            struct iov_host_nic *nic)
{
    char *path = xasprintf("%s/driver", directory);

    nic->driver = host_link_name(&reader->root, path);
    free(path);
    if (nic->driver) {
        path = xasprintf("sys/module/%s/version", nic->driver);
        host_read_fact(&reader->root, path, &nic->driver_version);
        free(path);
    }
}

/* The bridges above are the parts of the path that are addresses. */
static void
find_bridges(const char *directory, struct iov_host_nic *nic)
{
    const char *end = strrchr(directory, '/');

    while (end && end > directory) {
        const char *start = end;

        while (start > directory && start[-1] != '/') {
            start--;
        }

        char *part = xmemdup0(start, end - start);

        if (host_is_pci_address(part)) {
            nic->up = xrealloc(nic->up, (nic->n_up + 1) * sizeof *nic->up);
            nic->up[nic->n_up++] = part;
        } else {
            free(part);
        }
        end = start > directory ? start - 1 : NULL;
    }
}

static void
read_resource(struct host_reader *reader, const char *directory,
              struct iov_fact *fact)
{
    char *path = xasprintf("%s/resource", directory);
    char *file = xasprintf("/%s", path);
    size_t size;
    int error = 0;
    char *text = host_read(&reader->root, path, MAX_RESOURCE, &size, &error);

    iov_fact_set(fact, file, text, error);
    free(file);
    free(path);
}

void
host_read_nic(struct host_reader *reader, const char *directory,
              struct iov_host_nic *nic)
{
    iov_host_nic_clear(nic);
    nic->pci = xstrdup(strrchr(directory, '/') + 1);
    find_bridges(directory, nic);
    read_member(reader, directory, "sriov_totalvfs", &nic->total_vfs);
    read_member(reader, directory, "sriov_vf_total_msix",
                &nic->vf_total_msix);
    read_resource(reader, directory, &nic->resource);
    read_driver(reader, directory, nic);
    read_netdev(reader, directory, nic);
    read_vfs(reader, directory, nic);
}
