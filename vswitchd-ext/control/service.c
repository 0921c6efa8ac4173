/* SPDX-License-Identifier: Apache-2.0
 *
 * The protocol of sd_notify(3): lines of text in a datagram to the socket that
 * NOTIFY_SOCKET names.  libsystemd would do no more.
 *
 * The watchdog has to be fed by the main loop alone, once in
 * half of the time that it allows, so that only a loop which really goes round
 * keeps the daemon alive.  While a round takes long, nothing is sent. */

#include <config.h>

#include "vswitchd-ext/control/service.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_service);

static int manager = -1;        /* Connected socket; -1: no manager. */
static long long int interval;  /* ms between two signs of life; 0: none. */
static long long int next;      /* ms, of the next one. */
static bool stopping;

/* Connects to 'path', in the name space of Linux if it begins with "@". */
static int
connect_manager(const char *path)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    size_t length = strlen(path);

    if (length >= sizeof un.sun_path || !strchr("/@", path[0])) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(un.sun_path, path, length);
    if (path[0] == '@') {
        un.sun_path[0] = '\0';
    }

    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = offsetof(struct sockaddr_un, sun_path) + length;
    if (fd >= 0 && connect(fd, (struct sockaddr *) &un, size) < 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Milliseconds between two signs of life, as WATCHDOG_USEC and WATCHDOG_PID
 * want it. */
static long long int
watchdog_interval(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");

    if (!usec || (pid && atoll(pid) != getpid())) {
        return 0;
    }
    return MAX(atoll(usec) / 2000, 0);
}

void
iov_service_init(void)
{
    const char *path = getenv("NOTIFY_SOCKET");

    if (path && path[0]) {
        manager = connect_manager(path);
        if (manager < 0) {
            VLOG_WARN("NOTIFY_SOCKET=%s: the service manager cannot be told "
                      "anything (%s)", path, ovs_strerror(errno));
        } else {
            interval = watchdog_interval();
        }
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

static void
notify(const char *message)
{
    if (manager >= 0
        && send(manager, message, strlen(message), MSG_NOSIGNAL) < 0) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
        VLOG_WARN_RL(&rl, "the service manager cannot be told %s (%s)",
                     message, ovs_strerror(errno));
    }
}

void
iov_service_ready(void)
{
    notify("READY=1");
}

void
iov_service_run(void)
{
    if (interval && time_msec() >= next) {
        notify("WATCHDOG=1");
        next = time_msec() + interval;
    }
}

void
iov_service_wait(void)
{
    if (interval) {
        poll_timer_wait_until(next);
    }
}

void
iov_service_stopping(void)
{
    if (!stopping) {
        notify("STOPPING=1");
        stopping = true;
    }
}
