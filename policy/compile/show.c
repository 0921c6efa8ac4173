/* SPDX-License-Identifier: Apache-2.0 */

/* Lists of rules in words: for "iov/flows", and for tests. */

#include <config.h>

#include "policy/compile/show.h"

#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "policy/compile/rule-list.h"
#include "policy/flow/acts.h"
#include "util.h"

void
iov_listed_rule_format_flow(const struct iov_listed_rule *r,
                            const struct iov_flow_table *table,
                            const struct ofputil_port_map *port_map,
                            struct ds *s)
{
    struct match match;

    if (!r->at.flow) {
        return;
    }
    iov_flow_to_match(&r->at, iov_flow_table_words(table), &match);
    ds_put_format(s, "table=%"PRIu8" ", r->at.sub->table_id);
    match_format(&match, port_map, s, r->at.flow->priority);
    ds_put_char(s, ' ');
    iov_acts_format(r->at.flow->acts, port_map, s);
}

/* A rule that is in the NIC stands as it is there; of one that is not, the
 * action says nothing. */
static void
format_rule(const struct iov_listed_rule *r, struct ds *s)
{
    struct iov_rule now = r->rule;

    if (r->action == IOV_RULE_SOFTWARE) {
        now.action = IOV_RULE_SOFTWARE;
    }
    ds_put_cstr(s, r->place == IOV_PLACE_NIC ? "nic: " : "software: ");
    if (r->place == IOV_PLACE_NIC) {
        iov_rule_format(&now, s);
    } else {
        iov_rule_match_format(&now.match, s);
    }
    if (r->why_now) {
        ds_put_format(s, " (%s", iov_rule_why_slug(r->why_now));
        if (r->detail_now) {
            ds_put_format(s, ": %s", r->detail_now);
        }
        ds_put_char(s, ')');
    }
    ds_put_char(s, '\n');
}

void
iov_rule_list_format(const struct iov_rule_list *rules,
                     const struct iov_flow_table *table,
                     const struct ofputil_port_map *port_map, struct ds *s)
{
    for (size_t i = 0; i < rules->n; i++) {
        const struct iov_listed_rule *r = &rules->list[i];

        format_rule(r, s);
        if (table && r->at.flow) {
            ds_put_cstr(s, "    from ");
            iov_listed_rule_format_flow(r, table, port_map, s);
            ds_put_char(s, '\n');
        }
    }
}
