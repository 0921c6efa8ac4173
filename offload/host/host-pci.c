/* SPDX-License-Identifier: Apache-2.0 */

/* What PCI says of a device: class, IOMMU group, capabilities.
 *
 * libpci walks the lists of capabilities.  It gets the configuration space as
 * it was read here, in one piece, so that it opens no file by itself.
 *
 * Whoever is not root reads 64 bytes of configuration space, and a machine
 * without extended configuration has 256.  What lies behind is not absent but
 * unknown. */

#include <config.h>

#include "offload/host/host-internal.h"

#include <ctype.h>
#include <errno.h>
#include <pci/pci.h>
#include <stdlib.h>
#include <string.h>

#include "policy/ready/host.h"
#include "svec.h"
#include "util.h"

#define CONFIG_SIZE 4096        /* Of PCI Express... */
#define CONFIG_SIZE_PCI 256     /* ...and of conventional PCI. */

/* Far more groups than there can be devices. */
#define MAX_GROUP (1 << 20)

void
host_reader_close(struct host_reader *reader)
{
    host_root_close(&reader->root);
    if (reader->pci) {
        pci_cleanup(reader->pci);
        reader->pci = NULL;
    }
    free(reader->groups);
    reader->groups = NULL;
    reader->n_groups = 0;
}

/* Addresses and directories. */

bool
host_is_pci_address(const char *s)
{
    static const char form[] = "xxxx:xx:xx.x";

    for (size_t i = 0; i < sizeof form - 1; i++) {
        if (form[i] == 'x' ? !isxdigit((unsigned char) s[i])
                           : s[i] != form[i]) {
            return false;
        }
    }
    return !s[sizeof form - 1];
}

char *
host_pci_directory(struct host_reader *reader, const char *address)
{
    char *path = xasprintf("%s/%s", HOST_PCI_DEVICES, address);
    int error;
    char *target = host_read_link(&reader->root, path, &error);
    char *directory = target ? host_resolve(HOST_PCI_DEVICES, target) : NULL;
    const char *slash = directory ? strrchr(directory, '/') : NULL;

    if (!slash || strcmp(slash + 1, address)
        || strncmp(directory, "sys/devices/", strlen("sys/devices/"))) {
        free(directory);
        directory = NULL;
    }
    free(target);
    free(path);
    return directory;
}

static unsigned int
read_number(struct host_reader *reader, const char *directory,
            const char *name)
{
    char *path = xasprintf("%s/%s", directory, name);
    int error;
    char *line = host_read_line(&reader->root, path, &error);
    unsigned int number;

    if (!line || !isdigit((unsigned char) line[0])
        || !str_to_uint(line, 0, &number)) {
        number = 0;
    }
    free(line);
    free(path);
    return number;
}

uint32_t
host_pci_class(struct host_reader *reader, const char *directory)
{
    return read_number(reader, directory, "class");
}

bool
host_pci_is_vf(struct host_reader *reader, const char *directory)
{
    char *path = xasprintf("%s/physfn", directory);
    int error;
    char *target = host_read_link(&reader->root, path, &error);
    bool is_vf = target != NULL;

    free(target);
    free(path);
    return is_vf;
}

/* IOMMU groups. */

int
host_pci_group(struct host_reader *reader, const char *directory)
{
    char *path = xasprintf("%s/iommu_group", directory);
    char *name = host_link_name(&reader->root, path);
    int group;

    if (!name || !isdigit((unsigned char) name[0])
        || !str_to_int(name, 10, &group) || group >= MAX_GROUP) {
        group = -1;
    }
    free(name);
    free(path);
    return group;
}

void
host_count_group(struct host_reader *reader, int group)
{
    if (group < 0) {
        return;
    }
    if (group >= reader->n_groups) {
        size_t n = MAX(group + 1, 2 * reader->n_groups);

        reader->groups = xrealloc(reader->groups, n * sizeof *reader->groups);
        memset(&reader->groups[reader->n_groups], 0,
               (n - reader->n_groups) * sizeof *reader->groups);
        reader->n_groups = n;
    }
    reader->groups[group]++;
}

unsigned int
host_group_size(struct host_reader *reader, int group)
{
    if (reader->n_groups) {
        return group >= 0 && group < reader->n_groups ? reader->groups[group]
                                                      : 0;
    }

    char *path = xasprintf("sys/kernel/iommu_groups/%d/devices", group);
    struct svec names = SVEC_EMPTY_INITIALIZER;
    unsigned int size;

    host_list(&reader->root, path, &names);
    size = names.n;
    svec_destroy(&names);
    free(path);
    return size;
}

/* Capabilities. */

/* Configuration space of a device, and libpci's view of it. */
struct config {
    uint8_t bytes[CONFIG_SIZE];
    size_t size;                /* How much of it was read. */
    struct pci_dev *dev;
};

