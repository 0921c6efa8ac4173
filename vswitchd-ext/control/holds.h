/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_HOLDS_H
#define IOV_EXT_CONTROL_HOLDS_H 1

/* Holds of "iov/hold": of a port, of a bridge, of all ports.
 *
 * A hold of a bridge or of all ports is also one of ports that come later, so
 * that a host that is being drained stays drained.  Each is ended by itself; a
 * port is held as long as any is left.  None outlives the daemon. */

#include <stdbool.h>

struct iov_port;
struct iov_runtime;

/* What a hold is of: one of both names is set, or none for all ports. */
struct iov_hold {
    const char *port;
    const char *bridge;
};

/* Begins or ends a hold.  Returns false if it was so before. */
bool iov_hold_set(const struct iov_hold *, bool held);
bool iov_hold_is_set(const struct iov_hold *);

/* Which hold the port of 'runtime' on 'bridge' is under, such as "iov/hold",
 * "iov/hold BRIDGE" or "iov/hold --all"; null if none.  Good until the hold
 * ends. */
const char *iov_hold_of(const struct iov_runtime *, const char *bridge);

/* Ends every hold. */
void iov_holds_clear(void);

#endif /* vswitchd-ext/control/holds.h */
