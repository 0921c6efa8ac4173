/* SPDX-License-Identifier: Apache-2.0 */

/* Reading a host: its facts, then its devices.
 *
 * The devices are gone through once for their IOMMU groups before any NIC is
 * read, because whether a VF is alone in its group is a question about all
 * devices, and asking each group would take longer than everything else
 * together. */

#include <config.h>

#include "offload/host/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "offload/host/host-internal.h"
#include "offload/pci/pci.h"
#include "policy/ready/host.h"
#include "svec.h"
#include "util.h"

/* Class codes: base class of network controllers, class of PCI bridges. */
#define CLASS_NETWORK 0x02
#define CLASS_BRIDGE 0x0604

static bool
is_bridge(uint32_t class)
{
    return class >> 8 == CLASS_BRIDGE;
}

static bool
is_network(uint32_t class)
{
    return class >> 16 == CLASS_NETWORK;
}

/* Slots. */

/* Sets 'slot' of the NICs.  A slot has the address of its device without the
 * function. */
static void
read_slots(struct host_reader *reader, struct iov_host *host)
{
    static const char dir[] = "sys/bus/pci/slots";
    struct svec slots = SVEC_EMPTY_INITIALIZER;

    host_list(&reader->root, dir, &slots);
    for (size_t i = 0; i < slots.n; i++) {
        char *path = xasprintf("%s/%s/address", dir, slots.names[i]);
        int error;
        char *address = host_read_line(&reader->root, path, &error);

        for (size_t j = 0; address && j < host->n_nics; j++) {
            struct iov_host_nic *nic = &host->nics[j];
            size_t n = strlen(address);

            if (n && !strncmp(nic->pci, address, n) && nic->pci[n] == '.') {
                free(nic->slot);
                nic->slot = xstrdup(slots.names[i]);
            }
        }
        free(address);
        free(path);
    }
    svec_destroy(&slots);
}

/* Devices. */

static int
compare_pci(const void *a_, const void *b_)
{
    const struct iov_host_pci *a = a_, *b = b_;

    return strcmp(a->address, b->address);
}

static int
compare_nics(const void *a_, const void *b_)
{
    const struct iov_host_nic *a = a_, *b = b_;

    return strcmp(a->pci, b->pci);
}

/* An empty list may be null, which qsort() does not take. */
static void
sort_devices(struct iov_host *host)
{
    if (host->n_pci) {
        qsort(host->pci, host->n_pci, sizeof *host->pci, compare_pci);
    }
    if (host->n_nics) {
        qsort(host->nics, host->n_nics, sizeof *host->nics, compare_nics);
    }
}

static void
add_pci(struct host_reader *reader, const char *directory,
        struct iov_host *host)
{
    host->pci = xrealloc(host->pci, (host->n_pci + 1) * sizeof *host->pci);
    memset(&host->pci[host->n_pci], 0, sizeof *host->pci);
    host_read_pci(reader, directory, &host->pci[host->n_pci]);
    host->n_pci++;
}

static void
describe_nic(const struct iov_host *host, struct iov_host_nic *nic)
{
    const struct iov_host_pci *pci = iov_host_find_pci(host, nic->pci);

    if (pci) {
        nic->description = pci_describe(pci->vendor, pci->device);
    }
}

/* Its device must be in host->pci already, for its name. */
static void
add_nic(struct host_reader *reader, const char *directory,
        struct iov_host *host)
{
    struct iov_host_nic *nic;

    host->nics = xrealloc(host->nics,
                          (host->n_nics + 1) * sizeof *host->nics);
    nic = &host->nics[host->n_nics++];
    memset(nic, 0, sizeof *nic);
    host_read_nic(reader, directory, nic);
    describe_nic(host, nic);
}

/* Directories of all devices, VFs too. */
static void
find_devices(struct host_reader *reader, struct svec *directories)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;

    host_list(&reader->root, HOST_PCI_DEVICES, &names);
    for (size_t i = 0; i < names.n; i++) {
        char *directory = (host_is_pci_address(names.names[i])
                           ? host_pci_directory(reader, names.names[i])
                           : NULL);

        if (directory) {
            svec_add_nocopy(directories, directory);
        }
    }
    svec_destroy(&names);
}

static void
read_devices(struct host_reader *reader, struct iov_host *host)
{
    struct svec directories = SVEC_EMPTY_INITIALIZER;
    struct svec nics = SVEC_EMPTY_INITIALIZER;

    find_devices(reader, &directories);
    for (size_t i = 0; i < directories.n; i++) {
        const char *directory = directories.names[i];

        host_count_group(reader, host_pci_group(reader, directory));
        if (!host_pci_is_vf(reader, directory)) {
            uint32_t class = host_pci_class(reader, directory);

            if (is_bridge(class) || is_network(class)) {
                add_pci(reader, directory, host);
            }
            if (is_network(class)) {
                svec_add(&nics, directory);
            }
        }
    }
    sort_devices(host);
    for (size_t i = 0; i < nics.n; i++) {
        add_nic(reader, nics.names[i], host);
    }
    sort_devices(host);
    svec_destroy(&directories);
    svec_destroy(&nics);
}

