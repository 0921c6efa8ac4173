/* SPDX-License-Identifier: Apache-2.0 */

/* The checks of a NIC, N1 to N6.
 *
 * What the kernel has done counts for more than what the hardware says it
 * could do.  VFs that exist had bus numbers and addresses, and the IOMMU
 * groups they are in are the isolation they have; capabilities are asked only
 * to foretell what is not there yet. */

#include <config.h>

#include "policy/ready/ready-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "policy/ready/host.h"
#include "util.h"

/* Lines of the file "resource": 6 BARs, the ROM, then 6 BARs of VFs. */
#define FIRST_VF_BAR 7
#define N_VF_BARS 6

static void
set(struct iov_ready_result *result, enum iov_outcome outcome)
{
    result->outcome = outcome;
}

/* Notes the last line of the log of this kind about the NIC, if there is
 * one. */
static bool
see_line(const struct iov_host *host, const struct iov_host_nic *nic,
         enum iov_host_log kind, struct iov_ready_result *result)
{
    for (size_t i = host->n_log; i > 0; i--) {
        const struct iov_host_line *line = &host->log[i - 1];

        if (line->kind == kind && line->pci && !strcmp(line->pci, nic->pci)) {
            iov_ready_see(result, host->facts[IOV_HOST_LOG].file, line->text);
            return true;
        }
    }
    return false;
}

/* Without SR-IOV, or while that is not known, nothing more can be asked. */
static bool
has_sriov(const struct iov_host_nic *nic, struct iov_ready_result *result)
{
    unsigned int total;

    if (iov_fact_number(&nic->total_vfs, &total)) {
        if (total) {
            return true;
        }
        set(result, IOV_READY_NOT_APPLICABLE);
    } else if (iov_fact_is_absent(&nic->total_vfs)) {
        set(result, IOV_READY_NOT_APPLICABLE);
    }
    iov_ready_see_fact(result, &nic->total_vfs);
    return false;
}

/* N1. */

static void
explain_no_sriov(const struct iov_host *host, const struct iov_host_nic *nic,
                 struct iov_ready_result *result)
{
    const struct iov_host_pci *pci = iov_host_find_pci(host, nic->pci);

    if (!pci || !pci->ext_caps_known) {
        return;
    }
    iov_ready_see(result, pci->file,
                  pci->sriov ? "SR-IOV capability" : "no SR-IOV capability");
    if (pci->sriov) {
        result->detail = xstrdup("The NIC has SR-IOV, but for no VF at all.");
    } else {
        result->detail = xstrdup("The NIC does not have the SR-IOV "
                                 "capability, or its firmware hides it.");
    }
}

static void
check_sriov(const struct iov_host *host, const struct iov_host_nic *nic,
            struct iov_ready_result *result)
{
    unsigned int total;

    iov_ready_see_fact(result, &nic->total_vfs);
    if (iov_fact_is_absent(&nic->total_vfs)
        || (iov_fact_number(&nic->total_vfs, &total) && !total)) {
        set(result, IOV_READY_FAILED);
        explain_no_sriov(host, nic, result);
    } else if (!iov_fact_number(&nic->total_vfs, &total)) {
        return;
    } else if (!nic->driver) {
        set(result, IOV_READY_FAILED);
        result->detail = xstrdup("No driver is bound to the NIC.");
        result->remedy = xasprintf("Load the driver of the NIC; \"lspci -k -s "
                                   "%s\" names it.", nic->pci);
    } else if (!nic->n_vfs
               && see_line(host, nic, IOV_LOG_NO_DRIVER, result)) {
        set(result, IOV_READY_FAILED);
        result->detail = xasprintf("The driver %s refused to create VFs.",
                                   nic->driver);
        result->remedy = xasprintf("Use a driver with SR-IOV; %s has none.",
                                   nic->driver);
    } else {
        set(result, IOV_READY_OK);
    }
}

/* N2. */

