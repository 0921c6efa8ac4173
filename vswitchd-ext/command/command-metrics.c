/* SPDX-License-Identifier: Apache-2.0
 *
 * "iov/metrics": everything that metric.def lists, for Prometheus.
 *
 * Prometheus refuses everything if two samples have the same
 * labels.  Names that have to be escaped to be shown could become equal by
 * that, so ports and bridges with such names are left out and counted. */

#include <config.h>
#include "vswitchd-ext/command/command.h"

#include <string.h>

#include "policy/model/metric.h"
#include "policy/model/snapshot.h"
#include "timeval.h"
#include "util.h"
#include "uuid.h"
#include "vswitchd-ext/control/history-file.h"
#include "vswitchd-ext/control/journald.h"
#include "vswitchd-ext/control/loop.h"
#include "vswitchd-ext/control/runtime.h"
#include "vswitchd-ext/control/tally.h"
#include "vswitchd-ext/ovs/db-statistics.h"
#include "vswitchd-ext/status.h"

/* A port that is shown. */
struct row {
    const struct iov_port *port;
    const struct iov_port_status *status;
    struct iov_runtime *runtime;
};

struct sheet {
    struct ds *ds;
    const struct iov_view *view;
    struct row *rows;
    size_t n;
    size_t left_out;
};

#define HEAD(SHEET, ID) \
    iov_metric_put_head((SHEET)->ds, IOV_METRIC_ID_##ID)
#define PUT(SHEET, ID, VALUE, ...) \
    iov_metric_put((SHEET)->ds, IOV_METRIC_ID_##ID, \
                   (const char *const[]) { __VA_ARGS__ }, VALUE)
#define PUT_ALONE(SHEET, ID, VALUE) \
    HEAD(SHEET, ID); \
    PUT(SHEET, ID, VALUE, NULL)

static const struct iov_port *
find_port(const struct iov_snapshot *s, const struct iov_port_status *ps)
{
    const struct iov_bridge *bridge;

    return iov_snapshot_find_port(s, ps->name, &bridge);
}

/* A port is shown once it has asked for offload, and from then on. */
static void
add_rows(struct sheet *sheet)
{
    const struct iov_status *status = sheet->view->status;

    sheet->rows = xcalloc(status->n_ports + 1, sizeof *sheet->rows);
    for (size_t i = 0; i < status->n_ports; i++) {
        struct row row = {
            .status = &status->ports[i],
            .port = find_port(sheet->view->snapshot, &status->ports[i]),
            .runtime = iov_runtime_find(status->ports[i].name),
        };

        if (!row.port || !row.runtime
            || (row.status->state == IOV_PORT_OFF && !row.port->keys.weight
                && !row.runtime->tally.to_direct && !row.status->pf)) {
            continue;
        } else if (row.port->bad_name
                   || !uuid_equals(&row.port->uuid, &row.status->uuid)) {
            sheet->left_out++;
        } else {
            sheet->rows[sheet->n++] = row;
        }
    }
}

/* The daemon. */

static size_t
count_differences(void)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    size_t n = 0;

    iov_loop_verify(&ds);
    for (size_t i = 0; i < ds.length; i++) {
        n += ds.string[i] == '\n';
    }
    ds_destroy(&ds);
    return n;
}

static void
put_operations(struct sheet *sheet)
{
    static const char *const outcomes[] = {
        [IOV_OP_DONE] = "done",
        [IOV_OP_FAILED] = "failed",
        [IOV_OP_GIVEN_UP] = "given-up",
    };

    HEAD(sheet, OPERATIONS);
    for (int i = 0; i < IOV_N_OPS; i++) {
        for (int j = 0; j < IOV_N_OP_OUTCOMES; j++) {
            PUT(sheet, OPERATIONS, iov_tallies.ops[i][j], iov_op_name(i),
                outcomes[j]);
        }
    }
}

