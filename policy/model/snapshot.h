/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_SNAPSHOT_H
#define IOV_POLICY_MODEL_SNAPSHOT_H 1

/* Everything the verdict looks at, at one moment: plain data.
 *
 * vswitchd-ext/ builds it from the database, the flow monitors and the
 * providers; policy/ only reads it.  Strings are owned by the snapshot; 'nics'
 * and 'reach' belong to their modules and outlive it.
 *
 * An "interface" of Open vSwitch is our port, because that is what a virtual
 * machine is plugged into; the "port" of Open vSwitch, which holds VLAN and
 * QoS and may be a bond, is told by 'port_name'. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "openvswitch/uuid.h"
#include "policy/model/key.h"
#include "policy/model/nic.h"
#include "policy/model/port-filter.h"
#include "sset.h"
#include "svec.h"

struct iov_damping;
struct iov_failures;
struct iov_reach;
struct iov_safety;

/* Port table's vlan_mode, with the defaults of ovs-vswitchd.conf.db(5)
 * applied. */
enum iov_vlan_mode {
    IOV_VLAN_NONE,              /* No tag and no trunks: trunk of all. */
    IOV_VLAN_ACCESS,
    IOV_VLAN_TRUNK,             /* With trunks, or without but asked for. */
    IOV_VLAN_NATIVE_TAGGED,
    IOV_VLAN_NATIVE_UNTAGGED,
    IOV_VLAN_DOT1Q_TUNNEL
};

/* Finds a mode by its name in the database.  Returns false if there is none
 * of that name. */
bool iov_vlan_mode_from_string(const char *name, enum iov_vlan_mode *);

struct iov_port {
    char *name;                 /* Interface name. */
    struct uuid uuid;           /* Interface row. */
    char *port_name;            /* Port that it is a member of. */
    char *type;                 /* Interface type, "" is "system". */
    char *driver;               /* Of its network device, or null. */
    bool bonded;                /* Its Port has several interfaces. */
    int64_t ofport;             /* -1: failed, 0: not yet known. */
    char *error;                /* Interface's error column, or null. */
    bool admin_down;            /* Its network device was set down. */
    bool mac_known;
    struct eth_addr mac;        /* MAC of the virtual machine. */
    bool unheard;               /* It was not heard on the port yet; the
                                 * virtual machine may be elsewhere. */
    bool mac_shared;            /* Another port of the bridge that is there,
                                 * and is no uplink, has it too, and this one
                                 * need not be the one that is meant. */
    bool bad_name;              /* Its name, or that of its bridge, is not
                                 * 'name', which is what text.h makes of it. */
    char *bad_mac;              /* What stood there instead, or null. */
    const char *mac_source;     /* "attached-mac", "mac", "mac_in_use",
                                 * "guest". */
    int mtu;                    /* 0: not known. */
    enum iov_vlan_mode vlan_mode;
    int tag;                    /* 0: none. */
    struct svec trunks;         /* As text. */
    bool priority_tags;         /* Port other_config:priority-tags not "no". */
    bool protected;
    bool stp, rstp;             /* Takes part where the bridge has it. */
    bool cfm, bfd, lldp, lacp;  /* Open vSwitch speaks it on this port. */
    bool no_receive, no_forward, no_flood; /* Flags set by OpenFlow. */
    char *qos;                  /* "linux-htb, UUID", or null. */
    int64_t policing_rate;      /* kbit/s, 0: none. */
    int64_t policing_kpkts_rate;
    struct iov_interface_keys keys;
    const char *commanded_hold; /* Command that holds it, such as "iov/hold
                                 * br0", or null. */
    bool stays;                 /* It is on its VF, and stays there while what
                                 * was known of its bridge holds. */
    char *guest_not_ready;      /* Why its guest cannot take a VF, or null. */
    char *guest_busy;           /* Why it should not have one, or null. */
    const struct iov_failures *failures; /* Of its last moves, or null. */
    const struct iov_damping *damping;   /* Of its falls, or null. */
    uint64_t vf_turn;           /* Smaller than that of each port that came to
                                 * a VF later; 0: it never had one. */
    struct iov_port_filters filters;     /* Beside Open vSwitch. */
    bool is_uplink;             /* Its netdev is a PF in 'nics'. */
};