/* Notes whether the VFs that exist are alone in their groups.  A group of
 * nobody, as may be seen while devices come and go, proves nothing. */
static void
look_at_groups(const struct iov_host_nic *nic,
               struct iov_ready_result *result)
{
    size_t n_known = 0;

    for (size_t i = 0; i < nic->n_vfs; i++) {
        const struct iov_host_vf *vf = &nic->vfs[i];

        n_known += vf->group >= 0 && vf->group_size == 1;
        if (vf->group >= 0 && vf->group_size > 1) {
            char *file = xasprintf("/sys/kernel/iommu_groups/%d/devices",
                                   vf->group);
            char *value = xasprintf("%u devices, one of them VF %"PRIuSIZE,
                                    vf->group_size, i);

            iov_ready_see(result, file, value);
            set(result, IOV_READY_FAILED);
            free(file);
            free(value);
            return;
        }
    }
    if (n_known == nic->n_vfs) {
        char *value = xasprintf("%"PRIuSIZE" VFs, each alone", n_known);

        iov_ready_see(result, "/sys/kernel/iommu_groups", value);
        set(result, IOV_READY_OK);
        free(value);
    }
}

/* With an IOMMU in use, every VF has a group. */
static bool
has_groups(const struct iov_host *host)
{
    unsigned int n;

    return iov_fact_number(&host->facts[IOV_HOST_GROUPS], &n) && n;
}

/* Notes the first VF of which it is not known whether it is alone. */
static void
see_unknown_group(const struct iov_host_nic *nic,
                  struct iov_ready_result *result)
{
    for (size_t i = 0; i < nic->n_vfs; i++) {
        const struct iov_host_vf *vf = &nic->vfs[i];

        if (vf->group < 0 || vf->group_size != 1) {
            char *file = xasprintf("/sys/bus/pci/devices/%s/iommu_group",
                                   vf->pci);

            iov_ready_see(result, file, vf->group < 0 ? "tells of no group"
                          : "leads to a group that cannot be counted");
            free(file);
            return;
        }
    }
}

/* What 'port' means for the isolation of what is below it. */
static enum iov_outcome
judge_port(const struct iov_host_pci *port, const struct iov_host_pci *nic,
           const char **what)
{
    if (nic && nic->group >= 0 && port->group >= 0) {
        *what = nic->group == port->group ? "in the IOMMU group of the NIC"
                                          : "apart from the NIC's IOMMU group";
        return nic->group == port->group ? IOV_READY_FAILED : IOV_READY_OK;
    } else if (port->acs) {
        *what = "port with ACS";
        return IOV_READY_OK;
    } else if (!port->caps_known || (port->pcie && !port->ext_caps_known)) {
        *what = "could not be read as a whole";
        return IOV_READY_UNKNOWN;
    } else if (port->pcie && port->pcie_type != IOV_PCIE_ROOT_PORT
               && port->pcie_type != IOV_PCIE_DOWNSTREAM) {
        *what = "not a port that has to have ACS";
        return IOV_READY_OK;
    }
    *what = "port without ACS";
    return IOV_READY_FAILED;
}

/* Foretells from the ports above the NIC. */
static void
look_at_ports(const struct iov_host *host, const struct iov_host_nic *nic,
              struct iov_ready_result *result)
{
    const struct iov_host_pci *self = iov_host_find_pci(host, nic->pci);
    enum iov_outcome worst = IOV_READY_NOT_APPLICABLE;

    for (size_t i = 0; i < nic->n_up; i++) {
        const struct iov_host_pci *port = iov_host_find_pci(host, nic->up[i]);
        const char *what = "is not a bridge";
        enum iov_outcome outcome = IOV_READY_UNKNOWN;

        if (port) {
            outcome = judge_port(port, self, &what);
        }
        iov_ready_see(result, port ? port->file : nic->up[i], what);
        worst = MAX(worst, outcome);
        if (outcome == IOV_READY_FAILED && !result->detail) {
            result->detail = xasprintf("The port %s does not keep apart what "
                                       "is below it.", nic->up[i]);
        }
    }
    if (!nic->n_up) {
        iov_ready_see(result, nic->pci, "on the root complex");
        result->detail = xstrdup("No port is above the NIC.");
    }
    set(result, worst);
}

