/* SPDX-License-Identifier: Apache-2.0 */

/* Runs the pure code of policy/ from the command line, see test-policy.h. */

#include <config.h>

#include "test-policy.h"

#include <stdlib.h>

#include "util.h"

static const struct ovs_cmdl_command *const tables[] = {
    test_keys_commands,
    test_reasons_commands,
    test_assign_commands,
    test_damping_commands,
    test_loss_commands,
    test_failures_commands,
    test_flow_commands,
    test_nic_commands,
    test_plan_commands,
    test_safety_commands,
    test_schema_commands,
    test_text_commands,
};

/* Returns all commands as one table, which the caller frees. */
static struct ovs_cmdl_command *
join_tables(void)
{
    struct ovs_cmdl_command *all = xzalloc(sizeof *all);
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        for (const struct ovs_cmdl_command *c = tables[i]; c->name; c++) {
            all = xrealloc(all, (n + 2) * sizeof *all);
            all[n++] = *c;
        }
    }
    all[n] = (struct ovs_cmdl_command) { .name = NULL };
    return all;
}

int
main(int argc, char *argv[])
{
    struct ovs_cmdl_context ctx = { .argc = argc - 1, .argv = argv + 1 };

    set_program_name(argv[0]);
    if (argc < 2) {
        ovs_fatal(0, "usage: %s COMMAND [ARG...]", program_name);
    }

    struct ovs_cmdl_command *all = join_tables();

    ovs_cmdl_run_command(&ctx, all);
    free(all);
    return EXIT_SUCCESS;
}
