/* SPDX-License-Identifier: Apache-2.0 */

/* The table of bounds: see limit.h and limit.def. */

#include <config.h>

#include "policy/model/limit.h"

#include "util.h"

static const struct iov_limit limits[IOV_N_LIMITS] = {
#define LIMIT(ENUM, NAME, VALUE, PEER, WHAT, BEYOND) \
    { NAME, VALUE, PEER, WHAT, BEYOND },
#include "policy/model/limit.def"
#undef LIMIT
};

const struct iov_limit *
iov_limit(enum iov_limit_id id)
{
    ovs_assert(id < IOV_N_LIMITS);
    return &limits[id];
}

char *
iov_limit_explain(enum iov_limit_id id)
{
    const struct iov_limit *l = iov_limit(id);

    return xasprintf("limit %s: there may be at most %d %s", l->name,
                     l->value, l->what);
}
