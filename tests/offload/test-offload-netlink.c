/* SPDX-License-Identifier: Apache-2.0 */

/* Netlink messages to hexadecimal and back.
 *
 *   encode-vf IFINDEX VF ATTR {SETTINGS}
 *   encode-mac add|del IFINDEX MAC
 *   encode-dump-macs IFINDEX
 *   encode-get-link IFINDEX
 *   encode-get-vf-counts IFINDEX
 *   encode-dump-links
 *   encode-dump-filters IFINDEX ingress|egress
 *   encode-up IFINDEX up|down
 *   encode-netns IFINDEX FD [NAME]
 *   encode-address IFINDEX MAC
 *   encode-get-family NAME
 *   decode HEX...            whatever kind of NETLINK_ROUTE it is
 *   devlink HEX...           a message of devlink
 *   family HEX...            one about the family devlink
 *   error HEX...             an NLMSG_ERROR
 *   mangle HEX...            decodes it cut off at, and with garbage in, every
 *                            place; nothing must happen
 *
 * The commands are read from standard input, one for each line.  Numbers in
 * messages are in the byte order of the machine; the tests are for little
 * endian. */

#include <config.h>

#include "tests/offload/test-offload.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "offload/netlink/devlink.h"
#include "offload/netlink/genl.h"
#include "offload/netlink/rtnl-link.h"
#include "offload/netlink/rtnl-tc.h"
#include "offload/netlink/rtnl-vf.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "packets.h"
#include "svec.h"
#include "util.h"

#define MAX_VFS 4

/* Words of four bytes, eight in a line. */
static void
print_request(const union rtnl_request *req)
{
    size_t n = req->nlh.nlmsg_len;

    for (size_t i = 0; i < n; i++) {
        printf("%02x%s", req->bytes[i], (i + 1 == n || i % 32 == 31 ? "\n"
                                         : i % 4 == 3 ? " " : ""));
    }
}

static void
encode_vf(const struct svec *w)
{
    struct iov_vf_settings settings = { .known = 0 };
    struct json *json = json_from_string(w->names[4]);
    char *error = iov_vf_settings_from_json(json, &settings);
    union rtnl_request req;
    enum iov_vf_attr attr;

    if (error || !iov_vf_attr_from_name(w->names[3], &attr)) {
        ovs_fatal(0, "%s: %s", w->names[3], error ? error : "no attribute");
    }
    rtnl_vf_encode(&req, atoi(w->names[1]), atoi(w->names[2]), attr,
                   &settings);
    print_request(&req);
    json_destroy(json);
}

static struct eth_addr
mac_of(const char *s)
{
    struct eth_addr mac;

    if (!eth_addr_from_string(s, &mac)) {
        ovs_fatal(0, "%s: not a MAC address", s);
    }
    return mac;
}

/* All encoders but that of VF attributes. */
static bool
encode(const struct svec *w)
{
    const char *what = w->names[0];
    const char *a = w->n > 1 ? w->names[1] : "";
    const char *b = w->n > 2 ? w->names[2] : "";
    union rtnl_request req;

    if (!strcmp(what, "encode-mac")) {
        rtnl_encode_set_mac(&req, atoi(b), mac_of(w->names[3]),
                            !strcmp(a, "add"));
    } else if (!strcmp(what, "encode-dump-macs")) {
        rtnl_encode_dump_macs(&req, atoi(a));
    } else if (!strcmp(what, "encode-get-link")) {
        rtnl_encode_get_link(&req, atoi(a));
    } else if (!strcmp(what, "encode-get-vf-counts")) {
        rtnl_encode_get_vf_counts(&req, atoi(a));
    } else if (!strcmp(what, "encode-dump-links")) {
        rtnl_encode_dump_links(&req);
    } else if (!strcmp(what, "encode-dump-filters")) {
        rtnl_encode_dump_filters(&req, atoi(a), !strcmp(b, "egress"));
    } else if (!strcmp(what, "encode-up")) {
        rtnl_encode_set_up(&req, atoi(a), !strcmp(b, "up"));
    } else if (!strcmp(what, "encode-netns")) {
        rtnl_encode_set_netns(&req, atoi(a), atoi(b),
                              w->n > 3 ? w->names[3] : NULL);
    } else if (!strcmp(what, "encode-all-hear")) {
        rtnl_encode_all_hear(&req, atoi(a), !strcmp(b, "yes"));
    } else if (!strcmp(what, "encode-send-by")) {
        rtnl_encode_send_by(&req, atoi(a), atoi(b));
    } else if (!strcmp(what, "encode-address")) {
        rtnl_encode_set_address(&req, atoi(a), mac_of(b));
    } else if (!strcmp(what, "encode-get-family")) {
        genl_encode_get_family(&req, a);
    } else {
        return false;
    }
    print_request(&req);
    return true;
}