static void
check_path(const struct iov_host *host, const struct iov_host_nic *nic,
           struct iov_ready_result *result)
{
    if (!has_sriov(nic, result)) {
        return;
    }
    if (nic->n_vfs) {
        look_at_groups(nic, result);
    }
    if (result->outcome == IOV_READY_UNKNOWN) {
        look_at_ports(host, nic, result);
        if (nic->n_vfs && has_groups(host)) {
            see_unknown_group(nic, result);
            set(result, MAX(result->outcome, IOV_READY_UNKNOWN));
        }
    }
    if (result->outcome == IOV_READY_FAILED && !result->detail) {
        result->detail = xstrdup("VFs share their IOMMU group with other "
                                 "devices.");
    }
}

/* N3. */

/* Bus number of the last of 'n' VFs, or -1.  '*own' becomes that of the
 * NIC. */
static int
last_bus(const struct iov_host_pci *pci, unsigned int n, int *own)
{
    unsigned int bus, slot, function;

    if (!pci || !pci->sriov || !pci->vf_offset || !n
        || !ovs_scan(pci->address, "%*4x:%2x:%2x.%1x", &bus, &slot,
                     &function)) {
        return -1;
    }
    *own = bus;
    return ((bus << 8) + (slot << 3) + function + pci->vf_offset
            + pci->vf_stride * (n - 1)) >> 8;
}

static void
check_bus(const struct iov_host *host, const struct iov_host_nic *nic,
          struct iov_ready_result *result)
{
    const struct iov_host_pci *pci = iov_host_find_pci(host, nic->pci);
    const struct iov_host_pci *parent = iov_host_parent(host, nic);
    unsigned int n;
    int own = -1;

    if (!has_sriov(nic, result) || !iov_fact_number(&nic->total_vfs, &n)) {
        return;
    }

    /* A driver may support fewer VFs than the hardware. */
    n = pci ? MIN(n, pci->vf_total) : 0;

    int last = last_bus(pci, n, &own);

    if (last >= 0 && last == own) {
        iov_ready_see(result, pci->file, "all VFs are on the NIC's own bus");
        set(result, IOV_READY_OK);
    } else if (last >= 0 && parent && parent->subordinate) {
        char *need = xasprintf("VF %u would be on bus %02x", n - 1, last);
        char *have = xasprintf("buses %02x to %02x are below it",
                               parent->secondary, parent->subordinate);

        iov_ready_see(result, pci->file, need);
        iov_ready_see(result, parent->file, have);
        set(result, last > parent->subordinate ? IOV_READY_FAILED
                                               : IOV_READY_OK);
        free(need);
        free(have);
    } else if (see_line(host, nic, IOV_LOG_NO_BUS, result)) {
        set(result, IOV_READY_FAILED);
    } else if (nic->n_vfs) {
        iov_ready_see(result, nic->pci, "has VFs");
        set(result, IOV_READY_OK);
    } else {
        iov_ready_see(result, pci ? pci->file : nic->pci,
                      "does not tell which buses VFs need");
    }
}

/* N4. */

/* Looks at the BARs of VFs in the file "resource".  The kernel zeroes one it
 * found no room for, or leaves its start at 0. */
