/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_NIC_NIC_PF_H
#define IOV_OFFLOAD_NIC_NIC_PF_H 1

/* The PFs that the kernel has, and what was last read of them: used by
 * nic-inventory.c, which keeps them up to date, and by the e-switch classes
 * that drive them, which tell what the kernel has acknowledged.
 *
 * A PF is told of only after its first complete reading, so that nobody takes
 * settings that were never read for settings that are zero. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/shash.h"
#include "policy/model/nic.h"

struct device_event;
struct rtnl;
struct rtnl_reply;

struct nic_pf {
    int ifindex;
    struct iov_pf known;        /* As last read. */
    bool told;                  /* Read completely at least once. */
    bool stale;                 /* To be read again: all but the MACs, */
    bool stale_macs;            /* the MACs. */
    bool have_link, have_macs;  /* Has been read at least once. */
    bool writing;               /* VFs are being created or removed by us; not
                                 * read before that is complete. */
    char *signature;            /* Contents when last told of. */
};

/* By network device. */
extern struct shash nic_pfs;

/* Finds the PFs of the host. */
void nic_pfs_scan(void);
void nic_pfs_clear(void);
void nic_pfs_mark_all(void);
struct nic_pf *nic_pf_find(const char *netdev);

/* Marks the PFs that 'event' may concern. */
void nic_pfs_event(const struct device_event *);
/* Begins to read what is marked. */
void nic_pfs_refresh(struct rtnl *);
/* True if that would begin something. */
bool nic_pfs_stale(void);

/* Takes over what RTM_GETLINK told. */
void nic_pf_take_link(struct nic_pf *, const struct rtnl_reply *);
/* Something in 'known' has changed: counts it if it is visible. */
void nic_pf_update(struct nic_pf *);
/* Grows with each visible change. */
uint64_t nic_pfs_changed(void);

#endif /* offload/nic/nic-pf.h */
