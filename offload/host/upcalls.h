/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_HOST_UPCALLS_H
#define IOV_OFFLOAD_HOST_UPCALLS_H 1

/* How many packets the datapath of Open vSwitch in the kernel had no flow for,
 * and how many it could not hand up to ovs-vswitchd.
 *
 * It is asked every few seconds; vswitchd-ext/control/software-path.c, which
 * calls run() and wait(), looks for a new sample after each run().
 *
 * With simulated NICs the datapath of the machine is not that of the test, so
 * that nothing is read, and what a test says counts. */

#include <stdbool.h>
#include <stdint.h>

struct iov_upcalls {
    uint64_t missed;            /* Packets without a flow. */
    uint64_t lost;              /* Those that were not handed up. */
};

void iov_upcalls_init(bool simulated);
void iov_upcalls_exit(void);
void iov_upcalls_run(long long int now);
void iov_upcalls_wait(long long int now);

/* Returns the number of samples so far, and stores the last one. */
uint64_t iov_upcalls_sample(struct iov_upcalls *);

/* For simulated NICs: the next sample. */
void iov_upcalls_say(uint64_t missed, uint64_t lost);

#endif /* offload/host/upcalls.h */
