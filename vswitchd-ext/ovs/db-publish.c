/* SPDX-License-Identifier: Apache-2.0
 *
 * What the daemon writes into the Open_vSwitch database.
 *
 * What should be there is kept as text by row; each turn it is compared with
 * what is there, so that a transaction that failed, a restart of the server
 * and keys that an earlier daemon left behind need no code of their own.
 *
 * A published key comes back as a change of the database.  It ends there only
 * because equal values are never written again. */

#include <config.h>

#include "vswitchd-ext/ovs/db.h"

#include "coverage.h"
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"
#include "vswitch-idl.h"
#include "vswitchd-ext/status.h"
#include "vswitchd-ext/ovs/db-internal.h"

VLOG_DEFINE_THIS_MODULE(iov_publish);

COVERAGE_DEFINE(iov_db_publish);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

#define RETRY_MSEC 1000

/* Rows that are written at once; more would take too long to put together. */
#define MAX_ROWS 32

enum published_table { TABLE_INTERFACE, TABLE_BRIDGE, TABLE_OPEN_VSWITCH };

enum published_id {
#define PUBLISHED(TABLE, ENUM, KEY, MEANING) KEY_##ENUM,
#include "vswitchd-ext/ovs/published.def"
#undef PUBLISHED
    N_KEYS
};

