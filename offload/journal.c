/* SPDX-License-Identifier: Apache-2.0 */

/* The journal in memory and on disk.
 *
 * Memory and disk must say the same.  Every change is made in memory, written,
 * and taken back in memory if it could not be written, so that the caller's
 * operation does not begin without a record.  There is no fsync(): the journal
 * dies with the machine, as the settings do. */

#include <config.h>

#include "offload/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "coverage.h"
#include "offload/die.h"
#include "offload/journal-json.h"
#include "offload/run-file.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "policy/model/limit.h"
#include "policy/model/text.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_journal);

COVERAGE_DEFINE(iov_journal_write);

static char *file_name;
static struct journal journal = JOURNAL_INITIALIZER(&journal);
static bool held;               /* See iov_journal_hold(). */
static bool unsaved;            /* There are notes to be written. */
static int lock_fd = -1;
static char *blocked;           /* Why the file is not touched; null: it is.
                                 * Memory then has what is done to take ports
                                 * to software. */

static const char *
pf_key(const struct iov_pf *pf)
{
    return pf->pci ? pf->pci : pf->netdev;
}

/* Takes 'why'. */
static void
block(char *why)
{
    free(blocked);
    blocked = why;
    VLOG_WARN("%s", blocked);
}

/* The journal cannot be parsed: it is set aside, which loses nothing. */
static void
set_aside(const char *why)
{
    char *bad;
    int error = run_file_set_aside(file_name, &bad);

    journal_clear(&journal);
    if (error) {
        block(xasprintf("the journal %s cannot be used (%s), nor can it be "
                        "set aside as %s (%s); remove it, and restart "
                        "ovs-iovd", file_name, why, bad,
                        ovs_strerror(error)));
    } else {
        VLOG_WARN("the journal %s cannot be used (%s); it is set aside as %s, "
                  "and VFs that were changed before are not put back",
                  file_name, why, bad);
    }
    free(bad);
}

static void
parse(const char *text)
{
    struct json *json = json_from_string(text);
    int version = journal_version(json);
    char *error = NULL;

    if (version >= 0 && version != JOURNAL_FORMAT) {
        block(xasprintf("the journal %s has format %d, of which this ovs-iovd "
                        "knows nothing (it knows %d); start the ovs-iovd that "
                        "has written it and end it by \"exit --cleanup\", or "
                        "move the file away", file_name, version,
                        JOURNAL_FORMAT));
    } else {
        error = journal_from_json(&journal, json);
    }
    if (error) {
        char *clean = iov_text_clean(error);

        set_aside(clean);
        free(clean);
        free(error);
    }
    json_destroy(json);
}

static void
read_file(void)
{
    char *text;
    int error = run_file_read(file_name, IOV_LIMIT_JOURNAL, &text);

    if (error == ENOTSUP) {
        block(xasprintf("the journal %s is not a regular file; remove it, and "
                        "restart ovs-iovd", file_name));
    } else if (error == EFBIG) {
        char *limit = iov_limit_explain(IOV_LIMIT_ID_JOURNAL);

        block(xasprintf("the journal %s is too long (%s); move it away, and "
                        "restart ovs-iovd", file_name, limit));
        free(limit);
    } else if (error && error != ENOENT) {
        /* It may be perfectly good. */
        block(xasprintf("the journal %s cannot be read (%s); it is kept; make "
                        "it readable, and restart ovs-iovd", file_name,
                        ovs_strerror(error)));
    } else if (!error) {
        parse(text);
    }
    free(text);
}

char *
iov_journal_open(const char *file)
{
    iov_journal_close();
    file_name = xstrdup(file);

    int error = run_file_lock(file, &lock_fd);

    if (error == EAGAIN) {
        return xasprintf("another ovs-iovd uses the journal %s; end it first, "
                         "or give each its own with --journal", file);
    } else if (error) {
        block(xasprintf("the journal %s cannot be locked (%s.lock: %s)", file,
                        file, error == ENOTSUP ? "not a regular file"
                        : ovs_strerror(error)));
    } else {
        read_file();
    }
    return NULL;
}

void
iov_journal_close(void)
{
    journal_clear(&journal);
    free(file_name);
    file_name = NULL;
    free(blocked);
    blocked = NULL;
    unsaved = false;
    if (lock_fd >= 0) {
        close(lock_fd);
        lock_fd = -1;
    }
}

const char *
iov_journal_blocked(void)
{
    return blocked;
}

