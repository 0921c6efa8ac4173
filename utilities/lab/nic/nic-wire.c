// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The wire: one pair of rings of the 82576, over which the model exchanges
 * frames with the rest of the cable.  Each descriptor has a buffer for ever;
 * frames are copied.
 *
 * Queue N of this NIC does its DMA as VF N where there is a VF N, so the model
 * uses queue 7, as there are 7 VFs, and makes it the default pool, which
 * receives every frame.  The NIC's own switch is off.
 */

#include <linux/delay.h>
#include <linux/interrupt.h>
#include "nic.h"

#define QUEUE 7
#define RING 128                /* Descriptors. */
#define BUFFER 10240            /* Bytes; whole KB. */

/* Registers, from the 82576's data sheet. */
#define CTRL 0x0
#define CTRL_SLU BIT(6)
#define CTRL_RST BIT(26)
#define STATUS 0x8
#define STATUS_LU BIT(1)
#define MDIC 0x20
#define MDIC_WRITE_PHY1 (BIT(26) | BIT(21))
#define BMCR_RESTART 0x1200     /* Autonegotiation on, and started. */
#define RCTL 0x100
#define RCTL_VALUE (BIT(1) | BIT(3) | BIT(4) | BIT(5) | BIT(15) | BIT(26))
#define TCTL 0x400
#define TCTL_VALUE (BIT(1) | BIT(3))
#define VFRE 0xc8c
#define VFTE 0xc90
#define ICR 0xc0
#define IMS 0xd0
#define IMC 0xd8
#define IRQS (BIT(2) | BIT(4) | BIT(6) | BIT(7))
#define DTXSWC 0x3500
#define RLPML 0x5004
#define MTA(I) (0x5200 + (I) * 4)
#define RAL0 0x5400
#define RAH0 0x5404
#define RAH(I) ((I) < 16 ? 0x5404 + (I) * 8 : 0x54e4 + ((I) - 16) * 8)
#define RAH_VALID BIT(31)
#define MRQC 0x5818
#define MRQC_VMDQ 3
#define VT_CTL 0x581c
#define VT_CTL_VALUE (QUEUE << 7 | BIT(30))
#define VMOLR (0x5ad0 + QUEUE * 4)
/* Frames of any size, broadcast, hashed multicast, untagged, all multicast. */
#define VMOLR_VALUE ((NIC_MAX_MTU + 30) | BIT(16) | BIT(24) | BIT(25) \
                     | BIT(27) | BIT(28))
#define RX(OFFSET) (0xc000 + QUEUE * 0x40 + (OFFSET))
#define TX(OFFSET) (0xe000 + QUEUE * 0x40 + (OFFSET))
#define BASE_LOW 0x0
#define BASE_HIGH 0x4
#define LENGTH 0x8
#define SRRCTL 0xc
#define SRRCTL_VALUE (BUFFER / 1024 | BIT(25) | BIT(31))
#define HEAD 0x10
#define TAIL 0x18
#define DCTL 0x28
#define DCTL_ENABLE BIT(25)

#define TXD_FLAGS (BIT(24) | BIT(25) | BIT(27) | BIT(29) | 0x300000)
#define DONE BIT(0)
#define RXD_EOP BIT(1)

/* A descriptor: what is written to it, and what the NIC writes back. */
struct desc {
    union {
        struct {
            __le64 address;
            __le32 command;     /* Transmission: flags and length. */
            __le32 size;        /* Transmission: of the whole frame. */
        };
        struct {
            __le64 unused;
            __le32 rx_status;
            __le16 rx_length;
            __le16 rx_vlan;
        };
        struct {
            __le64 unused2;
            __le32 unused3;
            __le32 tx_status;
        };
    };
};

struct ring {
    struct desc *desc;
    dma_addr_t dma;
    void *buffer[RING];
    dma_addr_t buffer_dma[RING];
    unsigned int next;
};

struct iov_wire {
    struct iov_nic *nic;
    struct net_device *dev;
    void __iomem *regs;
    struct napi_struct napi;
    spinlock_t tx_lock;
    struct ring rx, tx;
    bool running;
    u8 mac[ETH_ALEN];
};

