/* SPDX-License-Identifier: Apache-2.0 */

/* Which rules of a list are in the NIC: see rule-list.h.
 *
 * An order of precedence only holds inside of the NIC.  A rule that was
 * refused is not asked before the rules that come after it; it is asked never.
 * An earlier "drop" that is missing opens what a later "forward" takes. */

#include <config.h>

#include "policy/compile/rule-list.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

static const struct {
    const char *slug, *text;
} whys[] = {
    { "", "" },
#define WHY(ENUM, SLUG, TEXT) { SLUG, TEXT },
#include "policy/compile/why.def"
#undef WHY
};

const char *
iov_rule_why_slug(enum iov_rule_why why)
{
    return whys[why].slug;
}

void
iov_rule_why_format(enum iov_rule_why why, const char *detail, struct ds *s)
{
    const char *text = whys[why].text;
    const char *gap = strstr(text, "%s");

    if (gap) {
        ds_put_buffer(s, text, gap - text);
        ds_put_format(s, "%s%s", detail ? detail : "something", gap + 2);
    } else {
        ds_put_cstr(s, text);
    }
}

void
iov_rule_list_clear(struct iov_rule_list *rules)
{
    for (size_t i = 0; i < rules->n; i++) {
        free(rules->list[i].detail);
        free(rules->list[i].refused);
    }
    free(rules->list);
    memset(rules, 0, sizeof *rules);
}

struct iov_listed_rule *
iov_rule_list_add(struct iov_rule_list *rules, const struct iov_rule *rule,
                  enum iov_rule_why why, const char *detail)
{
    if (rules->n >= rules->allocated) {
        rules->list = x2nrealloc(rules->list, &rules->allocated,
                                 sizeof *rules->list);
    }

    struct iov_listed_rule *r = &rules->list[rules->n++];
    *r = (struct iov_listed_rule) {
        .rule = *rule,
        .why = why,
        .detail = nullable_xstrdup(detail),
        .place = IOV_PLACE_SOFTWARE,
        .action = IOV_RULE_SOFTWARE,
    };
    return r;
}

void
iov_rule_list_refuse(struct iov_rule_list *rules, size_t i, const char *words)
{
    free(rules->list[i].refused);
    rules->list[i].refused = xstrdup(words);
}

const struct iov_listed_rule *
iov_rule_list_find(const struct iov_rule_list *rules,
                   const struct iov_rule_key *packet)
{
    for (size_t i = 0; i < rules->n; i++) {
        const struct iov_listed_rule *r = &rules->list[i];
        if (r->place == IOV_PLACE_NIC
            && iov_rule_match_has(&r->rule.match, packet)) {
            return r;
        }
    }
    return NULL;
}

/* Settling. */

/* Returns the name of a field that the NIC cannot match on as 'match' does, or
 * null. */
static const char *
find_bad_field(const struct iov_rule_match *match,
               const struct iov_rule_caps *caps)
{
    for (size_t i = 0; i < IOV_RULE_N_FIELDS; i++) {
        enum iov_rule_part part = iov_rule_match_part(match, i);
        if ((part == IOV_RULE_PART_SOME && caps->fields[i] < IOV_RULE_CAN_MASK)
            || (part == IOV_RULE_PART_ALL
                && caps->fields[i] < IOV_RULE_CAN_EXACT)) {
            return iov_rule_field_info(i)->name;
        }
    }
    return NULL;
}

/* Returns the name of an action that the NIC lacks, or null. */
static const char *
find_bad_action(const struct iov_listed_rule *r,
                const struct iov_rule_caps *caps)
{
    if (r->action == IOV_RULE_DROP) {
        return caps->drop ? NULL : "drop";
    } else if (r->action == IOV_RULE_SOFTWARE) {
        return caps->software ? NULL : "software";
    }
    return (!caps->forward ? "forward"
            : r->rule.pop_vlan && !caps->pop_vlan ? "pop_vlan"
            : r->rule.push_vlan && !caps->push_vlan ? "push_vlan" : NULL);
}

static void
send_to_software(struct iov_listed_rule *r, enum iov_rule_why why,
                 const char *detail)
{
    if (r->action != IOV_RULE_SOFTWARE) {
        r->why_now = why;
        r->detail_now = detail;
        r->action = IOV_RULE_SOFTWARE;
    }
}

/* Not even a rule to software can be there. */
static void
make_hole(struct iov_listed_rule *r, enum iov_rule_why why, const char *detail)
{
    send_to_software(r, why, detail);
    r->place = IOV_PLACE_SOFTWARE;
    r->is_hole = true;
}

/* Returns true if one of the first 'n' rules is a hole that has packets of
 * 'r'. */
static bool
falls_from_hole(const struct iov_rule_list *rules, size_t n,
                const struct iov_listed_rule *r)
{
    for (size_t i = 0; i < n; i++) {
        if (rules->list[i].is_hole
            && iov_rule_match_overlaps(&rules->list[i].rule.match,
                                       &r->rule.match)) {
            return true;
        }
    }
    return false;
}