/* Writes all of it.  Returns 0 or a positive errno. */
static int
save(void)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 2);

    if (!file_name || blocked) {
        return 0;
    }

    COVERAGE_INC(iov_journal_write);

    struct json *json = journal_to_json(&journal);
    char *compact = json_to_string(json, JSSF_SORT | JSSF_PRETTY);
    char *text = xasprintf("%s\n", compact);
    int error = run_file_replace(file_name, text);

    if (error) {
        VLOG_WARN_RL(&rl, "%s: writing the journal failed (%s)", file_name,
                     ovs_strerror(error));
    }
    unsaved = error != 0;
    free(compact);
    free(text);
    json_destroy(json);
    return error;
}

/* For what is about the past, or what is known from something that has been
 * written already: if it cannot be written, memory keeps it, and the next
 * change writes it too. */
static void
save_note(void)
{
    unsaved = true;
    if (!held) {
        save();
    }
}

/* True if 'mac' is that of a VF of 'jpf' that the file knows: with it the PF
 * has to receive for the address, or the port could not be reached while its
 * VF is fenced, and a full run directory must not keep it from that. */
static bool
is_recorded(const struct journal_pf *jpf, struct eth_addr mac)
{
    const struct journal_vf *vf;

    HMAP_FOR_EACH (vf, node, &jpf->vfs) {
        if (eth_addr_equals(vf->record->mac, mac)) {
            return true;
        }
    }
    return false;
}

static void
fill_pf(struct iov_pf *pf)
{
    const struct journal_pf *jpf = journal_find_pf(&journal, pf_key(pf));

    pf->n_our_macs = 0;
    pf->original_vfs = jpf ? jpf->original_vfs : -1;
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        struct iov_vf *vf = &pf->vfs[i];
        const struct iov_vf_record *record
            = jpf ? journal_find_vf(jpf, vf->index) : NULL;

        iov_vf_record_free(vf->record);
        vf->record = iov_vf_record_clone(record);
        if (record) {
            /* It is in use, but by us, and so is its address on the PF, even
             * if that could not be written down. */
            vf->busy = false;
            if (!eth_addr_equals(record->mac, pf->mac)) {
                iov_pf_add_mac(pf, record->mac, true);
            }
        }
    }
    for (size_t i = 0; jpf && i < jpf->n_macs; i++) {
        if (!is_recorded(jpf, jpf->macs[i])) {
            iov_pf_add_mac(pf, jpf->macs[i], true);
        }
    }
}

void
iov_journal_fill(struct iov_nics *nics)
{
    for (size_t i = 0; i < nics->n_pfs; i++) {
        fill_pf(&nics->pfs[i]);
    }
}

/* Everything from here to iov_journal_do() is in memory only. */

/* A VF that is recorded already keeps what was found first. */
static void
change_record(const struct iov_op *op, const char *key)
{
    struct journal_pf *jpf = journal_get_pf(&journal, key);
    struct iov_vf_record *old = journal_steal_vf(jpf, op->vf);
    struct iov_vf_record *record = iov_vf_record_clone(op->record);

    if (old) {
        record->original = old->original;
    }
    iov_vf_record_free(old);
    journal_put_vf(jpf, op->vf, record);
}

static void
change_forget(const struct iov_op *op, const char *key)
{
    struct journal_pf *jpf = journal_find_pf(&journal, key);

    if (jpf) {
        iov_vf_record_free(journal_steal_vf(jpf, op->vf));
    }
}

/* Returns null if it is done, else the result. */
static struct iov_result *
change(struct iov_op *op, const struct iov_nics *nics)
{
    const struct iov_pf *pf = iov_nics_find(nics, op->pf);

    if (!pf || op->vf >= pf->n_vfs) {
        return iov_result_create(op, ENODEV, "the VF has gone");
    } else if (op->type != IOV_OP_RECORD) {
        change_forget(op, pf_key(pf));
    } else if (op->record && !op->record->fence_vlan) {
        return iov_result_create(op, ENOSPC, "all VLANs of iov-fence-vlans "
                                 "are taken by other VFs; a wider range is "
                                 "needed");
    } else if (op->record) {
        change_record(op, pf_key(pf));
    } else {
        return iov_result_create(op, EINVAL, "there is nothing to record");
    }
    return NULL;
}

