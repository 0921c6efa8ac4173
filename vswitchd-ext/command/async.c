/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands that answer later: iov/sync, iov/verify, iov/hold, iov/enable and
 * iov/disable.
 *
 * Each goes through stages, every one of which waits for something:
 *
 *   iov/sync     database -> flow monitors -> all ports settled
 *   iov/verify   every PF read again -> all ports settled -> compare
 *   iov/hold     the VFs of the ports are with nobody, or fenced for good
 *   iov/unhold   all ports settled
 *   iov/enable   written into the database -> as iov/sync; iov/disable too
 *
 * What a stage brings in has to go through a turn of the loop before "settled"
 * means anything. */

#include <config.h>
#include "vswitchd-ext/command/command.h"

#include <string.h>

#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "policy/model/text.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"
#include "vswitchd-ext/control/holds.h"
#include "vswitchd-ext/control/loop.h"
#include "vswitchd-ext/control/reconcile-pf.h"
#include "vswitchd-ext/control/runtime.h"
#include "vswitchd-ext/status.h"
#include "vswitchd-ext/ovs/db-write.h"
#include "vswitchd-ext/ovs/db.h"
#include "vswitchd-ext/ovs/monitors.h"

/* A deferred command gives up after this time, ms; iov/hold unless it is told
 * another. */
#define PATIENCE 30000

enum kind { SYNC, VERIFY, HOLD, UNHOLD, WEIGHT };

/* Of many ports that still have VFs so many are named. */
#define MAX_NAMED 4

enum stage {
    STAGE_WRITE,
    STAGE_DATABASE,
    STAGE_MONITORS,
    STAGE_REREAD,
    STAGE_TURN,
    STAGE_SETTLED
};

struct async {
    struct ovs_list node;
    struct unixctl_conn *conn;
    enum stage stage;
    enum kind kind;
    bool json;
    char *port, *bridge;        /* For HOLD, see struct iov_hold; 'port' for
                                 * WEIGHT, too. */
    struct iov_db_write *write; /* For WEIGHT. */
    char *refused;              /* Why the database did not take it. */
    int patience;               /* ms. */
    uint64_t token;             /* Of the present stage. */
    long long int deadline;     /* ms. */
};

static struct ovs_list async = OVS_LIST_INITIALIZER(&async);

static struct async *
defer(struct iov_command *cmd, enum kind kind, enum stage stage)
{
    struct async *d = xzalloc(sizeof *d);

    d->conn = cmd->conn;
    d->kind = kind;
    d->json = cmd->json;
    d->patience = PATIENCE;
    d->deadline = time_msec() + PATIENCE;
    d->stage = stage;
    ovs_list_push_back(&async, &d->node);
    cmd->conn = NULL;
    poll_immediate_wake();
    return d;
}

void
cmd_sync(struct iov_command *cmd)
{
    struct async *d = defer(cmd, SYNC, STAGE_DATABASE);

    d->token = iov_db_sync();
}

void
cmd_verify(struct iov_command *cmd)
{
    defer(cmd, VERIFY, STAGE_REREAD);
    iov_reread_start(cmd->view->nics);
    iov_loop_touch();
}

static void
wait_at_most(struct async *d, const struct iov_command *cmd)
{
    d->token = iov_loop_iteration();
    if (cmd->timeout >= 0) {
        d->patience = cmd->timeout * 1000;
        d->deadline = time_msec() + d->patience;
    }
}

void
iov_async_hold(struct iov_command *cmd, const struct iov_hold *hold)
{
    struct async *d = defer(cmd, HOLD, STAGE_TURN);

    d->port = nullable_xstrdup(hold->port);
    d->bridge = nullable_xstrdup(hold->bridge);
    wait_at_most(d, cmd);
}

void
iov_async_unhold(struct iov_command *cmd)
{
    wait_at_most(defer(cmd, UNHOLD, STAGE_TURN), cmd);
}

void
iov_async_weight(struct iov_command *cmd, unsigned int weight)
{
    struct async *d = defer(cmd, WEIGHT, STAGE_WRITE);

    d->port = xstrdup(cmd->arg);
    d->write = iov_db_write_weight(cmd->arg, weight);
}

