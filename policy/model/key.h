/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_KEY_H
#define IOV_POLICY_MODEL_KEY_H 1

/* The keys that users set in other_config, parsed and checked.
 *
 * The list is key.def.  A bad value never stops the parse: the key keeps its
 * default and an entry in 'errors' says which key, which value and what is
 * accepted.  A key that begins with "iov-" and is not in the list, or stands
 * in the wrong table, says nothing about any request; it is a warning, which
 * the Bridge and Open_vSwitch tables keep among their errors.
 *
 * An unset key and a key set to its default differ for the keys that are "not
 * yet effective": only a set one is told of. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "svec.h"

struct ds;
struct json;
struct smap;

enum iov_key_table {
    IOV_TABLE_BRIDGE,
    IOV_TABLE_INTERFACE,
    IOV_TABLE_OPEN_VSWITCH,
    IOV_TABLE_PORT              /* Has no keys. */
};

enum iov_key_id {
#define KEY(TABLE, ENUM, NAME, TYPE, DEFAULT, EFFECT, ACCEPTED, MEANING) \
    IOV_KEY_##ENUM,
#include "policy/model/key.def"
#undef KEY
    IOV_N_KEYS
};

enum iov_guest_kind {
    IOV_GUEST_KIND_NONE,
    IOV_GUEST_KIND_NETNS,
    IOV_GUEST_KIND_QMP,         /* By QMP, or by libvirt in the same way. */
    IOV_GUEST_KIND_UNKNOWN      /* Not one of this build's. */
};

/* iov-guest, taken apart. */
struct iov_guest_spec {
    enum iov_guest_kind kind;
    char *text;                 /* As written. */
    char *name;                 /* Network namespace, or null. */
    char *socket;               /* QMP socket, "libvirt:DOMAIN", or null; */
    char *device;               /* with it the guest's virtio-net device, */
    char *bus;                  /* and where to plug the VF, or null; */
    bool plain;                 /* the guest pairs nothing by itself. */
};

/* iov-vf, taken apart. */
enum iov_vf_pin_kind { IOV_PIN_NONE, IOV_PIN_INDEX, IOV_PIN_PCI };
struct iov_vf_pin {
    enum iov_vf_pin_kind kind;
    unsigned int index;         /* With IOV_PIN_INDEX. */
    char pci[16];               /* With IOV_PIN_PCI, "0000:01:10.0". */
};

/* iov-vf-pool, taken apart: a VF that is in one of the ranges of its PF.  With
 * a value that cannot be used nobody knows which VFs are ours. */
struct iov_vf_range {
    char *pf;                   /* Network device. */
    unsigned int first, last;   /* VF numbers. */
};
struct iov_vf_pool {
    struct iov_vf_range *list;
    size_t n;                   /* 0: the key is not set, or unusable. */
    bool unusable;
};

/* iov-fence-vlans, taken apart. */
struct iov_vlan_range {
    uint16_t first, last;
};

struct iov_bridge_keys {
    bool enabled;               /* Ports are judged... */
    bool observe;               /* ...and then stay where they are. */
    struct svec pfs;            /* iov-pf, sorted. */
    int vfs;                    /* iov-vfs, or -1. */
    bool nic_drops_tags;        /* Those that guests put on frames. */
    struct iov_vf_pool pool;    /* iov-vf-pool. */
    struct svec errors;         /* Sentences. */
    struct svec later;          /* Names of set keys without effect yet. */
};

struct iov_interface_keys {
    unsigned int weight;
    bool hold;
    struct iov_vf_pin pin;
    struct iov_guest_spec guest;
    bool forged_transmits;      /* Accepted; */
    bool promiscuous;           /* the same. */
    uint32_t min_rate, max_rate;     /* Mbit/s. */
    unsigned int queue_pairs;   /* See iov_vectors_for(). */
    char moderation[16];        /* Interrupt moderation, one of its words. */
    struct svec errors;         /* Each costs the port its VF. */
    struct svec warnings;       /* Keys that are not known: none does. */
    struct svec later;
};

struct iov_global_keys {
    bool unsafe_interrupts_ok;
    unsigned int failback_delay;     /* Seconds. */
    unsigned int flap_limit;         /* Fallbacks in a minute. */
    unsigned int switch_loss_limit;  /* Seconds that ports stay on their VFs
                                      * while ovs-vswitchd is away; 0: they do
                                      * not. */
    struct iov_vlan_range fence_vlans; /* Of fenced VFs. */
    struct svec errors;
    struct svec later;
};

/* Interrupt vectors that a driver wants for so many queue pairs: one for each
 * and one for the VF itself. */
static inline unsigned int
iov_vectors_for(unsigned int queue_pairs)
{
    return queue_pairs + 1;
}

/* Each initializes its output whatever the input; free with _destroy(). */
/* Sets what "iov-enabled" says; returns false, and changes nothing, if 'value'
 * is none of the accepted words. */
bool iov_bridge_keys_set_enabled(struct iov_bridge_keys *, const char *value);
void iov_bridge_keys_parse(struct iov_bridge_keys *, const struct smap *);
void iov_bridge_keys_destroy(struct iov_bridge_keys *);
void iov_interface_keys_parse(struct iov_interface_keys *,
                              const struct smap *);
void iov_interface_keys_destroy(struct iov_interface_keys *);
void iov_global_keys_parse(struct iov_global_keys *, const struct smap *);
void iov_global_keys_destroy(struct iov_global_keys *);

/* Warns of keys where none is read; appends sentences to 'warnings'.  The
 * first is for other_config of a Port, which is not that of its Interface, the
 * second for 'name' in another 'column' of 'table'. */
void iov_keys_check_port(const struct smap *, struct svec *warnings);
void iov_keys_check_column(const char *name, enum iov_key_table table,
                           const char *column, struct svec *warnings);

/* True if the pool names VF 'vf' of 'pf'. */
bool iov_vf_pool_has(const struct iov_vf_pool *, const char *pf,
                     unsigned int vf);

/* Parses the text of iov-guest alone; also used for the journal's. */
void iov_guest_spec_parse(struct iov_guest_spec *, const char *text);
void iov_guest_spec_destroy(struct iov_guest_spec *);

/* A row of key.def, for the manual. */
struct iov_key_class {
    enum iov_key_table table;
    const char *name;
    const char *default_;
    bool later;
    const char *accepted;
    const char *meaning;
};
const struct iov_key_class *iov_key_class(enum iov_key_id);
const char *iov_key_table_name(enum iov_key_table);

#endif /* policy/model/key.h */
