/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands that may take long, answered by a child process: among a million
 * flows, what-if, or all culprits there are, takes seconds that the daemon has
 * to spend on changes.
 *
 * The child has a copy of everything as it was when the command came.  What it
 * learns on the way is lost with it. */

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
#define MAX_WORKERS 4

struct worker {
    struct ovs_list node;
    struct unixctl_conn *conn;
    struct child *child;
    struct ds text;
};

static struct ovs_list workers = OVS_LIST_INITIALIZER(&workers);

/* What the child has to do. */
struct job {
    struct iov_command *cmd;
    iov_command_func *func;
};

/* In the child.  The first character says whether the rest is an error. */
static void
run_job(const void *job_, struct ds *text)
{
    const struct job *job = job_;
    struct ds out = DS_EMPTY_INITIALIZER;

    job->func(job->cmd);
    ds_put_char(text, iov_command_render(job->cmd, &out) ? '+' : '-');
    ds_put_cstr(text, ds_cstr(&out));
    ds_destroy(&out);
}

void
iov_worker_start(struct iov_command *cmd, iov_command_func *func)
{
    struct job job = { cmd, func };
    struct child *child;

    if (ovs_list_size(&workers) >= MAX_WORKERS) {
        cmd->error = xasprintf("%d such commands are being answered already; "
                               "try again when one of them is",
                               MAX_WORKERS);
        return;
    }
    int error = child_start_text(run_job, &job, PATIENCE, &child);
    if (error) {
        cmd->error = xasprintf("a process to answer it cannot be started "
                               "(%s); try again when the host has memory and "
                               "processes to spare", ovs_strerror(error));
        return;
    }

    struct worker *worker = xzalloc(sizeof *worker);
    worker->conn = cmd->conn;
    worker->child = child;
    ds_init(&worker->text);
    ovs_list_push_back(&workers, &worker->node);
    cmd->conn = NULL;
}

static void
finish(struct worker *worker, const char *error)
{
    const char *text = ds_cstr(&worker->text);

    if (error) {
        unixctl_command_reply_error(worker->conn, error);
    } else if (text[0] == '+') {
        unixctl_command_reply(worker->conn, text + 1);
    } else {
        unixctl_command_reply_error(worker->conn, text + 1);
    }
    child_destroy(worker->child);
    ds_destroy(&worker->text);
    ovs_list_remove(&worker->node);
    free(worker);
}

void
iov_worker_run(void)
{
    struct worker *worker;

    LIST_FOR_EACH_SAFE(worker, node, &workers)
    {
        int error;

        if (child_text_done(worker->child, &worker->text, &error)) {
            finish(worker, !error && worker->text.length
                               ? NULL
                               : "no answer was found within " OVS_STRINGIZE(
                                   PATIENCE) " s, or the process that looked "
                                             "for it was killed");
        }
    }
}

void
iov_worker_wait(void)
{
    const struct worker *worker;

    LIST_FOR_EACH (worker, node, &workers) {
        child_wait(worker->child);
    }
}

void
iov_worker_cancel(const char *error)
{
    struct worker *worker;

    LIST_FOR_EACH_SAFE(worker, node, &workers)
    {
        finish(worker, error);
    }
}
