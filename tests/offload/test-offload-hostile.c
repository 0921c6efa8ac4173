/* SPDX-License-Identifier: Apache-2.0 */

/* A process that sends netlink datagrams to the daemon's sockets.
 *
 *   hostile unicast|multicast
 *
 * The program has both parts: it opens sockets as the daemon does in the
 * network namespace of a guest, and sends forged messages to them from another
 * socket.  Then it has the kernel change the loopback device, and prints what
 * the daemon's part has taken for true.
 *
 * It needs CAP_NET_ADMIN in its network namespace, which "unshare -rn" gives
 * it. */

#include <config.h>

#include "tests/offload/test-offload.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "offload/netlink/rtnl-link.h"
#include "util.h"

/* Port numbers of netlink sockets of this process: rtnl.c lets the kernel
 * choose, which takes the process ID first. */
#define MAX_PORTS 16

static void
notify(void *name, const struct nlmsghdr *nlh)
{
    struct rtnl_link link;

    if (nlh && rtnl_decode_link(nlh, &link)) {
        printf("%s: link %d %s\n", (const char *) name, link.ifindex,
               link.name);
    } else {
        printf("%s: %s\n", (const char *) name, nlh ? "other" : "lost");
    }
}

static void
reply(void *name, const struct rtnl_reply *r)
{
    printf("%s: %s\n", (const char *) name, ovs_strerror(r->error));
}

/* Reads /proc/net/netlink, as anybody in the namespace can. */
static size_t
find_ports(uint32_t ports[MAX_PORTS])
{
    FILE *stream = fopen("/proc/net/netlink", "r");
    char line[256];
    size_t n = 0;

    while (stream && fgets(line, sizeof line, stream) && n < MAX_PORTS) {
        unsigned int protocol, port;

        if (sscanf(line, "%*s %u %u", &protocol, &port) == 2
            && protocol == NETLINK_ROUTE && port) {
            ports[n++] = port;
        }
    }
    if (stream) {
        fclose(stream);
    }
    return n;
}

/* "The device of VF 0000:01:10.0 is evil0." */
static size_t
forge(uint8_t *bytes, uint32_t length)
{
    static const uint8_t attrs[] = {
        10, 0, 3, 0, 'e', 'v', 'i', 'l', '0', 0, 0, 0,
        17, 0, 56, 0, '0', '0', '0', '0', ':', '0', '1', ':', '1', '0', '.',
        '0', 0, 0, 0, 0,
    };
    struct {
        struct nlmsghdr nlh;
        struct ifinfomsg ifi;
        uint8_t attrs[sizeof attrs];
    } m = {
        .nlh = { .nlmsg_len = length ? length : sizeof m,
                 .nlmsg_type = RTM_NEWLINK },
        .ifi = { .ifi_index = 77, .ifi_flags = 1 },
    };

    memcpy(m.attrs, attrs, sizeof attrs);
    memcpy(bytes, &m, sizeof m);
    return sizeof m;
}

static void
send_forged(int fd, const struct sockaddr_nl *to, uint32_t length)
{
    uint8_t bytes[256];
    size_t n = forge(bytes, length);

    if (sendto(fd, bytes, n, 0, (const void *) to, sizeof *to) < 0) {
        printf("sent: %s\n", ovs_strerror(errno));
    } else {
        printf("sent\n");
    }
}

static void
attack(int fd, const char *how, const uint32_t *ports, size_t n)
{
    struct sockaddr_nl to = { .nl_family = AF_NETLINK };

    if (!strcmp(how, "multicast")) {
        to.nl_groups = RTNL_GROUP(RTNLGRP_LINK);
        send_forged(fd, &to, 0);
        send_forged(fd, &to, 0x90000000);
    }
    for (size_t i = 0; !strcmp(how, "unicast") && i < n; i++) {
        to.nl_pid = ports[i];
        send_forged(fd, &to, 0);
        send_forged(fd, &to, 0x90000000);
    }
}

int
test_hostile(int argc, char *argv[])
{
    static char events_name[] = "events", requests_name[] = "requests";
    uint32_t ports[MAX_PORTS];
    struct rtnl *events, *requests;
    union rtnl_request req;
    int error = rtnl_open(&events, -1, RTNL_GROUP(RTNLGRP_LINK), notify,
                          events_name);

    error = error ? error : rtnl_open(&requests, -1, 0, NULL, NULL);
    if (error || argc != 2) {
        ovs_fatal(error, "cannot begin");
    }

    size_t n = find_ports(ports);
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    attack(fd, argv[1], ports, n);
    rtnl_encode_set_up(&req, 1, true);
    rtnl_send(requests, &req.nlh, reply, requests_name);
    rtnl_run(requests);
    rtnl_run(events);
    rtnl_close(requests);
    rtnl_close(events);
    close(fd);
    return 0;
}
