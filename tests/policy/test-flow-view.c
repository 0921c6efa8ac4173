/* SPDX-License-Identifier: Apache-2.0 */

/* Holds the answers of a table of flows against what is found by looking at
 * all of its flows one by one.
 *
 *     test-flow-view SEED N
 *
 * Makes N random changes, and asks about random packets after each.
 *
 * Masks and values are few, so that many flows are equal in what is asked for,
 * which is where an index can go wrong. */

#include <config.h>

#include "policy/flow/index.h"

#include <stdlib.h>
#include <string.h>

#include "bitmap.h"
#include "flow.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "policy/flow/table.h"
#include "random.h"
#include "util.h"

#define MAX_FLOWS 600
#define N_QUESTIONS 4

static struct iov_flow_table *table;

static int
pick(int n)
{
    return random_uint32() % n;
}

/* Makes those 'fields' known of which it has the bits, to few values. */
static void
random_match(struct match *m, int fields, int values)
{
    match_init_catchall(m);
    if (fields & 1) {
        match_set_in_port(m, u16_to_ofp(1 + pick(values)));
    }
    if (fields & 2) {
        match_set_reg(m, 3, pick(values));
    }
    if (fields & 4) {
        struct eth_addr mac = ETH_ADDR_C(52,54,00,00,00,00);
        mac.ea[5] = pick(values);
        match_set_dl_dst(m, mac);
    }
    if (fields & 8) {
        match_set_dl_tci(m, htons(VLAN_CFI | pick(values)));
    }
    if (fields & 16) {
        match_set_dl_type(m, htons(ETH_TYPE_IP));
        match_set_nw_dst(m, htonl(0x0a000000 + pick(values)));
    }
    if (fields & 32) {
        match_set_metadata(m, htonll(pick(values)));
    }
}

/* Puts a flow in that drops, does what NORMAL does, or does neither. */
static void
put_flow(const struct match *m)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    switch (pick(8)) {
    case 0: case 1:
        ofpact_put_OUTPUT(&ofpacts)->port = OFPP_NORMAL;
        break;
    case 2:
        ofpact_put_CONJUNCTION(&ofpacts)->n_clauses = 2;
        break;
    default:
        break;
    }
    iov_flow_table_put(table, &(struct iov_flow_spec) {
        .priority = pick(4), .match = m,
        .ofpacts = ofpacts.data, .ofpacts_len = ofpacts.size,
    });
    ofpbuf_uninit(&ofpacts);
}

static void
change_flows(void)
{
    static const int masks[] = { 0, 1, 3, 5, 7, 13, 17, 21, 35, 4, 20, 63 };
    struct match m;

    random_match(&m, masks[pick(ARRAY_SIZE(masks))], pick(2) ? 3 : 40);
    if (pick(MAX_FLOWS) < iov_flow_table_count(table)) {
        iov_flow_table_remove(table, 0, pick(4), &m);
    } else {
        put_flow(&m);
    }
}

/* The truth. */
struct truth {
    const struct iov_cube *cube;
    bool all;
    const struct iov_candidates *found;
    size_t n;
    int best, conj;             /* Priorities of flows that cover 'cube'. */
};

static void
look_at(const struct iov_candidate *c, void *truth_)
{
    struct truth *t = truth_;
    const struct iov_acts *acts = c->flow->acts;
    size_t i;

    if (iov_flow_covers(c, t->cube)) {
        int *max = acts->conjunction ? &t->conj : &t->best;
        *max = MAX(*max, c->flow->priority);
    }
    if (acts->conjunction || (acts->plain && !t->all)
        || !iov_flow_meets(c, t->cube)) {
        return;
    }
    t->n++;
    for (i = 0; i < t->found->n; i++) {
        if (t->found->list[i].flow == c->flow) {
            break;
        }
    }
    if (i >= t->found->n) {
        ovs_fatal(0, "a flow was not found");
    }
}

/* Finds candidates in pieces, as long as it takes. */
static void
find_candidates(struct iov_table *t, const struct iov_cube *cube,
                bool all, struct iov_candidates *cs)
{
    struct iov_allowance allowance;

    cs->allowance = &allowance;
    do {
        cs->n = 0;
        allowance = (struct iov_allowance) { .n_flows = 50 };
        iov_table_candidates(t, iov_flow_table_words(table), cube, all, cs);
    } while (allowance.exhausted);
    cs->allowance = NULL;
}

static void
ask(struct iov_table *t, bool all)
{
    struct iov_candidates cs = { .n = 0 };
    struct iov_cube cube;
    struct match m;

    random_match(&m, pick(64), pick(2) ? 3 : 40);
    iov_cube_init(&cube, iov_flow_table_words(table), &m);
    find_candidates(t, &cube, all, &cs);

    struct truth truth = {
        .cube = &cube, .all = all, .found = &cs, .best = -1, .conj = -1
    };
    iov_table_for_each(t, look_at, &truth);
    if (truth.n != cs.n) {
        ovs_fatal(0, "%"PRIuSIZE" flows were found instead of %"PRIuSIZE,
                  cs.n, truth.n);
    }
    if (iov_table_covers(t, &cube, NULL, false) != (truth.best >= 0)) {
        ovs_fatal(0, "packets are %scovered", truth.best >= 0 ? "not " : "");
    }
    for (size_t i = 0; i < cs.n; i++) {
        /* A flow of the same match in the way only makes it say less. */
        if (iov_table_covers(t, &cube, &cs.list[i], false)
            && truth.best <= cs.list[i].flow->priority) {
            ovs_fatal(0, "packets are covered by a flow of lower priority");
        } else if (!iov_table_covers(t, &cube, &cs.list[i], false)
                   && truth.best > cs.list[i].flow->priority
                   && truth.conj < 0) {
            ovs_fatal(0, "packets are not covered by a higher flow");
        }
    }
    free(cs.list);
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    if (argc != 3) {
        ovs_fatal(0, "usage: test-flow-view SEED N");
    }
    random_set_seed(strtoul(argv[1], NULL, 10));
    table = iov_flow_table_create();
    for (int n = atoi(argv[2]); n > 0; n--) {
        if (!pick(5000)) {
            iov_flow_table_clear(table);
        }
        change_flows();
        struct iov_table *t = iov_flow_table_get(table, 0);
        for (int i = 0; t && i < N_QUESTIONS; i++) {
            ask(t, i % 2);
        }
    }
    iov_flow_table_destroy(table);
    return 0;
}
