/* SPDX-License-Identifier: Apache-2.0 */

/* What only the driver of a NIC can tell: firmware, and whether its embedded
 * switch is in legacy or in switchdev mode.
 *
 * Asked by ethtool's ioctl and by devlink; a captured tree has a file of its
 * own for each NIC, "ovs-iov/ADDRESS", with lines "NAME VALUE".
 *
 * A driver without devlink, or without this part of it, has no switchdev mode,
 * so that this refusal is an answer: legacy. */

#include <config.h>

#include "offload/host/host-internal.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/devlink.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "offload/netlink/genl.h"
#include "offload/netlink/nl-message.h"
#include "openvswitch/dynamic-string.h"
#include "policy/ready/host.h"
#include "util.h"

/* Every answer asked for here fits. */
#define MESSAGE_SIZE 8192

/* Longest time to wait for an answer of the kernel, seconds. */
#define TIME_LIMIT 2

#define MAX_LIVE 4096

/* Takes over 'value'. */
static void
set_fact(struct iov_fact *fact, const char *command, const char *name,
         char *value, int error)
{
    char *file = xasprintf("%s %s", command, name);

    iov_fact_set(fact, file, value, error);
    free(file);
}

/* ethtool. */

static int
get_driver_info(const char *netdev, struct ethtool_drvinfo *info)
{
    struct ifreq ifr;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error = 0;

    memset(info, 0, sizeof *info);
    memset(&ifr, 0, sizeof ifr);
    info->cmd = ETHTOOL_GDRVINFO;
    ovs_strzcpy(ifr.ifr_name, netdev, sizeof ifr.ifr_name);
    ifr.ifr_data = (void *) info;
    if (fd < 0 || ioctl(fd, SIOCETHTOOL, &ifr)) {
        error = errno;
    }
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

static char *
text_or_null(const char *text, size_t size)
{
    size_t n = strnlen(text, size);

    return n ? xmemdup0(text, n) : NULL;
}

static void
ask_ethtool(struct iov_host_nic *nic)
{
    struct ethtool_drvinfo info;
    int error;

    if (!nic->netdev) {
        return;
    }
    error = get_driver_info(nic->netdev, &info);
    set_fact(&nic->firmware, "ethtool -i", nic->netdev,
             error ? NULL : text_or_null(info.fw_version,
                                         sizeof info.fw_version),
             error ? error : ENOENT);
    if (!iov_fact_is_read(&nic->driver_version)) {
        set_fact(&nic->driver_version, "ethtool -i", nic->netdev,
                 error ? NULL : text_or_null(info.version,
                                             sizeof info.version),
                 error ? error : ENOENT);
    }
}

/* devlink. */

/* Sends the request and waits for the answer, which takes its place.  Returns
 * its size, or a negative errno. */
static int
transact(struct mnl_socket *nl, struct nlmsghdr *nlh)
{
    size_t left;
    ssize_t n;

    nlh->nlmsg_flags = NLM_F_REQUEST;
    nlh->nlmsg_seq = 1;
    if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0) {
        return -errno;
    }
    n = nl_receive(mnl_socket_get_fd(nl), nlh, MESSAGE_SIZE);
    if (n < 0) {
        return -errno;
    }
    if (!nl_first_message(nlh, n, &left)) {
        return -EPROTO;
    }
    if (nlh->nlmsg_type == NLMSG_ERROR) {
        const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);

        return (mnl_nlmsg_get_payload_len(nlh) >= sizeof *err && err->error
                ? err->error : -EPROTO);
    }
    return n;
}

/* Gets a 16-bit attribute out of the answer.  A negative errno if it is not
 * there. */
static int
get_u16(const struct nlmsghdr *nlh, uint16_t type)
{
    size_t left;
    const struct nlattr *nla = rtnl_first_attr(nlh, GENL_HDRLEN, &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        if (mnl_attr_get_type(nla) == type
            && mnl_attr_get_payload_len(nla) == sizeof(uint16_t)) {
            return mnl_attr_get_u16(nla);
        }
    }
    return -EPROTO;
}

