/* SPDX-License-Identifier: Apache-2.0
 *
 * Tells the system's journal of events: see journald.h.
 *
 * A value must not contain a new-line, or it could add a field of its own.
 * All texts of an event are escaped where they come in; whatever is not is
 * left out here. */

#include <config.h>
#include "vswitchd-ext/control/journald.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "vswitchd-ext/control/event.h"

static struct sockaddr_un address;
static int fd = -1;
static uint64_t n_lost;

void
journald_open(const char *socket_)
{
    if (!socket_ || strlen(socket_) >= sizeof address.sun_path) {
        return;
    }
    address.sun_family = AF_UNIX;
    ovs_strzcpy(address.sun_path, socket_, sizeof address.sun_path);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static void
put_field(struct ds *ds, const char *name, const char *value)
{
    if (value && !strchr(value, '\n')) {
        ds_put_format(ds, "%s=%s\n", name, value);
    }
}

/* The address is given each time, so that a journal that was restarted is
 * found again. */
void
journald_send(const struct iov_event *e)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (fd < 0) {
        return;
    }
    if (!strchr(e->port, '\n') && !strchr(e->text, '\n')) {
        ds_put_format(&ds, "MESSAGE=%s: %s\n", e->port, e->text);
    }
    ds_put_format(&ds, "PRIORITY=%d\nIOV_SERIAL=%"PRIu64"\n",
                  iov_event_priority(e->type), e->serial);
    put_field(&ds, "MESSAGE_ID", iov_event_message_id(e->type));
    put_field(&ds, "SYSLOG_IDENTIFIER", "ovs-iovd");
    put_field(&ds, "IOV_EVENT", iov_event_name(e->type));
    put_field(&ds, "IOV_PORT", e->port);
    put_field(&ds, "IOV_FROM", e->from);
    put_field(&ds, "IOV_TO", e->to);
    put_field(&ds, "IOV_REASONS", e->reasons);
    put_field(&ds, "IOV_OBJECT", e->object);
    if (sendto(fd, ds.string, ds.length, MSG_DONTWAIT | MSG_NOSIGNAL,
               (struct sockaddr *) &address, sizeof address) < 0
        && errno != ENOENT) {
        n_lost++;
    }
    ds_destroy(&ds);
}

void
journald_close(void)
{
    if (fd >= 0) {
        close(fd);
        fd = -1;
    }
}

uint64_t
journald_lost(void)
{
    return n_lost;
}
