/* SPDX-License-Identifier: Apache-2.0
 *
 * "iov/flows": what a NIC with a flow table could decide of a port's packets.
 *
 * A child process compiles, so that the main loop goes on meanwhile.  Nothing
 * of it is programmed, which the answer says first. */

#include <config.h>
#include "vswitchd-ext/command/command.h"

#include <stdlib.h>

#include "openvswitch/json.h"
#include "policy/compile/rule-list.h"
#include "policy/compile/show.h"
#include "policy/model/snapshot.h"
#include "policy/reach/reach.h"
#include "policy/verdict/rules.h"
#include "policy/verdict/verdict.h"
#include "util.h"
#include "vswitchd-ext/control/loop.h"

static bool
is_in_nic(const struct iov_listed_rule *r)
{
    return r->place == IOV_PLACE_NIC && r->action != IOV_RULE_SOFTWARE;
}

static char *
flow_text(const struct iov_verdict *v, const struct iov_listed_rule *r)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    iov_listed_rule_format_flow(r, iov_reach_table(v->bridge->reach),
                                iov_reach_port_map(v->bridge->reach), &s);
    return ds_steal_cstr(&s);
}

static char *
why_text(const struct iov_listed_rule *r)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    iov_rule_why_format(r->why_now, r->detail_now, &s);
    return ds_steal_cstr(&s);
}

static void
put_rule(struct ds *ds, const struct iov_verdict *v,
         const struct iov_listed_rule *r)
{
    char *flow = flow_text(v, r);

    ds_put_cstr(ds, is_in_nic(r) ? "  NIC:      " : "  software: ");
    if (is_in_nic(r)) {
        iov_rule_format(&r->rule, ds);
    } else {
        iov_rule_match_format(&r->rule.match, ds);
    }
    ds_put_char(ds, '\n');
    if (r->at.flow) {
        ds_put_format(ds, "      %s\n", flow);
    }
    if (!is_in_nic(r)) {
        char *why = why_text(r);
        ds_put_format(ds, "      %s: %s\n", iov_rule_why_slug(r->why_now),
                      why);
        free(why);
    }
    free(flow);
}

/* All packets go to software. */
static void
put_stops(struct ds *ds, const struct iov_verdict *v)
{
    ds_put_cstr(ds, "  software: any\n");
    for (size_t i = 0; i < v->reasons.n; i++) {
        const struct iov_reason *r = &v->reasons.list[i];
        if (iov_verdict_rules_stop(v, i)) {
            ds_put_format(ds, "      %s%s%s\n",
                          iov_reason_class(r->id)->slug,
                          r->object ? ": " : "", r->object ? r->object : "");
        }
    }
}

static void
flows_text(struct ds *ds, const struct iov_verdict *v,
           const struct iov_rule_list *rules)
{
    ds_put_format(ds, "port %s: none of this is programmed; it is what a NIC "
                  "with a flow table could decide of packets from the port\n",
                  v->port->name);
    for (size_t i = 0; i < rules->n; i++) {
        put_rule(ds, v, &rules->list[i]);
    }
    if (!rules->n) {
        put_stops(ds, v);
    }
}

static struct json *
rule_to_json(const struct iov_verdict *v, const struct iov_listed_rule *r)
{
    struct json *o = json_object_create();
    struct ds s = DS_EMPTY_INITIALIZER;

    iov_rule_format(&r->rule, &s);
    json_object_put_string(o, "rule", ds_cstr(&s));
    json_object_put(o, "nic", json_boolean_create(is_in_nic(r)));
    if (!is_in_nic(r)) {
        char *why = why_text(r);
        json_object_put_string(o, "why", iov_rule_why_slug(r->why_now));
        json_object_put_string(o, "text", why);
        free(why);
    }
    if (r->at.flow) {
        char *flow = flow_text(v, r);
        json_object_put_string(o, "flow", flow);
        free(flow);
    }
    ds_destroy(&s);
    return o;
}

static struct json *
flows_to_json(const struct iov_verdict *v, const struct iov_rule_list *rules)
{
    struct json *list = json_array_create_empty();
    struct json *stops = json_array_create_empty();
    struct json *o = json_object_create();

    for (size_t i = 0; i < rules->n; i++) {
        json_array_add(list, rule_to_json(v, &rules->list[i]));
    }
    for (size_t i = 0; i < v->reasons.n; i++) {
        if (iov_verdict_rules_stop(v, i)) {
            json_array_add(stops, json_string_create(iov_reason_class(
                v->reasons.list[i].id)->slug));
        }
    }
    json_object_put_string(o, "port", v->port->name);
    json_object_put(o, "programmed", json_boolean_create(false));
    json_object_put(o, "rules", list);
    json_object_put(o, "stopped-by", stops);
    return o;
}

static void
flows(struct iov_command *cmd)
{
    const struct iov_verdict *v = iov_verdicts_find(cmd->view->verdicts,
                                                    cmd->arg);
    struct iov_rule_list rules;

    iov_verdict_rules(cmd->view->verdicts, v, &rules);
    if (cmd->json) {
        cmd->reply = flows_to_json(v, &rules);
    } else {
        flows_text(&cmd->out, v, &rules);
    }
    iov_rule_list_clear(&rules);
}

void
cmd_flows(struct iov_command *cmd)
{
    const struct iov_verdict *v = iov_verdicts_find(cmd->view->verdicts,
                                                    cmd->arg);

    if (!v) {
        iov_command_no_port(cmd);
    } else if (!v->requested) {
        cmd->error = xasprintf(
            "iov/flows: %s does not ask for offload: set "
            "other_config:iov-weight of its Interface and "
            "other_config:iov-enabled of its bridge", v->port->name);
    } else {
        iov_worker_start(cmd, flows);
    }
}
