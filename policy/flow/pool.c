/* SPDX-License-Identifier: Apache-2.0 */

/* Keeps one copy of each list of actions.
 *
 * A flow whose actions are not understood and a flow that has none (drop)
 * differ, although both come with zero bytes of actions. */

#include <config.h>

#include "policy/flow/acts.h"

#include <string.h>

#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-actions.h"
#include "util.h"

static struct iov_acts *
acts_create(const struct ofpact *ofpacts, size_t ofpacts_len, bool idles)
{
    struct iov_acts *acts = xzalloc(sizeof *acts);

    acts->opaque = !ofpacts;
    acts->idles = idles;
    acts->ofpacts_len = ofpacts_len;
    acts->ofpacts = xmemdup(ofpacts ? (const void *) ofpacts : "",
                            ofpacts_len);
    iov_acts_compile(acts);
    iov_acts_find_outputs(acts);
    return acts;
}

static void
acts_destroy(struct iov_acts *acts)
{
    free(acts->steps);
    free(acts->outputs.ports);
    free(acts->ofpacts);
    free(acts);
}

void
iov_acts_pool_init(struct iov_acts_pool *pool)
{
    hmap_init(&pool->acts);
    pool->opaque = acts_create(NULL, 0, false);
}

void
iov_acts_pool_destroy(struct iov_acts_pool *pool)
{
    struct iov_acts *acts;

    HMAP_FOR_EACH_POP (acts, node, &pool->acts) {
        acts_destroy(acts);
    }
    hmap_destroy(&pool->acts);
    acts_destroy(pool->opaque);
}

static struct iov_acts *
acts_find(const struct iov_acts_pool *pool, uint32_t hash,
          const struct ofpact *ofpacts, size_t ofpacts_len, bool idles)
{
    struct iov_acts *acts;

    HMAP_FOR_EACH_WITH_HASH (acts, node, hash, &pool->acts) {
        if (acts->idles == idles && acts->ofpacts_len == ofpacts_len
            && !memcmp(acts->ofpacts, ofpacts, ofpacts_len)) {
            return acts;
        }
    }
    return NULL;
}

struct iov_acts *
iov_acts_get(struct iov_acts_pool *pool, const struct ofpact *ofpacts,
             size_t ofpacts_len, bool idles)
{
    struct iov_acts *acts = pool->opaque;

    if (ofpacts) {
        uint32_t hash = hash_bytes(ofpacts, ofpacts_len, idles);
        acts = acts_find(pool, hash, ofpacts, ofpacts_len, idles);
        if (!acts) {
            acts = acts_create(ofpacts, ofpacts_len, idles);
            hmap_insert(&pool->acts, &acts->node, hash);
        }
    }
    acts->n_flows++;
    return acts;
}

void
iov_acts_put(struct iov_acts_pool *pool, struct iov_acts *acts)
{
    if (!--acts->n_flows && acts != pool->opaque) {
        hmap_remove(&pool->acts, &acts->node);
        acts_destroy(acts);
    }
}

void
iov_acts_format(const struct iov_acts *acts,
                const struct ofputil_port_map *port_map, struct ds *s)
{
    struct ofpact_format_params fp = { .port_map = port_map, .s = s };

    ds_put_cstr(s, "actions=");
    if (acts->opaque) {
        ds_put_cstr(s, "<not understood>");
    } else {
        ofpacts_format(acts->ofpacts, acts->ofpacts_len, &fp);
    }
}
