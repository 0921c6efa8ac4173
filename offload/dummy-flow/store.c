/* SPDX-License-Identifier: Apache-2.0 */

/* Flow tables of dummy NICs in a file, because those of real NICs survive the
 * daemon:
 *
 *     table d0 128
 *     rule d0 4294967295 100 1 0 eth_type=0x0800 drop
 *
 * which is the PF and the size, and of a rule the PF, 'in', precedence,
 * cookie, packets and text. */

#include <config.h>

#include "offload/dummy-flow/dummy-flow.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dirs.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_dummy_flow);

static char *
file_name(void)
{
    return xasprintf("%s/ovs-iovd.dummy-flow", ovs_rundir());
}

static void
put_table(struct ds *ds, const struct dummy_flow_table *table)
{
    ds_put_format(ds, "table %s %"PRIuSIZE"\n", table->pf, table->size);
    for (size_t i = 0; i < table->in_nic.n; i++) {
        const struct iov_nic_rule *r = &table->in_nic.list[i];

        ds_put_format(ds, "rule %s %"PRIu32" %"PRIu32" %"PRIu64" %"PRIu64" ",
                      table->pf, r->in, r->precedence, r->cookie, r->packets);
        iov_rule_format(&r->rule, ds);
        ds_put_char(ds, '\n');
    }
}

void
dummy_flow_save(void)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    char *name = file_name();
    char *tmp = xasprintf("%s.tmp", name);
    FILE *stream = fopen(tmp, "w");
    struct shash_node *node;

    SHASH_FOR_EACH (node, &dummy_flow_tables) {
        put_table(&ds, node->data);
    }
    if (!stream || fputs(ds_cstr(&ds), stream) < 0) {
        VLOG_WARN("%s: writing failed (%s)", tmp, ovs_strerror(errno));
    }
    if (stream && (fclose(stream) || rename(tmp, name) < 0)) {
        VLOG_WARN("%s: writing failed (%s)", name, ovs_strerror(errno));
    }
    ds_destroy(&ds);
    free(tmp);
    free(name);
}

/* Reading. */

/* Puts the rule in past the refusals, which are for new ones. */
static bool
load_rule(const char *line)
{
    struct iov_rule_change *change;
    struct iov_nic_rule r = { .in = 0 };
    uint64_t packets;
    char pf[128];
    int n = -1;

    if (!ovs_scan(line, "rule %127s %"SCNu32" %"SCNu32" %"SCNu64" %"SCNu64
                  " %n", pf, &r.in, &r.precedence, &r.cookie, &packets, &n)
        || n < 0) {
        return false;
    }

    char *error = iov_rule_parse(&r.rule, line + n);
    char *text = NULL;
    bool ok = false;

    if (!error) {
        change = iov_rule_change_create(IOV_RULE_ADD, pf);
        change->rule = r;
        ok = !dummy_flow_do(change, &text);
        iov_rule_change_destroy(change);
    }
    free(error);
    free(text);
    return ok;
}

static bool
load_line(const char *line)
{
    unsigned int size;
    char pf[128];

    if (ovs_scan(line, "table %127s %u", pf, &size)) {
        dummy_flow_add(pf, size);
        return true;
    }
    return load_rule(line);
}

/* What the daemon before has put in is in the NIC, and nobody has read it
 * yet. */
static void
forget_seen(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &dummy_flow_tables) {
        struct dummy_flow_table *table = node->data;

        table->seen.n = 0;
    }
}

void
dummy_flow_load(void)
{
    char *name = file_name();
    FILE *stream = fopen(name, "r");
    struct ds line = DS_EMPTY_INITIALIZER;

    while (stream && !ds_get_line(&line, stream)) {
        if (!load_line(ds_cstr(&line))) {
            VLOG_WARN("%s: not a table or rule: %s", name, ds_cstr(&line));
        }
    }
    forget_seen();
    if (stream) {
        fclose(stream);
    }
    ds_destroy(&line);
    free(name);
}