static void
put_daemon(struct sheet *sheet)
{
    HEAD(sheet, BUILD_INFO);
    PUT(sheet, BUILD_INFO, 1, IOV_VERSION, IOV_OVS_VERSION);
    PUT_ALONE(sheet, START_TIME, time_boot_msec() / 1e3);
    PUT_ALONE(sheet, SETTLED, sheet->view->status->settled);
    PUT_ALONE(sheet, ITERATIONS, iov_loop_iteration());
    PUT_ALONE(sheet, VERIFY, count_differences());
    PUT_ALONE(sheet, LEFT_OUT, sheet->left_out);
    HEAD(sheet, EVENTS_LOST);
    PUT(sheet, EVENTS_LOST, history_file_lost(), "file");
    PUT(sheet, EVENTS_LOST, journald_lost(), "journald");
    HEAD(sheet, FENCE);
    iov_metric_put_histogram(sheet->ds, IOV_METRIC_ID_FENCE,
                             &iov_tallies.fence);
    put_operations(sheet);
}

/* Bridges and PFs. */

static void
put_bridges(struct sheet *sheet)
{
    const struct iov_status *status = sheet->view->status;
    const struct iov_snapshot *s = sheet->view->snapshot;

    HEAD(sheet, BRIDGE_SUPPORTED);
    for (size_t i = 0; i < status->n_bridges; i++) {
        const struct iov_bridge_status *bs = &status->bridges[i];
        const struct iov_bridge *b = iov_snapshot_find_bridge(s, bs->name);

        if (b && !b->bad_name && uuid_equals(&b->uuid, &bs->uuid)) {
            PUT(sheet, BRIDGE_SUPPORTED, !bs->obstacles.n, bs->name);
        }
    }
    HEAD(sheet, BRIDGE_KNOWN);
    for (size_t i = 0; i < s->n_bridges; i++) {
        const struct iov_bridge *bridge = &s->bridges[i];

        if (bridge->keys.enabled && !bridge->bad_name) {
            PUT(sheet, BRIDGE_KNOWN, !bridge->flows_unknown, bridge->name);
        }
    }
}

static unsigned int
count_in_use(const struct iov_pf *pf)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        n += pf->vfs[i].record != NULL;
    }
    return n;
}

static void
put_pfs(struct sheet *sheet)
{
    const struct iov_nics *nics = sheet->view->nics;

    HEAD(sheet, PF_VFS);
    for (size_t i = 0; i < nics->n_pfs; i++) {
        const struct iov_pf *pf = &nics->pfs[i];

        PUT(sheet, PF_VFS, pf->total_vfs, pf->netdev, "possible");
        PUT(sheet, PF_VFS, pf->n_vfs, pf->netdev, "enabled");
        PUT(sheet, PF_VFS, count_in_use(pf), pf->netdev, "in-use");
    }
    HEAD(sheet, PF_MACS);
    for (size_t i = 0; i < nics->n_pfs; i++) {
        PUT(sheet, PF_MACS, nics->pfs[i].n_macs, nics->pfs[i].netdev);
    }
}

/* Ports. */

#define FOR_EACH_ROW(ROW, SHEET) \
    for (const struct row *ROW = (SHEET)->rows; \
         ROW < (SHEET)->rows + (SHEET)->n; ROW++)

#define PUT_PORT(SHEET, ID, VALUE, ROW, ...) \
    PUT(SHEET, ID, VALUE, (ROW)->status->name, (ROW)->status->bridge, \
        __VA_ARGS__)

static void
put_states(struct sheet *sheet)
{
    HEAD(sheet, WEIGHT);
    FOR_EACH_ROW (row, sheet) {
        PUT_PORT(sheet, WEIGHT, row->port->keys.weight, row, NULL);
    }
    HEAD(sheet, STATE);
    FOR_EACH_ROW (row, sheet) {
        for (int i = 0; i < IOV_N_PORT_STATES; i++) {
            PUT_PORT(sheet, STATE, row->status->state == i, row,
                     iov_port_state_name(i));
        }
    }
    HEAD(sheet, STATE_START);
    FOR_EACH_ROW (row, sheet) {
        PUT_PORT(sheet, STATE_START, row->status->since / 1e3, row, NULL);
    }
    HEAD(sheet, ACTIVE);
    FOR_EACH_ROW (row, sheet) {
        if (row->status->active_known) {
            PUT_PORT(sheet, ACTIVE, row->status->active, row, NULL);
        }
    }
}

