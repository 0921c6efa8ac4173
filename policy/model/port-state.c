/* SPDX-License-Identifier: Apache-2.0
 *
 * The states of a port's life: see port-state.h.
 *
 * "releasing" ends when the VF is free or safely fenced, not when the guest
 * has answered.  What its driver does not take back and is tried again and
 * again does not bring the port back to "releasing". */

#include <config.h>
#include "policy/model/port-state.h"

static const char *const names[IOV_N_PORT_STATES] = {
#define PORT_STATE(ENUM, NAME, MEANING) NAME,
#include "policy/model/port-state.def"
#undef PORT_STATE
};

const char *
iov_port_state_name(enum iov_port_state state)
{
    return names[state];
}

enum iov_port_state
iov_port_state_next(enum iov_port_state was,
                    const struct iov_port_facts *facts)
{
    if (facts->direct) {
        return (facts->on_vf && (facts->done || was == IOV_PORT_DIRECT)
                ? IOV_PORT_DIRECT
                : IOV_PORT_ATTACHING);
    } else if (facts->taken && !facts->done
               && !(facts->home && (was == IOV_PORT_SOFTWARE
                                    || was == IOV_PORT_OFF))) {
        return IOV_PORT_RELEASING;
    } else {
        return facts->requested ? IOV_PORT_SOFTWARE : IOV_PORT_OFF;
    }
}
