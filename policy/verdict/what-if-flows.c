/* SPDX-License-Identifier: Apache-2.0 */

/* Flows that are imagined.
 *
 * A change with a wildcard may be about any number of flows, each of which has
 * to be kept for undoing; too many are refused. */

#include <config.h>

#include <string.h>

#include "flow.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-match.h"
#include "policy/flow/index.h"
#include "policy/flow/table.h"
#include "policy/reach/reach.h"
#include "policy/verdict/what-if-internal.h"
#include "policy/verdict/what-if.h"
#include "util.h"

#define MAX_UNDO 100000

/* A flow as it was. */
struct undo {
    struct ovs_list node;       /* In iov_what_if.undo. */
    uint8_t table_id;
    uint16_t priority;
    struct minimatch match;
    bool existed;
    bool opaque, idles;
    struct ofpact *ofpacts;
    size_t ofpacts_len;
    uint64_t cookie;
};

/* The only writer of the table but for its flow monitor, which does not run
 * meanwhile. */
static struct iov_flow_table *
flow_table(const struct iov_what_if *w)
{
    return iov_reach_table(w->bridge->reach);
}

static void
put(struct iov_flow_table *ft, struct iov_flow_spec spec)
{
    static const struct ofpact none[1];

    if (spec.ofpacts && !spec.ofpacts_len) {
        spec.ofpacts = none;
    }
    iov_flow_table_put(ft, &spec);
}

/* Gives the flow 'u' these actions; removes it if it is not to 'exist'. */
static void
put_again(struct iov_flow_table *ft, const struct undo *u, bool exist,
          const struct ofpact *ofpacts, size_t ofpacts_len)
{
    struct match match;

    minimatch_expand(&u->match, &match);
    if (exist) {
        put(ft, (struct iov_flow_spec) {
            .table_id = u->table_id,
            .priority = u->priority,
            .match = &match,
            .ofpacts = ofpacts,
            .ofpacts_len = ofpacts_len,
            .cookie = u->cookie,
            .idles = u->idles,
        });
    } else {
        iov_flow_table_remove(ft, u->table_id, u->priority, &match);
    }
}

void
iov_what_if_undo_flows(struct iov_what_if *w)
{
    struct undo *u;

    LIST_FOR_EACH_POP (u, node, &w->undo) {
        put_again(flow_table(w), u, u->existed,
                  u->opaque ? NULL : u->ofpacts, u->ofpacts_len);
        minimatch_destroy(&u->match);
        free(u->ofpacts);
        free(u);
    }
}

/* Keeps what 'match' is now; 'old' is null if it is nothing. */
static struct undo *
keep(struct ovs_list *list, uint8_t table_id, uint16_t priority,
     const struct match *match, const struct iov_flow *old)
{
    struct undo *u = xzalloc(sizeof *u);

    u->table_id = table_id;
    u->priority = priority;
    minimatch_init(&u->match, match);
    if (old) {
        u->existed = true;
        u->opaque = old->acts->opaque;
        u->ofpacts = xmemdup(old->acts->ofpacts, old->acts->ofpacts_len);
        u->ofpacts_len = old->acts->ofpacts_len;
        u->cookie = old->cookie;
        u->idles = old->acts->idles;
    }
    ovs_list_push_front(list, &u->node);
    return u;
}

/* Looking for the flows that a change is about. */
struct search {
    const struct iov_words *words;
    const struct ofputil_flow_mod *fm;
    struct match match;         /* Of 'fm'. */
    bool strict;
    struct ovs_list *found;
    size_t n;
};

static bool
is_about_actions(const struct ofputil_flow_mod *fm,
                 const struct iov_acts *acts)
{
    return ((fm->out_port == OFPP_ANY
             || ofpacts_output_to_port(acts->ofpacts, acts->ofpacts_len,
                                       fm->out_port))
            && (fm->out_group == OFPG_ANY
                || ofpacts_output_to_group(acts->ofpacts, acts->ofpacts_len,
                                           fm->out_group)));
}

static void
consider(const struct iov_candidate *c, void *s_)
{
    struct search *s = s_;
    const struct ofputil_flow_mod *fm = s->fm;
    struct match match;

    if (s->n > MAX_UNDO
        || ((htonll(c->flow->cookie) ^ fm->cookie) & fm->cookie_mask)
        || (s->strict && c->flow->priority != fm->priority)
        || !is_about_actions(fm, c->flow->acts)) {
        return;
    }
    iov_flow_to_match(c, s->words, &match);
    if (s->strict
        ? match_equal(&match, &s->match)
        : (!flow_wildcards_has_extra(&match.wc, &s->match.wc)
           && flow_equal_except(&match.flow, &s->match.flow, &s->match.wc))) {
        keep(s->found, c->sub->table_id, c->flow->priority, &match, c->flow);
        s->n++;
    }
}

