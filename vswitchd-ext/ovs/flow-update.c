/* SPDX-License-Identifier: Apache-2.0
 *
 * Decoding of what a flow monitor sends.
 *
 * Matches on tunnel options are decoded without the bridge's table of them,
 * which may change at any time without notice: each match then carries where
 * it has put which option (tun_md), and policy/ looks at that.
 *
 * OpenFlow 1.3 numbers the events otherwise than 1.4, and has no event of its
 * own for flows that were there before. */

#include <config.h>

#include "vswitchd-ext/ovs/flow-update.h"

#include <errno.h>
#include <stdio.h>

#include "bitmap.h"
#include "openflow/openflow-1.1.h"
#include "openflow/openflow-1.4.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-match.h"
#include "openvswitch/ofp-monitor.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-protocol.h"
#include "openvswitch/ofp-table.h"
#include "openvswitch/ofpbuf.h"
#include "policy/flow/table.h"
#include "unaligned.h"
#include "util.h"

/* OpenFlow 1.3: struct nx_flow_update_full. */
static enum ofperr
pull_header_of13(struct flow_update *fu, struct ofpbuf *entry)
{
    const struct nx_flow_update_header *nfuh = entry->data;
    switch (ntohs(nfuh->event)) {
    case NXFME_ADDED:
        fu->event = OFPFME_ADDED;
        break;
    case NXFME_DELETED:
        fu->event = OFPFME_REMOVED;
        break;
    case NXFME_MODIFIED:
        fu->event = OFPFME_MODIFIED;
        break;
    case NXFME_ABBREV:
        fu->event = OFPFME_ABBREV;
        return 0;
    default:
        return OFPERR_NXBRC_FM_BAD_EVENT;
    }

    const struct nx_flow_update_full *nfuf
        = ofpbuf_try_pull(entry, sizeof *nfuf);
    if (!nfuf) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    fu->table_id = nfuf->table_id;
    fu->priority = ntohs(nfuf->priority);
    fu->idles = nfuf->idle_timeout != 0;
    fu->cookie = ntohll(get_unaligned_be64(&nfuf->cookie));
    return 0;
}

/* OpenFlow 1.4 and later: struct ofp_flow_update_full. */
static enum ofperr
pull_header_of14(struct flow_update *fu, struct ofpbuf *entry)
{
    const struct ofp_flow_update_header *ofuh = entry->data;
    uint16_t event = ntohs(ofuh->event);
    if (event > OFPFME_RESUMED) {
        return OFPERR_NXBRC_FM_BAD_EVENT;
    }
    fu->event = event;
    if (event > OFPFME_MODIFIED) {
        return 0;
    }

    const struct ofp_flow_update_full *ofuf
        = ofpbuf_try_pull(entry, sizeof *ofuf);
    if (!ofuf) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    fu->table_id = ofuf->table_id;
    fu->priority = ntohs(ofuf->priority);
    fu->idles = ofuf->idle_timeout != 0;
    fu->cookie = ntohll(get_unaligned_be64(&ofuf->cookie));
    return 0;
}

int
flow_update_pull(struct flow_update *fu, struct ofpbuf *msg,
                 enum ofp_version version, struct ofpbuf *ofpacts)
{
    if (!msg->size) {
        return EOF;
    }

    /* Both versions begin with the length and the event. */
    const struct ofp_flow_update_header *header = msg->data;
    if (msg->size < sizeof *header) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    uint16_t length = ntohs(header->length);
    if (length < 8 || length % 8 || length > msg->size) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    struct ofpbuf entry = ofpbuf_const_initializer(msg->data, length);
    ofpbuf_pull(msg, length);

    *fu = (struct flow_update) { .event = OFPFME_ABBREV };
    enum ofperr error = (version >= OFP14_VERSION
                         ? pull_header_of14(fu, &entry)
                         : pull_header_of13(fu, &entry));
    if (error || fu->event > OFPFME_MODIFIED) {
        return error;
    }

