/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_COMPILE_SHOW_H
#define IOV_POLICY_COMPILE_SHOW_H 1

/* Lists of rules in words. */

#include <stdbool.h>

struct ds;
struct iov_flow_table;
struct iov_listed_rule;
struct iov_rule_list;
struct ofputil_port_map;

/* Appends a line for each rule of 'rules', in order, with why its packets go
 * to software, if they do; and with 'table' the flow it came from, as
 * "ovs-ofctl dump-flows" shows it. */
void iov_rule_list_format(const struct iov_rule_list *,
                          const struct iov_flow_table *table,
                          const struct ofputil_port_map *, struct ds *);

/* Appends the flow that 'rule' came from; nothing if it came from none. */
void iov_listed_rule_format_flow(const struct iov_listed_rule *rule,
                                 const struct iov_flow_table *,
                                 const struct ofputil_port_map *,
                                 struct ds *);

#endif /* policy/compile/show.h */
