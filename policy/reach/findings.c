/* SPDX-License-Identifier: Apache-2.0 */

/* What a walk has found out: culprits.
 *
 * The subtle thing: a flow met by several kinds of packets, or on several
 * ways, is one culprit.  The way that is kept is the first one found. */

#include <config.h>

#include "policy/reach/walk-internal.h"

#include <string.h>

#include "flow.h"
#include "hash.h"
#include "util.h"

void
iov_findings_init(struct iov_findings *f)
{
    memset(f, 0, sizeof *f);
    hmap_init(&f->culprits);
}

void
iov_findings_clear(struct iov_findings *f)
{
    struct iov_culprit *c;

    HMAP_FOR_EACH_POP (c, node, &f->culprits) {
        free(c->missing);
        free(c->path);
        free(c);
    }
    memset(f->tables, 0, sizeof f->tables);
    f->other_in_port = false;
    f->n_asked = 0;
}

void
iov_findings_destroy(struct iov_findings *f)
{
    iov_findings_clear(f);
    hmap_destroy(&f->culprits);
}

/* Keeps the flows of 'trail' but for the culprit itself. */
static void
keep_path(struct iov_culprit *c, const struct iov_trail *trail)
{
    size_t n = 0;

    if (trail && c->at.flow && trail->at->flow == c->at.flow) {
        trail = trail->up;
    }
    for (const struct iov_trail *t = trail; t; t = t->up) {
        n++;
    }
    c->n_path = n;
    c->path = n ? xcalloc(n, sizeof *c->path) : NULL;
    for (const struct iov_trail *t = trail; t; t = t->up) {
        c->path[--n] = *t->at;
    }
}

static uint32_t
culprit_hash(const struct iov_culprit *c)
{
    return hash_2words(hash_pointer(c->at.flow, c->reason), c->table_id);
}

struct iov_culprit *
iov_culprit_find(const struct hmap *culprits, const struct iov_culprit *like)
{
    struct iov_culprit *c;

    HMAP_FOR_EACH_WITH_HASH (c, node, culprit_hash(like), culprits) {
        if (c->reason == like->reason && c->table_id == like->table_id
            && c->at.flow == like->at.flow) {
            return c;
        }
    }
    return NULL;
}

/* Returns the culprit like 'like'; a new one was reached as 'p' was. */
static struct iov_culprit *
get_culprit(struct iov_walk *w, const struct iov_path *p,
            const struct iov_culprit *like)
{
    struct iov_culprit *c = iov_culprit_find(&w->findings->culprits, like);

    if (!c) {
        c = xmemdup(like, sizeof *like);
        keep_path(c, p->trail);
        hmap_insert(&w->findings->culprits, &c->node, culprit_hash(c));
    }
    c->classes |= UINT64_C(1) << MIN(w->order->class, 63);
    return c;
}

/* If the question is only whether packets are dropped, or whether there is any
 * culprit, that answers it. */
static bool
answers(struct iov_walk *w)
{
    if (w->must_drop) {
        w->not_dropped = w->over = true;
    } else if (w->trying) {
        w->any_culprit = w->over = true;
    }
    return w->must_drop || w->trying;
}

void
iov_walk_blame(struct iov_walk *w, const struct iov_path *p,
               enum iov_reason_id reason, const struct iov_candidate *at,
               const struct iov_step *stop)
{
    if (!answers(w)) {
        struct iov_culprit like = { .reason = reason };
        if (at) {
            like.table_id = at->sub->table_id;
            like.at = *at;
        }
        struct iov_culprit *c = get_culprit(w, p, &like);
        c->stop = stop ? stop : c->stop;
    }
}

/* Returns what packets of 'cube' look like from outside. */
static struct match *
describe(const struct iov_walk *w, const struct iov_cube *cube)
{
    const struct match *packets = w->order->packets;
    struct match *m = xmalloc(sizeof *m);

    match_init_catchall(m);
    match_set_in_port(m, packets->flow.in_port.ofp_port);
    for (size_t i = FLOW_U64_OFFSET(dl_dst); i < FLOW_U64S; i++) {
        uint8_t pos = w->words->pos[i];
        bool known = pos != IOV_NO_WORD;

        *flow_u64_lvalue(&m->flow, i)
            = (known ? cube->w[pos].value
               : flow_u64_value(&packets->flow, i));
        *flow_u64_lvalue(&m->wc.masks, i)
            = (known ? cube->w[pos].mask
               : flow_u64_value(&packets->wc.masks, i));
    }
    return m;
}

void
iov_walk_blame_miss(struct iov_walk *w, const struct iov_path *p,
                    uint8_t table_id, const struct iov_cube *cube)
{
    if (!answers(w)) {
        struct iov_culprit like = {
            .reason = IOV_REASON_OPENFLOW_MISS, .table_id = table_id
        };
        struct iov_culprit *c = get_culprit(w, p, &like);
        if (!c->missing) {
            c->missing = describe(w, cube);
        }
    }
}
