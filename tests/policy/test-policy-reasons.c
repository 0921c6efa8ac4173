/* SPDX-License-Identifier: Apache-2.0 */

/* Lists of reasons.
 *
 * A reason is written SLUG[/OBJECT[/DETAIL]]; "," separates lists. */

#include <config.h>

#include "test-policy.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "policy/model/reason.h"
#include "util.h"

static void
add_reason(struct iov_reasons *reasons, const char *text)
{
    char *copy = xstrdup(text);
    char *save = NULL;
    char *slug = strtok_r(copy, "/", &save);
    char *object = strtok_r(NULL, "/", &save);
    char *detail = strtok_r(NULL, "/", &save);
    enum iov_reason_id id;

    if (!slug || !iov_reason_from_slug(slug, &id)) {
        ovs_fatal(0, "%s: no such reason", text);
    }
    iov_reasons_add(reasons, id, object, detail);
    free(copy);
}

/* Takes reasons from '*argv' up to the next "," or the end. */
static void
take_list(struct iov_reasons *reasons, char ***argv)
{
    *reasons = (struct iov_reasons) IOV_REASONS_INITIALIZER;
    for (; **argv && strcmp(**argv, ","); ++*argv) {
        add_reason(reasons, **argv);
    }
    if (**argv) {
        ++*argv;
    }
}

static void
print_json(struct json *json)
{
    char *s = json_to_string(json, JSSF_SORT);

    puts(s);
    free(s);
    json_destroy(json);
}

static void
test_reasons(struct ovs_cmdl_context *ctx)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    char **argv = ctx->argv + 1;
    struct iov_reasons reasons;

    take_list(&reasons, &argv);
    iov_reasons_format_slugs(&ds, &reasons);
    printf("n=%"PRIuSIZE" protect=%d slugs=%s\n", reasons.n,
           iov_reasons_protect(&reasons), ds_cstr(&ds));
    print_json(iov_reasons_to_json(&reasons));
    ds_destroy(&ds);
    iov_reasons_clear(&reasons);
}

/* The first list at 1000, the second at 2000. */
static void
test_reasons_date(struct ovs_cmdl_context *ctx)
{
    const struct iov_reasons none = IOV_REASONS_INITIALIZER;
    char **argv = ctx->argv + 1;
    struct iov_reasons old, new;

    take_list(&old, &argv);
    take_list(&new, &argv);
    iov_reasons_date(&old, &none, 1000);
    iov_reasons_date(&new, &old, 2000);
    printf("equal=%d\n", iov_reasons_equal(&old, &new));
    for (size_t i = 0; i < new.n; i++) {
        const struct iov_reason *r = &new.list[i];

        printf("%s %s since %lld\n", iov_reason_class(r->id)->slug,
               r->object ? r->object : "-", r->since);
    }
    iov_reasons_clear(&old);
    iov_reasons_clear(&new);
}

static void
test_reasons_move(struct ovs_cmdl_context *ctx)
{
    struct iov_reasons a, b, all = IOV_REASONS_INITIALIZER;
    struct ds ds = DS_EMPTY_INITIALIZER;
    char **argv = ctx->argv + 1;

    take_list(&a, &argv);
    take_list(&b, &argv);
    iov_reasons_copy(&all, &a);
    iov_reasons_move(&all, &b);
    iov_reasons_format_slugs(&ds, &all);
    printf("%s; left %"PRIuSIZE" and %"PRIuSIZE"\n", ds_cstr(&ds), a.n, b.n);
    ds_destroy(&ds);
    iov_reasons_clear(&a);
    iov_reasons_clear(&b);
    iov_reasons_clear(&all);
}

static void
test_reason_table(struct ovs_cmdl_context *ctx)
{
    if (ctx->argc > 1) {
        print_json(iov_reason_table_to_json());
    } else {
        struct ds ds = DS_EMPTY_INITIALIZER;

        iov_reason_table_format(&ds);
        fputs(ds_cstr(&ds), stdout);
        ds_destroy(&ds);
    }
}

const struct ovs_cmdl_command test_reasons_commands[] = {
    { "reasons", "[REASON]...", 0, INT_MAX, test_reasons, OVS_RO },
    { "reasons-date", "[OLD]... , [NEW]...", 1, INT_MAX, test_reasons_date,
      OVS_RO },
    { "reasons-move", "[A]... , [B]...", 1, INT_MAX, test_reasons_move,
      OVS_RO },
    { "reason-table", "[--json]", 0, 1, test_reason_table, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};
