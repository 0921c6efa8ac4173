/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_TALLY_H
#define IOV_EXT_CONTROL_TALLY_H 1

/* What is counted since the daemon was started, for "iov/metrics". */

#include <stdbool.h>
#include <stdint.h>

#include "policy/model/metric.h"
#include "policy/model/op.h"
#include "policy/model/port-state.h"

/* Of one port.  All zeros at its beginning. */
struct iov_tally {
    uint64_t to_direct, to_software; /* Moves. */
    long long int direct_msec, software_msec; /* Before 'since'. */
    long long int since;        /* Monotonic, ms; 0: not yet counted. */
    enum iov_port_state state;  /* Since then. */
    uint64_t vf_sent, vf_heard; /* Packets on all its VFs. */
    bool vf_counted;            /* They have been counted at some time. */
    long long int fence_due;    /* Monotonic, us: the change was taken in that
                                 * makes a fence necessary; 0: none. */
};

/* 'state' is the one that the port is in from 'now' (monotonic, ms) on. */
void iov_tally_state(struct iov_tally *, enum iov_port_state state,
                     long long int now);
/* What was counted on the VF has grown from 'sent_before' to 'sent'. */
void iov_tally_vf(struct iov_tally *, uint64_t sent_before, uint64_t sent,
                  uint64_t heard_before, uint64_t heard);
/* Time on each path until 'now'. */
long long int iov_tally_direct_msec(const struct iov_tally *,
                                    long long int now);
long long int iov_tally_software_msec(const struct iov_tally *,
                                      long long int now);

/* A fence has become necessary by a change that was taken in at 'usec', unless
 * it was before. */
void iov_tally_fence_due(struct iov_tally *, long long int usec);
/* The VF has been fenced at 'usec', if that was necessary. */
void iov_tally_fenced(struct iov_tally *, long long int usec);

/* Of all ports. */
enum iov_outcome_of_op { IOV_OP_DONE, IOV_OP_FAILED, IOV_OP_GIVEN_UP,
                         IOV_N_OP_OUTCOMES };
struct iov_tallies {
    uint64_t ops[IOV_N_OPS][IOV_N_OP_OUTCOMES];
    struct iov_histogram fence;
};
extern struct iov_tallies iov_tallies;

#endif /* vswitchd-ext/control/tally.h */
