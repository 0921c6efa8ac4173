/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_INVENTORY_H
#define IOV_OFFLOAD_INVENTORY_H 1

/* An inventory finds PFs and their VFs and knows how they are.
 *
 * It says what there is, and changes nothing; what is done to a PF and its VFs
 * is the business of an e-switch class (eswitch.h).  "kernel"
 * (nic/nic-inventory.c) reads those of the host, "dummy" (dummy/dummy.c) keeps
 * its own in memory.
 *
 * provider.c calls init() once; then, in every iteration of the main loop,
 * run(), fill() if changed() differs from last time, and wait(); finally
 * exit().  All callbacks return at once and never call upward; what they hand
 * out is a copy.  All but changed() and fill() may be null: nothing to do. */

#include <stdint.h>

struct iov_nics;

struct iov_inventory_class {
    const char *name;

    /* Opens what it needs.  Returns null, or a sentence (owned by the caller)
     * that says why it cannot work; the inventory is then left out. */
    char *(*init)(void);

    /* Closes and frees everything. */
    void (*exit)(void);

    /* Takes in notifications and answers, sends what is queued.  'now' is
     * time_msec(). */
    void (*run)(long long int now);

    /* Wakes the poll loop when run() would have something to do. */
    void (*wait)(long long int now);

    /* A number that changes whenever fill() would tell something else. */
    uint64_t (*changed)(void);

    /* Appends its PFs and their VFs to 'nics', as last read and acknowledged
     * since.  'record' and 'our_macs' are left to the journal, and 'eswitch'
     * to provider.c. */
    void (*fill)(struct iov_nics *nics);
};

extern const struct iov_inventory_class iov_inventory_kernel;
extern const struct iov_inventory_class iov_inventory_dummy;

#endif /* offload/inventory.h */
