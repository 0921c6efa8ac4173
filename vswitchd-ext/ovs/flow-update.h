/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_OVS_FLOW_UPDATE_H
#define IOV_EXT_OVS_FLOW_UPDATE_H 1

/* One entry of a flow monitor's message, decoded.
 *
 * Open vSwitch's own decoder gives up the rest of a message when it meets one
 * action or field that it does not know.  This one skips by the entry's
 * length. */

#include <stdbool.h>
#include <stdint.h>

#include "openflow/openflow.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-errors.h"

struct iov_flow_table;
struct ofp_header;
struct ofpact;
struct ofpbuf;

struct flow_update {
    enum ofp_flow_update_event event;

    /* With OFPFME_INITIAL, _ADDED, _REMOVED and _MODIFIED. */
    enum ofperr bad_match;      /* If not 0, 'match' is not valid. */
    uint8_t table_id;
    uint16_t priority;
    uint64_t cookie;
    bool idles;                 /* It has an idle time-out. */
    struct match match;
    const struct ofpact *ofpacts; /* Null: not understood, or REMOVED. */
    size_t ofpacts_len;
};

/* Takes the next entry out of 'msg', whose header has been pulled; 'ofpacts'
 * is storage for its actions.  Returns 0, EOF at the end, or an error after
 * which nothing in 'msg' can be trusted. */
int flow_update_pull(struct flow_update *, struct ofpbuf *msg,
                     enum ofp_version, struct ofpbuf *ofpacts);

/* Does to the table what a valid entry about a flow says of it. */
void flow_update_apply(const struct flow_update *, struct iov_flow_table *);

/* A flow monitor with actions, number 'id', of a table or (255) of all: of the
 * flows that are there already and of deletions if 'initial', else of all
 * changes. */
struct ofpbuf *flow_update_encode_request(enum ofp_version, uint32_t id,
                                          uint8_t table_id, bool initial);
/* Ends flow monitor 'id'. */
struct ofpbuf *flow_update_encode_cancel(enum ofp_version, uint32_t id);

/* Asks which tables have flows; the answer sets their bits in 'tables'. */
struct ofpbuf *flow_update_encode_tables(enum ofp_version);
enum ofperr flow_update_decode_tables(const struct ofp_header *,
                                      unsigned long *tables);

/* The number of flows that such a monitor tells of. */
struct ofpbuf *flow_update_encode_count(enum ofp_version);

#endif /* vswitchd-ext/ovs/flow-update.h */
