/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_READY_READY_H
#define IOV_POLICY_READY_READY_H 1

/* Is this host, this NIC, this slot able and safe, and if not, what to do?
 *
 * A pure function of struct iov_host (policy/ready/host.h).  Every check is
 * made every time, none stops another one, and each says what it looked at, so
 * that whoever looks finds every obstacle at once.
 *
 * UNKNOWN is neither ok nor failed.  For what is enforced it counts as failed
 * (fail closed); for the exit status of ovs-iov-check it is a status of its
 * own. */

#include <stdbool.h>
#include <stddef.h>

struct ds;
struct iov_fact;
struct iov_host;
struct iov_host_nic;
struct json;

enum iov_ready_id {
#define READY(ENUM, ID, SLUG, SCOPE, FORCE, QUESTION, CAUSE, CONSEQUENCE, \
              REMEDY) IOV_READY_##ENUM,
#include "policy/ready/ready.def"
#undef READY
    IOV_N_READY
};

/* The order is that of severity: the worst of several is the greatest. */
enum iov_outcome {
    IOV_READY_NOT_APPLICABLE,
    IOV_READY_OK,
    IOV_READY_UNKNOWN,
    IOV_READY_FAILED
};

enum iov_ready_scope { IOV_READY_HOST, IOV_READY_NIC };
enum iov_ready_force {
    IOV_READY_ADVICE,
    IOV_READY_OVERRIDABLE,
    IOV_READY_ENFORCED
};

/* A row of ready.def. */
struct iov_ready_class {
    const char *id, *slug;
    enum iov_ready_scope scope;
    enum iov_ready_force force;
    const char *question, *cause, *consequence, *remedy;
};

/* Something that a check looked at. */
struct iov_ready_seen {
    char *file;
    char *value;
};

struct iov_ready_result {
    enum iov_ready_id id;
    enum iov_outcome outcome;
    struct iov_ready_seen *seen;
    size_t n_seen;
    char *detail;               /* More about this very case, or null. */
    char *remedy;               /* Better than that of the class, or null. */
};

/* Results in the order of ready.def. */
struct iov_ready {
    struct iov_ready_result *results;
    size_t n;
};
#define IOV_READY_INITIALIZER { NULL, 0 }

const struct iov_ready_class *iov_ready_class(enum iov_ready_id);
const char *iov_outcome_name(enum iov_outcome);

/* All checks of scope HOST, or all of scope NIC. */
void iov_ready_check_host(const struct iov_host *, struct iov_ready *);
void iov_ready_check_nic(const struct iov_host *, const struct iov_host_nic *,
                         struct iov_ready *);
void iov_ready_clear(struct iov_ready *);

/* The worst outcome of all. */
enum iov_outcome iov_ready_worst(const struct iov_ready *);
/* True if the result keeps the port of a virtual machine off VFs.
 * 'unsafe_interrupts_ok' is iov-unsafe-interrupts-ok. */
bool iov_ready_is_obstacle(const struct iov_ready_result *,
                           bool unsafe_interrupts_ok);

/* The whole answer: the host, then each SR-IOV capable NIC, or only 'nic' if
 * it is not null.  Returns the outcome: that of the host and of the NIC that
 * is the best.  Without any SR-IOV capable NIC, all NICs are shown. */
enum iov_outcome iov_ready_format(const struct iov_host *,
                                  const struct iov_host_nic *, struct ds *);
struct json *iov_ready_to_json(const struct iov_host *,
                               const struct iov_host_nic *);
enum iov_outcome iov_ready_outcome(const struct iov_host *,
                                   const struct iov_host_nic *);

/* For showing single NICs elsewhere. */
void iov_ready_format_results(const struct iov_ready *, struct ds *);
struct json *iov_ready_results_to_json(const struct iov_ready *);
/* What is known of a NIC apart from the checks. */
void iov_host_nic_format(const struct iov_host *, const struct iov_host_nic *,
                         struct ds *);
struct json *iov_host_nic_to_json(const struct iov_host *,
                                  const struct iov_host_nic *);

#endif /* policy/ready/ready.h */
