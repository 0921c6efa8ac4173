/* SPDX-License-Identifier: Apache-2.0
 *
 * The connection to the Open_vSwitch database, and round trips through it.
 *
 * A round trip must not change anything.  The IDL sends a transaction only if
 * it has something to write; therefore the transaction of a round trip
 * increments next_cfg and ends with "abort", so that the server answers it,
 * after all updates that came before, and does nothing. */

#include <config.h>

#include "vswitchd-ext/ovs/db.h"

#include "coverage.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"
#include "vswitch-idl.h"
#include "vswitchd-ext/ovs/db-internal.h"

VLOG_DEFINE_THIS_MODULE(iov_db);

COVERAGE_DEFINE(iov_db_change);
COVERAGE_DEFINE(iov_db_sync);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

static struct ovsdb_idl *idl;
static unsigned int idl_seqno;
static uint64_t changed;

/* Two daemons on one database would give the same VFs to different ports.
 * Only the one that holds this lock of the database server acts.  The lock has
 * a connection of its own, which reads nothing, because an IDL with a lock
 * takes the abort that ends each round trip for a failure. */
#define LOCK_NAME "ovs_iovd"
static struct ovsdb_idl *lock_idl;
static bool contended;          /* Another daemon has the lock. */
static long long int lock_at;   /* When to ask for the lock, ms; 0: asked. */

/* A server that restarts gives the lock to whoever asks first.  A daemon that
 * did not have it leaves the other one this time to ask. */
#define LOCK_PATIENCE 5000
static bool had_lock;           /* This one has it, or had it last. */

/* A server that ends closes one connection after the other, and gives the lock
 * of the one that is closed to the next.  It counts once it was kept for so
 * long. */
#define LOCK_PROOF 500
static long long int given_at;  /* By another daemon, ms; 0: it was not. */

/* How often a database that cannot be written is tried again. */
#define RETRY_MSEC 1000

/* One transaction serves all who asked before it was sent. */
static struct {
    struct ovsdb_idl_txn *txn;  /* Under way, or null. */
    uint64_t asked;             /* Last token given out. */
    uint64_t sent;              /* Tokens up to this one: 'txn'. */
    uint64_t arrived;           /* Tokens up to this one: at the server. */
    int64_t target;             /* next_cfg when they were. */
    uint64_t done;              /* Tokens up to this one: applied too. */
    long long int retry_at;
} sync_;

static void
db_add_columns(const struct ovsdb_idl_column *const *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ovsdb_idl_add_column(idl, columns[i]);
    }
}

/* Every column that is read.  Those that are written, key by key, are
 * external_ids of Open_vSwitch, Bridge and Interface and, for a user who asks
 * for it (db-write.h), other_config of Interface. */
static const struct ovsdb_idl_table_class *const tables[] = {
    &ovsrec_table_open_vswitch, &ovsrec_table_bridge,
    &ovsrec_table_port, &ovsrec_table_interface, &ovsrec_table_qos,
    &ovsrec_table_mirror, &ovsrec_table_sflow, &ovsrec_table_ipfix,
    &ovsrec_table_netflow,
};
static const struct ovsdb_idl_column *const columns[] = {
    &ovsrec_open_vswitch_col_next_cfg,
    &ovsrec_open_vswitch_col_cur_cfg,
    &ovsrec_open_vswitch_col_other_config,
    &ovsrec_open_vswitch_col_external_ids,

    &ovsrec_bridge_col_name,
    &ovsrec_bridge_col_protocols,
    &ovsrec_bridge_col_ports,
    &ovsrec_bridge_col_other_config,
    &ovsrec_bridge_col_external_ids,
    &ovsrec_bridge_col_mirrors,
    &ovsrec_bridge_col_sflow,
    &ovsrec_bridge_col_ipfix,
    &ovsrec_bridge_col_netflow,
    &ovsrec_bridge_col_stp_enable,
    &ovsrec_bridge_col_rstp_enable,
    &ovsrec_bridge_col_mcast_snooping_enable,
    &ovsrec_bridge_col_flood_vlans,

    &ovsrec_port_col_name,
    &ovsrec_port_col_interfaces,
    &ovsrec_port_col_vlan_mode,
    &ovsrec_port_col_tag,
    &ovsrec_port_col_trunks,
    &ovsrec_port_col_other_config,
    &ovsrec_port_col_external_ids,
    &ovsrec_port_col_protected_,
    &ovsrec_port_col_lacp,
    &ovsrec_port_col_qos,

    &ovsrec_interface_col_name,
    &ovsrec_interface_col_type,
    &ovsrec_interface_col_ofport,
    &ovsrec_interface_col_error,
    &ovsrec_interface_col_admin_state,
    &ovsrec_interface_col_mac,
    &ovsrec_interface_col_mac_in_use,
    &ovsrec_interface_col_mtu,
    &ovsrec_interface_col_statistics,
    &ovsrec_interface_col_status,
    &ovsrec_interface_col_ingress_policing_rate,
    &ovsrec_interface_col_ingress_policing_kpkts_rate,
    &ovsrec_interface_col_cfm_mpid,
    &ovsrec_interface_col_bfd,
    &ovsrec_interface_col_lldp,
    &ovsrec_interface_col_other_config,
    &ovsrec_interface_col_options,
    &ovsrec_interface_col_external_ids,

    &ovsrec_qos_col_type,

    &ovsrec_mirror_col_name,
    &ovsrec_mirror_col_select_all,
    &ovsrec_mirror_col_select_src_port,
    &ovsrec_mirror_col_select_dst_port,
    &ovsrec_mirror_col_select_vlan,
    &ovsrec_mirror_col_output_port,
    &ovsrec_mirror_col_output_vlan,

    &ovsrec_sflow_col_targets,
    &ovsrec_ipfix_col_targets,
    &ovsrec_netflow_col_targets,
};

