/* SPDX-License-Identifier: Apache-2.0 */

/* The keys of other_config: which there are, what is wrong with them, and
 * what they say.
 *
 * Each table is parsed in two steps: check_keys() looks at every key that
 * begins with "iov-" and writes down what is wrong or without effect; then
 * the members are filled in from the values that can be used, or else from
 * the defaults.
 *
 * Values come from a database that anybody may write to, so sentences quote
 * and shorten them. */

#include <config.h>

#include "policy/model/key.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "policy/model/key-parse.h"
#include "policy/model/limit.h"
#include "policy/model/text.h"
#include "smap.h"
#include "util.h"

#define PREFIX "iov-"
#define MAX_SHOWN 80            /* Bytes of a key or value in a sentence. */

enum { NOW = 0, LATER = 1 };

static const struct iov_key_class classes[IOV_N_KEYS] = {
#define KEY(TABLE, ENUM, NAME, TYPE, DEFAULT, EFFECT, ACCEPTED, MEANING) \
    [IOV_KEY_##ENUM] = { IOV_TABLE_##TABLE, NAME, DEFAULT, EFFECT, \
                         ACCEPTED, MEANING },
#include "policy/model/key.def"
#undef KEY
};

static const enum iov_key_type types[IOV_N_KEYS] = {
#define KEY(TABLE, ENUM, NAME, TYPE, DEFAULT, EFFECT, ACCEPTED, MEANING) \
    [IOV_KEY_##ENUM] = IOV_KEY_TYPE_##TYPE,
#include "policy/model/key.def"
#undef KEY
};

const struct iov_key_class *
iov_key_class(enum iov_key_id id)
{
    ovs_assert(id < IOV_N_KEYS);
    return &classes[id];
}

const char *
iov_key_table_name(enum iov_key_table table)
{
    switch (table) {
    case IOV_TABLE_BRIDGE:
        return "Bridge";
    case IOV_TABLE_INTERFACE:
        return "Interface";
    case IOV_TABLE_OPEN_VSWITCH:
        return "Open_vSwitch";
    case IOV_TABLE_PORT:
        return "Port";
    }
    OVS_NOT_REACHED();
}

/* What is wrong with the keys. */

/* Appends 's' in quotes, escaped. */
static void
put_escaped(struct ds *ds, const char *s)
{
    struct ds quoted = DS_EMPTY_INITIALIZER;

    /* This leaves alone what only looks like other text. */
    json_string_escape(s, &quoted);
    iov_text_put(ds, ds_cstr(&quoted));
    ds_destroy(&quoted);
}

/* The same, shortened at a character's start. */
static void
put_quoted(struct ds *ds, const char *s)
{
    size_t n = strlen(s);

    if (n <= MAX_SHOWN) {
        put_escaped(ds, s);
        return;
    }
    for (n = MAX_SHOWN; n && (s[n] & 0xc0) == 0x80; n--) {
        continue;
    }

    char *start = xmemdup0(s, n);

    put_escaped(ds, start);
    ds_put_cstr(ds, "...");
    free(start);
}

/* Appends the name of a key that may be anything. */
static void
put_name(struct ds *ds, const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");

    if (!name[n] && n <= MAX_SHOWN) {
        ds_put_cstr(ds, name);
    } else {
        put_quoted(ds, name);
    }
}

static void
add_unusable(struct svec *errors, enum iov_key_id id, const char *value)
{
    const struct iov_key_class *class = &classes[id];
    struct ds ds = DS_EMPTY_INITIALIZER;

    ds_put_format(&ds, "%s=", class->name);
    put_quoted(&ds, value);
    ds_put_format(&ds, " is not usable: %s is accepted", class->accepted);
    if (types[id] == IOV_KEY_TYPE_GUEST) {
        ds_put_cstr(&ds, ".");
    } else if (types[id] == IOV_KEY_TYPE_VF_POOL) {
        ds_put_cstr(&ds, "; until it is, no port is given another VF.");
    } else if (class->default_[0]) {
        ds_put_format(&ds, "; %s is used.", class->default_);
    } else {
        ds_put_cstr(&ds, "; it is ignored.");
    }
    svec_add_nocopy(errors, ds_steal_cstr(&ds));
}

/* How many insertions, deletions, replacements and exchanges of neighbours
 * make 'b' of 'a'.  Both are at most MAX_SHOWN bytes long. */
static size_t
edit_distance(const char *a, const char *b)
{
    size_t rows[3][MAX_SHOWN + 1];
    size_t n = strlen(b), m = strlen(a);

    for (size_t j = 0; j <= n; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= m; i++) {
        const size_t *before = rows[(i - 1) % 3];
        size_t *row = rows[i % 3];

        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            row[j] = MIN(MIN(before[j], row[j - 1]) + 1,
                         before[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2]
                && a[i - 2] == b[j - 1]) {
                row[j] = MIN(row[j], rows[(i - 2) % 3][j - 2] + 1);
            }
        }
    }
    return rows[m % 3][n];
}

