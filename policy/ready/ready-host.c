/* SPDX-License-Identifier: Apache-2.0 */

/* The checks of a host, H1 to H11.
 *
 * The kernel's log proves what it contains, never what it does not contain,
 * unless it is known to reach back to the boot.  It is therefore asked last,
 * where something else in /proc or /sys can answer. */

#include <config.h>

#include "policy/ready/ready-internal.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "policy/ready/host.h"
#include "util.h"

/* Bit of /proc/sys/kernel/tainted: a workaround for firmware is in use. */
#define TAINT_FIRMWARE_WORKAROUND (1u << 11)

static const struct iov_fact *
fact(const struct iov_host *host, enum iov_host_fact which)
{
    return &host->facts[which];
}

static bool
exists(const struct iov_host *host, enum iov_host_fact which)
{
    return iov_fact_is_read(fact(host, which));
}

/* Notes those arguments of the kernel that matter here. */
static void
see_arguments(const struct iov_fact *cmdline, struct iov_ready_result *result)
{
    static const char *const names[] = {
        "amd_iommu", "intel_iommu", "intremap", "iommu", "kvm", "nointremap",
        "pci=", "pcie_", "vfio",
    };
    struct ds ds = DS_EMPTY_INITIALIZER;

    for (const char *p = cmdline->value; *p; p += strspn(p, " \t")) {
        size_t n = strcspn(p, " \t");

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
            if (!strncmp(p, names[i], strlen(names[i]))) {
                ds_put_format(&ds, "%s%.*s", ds.length ? " " : "", (int) n,
                              p);
                break;
            }
        }
        p += n;
    }
    iov_ready_see(result, cmdline->file,
                  ds.length ? ds_cstr(&ds) : "says nothing of it");
    ds_destroy(&ds);
}

/* Notes that the log was looked at in vain. */
static void
see_log(const struct iov_fact *log, struct iov_ready_result *result)
{
    iov_ready_see(result, log->file,
                  iov_fact_has_word(log, "not")
                  ? "says nothing of it, but does not reach back to the boot"
                  : "says nothing of it");
}

static void
see(const struct iov_host *host, struct iov_ready_result *result,
    enum iov_host_fact which)
{
    if (exists(host, which) && which == IOV_HOST_CMDLINE) {
        see_arguments(fact(host, which), result);
    } else if (exists(host, which) && which == IOV_HOST_LOG) {
        see_log(fact(host, which), result);
    } else {
        iov_ready_see_fact(result, fact(host, which));
    }
}

static bool
absent(const struct iov_host *host, enum iov_host_fact which)
{
    return iov_fact_is_absent(fact(host, which));
}

static bool
cpu_has(const struct iov_host *host, const char *word)
{
    return iov_fact_has_word(fact(host, IOV_HOST_CPU), word);
}

/* The reader gives a vendor to x86 processors alone. */
static bool
is_x86(const struct iov_host *host)
{
    const char *cpu = fact(host, IOV_HOST_CPU)->value;

    return cpu && cpu[0];
}

/* Intel, and the others who build x86 processors with VT-d. */
static bool
is_intel(const struct iov_host *host)
{
    return !cpu_has(host, "AuthenticAMD") && !cpu_has(host, "HygonGenuine");
}

/* Which IOMMU the machine has counts, not which processor: the two arguments
 * of the kernel are for one kind each. */
static bool
has_vtd(const struct iov_host *host)
{
    return exists(host, IOV_HOST_DMAR)
           || (!exists(host, IOV_HOST_IVRS) && is_intel(host));
}

static bool
is_yes(const struct iov_host *host, enum iov_host_fact which)
{
    const char *value = fact(host, which)->value;

    return value && (value[0] == 'Y' || value[0] == 'y' || value[0] == '1');
}

static bool
is_no(const struct iov_host *host, enum iov_host_fact which)
{
    const char *value = fact(host, which)->value;

    return value && (value[0] == 'N' || value[0] == 'n' || value[0] == '0');
}

/* Zero if it is not known. */
static unsigned int
number(const struct iov_host *host, enum iov_host_fact which)
{
    unsigned int n;

    return iov_fact_number(fact(host, which), &n) ? n : 0;
}

