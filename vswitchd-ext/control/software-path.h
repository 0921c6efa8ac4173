/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_SOFTWARE_PATH_H
#define IOV_EXT_CONTROL_SOFTWARE_PATH_H 1

/* Whether the software path forwards what has no flow in the datapath yet.
 *
 * The main loop calls run() and wait(), and builds a new snapshot when
 * changed() has another value. */

#include <stdbool.h>
#include <stdint.h>

void iov_software_path_init(bool simulated);
void iov_software_path_exit(void);
void iov_software_path_run(long long int now);
void iov_software_path_wait(long long int now);
uint64_t iov_software_path_changed(void);

/* Null, or why it is dead, as half a sentence. */
const char *iov_software_path_dead(void);

#endif /* vswitchd-ext/control/software-path.h */
