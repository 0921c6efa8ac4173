/* SPDX-License-Identifier: Apache-2.0 */

/* "dummy-flow": the e-switch of those dummy NICs that have a flow table.
 *
 * VFs are set as on other dummy NICs, so that all operations go on to the
 * class "dummy".  Changes of the table take as long as operations do. */

#include <config.h>

#include "offload/dummy-flow/dummy-flow.h"

#include <errno.h>

#include "offload/dummy/dummy.h"
#include "offload/eswitch.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "util.h"

struct pending {
    struct ovs_list node;
    struct iov_rule_change *change;
    long long int due;          /* When it is to be carried out. */
};

static struct ovs_list queue = OVS_LIST_INITIALIZER(&queue);
static struct ovs_list finished = OVS_LIST_INITIALIZER(&finished);
static long long int last_now;

/* The flow table. */

static void
flow_caps(const struct iov_eswitch *self, struct iov_rule_caps *caps)
{
    const struct dummy_flow_table *table = dummy_flow_find(self->pf.netdev);

    if (table) {
        dummy_flow_caps(table, caps);
    } else {
        *caps = (struct iov_rule_caps) { .max_rules = 0 };
    }
}

static void
flow_change(const struct iov_eswitch *self, struct iov_rule_change *change)
{
    const struct dummy_pf *pf = dummy_pf_find(self->pf.netdev);
    struct pending *p = xmalloc(sizeof *p);

    p->change = change;
    p->due = last_now + (pf ? pf->delay : 0);
    ovs_list_push_back(&queue, &p->node);
}

static struct iov_rule_change *
flow_next_change(void)
{
    return iov_rule_change_pop(&finished);
}

static const struct iov_nic_rules *
flow_rules(const struct iov_eswitch *self)
{
    static const struct iov_nic_rules none = { .n = 0 };
    const struct dummy_flow_table *table = dummy_flow_find(self->pf.netdev);

    return table ? &table->seen : &none;
}

static const struct iov_flow_table_class flow_table = {
    .caps = flow_caps,
    .change = flow_change,
    .next_change = flow_next_change,
    .rules = flow_rules,
};

/* The class. */

static void
flow_init(void)
{
    dummy_flow_load();
    dummy_flow_script_init();
}

static void
flow_exit(void)
{
    struct iov_rule_change *change;
    struct shash_node *node;
    struct pending *p;

    LIST_FOR_EACH_POP (p, node, &queue) {
        iov_rule_change_destroy(p->change);
        free(p);
    }
    while ((change = flow_next_change())) {
        iov_rule_change_destroy(change);
    }
    SHASH_FOR_EACH_SAFE (node, &dummy_flow_tables) {
        dummy_flow_remove(node->data);
    }
}

static bool
flow_supports(const struct iov_pf *pf)
{
    return dummy_flow_find(pf->netdev) != NULL;
}

static void
finish(struct pending *p)
{
    char *text = NULL;
    int error = dummy_flow_do(p->change, &text);

    iov_rule_change_finish(p->change, error, text);
    ovs_list_push_back(&finished, &p->change->node);
    free(text);
    free(p);
}

/* In the order in which they began, even if a delay has been shortened
 * meanwhile.  The file is written once for all that is done. */
static void
flow_run(long long int now)
{
    bool any = dummy_flow_prune();

    last_now = now;
    while (!ovs_list_is_empty(&queue)) {
        struct pending *p = CONTAINER_OF(ovs_list_front(&queue),
                                         struct pending, node);

        if (p->due > now) {
            break;
        }
        ovs_list_remove(&p->node);
        finish(p);
        any = true;
    }
    if (any) {
        dummy_flow_save();
    }
}

static void
flow_wait(long long int now OVS_UNUSED)
{
    if (!ovs_list_is_empty(&finished)) {
        poll_immediate_wake();
    }
    if (!ovs_list_is_empty(&queue)) {
        poll_timer_wait_until(CONTAINER_OF(ovs_list_front(&queue),
                                           struct pending, node)->due);
    }
}

static void
flow_start(const struct iov_eswitch *self OVS_UNUSED, struct iov_op *op)
{
    dummy_start(op);
}

const struct iov_eswitch_class iov_eswitch_dummy_flow = {
    .name = "dummy-flow",
    .simulated = true,
    .init = flow_init,
    .exit = flow_exit,
    .supports = flow_supports,
    .run = flow_run,
    .wait = flow_wait,
    .start = flow_start,
    .count = dummy_count,
    .flow_table = &flow_table,
};
