/* SPDX-License-Identifier: Apache-2.0
 *
 * Times of day for people: see wall-time.h. */

#include <config.h>
#include "vswitchd-ext/control/wall-time.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "timeval.h"
#include "util.h"

void
iov_put_wall_time(struct ds *ds, long long int wall)
{
    char *then = xastrftime_msec("%Y-%m-%d", wall, false);
    char *today = xastrftime_msec("%Y-%m-%d", time_wall_msec(), false);

    ds_put_strftime_msec(ds, strcmp(then, today) ? "%Y-%m-%d %H:%M:%S"
                         : "%H:%M:%S", wall, false);
    free(then);
    free(today);
}