static void
read_all(struct host_reader *reader, struct iov_host *host)
{
    iov_host_clear(host);
    iov_host_init(host);
    host_read_facts(&reader->root, host);
    read_devices(reader, host);
    read_slots(reader, host);
}

int
iov_host_read(const char *root, struct iov_host *host)
{
    struct host_reader reader = { .pci = NULL };
    int error = host_root_open(&reader.root, root);

    if (error) {
        iov_host_clear(host);
        iov_host_init(host);
    } else {
        read_all(&reader, host);
    }
    host_reader_close(&reader);
    return error;
}

void
iov_host_read_facts(const char *root, struct iov_host *host)
{
    struct host_reader reader = { .pci = NULL };

    if (!host_root_open(&reader.root, root)) {
        host_read_facts(&reader.root, host);
    }
    host_reader_close(&reader);
}

/* A single NIC. */

static void
remove_nic(struct iov_host *host, const char *pci)
{
    for (size_t i = 0; i < host->n_nics; i++) {
        if (!strcmp(host->nics[i].pci, pci)) {
            iov_host_nic_clear(&host->nics[i]);
            host->n_nics--;
            memmove(&host->nics[i], &host->nics[i + 1],
                    (host->n_nics - i) * sizeof *host->nics);
            return;
        }
    }
}

static void
remove_pci(struct iov_host *host, const char *address)
{
    for (size_t i = 0; i < host->n_pci; i++) {
        if (!strcmp(host->pci[i].address, address)) {
            iov_host_pci_clear(&host->pci[i]);
            host->n_pci--;
            memmove(&host->pci[i], &host->pci[i + 1],
                    (host->n_pci - i) * sizeof *host->pci);
            return;
        }
    }
}

static void
read_pci_again(struct host_reader *reader, const char *address,
               struct iov_host *host)
{
    char *directory = host_pci_directory(reader, address);

    remove_pci(host, address);
    if (directory) {
        add_pci(reader, directory, host);
        sort_devices(host);
        free(directory);
    }
}

static bool
read_nic_again(struct host_reader *reader, const char *pci,
               struct iov_host *host)
{
    char *directory = (host_is_pci_address(pci)
                       ? host_pci_directory(reader, pci) : NULL);
    bool found = (directory && !host_pci_is_vf(reader, directory)
                  && is_network(host_pci_class(reader, directory)));

    remove_nic(host, pci);
    if (found) {
        read_pci_again(reader, pci, host);
        add_nic(reader, directory, host);

        const struct iov_host_nic *nic = &host->nics[host->n_nics - 1];

        for (size_t i = 0; i < nic->n_up; i++) {
            read_pci_again(reader, nic->up[i], host);
        }
        sort_devices(host);
        read_slots(reader, host);
    } else {
        remove_pci(host, pci);
    }
    free(directory);
    return found;
}

bool
iov_host_read_nic(const char *root, struct iov_host *host, const char *pci)
{
    struct host_reader reader = { .pci = NULL };
    char *address = xstrdup(pci); /* 'pci' may be part of 'host'. */
    bool found = false;

    if (!host_root_open(&reader.root, root)) {
        found = read_nic_again(&reader, address, host);
    }
    host_reader_close(&reader);
    free(address);
    return found;
}

int
iov_host_read_group(const char *root, const char *pci)
{
    struct host_reader reader = { .pci = NULL };
    char *directory = NULL;
    int group = -1;

    if (!host_root_open(&reader.root, root) && host_is_pci_address(pci)) {
        directory = host_pci_directory(&reader, pci);
    }
    if (directory) {
        group = host_pci_group(&reader, directory);
        free(directory);
    }
    host_reader_close(&reader);
    return group;
}

/* What drivers say. */

void
iov_host_read_live(const char *root_path, struct iov_host *host)
{
    struct host_root root;

    if (!host_root_open(&root, root_path)) {
        for (size_t i = 0; i < host->n_nics; i++) {
            host_read_live(&root, &host->nics[i]);
        }
    }
    host_root_close(&root);
}

/* What reading the NIC alone would look at. */
static void
look_at_groups(struct host_root *root, const struct iov_host_nic *nic)
{
    for (size_t i = 0; i < nic->n_vfs; i++) {
        char *path = xasprintf("sys/kernel/iommu_groups/%d/devices",
                               nic->vfs[i].group);
        struct svec names = SVEC_EMPTY_INITIALIZER;

        host_list(root, path, &names);
        svec_destroy(&names);
        free(path);
    }
}

/* Capturing. */

char *
iov_host_capture(const char *root, const char *file)
{
    struct host_reader reader = { .pci = NULL };
    struct shash record = SHASH_INITIALIZER(&record);
    struct iov_host host;
    int error = host_root_open(&reader.root, root);
    char *message;

    if (error) {
        host_reader_close(&reader);
        return xasprintf("%s: %s", root[0] ? root : "/", ovs_strerror(error));
    }
    reader.root.record = &record;
    iov_host_init(&host);
    read_all(&reader, &host);
    for (size_t i = 0; i < host.n_nics; i++) {
        host_read_live(&reader.root, &host.nics[i]);
        look_at_groups(&reader.root, &host.nics[i]);
    }
    host_reader_close(&reader);
    message = host_write_tar(&record, file);
    iov_host_clear(&host);
    host_record_destroy(&record);
    return message;
}
