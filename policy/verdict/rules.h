/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_VERDICT_RULES_H
#define IOV_POLICY_VERDICT_RULES_H 1

/* What a NIC with a flow table could decide of the packets of a port.
 *
 * No e-switch class has rules yet, so that nobody programs the list: it is for
 * showing.  It is made for a NIC that can match on every field and has every
 * action, on which the port, all others that ask for offload, and the uplinks
 * have their place. */

#include <stdbool.h>
#include <stddef.h>

struct iov_rule_list;
struct iov_verdict;
struct iov_verdicts;

/* Makes '*rules', to be cleared by the caller, the list for packets that come
 * in by the port of 'v', one of 'all'.  It is empty, and all packets go to
 * software, if a reason of those that iov_verdict_rules_stop() tells speaks
 * against every rule. */
void iov_verdict_rules(const struct iov_verdicts *all,
                       const struct iov_verdict *v, struct iov_rule_list *);

/* Returns true if reason number 'i' of 'v' is of the bridge or of the port as
 * a whole, so that no packet may pass by the switch. */
bool iov_verdict_rules_stop(const struct iov_verdict *v, size_t i);

#endif /* policy/verdict/rules.h */