static int
get_family(struct mnl_socket *nl, const char *name)
{
    uint8_t buffer[MESSAGE_SIZE];
    struct nlmsghdr *nlh = genl_begin(buffer, GENL_ID_CTRL,
                                      CTRL_CMD_GETFAMILY);
    int n;

    mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
    n = transact(nl, nlh);
    return n < 0 ? n : get_u16(nlh, CTRL_ATTR_FAMILY_ID);
}

/* enum devlink_eswitch_mode, or a negative errno. */
static int
get_eswitch_mode(struct mnl_socket *nl, const char *pci)
{
    uint8_t buffer[MESSAGE_SIZE];
    struct nlmsghdr *nlh;
    int family = get_family(nl, DEVLINK_GENL_NAME);
    int n;

    if (family < 0) {
        return family == -ENOENT ? -EOPNOTSUPP : family;
    }
    nlh = genl_begin(buffer, family, DEVLINK_CMD_ESWITCH_GET);
    mnl_attr_put_strz(nlh, DEVLINK_ATTR_BUS_NAME, "pci");
    mnl_attr_put_strz(nlh, DEVLINK_ATTR_DEV_NAME, pci);
    n = transact(nl, nlh);
    return n < 0 ? n : get_u16(nlh, DEVLINK_ATTR_ESWITCH_MODE);
}

static int
ask_eswitch_mode(const char *pci)
{
    struct timeval limit = { .tv_sec = TIME_LIMIT };
    struct mnl_socket *nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
    int mode;

    if (!nl) {
        return -errno;
    }
    if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID)
        || (errno = nl_connect_to_kernel(mnl_socket_get_fd(nl)))
        || setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVTIMEO, &limit,
                      sizeof limit)) {
        mode = -errno;
    } else {
        mode = get_eswitch_mode(nl, pci);
    }
    mnl_socket_close(nl);
    return mode;
}

static void
ask_devlink(struct iov_host_nic *nic)
{
    int mode = ask_eswitch_mode(nic->pci);
    const char *value = NULL;

    if (mode == DEVLINK_ESWITCH_MODE_SWITCHDEV) {
        value = "switchdev";
    } else if (mode == DEVLINK_ESWITCH_MODE_LEGACY || mode == -ENODEV
               || mode == -EOPNOTSUPP) {
        value = "legacy";
    }
    set_fact(&nic->mode, "devlink dev eswitch show", nic->pci,
             nullable_xstrdup(value), mode < 0 ? -mode : EPROTO);
}

/* A captured tree's file. */

static void
put_line(struct ds *ds, const char *name, const struct iov_fact *fact)
{
    if (iov_fact_is_read(fact)) {
        ds_put_format(ds, "%s %s\n", name, fact->value);
    }
}

static void
record_live(struct host_root *root, const char *path,
            const struct iov_host_nic *nic)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    put_line(&ds, "version", &nic->driver_version);
    put_line(&ds, "firmware", &nic->firmware);
    put_line(&ds, "mode", &nic->mode);
    host_record_file(root, path, ds_cstr(&ds), ds.length);
    ds_destroy(&ds);
}

/* The rest of the line of 'text' that begins with 'name' and a blank, to be
 * freed, or null. */
static char *
find_value(const char *text, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p != 0) {
        if (!strncmp(p, name, n) && p[n] == ' ') {
            return xmemdup0(p + n + 1, strcspn(p + n + 1, "\n"));
        }
    }
    return NULL;
}

static void
read_captured(struct host_root *root, const char *path,
              struct iov_host_nic *nic)
{
    char *file = xasprintf("/%s", path);
    size_t size;
    int error = ENOENT;
    char *text = host_read(root, path, MAX_LIVE, &size, &error);
    const char *all = text ? text : "";

    iov_fact_set(&nic->firmware, file, find_value(all, "firmware"), error);
    iov_fact_set(&nic->mode, file, find_value(all, "mode"), error);
    if (!iov_fact_is_read(&nic->driver_version)) {
        iov_fact_set(&nic->driver_version, file, find_value(all, "version"),
                     error);
    }
    free(text);
    free(file);
}

void
host_read_live(struct host_root *root, struct iov_host_nic *nic)
{
    char *path = xasprintf("ovs-iov/%s", nic->pci);

    if (root->live) {
        ask_ethtool(nic);
        ask_devlink(nic);
        record_live(root, path, nic);
    } else {
        read_captured(root, path, nic);
    }
    free(path);
}