/* The argument NAME=...,VALUE,... of the kernel's command line, to be freed,
 * or null.  With 'value' null the argument has to be 'name' alone. */
static char *
find_argument(const struct iov_host *host, const char *name,
              const char *value)
{
    const char *p = fact(host, IOV_HOST_CMDLINE)->value;
    size_t n = strlen(name);

    for (p = p ? p : ""; *p; p += strspn(p, " \t")) {
        size_t len = strcspn(p, " \t");
        char *word = xmemdup0(p, len);
        bool found = !value && !strcmp(word, name);

        if (value && len > n && !strncmp(word, name, n) && word[n] == '=') {
            char *list = xasprintf(",%s,", word + n + 1);
            char *item = xasprintf(",%s,", value);

            found = strstr(list, item) != NULL;
            free(list);
            free(item);
        }
        if (found) {
            return word;
        }
        free(word);
        p += len;
    }
    return NULL;
}

/* Appends a sentence, which it takes over, to '*text', which may be null. */
static void
add_sentence(char **text, char *sentence)
{
    if (*text) {
        char *both = xasprintf("%s  %s", *text, sentence);

        free(*text);
        free(sentence);
        *text = both;
    } else {
        *text = sentence;
    }
}

/* As above; true if it is there, and then 'result' says that it has to go, as
 * may others. */
static bool
blame_argument(const struct iov_host *host, struct iov_ready_result *result,
               const char *name, const char *value)
{
    char *word = find_argument(host, name, value);

    if (!word) {
        return false;
    }
    add_sentence(&result->detail,
                 xasprintf("The kernel was started with \"%s\".", word));
    add_sentence(&result->remedy,
                 xasprintf("Remove \"%s\" from the kernel's command line and "
                           "boot again.", word));
    free(word);
    return true;
}

/* The first line of the log of this kind, or null. */
static const struct iov_host_line *
find_line(const struct iov_host *host, enum iov_host_log kind)
{
    for (size_t i = 0; i < host->n_log; i++) {
        if (host->log[i].kind == kind) {
            return &host->log[i];
        }
    }
    return NULL;
}

/* Notes the line, if there is one. */
static bool
see_line(const struct iov_host *host, struct iov_ready_result *result,
         enum iov_host_log kind)
{
    const struct iov_host_line *line = find_line(host, kind);

    if (line) {
        iov_ready_see(result, fact(host, IOV_HOST_LOG)->file, line->text);
    }
    return line != NULL;
}

static void
set(struct iov_ready_result *result, enum iov_outcome outcome)
{
    result->outcome = outcome;
}

/* H1. */
static void
check_slat(const struct iov_host *host, struct iov_ready_result *result)
{
    bool intel = is_intel(host);
    enum iov_host_fact parameter = intel ? IOV_HOST_EPT : IOV_HOST_NPT;

    see(host, result, IOV_HOST_CPU);
    if (!exists(host, IOV_HOST_CPU)) {
        return;
    }
    if (!is_x86(host)) {
        /* Elsewhere there is no KVM without it. */
        see(host, result, IOV_HOST_KVM);
        set(result, exists(host, IOV_HOST_KVM) ? IOV_READY_OK
                                               : IOV_READY_UNKNOWN);
    } else if (cpu_has(host, intel ? "ept" : "npt")) {
        see(host, result, parameter);
        set(result, is_no(host, parameter) ? IOV_READY_FAILED : IOV_READY_OK);
        if (result->outcome == IOV_READY_FAILED) {
            result->remedy = xasprintf(
                "Load %s without %s=0: look for it in /etc/modprobe.d and on "
                "the kernel's command line.",
                intel ? "kvm_intel" : "kvm_amd", intel ? "ept" : "npt");
        }
    } else if (cpu_has(host, intel ? "vmx" : "svm")) {
        set(result, IOV_READY_FAILED);
    } else {
        result->detail = xasprintf(
            "The processor shows no %s, so it says nothing of %s either.",
            intel ? "VT-x (vmx)" : "SVM (svm)", intel ? "EPT" : "NPT");
    }
}

