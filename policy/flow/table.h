/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_FLOW_TABLE_H
#define IOV_POLICY_FLOW_TABLE_H 1

/* The OpenFlow tables of one bridge, as heard from its flow monitor.
 *
 * vswitchd-ext/flow-monitor feeds it; policy/reach reads it.  It keeps no
 * connection and no clock.  A flow is identified, as in OpenFlow, by table,
 * priority and match.
 *
 * A flow whose actions could not be decoded is kept with 'opaque' set instead
 * of being dropped, because an unknown flow must cost the VF and not go
 * unnoticed. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/match.h"

struct ds;
struct ofpact;
struct ofputil_port_map;

struct iov_flow_table;

struct iov_flow_table *iov_flow_table_create(void);
void iov_flow_table_destroy(struct iov_flow_table *);

/* A flow to be put in; nothing of it is kept. */
struct iov_flow_spec {
    uint8_t table_id;
    uint16_t priority;
    const struct match *match;
    const struct ofpact *ofpacts;   /* Null: not understood (opaque). */
    size_t ofpacts_len;
    uint64_t cookie;
    bool idles;                 /* It has an idle time-out. */
};

/* Adds or replaces a flow. */
void iov_flow_table_put(struct iov_flow_table *, const struct iov_flow_spec *);
/* Removes a flow; absent is no error.  Returns true if it was there. */
bool iov_flow_table_remove(struct iov_flow_table *, uint8_t table_id,
                           uint16_t priority, const struct match *);
/* Something arrived that could not even be matched to a flow: every port is
 * affected until the next iov_flow_table_clear(). */
void iov_flow_table_set_opaque(struct iov_flow_table *, const char *why);
void iov_flow_table_clear(struct iov_flow_table *);
size_t iov_flow_table_count(const struct iov_flow_table *);
/* Changes whenever the flows change. */
uint64_t iov_flow_table_seqno(const struct iov_flow_table *);

#endif /* policy/flow/table.h */
