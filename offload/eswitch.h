/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_ESWITCH_H
#define IOV_OFFLOAD_ESWITCH_H 1

/* An e-switch class makes one kind of e-switch do what the plan says.
 *
 * The inventory (inventory.h) finds the PFs; provider.c gives each to the
 * first class of eswitch.def that supports it, anew each time it is filled in,
 * so that a PF that changes its mode changes its class.
 *
 * "dummy" (dummy/dummy-eswitch.c) is the tutorial.  "veb" (veb/veb.c) sets VFs
 * by the legacy SR-IOV interface of the kernel.  A new class is a folder and a
 * row of eswitch.def.
 *
 * All callbacks return at once (nothing blocks, nothing sleeps) and never call
 * upward.  run(), wait() and next_result() are called in every iteration of
 * the main loop, also if no PF is of the class any more, so that each
 * operation and change that began is answered. */

#include <stdbool.h>
#include <stdint.h>

#include "policy/model/nic.h"
#include "policy/model/op.h"

/* The e-switch of one PF.  Owned by provider.c, which makes all of them anew
 * whenever PFs are filled in; a class keeps its own state by the name of the
 * PF. */
struct iov_eswitch {
    const struct iov_eswitch_class *class;
    struct iov_pf pf;           /* Only 'netdev', 'pci', 'simulated' and
                                 * 'n_vfs'. */
};

struct iov_eswitch_class {
    const char *name;
    bool simulated;             /* For PFs that are simulated; else for all
                                 * others. */

    /* Called once before all else.  Null: it needs nothing. */
    void (*init)(void);

    /* Frees everything, results included; the inventories have been closed
     * before.  Null: it has nothing. */
    void (*exit)(void);

    /* Returns true if it can drive the PF.  Null: every one. */
    bool (*supports)(const struct iov_pf *);

    /* Does what has become due.  'now' is time_msec().  Null: nothing. */
    void (*run)(long long int now);

    /* Wakes the poll loop when run() or next_result() would have something to
     * do.  Null: never. */
    void (*wait)(long long int now);

    /* Begins 'op', whose type is VF_SET, PF_MAC_ADD, PF_MAC_DEL, READ_BACK or
     * SET_NUM_VFS, and takes it over.  Its result follows by next_result(),
     * after any time, also if the PF has gone meanwhile (ENODEV). */
    void (*start)(const struct iov_eswitch *, struct iov_op *op);

    /* Returns the next finished operation on any PF, or null.  Null: another
     * class, to which start() passes operations on, hands them out. */
    struct iov_result *(*next_result)(void);

    /* Sets '*sent' and '*heard' to the packets of VF number 'vf', seen from
     * its guest, as the PF has counted them.  Returns false if it counts
     * none. */
    bool (*count)(const struct iov_eswitch *, unsigned int vf,
                  uint64_t *sent, uint64_t *heard);

    /* Its flow table (flow-table.h).  Null: it knows MAC addresses and VLANs
     * only. */
    const struct iov_flow_table_class *flow_table;
};

#define ESWITCH(NAME) extern const struct iov_eswitch_class iov_eswitch_##NAME;
#include "offload/eswitch.def"
#undef ESWITCH

#endif /* offload/eswitch.h */
