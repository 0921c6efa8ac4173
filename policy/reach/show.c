/* SPDX-License-Identifier: Apache-2.0 */

/* Culprits in words: the flow as ovs-ofctl prints it, the packets it is
 * about, and how it could spare other ports.
 *
 * The object of a reason is its identity, by which "since" is kept, so it must
 * not contain anything that changes while the flow is the same, such as
 * counters. */

#include <config.h>

#include "policy/reach/show.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-port.h"
#include "packets.h"
#include "policy/reach/findings.h"
#include "policy/reach/reach.h"
#include "util.h"

/* More culprits are not sorted by their text, which takes long to make. */
#define MAX_BY_TEXT 100

/* For sorting: a culprit with its text, once that is asked for. */
struct entry {
    const struct iov_culprit *culprit;
    const struct iov_show *show;
    char *text;
};

/* Texts. */

void
iov_texts_clear(struct iov_texts *texts)
{
    for (size_t i = 0; i < texts->n; i++) {
        free(texts->list[i].text);
    }
    texts->n = 0;
}

void
iov_texts_set_time(struct iov_texts *texts, uint64_t flows, uint64_t names)
{
    if (texts->flows != flows || texts->names != names) {
        iov_texts_clear(texts);
        texts->flows = flows;
        texts->names = names;
    }
}

static char *
match_text(const struct iov_candidate *at, const struct iov_words *words,
           const struct ofputil_port_map *port_map)
{
    struct match match;

    iov_flow_to_match(at, words, &match);
    return match_to_string(&match, port_map, at->flow->priority);
}

static int
culprit_priority(const struct iov_culprit *c)
{
    return c->at.flow ? c->at.flow->priority : -1;
}

static int
compare_places(const struct iov_culprit *a, const struct iov_culprit *b)
{
    if (a->uncertain != b->uncertain) {
        return a->uncertain ? 1 : -1;
    }
    return (a->table_id != b->table_id
            ? (int) a->table_id - (int) b->table_id
            : culprit_priority(b) - culprit_priority(a));
}

static const char *
entry_text(struct entry *e)
{
    if (!e->text) {
        e->text = (e->culprit->at.flow
                   ? match_text(&e->culprit->at, e->show->words,
                                e->show->port_map)
                   : xstrdup(""));
    }
    return e->text;
}

static int
compare_entries(const void *a_, const void *b_)
{
    struct entry *const *a = a_;
    struct entry *const *b = b_;
    int cmp = compare_places((*a)->culprit, (*b)->culprit);

    if (!cmp) {
        cmp = strcmp(entry_text(*a), entry_text(*b));
    }
    return (cmp ? cmp
            : (int) (*a)->culprit->reason - (int) (*b)->culprit->reason);
}

static int
compare_culprits(const void *a_, const void *b_)
{
    const struct iov_culprit *const *a = a_;
    const struct iov_culprit *const *b = b_;
    int cmp = compare_places(*a, *b);

    if (!cmp && (*a)->at.flow && (*b)->at.flow) {
        cmp = iov_candidate_compare(&(*a)->at, &(*b)->at);
    }
    return cmp ? cmp : (int) (*a)->reason - (int) (*b)->reason;
}

static void
sort_by_text(const struct iov_culprit *culprits[], size_t n,
             const struct iov_show *show)
{
    struct entry entries[MAX_BY_TEXT], *sorted[MAX_BY_TEXT];

    for (size_t i = 0; i < n; i++) {
        entries[i] = (struct entry) { culprits[i], show, NULL };
        sorted[i] = &entries[i];
    }
    qsort(sorted, n, sizeof *sorted, compare_entries);
    for (size_t i = 0; i < n; i++) {
        culprits[i] = sorted[i]->culprit;
        free(sorted[i]->text);
    }
}

void
iov_culprits_sort(const struct iov_culprit *culprits[], size_t n,
                  const struct iov_show *show)
{
    if (n <= MAX_BY_TEXT) {
        sort_by_text(culprits, n, show);
    } else {
        qsort(culprits, n, sizeof *culprits, compare_culprits);
    }
}

static void
format_packets(const struct iov_culprit *c, const struct iov_show *show,
               struct ds *s)
{
    bool from_port = c->classes & 1;

    if (from_port) {
        ds_put_cstr(s, "packets from the port");
    }
    if (c->classes & ~UINT64_C(1)) {
        ds_put_format(s, "%spackets for the port from uplink",
                      from_port ? " and " : "");
        const char *sep = " ";
        for (size_t i = 0; i < show->port->n_uplinks; i++) {
            if (c->classes & (UINT64_C(1) << MIN(i + 1, 63))) {
                ds_put_cstr(s, sep);
                ofputil_format_port(u16_to_ofp(show->port->uplinks[i]),
                                    show->port_map, s);
                sep = ", ";
            }
        }
    }
}

/* Says how 'c', if it does not say which port it is about, could. */
static void
format_narrowing(const struct iov_culprit *c, const struct iov_show *show,
                 struct ds *s)
{
    struct match match;

