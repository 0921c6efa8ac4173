/* SPDX-License-Identifier: Apache-2.0 */

/* The door for text from outside.
 *
 *   text HEX       HEX as it is shown, and again after a second cleaning
 *   text-json HEX  the JSON string of HEX
 *   text-lines HEX HEX as an answer of several lines
 *   limits         all bounds, with what is said of them */

#include <config.h>

#include "test-policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "policy/model/limit.h"
#include "policy/model/text.h"
#include "util.h"

/* The bytes of 'hex', to be freed by the caller. */
static char *
from_hex(const char *hex)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    bool ok = true;

    for (; *hex && ok; hex += 2) {
        ds_put_char(&ds, hexits_value(hex, 2, &ok));
    }
    if (!ok) {
        ovs_fatal(0, "not hexadecimal");
    }
    return ds_steal_cstr(&ds);
}

static void
test_text(struct ovs_cmdl_context *ctx)
{
    char *raw = from_hex(ctx->argv[1]);
    char *once = iov_text_clean(raw);
    char *twice = iov_text_clean(once);

    puts(once);
    ovs_assert(!strcmp(once, raw) == iov_text_is_clean(raw));
    ovs_assert(strlen(once) > IOV_LIMIT_TEXT || !strcmp(once, twice));
    free(raw);
    free(once);
    free(twice);
}

static void
test_text_json(struct ovs_cmdl_context *ctx)
{
    char *raw = from_hex(ctx->argv[1]);
    struct json *json = json_string_create_nocopy(raw);
    struct ds ds = DS_EMPTY_INITIALIZER;

    iov_text_put_json(&ds, json, 0);
    puts(ds_cstr(&ds));
    ds_destroy(&ds);
    json_destroy(json);
}

static void
test_text_lines(struct ovs_cmdl_context *ctx)
{
    char *raw = from_hex(ctx->argv[1]);
    char *lines = iov_text_clean_lines(raw);

    puts(lines);
    free(raw);
    free(lines);
}

static void
test_limits(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < IOV_N_LIMITS; i++) {
        char *text = iov_limit_explain(i);

        printf("%s; %s\n", text, iov_limit(i)->beyond);
        free(text);
    }
}

const struct ovs_cmdl_command test_text_commands[] = {
    { "text", "HEX", 1, 1, test_text, OVS_RO },
    { "text-json", "HEX", 1, 1, test_text_json, OVS_RO },
    { "text-lines", "HEX", 1, 1, test_text_lines, OVS_RO },
    { "limits", NULL, 0, 0, test_limits, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};