static u32
rd(struct iov_wire *w, u32 offset)
{
    return readl(w->regs + offset);
}

static void
wr(struct iov_wire *w, u32 offset, u32 value)
{
    writel(value, w->regs + offset);
}

static void
free_ring(struct device *dev, struct ring *r)
{
    int i;

    for (i = 0; i < RING; i++) {
        if (r->buffer[i]) {
            dma_free_coherent(dev, BUFFER, r->buffer[i], r->buffer_dma[i]);
        }
    }
    if (r->desc) {
        dma_free_coherent(dev, RING * sizeof(*r->desc), r->desc, r->dma);
    }
}

static int
alloc_ring(struct device *dev, struct ring *r)
{
    int i;

    r->desc = dma_alloc_coherent(dev, RING * sizeof(*r->desc), &r->dma,
                                 GFP_KERNEL);
    if (!r->desc) {
        return -ENOMEM;
    }
    for (i = 0; i < RING; i++) {
        r->buffer[i] = dma_alloc_coherent(dev, BUFFER, &r->buffer_dma[i],
                                          GFP_KERNEL);
        if (!r->buffer[i]) {
            return -ENOMEM;
        }
    }
    return 0;
}

/* Copies a frame of one buffer out of the ring. */
static void
receive(struct iov_wire *w, const void *data, unsigned int length)
{
    struct sk_buff *skb = napi_alloc_skb(&w->napi, length);
    struct iov_nic *nic = w->nic;

    if (!skb) {
        atomic64_inc(&nic->uplink.rx.dropped);
        return;
    }
    skb_put_data(skb, data, length);
    skb = iov_frame_from_stack(skb, w->dev);
    if (!skb) {
        return;
    }
    if (nic->switchdev) {
        iov_switch_input(&nic->uplink, skb);
    } else {
        iov_veb_input(nic, NULL, skb);
    }
}

static void
give_rx_desc(struct ring *r, unsigned int i)
{
    r->desc[i].rx_status = 0;
    r->desc[i].size = 0;
    r->desc[i].address = cpu_to_le64(r->buffer_dma[i]);
}

static int
poll_rx(struct iov_wire *w, int budget)
{
    struct ring *r = &w->rx;
    int done;

    for (done = 0; done < budget; done++) {
        struct desc *d = &r->desc[r->next];
        u32 status = le32_to_cpu(READ_ONCE(d->rx_status));

        if (!(status & DONE)) {
            break;
        }
        dma_rmb();
        if (status & RXD_EOP) {
            receive(w, r->buffer[r->next], le16_to_cpu(d->rx_length));
        }
        give_rx_desc(r, r->next);
        dma_wmb();
        wr(w, RX(TAIL), r->next);
        r->next = (r->next + 1) % RING;
    }
    return done;
}

static void
check_link(struct iov_wire *w)
{
    bool up = rd(w, STATUS) & STATUS_LU;

    if (up != netif_carrier_ok(w->dev)) {
        iov_uplink_carrier(w->nic, up);
    }
}

static int
poll(struct napi_struct *napi, int budget)
{
    struct iov_wire *w = container_of(napi, struct iov_wire, napi);
    int done;

    rcu_read_lock_bh();
    check_link(w);
    done = poll_rx(w, budget);
    rcu_read_unlock_bh();
    if (done < budget && napi_complete_done(napi, done)) {
        wr(w, IMS, IRQS);
    }
    return done;
}

static irqreturn_t
interrupt(int irq, void *data)
{
    struct iov_wire *w = data;

    rd(w, ICR);                 /* Which also clears it. */
    wr(w, IMC, ~0u);
    napi_schedule(&w->napi);
    return IRQ_HANDLED;
}