/* Writes the changes, or goes back to 'before'. */
static int
save_or_restore(const struct json *before)
{
    bool was_unsaved = unsaved;
    int error = save();

    if (error) {
        journal_clear(&journal);
        free(journal_from_json(&journal, before));
        unsaved = was_unsaved;
    }
    journal_trim(&journal);
    return error;
}

void
iov_journal_do(struct iov_op *ops[], size_t n, const struct iov_nics *nics,
               struct iov_result *results[])
{
    struct json *before = journal_to_json(&journal);

    for (size_t i = 0; i < n; i++) {
        iov_die_hook(ops[i], false);
        results[i] = change(ops[i], nics);
    }

    int error = save_or_restore(before);
    char *text = (error ? xasprintf("the journal %s cannot be written",
                                    file_name ? file_name : "") : NULL);

    for (size_t i = 0; i < n; i++) {
        if (!results[i]) {
            iov_die_hook(ops[i], true);
            results[i] = iov_result_create(ops[i], error, text);
        }
    }
    free(text);
    json_destroy(before);
}

void
iov_journal_hold(void)
{
    held = true;
}

void
iov_journal_release(void)
{
    held = false;
    if (unsaved) {
        save();
    }
}

void
iov_journal_note_macs(const struct iov_journal_mac macs[], size_t n,
                      int errors[])
{
    bool *added = xcalloc(n + 1, sizeof *added);
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        added[i] = journal_add_mac(journal_get_pf(&journal,
                                                  pf_key(macs[i].pf)),
                                   macs[i].mac);
        any |= added[i];
    }

    int error = any ? save() : 0;

    for (size_t i = 0; i < n; i++) {
        struct journal_pf *jpf = journal_get_pf(&journal, pf_key(macs[i].pf));

        errors[i] = (added[i] && !is_recorded(jpf, macs[i].mac) ? error : 0);
        if (errors[i]) {
            journal_del_mac(jpf, macs[i].mac);
        }
    }
    journal_trim(&journal);
    free(added);
}

void
iov_journal_forget_mac(const struct iov_pf *pf, struct eth_addr mac)
{
    struct journal_pf *jpf = journal_get_pf(&journal, pf_key(pf));

    if (journal_del_mac(jpf, mac)) {
        save_note();
    }
    journal_trim(&journal);
}

int
iov_journal_note_num_vfs(const struct iov_pf *pf, int original)
{
    struct journal_pf *jpf = journal_get_pf(&journal, pf_key(pf));
    int old = jpf->original_vfs;
    int error = 0;

    if (blocked && original >= 0) {
        journal_trim(&journal);
        return EACCES;
    }

    /* What was there first is what has to come back. */
    if (original < 0 || old < 0) {
        jpf->original_vfs = original;
        error = old != original ? save() : 0;
        if (error) {
            jpf->original_vfs = old;
        }
    }
    journal_trim(&journal);
    return error;
}

void
iov_journal_note_started(const struct iov_pf *pf, unsigned int vf,
                         bool started)
{
    struct journal_pf *jpf = journal_find_pf(&journal, pf_key(pf));
    struct iov_vf_record *record = jpf ? journal_steal_vf(jpf, vf) : NULL;

    if (record) {
        bool old = record->started;

        record->started = started;
        journal_put_vf(jpf, vf, record);
        if (old != started) {
            save_note();
        }
    }
}

int
iov_journal_original_vfs(const struct iov_pf *pf)
{
    const struct journal_pf *jpf = journal_find_pf(&journal, pf_key(pf));

    return jpf ? jpf->original_vfs : -1;
}

void
iov_journal_note_switch(const char *bridge, uint16_t vlan,
                        struct eth_addr mac, const char *port)
{
    char *old = journal_set_switch(&journal, bridge, vlan, mac, port);

    if (!nullable_string_is_equal(old, port)) {
        save_note();
    }
    free(old);
}

size_t
iov_journal_switch_entries(const struct iov_journal_switch **entries)
{
    *entries = journal.switch_entries;
    return journal.n_switch_entries;
}

bool
iov_journal_prune(const struct iov_nics *nics)
{
    bool dropped = false;

    for (size_t i = 0; i < nics->n_pfs; i++) {
        const struct iov_pf *pf = &nics->pfs[i];
        struct journal_pf *jpf = journal_find_pf(&journal, pf_key(pf));

        if (jpf && journal_drop_vfs(jpf, pf->n_vfs)) {
            dropped = true;
        }
    }
    if (dropped) {
        journal_trim(&journal);
        save();
    }
    return dropped;
}