/* Returns the key of 'table' that 'name', which begins with PREFIX, is nearly
 * the name of, or null.  Two mistakes are forgiven, but not all there is. */
static const char *
find_similar(enum iov_key_table table, const char *name)
{
    const char *best = NULL;
    size_t best_distance = MIN(3, strlen(name) - strlen(PREFIX));

    if (strlen(name) > MAX_SHOWN) {
        return NULL;
    }
    for (size_t i = 0; i < IOV_N_KEYS; i++) {
        if (classes[i].table == table) {
            size_t distance = edit_distance(name, classes[i].name);

            if (distance < best_distance) {
                best = classes[i].name;
                best_distance = distance;
            }
        }
    }
    return best;
}

/* Returns the key called 'name' in whatever table, or null. */
static const struct iov_key_class *
find_class(const char *name)
{
    for (size_t i = 0; i < IOV_N_KEYS; i++) {
        if (!strcmp(classes[i].name, name)) {
            return &classes[i];
        }
    }
    return NULL;
}

/* The key that 'name' would be with hyphens and in lower case, or null. */
static const struct iov_key_class *
find_misspelt(const char *name)
{
    const struct iov_key_class *class;
    char *text = xstrdup(name);

    for (char *p = text; *p; p++) {
        *p = *p == '_' ? '-' : tolower((unsigned char) *p);
    }
    class = strcmp(text, name) ? find_class(text) : NULL;
    free(text);
    return class;
}

static void
add_unknown(struct svec *errors, enum iov_key_table table, const char *name)
{
    const struct iov_key_class *elsewhere = find_class(name);
    const struct iov_key_class *meant = find_misspelt(name);
    const char *similar = meant ? meant->name : find_similar(table, name);
    struct ds ds = DS_EMPTY_INITIALIZER;

    put_name(&ds, name);
    ds_put_format(&ds, " is not a known key of %s",
                  iov_key_table_name(table));
    if (elsewhere) {
        ds_put_format(&ds, "; it belongs to the %s.",
                      iov_key_table_name(elsewhere->table));
    } else if (similar) {
        ds_put_format(&ds, "; did you mean %s?", similar);
    } else {
        ds_put_cstr(&ds, "; see ovs-iov.conf(5).");
    }
    svec_add_nocopy(errors, ds_steal_cstr(&ds));
}

static void
check_unknown(const struct smap *smap, enum iov_key_table table,
              struct svec *list)
{
    const struct smap_node **nodes = smap_sort(smap);
    size_t n_more = 0;

    for (size_t i = 0; i < smap_count(smap); i++) {
        const char *name = nodes[i]->key;
        bool ours = !strncmp(name, PREFIX, strlen(PREFIX));
        const struct iov_key_class *class = ours ? find_class(name) : NULL;

        if ((!ours && !find_misspelt(name))
            || (class && class->table == table)) {
            continue;
        } else if (list->n < IOV_LIMIT_KEY_ERRORS) {
            add_unknown(list, table, name);
        } else {
            n_more++;
        }
    }
    if (n_more) {
        svec_add_nocopy(list, xasprintf("%"PRIuSIZE" more keys are not "
                                        "known either.", n_more));
    }
    free(nodes);
}

