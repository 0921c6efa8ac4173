// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Token buckets, for the rate limits of VFs and for police actions.
 */

#include <linux/ktime.h>
#include <linux/rculist.h>
#include "nic.h"

void
iov_bucket_init(struct iov_bucket *b)
{
    spin_lock_init(&b->lock);
    b->rate = 0;
}

/* Lets through 'rate' units a second from now on, and no more than 'burst' at
 * once. */
void
iov_bucket_set(struct iov_bucket *b, u64 rate, u64 burst)
{
    spin_lock_bh(&b->lock);
    b->rate = rate;
    b->burst = burst;
    b->tokens = burst;
    b->then_ns = ktime_get_ns();
    spin_unlock_bh(&b->lock);
}

/* Adds what has come in since the last time. */
static void
refill(struct iov_bucket *b)
{
    u64 now = ktime_get_ns();
    u64 ns = min_t(u64, now - b->then_ns, NSEC_PER_SEC);
    u64 more = mul_u64_u64_div_u64(ns, b->rate, NSEC_PER_SEC);

    if (more) {
        b->tokens = min_t(s64, b->tokens + more, b->burst);
        b->then_ns = now;
    }
}

bool
iov_bucket_take(struct iov_bucket *b, u64 amount)
{
    bool ok = true;

    if (!READ_ONCE(b->rate)) {
        return true;
    }
    spin_lock_bh(&b->lock);
    if (b->rate) {
        refill(b);
        ok = b->tokens > 0;
        if (ok) {
            b->tokens -= amount;
        }
    }
    spin_unlock_bh(&b->lock);
    return ok;
}

static void
set_meter(struct iov_meter *m, const struct flow_action_entry *act)
{
    m->mtu = act->police.mtu;
    iov_bucket_set(&m->bytes, act->police.rate_bytes_ps,
                   max_t(u64, act->police.burst, 1));
    iov_bucket_set(&m->packets, act->police.rate_pkt_ps,
                   max_t(u64, act->police.burst_pkt, 1));
}

static struct iov_meter *
find_meter(struct iov_table *table, u32 index)
{
    struct iov_meter *m;

    list_for_each_entry(m, &table->meters, node) {
        if (m->index == index) {
            return m;
        }
    }
    return NULL;
}

/* Returns the meter of the police action 'act', made now or shared with other
 * rules, or NULL for want of memory.  The caller holds the table's lock and
 * gives the meter back with iov_meter_put(). */
struct iov_meter *
iov_meter_get(struct iov_table *table, const struct flow_action_entry *act)
{
    struct iov_meter *m = find_meter(table, act->hw_index);

    if (m) {
        m->refs++;
        return m;
    }
    m = kzalloc(sizeof(*m), GFP_KERNEL);
    if (m) {
        m->index = act->hw_index;
        m->refs = 1;
        iov_bucket_init(&m->bytes);
        iov_bucket_init(&m->packets);
        set_meter(m, act);
        list_add(&m->node, &table->meters);
    }
    return m;
}

/* Drops a reference; the caller holds the table's lock. */
void
iov_meter_put(struct iov_meter *m)
{
    if (m && !--m->refs) {
        list_del(&m->node);
        kfree_rcu(m, rcu);
    }
}

/* An action of its own was made or changed.  The caller of this function and
 * of the next two holds the table's lock. */
int
iov_meter_publish(struct iov_table *table, const struct flow_action_entry *act)
{
    struct iov_meter *m = iov_meter_get(table, act);

    if (!m) {
        return -ENOMEM;
    }
    if (m->published) {
        iov_meter_put(m);       /* It has its reference already. */
    }
    m->published = true;
    set_meter(m, act);
    return 0;
}

int
iov_meter_withdraw(struct iov_table *table, u32 index)
{
    struct iov_meter *m = find_meter(table, index);

    if (!m || !m->published) {
        return -ENOENT;
    }
    m->published = false;
    iov_meter_put(m);
    return 0;
}

/* Hands over what came since the last time. */
int
iov_meter_stats(struct iov_table *table, u32 index, struct flow_stats *stats)
{
    struct iov_meter *m = find_meter(table, index);
    u64 packets, bytes, dropped;

    if (!m || !m->published) {
        return -ENOENT;
    }
    packets = atomic64_read(&m->live.packets);
    bytes = atomic64_read(&m->live.bytes);
    dropped = atomic64_read(&m->live.dropped);
    flow_stats_update(stats, bytes - m->told_bytes, packets - m->told_packets,
                      dropped - m->told_dropped, READ_ONCE(m->used),
                      FLOW_ACTION_HW_STATS_DELAYED);
    m->told_packets = packets;
    m->told_bytes = bytes;
    m->told_dropped = dropped;
    return 0;
}

static bool
has_room(struct iov_meter *m, const struct sk_buff *skb)
{
    unsigned int len = skb->len + ETH_HLEN;

    if (m->mtu && len > m->mtu && !skb_is_gso(skb)) {
        return false;
    }
    return iov_bucket_take(&m->packets,
                           max_t(u16, skb_shinfo(skb)->gso_segs, 1))
           && iov_bucket_take(&m->bytes, len);
}

/* Tells whether the rate of 'm' has room for the frame, and counts it. */
bool
iov_meter_passes(struct iov_meter *m, const struct sk_buff *skb)
{
    bool ok = has_room(m, skb);

    iov_count_frame(&m->live, skb);
    WRITE_ONCE(m->used, get_jiffies_64());
    if (!ok) {
        iov_count_drop(&m->live, skb);
    }
    return ok;
}
