/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_STATUS_H
#define IOV_EXT_STATUS_H 1

/* Where every port is, for whoever shows it: plain data.
 *
 * control/report.c makes it at the end of each turn of the loop,
 * ovs/db-publish.c publishes it and the commands print it, always together
 * with the snapshot and the verdicts that it came from. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/uuid.h"
#include "policy/model/port-state.h"
#include "policy/model/reason.h"

struct iov_port_status {
    char *name;                 /* Interface. */
    struct uuid uuid;           /* Interface row. */
    char *bridge;
    enum iov_port_state state;
    long long int since;        /* Wall clock, ms, of entering 'state'. */
    char *pf;                   /* PF and VF it is on, or null. */
    unsigned int vf;
    char *vf_pci;               /* Or null. */
    bool vf_in_use;             /* It is not just kept fenced for a guest that
                                 * never gives it back. */
    bool active_known;          /* Whether the guest uses the VF, */
    bool active;                /* if that is known. */
    struct iov_reasons reasons; /* Dated. */
};

struct iov_bridge_status {
    char *name;
    struct uuid uuid;
    struct iov_reasons obstacles; /* Why no virtual machine can be on a VF of
                                   * the bridge; empty: it can. */
    unsigned int vfs;           /* Enabled on its PFs. */
    unsigned int vfs_in_use;
};

struct iov_status {
    struct iov_bridge_status *bridges;   /* iov-enabled ones, by name. */
    size_t n_bridges;
    struct iov_port_status *ports;       /* Of all bridges, in the snapshot's
                                          * order. */
    size_t n_ports;
    bool settled;               /* No operation under way or left to do. */
};

#endif /* vswitchd-ext/status.h */
