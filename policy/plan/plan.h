/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_PLAN_PLAN_H
#define IOV_POLICY_PLAN_PLAN_H 1

/* What has to be done next so that a port is where its verdict wants it.
 *
 * The plan has no memory: it compares what is wanted with what is seen and
 * returns the next operation.  Therefore a daemon that was killed at any step
 * goes on where it was, and a VF that somebody else changed is mended by the
 * same few lines that set it up.
 *
 * The order (DESIGN.md, "Order of moves"):
 *
 *   to the VF      record; interrupt vectors; spoof check, trust, rate; VLAN
 *                  of the fence; MAC of the port; VLAN of the port; DMA; hand
 *                  over; start; switch learns; PF gives the MAC up; read back.
 *                  If the guest stops using the VF later: PF takes the MAC;
 *                  switch learns; start.
 *   protective     fence; PF takes the MAC; switch learns; take back; renew
 *                  (unbind; MAC as found; bind); put back; forget.
 *   yielding       PF takes the MAC; switch learns; take back; fence; renew;
 *                  put back; forget.
 *
 * Taking a VF back from a namespace has three parts, all of which are
 * GUEST_DETACH: the guest lets go of it, which is quick, and then its driver
 * is unbound and bound anew, which is not.  In between the VF is
 * IOV_GUEST_LEFT and IOV_GUEST_UNBOUND.  A driver takes over for good the MAC
 * address that its VF has when it is bound; therefore the VF has by then the
 * one that it was found with, and the rest of the fence.
 *
 * The fence is several settings, each of which closes what another NIC may
 * leave open: no DMA, a MAC address nobody uses with the spoof check on, a
 * VLAN of the VF's own, no link.  On the way to the VF the MAC of the port
 * comes first, behind that VLAN, so that the PF goes on receiving for it and
 * no packet is lost.  The VF is open before the guest has it, because a guest
 * may use what it has at once.  On the way back what stops most comes
 * first. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "policy/model/nic.h"
#include "policy/model/op.h"

/* The highest VLAN that a VF can have. */
#define IOV_MAX_VLAN 4094

/* Where a port is and where it has to go.  All strings are borrowed. */
struct iov_plan_in {
    const char *port;           /* Interface name. */
    const char *bridge;
    bool has_mac;               /* Its MAC is known and was heard on it. */
    struct eth_addr mac;        /* MAC of the port. */
    uint16_t vlan;              /* VLAN in ovs-vswitchd's MAC table. */
    const char *guest;          /* Text of iov-guest. */
    bool vf_external;           /* The guest never gives the VF back, which
                                 * therefore stays fenced ("none"). */

    bool paired_by_mac;           /* The guest knows the VF by its MAC address,
                                 * which therefore stays while it has the
                                 * VF. */

    /* Wanted. */
    bool direct;                /* On 'vf', else on software. */
    bool mac_shared;            /* Another port has its address, too: while it
                                 * is on software the switch finds out by
                                 * itself where that is. */
    bool protect;               /* Fence first. */
    bool managed;               /* The port is (still) on an enabled bridge,
                                 * else everything is taken back. */
    bool keep_fenced;           /* With 'vf_external': asked for offload, or
                                 * found with an address that a port has, so
                                 * that 'vf' is fenced while on software. */
    bool orphaned;              /* 'vf' has the port's MAC address and is in
                                 * use, but has no record: it is recorded and
                                 * then taken back. */
    const struct iov_vf_settings *want; /* When direct. */

    /* Seen. */
    const struct iov_pf *const *pfs; /* PFs of the bridge. */
    size_t n_pfs;
    const struct iov_pf *pf;    /* PF of 'vf', or null. */
    const struct iov_vf *vf;    /* VF it is on, goes to or leaves, or null. */
    bool original_mac_taken;    /* A port has the MAC address that 'vf' had
                                 * when it was found. */
    const char *learned_at;     /* Interface where the switch has the MAC by
                                 * our word, or null. */
    bool switch_away;           /* ovs-vswitchd cannot be asked to learn. */
    bool checked;               /* Read back since the last change. */
    struct eth_addr fence_mac;  /* To use for a new record. */
    uint16_t fence_vlan;        /* Of 'vf'; 0: there is none left. */
    const struct iov_failures *failures;
};

/* Next operation, to be freed by the caller, or null if there is nothing to
 * do (or nothing that has not just failed). */
struct iov_op *iov_plan_next(const struct iov_plan_in *);

/* True if the VF is back with the host, without the port's address, so that it
 * has a record only because its driver has not let it be put back. */
bool iov_plan_is_home(const struct iov_plan_in *);

/* What has to be done for no port in particular: the number of VFs of a PF,
 * and entries for MAC addresses that no port has any more. */
struct iov_switch_entry {       /* Of ovs-vswitchd's MAC table, ours. */
    const char *bridge;
    uint16_t vlan;
    struct eth_addr mac;
};
/* For qsort(). */
int iov_switch_entry_compare(const void *, const void *);
struct iov_plan_keep {
    const struct eth_addr *macs; /* MACs of all ports on enabled bridges. */
    size_t n_macs;
    const struct iov_switch_entry *entries; /* Entries they want, sorted. */
    size_t n_entries;
};
/* 'vfs' is the number wanted, or -1 for what is there; 'vfs_before' is the one
 * before the daemon changed it, 0 or -1: not known.  'failures' are those of
 * earlier operations for the PF. */
struct iov_op *iov_plan_next_pf(const struct iov_pf *pf, int vfs,
                                int vfs_before,
                                const struct iov_plan_keep *,
                                const struct iov_failures *);
/* For one entry that exists: FDB_DEL if no port wants it. */
struct iov_op *iov_plan_next_entry(const struct iov_switch_entry *,
                                   const struct iov_plan_keep *);
/* True if no VF of 'pf' is in use, so that their number may change. */
bool iov_pf_is_free(const struct iov_pf *pf);

/* True if nothing of the VF is open to the port's network, or to other fenced
 * VFs. */
bool iov_vf_is_fenced(const struct iov_vf *);
/* The highest VLAN of 'range' that is not in 'used', a bitmap of all VLANs, or
 * 0. */
struct iov_vlan_range;
uint16_t iov_fence_vlan_choose(const struct iov_vlan_range *range,
                               const unsigned long *used);
/* True if the VF carries the port's traffic: MAC and VLAN as wanted. */
bool iov_vf_is_open(const struct iov_vf *, const struct iov_vf_settings *);

/* Differences between what is wanted and what is seen, as sentences, for
 * "iov/verify".  Appends to 'ds'; returns their number. */
size_t iov_plan_verify(const struct iov_plan_in *, struct ds *);

#endif /* policy/plan/plan.h */
