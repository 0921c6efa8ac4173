/* SPDX-License-Identifier: Apache-2.0 */

/* Values of keys, see key-parse.h.
 *
 * Everything is strict: a number is digits and nothing else, a word is one of
 * the list in full.  What is nearly right is refused with a sentence, because
 * a guess could put a port on the wrong VF.
 *
 * A network namespace's name becomes a file name, so "..", and anything with a
 * slash, must never get through. */

#include <config.h>

#include "policy/model/key-parse.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "policy/model/text.h"
#include "util.h"

#define MAX_VF_NUMBER 65535     /* sriov_totalvfs has 16 bits. */
#define MAX_VLAN 4094
#define MAX_DEVICE_NAME 15      /* IFNAMSIZ without the null byte. */

bool
iov_key_parse_bool(const char *text, bool *value)
{
    if (strcmp(text, "true") && strcmp(text, "false")) {
        return false;
    }
    *value = !strcmp(text, "true");
    return true;
}

/* Parses digits up to 'end', which is a pointer into 'text'. */
static bool
parse_digits(const char *text, const char *end, unsigned long long int *value)
{
    unsigned long long int v = 0;

    if (text == end) {
        return false;
    }
    for (; text < end; text++) {
        if (*text < '0' || *text > '9' || v > UINT_MAX) {
            return false;
        }
        v = v * 10 + (*text - '0');
    }
    *value = v;
    return true;
}

static bool
parse_number(const char *text, unsigned long long int *value)
{
    return parse_digits(text, strchr(text, '\0'), value);
}

/* 'accepted' is "MIN..MAX". */
bool
iov_key_parse_uint(const char *text, const char *accepted,
                   unsigned int *value)
{
    const char *dots = strstr(accepted, "..");
    unsigned long long int min, max, v;

    ovs_assert(dots && parse_digits(accepted, dots, &min)
               && parse_number(dots + 2, &max) && max <= UINT_MAX);
    if (!parse_number(text, &v) || v < min || v > max) {
        return false;
    }
    *value = v;
    return true;
}

bool
iov_key_parse_vlans(const char *text, struct iov_vlan_range *range)
{
    const char *dash = strchr(text, '-');
    unsigned long long int first, last;

    if (!parse_digits(text, dash ? dash : strchr(text, '\0'), &first)
        || !parse_number(dash ? dash + 1 : text, &last)
        || first < 1 || last < first || last > MAX_VLAN) {
        return false;
    }
    *range = (struct iov_vlan_range) { first, last };
    return true;
}

/* Takes 'min' to 'max' hexadecimal digits and, if 'mark' is not 0, the mark
 * after them.  Returns where it stopped, or null. */
static const char *
take_hex(const char *s, size_t min, size_t max, char mark)
{
    size_t n = strspn(s, "0123456789abcdefABCDEF");

    if (n < min || n > max || s[n] != mark) {
        return NULL;
    }
    return s + n + (mark != '\0');
}

/* True for "0000:01:10.0": domain, bus, device below 20 (hexadecimal) and
 * function below 8. */
static bool
is_pci_address(const char *text)
{
    const char *bus = take_hex(text, 4, 6, ':');
    const char *device = bus ? take_hex(bus, 2, 2, ':') : NULL;
    const char *function = device ? take_hex(device, 2, 2, '.') : NULL;

    return (function && take_hex(function, 1, 1, '\0')
            && (*device == '0' || *device == '1') && *function < '8');
}

bool
iov_key_parse_pin(const char *text, struct iov_vf_pin *pin)
{
    unsigned long long int index;

    if (parse_number(text, &index) && index <= MAX_VF_NUMBER) {
        *pin = (struct iov_vf_pin) { .kind = IOV_PIN_INDEX, .index = index };
        return true;
    }
    if (is_pci_address(text)) {
        *pin = (struct iov_vf_pin) { .kind = IOV_PIN_PCI };
        ovs_strlcpy(pin->pci, text, sizeof pin->pci);
        for (char *p = pin->pci; *p; p++) {
            *p = tolower((unsigned char) *p);
        }
        return true;
    }
    return false;
}

/* Network devices have names of 1 to 15 bytes without blanks and slashes. */
static bool
is_device_name(const char *name)
{
    size_t n = strlen(name);

    if (!n || n > MAX_DEVICE_NAME
        || !strcmp(name, ".") || !strcmp(name, "..")) {
        return false;
    }
    for (; *name; name++) {
        if (*name == '/' || *name == ':' || isspace((unsigned char) *name)) {
            return false;
        }
    }
    return true;
}

