/* SPDX-License-Identifier: Apache-2.0
 *
 * ovs-iov: options, help, and which verb it is.
 *
 * Options before the verb are this program's, those behind
 * it belong to the verb; --json and --brief are taken at both places. */

#include <config.h>
#include "utilities/ovs-iov/ovs-iov.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

const struct verb verbs[] = {
#define VERB(NAME, USAGE, FUNCTION, COMMAND, MEANING) \
    { NAME, USAGE, FUNCTION, COMMAND, MEANING },
#include "utilities/ovs-iov/verb.def"
#undef VERB
    { NULL, NULL, NULL, NULL, NULL },
};

const struct verb *
verb_find(const char *name)
{
    for (const struct verb *v = verbs; v->name; v++) {
        if (!strcmp(v->name, name)) {
            return v;
        }
    }
    return NULL;
}

/* Prints 's' indented by four, in lines of at most 76 columns. */
static void
put_paragraph(const char *s)
{
    int column = 0;

    while (*s) {
        int n = strcspn(s, " ");

        if (column && column + 1 + n > 76) {
            putchar('\n');
            column = 0;
        }
        column += printf("%s%.*s", column ? " " : "    ", n, s);
        s += n + strspn(s + n, " ");
    }
    putchar('\n');
}

OVS_NO_RETURN static void
usage(void)
{
    printf("%s: shows and steers which ports of Open vSwitch are on SR-IOV "
           "VFs\n"
           "usage: %s [OPTION]... COMMAND [ARG]...\n"
           "\n", program_name, program_name);
    for (const struct verb *v = verbs; v->name; v++) {
        printf("  %s%s%s\n", v->name, v->usage[0] ? " " : "", v->usage);
        put_paragraph(v->meaning);
    }
    printf("\n"
           "Options:\n"
           "  -t, --target=TARGET   name or control socket of the daemon "
           "(ovs-iovd)\n"
           "  -T, --timeout=SECONDS give up after SECONDS\n"
           "  --colour=WHEN         auto (on a terminal), always or never\n"
           "  --json                print JSON, for programs\n"
           "  --brief               print a line for each object\n"
           "  -h, --help            print this help\n"
           "  -V, --version         print the version\n"
           "\n"
           "Exit status: 0 done, 1 refused by ovs-iovd, 2 no answer, "
           "3 wrong usage.\n");
    exit(EXIT_DONE);
}

OVS_NO_RETURN static void
die_of_usage(void)
{
    fprintf(stderr, "use \"%s --help\" for help\n", program_name);
    exit(EXIT_USAGE);
}

static bool
wants_colour(const char *when)
{
    const char *term = getenv("TERM");

    if (!strcmp(when, "always")) {
        return true;
    } else if (!strcmp(when, "never")) {
        return false;
    } else if (strcmp(when, "auto")) {
        fprintf(stderr, "%s: --colour=%s: \"auto\", \"always\" or \"never\" "
                "is accepted; ", program_name, when);
        die_of_usage();
    }
    return (isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term
            && strcmp(term, "dumb"));
}

enum { OPT_COLOUR = UCHAR_MAX + 1, OPT_JSON, OPT_BRIEF };

static const struct option long_options[] = {
    { "target", required_argument, NULL, 't' },
    { "timeout", required_argument, NULL, 'T' },
    { "colour", required_argument, NULL, OPT_COLOUR },
    { "color", required_argument, NULL, OPT_COLOUR },
    { "json", no_argument, NULL, OPT_JSON },
    { "brief", no_argument, NULL, OPT_BRIEF },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 },
};

static void
set_timeout(const char *value)
{
    unsigned int seconds;

    if (!str_to_uint(value, 10, &seconds) || !seconds) {
        fprintf(stderr, "%s: --timeout=%s is no number of seconds; ",
                program_name, value);
        die_of_usage();
    }
    time_alarm(seconds);
}

/* Takes the options before the verb. */
static void
parse_options(int argc, char *argv[], struct request *r, const char **when)
{
    int c;

    while ((c = getopt_long(argc, argv, "+t:T:hV", long_options,
                            NULL)) != -1) {
        switch (c) {
        case 't':
            r->target = optarg;
            break;
        case 'T':
            set_timeout(optarg);
            break;
        case OPT_COLOUR:
            *when = optarg;
            break;
        case OPT_JSON:
            r->json = true;
            break;
        case OPT_BRIEF:
            r->brief = true;
            break;
        case 'h':
            usage();
        case 'V':
            printf("%s (ovs-iov) %s\n", program_name, IOV_VERSION);
            exit(EXIT_DONE);
        default:
            die_of_usage();
        }
    }
}

/* Takes --json and --brief out of the arguments of the verb. */
static void
parse_arguments(struct request *r, int argc, char *argv[])
{
    bool options_end = false;

    r->args = xcalloc(argc + 1, sizeof *r->args);
    for (int i = 0; i < argc; i++) {
        if (!options_end && !strcmp(argv[i], "--json")) {
            r->json = true;
        } else if (!options_end && !strcmp(argv[i], "--brief")) {
            r->brief = true;
        } else {
            options_end |= !strcmp(argv[i], "--");
            r->args[r->n_args++] = argv[i];
        }
    }
    if ((r->brief && !strstr(r->verb->usage, "--brief"))
        || (r->json && !strstr(r->verb->usage, "--json"))
        || (r->brief && r->json)) {
        fprintf(stderr, "%s %s: %s; usage: %s %s %s\n", program_name,
                r->verb->name,
                r->brief && r->json ? "either --json or --brief"
                : r->brief ? "there is no option --brief"
                : "there is no option --json", program_name, r->verb->name,
                r->verb->usage);
        exit(EXIT_USAGE);
    }
}

int
main(int argc, char *argv[])
{
    struct request r = { .target = "ovs-iovd" };
    const char *when = "auto";

    set_program_name(argv[0]);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_EMER);
    parse_options(argc, argv, &r, &when);
    r.colour = wants_colour(when);
    argc -= optind;
    argv += optind;
    if (!argc) {
        fprintf(stderr, "%s: a command is missing; ", program_name);
        die_of_usage();
    }
    if (!strcmp(argv[0], "complete")) {
        complete(r.target, argc - 1, argv + 1);
        return EXIT_DONE;
    }
    r.verb = verb_find(argv[0]);
    if (!r.verb) {
        fprintf(stderr, "%s: there is no command \"%s\"; ", program_name,
                argv[0]);
        die_of_usage();
    }
    parse_arguments(&r, argc - 1, argv + 1);

    enum exit_status status = r.verb->func(&r);
    free(r.args);
    return status;
}