static enum iov_outcome
look_at_bars(const char *resource)
{
    size_t n_lines = 0, n_bars = 0;

    for (const char *p = resource; *p; p += strcspn(p, "\n"), p += *p != 0) {
        unsigned long long int start, end, flags;

        if (!ovs_scan(p, "0x%llx 0x%llx 0x%llx", &start, &end, &flags)) {
            return IOV_READY_UNKNOWN;
        }
        if (n_lines >= FIRST_VF_BAR && n_lines < FIRST_VF_BAR + N_VF_BARS
            && flags) {
            n_bars++;
            if (!start) {
                return IOV_READY_FAILED;
            }
        }
        n_lines++;
    }
    if (n_lines < FIRST_VF_BAR + N_VF_BARS) {
        return IOV_READY_UNKNOWN;
    }
    return n_bars ? IOV_READY_OK : IOV_READY_FAILED;
}

static void
check_space(const struct iov_host *host, const struct iov_host_nic *nic,
            struct iov_ready_result *result)
{
    if (!has_sriov(nic, result)) {
        return;
    }
    if (nic->n_vfs) {
        iov_ready_see(result, nic->pci, "has VFs");
        set(result, IOV_READY_OK);
        return;
    }
    if (see_line(host, nic, IOV_LOG_NO_SPACE, result)) {
        set(result, IOV_READY_FAILED);
        return;
    }
    if (!iov_fact_is_read(&nic->resource)) {
        iov_ready_see_fact(result, &nic->resource);
        return;
    }
    set(result, look_at_bars(nic->resource.value));
    iov_ready_see(result, nic->resource.file,
                  result->outcome == IOV_READY_OK ? "VF BARs have addresses"
                  : result->outcome == IOV_READY_FAILED
                  ? "VF BARs without addresses"
                  : "does not tell of VF BARs");
}

/* N5. */
static void
check_enabled(const struct iov_host *host OVS_UNUSED,
              const struct iov_host_nic *nic, struct iov_ready_result *result)
{
    if (!has_sriov(nic, result)) {
        return;
    }

    char *value = xasprintf("%"PRIuSIZE" of %s VFs", nic->n_vfs,
                            nic->total_vfs.value);

    iov_ready_see(result, nic->pci, value);
    set(result, nic->n_vfs ? IOV_READY_OK : IOV_READY_FAILED);
    free(value);
    if (!nic->n_vfs) {
        result->remedy = xasprintf("Run: ovs-vsctl set Bridge BRIDGE "
                                   "other_config:iov-vfs=%s (or fewer); "
                                   "ovs-iovd then creates them.",
                                   nic->total_vfs.value);
    }
}

/* N6. */
static void
check_bond(const struct iov_host *host OVS_UNUSED,
           const struct iov_host_nic *nic, struct iov_ready_result *result)
{
    if (!nic->netdev) {
        iov_ready_see(result, nic->pci, "no network device");
        set(result, IOV_READY_NOT_APPLICABLE);
        return;
    }
    iov_ready_see_fact(result, &nic->master);
    if (iov_fact_is_absent(&nic->master)) {
        set(result, IOV_READY_OK);
    } else if (iov_fact_is_read(&nic->master)) {
        iov_ready_see_fact(result, &nic->bonding);
        set(result, iov_fact_is_read(&nic->bonding) ? IOV_READY_FAILED
                    : iov_fact_is_absent(&nic->bonding) ? IOV_READY_OK
                    : IOV_READY_UNKNOWN);
    }
    if (result->outcome == IOV_READY_FAILED) {
        result->detail = xasprintf("%s is a member of %s.", nic->netdev,
                                   nic->master.value);
        result->remedy = xasprintf("If the host does without that bond, take "
                                   "%s out of it and make it a port of the "
                                   "bridge by itself; else leave it as it "
                                   "is.", nic->netdev);
    }
}

iov_ready_nic_check *const iov_ready_nic_checks[IOV_N_READY] = {
    [IOV_READY_NO_SRIOV] = check_sriov,
    [IOV_READY_NO_ACS_PATH] = check_path,
    [IOV_READY_NO_BUS_NUMBERS] = check_bus,
    [IOV_READY_NO_BAR_SPACE] = check_space,
    [IOV_READY_VFS_DISABLED] = check_enabled,
    [IOV_READY_NIC_BONDED] = check_bond,
};
