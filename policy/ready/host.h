/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_READY_HOST_H
#define IOV_POLICY_READY_HOST_H 1

/* What is known of the host, of its PCI bus and of its NICs: plain data, by
 * which policy/ready/ready.h judges whether they are able and safe.
 *
 * offload/host/host.h fills it in, from the live system or from a captured
 * tree.  The daemon keeps one, has single NICs of it read again, and hands it
 * on const.
 *
 * "there is no such file" and "the file could not be read" are two answers.
 * The first is often the very thing looked for; the second leaves a check
 * undecided and must never look like the first. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iov_pf;

/* One thing that was looked at. */
struct iov_fact {
    char *file;                 /* As on the live system, "/sys/...". */
    char *value;                /* What was read, without trailing blanks.
                                 * Null exactly if 'error' is not 0. */
    int error;                  /* 0, ENOENT if it does not exist, or why it
                                 * is unknown (positive errno). */
};

enum iov_host_fact {
#define HOST_FACT(ENUM, FILE, KIND) IOV_HOST_##ENUM,
#include "policy/ready/host-fact.def"
#undef HOST_FACT
    IOV_N_HOST_FACTS
};

/* Kinds of lines in the kernel's log.  The patterns are in host-log.def. */
enum iov_host_log {
    IOV_LOG_IR_BROKEN,          /* Chipset cannot remap interrupts safely. */
    IOV_LOG_IR_ON,              /* Interrupt remapping is on. */
    IOV_LOG_FIRMWARE_BUG,       /* Firmware describes I/O wrongly. */
    IOV_LOG_OSC_FAILED,         /* Firmware keeps control of PCIe. */
    IOV_LOG_OSC_GRANTED,        /* The kernel controls PCIe. */
    IOV_LOG_OSC_PARTLY,         /* Only parts, not the capability itself. */
    IOV_LOG_NO_BUS,             /* Bus numbers of VFs out of range. */
    IOV_LOG_NO_SPACE,           /* No addresses for the BARs of VFs. */
    IOV_LOG_NO_DRIVER           /* The PF's driver has no SR-IOV. */
};

struct iov_host_line {
    enum iov_host_log kind;
    char *pci;                  /* Address of the device it is about, or
                                 * null. */
    char *text;                 /* The message itself. */
};

/* Device/port type in the PCI Express capability (PCI_EXP_TYPE_*). */
#define IOV_PCIE_ROOT_PORT 4
#define IOV_PCIE_DOWNSTREAM 6

/* A bridge, or a network controller that is no VF. */
struct iov_host_pci {
    char *address;              /* "0000:01:00.0". */
    char *file;                 /* Its "config", "/sys/devices/.../config". */
    uint32_t class;             /* 0x020000: Ethernet. */
    uint16_t vendor, device;
    int group;                  /* IOMMU group, or -1. */
    bool caps_known;            /* The first 256 bytes could be read, which
                                 * takes root; else the next four are 0. */
    bool pcie;                  /* It has the PCI Express capability... */
    unsigned int pcie_type;     /* ...with this device/port type. */
    uint8_t secondary;          /* Of a bridge: bus below it... */
    uint8_t subordinate;        /* ...and highest bus number below it. */
    bool ext_caps_known;        /* All 4096 bytes could be read; else the
                                 * others are 0. */
    bool acs;                   /* It has Access Control Services... */
    uint16_t acs_cap;           /* ...with these capabilities... */
    uint16_t acs_ctrl;          /* ...of which these are on (PCI_ACS_*). */
    bool ari;                   /* An endpoint has the ARI capability; a port
                                 * has ARI forwarding. */
    bool sriov;                 /* It has the SR-IOV capability... */
    uint16_t vf_total;          /* ...with TotalVFs,... */
    uint16_t vf_offset;         /* ...First VF Offset,... */
    uint16_t vf_stride;         /* ...and VF Stride. */
};

