/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_VERDICT_VERDICT_H
#define IOV_POLICY_VERDICT_VERDICT_H 1

/* May a port be on a VF, on which one, and if not, why.
 *
 * Pure: a function of the snapshot and of the present assignment of VFs,
 * which matters only so that a port keeps its VF where it can. */

#include <stdbool.h>
#include <stddef.h>

#include "policy/model/nic.h"
#include "policy/model/reason.h"
#include "policy/model/snapshot.h"

/* Checks.  The list is check.def. */
enum iov_check_id {
#define CHECK(NAME, QUESTION) IOV_CHECK_##NAME,
#include "policy/verdict/check.def"
#undef CHECK
    IOV_N_CHECKS
};
const char *iov_check_name(enum iov_check_id);
const char *iov_check_question(enum iov_check_id);

struct iov_verdict {
    const struct iov_bridge *bridge;
    const struct iov_port *port;
    bool requested;             /* Bridge enabled, weight not 0. */
    const struct iov_pf *pf;    /* PF behind which the port is, or null. */
    const struct iov_vf *vf;    /* VF to be on, or null for software. */
    const struct iov_port *preempts;    /* Port that has 'vf' now and has to
                                         * leave it for this one, or null. */
    struct iov_vf_settings want; /* Of that VF when direct. */
    const struct iov_pf *adopted_pf; /* PF and VF that the guest keeps */
    const struct iov_vf *adopted;    /* (iov-guest "none"), or null. */
    struct iov_reasons reasons; /* Empty if 'vf' is not null, unless: */
    bool path_dead;             /* The software path of its bridge is dead. */
    bool kept;                  /* On its VF all the same, because the
                                 * software path is dead. */

    /* What 'reasons' say of the flows. */
    uint64_t flows;             /* Number of iov_reach_look(), or 0. */
    bool outdated;              /* They have changed since... */
    long long int outdated_since;       /* ...this time. */
};

/* One for each port that is no uplink, of each bridge, in the snapshot's
 * order. */
struct iov_verdicts {
    struct iov_verdict *list;
    size_t n;
    struct iov_verdicts_part *parts;    /* One for each bridge. */
    size_t n_parts;
    size_t next;                /* Number of the one whose turn it is. */
    unsigned int n_turns;
};

/* The snapshot has to outlive the result. */
struct iov_verdicts *iov_verdicts_compute(const struct iov_snapshot *);

/* The same in pieces, none of which takes long.  First everything but what
 * flows do to packets: of that, what was found before, by 'old' (or null),
 * holds until it is looked at again.  'old' is not needed any more then. */
struct iov_verdicts *iov_verdicts_begin(const struct iov_snapshot *,
                                        const struct iov_verdicts *old);
/* Flows have changed: for any port, that is. */
void iov_verdicts_see_flows(struct iov_verdicts *);
/* Does one bounded unit of re-evaluation: finds out which of some ports the
 * changed flows concern, or examines the flows of one port that they concern,
 * for some milliseconds.  Ports take turns, whatever bridge they are on, those
 * on a VF first.  Returns false once every verdict is current. */
bool iov_verdicts_update(struct iov_verdicts *);
bool iov_verdicts_are_outdated(const struct iov_verdicts *);
/* Takes ports whose changed flows have been examined for too long (limit
 * "flows-msec") to software.  Gives out the VFs anew if verdicts have changed,
 * and returns true if they have. */
bool iov_verdicts_finish(struct iov_verdicts *);

void iov_verdicts_destroy(struct iov_verdicts *);
const struct iov_verdict *iov_verdicts_find(const struct iov_verdicts *,
                                            const char *port);

/* Adds the reasons that the bridge's flows give, at most 'max' of them, each
 * with how packets get there.  Returns false if the flows were not looked
 * at. */
bool iov_verdict_explain_flows(const struct iov_verdict *, size_t max,
                               struct iov_reasons *);

#endif /* policy/verdict/verdict.h */
