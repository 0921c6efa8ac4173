/* SPDX-License-Identifier: Apache-2.0 */

/* Whether silence is taken for permission: what keeps virtual machines off the
 * VFs of a PF of which little is known.
 *
 *   safety HOST PF [allow]
 *
 * HOST is "none" (nobody has judged), "unread" (nothing could be read of it)
 * or "empty" (the same, with an IOMMU and remapped interrupts).  PF is "real",
 * "nameless" (without a PCI address) or "simulated".  "allow" is
 * iov-unsafe-interrupts-ok.  Prints the reasons. */

#include <config.h>

#include "test-policy.h"

#include <stdio.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "policy/ready/host.h"
#include "policy/ready/safety.h"
#include "util.h"

static void
make_host(struct iov_host *host, const char *how)
{
    iov_host_init(host);
    if (!strcmp(how, "empty")) {
        iov_fact_set(&host->facts[IOV_HOST_GROUPS], "groups", xstrdup("5"),
                     0);
        iov_fact_set(&host->facts[IOV_HOST_INTERRUPTS], "interrupts",
                     xstrdup("IR-PCI-MSI"), 0);
    }
}

static void
test_safety(struct ovs_cmdl_context *ctx)
{
    const char *how = ctx->argv[1], *kind = ctx->argv[2];
    struct iov_pf pf = {
        .netdev = CONST_CAST(char *, "eth0"),
        .pci = CONST_CAST(char *, strcmp(kind, "real") ? NULL
                                  : "0000:01:00.0"),
        .simulated = !strcmp(kind, "simulated"),
    };
    const struct iov_pf *pfs[] = { &pf };
    struct iov_safety safety = IOV_SAFETY_INITIALIZER;
    struct iov_reasons reasons = IOV_REASONS_INITIALIZER;
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct iov_host host;

    make_host(&host, how);
    if (strcmp(how, "none")) {
        iov_safety_judge(&safety, &host);
    }
    iov_safety_obstacles(strcmp(how, "none") ? &safety : NULL, pfs, 1,
                         ctx->argc > 3, &reasons);
    iov_reasons_format_slugs(&ds, &reasons);
    puts(ds_cstr(&ds));

    ds_destroy(&ds);
    iov_reasons_clear(&reasons);
    iov_safety_clear(&safety);
    iov_host_clear(&host);
}

const struct ovs_cmdl_command test_safety_commands[] = {
    { "safety", "HOST PF [allow]", 2, 3, test_safety, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};