static bool
config_open(struct host_reader *reader, const char *directory,
            struct config *config)
{
    char *path = xasprintf("%s/config", directory);
    unsigned int domain, bus, slot, function;
    int error;
    char *data = host_read(&reader->root, path, CONFIG_SIZE, &config->size,
                           &error);
    bool ok = (data && config->size >= 64
               && ovs_scan(strrchr(directory, '/') + 1, "%4x:%2x:%2x.%1x",
                           &domain, &bus, &slot, &function));

    memset(config->bytes, 0, sizeof config->bytes);
    if (ok) {
        memcpy(config->bytes, data, config->size);
        if (!reader->pci) {
            reader->pci = pci_alloc();
            reader->pci->method = PCI_ACCESS_SYS_BUS_PCI;
            pci_init(reader->pci);
        }
        config->dev = pci_get_dev(reader->pci, domain, bus, slot, function);
        pci_setup_cache(config->dev, config->bytes, sizeof config->bytes);
    }
    free(data);
    free(path);
    return ok;
}

/* Reads 16 bits of a capability; 0 behind the end, where libpci would open
 * the file by itself. */
static uint16_t
cap_word(const struct config *config, const struct pci_cap *cap,
         unsigned int offset)
{
    return (cap->addr + offset + 2 <= sizeof config->bytes
            ? pci_read_word(config->dev, cap->addr + offset) : 0);
}

static void
read_extended(const struct config *config, struct iov_host_pci *pci)
{
    const struct pci_cap *acs = pci_find_cap(config->dev, PCI_EXT_CAP_ID_ACS,
                                             PCI_CAP_EXTENDED);
    const struct pci_cap *sriov = pci_find_cap(config->dev,
                                               PCI_EXT_CAP_ID_SRIOV,
                                               PCI_CAP_EXTENDED);

    if (acs) {
        pci->acs = true;
        pci->acs_cap = cap_word(config, acs, PCI_ACS_CAP);
        pci->acs_ctrl = cap_word(config, acs, PCI_ACS_CTRL);
    }
    if (sriov) {
        pci->sriov = true;
        pci->vf_total = cap_word(config, sriov, PCI_IOV_TOTALVF);
        pci->vf_offset = cap_word(config, sriov, PCI_IOV_OFFSET);
        pci->vf_stride = cap_word(config, sriov, PCI_IOV_STRIDE);
    }
    if (pci_find_cap(config->dev, PCI_EXT_CAP_ID_ARI, PCI_CAP_EXTENDED)) {
        pci->ari = true;
    }
}

static void
read_config(const struct config *config, struct iov_host_pci *pci)
{
    const struct pci_cap *express;

    if ((config->bytes[PCI_HEADER_TYPE] & 0x7f) == PCI_HEADER_TYPE_BRIDGE) {
        pci->secondary = config->bytes[PCI_SECONDARY_BUS];
        pci->subordinate = config->bytes[PCI_SUBORDINATE_BUS];
    }
    if (config->size < CONFIG_SIZE_PCI) {
        return;
    }
    pci->caps_known = true;

    express = pci_find_cap(config->dev, PCI_CAP_ID_EXP, PCI_CAP_NORMAL);
    pci->ext_caps_known = !express || config->size >= CONFIG_SIZE;
    if (express) {
        pci->pcie = true;
        pci->pcie_type = (cap_word(config, express, PCI_EXP_FLAGS)
                          & PCI_EXP_FLAGS_TYPE) >> 4;
        pci->ari = (cap_word(config, express, PCI_EXP_DEVCAP2)
                    & PCI_EXP_DEVCAP2_ARI) != 0;
        if (pci->ext_caps_known) {
            read_extended(config, pci);
        }
    }
}

void
host_read_pci(struct host_reader *reader, const char *directory,
              struct iov_host_pci *pci)
{
    struct config config;

    iov_host_pci_clear(pci);
    pci->address = xstrdup(strrchr(directory, '/') + 1);
    pci->file = xasprintf("/%s/config", directory);
    pci->class = host_pci_class(reader, directory);
    pci->vendor = read_number(reader, directory, "vendor");
    pci->device = read_number(reader, directory, "device");
    pci->group = host_pci_group(reader, directory);
    if (config_open(reader, directory, &config)) {
        read_config(&config, pci);
        pci_free_dev(config.dev);
    }
}

int
host_pci_msix(struct host_reader *reader, const char *directory)
{
    struct config config;
    int n = -1;

    if (config_open(reader, directory, &config)) {
        const struct pci_cap *cap = pci_find_cap(config.dev, PCI_CAP_ID_MSIX,
                                                 PCI_CAP_NORMAL);

        if (cap && config.size >= CONFIG_SIZE_PCI) {
            n = (cap_word(&config, cap, PCI_CAP_FLAGS)
                 & PCI_MSIX_TABSIZE) + 1;
        }
        pci_free_dev(config.dev);
    }
    return n;
}