void
iov_keys_check_port(const struct smap *smap, struct svec *warnings)
{
    check_unknown(smap, IOV_TABLE_PORT, warnings);
}

void
iov_keys_check_column(const char *name, enum iov_key_table table,
                      const char *column, struct svec *warnings)
{
    const struct iov_key_class *class = find_class(name);

    if (class && warnings->n < IOV_LIMIT_KEY_ERRORS) {
        svec_add_nocopy(warnings, xasprintf(
            "%s in %s of the %s is not read; set it in other_config of the "
            "%s.", name, column, iov_key_table_name(table),
            iov_key_table_name(class->table)));
    }
}

/* Fills in 'errors' and 'later', which it initializes; not what is unknown. */
static void
check_keys(const struct smap *smap, enum iov_key_table table,
           struct svec *errors, struct svec *later)
{
    svec_init(errors);
    svec_init(later);
    for (size_t i = 0; i < IOV_N_KEYS; i++) {
        const struct iov_key_class *class = &classes[i];
        const char *value = smap_get(smap, class->name);

        if (class->table != table || !value) {
            continue;
        }
        if (class->later) {
            svec_add(later, class->name);
        }
        if (!iov_key_is_usable(value, types[i], class->accepted)) {
            add_unusable(errors, i, value);
        }
    }
}

/* What the keys say. */

/* Returns the value of the key if it can be used, else its default, which is
 * "" for a key without one. */
static const char *
get_text(const struct smap *smap, enum iov_key_id id)
{
    const struct iov_key_class *class = &classes[id];
    const char *value = smap_get(smap, class->name);

    return (value && iov_key_is_usable(value, types[id], class->accepted)
            ? value : class->default_);
}

static bool
is_unusable(const struct smap *smap, enum iov_key_id id)
{
    const struct iov_key_class *class = &classes[id];
    const char *value = smap_get(smap, class->name);

    return value && !iov_key_is_usable(value, types[id], class->accepted);
}

static bool
get_bool(const struct smap *smap, enum iov_key_id id)
{
    bool value = false;

    iov_key_parse_bool(get_text(smap, id), &value);
    return value;
}

static bool
is_accepted(const struct smap *smap, enum iov_key_id id)
{
    return !strcmp(get_text(smap, id), "accept");
}

static unsigned int
get_uint(const struct smap *smap, enum iov_key_id id)
{
    unsigned int value = 0;

    iov_key_parse_uint(get_text(smap, id), classes[id].accepted, &value);
    return value;
}

bool
iov_bridge_keys_set_enabled(struct iov_bridge_keys *keys, const char *value)
{
    if (!iov_key_parse_choice(value,
                              classes[IOV_KEY_BRIDGE_ENABLED].accepted)) {
        return false;
    }
    keys->observe = !strcmp(value, "observe");
    keys->enabled = keys->observe || !strcmp(value, "true");
    return true;
}

void
iov_bridge_keys_parse(struct iov_bridge_keys *keys, const struct smap *smap)
{
    *keys = (struct iov_bridge_keys) {
        .vfs = -1,
        .nic_drops_tags = get_bool(smap, IOV_KEY_BRIDGE_DROPS_TAGS),
    };
    iov_bridge_keys_set_enabled(keys, get_text(smap, IOV_KEY_BRIDGE_ENABLED));
    check_keys(smap, IOV_TABLE_BRIDGE, &keys->errors, &keys->later);
    check_unknown(smap, IOV_TABLE_BRIDGE, &keys->errors);
    svec_init(&keys->pfs);
    iov_key_parse_names(get_text(smap, IOV_KEY_BRIDGE_PF), &keys->pfs);
    keys->pool.unusable = is_unusable(smap, IOV_KEY_BRIDGE_VF_POOL);
    if (get_text(smap, IOV_KEY_BRIDGE_VF_POOL)[0]) {
        iov_key_parse_vf_pool(get_text(smap, IOV_KEY_BRIDGE_VF_POOL),
                              &keys->pool);
    }
    if (get_text(smap, IOV_KEY_BRIDGE_VFS)[0]) {
        keys->vfs = get_uint(smap, IOV_KEY_BRIDGE_VFS);
    }
}

