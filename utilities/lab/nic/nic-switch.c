// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Frames in switchdev mode, and the delivery of frames in both modes.
 *
 * A frame from the wire or from a VF is looked up in the flow table.  What no
 * rule matches goes to the host: to the uplink's netdev if it came from the
 * wire, to the VF's representor if it came from a VF.  What the host sends
 * through these netdevs goes the other way, without a look-up.
 *
 * A miss in a later chain goes to the host as well, with what the rules before
 * have changed, and software starts at chain 0 again.
 */

#include "nic-table.h"

#define MAX_CHAINS 32           /* That one frame goes through. */

/* Tells whether the VF's PCI function may do DMA.  Reads its command register
 * for every frame, as others write to it without a word to this driver: that
 * is how a VF is fenced. */
bool
iov_guest_may(struct iov_port *vf)
{
    struct pci_dev *pdev = rcu_dereference_bh(vf->pdev);
    u16 command = 0;

    if (pdev) {
        pci_read_config_word(pdev, PCI_COMMAND, &command);
    }
    return command & PCI_COMMAND_MASTER;
}

static unsigned int
frame_length(const struct sk_buff *skb)
{
    return skb->len + ETH_HLEN + (skb_vlan_tag_present(skb) ? VLAN_HLEN : 0);
}

/* Counts a frame; a frame that is still to be segmented counts as what it
 * will become. */
void
iov_count_frame(struct iov_count *count, const struct sk_buff *skb)
{
    atomic64_add(max_t(u16, skb_shinfo(skb)->gso_segs, 1), &count->packets);
    atomic64_add(frame_length(skb), &count->bytes);
}

void
iov_count_drop(struct iov_count *count, const struct sk_buff *skb)
{
    atomic64_add(max_t(u16, skb_shinfo(skb)->gso_segs, 1), &count->dropped);
}

static void
drop(struct sk_buff *skb, struct iov_count *count)
{
    iov_count_drop(count, skb);
    kfree_skb(skb);
}

/* Gives the frame to the stack as one that 'dev' has received. */
static void
receive(struct net_device *dev, struct sk_buff *skb, struct iov_count *count)
{
    if (!dev || !netif_running(dev) || !netif_carrier_ok(dev)) {
        drop(skb, count);
        return;
    }
    iov_count_frame(count, skb);
    __skb_push(skb, ETH_HLEN);
    if (dev_forward_skb(dev, skb) != NET_RX_SUCCESS) {
        atomic64_inc(&count->dropped);
    }
}

/* To the VF itself. */
void
iov_to_guest(struct iov_port *vf, struct sk_buff *skb)
{
    const u8 *to = eth_hdr(skb)->h_dest;

    if (!iov_guest_may(vf)) {
        drop(skb, &vf->rx);
        return;
    }
    if (is_broadcast_ether_addr(to)) {
        atomic64_inc(&vf->rx_broadcast);
    } else if (is_multicast_ether_addr(to)) {
        atomic64_inc(&vf->rx_multicast);
    }
    receive(rcu_dereference_bh(vf->guest), skb, &vf->rx);
}

/* To the host: uplink or representor receives it. */
void
iov_to_host(struct iov_port *port, struct sk_buff *skb)
{
    receive(rcu_dereference_bh(port->host), skb,
            port->kind == IOV_UPLINK ? &port->rx : &port->rep_rx);
}

/* Out of the switch through 'port': to the wire or to the VF. */
static void
to_port(struct iov_port *port, struct sk_buff *skb)
{
    if (port->kind == IOV_UPLINK) {
        iov_wire_send(port->nic, skb);
    } else {
        iov_to_guest(port, skb);
    }
}

static void
mirror(const struct iov_action *a, const struct sk_buff *skb)
{
    struct sk_buff *copy = skb_copy(skb, GFP_ATOMIC);

    if (copy) {
        to_port(a->out, copy);
    }
}