/* Returns true if 'd' has passed its present stage, and enters the next. */
static bool
advance(struct async *d)
{
    switch (d->stage) {
    case STAGE_WRITE:
        if (d->refused || !iov_db_write_run(d->write, &d->refused)
            || d->refused) {
            return false;
        }
        d->stage = STAGE_DATABASE;
        d->token = iov_db_sync();
        return true;
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
        if (iov_loop_iteration() <= d->token) {
            return false;
        }
        d->stage = STAGE_SETTLED;
        return true;
    case STAGE_SETTLED:
        return false;
    }
    d->stage = STAGE_TURN;
    d->token = iov_loop_iteration();
    iov_loop_touch();
    return true;
}

/* What is known of the ports: of none, and nothing has come to rest, as long
 * as another daemon has the lock of the database, which may be taken away
 * while a command waits. */
static const struct iov_status *
status_now(void)
{
    static const struct iov_status nothing;
    const struct iov_status *status = iov_loop_view()->status;

    return status ? status : &nothing;
}

static const struct iov_port_status *
find_status(const char *port)
{
    const struct iov_status *status = status_now();

    for (size_t i = 0; i < status->n_ports; i++) {
        if (!strcmp(status->ports[i].name, port)) {
            return &status->ports[i];
        }
    }
    return NULL;
}

/* True if the hold that 'd' waits for is also one of the port. */
static bool
concerns(const struct async *d, const struct iov_port_status *ps)
{
    return (d->port ? !strcmp(d->port, ps->name)
            : !d->bridge || !strcmp(d->bridge, ps->bridge));
}

/* True if the guest can neither have the VF nor use it. */
static bool
is_away(const struct iov_port_status *ps)
{
    return (!ps->vf_in_use
            && (ps->state == IOV_PORT_SOFTWARE || ps->state == IOV_PORT_OFF));
}

/* True if no port of the hold has its VF any more.  A port that is gone is
 * none that has. */
static bool
is_drained(const struct async *d)
{
    const struct iov_status *status = status_now();
    bool any = false;

    for (size_t i = 0; i < status->n_ports; i++) {
        const struct iov_port_status *ps = &status->ports[i];

        if (concerns(d, ps)) {
            any = true;
            if (!is_away(ps)) {
                return false;
            }
        }
    }
    return any || !d->port;
}

