/* SPDX-License-Identifier: Apache-2.0 */

/* "dummy": NICs that exist in memory only.  The tutorial for providers.
 *
 * A provider is a struct iov_provider_class (see the end of this file) with a
 * row in provider.c.  What it has to get right, in the order of a day:
 *
 *   - init() opens what it needs.  Here: the file in which the NICs were left
 *     by the daemon before.
 *   - changed() is a number that grows whenever fill() would tell something
 *     else.  The main loop compares it, nobody registers a callback.
 *   - fill() copies what is known of the PFs and VFs.  It never asks the NIC:
 *     it tells what was read last, and what was acknowledged since.
 *   - start() takes an operation over.  It may be done at once or later; it
 *     must be answered by exactly one result, even if the PF disappears.
 *   - next_result() hands the results out, oldest first.
 *   - run() does what has become due, wait() says when to come back.
 *
 * 'shown' and 'set' are two things.  A driver may acknowledge a value and not
 * set it; only READ_BACK finds out. */

#include <config.h>

#include "offload/dummy/dummy.h"

#include <errno.h>
#include <string.h>

#include "offload/provider.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "packets.h"
#include "util.h"

struct shash dummy_pfs = SHASH_INITIALIZER(&dummy_pfs);

/* An operation on its way, or done. */
struct pending {
    struct ovs_list node;
    struct iov_op *op;
    long long int due;          /* When it is to be done. */
};

static struct ovs_list queue = OVS_LIST_INITIALIZER(&queue);
static struct ovs_list results = OVS_LIST_INITIALIZER(&results);
static struct ovs_list guest_results = OVS_LIST_INITIALIZER(&guest_results);
static uint64_t change_seq = 1;
static long long int last_now;

/* PFs. */

struct dummy_pf *
dummy_pf_find(const char *netdev)
{
    return shash_find_data(&dummy_pfs, netdev);
}

static unsigned int
free_number(void)
{
    unsigned int number = 0;
    struct shash_node *node;

  again:
    SHASH_FOR_EACH (node, &dummy_pfs) {
        const struct dummy_pf *pf = node->data;

        if (pf->number == number) {
            number++;
            goto again;
        }
    }
    return number;
}

struct dummy_pf *
dummy_pf_add(const char *netdev, unsigned int total_vfs)
{
    struct dummy_pf *pf = xzalloc(sizeof *pf);

    pf->netdev = xstrdup(netdev);
    pf->number = free_number();
    pf->mac = (struct eth_addr) ETH_ADDR_C(02,d0,00,00,00,00);
    pf->mac.ea[4] = pf->number;
    pf->up = true;
    pf->mtu = 1500;
    pf->total_vfs = total_vfs;
    pf->mac_table = 128;
    shash_init(&pf->refusals);
    shash_init(&pf->values);
    ds_init(&pf->log);
    shash_add(&dummy_pfs, netdev, pf);
    return pf;
}

void
dummy_pf_remove(struct dummy_pf *pf)
{
    shash_find_and_delete(&dummy_pfs, pf->netdev);
    dummy_pf_set_num_vfs(pf, 0);
    dummy_accept(&pf->refusals, NULL);
    shash_destroy(&pf->refusals);
    dummy_accept(&pf->values, NULL);
    shash_destroy(&pf->values);
    ds_destroy(&pf->log);
    free(pf->macs);
    free(pf->netdev);
    free(pf);
}

/* A new VF is as most drivers make it.  It has no PCI command. */
static const struct iov_vf_settings new_vf = {
    .known = IOV_VF_ALL & ~(IOV_VF_BIT(IOV_VF_DMA)
                            | IOV_VF_BIT(IOV_VF_RSS_QUERY)
                            | IOV_VF_BIT(IOV_VF_VECTORS)),
    .vlan_proto = 0x8100,
    .spoofchk = true,
};

