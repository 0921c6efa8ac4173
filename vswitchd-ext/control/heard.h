/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_HEARD_H
#define IOV_EXT_CONTROL_HEARD_H 1

/* Which addresses have been heard on ports, by ovs-vswitchd's MAC table.
 *
 * A port with external_ids:attached-mac may be there before its virtual
 * machine is: on the destination of a live migration the machine talks from
 * another host until it ends.  Its address must not be pinned to the port
 * before it has been heard there.  And more addresses than the port's own may
 * be heard on it, which a VF would not receive for.
 *
 * While a snapshot is built each port of interest is announced; run() then
 * asks ovs-vswitchd for the tables of their bridges, at once if a port is new
 * or has moved and every few seconds otherwise.
 *
 * Some NICs hand the PF a copy of each broadcast that it sends, so that the
 * table shows the sender behind the uplink.  What has come from the port's
 * device counts as well, therefore; until it has sent, a device has no guest
 * that talks. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct iov_bridge;
struct iov_nics;
struct iov_port;
struct iov_runtime;

void iov_heard_init(bool simulated);
void iov_heard_exit(void);

/* For each snapshot: say of each port whether its address was not heard there
 * since it has it ('unheard'); end forgets all ports that were not asked about
 * since the last end. */
void iov_heard_port(const struct iov_bridge *, struct iov_port *,
                    const struct iov_runtime *, const struct iov_nics *);
void iov_heard_end(void);

void iov_heard_run(long long int now);
void iov_heard_wait(long long int now);
/* Has another value whenever an answer of one of the functions has. */
uint64_t iov_heard_changed(void);
/* True while a table is asked for of which a port needs to know. */
bool iov_heard_is_busy(void);

/* Other addresses than its own that were heard on 'port', '*n' of them; at
 * most IOV_LIMIT_OTHER_MACS are kept. */
const struct eth_addr *iov_heard_others(const char *port, size_t *n);

#endif /* vswitchd-ext/control/heard.h */