static void
db_declare(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        ovsdb_idl_add_table(idl, tables[i]);
    }
    db_add_columns(columns, ARRAY_SIZE(columns));

    /* These change with each change of the configuration or, by this daemon's
     * own sign of life, with time.  What iov_db_fill() reads of the last one
     * is only for words, which may follow with the next change. */
    ovsdb_idl_omit_alert(idl, &ovsrec_open_vswitch_col_next_cfg);
    ovsdb_idl_omit_alert(idl, &ovsrec_open_vswitch_col_cur_cfg);
    ovsdb_idl_omit_alert(idl, &ovsrec_open_vswitch_col_external_ids);

    /* Counters, which only metrics show. */
    ovsdb_idl_omit_alert(idl, &ovsrec_interface_col_statistics);
}

void
iov_db_init(const char *remote)
{
    ovs_assert(!idl);
    idl = ovsdb_idl_create(remote, &ovsrec_idl_class, false, true);
    db_declare();
    lock_idl = ovsdb_idl_create(remote, &ovsrec_idl_class, false, true);
    ovsdb_idl_set_lock(lock_idl, LOCK_NAME);
    idl_seqno = ovsdb_idl_get_seqno(idl);
}

void
iov_db_exit(void)
{
    if (idl) {
        db_publish_exit();
        if (sync_.txn) {
            ovsdb_idl_txn_destroy(sync_.txn);
            sync_.txn = NULL;
        }
        ovsdb_idl_destroy(idl);
        ovsdb_idl_destroy(lock_idl);
        idl = lock_idl = NULL;
    }
}

struct ovsdb_idl *
db_idl(void)
{
    return idl;
}

bool
db_writable(void)
{
    return (idl && iov_db_ready() && ovsdb_idl_is_connected(idl)
            && had_lock);
}

/* Settles round trips whose answer has arrived, once cur_cfg is there. */
static void
sync_settle(void)
{
    const struct ovsrec_open_vswitch *cfg = ovsrec_open_vswitch_first(idl);
    if (sync_.done != sync_.arrived
        && (!cfg || cfg->cur_cfg >= sync_.target)) {
        sync_.done = sync_.arrived;
    }
}

static void
sync_poll(void)
{
    if (!sync_.txn) {
        return;
    }
    enum ovsdb_idl_txn_status status = ovsdb_idl_txn_commit(sync_.txn);
    if (status == TXN_INCOMPLETE) {
        return;
    }
    if (status == TXN_SUCCESS || status == TXN_UNCHANGED) {
        const struct ovsrec_open_vswitch *cfg
            = ovsrec_open_vswitch_first(idl);
        sync_.arrived = sync_.sent;
        sync_.target = cfg ? cfg->next_cfg : 0;
    } else {
        sync_.retry_at = time_msec() + RETRY_MSEC;
        if (status == TXN_ERROR) {
            VLOG_WARN_RL(&rl, "database refused a round trip: %s",
                         ovsdb_idl_txn_get_error(sync_.txn));
        }
    }
    ovsdb_idl_txn_destroy(sync_.txn);
    sync_.txn = NULL;
}

