/* SPDX-License-Identifier: Apache-2.0 */

/* Death at a chosen step.
 *
 * It must be SIGKILL and nothing gentler.  A daemon that runs its exit
 * handlers has not been tested. */

#include <config.h>

#include "offload/die.h"

#include <signal.h>
#include <string.h>

#include "openvswitch/vlog.h"
#include "policy/model/op.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_die);

static struct {
    unsigned int count;         /* The how-manyeth, 0: never. */
    bool after;
    enum iov_op_type type;
    int attr;                   /* enum iov_vf_attr, or -1 for any. */
} die_at;

void
iov_die_hook(const struct iov_op *op, bool after)
{
    if (die_at.count && die_at.after == after && die_at.type == op->type
        && (die_at.attr < 0 || die_at.attr == (int) op->attr)
        && !--die_at.count) {
        VLOG_INFO("killing myself %s %s, as told by iov-dummy/die-at",
                  after ? "after" : "before", iov_op_name(op->type));
        raise(SIGKILL);
    }
}

static void
die_at_cb(struct unixctl_conn *conn, int argc, const char *argv[],
          void *aux OVS_UNUSED)
{
    char *name = xstrdup(argv[1]);
    char *slash = strchr(name, '/');
    enum iov_vf_attr attr;
    enum iov_op_type type;
    unsigned int count = 1;
    bool before = !strcmp(argv[2], "before");

    if (slash) {
        *slash++ = '\0';
    }
    if (!iov_op_from_name(name, &type)
        || (slash && !iov_vf_attr_from_name(slash, &attr))
        || (!before && strcmp(argv[2], "after"))
        || (argc > 3 && !str_to_uint(argv[3], 10, &count))) {
        unixctl_command_reply_error(conn, "usage: iov-dummy/die-at "
                                    "OP[/ATTR] before|after [N], where OP is "
                                    "the name of an operation and ATTR that "
                                    "of a VF attribute");
    } else {
        die_at.type = type;
        die_at.attr = slash ? (int) attr : -1;
        die_at.after = !before;
        die_at.count = count;
        unixctl_command_reply(conn, NULL);
    }
    free(name);
}

void
iov_die_init(void)
{
    unixctl_command_register("iov-dummy/die-at",
                             "OP[/ATTR] before|after [N]", 2, 3, die_at_cb,
                             NULL);
}
