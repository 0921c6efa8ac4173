/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands that answer later: iov/sync and iov/verify.
 *
 * Both go through stages, each of which waits for something:
 *
 *   iov/sync     database -> flow monitors -> all ports settled
 *   iov/verify   every PF read again -> all ports settled -> compare
 *
 * The subtle thing: what a stage brings in has to go through a turn of the
 * loop before "settled" means anything. */

#include <config.h>
#include "vswitchd-ext/command.h"

#include <string.h>

#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"
#include "vswitchd-ext/db.h"
#include "vswitchd-ext/loop.h"
#include "vswitchd-ext/monitors.h"
#include "vswitchd-ext/status.h"
#include "vswitchd-ext/steer-pf.h"

/* A deferred command gives up after this time, ms. */
#define PATIENCE 30000

enum stage {
    STAGE_DATABASE,
    STAGE_MONITORS,
    STAGE_REREAD,
    STAGE_TURN,
    STAGE_SETTLED
};

struct deferred {
    struct ovs_list node;
    struct unixctl_conn *conn;
    enum stage stage;
    bool verify;
    bool json;
    uint64_t token;             /* Of the present stage. */
    long long int deadline;     /* ms. */
};

static struct ovs_list deferred = OVS_LIST_INITIALIZER(&deferred);

static void
defer(struct iov_command *cmd, bool verify)
{
    struct deferred *d = xzalloc(sizeof *d);

    d->conn = cmd->conn;
    d->verify = verify;
    d->json = cmd->json;
    d->deadline = time_msec() + PATIENCE;
    d->stage = verify ? STAGE_REREAD : STAGE_DATABASE;
    if (verify) {
        iov_reread_start(cmd->view->nics);
        iov_loop_touch();
    } else {
        d->token = iov_db_sync();
    }
    ovs_list_push_back(&deferred, &d->node);
    cmd->conn = NULL;
    poll_immediate_wake();
}

void
cmd_sync(struct iov_command *cmd)
{
    defer(cmd, false);
}

void
cmd_verify(struct iov_command *cmd)
{
    defer(cmd, true);
}

/* Returns true if 'd' has passed its present stage, and enters the next. */
static bool
advance(struct deferred *d)
{
    switch (d->stage) {
    case STAGE_DATABASE:
        if (!iov_db_synced(d->token)) {
            return false;
        }
        d->stage = STAGE_MONITORS;
        iov_monitors_sync();
        return true;
    case STAGE_MONITORS:
        if (!iov_monitors_synced()) {
            return false;
        }
        break;
    case STAGE_REREAD:
        if (!iov_reread_is_done()) {
            return false;
        }
        break;
    case STAGE_TURN:
        if (iov_loop_turn() <= d->token) {
            return false;
        }
        d->stage = STAGE_SETTLED;
        return true;
    case STAGE_SETTLED:
        return false;
    }
    d->stage = STAGE_TURN;
    d->token = iov_loop_turn();
    iov_loop_touch();
    return true;
}

static bool
is_finished(const struct deferred *d)
{
    return (d->stage == STAGE_SETTLED && iov_loop_view()->status->settled
            && iov_db_published());
}

static struct json *
lines_to_json(const char *text)
{
    struct json *array = json_array_create_empty();

    while (*text) {
        size_t length = strcspn(text, "\n");
        json_array_add(array, json_string_create_nocopy(
                                  xmemdup0(text, length)));
        text += length + (text[length] == '\n');
    }
    return array;
}

static void
finish(struct deferred *d, const char *error)
{
    struct ds out = DS_EMPTY_INITIALIZER;

    if (error) {
        unixctl_command_reply_error(d->conn, error);
    } else {
        if (d->verify) {
            iov_loop_verify(&out);
        }
        if (d->json) {
            struct json *json = lines_to_json(ds_cstr(&out));
            ds_clear(&out);
            json_to_ds(json, JSSF_PRETTY, &out);
            ds_put_char(&out, '\n');
            json_destroy(json);
        }
        unixctl_command_reply(d->conn, ds_cstr(&out));
    }
    ds_destroy(&out);
    ovs_list_remove(&d->node);
    free(d);
}

static const char *
what_it_waits_for(const struct deferred *d)
{
    switch (d->stage) {
    case STAGE_DATABASE:
        return ("gave up after 30 s: ovsdb-server or ovs-vswitchd has not "
                "taken in the configuration; check that both run");
    case STAGE_MONITORS:
        return ("gave up after 30 s: a bridge does not answer on its "
                "OpenFlow socket; see \"iov/show\"");
    case STAGE_REREAD:
        return ("gave up after 30 s: a PF does not answer; see the kernel's "
                "log");
    case STAGE_TURN:
    case STAGE_SETTLED:
        return ("gave up after 30 s: ports are still on their way; see "
                "\"iov/show\" and \"iov/history\"");
    }
    OVS_NOT_REACHED();
}

void
iov_deferred_run(void)
{
    struct deferred *d;

    LIST_FOR_EACH_SAFE (d, node, &deferred) {
        while (advance(d)) {
            continue;
        }
        if (is_finished(d)) {
            finish(d, NULL);
        } else if (time_msec() >= d->deadline) {
            finish(d, what_it_waits_for(d));
        }
    }
}

/* What the stages wait for wakes the main loop by itself. */
void
iov_deferred_wait(void)
{
    struct deferred *d;

    LIST_FOR_EACH (d, node, &deferred) {
        poll_timer_wait_until(d->deadline);
    }
}

void
iov_deferred_cancel(const char *error)
{
    struct deferred *d;

    LIST_FOR_EACH_SAFE (d, node, &deferred) {
        finish(d, error);
    }
}
