/* SPDX-License-Identifier: Apache-2.0 */

/* "veb": NICs whose embedded switch knows MAC addresses and VLANs, set by the
 * legacy SR-IOV interface of rtnetlink.
 *
 * Capability is found by asking: what a driver answers "not supported" to is
 * remembered for all VFs of the PF.
 *
 * The kernel's acknowledgement counts at once, before anything has been read
 * back, so that the plan goes on without waiting; but a reading that comes
 * later always wins.  This needs all requests to be answered in order, which
 * rtnl.h promises. */

#include <config.h>

#include "offload/eswitch.h"

#include <errno.h>
#include <string.h>

#include "offload/netlink/link-stats.h"
#include "offload/netlink/rtnl-link.h"
#include "offload/netlink/rtnl-vf.h"
#include "offload/netlink/rtnl.h"
#include "offload/nic/nic-inventory.h"
#include "offload/nic/nic-pf.h"
#include "offload/pci/pci.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "packets.h"
#include "util.h"

/* Writing that takes the kernel long, under way: one of both. */
struct job {
    struct ovs_list node;
    struct iov_op *op;
    struct pci_num_vfs *num_vfs;
    struct pci_vectors *vectors;
};

static struct ovs_list jobs = OVS_LIST_INITIALIZER(&jobs);
static struct ovs_list results = OVS_LIST_INITIALIZER(&results);

static void
finish(struct iov_op *op, int error, const char *text, unsigned int requests)
{
    struct iov_result *result = iov_result_create(op, error, text);

    result->requests = requests;
    ovs_list_push_back(&results, &result->node);
}

static struct iov_result *
veb_next_result(void)
{
    return iov_result_pop(&results);
}

/* What an error without words of the kernel usually means. */
static const char *
explain(const struct iov_op *op, int error)
{
    if (error == EPERM) {
        return "the capability CAP_NET_ADMIN is missing, or the driver "
               "refuses";
    } else if (op->type == IOV_OP_PF_MAC_ADD
               && (error == ENOMEM || error == ENOSPC)) {
        return "the address list of the PF is full";
    }
    return NULL;
}

/* Operations that are one request. */

static void
acknowledge_set(struct iov_pf *pf, const struct iov_op *op, int error)
{
    if (!error && op->vf < pf->n_vfs) {
        iov_vf_attr_copy(&pf->vfs[op->vf].now, &op->set, op->attr);
    } else if (error == EOPNOTSUPP) {
        for (unsigned int i = 0; i < pf->n_vfs; i++) {
            pf->vfs[i].cannot |= IOV_VF_BIT(op->attr);
        }
    }
}

static void
remove_mac(struct iov_pf *pf, struct eth_addr mac)
{
    size_t n = 0;

    for (size_t i = 0; i < pf->n_macs; i++) {
        if (!eth_addr_equals(pf->macs[i], mac)) {
            pf->macs[n++] = pf->macs[i];
        }
    }
    pf->n_macs = n;
}

static void
acknowledge(struct nic_pf *pf, const struct iov_op *op,
            const struct rtnl_reply *reply, int error)
{
    switch ((int) op->type) {
    case IOV_OP_VF_SET:
        acknowledge_set(&pf->known, op, error);
        break;
    case IOV_OP_PF_MAC_ADD:
        if (!error) {
            iov_pf_add_mac(&pf->known, op->mac, false);
        }
        break;
    case IOV_OP_PF_MAC_DEL:
        if (!error) {
            remove_mac(&pf->known, op->mac);
        }
        break;
    case IOV_OP_READ_BACK:
        if (!error) {
            nic_pf_take_link(pf, reply);
        }
        break;
    }
    nic_pf_update(pf);
}

static void
reply_cb(void *op_, const struct rtnl_reply *reply)
{
    struct iov_op *op = op_;
    struct nic_pf *pf = nic_pf_find(op->pf);
    int error = reply->error;

    if (op->type == IOV_OP_PF_MAC_DEL && error == ENOENT) {
        /* It is not there, as wanted. */
        error = 0;
    }
    if (pf) {
        acknowledge(pf, op, reply, error);
    }
    finish(op, error, reply->text || !error ? reply->text
           : explain(op, error), 1);
}

static void
request(struct iov_op *op, const struct nic_pf *pf)
{
    union rtnl_request req;

    switch ((int) op->type) {
    case IOV_OP_VF_SET:
        rtnl_vf_encode(&req, pf->ifindex, op->vf, op->attr, &op->set);
        break;
    case IOV_OP_PF_MAC_ADD:
    case IOV_OP_PF_MAC_DEL:
        rtnl_encode_set_mac(&req, pf->ifindex, op->mac,
                            op->type == IOV_OP_PF_MAC_ADD);
        break;
    case IOV_OP_READ_BACK:
        rtnl_encode_get_link(&req, pf->ifindex);
        break;
    default:
        finish(op, EOPNOTSUPP, NULL, 0);
        return;
    }
    rtnl_send(nic_inventory_rtnl(), &req.nlh, reply_cb, op);

    /* Not in the next turn of the loop: the first operation of a fallback
     * should be on its way now. */
    rtnl_run(nic_inventory_rtnl());
}