/* H2. */
static void
check_interrupts(const struct iov_host *host, struct iov_ready_result *result)
{
    const char *chips = fact(host, IOV_HOST_INTERRUPTS)->value;

    see(host, result, IOV_HOST_INTERRUPTS);
    if (chips && (strstr(chips, "IR-") || strstr(chips, "ITS-"))) {
        set(result, IOV_READY_OK);
        return;
    }
    if (see_line(host, result, IOV_LOG_IR_ON)) {
        set(result, IOV_READY_OK);
        return;
    }
    if (!chips || (!strstr(chips, "IO-APIC") && !strstr(chips, "PCI-MSI"))) {
        return;
    }

    set(result, IOV_READY_FAILED);
    see(host, result, IOV_HOST_CMDLINE);
    see_line(host, result, IOV_LOG_IR_BROKEN);

    bool told = blame_argument(host, result, "intremap", "off");

    told |= blame_argument(host, result, "nointremap", NULL);
    if (!told && !number(host, IOV_HOST_GROUPS)) {
        result->detail = xstrdup("No IOMMU is in use, which would do it.");
        result->remedy = xstrdup("See to DMA remapping (H3) first.");
    }
}

/* H3. */
static void
check_dma(const struct iov_host *host, struct iov_ready_result *result)
{
    see(host, result, IOV_HOST_GROUPS);
    see(host, result, IOV_HOST_IOMMUS);
    if (number(host, IOV_HOST_GROUPS)) {
        set(result, IOV_READY_OK);
    } else if (exists(host, IOV_HOST_GROUPS)
               || absent(host, IOV_HOST_GROUPS)) {
        set(result, IOV_READY_FAILED);
    }
}

/* H4. */
static void
check_told(const struct iov_host *host, struct iov_ready_result *result)
{
    bool vtd = has_vtd(host);

    see(host, result, IOV_HOST_CMDLINE);
    if (!exists(host, IOV_HOST_CMDLINE)) {
        return;
    }

    bool told = blame_argument(host, result, "iommu", "off");

    if (is_x86(host)) {
        told |= blame_argument(host, result,
                               vtd ? "intel_iommu" : "amd_iommu", "off");
    }
    if (told) {
        set(result, IOV_READY_FAILED);
        return;
    }
    set(result, IOV_READY_OK);

    char *on = find_argument(host, "intel_iommu", "on");

    if (!on && exists(host, IOV_HOST_DMAR)
        && !number(host, IOV_HOST_GROUPS)) {
        set(result, IOV_READY_FAILED);
        see(host, result, IOV_HOST_DMAR);
        result->detail = xstrdup("This kernel leaves the IOMMU off unless it "
                                 "is told otherwise.");
        result->remedy = xstrdup("Add intel_iommu=on to the kernel's command "
                                 "line and boot again.");
    }
    free(on);
}

/* H5. */
static void
check_tables(const struct iov_host *host, struct iov_ready_result *result)
{
    see(host, result, IOV_HOST_DMAR);
    see(host, result, IOV_HOST_IVRS);
    if (exists(host, IOV_HOST_DMAR) || exists(host, IOV_HOST_IVRS)) {
        set(result, IOV_READY_OK);
    } else if (number(host, IOV_HOST_GROUPS)) {
        see(host, result, IOV_HOST_GROUPS);
        set(result, IOV_READY_OK);
    } else if (exists(host, IOV_HOST_CPU) && !is_x86(host)) {
        set(result, IOV_READY_NOT_APPLICABLE);
        result->detail = xstrdup("These tables are for x86 only.");
    } else if (exists(host, IOV_HOST_ACPI) && absent(host, IOV_HOST_DMAR)
               && absent(host, IOV_HOST_IVRS)) {
        set(result, IOV_READY_FAILED);
        if (cpu_has(host, "hypervisor")) {
            result->detail = xstrdup("This is a virtual machine.");
        }
    } else {
        see(host, result, IOV_HOST_ACPI);
    }
}