static void
settle_rule(struct iov_listed_rule *r, const struct iov_rule_caps *caps)
{
    const char *bad;

    r->action = r->rule.action;
    r->why_now = r->why;
    r->detail_now = r->detail;
    r->place = IOV_PLACE_NIC;
    r->is_hole = false;
    bad = find_bad_action(r, caps);
    if (bad && r->action != IOV_RULE_SOFTWARE) {
        send_to_software(r, IOV_WHY_NIC_ACTION, bad);
        bad = find_bad_action(r, caps);
    }
    if (bad) {
        make_hole(r, IOV_WHY_NIC_ACTION, bad);
    } else if ((bad = find_bad_field(&r->rule.match, caps)) != NULL) {
        make_hole(r, IOV_WHY_FIELD, bad);
    } else if (r->refused) {
        make_hole(r, IOV_WHY_REFUSED, r->refused);
    }
}

/* Takes rules to software that nothing would overtake out of the NIC, the last
 * of the first 'n' first. */
static void
leave_out(struct iov_rule_list *rules, size_t n)
{
    size_t *takers = xmalloc((n + 1) * sizeof *takers);
    size_t n_takers = 0;

    rules->n_nic = 0;
    for (size_t i = n; i-- > 0; ) {
        struct iov_listed_rule *r = &rules->list[i];
        bool needed = r->action != IOV_RULE_SOFTWARE;

        if (r->place != IOV_PLACE_NIC) {
            continue;
        }
        for (size_t j = 0; j < n_takers && !needed; j++) {
            needed = iov_rule_match_overlaps(
                &r->rule.match, &rules->list[takers[j]].rule.match);
        }
        if (!needed) {
            r->place = IOV_PLACE_SOFTWARE;
            continue;
        }
        rules->n_nic++;
        if (r->action != IOV_RULE_SOFTWARE) {
            takers[n_takers++] = i;
        }
    }
    free(takers);
}

/* Takes all rules from number 'n' on out of the NIC. */
static void
cut(struct iov_rule_list *rules, size_t n)
{
    for (size_t i = n; i < rules->n; i++) {
        struct iov_listed_rule *r = &rules->list[i];
        if (r->place == IOV_PLACE_NIC) {
            send_to_software(r, IOV_WHY_FULL, NULL);
            r->place = IOV_PLACE_SOFTWARE;
        }
    }
}

/* Keeps the first rules, at most 'max' in the NIC: what would come after them
 * goes to software. */
static void
fit(struct iov_rule_list *rules, size_t max)
{
    size_t n = 0;

    leave_out(rules, rules->n);
    if (rules->n_nic > max) {
        for (size_t i = 0; i < rules->n; i++) {
            n += rules->list[i].place == IOV_PLACE_NIC;
            if (n > max) {
                cut(rules, i);
                break;
            }
        }
        leave_out(rules, rules->n);
    }
}

void
iov_rule_list_settle(struct iov_rule_list *rules,
                     const struct iov_rule_caps *caps)
{
    bool any_hole = false;

    for (size_t i = 0; i < rules->n; i++) {
        struct iov_listed_rule *r = &rules->list[i];

        settle_rule(r, caps);
        if (any_hole && !r->is_hole && r->action != IOV_RULE_SOFTWARE
            && falls_from_hole(rules, i, r)) {
            send_to_software(r, IOV_WHY_OVERTAKES, NULL);
            if (!caps->software) {
                make_hole(r, IOV_WHY_OVERTAKES, NULL);
            }
        }
        any_hole |= r->is_hole;
    }
    fit(rules, caps->max_rules);
}

/* Sharing. */

/* Returns the weights of all who want more than they have got. */
static unsigned long long int
open_weight(const struct iov_rule_share *shares, size_t n)
{
    unsigned long long int weight = 0;

    for (size_t i = 0; i < n; i++) {
        weight += shares[i].got < shares[i].want ? shares[i].weight : 0;
    }
    return weight;
}

/* Gives out up to 'n_rules' by weight, and what is left of rounding down to
 * the first who want it.  Returns how many were given. */
static size_t
share_once(struct iov_rule_share *shares, size_t n, size_t n_rules)
{
    unsigned long long int weight = open_weight(shares, n);
    size_t given = 0;

    for (size_t i = 0; i < n; i++) {
        struct iov_rule_share *s = &shares[i];
        if (s->weight && s->got < s->want) {
            size_t part = MIN((unsigned long long int) n_rules * s->weight
                              / weight, s->want - s->got);
            s->got += part;
            given += part;
        }
    }
    for (size_t i = 0; i < n && !given && n_rules; i++) {
        if (shares[i].weight && shares[i].got < shares[i].want) {
            shares[i].got++;
            given = 1;
        }
    }
    return given;
}

void
iov_rule_shares(struct iov_rule_share *shares, size_t n, size_t n_rules)
{
    for (size_t i = 0; i < n; i++) {
        shares[i].got = 0;
    }
    while (n_rules && open_weight(shares, n)) {
        n_rules -= share_once(shares, n, n_rules);
    }
}
