/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A model of a NIC with SR-IOV and a flow table, on top of the emulated 82576
 * of the lab.  docs/lab-nic.md says what it is for and what it cannot show.
 *
 *     VF netdev      VF netdev       representors (switchdev mode)
 *         |              |              |       |
 *   ------+--------------+--------------+-------+------  nic-port.c, nic-rep.c
 *         |   legacy: VEB, nic-veb.c    |
 *         |   switchdev: flow table, nic-switch.c
 *   ---------------------+-----------------------------
 *                        |
 *        rings of the 82576, nic-wire.c          uplink netdev
 *
 * Form of a frame inside: as the kernel's receive path has it, that is data
 * at the network header, the MAC header before it, the outer VLAN tag in
 * skb->vlan_tci and skb->protocol the type that follows it.
 *
 * Locks, outermost first: device lock of the PF, devlink instance lock, RTNL,
 * nic->table.lock (rules), nic->vf_lock (spin lock: what is set for a VF).
 * Frames take RCU only, with bottom halves disabled.
 */

#ifndef NIC_H
#define NIC_H 1

#include <linux/etherdevice.h>
#include <linux/hashtable.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/workqueue.h>
#include <net/flow_offload.h>

#include "nic-compat.h"

#define NIC_MAX_VFS 7           /* What the 82576 has queues for. */
#define NIC_VENDOR 0x8086
#define NIC_PF_DEVICE 0x10c9
#define NIC_VF_DEVICE 0x10ca
#define NIC_LINK_MBPS 1000
#define NIC_MAX_MTU 9216

#define NIC_PF_UC 16            /* Unicast addresses that the PF can add. */
#define NIC_VF_UC 3             /* The same for a trusted VF. */
#define NIC_MC 30               /* Multicast addresses for each function. */
#define NIC_VF_VIDS 31          /* VLANs for each VF. */

struct iov_nic;

/* A token bucket.  A frame passes while there are tokens and may leave a debt,
 * so that one frame larger than the burst is not stopped for ever. */
struct iov_bucket {
    spinlock_t lock;
    u64 rate;                   /* Units a second; 0 for no limit. */
    u64 burst;
    s64 tokens;
    u64 then_ns;
};

struct iov_count {
    atomic64_t packets;
    atomic64_t bytes;
    atomic64_t dropped;
};

/* What police actions refer to; those of one index share one. */
struct iov_meter {
    struct list_head node;      /* In table.meters. */
    struct rcu_head rcu;
    u32 index;
    u32 refs;
    u32 mtu;
    bool published;             /* It is also an action of its own. */
    struct iov_bucket bytes;
    struct iov_bucket packets;
    struct iov_count live;
    u64 used;
    u64 told_packets, told_bytes, told_dropped;
};

/* Addresses that a function asked for, replaced as a whole. */
struct iov_filter {
    struct rcu_head rcu;
    bool promisc;
    bool allmulti;
    u8 n_uc, n_mc;
    u8 uc[NIC_PF_UC][ETH_ALEN];
    u8 mc[NIC_MC][ETH_ALEN];
};

enum iov_port_kind { IOV_UPLINK, IOV_VF };

/* A port of the switch.  It lives as long as the NIC, so that a rule may point
 * to it; its netdevs come and go. */
struct iov_port {
    struct iov_nic *nic;
    enum iov_port_kind kind;
    int index;                  /* Of the VF; -1 for the uplink. */
    struct net_device __rcu *host;      /* Uplink, or representor. */
    struct net_device __rcu *guest;     /* VF's netdev, NULL for the uplink. */
    struct pci_dev __rcu *pdev;         /* PCI function of the VF. */
    struct iov_count rx, tx;    /* Of the function: PF, or VF. */
    struct iov_count rep_rx, rep_tx;    /* Of the representor. */
    atomic64_t rx_multicast, rx_broadcast;
    struct iov_filter __rcu *filter;
    struct devlink_port dl;
    bool has_dl;
    struct list_head rules;     /* By chain and priority; RCU. */
    struct iov_meter __rcu *police;     /* For all that enters here. */
    unsigned long police_cookie;
    struct iov_count police_count, police_told;
    u64 police_used;

    /* Of a VF, under nic->vf_lock; frames read them without it. */
    u8 mac[ETH_ALEN];
    bool mac_by_admin;
    bool spoofchk;
    bool trusted;
    u16 vlan;                   /* Port VLAN, 0 for none. */
    u8 qos;
    __be16 vlan_proto;
    int link_state;             /* IFLA_VF_LINK_STATE_*. */
    u32 min_rate, max_rate;     /* Mbit/s. */
    struct iov_bucket limit;    /* Bytes, for max_rate. */
    u16 n_vids;
    DECLARE_BITMAP(vids, VLAN_N_VID);
};

struct iov_table {
    struct mutex lock;
    DECLARE_HASHTABLE(by_cookie, 10);
    struct list_head meters;
    int n_rules;
};

struct iov_health {
    struct devlink_health_reporter *reporter;
    struct work_struct work;
    bool gone;                  /* Nothing may be reported any more. */
};

