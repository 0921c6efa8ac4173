/* SPDX-License-Identifier: Apache-2.0 */

/* Readiness: the table of the checks, and running them.
 *
 * The checks themselves are found by the id of their row, so that a row
 * without its function does not even compile into a hole: the test "every row
 * has its check" would meet the null. */

#include <config.h>

#include "policy/ready/ready-internal.h"
#include "policy/ready/ready.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/ready/host.h"
#include "util.h"

static const struct iov_ready_class classes[IOV_N_READY] = {
#define HOST IOV_READY_HOST
#define NIC IOV_READY_NIC
#define ADVICE IOV_READY_ADVICE
#define OVERRIDABLE IOV_READY_OVERRIDABLE
#define ENFORCED IOV_READY_ENFORCED
#define READY(ENUM, ID, SLUG, SCOPE, FORCE, QUESTION, CAUSE, CONSEQUENCE, \
              REMEDY) \
    { ID, SLUG, SCOPE, FORCE, QUESTION, CAUSE, CONSEQUENCE, REMEDY },
#include "policy/ready/ready.def"
#undef READY
#undef HOST
#undef NIC
#undef ADVICE
#undef OVERRIDABLE
#undef ENFORCED
};

const struct iov_ready_class *
iov_ready_class(enum iov_ready_id id)
{
    return &classes[id];
}

const char *
iov_outcome_name(enum iov_outcome outcome)
{
    switch (outcome) {
    case IOV_READY_NOT_APPLICABLE:
        return "not applicable";
    case IOV_READY_OK:
        return "ok";
    case IOV_READY_UNKNOWN:
        return "unknown";
    case IOV_READY_FAILED:
        return "failed";
    }
    OVS_NOT_REACHED();
}

/* Running. */

static struct iov_ready_result *
add_result(struct iov_ready *ready, enum iov_ready_id id)
{
    if (!ready->results) {
        ready->results = xcalloc(IOV_N_READY, sizeof *ready->results);
    }

    struct iov_ready_result *result = &ready->results[ready->n++];

    result->id = id;
    result->outcome = IOV_READY_UNKNOWN;
    return result;
}

void
iov_ready_check_host(const struct iov_host *host, struct iov_ready *ready)
{
    iov_ready_clear(ready);
    for (size_t i = 0; i < IOV_N_READY; i++) {
        if (iov_ready_host_checks[i]) {
            iov_ready_host_checks[i](host, add_result(ready, i));
        }
    }
}

void
iov_ready_check_nic(const struct iov_host *host,
                    const struct iov_host_nic *nic, struct iov_ready *ready)
{
    iov_ready_clear(ready);
    for (size_t i = 0; i < IOV_N_READY; i++) {
        if (iov_ready_nic_checks[i]) {
            iov_ready_nic_checks[i](host, nic, add_result(ready, i));
        }
    }
}

void
iov_ready_clear(struct iov_ready *ready)
{
    for (size_t i = 0; i < ready->n; i++) {
        struct iov_ready_result *result = &ready->results[i];

        for (size_t j = 0; j < result->n_seen; j++) {
            free(result->seen[j].file);
            free(result->seen[j].value);
        }
        free(result->seen);
        free(result->detail);
        free(result->remedy);
    }
    free(ready->results);
    memset(ready, 0, sizeof *ready);
}

/* Asking. */

enum iov_outcome
iov_ready_worst(const struct iov_ready *ready)
{
    enum iov_outcome worst = IOV_READY_NOT_APPLICABLE;

    for (size_t i = 0; i < ready->n; i++) {
        worst = MAX(worst, ready->results[i].outcome);
    }
    return worst;
}

bool
iov_ready_is_obstacle(const struct iov_ready_result *result,
                      bool unsafe_interrupts_ok)
{
    enum iov_ready_force force = classes[result->id].force;

    return (result->outcome >= IOV_READY_UNKNOWN
            && (force == IOV_READY_ENFORCED
                || (force == IOV_READY_OVERRIDABLE && !unsafe_interrupts_ok)));
}

/* Building. */

void
iov_ready_see(struct iov_ready_result *result, const char *file,
              const char *value)
{
    result->seen = xrealloc(result->seen,
                            (result->n_seen + 1) * sizeof *result->seen);
    result->seen[result->n_seen++] = (struct iov_ready_seen) {
        .file = xstrdup(file),
        .value = xstrdup(value),
    };
}

void
iov_ready_see_fact(struct iov_ready_result *result,
                   const struct iov_fact *fact)
{
    const char *file = fact->file ? fact->file : "-";

    if (iov_fact_is_read(fact)) {
        iov_ready_see(result, file, fact->value[0] ? fact->value : "(empty)");
    } else if (iov_fact_is_absent(fact)) {
        iov_ready_see(result, file, "does not exist");
    } else {
        char *why = xasprintf("could not be read (%s)",
                              ovs_strerror(fact->error));

        iov_ready_see(result, file, why);
        free(why);
    }
}
