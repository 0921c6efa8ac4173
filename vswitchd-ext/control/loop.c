/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole loop: see loop.h.
 *
 * A change of flows alone does not cost a snapshot: the verdicts of the ports
 * that it concerns are brought up to date.  That is done a few milliseconds at
 * a time, and so is everything else that may take long.
 *
 * At its start the daemon may find ports on their VFs and knows no flows yet.
 * It does nothing until it has heard from everybody, or until START_GRACE has
 * passed, so that its own restart costs no port its VF; from then on whatever
 * is not known means software. */

#include <config.h>
#include "vswitchd-ext/control/loop.h"

#include <limits.h>
#include <string.h>

#include "coverage.h"
#include "offload/guest.h"
#include "offload/host/filters.h"
#include "offload/journal.h"
#include "offload/provider.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "policy/verdict/verdict.h"
#include "timeval.h"
#include "util.h"
#include "vswitchd-ext/control/activity.h"
#include "vswitchd-ext/control/dispatch.h"
#include "vswitchd-ext/control/heard.h"
#include "vswitchd-ext/control/history.h"
#include "vswitchd-ext/control/holds.h"
#include "vswitchd-ext/control/port-mac.h"
#include "vswitchd-ext/control/privileges.h"
#include "vswitchd-ext/control/readiness.h"
#include "vswitchd-ext/control/reconcile-pf.h"
#include "vswitchd-ext/control/reconcile.h"
#include "vswitchd-ext/control/report.h"
#include "vswitchd-ext/control/runtime.h"
#include "vswitchd-ext/control/software-path.h"
#include "vswitchd-ext/status.h"
#include "vswitchd-ext/control/timing.h"
#include "vswitchd-ext/ovs/db.h"
#include "vswitchd-ext/ovs/fdb.h"
#include "vswitchd-ext/ovs/monitors.h"

VLOG_DEFINE_THIS_MODULE(iov_loop);

COVERAGE_DEFINE(iov_evaluated);
COVERAGE_DEFINE(iov_iterate);
COVERAGE_DEFINE(iov_wakeup);

#define START_GRACE 5000        /* ms. */

/* What one run may take before others have their turn; a turn that has begun
 * is completed. */
#define RUN_USEC 3000
#define MAX_ITERATIONS 16
#define EVALUATE_USEC 2500

/* As long as all ports can be judged within this time nothing is done before,
 * because what has to be done for many ports at once takes long, too.  After
 * that it is done so often. */
#define EVALUATE_ALL_USEC 40000

/* For so long a new snapshot may be put off. */
#define COLLECT_LATER_USEC 25000

static struct iov_snapshot *snapshot;
static struct iov_verdicts *verdicts;
static struct iov_nics nics;
static struct iov_status *status;

static long long int start;     /* ms. */
static bool started;
static bool clean_up;
static bool dummy;
static uint64_t n_touched;      /* Changes from outside the inputs. */
static uint64_t seen;           /* Sum of all changes at the last turn. */
static uint64_t seen_db;        /* Of which those of the database. */
static bool collect_is_due;     /* Flows were looked at before those, ... */
static long long int collect_due_since; /* ...from then on, us. */
static uint64_t seen_flows;     /* Flows that the verdicts are of. */
static bool reconcile_is_due;   /* Verdicts have changed. */
static bool half_evaluated;     /* The last iteration ended with verdicts that
                                 * were not up to date. */
static bool evaluating;         /* Flows have changed... */
static struct iov_moment evaluating_since; /* ...since then. */
static long long int reconciled_at;        /* us. */
static long long int changed_at; /* us: the verdicts are of what had come. */
static bool in_haste;           /* The last run ended before all was done. */
static struct iov_moment run_begun;
static uint64_t n_iterations;

/* Inputs. */

static void
run_inputs(long long int now)
{
    iov_db_run();
    iov_fdb_run(now);
    iov_monitors_run();         /* By now it is known if the switch is lost. */
    iov_providers_run(now);
    iov_readiness_run();
    iov_filters_run();
    iov_software_path_run(now);
    iov_heard_run(now);
    iov_guests_run(now);
}

static uint64_t
changes(void)
{
    return (iov_db_changed() + iov_monitors_changed() + iov_providers_changed()
            + iov_guests_changed() + iov_fdb_connection() + iov_heard_changed()
            + iov_readiness_changed() + iov_filters_changed() + n_touched
            + iov_software_path_changed()
            + (iov_fdb_unreachable() ? 1ull << 40 : 0));
}

