/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_VERDICT_WHAT_IF_INTERNAL_H
#define IOV_POLICY_VERDICT_WHAT_IF_INTERNAL_H 1

/* What the parts of an imagination share. */

#include <stddef.h>

#include "openvswitch/list.h"
#include "policy/model/snapshot.h"

struct iov_verdicts;

struct iov_what_if {
    struct iov_snapshot *snapshot;
    struct iov_bridge *bridge;
    struct iov_port *port;      /* Or null: asked about the bridge. */
    struct iov_verdicts *before, *after;

    struct ovs_list undo;       /* Flows as they were, the last change
                                 * first. */

    /* Settings as they were, and what was allocated for new ones. */
    struct iov_bridge saved_bridge;
    struct iov_port *saved_ports;
    void **allocated;
    size_t n_allocated, allocated_allocated;
    struct iov_mirror *mirrors; /* New ones, or null. */
    size_t first_new_mirror;
};

void iov_what_if_undo_flows(struct iov_what_if *);
void iov_what_if_save_settings(struct iov_what_if *);
void iov_what_if_undo_settings(struct iov_what_if *);

#endif /* policy/verdict/what-if-internal.h */
