/* SPDX-License-Identifier: Apache-2.0 */

/* Operations and the memory of their failures, by a script on stdin:
 *
 *   format OP           print the operation
 *   now MS              set the clock
 *   fail OP             it failed with EINVAL; is that news?
 *   done OP             it worked
 *   find OP             is it in force?
 *   expire              let go of what is due
 *   show                print what is in force, and the next time to look
 *
 * OP is NAME PORT PF VF [MEMBER=VALUE]... */

#include <config.h>

#include "test-policy.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "policy/model/op.h"
#include "util.h"

static void
set_attr(struct iov_op *op, const char *value)
{
    if (!iov_vf_attr_from_name(value, &op->attr)) {
        ovs_fatal(0, "%s: no such VF attribute", value);
    }
}

static void
set_mac(struct iov_op *op, const char *value)
{
    if (!eth_addr_from_string(value, &op->mac)) {
        ovs_fatal(0, "%s: no Ethernet address", value);
    }
    op->set.mac = op->mac;
}

static void
set_vlan(struct iov_op *op, const char *value)
{
    op->vlan = op->set.vlan = atoi(value);
}

static void
set_number(struct iov_op *op, const char *value)
{
    op->num_vfs = atoi(value);
}

static void
set_guest(struct iov_op *op, const char *value)
{
    op->guest = xstrdup(value);
}

static void
set_bridge(struct iov_op *op, const char *value)
{
    op->bridge = xstrdup(value);
}

static void
set_at(struct iov_op *op, const char *value)
{
    op->switch_port = xstrdup(value);
}

static const struct {
    const char *name;
    void (*set)(struct iov_op *, const char *value);
} members[] = {
    { "attr", set_attr },
    { "mac", set_mac },
    { "vlan", set_vlan },
    { "number", set_number },
    { "guest", set_guest },
    { "bridge", set_bridge },
    { "at", set_at },
};

static void
set_member(struct iov_op *op, char *text)
{
    char *value = NULL;
    char *name = strtok_r(text, "=", &value);

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        if (!strcmp(name, members[i].name)) {
            members[i].set(op, value);
            return;
        }
    }
    ovs_fatal(0, "%s: no such member", name);
}

static struct iov_op *
parse_op(char **save)
{
    const char *name = strtok_r(NULL, " ", save);
    const char *port = strtok_r(NULL, " ", save);
    const char *pf = strtok_r(NULL, " ", save);
    const char *vf = strtok_r(NULL, " ", save);
    enum iov_op_type type;

    if (!vf || !iov_op_from_name(name, &type)) {
        ovs_fatal(0, "an operation is NAME PORT PF VF [MEMBER=VALUE]...");
    }

    struct iov_op *op = iov_op_create(type, port, pf, atoi(vf));

    for (char *word; (word = strtok_r(NULL, " ", save)); ) {
        set_member(op, word);
    }
    return op;
}

static void
show(const struct iov_failures *failures, long long int now)
{
    for (size_t i = 0; i < failures->n; i++) {
        const struct iov_failure *f = &failures->list[i];
        struct ds ds = DS_EMPTY_INITIALIZER;

        iov_op_format(&ds, f->op);
        printf("%s: %s, try %u, since %lld, again at %lld\n", ds_cstr(&ds),
               f->text ? f->text : "-", f->tries, f->since, f->retry_at);
        ds_destroy(&ds);
    }

    long long int deadline = iov_failures_deadline(failures, now);

    printf("pending %d, deadline ", iov_failures_pending(failures, now));
    if (deadline == LLONG_MAX) {
        puts("never");
    } else {
        printf("%lld\n", deadline);
    }
}

static void
run_with_op(const char *command, struct iov_op *op,
            struct iov_failures *failures, long long int now)
{
    if (!strcmp(command, "fail")) {
        struct iov_result *result = iov_result_create(op, EINVAL, "refused");

        if (!iov_failures_add(failures, result, now)) {
            puts("the same again");
        }
        iov_result_destroy(result);
        return;
    } else if (!strcmp(command, "done")) {
        iov_failures_remove(failures, op);
    } else if (!strcmp(command, "find")) {
        puts(iov_failures_find(failures, op) ? "yes" : "no");
    } else if (!strcmp(command, "format")) {
        struct ds ds = DS_EMPTY_INITIALIZER;

        iov_op_format(&ds, op);
        puts(ds_cstr(&ds));
        ds_destroy(&ds);
    } else {
        ovs_fatal(0, "%s: no such command", command);
    }
    iov_op_destroy(op);
}

static void
test_failures(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct iov_failures failures = { .list = NULL };
    struct ds line = DS_EMPTY_INITIALIZER;
    long long int now = 0;

    while (!ds_get_line(&line, stdin)) {
        char *save = NULL;
        const char *command = strtok_r(ds_cstr(&line), " ", &save);

        if (!command) {
            continue;
        } else if (!strcmp(command, "now")) {
            now = atoll(save);
        } else if (!strcmp(command, "expire")) {
            printf("expired %d\n", iov_failures_expire(&failures, now));
        } else if (!strcmp(command, "show")) {
            show(&failures, now);
        } else {
            run_with_op(command, parse_op(&save), &failures, now);
        }
    }
    ds_destroy(&line);
    iov_failures_clear(&failures);
}

static void
test_op_table(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (size_t i = 0; i < IOV_N_OPS; i++) {
        printf("%s %s\n", iov_op_name(i),
               iov_reason_class(iov_op_reason(i))->slug);
    }
}

const struct ovs_cmdl_command test_failures_commands[] = {
    { "failures", "", 0, 0, test_failures, OVS_RO },
    { "op-table", "", 0, 0, test_op_table, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};
