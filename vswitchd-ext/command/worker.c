/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands that may take long, answered by a child process: among a million
 * flows, what-if, or all culprits there are, takes seconds that the daemon has
 * to spend on changes.
 *
 * The subtle thing: the child has a copy of everything as it was when the
 * command came.  What it learns on the way is lost with it. */

#include <config.h>
#include "vswitchd-ext/command/command.h"

#include <string.h>

#include "offload/child.h"
#include "openvswitch/list.h"
#include "unixctl.h"
#include "util.h"

/* The child has so many seconds, ... */
#define PATIENCE 60
/* ... and at most so many are at work at a time. */
#define MAX_ASIDES 4

struct aside {
    struct ovs_list node;
    struct unixctl_conn *conn;
    struct child *child;
    struct ds text;
};

static struct ovs_list asides = OVS_LIST_INITIALIZER(&asides);

/* What the child has to do. */
struct errand {
    struct iov_command *cmd;
    iov_command_func *func;
};

/* In the child.  The first character says whether the rest is an error. */
static void
run_errand(const void *errand_, struct ds *text)
{
    const struct errand *errand = errand_;
    struct ds out = DS_EMPTY_INITIALIZER;

    errand->func(errand->cmd);
    ds_put_char(text, iov_command_render(errand->cmd, &out) ? '+' : '-');
    ds_put_cstr(text, ds_cstr(&out));
    ds_destroy(&out);
}

void
iov_aside_start(struct iov_command *cmd, iov_command_func *func)
{
    struct errand errand = { cmd, func };
    struct child *child;

    if (ovs_list_size(&asides) >= MAX_ASIDES) {
        cmd->error = xasprintf("%d such commands are being answered already; "
                               "try again when one of them is", MAX_ASIDES);
        return;
    }
    int error = child_start_text(run_errand, &errand, PATIENCE, &child);
    if (error) {
        cmd->error = xasprintf("a process to answer it cannot be started "
                               "(%s); try again when the host has memory and "
                               "processes to spare", ovs_strerror(error));
        return;
    }

    struct aside *aside = xzalloc(sizeof *aside);
    aside->conn = cmd->conn;
    aside->child = child;
    ds_init(&aside->text);
    ovs_list_push_back(&asides, &aside->node);
    cmd->conn = NULL;
}

static void
finish(struct aside *aside, const char *error)
{
    const char *text = ds_cstr(&aside->text);

    if (error) {
        unixctl_command_reply_error(aside->conn, error);
    } else if (text[0] == '+') {
        unixctl_command_reply(aside->conn, text + 1);
    } else {
        unixctl_command_reply_error(aside->conn, text + 1);
    }
    child_destroy(aside->child);
    ds_destroy(&aside->text);
    ovs_list_remove(&aside->node);
    free(aside);
}

void
iov_aside_run(void)
{
    struct aside *aside;

    LIST_FOR_EACH_SAFE (aside, node, &asides) {
        int error;

        if (child_text_done(aside->child, &aside->text, &error)) {
            finish(aside, !error && aside->text.length ? NULL
                   : "no answer was found within "OVS_STRINGIZE(PATIENCE)
                     " s, or the process that looked for it was killed");
        }
    }
}

void
iov_aside_wait(void)
{
    const struct aside *aside;

    LIST_FOR_EACH (aside, node, &asides) {
        child_wait(aside->child);
    }
}

void
iov_aside_cancel(const char *error)
{
    struct aside *aside;

    LIST_FOR_EACH_SAFE (aside, node, &asides) {
        finish(aside, error);
    }
}