bool
iov_key_parse_names(const char *text, struct svec *sorted)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    bool ok = true;

    for (const char *s = text; ok; ) {
        const char *end = s + strcspn(s, ",");
        char *name = xmemdup0(s, end - s);

        ok = is_device_name(name);
        svec_add_nocopy(&names, name);
        if (!*end) {
            break;
        }
        s = end + 1;
    }
    if (ok) {
        svec_sort_unique(&names);
        svec_swap(&names, sorted);
    }
    svec_destroy(&names);
    return ok;
}

/* iov-vf-pool. */

/* Parses "N" or "N-M" up to 'end' as a range of the VFs of 'pf'. */
static bool
parse_range(const char *pf, const char *text, const char *end,
            struct iov_vf_pool *pool)
{
    const char *dash = memchr(text, '-', end - text);
    unsigned long long int first, last;

    if (!parse_digits(text, dash ? dash : end, &first)
        || !parse_digits(dash ? dash + 1 : text, end, &last)
        || first > last || last > MAX_VF_NUMBER) {
        return false;
    }
    pool->list = xrealloc(pool->list, (pool->n + 1) * sizeof *pool->list);
    pool->list[pool->n++] = (struct iov_vf_range) { xstrdup(pf), first,
                                                    last };
    return true;
}

/* Parses "PF=N-M,N,..." up to 'end'. */
static bool
parse_pf_pool(const char *text, const char *end, struct iov_vf_pool *pool)
{
    const char *equals = memchr(text, '=', end - text);
    char *pf = xmemdup0(text, equals ? equals - text : 0);
    bool ok = is_device_name(pf);

    for (const char *s = equals; ok && s < end; ) {
        const char *comma = memchr(s + 1, ',', end - s - 1);

        comma = comma ? comma : end;
        ok = parse_range(pf, s + 1, comma, pool);
        s = comma;
    }
    free(pf);
    return ok;
}

bool
iov_key_parse_vf_pool(const char *text, struct iov_vf_pool *pool)
{
    for (const char *s = text; ; s++) {
        const char *end = s + strcspn(s, ";");

        if (!parse_pf_pool(s, end, pool)) {
            return false;
        }
        s = end;
        if (!*s) {
            return true;
        }
    }
}

void
iov_vf_pool_destroy(struct iov_vf_pool *pool)
{
    for (size_t i = 0; i < pool->n; i++) {
        free(pool->list[i].pf);
    }
    free(pool->list);
    *pool = (struct iov_vf_pool) { .n = 0 };
}

bool
iov_vf_pool_has(const struct iov_vf_pool *pool, const char *pf,
                unsigned int vf)
{
    for (size_t i = 0; i < pool->n; i++) {
        const struct iov_vf_range *r = &pool->list[i];

        if (!strcmp(r->pf, pf) && r->first <= vf && vf <= r->last) {
            return true;
        }
    }
    return false;
}

static bool
is_vf_pool(const char *text)
{
    struct iov_vf_pool pool = { .n = 0 };
    bool ok = iov_key_parse_vf_pool(text, &pool);

    iov_vf_pool_destroy(&pool);
    return ok;
}

/* 'accepted' is words separated by "|". */
bool
iov_key_parse_choice(const char *text, const char *accepted)
{
    size_t len = strlen(text);

    for (const char *s = accepted; ; s++) {
        size_t n = strcspn(s, "|");

        if (n == len && !memcmp(s, text, n)) {
            return true;
        }
        s += n;
        if (!*s) {
            return false;
        }
    }
}

/* iov-guest. */

static bool
is_namespace_name(const char *name)
{
    size_t n = strlen(name);

    return (n && n <= NAME_MAX && !strpbrk(name, "/\\")
            && strcmp(name, ".") && strcmp(name, ".."));
}

/* As QEMU wants the names of its devices. */
static bool
is_qemu_id(const char *id)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyz"
                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");

    return *id && strchr(letters, *id) && !id[n] && n <= NAME_MAX;
}

/* Stores what follows PREFIX in 'option' as '*idp', once. */
static bool
take_id(const char *option, const char *prefix, char **idp)
{
    const char *id = option + strlen(prefix);

    if (strncmp(option, prefix, strlen(prefix)) || *idp || !is_qemu_id(id)) {
        return false;
    }
    *idp = xstrdup(id);
    return true;
}

