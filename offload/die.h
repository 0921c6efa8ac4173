/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_DIE_H
#define IOV_OFFLOAD_DIE_H 1

/* Death at a chosen step, for tests of the restart.
 *
 * "iov-dummy/die-at OP[/ATTR] before|after [N]" makes the daemon kill itself
 * as by "kill -9" when the N-th such operation is about to begin, or has been
 * done and nobody has been told yet.  The command exists with --enable-dummy
 * only, and then works with real NICs, too. */

#include <stdbool.h>

struct iov_op;

/* Whoever carries out operations calls this when 'op' is about to begin and
 * again ('after') when it has been done without error. */
void iov_die_hook(const struct iov_op *op, bool after);

/* Registers the command. */
void iov_die_init(void);

#endif /* offload/die.h */