/* Of the reasons of one kind, the time of the first and how many there are;
 * returns false for one that is not the first of its kind. */
static bool
sum_up(const struct iov_reasons *reasons, size_t i, long long int *since,
       size_t *n)
{
    enum iov_reason_id id = reasons->list[i].id;

    *since = reasons->list[i].since;
    *n = 0;
    for (size_t j = 0; j < reasons->n; j++) {
        if (reasons->list[j].id == id) {
            if (j < i) {
                return false;
            }
            *since = MIN(*since, reasons->list[j].since);
            ++*n;
        }
    }
    return true;
}

static void
put_reasons_of(struct sheet *sheet, const struct row *row,
               enum iov_metric_id id)
{
    const struct iov_reasons *reasons = &row->status->reasons;

    for (size_t i = 0; i < reasons->n; i++) {
        long long int since;
        size_t n;

        if (sum_up(reasons, i, &since, &n)) {
            const char *labels[] = {
                row->status->name, row->status->bridge,
                iov_reason_class(reasons->list[i].id)->slug
            };

            iov_metric_put(sheet->ds, id, labels,
                           id == IOV_METRIC_ID_REASON_START ? since / 1e3
                           : n);
        }
    }
}

static void
put_reasons(struct sheet *sheet)
{
    HEAD(sheet, REASON_START);
    FOR_EACH_ROW (row, sheet) {
        put_reasons_of(sheet, row, IOV_METRIC_ID_REASON_START);
    }
    HEAD(sheet, REASON_OBJECTS);
    FOR_EACH_ROW (row, sheet) {
        put_reasons_of(sheet, row, IOV_METRIC_ID_REASON_OBJECTS);
    }
}

static void
put_moves(struct sheet *sheet)
{
    long long int now = time_msec();

    HEAD(sheet, MOVES);
    FOR_EACH_ROW (row, sheet) {
        PUT_PORT(sheet, MOVES, row->runtime->tally.to_direct, row, "direct");
        PUT_PORT(sheet, MOVES, row->runtime->tally.to_software, row,
                 "software");
    }
    HEAD(sheet, PATH_SECONDS);
    FOR_EACH_ROW (row, sheet) {
        const struct iov_tally *t = &row->runtime->tally;

        PUT_PORT(sheet, PATH_SECONDS, iov_tally_direct_msec(t, now) / 1e3,
                 row, "direct");
        PUT_PORT(sheet, PATH_SECONDS, iov_tally_software_msec(t, now) / 1e3,
                 row, "software");
    }
}

/* What the switch receives from the port the guest has sent. */
static void
put_traffic(struct sheet *sheet)
{
    struct iov_db_statistics st;

    HEAD(sheet, PACKETS);
    FOR_EACH_ROW (row, sheet) {
        const struct iov_tally *t = &row->runtime->tally;

        iov_activity_look(row->runtime, sheet->view->nics, time_wall_msec());
        if (t->vf_counted) {
            PUT_PORT(sheet, PACKETS, t->vf_sent, row, "direct", "tx");
            PUT_PORT(sheet, PACKETS, t->vf_heard, row, "direct", "rx");
        }
        if (iov_db_statistics(&row->status->uuid, &st)) {
            PUT_PORT(sheet, PACKETS, st.rx_packets, row, "software", "tx");
            PUT_PORT(sheet, PACKETS, st.tx_packets, row, "software", "rx");
        }
    }
    HEAD(sheet, BYTES);
    FOR_EACH_ROW (row, sheet) {
        if (iov_db_statistics(&row->status->uuid, &st)) {
            PUT_PORT(sheet, BYTES, st.rx_bytes, row, "software", "tx");
            PUT_PORT(sheet, BYTES, st.tx_bytes, row, "software", "rx");
        }
    }
}

void
cmd_metrics(struct iov_command *cmd)
{
    struct sheet sheet = { .ds = &cmd->out, .view = cmd->view };

    add_rows(&sheet);
    put_daemon(&sheet);
    put_bridges(&sheet);
    put_pfs(&sheet);
    put_states(&sheet);
    put_reasons(&sheet);
    put_moves(&sheet);
    put_traffic(&sheet);
    free(sheet.rows);
}
