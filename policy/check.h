/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_CHECK_H
#define IOV_POLICY_CHECK_H 1

/* What the checks share; nobody but verdict.c and check-*.c includes this.
 *
 * A check is a function check_NAME() for a row of check.def.  It looks at the
 * port in its context and adds a reason for each obstacle it finds. */

#include "openvswitch/compiler.h"
#include "policy/verdict.h"

struct iov_check {
    const struct iov_snapshot *snapshot;
    const struct iov_bridge *bridge;
    const struct iov_port *port;

    /* Uplinks of the bridge, and those PFs behind them that may be used. */
    const struct iov_port **uplinks;
    size_t n_uplinks;
    const struct iov_pf **pfs;
    size_t n_pfs;

    /* Found so far. */
    enum iov_check_id current;
    struct iov_reasons *reasons;
};

#define CHECK(NAME, QUESTION) void check_##NAME(struct iov_check *);
#include "policy/check.def"
#undef CHECK

/* Adds a reason.  'object' may be null. */
void check_fail(struct iov_check *, enum iov_reason_id, const char *object,
                const char *detail, ...) OVS_PRINTF_FORMAT(4, 5);

/* Tells the analysis of the bridge's flows which ports there are, before any
 * of them is checked. */
void check_see_neighbours(const struct iov_bridge *);

/* VLAN of the port in the tables of switch and NIC: its tag, or 0. */
uint16_t iov_port_vlan(const struct iov_port *);

#endif /* policy/check.h */