    iov_flow_to_match(&c->at, show->words, &match);
    bool in_port = match.wc.masks.in_port.ofp_port != 0;
    bool dl_dst = (eth_mask_is_exact(match.wc.masks.dl_dst)
                   && !eth_addr_is_multicast(match.flow.dl_dst));
    bool dl_src = eth_mask_is_exact(match.wc.masks.dl_src);
    if (!in_port && !dl_dst && !dl_src) {
        ds_put_cstr(s, "; it names no port: add in_port= or dl_dst= to it "
                    "so that it costs no other ports their VF");
    } else if (!in_port && !dl_src && (c->classes & 1)
               && !eth_addr_equals(match.flow.dl_dst, show->port->mac)) {
        ds_put_cstr(s, "; it names only who receives: add in_port= to it so "
                    "that it costs no other ports their VF");
    } else if (in_port && !dl_dst && !(c->classes & 1)) {
        ds_put_cstr(s, "; it names no port but the uplink: add dl_dst= to "
                    "it so that it costs no other ports their VF");
    }
}

static void
format_delivered(const struct iov_culprit *c, struct ds *s)
{
    ds_put_cstr(s, "It may output packets of other ports to the port");
    if (c->n_like) {
        ds_put_format(s, ", as do %"PRIuSIZE" more flows", c->n_like);
    }
    ds_put_char(s, '.');
}

static void
format_detail(const struct iov_culprit *c, const struct iov_show *show,
              struct ds *s)
{
    if (c->reason == IOV_REASON_DELIVERED_BY_OUTPUT) {
        format_delivered(c, s);
        return;
    } else if (c->step && c->step->name) {
        ds_put_format(s, "Action %s %s ", c->step->name,
                      c->step->class->does);
    } else if (c->reason == IOV_REASON_OPENFLOW_ACTIONS) {
        ds_put_cstr(s, "A second NORMAL for ");
    } else {
        ds_put_cstr(s, "It concerns ");
    }
    format_packets(c, show, s);
    if (c->at.flow) {
        format_narrowing(c, show, s);
    }
    if (c->missing) {
        char *text = match_to_string(c->missing, show->port_map,
                                     OFP_DEFAULT_PRIORITY);
        ds_put_format(s, ", among them %s", text);
        free(text);
    }
    if (c->reason == IOV_REASON_OPENFLOW_IDLE) {
        ds_put_cstr(s, ", once flows above it that have an idle time-out are "
                    "gone");
    }
    ds_put_cstr(s, c->uncertain
                ? "; whether they get there is not certain, for the tables "
                "are too complex to tell." : ".");
}

static void
format_flow(const struct iov_candidate *at, const struct iov_show *show,
            struct ds *s)
{
    char *text = match_text(at, show->words, show->port_map);

    ds_put_format(s, "table=%"PRIu8"%s%s ", at->sub->table_id,
                  text[0] ? " " : "", text);
    iov_acts_format(at->flow->acts, show->port_map, s);
    free(text);
}

static char *
make_object(const struct iov_culprit *c, const struct iov_show *show)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (c->at.flow) {
        format_flow(&c->at, show, &s);
    } else if (c->reason == IOV_REASON_DELIVERED_BY_OUTPUT) {
        ds_put_cstr(&s, "output:");
        ofputil_format_port(u16_to_ofp(show->port->ofport), show->port_map,
                            &s);
    } else {
        ds_put_format(&s, "table=%"PRIu8, c->table_id);
    }
    return ds_steal_cstr(&s);
}

/* Returns what 'c' is about.  '*made' is to be freed, and may be null. */
static const char *
get_object(const struct iov_culprit *c, const struct iov_show *show,
           char **made)
{
    struct iov_texts *texts = show->texts;

    *made = NULL;
    for (size_t i = 0; i < texts->n; i++) {
        if (c->at.flow && texts->list[i].flow == c->at.flow) {
            return texts->list[i].text;
        }
    }

    char *text = make_object(c, show);
    if (c->at.flow && texts->n < IOV_N_TEXTS) {
        texts->list[texts->n].flow = c->at.flow;
        texts->list[texts->n++].text = text;
    } else {
        *made = text;
    }
    return text;
}

static char *
path_to_string(const struct iov_culprit *c, const struct iov_show *show)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < c->n_path; i++) {
        format_flow(&c->path[i], show, &s);
        ds_put_char(&s, '\n');
    }
    return ds_steal_cstr(&s);
}

void
iov_culprit_to_reason(const struct iov_culprit *c,
                      const struct iov_show *show,
                      struct iov_reasons *reasons)
{
    struct ds detail = DS_EMPTY_INITIALIZER;
    char *made;

    format_detail(c, show, &detail);
    iov_reasons_add(reasons, c->reason, get_object(c, show, &made),
                    ds_cstr(&detail));
    if (show->paths && c->n_path) {
        reasons->list[reasons->n - 1].path = path_to_string(c, show);
    }
    ds_destroy(&detail);
    free(made);
}