/* libvirt itself chooses the bus. */
static bool
take_option(struct iov_guest_spec *spec, const char *option)
{
    if (!strcmp(option, "plain") && !spec->plain) {
        spec->plain = true;
        return true;
    }
    return (take_id(option, "id=", &spec->device)
            || (*spec->socket == '/' && take_id(option, "bus=", &spec->bus)));
}

/* True for what may be the name of a domain.  libvirt decides whether it is
 * one; a name with a comma can be given as UUID. */
static bool
is_domain(const char *text, size_t n)
{
    return n && n <= NAME_MAX && *text != '-' && !memchr(text, '/', n);
}

/* Parses "[PREFIX]SOCKET[,OPTION]...", of which 'text' is what follows the
 * PREFIX. */
static bool
parse_machine(struct iov_guest_spec *spec, const char *prefix,
              const char *text)
{
    size_t n = strcspn(text, ",");
    bool ok = (*prefix ? is_domain(text, n)
               : *text == '/' && n > 1 && n < PATH_MAX);

    spec->socket = xasprintf("%s%.*s", prefix, (int) n, text);
    for (text += n; ok && *text; text += n) {
        char *option;

        text++;
        n = strcspn(text, ",");
        option = xmemdup0(text, n);
        ok = take_option(spec, option);
        free(option);
    }
    return ok;
}

/* Returns what follows 'prefix' in 'text', or null. */
static const char *
after(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);

    return strncmp(text, prefix, n) ? NULL : text + n;
}

static enum iov_guest_kind
parse_guest(struct iov_guest_spec *spec, const char *text)
{
    const char *name = after(text, "netns:");
    const char *socket = after(text, "qmp:");
    const char *domain = after(text, "libvirt:");

    if (!strcmp(text, "none")) {
        return IOV_GUEST_KIND_NONE;
    } else if (name && is_namespace_name(name)) {
        spec->name = xstrdup(name);
        return IOV_GUEST_KIND_NETNS;
    } else if (socket && parse_machine(spec, "", socket)) {
        return IOV_GUEST_KIND_QMP;
    } else if (domain && parse_machine(spec, "libvirt:", domain)) {
        return IOV_GUEST_KIND_QMP;
    }
    return IOV_GUEST_KIND_UNKNOWN;
}

/* Whatever 'text' is, '*spec' is valid and has to be destroyed.  Null is the
 * same as "none". */
void
iov_guest_spec_parse(struct iov_guest_spec *spec, const char *text)
{
    text = text ? text : "none";
    *spec = (struct iov_guest_spec) {
        .text = iov_text_clean(text),
        .kind = IOV_GUEST_KIND_UNKNOWN,
    };
    /* What had to be escaped, or escapes, names nothing. */
    if (iov_text_is_clean(text) && !strchr(text, '\\')) {
        spec->kind = parse_guest(spec, text);
    }
}

void
iov_guest_spec_destroy(struct iov_guest_spec *spec)
{
    free(spec->text);
    free(spec->name);
    free(spec->socket);
    free(spec->device);
    free(spec->bus);
    *spec = (struct iov_guest_spec) { .kind = IOV_GUEST_KIND_NONE };
}

static bool
is_known_guest(const char *text)
{
    struct iov_guest_spec spec;

    iov_guest_spec_parse(&spec, text);
    bool known = spec.kind != IOV_GUEST_KIND_UNKNOWN;
    iov_guest_spec_destroy(&spec);
    return known;
}

static bool
is_names(const char *text)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    bool ok = iov_key_parse_names(text, &names);

    svec_destroy(&names);
    return ok;
}

bool
iov_key_is_usable(const char *text, enum iov_key_type type,
                  const char *accepted)
{
    struct iov_vlan_range vlans;
    struct iov_vf_pin pin;
    unsigned int number;
    bool boolean;

    switch (type) {
    case IOV_KEY_TYPE_BOOL:
        return iov_key_parse_bool(text, &boolean);
    case IOV_KEY_TYPE_UINT:
        return iov_key_parse_uint(text, accepted, &number);
    case IOV_KEY_TYPE_VF:
        return iov_key_parse_pin(text, &pin);
    case IOV_KEY_TYPE_GUEST:
        return is_known_guest(text);
    case IOV_KEY_TYPE_NAMES:
        return is_names(text);
    case IOV_KEY_TYPE_CHOICE:
        return iov_key_parse_choice(text, accepted);
    case IOV_KEY_TYPE_VLANS:
        return iov_key_parse_vlans(text, &vlans);
    case IOV_KEY_TYPE_VF_POOL:
        return is_vf_pool(text);
    }
    OVS_NOT_REACHED();
}