/* What takes the kernel long. */

static void
start_job(struct iov_op *op, const char *pci, struct nic_pf *pf)
{
    struct job *job = xzalloc(sizeof *job);
    bool num_vfs = op->type == IOV_OP_SET_NUM_VFS;
    int error = (num_vfs
                 ? pci_num_vfs_start(op->pf, op->num_vfs, &job->num_vfs)
                 : pci_vectors_start(pci, op->set.vectors, &job->vectors));

    if (error) {
        free(job);
        finish(op, error, error == EBUSY ? "vfio-pci has the VF"
               : "no process can be started", 0);
    } else {
        job->op = op;
        pf->writing |= num_vfs;
        ovs_list_push_back(&jobs, &job->node);
    }
}

static bool
is_done(struct job *job, int *error, char **text)
{
    return (job->num_vfs ? pci_num_vfs_done(job->num_vfs, error, text)
            : pci_vectors_done(job->vectors, error, text));
}

/* Apart from its operation. */
static void
job_free(struct job *job)
{
    pci_num_vfs_destroy(job->num_vfs);
    pci_vectors_destroy(job->vectors);
    free(job);
}

/* The result must not come before the VFs are seen. */
static void
end_job(const struct job *job, int error)
{
    struct nic_pf *pf = nic_pf_find(job->op->pf);

    if (pf) {
        if (job->num_vfs) {
            pf->writing = false;
        } else {
            acknowledge_set(&pf->known, job->op, error);
        }
        pf->stale = true;
        nic_pfs_refresh(nic_inventory_rtnl());
        rtnl_run(nic_inventory_rtnl());
    }
}

static void
run_jobs(void)
{
    struct job *job;

    LIST_FOR_EACH_SAFE (job, node, &jobs) {
        char *text;
        int error;

        if (is_done(job, &error, &text)) {
            end_job(job, error);
            finish(job->op, error, text, 0);
            free(text);
            ovs_list_remove(&job->node);
            job_free(job);
        }
    }
}

/* These two are not the PF's to set. */

static void
set_dma(struct iov_op *op, struct nic_pf *pf)
{
    const char *pci = pf->known.vfs[op->vf].pci;
    int error = ENODEV;

    if (pci && op->set.dma) {
        pci_release_master(pci);
        error = pci_set_master(pci, true);
    } else if (pci) {
        error = pci_hold_master(pci);
    }

    if (!error) {
        acknowledge_set(&pf->known, op, 0);
        nic_pf_update(pf);
    }
    finish(op, error, error ? "writing its PCI command" : NULL, 0);
}

static void
set_vectors(struct iov_op *op, struct nic_pf *pf)
{
    const char *pci = pf->known.vfs[op->vf].pci;

    if (pci) {
        start_job(op, pci, pf);
    } else {
        finish(op, ENODEV, NULL, 0);
    }
}

static void
veb_start(const struct iov_eswitch *self OVS_UNUSED, struct iov_op *op)
{
    struct nic_pf *pf = nic_pf_find(op->pf);

    if (!pf) {
        finish(op, ENODEV, "the PF has gone", 0);
    } else if (op->type == IOV_OP_VF_SET && op->vf >= pf->known.n_vfs) {
        finish(op, ENODEV, "the VF has gone", 0);
    } else if (op->type == IOV_OP_SET_NUM_VFS) {
        start_job(op, NULL, pf);
    } else if (op->type == IOV_OP_VF_SET && op->attr == IOV_VF_DMA) {
        set_dma(op, pf);
    } else if (op->type == IOV_OP_VF_SET && op->attr == IOV_VF_VECTORS) {
        set_vectors(op, pf);
    } else {
        request(op, pf);
    }
}

/* The life of the class. */

static void
veb_exit(void)
{
    struct iov_result *r;
    struct job *job;

    LIST_FOR_EACH_POP (job, node, &jobs) {
        iov_op_destroy(job->op);
        job_free(job);
    }
    while ((r = veb_next_result())) {
        iov_result_destroy(r);
    }
    link_count_exit();
}

static void
veb_run(long long int now OVS_UNUSED)
{
    run_jobs();
}

static void
veb_wait(long long int now OVS_UNUSED)
{
    struct job *job;

    LIST_FOR_EACH (job, node, &jobs) {
        if (job->num_vfs) {
            pci_num_vfs_wait(job->num_vfs);
        } else {
            pci_vectors_wait(job->vectors);
        }
    }
    if (!ovs_list_is_empty(&results)) {
        poll_immediate_wake();
    }
}

static bool
veb_count(const struct iov_eswitch *self, unsigned int vf, uint64_t *sent,
          uint64_t *heard)
{
    return link_count_vf(self->pf.netdev, self->pf.n_vfs, vf, sent, heard);
}

const struct iov_eswitch_class iov_eswitch_veb = {
    .name = "veb",
    .exit = veb_exit,
    .run = veb_run,
    .wait = veb_wait,
    .start = veb_start,
    .next_result = veb_next_result,
    .count = veb_count,
};
