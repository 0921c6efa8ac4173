/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_FLOW_VIEW_H
#define IOV_POLICY_FLOW_VIEW_H 1

/* The views of a subtable: see view.c.  Who changes the flows of a
 * subtable has to tell its views. */

struct iov_flow;
struct iov_subtable;

/* 'flow' has its actions. */
void iov_views_insert(const struct iov_subtable *, const struct iov_flow *);
void iov_views_remove(const struct iov_subtable *, const struct iov_flow *);
void iov_views_destroy(struct iov_subtable *);

#endif /* policy/flow/view.h */