/* Failed operations to be tried again, ports that have waited. */
static void
expire(long long int now)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &iov_runtimes) {
        struct iov_runtime *runtime = node->data;
        bool expired = iov_failures_expire(&runtime->failures, now);

        if (iov_runtime_is_over(runtime, now) || expired) {
            iov_loop_touch();
        }
    }
}

/* Snapshot. */

static void
collect_nics(void)
{
    iov_nics_clear(&nics);
    iov_providers_fill(&nics);
    iov_nics_sort(&nics);
    iov_readiness_see(&nics);
    iov_journal_fill(&nics);
    if (iov_journal_prune(&nics)) {
        iov_loop_touch();
    }
    for (size_t i = 0; i < nics.n_pfs; i++) {
        struct iov_pf *pf = &nics.pfs[i];
        pf->failures = iov_pf_failures(pf->netdev);
        for (unsigned int j = 0; j < pf->n_vfs; j++) {
            struct iov_vf *vf = &pf->vfs[j];
            if (vf->record) {
                vf->guest = iov_guests_state(vf->record->guest, vf);
            }
        }
    }
}

/* Marks VFs that are ports of Open vSwitch.  Only with a datapath of the
 * kernel they have a master. */
static void
collect_vf_ports(void)
{
    struct shash vfs = SHASH_INITIALIZER(&vfs);

    for (size_t i = 0; i < nics.n_pfs; i++) {
        for (unsigned int j = 0; j < nics.pfs[i].n_vfs; j++) {
            struct iov_vf *vf = &nics.pfs[i].vfs[j];
            if (vf->netdev) {
                shash_add_once(&vfs, vf->netdev, vf);
            }
        }
    }
    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        const struct iov_bridge *bridge = &snapshot->bridges[i];

        for (size_t j = 0; j < bridge->n_ports; j++) {
            struct iov_vf *vf = shash_find_data(&vfs, bridge->ports[j].name);
            if (vf) {
                free(vf->host_use);
                vf->host_use = xasprintf("it is a port of bridge %s",
                                         bridge->name);
                vf->use = IOV_HOST_USE_OWN;
            }
        }
    }
    shash_destroy(&vfs);
}

static void
collect_port(const struct iov_bridge *bridge, struct iov_port *port)
{
    struct iov_runtime *runtime = iov_runtime_get(port->name);

    runtime->seen = true;
    iov_runtime_compare(runtime, &nics, time_msec());
    iov_runtime_set_request(runtime, port);
    port->commanded_hold = iov_hold_of(runtime, bridge->name);
    port->stays = runtime->state == IOV_PORT_DIRECT;
    iov_port_mac_collect(port, runtime, &nics);
    port->failures = &runtime->failures;
    port->damping = &runtime->damping;
    port->vf_turn = runtime->vf_turn;
    if (port->keys.weight && port->keys.guest.text) {
        iov_filters_get(port->name, &port->filters);
        port->guest_not_ready =
            iov_guests_not_ready(port->keys.guest.text, port->mac);
        port->guest_busy = iov_guests_busy(port->keys.guest.text);
    }
    iov_heard_port(bridge, port, runtime, &nics);
}

static void
collect(void)
{
    collect_nics();
    snapshot = iov_snapshot_create();
    snapshot->now = time_msec();
    snapshot->nics = &nics;
    iov_db_fill(snapshot);
    collect_vf_ports();
    iov_monitors_fill(snapshot);
    iov_readiness_allow(snapshot->keys.unsafe_interrupts_ok);
    snapshot->safety = iov_readiness_safety();
    snapshot->no_switch = nullable_xstrdup(iov_fdb_unreachable());
    snapshot->dead_path = nullable_xstrdup(iov_software_path_dead());
    snapshot->no_journal = nullable_xstrdup(iov_journal_blocked());
    snapshot->no_privilege = dummy ? NULL : iov_privileges_missing();
    for (size_t i = 0; i < snapshot->n_bridges; i++) {
        struct iov_bridge *bridge = &snapshot->bridges[i];
        for (size_t j = 0; j < bridge->n_ports; j++) {
            collect_port(bridge, &bridge->ports[j]);
        }
    }
    iov_heard_end();
    iov_guests_sweep();
    iov_snapshot_finish(snapshot);
}

/* Verdicts. */

/* Brings the verdicts up to date with the flows, as far as time permits.
 * Returns true if any has changed. */
static bool
evaluate(void)
{
    long long int deadline = time_usec() + EVALUATE_USEC;

    if (seen_flows != iov_monitors_flows_changed()) {
        seen_flows = iov_monitors_flows_changed();
        iov_verdicts_see_flows(verdicts);
    }
    while (iov_verdicts_update(verdicts)) {
        COVERAGE_INC(iov_evaluated);
        if (time_usec() >= deadline) {
            break;
        }
    }
    snapshot->now = time_msec();
    return iov_verdicts_finish(verdicts);
}

