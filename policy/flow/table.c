/* SPDX-License-Identifier: Apache-2.0 */

/* The flows of a bridge: putting in, taking out, and what has changed since.
 *
 * The log of changes is short.  Who asks about a moment that the log does not
 * reach back to is told that everything changed, which is slow and right,
 * never that nothing did. */

#include <config.h>

#include "policy/flow/table.h"

#include <string.h>

#include "bitmap.h"
#include "flow.h"
#include "hash.h"
#include "openvswitch/tun-metadata.h"
#include "policy/flow/index.h"
#include "util.h"

#define N_TABLES 256
#define LOG_SIZE 1024           /* A power of 2. */

struct change {
    uint8_t table_id;
    struct iov_key_cube cube;
};

struct iov_flow_table {
    struct iov_words words;
    struct iov_acts_pool pool;
    struct iov_table *tables[N_TABLES];
    struct iov_deliveries deliveries;
    size_t n_flows;
    size_t n_idle;              /* Flows that have an idle time-out. */
    char *opaque;               /* Why flows are missing, or null. */

    /* The change that made 'seqno' N is in log[N % LOG_SIZE]; those up to
     * 'log_floor' are forgotten. */
    uint64_t seqno, log_floor;
    struct change log[LOG_SIZE];
};

/* A flow's identity, cut into what is shared by its subtable and what is
 * not. */
struct parts {
    size_t n;
    struct iov_mask_word words[FLOW_U64S];
    uint64_t values[FLOW_U64S];
    const struct tun_metadata_allocation *tun_md; /* Or null. */
    uint32_t hash;              /* Of the subtable. */
};

static void
parts_add(struct parts *p, struct iov_words *words, size_t i,
          const struct match *match)
{
    uint64_t mask = flow_u64_value(&match->wc.masks, i);

    if (mask) {
        iov_mask_word_init(&p->words[p->n], i, mask);
        p->words[p->n].pos = iov_words_add(words, i);
        p->values[p->n++] = flow_u64_value(&match->flow, i) & mask;
        p->hash = hash_add64(hash_add(p->hash, i), mask);
    }
}

static void
parts_init(struct parts *p, struct iov_words *words,
           const struct match *match)
{
    const uint64_t *masks = (const uint64_t *) &match->wc.masks;
    size_t i = 0;

    p->n = 0;
    p->hash = 0;
    /* Most words are 0. */
    for (; i + 4 <= FLOW_U64S; i += 4) {
        if (masks[i] | masks[i + 1] | masks[i + 2] | masks[i + 3]) {
            for (size_t j = i; j < i + 4; j++) {
                parts_add(p, words, j, match);
            }
        }
    }
    for (; i < FLOW_U64S; i++) {
        parts_add(p, words, i, match);
    }
    p->tun_md = match->tun_md.valid ? &match->tun_md : NULL;
    p->hash = hash_finish(p->hash, p->n);
}

static bool
tun_mds_equal(const struct tun_metadata_allocation *a,
              const struct tun_metadata_allocation *b)
{
    /* Padding that differs only costs a subtable more. */
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
    return a == b || (a && b && !memcmp(a, b, sizeof *a));
}

static bool
words_equal(const struct iov_subtable *sub, const struct parts *p)
{
    if (sub->n_words != p->n || !tun_mds_equal(sub->tun_md, p->tun_md)) {
        return false;
    }
    for (size_t i = 0; i < p->n; i++) {
        if (sub->words[i].pos != p->words[i].pos
            || sub->words[i].mask != p->words[i].mask) {
            return false;
        }
    }
    return true;
}

static struct iov_subtable *
find_subtable(const struct iov_table *table, const struct parts *p)
{
    struct iov_subtable *sub;

    if (table) {
        HMAP_FOR_EACH_WITH_HASH (sub, node, p->hash, &table->subtables) {
            if (words_equal(sub, p)) {
                return sub;
            }
        }
    }
    return NULL;
}

static struct iov_table *
get_table(struct iov_flow_table *ft, uint8_t table_id)
{
    struct iov_table **tablep = &ft->tables[table_id];

    if (!*tablep) {
        *tablep = xzalloc(sizeof **tablep);
        hmap_init(&(*tablep)->subtables);
    }
    return *tablep;
}

static struct iov_subtable *
get_subtable(struct iov_flow_table *ft, uint8_t table_id,
             const struct parts *p)
{
    struct iov_table *table = get_table(ft, table_id);
    struct iov_subtable *sub = find_subtable(table, p);

    if (!sub) {
        sub = iov_subtable_create(table_id, p->n, p->words);
        if (p->tun_md) {
            sub->tun_md = xmemdup(p->tun_md, sizeof *p->tun_md);
        }
        hmap_insert(&table->subtables, &sub->node, p->hash);
        table->catch_all = p->n ? table->catch_all : sub;
    }
    return sub;
}

