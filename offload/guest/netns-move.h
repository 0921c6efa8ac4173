/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_GUEST_NETNS_MOVE_H
#define IOV_OFFLOAD_GUEST_NETNS_MOVE_H 1

/* An operation by which a VF's network device goes to a network namespace, is
 * put to use there, or returns: a row of steps, each of which is one request,
 * a change of the driver, or waiting for something to be seen.
 *
 * A step that has asked waits for the answer, whatever happens; only then can
 * it be given up. */

#include <stdbool.h>

#include "openvswitch/list.h"
#include "policy/model/nic.h"
#include "policy/model/op.h"

enum netns_step {
    STEP_UNBIND,                /* Take its driver from it, wherever its device
                                 * is; */
    STEP_BIND,                  /* bind one anew, */
    STEP_BOUND,                 /* and wait for its network device. */
    STEP_PREPARE,               /* Give it its address at home; */
    STEP_RESET,                 /* if that is refused, set it up */
    STEP_RESET_DOWN,            /* and down again, which resets its VF. */
    STEP_GIVE,                  /* Move it there. */
    STEP_SEEN_THERE,            /* Wait until it is seen there. */
    STEP_STOP,                  /* Set it down if its address is wrong. */
    STEP_UP,                    /* Set it up, */
    STEP_READ,                  /* and look at its address. */
    STEP_COMPARE,
    STEP_STOP_AGAIN,            /* If that is another one. */
    STEP_ADDRESS,
    STEP_UP_AGAIN,
    STEP_READ_AGAIN,
    STEP_COMPARE_AGAIN,
    STEP_USED,                  /* Wait until it is used. */
    STEP_SWITCH,                /* Let its bond use another member. */
    STEP_DONE
};

struct netns_move {
    struct ovs_list node;
    struct iov_op *op;
    char *name;                 /* Of the namespace. */
    char *pci;                  /* Of the VF. */
    char *driver;               /* To bind; null: none, "": any. */
    bool is_new;                /* No guest had it since it was bound. */
    enum netns_step step;
    bool asked;                 /* The request of 'step' is under way. */
    bool rename;                /* The name is taken where it goes. */
    bool switched;              /* The bond was asked to send by it. */
    bool renewed;               /* It had to get its driver anew. */
    struct vfio_change *change; /* That is under way, or null, */
    long long int changing_since; /* and its beginning. */
    long long int began;        /* Time of the first step, in ms. */
    long long int using_since;  /* With STEP_USED: its beginning, or 0. */
    unsigned int requests;
    bool finished;
    int error;
    char *text;
};

/* Takes over 'op'.  'vf' may be null: it has gone. */
struct netns_move *netns_move_create(struct iov_op *op, const char *name,
                                     const struct iov_vf *vf);
/* The first step of 'op' for a VF that is where it should be. */
enum netns_step netns_move_first(const struct iov_op *);
/* Ends it; takes over 'text', which may be null. */
void netns_move_finish(struct netns_move *, int error, char *text);
/* Result of one that is finished, which is freed. */
struct iov_result *netns_move_result(struct netns_move *);

/* Goes on as far as possible. */
void netns_move_run(struct netns_move *, long long int now);
void netns_move_wait(const struct netns_move *);

/* For all moves. */
int netns_moves_init(void);     /* 0, or a positive errno. */
void netns_moves_run(void);
void netns_moves_wait(void);
void netns_moves_exit(void);

#endif /* offload/guest/netns-move.h */
