/* SPDX-License-Identifier: Apache-2.0 */

/* Brings operations to the provider of their PF and results back.
 *
 * What has to be in the journal before an operation begins is written here, so
 * that no provider can forget it. */

#include <config.h>

#include "offload/provider.h"

#include <errno.h>
#include <string.h>

#include "offload/die.h"
#include "offload/guest/libvirt.h"
#include "offload/journal.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "util.h"

/* The table.  "dummy" is last so that init() can leave it out. */
static const struct iov_provider_class *const classes[] = {
    &iov_provider_veb,
    &iov_provider_dummy,
};

static bool works[ARRAY_SIZE(classes)];
static struct ds errors = DS_EMPTY_INITIALIZER;

/* Who filled in a PF, and what the journal has to know of it. */
struct owner {
    const struct iov_provider_class *class;
    struct iov_pf pf;           /* Only 'netdev', 'pci' and 'n_vfs'. */
};
static struct shash owners = SHASH_INITIALIZER(&owners);

/* Results of operations that did not begin. */
static struct ovs_list refusals = OVS_LIST_INITIALIZER(&refusals);

/* PF_MAC_ADDs that are not in the journal yet.  There can be many at once, and
 * each writing of it takes milliseconds. */
static struct iov_op **unnoted;
static size_t n_unnoted, allocated_unnoted;

void
iov_providers_init(bool dummy)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        const struct iov_provider_class *class = classes[i];
        char *error = NULL;

        if (class == &iov_provider_dummy && !dummy) {
            continue;
        }
        if (class->init) {
            error = class->init();
        }
        works[i] = !error;
        if (error) {
            ds_put_format(&errors, "%s%s: %s", errors.length ? "; " : "",
                          class->name, error);
            free(error);
        }
    }
    if (dummy) {
        libvirt_register_dummy();
        iov_die_init();
    }
}

static void
clear_owners(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &owners) {
        struct owner *owner = node->data;

        iov_pf_clear(&owner->pf);
        free(owner);
        shash_delete(&owners, node);
    }
}

void
iov_providers_exit(void)
{
    struct iov_result *result;

    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (works[i] && classes[i]->exit) {
            classes[i]->exit();
        }
        works[i] = false;
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
    clear_owners();
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
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (works[i] && classes[i]->run) {
            classes[i]->run(now);
        }
    }
}

void
iov_providers_wait(long long int now)
{
    if (!ovs_list_is_empty(&refusals) || n_unnoted) {
        poll_immediate_wake();
    }
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (works[i] && classes[i]->wait) {
            classes[i]->wait(now);
        }
    }
}

uint64_t
iov_providers_changed(void)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        sum += works[i] ? classes[i]->changed() : 0;
    }
    return sum;
}

static void
remember_owner(const struct iov_provider_class *class,
               const struct iov_pf *pf)
{
    struct owner *owner = xzalloc(sizeof *owner);

    owner->class = class;
    owner->pf.netdev = xstrdup(pf->netdev);
    owner->pf.pci = nullable_xstrdup(pf->pci);
    iov_pf_set_n_vfs(&owner->pf, pf->n_vfs);
    if (!shash_add_once(&owners, pf->netdev, owner)) {
        iov_pf_clear(&owner->pf);
        free(owner);
    }
}

void
iov_providers_fill(struct iov_nics *nics)
{
    clear_owners();
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        size_t first = nics->n_pfs;

        if (works[i]) {
            classes[i]->fill(nics);
        }
        for (size_t j = first; j < nics->n_pfs; j++) {
            remember_owner(classes[i], &nics->pfs[j]);
        }
    }
    iov_nics_sort(nics);
}

bool
iov_providers_count(const struct iov_pf *pf, unsigned int vf, uint64_t *sent,
                    uint64_t *heard)
{
    const struct owner *owner = shash_find_data(&owners, pf->netdev);

    return owner && owner->class->count(pf, vf, sent, heard);
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
begin(const struct owner *owner, struct iov_op *op, int error)
{
    if (!owner) {
        refuse(op, ENODEV, "the PF has gone");
    } else if (error) {
        refuse(op, error, "the journal cannot be written");
    } else {
        owner->class->start(op);
    }
}

static void
begin_unnoted(void)
{
    struct iov_journal_mac *macs = xcalloc(n_unnoted + 1, sizeof *macs);
    size_t n = 0;

    for (size_t i = 0; i < n_unnoted; i++) {
        const struct owner *owner = shash_find_data(&owners, unnoted[i]->pf);
        if (owner) {
            macs[n++] = (struct iov_journal_mac) { &owner->pf,
                                                   unnoted[i]->mac };
        }
    }

    int *results = xcalloc(n + 1, sizeof *results);

    iov_journal_note_macs(macs, n, results);
    for (size_t i = 0, j = 0; i < n_unnoted; i++) {
        const struct owner *owner = shash_find_data(&owners, unnoted[i]->pf);

        begin(owner, unnoted[i], owner ? results[j++] : 0);
    }
    n_unnoted = 0;
    free(results);
    free(macs);
}

/* A failure here leaves an entry too many, which does no harm. */
static void
note_after(const struct owner *owner, const struct iov_result *result)
{
    const struct iov_op *op = result->op;
    const struct iov_pf *pf = &owner->pf;

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
    const struct owner *owner = shash_find_data(&owners, op->pf);
    int error = 0;

    if (owner) {
        iov_die_hook(op, false);
    }
    if (owner && op->type == IOV_OP_PF_MAC_ADD) {
        if (n_unnoted >= allocated_unnoted) {
            unnoted = x2nrealloc(unnoted, &allocated_unnoted,
                                 sizeof *unnoted);
        }
        unnoted[n_unnoted++] = op;
        return;
    } else if (owner && op->type == IOV_OP_SET_NUM_VFS) {
        error = iov_journal_note_num_vfs(&owner->pf, owner->pf.n_vfs);
    }
    begin(owner, op, error);
}

struct iov_result *
iov_providers_next_result(void)
{
    if (n_unnoted) {
        begin_unnoted();
    }
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        struct iov_result *r = works[i] ? classes[i]->next_result() : NULL;

        if (r) {
            const struct owner *owner = shash_find_data(&owners, r->op->pf);

            if (!r->error) {
                iov_die_hook(r->op, true);
            }
            if (owner) {
                note_after(owner, r);
            }
            return r;
        }
    }
    return iov_result_pop(&refusals);
}
