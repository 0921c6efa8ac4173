/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_COMPILE_WAY_H
#define IOV_POLICY_COMPILE_WAY_H 1

/* What a bridge's tables do with the packets of a port, as an ordered list:
 * the first way that has a packet says what becomes of it.
 *
 * iov_ways_find() walks the tables and writes down one way for each end that
 * packets come to.  Where the walk cannot tell exactly which packets those
 * are, the way is to software and has more packets than needed. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/compile/rule-list.h"

struct iov_flow_table;

enum iov_fate {
    IOV_FATE_SOFTWARE,          /* Something that is left to the switch. */
    IOV_FATE_DROP,              /* Dropped, and nothing else. */
    IOV_FATE_NORMAL,            /* One NORMAL, and nothing else. */
    IOV_FATE_OUTPUT             /* One output to 'port', as it is. */
};

enum iov_way_tag {
    IOV_TAG_ANY, IOV_TAG_NO, IOV_TAG_YES
};

struct iov_way {
    struct iov_rule_match match;        /* Without "vlan_tpid": see 'tag'. */
    enum iov_way_tag tag;
    enum iov_fate fate;
    uint32_t port;              /* OUTPUT. */
    enum iov_rule_why why;      /* SOFTWARE. */
    const char *detail;         /* What is at fault, or null; static. */
    struct iov_candidate at;    /* The last flow; null: none. */
    struct iov_candidate *trail;        /* All flows, the first first. */
    size_t n_trail;
};

struct iov_ways {
    struct iov_way *list;
    size_t n, allocated;
};

/* Finds the ways of packets that come in by OpenFlow port 'ofport'.  Packets
 * that no way has go to software. */
void iov_ways_find(const struct iov_flow_table *, uint32_t ofport,
                   struct iov_ways *);
void iov_ways_clear(struct iov_ways *);

/* Makes 'way' one to software, unless it is. */
void iov_way_to_software(struct iov_way *, enum iov_rule_why,
                         const char *detail);

#endif /* policy/compile/way.h */
