/* SPDX-License-Identifier: Apache-2.0 */

/* From struct flow to the fields of rules.
 *
 * Each field that a rule has takes its bits out of the match; what is left in
 * the end no rule can match on.
 *
 * Struct flow uses one member for several headers, and which one it is follows
 * from others: nw_src is an address of IPv4 or of ARP.  Bits of a member whose
 * meaning is not known are left. */

#include <config.h>

#include "policy/compile/translate.h"

#include <string.h>

#include "flow.h"
#include "openvswitch/match.h"
#include "openvswitch/meta-flow.h"
#include "packets.h"
#include "policy/compile/way.h"
#include "util.h"

/* Moves 'len' bytes, at 'value' and 'mask' of a struct match, to 'field'. */
static void
take(struct iov_way *way, enum iov_rule_field field, const void *value,
     void *mask, size_t len)
{
    const struct iov_rule_field_info *f = iov_rule_field_info(field);
    uint8_t *v = (uint8_t *) &way->match.value + f->ofs;
    uint8_t *m = (uint8_t *) &way->match.mask + f->ofs;

    ovs_assert(len == f->len);
    memcpy(m, mask, len);
    memset(mask, 0, len);
    for (size_t i = 0; i < len; i++) {
        v[i] = ((const uint8_t *) value)[i] & m[i];
    }
}

#define TAKE(WAY, FIELD, M, MEMBER)                                     \
    take(WAY, IOV_RULE_##FIELD, &(M)->flow.MEMBER, &(M)->wc.masks.MEMBER, \
         sizeof (M)->flow.MEMBER)

/* Takes the low byte of a port number, where types and codes are. */
static void
take_low_byte(struct iov_way *way, enum iov_rule_field field,
              const ovs_be16 *value, ovs_be16 *mask)
{
    take(way, field, (const uint8_t *) value + 1, (uint8_t *) mask + 1, 1);
}

static void
take_vlan(struct iov_way *way, struct match *m)
{
    uint16_t mask = ntohs(m->wc.masks.vlans[0].tci);
    uint16_t value = ntohs(m->flow.vlans[0].tci);

    if (!(mask & VLAN_CFI)) {
        return;
    } else if (!(value & VLAN_CFI)) {
        /* The other bits are 0 if there is no tag. */
        way->tag = IOV_TAG_NO;
        m->wc.masks.vlans[0].tci = htons(value ? mask & ~VLAN_CFI : 0);
        return;
    }
    way->tag = IOV_TAG_YES;
    ovs_be16 vid = htons(value & VLAN_VID_MASK);
    ovs_be16 vid_mask = htons(mask & VLAN_VID_MASK);
    uint8_t pcp = (value & VLAN_PCP_MASK) >> VLAN_PCP_SHIFT;
    uint8_t pcp_mask = (mask & VLAN_PCP_MASK) >> VLAN_PCP_SHIFT;
    take(way, IOV_RULE_VLAN_ID, &vid, &vid_mask, sizeof vid);
    take(way, IOV_RULE_VLAN_PCP, &pcp, &pcp_mask, sizeof pcp);
    m->wc.masks.vlans[0].tci = 0;
}

/* Fragments and others are told apart; "first" and "later" are not, and go to
 * software both. */
static void
take_frag(struct iov_way *way, struct match *m)
{
    uint8_t mask = m->wc.masks.nw_frag & FLOW_NW_FRAG_MASK;

    if (mask) {
        bool is_frag = (m->flow.nw_frag & mask) != 0;
        iov_rule_match_set_uint(&way->match, IOV_RULE_IP_FRAG, is_frag);
        m->wc.masks.nw_frag &= ~FLOW_NW_FRAG_MASK;
    }
}

static void
take_l4(struct iov_way *way, struct match *m)
{
    uint8_t proto = m->flow.nw_proto;
    bool v6 = m->flow.dl_type == htons(ETH_TYPE_IPV6);

    if (m->wc.masks.nw_proto != UINT8_MAX) {
        return;
    } else if (proto == IPPROTO_TCP || proto == IPPROTO_UDP
               || proto == IPPROTO_SCTP) {
        TAKE(way, TP_SRC, m, tp_src);
        TAKE(way, TP_DST, m, tp_dst);
        if (proto == IPPROTO_TCP) {
            m->wc.masks.tcp_flags &= htons(0xfff);
            TAKE(way, TCP_FLAGS, m, tcp_flags);
        }
    } else if (proto == (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
        take_low_byte(way, IOV_RULE_ICMP_TYPE, &m->flow.tp_src,
                      &m->wc.masks.tp_src);
        take_low_byte(way, IOV_RULE_ICMP_CODE, &m->flow.tp_dst,
                      &m->wc.masks.tp_dst);
    }
}

static void
take_ip(struct iov_way *way, struct match *m)
{
    if (m->flow.dl_type == htons(ETH_TYPE_IP)) {
        TAKE(way, IPV4_SRC, m, nw_src);
        TAKE(way, IPV4_DST, m, nw_dst);
    } else {
        TAKE(way, IPV6_SRC, m, ipv6_src);
        TAKE(way, IPV6_DST, m, ipv6_dst);
    }
    take_frag(way, m);
    take_l4(way, m);
    TAKE(way, IP_PROTO, m, nw_proto);
    TAKE(way, IP_TOS, m, nw_tos);
    TAKE(way, IP_TTL, m, nw_ttl);
}

static void
take_arp(struct iov_way *way, struct match *m)
{
    TAKE(way, ARP_OP, m, nw_proto);
    TAKE(way, ARP_SPA, m, nw_src);
    TAKE(way, ARP_TPA, m, nw_dst);
    TAKE(way, ARP_SHA, m, arp_sha);
    TAKE(way, ARP_THA, m, arp_tha);
}

/* Takes the type, and what it gives a meaning to.  A number below the first
 * real type stands for frames without any. */
static void
take_type(struct iov_way *way, struct match *m)
{
    uint16_t type = ntohs(m->flow.dl_type);

    if (m->wc.masks.dl_type != OVS_BE16_MAX || type < ETH_TYPE_MIN) {
        return;
    } else if (type == ETH_TYPE_IP || type == ETH_TYPE_IPV6) {
        take_ip(way, m);
    } else if (type == ETH_TYPE_ARP) {
        take_arp(way, m);
    }
    TAKE(way, ETH_TYPE, m, dl_type);
}

/* Returns the name of a field that 'm' matches on, or null. */
static const char *
find_left(const struct match *m)
{
    for (int i = 0; i < MFF_N_IDS; i++) {
        const struct mf_field *mf = mf_from_id(i);
        if (!mf_is_tun_metadata(mf) && !mf_is_all_wild(mf, &m->wc)) {
            return mf->name;
        }
    }
    return flow_wildcards_is_catchall(&m->wc) ? NULL : "some other field";
}

const char *
iov_way_translate(struct iov_way *way, const struct match *m_)
{
    struct match m = *m_;

    iov_rule_match_init(&way->match);
    way->tag = IOV_TAG_ANY;
    TAKE(way, ETH_SRC, &m, dl_src);
    TAKE(way, ETH_DST, &m, dl_dst);
    take_vlan(way, &m);
    take_type(way, &m);
    return find_left(&m);
}
