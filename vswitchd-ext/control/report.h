/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_REPORT_H
#define IOV_EXT_CONTROL_REPORT_H 1

/* Makes the status: where every port is. */

#include <stdbool.h>

struct iov_status;
struct iov_reconcile;

struct iov_status *iov_status_create(const struct iov_reconcile *,
                                     bool settled);
void iov_status_destroy(struct iov_status *);

#endif /* vswitchd-ext/control/report.h */
