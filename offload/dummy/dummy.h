/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_DUMMY_DUMMY_H
#define IOV_OFFLOAD_DUMMY_DUMMY_H 1

/* The pieces of dummy NICs: the NICs (dummy.c), their e-switch
 * (dummy-eswitch.c), how they survive the daemon (dummy-store.c), the commands
 * that script them (dummy-script.c), and guests that take their VFs
 * (dummy-guest.c).
 *
 * A real NIC survives a daemon that is killed, and so must this one.  Whatever
 * the "NIC" knows is in the file; what the "driver" in the daemon knows
 * (delays, refusals, the log) dies with it. */

#include <stdbool.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "policy/model/nic.h"
#include "policy/model/op.h"

struct iov_eswitch;
struct iov_guest_class;
struct iov_guest_spec;

/* Says of a VF that its network device is up, and nothing else. */
#define DUMMY_UP "its network device is up"

struct dummy_vf {
    struct iov_vf_settings set;      /* In the NIC. */
    struct iov_vf_settings shown;    /* As last read or acknowledged. */
    uint32_t cannot;
    char *host_use;             /* How the host uses it, or null. */
    char *guest;                /* Name of the guest that has it, or null. */
    bool running;
    uint64_t sent, heard;       /* As the PF counts. */
};

struct dummy_pf {
    char *netdev;
    unsigned int number;        /* Makes its addresses unique. */
    struct eth_addr mac;
    bool up;
    bool no_carrier;
    int mtu;
    struct iov_pci_ids ids;     /* What it passes itself off as. */
    unsigned int total_vfs;
    unsigned int n_vfs;
    struct dummy_vf *vfs;       /* 'n_vfs' elements. */
    struct eth_addr *macs;
    size_t n_macs;
    unsigned int mac_table;     /* Size of the address list. */

    /* The script. */
    struct shash refusals;      /* "struct dummy_refusal"s by "OP[/ATTR]". */
    struct shash values;        /* Like 'refusals', by "ATTR VALUE". */
    uint32_t ignore;            /* IOV_VF_BIT()s. */
    unsigned int delay;         /* ms. */
    bool counts;                /* Its driver counts packets of VFs. */
    struct ds log;
};

struct dummy_refusal {
    int error;
    char *text;                 /* Or null. */
};

struct dummy_guest {
    bool present;
    uint64_t sent;              /* Packets on its VF. */
    struct eth_addr mac;        /* Of its device; zero: it does not say. */
    struct shash refusals;      /* Like those of a PF, by "OP". */
};

/* All of them, by name. */
extern struct shash dummy_pfs;       /* "struct dummy_pf"s. */
extern struct shash dummy_guests;    /* "struct dummy_guest"s. */

struct dummy_pf *dummy_pf_find(const char *netdev);
struct dummy_pf *dummy_pf_add(const char *netdev, unsigned int total_vfs);
void dummy_pf_remove(struct dummy_pf *);
void dummy_pf_set_num_vfs(struct dummy_pf *, unsigned int n);
bool dummy_pf_set_mac(struct dummy_pf *, struct eth_addr, bool add);
char *dummy_vf_pci(const struct dummy_pf *, unsigned int vf);
struct dummy_vf *dummy_vf_find(const char *pci);

struct dummy_guest *dummy_guest_get(const char *name);
void dummy_guest_clear(void);
/* The guest is gone: its VFs return to the host, as the kernel does it. */
void dummy_guest_evict(const char *name);
/* The VF is with 'guest', or with null is back. */
void dummy_vf_lend(struct dummy_vf *, const char *guest);
/* Carries out GUEST_*; returns 0 or a positive errno. */
int dummy_guest_do(const struct iov_op *, struct dummy_vf *, char **text);

void dummy_refuse(struct shash *refusals, const char *what, int error,
                  const char *text);
void dummy_accept(struct shash *refusals, const char *what);
const struct dummy_refusal *dummy_refusal_find(const struct shash *,
                                               const struct iov_op *);

/* Something changed: told by changed(). */
void dummy_count_change(void);
/* The same, and written down at once. */
void dummy_touch(void);
void dummy_store_load(void);
void dummy_store_save(void);

void dummy_script_init(void);
void dummy_script_vf_init(void);
/* For the commands of other files.  The errno of that name, or 0. */
int dummy_errno_from_name(const char *name);
/* Joins the words from 'first' on, or returns null if there are none. */
char *dummy_join(int argc, const char *argv[], int first);
/* The PF of that name, or null after an error reply. */
struct unixctl_conn;
struct dummy_pf *dummy_script_pf(struct unixctl_conn *, const char *netdev);

/* For other e-switch classes on dummy NICs. */
bool dummy_count(const struct iov_eswitch *, unsigned int vf, uint64_t *sent,
                 uint64_t *heard);

/* For guest.c and those classes: begins an operation on a dummy PF.  The
 * results of GUEST_* come by dummy_guest_next_result(), all others by that of
 * the class "dummy". */
void dummy_start(struct iov_op *);
struct iov_result *dummy_guest_next_result(void);
bool dummy_guest_knows(const char *name);
char *dummy_guest_absent(const char *name);
bool dummy_guest_mac(const char *name, struct eth_addr *mac);
void dummy_guest_use(const struct iov_guest_spec *, struct iov_vf_use *);
enum iov_guest_state dummy_guest_state(const struct iov_guest_spec *,
                                       const struct dummy_vf *);
uint64_t dummy_changed(void);

#endif /* offload/dummy/dummy.h */