struct iov_mirror {
    char *name;
    struct uuid uuid;
    bool all;
    struct sset src, dst;       /* Names of Ports. */
    struct svec vlans;          /* Only these, as text; empty: all. */
    char *output;               /* Name of the Port, or null. */
    int output_vlan;            /* 0: none. */
};

/* sFlow, IPFIX, NetFlow: set or not, and how to name it. */
struct iov_sampling {
    char *sflow, *ipfix, *netflow;   /* "UUID to TARGETS", or null. */
};

struct iov_bridge {
    char *name;
    bool bad_name;              /* As of a port. */
    struct uuid uuid;
    struct iov_bridge_keys keys;
    struct iov_port *ports;     /* Sorted by name. */
    size_t n_ports;
    struct iov_mirror *mirrors;
    size_t n_mirrors;
    struct iov_sampling sampling;
    bool stp, rstp, mcast_snooping;
    struct svec flood_vlans;    /* As text. */
    bool drops_fragments;       /* Set by OpenFlow. */
    struct iov_reach *reach;    /* Flow analysis, or null: not part of the
                                 * snapshot; what it finds it keeps. */
    const char *flows_unknown;  /* Why the flows are not known, or null. */
    bool flows_held;            /* Ports that stay keep their verdict on flows
                                 * that are not known. */
    bool flows_late;            /* The same, until they are examined. */
    long long int held_until;   /* With either: when that ends, ms. */
};

struct iov_snapshot {
    long long int now;          /* Monotonic, ms. */
    struct iov_bridge *bridges; /* Sorted by name. */
    size_t n_bridges;
    struct iov_global_keys keys;
    bool hw_offload;            /* Open vSwitch puts flows into tc. */
    char *integration_bridge;   /* OVN's, or null: the usual name. */
    const struct iov_nics *nics;
    const struct iov_safety *safety; /* Of the host, or null: not known. */
    char *no_switch;            /* Why ovs-vswitchd cannot be told of moves, or
                                 * null. */
    bool switch_held;           /* That costs no port that stays its VF. */
    char *dead_path;            /* Why the software path forwards nothing
                                 * new, or null. */
    char *no_journal;           /* Why the journal cannot be used, or null. */
    char *no_privilege;         /* Missing capability in words, or null. */
};

struct iov_snapshot *iov_snapshot_create(void);
void iov_snapshot_destroy(struct iov_snapshot *);

/* Append one; the result is zeroed but for its name and for what a port takes
 * part in unless told otherwise (STP), and valid until the next append to the
 * same array. */
struct iov_bridge *iov_snapshot_add_bridge(struct iov_snapshot *,
                                           const char *name);
struct iov_port *iov_bridge_add_port(struct iov_bridge *, const char *name);
struct iov_mirror *iov_bridge_add_mirror(struct iov_bridge *,
                                         const char *name);

/* Sorts bridges and ports and marks uplinks; call once, when complete. */
void iov_snapshot_finish(struct iov_snapshot *);

/* True if 'mac' is the address of what is behind the port, and not just what
 * the device on the host's side of it happens to have. */
bool iov_port_mac_is_meant(const struct iov_port *);

/* True if an interface of this type leads to another switch or is a NIC. */
bool iov_type_leads_away(const char *type);

/* True if there are not only guests behind the port, and no VF reaches what
 * is there. */
bool iov_port_leads_away(const struct iov_port *);

const struct iov_bridge *iov_snapshot_find_bridge(const struct iov_snapshot *,
                                                  const char *name);
/* Looks in all bridges; '*bridgep' is its bridge. */
const struct iov_port *iov_snapshot_find_port(const struct iov_snapshot *,
                                              const char *name,
                                              const struct iov_bridge **);

#endif /* policy/model/snapshot.h */
