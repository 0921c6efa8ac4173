// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * PCI: the driver of the PF, which has to be given to it by driver_override,
 * and of the PF's VFs, which it claims itself.
 *
 * igbvf knows the VFs by their ids as well.  So each VF of a PF that is ours
 * is given its driver_override as it appears, before any driver is asked.
 */

#include <linux/module.h>
#include <linux/slab.h>
#include <net/devlink.h>
#include "nic-table.h"

static void
init_port(struct iov_nic *nic, struct iov_port *port, enum iov_port_kind kind,
          int index)
{
    port->nic = nic;
    port->kind = kind;
    port->index = index;
    INIT_LIST_HEAD(&port->rules);
    iov_bucket_init(&port->limit);
}

static void
init_nic(struct iov_nic *nic, struct pci_dev *pdev)
{
    int i;

    nic->pdev = pdev;
    spin_lock_init(&nic->vf_lock);
    iov_table_init(&nic->table);
    init_port(nic, &nic->uplink, IOV_UPLINK, -1);
    for (i = 0; i < NIC_MAX_VFS; i++) {
        init_port(nic, &nic->vf[i], IOV_VF, i);
        iov_vf_init(nic, i);
    }
}

/* The switch id is the PF's permanent address. */
static void
make_switch_id(struct iov_nic *nic)
{
    nic->switch_id.id_len = ETH_ALEN;
    iov_wire_mac(nic, nic->switch_id.id);
}

static int
enable_pci(struct pci_dev *pdev)
{
    int error = pci_enable_device_mem(pdev);

    if (error) {
        return error;
    }
    error = pci_request_mem_regions(pdev, KBUILD_MODNAME);
    if (error) {
        pci_disable_device(pdev);
        return error;
    }
    pci_set_master(pdev);
    return dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
}

static void
disable_pci(struct pci_dev *pdev)
{
    pci_clear_master(pdev);
    pci_release_mem_regions(pdev);
    pci_disable_device(pdev);
}

static int
start_pf(struct iov_nic *nic)
{
    struct devlink *devlink = priv_to_devlink(nic);
    int error = iov_devlink_add_uplink(nic);

    if (error) {
        return error;
    }
    error = iov_pf_add(nic);
    if (error) {
        goto del_port;
    }
    error = iov_act_register(nic);
    if (error) {
        goto del_pf;
    }
    error = iov_health_add(nic);
    if (error) {
        goto unregister_act;
    }
    make_switch_id(nic);
    pci_sriov_set_totalvfs(nic->pdev, NIC_MAX_VFS);
    devlink_register(devlink);
    return 0;

unregister_act:
    iov_act_unregister(nic);
del_pf:
    iov_pf_del(nic);
del_port:
    devl_lock(devlink);
    iov_devlink_del_port(&nic->uplink);
    devl_unlock(devlink);
    return error;
}

static int
probe_pf(struct pci_dev *pdev)
{
    struct iov_nic *nic = iov_devlink_alloc(pdev);
    int error;

    if (!nic) {
        return -ENOMEM;
    }
    init_nic(nic, pdev);
    pci_set_drvdata(pdev, nic);
    error = enable_pci(pdev);
    if (!error) {
        error = start_pf(nic);
        if (error) {
            disable_pci(pdev);
        }
    }
    if (error) {
        devlink_free(priv_to_devlink(nic));
    }
    return error;
}

static void
disable_vfs(struct iov_nic *nic)
{
    struct devlink *devlink = priv_to_devlink(nic);

    devl_lock(devlink);
    iov_reps_del(nic);
    nic->n_vfs = 0;
    devl_unlock(devlink);
    pci_disable_sriov(nic->pdev);
}

static void
remove_pf(struct pci_dev *pdev)
{
    struct iov_nic *nic = pci_get_drvdata(pdev);
    struct devlink *devlink = priv_to_devlink(nic);

    iov_health_stop(nic);
    devlink_unregister(devlink);
    iov_health_del(nic);
    iov_act_unregister(nic);
    disable_vfs(nic);
    iov_pf_del(nic);
    devl_lock(devlink);
    iov_devlink_del_port(&nic->uplink);
    devl_unlock(devlink);
    iov_table_flush(nic);
    disable_pci(pdev);
    synchronize_net();
    devlink_free(devlink);
}

