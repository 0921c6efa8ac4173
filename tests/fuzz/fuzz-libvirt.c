/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: the XML of libvirt.
 *
 * The input is that of a domain.  Whatever is found in it is asked for, and
 * the XML of a VF is made with it.
 *
 * libxml2 prints what it does not like. */

#include <config.h>

#include "fuzz.h"

#include <libxml/xmlerror.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "offload/guest/libvirt-xml.h"
#include "util.h"

#ifdef FUZZ_BY_CLANG
unsigned long long int fuzz_n_accepted;
#endif

static void
say_nothing(void *aux OVS_UNUSED, const char *format OVS_UNUSED, ...)
{
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct libvirt_domain domain;
    char *error;

    xmlSetGenericErrorFunc(NULL, say_nothing);
    error = libvirt_domain_parse(text, &domain);
    fuzz_n_accepted += !error;
    for (size_t i = 0; i < domain.n_devices; i++) {
        const struct libvirt_device *d = &domain.devices[i];

        if (d->alias) {
            ovs_assert(libvirt_domain_find(&domain, d->alias));
        }
        free(libvirt_vf_xml(d->host ? d->host : "0000:01:10.0",
                            d->alias ? d->alias : "", d->alias));
    }
    libvirt_domain_destroy(&domain);
    free(error);
    free(text);
    return 0;
}