/* A snapshot, and the verdicts of it; ports whose flows are not examined yet
 * keep their verdict until they are. */
static void
collect_and_evaluate(void)
{
    struct iov_snapshot *old_snapshot = snapshot;
    struct iov_verdicts *old_verdicts = verdicts;

    seen = changes();
    seen_db = iov_db_changed();
    collect_is_due = false;
    collect();
    seen_flows = iov_monitors_flows_changed();
    verdicts = iov_verdicts_begin(snapshot, old_verdicts);
    iov_verdicts_destroy(old_verdicts);
    iov_snapshot_destroy(old_snapshot);
    evaluate();
}

/* Begins the flow monitors, and waits for them. */
static bool
is_ready(long long int now)
{
    if (!started && iov_db_ready() && iov_db_is_ours()) {
        if (!verdicts || changes() != seen) {
            collect_and_evaluate();
        } else {
            evaluate();
        }
        started =
            ((iov_monitors_all_known() && !iov_fdb_unreachable()
              && !iov_guests_are_new() && !iov_verdicts_are_outdated(verdicts))
             || now >= start + START_GRACE);
        in_haste |= iov_verdicts_are_outdated(verdicts);
    }
    return started && iov_db_is_ours();
}

static struct iov_reconcile
make_reconcile(void)
{
    return (struct iov_reconcile){
        .snapshot = snapshot,
        .verdicts = verdicts,
        .nics = &nics,
        .clean_up = clean_up,
        .now = time_msec(),
        .wall_now = time_wall_msec(),
        .changed_at = changed_at,
    };
}

/* Does what the verdicts ask for. */
static void
reconcile_all(void)
{
    struct iov_reconcile reconcile = make_reconcile();

    reconcile_is_due = false;
    half_evaluated = iov_verdicts_are_outdated(verdicts);
    bool settled =
        (iov_reconcile_run(&reconcile) && !half_evaluated && !collect_is_due);

    iov_status_destroy(status);
    status = iov_status_create(&reconcile, settled);
    if (!clean_up) {
        iov_db_publish(status);
    }
    reconciled_at = time_usec();
    COVERAGE_INC(iov_iterate);
    n_iterations++;
}

/* Returns true if a new snapshot can wait a little, so that flows that have
 * changed meanwhile are not held up by it: what comes from the database could
 * as well have come a moment later. */
static bool
may_collect_later(void)
{
    return (evaluating && status
            && (!collect_is_due
                || time_usec() - collect_due_since < COLLECT_LATER_USEC)
            && changes() - seen == iov_db_changed() - seen_db);
}

/* Brings everything up to date with what has come since 'begun'.  Returns
 * true if it is time to do something about it. */
static bool
schedule(const struct iov_moment *begun)
{
    if (!evaluating && seen_flows != iov_monitors_flows_changed()) {
        evaluating = true;
        evaluating_since = *begun;
    }
    changed_at = evaluating ? evaluating_since.usec : begun->usec;
    if ((changes() != seen && !may_collect_later())
        || (!status && !reconcile_is_due)) {
        collect_and_evaluate();
        reconcile_is_due = true;
    } else if (evaluating) {
        collect_due_since = collect_is_due ? collect_due_since : time_usec();
        collect_is_due = changes() != seen;
        reconcile_is_due |= evaluate();
    }

    if (iov_verdicts_are_outdated(verdicts)) {
        evaluating_since = evaluating ? evaluating_since : *begun;
        evaluating = true;
        in_haste = true;
        return (reconcile_is_due
                && time_usec() - MAX(evaluating_since.usec, reconciled_at)
                       >= EVALUATE_ALL_USEC);
    } else if (evaluating) {
        iov_timing_add(IOV_TIMING_EVALUATION, &evaluating_since);
        evaluating = false;
    }
    return reconcile_is_due || half_evaluated;
}

/* Goes once around.  Returns false if there was nothing to do. */
static bool
iterate(void)
{
    struct iov_moment begun = iov_moment_now();
    long long int now = time_msec();

    iov_history_set_iteration(n_iterations);
    run_inputs(now);
    if (!is_ready(now)) {
        return false;
    }
    if (iov_reconcile_take_results(&nics, now, time_wall_msec())) {
        iov_loop_touch();
    }
    expire(now);
    if (iov_activity_run(&nics, now, time_wall_msec())) {
        iov_loop_touch();
    }
    if (!schedule(&begun)) {
        return false;
    }
    reconcile_all();
    return true;
}

