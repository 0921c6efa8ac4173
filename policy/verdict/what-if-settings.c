/* SPDX-License-Identifier: Apache-2.0 */

/* Settings that are imagined.  The list is what-if.def.
 *
 * The snapshot's own strings must survive, so that nothing is freed when a
 * member gets another one; everything new is kept in a list and freed after
 * the old members are back. */

#include <config.h>

#include <stddef.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "policy/verdict/what-if-internal.h"
#include "policy/verdict/what-if.h"
#include "util.h"

enum scope { SCOPE_BRIDGE, SCOPE_PORT };

enum type {
    TYPE_BOOL, TYPE_ENABLED, TYPE_CHOICE, TYPE_PRESENT, TYPE_TEXT,
    TYPE_RATE, TYPE_WEIGHT, TYPE_TAG, TYPE_VLANS, TYPE_TRUNKS, TYPE_VLAN_MODE,
    TYPE_NO_MIRRORS, TYPE_MIRROR_ALL, TYPE_MIRROR_SRC, TYPE_MIRROR_DST
};

struct row {
    enum scope scope;
    const char *name;
    enum type type;
    size_t offset;              /* Of the member. */
    const char *accepted;
};

#define OFFSET_BRIDGE(MEMBER) offsetof(struct iov_bridge, MEMBER)
#define OFFSET_PORT(MEMBER) offsetof(struct iov_port, MEMBER)

