/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_JOURNAL_H
#define IOV_OFFLOAD_JOURNAL_H 1

/* What the daemon has changed and would have to put back, on disk.
 *
 * A JSON file in the run directory: it has to survive the daemon, not the
 * machine, exactly as the settings it speaks of.  It is rewritten whole and
 * renamed into place, so that a kill at any instant leaves the old one or the
 * new one.
 *
 * It is written before the first change and pruned after the last one has
 * been put back: a crash can leave an entry too many, never one too few.
 *
 * The file is locked, so that two daemons do not fight over the VFs.  One that
 * is there and cannot be read, or has another format, is neither changed nor
 * set aside: the journal is "blocked", nothing is written, and no port may get
 * a VF; what is done to take ports to software is remembered in memory.
 *
 * PFs are named by PCI address, because a network device may be renamed; a PF
 * without one (dummy) is named by its network device. */

#include <stdbool.h>

#include "policy/model/nic.h"
#include "policy/model/op.h"

/* Reads 'file'.  Returns null, or a sentence (owned by the caller) if another
 * process uses it, in which case the daemon has to end.  A file that is no
 * journal is set aside as FILE.bad, and the journal starts empty. */
char *iov_journal_open(const char *file);
/* Null unless the journal is blocked, else a sentence; borrowed. */
const char *iov_journal_blocked(void);
void iov_journal_close(void);

/* Fills in 'record', 'our_macs' and 'original_vfs'.  Records whose PF or VF
 * is not in 'nics' are kept for when it returns. */
void iov_journal_fill(struct iov_nics *);

/* Carries out the 'n' RECORDs and FORGETs in 'ops', which it takes, and puts
 * their results into 'results'.  The file is written once for all of them; if
 * that fails none is done. */
void iov_journal_do(struct iov_op *ops[], size_t n, const struct iov_nics *,
                    struct iov_result *results[]);
/* Between the two, notes of what has been done are not written one by one.
 * No operation may begin in between. */
void iov_journal_hold(void);
void iov_journal_release(void);
/* To be called before PF_MAC_ADDs and SET_NUM_VFS begin and after PF_MAC_DEL
 * succeeded.  'pf' is as in the last iov_journal_fill().  Returns, or stores
 * in 'errors', 0 or a positive errno, in which case the operation must not
 * begin.  The file is written once for all of 'macs'.
 *
 * Those that return nothing are about the past: if the file cannot be written,
 * it is by the next change. */
struct iov_journal_mac {
    const struct iov_pf *pf;
    struct eth_addr mac;
};
void iov_journal_note_macs(const struct iov_journal_mac macs[], size_t n,
                           int errors[]);
void iov_journal_forget_mac(const struct iov_pf *pf, struct eth_addr);
int iov_journal_note_num_vfs(const struct iov_pf *pf, int original);
/* The number of VFs noted and not yet put back, or -1. */
int iov_journal_original_vfs(const struct iov_pf *pf);
/* Whether the guest was let use the VF; no error if there is no record. */
void iov_journal_note_started(const struct iov_pf *pf, unsigned int vf,
                              bool started);
/* Entries of ovs-vswitchd's MAC table that are ours.  Null 'port': the entry
 * has been taken back. */
void iov_journal_note_switch(const char *bridge, uint16_t vlan,
                             struct eth_addr, const char *port);
struct iov_journal_switch {
    char *bridge;
    uint16_t vlan;
    struct eth_addr mac;
    char *port;
};
/* '*entries' is borrowed, valid until the next iov_journal_note_switch(). */
size_t iov_journal_switch_entries(const struct iov_journal_switch **entries);
/* Records whose VF is not in 'nics' any more: drops them if the VF went for
 * good ('n_vfs' of its PF is smaller).  Returns true if any was dropped. */
bool iov_journal_prune(const struct iov_nics *);

#endif /* offload/journal.h */
