/* SPDX-License-Identifier: Apache-2.0 */

/* libvirt's XML, read and written.
 *
 *   test-libvirt read               tells what it makes of the domain on
 *                                   standard input
 *   test-libvirt vf HOST ID [PARTNER]
 *                                   writes the XML of a VF
 *
 * It needs neither libvirt nor a domain. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "offload/guest/libvirt-xml.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

static char *
read_all(FILE *file)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    char buffer[4096];
    size_t n;

    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0) {
        ds_put_buffer(&ds, buffer, n);
    }
    return ds_steal_cstr(&ds);
}

static int
test_read(void)
{
    struct libvirt_domain d;
    char *xml = read_all(stdin);
    char *error = libvirt_domain_parse(xml, &d);

    if (error) {
        puts(error);
    }
    for (size_t i = 0; i < d.n_devices; i++) {
        const struct libvirt_device *device = &d.devices[i];

        ovs_assert(libvirt_domain_find(&d, device->alias));
        if (device->host) {
            printf("%s: host %s\n", device->alias, device->host);
        } else {
            printf("%s: mac %s%s\n", device->alias, device->mac,
                   device->failover ? ", failover" : "");
        }
    }
    for (size_t i = 0; i < d.n_ports; i++) {
        printf("root port %u%s\n", d.ports[i].index,
               d.ports[i].used ? ", used" : "");
    }
    libvirt_domain_destroy(&d);
    free(xml);
    free(error);
    return d.n_devices ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int
test_vf(const char *host, const char *id, const char *partner)
{
    char *xml = libvirt_vf_xml(host, id, partner);

    puts(xml ? xml : "none");
    free(xml);
    return EXIT_SUCCESS;
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    if (argc == 2 && !strcmp(argv[1], "read")) {
        return test_read();
    } else if (argc >= 4 && !strcmp(argv[1], "vf")) {
        return test_vf(argv[2], argv[3], argv[4]);
    }
    fprintf(stderr, "usage: see the top of test-libvirt.c\n");
    return EXIT_FAILURE;
}
