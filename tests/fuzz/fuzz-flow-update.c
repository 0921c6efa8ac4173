/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: what a flow monitor sends, from the bytes to the verdict.
 *
 * The first byte chooses the version of OpenFlow, the rest are the entries of
 * a message.  They are decoded, put into a flow table, judged for a port, and
 * taken out again, after which the table has to be empty.
 *
 * Taking out decodes a second time, so that a match which does not find itself
 * again is noticed. */

#include <config.h>

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "policy/flow/table.h"
#include "policy/reach/reach.h"
#include "util.h"
#include "vswitchd-ext/ovs/flow-update.h"

#ifdef FUZZ_BY_CLANG
unsigned long long int fuzz_n_accepted;
#endif

static void
apply(struct iov_flow_table *table, const struct flow_update *fu, bool add)
{
    if (fu->event > OFPFME_MODIFIED) {
        /* No flow. */
    } else if (fu->bad_match) {
        iov_flow_table_set_opaque(table, ofperr_get_name(fu->bad_match));
    } else if (!add) {
        iov_flow_table_remove(table, fu->table_id, fu->priority, &fu->match);
    } else {
        fuzz_n_accepted += fu->event != OFPFME_REMOVED;
        flow_update_apply(fu, table);
    }
}

static void
apply_all(struct iov_flow_table *table, const uint8_t *data, size_t size,
          bool add)
{
    enum ofp_version version = OFP13_VERSION + data[0] % 3;
    uint8_t *copy = xmalloc(size);
    struct ofpbuf msg;
    struct flow_update fu;
    struct ofpbuf ofpacts;

    memcpy(copy, data + 1, size - 1);
    ofpbuf_use_const(&msg, copy, size - 1);
    ofpbuf_init(&ofpacts, 0);
    while (!flow_update_pull(&fu, &msg, version, &ofpacts)) {
        apply(table, &fu, add);
    }
    ofpbuf_uninit(&ofpacts);
    free(copy);
}

static void
evaluate(struct iov_flow_table *table)
{
    static const uint32_t uplink = 2;
    struct iov_reasons reasons = IOV_REASONS_INITIALIZER;
    struct iov_reach *reach = iov_reach_create(table);
    struct iov_reach_port port = {
        .ofport = 1,
        .mac = ETH_ADDR_C(52,54,00,00,00,01),
        .uplinks = &uplink,
        .n_uplinks = 1,
    };
    size_t n = iov_reach_check(reach, &port, &reasons, 10);

    ovs_assert(n >= reasons.n && reasons.n <= 10);
    iov_reasons_clear(&reasons);
    iov_reach_destroy(reach);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size) {
        struct iov_flow_table *table = iov_flow_table_create();

        apply_all(table, data, size, true);
        evaluate(table);
        apply_all(table, data, size, false);
        ovs_assert(!iov_flow_table_count(table));
        iov_flow_table_destroy(table);
    }
    return 0;
}
