/* SPDX-License-Identifier: Apache-2.0
 *
 * ovs-iovd: options, start, main loop, end.
 *
 * Privileges are dropped before anything is opened, so that nothing is ever
 * done with more of them than the daemon will have later; for the same reason
 * --user is not left to Open vSwitch, see privileges.h. */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "command-line.h"
#include "daemon.h"
#include "dirs.h"
#include "dummy.h"
#include "fatal-signal.h"
#include "memory.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vconn.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "simap.h"
#include "stream-ssl.h"
#include "stream.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"
#include "vswitchd-ext/command/command.h"
#include "vswitchd-ext/control/loop.h"
#include "vswitchd-ext/control/privileges.h"
#include "vswitchd-ext/control/runtime.h"
#include "vswitchd-ext/control/service.h"

VLOG_DEFINE_THIS_MODULE(iovd);

/* For so long an exit without --cleanup waits for the database server. */
#define RETIRE_MSEC 2000

/* Of systemd-journald, if there is one. */
#define JOURNALD_SOCKET "/run/systemd/journal/socket"

struct options {
    char *database;
    char *journal;
    char *unixctl;
    char *host_root;
    char *history;
    char *journald;
    bool dummy;
};

/* What "exit" has asked for. */
struct ending {
    bool asked;
    long long int deadline;     /* ms, 0: none yet. */
    bool clean_up;
    struct unixctl_conn **conns; /* Answered when the work is done. */
    size_t n_conns;
    struct ds left;             /* What could not be put back, by lines. */
};

static void parse_options(int argc, char *argv[], struct options *);
OVS_NO_RETURN static void usage(void);

static void
start_daemon(void)
{
#if OVS_VERSION_NUM >= 302
    daemonize_start(true, false);
#else
    daemonize_start(true);
#endif
}

static void
exit_command(struct unixctl_conn *conn, int argc, const char *argv[],
             void *ending_)
{
    struct ending *ending = ending_;

    if (argc > 1 && strcmp(argv[1], "--cleanup")) {
        char *error = xasprintf("exit: there is no option \"%s\"; usage: "
                                "exit [--cleanup]", argv[1]);
        unixctl_command_reply_error(conn, error);
        free(error);
        return;
    }
    ending->asked = true;
    ending->clean_up = ending->clean_up || argc > 1;
    ending->conns = xrealloc(ending->conns, (ending->n_conns + 1)
                                            * sizeof *ending->conns);
    ending->conns[ending->n_conns++] = conn;
}

static void
report_memory(void)
{
    if (memory_should_report()) {
        struct simap usage = SIMAP_INITIALIZER(&usage);

        simap_increase(&usage, "ports", shash_count(&iov_runtimes));
        memory_report(&usage);
        simap_destroy(&usage);
    }
}

/* True if the daemon may end.  A database server that does not answer does not
 * keep it from that for longer than RETIRE_MSEC once all else is done. */
static bool
may_end(struct ending *ending)
{
    if (!ending->asked) {
        return false;
    } else if (ending->clean_up
               ? iov_loop_is_clean() : iov_loop_is_retired()) {
        return true;
    } else if (ending->clean_up && !iov_loop_is_put_back()) {
        ending->deadline = 0;
        return false;
    }
    if (!ending->deadline) {
        ending->deadline = time_msec() + RETIRE_MSEC;
    }
    return time_msec() >= ending->deadline;
}

/* Runs until the work is done. */
static void
main_loop(struct unixctl_server *unixctl, struct ending *ending)
{
    for (;;) {
        iov_service_run();
        memory_run();
        report_memory();
        iov_loop_run();
        unixctl_server_run(unixctl);
        iov_async_run();
        iov_worker_run();
        if (ending->clean_up) {
            iov_loop_clean_up();
        }
        if (ending->asked) {
            iov_service_stopping();
        }
        if (may_end(ending)) {
            return;
        }

        iov_service_wait();
        memory_wait();
        iov_loop_wait();
        unixctl_server_wait(unixctl);
        iov_async_wait();
        iov_worker_wait();
        if (ending->deadline) {
            poll_timer_wait_until(ending->deadline);
        }
        poll_block();
        if (should_service_stop()) {
            return;
        }
    }
}