/* H6. */
static void
check_firmware(const struct iov_host *host, struct iov_ready_result *result)
{
    unsigned int taint;
    bool known = iov_fact_number(fact(host, IOV_HOST_TAINT), &taint);

    see(host, result, IOV_HOST_TAINT);
    if (known && taint & TAINT_FIRMWARE_WORKAROUND) {
        result->detail = xstrdup("The kernel has set the taint flag \"I\": "
                                 "it works around a bug of the firmware.");
        set(result, IOV_READY_FAILED);
    }
    if (see_line(host, result, IOV_LOG_FIRMWARE_BUG)
        || see_line(host, result, IOV_LOG_IR_BROKEN)) {
        set(result, IOV_READY_FAILED);
    } else if (result->outcome != IOV_READY_FAILED) {
        see(host, result, IOV_HOST_LOG);
        set(result, known ? IOV_READY_OK : IOV_READY_UNKNOWN);
    }
}

/* H7. */
static void
check_express(const struct iov_host *host, struct iov_ready_result *result)
{
    bool all_known = true;

    for (size_t i = 0; i < host->n_pci; i++) {
        const struct iov_host_pci *pci = &host->pci[i];

        all_known = all_known && pci->caps_known;
        if (pci->pcie) {
            iov_ready_see(result, pci->file, "PCI Express capability");
            set(result, IOV_READY_OK);
            return;
        }
    }
    if (exists(host, IOV_HOST_PORT_SERVICES)
        && number(host, IOV_HOST_PORT_SERVICES)) {
        see(host, result, IOV_HOST_PORT_SERVICES);
        set(result, IOV_READY_OK);
        return;
    }

    see(host, result, IOV_HOST_PCI);
    if (host->n_pci && !all_known) {
        result->detail = xstrdup("Capabilities of PCI devices can only be "
                                 "read by root.");
    } else if (host->n_pci || exists(host, IOV_HOST_PCI)
               || absent(host, IOV_HOST_PCI)) {
        set(result, IOV_READY_FAILED);
    }
}

/* H8. */
static void
check_osc(const struct iov_host *host, struct iov_ready_result *result)
{
    see(host, result, IOV_HOST_CMDLINE);
    if (blame_argument(host, result, "pcie_ports", "compat")
        || see_line(host, result, IOV_LOG_OSC_FAILED)) {
        set(result, IOV_READY_FAILED);
    } else if (see_line(host, result, IOV_LOG_OSC_GRANTED)) {
        set(result, IOV_READY_OK);
    } else if (number(host, IOV_HOST_PORT_SERVICES)) {
        /* There are none where the kernel is not in control. */
        see(host, result, IOV_HOST_PORT_SERVICES);
        set(result, IOV_READY_OK);
    } else if (see_line(host, result, IOV_LOG_OSC_PARTLY)) {
        set(result, IOV_READY_FAILED);
    } else if (absent(host, IOV_HOST_ACPI)) {
        see(host, result, IOV_HOST_ACPI);
        set(result, IOV_READY_NOT_APPLICABLE);
    } else {
        see(host, result, IOV_HOST_LOG);
    }
}

/* True if a NIC below 'port' has an IOMMU group that 'port' is not in.  Some
 * chipsets keep devices apart without saying so by ACS, and the kernel knows
 * them. */
static bool
keeps_apart(const struct iov_host *host, const struct iov_host_pci *port)
{
    for (size_t i = 0; i < host->n_nics; i++) {
        const struct iov_host_nic *nic = &host->nics[i];
        const struct iov_host_pci *pci = iov_host_find_pci(host, nic->pci);

        for (size_t j = 0; j < nic->n_up; j++) {
            if (!strcmp(nic->up[j], port->address) && pci && pci->group >= 0
                && port->group >= 0 && pci->group != port->group) {
                return true;
            }
        }
    }
    return false;
}

/* What is to be said of a root port, or null if it is not known. */
static const char *
describe_root_port(const struct iov_host *host,
                   const struct iov_host_pci *port)
{
    if (port->acs) {
        return "root port with ACS";
    } else if (keeps_apart(host, port)) {
        return "root port without ACS, but with an IOMMU group of its own";
    }
    return port->ext_caps_known ? "root port without ACS" : NULL;
}

