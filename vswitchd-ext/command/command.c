/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands of users: see command.h.  The longer ones have files of their
 * own.
 *
 * Before the first turn of the loop there is nothing to show; a command that
 * came then says so instead of showing nothing, except iov/sync, which
 * waits. */

#include <config.h>
#include "vswitchd-ext/command/command.h"

#include <limits.h>
#include <string.h>

#include "openvswitch/json.h"
#include "policy/model/reason.h"
#include "policy/model/snapshot.h"
#include "policy/model/text.h"
#include "policy/verdict/verdict.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"
#include "vswitchd-ext/control/history.h"
#include "vswitchd-ext/control/holds.h"
#include "vswitchd-ext/control/loop.h"
#include "vswitchd-ext/control/runtime.h"
#include "vswitchd-ext/control/timing.h"
#include "vswitchd-ext/ovs/db.h"

#define MAX_TIMEOUT 86400       /* Seconds. */
#define MAX_WEIGHT 100

struct command_row {
    iov_command_func *func;
    const char *name;
    const char *usage;
    int min, max;
};

static const struct command_row rows[] = {
#define COMMAND(NAME, USAGE, MIN, MAX, FUNCTION, MEANING) \
    { FUNCTION, NAME, USAGE, MIN, MAX },
#include "vswitchd-ext/command/command.def"
#undef COMMAND
};

/* True if a command with this row takes the name of a port, bridge or PF. */
static bool
takes_name(const struct command_row *row)
{
    return strstr(row->usage, "PORT") || strstr(row->usage, "PF");
}

static char *
too_many(const struct command_row *row, const char *arg)
{
    return xasprintf("%s: one argument too many, \"%s\"; usage: %s %s",
                     row->name, arg, row->name, row->usage);
}

/* Takes 'arg', which is no option that many commands have.  'options_end':
 * "--" came before it. */
static char *
parse_argument(struct iov_command *cmd, const struct command_row *row,
               const char *arg, bool options_end)
{
    bool takes_arg = takes_name(row);
    bool takes_more = strstr(row->usage, "...") != NULL;

    if (arg[0] == '-' && !options_end && !(takes_more && cmd->arg)) {
        return xasprintf("%s: there is no option \"%s\"; usage: %s %s%s",
                         row->name, arg, row->name, row->usage,
                         takes_arg ? "; put \"--\" before a name that begins "
                         "with \"-\"" : "");
    } else if (takes_arg && !cmd->arg) {
        cmd->arg = arg;
    } else if (takes_more) {
        cmd->more[cmd->n_more++] = arg;
    } else {
        return too_many(row, arg);
    }
    return NULL;
}

/* Takes 'value', null if it is missing, of option 'name'. */
static char *
parse_number(struct iov_command *cmd, const struct command_row *row,
             const char *name, const char *value)
{
    bool weight = !strcmp(name, "--weight");
    int *number = weight ? &cmd->weight : &cmd->timeout;
    int min = weight ? 1 : 0;
    int max = weight ? MAX_WEIGHT : MAX_TIMEOUT;

    if (!value || !str_to_int(value, 10, number) || *number < min
        || *number > max) {
        return xasprintf("%s: %s \"%s\" is no %s from %d to %d; usage: "
                         "%s %s", row->name, name, value ? value : "",
                         weight ? "weight" : "number of seconds", min, max,
                         row->name, row->usage);
    }
    return NULL;
}

/* True if 'arg' is an option that 'row' has.  "--", which ends the options, is
 * one of each command that takes a name. */
static bool
takes_option(const struct command_row *row, const char *arg)
{
    static const char *const options[] = {
        "--timeout", "--weight", "--json", "--all"
    };

    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        if (!strcmp(arg, options[i])) {
            return strstr(row->usage, arg) != NULL;
        }
    }
    return !strcmp(arg, "--") && takes_name(row);
}

