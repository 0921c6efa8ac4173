/* SPDX-License-Identifier: Apache-2.0 */

/* Reads a script about flows and ports, and prints what the analysis says.
 *
 *     name NAME OFPORT           gives an OpenFlow port a name
 *     nameless                   forgets all names
 *     port NAME MAC VLAN [UPLINK...] [forged|promiscuous]
 *                                describes a port to ask about
 *     peer MAC VLAN              another port of the bridge has this address
 *     queues N                   there are so many: none or some
 *     alone                      no other port has any
 *     flow FLOW                  adds a flow, in the syntax of ovs-ofctl
 *     gone FLOW                  removes the flow with just this match
 *     unknown FLOW               adds a flow, its actions not understood
 *     lost WHY                   something arrived that is no flow
 *     clear                      forgets all flows
 *     max N                      shows at most N culprits
 *     check NAME                 prints the verdict, one line per culprit
 *     explain NAME               the same with details
 *     turns WORK NAME            how many brief calls it takes until all is
 *                                known, each with so many units of work
 *     examined                   how many ports were examined since asked
 *
 * Names can only be used after they were given. */

#include <config.h>

#include "policy/reach/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/shash.h"
#include "packets.h"
#include "policy/flow/table.h"
#include "util.h"

#define MAX_UPLINKS 4
#define MAX_NEIGHBOURS 16

struct test_port {
    struct iov_reach_port port;
    uint32_t uplinks[MAX_UPLINKS];
};

