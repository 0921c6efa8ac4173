/* SPDX-License-Identifier: Apache-2.0 */

/* The journal in memory and on disk.
 *
 * The subtle thing: memory and disk must say the same.  Every change is made
 * in memory, written, and taken back in memory if it could not be written, so
 * that the caller's operation does not begin without a record.  There is no
 * fsync(): the journal dies with the machine, as the settings do. */

#include <config.h>

#include "offload/journal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "coverage.h"
#include "offload/die.h"
#include "offload/journal-json.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_journal);

COVERAGE_DEFINE(iov_journal_write);

static char *file_name;
static struct journal journal = JOURNAL_INITIALIZER(&journal);
static bool held;               /* See iov_journal_hold(). */
static bool unsaved;            /* There are notes to be written. */

static const char *
pf_key(const struct iov_pf *pf)
{
    return pf->pci ? pf->pci : pf->netdev;
}

static void
set_aside(void)
{
    char *bad = xasprintf("%s.bad", file_name);

    if (rename(file_name, bad) < 0) {
        VLOG_WARN("%s: renaming to %s failed (%s)", file_name, bad,
                  ovs_strerror(errno));
    }
    free(bad);
}

char *
iov_journal_open(const char *file)
{
    char *error = NULL;

    iov_journal_close();
    file_name = xstrdup(file);
    if (access(file, F_OK) < 0 && errno == ENOENT) {
        return NULL;
    }

    struct json *json = json_from_file(file);

    error = journal_from_json(&journal, json);
    json_destroy(json);
    if (error) {
        char *text = xasprintf("the journal %s cannot be used (%s); it is set "
                               "aside as %s.bad, and VFs that were changed "
                               "before are not put back",
                               file, error, file);

        free(error);
        journal_clear(&journal);
        set_aside();
        return text;
    }
    return NULL;
}

void
iov_journal_close(void)
{
    journal_clear(&journal);
    free(file_name);
    file_name = NULL;
}

static int
write_file(const char *name, const char *text)
{
    FILE *stream = fopen(name, "w");
    int error = 0;

    if (!stream) {
        return errno;
    }
    if (fputs(text, stream) < 0 || fputc('\n', stream) < 0) {
        error = errno;
    }
    if (fclose(stream) && !error) {
        error = errno;
    }
    return error;
}

/* Writes all of it.  Returns 0 or a positive errno. */
static int
save(void)
{
    if (!file_name) {
        return 0;
    }

    COVERAGE_INC(iov_journal_write);

    struct json *json = journal_to_json(&journal);
    char *text = json_to_string(json, JSSF_SORT | JSSF_PRETTY);
    char *tmp = xasprintf("%s.tmp", file_name);
    int error = write_file(tmp, text);

    if (!error && rename(tmp, file_name) < 0) {
        error = errno;
    }
    if (error) {
        VLOG_WARN("%s: writing the journal failed (%s)", file_name,
                  ovs_strerror(error));
    }
    unsaved = false;
    free(tmp);
    free(text);
    json_destroy(json);
    return error;
}

/* For what may be lost in a crash, because it is about the past.  If it cannot
 * be written, the next change writes it too. */
static int
save_note(void)
{
    if (held) {
        unsaved = true;
        return 0;
    }
    return save();
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
            /* It is in use, but by us. */
            vf->busy = false;
        }
    }
    for (size_t i = 0; jpf && i < jpf->n_macs; i++) {
        iov_pf_add_mac(pf, jpf->macs[i], true);
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
    int error = save();

    if (error) {
        journal_clear(&journal);
        free(journal_from_json(&journal, before));
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

int
iov_journal_note_macs(const struct iov_journal_mac macs[], size_t n)
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

    for (size_t i = 0; error && i < n; i++) {
        if (added[i]) {
            journal_del_mac(journal_get_pf(&journal, pf_key(macs[i].pf)),
                            macs[i].mac);
        }
    }
    journal_trim(&journal);
    free(added);
    return error;
}

int
iov_journal_forget_mac(const struct iov_pf *pf, struct eth_addr mac)
{
    struct journal_pf *jpf = journal_get_pf(&journal, pf_key(pf));
    int error = journal_del_mac(jpf, mac) ? save_note() : 0;

    if (error) {
        journal_add_mac(jpf, mac);
    }
    journal_trim(&journal);
    return error;
}

int
iov_journal_note_num_vfs(const struct iov_pf *pf, int original)
{
    struct journal_pf *jpf = journal_get_pf(&journal, pf_key(pf));
    int old = jpf->original_vfs;
    int error = 0;

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

int
iov_journal_note_started(const struct iov_pf *pf, unsigned int vf,
                         bool started)
{
    struct journal_pf *jpf = journal_find_pf(&journal, pf_key(pf));
    struct iov_vf_record *record = jpf ? journal_steal_vf(jpf, vf) : NULL;
    int error = 0;

    if (record) {
        bool old = record->started;

        record->started = started;
        journal_put_vf(jpf, vf, record);
        error = old != started ? save_note() : 0;
        if (error) {
            record->started = old;
        }
    }
    return error;
}

int
iov_journal_original_vfs(const struct iov_pf *pf)
{
    const struct journal_pf *jpf = journal_find_pf(&journal, pf_key(pf));

    return jpf ? jpf->original_vfs : -1;
}

int
iov_journal_note_switch(const char *bridge, uint16_t vlan,
                        struct eth_addr mac, const char *port)
{
    char *old = journal_set_switch(&journal, bridge, vlan, mac, port);
    int error = 0;

    if (!nullable_string_is_equal(old, port)) {
        error = save_note();
        if (error) {
            free(journal_set_switch(&journal, bridge, vlan, mac, old));
        }
    }
    free(old);
    return error;
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
