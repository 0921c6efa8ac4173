/* SPDX-License-Identifier: Apache-2.0 */

/* Says whether this host and its NICs are able and safe for SR-IOV with
 * ovs-iovd, and if not, what to do.
 *
 * Reads (offload/host/host.h), judges (policy/ready/ready.h), prints.  It
 * needs neither ovs-iovd nor Open vSwitch, and it changes nothing.
 *
 * What is asked of the user is in the output and in the exit status both, so
 * errors of usage must not look like an answer: they have a status of their
 * own. */

#include <config.h>

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "offload/host/host.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "policy/model/text.h"
#include "policy/ready/host.h"
#include "policy/ready/ready.h"
#include "util.h"

enum status { READY, NOT_READY, COULD_NOT_TELL, USAGE };

struct options {
    const char *root;           /* "" for the live system. */
    const char *capture;        /* Archive to write, or null. */
    const char *pf;             /* NIC to look at, or null. */
    bool json;
};

OVS_NO_RETURN static void
usage(void)
{
    printf("%s: says whether this host and its NICs are ready for SR-IOV\n"
           "usage: %s [OPTION]... [PF]\n"
           "where PF is a network device or a PCI address; without it, every\n"
           "SR-IOV capable NIC is looked at.\n"
           "\n"
           "  --json          print JSON, for programs\n"
           "  --root=DIR      look at the captured tree DIR instead of this "
           "host\n"
           "  --capture=FILE  write what would be looked at to FILE, a tar\n"
           "                  archive, and print nothing\n"
           "  -h, --help      print this help\n"
           "  -V, --version   print the version\n"
           "\n"
           "Exit status: 0 ready, 1 not ready, 2 could not tell, 3 error.\n",
           program_name, program_name);
    exit(READY);
}

OVS_NO_RETURN static void
die_of_usage(void)
{
    fprintf(stderr, "See \"%s --help\".\n", program_name);
    exit(USAGE);
}

static void
parse_options(int argc, char *argv[], struct options *options)
{
    enum { OPT_JSON = UCHAR_MAX + 1, OPT_ROOT, OPT_CAPTURE };
    static const struct option long_options[] = {
        { "json", no_argument, NULL, OPT_JSON },
        { "root", required_argument, NULL, OPT_ROOT },
        { "capture", required_argument, NULL, OPT_CAPTURE },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "hV", long_options, NULL)) != -1) {
        switch (c) {
        case OPT_JSON:
            options->json = true;
            break;
        case OPT_ROOT:
            if (!optarg[0]) {
                fprintf(stderr, "%s: --root needs the name of a directory.\n",
                        program_name);
                die_of_usage();
            }
            options->root = optarg;
            break;
        case OPT_CAPTURE:
            options->capture = optarg;
            break;
        case 'h':
            usage();
        case 'V':
            printf("%s (ovs-iov) %s\n", program_name, IOV_VERSION);
            exit(READY);
        default:
            die_of_usage();
        }
    }
    if (argc - optind > 1) {
        fprintf(stderr, "%s: at most one PF can be named, and \"%s\" is the "
                "second.\n", program_name, argv[optind + 1]);
        die_of_usage();
    }
    options->pf = argv[optind];
}

static int
capture(const struct options *options)
{
    char *error = iov_host_capture(options->root, options->capture);

    if (error) {
        fprintf(stderr, "%s: %s.\n", program_name, error);
        free(error);
        return USAGE;
    }
    return READY;
}

/* Lists the NICs there are. */
static void
tell_unknown_pf(const struct iov_host *host, const char *pf)
{
    fprintf(stderr, "%s: \"%s\" is neither the PCI address nor the network "
            "device of a NIC.\n", program_name, pf);
    for (size_t i = 0; i < host->n_nics; i++) {
        const struct iov_host_nic *nic = &host->nics[i];

        fprintf(stderr, "  %s%s%s\n", nic->pci, nic->netdev ? " " : "",
                nic->netdev ? nic->netdev : "");
    }
    if (!host->n_nics) {
        fprintf(stderr, "There is no network controller on the PCI bus.\n");
    }
}

static enum iov_outcome
print(const struct iov_host *host, const struct iov_host_nic *nic, bool json)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    enum iov_outcome outcome;

    if (json) {
        struct json *object = iov_ready_to_json(host, nic);

        json_object_put(object, "version", json_integer_create(1));
        iov_text_put_json(&ds, object, JSSF_PRETTY | JSSF_SORT);
        ds_put_char(&ds, '\n');
        json_destroy(object);
        outcome = iov_ready_outcome(host, nic);
    } else {
        outcome = iov_ready_format(host, nic, &ds);
    }

    char *text = iov_text_clean_lines(ds_cstr(&ds));

    fputs(text, stdout);
    free(text);
    ds_destroy(&ds);
    return outcome;
}

static int
status_of(enum iov_outcome outcome)
{
    switch (outcome) {
    case IOV_READY_NOT_APPLICABLE:
    case IOV_READY_OK:
        return READY;
    case IOV_READY_UNKNOWN:
        return COULD_NOT_TELL;
    case IOV_READY_FAILED:
        return NOT_READY;
    }
    OVS_NOT_REACHED();
}

static int
check(const struct options *options)
{
    const struct iov_host_nic *nic = NULL;
    struct iov_host host;
    int status = USAGE;
    int error;

    iov_host_init(&host);
    error = iov_host_read(options->root, &host);
    if (error) {
        fprintf(stderr, "%s: --root=%s: %s.\nName a directory into which an "
                "archive made by --capture has been unpacked.\n",
                program_name, options->root, ovs_strerror(error));
    } else if (options->pf
               && !(nic = iov_host_find_nic(&host, options->pf))) {
        tell_unknown_pf(&host, options->pf);
    } else {
        iov_host_read_live(options->root, &host);
        status = status_of(print(&host, nic, options->json));
    }
    iov_host_clear(&host);
    return status;
}

int
main(int argc, char *argv[])
{
    struct options options = { .root = "" };
    int status;

    set_program_name(argv[0]);
    parse_options(argc, argv, &options);
    status = options.capture ? capture(&options) : check(&options);
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "%s: cannot write the answer.\n", program_name);
        status = USAGE;
    }
    return status;
}
