/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks up what nic-fact.def says of a NIC.
 *
 * Real and emulated NICs have the same vendor and device and differ in the
 * vendor of the subsystem. */

#include <config.h>

#include "policy/model/nic-fact.h"

#include <stddef.h>
#include <stdint.h>

#include "policy/model/nic.h"
#include "util.h"

static const char *const kinds[IOV_N_NIC_FACT_KINDS] = {
#define NIC_FACT_KIND(ENUM, DOES) [IOV_NIC_##ENUM] = DOES,
#define NIC_FACT(VENDOR, DEVICE, SUBVENDOR, ENUM, NIC, DRIVER, SEEN)
#include "policy/model/nic-fact.def"
#undef NIC_FACT_KIND
#undef NIC_FACT
};

static const struct {
    struct iov_pci_ids ids;
    enum iov_nic_fact_kind kind;
    const char *nic, *driver, *seen;
} rows[] = {
#define NIC_FACT_KIND(ENUM, DOES)
#define NIC_FACT(VENDOR, DEVICE, SUBVENDOR, ENUM, NIC, DRIVER, SEEN) \
    { { VENDOR, DEVICE, SUBVENDOR }, IOV_NIC_##ENUM, NIC, DRIVER, SEEN },
#include "policy/model/nic-fact.def"
#undef NIC_FACT_KIND
#undef NIC_FACT
};

bool
iov_nic_fact_find(const struct iov_pf *pf, enum iov_nic_fact_kind kind,
                  struct iov_nic_fact *fact)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct iov_pci_ids *ids = &rows[i].ids;

        if (rows[i].kind == kind && ids->vendor == pf->ids.vendor
            && ids->device == pf->ids.device
            && ids->subvendor == pf->ids.subvendor) {
            if (fact) {
                *fact = (struct iov_nic_fact) {
                    rows[i].nic, rows[i].driver, kinds[kind], rows[i].seen
                };
            }
            return true;
        }
    }
    return false;
}
