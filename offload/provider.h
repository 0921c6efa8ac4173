/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_PROVIDER_H
#define IOV_OFFLOAD_PROVIDER_H 1

/* A provider makes one kind of NIC do what the plan says.
 *
 * Life of a provider: init() once; then, in every turn of the main loop,
 * run(), fill() if changed() differs from last time, start() for operations
 * of its PFs, next_result() until it returns null, wait(); finally exit().
 *
 * Rules for all callbacks: they return at once (nothing blocks, nothing
 * sleeps); they never call upward; what they hand out is a copy.
 *
 * "dummy" (dummy.c) is the tutorial: it keeps its NICs in memory.  "veb"
 * (veb.c) programs the legacy SR-IOV interface of the kernel.  A new provider
 * is a row in the table in provider.c and a file. */

#include <stdbool.h>
#include <stdint.h>

#include "policy/model/nic.h"
#include "policy/model/op.h"

struct iov_provider_class {
    const char *name;

    /* Opens what it needs.  Returns null, or a sentence (owned by the caller)
     * that says why it cannot work; the provider is then left out.  Null: it
     * needs nothing. */
    char *(*init)(void);

    /* Closes and frees everything.  Null: it has nothing. */
    void (*exit)(void);

    /* Takes in notifications and answers, sends what is queued.  'now' is
     * time_msec().  Null: nothing to do. */
    void (*run)(long long int now);

    /* Wakes the poll loop when run() would have something to do. */
    void (*wait)(long long int now);

    /* A number that changes whenever fill() would tell something else. */
    uint64_t (*changed)(void);

    /* Appends its PFs and their VFs to 'nics', as last read.  'record' and
     * 'our_macs' are not its business: journal.h fills them. */
    void (*fill)(struct iov_nics *nics);

    /* Begins 'op', whose type is VF_SET, PF_MAC_ADD, PF_MAC_DEL, READ_BACK or
     * SET_NUM_VFS, and takes it over.  Its result follows by next_result(),
     * after any time, also if the PF has gone meanwhile (ENODEV). */
    void (*start)(struct iov_op *op);

    /* Next finished operation, or null. */
    struct iov_result *(*next_result)(void);

    /* Sets '*sent' and '*heard' to the packets of VF number 'vf', seen from
     * its guest, as the PF has counted them.  False if it counts none. */
    bool (*count)(const struct iov_pf *, unsigned int vf, uint64_t *sent,
                  uint64_t *heard);
};

/* The providers together: the same life, same rules.  An operation goes to
 * the provider that filled in its PF; with none it ends with ENODEV. */
void iov_providers_init(bool dummy);
void iov_providers_exit(void);
void iov_providers_run(long long int now);
void iov_providers_wait(long long int now);
uint64_t iov_providers_changed(void);
void iov_providers_fill(struct iov_nics *);
void iov_providers_start(struct iov_op *);
struct iov_result *iov_providers_next_result(void);
/* Sentences of those that could not be initialized, "" if none. */
const char *iov_providers_errors(void);
bool iov_providers_count(const struct iov_pf *, unsigned int vf,
                         uint64_t *sent, uint64_t *heard);

extern const struct iov_provider_class iov_provider_veb;
extern const struct iov_provider_class iov_provider_dummy;

#endif /* offload/provider.h */
