/* SPDX-License-Identifier: Apache-2.0 */

/* Brings operations to the e-switch of their PF and results back.
 *
 * What has to be in the journal before an operation begins is written here, so
 * that no e-switch class can forget it. */

#include <config.h>

#include "offload/provider.h"

#include <errno.h>
#include <string.h>

#include "offload/die.h"
#include "offload/eswitch.h"
#include "offload/flow-table.h"
#include "offload/guest/libvirt.h"
#include "offload/inventory.h"
#include "offload/journal.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "util.h"

static const struct iov_inventory_class *const inventories[] = {
    &iov_inventory_kernel,
    &iov_inventory_dummy,
};
static bool works[ARRAY_SIZE(inventories)];

static const struct iov_eswitch_class *const classes[] = {
#define ESWITCH(NAME) &iov_eswitch_##NAME,
#include "offload/eswitch.def"
#undef ESWITCH
};

static bool simulate;           /* There may be dummy NICs. */
static struct ds errors = DS_EMPTY_INITIALIZER;

/* "struct iov_eswitch"es by network device. */
static struct shash eswitches = SHASH_INITIALIZER(&eswitches);

/* Results of operations that did not begin. */
static struct ovs_list refusals = OVS_LIST_INITIALIZER(&refusals);

/* Changes of flow tables that did not begin. */
static struct ovs_list refused = OVS_LIST_INITIALIZER(&refused);

/* PF_MAC_ADDs that are not in the journal yet.  There can be many at once, and
 * each writing of it takes milliseconds. */
static struct iov_op **unnoted;
static size_t n_unnoted, allocated_unnoted;

static void
init_inventory(size_t i)
{
    const struct iov_inventory_class *inventory = inventories[i];
    char *error = inventory->init ? inventory->init() : NULL;

    works[i] = !error;
    if (error) {
        ds_put_format(&errors, "%s%s: %s", errors.length ? "; " : "",
                      inventory->name, error);
        free(error);
    }
}

/* The class, or null if it is for dummy NICs and there can be none. */
static const struct iov_eswitch_class *
class_in_use(size_t i)
{
    return classes[i]->simulated && !simulate ? NULL : classes[i];
}

void
iov_providers_init(bool dummy)
{
    simulate = dummy;
    for (size_t i = 0; i < ARRAY_SIZE(inventories); i++) {
        if (inventories[i] != &iov_inventory_dummy || dummy) {
            init_inventory(i);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        const struct iov_eswitch_class *class = class_in_use(i);

        if (class && class->init) {
            class->init();
        }
    }
    if (dummy) {
        libvirt_register_dummy();
        iov_die_init();
    }
}

static void
clear_eswitches(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &eswitches) {
        struct iov_eswitch *eswitch = node->data;

        iov_pf_clear(&eswitch->pf);
        free(eswitch);
        shash_delete(&eswitches, node);
    }
}

/* Inventories close first: what they have still to answer becomes results,
 * which the classes free. */
static void
exit_classes(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(inventories); i++) {
        if (works[i] && inventories[i]->exit) {
            inventories[i]->exit();
        }
        works[i] = false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        const struct iov_eswitch_class *class = class_in_use(i);

        if (class && class->exit) {
            class->exit();
        }
    }
}

void
iov_providers_exit(void)
{
    struct iov_rule_change *change;
    struct iov_result *result;

    exit_classes();
    while ((change = iov_rule_change_pop(&refused))) {
        iov_rule_change_destroy(change);
    }
    while ((result = iov_result_pop(&refusals))) {
        iov_result_destroy(result);
    }
    while (n_unnoted) {
        iov_op_destroy(unnoted[--n_unnoted]);
    }
    free(unnoted);
    unnoted = NULL;
    allocated_unnoted = 0;
    clear_eswitches();
    ds_destroy(&errors);
    ds_init(&errors);
}

const char *
iov_providers_errors(void)
{
    return ds_cstr(&errors);
}