/* Puts what 'fm' is about into 'found'. */
static size_t
find_flows(const struct iov_flow_table *ft, const struct ofputil_flow_mod *fm,
           struct ovs_list *found)
{
    struct search s = {
        .words = iov_flow_table_words(ft),
        .fm = fm,
        .strict = fm->command != OFPFC_MODIFY && fm->command != OFPFC_DELETE,
        .found = found,
    };

    minimatch_expand(&fm->match, &s.match);
    for (int i = 0; i < 255; i++) {
        const struct iov_table *table = iov_flow_table_get(ft, i);
        if (table && (fm->table_id == 0xff || fm->table_id == i)) {
            iov_table_for_each(table, consider, &s);
        }
    }
    return s.n;
}

/* Does with each flow in 'found' what 'fm' says. */
static void
change_found(struct iov_flow_table *ft, const struct ofputil_flow_mod *fm,
             const struct ovs_list *found)
{
    bool exist = (fm->command != OFPFC_DELETE
                  && fm->command != OFPFC_DELETE_STRICT);
    const struct undo *u;

    LIST_FOR_EACH (u, node, found) {
        put_again(ft, u, exist, fm->ofpacts, fm->ofpacts_len);
    }
}

static void
add_flow(struct iov_what_if *w, const struct ofputil_flow_mod *fm)
{
    struct iov_flow_table *ft = flow_table(w);
    uint8_t table_id = fm->table_id == 0xff ? 0 : fm->table_id;
    struct ofputil_flow_mod same = {
        .command = OFPFC_MODIFY_STRICT,
        .table_id = table_id,
        .priority = fm->priority,
        .match = fm->match,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
    };
    struct match match;

    minimatch_expand(&fm->match, &match);
    if (!find_flows(ft, &same, &w->undo)) {
        keep(&w->undo, table_id, fm->priority, &match, NULL);
    }
    put(ft, (struct iov_flow_spec) {
        .table_id = table_id,
        .priority = fm->priority,
        .match = &match,
        .ofpacts = fm->ofpacts,
        .ofpacts_len = fm->ofpacts_len,
        .cookie = ntohll(fm->new_cookie),
        .idles = fm->idle_timeout != 0,
    });
}

/* Returns null or what is wrong. */
static char *
apply(struct iov_what_if *w, const struct ofputil_flow_mod *fm)
{
    struct ovs_list found = OVS_LIST_INITIALIZER(&found);
    bool modifies = (fm->command == OFPFC_MODIFY
                     || fm->command == OFPFC_MODIFY_STRICT);

    if (fm->command == OFPFC_ADD) {
        add_flow(w, fm);
        return NULL;
    }

    size_t n = find_flows(flow_table(w), fm, &found);
    if (n > MAX_UNDO) {
        struct undo *u;
        LIST_FOR_EACH_POP (u, node, &found) {
            minimatch_destroy(&u->match);
            free(u->ofpacts);
            free(u);
        }
        return xasprintf("more than %d flows would change; narrow the match",
                         MAX_UNDO);
    } else if (n) {
        change_found(flow_table(w), fm, &found);
        ovs_list_splice(w->undo.next, found.next, &found);
    } else if (modifies && fm->new_cookie != OVS_BE64_MAX
               && !fm->cookie_mask) {
        /* As Open vSwitch does when no cookie was to be matched. */
        add_flow(w, fm);
    } else {
        return xstrdup("no flow matches it");
    }
    return NULL;
}

/* Takes out what a switch would not look at, such as a port without a
 * protocol. */
static void
normalize(struct ofputil_flow_mod *fm)
{
    struct match match;

    minimatch_expand(&fm->match, &match);
    ofputil_normalize_match_quiet(&match);
    minimatch_destroy(&fm->match);
    minimatch_init(&fm->match, &match);
}

char *
iov_what_if_flow(struct iov_what_if *w, const char *change)
{
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    char *why;

    if (w->bridge->flows_unknown || !w->bridge->reach) {
        return xasprintf("\"%s\" cannot be judged: the flows of bridge %s "
                         "are not known at the moment; try again when "
                         "\"iov/show\" does not say so any more", change,
                         w->bridge->name);
    }
    why = parse_ofp_flow_mod_str(&fm, change,
                                 iov_reach_port_map(w->bridge->reach), NULL,
                                 -2, &usable);
    if (!why) {
        normalize(&fm);
        why = (usable ? apply(w, &fm)
               : xstrdup("no version of OpenFlow can express it"));
        minimatch_destroy(&fm.match);
        free(CONST_CAST(struct ofpact *, fm.ofpacts));
    }
    if (why) {
        size_t n = strlen(why);
        while (n && (why[n - 1] == '\n' || why[n - 1] == '.')) {
            why[--n] = '\0';
        }
        char *error = xasprintf("\"%s\": %s; give a flow as to ovs-ofctl, "
                                "after add, mod or del", change, why);
        free(why);
        return error;
    }
    return NULL;
}