static const struct row rows[] = {
#define WHAT_IF(SCOPE, NAME, TYPE, MEMBER, ACCEPTED)                    \
    { SCOPE_##SCOPE, NAME, TYPE_##TYPE, OFFSET_##SCOPE(MEMBER), ACCEPTED },
#include "policy/verdict/what-if.def"
#undef WHAT_IF
};

void
iov_what_if_save_settings(struct iov_what_if *w)
{
    const struct iov_bridge *b = w->bridge;

    w->saved_bridge = *b;
    w->saved_ports = xmemdup(b->n_ports ? b->ports : (void *) &w,
                             b->n_ports * sizeof *b->ports);
    w->first_new_mirror = b->n_mirrors;
}

void
iov_what_if_undo_settings(struct iov_what_if *w)
{
    struct iov_bridge *b = w->bridge;

    for (size_t i = w->first_new_mirror; w->mirrors && i < b->n_mirrors;
         i++) {
        free(b->mirrors[i].name);
        sset_destroy(&b->mirrors[i].src);
        sset_destroy(&b->mirrors[i].dst);
    }
    free(w->mirrors);
    *b = w->saved_bridge;
    if (b->n_ports) {
        memcpy(b->ports, w->saved_ports, b->n_ports * sizeof *b->ports);
    }
    free(w->saved_ports);
    for (size_t i = 0; i < w->n_allocated; i++) {
        free(w->allocated[i]);
    }
    free(w->allocated);
}

/* Lets 'p' be freed with 'w'. */
static void *
own(struct iov_what_if *w, void *p)
{
    if (w->n_allocated >= w->allocated_allocated) {
        w->allocated = x2nrealloc(w->allocated, &w->allocated_allocated,
                                  sizeof *w->allocated);
    }
    w->allocated[w->n_allocated++] = p;
    return p;
}

static bool
parse_number(const char *value, unsigned int max, unsigned int *n)
{
    return str_to_uint(value, 10, n) && *n <= max;
}

static bool
set_bool(bool *member, const char *value)
{
    *member = !strcmp(value, "true");
    return *member || !strcmp(value, "false");
}

/* Looks 'value' up among the words of 'accepted', "one, two or three". */
static bool
set_choice(bool *member, const char *value, const char *accepted)
{
    char *words = xstrdup(accepted), *next = words;
    bool found = false;

    for (int i = 0; !found && next; ) {
        char *word = strsep(&next, " ,");
        if (*word && strcmp(word, "or")) {
            found = !strcmp(word, value);
            *member = i++ > 0;
        }
    }
    free(words);
    return found;
}

static bool
set_present(bool *member, const char *value)
{
    unsigned int n;

    *member = strcmp(value, "none");
    return !*member || parse_number(value, UINT16_MAX, &n);
}

/* The old list stays as it is. */
static bool
set_vlans(struct iov_what_if *w, struct svec *member, const char *value)
{
    struct svec vlans = SVEC_EMPTY_INITIALIZER;
    unsigned int vlan;
    bool ok = true;

    if (strcmp(value, "none")) {
        char *words = xstrdup(value), *next = words;

        while (next) {
            svec_add(&vlans, strsep(&next, ","));
        }
        free(words);
    }
    for (size_t i = 0; i < vlans.n; i++) {
        own(w, vlans.names[i]);
        ok = ok && parse_number(vlans.names[i], 4095, &vlan);
    }
    own(w, vlans.names);
    if (ok) {
        *member = vlans;
    }
    return ok;
}

static bool
set_trunks(struct iov_what_if *w, struct iov_port *port, const char *value)
{
    if (!set_vlans(w, &port->trunks, value)) {
        return false;
    }
    if (port->vlan_mode == IOV_VLAN_NONE
        || (port->vlan_mode == IOV_VLAN_TRUNK && !port->trunks.n)) {
        port->vlan_mode = port->trunks.n ? IOV_VLAN_TRUNK : IOV_VLAN_NONE;
    }
    return true;
}

static bool
set_tag(struct iov_port *port, const char *value)
{
    unsigned int tag = 0;
    bool none = !strcmp(value, "none");

    if (!none && !parse_number(value, 4095, &tag)) {
        return false;
    }
    port->tag = tag;
    if (!none && (port->vlan_mode == IOV_VLAN_NONE
                  || port->vlan_mode == IOV_VLAN_TRUNK)) {
        port->vlan_mode = IOV_VLAN_ACCESS;
    } else if (none && port->vlan_mode == IOV_VLAN_ACCESS) {
        port->vlan_mode = port->trunks.n ? IOV_VLAN_TRUNK : IOV_VLAN_NONE;
    }
    return true;
}

static bool
set_vlan_mode(struct iov_port *port, const char *value)
{
    return iov_vlan_mode_from_string(value, &port->vlan_mode);
}

/* Adds a mirror to an array of its own; the old one stays as it is. */
static struct iov_mirror *
add_mirror(struct iov_what_if *w)
{
    struct iov_bridge *b = w->bridge;
    struct iov_mirror *list = xcalloc(b->n_mirrors + 1, sizeof *list);

    for (size_t i = 0; i < b->n_mirrors; i++) {
        list[i] = b->mirrors[i];
        if (i >= w->first_new_mirror) {
            hmap_moved(&list[i].src.map);
            hmap_moved(&list[i].dst.map);
        }
    }
    free(w->mirrors);
    b->mirrors = w->mirrors = list;

    struct iov_mirror *m = &list[b->n_mirrors++];
    m->name = xstrdup("imagined");
    sset_init(&m->src);
    sset_init(&m->dst);
    return m;
}

static bool
has_port(const struct iov_bridge *b, const char *name)
{
    for (size_t i = 0; i < b->n_ports; i++) {
        if (!strcmp(b->ports[i].port_name, name)) {
            return true;
        }
    }
    return false;
}

static bool
set_mirror(struct iov_what_if *w, enum type type, const char *value)
{
    switch ((int) type) {
    case TYPE_NO_MIRRORS:
        /* Those that were imagined before stay. */
        if (strcmp(value, "none") || w->mirrors) {
            return false;
        }
        w->bridge->n_mirrors = w->first_new_mirror = 0;
        return true;

    case TYPE_MIRROR_ALL:
        if (strcmp(value, "true")) {
            return false;
        }
        add_mirror(w)->all = true;
        return true;

    default:
        if (!has_port(w->bridge, value)) {
            return false;
        }
        struct iov_mirror *m = add_mirror(w);
        sset_add(type == TYPE_MIRROR_SRC ? &m->src : &m->dst, value);
        return true;
    }
}

/* Returns false if 'value' is not accepted. */
static bool
set(struct iov_what_if *w, const struct row *row, const char *value)
{
    char *base = (row->scope == SCOPE_PORT ? (char *) w->port
                  : (char *) w->bridge);
    void *member = base + row->offset;
    unsigned int n;

    switch (row->type) {
    case TYPE_BOOL:
        return set_bool(member, value);

    case TYPE_ENABLED:
        return iov_bridge_keys_set_enabled(member, value);

    case TYPE_CHOICE:
        return set_choice(member, value, row->accepted);

    case TYPE_PRESENT:
        return set_present(member, value);

    case TYPE_TEXT:
        *(char **) member = (strcmp(value, "none")
                             ? own(w, xstrdup(value)) : NULL);
        return value[0] != '\0';

    case TYPE_RATE:
        if (!parse_number(value, UINT32_MAX, &n)) {
            return false;
        }
        *(int64_t *) member = n;
        return true;

    case TYPE_WEIGHT:
        return parse_number(value, 100, member);

    case TYPE_TAG:
        return set_tag(w->port, value);

    case TYPE_VLANS:
        return set_vlans(w, member, value);

    case TYPE_TRUNKS:
        return set_trunks(w, w->port, value);

    case TYPE_VLAN_MODE:
        return set_vlan_mode(w->port, value);

    case TYPE_NO_MIRRORS:
    case TYPE_MIRROR_ALL:
    case TYPE_MIRROR_SRC:
    case TYPE_MIRROR_DST:
        return set_mirror(w, row->type, value);
    }
    OVS_NOT_REACHED();
}

static const struct row *
find_row(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (strlen(rows[i].name) == len
            && !strncmp(rows[i].name, name, len)) {
            return &rows[i];
        }
    }
    return NULL;
}

static char *
no_such_setting(const char *setting)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "\"%s\" cannot be imagined; give one of these, \"=\" "
                  "and a value:", setting);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        ds_put_format(&s, " %s", rows[i].name);
    }
    return ds_steal_cstr(&s);
}

char *
iov_what_if_set(struct iov_what_if *w, const char *setting)
{
    size_t len = strcspn(setting, "=");
    const struct row *row = find_row(setting, len);

    if (!row || !setting[len]) {
        return no_such_setting(setting);
    } else if (row->scope == SCOPE_PORT && !w->port) {
        return xasprintf("%s is a setting of a port and %s is a bridge; name "
                         "the port instead", row->name, w->bridge->name);
    } else if (!set(w, row, &setting[len + 1])) {
        return xasprintf("\"%s\": %s is %s", setting, row->name,
                         row->accepted);
    }
    return NULL;
}
