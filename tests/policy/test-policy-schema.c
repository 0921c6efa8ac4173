/* SPDX-License-Identifier: Apache-2.0 */

/* The table of what each column of the database means, for programs:
 *
 *   column TABLE COLUMN SINCE BY
 *   key TABLE COLUMN KEY SINCE BY
 *
 * SINCE is "-" where there is none.
 *
 * A row that names a check that does not exist does not compile. */

#include <config.h>

#include "test-policy.h"

#include <stdio.h>

#include "util.h"

enum schema_by {
    BY_identity,
    BY_by_key,
    BY_nothing,
#define CHECK(NAME, QUESTION) BY_##NAME,
#include "policy/verdict/check.def"
#undef CHECK
};

static const char *const names[] = {
    [BY_identity] = "identity",
    [BY_by_key] = "by_key",
    [BY_nothing] = "nothing",
#define CHECK(NAME, QUESTION) [BY_##NAME] = #NAME,
#include "policy/verdict/check.def"
#undef CHECK
};

static void
print_row(const char *row, const char *since, enum schema_by by)
{
    printf("%s %s %s\n", row, since[0] ? since : "-", names[by]);
}

static void
test_schema_table(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
#define COLUMN(TABLE, NAME, SINCE, BY, WORDS) \
    print_row("column " #TABLE " " NAME, SINCE, BY_##BY);
#define SETTING(TABLE, NAME, KEY, SINCE, BY, WORDS) \
    print_row("key " #TABLE " " NAME " " KEY, SINCE, BY_##BY);
#include "policy/model/schema.def"
#undef COLUMN
#undef SETTING
}

const struct ovs_cmdl_command test_schema_commands[] = {
    { "schema-table", "", 0, 0, test_schema_table, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};