/* Bytes of the words from the second on, in memory of just that size. */
static uint8_t *
parse_hex(const struct svec *w, size_t *n)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    uint8_t *bytes;

    for (size_t i = 1; i < w->n; i++) {
        ds_put_cstr(&ds, w->names[i]);
    }
    *n = ds.length / 2;
    bytes = xmalloc(MAX(*n, 1));
    for (size_t i = 0; i < *n; i++) {
        bool ok;

        bytes[i] = hexits_value(&ds.string[i * 2], 2, &ok);
        if (!ok) {
            ovs_fatal(0, "%s: not hexadecimal", ds_cstr(&ds));
        }
    }
    ds_destroy(&ds);
    return bytes;
}

static void
format_link(struct ds *ds, const struct rtnl_link *link)
{
    ds_put_format(ds, "%s %d \"%s\" flags %x mtu %d",
                  link->deleted ? "dellink" : "link", link->ifindex,
                  link->name, link->flags, link->mtu);
    if (link->has_address) {
        ds_put_format(ds, " address "ETH_ADDR_FMT,
                      ETH_ADDR_ARGS(link->address));
    }
    if (link->parent[0]) {
        ds_put_format(ds, " parent %s", link->parent);
    }
    if (link->master) {
        ds_put_format(ds, " master %d%s%s%s", link->master,
                      link->in_bond ? " bond" : "",
                      link->is_active ? " active" : "",
                      link->is_up ? " up" : "");
    }
    if (link->kind[0] && !link->is_bond) {
        ds_put_format(ds, " kind %s", link->kind);
    }
    if (link->qdisc[0]) {
        ds_put_format(ds, " qdisc %s", link->qdisc);
    }
    if (link->lower) {
        ds_put_format(ds, " lower %d", link->lower);
    }
    if (link->has_xdp) {
        ds_put_cstr(ds, " xdp");
    }
    if (link->is_bond) {
        ds_put_format(ds, " bond%s", link->all_hear ? " all hear" : "");
    }
    ds_put_char(ds, '\n');
}

static void
format_vfs(struct ds *ds, const struct iov_vf_settings *settings)
{
    for (size_t i = 0; i < MAX_VFS; i++) {
        if (settings[i].known) {
            ds_put_format(ds, "  vf %"PRIuSIZE":", i);
            for (size_t j = 0; j < IOV_N_VF_ATTRS; j++) {
                if (settings[i].known & IOV_VF_BIT(j)) {
                    ds_put_char(ds, ' ');
                    iov_vf_attr_format(ds, &settings[i], j);
                }
            }
            ds_put_char(ds, '\n');
        }
    }
}

static void
format_counts(struct ds *ds, const struct rtnl_vf_count *counts,
              const struct iov_vf_settings *settings)
{
    for (size_t i = 0; i < MAX_VFS; i++) {
        if (settings[i].known) {
            ds_put_format(ds, "  vf %"PRIuSIZE": sent %"PRIu64" heard %"PRIu64
                          "\n", i, counts[i].sent, counts[i].heard);
        }
    }
}

static void
decode(struct ds *ds, const struct nlmsghdr *nlh)
{
    struct iov_vf_settings settings[MAX_VFS];
    struct rtnl_vf_count counts[MAX_VFS];
    struct rtnl_address address;
    struct rtnl_link link;
    struct eth_addr mac;
    bool deleted, is_filter;
    int ifindex;

    if (rtnl_decode_address(nlh, &address)) {
        ds_put_format(ds, "%s %d %s%s\n", address.deleted ? "deladdress"
                      : "address", address.ifindex, address.text,
                      address.automatic ? " automatic" : "");
    } else if (rtnl_decode_link(nlh, &link)) {
        format_link(ds, &link);
        if (rtnl_vf_decode(nlh, settings, MAX_VFS)) {
            format_vfs(ds, settings);
        }
        if (rtnl_vf_decode_counts(nlh, counts, MAX_VFS)) {
            format_counts(ds, counts, settings);
        }
    } else if (rtnl_decode_mac(nlh, &ifindex, &mac, &deleted)) {
        ds_put_format(ds, "%s %d "ETH_ADDR_FMT"\n", deleted ? "delmac"
                      : "mac", ifindex, ETH_ADDR_ARGS(mac));
    } else if ((ifindex = rtnl_decode_tc(nlh, &is_filter))) {
        ds_put_format(ds, "tc %d%s\n", ifindex, is_filter ? " filter" : "");
    } else {
        ds_put_cstr(ds, "nothing\n");
    }
}

static void
decode_devlink(struct ds *ds, const struct nlmsghdr *nlh)
{
    static const char *const types[] = {
        [DEVLINK_EVENT_LOST] = "lost",
        [DEVLINK_EVENT_DEVICE] = "device",
        [DEVLINK_EVENT_ERROR] = "error",
        [DEVLINK_EVENT_RECOVERY] = "recovery",
    };
    struct devlink_event event;

    if (devlink_decode(nlh, &event)) {
        ds_put_format(ds, "%s %s/%s \"%s\"\n", types[event.type], event.bus,
                      event.device, event.reporter);
    } else {
        ds_put_cstr(ds, "nothing\n");
    }
}