/* A guest that keeps its VF does not keep the daemon from ending, but whoever
 * has asked for it has to know. */
static void
answer_exit(struct ending *ending)
{
    char *error = NULL;

    if (ending->left.length) {
        error = xasprintf("exit: ovs-iovd has ended, but not all is as it was "
                          "found:\n%sonce this can be done, start it and exit "
                          "with --cleanup again", ds_cstr(&ending->left));
    }
    for (size_t i = 0; i < ending->n_conns; i++) {
        if (error) {
            unixctl_command_reply_error(ending->conns[i], error);
        } else {
            unixctl_command_reply(ending->conns[i], NULL);
        }
    }
    free(error);
    free(ending->conns);
    ds_destroy(&ending->left);
}

static void
free_options(struct options *options)
{
    free(options->database);
    free(options->journal);
    free(options->unixctl);
    free(options->host_root);
    free(options->history);
    free(options->journald);
}

int
main(int argc, char *argv[])
{
    struct options options = { .dummy = false };
    struct ending ending = { .left = DS_EMPTY_INITIALIZER };
    struct unixctl_server *unixctl;
    int error;

    set_program_name(argv[0]);
    ovs_set_program_name("ovs-iovd", IOV_VERSION);
    ovs_cmdl_proctitle_init(argc, argv);
    service_start(&argc, &argv);
    parse_options(argc, argv, &options);
    fatal_ignore_sigpipe();
    iov_privileges_drop(!options.dummy);
    start_daemon();
    iov_service_init();

    error = unixctl_server_create(options.unixctl, &unixctl);
    if (error) {
        ovs_fatal(error, "cannot create the control socket %s",
                  options.unixctl ? options.unixctl : "");
    }
    unixctl_command_register("exit", "[--cleanup]", 0, 1, exit_command,
                             &ending);
    iov_commands_register();

    if (options.dummy) {
        timeval_dummy_register();
    }

    struct iov_loop_options loop_options = {
        .database = options.database,
        .journal = options.journal,
        .host_root = options.host_root,
        .history = options.history,
        .journald = options.journald,
        .dummy = options.dummy,
    };
    iov_loop_init(&loop_options);
    daemonize_complete();
    iov_service_ready();
    VLOG_INFO("ovs-iovd %s, built with Open vSwitch %s", IOV_VERSION,
              IOV_OVS_VERSION);

    main_loop(unixctl, &ending);
    if (ending.clean_up) {
        iov_loop_verify(&ending.left);
    }

    iov_async_cancel("ovs-iovd is exiting");
    iov_worker_cancel("ovs-iovd is exiting");
    iov_loop_exit();
    answer_exit(&ending);
    unixctl_server_destroy(unixctl);
    free_options(&options);
    service_stop();
    ovs_cmdl_proctitle_restore();
    return 0;
}

enum {
    OPT_UNIXCTL = UCHAR_MAX + 1,
    OPT_JOURNAL,
    OPT_ENABLE_DUMMY,
    OPT_HOST_ROOT,
    OPT_HISTORY,
    OPT_JOURNALD,
    OPT_BOOTSTRAP_CA_CERT,
    OPT_PEER_CA_CERT,
    VLOG_OPTION_ENUMS,
    DAEMON_OPTION_ENUMS,
    SSL_OPTION_ENUMS,
};

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"unixctl", required_argument, NULL, OPT_UNIXCTL},
    {"journal", required_argument, NULL, OPT_JOURNAL},
    {"enable-dummy", no_argument, NULL, OPT_ENABLE_DUMMY},
    {"host-root", required_argument, NULL, OPT_HOST_ROOT},
    {"history", required_argument, NULL, OPT_HISTORY},
    {"journald", required_argument, NULL, OPT_JOURNALD},
    DAEMON_LONG_OPTIONS,
    VLOG_LONG_OPTIONS,
    STREAM_SSL_LONG_OPTIONS,
    {"bootstrap-ca-cert", required_argument, NULL, OPT_BOOTSTRAP_CA_CERT},
    {"peer-ca-cert", required_argument, NULL, OPT_PEER_CA_CERT},
    {NULL, 0, NULL, 0},
};

