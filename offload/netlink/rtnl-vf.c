/* SPDX-License-Identifier: Apache-2.0 */

/* One row for each attribute of a VF: how it is put into a message and how
 * it is read from one.
 *
 * Drivers that do not report a switch (spoof check, trust) leave it at -1,
 * which is neither on nor off.  And IFLA_VF_VLAN always means 802.1Q; another
 * protocol can only be set by IFLA_VF_VLAN_LIST, which older kernels do not
 * have, so that it is used only when it must be. */

#include <config.h>

#include "offload/netlink/rtnl-vf.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "offload/netlink/rtnl-link.h"
#include "packets.h"
#include "util.h"

/* What a driver that does not report a switch leaves there. */
#define NOT_REPORTED UINT32_MAX

/* Begins every struct of the kernel that is about a VF. */
struct vf_header {
    uint32_t vf;
};

struct codec {
    void (*encode)(struct nlmsghdr *, unsigned int vf,
                   const struct iov_vf_settings *);
    /* 'data' has at least 'size' bytes.  Returns false if the driver does
     * not report it after all. */
    bool (*decode)(const void *data, struct iov_vf_settings *);
    uint16_t type;              /* IFLA_VF_*, of which decode() is given. */
    size_t size;
};

static void
encode_mac(struct nlmsghdr *nlh, unsigned int vf,
           const struct iov_vf_settings *s)
{
    struct ifla_vf_mac m = { .vf = vf };

    memcpy(m.mac, s->mac.ea, ETH_ADDR_LEN);
    mnl_attr_put(nlh, IFLA_VF_MAC, sizeof m, &m);
}

static bool
decode_mac(const void *data, struct iov_vf_settings *s)
{
    const struct ifla_vf_mac *m = data;

    memcpy(s->mac.ea, m->mac, ETH_ADDR_LEN);
    return true;
}

static void
encode_vlan(struct nlmsghdr *nlh, unsigned int vf,
            const struct iov_vf_settings *s)
{
    if (!s->vlan_proto || s->vlan_proto == ETH_P_8021Q) {
        struct ifla_vf_vlan v = { .vf = vf, .vlan = s->vlan, .qos = s->qos };

        mnl_attr_put(nlh, IFLA_VF_VLAN, sizeof v, &v);
    } else {
        struct ifla_vf_vlan_info v = {
            .vf = vf, .vlan = s->vlan, .qos = s->qos,
            .vlan_proto = htons(s->vlan_proto),
        };
        struct nlattr *list = mnl_attr_nest_start(nlh, IFLA_VF_VLAN_LIST);

        mnl_attr_put(nlh, IFLA_VF_VLAN_INFO, sizeof v, &v);
        mnl_attr_nest_end(nlh, list);
    }
}

/* Stores a VLAN as the kernel reports it, which is taken for known only if it
 * could be set again.  A driver may report none as IOV_VLAN_UNSET, and leaves
 * the protocol at 0 if it has no other one than 802.1Q. */
static bool
take_vlan(struct iov_vf_settings *s, uint32_t vlan, uint32_t qos,
          uint16_t proto)
{
    bool unset = vlan == IOV_VLAN_UNSET;

    if (!unset && (vlan > 4094 || qos > 7
                   || (proto && proto != ETH_P_8021Q
                       && proto != ETH_P_8021AD))) {
        return false;
    }
    s->vlan = unset ? 0 : vlan;
    s->qos = unset ? 0 : qos;
    s->vlan_proto = unset || !proto ? ETH_P_8021Q : proto;
    return true;
}

static bool
decode_vlan(const void *data, struct iov_vf_settings *s)
{
    const struct ifla_vf_vlan *v = data;

    return take_vlan(s, v->vlan, v->qos, ETH_P_8021Q);
}

/* IFLA_VF_VLAN_LIST tells the protocol too. */
static void
decode_vlan_list(const struct nlattr *list, struct iov_vf_settings *s)
{
    size_t left;
    const struct nlattr *nla = rtnl_first_nested(list, &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        if (mnl_attr_get_type(nla) == IFLA_VF_VLAN_INFO
            && (mnl_attr_get_payload_len(nla)
                >= sizeof(struct ifla_vf_vlan_info))) {
            const struct ifla_vf_vlan_info *v = mnl_attr_get_payload(nla);

            if (take_vlan(s, v->vlan, v->qos, ntohs(v->vlan_proto))) {
                s->known |= IOV_VF_BIT(IOV_VF_VLAN);
            }
            return;
        }
    }
}

