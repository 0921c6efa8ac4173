/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_JOURNAL_JSON_H
#define IOV_OFFLOAD_JOURNAL_JSON_H 1

/* The contents of the journal, and their form as JSON; used by journal.c
 * alone. */

#include <stdbool.h>
#include <stddef.h>

#include "offload/journal.h"
#include "openvswitch/hmap.h"
#include "openvswitch/shash.h"

struct json;

#define JOURNAL_FORMAT 1        /* Member "version" of the file. */

struct journal_vf {
    struct hmap_node node;      /* In journal_pf's 'vfs'. */
    unsigned int index;
    struct iov_vf_record *record;
};

/* What is remembered of one PF. */
struct journal_pf {
    int original_vfs;           /* Or -1. */
    struct eth_addr *macs;      /* Ours. */
    size_t n_macs;
    struct hmap vfs;            /* "struct journal_vf"s by number. */
};

struct journal {
    struct shash pfs;           /* "struct journal_pf"s by PCI address. */
    struct iov_journal_switch *switch_entries;
    size_t n_switch_entries;
};
#define JOURNAL_INITIALIZER(JOURNAL) \
    { SHASH_INITIALIZER(&(JOURNAL)->pfs), NULL, 0 }

void journal_clear(struct journal *);
/* Drops PFs of which there is nothing to remember. */
void journal_trim(struct journal *);

struct journal_pf *journal_find_pf(const struct journal *, const char *key);
struct journal_pf *journal_get_pf(struct journal *, const char *key);
/* True if it was not there, or was there, respectively. */
bool journal_add_mac(struct journal_pf *, struct eth_addr);
bool journal_del_mac(struct journal_pf *, struct eth_addr);

const struct iov_vf_record *journal_find_vf(const struct journal_pf *,
                                            unsigned int vf);
/* Takes the record out; null if there is none. */
struct iov_vf_record *journal_steal_vf(struct journal_pf *, unsigned int vf);
/* Takes 'record'; there must be none. */
void journal_put_vf(struct journal_pf *, unsigned int vf,
                    struct iov_vf_record *record);
/* Drops the records of VFs from 'n' on; true if there were any. */
bool journal_drop_vfs(struct journal_pf *, unsigned int n);

/* Sets the port of an entry, or removes it with null; returns the old one,
 * owned by the caller, or null. */
char *journal_set_switch(struct journal *, const char *bridge, uint16_t vlan,
                         struct eth_addr, const char *port);

/* The format that 'json' says it has, or -1 if it says none. */
int journal_version(const struct json *);
struct json *journal_to_json(const struct journal *);
/* Fills the empty 'journal'.  Returns null or a sentence, owned by the caller;
 * 'journal' may be half filled then. */
char *journal_from_json(struct journal *, const struct json *);

#endif /* offload/journal-json.h */