void
dummy_pf_set_num_vfs(struct dummy_pf *pf, unsigned int n)
{
    for (unsigned int i = n; i < pf->n_vfs; i++) {
        free(pf->vfs[i].host_use);
        free(pf->vfs[i].guest);
    }
    pf->vfs = xrealloc(pf->vfs, MAX(n, 1) * sizeof *pf->vfs);
    for (unsigned int i = pf->n_vfs; i < n; i++) {
        pf->vfs[i] = (struct dummy_vf) { .set = new_vf, .shown = new_vf };
    }
    pf->n_vfs = n;
    if (!n) {
        free(pf->vfs);
        pf->vfs = NULL;
    }
}

/* Returns false if 'mac' was there, or was not there, respectively. */
bool
dummy_pf_set_mac(struct dummy_pf *pf, struct eth_addr mac, bool add)
{
    size_t i = 0;

    while (i < pf->n_macs && !eth_addr_equals(pf->macs[i], mac)) {
        i++;
    }
    if (add == (i < pf->n_macs)) {
        return false;
    } else if (add) {
        pf->macs = xrealloc(pf->macs, (pf->n_macs + 1) * sizeof *pf->macs);
        pf->macs[pf->n_macs++] = mac;
    } else {
        pf->macs[i] = pf->macs[--pf->n_macs];
    }
    return true;
}

/* Like a real one's, with 8 functions for each device number. */
char *
dummy_vf_pci(const struct dummy_pf *pf, unsigned int vf)
{
    return xasprintf("0000:d%x:%02x.%u", pf->number & 0xf, vf / 8, vf % 8);
}

/* The inverse of dummy_vf_pci().  Every turn of the daemon asks for every VF,
 * so that no strings are compared. */
struct dummy_vf *
dummy_vf_find(const char *pci)
{
    unsigned int number, device, function;
    struct shash_node *node;
    int n = -1;

    if (!ovs_scan(pci, "0000:d%1x:%2x.%u%n", &number, &device, &function, &n)
        || pci[n] || function > 7) {
        return NULL;
    }

    unsigned int index = device * 8 + function;

    SHASH_FOR_EACH (node, &dummy_pfs) {
        struct dummy_pf *pf = node->data;

        if ((pf->number & 0xf) == number && index < pf->n_vfs) {
            return &pf->vfs[index];
        }
    }
    return NULL;
}

/* Doing operations. */

static int
do_vf_set(struct dummy_pf *pf, struct dummy_vf *vf, const struct iov_op *op)
{
    iov_vf_attr_copy(&vf->shown, &op->set, op->attr);
    if (!(pf->ignore & IOV_VF_BIT(op->attr))) {
        iov_vf_attr_copy(&vf->set, &op->set, op->attr);
    }
    return 0;
}

static int
do_set_num_vfs(struct dummy_pf *pf, unsigned int n)
{
    if (n > pf->total_vfs) {
        return ERANGE;
    }
    /* The kernel creates all of them anew. */
    dummy_pf_set_num_vfs(pf, 0);
    dummy_pf_set_num_vfs(pf, n);
    return 0;
}

static int
do_pf_op(struct dummy_pf *pf, const struct iov_op *op, char **text)
{
    switch ((int) op->type) {
    case IOV_OP_PF_MAC_ADD:
        if (pf->n_macs >= pf->mac_table) {
            *text = xasprintf("all %u places are taken", pf->mac_table);
            return ENOSPC;
        }
        dummy_pf_set_mac(pf, op->mac, true);
        return 0;

    case IOV_OP_PF_MAC_DEL:
        dummy_pf_set_mac(pf, op->mac, false);
        return 0;

    case IOV_OP_SET_NUM_VFS:
        return do_set_num_vfs(pf, op->num_vfs);

    case IOV_OP_READ_BACK:
        for (unsigned int i = 0; i < pf->n_vfs; i++) {
            pf->vfs[i].shown = pf->vfs[i].set;
        }
        return 0;

    default:
        return EOPNOTSUPP;
    }
}

