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

#include "policy/key.h"
#include "policy/nic.h"
#include "policy/op.h"

struct iov_guest_class {
    enum iov_guest_kind kind;

    /* The guest keeps the VF for good: it is never given nor taken, only
     * fenced. */
    bool keeps;

    /* Null if the guest is there and can take a VF, else a sentence (owned by
     * the caller).  Null callback: it always can. */
    char *(*absent)(const struct iov_guest_spec *);

    /* Where the device of 'vf' is now. */
    enum iov_guest_state (*state)(const struct iov_guest_spec *,
                                  const struct iov_vf *vf);

    /* Begins 'op' (GUEST_GIVE, GUEST_START, GUEST_TAKE) on 'vf', and takes it
     * over. */
    void (*start)(struct iov_op *op, const struct iov_guest_spec *,
                  const struct iov_vf *vf);

    struct iov_result *(*next_result)(void);
    void (*run)(long long int now);
    void (*wait)(long long int now);
    void (*exit)(void);
};

/* The guests together, dispatched by the text of iov-guest. */
void iov_guests_exit(void);
void iov_guests_run(long long int now);
void iov_guests_wait(long long int now);
/* Changes whenever absent() or state() may answer otherwise. */
uint64_t iov_guests_changed(void);
char *iov_guests_absent(const char *guest);
bool iov_guests_keep(const char *guest);
enum iov_guest_state iov_guests_state(const char *guest,
                                      const struct iov_vf *);
void iov_guests_start(struct iov_op *, const struct iov_vf *);
struct iov_result *iov_guests_next_result(void);

extern const struct iov_guest_class iov_guest_none;
extern const struct iov_guest_class iov_guest_netns;

#endif /* offload/guest.h */
