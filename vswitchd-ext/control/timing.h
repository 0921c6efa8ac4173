/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_TIMING_H
#define IOV_EXT_CONTROL_TIMING_H 1

/* How long the daemon takes, as it sees it itself.
 *
 * A round is one pass through the main loop, during which nobody else is
 * heard.  A judgement goes from taking in changed flows to the verdicts of all
 * ports that they concern; it may take several rounds.
 *
 * Both are measured by the clock and as CPU time: on a machine that is busy
 * with other things the clock tells more about those. */

struct ds;
struct json;

enum iov_timing { IOV_TIMING_ROUND, IOV_TIMING_EVALUATION, IOV_N_TIMINGS };

/* A moment. */
struct iov_moment {
    long long int usec;         /* By the clock. */
    long long int cpu_usec;
};
struct iov_moment iov_moment_now(void);

/* Adds a sample that began at 'begun' and ends now. */
void iov_timing_add(enum iov_timing, const struct iov_moment *begun);

/* Append what there was since one of them was called last. */
void iov_timing_format(struct ds *);
struct json *iov_timing_to_json(void);

#endif /* vswitchd-ext/control/timing.h */
