/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_OP_H
#define IOV_POLICY_MODEL_OP_H 1

/* One thing to be done, and what came of it: plain data.
 *
 * The plan makes operations, offload/ (and, for ovs-vswitchd's MAC table,
 * vswitchd-ext/) carries them out, one at a time for each port, and answers
 * each with exactly one result. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/list.h"
#include "openvswitch/types.h"
#include "policy/model/nic.h"
#include "policy/model/reason.h"

struct ds;

enum iov_op_type {
#define OP(ENUM, NAME, REASON, MEANING) IOV_OP_##ENUM,
#include "policy/model/op.def"
#undef OP
    IOV_N_OPS
};

struct iov_op {
    enum iov_op_type type;
    uint64_t serial;            /* By which whoever began it knows it. */
    char *port;                 /* Port that it is for ("" for a PF's). */
    char *bridge;               /* For SWITCH_*, RECORD. */
    char *pf;                   /* Network device of the PF. */
    unsigned int vf;            /* VF number. */
    enum iov_vf_attr attr;      /* For VF_SET. */
    struct iov_vf_settings set; /* For VF_SET: the member of 'attr'. */
    bool restores;              /* For VF_SET: it leaves the VF as found, or
                                 * as harmless.  A failure keeps no port from
                                 * a VF. */
    bool fences;                /* For VF_SET: the value is that of the fence,
                                 * which nobody has asked for. */
    bool worked;                /* For a VF_SET that counts as failed: it was
                                 * acknowledged, and the NIC shows another
                                 * value. */
    struct eth_addr mac;        /* For PF_MAC_*, SWITCH_*. */
    uint16_t vlan;              /* For SWITCH_*; 0 is untagged. */
    char *switch_port;          /* For FDB_ADD: interface name. */
    char *guest;                /* For GUEST_*: text of iov-guest. */
    struct iov_vf_record *record;    /* For RECORD. */
    unsigned int num_vfs;       /* For SET_NUM_VFS. */
};

/* What came of it. */
struct iov_result {
    struct ovs_list node;       /* In the list of who has it to tell. */
    struct iov_op *op;          /* Owned. */
    int error;                  /* 0, or a positive errno. */
    char *text;                 /* Words of who refused it, or null. */
    unsigned int requests;      /* Messages to the kernel it took. */
    bool late;                  /* It was given up, which has been answered
                                 * before: this is what became of it. */
};

const char *iov_op_name(enum iov_op_type);
bool iov_op_from_name(const char *, enum iov_op_type *);
enum iov_reason_id iov_op_reason(enum iov_op_type);

struct iov_op *iov_op_create(enum iov_op_type, const char *port,
                             const char *pf, unsigned int vf);
struct iov_op *iov_op_clone(const struct iov_op *);
void iov_op_destroy(struct iov_op *);
/* "vf-set enp1s0 vf 0 mac 52:54:00:00:00:01" */
void iov_op_format(struct ds *, const struct iov_op *);

/* True if 'op', which has failed, was acknowledged and was to take a rate away
 * that nobody has asked for.  Some drivers show the speed of the link for a VF
 * without a rate. */
bool iov_op_is_shown_rate(const struct iov_op *);

/* Takes 'op'; copies 'text', which may be null, as text.h lets it pass. */
struct iov_result *iov_result_create(struct iov_op *op, int error,
                                     const char *text);
/* Takes the first result from a list of them, whose 'node' links them; null if
 * it is empty.  The caller owns it. */
struct iov_result *iov_result_pop(struct ovs_list *);
void iov_result_destroy(struct iov_result *);

/* Operations of a port that failed, so that the verdict can tell why and the
 * plan does not repeat them at once. */
struct iov_failure {
    struct iov_op *op;
    int error;
    char *text;
    long long int since;        /* Monotonic, ms. */
    long long int retry_at;     /* Monotonic, ms: forgotten then. */
    unsigned int tries;
};

struct iov_failures {
    struct iov_failure *list;   /* In force: not yet to be tried again. */
    size_t n;
    struct iov_failure *past;   /* Their time has come; kept so that the next
                                 * failure waits longer. */
    size_t n_past;
};

/* Remembers the failed 'result', or counts it again: the first is forgotten
 * after 1 s, each further one after twice as long, up to 64 s.  An operation
 * is the same if everything about it is, the value to be set included.
 * Returns false if it failed the same way before, which need not be told
 * again. */
bool iov_failures_add(struct iov_failures *, const struct iov_result *,
                      long long int now);
/* The operation worked: forgets its failure. */
void iov_failures_remove(struct iov_failures *, const struct iov_op *);
/* Forgets all failures of operations of that type. */
void iov_failures_forget(struct iov_failures *, enum iov_op_type);
/* True if 'op' failed and is not yet to be tried again. */
bool iov_failures_find(const struct iov_failures *, const struct iov_op *);
/* That failure, or null. */
const struct iov_failure *iov_failures_get(const struct iov_failures *,
                                           const struct iov_op *);
/* The latest failure of an operation of 'type' that has not worked since, or
 * null; 'failures' may be null. */
const struct iov_failure *iov_failures_last(const struct iov_failures *,
                                            enum iov_op_type);
/* Lets go of those whose 'retry_at' has come, so that neither the verdict nor
 * the plan sees them any more.  Returns true if there was any. */
bool iov_failures_expire(struct iov_failures *, long long int now);
/* True if there is anything that has not reached its time to be tried. */
bool iov_failures_pending(const struct iov_failures *, long long int now);
/* Earliest 'retry_at' after 'now', or LLONG_MAX. */
long long int iov_failures_deadline(const struct iov_failures *,
                                    long long int now);
void iov_failures_clear(struct iov_failures *);

#endif /* policy/model/op.h */