static void
log_change(struct iov_flow_table *ft, uint8_t table_id,
           const struct match *match)
{
    struct change *c = &ft->log[++ft->seqno % LOG_SIZE];

    c->table_id = table_id;
    iov_key_cube_init(&c->cube, match);
    if (ft->seqno - ft->log_floor > LOG_SIZE) {
        ft->log_floor = ft->seqno - LOG_SIZE;
    }
}

/* From now on nobody knows what changed. */
static void
forget_log(struct iov_flow_table *ft)
{
    ft->log_floor = ++ft->seqno;
}

static void
delete_flow(struct iov_flow_table *ft, struct iov_subtable *sub,
            struct iov_flow *flow)
{
    struct iov_table *table = ft->tables[sub->table_id];

    iov_subtable_remove(sub, flow);
    table->n_conj -= flow->acts->conjunction;
    ft->n_flows--;
    ft->n_idle -= flow->acts->idles;
    iov_acts_put(&ft->pool, flow->acts);
    iov_subtable_free(sub, flow);

    if (!sub->chains.n) {
        hmap_remove(&table->subtables, &sub->node);
        table->catch_all = sub->n_words ? table->catch_all : NULL;
        iov_subtable_destroy(sub);
    }
}

/* Leaves the actions of its flows to the caller. */
static void
delete_table(struct iov_flow_table *ft, struct iov_table *table)
{
    struct iov_subtable *sub;

    HMAP_FOR_EACH_POP (sub, node, &table->subtables) {
        ft->n_flows -= sub->chains.n;
        iov_subtable_destroy(sub);
    }
    hmap_destroy(&table->subtables);
    free(table);
}

struct iov_flow_table *
iov_flow_table_create(void)
{
    struct iov_flow_table *ft = xzalloc(sizeof *ft);

    iov_words_init(&ft->words);
    iov_acts_pool_init(&ft->pool);
    iov_deliveries_init(&ft->deliveries);
    return ft;
}

void
iov_flow_table_clear(struct iov_flow_table *ft)
{
    for (size_t i = 0; i < N_TABLES; i++) {
        if (ft->tables[i]) {
            delete_table(ft, ft->tables[i]);
            ft->tables[i] = NULL;
        }
    }
    /* All at once, because there may be a million flows. */
    iov_acts_pool_destroy(&ft->pool);
    iov_acts_pool_init(&ft->pool);
    iov_words_init(&ft->words);
    free(ft->opaque);
    ft->opaque = NULL;
    forget_log(ft);
    iov_deliveries_clear(&ft->deliveries, ft->seqno);
    ft->n_idle = 0;
}

void
iov_flow_table_destroy(struct iov_flow_table *ft)
{
    if (ft) {
        iov_flow_table_clear(ft);
        iov_acts_pool_destroy(&ft->pool);
        iov_deliveries_destroy(&ft->deliveries);
        free(ft);
    }
}

/* Has the headers followed that 'acts' can change, even if no flow matches on
 * them: whether a change is one depends on what was there before. */
static void
add_written_words(struct iov_words *words, const struct iov_acts *acts)
{
    for (size_t i = 0; i < acts->n_steps; i++) {
        const struct iov_step *step = &acts->steps[i];
        if (step->type == IOV_STEP_KEEP) {
            iov_words_add(words, step->set.word);
        } else if (step->type == IOV_STEP_PUSH_VLAN
                   || step->type == IOV_STEP_POP_VLAN) {
            iov_words_add(words, FLOW_U64_OFFSET(vlans));
        }
    }
}

/* 'flow' gets other actions or goes, which is the next change. */
static void
forget_delivery(struct iov_flow_table *ft, const struct iov_subtable *sub,
                const struct iov_flow *flow, const struct match *match)
{
    struct iov_candidate c = { sub, flow };

    iov_deliveries_remove(&ft->deliveries, &c, match, ft->seqno + 1);
}