/* Takes the options out of 'argv'; returns a sentence if one is wrong. */
static char *
parse_arguments(struct iov_command *cmd, const struct command_row *row,
                int argc, const char *argv[])
{
    bool needs_arg = (takes_name(row)
                      && row->usage[strlen(row->usage) - 1] != ']');

    bool options_end = false;

    cmd->timeout = -1;
    cmd->weight = -1;
    for (int i = 1; i < argc; i++) {
        char *error = NULL;

        if (options_end || !takes_option(row, argv[i])) {
            error = parse_argument(cmd, row, argv[i], options_end);
        } else if (!strcmp(argv[i], "--timeout")
                   || !strcmp(argv[i], "--weight")) {
            const char *value = i + 1 < argc ? argv[i + 1] : NULL;

            error = parse_number(cmd, row, argv[i++], value);
        } else {
            cmd->json |= !strcmp(argv[i], "--json");
            cmd->all |= !strcmp(argv[i], "--all");
            options_end = !strcmp(argv[i], "--");
        }
        if (error) {
            return error;
        }
    }
    if (cmd->all && cmd->arg && strstr(row->usage, "|--all")) {
        return xasprintf("%s: both --all and \"%s\" are given; leave one "
                         "out", row->name, cmd->arg);
    }
    if (!cmd->arg && needs_arg
        && !(cmd->all && strstr(row->usage, "|--all"))) {
        return xasprintf("%s: a port is missing; usage: %s %s", row->name,
                         row->name, row->usage);
    }
    return NULL;
}

struct json *
iov_command_wrap(const char *name, struct json *json)
{
    struct json *answer = json_object_create();

    json_object_put(answer, name, json);
    return answer;
}

bool
iov_command_render(struct iov_command *cmd, struct ds *out)
{
    if (cmd->reply && !cmd->error) {
        json_object_put(cmd->reply, "version",
                        json_integer_create(IOV_JSON_VERSION));
        iov_text_put_json(out, cmd->reply, JSSF_PRETTY | JSSF_SORT);
        ds_put_char(out, '\n');
    } else {
        char *text = iov_text_clean_lines(cmd->error ? cmd->error
                                          : ds_cstr(&cmd->out));

        ds_put_cstr(out, text);
        free(text);
    }
    return !cmd->error;
}

static void
answer(struct iov_command *cmd)
{
    if (cmd->conn) {
        struct ds out = DS_EMPTY_INITIALIZER;

        if (iov_command_render(cmd, &out)) {
            unixctl_command_reply(cmd->conn, ds_cstr(&out));
        } else {
            unixctl_command_reply_error(cmd->conn, ds_cstr(&out));
        }
        ds_destroy(&out);
    }
    json_destroy(cmd->reply);
    ds_destroy(&cmd->out);
    free(cmd->error);
    free(cmd->more);
}

static void
run_command(struct unixctl_conn *conn, int argc, const char *argv[],
            void *row_)
{
    const struct command_row *row = row_;
    struct iov_command cmd = {
        .view = iov_loop_view(),
        .out = DS_EMPTY_INITIALIZER,
        .conn = conn,
        .more = xcalloc(argc, sizeof *cmd.more),
    };

    cmd.error = parse_arguments(&cmd, row, argc, argv);
    if (!cmd.error && iov_db_is_anothers() && row->func != cmd_list_reasons) {
        cmd.error = xstrdup("another ovs-iovd is active on this database; "
                            "this one does nothing until that one has ended.  "
                            "Ask the other, or stop one of them");
    } else if (!cmd.error && !cmd.view->status
               && row->func != cmd_list_reasons && row->func != cmd_sync) {
        cmd.error = xstrdup("ovs-iovd has not yet heard from ovsdb-server "
                            "and ovs-vswitchd; check that they run, or try "
                            "again in a moment");
    }
    if (!cmd.error) {
        row->func(&cmd);
    }
    answer(&cmd);
}

void
iov_commands_register(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct command_row *row = &rows[i];
        int max = row->max + (takes_name(row) && row->max < INT_MAX);

        unixctl_command_register(row->name, row->usage, row->min, max,
                                 run_command,
                                 CONST_CAST(struct command_row *, row));
    }
}

