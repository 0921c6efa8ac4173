/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_GUEST_LIBVIRT_LINK_H
#define IOV_OFFLOAD_GUEST_LIBVIRT_LINK_H 1

/* The connection of ovs-iov-libvirt to one domain of libvirt.
 *
 * There is one in the program.  Every call may keep its caller waiting for as
 * long as libvirt likes. */

#include <stdbool.h>

/* What happens to the domain.  'device' is an alias, or null. */
enum libvirt_event {
    LIBVIRT_STARTED,
    LIBVIRT_PAUSED,
    LIBVIRT_RESUMED,
    LIBVIRT_STOPPED,
    LIBVIRT_RESET,
    LIBVIRT_REMOVED,            /* A device has left. */
    LIBVIRT_REFUSED,            /* The guest keeps a device. */
    LIBVIRT_MIGRATING,
    LIBVIRT_MIGRATED            /* Or not; it is over. */
};
typedef void libvirt_event_cb(enum libvirt_event, const char *device);

/* Connects to the domain with the name or UUID 'domain'.  Functions that
 * return a string return null, or a sentence owned by the caller. */
char *libvirt_link_open(const char *domain, libvirt_event_cb *);

/* Waits until libvirt tells of something or 'fd' can be read, and returns
 * whether it can. */
bool libvirt_link_run(int fd);

/* True if the domain or libvirt has gone. */
bool libvirt_link_is_over(void);
/* The domain's state as QEMU would call it, or "shutoff". */
const char *libvirt_link_status(void);
bool libvirt_link_is_migrating(void);
/* The XML of the running domain, owned by the caller; '*xml' is null if it
 * does not run. */
char *libvirt_link_xml(char **xml);
char *libvirt_link_attach(const char *xml);
/* Returns before the device has left. */
char *libvirt_link_detach(const char *alias);

#endif /* offload/guest/libvirt-link.h */
