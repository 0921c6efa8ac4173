/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Rules of the flow table: what "tc" asked for, in the form in which frames
 * are held against it.
 */

#ifndef NIC_TABLE_H
#define NIC_TABLE_H 1

#include <net/flow_dissector.h>
#include "nic.h"

#define IOV_MAX_ACTIONS 24

/* All that this NIC can match on.  nic-key.def lists the members. */
struct iov_key {
    struct flow_dissector_key_control control;
    struct flow_dissector_key_basic basic;
    struct flow_dissector_key_eth_addrs eth;
    struct flow_dissector_key_vlan vlan;
    struct flow_dissector_key_vlan cvlan;
    struct flow_dissector_key_ipv4_addrs ipv4;
    struct flow_dissector_key_ipv6_addrs ipv6;
    struct flow_dissector_key_ip ip;
    struct flow_dissector_key_ports ports;
    struct flow_dissector_key_icmp icmp;
    struct flow_dissector_key_tcp tcp;
    struct flow_dissector_key_arp arp;
} __aligned(sizeof(long));

#define IOV_KEY_LONGS (sizeof(struct iov_key) / sizeof(long))

struct iov_match {
    struct iov_key key;         /* Zero where the mask is. */
    struct iov_key mask;
    u16 first, end;             /* The longs that the mask is in. */
};

struct iov_action {
    enum flow_action_id id;
    union {
        struct iov_port *out;
        struct {
            u16 tci;
            __be16 proto;
        } vlan;
        struct {
            enum flow_action_mangle_base base;
            u32 offset, mask, val;
        } mangle;
        u32 chain;
        struct iov_meter *meter;
    };
};

struct iov_rule {
    struct list_head node;      /* In port->rules. */
    struct hlist_node hash;     /* In table.by_cookie. */
    struct rcu_head rcu;
    struct iov_port *port;
    unsigned long cookie;
    u32 chain, prio;
    struct iov_match match;
    u8 n_actions;
    struct iov_action actions[IOV_MAX_ACTIONS];

    /* Counters: of the table, as last read out, and as last handed over. */
    struct iov_count live;
    u64 used;
    u64 snap_packets, snap_bytes, snap_dropped, snap_used;
    u64 told_packets, told_bytes, told_dropped;
    unsigned long snap_at;
};

/* nic-key.c. */
void iov_key_init(void);
int iov_match_parse(struct iov_match *, const struct flow_rule *,
                    struct netlink_ext_ack *);
void iov_key_of(struct iov_key *, struct sk_buff *);
bool iov_match_fits(const struct iov_match *, const struct iov_key *);

/* nic-action.c. */
int iov_actions_parse(struct iov_rule *, const struct flow_rule *,
                      struct netlink_ext_ack *);
void iov_actions_release(struct iov_rule *);
int iov_police_check(const struct flow_action_entry *, bool last,
                     struct netlink_ext_ack *);

/* nic-act.c. */
int iov_act_register(struct iov_nic *);
void iov_act_unregister(struct iov_nic *);

/* nic-rewrite.c. */
bool iov_rewrite(struct sk_buff *, const struct iov_action *);

/* nic-table.c. */
void iov_table_init(struct iov_table *);
void iov_table_flush(struct iov_nic *);
struct iov_rule *iov_table_lookup(struct iov_port *, u32 chain,
                                  const struct iov_key *);
int iov_setup_tc(struct net_device *, enum tc_setup_type, void *);

#endif /* nic-table.h */