/* H9. */
static void
check_root_ports(const struct iov_host *host, struct iov_ready_result *result)
{
    bool all_known = exists(host, IOV_HOST_PCI);
    size_t n = 0;

    for (size_t i = 0; i < host->n_pci; i++) {
        const struct iov_host_pci *pci = &host->pci[i];
        bool is_port = pci->pcie && pci->pcie_type == IOV_PCIE_ROOT_PORT;
        const char *what = is_port ? describe_root_port(host, pci) : NULL;

        all_known = all_known && pci->caps_known && (!is_port || what);
        n += is_port;
        if (what) {
            iov_ready_see(result, pci->file, what);
        }
        if (is_port && (pci->acs || keeps_apart(host, pci))) {
            set(result, IOV_READY_OK);
            return;
        }
    }
    if (!all_known) {
        see(host, result, IOV_HOST_PCI);
        result->detail = xstrdup("Capabilities of PCI devices can only be "
                                 "read by root.");
    } else if (n) {
        set(result, IOV_READY_FAILED);
    } else {
        set(result, IOV_READY_NOT_APPLICABLE);
        see(host, result, IOV_HOST_PCI);
        result->detail = xstrdup("There is no root port.");
    }
}

/* H10. */
static void
check_weakness(const struct iov_host *host, struct iov_ready_result *result)
{
    static const char parameter[] = "allow_unsafe_interrupts";
    const enum iov_host_fact facts[] = { IOV_HOST_UNSAFE_VFIO,
                                         IOV_HOST_UNSAFE_IOMMUFD };

    see(host, result, IOV_HOST_CMDLINE);
    set(result, exists(host, IOV_HOST_CMDLINE) ? IOV_READY_OK
                                               : IOV_READY_UNKNOWN);
    if (blame_argument(host, result, "intremap", "nosid")
        || see_line(host, result, IOV_LOG_IR_BROKEN)) {
        set(result, IOV_READY_FAILED);
    }
    for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
        see(host, result, facts[i]);
        if (is_yes(host, facts[i])) {
            add_sentence(&result->remedy, xasprintf(
                "Run: echo N > %s, and look for %s in /etc/modprobe.d and on "
                "the kernel's command line.",
                fact(host, facts[i])->file, parameter));
            set(result, IOV_READY_FAILED);
        } else if (!is_no(host, facts[i]) && !absent(host, facts[i])
                   && result->outcome == IOV_READY_OK) {
            set(result, IOV_READY_UNKNOWN);
        }
    }
}

/* H11. */
static void
check_kvm(const struct iov_host *host, struct iov_ready_result *result)
{
    see(host, result, IOV_HOST_KVM);
    if (exists(host, IOV_HOST_KVM)) {
        set(result, IOV_READY_OK);
    } else if (absent(host, IOV_HOST_KVM)) {
        set(result, IOV_READY_FAILED);
        if (cpu_has(host, "vmx") || cpu_has(host, "svm")) {
            see(host, result, IOV_HOST_CPU);
            result->remedy = xasprintf("Load the module: modprobe %s.",
                                       cpu_has(host, "vmx") ? "kvm_intel"
                                                            : "kvm_amd");
        }
    }
}

iov_ready_host_check *const iov_ready_host_checks[IOV_N_READY] = {
    [IOV_READY_NO_SLAT] = check_slat,
    [IOV_READY_NO_INTERRUPT_REMAPPING] = check_interrupts,
    [IOV_READY_NO_DMA_REMAPPING] = check_dma,
    [IOV_READY_REMAPPING_SWITCHED_OFF] = check_told,
    [IOV_READY_FIRMWARE_IOMMU_OFF] = check_tables,
    [IOV_READY_FIRMWARE_BUG] = check_firmware,
    [IOV_READY_NO_PCI_EXPRESS] = check_express,
    [IOV_READY_NO_OSC] = check_osc,
    [IOV_READY_NO_ACS_ROOT_PORT] = check_root_ports,
    [IOV_READY_UNSAFE_INTERRUPTS] = check_weakness,
    [IOV_READY_NO_HYPERVISOR] = check_kvm,
};
