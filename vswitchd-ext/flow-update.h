/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_FLOW_UPDATE_H
#define IOV_FLOW_UPDATE_H 1

/* One entry of a flow monitor's message, decoded.
 *
 * The subtle thing: Open vSwitch's own decoder gives up the rest of a message
 * when it meets one action or field that it does not know.  This one skips by
 * the entry's length. */

#include <stdint.h>

#include "openflow/openflow.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-errors.h"

struct ofpact;
struct ofpbuf;

struct flow_update {
    enum ofp_flow_update_event event;

    /* With OFPFME_INITIAL, _ADDED, _REMOVED and _MODIFIED. */
    enum ofperr bad_match;      /* If not 0, 'match' is not valid. */
    uint8_t table_id;
    uint16_t priority;
    uint64_t cookie;
    struct match match;
    const struct ofpact *ofpacts; /* Null: not understood, or REMOVED. */
    size_t ofpacts_len;
};

/* Takes the next entry out of 'msg', whose header has been pulled; 'ofpacts'
 * is storage for its actions.  Returns 0, EOF at the end, or an error after
 * which nothing in 'msg' can be trusted. */
int flow_update_pull(struct flow_update *, struct ofpbuf *msg,
                     enum ofp_version, struct ofpbuf *ofpacts);

/* A flow monitor of everything, with actions. */
struct ofpbuf *flow_update_encode_request(enum ofp_version, uint32_t id);

/* The number of flows that such a monitor tells of. */
struct ofpbuf *flow_update_encode_count(enum ofp_version);

#endif /* vswitchd-ext/flow-update.h */
