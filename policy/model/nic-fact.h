/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_NIC_FACT_H
#define IOV_POLICY_MODEL_NIC_FACT_H 1

/* What is known of NICs that no interface of the kernel tells.  The list is
 * nic-fact.def. */

#include <stdbool.h>

struct iov_pf;

enum iov_nic_fact_kind {
#define NIC_FACT_KIND(ENUM, DOES) IOV_NIC_##ENUM,
#define NIC_FACT(VENDOR, DEVICE, SUBVENDOR, ENUM, NIC, DRIVER, SEEN)
#include "policy/model/nic-fact.def"
#undef NIC_FACT_KIND
#undef NIC_FACT
    IOV_N_NIC_FACT_KINDS
};

struct iov_nic_fact {
    const char *nic;            /* Its name. */
    const char *driver;
    const char *does;           /* "lets frames ... pass". */
    const char *seen;           /* By whom, and how. */
};

/* Returns true if it is known of the NIC of 'pf', and then describes it in
 * '*fact' unless that is null. */
bool iov_nic_fact_find(const struct iov_pf *, enum iov_nic_fact_kind,
                       struct iov_nic_fact *fact);

#endif /* policy/model/nic-fact.h */
