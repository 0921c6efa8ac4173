/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_DISPATCH_H
#define IOV_EXT_CONTROL_DISPATCH_H 1

/* Brings each operation to who carries it out, and the results back. */

#include "policy/model/op.h"

struct iov_nics;
struct iov_vf;

/* Takes 'op'.  'vf' is needed for GUEST_* operations. */
void iov_dispatch(struct iov_op *op, const struct iov_vf *vf);
/* Next result of anybody, or null.  'nics' is what was last seen. */
struct iov_result *iov_dispatch_next_result(const struct iov_nics *nics);
/* Counts and logs a result and adds it to the history of 'name'.  A failure
 * that is no 'news' is only counted, so that one that is tried again and again
 * drives nothing else out. */
void iov_dispatch_log(const struct iov_result *, const char *name,
                      const char *op, long long int wall_now, bool news);
void iov_dispatch_exit(void);

#endif /* vswitchd-ext/control/dispatch.h */
