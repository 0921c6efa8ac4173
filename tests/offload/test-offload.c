/* SPDX-License-Identifier: Apache-2.0 */

/* Tests of offload/ by text: arguments and lines in, lines out.
 *
 * Bytes to be decoded are put into a piece of memory of exactly their size, so
 * that the sanitizers see each byte read too much. */

#include <config.h>

#include "tests/offload/test-offload.h"

#include <stdio.h>
#include <string.h>

#include "util.h"

int
main(int argc, char *argv[])
{
    static const struct {
        const char *name;
        int (*run)(int argc, char *argv[]);
    } parts[] = {
        { "netlink", test_netlink },
        { "hostile", test_hostile },
        { "filters", test_filters },
        { "pci", test_pci },
        { "hold", test_hold },
        { "vfio", test_vfio },
        { "vectors", test_vectors },
        { "irqs", test_irqs },
        { "journal", test_journal },
        { "child", test_child },
        { "daemon", test_daemon },
    };

    set_program_name(argv[0]);
    for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(parts); i++) {
        if (!strcmp(argv[1], parts[i].name)) {
            return parts[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "usage: test-offload netlink|hostile|filters|"
            "pci|vfio|vectors|"
            "journal|child|daemon ...\n");
    return 2;
}
