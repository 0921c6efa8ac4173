/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_FLOW_TABLE_H
#define IOV_OFFLOAD_FLOW_TABLE_H 1

/* The flow table of an e-switch: the part of a class (eswitch.h) that has one.
 *
 * A packet that no rule takes goes to software.  So nothing is there to be
 * feared from a table that has been emptied, and nothing to be done when a
 * rule is refused but to keep out, or make one to software, what it should
 * have preceded (policy/compile/rule-list.h).
 *
 * The same rules for callbacks as in eswitch.h. */

#include <stddef.h>

#include "policy/model/rule-change.h"

struct iov_eswitch;

/* Rules sorted by 'in', the highest precedence first. */
struct iov_nic_rules {
    struct iov_nic_rule *list;
    size_t n, allocated;
};

struct iov_flow_table_class {
    /* Fills in what the table can do, as far as was found out by asking. */
    void (*caps)(const struct iov_eswitch *, struct iov_rule_caps *);

    /* Begins 'change' and takes it over.  It follows by next_change(), with
     * its result, after any time, also if the PF has gone meanwhile (ENODEV).
     * Changes of one PF are carried out in the order in which they began. */
    void (*change)(const struct iov_eswitch *, struct iov_rule_change *);

    /* Returns the next finished change on any PF, or null.  run() and wait()
     * of the e-switch class are for changes, too. */
    struct iov_rule_change *(*next_change)(void);

    /* The rules as last read and acknowledged since.  They hold until the next
     * callback.  Before the first READ of this daemon none are known, whatever
     * is in the NIC. */
    const struct iov_nic_rules *(*rules)(const struct iov_eswitch *);
};

#endif /* offload/flow-table.h */