struct test {
    struct ofputil_port_map names;
    struct shash ports;         /* Contains struct test_port. */
    struct iov_flow_table *table;
    struct iov_reach *reach;
    struct iov_peer peers[MAX_NEIGHBOURS];
    size_t n_peers;
    size_t max;
    unsigned long long int examined;
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

static uint32_t
number(struct test *t, char *w)
{
    ofp_port_t port;

    if (!ofputil_port_from_string(w, &t->names, &port)) {
        ovs_fatal(0, "%s: no such port", w);
    }
    return ofp_to_u16(port);
}

static void
cmd_name(struct test *t, char *args)
{
    char *name = word(&args, "name");

    ofputil_port_map_put(&t->names, u16_to_ofp(atoi(word(&args, "ofport"))),
                         name);
    iov_reach_set_port_map(t->reach, &t->names);
}

static void
cmd_nameless(struct test *t)
{
    ofputil_port_map_destroy(&t->names);
    ofputil_port_map_init(&t->names);
    iov_reach_set_port_map(t->reach, &t->names);
}

static void
cmd_port(struct test *t, char *args)
{
    char *name = word(&args, "name");
    struct test_port *p = xzalloc(sizeof *p);
    char *mac = word(&args, "MAC");

    p->port.ofport = number(t, name);
    if (!eth_addr_from_string(mac, &p->port.mac)) {
        ovs_fatal(0, "%s: bad MAC", mac);
    }
    p->port.vlan = atoi(word(&args, "VLAN"));
    p->port.uplinks = p->uplinks;
    while (args && *args && p->port.n_uplinks < MAX_UPLINKS) {
        char *w = word(&args, "uplink");
        if (!strcmp(w, "forged")) {
            p->port.any_src = true;
        } else if (!strcmp(w, "promiscuous")) {
            p->port.any_src = p->port.any_dst = true;
        } else {
            p->uplinks[p->port.n_uplinks++] = number(t, w);
        }
    }
    free(shash_replace(&t->ports, name, p));
}

static void
cmd_peer(struct test *t, char *args)
{
    struct iov_peer *n = &t->peers[t->n_peers];
    char *mac = word(&args, "MAC");

    if (t->n_peers >= MAX_NEIGHBOURS || !eth_addr_from_string(mac, &n->mac)) {
        ovs_fatal(0, "%s: bad MAC or too many", mac);
    }
    n->vlan = atoi(word(&args, "VLAN"));
    t->n_peers++;
    iov_reach_set_peers(t->reach, t->peers, t->n_peers);
}

static void
cmd_alone(struct test *t)
{
    t->n_peers = 0;
    iov_reach_set_peers(t->reach, NULL, 0);
}

/* Does with the flow 'args' what 'command' says. */
static void
change_flow(struct test *t, char *args, const char *command)
{
    bool gone = !strcmp(command, "gone");
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    struct match match;
    char *error = parse_ofp_flow_mod_str(&fm, args, &t->names, NULL,
                                         gone ? OFPFC_DELETE_STRICT
                                         : OFPFC_ADD, &usable);
    if (error) {
        ovs_fatal(0, "%s: %s", args, error);
    }
    minimatch_expand(&fm.match, &match);
    uint8_t table_id = fm.table_id == 0xff ? 0 : fm.table_id;
    if (gone) {
        if (!iov_flow_table_remove(t->table, table_id, fm.priority,
                                   &match)) {
            printf("no such flow\n");
        }
    } else {
        bool unknown = !strcmp(command, "unknown");
        static const struct ofpact none[1];
        struct iov_flow_spec spec = {
            .table_id = table_id,
            .priority = fm.priority,
            .match = &match,
            .ofpacts = fm.ofpacts_len ? fm.ofpacts : none,
            .ofpacts_len = fm.ofpacts_len,
            .cookie = ntohll(fm.new_cookie),
            .idles = fm.idle_timeout != 0,
        };
        if (unknown) {
            spec.ofpacts = NULL;
            spec.ofpacts_len = 0;
        }
        iov_flow_table_put(t->table, &spec);
    }
    minimatch_destroy(&fm.match);
    free(CONST_CAST(struct ofpact *, fm.ofpacts));
}

static void
cmd_check(struct test *t, const char *name, bool explain)
{
    struct test_port *p = shash_find_data(&t->ports, name);
    struct iov_reasons reasons = IOV_REASONS_INITIALIZER;

    if (!p) {
        ovs_fatal(0, "%s: no such port", name);
    }
    size_t n = iov_reach_check(t->reach, &p->port, &reasons, t->max);
    if (n) {
        printf("%s: %"PRIuSIZE" culprits\n", name, n);
    } else {
        printf("%s: direct\n", name);
    }
    for (size_t i = 0; i < reasons.n; i++) {
        const struct iov_reason *r = &reasons.list[i];
        printf("    %s: %s\n", iov_reason_class(r->id)->slug,
               r->object ? r->object : "-");
        if (explain) {
            printf("        %s\n", r->detail);
        }
    }
    iov_reasons_clear(&reasons);
}

static void
cmd_turns(struct test *t, char *args)
{
    struct iov_reasons reasons = IOV_REASONS_INITIALIZER;
    size_t work = atoi(word(&args, "work"));
    const char *name = word(&args, "name");
    struct test_port *p = shash_find_data(&t->ports, name);
    size_t n = 1, max = 1000 * 1000;

    if (!p) {
        ovs_fatal(0, "%s: no such port", name);
    }
    iov_reach_set_brief_work(t->reach, work);
    while (n < max && iov_reach_check_briefly(t->reach, &p->port, &reasons, 0)
                      == SIZE_MAX) {
        n++;
    }
    printf("%s: %"PRIuSIZE" turns\n", name, n);
    iov_reasons_clear(&reasons);
}

static void
cmd_examined(struct test *t)
{
    unsigned long long int n = iov_reach_n_examined(t->reach);

    printf("examined %llu\n", n - t->examined);
    t->examined = n;
}

static void
run_command(struct test *t, char *line)
{
    char *args = line;
    const char *command = word(&args, "command");

    if (!strcmp(command, "name")) {
        cmd_name(t, args);
    } else if (!strcmp(command, "nameless")) {
        cmd_nameless(t);
    } else if (!strcmp(command, "port")) {
        cmd_port(t, args);
    } else if (!strcmp(command, "flow") || !strcmp(command, "gone")
               || !strcmp(command, "unknown")) {
        change_flow(t, args, command);
    } else if (!strcmp(command, "peer")) {
        cmd_peer(t, args);
    } else if (!strcmp(command, "queues")) {
        iov_reach_set_queues(t->reach, atoi(args) > 0);
    } else if (!strcmp(command, "alone")) {
        cmd_alone(t);
    } else if (!strcmp(command, "lost")) {
        iov_flow_table_set_opaque(t->table, args);
    } else if (!strcmp(command, "clear")) {
        iov_flow_table_clear(t->table);
    } else if (!strcmp(command, "max")) {
        t->max = atoi(args);
    } else if (!strcmp(command, "check") || !strcmp(command, "explain")) {
        cmd_check(t, args, command[0] == 'e');
    } else if (!strcmp(command, "turns")) {
        cmd_turns(t, args);
    } else if (!strcmp(command, "examined")) {
        cmd_examined(t);
    } else {
        ovs_fatal(0, "%s: unknown command", command);
    }
}

int
main(int argc OVS_UNUSED, char *argv[])
{
    struct test t = {
        .names = OFPUTIL_PORT_MAP_INITIALIZER(&t.names),
        .ports = SHASH_INITIALIZER(&t.ports),
        .table = iov_flow_table_create(),
        .max = SIZE_MAX,
    };
    struct ds line = DS_EMPTY_INITIALIZER;

    set_program_name(argv[0]);
    t.reach = iov_reach_create(t.table);
    iov_reach_set_port_map(t.reach, &t.names);
    while (!ds_get_line(&line, stdin)) {
        if (line.length && line.string[0] != '#') {
            run_command(&t, ds_cstr(&line));
            fflush(stdout);
        }
    }

    ds_destroy(&line);
    iov_reach_destroy(t.reach);
    iov_flow_table_destroy(t.table);
    shash_destroy_free_data(&t.ports);
    ofputil_port_map_destroy(&t.names);
    return 0;
}