static void
decode_family(struct ds *ds, const struct nlmsghdr *nlh)
{
    struct genl_family family;

    if (genl_decode_family(nlh, "devlink", "config", &family)) {
        ds_put_format(ds, "%s %"PRIu16" group %"PRIu32"\n",
                      family.gone ? "gone" : "family", family.id,
                      family.group);
    } else {
        ds_put_cstr(ds, "nothing\n");
    }
}

static void
decode_error(struct ds *ds, const struct nlmsghdr *nlh)
{
    const uint8_t *bytes = (const uint8_t *) nlh;
    const struct nlmsghdr *request = NULL;
    size_t n = nlh->nlmsg_len;
    char *text;
    int error;

    if (nlh->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr))
        && !(nlh->nlmsg_flags & NLM_F_CAPPED)) {
        /* It is repeated there, which the program does not rely on. */
        request = (const void *) (bytes + NLMSG_LENGTH(sizeof(int)));
        if (request->nlmsg_len > n - NLMSG_LENGTH(sizeof(int))) {
            request = NULL;
        }
    }
    error = rtnl_parse_error(nlh, request, &text);
    ds_put_format(ds, "%s%s%s\n", error ? ovs_strerror(error) : "ok",
                  text ? ": " : "", text ? text : "");
    free(text);
}

static const struct decoder {
    const char *command;
    void (*decode)(struct ds *, const struct nlmsghdr *);
} decoders[] = {
    { "decode", decode },
    { "devlink", decode_devlink },
    { "family", decode_family },
    { "error", decode_error },
};

static bool
run_decoder(struct ds *ds, const char *command, const uint8_t *bytes,
            size_t n)
{
    const struct nlmsghdr *nlh = (const void *) bytes;

    for (size_t i = 0; i < ARRAY_SIZE(decoders); i++) {
        if (!strcmp(command, decoders[i].command)) {
            if (n < sizeof *nlh || nlh->nlmsg_len < sizeof *nlh
                || nlh->nlmsg_len > n) {
                ds_put_cstr(ds, "not a message\n");
            } else {
                decoders[i].decode(ds, nlh);
            }
            return true;
        }
    }
    return false;
}

/* Decodes a copy in memory of just 'n' bytes, with a length that says so. */
static void
decode_copy(const uint8_t *bytes, size_t n)
{
    uint8_t *copy = xmemdup(bytes, MAX(n, 1));
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (n >= sizeof(struct nlmsghdr)) {
        ((struct nlmsghdr *) (void *) copy)->nlmsg_len = n;
    }
    for (size_t i = 0; i < ARRAY_SIZE(decoders); i++) {
        run_decoder(&ds, decoders[i].command, copy, n);
    }
    ds_destroy(&ds);
    free(copy);
}

static void
mangle(uint8_t *bytes, size_t n)
{
    static const uint8_t garbage[] = { 0x00, 0x01, 0x03, 0x7f, 0x80, 0xff };
    size_t tried = 0;

    for (size_t i = 0; i <= n; i++) {
        decode_copy(bytes, i);
        tried++;
    }
    for (size_t i = sizeof(struct nlmsghdr); i < n; i++) {
        uint8_t saved = bytes[i];

        for (size_t j = 0; j < ARRAY_SIZE(garbage); j++) {
            bytes[i] = garbage[j];
            decode_copy(bytes, n);
            tried++;
        }
        bytes[i] = saved;
    }
    printf("%"PRIuSIZE" messages\n", tried);
}

static void
run_line(const struct svec *w)
{
    const char *what = w->names[0];
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (!strcmp(what, "encode-vf") && w->n == 5) {
        encode_vf(w);
    } else if (strncmp(what, "encode", 6) || !encode(w)) {
        size_t n;
        uint8_t *bytes = parse_hex(w, &n);

        if (!strcmp(what, "mangle")) {
            mangle(bytes, n);
        } else if (!run_decoder(&ds, what, bytes, n)) {
            ovs_fatal(0, "%s: no such command", what);
        }
        free(bytes);
    }
    fputs(ds_cstr(&ds), stdout);
    ds_destroy(&ds);
}

/* Like svec_parse_words(), which would take the quotes out of JSON. */
static void
split(struct svec *words, char *line)
{
    char *save_ptr = NULL;

    for (char *w = strtok_r(line, " ", &save_ptr); w;
         w = strtok_r(NULL, " ", &save_ptr)) {
        svec_add(words, w);
    }
}

int
test_netlink(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    struct ds line = DS_EMPTY_INITIALIZER;

    while (!ds_get_line(&line, stdin)) {
        struct svec words = SVEC_EMPTY_INITIALIZER;

        split(&words, ds_cstr(&line));
        if (words.n) {
            run_line(&words);
        }
        svec_destroy(&words);
    }
    ds_destroy(&line);
    return 0;
}