static void
encode_rate(struct nlmsghdr *nlh, unsigned int vf,
            const struct iov_vf_settings *s)
{
    struct ifla_vf_rate r = {
        .vf = vf, .min_tx_rate = s->min_rate, .max_tx_rate = s->max_rate,
    };

    mnl_attr_put(nlh, IFLA_VF_RATE, sizeof r, &r);
}

static bool
decode_rate(const void *data, struct iov_vf_settings *s)
{
    const struct ifla_vf_rate *r = data;

    s->min_rate = r->min_tx_rate;
    s->max_rate = r->max_tx_rate;
    return true;
}

static void
encode_spoofchk(struct nlmsghdr *nlh, unsigned int vf,
                const struct iov_vf_settings *s)
{
    struct ifla_vf_spoofchk c = { .vf = vf, .setting = s->spoofchk };

    mnl_attr_put(nlh, IFLA_VF_SPOOFCHK, sizeof c, &c);
}

static bool
decode_spoofchk(const void *data, struct iov_vf_settings *s)
{
    const struct ifla_vf_spoofchk *c = data;

    s->spoofchk = c->setting && c->setting != NOT_REPORTED;
    return c->setting != NOT_REPORTED;
}

static void
encode_trust(struct nlmsghdr *nlh, unsigned int vf,
             const struct iov_vf_settings *s)
{
    struct ifla_vf_trust t = { .vf = vf, .setting = s->trust };

    mnl_attr_put(nlh, IFLA_VF_TRUST, sizeof t, &t);
}

static bool
decode_trust(const void *data, struct iov_vf_settings *s)
{
    const struct ifla_vf_trust *t = data;

    s->trust = t->setting && t->setting != NOT_REPORTED;
    return t->setting != NOT_REPORTED;
}

static void
encode_rss_query(struct nlmsghdr *nlh, unsigned int vf,
                 const struct iov_vf_settings *s)
{
    struct ifla_vf_rss_query_en q = { .vf = vf, .setting = s->rss_query };

    mnl_attr_put(nlh, IFLA_VF_RSS_QUERY_EN, sizeof q, &q);
}

static bool
decode_rss_query(const void *data, struct iov_vf_settings *s)
{
    const struct ifla_vf_rss_query_en *q = data;

    s->rss_query = q->setting && q->setting != NOT_REPORTED;
    return q->setting != NOT_REPORTED;
}

static void
encode_link_state(struct nlmsghdr *nlh, unsigned int vf,
                  const struct iov_vf_settings *s)
{
    struct ifla_vf_link_state l = { .vf = vf, .link_state = s->link_state };

    mnl_attr_put(nlh, IFLA_VF_LINK_STATE, sizeof l, &l);
}

static bool
decode_link_state(const void *data, struct iov_vf_settings *s)
{
    const struct ifla_vf_link_state *l = data;

    s->link_state = l->link_state;
    return l->link_state <= IOV_VF_LINK_DISABLE;
}

#define CODEC(NAME, ATTR, STRUCT)                                      \
    { encode_##NAME, decode_##NAME, ATTR, sizeof(struct STRUCT) }
/* What is not here (dma, vectors) is not asked of the PF. */
static const struct codec codecs[IOV_N_VF_ATTRS] = {
    [IOV_VF_MAC] = CODEC(mac, IFLA_VF_MAC, ifla_vf_mac),
    [IOV_VF_VLAN] = CODEC(vlan, IFLA_VF_VLAN, ifla_vf_vlan),
    [IOV_VF_RATE] = CODEC(rate, IFLA_VF_RATE, ifla_vf_rate),
    [IOV_VF_SPOOFCHK] = CODEC(spoofchk, IFLA_VF_SPOOFCHK, ifla_vf_spoofchk),
    [IOV_VF_TRUST] = CODEC(trust, IFLA_VF_TRUST, ifla_vf_trust),
    [IOV_VF_RSS_QUERY] = CODEC(rss_query, IFLA_VF_RSS_QUERY_EN,
                               ifla_vf_rss_query_en),
    [IOV_VF_LINK_STATE] = CODEC(link_state, IFLA_VF_LINK_STATE,
                                ifla_vf_link_state),
};

void
rtnl_vf_encode(union rtnl_request *req, int ifindex, unsigned int vf,
               enum iov_vf_attr attr, const struct iov_vf_settings *settings)
{
    memset(req, 0, sizeof *req);

    struct nlmsghdr *nlh = mnl_nlmsg_put_header(req);

    nlh->nlmsg_type = RTM_SETLINK;
    nlh->nlmsg_flags = NLM_F_REQUEST;

    struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);

    ifi->ifi_index = ifindex;

    struct nlattr *list = mnl_attr_nest_start(nlh, IFLA_VFINFO_LIST);
    struct nlattr *info = mnl_attr_nest_start(nlh, IFLA_VF_INFO);

    codecs[attr].encode(nlh, vf, settings);
    mnl_attr_nest_end(nlh, info);
    mnl_attr_nest_end(nlh, list);
}

