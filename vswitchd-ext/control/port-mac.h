/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_VSWITCHD_EXT_CONTROL_PORT_MAC_H
#define IOV_VSWITCHD_EXT_CONTROL_PORT_MAC_H 1

/* The MAC address of a port's virtual machine: external_ids:attached-mac, else
 * the Interface's mac, else the own address of an internal port, else what the
 * guest says, else nothing. */

struct iov_nics;
struct iov_port;
struct iov_runtime;

/* Called for each port of a new snapshot, after it was filled from the
 * database: completes its 'mac', 'mac_known' and 'mac_source'. */
void iov_port_mac_collect(struct iov_port *, struct iov_runtime *,
                          const struct iov_nics *);

#endif /* vswitchd-ext/control/port-mac.h */