void
iov_flow_table_put(struct iov_flow_table *ft,
                   const struct iov_flow_spec *spec)
{
    struct iov_acts *acts = iov_acts_get(&ft->pool, spec->ofpacts,
                                         spec->ofpacts_len, spec->idles);
    uint8_t table_id = spec->table_id;
    struct parts p;

    parts_init(&p, &ft->words, spec->match);
    if (acts->writes_headers && acts->n_flows == 1) {
        add_written_words(&ft->words, acts);
    }
    struct iov_subtable *sub = get_subtable(ft, table_id, &p);
    struct iov_flow *flow = iov_subtable_find(sub, p.values, spec->priority);
    bool same_acts = flow && flow->acts == acts;
    if (!flow) {
        flow = iov_subtable_alloc(sub, p.values, spec->priority);
        ft->n_flows++;
    } else {
        if (!same_acts) {
            forget_delivery(ft, sub, flow, spec->match);
        }
        iov_subtable_remove(sub, flow);
        ft->tables[table_id]->n_conj -= flow->acts->conjunction;
        ft->n_idle -= flow->acts->idles;
        iov_acts_put(&ft->pool, flow->acts);
    }
    flow->acts = acts;
    flow->cookie = spec->cookie;
    iov_subtable_insert(sub, flow);
    ft->tables[table_id]->n_conj += acts->conjunction;
    ft->n_idle += acts->idles;

    if (!same_acts) {
        struct iov_candidate c = { sub, flow };
        log_change(ft, table_id, spec->match);
        iov_deliveries_add(&ft->deliveries, &c, spec->match, ft->seqno);
    }
}

bool
iov_flow_table_remove(struct iov_flow_table *ft, uint8_t table_id,
                      uint16_t priority, const struct match *match)
{
    struct parts p;

    parts_init(&p, &ft->words, match);
    struct iov_subtable *sub = find_subtable(ft->tables[table_id], &p);
    struct iov_flow *flow = (sub ? iov_subtable_find(sub, p.values, priority)
                             : NULL);
    if (!flow) {
        return false;
    }
    forget_delivery(ft, sub, flow, match);
    delete_flow(ft, sub, flow);
    log_change(ft, table_id, match);
    return true;
}

void
iov_flow_table_set_opaque(struct iov_flow_table *ft, const char *why)
{
    if (!ft->opaque) {
        ft->opaque = xstrdup(why);
        forget_log(ft);
    }
}

size_t
iov_flow_table_count(const struct iov_flow_table *ft)
{
    return ft->n_flows;
}

uint64_t
iov_flow_table_seqno(const struct iov_flow_table *ft)
{
    return ft->seqno;
}

const struct iov_words *
iov_flow_table_words(const struct iov_flow_table *ft)
{
    return &ft->words;
}

struct iov_table *
iov_flow_table_get(const struct iov_flow_table *ft, uint8_t table_id)
{
    return ft->tables[table_id];
}

bool
iov_flow_table_idles(const struct iov_flow_table *ft)
{
    return ft->n_idle != 0;
}

const struct iov_deliveries *
iov_flow_table_deliveries(const struct iov_flow_table *ft)
{
    return &ft->deliveries;
}

const char *
iov_flow_table_opaque(const struct iov_flow_table *ft)
{
    return ft->opaque;
}

void
iov_key_cube_init(struct iov_key_cube *cube, const struct match *match)
{
    static const uint8_t idx[IOV_N_KEY_WORDS] = {
        FLOW_U64_OFFSET(in_port),
        FLOW_U64_OFFSET(dl_dst),
        FLOW_U64_OFFSET(dl_dst) + 1,
        FLOW_U64_OFFSET(vlans)
    };
    for (size_t i = 0; i < IOV_N_KEY_WORDS; i++) {
        cube->w[i].mask = flow_u64_value(&match->wc.masks, idx[i]);
        cube->w[i].value = (flow_u64_value(&match->flow, idx[i])
                            & cube->w[i].mask);
    }
}

bool
iov_key_cubes_meet(const struct iov_key_cube *a, const struct iov_key_cube *b)
{
    for (size_t i = 0; i < IOV_N_KEY_WORDS; i++) {
        if ((a->w[i].value ^ b->w[i].value)
            & a->w[i].mask & b->w[i].mask) {
            return false;
        }
    }
    return true;
}

bool
iov_flow_table_concerns(const struct iov_flow_table *ft, uint64_t seqno,
                        const unsigned long *tables,
                        const struct iov_key_cube *cubes, size_t n)
{
    if (seqno < ft->log_floor) {
        return true;
    }
    for (uint64_t s = seqno + 1; s <= ft->seqno; s++) {
        const struct change *c = &ft->log[s % LOG_SIZE];
        if (bitmap_is_set(tables, c->table_id)) {
            for (size_t i = 0; i < n; i++) {
                if (iov_key_cubes_meet(&c->cube, &cubes[i])) {
                    return true;
                }
            }
        }
    }
    return false;
}
