/* SPDX-License-Identifier: Apache-2.0 */

/* Reads a script about a bridge and a NIC, and prints the rules.
 *
 *     rule RULE                  reads a rule and prints it
 *     can FIELD no|exact|mask    what the NIC can match on; at first all
 *     lack ACTION                an action that it does not have
 *     room N                     so many rules of a list
 *     port N access VLAN|trunk|other [nic] [software]
 *                                describes OpenFlow port N
 *     trunks N VLAN...           the VLANs of port N
 *     station VLAN MAC N         an address that the switch has learned
 *     forget                     forgets all of those
 *     flow FLOW                  adds a flow, in the syntax of ovs-ofctl
 *     unknown FLOW               adds a flow, its actions not understood
 *     clear                      forgets all flows
 *     compile N                  prints the rules of packets from port N
 *     explain N                  the same, with the flows they come from
 *     count N                    prints how many they are
 *     refuse I WORDS             the NIC refuses rule number I of the last
 *                                list, counted from 1; prints what is left
 *     share N WEIGHT:WANT...     shares N rules */

#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bitmap.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "packets.h"
#include "policy/compile/compile.h"
#include "policy/compile/show.h"
#include "policy/flow/table.h"
#include "util.h"

#define MAX_PORTS 8
#define MAX_STATIONS 32
#define MAX_SHARES 16

struct test {
    struct iov_rule_caps caps;
    struct iov_compile_port ports[MAX_PORTS];
    unsigned long trunks[MAX_PORTS][BITMAP_N_LONGS(4096)];
    size_t n_ports;
    struct iov_compile_station stations[MAX_STATIONS];
    size_t n_stations;
    struct iov_flow_table *table;
    struct iov_rule_list rules;
};

static char *
word(char **argsp, const char *what)
{
    char *w = strsep(argsp, " ");

    if (!w || !*w) {
        ovs_fatal(0, "missing %s", what);
    }
    return w;
}

static void
cmd_rule(const char *text)
{
    struct iov_rule rule;
    char *error = iov_rule_parse(&rule, text);
    struct ds s = DS_EMPTY_INITIALIZER;

    if (error) {
        printf("%s\n", error);
        free(error);
        return;
    }
    iov_rule_format(&rule, &s);
    printf("%s\n", ds_cstr(&s));
    ds_destroy(&s);
}

static void
cmd_can(struct test *t, char *args)
{
    const char *name = word(&args, "field");
    enum iov_rule_field field;

    if (!iov_rule_field_from_name(name, &field)) {
        ovs_fatal(0, "%s: no such field", name);
    }
    t->caps.fields[field] = (!strcmp(args, "no") ? IOV_RULE_CANNOT
                             : !strcmp(args, "exact") ? IOV_RULE_CAN_EXACT
                             : IOV_RULE_CAN_MASK);
}

static void
cmd_lack(struct test *t, const char *action)
{
    struct iov_rule_caps *c = &t->caps;
    bool *what = (!strcmp(action, "drop") ? &c->drop
                  : !strcmp(action, "software") ? &c->software
                  : !strcmp(action, "forward") ? &c->forward
                  : !strcmp(action, "pop_vlan") ? &c->pop_vlan
                  : &c->push_vlan);

    *what = false;
}

static struct iov_compile_port *
find_port(struct test *t, uint32_t ofport)
{
    for (size_t i = 0; i < t->n_ports; i++) {
        if (t->ports[i].ofport == ofport) {
            return &t->ports[i];
        }
    }
    if (t->n_ports >= MAX_PORTS) {
        ovs_fatal(0, "too many ports");
    }
    return &t->ports[t->n_ports++];
}

static void
cmd_port(struct test *t, char *args)
{
    uint32_t ofport = atoi(word(&args, "number"));
    struct iov_compile_port *p = find_port(t, ofport);
    const char *w = word(&args, "VLANs");

    memset(p, 0, sizeof *p);
    p->ofport = ofport;
    p->vlans = (!strcmp(w, "access") ? IOV_VLANS_ACCESS
                : !strcmp(w, "trunk") ? IOV_VLANS_TRUNK : IOV_VLANS_OTHER);
    if (p->vlans == IOV_VLANS_ACCESS) {
        p->vlan = atoi(word(&args, "VLAN"));
    }
    while (args && *args) {
        w = word(&args, "option");
        p->in_nic |= !strcmp(w, "nic");
        p->software |= !strcmp(w, "software");
    }
}

static void
cmd_trunks(struct test *t, char *args)
{
    struct iov_compile_port *p = find_port(t, atoi(word(&args, "number")));
    unsigned long *trunks = t->trunks[p - t->ports];

    p->trunks = trunks;
    while (args && *args) {
        bitmap_set1(trunks, atoi(word(&args, "VLAN")));
    }
}

static void
cmd_station(struct test *t, char *args)
{
    struct iov_compile_station *s = &t->stations[t->n_stations++];

    if (t->n_stations > MAX_STATIONS) {
        ovs_fatal(0, "too many stations");
    }
    s->vlan = atoi(word(&args, "VLAN"));
    if (!eth_addr_from_string(word(&args, "MAC"), &s->mac)) {
        ovs_fatal(0, "bad MAC");
    }
    s->ofport = atoi(word(&args, "port"));
}