    fu->bad_match = ofputil_pull_ofp11_match(&entry, NULL, NULL,
                                             &fu->match, NULL);
    ofpbuf_clear(ofpacts);
    if (!fu->bad_match && fu->event != OFPFME_REMOVED
        && !ofpacts_pull_openflow_instructions(&entry, entry.size, version,
                                               NULL, NULL, ofpacts)) {
        /* A flow without instructions drops, which is not the same as one
         * whose instructions are not understood. */
        static const uint64_t nothing;
        fu->ofpacts = (ofpacts->size ? ofpacts->data
                       : (const struct ofpact *) &nothing);
        fu->ofpacts_len = ofpacts->size;
    }
    return 0;
}

struct ofpbuf *
flow_update_encode_request(enum ofp_version version, uint32_t id,
                           uint8_t table_id, bool initial)
{
    struct ofputil_flow_monitor_request request = {
        .id = id,
        .command = OFPFMC_ADD,
        .flags = ((initial ? OFPFMF_INITIAL : OFPFMF_ADD | OFPFMF_MODIFY)
                  | OFPFMF_REMOVED | OFPFMF_INSTRUCTIONS),
        .out_port = OFPP_NONE,
        .out_group = OFPG_ANY,
        .table_id = table_id,
    };
    match_init_catchall(&request.match);

    struct ofpbuf *msg = ofpbuf_new(0);
    ofputil_append_flow_monitor_request(
        &request, msg, ofputil_protocol_from_ofp_version(version));
    ofpmsg_update_length(msg);
    return msg;
}

/* Open vSwitch's own function forgets the match that OpenFlow 1.4 has in such
 * a message, too. */
struct ofpbuf *
flow_update_encode_cancel(enum ofp_version version, uint32_t id)
{
    if (version < OFP14_VERSION) {
        return ofputil_encode_flow_monitor_cancel(
            id, ofputil_protocol_from_ofp_version(version));
    }

    struct ofpbuf *msg = flow_update_encode_request(version, id, 0xff, true);
    struct ofpbuf body = ofpbuf_const_initializer(msg->data, msg->size);
    ofpraw_pull_assert(&body);
    struct ofp14_flow_monitor_request *request = body.data;
    request->command = OFPFMC_DELETE;
    return msg;
}

struct ofpbuf *
flow_update_encode_count(enum ofp_version version)
{
    struct ofputil_flow_stats_request request = {
        .aggregate = true,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = OFPTT_ALL,
    };
    match_init_catchall(&request.match);
    return ofputil_encode_flow_stats_request(
        &request, ofputil_protocol_from_ofp_version(version));
}

struct ofpbuf *
flow_update_encode_tables(enum ofp_version version)
{
    return ofpraw_alloc(OFPRAW_OFPST_TABLE_REQUEST, version, 0);
}

enum ofperr
flow_update_decode_tables(const struct ofp_header *oh, unsigned long *tables)
{
    struct ofpbuf msg = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofputil_table_stats stats;
    struct ofputil_table_features features;
    int error;

    while (!(error = ofputil_decode_table_stats_reply(&msg, &stats,
                                                      &features))) {
        if (stats.active_count) {
            bitmap_set1(tables, stats.table_id);
        }
    }
    return error == EOF ? 0 : error;
}

void
flow_update_apply(const struct flow_update *fu, struct iov_flow_table *table)
{
    if (fu->event == OFPFME_REMOVED) {
        iov_flow_table_remove(table, fu->table_id, fu->priority, &fu->match);
    } else {
        iov_flow_table_put(table, &(struct iov_flow_spec) {
            .table_id = fu->table_id,
            .priority = fu->priority,
            .match = &fu->match,
            .ofpacts = fu->ofpacts,
            .ofpacts_len = fu->ofpacts_len,
            .cookie = fu->cookie,
            .idles = fu->idles,
        });
    }
}
