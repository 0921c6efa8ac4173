/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether the software path is dead: see software-path.h.
 *
 * What the counters of the datapath mean, says policy/model/upcall-loss.h. */

#include <config.h>
#include "vswitchd-ext/control/software-path.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "offload/host/upcalls.h"
#include "openvswitch/vlog.h"
#include "policy/model/upcall-loss.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_software_path);

static struct iov_upcall_loss loss;
static uint64_t n_samples;      /* Those that 'loss' has seen. */
static char *why;               /* What iov_software_path_dead() returns. */
static uint64_t n_changes;

static void
set_dead(bool dead)
{
    free(why);
    why = NULL;
    if (dead) {
        why = xasprintf("ovs-vswitchd gets none of the packets that the "
                        "datapath has no flow for (the last %"PRIu64" were "
                        "lost)", loss.n_packets);
        VLOG_WARN("the software path is dead: %s; restart ovs-vswitchd", why);
    } else {
        VLOG_INFO("the software path works again: ovs-vswitchd gets packets");
    }
    n_changes++;
}

void
iov_software_path_init(bool simulated)
{
    iov_upcalls_init(simulated);
}

void
iov_software_path_exit(void)
{
    iov_upcalls_exit();
    free(why);
    why = NULL;
    memset(&loss, 0, sizeof loss);
}

void
iov_software_path_run(long long int now)
{
    struct iov_upcalls upcalls;
    uint64_t n;

    iov_upcalls_run(now);
    n = iov_upcalls_sample(&upcalls);
    if (n != n_samples) {
        n_samples = n;
        if (iov_upcall_loss_update(&loss, upcalls.missed, upcalls.lost)) {
            set_dead(loss.dead);
        }
    }
}

void
iov_software_path_wait(long long int now)
{
    iov_upcalls_wait(now);
}

uint64_t
iov_software_path_changed(void)
{
    return n_changes;
}

const char *
iov_software_path_dead(void)
{
    return why;
}
