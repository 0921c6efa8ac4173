/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: rows of the Open_vSwitch database.
 *
 * Each line begins a row, "bridge NAME", "port NAME", "interface NAME" or
 * "mirror NAME", which is part of the last one of the table above it, or sets
 * a column of the last row, "COLUMN=VALUE" or "COLUMN:KEY=VALUE".  What is
 * made of the rows is judged; whatever is said of them has to be clean.
 *
 * Whoever may write the database may write any value that its columns can
 * have, whatever ovs-vsctl or the schema's other clients would say to it. */

#include <config.h>

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/ofp-port.h"
#include "ovsdb-idl.h"
#include "policy/flow/table.h"
#include "policy/model/snapshot.h"
#include "policy/model/text.h"
#include "policy/reach/reach.h"
#include "policy/verdict/verdict.h"
#include "smap.h"
#include "tests/policy/sample-bridge.h"
#include "util.h"
#include "vswitch-idl.h"
#include "vswitchd-ext/ovs/db-internal.h"

#ifdef FUZZ_BY_CLANG
unsigned long long int fuzz_n_accepted;

/* Rows are not asked for here. */
struct ovsdb_idl *
db_idl(void)
{
    return NULL;
}
#endif

/* Rows of each kind; further ones are passed over. */
#define MAX_ROWS 8

enum kind { BRIDGE, PORT, INTERFACE, MIRROR, N_KINDS };

static struct rows {
    struct ovsrec_bridge bridge;
    struct ovsrec_port ports[MAX_ROWS];
    struct ovsrec_interface ifaces[MAX_ROWS];
    struct ovsrec_mirror mirrors[MAX_ROWS];
    struct ovsrec_qos qos;
    struct ovsrec_sflow sflow;

    struct ovsrec_port *port_list[MAX_ROWS];
    struct ovsrec_interface *iface_list[MAX_ROWS];
    struct ovsrec_mirror *mirror_list[MAX_ROWS];
    char *targets[1];
    int64_t numbers[N_KINDS * MAX_ROWS * 8];    /* What columns point to. */
    size_t n_numbers;
    size_t n[N_KINDS];
    enum kind last;
} rows;

/* Columns. */

enum type { TEXT, SWITCH, NUMBER, OPTIONAL, MAP };

struct column {
    enum kind kind;
    const char *name;
    enum type type;
    size_t offset;              /* In the row. */
    size_t offset_n;            /* OPTIONAL: of the number of values. */
};