static bool
is_finished(const struct async *d)
{
    if (d->kind == HOLD) {
        return d->stage == STAGE_SETTLED && is_drained(d);
    }
    return (d->stage == STAGE_SETTLED && status_now()->settled
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

/* Where the port has come to rest, in a line. */
static void
put_place(struct ds *ds, const char *port)
{
    const struct iov_port_status *ps = find_status(port);

    if (!ps) {
        ds_put_format(ds, "port %s is on no bridge any more\n", port);
        return;
    }
    ds_put_format(ds, "port %s: %s", port, iov_port_state_name(ps->state));
    if (ps->pf) {
        ds_put_format(ds, ", VF %u of %s", ps->vf, ps->pf);
    }
    if (ps->reasons.n && ps->state != IOV_PORT_OFF) {
        ds_put_cstr(ds, ": ");
        iov_reasons_format_slugs(ds, &ps->reasons);
    }
    ds_put_char(ds, '\n');
}

static void
finish(struct async *d, const char *error)
{
    struct ds out = DS_EMPTY_INITIALIZER;

    if (error) {
        unixctl_command_reply_error(d->conn, error);
    } else {
        if (d->kind == VERIFY) {
            iov_loop_verify(&out);
        } else if (d->kind == WEIGHT) {
            put_place(&out, d->port);
        }
        if (d->json) {
            struct json *json = iov_command_wrap("differences",
                                                 lines_to_json(
                                                     ds_cstr(&out)));

            json_object_put(json, "version",
                            json_integer_create(IOV_JSON_VERSION));
            ds_clear(&out);
            iov_text_put_json(&out, json, JSSF_PRETTY | JSSF_SORT);
            ds_put_char(&out, '\n');
            json_destroy(json);
        }

        char *text = iov_text_clean_lines(ds_cstr(&out));

        unixctl_command_reply(d->conn, text);
        free(text);
    }
    ds_destroy(&out);
    ovs_list_remove(&d->node);
    iov_db_write_destroy(d->write);
    free(d->refused);
    free(d->port);
    free(d->bridge);
    free(d);
}

static void
put_failures(struct ds *ds, const struct iov_runtime *runtime)
{
    for (size_t i = 0; i < runtime->failures.n; i++) {
        const struct iov_failure *f = &runtime->failures.list[i];

        ds_put_cstr(ds, "; ");
        iov_op_format(ds, f->op);
        ds_put_format(ds, ": %s%s%s", ovs_strerror(f->error),
                      f->text ? ": " : "", f->text ? f->text : "");
    }
}

/* Why iov/hold has to wait for the port. */
static void
put_obstacle(struct ds *ds, const struct iov_port_status *ps)
{
    const struct iov_runtime *runtime = iov_runtime_find(ps->name);

    ds_put_format(ds, "port %s still has VF %u of %s", ps->name, ps->vf,
                  ps->pf ? ps->pf : "a PF");
    if (runtime && runtime->next && *runtime->next) {
        ds_put_format(ds, "; under way: %s", runtime->next);
    }
    if (runtime) {
        put_failures(ds, runtime);
    }
    ds_put_format(ds, "; it is still held and goes on: see \"iov/show %s\" "
                  "and \"iov/history %s\"", ps->name, ps->name);
}

static void
put_obstacles(struct ds *ds, const struct async *d)
{
    const struct iov_status *status = status_now();
    size_t n = 0;

    for (size_t i = 0; i < status->n_ports; i++) {
        const struct iov_port_status *ps = &status->ports[i];

        if (concerns(d, ps) && !is_away(ps) && ++n <= MAX_NAMED) {
            ds_put_cstr(ds, n > 1 ? "; " : "");
            put_obstacle(ds, ps);
        }
    }
    if (n > MAX_NAMED) {
        ds_put_format(ds, "; and %"PRIuSIZE" more", n - MAX_NAMED);
    } else if (!n) {
        ds_put_format(ds, "port %s is on no bridge any more",
                      d->port ? d->port : "");
    }
}

static void
put_what_it_waits_for(struct ds *ds, const struct async *d)
{
    if (d->kind == HOLD) {
        put_obstacles(ds, d);
        return;
    }
    switch (d->stage) {
    case STAGE_WRITE:
        ds_put_cstr(ds, "the database has not taken the setting; check that "
                    "ovsdb-server runs");
        return;
    case STAGE_DATABASE:
        ds_put_cstr(ds, "ovsdb-server or ovs-vswitchd has not taken in the "
                    "configuration; check that both run");
        return;
    case STAGE_MONITORS:
        ds_put_cstr(ds, "a bridge does not answer on its OpenFlow socket; "
                    "see \"iov/show\"");
        return;
    case STAGE_REREAD:
        ds_put_cstr(ds, "a PF does not answer; see the kernel's log");
        return;
    case STAGE_TURN:
    case STAGE_SETTLED:
        ds_put_cstr(ds, "ports are still on their way; see \"iov/show\" and "
                    "\"iov/history\"");
        return;
    }
    OVS_NOT_REACHED();
}

static void
give_up(struct async *d)
{
    struct ds error = DS_EMPTY_INITIALIZER;

    ds_put_format(&error, "gave up after %d s: ", d->patience / 1000);
    put_what_it_waits_for(&error, d);
    finish(d, ds_cstr(&error));
    ds_destroy(&error);
}

/* True if somebody has ended the hold that 'd' waits for. */
static bool
is_void(const struct async *d)
{
    struct iov_hold hold = { d->port, d->bridge };

    return (d->kind == HOLD && (!d->port || iov_runtime_find(d->port))
            && !iov_hold_is_set(&hold));
}

void
iov_async_run(void)
{
    struct async *d;

    if (iov_db_is_anothers()) {
        iov_async_cancel("another ovs-iovd has become active on this database "
                         "meanwhile; ask that one");
    }
    LIST_FOR_EACH_SAFE (d, node, &async) {
        while (advance(d)) {
            continue;
        }
        if (d->refused) {
            finish(d, d->refused);
        } else if (is_finished(d)) {
            finish(d, NULL);
        } else if (is_void(d)) {
            finish(d, d->port
                   ? "iov/unhold came before the port had left its VF"
                   : "iov/unhold came before all ports had left their "
                     "VFs");
        } else if (time_msec() >= d->deadline) {
            give_up(d);
        }
    }
}

/* What the stages wait for wakes the main loop by itself. */
void
iov_async_wait(void)
{
    struct async *d;

    LIST_FOR_EACH (d, node, &async) {
        if (d->stage == STAGE_WRITE) {
            iov_db_write_wait(d->write);
        }
        poll_timer_wait_until(d->deadline);
    }
}

void
iov_async_cancel(const char *error)
{
    struct async *d;

    LIST_FOR_EACH_SAFE (d, node, &async) {
        finish(d, error);
    }
}
