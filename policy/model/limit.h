/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_LIMIT_H
#define IOV_POLICY_MODEL_LIMIT_H 1

/* Bounds on what peers of the daemon can fill: see limit.def. */

/* Values, to be used as IOV_LIMIT_QMP_DEVICES. */
enum iov_limit_value {
#define LIMIT(ENUM, NAME, VALUE, PEER, WHAT, BEYOND) IOV_LIMIT_##ENUM = VALUE,
#include "policy/model/limit.def"
#undef LIMIT
};

/* Rows of the table. */
enum iov_limit_id {
#define LIMIT(ENUM, NAME, VALUE, PEER, WHAT, BEYOND) IOV_LIMIT_ID_##ENUM,
#include "policy/model/limit.def"
#undef LIMIT
    IOV_N_LIMITS
};

struct iov_limit {
    const char *name;
    int value;
    const char *peer;
    const char *what;
    const char *beyond;
};

const struct iov_limit *iov_limit(enum iov_limit_id);
/* "limit qmp-devices: there may be at most 256 ...", without a full stop; to
 * be freed by the caller. */
char *iov_limit_explain(enum iov_limit_id);

#endif /* policy/model/limit.h */
