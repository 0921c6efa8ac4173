/* SPDX-License-Identifier: Apache-2.0 */

/* "none": the virtual machine has been given its VF by somebody else and keeps
 * it.
 *
 * Nothing can be asked of such a guest, so its VF counts as running at all
 * times and must be fenced whenever its port is on software. */

#include <config.h>

#include "offload/guest.h"

#include <errno.h>
#include <string.h>

#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "util.h"

static struct ovs_list results = OVS_LIST_INITIALIZER(&results);

static enum iov_guest_state
none_state(const struct iov_guest_spec *spec OVS_UNUSED,
           const struct iov_vf *vf OVS_UNUSED)
{
    return IOV_GUEST_RUNNING;
}

/* Nobody who looked at 'keeps' and absent() comes here. */
static void
none_start(struct iov_op *op, const struct iov_guest_spec *spec,
           const struct iov_vf *vf OVS_UNUSED)
{
    struct iov_result *result
        = iov_result_create(op, EOPNOTSUPP,
                            spec->kind == IOV_GUEST_KIND_NONE
                            ? "the guest keeps its VF"
                            : "this build does not have this kind of guest");

    ovs_list_push_back(&results, &result->node);
}

static struct iov_result *
none_next_result(void)
{
    return iov_result_pop(&results);
}

static void
none_run(long long int now OVS_UNUSED)
{
    /* Nothing takes time here. */
}

static void
none_wait(long long int now OVS_UNUSED)
{
    if (!ovs_list_is_empty(&results)) {
        poll_immediate_wake();
    }
}

static void
none_exit(void)
{
    struct iov_result *result;

    while ((result = none_next_result())) {
        iov_result_destroy(result);
    }
}

const struct iov_guest_class iov_guest_none = {
    .kind = IOV_GUEST_KIND_NONE,
    .keeps = true,
    .absent = NULL,
    .state = none_state,
    .start = none_start,
    .next_result = none_next_result,
    .run = none_run,
    .wait = none_wait,
    .exit = none_exit,
};
