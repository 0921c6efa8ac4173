/* SPDX-License-Identifier: Apache-2.0 */

/* What walks have found out: culprits.
 *
 * A flow met by several kinds of packets, or on several ways, is one culprit.
 * The way that is kept is the first one found. */

#include <config.h>

#include "policy/reach/findings.h"

#include <string.h>

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
    memset(&f->deps, 0, sizeof f->deps);
    f->n_asked = 0;
}

void
iov_findings_destroy(struct iov_findings *f)
{
    iov_findings_clear(f);
    hmap_destroy(&f->culprits);
}

uint32_t
iov_culprit_hash(const struct iov_culprit *c)
{
    return hash_2words(hash_pointer(c->at.flow, c->reason), c->table_id);
}

struct iov_culprit *
iov_culprit_find(const struct hmap *culprits, const struct iov_culprit *like)
{
    struct iov_culprit *c;

    HMAP_FOR_EACH_WITH_HASH (c, node, iov_culprit_hash(like), culprits) {
        if (c->reason == like->reason && c->table_id == like->table_id
            && c->at.flow == like->at.flow && c->queue == like->queue) {
            return c;
        }
    }
    return NULL;
}
