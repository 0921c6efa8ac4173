/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_VERDICT_DAMPING_H
#define IOV_POLICY_VERDICT_DAMPING_H 1

/* How long a port that has left its VF has to wait before it returns, so that
 * a policy that comes and goes does not shake its guest.
 *
 * Two ways, each switched on by a key: a delay after the last reason has gone
 * ("iov-failback-delay"), and a hold-down after so many falls in a minute
 * ("iov-flap-limit").  The first hold-down lasts a minute, one that follows
 * soon after another twice as long as that one.
 *
 * A port that would drive a lighter one off its VF waits as long as after a
 * fall, and does it once: if the VF is of no use to it, it does not do it
 * again until its request changes.
 *
 * Only a return waits, or a move that costs another port its VF.  A fall never
 * does, and a port that was on no VF before, as far as the daemon remembers,
 * goes to a free one at once. */

#include <stdbool.h>
#include <stddef.h>

struct iov_global_keys;

#define IOV_FLAP_WINDOW 60000   /* ms in which falls are counted. */
#define IOV_FLAP_HOLD 60000     /* ms of the first hold-down. */
#define IOV_FLAP_LEVELS 5       /* Up to 16 times as long. */
#define IOV_FLAP_QUIET 600000   /* ms after a hold-down until the next is a
                                 * first one again. */

/* What was seen of a port. */
enum iov_damping_sight {
    IOV_DAMPING_DIRECT,         /* It has a VF, or is promised one. */
    IOV_DAMPING_CLEAR,          /* Nothing but damping keeps it from one. */
    IOV_DAMPING_OBSTRUCTED
};

/* Memory of one port.  All zeros is one that has never been seen.  Times are
 * monotonic, in ms. */
struct iov_damping {
    bool direct;                /* When last seen. */
    bool fell;                  /* From a VF, ever. */
    bool preempting;            /* It was promised the VF of another port, and
                                 * has not been on it yet. */
    bool barred;                /* It took the VF of another port, could not
                                 * use it, and must not take one again. */
    bool clear;                 /* When last seen. */
    long long int clear_since;  /* With 'clear'. */
    long long int *falls;       /* The latest ones, oldest first. */
    size_t n_falls, allocated_falls;
    unsigned int level;         /* Of the last hold-down, from 1; 0: none. */
    long long int held_until;   /* End of the last hold-down. */
};

/* 'touched': something was done to a VF for the port, so that to be no longer
 * direct is a fall. */
void iov_damping_see(struct iov_damping *, const struct iov_global_keys *,
                     enum iov_damping_sight, bool touched,
                     long long int now);
/* Until when the port has to wait because its last reason has just gone, or
 * because it has fallen too often; not after 'now' if it need not. */
long long int iov_damping_settling(const struct iov_damping *,
                                   const struct iov_global_keys *,
                                   long long int now);
/* Until when a port has to wait that would take the VF of another. */
long long int iov_damping_preempting(const struct iov_damping *,
                                     const struct iov_global_keys *,
                                     long long int now);
/* 'preempts': the port is promised the VF of another; 'arrived': it is on its
 * VF; 'obstructed': something keeps it from any. */
void iov_damping_see_preemption(struct iov_damping *, bool preempts,
                                bool arrived, bool obstructed);
/* The port asks for something else: it may take a VF of another again. */
void iov_damping_forget_preemption(struct iov_damping *);
long long int iov_damping_flapping(const struct iov_damping *,
                                   const struct iov_global_keys *);
void iov_damping_clear(struct iov_damping *);

#endif /* policy/verdict/damping.h */
