/* SPDX-License-Identifier: Apache-2.0
 *
 * The MAC address of a port's virtual machine, where the database does not
 * say it: see port-mac.h.
 *
 * mac_in_use of a veth or a tap is an address, too, and never the right
 * one. */

#include <config.h>
#include "vswitchd-ext/control/port-mac.h"

#include <stdlib.h>
#include <string.h>

#include "offload/guest.h"
#include "packets.h"
#include "policy/model/nic.h"
#include "policy/model/snapshot.h"
#include "vswitchd-ext/control/runtime.h"

/* A database server that was restarted does not know the addresses that
 * ovs-vswitchd has told it, until ovs-vswitchd tells them again. */
static void
keep_mac(struct iov_runtime *runtime, struct iov_port *port)
{
    if (port->mac_known || port->bad_mac) {
        runtime->mac_known = port->mac_known;
        runtime->mac = port->mac;
        runtime->mac_source = port->mac_source;
    } else if (port->ofport >= 0 && runtime->mac_known
               && !strcmp(runtime->mac_source, "mac_in_use")) {
        port->mac_known = true;
        port->mac = runtime->mac;
        port->mac_source = runtime->mac_source;
    }
}

/* The record of the VF that 'port' has, or null. */
static const struct iov_vf_record *
find_record(const struct iov_nics *nics, const char *port)
{
    for (size_t i = 0; i < nics->n_pfs; i++) {
        for (unsigned int j = 0; j < nics->pfs[i].n_vfs; j++) {
            const struct iov_vf_record *r = nics->pfs[i].vfs[j].record;

            if (r && !strcmp(r->port, port)) {
                return r;
            }
        }
    }
    return NULL;
}

/* What the host shows of a veth or a tap is the address of its own end; the
 * guest has another one.  An address with which the port has its VF stays for
 * as long, so that the guest may be silent meanwhile, or say another. */
static void
ask_guest(struct iov_port *port, const struct iov_nics *nics)
{
    const struct iov_vf_record *r;

    if (!port->keys.weight || !strcmp(port->type, "internal")
        || iov_nics_find(nics, port->name)
        || (port->mac_source && strcmp(port->mac_source, "mac_in_use"))) {
        return;
    }
    r = find_record(nics, port->name);
    free(port->bad_mac);
    port->bad_mac = NULL;
    port->mac_known = r != NULL;
    port->mac = r ? r->mac : eth_addr_zero;
    port->mac_source = "guest";
    if (!r && port->keys.guest.text) {
        port->mac_known = iov_guests_mac(port->keys.guest.text, port->name,
                                         &port->mac);
    }
}

void
iov_port_mac_collect(struct iov_port *port, struct iov_runtime *runtime,
                     const struct iov_nics *nics)
{
    keep_mac(runtime, port);
    ask_guest(port, nics);
}