/* Changes the VLAN tags, for which the kernel's functions want the data to
 * begin with the MAC header. */
static bool
change_vlan(struct sk_buff *skb, const struct iov_action *a)
{
    int error = 0;

    if (a->id == FLOW_ACTION_VLAN_MANGLE) {
        if (skb_vlan_tag_present(skb)) {
            __vlan_hwaccel_put_tag(skb, a->vlan.proto, a->vlan.tci);
        }
        return true;
    }
    __skb_push(skb, ETH_HLEN);
    if (a->id == FLOW_ACTION_VLAN_PUSH) {
        error = skb_vlan_push(skb, a->vlan.proto, a->vlan.tci);
        if (error) {
            return false;       /* skb_vlan_push() freed nothing. */
        }
    } else {
        error = skb_vlan_pop(skb);
    }
    skb_reset_mac_header(skb);
    __skb_pull(skb, ETH_HLEN);
    skb_reset_network_header(skb);
    return !error;
}

/* Does what leaves the frame in our hands.  Returns false if the frame has to
 * be dropped. */
static bool
change_frame(struct sk_buff *skb, const struct iov_action *a)
{
    switch (a->id) {
    case FLOW_ACTION_MIRRED:
        mirror(a, skb);
        return true;
    case FLOW_ACTION_VLAN_PUSH:
    case FLOW_ACTION_VLAN_POP:
    case FLOW_ACTION_VLAN_MANGLE:
        return change_vlan(skb, a);
    case FLOW_ACTION_POLICE:
        return iov_meter_passes(a->meter, skb);
    case FLOW_ACTION_MANGLE:
    case FLOW_ACTION_ADD:
        return iov_rewrite(skb, a);
    default:
        return true;            /* "csum": nic-rewrite.c did it. */
    }
}

/* Carries out the actions.  Returns true if the frame goes on in '*chain';
 * otherwise it has been taken. */
static bool
run_actions(struct iov_rule *rule, struct sk_buff *skb, u32 *chain)
{
    int i;

    for (i = 0; i < rule->n_actions; i++) {
        const struct iov_action *a = &rule->actions[i];

        switch (a->id) {
        case FLOW_ACTION_DROP:
            drop(skb, &rule->live);
            return false;
        case FLOW_ACTION_ACCEPT:
        case FLOW_ACTION_TRAP:
            iov_to_host(rule->port, skb);
            return false;
        case FLOW_ACTION_REDIRECT:
            to_port(a->out, skb);
            return false;
        case FLOW_ACTION_GOTO:
            *chain = a->chain;
            return true;
        default:
            if (!change_frame(skb, a)) {
                drop(skb, &rule->live);
                return false;
            }
        }
    }
    iov_to_host(rule->port, skb);       /* police ... drop/ok. */
    return false;
}

/* The rate limit for all that enters at 'from'. */
static bool
port_police_passes(struct iov_port *from, struct sk_buff *skb)
{
    struct iov_meter *meter = rcu_dereference_bh(from->police);

    if (!meter) {
        return true;
    }
    iov_count_frame(&from->police_count, skb);
    WRITE_ONCE(from->police_used, get_jiffies_64());
    if (!iov_meter_passes(meter, skb)) {
        drop(skb, &from->police_count);
        return false;
    }
    return true;
}

void
iov_switch_input(struct iov_port *from, struct sk_buff *skb)
{
    struct iov_key key;
    u32 chain = 0;
    int i;

    if (!port_police_passes(from, skb)) {
        return;
    }
    for (i = 0; i < MAX_CHAINS; i++) {
        struct iov_rule *rule;

        iov_key_of(&key, skb);
        rule = iov_table_lookup(from, chain, &key);
        if (!rule) {
            break;
        }
        iov_count_frame(&rule->live, skb);
        WRITE_ONCE(rule->used, get_jiffies_64());
        if (!run_actions(rule, skb, &chain)) {
            return;
        }
    }
    iov_to_host(from, skb);
}