void
iov_providers_run(long long int now)
{
    for (size_t i = 0; i < ARRAY_SIZE(inventories); i++) {
        if (works[i] && inventories[i]->run) {
            inventories[i]->run(now);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        const struct iov_eswitch_class *class = class_in_use(i);

        if (class && class->run) {
            class->run(now);
        }
    }
}

void
iov_providers_wait(long long int now)
{
    if (!ovs_list_is_empty(&refusals) || !ovs_list_is_empty(&refused)
        || n_unnoted) {
        poll_immediate_wake();
    }
    for (size_t i = 0; i < ARRAY_SIZE(inventories); i++) {
        if (works[i] && inventories[i]->wait) {
            inventories[i]->wait(now);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        const struct iov_eswitch_class *class = class_in_use(i);

        if (class && class->wait) {
            class->wait(now);
        }
    }
}

uint64_t
iov_providers_changed(void)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < ARRAY_SIZE(inventories); i++) {
        sum += works[i] ? inventories[i]->changed() : 0;
    }
    return sum;
}

static const struct iov_eswitch_class *
class_for(const struct iov_pf *pf)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        const struct iov_eswitch_class *class = class_in_use(i);

        if (class && class->simulated == pf->simulated
            && (!class->supports || class->supports(pf))) {
            return class;
        }
    }
    OVS_NOT_REACHED();          /* See eswitch.def. */
}

/* Gives 'pf' to its class.  The name of a PF can be there twice, of which the
 * first counts. */
static void
add_eswitch(struct iov_pf *pf)
{
    struct iov_eswitch *eswitch = xzalloc(sizeof *eswitch);

    eswitch->class = class_for(pf);
    eswitch->pf.netdev = xstrdup(pf->netdev);
    eswitch->pf.pci = nullable_xstrdup(pf->pci);
    eswitch->pf.simulated = pf->simulated;
    iov_pf_set_n_vfs(&eswitch->pf, pf->n_vfs);
    pf->eswitch = xstrdup(eswitch->class->name);
    if (!shash_add_once(&eswitches, pf->netdev, eswitch)) {
        iov_pf_clear(&eswitch->pf);
        free(eswitch);
    }
}

void
iov_providers_fill(struct iov_nics *nics)
{
    size_t first = nics->n_pfs;

    clear_eswitches();
    for (size_t i = 0; i < ARRAY_SIZE(inventories); i++) {
        if (works[i]) {
            inventories[i]->fill(nics);
        }
    }
    for (size_t i = first; i < nics->n_pfs; i++) {
        add_eswitch(&nics->pfs[i]);
    }
    iov_nics_sort(nics);
}

const struct iov_eswitch *
iov_providers_eswitch(const char *netdev)
{
    return shash_find_data(&eswitches, netdev);
}

bool
iov_providers_count(const struct iov_pf *pf, unsigned int vf, uint64_t *sent,
                    uint64_t *heard)
{
    const struct iov_eswitch *eswitch = iov_providers_eswitch(pf->netdev);

    return eswitch && eswitch->class->count(eswitch, vf, sent, heard);
}

static void
refuse(struct iov_op *op, int error, const char *text)
{
    struct iov_result *result = iov_result_create(op, error, text);

    ovs_list_push_back(&refusals, &result->node);
}

/* Begins 'op' if 'error', that of noting down what must not be forgotten if
 * 'op' is all that still happens, is 0. */
static void
begin(const struct iov_eswitch *eswitch, struct iov_op *op, int error)
{
    if (!eswitch) {
        refuse(op, ENODEV, "the PF has gone");
    } else if (error) {
        refuse(op, error, "the journal cannot be written");
    } else {
        eswitch->class->start(eswitch, op);
    }
}

