/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_COMPILE_COMPILE_H
#define IOV_POLICY_COMPILE_COMPILE_H 1

/* Compiles a bridge's OpenFlow tables into a list of rules for a NIC.
 *
 * The caller's part
 *
 * Describe the bridge: its flow table, its ports, the addresses that the
 * switch has learned, and what the NIC can do.  iov_compile() then makes the
 * list for the packets that come in by one port, a VF's representor or the
 * uplink: see rule-list.h for what to do with it.  It keeps nothing.
 *
 * What a list says
 *
 * A packet that the list drops or forwards is one of which the switch would do
 * just that.  All others go to software, where the switch decides, learns and
 * floods; how many those are costs speed and never policy.
 *
 * NORMAL is forwarded from a learned source to a learned destination, within a
 * VLAN that both ports carry, with the tag that the destination gets.
 *
 * What the caller has to see to: a feature of the bridge that sees packets (a
 * mirror, STP, sFlow...) is none of the tables; it has to be said by
 * 'software' of the ports it concerns. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "policy/compile/rule-list.h"

struct iov_flow_table;

enum iov_compile_vlans {
    IOV_VLANS_ACCESS,           /* Untagged packets are of VLAN 'vlan'. */
    IOV_VLANS_TRUNK,            /* As tagged; untagged ones are of VLAN 0. */
    IOV_VLANS_OTHER             /* Not handled: NORMAL is left to software. */
};

struct iov_compile_port {
    uint32_t ofport;
    enum iov_compile_vlans vlans;
    uint16_t vlan;              /* ACCESS. */
    const unsigned long *trunks;        /* TRUNK: bitmap of 4096; null: all. */
    bool in_nic;                /* A VF's representor, or the uplink. */
    bool software;              /* All from and to it has to pass by
                                 * software. */
};

/* An address that the switch has learned. */
struct iov_compile_station {
    uint16_t vlan;
    struct eth_addr mac;
    uint32_t ofport;
};

struct iov_compile_bridge {
    const struct iov_flow_table *table;
    const struct iov_compile_port *ports;
    size_t n_ports;
    const struct iov_compile_station *stations;
    size_t n_stations;
    const struct iov_rule_caps *caps;
};

/* Makes '*rules', to be cleared by the caller, those of packets that come in
 * by 'ofport', and settles them. */
void iov_compile(const struct iov_compile_bridge *, uint32_t ofport,
                 struct iov_rule_list *rules);

#endif /* policy/compile/compile.h */