void
iov_command_tell_waits(struct iov_reasons *reasons)
{
    long long int now = time_msec();

    for (size_t i = 0; i < reasons->n; i++) {
        struct iov_reason *r = &reasons->list[i];
        if (r->until) {
            free(r->detail);
            r->detail = xasprintf("This ends in %lld s.",
                                  DIV_ROUND_UP(MAX(r->until - now, 0),
                                               1000));
        }
    }
}

void
iov_command_no_port(struct iov_command *cmd)
{
    const struct iov_bridge *bridge;

    if (iov_snapshot_find_port(cmd->view->snapshot, cmd->arg, &bridge)) {
        cmd->error = xasprintf("port %s is an uplink of bridge %s and cannot "
                               "be on a VF itself", cmd->arg, bridge->name);
    } else {
        cmd->error = xasprintf("there is no port \"%s\" on any bridge; "
                               "\"iov/show\" lists them", cmd->arg);
    }
}

/* Short commands. */

void
cmd_list_reasons(struct iov_command *cmd)
{
    if (cmd->json) {
        cmd->reply = iov_command_wrap("reasons", iov_reason_table_to_json());
    } else {
        iov_reason_table_format(&cmd->out);
    }
}

void
cmd_timing(struct iov_command *cmd)
{
    if (cmd->json) {
        cmd->reply = iov_command_wrap("timings", iov_timing_to_json());
    } else {
        iov_timing_format(&cmd->out);
    }
}

void
cmd_history(struct iov_command *cmd)
{
    if (cmd->arg && !iov_runtime_find(cmd->arg)
        && !iov_history_knows(cmd->arg)) {
        iov_command_no_port(cmd);
    } else if (cmd->json) {
        cmd->reply = iov_command_wrap("events",
                                      iov_history_to_json(cmd->arg));
    } else {
        iov_history_format(&cmd->out, cmd->arg);
    }
}

/* Fills in what the hold is of; a name is first that of a bridge, as for
 * iov/show.  Returns false, with an error, if there is none of that name. */
static bool
find_hold(struct iov_command *cmd, struct iov_hold *hold)
{
    *hold = (struct iov_hold) { NULL, NULL };
    if (!cmd->arg) {
        return true;
    } else if (iov_snapshot_find_bridge(cmd->view->snapshot, cmd->arg)) {
        hold->bridge = cmd->arg;
    } else if (iov_verdicts_find(cmd->view->verdicts, cmd->arg)) {
        hold->port = cmd->arg;
    } else {
        iov_command_no_port(cmd);
        return false;
    }
    return true;
}

void
cmd_hold(struct iov_command *cmd)
{
    struct iov_hold hold;

    if (!find_hold(cmd, &hold)) {
        return;
    }
    iov_hold_set(&hold, true);
    iov_loop_touch();
    if (cmd->timeout) {
        iov_async_hold(cmd, &hold);
    }
}

void
cmd_unhold(struct iov_command *cmd)
{
    struct iov_hold hold;

    if (!find_hold(cmd, &hold)) {
        return;
    }
    if (!cmd->arg) {
        iov_holds_clear();
    } else if (!iov_hold_set(&hold, false)) {
        cmd->error = xasprintf("%s %s is not held by iov/hold; see "
                               "\"iov/show %s\" for its reasons",
                               hold.port ? "port" : "bridge", cmd->arg,
                               cmd->arg);
        return;
    }
    iov_loop_touch();
    if (cmd->timeout > 0) {
        iov_async_unhold(cmd);
    }
}

/* Asks for offload of the port, or no longer, with 'weight'. */
static void
set_weight(struct iov_command *cmd, unsigned int weight)
{
    if (!iov_verdicts_find(cmd->view->verdicts, cmd->arg)) {
        iov_command_no_port(cmd);
    } else {
        iov_async_weight(cmd, weight);
    }
}

void
cmd_enable(struct iov_command *cmd)
{
    const struct iov_verdict *v = iov_verdicts_find(cmd->view->verdicts,
                                                    cmd->arg);
    unsigned int weight = v ? v->port->keys.weight : 0;

    set_weight(cmd, cmd->weight > 0 ? cmd->weight
                    : weight ? weight : MAX_WEIGHT);
}

void
cmd_disable(struct iov_command *cmd)
{
    set_weight(cmd, 0);
}
