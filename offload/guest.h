/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_GUEST_H
#define IOV_OFFLOAD_GUEST_H 1

/* How a VF's device reaches its guest and comes back.
 *
 * One class for each kind of iov-guest.  Same rules as for providers: nothing
 * blocks, nothing calls upward, each operation is answered by one result.
 *
 * The guest is never trusted: a VF that has to be released is fenced by the
 * provider whatever the guest answers here. */

#include <stdbool.h>
#include <stdint.h>

#include "policy/model/key.h"
#include "policy/model/nic.h"
#include "policy/model/op.h"

struct iov_guest_class {
    enum iov_guest_kind kind;

    /* The guest keeps the VF for good: it is never given nor taken, only
     * fenced. */
    bool keeps;

    /* The guest knows its VF by the MAC address, which must not change while
     * it has the VF. */
    bool pairs;

    /* It knows what to do with VFs of dummy NICs; those of other classes go
     * to simulated guests. */
    bool takes_dummies;

    /* What it sees is all there is to know: a device that does not run was
     * not stopped by the guest, but has to be started. */
    bool sees_running;

    /* Null if the guest is there and can take a VF for a port with the
     * address 'mac' (all zeros: not known), else a sentence (owned by the
     * caller).  Null callback: it always can. */
    char *(*absent)(const struct iov_guest_spec *, struct eth_addr mac);

    /* Sets '*mac' to the address of the guest's device that is 'port' on the
     * software path.  Returns false if the guest does not say, or has several
     * and it is not clear which.  Null callback: it never says. */
    bool (*mac)(const struct iov_guest_spec *, const char *port,
                struct eth_addr *mac);

    /* Null unless the guest is in a state in which it should not have a VF,
     * such as a migration; a sentence (owned by the caller).  Null callback:
     * there is no such state. */
    char *(*held)(const struct iov_guest_spec *);

    /* Where the device of 'vf' is now. */
    enum iov_guest_state (*state)(const struct iov_guest_spec *,
                                  const struct iov_vf *vf);

    /* Fills in what is seen at this moment of the use that the guest makes of
     * 'vf'; all zeros before.  Null callback: nothing can be seen. */
    void (*use)(const struct iov_guest_spec *, const struct iov_vf *vf,
                struct iov_vf_use *);

    /* Begins 'op' (GUEST_ATTACH, GUEST_ACTIVATE, GUEST_DETACH) on 'vf', and
     * takes it over.  After GUEST_DETACH the state may be IOV_GUEST_LEFT: the
     * guest has let go of the VF; after the same operation, once more,
     * IOV_GUEST_UNBOUND: it has no driver; and a third takes it home. */
    void (*start)(struct iov_op *op, const struct iov_guest_spec *,
                  const struct iov_vf *vf);

    /* Gives up the operation of 'port' that is under way, if there is one: its
     * result, ECANCELED, follows at once.  Null callback: none takes long. */
    void (*cancel)(const char *port);

    struct iov_result *(*next_result)(void);
    void (*run)(long long int now);
    void (*wait)(long long int now);
    void (*exit)(void);

    /* True while it is not clear what absent() will say.  Forgets guests that
     * nobody has asked for since the last time.  Null callbacks: nothing to
     * find out or forget. */
    bool (*is_new)(void);
    void (*sweep)(void);
};

/* The guests together, dispatched by the text of iov-guest. */
void iov_guests_exit(void);
void iov_guests_run(long long int now);
void iov_guests_wait(long long int now);
/* Changes whenever absent() or state() may answer otherwise. */
uint64_t iov_guests_changed(void);
char *iov_guests_not_ready(const char *guest, struct eth_addr mac);
/* A unicast address, or false. */
bool iov_guests_mac(const char *guest, const char *port, struct eth_addr *mac);
char *iov_guests_busy(const char *guest);
bool iov_guests_are_new(void);
void iov_guests_sweep(void);
bool iov_guests_keep(const char *guest);
bool iov_guests_pair(const char *guest);
enum iov_guest_state iov_guests_state(const char *guest,
                                      const struct iov_vf *);
/* 'vf' is one of 'pf'; what the class cannot see is asked of the PF and of the
 * port on the software path. */
void iov_guests_use(const char *guest, const struct iov_pf *pf,
                    const struct iov_vf *vf, struct iov_vf_use *);
void iov_guests_start(struct iov_op *, const struct iov_vf *);
void iov_guests_cancel(const char *port);
struct iov_result *iov_guests_next_result(void);

extern const struct iov_guest_class iov_guest_none;
extern const struct iov_guest_class iov_guest_netns;
extern const struct iov_guest_class iov_guest_qmp;

#endif /* offload/guest.h */
