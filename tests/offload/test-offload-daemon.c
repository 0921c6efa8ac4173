/* SPDX-License-Identifier: Apache-2.0 */

/* A daemon that has providers, guests and a journal, but no policy: every
 * operation is told by a command.
 *
 *   test/start OP PF VF [ARGUMENT...]   begins an operation
 *   test/results                        tells and forgets what has finished
 *   test/nics                           tells what the providers tell
 *   test/state GUEST PF VF              tells where a VF is
 *   test/absent GUEST [MAC]
 *   test/held GUEST
 *   test/cancel PORT
 *
 * ARGUMENT is {SETTINGS} ATTR for vf-set, MAC for pf-mac-*, GUEST [MAC] for
 * guest-*, N for set-num-vfs, and PORT GUEST MAC FENCE-MAC for record.
 *
 * The order of calls in a turn is that of the real daemon, because results
 * depend on it. */

#include <config.h>

#include "tests/offload/test-offload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-line.h"
#include "daemon.h"
#include "dummy.h"
#include "fatal-signal.h"
#include "offload/guest.h"
#include "offload/journal.h"
#include "offload/pci/pci.h"
#include "offload/provider.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

static struct iov_nics nics;
static struct ds told = DS_EMPTY_INITIALIZER;
static bool exiting;

static void
take_result(struct iov_result *r)
{
    iov_op_format(&told, r->op);
    if (r->error) {
        ds_put_format(&told, ": %s", ovs_strerror(r->error));
    } else {
        ds_put_cstr(&told, ": ok");
    }
    if (r->text) {
        ds_put_format(&told, " (%s)", r->text);
    }
    ds_put_char(&told, '\n');
    iov_result_destroy(r);
}

static void
take_results(void)
{
    struct iov_result *r;

    while ((r = iov_providers_next_result())
           || (r = iov_guests_next_result())) {
        take_result(r);
    }
}

void
test_daemon_refill(void)
{
    iov_nics_clear(&nics);
    iov_providers_fill(&nics);
    iov_journal_fill(&nics);
}

/* Fills in what the arguments from argv[4] on tell. */
static bool
parse_arguments(struct iov_op *op, int argc, const char *argv[])
{
    const char *first = argc > 4 ? argv[4] : "";
    const char *second = argc > 5 ? argv[5] : "";

    switch ((int) op->type) {
    case IOV_OP_VF_SET: {
        struct json *json = json_from_string(first);
        char *error = iov_vf_settings_from_json(json, &op->set);
        bool ok = !error && iov_vf_attr_from_name(second, &op->attr);

        json_destroy(json);
        free(error);
        return ok;
    }
    case IOV_OP_PF_MAC_ADD:
    case IOV_OP_PF_MAC_DEL:
        return eth_addr_from_string(first, &op->mac);
    case IOV_OP_GUEST_ATTACH:
    case IOV_OP_GUEST_ACTIVATE:
    case IOV_OP_GUEST_DETACH:
        op->guest = xstrdup(first);
        return !*second || eth_addr_from_string(second, &op->mac);
    case IOV_OP_SET_NUM_VFS:
        return str_to_uint(first, 10, &op->num_vfs);
    case IOV_OP_RECORD: {
        struct iov_vf_record *r = op->record = xzalloc(sizeof *r);
        const struct iov_pf *pf = iov_nics_find(&nics, op->pf);

        r->port = xstrdup(first);
        r->bridge = xstrdup("br0");
        r->guest = xstrdup(second);
        r->fence_vlan = 4094;
        if (pf && op->vf < pf->n_vfs) {
            r->original = pf->vfs[op->vf].now;
        }
        return (argc > 7 && eth_addr_from_string(argv[6], &r->mac)
                && eth_addr_from_string(argv[7], &r->fence_mac));
    }
    default:
        return true;
    }
}

