/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_NIC_DEVICE_EVENTS_H
#define IOV_OFFLOAD_NIC_DEVICE_EVENTS_H 1

/* Tells that something about a device has changed, not what.
 *
 * No event is proof of anything, and some are lost.  Whoever hears one reads
 * the device again. */

#include "offload/netlink/rtnl-link.h"

enum device_event_type {
    DEVICE_EVENT_LOST,          /* Anything may have changed. */
    DEVICE_EVENT_LINK,          /* A network device: 'link'. */
    DEVICE_EVENT_ADDRESS,       /* An IP address: 'address'. */
    DEVICE_EVENT_MACS,          /* The address list of 'ifindex'. */
    DEVICE_EVENT_NET,           /* A network device, by its 'name'. */
    DEVICE_EVENT_PCI,           /* A PCI device; 'name' is its address. */
    DEVICE_EVENT_HEALTH         /* The same; it may have been reset. */
};

struct device_event {
    enum device_event_type type;
    const struct rtnl_link *link;
    const struct rtnl_address *address;
    int ifindex;
    const char *name;
};

typedef void device_event_cb(const struct device_event *);

/* Returns null, or a sentence (owned by the caller). */
char *device_events_open(device_event_cb *);
void device_events_close(void);
void device_events_run(void);
void device_events_wait(void);

#endif /* offload/nic/device-events.h */
