/* SPDX-License-Identifier: Apache-2.0 */

/* Sends numbered packets at a steady rate, and hears them.
 *
 *     bench-loss send DEV MAC RATE     a line "NUMBER TIME" for each sent
 *     bench-loss receive DEV           a line "NUMBER TIME DEVICE" for each
 *                                      heard
 *
 * Both go on until SIGTERM and print then.  TIME is that of the wall clock,
 * in microseconds.  DEVICE is the one by which a packet came to DEV, if that
 * is a bond.
 *
 * Nothing is printed meanwhile, and the sender makes up for what it was late,
 * so that a busy machine does not look like a loss.  What is meant for others
 * is not counted: a NIC may hand a guest what it has sent itself, with the
 * numbers of the other direction. */

#include <config.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "packets.h"
#include "util.h"

#define ETHERTYPE 0x88b5        /* For local experiments. */
#define MAX_PACKETS (1 << 21)
#define BUFFER_SIZE (16 << 20)

struct event {
    uint32_t number;
    int ifindex;
    long long int time;         /* us. */
};

static struct event *events;
static size_t n_events;
static volatile sig_atomic_t stopped;

static void
stop(int signal OVS_UNUSED)
{
    stopped = 1;
}

static void
note(uint32_t number, int ifindex)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    events[n_events++] = (struct event) {
        number, ifindex, ts.tv_sec * 1000000LL + ts.tv_nsec / 1000
    };
}

static int
open_socket(const char *dev, struct sockaddr_ll *address)
{
    int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETHERTYPE));

    *address = (struct sockaddr_ll) {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETHERTYPE),
        .sll_ifindex = if_nametoindex(dev),
        .sll_halen = ETH_ADDR_LEN,
    };
    if (fd < 0 || !address->sll_ifindex
        || bind(fd, (struct sockaddr *) address, sizeof *address) < 0) {
        ovs_fatal(errno, "%s", dev);
    }
    return fd;
}

static void
send_all(const char *dev, const char *mac_text, long int rate)
{
    struct sockaddr_ll to;
    struct eth_addr mac;
    int fd = open_socket(dev, &to);
    struct timespec next;

    if (!eth_addr_from_string(mac_text, &mac) || rate < 1) {
        ovs_fatal(0, "no Ethernet address or no rate");
    }
    memcpy(to.sll_addr, mac.ea, sizeof mac);
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (uint32_t i = 0; !stopped && n_events < MAX_PACKETS; i++) {
        uint32_t packet[16] = { htonl(i) };

        next.tv_nsec += 1000000000L / rate;
        next.tv_sec += next.tv_nsec / 1000000000L;
        next.tv_nsec %= 1000000000L;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        note(i, 0);
        /* What cannot be sent is lost like any other. */
        ignore(sendto(fd, packet, sizeof packet, 0, (struct sockaddr *) &to,
                      sizeof to) < 0);
    }
}

static void
receive_all(const char *dev)
{
    struct sockaddr_ll from;
    int size = BUFFER_SIZE, yes = 1;
    int fd = open_socket(dev, &from);

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0
        || setsockopt(fd, SOL_PACKET, PACKET_ORIGDEV, &yes, sizeof yes) < 0) {
        ovs_fatal(errno, "%s", dev);
    }
    while (!stopped && n_events < MAX_PACKETS) {
        socklen_t length = sizeof from;
        uint32_t packet[16];
        ssize_t n = recvfrom(fd, packet, sizeof packet, 0,
                             (struct sockaddr *) &from, &length);

        if (n >= (ssize_t) sizeof packet[0]
            && from.sll_pkttype == PACKET_HOST) {
            note(ntohl(packet[0]), from.sll_ifindex);
        }
    }
}

static void
print_events(void)
{
    for (size_t i = 0; i < n_events; i++) {
        const struct event *e = &events[i];

        printf("%"PRIu32" %lld", e->number, e->time);
        if (e->ifindex) {
            printf(" %d", e->ifindex);
        }
        putchar('\n');
    }
}

int
main(int argc, char *argv[])
{
    struct sigaction action = { .sa_handler = stop };

    set_program_name(argv[0]);
    sigaction(SIGTERM, &action, NULL);
    events = xcalloc(MAX_PACKETS, sizeof *events);
    if (argc == 5 && !strcmp(argv[1], "send")) {
        send_all(argv[2], argv[3], atol(argv[4]));
    } else if (argc == 3 && !strcmp(argv[1], "receive")) {
        receive_all(argv[2]);
    } else {
        ovs_fatal(0, "usage: %s send DEV MAC RATE | receive DEV",
                  program_name);
    }
    print_events();
    free(events);
    return EXIT_SUCCESS;
}