static void
start(struct iov_op *op)
{
    const struct iov_pf *pf = iov_nics_find(&nics, op->pf);
    struct iov_result *result;

    switch ((int) op->type) {
    case IOV_OP_RECORD:
    case IOV_OP_FORGET:
        iov_journal_do(&op, 1, &nics, &result);
        take_result(result);
        break;
    case IOV_OP_GUEST_ATTACH:
    case IOV_OP_GUEST_ACTIVATE:
    case IOV_OP_GUEST_DETACH:
        iov_guests_start(op, pf && op->vf < pf->n_vfs
                         ? &pf->vfs[op->vf] : NULL);
        break;
    default:
        iov_providers_start(op);
        break;
    }
}

static void
start_cb(struct unixctl_conn *conn, int argc, const char *argv[],
         void *aux OVS_UNUSED)
{
    enum iov_op_type type;
    unsigned int vf;

    if (!iov_op_from_name(argv[1], &type)
        || !str_to_uint(argv[3], 10, &vf)) {
        unixctl_command_reply_error(conn, "no such operation or VF");
        return;
    }

    struct iov_op *op = iov_op_create(type, "", argv[2], vf);

    test_daemon_refill();
    if (parse_arguments(op, argc, argv)) {
        start(op);
        unixctl_command_reply(conn, NULL);
    } else {
        iov_op_destroy(op);
        unixctl_command_reply_error(conn, "bad argument");
    }
}

static void
results_cb(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    unixctl_command_reply(conn, ds_cstr(&told));
    ds_clear(&told);
}

static void
format_vf(struct ds *ds, const struct iov_vf *vf)
{
    ds_put_format(ds, "  vf %u: %s %s %s%s%s", vf->index,
                  vf->pci ? vf->pci : "-", vf->driver ? vf->driver : "-",
                  vf->netdev ? vf->netdev : "-", vf->busy ? " busy" : "",
                  vf->record ? " recorded" : "");
    for (size_t i = 0; i < IOV_N_VF_ATTRS; i++) {
        if (vf->now.known & IOV_VF_BIT(i)) {
            ds_put_cstr(ds, ", ");
            iov_vf_attr_format(ds, &vf->now, i);
        }
        if (vf->cannot & IOV_VF_BIT(i)) {
            ds_put_format(ds, ", cannot %s", iov_vf_attr_name(i));
        }
    }
    ds_put_char(ds, '\n');
}

static void
format_pf(struct ds *ds, const struct iov_pf *pf)
{
    ds_put_format(ds, "%s: %s, %s, %s, %s, %u of %u VFs, original %d, %s, "
                  "mtu %d\n", pf->netdev, pf->eswitch,
                  pf->pci ? pf->pci : "-", pf->driver ? pf->driver : "-",
                  pf->description ? pf->description : "-", pf->n_vfs,
                  pf->total_vfs, pf->original_vfs, pf->up ? "up" : "down",
                  pf->mtu);
    for (size_t i = 0; i < pf->n_macs; i++) {
        ds_put_format(ds, "  mac "ETH_ADDR_FMT"\n",
                      ETH_ADDR_ARGS(pf->macs[i]));
    }
    for (size_t i = 0; i < pf->n_our_macs; i++) {
        ds_put_format(ds, "  our mac "ETH_ADDR_FMT"\n",
                      ETH_ADDR_ARGS(pf->our_macs[i]));
    }
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        format_vf(ds, &pf->vfs[i]);
    }
}

static void
nics_cb(struct unixctl_conn *conn, int argc OVS_UNUSED,
        const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    test_daemon_refill();
    for (size_t i = 0; i < nics.n_pfs; i++) {
        format_pf(&ds, &nics.pfs[i]);
    }
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
}

static void
state_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
         void *aux OVS_UNUSED)
{
    unsigned int vf = 0;

    test_daemon_refill();

    const struct iov_pf *pf = iov_nics_find(&nics, argv[2]);

    str_to_uint(argv[3], 10, &vf);
    if (!pf || vf >= pf->n_vfs) {
        unixctl_command_reply_error(conn, "no such VF");
    } else {
        unixctl_command_reply(conn, iov_guest_state_name(
            iov_guests_state(argv[1], &pf->vfs[vf])));
    }
}