static bool
parse_own_option(int c, struct options *options)
{
    switch (c) {
    case 'h':
        usage();

    case 'V':
        ovs_print_version(0, 0);
        exit(EXIT_SUCCESS);

    case OPT_UNIXCTL:
        free(options->unixctl);
        options->unixctl = xstrdup(optarg);
        return true;

    case OPT_JOURNAL:
        free(options->journal);
        options->journal = abs_file_name(NULL, optarg);
        return true;

    case OPT_ENABLE_DUMMY:
        options->dummy = true;
        return true;

    case OPT_HOST_ROOT:
        free(options->host_root);
        options->host_root = abs_file_name(NULL, optarg);
        return true;

    case OPT_HISTORY:
        free(options->history);
        options->history = abs_file_name(NULL, optarg);
        return true;

    case OPT_JOURNALD:
        free(options->journald);
        options->journald = abs_file_name(NULL, optarg);
        return true;

    case OPT_BOOTSTRAP_CA_CERT:
        stream_ssl_set_ca_cert_file(optarg, true);
        return true;

    case OPT_PEER_CA_CERT:
        stream_ssl_set_peer_ca_cert_file(optarg);
        return true;

    case OPT_USER_GROUP:
        iov_privileges_set_user(optarg);
        return true;

    case '?':
        exit(EXIT_FAILURE);

    default:
        return false;
    }
}

static void
parse_common_option(int c)
{
    switch (c) {
    VLOG_OPTION_HANDLERS
    DAEMON_OPTION_HANDLERS
    STREAM_SSL_OPTION_HANDLERS

    default:
        abort();
    }
}

static void
parse_options(int argc, char *argv[], struct options *options)
{
    char *short_options = ovs_cmdl_long_options_to_short_options(
        long_options);
    int c;

    while ((c = getopt_long(argc, argv, short_options, long_options,
                            NULL)) != -1) {
        if (!parse_own_option(c, options)) {
            parse_common_option(c);
        }
    }
    free(short_options);

    argc -= optind;
    argv += optind;
    if (options->host_root && !options->dummy) {
        ovs_fatal(0, "--host-root=%s: another host than this one can only be "
                  "looked at by simulated NICs; add --enable-dummy, or remove "
                  "--host-root", options->host_root);
    }
    if (argc > 1) {
        ovs_fatal(0, "\"%s\": at most one argument, the database, is "
                  "accepted; use --help for usage", argv[1]);
    }
    options->database = (argc
                         ? xstrdup(argv[0])
                         : xasprintf("unix:%s/db.sock", ovs_rundir()));
    if (!options->journal) {
        options->journal = xasprintf("%s/ovs-iovd.journal", ovs_rundir());
    }
    if (!options->history) {
        options->history = xasprintf("%s/ovs-iovd.history", ovs_rundir());
    }
    if (!options->journald && !options->dummy) {
        options->journald = xstrdup(JOURNALD_SOCKET);
    }
}

static void
usage(void)
{
    printf("%s: puts ports of Open vSwitch on SR-IOV virtual functions\n"
           "usage: %s [OPTIONS] [DATABASE]\n"
           "where DATABASE is a socket on which ovsdb-server is listening\n"
           "      (default: \"unix:%s/db.sock\").\n",
           program_name, program_name, ovs_rundir());
    stream_usage("DATABASE", true, false, true);
    daemon_usage();
    vlog_usage();
    printf("\nOther options:\n"
           "  --unixctl=SOCKET        override default control socket name\n"
           "  --journal=FILE          where to remember what has to be put "
           "back\n"
           "                          (default: %s/ovs-iovd.journal)\n"
           "  --history=FILE          where to write what happened\n"
           "                          (default: %s/ovs-iovd.history)\n"
           "  --journald=SOCKET       socket of the system's journal\n"
           "  --enable-dummy          have simulated NICs, for tests\n"
           "  --host-root=DIR         be on the host captured in DIR, for "
           "tests\n"
           "  -h, --help              display this help message\n"
           "  -V, --version           display version information\n",
           ovs_rundir(), ovs_rundir());
    exit(EXIT_SUCCESS);
}
