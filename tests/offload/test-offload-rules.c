/* SPDX-License-Identifier: Apache-2.0 */

/* Flow tables of e-switches, by commands of the daemon without policy:
 *
 *   test/rule-add PF IN PRECEDENCE COOKIE MATCH ACTION
 *   test/rule-del PF IN COOKIE
 *   test/rule-flush PF IN
 *   test/rule-read PF      each begins a change
 *   test/changes           tells and forgets what has finished
 *   test/rules PF          tells what the class knows
 *   test/caps PF           tells what the table cannot do
 *
 * IN is "wire" or the number of a VF. */

#include <config.h>

#include "tests/offload/test-offload.h"

#include <inttypes.h>
#include <string.h>

#include "offload/eswitch.h"
#include "offload/flow-table.h"
#include "offload/provider.h"
#include "openvswitch/dynamic-string.h"
#include "unixctl.h"
#include "util.h"

static struct ds told = DS_EMPTY_INITIALIZER;

void
test_rules_take(void)
{
    struct iov_rule_change *change;

    while ((change = iov_providers_next_change())) {
        iov_rule_change_format(&told, change);
        ds_put_format(&told, ": %s", (change->error
                                      ? ovs_strerror(change->error) : "ok"));
        if (change->text) {
            ds_put_format(&told, " (%s)", change->text);
        }
        ds_put_char(&told, '\n');
        iov_rule_change_destroy(change);
    }
}

static bool
parse_in(const char *s, uint32_t *in)
{
    *in = IOV_RULE_WIRE;
    return !strcmp(s, "wire") || str_to_uint(s, 10, in);
}

static bool
parse_add(struct iov_nic_rule *rule, const char *argv[])
{
    unsigned long long int cookie;
    char *text = xasprintf("%s %s", argv[5], argv[6]);
    char *error = iov_rule_parse(&rule->rule, text);
    bool ok = (!error && parse_in(argv[2], &rule->in)
               && str_to_uint(argv[3], 10, &rule->precedence)
               && str_to_ullong(argv[4], 0, &cookie));

    rule->cookie = ok ? cookie : 0;
    free(error);
    free(text);
    return ok;
}

static bool
parse_change(struct iov_rule_change *change, const char *argv[])
{
    unsigned long long int cookie;

    switch (change->type) {
    case IOV_RULE_ADD:
        return parse_add(&change->rule, argv);
    case IOV_RULE_DEL:
        if (!str_to_ullong(argv[3], 0, &cookie)) {
            return false;
        }
        change->rule.cookie = cookie;
        /* fall through */
    case IOV_RULE_FLUSH:
        return parse_in(argv[2], &change->rule.in);
    case IOV_RULE_READ:
        return true;
    }
    OVS_NOT_REACHED();
}

static void
change_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *type)
{
    struct iov_rule_change *change
        = iov_rule_change_create((uintptr_t) type, argv[1]);

    test_daemon_refill();
    if (parse_change(change, argv)) {
        iov_providers_change(change);
        unixctl_command_reply(conn, NULL);
    } else {
        iov_rule_change_destroy(change);
        unixctl_command_reply_error(conn, "bad argument");
    }
}

static void
changes_cb(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    unixctl_command_reply(conn, ds_cstr(&told));
    ds_clear(&told);
}

/* Returns the e-switch of the PF if it has a flow table, or null after an
 * error reply. */
static const struct iov_eswitch *
find_eswitch(struct unixctl_conn *conn, const char *pf)
{
    const struct iov_eswitch *eswitch;

    test_daemon_refill();
    eswitch = iov_providers_eswitch(pf);
    if (!eswitch || !eswitch->class->flow_table) {
        unixctl_command_reply_error(conn, "no flow table");
        return NULL;
    }
    return eswitch;
}

static void
rules_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
         void *aux OVS_UNUSED)
{
    const struct iov_eswitch *eswitch = find_eswitch(conn, argv[1]);
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (!eswitch) {
        return;
    }

    const struct iov_nic_rules *rules
        = eswitch->class->flow_table->rules(eswitch);

    for (size_t i = 0; i < rules->n; i++) {
        iov_nic_rule_format(&ds, &rules->list[i]);
        ds_put_format(&ds, ", %"PRIu64" packets\n", rules->list[i].packets);
    }
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
}

static void
caps_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
        void *aux OVS_UNUSED)
{
    const struct iov_eswitch *eswitch = find_eswitch(conn, argv[1]);
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct iov_rule_caps caps;

    if (!eswitch) {
        return;
    }
    eswitch->class->flow_table->caps(eswitch, &caps);
    ds_put_format(&ds, "%"PRIuSIZE" rules;%s%s%s%s%s", caps.max_rules,
                  caps.drop ? " drop" : "", caps.software ? " software" : "",
                  caps.forward ? " forward" : "",
                  caps.pop_vlan ? " pop_vlan" : "",
                  caps.push_vlan ? " push_vlan" : "");
    for (size_t i = 0; i < IOV_RULE_N_FIELDS; i++) {
        if (caps.fields[i] != IOV_RULE_CAN_MASK) {
            ds_put_format(&ds, "; %s %s", iov_rule_field_info(i)->name,
                          (caps.fields[i] == IOV_RULE_CANNOT ? "not at all"
                           : "as a whole"));
        }
    }
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
}

void
test_rules_register(void)
{
    static const struct {
        const char *name, *usage;
        int n;
        enum iov_rule_change_type type;
    } changes[] = {
        { "test/rule-add", "PF IN PRECEDENCE COOKIE MATCH ACTION", 6,
          IOV_RULE_ADD },
        { "test/rule-del", "PF IN COOKIE", 3, IOV_RULE_DEL },
        { "test/rule-flush", "PF IN", 2, IOV_RULE_FLUSH },
        { "test/rule-read", "PF", 1, IOV_RULE_READ },
    };

    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        unixctl_command_register(changes[i].name, changes[i].usage,
                                 changes[i].n, changes[i].n, change_cb,
                                 (void *) (uintptr_t) changes[i].type);
    }
    unixctl_command_register("test/changes", "", 0, 0, changes_cb, NULL);
    unixctl_command_register("test/rules", "PF", 1, 1, rules_cb, NULL);
    unixctl_command_register("test/caps", "PF", 1, 1, caps_cb, NULL);
}

void
test_rules_exit(void)
{
    ds_destroy(&told);
}
