/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_NIC_H
#define IOV_POLICY_MODEL_NIC_H 1

/* What is known of PFs and their VFs: plain data.
 *
 * Inventories (offload/) fill it from what the kernel and the NIC say, the
 * verdict and the plan read it.  Nothing here is a wish: a field holds what
 * was read back, or what the kernel acknowledged since the last reading.
 *
 * A VF attribute that the driver does not report is absent from 'known', and
 * its value then means nothing. igb, for example, reports no statistics, and a
 * driver without ndo_get_vf_config reports no VF at all. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct ds;
struct iov_failures;
struct json;

/* VF attributes.  The list is vf-attr.def. */
enum iov_vf_attr {
#define VF_ATTR(ENUM, NAME, MEMBER, MEANING) IOV_VF_##ENUM,
#include "policy/model/vf-attr.def"
#undef VF_ATTR
    IOV_N_VF_ATTRS
};
#define IOV_VF_BIT(ATTR) (1u << (ATTR))
#define IOV_VF_ALL ((1u << IOV_N_VF_ATTRS) - 1)

/* Some drivers show this VLAN for a VF that has none: no packet can carry
 * it. */
#define IOV_VLAN_UNSET 4095

/* Values of 'link_state', those of the kernel (IFLA_VF_LINK_STATE_*). */
enum iov_vf_link {
    IOV_VF_LINK_AUTO = 0,
    IOV_VF_LINK_ENABLE = 1,
    IOV_VF_LINK_DISABLE = 2
};

/* Settings of one VF. */
struct iov_vf_settings {
    uint32_t known;             /* IOV_VF_BIT()s of the valid members. */
    struct eth_addr mac;        /* All zeros: the driver chooses. */
    uint16_t vlan;              /* 0 or IOV_VLAN_UNSET: none, else
                                 * 1..4094. */
    uint8_t qos;                /* 802.1p priority, 0..7. */
    uint16_t vlan_proto;        /* 0x8100 or 0x88a8, host byte order. */
    bool spoofchk;
    bool trust;
    bool rss_query;             /* The guest may read hash key and table. */
    uint32_t link_state;        /* enum iov_vf_link. */
    bool dma;                   /* Bus mastering in its PCI command. */
    uint32_t min_rate;          /* Mbit/s, 0: none. */
    uint32_t max_rate;          /* Mbit/s, 0: no limit. */
    uint32_t vectors;           /* MSI-X. */
};

/* What the journal remembers of a VF that was touched (offload/journal.h);
 * survives a restart of the daemon. */
struct iov_vf_record {
    struct iov_vf_settings original; /* As found, to be put back. */
    char *port;                 /* Interface name it was taken for. */
    char *bridge;               /* Its bridge. */
    char *guest;                /* iov-guest at that time. */
    char *driver;               /* Driver as found, or null. */
    struct eth_addr mac;        /* MAC of the port. */
    struct eth_addr fence_mac;  /* MAC and VLAN that isolate the VF; */
    uint16_t fence_vlan;        /* 0 if an earlier version wrote it. */
    bool started;               /* The guest was let use it; from then on what
                                 * the guest does with it is its business. */
    bool inherited;             /* An earlier daemon wrote it. */
};

/* Where the VF's device is, seen from its guest. */
enum iov_guest_state {
    IOV_GUEST_NONE,             /* With the host. */
    IOV_GUEST_GIVEN,            /* With the guest, not running. */
    IOV_GUEST_RUNNING,          /* With the guest, which may use it. */
    IOV_GUEST_LEFT,             /* The guest was told to let go of it, or has
                                 * gone, but the device is not yet with the
                                 * host as new. */
    IOV_GUEST_UNBOUND,          /* The same, and its driver was taken from it,
                                 * so that nobody drives it. */
    IOV_GUEST_MISSING           /* Nowhere to be seen. */
};

/* What is seen of the use that a guest makes of its VF. */
struct iov_vf_use {
    bool told;                  /* 'active' is valid: */
    bool active;                /* the guest sends by the VF, */
    const char *how;            /* as is known by these words (a constant); or,
                                 * where that is not told, what is known
                                 * instead, or null. */
    bool counted;               /* These are valid: packets on the VF, */
    uint64_t sent, heard;       /* seen from its guest, */
    bool by_pf;                 /* counted by the PF, else by its device. */
    bool other_counted;         /* This is valid: packets that the guest */
    uint64_t other_sent;        /* sent by the port on the software path. */
};

/* How the host uses a VF itself. */
enum iov_host_use {
    IOV_HOST_USE_NONE,
    IOV_HOST_USE_UP,            /* Its network device is up, no more. */
    IOV_HOST_USE_LENT,          /* Perhaps a guest does: a device is on top of
                                 * it, such as the macvtap of a virtual
                                 * machine, or it has just left the host. */
    IOV_HOST_USE_OWN            /* The host, or a bridge of it, talks by it,
                                 * or what it does is not known. */
};