static int
enable_vfs(struct iov_nic *nic, int n)
{
    struct devlink *devlink = priv_to_devlink(nic);
    int i, error;

    for (i = 0; i < NIC_MAX_VFS; i++) {
        iov_vf_init(nic, i);
    }
    error = pci_enable_sriov(nic->pdev, n);
    if (error) {
        return error;
    }
    devl_lock(devlink);
    nic->n_vfs = n;
    error = nic->switchdev ? iov_reps_add(nic) : 0;
    devl_unlock(devlink);
    for (i = 0; i < n; i++) {
        iov_vf_update_carrier(&nic->vf[i]);
    }
    if (error) {
        disable_vfs(nic);
    }
    return error ? error : n;
}

/* A write to sriov_numvfs. */
static int
configure_sriov(struct pci_dev *pdev, int n)
{
    struct iov_nic *nic = pci_get_drvdata(pdev);

    if (nic->switchdev && iov_vfs_need_legacy()) {
        pci_err(pdev, "VFs cannot come and go in switchdev mode\n");
        return -EOPNOTSUPP;
    }
    if (n) {
        return enable_vfs(nic, n);
    }
    disable_vfs(nic);
    return 0;
}

/* Returns the port of a VF, or NULL if its PF is not ours. */
static struct iov_port *
port_of_vf(struct pci_dev *pdev)
{
    struct iov_nic *nic = pci_iov_get_pf_drvdata(pdev, &iov_pci_driver);
    int index = pci_iov_vf_id(pdev);

    return IS_ERR(nic) || index < 0 || index >= NIC_MAX_VFS
           ? NULL : &nic->vf[index];
}

static int
probe_vf(struct pci_dev *pdev)
{
    struct iov_port *vf = port_of_vf(pdev);
    int error;

    if (!vf) {
        return -ENODEV;         /* Belongs to igbvf. */
    }
    error = pci_enable_device_mem(pdev);
    if (error) {
        return error;
    }
    pci_set_master(pdev);
    pci_set_drvdata(pdev, vf);
    error = iov_vf_add(vf, pdev);
    if (error) {
        pci_disable_device(pdev);
    }
    return error;
}

static void
remove_vf(struct pci_dev *pdev)
{
    iov_vf_del(pci_get_drvdata(pdev));
    pci_clear_master(pdev);
    pci_disable_device(pdev);
}

static int
probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
    if (pdev->is_virtfn) {
        return probe_vf(pdev);
    }
    return pdev->vendor == NIC_VENDOR && pdev->device == NIC_PF_DEVICE
           ? probe_pf(pdev) : -ENODEV;
}

static void
remove(struct pci_dev *pdev)
{
    if (pdev->is_virtfn) {
        remove_vf(pdev);
    } else {
        remove_pf(pdev);
    }
}

/* A reset of the PF: the NIC forgets its rules, and "tc" does not know. */
static void
reset_prepare(struct pci_dev *pdev)
{
    if (!pdev->is_virtfn) {
        struct iov_nic *nic = pci_get_drvdata(pdev);

        iov_wire_stop(nic);
        iov_table_flush(nic);
    }
}

static void
reset_done(struct pci_dev *pdev)
{
    if (!pdev->is_virtfn) {
        pci_set_master(pdev);
        iov_wire_start(pci_get_drvdata(pdev));
    }
}

static const struct pci_error_handlers error_handlers = {
    .reset_prepare = reset_prepare,
    .reset_done = reset_done,
};

static const struct pci_device_id ids[] = {
    { PCI_DEVICE(NIC_VENDOR, NIC_VF_DEVICE) },
    { }
};

struct pci_driver iov_pci_driver = {
    .name = KBUILD_MODNAME,
    .id_table = ids,
    .probe = probe,
    .remove = remove,
    .sriov_configure = configure_sriov,
    .err_handler = &error_handlers,
};

static int
claim_vf(struct notifier_block *nb, unsigned long action, void *data)
{
    struct pci_dev *pdev = to_pci_dev(data);

    if (action == BUS_NOTIFY_ADD_DEVICE && pdev->is_virtfn
        && pdev->physfn->dev.driver == &iov_pci_driver.driver) {
        nic_override_driver(pdev, KBUILD_MODNAME);
    }
    return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = claim_vf };

int
iov_pci_register(void)
{
    int error = bus_register_notifier(&pci_bus_type, &notifier);

    if (!error) {
        error = pci_register_driver(&iov_pci_driver);
        if (error) {
            bus_unregister_notifier(&pci_bus_type, &notifier);
        }
    }
    return error;
}

void
iov_pci_unregister(void)
{
    pci_unregister_driver(&iov_pci_driver);
    bus_unregister_notifier(&pci_bus_type, &notifier);
}
