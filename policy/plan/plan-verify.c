/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares what is wanted with what is seen: see plan.h.
 *
 * There is no second list of what should be so.  Whatever the plan would do
 * next is what differs. */

#include <config.h>
#include "policy/plan/plan.h"

#include "openvswitch/dynamic-string.h"

static void
say(struct ds *ds, const struct iov_plan_in *in, const char *what)
{
    ds_put_format(ds, "%s: %s\n", in->port, what);
}

size_t
iov_plan_verify(const struct iov_plan_in *in, struct ds *ds)
{
    struct iov_plan_in again = *in;
    struct iov_op *op;

    /* Whatever failed or was read back before does not excuse. */
    again.failures = NULL;
    again.checked = true;
    op = iov_plan_next(&again);
    if (op) {
        struct ds text = DS_EMPTY_INITIALIZER;
        ds_put_cstr(&text, "still to be done: ");
        iov_op_format(&text, op);
        say(ds, in, ds_cstr(&text));
        ds_destroy(&text);
        iov_op_destroy(op);
        return 1;
    }
    return 0;
}