/* The refusal of 'op', or of the value that it sets, or null. */
static const struct dummy_refusal *
find_refusal(const struct dummy_pf *pf, const struct iov_op *op)
{
    const struct dummy_refusal *r = NULL;

    if (op->type == IOV_OP_VF_SET) {
        struct ds value = DS_EMPTY_INITIALIZER;

        iov_vf_attr_format(&value, &op->set, op->attr);
        r = shash_find_data(&pf->values, ds_cstr(&value));
        ds_destroy(&value);
    }
    return r ? r : dummy_refusal_find(&pf->refusals, op);
}

/* Does 'op' now, except for writing the file.  Returns 0 or a positive errno,
 * and words in '*text'. */
static int
execute(const struct iov_op *op, char **text)
{
    struct dummy_pf *pf = dummy_pf_find(op->pf);

    if (!pf) {
        return ENODEV;
    }
    iov_op_format(&pf->log, op);
    ds_put_char(&pf->log, '\n');

    bool is_vf_op = (op->type == IOV_OP_VF_SET
                     || op->type == IOV_OP_GUEST_ATTACH
                     || op->type == IOV_OP_GUEST_ACTIVATE
                     || op->type == IOV_OP_GUEST_DETACH);

    if (is_vf_op && op->vf >= pf->n_vfs) {
        return ENODEV;
    }

    struct dummy_vf *vf = is_vf_op ? &pf->vfs[op->vf] : NULL;
    const struct dummy_refusal *r = find_refusal(pf, op);

    if (r) {
        *text = nullable_xstrdup(r->text);
        if (op->type == IOV_OP_VF_SET && r->error == EOPNOTSUPP) {
            vf->cannot |= IOV_VF_BIT(op->attr);
            change_seq++;
        }
        return r->error;
    }

    int error = (op->type == IOV_OP_VF_SET ? do_vf_set(pf, vf, op)
                 : is_vf_op ? dummy_guest_do(op, vf, text)
                 : do_pf_op(pf, op, text));
    change_seq++;
    return error;
}

static bool
is_guest_op(const struct iov_op *op)
{
    return (op->type == IOV_OP_GUEST_ATTACH
            || op->type == IOV_OP_GUEST_ACTIVATE
            || op->type == IOV_OP_GUEST_DETACH);
}

static void
finish(struct pending *p)
{
    struct ovs_list *list = is_guest_op(p->op) ? &guest_results : &results;
    char *text = NULL;
    int error = execute(p->op, &text);
    struct iov_result *result = iov_result_create(p->op, error, text);

    result->requests = 1;
    ovs_list_push_back(list, &result->node);
    free(text);
    free(p);
}

void
dummy_start(struct iov_op *op)
{
    struct pending *p = xzalloc(sizeof *p);
    const struct dummy_pf *pf = dummy_pf_find(op->pf);

    p->op = op;
    p->due = last_now + (pf ? pf->delay : 0);
    ovs_list_push_back(&queue, &p->node);
}

/* Operations of one PF are never done in another order than they began, even
 * if its delay has been shortened meanwhile. */
static bool
is_blocked(const struct pending *p)
{
    const struct pending *q;

    LIST_FOR_EACH (q, node, &queue) {
        if (q == p) {
            return false;
        } else if (!strcmp(q->op->pf, p->op->pf)) {
            return true;
        }
    }
    return false;
}

/* The file is written once for all that is done in a run, because it holds
 * every VF.  No result has been handed out before that. */
static void
dummy_run(long long int now)
{
    uint64_t before = change_seq;
    struct pending *p;

    last_now = now;
    LIST_FOR_EACH_SAFE (p, node, &queue) {
        if (p->due <= now && !is_blocked(p)) {
            ovs_list_remove(&p->node);
            finish(p);
        }
    }
    if (change_seq != before) {
        dummy_store_save();
    }
}

static void
dummy_wait(long long int now OVS_UNUSED)
{
    struct pending *p;

    if (!ovs_list_is_empty(&results) || !ovs_list_is_empty(&guest_results)) {
        poll_immediate_wake();
    }
    LIST_FOR_EACH (p, node, &queue) {
        poll_timer_wait_until(p->due);
    }
}

static struct iov_result *
dummy_next_result(void)
{
    return iov_result_pop(&results);
}

