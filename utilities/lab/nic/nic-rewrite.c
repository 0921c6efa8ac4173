// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Rewrites headers as "pedit" asks, a word at a time, and keeps checksums
 * right, so that the action "csum" has nothing left to do.
 *
 * The checksum of a frame from the host's own stack may not be there yet
 * (CHECKSUM_PARTIAL).  Then only what the pseudo header adds is in the frame,
 * which inet_proto_csum_replace4() knows.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "nic-table.h"

/* Where the transport header is, from skb->data, or 0 if there is none. */
static int
transport_offset(const struct sk_buff *skb, u8 *proto)
{
    if (skb->protocol == htons(ETH_P_IP)) {
        const struct iphdr *ip = (const struct iphdr *) skb->data;

        *proto = ip->protocol;
        return ip->frag_off & htons(IP_OFFSET) ? 0 : ip->ihl * 4;
    }
    if (skb->protocol == htons(ETH_P_IPV6)) {
        *proto = ((const struct ipv6hdr *) skb->data)->nexthdr;
        return sizeof(struct ipv6hdr);
    }
    return 0;
}

/* Returns the checksum field of the transport header, or NULL.  The header has
 * been made writable by make_writable(). */
static __sum16 *
transport_sum(struct sk_buff *skb)
{
    u8 proto = 0;
    int offset = transport_offset(skb, &proto);
    void *header = skb->data + offset;

    if (!offset) {
        return NULL;
    }
    if (proto == IPPROTO_TCP && skb_headlen(skb) >= offset + 20) {
        return &((struct tcphdr *) header)->check;
    }
    if (proto == IPPROTO_UDP && skb_headlen(skb) >= offset + 8) {
        struct udphdr *udp = header;

        return udp->check || skb->ip_summed == CHECKSUM_PARTIAL
               ? &udp->check : NULL;
    }
    return NULL;
}

/* IP and transport headers, with options, become writable. */
static bool
make_writable(struct sk_buff *skb)
{
    return !skb_ensure_writable(skb, min_t(unsigned int, skb->len, 120));
}

/* Corrects checksums after a word of the IPv4 or IPv6 header changed. */
static void
fix_ip(struct sk_buff *skb, u32 offset, __be32 from, __be32 to)
{
    bool v4 = skb->protocol == htons(ETH_P_IP);
    bool address = v4 ? offset >= 12 && offset < 20 : offset >= 8;
    __sum16 *sum = address ? transport_sum(skb) : NULL;

    if (v4) {
        csum_replace4(&((struct iphdr *) skb->data)->check, from, to);
    }
    if (sum) {
        inet_proto_csum_replace4(sum, skb, from, to, true);
    }
}

static __be32
mangled(const struct iov_action *a, __be32 from)
{
    u32 old = (__force u32) from;
    u32 val = a->mangle.val;

    if (a->id == FLOW_ACTION_ADD) {
        val = (old + val) & ~a->mangle.mask;
    }
    return (__force __be32) ((old & a->mangle.mask) ^ val);
}

/* Changes the word at 'at' and returns its old and new value. */
static bool
change(struct sk_buff *skb, const struct iov_action *a, int at,
       __be32 word[2])
{
    if (at < 0 || at + sizeof(__be32) > skb_headlen(skb)) {
        return false;
    }
    memcpy(&word[0], skb->data + at, sizeof(__be32));
    word[1] = mangled(a, word[0]);
    memcpy(skb->data + at, &word[1], sizeof(__be32));
    return true;
}

static bool
rewrite_eth(struct sk_buff *skb, const struct iov_action *a)
{
    __be32 word[2];
    bool ok;

    skb_push(skb, ETH_HLEN);
    ok = !skb_ensure_writable(skb, ETH_HLEN)
         && change(skb, a, a->mangle.offset, word);
    skb_reset_mac_header(skb);
    __skb_pull(skb, ETH_HLEN);
    skb_reset_network_header(skb);
    return ok;
}

static bool
rewrite_ip(struct sk_buff *skb, const struct iov_action *a)
{
    __be32 word[2];

    if (!make_writable(skb) || !change(skb, a, a->mangle.offset, word)) {
        return false;
    }
    fix_ip(skb, a->mangle.offset, word[0], word[1]);
    return true;
}

static bool
rewrite_transport(struct sk_buff *skb, const struct iov_action *a)
{
    u8 proto = 0;
    __sum16 *sum;
    __be32 word[2];
    int offset;

    if (!make_writable(skb)) {
        return false;
    }
    offset = transport_offset(skb, &proto);
    if (!offset || !change(skb, a, offset + a->mangle.offset, word)) {
        return false;
    }
    sum = transport_sum(skb);
    if (sum) {
        inet_proto_csum_replace4(sum, skb, word[0], word[1], false);
    }
    return true;
}

/* Carries out one pedit action.  Returns false if the frame lacks the header,
 * or for want of memory; the frame is to be dropped then. */
bool
iov_rewrite(struct sk_buff *skb, const struct iov_action *a)
{
    switch (a->mangle.base) {
    case FLOW_ACT_MANGLE_HDR_TYPE_ETH:
        return rewrite_eth(skb, a);
    case FLOW_ACT_MANGLE_HDR_TYPE_IP4:
        return skb->protocol == htons(ETH_P_IP) && rewrite_ip(skb, a);
    case FLOW_ACT_MANGLE_HDR_TYPE_IP6:
        return skb->protocol == htons(ETH_P_IPV6) && rewrite_ip(skb, a);
    default:
        return rewrite_transport(skb, a);
    }
}
