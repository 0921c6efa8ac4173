/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_TIMING_H
#define IOV_TIMING_H 1

/* How long the daemon takes, as it sees it itself.
 *
 * A round is one pass through the main loop, during which nobody else is
 * heard.  A judgement goes from taking in changed flows to the verdicts of all
 * ports that they concern. */

#include <stdint.h>

struct ds;
struct json;

enum iov_timing { IOV_TIMING_ROUND, IOV_TIMING_JUDGEMENT, IOV_N_TIMINGS };

void iov_timing_add(enum iov_timing, long long int usec);

/* Append what there was since one of them was called last. */
void iov_timing_format(struct ds *);
struct json *iov_timing_to_json(void);

#endif /* vswitchd-ext/timing.h */
