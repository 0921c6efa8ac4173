/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: what ovs-vswitchd says on a flow monitor's connection, message
 * by message.
 *
 * The first byte chooses the version of OpenFlow.  Then each message has its
 * type, which transaction number it gets (0: none, 1: that of the question for
 * tables, 2: of the table being read, 3: of the count, 4: of the barrier), two
 * bytes of length, and a body of that length.
 *
 * Nobody may believe that the flows are known before the tables were told.
 *
 * There is no connection.  The two functions of it that the flow monitor uses
 * here are defined below and win over the library's. */

#include <config.h>

#include "fuzz.h"

#include <string.h>

#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/rconn.h"
#include "packets.h"
#include "policy/flow/table.h"
#include "policy/reach/reach.h"
#include "util.h"
#include "vswitchd-ext/ovs/flow-monitor-internal.h"

#ifdef FUZZ_BY_CLANG
unsigned long long int fuzz_n_accepted;
#endif

#define MAX_MESSAGES 50

static enum ofp_version version;

int
rconn_send(struct rconn *rconn OVS_UNUSED, struct ofpbuf *msg,
           struct rconn_packet_counter *counter OVS_UNUSED)
{
    ofpbuf_delete(msg);
    return 0;
}

int
rconn_get_version(const struct rconn *rconn OVS_UNUSED)
{
    return version;
}

static ovs_be32
choose_xid(const struct iov_flow_monitor *fm, uint8_t which)
{
    const ovs_be32 xids[] = {
        0, fm->tables_xid, fm->dump_xid, fm->count_xid, fm->barrier_xid
    };
    return xids[which % ARRAY_SIZE(xids)];
}

/* Takes a message off 'in'.  Returns null at the end. */
static struct ofpbuf *
take_message(struct ofpbuf *in, const struct iov_flow_monitor *fm)
{
    const uint8_t *head = ofpbuf_try_pull(in, 4);
    if (!head) {
        return NULL;
    }

    uint16_t size = MIN(head[2] << 8 | head[3], in->size);
    struct ofpbuf *msg = ofpbuf_new(sizeof(struct ofp_header) + size);
    ofpbuf_put(msg, &(struct ofp_header) {
        .version = version,
        .type = head[0],
        .length = htons(sizeof(struct ofp_header) + size),
        .xid = choose_xid(fm, head[1]),
    }, sizeof(struct ofp_header));
    ofpbuf_put(msg, ofpbuf_pull(in, size), size);
    return msg;
}

static bool
tells_tables(const struct iov_flow_monitor *fm, const struct ofp_header *oh)
{
    enum ofptype type;
    return (fm->phase == DUMPING && oh->xid == fm->tables_xid
            && !ofptype_decode(&type, oh)
            && type == OFPTYPE_TABLE_STATS_REPLY);
}

static void
converse(struct iov_flow_monitor *fm, struct ofpbuf *in)
{
    bool told = false;

    flow_monitor_start_dump(fm);
    fm->barrier_xid = htonl(0x12345678);
    for (int i = 0; i < MAX_MESSAGES; i++) {
        struct ofpbuf *msg = take_message(in, fm);
        if (!msg) {
            break;
        }
        if (fm->unchecked && !fm->paused) {
            fm->count_xid = htonl(0x87654321);
        }
        told = told || tells_tables(fm, msg->data);
        flow_monitor_handle(fm, msg->data);
        ovs_assert(told || fm->phase != LIVE);
        ofpbuf_delete(msg);
    }
    fuzz_n_accepted += fm->phase == LIVE && !fm->resync;
}

static void
evaluate(const struct iov_flow_monitor *fm)
{
    static const uint32_t uplink = 2;
    struct iov_reasons reasons = IOV_REASONS_INITIALIZER;
    struct iov_reach_port port = {
        .ofport = 1,
        .mac = ETH_ADDR_C(52,54,00,00,00,01),
        .uplinks = &uplink,
        .n_uplinks = 1,
    };

    iov_reach_check(fm->reach, &port, &reasons, 10);
    iov_reasons_clear(&reasons);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size) {
        struct ofpbuf in = ofpbuf_const_initializer(data + 1, size - 1);
        char bridge[] = "fuzz";
        struct iov_flow_monitor fm = {
            .bridge = bridge,
            .table = iov_flow_table_create(),
            .overtaken = iov_flow_table_create(),
        };

        version = OFP13_VERSION + data[0] % 3;
        fm.reach = iov_reach_create(fm.table);
        converse(&fm, &in);
        evaluate(&fm);
        iov_reach_destroy(fm.reach);
        iov_flow_table_destroy(fm.overtaken);
        iov_flow_table_destroy(fm.table);
    }
    return 0;
}
