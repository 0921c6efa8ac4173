/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_UPCALL_LOSS_H
#define IOV_POLICY_MODEL_UPCALL_LOSS_H 1

/* Whether ovs-vswitchd gets the packets that its datapath has no flow for.
 *
 * The datapath hands each of them up (an upcall).  If all of them are lost,
 * nothing new is forwarded and no address is learned: the software path is
 * dead, although ovs-vswitchd answers whatever it is asked.  Known causes are
 * an ovs-vswitchd 3.1 that was started within 10 seconds of the machine's boot
 * and counted no processor, and handler threads that hang.
 *
 * The counters are older than ovs-vswitchd, because the datapath outlives it,
 * so that only what is added to them counts.  Under a flood some upcalls are
 * lost and others are not; then the path is slow and not dead. */

#include <stdbool.h>
#include <stdint.h>

/* So many samples in a row, and so many packets in them, must all be lost. */
#define IOV_UPCALL_LOSS_SAMPLES 2
#define IOV_UPCALL_LOSS_PACKETS 3

/* All zeros is a datapath of which nothing is known. */
struct iov_upcall_loss {
    bool known;                 /* These are valid: */
    uint64_t missed, lost;      /* counters of the last sample. */
    unsigned int n_samples;     /* In a row, all of whose packets were lost; */
    uint64_t n_packets;         /* and those packets. */
    bool dead;
};

/* Takes a sample of the datapath's counters.  Returns true if 'dead' has
 * changed. */
bool iov_upcall_loss_update(struct iov_upcall_loss *, uint64_t missed,
                            uint64_t lost);

#endif /* policy/model/upcall-loss.h */
