/* SPDX-License-Identifier: Apache-2.0 */

/* Whether the tables of actions and fields know all of Open vSwitch.
 *
 *   flow-tables
 *
 * Prints each action and field of the Open vSwitch that this was built with
 * that has no row in policy/flow/action.def or field.def, and each field of
 * which the code of Open vSwitch thinks otherwise than its row. */

#include <config.h>

#include "test-policy.h"

#include <stdio.h>

#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-actions.h"
#include "policy/flow/acts.h"
#include "util.h"

static void
check_action(enum ofpact_type type, const char *name)
{
    if (!iov_act_is_known(type)) {
        printf("action %s has no row in policy/flow/action.def: look in "
               "ofproto/ofproto-dpif-xlate.c what it writes, and whether "
               "what follows is always carried out\n", name);
    }
}

static void
check_field(const struct mf_field *mf)
{
    bool scratch = mf_is_register(mf->id) || mf->id == MFF_METADATA;
    enum iov_field_role role;

    if (!iov_field_role(mf->name, &role)) {
        printf("field %s has no row in policy/flow/field.def: look in "
               "ofproto/ofproto-dpif-xlate.c which actions change it, and "
               "say so in action.def\n", mf->name);
    } else if (scratch != (role == IOV_FIELD_SCRATCH)) {
        printf("field %s: a register is SCRATCH and nothing else is\n",
               mf->name);
    } else if (mf_is_tun_metadata(mf) && role != IOV_FIELD_TUNNEL) {
        printf("field %s is one of a tunnel\n", mf->name);
    }
}

static void
test_flow_tables(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
#define OFPACT(ENUM, STRUCT, MEMBER, NAME) check_action(OFPACT_##ENUM, NAME);
    OFPACTS
#undef OFPACT
    for (int i = 0; i < MFF_N_IDS; i++) {
        check_field(mf_from_id(i));
    }
}

const struct ovs_cmdl_command test_flow_commands[] = {
    { "flow-tables", "", 0, 0, test_flow_tables, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};