static void
cmd_flow(struct test *t, const char *text, bool unknown)
{
    static const struct ofpact none[1];
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    struct match match;
    char *error = parse_ofp_flow_mod_str(&fm, text, NULL, NULL, OFPFC_ADD,
                                         &usable);
    if (error) {
        ovs_fatal(0, "%s: %s", text, error);
    }
    minimatch_expand(&fm.match, &match);
    iov_flow_table_put(t->table, &(struct iov_flow_spec) {
        .table_id = fm.table_id == 0xff ? 0 : fm.table_id,
        .priority = fm.priority,
        .match = &match,
        .ofpacts = unknown ? NULL : fm.ofpacts_len ? fm.ofpacts : none,
        .ofpacts_len = unknown ? 0 : fm.ofpacts_len,
        .idles = fm.idle_timeout != 0,
    });
    minimatch_destroy(&fm.match);
    free(CONST_CAST(struct ofpact *, fm.ofpacts));
}

static void
print_rules(const struct test *t, bool flows)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    iov_rule_list_format(&t->rules, flows ? t->table : NULL, NULL, &s);
    printf("%s", ds_cstr(&s));
    ds_destroy(&s);
}

static void
compile(struct test *t, uint32_t ofport)
{
    struct iov_compile_bridge bridge = {
        .table = t->table,
        .ports = t->ports,
        .n_ports = t->n_ports,
        .stations = t->stations,
        .n_stations = t->n_stations,
        .caps = &t->caps,
    };

    iov_rule_list_clear(&t->rules);
    iov_compile(&bridge, ofport, &t->rules);
}

static void
cmd_compile(struct test *t, const char *command, const char *args)
{
    compile(t, atoi(args));
    if (!strcmp(command, "count")) {
        printf("%"PRIuSIZE" rules, %"PRIuSIZE" in the NIC\n", t->rules.n,
               t->rules.n_nic);
    } else {
        printf("port %s:\n", args);
        print_rules(t, !strcmp(command, "explain"));
    }
}

static void
cmd_refuse(struct test *t, char *args)
{
    size_t i = atoi(word(&args, "number"));

    if (!i || i > t->rules.n) {
        ovs_fatal(0, "no such rule");
    }
    iov_rule_list_refuse(&t->rules, i - 1, args);
    iov_rule_list_settle(&t->rules, &t->caps);
    printf("refused:\n");
    print_rules(t, false);
}

static void
cmd_share(char *args)
{
    struct iov_rule_share shares[MAX_SHARES];
    size_t n_rules = atoi(word(&args, "number")), n = 0;

    while (args && *args && n < MAX_SHARES) {
        char *want = word(&args, "share");
        const char *weight = strsep(&want, ":");
        shares[n++] = (struct iov_rule_share) {
            .weight = atoi(weight), .want = atoi(want)
        };
    }
    iov_rule_shares(shares, n, n_rules);
    for (size_t i = 0; i < n; i++) {
        printf("%s%"PRIuSIZE, i ? " " : "", shares[i].got);
    }
    printf("\n");
}

static void
run_command(struct test *t, char *line)
{
    char *args = line;
    const char *command = word(&args, "command");

    if (!strcmp(command, "rule")) {
        cmd_rule(args);
    } else if (!strcmp(command, "can")) {
        cmd_can(t, args);
    } else if (!strcmp(command, "lack")) {
        cmd_lack(t, args);
    } else if (!strcmp(command, "room")) {
        t->caps.max_rules = atoi(args);
    } else if (!strcmp(command, "port")) {
        cmd_port(t, args);
    } else if (!strcmp(command, "trunks")) {
        cmd_trunks(t, args);
    } else if (!strcmp(command, "station")) {
        cmd_station(t, args);
    } else if (!strcmp(command, "forget")) {
        t->n_stations = 0;
    } else if (!strcmp(command, "flow") || !strcmp(command, "unknown")) {
        cmd_flow(t, args, command[0] == 'u');
    } else if (!strcmp(command, "clear")) {
        iov_flow_table_clear(t->table);
    } else if (!strcmp(command, "compile") || !strcmp(command, "explain")
               || !strcmp(command, "count")) {
        cmd_compile(t, command, args);
    } else if (!strcmp(command, "refuse")) {
        cmd_refuse(t, args);
    } else if (!strcmp(command, "share")) {
        cmd_share(args);
    } else {
        ovs_fatal(0, "%s: unknown command", command);
    }
}

int
main(int argc OVS_UNUSED, char *argv[])
{
    struct test t = {
        .table = iov_flow_table_create(),
        .caps = { .drop = true, .software = true, .forward = true,
                  .pop_vlan = true, .push_vlan = true, .max_rules = SIZE_MAX },
    };
    struct ds line = DS_EMPTY_INITIALIZER;

    set_program_name(argv[0]);
    for (size_t i = 0; i < IOV_RULE_N_FIELDS; i++) {
        t.caps.fields[i] = IOV_RULE_CAN_MASK;
    }
    while (!ds_get_line(&line, stdin)) {
        if (line.length && line.string[0] != '#') {
            run_command(&t, ds_cstr(&line));
        }
    }
    ds_destroy(&line);
    iov_rule_list_clear(&t.rules);
    iov_flow_table_destroy(t.table);
    return 0;
}
