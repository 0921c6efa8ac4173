/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TEST_POLICY_H
#define TEST_POLICY_H 1

/* Tests of policy/ by text in, text out: one table of commands per subject.
 *
 * test-policy.c puts the tables together.  A new subject is a file
 * test-policy-SUBJECT.c, a line here and a line there. */

#include "command-line.h"

extern const struct ovs_cmdl_command test_keys_commands[];
extern const struct ovs_cmdl_command test_reasons_commands[];
extern const struct ovs_cmdl_command test_assign_commands[];
extern const struct ovs_cmdl_command test_damping_commands[];
extern const struct ovs_cmdl_command test_loss_commands[];
extern const struct ovs_cmdl_command test_failures_commands[];
extern const struct ovs_cmdl_command test_flow_commands[];
extern const struct ovs_cmdl_command test_nic_commands[];
extern const struct ovs_cmdl_command test_plan_commands[];
extern const struct ovs_cmdl_command test_safety_commands[];
extern const struct ovs_cmdl_command test_schema_commands[];
extern const struct ovs_cmdl_command test_text_commands[];

#endif /* test-policy.h */
