/* SPDX-License-Identifier: Apache-2.0 */

/* How long what was known of a bridge holds while ovs-vswitchd is away, by a
 * script on stdin:
 *
 *   limit SECONDS       iov-switch-loss-limit; 0: iov-on-switch-loss=software
 *   TIME SIGHT          what is seen at that time, in seconds
 *
 * SIGHT is "known", "lost", "changing" or "refused"; "runs" is lost although
 * ovs-vswitchd is proved to run.  Prints after each "holds until TIME" or
 * "holds not". */

#include <config.h>

#include "test-policy.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/model/switch-loss.h"
#include "policy/model/upcall-loss.h"
#include "util.h"

static enum iov_switch_sight
parse_sight(const char *word)
{
    return (!strcmp(word, "known") ? IOV_SWITCH_KNOWN
            : !strcmp(word, "changing") ? IOV_SWITCH_CHANGING
            : !strcmp(word, "refused") ? IOV_SWITCH_REFUSED
            : IOV_SWITCH_LOST);
}

static void
loss_cmd(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct iov_switch_loss_in in = { .limit = 0 };
    struct iov_switch_loss loss;
    char word[32], value[32];

    memset(&loss, 0, sizeof loss);
    while (scanf("%31s %31s", word, value) == 2) {
        if (!strcmp(word, "limit")) {
            in.limit = atoi(value) * 1000;
            continue;
        }
        in.sight = parse_sight(value);
        in.runs = !strcmp(value, "runs");
        if (iov_switch_loss_update(&loss, &in, atof(word) * 1000)) {
            printf("%s %s: holds until %g\n", word, value,
                   loss.until / 1000.);
        } else {
            printf("%s %s: holds not\n", word, value);
        }
    }
}

/* "test-policy upcall-loss MISSED/LOST...": samples of a datapath's counters;
 * prints after each whether the software path is dead. */
static void
upcall_loss_cmd(struct ovs_cmdl_context *ctx)
{
    struct iov_upcall_loss loss;

    memset(&loss, 0, sizeof loss);
    for (int i = 1; i < ctx->argc; i++) {
        const char *slash = strchr(ctx->argv[i], '/');
        bool changed = iov_upcall_loss_update(
            &loss, atoll(ctx->argv[i]), slash ? atoll(slash + 1) : 0);

        printf("%s: %s%s\n", ctx->argv[i], loss.dead ? "dead" : "alive",
               changed ? ", news" : "");
    }
}

const struct ovs_cmdl_command test_loss_commands[] = {
    { "switch-loss", NULL, 0, 0, loss_cmd, OVS_RO },
    { "upcall-loss", "[MISSED/LOST]...", 0, INT_MAX, upcall_loss_cmd,
      OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};
