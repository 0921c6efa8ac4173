/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of the host: see readiness.h.
 *
 * The kernel tells of VFs one by one while they are made, so that a NIC may be
 * read many times; only a judgement that differs counts as a change. */

#include <config.h>
#include "vswitchd-ext/control/readiness.h"

#include <stdlib.h>

#include "coverage.h"
#include "offload/host/host-events.h"
#include "offload/host/host.h"
#include "openvswitch/vlog.h"
#include "policy/model/nic.h"
#include "policy/ready/host.h"
#include "policy/ready/safety.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_readiness);

COVERAGE_DEFINE(iov_host_judged);

const char iov_readiness_warning[] =
    "iov-unsafe-interrupts-ok is in use: this host does not remap "
    "interrupts, and a virtual machine with a VF could send it interrupts of "
    "its choice";

static char *root;
static struct iov_host host;
static struct iov_safety safety = IOV_SAFETY_INITIALIZER;
static uint64_t n_changes;
static bool overridden;

static void
evaluate(void)
{
    COVERAGE_INC(iov_host_judged);
    n_changes += iov_safety_judge(&safety, &host);
}

void
iov_readiness_init(const char *root_)
{
    root = xstrdup(root_ ? root_ : "");
    iov_host_init(&host);

    int error = iov_host_read(root, &host);
    if (error) {
        VLOG_WARN("nothing is known of the host, so that no port of a "
                  "virtual machine can use a VF: %s cannot be read (%s)",
                  root[0] ? root : "/", ovs_strerror(error));
    }
    evaluate();
}

void
iov_readiness_exit(void)
{
    iov_safety_clear(&safety);
    iov_host_clear(&host);
    iov_host_events_clear();
    free(root);
    root = NULL;
}

void
iov_readiness_run(void)
{
    if (iov_host_follow(root, &host)) {
        evaluate();
    }
}

uint64_t
iov_readiness_changed(void)
{
    return n_changes;
}

void
iov_readiness_see(const struct iov_nics *nics)
{
    bool any = false;

    for (size_t i = 0; i < nics->n_pfs; i++) {
        const struct iov_pf *pf = &nics->pfs[i];
        const struct iov_safety_nic *nic = iov_safety_find(&safety, pf);

        if (!pf->simulated && pf->pci && (!nic || nic->n_vfs != pf->n_vfs)) {
            iov_host_read_nic(root, &host, pf->pci);
            any = true;
        }
    }
    if (any) {
        evaluate();
    }
}

void
iov_readiness_allow(bool unsafe_interrupts_ok)
{
    bool is = unsafe_interrupts_ok && iov_safety_needs_override(&safety);

    if (is && !overridden) {
        VLOG_WARN("%s", iov_readiness_warning);
    } else if (!is && overridden) {
        VLOG_INFO("iov-unsafe-interrupts-ok is not in use any more");
    }
    overridden = is;
}

bool
iov_readiness_is_overridden(void)
{
    return overridden;
}

void
iov_readiness_refresh(void)
{
    iov_host_read(root, &host);
    iov_host_read_live(root, &host);
    evaluate();
}

struct iov_host *
iov_readiness_host(void)
{
    return &host;
}

const struct iov_safety *
iov_readiness_safety(void)
{
    return &safety;
}
