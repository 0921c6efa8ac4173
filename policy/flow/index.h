/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_FLOW_INDEX_H
#define IOV_POLICY_FLOW_INDEX_H 1

/* The inside of struct iov_flow_table, for policy/ alone.
 *
 * Flows of a table that mask the same bits share a subtable, so that the
 * question "which flow covers these packets" costs one hash lookup for each
 * mask.  The question "which flows can these packets match" is answered by
 * views: the flows of a subtable hashed on those bits of the port's own
 * fields (in_port, MACs, VLAN, registers) that both they and the packets
 * have, so that flows that name another port are not even looked at: see
 * view.c.
 *
 * Views leave out "plain" flows, which do what NORMAL does, unless asked for
 * all; where a packet has already been through a NORMAL, a plain flow is one
 * too many. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/hmap.h"
#include "openvswitch/types.h"
#include "policy/flow/acts.h"
#include "policy/flow/cube.h"
#include "policy/flow/store.h"

struct iov_flow_table;
struct tun_metadata_allocation;

struct iov_subtable {
    struct hmap_node node;      /* In iov_table.subtables, by mask. */
    struct iov_slab slab;       /* Contains struct iov_flow. */
    struct iov_chains chains;   /* Of their numbers, by values. */
    uint16_t max_priority;      /* At least that of each flow. */
    uint8_t table_id;
    size_t n_conj;              /* Flows with "conjunction" actions. */
    size_t n_plain;             /* Flows that do what NORMAL does. */
    size_t n_duplicates;        /* Flows beyond the first with equal values. */
    struct iov_view *views;     /* Linked list. */
    struct tun_metadata_allocation *tun_md; /* Or null. */
    size_t n_bytes;             /* Of the packed values of a flow. */
    size_t n_words;
    struct iov_mask_word words[];
};

struct iov_table {
    struct hmap subtables;      /* Contains struct iov_subtable. */
    struct iov_subtable *catch_all;     /* The one without words, or null. */
    size_t n_conj;              /* Flows with "conjunction" actions. */
};

/* A flow that packets can match. */
struct iov_candidate {
    const struct iov_subtable *sub;
    const struct iov_flow *flow;
};
/* Compares flows of one table by priority, the highest first, and by what they
 * match: an order that depends on nothing else. */
int iov_candidate_compare(const struct iov_candidate *,
                          const struct iov_candidate *);
struct iov_candidates {
    struct iov_candidate *list;
    size_t n, allocated;
    bool partial;               /* Plain flows were left out. */
    struct iov_allowance *allowance;    /* Null: no limit. */
};

/* How much may be done at once. */
struct iov_allowance {
    size_t n_flows;             /* To be taken into new views. */
    size_t n_work;              /* Units of work of a walk, see walk.h. */
    bool exhausted;             /* It was not enough: what was found is not
                                 * complete. */
};

struct iov_subtable *iov_subtable_create(uint8_t table_id, size_t n_words,
                                         const struct iov_mask_word *);
void iov_subtable_destroy(struct iov_subtable *);
/* Packs one value for each word. */
void iov_subtable_pack(const struct iov_subtable *, const uint64_t values[],
                       uint8_t packed[IOV_PACKED_MAX]);
uint32_t iov_subtable_hash(const struct iov_subtable *,
                           const uint8_t packed[]);
/* Returns the flow, or null; 'values' has one for each word. */
struct iov_flow *iov_subtable_find(const struct iov_subtable *,
                                   const uint64_t values[],
                                   uint16_t priority);
/* Returns the first flow that has the values 'packed', or with 'flow' that one
 * after it, or null. */
struct iov_flow *iov_subtable_next_equal(const struct iov_subtable *,
                                         const uint8_t packed[],
                                         const struct iov_flow *);
/* Returns a new flow that is not in any table yet, its actions not set. */
struct iov_flow *iov_subtable_alloc(struct iov_subtable *,
                                    const uint64_t values[],
                                    uint16_t priority);
void iov_subtable_free(struct iov_subtable *, struct iov_flow *);
void iov_subtable_insert(struct iov_subtable *, struct iov_flow *);
void iov_subtable_remove(struct iov_subtable *, struct iov_flow *);

/* Makes 'cube' those packets of it that match 'flow'. */
void iov_flow_narrow(const struct iov_candidate *, const struct iov_words *,
                     struct iov_cube *);