/* Puts one frame, with its MAC header, into the ring. */
static bool
transmit(struct iov_wire *w, struct sk_buff *skb)
{
    unsigned int length = max_t(unsigned int, skb->len, ETH_ZLEN);
    struct ring *r = &w->tx;
    struct desc *d = &r->desc[r->next];
    void *buffer = r->buffer[r->next];

    if (!w->running || length > BUFFER || !(le32_to_cpu(d->tx_status) & DONE)
        || skb_copy_bits(skb, 0, buffer, skb->len)) {
        return false;
    }
    memset(buffer + skb->len, 0, length - skb->len);
    d->address = cpu_to_le64(r->buffer_dma[r->next]);
    d->size = cpu_to_le32(length << 14);
    d->command = cpu_to_le32(TXD_FLAGS | length);
    dma_wmb();
    r->next = (r->next + 1) % RING;
    wr(w, TX(TAIL), r->next);
    return true;
}

/* Finishes and sends a frame that needs no segmentation any more. */
static void
send_one(struct iov_wire *w, struct sk_buff *skb)
{
    bool sent = false;

    if (skb->ip_summed != CHECKSUM_PARTIAL || !skb_checksum_help(skb)) {
        if (skb_vlan_tag_present(skb)) {
            skb = __vlan_hwaccel_push_inside(skb);
        }
        if (skb) {
            spin_lock_bh(&w->tx_lock);
            sent = transmit(w, skb);
            spin_unlock_bh(&w->tx_lock);
        }
    }
    if (sent) {
        consume_skb(skb);
    } else {
        atomic64_inc(&w->nic->uplink.tx.dropped);
        kfree_skb(skb);
    }
}

/* Sends a frame to the wire and takes it. */
void
iov_wire_send(struct iov_nic *nic, struct sk_buff *skb)
{
    struct sk_buff *segments = NULL, *next;

    __skb_push(skb, ETH_HLEN);
    if (skb_is_gso(skb)) {
        segments = skb_gso_segment(skb, 0);
        if (IS_ERR(segments)) {
            atomic64_inc(&nic->uplink.tx.dropped);
            kfree_skb(skb);
            return;
        }
    }
    if (!segments) {
        send_one(nic->wire, skb);
        return;
    }
    consume_skb(skb);
    skb_list_walk_safe(segments, skb, next) {
        skb_mark_not_on_list(skb);
        send_one(nic->wire, skb);
    }
}

/* Stops all traffic of the NIC, and reads the PF's permanent address. */
static void
reset(struct iov_wire *w)
{
    u32 low, high;

    wr(w, IMC, ~0u);
    wr(w, RCTL, 0);
    wr(w, TCTL, 0);
    wr(w, CTRL, rd(w, CTRL) | CTRL_RST);
    msleep(20);
    wr(w, IMC, ~0u);
    rd(w, ICR);
    low = rd(w, RAL0);
    high = rd(w, RAH0);
    put_unaligned_le32(low, w->mac);
    put_unaligned_le16(high, w->mac + 4);
}

/* Lets every frame into the default pool and none go round inside. */
static void
set_filters(struct iov_wire *w)
{
    int i;

    for (i = 0; i < 24; i++) {
        wr(w, RAH(i), 0);
    }
    for (i = 0; i < 128; i++) {
        wr(w, MTA(i), ~0u);
    }
    wr(w, RLPML, NIC_MAX_MTU + 30);
    wr(w, DTXSWC, 0);
    wr(w, MRQC, MRQC_VMDQ);
    wr(w, VT_CTL, VT_CTL_VALUE);
    wr(w, VMOLR, VMOLR_VALUE);
    wr(w, VFRE, BIT(QUEUE));
    wr(w, VFTE, BIT(QUEUE));
}