struct iov_host_vf {
    char *pci;                  /* "0000:01:10.0". */
    char *driver;               /* Bound driver, or null. */
    int group;                  /* IOMMU group, or -1. */
    unsigned int group_size;    /* How many devices that group has. */
    int msix;                   /* MSI-X vectors, where those of single VFs
                                 * can differ; else -1. */
};

/* A network controller on the PCI bus, SR-IOV capable or not. */
struct iov_host_nic {
    char *pci;                  /* "0000:01:00.0", key. */
    char *netdev;               /* Its first network device in this network
                                 * namespace by name, or null. */
    char *driver;               /* Bound driver, or null. */
    char *description;          /* "Intel Corporation 82576 ...", or null. */
    char *slot;                 /* Physical slot, or null. */
    char **up;                  /* Addresses of the bridges above it, the
                                 * nearest first. */
    size_t n_up;
    struct iov_fact total_vfs;  /* sriov_totalvfs. */
    struct iov_fact resource;   /* resource: BARs of it and of its VFs. */
    struct iov_fact driver_version;
    struct iov_fact firmware;   /* Asked of the driver. */
    struct iov_fact mode;       /* "legacy" or "switchdev", ditto. */
    struct iov_fact speed;      /* Mbit/s. */
    struct iov_fact operstate;  /* "up", "down", ... */
    struct iov_fact master;     /* Name of the device it is a member of. */
    struct iov_fact bonding;    /* Exists if that is a bond. */
    struct iov_fact vf_total_msix; /* Vectors for all VFs together. */
    int vf_msix;                /* MSI-X vectors that VF 0 has, or -1. */
    struct iov_host_vf *vfs;    /* Enabled ones, by number. */
    size_t n_vfs;
    const struct iov_pf *pf;    /* What ovs-iovd knows of it, or null. */
};

struct iov_host {
    struct iov_fact facts[IOV_N_HOST_FACTS];
    struct iov_host_line *log;  /* In the order of the log. */
    size_t n_log;
    struct iov_host_pci *pci;   /* Sorted by address. */
    size_t n_pci;
    struct iov_host_nic *nics;  /* Sorted by address. */
    size_t n_nics;
};

void iov_host_init(struct iov_host *);
void iov_host_clear(struct iov_host *);
void iov_host_nic_clear(struct iov_host_nic *);
void iov_host_pci_clear(struct iov_host_pci *);

/* 'name' is a PCI address or a network device. */
const struct iov_host_nic *iov_host_find_nic(const struct iov_host *,
                                             const char *name);
const struct iov_host_pci *iov_host_find_pci(const struct iov_host *,
                                             const char *address);
/* The nearest bridge above the device, or null. */
const struct iov_host_pci *iov_host_parent(const struct iov_host *,
                                           const struct iov_host_nic *);
/* SR-IOV capable, as far as PCI tells: the kernel shows a number of VFs, or
 * the device has the capability. */
bool iov_host_nic_has_sriov(const struct iov_host *,
                            const struct iov_host_nic *);

/* How many MSI-X vectors VF 'vf' has, or -1 if it is not known. */
int iov_host_vf_vectors(const struct iov_host_nic *, unsigned int vf);

/* Takes over 'value', which is null if there is an 'error'. */
void iov_fact_set(struct iov_fact *, const char *file, char *value,
                  int error);
void iov_fact_clear(struct iov_fact *);
static inline bool
iov_fact_is_read(const struct iov_fact *fact)
{
    return fact->value != NULL;
}
/* True if it is certain that the file does not exist. */
bool iov_fact_is_absent(const struct iov_fact *);
/* True if the value is a number, decimal or 0x..., that fits. */
bool iov_fact_number(const struct iov_fact *, unsigned int *);
/* True if the value, words separated by blanks, has 'word'. */
bool iov_fact_has_word(const struct iov_fact *, const char *word);

/* Appends the line to the log if host-log.def knows it. */
bool iov_host_add_line(struct iov_host *, const char *text);
void iov_host_clear_log(struct iov_host *);

#endif /* policy/ready/host.h */
