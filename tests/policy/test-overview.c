/* SPDX-License-Identifier: Apache-2.0 */

/* Holds the overview of flow tables against walks through them.
 *
 *     test-overview SEED N
 *
 * Makes up N tables.  What a walk finds has to be in the overview of the same
 * packets; that names more, but not more than twice as much.
 *
 * The tables are ones that can be followed to the end, while
 * the overview is for those that cannot; it knows no difference. */

#include <config.h>

#include "policy/reach/overview.h"

#include <stdlib.h>

#include "openvswitch/match.h"
#include "packets.h"
#include "policy/flow/table.h"
#include "policy/reach/packet-set.h"
#include "policy/reach/reach.h"
#include "policy/reach/sink.h"
#include "random.h"
#include "svec.h"
#include "test-verdict.h"
#include "tests/policy/sample-bridge.h"
#include "util.h"

static const uint32_t uplinks[] = { UPLINK };
static const struct iov_reach_port port = {
    VM1, ETH_ADDR_C(52, 54, 00, 00, 00, 01), 0, uplinks, 1
};
static struct iov_flow_table *table;

/* Follows packets of class number 'class', or takes an overview of them. */
static void
find_culprits(size_t class, bool overview, struct iov_findings *findings)
{
    struct iov_class c = iov_class_from_number(class);
    struct match packets[IOV_CLASS_MATCHES];
    size_t n = iov_class_get_packets(&c, &port, packets);

    for (size_t i = 0; i < n; i++) {
        struct iov_culprit_sink sink = {
            .findings = findings, .port = &port, .class = class
        };
        struct iov_walk_order order = {
            .table = table, .packets = &packets[i],
            .sink = &sink.up,
        };

        sink.order = &order;
        iov_culprit_sink_init(&sink);
        if (overview) {
            iov_overview(&order);
        } else {
            iov_walk(&order);
        }
    }
}

/* The overview knows no limits, and may put the blame for a second NORMAL,
 * which two flows do together, on the other one. */
static bool
is_in_overview(const struct iov_culprit *c)
{
    return (c->reason != IOV_REASON_OPENFLOW_TOO_COMPLEX
            && (c->reason != IOV_REASON_OPENFLOW_ACTIONS || c->step));
}

/* Stops the program if a walk finds a culprit that is not in the overview. */
static void
compare(const struct iov_findings *walk, const struct iov_findings *overview,
        unsigned int number)
{
    const struct iov_culprit *c;

    HMAP_FOR_EACH (c, node, &walk->culprits) {
        if (is_in_overview(c) && !iov_culprit_find(&overview->culprits, c)) {
            printf("table %u: %s of table=%d priority=%d is missing\n", number,
                   iov_reason_class(c->reason)->slug, c->table_id,
                   c->at.flow ? c->at.flow->priority : -1);
            exit(EXIT_FAILURE);
        }
    }
}

static void
make_up_flows(void)
{
    struct svec flows = SVEC_EMPTY_INITIALIZER;

    random_table(&flows);
    iov_flow_table_clear(table);
    for (size_t i = 0; i < flows.n; i++) {
        sample_add_flow(table, NULL, flows.names[i]);
    }
    svec_destroy(&flows);
}

int
main(int argc, char *argv[])
{
    size_t n_found = 0, n_named = 0;

    set_program_name(argv[0]);
    if (argc != 3) {
        ovs_fatal(0, "usage: %s SEED N", program_name);
    }
    random_set_seed(atoi(argv[1]));
    table = iov_flow_table_create();
    for (unsigned int i = 0; i < atoi(argv[2]); i++) {
        make_up_flows();
        for (size_t class = 0; class < iov_n_classes(&port); class++) {
            struct iov_findings walk, overview;

            iov_findings_init(&walk);
            iov_findings_init(&overview);
            find_culprits(class, false, &walk);
            find_culprits(class, true, &overview);
            compare(&walk, &overview, i);
            n_found += hmap_count(&walk.culprits);
            n_named += hmap_count(&overview.culprits);
            iov_findings_destroy(&walk);
            iov_findings_destroy(&overview);
        }
    }
    printf("%s\n", n_found > n_named / 2 ? "most are found by a walk, too"
           : "too many are named");
    iov_flow_table_destroy(table);
    return 0;
}