void
iov_loop_run(void)
{
    COVERAGE_INC(iov_wakeup);
    run_begun = iov_moment_now();
    in_haste = false;
    for (int i = 1; iterate(); i++) {
        /* What was just read back should be looked at before somebody else
         * can change it. */
        if (i >= MAX_ITERATIONS
            || (time_usec() - run_begun.usec >= RUN_USEC
                && !iov_runtime_any_reads())) {
            in_haste = true;
            break;
        }
    }
    iov_db_run_publishing();
    if (!in_haste) {
        iov_history_flush();
    }
}

void
iov_loop_wait(void)
{
    long long int now = time_msec();
    long long int deadline = LLONG_MAX;
    struct shash_node *node;

    iov_timing_add(IOV_TIMING_ROUND, &run_begun);
    if (in_haste) {
        poll_immediate_wake();
    }
    iov_db_wait();
    iov_monitors_wait();
    iov_filters_wait();
    iov_software_path_wait(now);
    iov_heard_wait(now);
    iov_providers_wait(now);
    iov_guests_wait(now);
    iov_fdb_wait(now);
    if (!started || !iov_db_is_ours()) {
        /* That the grace is over changes nothing before the database has
         * been read. */
        if (!started && iov_db_ready() && iov_db_is_ours()) {
            poll_timer_wait_until(start + START_GRACE);
        }
        return;
    }
    SHASH_FOR_EACH (node, &iov_runtimes) {
        const struct iov_runtime *runtime = node->data;
        deadline =
            MIN(deadline, iov_failures_deadline(&runtime->failures, now));
        if (runtime->damped_until) {
            deadline = MIN(deadline, runtime->damped_until);
        }
    }
    iov_activity_wait();
    if (deadline != LLONG_MAX) {
        poll_timer_wait_until(deadline);
    }
    if (changes() != seen) {
        poll_immediate_wake();
    }
}

/* Beginning and end. */

void
iov_loop_init(const struct iov_loop_options *options)
{
    char *error;

    start = time_msec();
    dummy = options->dummy;
    error = iov_journal_open(options->journal);
    if (error) {
        ovs_fatal(0, "%s", error);
    }
    iov_history_init(options->history, options->journald);
    iov_providers_init(options->dummy);
    if (iov_providers_errors()[0]) {
        VLOG_WARN("%s", iov_providers_errors());
    }
    iov_readiness_init(options->host_root);
    iov_filters_init(options->dummy);
    iov_software_path_init(options->dummy);
    iov_fdb_init();
    iov_heard_init(options->dummy);
    iov_db_init(options->database);
}

void
iov_loop_exit(void)
{
    iov_status_destroy(status);
    iov_verdicts_destroy(verdicts);
    iov_snapshot_destroy(snapshot);
    iov_nics_clear(&nics);
    status = NULL;
    verdicts = NULL;
    snapshot = NULL;
    iov_monitors_exit();
    iov_db_exit();
    iov_fdb_exit();
    iov_heard_exit();
    iov_guests_exit();
    iov_providers_exit();
    iov_readiness_exit();
    iov_filters_exit();
    iov_software_path_exit();
    iov_dispatch_exit();
    iov_journal_close();
    iov_runtime_destroy_all();
    iov_history_exit();
    iov_holds_clear();
}

const struct iov_view *
iov_loop_view(void)
{
    static const struct iov_view none;
    static struct iov_view view;

    view = (struct iov_view) { snapshot, verdicts, &nics, status };
    return status && iov_db_is_ours() ? &view : &none;
}

void
iov_loop_verify(struct ds *ds)
{
    if (iov_loop_view()->status) {
        struct iov_reconcile reconcile = make_reconcile();

        iov_reconcile_verify(&reconcile, ds);
    }
}

void
iov_loop_touch(void)
{
    n_touched++;
}

void
iov_loop_clean_up(void)
{
    if (!clean_up) {
        clean_up = true;
        iov_loop_touch();
    }
}

/* Failed operations do not keep the daemon from exiting: they are logged, and
 * the journal keeps what is left to be done. */
bool
iov_loop_is_put_back(void)
{
    return clean_up && status && status->settled && changes() == seen;
}

bool
iov_loop_is_clean(void)
{
    return (iov_db_is_anothers()
            || (iov_loop_is_put_back() && iov_db_unpublish()));
}

bool
iov_loop_is_retired(void)
{
    return !iov_db_is_ours() || iov_db_retire();
}

uint64_t
iov_loop_iteration(void)
{
    return n_iterations;
}
