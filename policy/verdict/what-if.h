/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_VERDICT_WHAT_IF_H
#define IOV_POLICY_VERDICT_WHAT_IF_H 1

/* Verdicts about flows and settings that only are imagined.
 *
 * Changes are made to the snapshot and to the flow table themselves, which are
 * too large to copy, and undone by iov_what_if_destroy() at the latest.
 *
 * Between creation and destruction nobody else may look at the snapshot, or
 * take what is imagined for real. */

#include <stdbool.h>

struct iov_snapshot;
struct iov_verdict;
struct iov_verdicts;
struct iov_what_if;

/* 'name' is that of a bridge or, else, a port.  Returns null, and in '*errorp'
 * a sentence to be freed, if there is none. */
struct iov_what_if *iov_what_if_create(struct iov_snapshot *,
                                       const char *name, char **errorp);
void iov_what_if_destroy(struct iov_what_if *);

/* Imagines a change of the bridge's flows, "add FLOW", "del FLOW" and so on
 * in the syntax of bundles of ovs-ofctl; no word means "add".  Returns null or
 * a sentence, to be freed. */
char *iov_what_if_flow(struct iov_what_if *, const char *change);
/* Imagines a setting, "Table:column=value". */
char *iov_what_if_set(struct iov_what_if *, const char *setting);

/* Judges.  To be called once, after all changes; what it returns goes with
 * 'what_if'. */
struct iov_what_if_verdicts {
    const struct iov_verdicts *before, *after;
};
struct iov_what_if_verdicts iov_what_if_judge(struct iov_what_if *);

/* Returns true if it is to be told of 'v': of the port that was asked about,
 * or of all of the bridge. */
bool iov_what_if_concerns(const struct iov_what_if *,
                          const struct iov_verdict *);
/* True if a port was named, of which all is to be told. */
bool iov_what_if_is_about_port(const struct iov_what_if *);

#endif /* policy/verdict/what-if.h */
