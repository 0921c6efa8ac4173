/* SPDX-License-Identifier: Apache-2.0 */

#ifndef BENCH_WATCH_H
#define BENCH_WATCH_H 1

/* Watches the settings of one VF from outside of the daemon: what the NIC has
 * been told, and never what the daemon says of it.
 *
 * A VF is fenced for a moment only before it is given back in its original
 * state, and what is seen is whatever is there at the time of looking.
 * bench_watch_changed() therefore has to be followed by a look at once. */

#include <stdbool.h>

#include "policy/model/nic.h"

struct bench_watch;

/* 'what' is "dummy:PF:VF" or "link:PF:VF"; exits if there is no such VF. */
struct bench_watch *bench_watch_open(const char *what);
void bench_watch_close(struct bench_watch *);

/* True if something may have changed since the last call. */
bool bench_watch_changed(struct bench_watch *);
void bench_watch_wait(const struct bench_watch *);

/* What the VF is set to now; exits if that cannot be read. */
struct iov_vf_settings bench_watch_read(struct bench_watch *);

#endif /* tests/bench/bench-watch.h */