#define COL(KIND, ROW, TYPE, NAME) \
    { KIND, #NAME, TYPE, offsetof(struct ovsrec_##ROW, NAME), 0 }
#define OPT(KIND, ROW, NAME)                                            \
    { KIND, #NAME, OPTIONAL, offsetof(struct ovsrec_##ROW, NAME),       \
      offsetof(struct ovsrec_##ROW, n_##NAME) }

static const struct column columns[] = {
    COL(BRIDGE, bridge, MAP, other_config),
    COL(BRIDGE, bridge, MAP, external_ids),
    COL(BRIDGE, bridge, SWITCH, stp_enable),
    COL(BRIDGE, bridge, SWITCH, rstp_enable),
    COL(BRIDGE, bridge, SWITCH, mcast_snooping_enable),
    OPT(BRIDGE, bridge, flood_vlans),
    COL(PORT, port, TEXT, vlan_mode),
    COL(PORT, port, TEXT, lacp),
    COL(PORT, port, SWITCH, protected_),
    COL(PORT, port, MAP, other_config),
    COL(PORT, port, MAP, external_ids),
    OPT(PORT, port, tag),
    OPT(PORT, port, trunks),
    COL(INTERFACE, interface, TEXT, type),
    COL(INTERFACE, interface, TEXT, error),
    COL(INTERFACE, interface, TEXT, admin_state),
    COL(INTERFACE, interface, TEXT, mac),
    COL(INTERFACE, interface, TEXT, mac_in_use),
    OPT(INTERFACE, interface, ofport),
    OPT(INTERFACE, interface, mtu),
    OPT(INTERFACE, interface, cfm_mpid),
    COL(INTERFACE, interface, NUMBER, ingress_policing_rate),
    COL(INTERFACE, interface, NUMBER, ingress_policing_kpkts_rate),
    COL(INTERFACE, interface, MAP, status),
    COL(INTERFACE, interface, MAP, bfd),
    COL(INTERFACE, interface, MAP, lldp),
    COL(INTERFACE, interface, MAP, other_config),
    COL(INTERFACE, interface, MAP, options),
    COL(INTERFACE, interface, MAP, external_ids),
    COL(MIRROR, mirror, SWITCH, select_all),
    OPT(MIRROR, mirror, select_vlan),
    OPT(MIRROR, mirror, output_vlan),
};

/* The last row of 'kind', or null. */
static void *
last_row(enum kind kind)
{
    size_t n = rows.n[kind];

    return (!n ? NULL
            : kind == BRIDGE ? (void *) &rows.bridge
            : kind == PORT ? (void *) &rows.ports[n - 1]
            : kind == INTERFACE ? (void *) &rows.ifaces[n - 1]
            : (void *) &rows.mirrors[n - 1]);
}

/* Lets the pointer at 'list' and the count at 'n' be one number. */
static void
set_optional(char *row, const struct column *c, int64_t value)
{
    if (rows.n_numbers < ARRAY_SIZE(rows.numbers)) {
        int64_t *number = &rows.numbers[rows.n_numbers++];
        size_t n = 1;

        *number = value;
        memcpy(row + c->offset, &number, sizeof number);
        memcpy(row + c->offset_n, &n, sizeof n);
    }
}

static void
set_text(char *row, const struct column *c, const char *value)
{
    char *text;

    memcpy(&text, row + c->offset, sizeof text);
    free(text);
    text = xstrdup(value);
    memcpy(row + c->offset, &text, sizeof text);
}

static void
set_column(char *row, const struct column *c, const char *key,
           const char *value)
{
    int64_t number = strtoll(value, NULL, 0);
    bool on = number != 0;

    switch (c->type) {
    case TEXT:
        set_text(row, c, value);
        break;
    case SWITCH:
        memcpy(row + c->offset, &on, sizeof on);
        break;
    case NUMBER:
        memcpy(row + c->offset, &number, sizeof number);
        break;
    case OPTIONAL:
        set_optional(row, c, number);
        break;
    case MAP:
        smap_replace(ALIGNED_CAST(struct smap *, row + c->offset), key,
                     value);
        break;
    }
}

/* Columns that are other rows. */
static void
set_reference(const char *name, const char *value)
{
    struct ovsrec_port *port = last_row(PORT);
    struct ovsrec_mirror *mirror = last_row(MIRROR);
    size_t i = strtoul(value, NULL, 0);

    if (!strcmp(name, "qos") && port) {
        port->qos = &rows.qos;
    } else if (!strcmp(name, "sflow") && rows.n[BRIDGE]) {
        rows.bridge.sflow = &rows.sflow;
    } else if (mirror && rows.n[PORT]) {
        struct ovsrec_port **p = &rows.port_list[i % rows.n[PORT]];
        if (!strcmp(name, "select_src_port")) {
            mirror->select_src_port = p;
            mirror->n_select_src_port = 1;
        } else if (!strcmp(name, "select_dst_port")) {
            mirror->select_dst_port = p;
            mirror->n_select_dst_port = 1;
        } else if (!strcmp(name, "output_port")) {
            mirror->output_port = *p;
        }
    }
}

static void
set(char *line, char *value)
{
    char *key = strchr(line, ':');

    if (key) {
        *key++ = '\0';
    }
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        const struct column *c = &columns[i];
        if (c->kind == rows.last && !strcmp(c->name, line)) {
            set_column(last_row(c->kind), c, key ? key : "", value);
            return;
        }
    }
    set_reference(line, value);
}

/* Rows. */

static void
init_row(void *row_, enum kind kind, const char *name)
{
    char *row = row_;

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        if (columns[i].kind == kind && columns[i].type == MAP) {
            smap_init(ALIGNED_CAST(struct smap *, row + columns[i].offset));
        }
    }
    if (kind == BRIDGE) {
        rows.bridge.name = xstrdup(name);
        rows.bridge.ports = rows.port_list;
        rows.bridge.mirrors = rows.mirror_list;
    } else if (kind == PORT) {
        struct ovsrec_port *port = row_;
        port->name = xstrdup(name);
        port->interfaces = &rows.iface_list[rows.n[INTERFACE]];
        rows.port_list[rows.bridge.n_ports++] = port;
    } else if (kind == INTERFACE) {
        struct ovsrec_interface *iface = row_;
        struct ovsrec_port *port = last_row(PORT);
        iface->name = xstrdup(name);
        iface->type = xstrdup("");
        rows.iface_list[rows.n[INTERFACE] - 1] = iface;
        port->n_interfaces++;
    } else {
        struct ovsrec_mirror *mirror = row_;
        mirror->name = xstrdup(name);
        rows.mirror_list[rows.bridge.n_mirrors++] = mirror;
    }
}

static void
begin_row(enum kind kind, const char *name)
{
    size_t max = kind == BRIDGE ? 1 : MAX_ROWS;
    enum kind above = kind == INTERFACE ? PORT : BRIDGE;

    if (rows.n[kind] < max && (kind == BRIDGE || rows.n[above])) {
        rows.n[kind]++;
        rows.last = kind;
        init_row(last_row(kind), kind, name);
    }
}

static void
free_row(void *row_, enum kind kind)
{
    char *row = row_;

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        const struct column *c = &columns[i];
        if (c->kind == kind && c->type == MAP) {
            smap_destroy(ALIGNED_CAST(struct smap *, row + c->offset));
        } else if (c->kind == kind && c->type == TEXT) {
            char *text;
            memcpy(&text, row + c->offset, sizeof text);
            free(text);
        }
    }
}