static void
begin_unnoted(void)
{
    struct iov_journal_mac *macs = xcalloc(n_unnoted + 1, sizeof *macs);
    size_t n = 0;

    for (size_t i = 0; i < n_unnoted; i++) {
        const struct iov_eswitch *eswitch
            = iov_providers_eswitch(unnoted[i]->pf);

        if (eswitch) {
            macs[n++] = (struct iov_journal_mac) { &eswitch->pf,
                                                   unnoted[i]->mac };
        }
    }

    int *results = xcalloc(n + 1, sizeof *results);

    iov_journal_note_macs(macs, n, results);
    for (size_t i = 0, j = 0; i < n_unnoted; i++) {
        const struct iov_eswitch *eswitch
            = iov_providers_eswitch(unnoted[i]->pf);

        begin(eswitch, unnoted[i], eswitch ? results[j++] : 0);
    }
    n_unnoted = 0;
    free(results);
    free(macs);
}

/* A failure here leaves an entry too many, which does no harm. */
static void
note_after(const struct iov_eswitch *eswitch, const struct iov_result *result)
{
    const struct iov_op *op = result->op;
    const struct iov_pf *pf = &eswitch->pf;

    if ((op->type == IOV_OP_PF_MAC_DEL && !result->error)
        || (op->type == IOV_OP_PF_MAC_ADD && result->error)) {
        iov_journal_forget_mac(pf, op->mac);
    } else if (op->type == IOV_OP_SET_NUM_VFS) {
        int now_there = (!result->error ? (int) op->num_vfs
                         : !pf->n_vfs ? 0 : -1);

        if (now_there == iov_journal_original_vfs(pf)) {
            iov_journal_note_num_vfs(pf, -1);
        }
    }
}

void
iov_providers_start(struct iov_op *op)
{
    const struct iov_eswitch *eswitch = iov_providers_eswitch(op->pf);
    int error = 0;

    if (eswitch) {
        iov_die_hook(op, false);
    }
    if (eswitch && op->type == IOV_OP_PF_MAC_ADD) {
        if (n_unnoted >= allocated_unnoted) {
            unnoted = x2nrealloc(unnoted, &allocated_unnoted,
                                 sizeof *unnoted);
        }
        unnoted[n_unnoted++] = op;
        return;
    } else if (eswitch && op->type == IOV_OP_SET_NUM_VFS) {
        error = iov_journal_note_num_vfs(&eswitch->pf, eswitch->pf.n_vfs);
    }
    begin(eswitch, op, error);
}

static struct iov_result *
next_class_result(void)
{
    struct iov_result *r = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(classes) && !r; i++) {
        const struct iov_eswitch_class *class = class_in_use(i);

        r = class && class->next_result ? class->next_result() : NULL;
    }
    return r;
}

struct iov_result *
iov_providers_next_result(void)
{
    if (n_unnoted) {
        begin_unnoted();
    }

    struct iov_result *r = next_class_result();
    const struct iov_eswitch *eswitch
        = r ? iov_providers_eswitch(r->op->pf) : NULL;

    if (r && !r->error) {
        iov_die_hook(r->op, true);
    }
    if (eswitch) {
        note_after(eswitch, r);
    }
    return r ? r : iov_result_pop(&refusals);
}

/* Flow tables. */

void
iov_providers_change(struct iov_rule_change *change)
{
    const struct iov_eswitch *eswitch = iov_providers_eswitch(change->pf);

    if (eswitch && eswitch->class->flow_table) {
        eswitch->class->flow_table->change(eswitch, change);
    } else {
        iov_rule_change_finish(change, eswitch ? EOPNOTSUPP : ENODEV,
                               eswitch ? "the NIC has no flow table"
                               : "the PF has gone");
        ovs_list_push_back(&refused, &change->node);
    }
}

struct iov_rule_change *
iov_providers_next_change(void)
{
    struct iov_rule_change *change = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(classes) && !change; i++) {
        const struct iov_eswitch_class *class = class_in_use(i);

        change = (class && class->flow_table
                  ? class->flow_table->next_change() : NULL);
    }
    return change ? change : iov_rule_change_pop(&refused);
}
