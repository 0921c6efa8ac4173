/* SPDX-License-Identifier: Apache-2.0
 *
 * "iov/what-if": which ports would lose or regain their VF, and why.
 *
 * A child process imagines, so that nothing can be left of it, and so that the
 * main loop goes on meanwhile. */

#include <config.h>
#include "vswitchd-ext/command/command.h"

#include <string.h>

#include "openvswitch/json.h"
#include "policy/model/snapshot.h"
#include "policy/verdict/verdict.h"
#include "policy/verdict/what-if.h"
#include "util.h"
#include "vswitchd-ext/control/loop.h"

enum change { LOSE, REGAIN, MOVE, STAY, N_CHANGES };
static const char *const change_names[N_CHANGES] = {
    "lose", "regain", "move", "none"
};

static enum change
get_change(const struct iov_verdict *before, const struct iov_verdict *after)
{
    return (!before || !before->vf ? (after->vf ? REGAIN : STAY)
            : !after->vf ? LOSE
            : before->vf != after->vf ? MOVE
            : STAY);
}

static const struct iov_verdict *
find_same(const struct iov_verdicts *vs, const struct iov_verdict *like)
{
    for (size_t i = 0; i < vs->n; i++) {
        if (vs->list[i].port == like->port) {
            return &vs->list[i];
        }
    }
    return NULL;
}

static void
put_reasons(struct ds *ds, const struct iov_reasons *reasons)
{
    for (size_t i = 0; i < reasons->n; i++) {
        const struct iov_reason *r = &reasons->list[i];
        ds_put_format(ds, "    %s%s%s\n", iov_reason_class(r->id)->slug,
                      r->object ? ": " : "", r->object ? r->object : "");
        if (r->detail) {
            ds_put_format(ds, "        %s\n", r->detail);
        }
        ds_put_format(ds, "        %s\n", iov_reason_remedy(r));
    }
    if (reasons->n_more) {
        ds_put_format(ds, "    and %"PRIuSIZE" more like these\n",
                      reasons->n_more);
    }
}

static void
put_port(struct ds *ds, const struct iov_verdict *v, enum change change)
{
    ds_put_format(ds, "port %s would ", v->port->name);
    if (!v->vf) {
        ds_put_format(ds, "%s\n", change == LOSE ? "lose its VF"
                      : "stay on software");
        put_reasons(ds, &v->reasons);
    } else {
        ds_put_format(ds, "%s VF %u of %s\n",
                      change == REGAIN ? "regain its VF:"
                      : change == MOVE ? "move to" : "stay on",
                      v->vf->index, v->pf->netdev);
    }
}

static struct json *
port_to_json(const struct iov_verdict *v, enum change change)
{
    struct json *o = json_object_create();

    json_object_put_string(o, "port", v->port->name);
    json_object_put_string(o, "change", change_names[change]);
    json_object_put(o, "direct", json_boolean_create(v->vf != NULL));
    if (v->vf) {
        json_object_put_string(o, "pf", v->pf->netdev);
        json_object_put(o, "vf", json_integer_create(v->vf->index));
    }
    json_object_put(o, "reasons", iov_reasons_to_json(&v->reasons));
    json_object_put(o, "more-reasons",
                    json_integer_create(v->reasons.n_more));
    return o;
}

static void
answer(struct iov_command *cmd, struct iov_what_if *w)
{
    struct iov_what_if_verdicts vs = iov_what_if_judge(w);
    struct json *ports = json_array_create_empty();
    size_t n = 0;

    for (size_t i = 0; i < vs.after->n; i++) {
        const struct iov_verdict *v = &vs.after->list[i];
        enum change change = get_change(find_same(vs.before, v), v);

        if (iov_what_if_concerns(w, v)
            && (change != STAY || iov_what_if_is_about_port(w))) {
            put_port(&cmd->out, v, change);
            json_array_add(ports, port_to_json(v, change));
            n++;
        }
    }
    if (!n) {
        ds_put_cstr(&cmd->out, "no port would lose or regain its VF\n");
    }
    if (cmd->json) {
        ds_clear(&cmd->out);
        cmd->reply = json_object_create();
        json_object_put(cmd->reply, "ports", ports);
    } else {
        json_destroy(ports);
    }
}

/* Returns null or what is wrong. */
static char *
imagine(struct iov_command *cmd, struct iov_what_if *w)
{
    char *error = NULL;

    for (size_t i = 0; i < cmd->n_more && !error; i++) {
        const char *arg = cmd->more[i];

        if (strcmp(arg, "--set")) {
            error = (arg[0] == '-'
                     ? xasprintf("iov/what-if: there is no option \"%s\"; "
                                 "flows and --set TABLE:COLUMN=VALUE are "
                                 "taken", arg)
                     : iov_what_if_flow(w, arg));
        } else if (++i < cmd->n_more) {
            error = iov_what_if_set(w, cmd->more[i]);
        } else {
            error = xstrdup("iov/what-if: --set needs TABLE:COLUMN=VALUE");
        }
    }
    return error;
}

static void
what_if(struct iov_command *cmd)
{
    struct iov_what_if *w = iov_what_if_create(cmd->view->snapshot, cmd->arg,
                                               &cmd->error);

    if (w) {
        cmd->error = imagine(cmd, w);
    }
    if (!cmd->error) {
        answer(cmd, w);
    }
    iov_what_if_destroy(w);
}

void
cmd_what_if(struct iov_command *cmd)
{
    if (cmd->n_more) {
        iov_worker_start(cmd, what_if);
    } else {
        cmd->error = xstrdup("iov/what-if: nothing to imagine; give flows as "
                             "to ovs-ofctl, after add, mod or del, or --set "
                             "TABLE:COLUMN=VALUE");
    }
}