struct iov_vf {
    unsigned int index;         /* VF number within its PF. */
    char *pci;                  /* "0000:01:10.0", or null. */
    char *driver;               /* Bound driver, or null. */
    char *netdev;               /* Network device in the daemon's network
                                 * namespace, or null. */
    struct iov_vf_settings now;      /* As read back. */
    uint32_t cannot;            /* IOV_VF_BIT()s that the driver, asked,
                                 * turned out not to have. */
    struct iov_vf_record *record;    /* Null: not touched by the daemon. */
    bool busy;                  /* In use by somebody else: its device is in
                                 * a foreign namespace or bound to vfio-pci
                                 * without a record. */
    bool dma_held;              /* DMA is off and kept off, whoever switches it
                                 * on. */
    char *host_use;             /* How the host uses it itself, such as "its
                                 * network device is up", or null. */
    enum iov_host_use use;      /* The same, as far as it matters whose. */
    enum iov_guest_state guest; /* Valid when 'record' is not null. */
};

/* False if the NIC keeps the link of the VF down. */
bool iov_vf_may_have_link(const struct iov_vf *);

/* Numbers in a PF's PCI configuration, all 0 if they are not known. */
struct iov_pci_ids {
    uint16_t vendor, device, subvendor;
};

struct iov_pf {
    char *eswitch;              /* Name of its e-switch class. */
    char *netdev;               /* Network device, as named in the bridge. */
    bool simulated;             /* By a program, so that it has no host. */
    char *pci;                  /* "0000:01:00.0", or null. */
    char *driver;               /* "igb", or null. */
    char *description;          /* "Intel 82576", or null. */
    struct iov_pci_ids ids;
    struct eth_addr mac;
    bool up;                    /* IFF_UP. */
    bool no_carrier;            /* It has no link. */
    int mtu;
    unsigned int total_vfs;     /* sriov_totalvfs. */
    unsigned int total_vectors; /* sriov_vf_total_msix: those of all VFs
                                 * together; 0: each has its own. */
    unsigned int n_vfs;         /* Enabled VFs, elements of 'vfs'. */
    struct iov_vf *vfs;
    struct eth_addr *macs;      /* Entries of its own address list ("self"),
                                 * without 'mac', sorted. */
    size_t n_macs;
    struct eth_addr *our_macs;  /* Those of 'macs' that the journal says are
                                 * ours, sorted. */
    size_t n_our_macs;
    int original_vfs;           /* VFs found before ours, or -1. */
    const struct iov_failures *failures; /* Of what was tried on it for no
                                          * port in particular, or null. */
};

/* All of them, sorted by 'netdev'. */
struct iov_nics {
    struct iov_pf *pfs;
    size_t n_pfs;
};

/* Store in '*on', or set, a switch: an attribute that is on or off.  Both
 * return false, and do nothing, if 'attr' is something else. */
bool iov_vf_attr_get_switch(const struct iov_vf_settings *, enum iov_vf_attr,
                            bool *on);
bool iov_vf_attr_set_switch(struct iov_vf_settings *, enum iov_vf_attr,
                            bool on);
const char *iov_vf_attr_name(enum iov_vf_attr);
bool iov_vf_attr_from_name(const char *, enum iov_vf_attr *);
/* True if a port is as safe on a VF that refuses the attribute. */
bool iov_vf_attr_is_optional(enum iov_vf_attr);
/* Appends name and value, such as "vlan 10 qos 3". */
void iov_vf_attr_format(struct ds *, const struct iov_vf_settings *,
                        enum iov_vf_attr);
/* These two look at the members of the attribute alone, not at 'known' of the
 * source; a copied attribute is known. */
bool iov_vf_attr_equal(const struct iov_vf_settings *,
                       const struct iov_vf_settings *, enum iov_vf_attr);
void iov_vf_attr_copy(struct iov_vf_settings *dst,
                      const struct iov_vf_settings *src, enum iov_vf_attr);
struct json *iov_vf_settings_to_json(const struct iov_vf_settings *);
char *iov_vf_settings_from_json(const struct json *,
                                struct iov_vf_settings *);

const struct iov_pf *iov_nics_find(const struct iov_nics *,
                                   const char *netdev);
/* True if the PF receives for the address: it is its own or in 'macs'. */
bool iov_pf_has_mac(const struct iov_pf *, struct eth_addr);
/* Inserts in 'macs' or, with 'ours', marks one of 'macs' as ours; one that is
 * not there is not marked. */
void iov_pf_add_mac(struct iov_pf *, struct eth_addr, bool ours);
void iov_pf_clear(struct iov_pf *);
void iov_pf_set_n_vfs(struct iov_pf *, unsigned int n);
void iov_nics_clear(struct iov_nics *);
void iov_nics_sort(struct iov_nics *);
struct iov_vf_record *iov_vf_record_clone(const struct iov_vf_record *);
void iov_vf_record_free(struct iov_vf_record *);
const char *iov_guest_state_name(enum iov_guest_state);

#endif /* policy/model/nic.h */
