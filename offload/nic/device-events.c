/* SPDX-License-Identifier: Apache-2.0 */

/* Events of network devices by rtnetlink, and of PCI devices by libudev and
 * devlink.
 *
 * libudev is asked for the kernel's own events, not for those that udevd has
 * passed on, so that this works without udevd; the price is that a device may
 * still be renamed, which rtnetlink tells. */

#include <config.h>

#include "offload/nic/device-events.h"

#include <errno.h>
#include <libudev.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "coverage.h"
#include "offload/host/host-events.h"
#include "offload/netlink/devlink.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_device_events);

COVERAGE_DEFINE(iov_device_event);

/* Events taken in by one run. */
#define MAX_EVENTS 256

static struct rtnl *rtnl;
static struct udev *udev;
static struct udev_monitor *monitor;
static device_event_cb *callback;

static void
tell(const struct device_event *event)
{
    COVERAGE_INC(iov_device_event);
    if (event->type == DEVICE_EVENT_LOST) {
        host_events_add(NULL);
    } else if (event->type == DEVICE_EVENT_PCI
               || event->type == DEVICE_EVENT_HEALTH) {
        host_events_add(event->name);
    }
    callback(event);
}

static void
tell_lost(void)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

    VLOG_INFO_RL(&rl, "events of devices were lost; reading all of them "
                 "again");
    tell(&(struct device_event) { .type = DEVICE_EVENT_LOST });
}

static void
notify(void *aux OVS_UNUSED, const struct nlmsghdr *nlh)
{
    struct device_event event = { .type = DEVICE_EVENT_MACS };
    struct rtnl_address address;
    struct rtnl_link link;
    struct eth_addr mac;
    bool deleted;

    if (!nlh) {
        tell_lost();
    } else if (rtnl_decode_link(nlh, &link)) {
        event.type = DEVICE_EVENT_LINK;
        event.link = &link;
        event.ifindex = link.ifindex;
        tell(&event);
    } else if (rtnl_decode_address(nlh, &address)) {
        event.type = DEVICE_EVENT_ADDRESS;
        event.address = &address;
        tell(&event);
    } else if (rtnl_decode_mac(nlh, &event.ifindex, &mac, &deleted)) {
        tell(&event);
    }
}

/* Devices on other buses than PCI have no VFs. */
static void
devlink_event(const struct devlink_event *event)
{
    if (event->type == DEVLINK_EVENT_LOST) {
        tell_lost();
    } else if (!strcmp(event->bus, "pci")) {
        tell(&(struct device_event) {
            .type = (event->type == DEVLINK_EVENT_DEVICE ? DEVICE_EVENT_PCI
                     : DEVICE_EVENT_HEALTH),
            .name = event->device,
        });
    }
}

/* Without udev only changes of drivers and VFs without network device go
 * unnoticed. */
static void
open_udev(void)
{
    udev = udev_new();
    monitor = udev ? udev_monitor_new_from_netlink(udev, "kernel") : NULL;
    if (!monitor
        || udev_monitor_filter_add_match_subsystem_devtype(monitor, "pci",
                                                           NULL) < 0
        || udev_monitor_filter_add_match_subsystem_devtype(monitor, "net",
                                                           NULL) < 0
        || udev_monitor_enable_receiving(monitor) < 0) {
        VLOG_WARN("events of PCI devices cannot be heard (%s); VFs whose "
                  "driver changes will be noticed late", ovs_strerror(errno));
        udev_monitor_unref(monitor);
        monitor = NULL;
    }
}

char *
device_events_open(device_event_cb *cb)
{
    int error = rtnl_open(&rtnl, -1, RTNL_GROUP(RTNLGRP_LINK)
                          | RTNL_GROUP(RTNLGRP_NEIGH)
                          | RTNL_GROUP(RTNLGRP_IPV4_IFADDR)
                          | RTNL_GROUP(RTNLGRP_IPV6_IFADDR), notify, NULL);

    if (error) {
        return xasprintf("changes of network devices cannot be heard (%s)",
                         ovs_strerror(error));
    }
    callback = cb;
    open_udev();
    devlink_open(devlink_event);
    return NULL;
}

void
device_events_close(void)
{
    rtnl_close(rtnl);
    rtnl = NULL;
    devlink_close();
    udev_monitor_unref(monitor);
    monitor = NULL;
    udev_unref(udev);
    udev = NULL;
}

static void
run_udev(void)
{
    for (int i = 0; i < MAX_EVENTS; i++) {
        errno = 0;

        struct udev_device *dev = udev_monitor_receive_device(monitor);

        if (!dev) {
            if (errno == ENOBUFS) {
                tell_lost();
            }
            return;
        }

        const char *subsystem = udev_device_get_subsystem(dev);
        bool pci = subsystem && !strcmp(subsystem, "pci");

        tell(&(struct device_event) {
            .type = pci ? DEVICE_EVENT_PCI : DEVICE_EVENT_NET,
            .name = udev_device_get_sysname(dev),
        });
        udev_device_unref(dev);
    }
}

void
device_events_run(void)
{
    if (rtnl) {
        rtnl_run(rtnl);
    }
    devlink_run();
    if (monitor) {
        run_udev();
    }
}

void
device_events_wait(void)
{
    if (rtnl) {
        rtnl_wait(rtnl);
    }
    devlink_wait();
    if (monitor) {
        poll_fd_wait(udev_monitor_get_fd(monitor), POLLIN);
    }
}