struct iov_result *
dummy_guest_next_result(void)
{
    return iov_result_pop(&guest_results);
}

/* What is known. */

uint64_t
dummy_changed(void)
{
    return change_seq;
}

void
dummy_touch(void)
{
    change_seq++;
    dummy_store_save();
}

static void
fill_vf(struct iov_vf *vf, const struct dummy_pf *dpf, unsigned int i)
{
    const struct dummy_vf *dvf = &dpf->vfs[i];

    vf->pci = dummy_vf_pci(dpf, i);
    vf->driver = xstrdup("dummyvf");
    vf->netdev = dvf->guest ? NULL : xasprintf("%sv%u", dpf->netdev, i);
    vf->now = dvf->shown;
    vf->cannot = dvf->cannot;
    /* If it has a record, it is in use by us; the journal knows. */
    vf->busy = dvf->guest != NULL;
    vf->dma_held = !vf->now.dma;
    vf->host_use = nullable_xstrdup(dvf->host_use);
    vf->only_up = dvf->host_use && !strcmp(dvf->host_use, DUMMY_UP);
}

static void
fill_pf(struct iov_pf *pf, const struct dummy_pf *dpf)
{
    *pf = (struct iov_pf) {
        .provider = xstrdup("dummy"),
        .simulated = true,
        .netdev = xstrdup(dpf->netdev),
        .driver = xstrdup("dummy"),
        .description = xstrdup("dummy NIC"),
        .ids = dpf->ids,
        .mac = dpf->mac,
        .up = dpf->up,
        .no_carrier = dpf->no_carrier,
        .mtu = dpf->mtu,
        .total_vfs = dpf->total_vfs,
        .original_vfs = -1,
    };
    iov_pf_set_n_vfs(pf, dpf->n_vfs);
    for (unsigned int i = 0; i < dpf->n_vfs; i++) {
        fill_vf(&pf->vfs[i], dpf, i);
    }
    for (size_t i = 0; i < dpf->n_macs; i++) {
        iov_pf_add_mac(pf, dpf->macs[i], false);
    }
}

static void
dummy_fill(struct iov_nics *nics)
{
    size_t n = shash_count(&dummy_pfs);
    struct shash_node *node;

    if (!n) {
        return;
    }
    nics->pfs = xrealloc(nics->pfs, (nics->n_pfs + n) * sizeof *nics->pfs);
    SHASH_FOR_EACH (node, &dummy_pfs) {
        fill_pf(&nics->pfs[nics->n_pfs++], node->data);
    }
}

/* The life of the provider. */

static char *
dummy_init(void)
{
    dummy_store_load();
    dummy_script_init();
    return NULL;
}

static void
dummy_exit(void)
{
    struct shash_node *node;
    struct pending *p;
    struct iov_result *r;

    LIST_FOR_EACH_POP (p, node, &queue) {
        iov_op_destroy(p->op);
        free(p);
    }
    while ((r = dummy_next_result()) || (r = dummy_guest_next_result())) {
        iov_result_destroy(r);
    }
    SHASH_FOR_EACH_SAFE (node, &dummy_pfs) {
        dummy_pf_remove(node->data);
    }
    dummy_guest_clear();
}

static bool
dummy_count(const struct iov_pf *pf, unsigned int vf, uint64_t *sent,
            uint64_t *heard)
{
    const struct dummy_pf *dummy = dummy_pf_find(pf->netdev);

    if (!dummy || !dummy->counts || vf >= dummy->n_vfs) {
        return false;
    }
    *sent = dummy->vfs[vf].sent;
    *heard = dummy->vfs[vf].heard;
    return true;
}

const struct iov_provider_class iov_provider_dummy = {
    .name = "dummy",
    .init = dummy_init,
    .exit = dummy_exit,
    .run = dummy_run,
    .wait = dummy_wait,
    .changed = dummy_changed,
    .fill = dummy_fill,
    .start = dummy_start,
    .next_result = dummy_next_result,
    .count = dummy_count,
};