void
iov_bridge_keys_destroy(struct iov_bridge_keys *keys)
{
    svec_destroy(&keys->pfs);
    iov_vf_pool_destroy(&keys->pool);
    svec_destroy(&keys->errors);
    svec_destroy(&keys->later);
}

static void
check_rates(struct iov_interface_keys *keys)
{
    if (keys->max_rate && keys->min_rate > keys->max_rate) {
        svec_add_nocopy(&keys->errors, xasprintf(
            "%s=\"%"PRIu32"\" is not usable with %s=\"%"PRIu32"\": the "
            "lowest rate cannot be above the highest; 0 is used.",
            classes[IOV_KEY_MIN_RATE].name, keys->min_rate,
            classes[IOV_KEY_MAX_RATE].name, keys->max_rate));
        keys->min_rate = 0;
    }
}

void
iov_interface_keys_parse(struct iov_interface_keys *keys,
                         const struct smap *smap)
{
    *keys = (struct iov_interface_keys) {
        .weight = get_uint(smap, IOV_KEY_WEIGHT),
        .hold = get_bool(smap, IOV_KEY_HOLD),
        .forged_transmits = is_accepted(smap, IOV_KEY_FORGED_TRANSMITS),
        .promiscuous = is_accepted(smap, IOV_KEY_PROMISCUOUS),
        .min_rate = get_uint(smap, IOV_KEY_MIN_RATE),
        .max_rate = get_uint(smap, IOV_KEY_MAX_RATE),
        .queue_pairs = get_uint(smap, IOV_KEY_QUEUE_PAIRS),
    };
    check_keys(smap, IOV_TABLE_INTERFACE, &keys->errors, &keys->later);
    svec_init(&keys->warnings);
    check_unknown(smap, IOV_TABLE_INTERFACE, &keys->warnings);
    iov_key_parse_pin(get_text(smap, IOV_KEY_VF), &keys->pin);
    /* The guest is kept as written even if it cannot be used. */
    iov_guest_spec_parse(&keys->guest,
                         smap_get_def(smap, classes[IOV_KEY_GUEST].name,
                                      classes[IOV_KEY_GUEST].default_));
    ovs_strlcpy(keys->moderation,
                get_text(smap, IOV_KEY_INTERRUPT_MODERATION),
                sizeof keys->moderation);
    check_rates(keys);
}

void
iov_interface_keys_destroy(struct iov_interface_keys *keys)
{
    iov_guest_spec_destroy(&keys->guest);
    svec_destroy(&keys->errors);
    svec_destroy(&keys->warnings);
    svec_destroy(&keys->later);
}

void
iov_global_keys_parse(struct iov_global_keys *keys, const struct smap *smap)
{
    bool stays = !strcmp(get_text(smap, IOV_KEY_ON_SWITCH_LOSS), "stay");

    *keys = (struct iov_global_keys) {
        .unsafe_interrupts_ok = get_bool(smap, IOV_KEY_UNSAFE_INTERRUPTS),
        .failback_delay = get_uint(smap, IOV_KEY_FAILBACK_DELAY),
        .flap_limit = get_uint(smap, IOV_KEY_FLAP_LIMIT),
        .switch_loss_limit = (stays ? get_uint(smap,
                                               IOV_KEY_SWITCH_LOSS_LIMIT)
                              : 0),
    };
    iov_key_parse_vlans(get_text(smap, IOV_KEY_FENCE_VLANS),
                        &keys->fence_vlans);
    check_keys(smap, IOV_TABLE_OPEN_VSWITCH, &keys->errors, &keys->later);
    check_unknown(smap, IOV_TABLE_OPEN_VSWITCH, &keys->errors);
}

void
iov_global_keys_destroy(struct iov_global_keys *keys)
{
    svec_destroy(&keys->errors);
    svec_destroy(&keys->later);
}
