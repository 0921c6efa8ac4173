/* SPDX-License-Identifier: Apache-2.0 */

/* What besides Open vSwitch acts on the packets of ports, told line by line.
 *
 *     ! COMMAND    runs COMMAND
 *     get DEVICE   prints what acts on the port with this network device, and
 *                  whether anything has changed since the last "get"
 *
 * It is run in a network namespace of its own.
 *
 * Nothing is read again for "get"; what has changed is known from what the
 * kernel tells by itself. */

#include <config.h>

#include "tests/offload/test-offload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "offload/host/filters.h"
#include "openvswitch/dynamic-string.h"
#include "policy/model/port-filter.h"
#include "util.h"

static void
get(const char *netdev)
{
    static uint64_t seen;
    struct iov_port_filters f;

    iov_filters_run();
    iov_filters_get(netdev, &f);
    printf("%s:%s\n", netdev,
           iov_filters_changed() != seen ? "" : " as before");
    seen = iov_filters_changed();
    const char *const texts[] = { f.foreign, f.tc, f.qdisc };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        if (texts[i]) {
            printf("  %s\n", texts[i]);
        }
    }
    free(f.foreign);
    free(f.tc);
    free(f.qdisc);
}

int
test_filters(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    struct ds line = DS_EMPTY_INITIALIZER;
    int failed = 0;

    iov_filters_init(false);
    while (!failed && !ds_get_line(&line, stdin)) {
        const char *s = ds_cstr(&line);
        if (s[0] == '!') {
            failed = system(s + 1);
        } else if (!strncmp(s, "get ", 4)) {
            get(s + 4);
        }
        fflush(stdout);
    }
    iov_filters_exit();
    ds_destroy(&line);
    return failed != 0;
}
