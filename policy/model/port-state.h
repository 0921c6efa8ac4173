/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_PORT_STATE_H
#define IOV_POLICY_MODEL_PORT_STATE_H 1

/* The states of a port's life, and which one it is in.
 *
 * States are told from facts, like everything else, so that a restarted
 * daemon finds its ports in the states they are in.  The only memory is that
 * a port which was direct stays so while small things are put right behind
 * it (an entry in ovs-vswitchd's MAC table, a second look at the NIC). */

#include <stdbool.h>

enum iov_port_state {
#define PORT_STATE(ENUM, NAME, MEANING) IOV_PORT_##ENUM,
#include "policy/model/port-state.def"
#undef PORT_STATE
    IOV_N_PORT_STATES
};

struct iov_port_facts {
    bool requested;             /* Offload is asked for and allowed. */
    bool direct;                /* The verdict says direct. */
    bool on_vf;                 /* The VF is open and with the guest. */
    bool taken;                 /* The daemon has touched the VF, and has more
                                 * to do than to keep it fenced. */
    bool home;                  /* With 'taken': the VF is back with the host,
                                 * and waits to be put back as found. */
    bool done;                  /* Nothing is left to be done. */
};

enum iov_port_state iov_port_state_next(enum iov_port_state was,
                                        const struct iov_port_facts *);
const char *iov_port_state_name(enum iov_port_state);

#endif /* policy/model/port-state.h */