static void
free_rows(void)
{
    if (rows.n[BRIDGE]) {
        free_row(&rows.bridge, BRIDGE);
        free(rows.bridge.name);
    }
    for (size_t i = 0; i < rows.n[PORT]; i++) {
        free_row(&rows.ports[i], PORT);
        free(rows.ports[i].name);
    }
    for (size_t i = 0; i < rows.n[INTERFACE]; i++) {
        free_row(&rows.ifaces[i], INTERFACE);
        free(rows.ifaces[i].name);
    }
    for (size_t i = 0; i < rows.n[MIRROR]; i++) {
        free_row(&rows.mirrors[i], MIRROR);
        free(rows.mirrors[i].name);
    }
}

static void
read_line(char *line)
{
    static const char *const kinds[N_KINDS] = {
        "bridge ", "port ", "interface ", "mirror "
    };
    char *value = strchr(line, '=');

    for (int i = 0; i < N_KINDS; i++) {
        size_t len = strlen(kinds[i]);
        if (!strncmp(line, kinds[i], len)) {
            begin_row(i, line + len);
            return;
        }
    }
    if (value && rows.n[BRIDGE]) {
        *value++ = '\0';
        set(line, value);
    }
}

/* Judging. */

static void
check_texts(const struct svec *texts)
{
    for (size_t i = 0; i < texts->n; i++) {
        ovs_assert(iov_text_is_clean(texts->names[i]));
    }
}

static void
check_reasons(const struct iov_verdict *v)
{
    for (size_t i = 0; i < v->reasons.n; i++) {
        const struct iov_reason *r = &v->reasons.list[i];
        ovs_assert(!r->object || iov_text_is_clean(r->object));
        ovs_assert(!r->detail || iov_text_is_clean(r->detail));
    }
    /* On a VF, or there is a reason. */
    ovs_assert(v->vf || v->reasons.n);
    fuzz_n_accepted += v->vf != NULL;
}

static void
judge(void)
{
    struct ofputil_port_map names = OFPUTIL_PORT_MAP_INITIALIZER(&names);
    struct iov_snapshot *snapshot = iov_snapshot_create();
    struct iov_flow_table *table = iov_flow_table_create();
    struct iov_reach *reach = iov_reach_create(table);
    struct iov_nics nics = { .n_pfs = 0 };

    sample_add_flow(table, &names, "priority=0,actions=NORMAL");
    sample_add_pf(&nics, "pf0");
    snapshot->nics = &nics;

    struct iov_bridge *bridge = iov_snapshot_add_bridge(snapshot,
                                                        rows.bridge.name);
    bridge->reach = reach;
    db_fill_bridge(bridge, &rows.bridge);
    check_texts(&bridge->keys.errors);
    for (size_t i = 0; i < bridge->n_ports; i++) {
        check_texts(&bridge->ports[i].keys.errors);
        check_texts(&bridge->ports[i].keys.warnings);
    }
    iov_snapshot_finish(snapshot);

    struct iov_verdicts *vs = iov_verdicts_compute(snapshot);
    for (size_t i = 0; i < vs->n; i++) {
        check_reasons(&vs->list[i]);
    }
    iov_verdicts_destroy(vs);
    iov_snapshot_destroy(snapshot);
    iov_nics_clear(&nics);
    iov_reach_destroy(reach);
    iov_flow_table_destroy(table);
    ofputil_port_map_destroy(&names);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char type[] = "linux-htb", target[] = "127.0.0.1:6343";
    char *text = xmemdup0((const char *) data, size);
    char *save = NULL;

    memset(&rows, 0, sizeof rows);
    rows.qos.type = type;
    rows.targets[0] = target;
    rows.sflow.targets = rows.targets;
    rows.sflow.n_targets = 1;
    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        read_line(line);
    }
    if (rows.n[BRIDGE]) {
        judge();
    }
    free_rows();
    free(text);
    return 0;
}
