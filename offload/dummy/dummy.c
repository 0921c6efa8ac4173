/* SPDX-License-Identifier: Apache-2.0 */

/* "dummy": the inventory of NICs that exist in memory only.
 *
 * changed() is a number that grows whenever fill() would tell something else:
 * the main loop compares it, nobody registers a callback.  fill() copies what
 * is known of the PFs and VFs.  It never asks the NIC: it tells what was read
 * last, and what was acknowledged since.
 *
 * What is done to the NICs is in dummy-eswitch.c. */

#include <config.h>

#include "offload/dummy/dummy.h"

#include <string.h>

#include "offload/inventory.h"
#include "packets.h"
#include "util.h"

struct shash dummy_pfs = SHASH_INITIALIZER(&dummy_pfs);

static uint64_t change_seq = 1;

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

/* What is known. */

uint64_t
dummy_changed(void)
{
    return change_seq;
}

void
dummy_count_change(void)
{
    change_seq++;
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
    vf->use = (!vf->host_use ? IOV_HOST_USE_NONE
               : !strcmp(vf->host_use, DUMMY_UP) ? IOV_HOST_USE_UP
               : strstr(vf->host_use, "on top") ? IOV_HOST_USE_LENT
               : IOV_HOST_USE_OWN);
}

static void
fill_pf(struct iov_pf *pf, const struct dummy_pf *dpf)
{
    *pf = (struct iov_pf) {
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

/* The life of the inventory. */

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

    SHASH_FOR_EACH_SAFE (node, &dummy_pfs) {
        dummy_pf_remove(node->data);
    }
    dummy_guest_clear();
}

const struct iov_inventory_class iov_inventory_dummy = {
    .name = "dummy",
    .init = dummy_init,
    .exit = dummy_exit,
    .changed = dummy_changed,
    .fill = dummy_fill,
};
