/* SPDX-License-Identifier: Apache-2.0 */

/* The commands that script the VFs of dummy NICs; those for whole NICs and for
 * guests are in dummy-script.c.
 *
 * Everything here happens behind the daemon's back, as if another program or
 * the kernel had done it. */

#include <config.h>

#include "offload/dummy/dummy.h"

#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "unixctl.h"
#include "util.h"

static bool
parse_number(const char *s, unsigned int max, unsigned int *value)
{
    return str_to_uint(s, 0, value) && *value <= max;
}

static bool
parse_link(const char *s, uint32_t *link)
{
    static const char *const words[] = { "auto", "enable", "disable" };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (!strcmp(s, words[i])) {
            *link = i;
            return true;
        }
    }
    return false;
}

/* VALUE for ATTR: a MAC address; VLAN[,QOS]; "on" or "off"; MAX rate; vectors;
 * "auto", "enable" or "disable". */
static bool
parse_value(enum iov_vf_attr attr, const char *value,
            struct iov_vf_settings *s)
{
    unsigned int n, qos = 0;
    bool on = !strcmp(value, "on");

    s->known = IOV_VF_BIT(attr);
    if (iov_vf_attr_set_switch(s, attr, on)) {
        return on || !strcmp(value, "off");
    }
    switch ((int) attr) {
    case IOV_VF_MAC:
        return eth_addr_from_string(value, &s->mac);
    case IOV_VF_VLAN:
        s->vlan_proto = 0x8100;
        if (strchr(value, ',')) {
            char *copy = xstrdup(value);
            char *comma = strchr(copy, ',');

            *comma = '\0';
            bool ok = (parse_number(copy, 4095, &n)
                       && parse_number(comma + 1, 7, &qos));
            free(copy);
            s->vlan = n;
            s->qos = qos;
            return ok;
        }
        s->vlan = parse_number(value, 4095, &n) ? n : 0;
        return parse_number(value, 4095, &n);
    case IOV_VF_RATE:
        return parse_number(value, UINT32_MAX, &s->max_rate);
    case IOV_VF_LINK_STATE:
        return parse_link(value, &s->link_state);
    case IOV_VF_VECTORS:
        return parse_number(value, UINT16_MAX, &s->vectors);
    default:
        return false;
    }
}

/* The VF that a command names, or null: then 'conn' has been answered. */
static struct dummy_vf *
find_vf(struct unixctl_conn *conn, const char *pf_name, const char *vf)
{
    struct dummy_pf *pf = dummy_script_pf(conn, pf_name);
    unsigned int index;

    if (!pf) {
        return NULL;
    } else if (!str_to_uint(vf, 10, &index) || index >= pf->n_vfs) {
        unixctl_command_reply_error(conn, "there is no such VF");
        return NULL;
    }
    return &pf->vfs[index];
}

static void
vf_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
      void *aux OVS_UNUSED)
{
    struct dummy_vf *vf = find_vf(conn, argv[1], argv[2]);
    struct iov_vf_settings s = { .known = 0 };
    enum iov_vf_attr attr;

    if (!vf) {
        return;
    } else if (!iov_vf_attr_from_name(argv[3], &attr)
               || !parse_value(attr, argv[4], &s)) {
        unixctl_command_reply_error(conn, "no such attribute, or not a value "
                                    "for it");
        return;
    }
    iov_vf_attr_copy(&vf->set, &s, attr);
    iov_vf_attr_copy(&vf->shown, &s, attr);
    dummy_touch();
    unixctl_command_reply(conn, NULL);
}

static void
use_cb(struct unixctl_conn *conn, int argc, const char *argv[],
       void *aux OVS_UNUSED)
{
    struct dummy_vf *vf = find_vf(conn, argv[1], argv[2]);

    if (!vf) {
        return;
    }
    free(vf->host_use);
    vf->host_use = (argc < 4 ? NULL
                    : xstrdup(!strcmp(argv[3], "up") ? DUMMY_UP : argv[3]));
    dummy_touch();
    unixctl_command_reply(conn, NULL);
}

static void
count_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
         void *aux OVS_UNUSED)
{
    struct dummy_pf *pf = dummy_script_pf(conn, argv[1]);
    unsigned int index, sent, heard;

    if (!pf) {
        return;
    } else if (!str_to_uint(argv[2], 10, &index) || index >= pf->n_vfs
               || !str_to_uint(argv[3], 10, &sent)
               || !str_to_uint(argv[4], 10, &heard)) {
        unixctl_command_reply_error(conn, "there is no such VF, or these are "
                                    "no numbers of packets");
        return;
    }
    pf->counts = true;
    pf->vfs[index].sent = sent;
    pf->vfs[index].heard = heard;
    unixctl_command_reply(conn, NULL);
}

void
dummy_script_vf_init(void)
{
    unixctl_command_register("iov-dummy/vf", "NETDEV VF ATTR VALUE", 4, 4,
                             vf_cb, NULL);
    unixctl_command_register("iov-dummy/use", "NETDEV VF [up|TEXT]", 2, 3,
                             use_cb, NULL);
    unixctl_command_register("iov-dummy/count", "NETDEV VF SENT HEARD", 4, 4,
                             count_cb, NULL);
}
