/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_SINK_H
#define IOV_POLICY_REACH_SINK_H 1

/* The sinks of the verdict: three questions to a walk. */

#include "policy/reach/findings.h"
#include "policy/reach/walk.h"

struct iov_peer;
struct iov_reach_port;

/* Which flows are not NORMAL for the packets?  Adds them to 'findings'. */
struct iov_culprit_sink {
    struct iov_sink up;
    struct iov_findings *findings;
    const struct iov_walk_order *order;
    const struct iov_reach_port *port;
    const struct iov_peer *peers;     /* Sorted. */
    size_t n_peers;
    unsigned int class;         /* Number of the class of the packets. */
    bool uncertain;             /* Packets need not get to what is reported. */
};
void iov_culprit_sink_init(struct iov_culprit_sink *);

/* Is there any?  Stops at the first. */
struct iov_probe_sink {
    struct iov_sink up;
    const struct iov_culprit_sink *culprits;    /* Those in question. */
};
void iov_probe_sink_init(struct iov_probe_sink *,
                         const struct iov_culprit_sink *);

/* Are all packets dropped, and nothing else happens?  Stops at the first that
 * is not, and sets 'not_dropped'. */
struct iov_drop_sink {
    struct iov_sink up;
    bool not_dropped;
};
void iov_drop_sink_init(struct iov_drop_sink *);

/* Returns true if it does not matter that the packets of 'r' are dropped,
 * because they come by the bridge also if the port is on its VF, and are
 * dropped then, too. */
bool iov_drop_is_kept(const struct iov_culprit_sink *,
                      const struct iov_report *r);

#endif /* policy/reach/sink.h */