static void
absent_cb(struct unixctl_conn *conn, int argc, const char *argv[],
          void *aux OVS_UNUSED)
{
    struct eth_addr mac = eth_addr_zero;
    char *text;

    if (argc > 2) {
        eth_addr_from_string(argv[2], &mac);
    }
    text = iov_guests_not_ready(argv[1], mac);

    unixctl_command_reply(conn, text ? text : "present");
    free(text);
}

static void
held_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
        void *aux OVS_UNUSED)
{
    char *text = iov_guests_busy(argv[1]);

    unixctl_command_reply(conn, text ? text : "free");
    free(text);
}

static void
cancel_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *aux OVS_UNUSED)
{
    iov_guests_cancel(argv[1]);
    unixctl_command_reply(conn, NULL);
}

static void
prune_cb(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    test_daemon_refill();
    unixctl_command_reply(conn, iov_journal_prune(&nics) ? "yes" : "no");
}

static void
exit_cb(struct unixctl_conn *conn, int argc OVS_UNUSED,
        const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    exiting = true;
    unixctl_command_reply(conn, NULL);
}

static void
register_commands(void)
{
    unixctl_command_register("test/start", "OP PF VF [ARGUMENT...]", 3, 7,
                             start_cb, NULL);
    unixctl_command_register("test/results", "", 0, 0, results_cb, NULL);
    unixctl_command_register("test/nics", "", 0, 0, nics_cb, NULL);
    unixctl_command_register("test/state", "GUEST PF VF", 3, 3, state_cb,
                             NULL);
    unixctl_command_register("test/absent", "GUEST [MAC]", 1, 2, absent_cb,
                             NULL);
    unixctl_command_register("test/held", "GUEST", 1, 1, held_cb, NULL);
    unixctl_command_register("test/cancel", "PORT", 1, 1, cancel_cb, NULL);
    unixctl_command_register("test/prune", "", 0, 0, prune_cb, NULL);
    unixctl_command_register("exit", "", 0, 0, exit_cb, NULL);
}

static void
turn(struct unixctl_server *server)
{
    long long int now = time_msec();

    iov_providers_run(now);
    iov_guests_run(now);
    unixctl_server_run(server);
    take_results();
    test_rules_take();
    iov_providers_wait(now);
    iov_guests_wait(now);
    unixctl_server_wait(server);
    if (exiting) {
        poll_immediate_wake();
    }
    poll_block();
}

/* test-offload daemon [--detach] SOCKET JOURNAL [SYSFS] */
int
test_daemon(int argc, char *argv[])
{
    bool detach = argc > 1 && !strcmp(argv[1], "--detach");
    const char *const *args = (const char *const *) argv + detach;
    struct unixctl_server *server;

    if (argc - detach < 3) {
        ovs_fatal(0, "usage: test-offload daemon [--detach] SOCKET JOURNAL "
                  "[SYSFS]");
    }
    if (argc - detach > 3) {
        pci_set_sysfs(args[3]);
    }
    if (detach) {
        set_detach();
        set_no_chdir();
    }
    fatal_ignore_sigpipe();
#if OVS_VERSION_NUM >= 302
    daemonize_start(false, false);
#else
    daemonize_start(false);
#endif
    if (unixctl_server_create(args[1], &server)) {
        exit(EXIT_FAILURE);
    }
    register_commands();
    test_rules_register();
    timeval_dummy_register();

    char *error = iov_journal_open(args[2]);

    if (error) {
        fprintf(stderr, "%s\n", error);
        free(error);
    }
    iov_providers_init(true);
    fputs(iov_providers_errors(), stderr);
    daemonize_complete();
    while (!exiting) {
        turn(server);
    }
    iov_guests_exit();
    iov_providers_exit();
    iov_journal_close();
    iov_nics_clear(&nics);
    ds_destroy(&told);
    test_rules_exit();
    unixctl_server_destroy(server);
    return 0;
}
