/* SPDX-License-Identifier: Apache-2.0 */

/* What is known of each OpenFlow action: the table is action.def.
 *
 * The subtle thing: the list of actions is Open vSwitch's and grows with it;
 * of an action without a row the worst is assumed. */

#include <config.h>

#include "policy/flow/acts.h"

#include "util.h"

enum { RUNS, MAY_STOP };

static const struct iov_act_class *
find_class(enum ofpact_type type)
{
    static const struct iov_act_class classes[] = {
#define ACTION(TYPE, REASON, ROLE, WRITES, STOPS, DOES)                 \
        [OFPACT_##TYPE] = { IOV_REASON_##REASON, IOV_ACT_##ROLE,        \
                            IOV_ACT_WRITES_##WRITES, STOPS, DOES },
#include "policy/flow/action.def"
#undef ACTION
    };
    return ((size_t) type < ARRAY_SIZE(classes) && classes[type].does
            ? &classes[type] : NULL);
}

bool
iov_act_is_known(enum ofpact_type type)
{
    return find_class(type) != NULL;
}

const struct iov_act_class *
iov_act_class(enum ofpact_type type)
{
    static const struct iov_act_class unknown = {
        .reason = IOV_REASON_OPENFLOW_ACTIONS,
        .role = IOV_ACT_SENDS,
        .writes = IOV_ACT_WRITES_HEADERS,
        .may_stop = true,
        .does = "acts on",
    };
    const struct iov_act_class *class = find_class(type);

    return class ? class : &unknown;
}