static void
decode_attr(const struct nlattr *nla, struct iov_vf_settings *s)
{
    uint16_t type = mnl_attr_get_type(nla);

    if (type == IFLA_VF_VLAN_LIST) {
        decode_vlan_list(nla, s);
        return;
    }
    for (size_t i = 0; i < IOV_N_VF_ATTRS; i++) {
        const struct codec *c = &codecs[i];

        /* VLAN_LIST says more than VLAN, whichever comes first. */
        if (c->decode && type == c->type
            && mnl_attr_get_payload_len(nla) >= c->size
            && !(s->known & IOV_VF_BIT(i))
            && c->decode(mnl_attr_get_payload(nla), s)) {
            s->known |= IOV_VF_BIT(i);
        }
    }
}

/* Every struct in 'info' begins with the number of the VF; the MAC address is
 * always there. */
static bool
get_vf_number(const struct nlattr *info, uint32_t *vf)
{
    size_t left;
    const struct nlattr *nla = rtnl_first_nested(info, &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        if (mnl_attr_get_type(nla) == IFLA_VF_MAC
            && mnl_attr_get_payload_len(nla) >= sizeof(struct ifla_vf_mac)) {
            const struct vf_header *h = mnl_attr_get_payload(nla);

            *vf = h->vf;
            return true;
        }
    }
    return false;
}

/* What is read of each VF goes there. */
struct vf_sink {
    struct iov_vf_settings *settings; /* 'n' elements, or null. */
    struct rtnl_vf_count *counts;     /* The same. */
    size_t n;
};

static uint64_t
get_u64(const struct nlattr *nla)
{
    uint64_t value = 0;

    if (mnl_attr_get_payload_len(nla) >= sizeof value) {
        /* Aligned to 4 bytes only. */
        memcpy(&value, mnl_attr_get_payload(nla), sizeof value);
    }
    return value;
}

static void
decode_stats(const struct nlattr *stats, struct rtnl_vf_count *count)
{
    size_t left;
    const struct nlattr *nla = rtnl_first_nested(stats, &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        if (mnl_attr_get_type(nla) == IFLA_VF_STATS_TX_PACKETS) {
            count->sent = get_u64(nla);
        } else if (mnl_attr_get_type(nla) == IFLA_VF_STATS_RX_PACKETS) {
            count->heard = get_u64(nla);
        }
    }
}

static void
decode_info(const struct nlattr *info, const struct vf_sink *sink)
{
    uint32_t vf;

    if (!get_vf_number(info, &vf) || vf >= sink->n) {
        return;
    }

    size_t left;
    const struct nlattr *nla = rtnl_first_nested(info, &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        if (sink->settings) {
            decode_attr(nla, &sink->settings[vf]);
        } else if (mnl_attr_get_type(nla) == IFLA_VF_STATS) {
            decode_stats(nla, &sink->counts[vf]);
        }
    }
}

static bool
decode_vfs(const struct nlmsghdr *nlh, const struct vf_sink *sink)
{
    struct rtnl_link link;

    if (!rtnl_decode_link(nlh, &link) || link.deleted) {
        return false;
    }

    size_t left;
    const struct nlattr *nla = rtnl_first_attr(nlh, sizeof(struct ifinfomsg),
                                               &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        size_t info_left;
        const struct nlattr *info;

        if (mnl_attr_get_type(nla) != IFLA_VFINFO_LIST) {
            continue;
        }
        for (info = rtnl_first_nested(nla, &info_left); info;
             info = rtnl_next_attr(info, &info_left)) {
            if (mnl_attr_get_type(info) == IFLA_VF_INFO) {
                decode_info(info, sink);
            }
        }
    }
    return true;
}

bool
rtnl_vf_decode(const struct nlmsghdr *nlh, struct iov_vf_settings *settings,
               size_t n)
{
    memset(settings, 0, n * sizeof *settings);
    return decode_vfs(nlh, &(struct vf_sink) { .settings = settings, .n = n });
}

bool
rtnl_vf_decode_counts(const struct nlmsghdr *nlh,
                      struct rtnl_vf_count *counts, size_t n)
{
    bool any = false;

    memset(counts, 0, n * sizeof *counts);
    if (decode_vfs(nlh, &(struct vf_sink) { .counts = counts, .n = n })) {
        for (size_t i = 0; i < n; i++) {
            any |= counts[i].sent || counts[i].heard;
        }
    }
    return any;
}
