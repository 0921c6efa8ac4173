/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_NETLINK_DEVLINK_H
#define IOV_OFFLOAD_NETLINK_DEVLINK_H 1

/* What the kernel tells by devlink without being asked: that the driver of a
 * device has found an error in its hardware or firmware, has recovered from
 * it, or that a device has come or gone.
 *
 * A driver that recovers resets its NIC, and what the NIC was told before may
 * be lost without any other event. */

#include <stdbool.h>

struct nlmsghdr;

enum devlink_event_type {
    DEVLINK_EVENT_LOST,         /* Anything may have happened to anything. */
    DEVLINK_EVENT_DEVICE,       /* The device has come, gone or changed. */
    DEVLINK_EVENT_ERROR,        /* Its 'reporter' tells of an error... */
    DEVLINK_EVENT_RECOVERY      /* ...or that there is none any more. */
};

struct devlink_event {
    enum devlink_event_type type;
    char bus[16];               /* "pci". */
    char device[64];            /* "0000:01:00.0". */
    char reporter[32];          /* "fw"; "" if it is not told. */
};

typedef void devlink_event_cb(const struct devlink_event *);

/* A kernel without devlink is none that something would have to be said
 * about. */
void devlink_open(devlink_event_cb *);
void devlink_close(void);
void devlink_run(void);
void devlink_wait(void);

/* False if the message, which must be one of devlink's, tells of nothing that
 * is of interest here, or makes no sense. */
bool devlink_decode(const struct nlmsghdr *, struct devlink_event *);

#endif /* offload/netlink/devlink.h */
