/* SPDX-License-Identifier: Apache-2.0 */

/* How long a port has to wait before it returns, by a script on stdin:
 *
 *   delay SECONDS       iov-failback-delay
 *   limit NUMBER        iov-flap-limit
 *   TIME SIGHT          what is seen at that time, in seconds
 *
 * SIGHT is "direct", "clear", "obstructed", or "dropped", which is obstructed
 * before anything was done to a VF.  Prints after each, as it would be judged
 * a moment later: "may return", "settling for N s", "flapping for N s". */

#include <config.h>

#include "test-policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/model/key.h"
#include "policy/verdict/damping.h"
#include "util.h"

static void
print_wait(const struct iov_damping *d, const struct iov_global_keys *keys,
           long long int now)
{
    long long int settling = iov_damping_settling(d, keys, now);
    long long int flapping = iov_damping_flapping(d, keys);

    if (flapping > now) {
        printf(" flapping for %g s", (flapping - now) / 1000.);
    }
    if (settling > now) {
        printf(" settling for %g s", (settling - now) / 1000.);
    }
    puts(flapping > now || settling > now ? "" : " may return");
}

static void
run_line(const char *word, const char *value, struct iov_global_keys *keys,
         struct iov_damping *d)
{
    if (!strcmp(word, "delay")) {
        keys->failback_delay = atoi(value);
    } else if (!strcmp(word, "limit")) {
        keys->flap_limit = atoi(value);
    } else {
        bool direct = !strcmp(value, "direct");
        bool clear = !strcmp(value, "clear");
        long long int now = atof(word) * 1000;

        iov_damping_see(d, keys,
                        direct ? IOV_DAMPING_DIRECT
                        : clear ? IOV_DAMPING_CLEAR
                        : IOV_DAMPING_OBSTRUCTED,
                        strcmp(value, "dropped"), now);
        printf("%s %s:", word, value);
        print_wait(d, keys, now);
    }
}

static void
damping_cmd(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct iov_global_keys keys = { .failback_delay = 0 };
    struct iov_damping d;
    char word[32], value[32];

    memset(&d, 0, sizeof d);
    while (scanf("%31s %31s", word, value) == 2) {
        run_line(word, value, &keys, &d);
    }
    iov_damping_clear(&d);
}

const struct ovs_cmdl_command test_damping_commands[] = {
    { "damping", NULL, 0, 0, damping_cmd, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};
