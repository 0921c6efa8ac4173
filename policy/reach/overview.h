/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_OVERVIEW_H
#define IOV_POLICY_REACH_OVERVIEW_H 1

/* What packets may meet in tables that are too complex for iov_walk(). */

struct iov_walk_order;

/* Reports to the sink of the order, for all flows that its packets can get to,
 * what they do, and more: also flows that no packet gets to.  To be called
 * after iov_walk() has reported a limit beyond which the switch goes on.  Each
 * report stands for itself: there are no ways, and only the flow itself is on
 * its trail.
 *
 * If the allowance of the order gets exhausted, what was reported is not
 * complete. */
void iov_overview(const struct iov_walk_order *);

#endif /* policy/reach/overview.h */
