/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings written on behalf of a user: see db-write.h.
 *
 * One key is written, never the whole column, so that what
 * others write into other_config at the same time is kept. */

#include <config.h>
#include "vswitchd-ext/ovs/db-write.h"

#include <string.h>

#include "openvswitch/poll-loop.h"
#include "ovsdb-idl.h"
#include "timeval.h"
#include "util.h"
#include "vswitch-idl.h"
#include "vswitchd-ext/ovs/db-internal.h"

#define WEIGHT_KEY "iov-weight"
#define RETRY_MSEC 1000

struct iov_db_write {
    char *interface;
    char *value;
    struct ovsdb_idl_txn *txn;  /* Under way, or null. */
    long long int retry_at;     /* ms. */
};

struct iov_db_write *
iov_db_write_weight(const char *interface, unsigned int weight)
{
    struct iov_db_write *w = xzalloc(sizeof *w);

    w->interface = xstrdup(interface);
    w->value = xasprintf("%u", weight);
    poll_immediate_wake();
    return w;
}

static const struct ovsrec_interface *
find_interface(const char *name)
{
    const struct ovsrec_interface *iface;

    OVSREC_INTERFACE_FOR_EACH (iface, db_idl()) {
        if (!strcmp(iface->name, name)) {
            return iface;
        }
    }
    return NULL;
}

/* Returns null, or why the write cannot be made at all. */
static char *
begin(struct iov_db_write *w)
{
    const struct ovsrec_interface *iface = find_interface(w->interface);

    if (!iface) {
        return xasprintf("interface %s is not in the database any more",
                         w->interface);
    }
    w->txn = ovsdb_idl_txn_create(db_idl());
    ovsdb_idl_txn_add_comment(w->txn, "ovs-iovd: set %s of %s to %s",
                              WEIGHT_KEY, w->interface, w->value);
    ovsrec_interface_update_other_config_setkey(iface, WEIGHT_KEY, w->value);
    return NULL;
}

static bool
take_status(struct iov_db_write *w, enum ovsdb_idl_txn_status status,
            char **error)
{
    bool done = true;

    if (status == TXN_INCOMPLETE) {
        return false;
    } else if (status == TXN_TRY_AGAIN || status == TXN_NOT_LOCKED) {
        w->retry_at = time_msec() + RETRY_MSEC;
        done = false;
    } else if (status != TXN_SUCCESS && status != TXN_UNCHANGED) {
        *error = xasprintf("the database refused to set other_config:%s of "
                           "interface %s: %s", WEIGHT_KEY, w->interface,
                           ovsdb_idl_txn_get_error(w->txn));
    }
    ovsdb_idl_txn_destroy(w->txn);
    w->txn = NULL;
    return done;
}

bool
iov_db_write_run(struct iov_db_write *w, char **error)
{
    *error = NULL;
    if (!w->txn) {
        if (!db_writable() || time_msec() < w->retry_at) {
            return false;
        }
        *error = begin(w);
        if (*error) {
            return true;
        }
    }
    return take_status(w, ovsdb_idl_txn_commit(w->txn), error);
}

void
iov_db_write_wait(const struct iov_db_write *w)
{
    if (w->txn) {
        ovsdb_idl_txn_wait(w->txn);
    } else if (w->retry_at > time_msec()) {
        poll_timer_wait_until(w->retry_at);
    }
}

void
iov_db_write_destroy(struct iov_db_write *w)
{
    if (w) {
        if (w->txn) {
            ovsdb_idl_txn_destroy(w->txn);
        }
        free(w->interface);
        free(w->value);
        free(w);
    }
}