static const struct published {
    enum published_table table;
    const char *key;
} published[N_KEYS] = {
#define PUBLISHED(TABLE, ENUM, KEY, MEANING) \
    [KEY_##ENUM] = { TABLE_##TABLE, KEY },
#include "vswitchd-ext/ovs/published.def"
#undef PUBLISHED
};

/* The keys that a row is to have; a row that is not in 'wanted' is to have
 * none. */
struct wanted_row {
    struct hmap_node node;      /* In 'wanted', by 'uuid'. */
    struct uuid uuid;
    struct smap keys;
};

static struct hmap wanted = HMAP_INITIALIZER(&wanted);
static bool publishing;         /* 'wanted' is valid. */
static struct ovsdb_idl_txn *txn;
static long long int retry_at;

/* The sign of life.  It is written seldom: each time, whoever monitors that
 * column is notified. */
#define ALIVE_MSEC 60000
static struct smap alive = SMAP_INITIALIZER(&alive);
static long long int alive_next;
static bool retired;            /* It is to be removed, or was. */

/* 'wanted' has been compared with the database as of 'compared_seqno'. */
static bool compared;
static unsigned int compared_seqno;

static void
wanted_clear(void)
{
    struct wanted_row *row;
    HMAP_FOR_EACH_POP (row, node, &wanted) {
        smap_destroy(&row->keys);
        free(row);
    }
}

static struct smap *
wanted_add(const struct uuid *uuid)
{
    struct wanted_row *row = xmalloc(sizeof *row);
    row->uuid = *uuid;
    smap_init(&row->keys);
    hmap_insert(&wanted, &row->node, uuid_hash(uuid));
    return &row->keys;
}

static const struct smap *
wanted_find(const struct uuid *uuid)
{
    const struct wanted_row *row;
    HMAP_FOR_EACH_WITH_HASH (row, node, uuid_hash(uuid), &wanted) {
        if (uuid_equals(&row->uuid, uuid)) {
            return &row->keys;
        }
    }
    return NULL;
}

static void
want_port(const struct iov_port_status *port)
{
    if (port->state == IOV_PORT_OFF) {
        return;
    }

    static const char *const names[] = {
#define PORT_STATE(ENUM, NAME, MEANING) [IOV_PORT_##ENUM] = NAME,
#include "policy/model/port-state.def"
#undef PORT_STATE
    };
    struct smap *keys = wanted_add(&port->uuid);
    smap_add(keys, published[KEY_STATE].key, names[port->state]);
    if (port->pf) {
        smap_add_format(keys, published[KEY_VF].key, "%s/%u",
                        port->pf, port->vf);
    }
    if (port->vf_pci) {
        smap_add(keys, published[KEY_VF_PCI].key, port->vf_pci);
    }
    if (port->active_known) {
        smap_add(keys, published[KEY_ACTIVE].key,
                 port->active ? "true" : "false");
    }
    if (port->reasons.n) {
        struct ds slugs = DS_EMPTY_INITIALIZER;
        iov_reasons_format_slugs(&slugs, &port->reasons);
        smap_add(keys, published[KEY_REASONS].key, ds_cstr(&slugs));
        ds_destroy(&slugs);
    }
    smap_add_nocopy(keys, xstrdup(published[KEY_SINCE].key),
                    xastrftime_msec("%Y-%m-%dT%H:%M:%S.###Z", port->since,
                                    true));
}

static void
want_bridge(const struct iov_bridge_status *bridge)
{
    struct smap *keys = wanted_add(&bridge->uuid);
    smap_add(keys, published[KEY_SUPPORT].key,
             bridge->obstacles.n ? "false" : "true");
    if (bridge->obstacles.n) {
        struct ds slugs = DS_EMPTY_INITIALIZER;
        iov_reasons_format_slugs(&slugs, &bridge->obstacles);
        smap_add(keys, published[KEY_OBSTACLES].key, ds_cstr(&slugs));
        ds_destroy(&slugs);
    }
    smap_add_format(keys, published[KEY_VFS].key, "%u", bridge->vfs);
    smap_add_format(keys, published[KEY_VFS_IN_USE].key, "%u",
                    bridge->vfs_in_use);
}

/* The generated functions that write one key, by table. */
static void
set_key(const struct ovsdb_idl_row *row, enum published_table table,
        const char *key, const char *value)
{
    if (table == TABLE_INTERFACE) {
        const struct ovsrec_interface *iface
            = CONTAINER_OF(row, struct ovsrec_interface, header_);
        if (value) {
            ovsrec_interface_update_external_ids_setkey(iface, key, value);
        } else {
            ovsrec_interface_update_external_ids_delkey(iface, key);
        }
    } else if (table == TABLE_OPEN_VSWITCH) {
        const struct ovsrec_open_vswitch *cfg
            = CONTAINER_OF(row, struct ovsrec_open_vswitch, header_);
        if (value) {
            ovsrec_open_vswitch_update_external_ids_setkey(cfg, key, value);
        } else {
            ovsrec_open_vswitch_update_external_ids_delkey(cfg, key);
        }
    } else {
        const struct ovsrec_bridge *bridge
            = CONTAINER_OF(row, struct ovsrec_bridge, header_);
        if (value) {
            ovsrec_bridge_update_external_ids_setkey(bridge, key, value);
        } else {
            ovsrec_bridge_update_external_ids_delkey(bridge, key);
        }
    }
}

/* Returns true if the row has not exactly the keys it is to have; if 'write',
 * mends that within 'txn', which the first difference opens. */
static bool
row_differs(const struct ovsdb_idl_row *row, enum published_table table,
            const struct smap *seen, bool write)
{
    const struct smap *keys = (table == TABLE_OPEN_VSWITCH ? &alive
                               : wanted_find(&row->uuid));
    bool differs = false;
    for (size_t i = 0; i < N_KEYS; i++) {
        const char *key = published[i].key;
        const char *value = keys ? smap_get(keys, key) : NULL;
        if (published[i].table != table
            || nullable_string_is_equal(value, smap_get(seen, key))) {
            continue;
        }
        differs = true;
        if (write) {
            if (!txn) {
                txn = ovsdb_idl_txn_create(db_idl());
            }
            set_key(row, table, key, value);
        }
    }
    return differs;
}

static bool
rows_differ(bool write)
{
    const struct ovsrec_open_vswitch *cfg
        = ovsrec_open_vswitch_first(db_idl());
    size_t n = (cfg && row_differs(&cfg->header_, TABLE_OPEN_VSWITCH,
                                   &cfg->external_ids, write));

    const struct ovsrec_bridge *bridge;
    OVSREC_BRIDGE_FOR_EACH (bridge, db_idl()) {
        n += row_differs(&bridge->header_, TABLE_BRIDGE,
                         &bridge->external_ids, write);
    }
    const struct ovsrec_interface *iface;
    OVSREC_INTERFACE_FOR_EACH (iface, db_idl()) {
        n += row_differs(&iface->header_, TABLE_INTERFACE,
                         &iface->external_ids, write);
        if (n >= MAX_ROWS) {
            break;              /* The rest when these are written. */
        }
    }
    return n > 0;
}

static void
txn_poll(void)
{
    if (!txn) {
        return;
    }
    enum ovsdb_idl_txn_status status = ovsdb_idl_txn_commit(txn);
    if (status == TXN_INCOMPLETE) {
        return;
    }
    if (status != TXN_SUCCESS && status != TXN_UNCHANGED) {
        retry_at = time_msec() + RETRY_MSEC;
        if (status == TXN_ERROR) {
            VLOG_WARN_RL(&rl, "database refused to take the state of ports, "
                         "will try again: %s", ovsdb_idl_txn_get_error(txn));
        }
    }
    ovsdb_idl_txn_destroy(txn);
    txn = NULL;
    compared = false;
}

static void
run_alive(void)
{
    if (time_msec() >= alive_next) {
        alive_next = time_msec() + ALIVE_MSEC;
        smap_clear(&alive);
        smap_add_nocopy(&alive, xstrdup(published[KEY_ALIVE].key),
                        xastrftime_msec("%Y-%m-%dT%H:%M:%SZ",
                                        time_wall_msec(), true));
        compared = false;
    }
}

/* The server sends our own changes back before it answers the transaction,
 * so that a comparison after the answer is one with the new contents. */
void
iov_db_run_publishing(void)
{
    txn_poll();
    if (txn || !publishing || !db_writable() || time_msec() < retry_at) {
        return;
    }
    if (!retired) {
        run_alive();
    }

    unsigned int seqno = ovsdb_idl_get_seqno(db_idl());
    if (compared && compared_seqno == seqno) {
        return;
    }
    compared = true;
    compared_seqno = seqno;
    if (rows_differ(true)) {
        COVERAGE_INC(iov_db_publish);
        ovsdb_idl_txn_add_comment(txn, "ovs-iovd: state of ports");
        txn_poll();
    }
}

void
db_publish_wait(void)
{
    if (txn) {
        ovsdb_idl_txn_wait(txn);
    } else if (publishing && retry_at > time_msec()) {
        poll_timer_wait_until(retry_at);
    } else if (publishing && !retired && db_writable()) {
        poll_timer_wait_until(alive_next);
    }
}

void
db_publish_exit(void)
{
    if (txn) {
        ovsdb_idl_txn_destroy(txn);
        txn = NULL;
    }
    wanted_clear();
    hmap_destroy(&wanted);
    hmap_init(&wanted);
    smap_destroy(&alive);
    smap_init(&alive);
    alive_next = 0;
    retired = false;
    publishing = false;
}

void
iov_db_publish(const struct iov_status *status)
{
    wanted_clear();
    for (size_t i = 0; i < status->n_bridges; i++) {
        want_bridge(&status->bridges[i]);
    }
    for (size_t i = 0; i < status->n_ports; i++) {
        want_port(&status->ports[i]);
    }
    publishing = true;
    compared = false;
    iov_db_run_publishing();
}

bool
iov_db_published(void)
{
    return publishing && !txn && iov_db_ready() && !rows_differ(false);
}

bool
iov_db_unpublish(void)
{
    wanted_clear();
    iov_db_retire();
    publishing = true;
    compared = false;
    iov_db_run_publishing();
    return iov_db_published();
}

/* What else is to be published stays as it is. */
bool
iov_db_retire(void)
{
    if (!retired) {
        retired = true;
        smap_clear(&alive);
        compared = false;
    }
    iov_db_run_publishing();
    return !publishing || !db_writable() || iov_db_published();
}
