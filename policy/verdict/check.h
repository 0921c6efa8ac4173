/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_VERDICT_CHECK_H
#define IOV_POLICY_VERDICT_CHECK_H 1

/* What the checks share; nobody but verdict.c and check-*.c includes this.
 *
 * A check is a function check_NAME() for a row of check.def.  It looks at the
 * port in its context and adds a reason for each obstacle it finds. */

#include "openvswitch/compiler.h"
#include "policy/verdict/verdict.h"

struct iov_owners;
struct svec;

enum iov_effort {
    IOV_EFFORT_LOOK,            /* Only what is known already. */
    IOV_EFFORT_BRIEF,           /* At most some milliseconds. */
    IOV_EFFORT_FULL
};

/* Of many objects at fault a check names so many, and counts the others. */
#define CHECK_MAX_NAMED 10

struct iov_check {
    const struct iov_snapshot *snapshot;
    const struct iov_bridge *bridge;
    const struct iov_port *port;

    const struct iov_owners *owners;    /* Of MAC addresses. */

    /* Uplinks of the bridge, and those PFs behind them that may be used. */
    const struct iov_port **uplinks;
    size_t n_uplinks;
    uint32_t *uplink_ofports;   /* Of those that have one. */
    size_t n_uplink_ofports;
    const struct iov_port **ways;       /* Other ways out, if there are PFs. */
    size_t n_ways;
    const struct iov_pf **pfs;
    size_t n_pfs;

    /* Verdict under way; what is found goes to 'reasons'. */
    struct iov_verdict *verdict;
    enum iov_check_id current;
    struct iov_reasons *reasons;

    /* For the one check that can take long. */
    enum iov_effort effort;
    const struct iov_verdict *old;      /* The port's of before, or null. */
};

#define CHECK(NAME, QUESTION) void check_##NAME(struct iov_check *);
#include "policy/verdict/check.def"
#undef CHECK

/* Adds a reason.  'object' may be null. */
void check_fail(struct iov_check *, enum iov_reason_id, const char *object,
                const char *detail, ...) OVS_PRINTF_FORMAT(4, 5);

/* Marks the reasons from 'first' on as found by the check under way. */
void check_take_found(struct iov_check *, size_t first);

/* Fills in uplinks, PFs and other ways out of the context, which the caller
 * frees. */
void check_find_uplinks(struct iov_check *);

/* Finds which ports have which MAC address.  To be freed before the
 * snapshot. */
struct iov_owners *check_find_owners(const struct iov_snapshot *);
void check_free_owners(struct iov_owners *);

/* Tells the analysis of the bridge's flows which ports others reach by the
 * PF, before any of them is checked. */
void check_see_peers(const struct iov_check *);

/* Appends those reasons of 'src' that check 'id' has found. */
void check_copy_reasons(struct iov_reasons *dst,
                        const struct iov_reasons *src, enum iov_check_id id);

/* Returns the OpenFlow port numbers of the bridge's uplinks, '*n' of them, to
 * be freed. */
uint32_t *check_find_uplink_ofports(const struct iov_bridge *, size_t *n);

/* Returns true if what 'c->verdict' says of the flows can be wrong by now. */
bool check_flows_are_outdated(const struct iov_check *);

/* True if 'vlans', which are text, have 'vlan'. */
bool check_has_vlan(const struct svec *vlans, int vlan);

/* VLAN of the port in the tables of switch and NIC: its tag, or 0. */
uint16_t iov_port_vlan(const struct iov_port *);

#endif /* policy/verdict/check.h */