void iov_flow_to_match(const struct iov_candidate *, const struct iov_words *,
                       struct match *);
/* Returns true if a packet of 'cube' can match 'flow'. */
bool iov_flow_meets(const struct iov_candidate *, const struct iov_cube *);
/* Returns true if all packets of 'cube' match 'flow'. */
bool iov_flow_covers(const struct iov_candidate *, const struct iov_cube *);

/* Appends all flows of 'table' that a packet of 'cube' can match by its mask
 * alone, whatever their priority; "conjunction" flows left out, "plain" ones
 * too unless 'all'.  Views of the table are made as they are needed. */
void iov_table_candidates(struct iov_table *, const struct iov_words *,
                          const struct iov_cube *, bool all,
                          struct iov_candidates *);

/* Returns true if a single flow of more than the priority of 'of', which some
 * packets of 'cube' match, matches all of them for sure; null means any flow
 * at all.  With 'lasting' a flow that has an idle time-out does not count. */
bool iov_table_covers(const struct iov_table *, const struct iov_cube *cube,
                      const struct iov_candidate *of, bool lasting);

/* Packets that do not get past a flow: those of the cube it was made for that
 * have these bits. */
enum { IOV_SHADOW_WORDS = 8, IOV_MAX_SHADOWS = 128 };
struct iov_shadow_word {
    uint8_t pos;                /* Position in struct iov_words. */
    struct iov_bits bits;
};
struct iov_shadow {
    int priority;               /* Of the flow. */
    const struct iov_acts *acts;
    bool lasting;               /* Looks at headers only, which stay. */
    unsigned int n_bits;
    uint8_t n_words;
    struct iov_shadow_word words[IOV_SHADOW_WORDS];
};

/* Returns the flows of 'table' that match some packets of 'cube' and so hide
 * those of lower priority from them, those that look at few bits first; to be
 * freed.  Not necessarily all. */
struct iov_shadow *iov_table_shadows(const struct iov_table *,
                                   const struct iov_words *,
                                   const struct iov_cube *, size_t *n);

/* The same, of flows that were found for 'cube' already, but for those left
 * out. */
struct iov_shadow *iov_candidates_shadows(const struct iov_candidates *,
                                        const struct iov_words *,
                                        const struct iov_cube *, size_t *n);

/* Finds out which conjunctive matches of 'table' packets of 'cube', with a
 * conj_id of 0, can complete.  Returns false if it cannot tell, else true and
 * in '*idsp' the ids, to be freed. */
bool iov_table_conj_ids(const struct iov_table *, const struct iov_cube *,
                        uint32_t **idsp, size_t *n);

/* Calls 'cb' for each flow of 'table', which must not change meanwhile. */
typedef void iov_flow_cb(const struct iov_candidate *, void *aux);
void iov_table_for_each(const struct iov_table *, iov_flow_cb *cb, void *aux);

/* A change of a flow, as far as it takes to tell which ports it is about. */
enum { IOV_N_KEY_WORDS = 4 };
struct iov_key_cube {
    struct iov_bits w[IOV_N_KEY_WORDS];
};
void iov_key_cube_init(struct iov_key_cube *, const struct match *);
bool iov_key_cubes_meet(const struct iov_key_cube *,
                        const struct iov_key_cube *);

/* What policy/reach asks a flow table. */
const struct iov_words *iov_flow_table_words(const struct iov_flow_table *);
struct iov_table *iov_flow_table_get(const struct iov_flow_table *,
                                     uint8_t table_id);
/* True if some flow has an idle time-out. */
bool iov_flow_table_idles(const struct iov_flow_table *);
/* Which flows output to which port. */
const struct iov_deliveries *iov_flow_table_deliveries(
    const struct iov_flow_table *);
/* Why flows are missing, or null. */
const char *iov_flow_table_opaque(const struct iov_flow_table *);
/* Returns true if since 'seqno' a flow may have changed in one of the tables
 * of bitmap 'tables' that can match packets of one of the 'n' 'cubes'. */
bool iov_flow_table_concerns(const struct iov_flow_table *, uint64_t seqno,
                             const unsigned long *tables,
                             const struct iov_key_cube *cubes, size_t n);

#endif /* policy/flow/index.h */