struct iov_nic {
    struct pci_dev *pdev;
    struct iov_port uplink;
    struct iov_port vf[NIC_MAX_VFS];
    int n_vfs;                  /* Under the devlink instance lock. */
    bool switchdev;             /* The same; frames read it. */
    struct netdev_phys_item_id switch_id;
    struct iov_table table;
    spinlock_t vf_lock;
    struct iov_wire *wire;
    struct iov_health health;
};

/* Private data of every netdev of ours. */
struct iov_netdev {
    struct iov_port *port;
};

static inline struct iov_port *
iov_port_of(const struct net_device *dev)
{
    return ((struct iov_netdev *) netdev_priv(dev))->port;
}

/* nic-main.c: parameters. */
extern struct list_head iov_block_cbs;
bool iov_refuses(const char *word);
int iov_table_size(void);
unsigned int iov_stats_delay_ms(void);
void iov_insert_delay(void);
bool iov_mode_needs_no_vfs(void);
bool iov_vfs_need_legacy(void);

/* nic-pci.c. */
extern struct pci_driver iov_pci_driver;
int iov_pci_register(void);
void iov_pci_unregister(void);

/* nic-wire.c. */
int iov_wire_open(struct iov_nic *, struct net_device *);
void iov_wire_close(struct iov_nic *);
void iov_wire_stop(struct iov_nic *);
void iov_wire_start(struct iov_nic *);
void iov_wire_send(struct iov_nic *, struct sk_buff *);
void iov_wire_mac(struct iov_nic *, u8 mac[ETH_ALEN]);

/* nic-port.c: netdevs of PF and VFs. */
extern const struct net_device_ops iov_pf_ops;
int iov_pf_add(struct iov_nic *);
void iov_pf_del(struct iov_nic *);
int iov_vf_add(struct iov_port *, struct pci_dev *);
void iov_vf_del(struct iov_port *);
void iov_netdev_setup(struct net_device *, struct iov_port *,
                      struct device *parent);
void iov_vf_update_carrier(struct iov_port *);
void iov_uplink_carrier(struct iov_nic *, bool up);
struct sk_buff *iov_frame_from_stack(struct sk_buff *, struct net_device *);
void iov_count_frame(struct iov_count *, const struct sk_buff *);
void iov_count_drop(struct iov_count *, const struct sk_buff *);

/* nic-rep.c: representors. */
extern const struct net_device_ops iov_rep_ops;
int iov_reps_add(struct iov_nic *);
void iov_reps_del(struct iov_nic *);
struct iov_port *iov_port_from_netdev(struct net_device *);
int iov_set_features(struct net_device *, netdev_features_t);

/* nic-devlink.c. */
struct iov_nic *iov_devlink_alloc(struct pci_dev *);
int iov_devlink_add_uplink(struct iov_nic *);
int iov_devlink_add_rep(struct iov_port *);
void iov_devlink_del_port(struct iov_port *);
void iov_devlink_bind(struct iov_port *, struct net_device *);
void iov_devlink_bound(struct iov_port *, struct net_device *);
void iov_devlink_unbind(struct iov_port *);
struct devlink_port *iov_devlink_port_of(struct net_device *);

/* nic-health.c: the health reporter. */
int iov_health_add(struct iov_nic *);
void iov_health_stop(struct iov_nic *);
void iov_health_del(struct iov_nic *);

/* nic-vf.c: what the administrator sets for a VF. */
void iov_vf_init(struct iov_nic *, int index);
int iov_vf_set_mac(struct iov_port *, const u8 *mac);
int iov_set_vf_mac(struct net_device *, int vf, u8 *mac);
int iov_set_vf_vlan(struct net_device *, int vf, u16 vlan, u8 qos, __be16);
int iov_set_vf_rate(struct net_device *, int vf, int min, int max);
int iov_set_vf_spoofchk(struct net_device *, int vf, bool);
int iov_set_vf_trust(struct net_device *, int vf, bool);
int iov_set_vf_link_state(struct net_device *, int vf, int state);
int iov_get_vf_config(struct net_device *, int vf, struct ifla_vf_info *);
int iov_get_vf_stats(struct net_device *, int vf, struct ifla_vf_stats *);

/* nic-veb.c: legacy mode.  Takes the frame. */
void iov_veb_input(struct iov_nic *, struct iov_port *from, struct sk_buff *);

/* nic-switch.c: switchdev mode, and delivery in both.  Each takes the
 * frame. */
void iov_switch_input(struct iov_port *from, struct sk_buff *);
bool iov_guest_may(struct iov_port *);
void iov_to_guest(struct iov_port *, struct sk_buff *);
void iov_to_host(struct iov_port *, struct sk_buff *);

/* nic-meter.c. */
void iov_bucket_init(struct iov_bucket *);
void iov_bucket_set(struct iov_bucket *, u64 rate, u64 burst);
bool iov_bucket_take(struct iov_bucket *, u64 amount);
struct iov_meter *iov_meter_get(struct iov_table *,
                                const struct flow_action_entry *);
void iov_meter_put(struct iov_meter *);
int iov_meter_publish(struct iov_table *, const struct flow_action_entry *);
int iov_meter_withdraw(struct iov_table *, u32 index);
int iov_meter_stats(struct iov_table *, u32 index, struct flow_stats *);
bool iov_meter_passes(struct iov_meter *, const struct sk_buff *);

#endif /* nic.h */
