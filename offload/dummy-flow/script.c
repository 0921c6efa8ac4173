/* SPDX-License-Identifier: Apache-2.0 */

/* The commands that give dummy NICs flow tables, make those refuse rules, and
 * send packets through them.  All happens behind the daemon's back. */

#include <config.h>

#include "offload/dummy-flow/dummy-flow.h"

#include <limits.h>
#include <string.h>

#include "offload/dummy/dummy.h"
#include "openvswitch/dynamic-string.h"
#include "unixctl.h"
#include "util.h"

/* Returns the table of that PF, or null after an error reply. */
static struct dummy_flow_table *
find_table(struct unixctl_conn *conn, const char *pf)
{
    struct dummy_flow_table *table = dummy_flow_find(pf);

    if (!table) {
        char *error = xasprintf("there is no dummy PF %s with a flow table; "
                                "see iov-dummy/flow-table", pf);

        unixctl_command_reply_error(conn, error);
        free(error);
    }
    return table;
}

static bool
parse_in(const char *s, uint32_t *in)
{
    *in = IOV_RULE_WIRE;
    return !strcmp(s, "wire") || str_to_uint(s, 10, in);
}

static void
flow_table_cb(struct unixctl_conn *conn, int argc OVS_UNUSED,
              const char *argv[], void *aux OVS_UNUSED)
{
    struct dummy_flow_table *table = dummy_flow_find(argv[1]);
    bool none = !strcmp(argv[2], "none");
    unsigned int size = 0;

    if (!dummy_script_pf(conn, argv[1])) {
        return;
    } else if (!none && !str_to_uint(argv[2], 10, &size)) {
        unixctl_command_reply_error(conn, "neither \"none\" nor a number of "
                                    "rules");
        return;
    } else if (none && table) {
        dummy_flow_remove(table);
    } else if (!none && table) {
        table->size = size;
    } else if (!none) {
        dummy_flow_add(argv[1], size);
    }
    dummy_flow_save();
    dummy_touch();
    unixctl_command_reply(conn, NULL);
}

/* FIELD, FIELD/mask, an action or "any". */
static bool
is_refusable(const char *what)
{
    static const char *const words[] = {
        "any", "drop", "software", "forward", "pop_vlan", "push_vlan",
    };
    size_t len = strlen(what);
    size_t suffix = strlen("/mask");
    enum iov_rule_field field;

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (!strcmp(what, words[i])) {
            return true;
        }
    }
    if (len > suffix && !strcmp(what + len - suffix, "/mask")) {
        len -= suffix;
    }

    char *name = xmemdup0(what, len);
    bool ok = iov_rule_field_from_name(name, &field);

    free(name);
    return ok;
}

static void
refuse_rule_cb(struct unixctl_conn *conn, int argc, const char *argv[],
               void *aux OVS_UNUSED)
{
    struct dummy_flow_table *table = find_table(conn, argv[1]);
    int error = dummy_errno_from_name(argv[3]);

    if (!table) {
        return;
    } else if (!is_refusable(argv[2]) || !error) {
        unixctl_command_reply_error(conn, "no such field or action, or no "
                                    "such error name");
        return;
    }

    char *text = dummy_join(argc, argv, 4);

    dummy_refuse(&table->refusals, argv[2], error, text);
    free(text);
    unixctl_command_reply(conn, NULL);
}

static void
accept_rules_cb(struct unixctl_conn *conn, int argc OVS_UNUSED,
                const char *argv[], void *aux OVS_UNUSED)
{
    struct dummy_flow_table *table = find_table(conn, argv[1]);

    if (table) {
        dummy_accept(&table->refusals, NULL);
        unixctl_command_reply(conn, NULL);
    }
}

static void
rules_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
         void *aux OVS_UNUSED)
{
    const struct dummy_flow_table *table = find_table(conn, argv[1]);
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (!table) {
        return;
    }
    for (size_t i = 0; i < table->in_nic.n; i++) {
        iov_nic_rule_format(&ds, &table->in_nic.list[i]);
        ds_put_char(&ds, '\n');
    }
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
}

static void
lose_rule_cb(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[], void *aux OVS_UNUSED)
{
    struct dummy_flow_table *table = find_table(conn, argv[1]);
    unsigned long long int cookie;
    uint32_t in;

    if (!table) {
        return;
    } else if (!parse_in(argv[2], &in)
               || !str_to_ullong(argv[3], 0, &cookie)
               || !dummy_flow_lose(table, in, cookie)) {
        unixctl_command_reply_error(conn, "there is no such rule");
        return;
    }
    dummy_flow_save();
    unixctl_command_reply(conn, NULL);
}

static void
packet_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *aux OVS_UNUSED)
{
    struct dummy_flow_table *table = find_table(conn, argv[1]);
    char *text = xasprintf("%s software", argv[3]);
    struct iov_rule packet;
    char *error = iov_rule_parse(&packet, text);
    uint32_t in;

    free(text);
    if (!table) {
        free(error);
        return;
    } else if (error || !parse_in(argv[2], &in)) {
        unixctl_command_reply_error(conn, error ? error : "neither \"wire\" "
                                    "nor a VF");
        free(error);
        return;
    }

    const struct iov_nic_rule *r = dummy_flow_packet(table, in,
                                                     &packet.match.value);
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (r) {
        iov_nic_rule_format(&ds, r);
    } else {
        ds_put_cstr(&ds, "software");
    }
    dummy_flow_save();
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
}

void
dummy_flow_script_init(void)
{
    unixctl_command_register("iov-dummy/flow-table", "NETDEV SIZE|none", 2, 2,
                             flow_table_cb, NULL);
    unixctl_command_register("iov-dummy/refuse-rule", "NETDEV "
                             "FIELD[/mask]|ACTION|any ERRNO [TEXT...]", 3,
                             INT_MAX, refuse_rule_cb, NULL);
    unixctl_command_register("iov-dummy/accept-rules", "NETDEV", 1, 1,
                             accept_rules_cb, NULL);
    unixctl_command_register("iov-dummy/rules", "NETDEV", 1, 1, rules_cb,
                             NULL);
    unixctl_command_register("iov-dummy/lose-rule", "NETDEV wire|VF COOKIE",
                             3, 3, lose_rule_cb, NULL);
    unixctl_command_register("iov-dummy/packet", "NETDEV wire|VF MATCH", 3, 3,
                             packet_cb, NULL);
}
