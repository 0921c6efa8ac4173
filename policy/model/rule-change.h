/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_RULE_CHANGE_H
#define IOV_POLICY_MODEL_RULE_CHANGE_H 1

/* A rule in the flow table of a NIC, and a change of such a table: plain data.
 *
 * Whoever wants a change creates it, offload/ carries it out, fills in the
 * result and hands it back.
 *
 * As text (iov_nic_rule_format()):
 *
 *     vf 0 precedence 100 cookie 0x1 eth_type=0x0800,ip_proto=6 drop
 *     wire precedence 7 cookie 0x2 any software */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/list.h"
#include "policy/model/rule.h"

struct ds;

/* 'in' of rules for packets that come by the wire. */
#define IOV_RULE_WIRE UINT32_MAX

struct iov_nic_rule {
    uint32_t in;                /* Number of the VF by which the packets come,
                                 * or IOV_RULE_WIRE. */
    uint32_t precedence;        /* Among the rules for packets from 'in' that
                                 * take a packet, the highest decides. */
    uint64_t cookie;            /* Names the rule among those for 'in'. */
    struct iov_rule rule;
    uint64_t packets;           /* That it has taken, as last read. */
};

enum iov_rule_change_type {
    IOV_RULE_ADD,               /* Puts 'rule' in. */
    IOV_RULE_DEL,               /* Takes out the one with 'in' and 'cookie'. */
    IOV_RULE_FLUSH,             /* Takes out all for 'in': its packets go to
                                 * software. */
    IOV_RULE_READ               /* Reads all rules back. */
};

struct iov_rule_change {
    struct ovs_list node;       /* In the list of who has it. */
    enum iov_rule_change_type type;
    char *pf;                   /* Network device of the PF. */
    struct iov_nic_rule rule;   /* Unless READ: as said above. */

    /* What came of it. */
    int error;                  /* 0, or a positive errno: then nothing has
                                 * changed. */
    char *text;                 /* Words of who refused it, or null. */
};

struct iov_rule_change *iov_rule_change_create(enum iov_rule_change_type,
                                               const char *pf);
void iov_rule_change_destroy(struct iov_rule_change *);
/* Fills in the result; copies 'text', which may be null, as text.h lets it
 * pass. */
void iov_rule_change_finish(struct iov_rule_change *, int error,
                            const char *text);
/* Takes the first change from a list of them; null if it is empty. */
struct iov_rule_change *iov_rule_change_pop(struct ovs_list *);
/* "rule-add enp1s0 vf 0 precedence 100 cookie 0x1 any drop" */
void iov_rule_change_format(struct ds *, const struct iov_rule_change *);

void iov_nic_rule_format(struct ds *, const struct iov_nic_rule *);

#endif /* policy/model/rule-change.h */