static void
sync_send(void)
{
    if (sync_.txn || sync_.arrived == sync_.asked || !db_writable()
        || time_msec() < sync_.retry_at) {
        return;
    }
    const struct ovsrec_open_vswitch *cfg = ovsrec_open_vswitch_first(idl);
    if (!cfg) {
        /* An empty database asks for nothing. */
        sync_.arrived = sync_.done = sync_.asked;
        return;
    }

    COVERAGE_INC(iov_db_sync);
    sync_.sent = sync_.asked;
    sync_.txn = ovsdb_idl_txn_create(idl);
    ovsdb_idl_txn_set_dry_run(sync_.txn);
    ovsdb_idl_txn_increment(sync_.txn, &cfg->header_,
                            &ovsrec_open_vswitch_col_next_cfg, true);
    sync_poll();
}

/* Asks for the lock again some time after its connection was lost and is
 * there again, however long that took. */
static void
run_patience(void)
{
    if (contended && !lock_at && !ovsdb_idl_is_connected(lock_idl)) {
        ovsdb_idl_set_lock(lock_idl, NULL);
        lock_at = time_msec() + LOCK_PATIENCE;
    } else if (lock_at && !ovsdb_idl_is_connected(lock_idl)) {
        lock_at = time_msec() + LOCK_PATIENCE;
    } else if (lock_at && time_msec() >= lock_at) {
        ovsdb_idl_set_lock(lock_idl, LOCK_NAME);
        lock_at = 0;
    }
}

/* True if this daemon has the lock, and has kept it for LOCK_PROOF if another
 * had it before. */
static bool
has_lock_for_good(void)
{
    if (!contended || !ovsdb_idl_has_lock(lock_idl)
        || !ovsdb_idl_is_connected(lock_idl)) {
        given_at = 0;
        return !contended && ovsdb_idl_has_lock(lock_idl);
    }
    given_at = given_at ? given_at : time_msec();
    return time_msec() >= given_at + LOCK_PROOF;
}

/* A server that restarts forgets who had the lock.  Until it has given the
 * lock to another daemon, the one that had it last goes on. */
static void
run_lock(void)
{
    bool was = contended;

    ovsdb_idl_run(lock_idl);
    run_patience();
    bool has = has_lock_for_good();
    contended = ovsdb_idl_is_lock_contended(lock_idl) || (was && !has);
    had_lock = (had_lock && !contended) || has;
    if (contended && !was) {
        VLOG_WARN("another ovs-iovd is active on this database, so that this "
                  "one does nothing until the other has ended");
    } else if (was && !contended) {
        VLOG_INFO("the other ovs-iovd has ended");
    }
    changed += was != contended;
}

void
iov_db_run(void)
{
    ovsdb_idl_run(idl);
    run_lock();

    unsigned int seqno = ovsdb_idl_get_seqno(idl);
    if (seqno != idl_seqno) {
        COVERAGE_INC(iov_db_change);
        idl_seqno = seqno;
        changed++;
    }

    sync_poll();
    sync_settle();
    sync_send();
}

void
iov_db_wait(void)
{
    ovsdb_idl_wait(idl);
    ovsdb_idl_wait(lock_idl);
    if (lock_at) {
        poll_timer_wait_until(lock_at);
    }
    if (given_at && contended) {
        poll_timer_wait_until(given_at + LOCK_PROOF);
    }
    if (sync_.txn) {
        ovsdb_idl_txn_wait(sync_.txn);
    } else if (sync_.arrived != sync_.asked && db_writable()) {
        poll_timer_wait_until(sync_.retry_at);
    }
    db_publish_wait();
}

bool
iov_db_ready(void)
{
    return ovsdb_idl_has_ever_connected(idl) && ovsdb_idl_is_alive(idl);
}

bool
iov_db_is_ours(void)
{
    return had_lock;
}

bool
iov_db_is_anothers(void)
{
    return contended;
}

uint64_t
iov_db_changed(void)
{
    return changed;
}

bool
iov_db_flow_restore_wait(void)
{
    const struct ovsrec_open_vswitch *cfg = ovsrec_open_vswitch_first(idl);
    return cfg && smap_get_bool(&cfg->other_config, "flow-restore-wait",
                                false);
}

uint64_t
iov_db_sync(void)
{
    sync_.asked++;
    poll_immediate_wake();
    return sync_.asked;
}

bool
iov_db_synced(uint64_t token)
{
    return token <= sync_.done;
}
