/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_DUMMY_FLOW_DUMMY_FLOW_H
#define IOV_OFFLOAD_DUMMY_FLOW_DUMMY_FLOW_H 1

/* The pieces of the e-switch class "dummy-flow": the flow tables of dummy NICs
 * (table.c), the file in which they survive the daemon (store.c), the class
 * (dummy-flow.c) and the commands that script it (script.c).
 *
 * What is in the "NIC" is in a file and survives the daemon; what the "driver"
 * knows (what was read, refusals) dies with it. */

#include <stddef.h>

#include "offload/flow-table.h"
#include "openvswitch/shash.h"

struct dummy_flow_table {
    char *pf;                   /* Network device of the PF. */
    size_t size;                /* Rules that fit in. */
    struct iov_nic_rules in_nic;
    struct iov_nic_rules seen;  /* As last read or acknowledged. */
    struct shash refusals;      /* "struct dummy_refusal"s by FIELD,
                                 * FIELD/mask, an action or "any". */
};

/* By network device of the PF.  A dummy PF without one is no PF of this
 * class. */
extern struct shash dummy_flow_tables;

struct dummy_flow_table *dummy_flow_find(const char *pf);
struct dummy_flow_table *dummy_flow_add(const char *pf, size_t size);
void dummy_flow_remove(struct dummy_flow_table *);
/* Carries out 'change'.  Returns 0 or a positive errno, and words, to be
 * freed, in '*text'. */
int dummy_flow_do(const struct iov_rule_change *, char **text);
void dummy_flow_caps(const struct dummy_flow_table *, struct iov_rule_caps *);
/* Sends a packet that comes from 'in' through the table and counts it.
 * Returns the rule that takes it, or null: it goes to software. */
const struct iov_nic_rule *dummy_flow_packet(struct dummy_flow_table *,
                                             uint32_t in,
                                             const struct iov_rule_key *);
/* Takes the rule out of the NIC, as if somebody else had done it.  Returns
 * false if it is not there. */
bool dummy_flow_lose(struct dummy_flow_table *, uint32_t in, uint64_t cookie);
/* Takes out what cannot be in a NIC: tables of PFs and rules of VFs that have
 * gone.  Returns true if there was any. */
bool dummy_flow_prune(void);

/* The file. */
void dummy_flow_load(void);
void dummy_flow_save(void);

void dummy_flow_script_init(void);

#endif /* offload/dummy-flow/dummy-flow.h */