static void
set_rings(struct iov_wire *w)
{
    int i;

    for (i = 0; i < RING; i++) {
        give_rx_desc(&w->rx, i);
        w->tx.desc[i].tx_status = cpu_to_le32(DONE);
    }
    w->rx.next = w->tx.next = 0;
    wr(w, RX(BASE_LOW), lower_32_bits(w->rx.dma));
    wr(w, RX(BASE_HIGH), upper_32_bits(w->rx.dma));
    wr(w, RX(LENGTH), RING * sizeof(struct desc));
    wr(w, RX(SRRCTL), SRRCTL_VALUE);
    wr(w, RX(HEAD), 0);
    wr(w, RX(DCTL), DCTL_ENABLE);
    wr(w, TX(BASE_LOW), lower_32_bits(w->tx.dma));
    wr(w, TX(BASE_HIGH), upper_32_bits(w->tx.dma));
    wr(w, TX(LENGTH), RING * sizeof(struct desc));
    wr(w, TX(HEAD), 0);
    wr(w, TX(TAIL), 0);
    wr(w, TX(DCTL), DCTL_ENABLE);
}

/* Starts receiving and sending. */
void
iov_wire_start(struct iov_nic *nic)
{
    struct iov_wire *w = nic->wire;

    reset(w);
    set_filters(w);
    set_rings(w);
    wr(w, CTRL, rd(w, CTRL) | CTRL_SLU);
    wr(w, MDIC, MDIC_WRITE_PHY1 | BMCR_RESTART);
    wr(w, RCTL, RCTL_VALUE);
    wr(w, TCTL, TCTL_VALUE);
    wr(w, RX(TAIL), RING - 1);
    w->running = true;
    napi_enable(&w->napi);
    wr(w, IMS, IRQS);
    local_bh_disable();
    napi_schedule(&w->napi);
    local_bh_enable();
}

/* Ends both; waits until no frame is under way from the wire. */
void
iov_wire_stop(struct iov_nic *nic)
{
    struct iov_wire *w = nic->wire;

    if (!w->running) {
        return;
    }
    spin_lock_bh(&w->tx_lock);
    w->running = false;
    spin_unlock_bh(&w->tx_lock);
    napi_disable(&w->napi);
    reset(w);
    iov_uplink_carrier(nic, false);
}

void
iov_wire_mac(struct iov_nic *nic, u8 mac[ETH_ALEN])
{
    ether_addr_copy(mac, nic->wire->mac);
}

static int
open_irq(struct iov_wire *w, struct pci_dev *pdev)
{
    int error = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI | PCI_IRQ_MSIX);

    if (error < 0) {
        return error;
    }
    error = request_irq(pci_irq_vector(pdev, 0), interrupt, 0, KBUILD_MODNAME,
                        w);
    if (error) {
        pci_free_irq_vectors(pdev);
    }
    return error;
}

static void
free_wire(struct iov_wire *w, struct pci_dev *pdev)
{
    free_ring(&pdev->dev, &w->rx);
    free_ring(&pdev->dev, &w->tx);
    if (w->regs) {
        pci_iounmap(pdev, w->regs);
    }
    kfree(w);
}

/* Prepares the wire, whose interrupts belong to 'dev', the PF's netdev.  It
 * carries nothing before iov_wire_start(). */
int
iov_wire_open(struct iov_nic *nic, struct net_device *dev)
{
    struct iov_wire *w = kzalloc(sizeof(*w), GFP_KERNEL);
    int error = -ENOMEM;

    if (!w) {
        return error;
    }
    w->nic = nic;
    w->dev = dev;
    spin_lock_init(&w->tx_lock);
    w->regs = pci_iomap(nic->pdev, 0, 0);
    if (w->regs && !alloc_ring(&nic->pdev->dev, &w->rx)
        && !alloc_ring(&nic->pdev->dev, &w->tx)) {
        reset(w);
        netif_napi_add(dev, &w->napi, poll);
        error = open_irq(w, nic->pdev);
    }
    if (error) {
        free_wire(w, nic->pdev);
    } else {
        nic->wire = w;
    }
    return error;
}

/* Called after iov_wire_stop() and after the netdevs are gone. */
void
iov_wire_close(struct iov_nic *nic)
{
    struct iov_wire *w = nic->wire;

    free_irq(pci_irq_vector(nic->pdev, 0), w);
    pci_free_irq_vectors(nic->pdev);
    netif_napi_del(&w->napi);
    nic->wire = NULL;
    free_wire(w, nic->pdev);
}
