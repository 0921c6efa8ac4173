/* SPDX-License-Identifier: Apache-2.0 */

/* Rules in NICs and changes of them: see rule-change.h. */

#include <config.h>

#include "policy/model/rule-change.h"

#include <inttypes.h>

#include "openvswitch/dynamic-string.h"
#include "policy/model/text.h"
#include "util.h"

struct iov_rule_change *
iov_rule_change_create(enum iov_rule_change_type type, const char *pf)
{
    struct iov_rule_change *change = xzalloc(sizeof *change);

    change->type = type;
    change->pf = xstrdup(pf);
    return change;
}

void
iov_rule_change_destroy(struct iov_rule_change *change)
{
    if (change) {
        free(change->pf);
        free(change->text);
        free(change);
    }
}

void
iov_rule_change_finish(struct iov_rule_change *change, int error,
                       const char *text)
{
    change->error = error;
    free(change->text);
    change->text = text ? iov_text_clean(text) : NULL;
}

struct iov_rule_change *
iov_rule_change_pop(struct ovs_list *list)
{
    return (ovs_list_is_empty(list) ? NULL
            : CONTAINER_OF(ovs_list_pop_front(list), struct iov_rule_change,
                           node));
}

static void
format_in(struct ds *ds, uint32_t in)
{
    if (in == IOV_RULE_WIRE) {
        ds_put_cstr(ds, "wire");
    } else {
        ds_put_format(ds, "vf %"PRIu32, in);
    }
}

void
iov_nic_rule_format(struct ds *ds, const struct iov_nic_rule *r)
{
    format_in(ds, r->in);
    ds_put_format(ds, " precedence %"PRIu32" cookie %#"PRIx64" ",
                  r->precedence, r->cookie);
    iov_rule_format(&r->rule, ds);
}

void
iov_rule_change_format(struct ds *ds, const struct iov_rule_change *change)
{
    static const char *const names[] = {
        [IOV_RULE_ADD] = "add", [IOV_RULE_DEL] = "del",
        [IOV_RULE_FLUSH] = "flush", [IOV_RULE_READ] = "read",
    };

    ds_put_format(ds, "rule-%s %s", names[change->type], change->pf);
    switch (change->type) {
    case IOV_RULE_ADD:
        ds_put_char(ds, ' ');
        iov_nic_rule_format(ds, &change->rule);
        break;
    case IOV_RULE_DEL:
        ds_put_char(ds, ' ');
        format_in(ds, change->rule.in);
        ds_put_format(ds, " cookie %#"PRIx64, change->rule.cookie);
        break;
    case IOV_RULE_FLUSH:
        ds_put_char(ds, ' ');
        format_in(ds, change->rule.in);
        break;
    case IOV_RULE_READ:
        break;
    }
}
