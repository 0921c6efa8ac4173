/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_RUNTIME_H
#define IOV_EXT_CONTROL_RUNTIME_H 1

/* What the daemon remembers of each port between two turns of the loop.
 *
 * As little as possible: everything that can be seen (the VF's settings, where
 * its device is, the journal's record) is seen anew each time.  What remains
 * is what cannot be seen: since when, what failed, what is under way.
 *
 * PFs, and ovs-vswitchd's MAC table, have an entry too, for operations that
 * are for no port; their names contain a slash, which no port's does. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/shash.h"
#include "openvswitch/types.h"
#include "policy/model/op.h"
#include "policy/model/port-state.h"
#include "policy/model/reason.h"
#include "policy/verdict/damping.h"
#include "vswitchd-ext/control/activity.h"
#include "vswitchd-ext/control/tally.h"

struct iov_global_keys;
struct iov_nics;
struct iov_port;
struct iov_verdict;

/* The address that ovs-vswitchd was last told of for a port. */
struct iov_learned {
    char *at;                   /* Interface, or null: nothing told. */
    char *bridge;
    uint16_t vlan;
    struct eth_addr mac;
    uint64_t connection;        /* That it was told on. */
};

/* The rate that was set last of a port's VF, which worked. */
struct iov_repeat {
    unsigned int vf;
    struct iov_vf_settings set; /* The rate alone. */
    unsigned int n;             /* Times in a row, on the way to the VF. */
    long long int at;           /* Monotonic, ms. */
};

struct iov_runtime {
    char *name;
    bool seen;                  /* In this turn. */
    bool busy;                  /* An operation is under way, */
    enum iov_op_type doing;     /* and this is it, */
    uint64_t serial;            /* with this number. */
    uint64_t fencing;           /* Number of an operation that fences the VF
                                 * while another is under way; 0: none. */
    bool waits;                 /* For its turn to move (limit "moves"). */
    bool checked;               /* The VF was read back since it changed. */
    struct iov_op *read;        /* READ_BACK to be compared, or null. */
    bool reread;                /* Of a PF: it is to be read again. */
    unsigned int vfs_before;    /* Of a PF: how many VFs it had before they
                                 * were removed to make others. */
    bool held;                  /* By "iov/hold". */
    bool taken;                 /* It has a VF that is more than fenced for
                                 * it. */
    enum iov_port_state state;
    long long int since;        /* Wall clock, ms, of entering 'state'. */
    struct iov_reasons reasons; /* Dated. */
    struct iov_failures failures;
    struct iov_repeat rate;
    struct iov_activity activity;
    struct iov_damping damping;
    long long int damped_until; /* Monotonic, ms: the next time when a reason
                                 * goes by itself; 0: none does. */
    struct iov_learned learned;
    struct eth_addr fence_mac;  /* For its next VF; */
    uint16_t fence_vlan;        /* the same, or 0. */
    bool mac_known;             /* Its MAC address when last known; */
    struct eth_addr mac;
    const char *mac_source;     /* see struct iov_port. */
    uint32_t request;           /* Hash of what it asks for. */
    char *next;                 /* Operation under way or next, in words. */
    unsigned int falls;         /* Times it left its VF. */
    uint64_t vf_turn;           /* See struct iov_port. */
    struct iov_tally tally;
};

/* All of them, by name. */
extern struct shash iov_runtimes;

struct iov_runtime *iov_runtime_get(const char *name);
struct iov_runtime *iov_runtime_find(const char *name);
/* Name of the entry that an operation belongs to. */
const char *iov_runtime_key(const struct iov_op *, char *buffer, size_t size);
/* True if something is being read back. */
bool iov_runtime_any_reads(void);
/* Forgets those that were not seen in this turn and have nothing under way. */
void iov_runtime_sweep(void);
void iov_runtime_destroy_all(void);

/* The one place where a state changes: counts, logs, keeps history. */
void iov_runtime_set_state(struct iov_runtime *, enum iov_port_state,
                        long long int wall_now);
/* Takes the contents of 'reasons', keeping "since" of those known. */
void iov_runtime_set_reasons(struct iov_runtime *, struct iov_reasons *reasons,
                          long long int wall_now);
/* If what 'port' asks for has changed, earlier failures are void. */
void iov_runtime_set_request(struct iov_runtime *, const struct iov_port *);

/* Remembers what has to be known of a port that has left its VF, or goes to
 * that of another.  'touched' says that something has been done to a VF for
 * it. */
void iov_runtime_damp(struct iov_runtime *, const struct iov_global_keys *,
                      const struct iov_verdict *, bool touched,
                      long long int now);
/* True if a reason has gone by itself. */
bool iov_runtime_is_over(struct iov_runtime *, long long int now);

/* 'op' worked, so that earlier failures of it are void; but a rate that is set
 * again and again on the way to a VF counts as failed. */
void iov_runtime_worked(struct iov_runtime *, const struct iov_op *op,
                        long long int now);

/* Compares what was just read back with what was to be read.  A difference is
 * a failure of the operation: it must not be mended at once, or a NIC that
 * acknowledges without doing would keep the daemon busy for ever. */
void iov_runtime_compare(struct iov_runtime *, const struct iov_nics *,
                      long long int now);

/* Null unless ovs-vswitchd still knows 'mac' and 'vlan' by our word. */
const char *iov_runtime_learned_at(const struct iov_runtime *,
                                   const char *bridge, struct eth_addr mac,
                                   uint16_t vlan, uint64_t connection);
/* After 'op', or after it was given up, so that nothing is known.  Another
 * port's entry for the address is not there any more then, as the switch has
 * one of them for a bridge and VLAN. */
void iov_runtime_set_learned(struct iov_runtime *, const struct iov_op *op,
                             bool given_up, uint64_t connection);

#endif /* vswitchd-ext/control/runtime.h */
