/* SPDX-License-Identifier: Apache-2.0 */

/* PFs, VFs and their settings as plain data.
 *
 * Three members make up the attribute VLAN and two make up RATE, because the
 * kernel sets each of these groups with one message.  Whoever compares or
 * copies settings has to go by attribute, as here, and never by member. */

#include <config.h>

#include "policy/model/nic.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "packets.h"
#include "util.h"

#define PROTO_8021Q 0x8100
#define PROTO_8021AD 0x88a8

/* An attribute whose member is a bool is a switch, of which nothing else has
 * to be known. */
static const struct attr_class {
    const char *name;
    size_t offset;              /* In struct iov_vf_settings. */
    bool is_switch;
} attrs[IOV_N_VF_ATTRS] = {
#define VF_ATTR(ENUM, NAME, MEMBER, MEANING)                            \
    [IOV_VF_##ENUM] = {                                                 \
        NAME, offsetof(struct iov_vf_settings, MEMBER),                 \
        _Generic(((struct iov_vf_settings *) NULL)->MEMBER,             \
                 bool: true, default: false) },
#include "policy/model/vf-attr.def"
#undef VF_ATTR
};

static const char *const link_names[] = {
    [IOV_VF_LINK_AUTO] = "auto",
    [IOV_VF_LINK_ENABLE] = "enable",
    [IOV_VF_LINK_DISABLE] = "disable",
};

const char *
iov_vf_attr_name(enum iov_vf_attr attr)
{
    ovs_assert(attr < IOV_N_VF_ATTRS);
    return attrs[attr].name;
}

bool
iov_vf_attr_get_switch(const struct iov_vf_settings *s, enum iov_vf_attr attr,
                       bool *on)
{
    if (attrs[attr].is_switch) {
        memcpy(on, (const char *) s + attrs[attr].offset, sizeof *on);
    }
    return attrs[attr].is_switch;
}

bool
iov_vf_attr_set_switch(struct iov_vf_settings *s, enum iov_vf_attr attr,
                       bool on)
{
    if (attrs[attr].is_switch) {
        memcpy((char *) s + attrs[attr].offset, &on, sizeof on);
    }
    return attrs[attr].is_switch;
}

bool
iov_vf_attr_from_name(const char *name, enum iov_vf_attr *attr)
{
    for (size_t i = 0; i < IOV_N_VF_ATTRS; i++) {
        if (!strcmp(name, attrs[i].name)) {
            *attr = i;
            return true;
        }
    }
    return false;
}

/* The link is set for the sake of guests that watch it, the vectors for the
 * sake of speed. */
bool
iov_vf_attr_is_optional(enum iov_vf_attr attr)
{
    return attr == IOV_VF_LINK_STATE || attr == IOV_VF_VECTORS;
}

bool
iov_vf_may_have_link(const struct iov_vf *vf)
{
    return (!(vf->now.known & IOV_VF_BIT(IOV_VF_LINK_STATE))
            || vf->now.link_state != IOV_VF_LINK_DISABLE);
}

static const char *
link_name(uint32_t link_state)
{
    return (link_state < ARRAY_SIZE(link_names)
            ? link_names[link_state] : "unknown");
}

static void
format_vlan(struct ds *ds, const struct iov_vf_settings *s)
{
    ds_put_format(ds, "%"PRIu16, s->vlan);
    if (s->qos) {
        ds_put_format(ds, " qos %"PRIu8, s->qos);
    }
    if (s->vlan_proto == PROTO_8021AD) {
        ds_put_cstr(ds, " proto 802.1ad");
    }
}

void
iov_vf_attr_format(struct ds *ds, const struct iov_vf_settings *s,
                   enum iov_vf_attr attr)
{
    bool on;

    ds_put_format(ds, "%s ", iov_vf_attr_name(attr));
    if (iov_vf_attr_get_switch(s, attr, &on)) {
        ds_put_cstr(ds, on ? "on" : "off");
        return;
    }
    switch ((int) attr) {
    case IOV_VF_RATE:
        ds_put_format(ds, "min %"PRIu32" max %"PRIu32,
                      s->min_rate, s->max_rate);
        break;
    case IOV_VF_MAC:
        ds_put_format(ds, ETH_ADDR_FMT, ETH_ADDR_ARGS(s->mac));
        break;
    case IOV_VF_VLAN:
        format_vlan(ds, s);
        break;
    case IOV_VF_LINK_STATE:
        ds_put_cstr(ds, link_name(s->link_state));
        break;
    case IOV_VF_VECTORS:
        ds_put_format(ds, "%"PRIu32, s->vectors);
        break;
    default:
        OVS_NOT_REACHED();
    }
}

static bool
has_no_vlan(const struct iov_vf_settings *s)
{
    return s->vlan == IOV_VLAN_UNSET || (!s->vlan && !s->qos);
}

static bool
vlan_equal(const struct iov_vf_settings *a, const struct iov_vf_settings *b)
{
    if (has_no_vlan(a) || has_no_vlan(b)) {
        return has_no_vlan(a) && has_no_vlan(b);
    } else if (a->vlan != b->vlan || a->qos != b->qos) {
        return false;
    }
    /* 0 stands for the usual protocol. */
    return ((a->vlan_proto ? a->vlan_proto : PROTO_8021Q)
            == (b->vlan_proto ? b->vlan_proto : PROTO_8021Q));
}

bool
iov_vf_attr_equal(const struct iov_vf_settings *a,
                  const struct iov_vf_settings *b, enum iov_vf_attr attr)
{
    bool x, y;

    if (iov_vf_attr_get_switch(a, attr, &x)) {
        iov_vf_attr_get_switch(b, attr, &y);
        return x == y;
    }
    switch ((int) attr) {
    case IOV_VF_RATE:
        return a->min_rate == b->min_rate && a->max_rate == b->max_rate;
    case IOV_VF_MAC:
        return eth_addr_equals(a->mac, b->mac);
    case IOV_VF_VLAN:
        return vlan_equal(a, b);
    case IOV_VF_LINK_STATE:
        return a->link_state == b->link_state;
    case IOV_VF_VECTORS:
        return a->vectors == b->vectors;
    default:
        OVS_NOT_REACHED();
    }
}

void
iov_vf_attr_copy(struct iov_vf_settings *dst,
                 const struct iov_vf_settings *src, enum iov_vf_attr attr)
{
    bool on;

    dst->known |= IOV_VF_BIT(attr);
    if (iov_vf_attr_get_switch(src, attr, &on)) {
        iov_vf_attr_set_switch(dst, attr, on);
        return;
    }
    switch ((int) attr) {
    case IOV_VF_RATE:
        dst->min_rate = src->min_rate;
        dst->max_rate = src->max_rate;
        return;
    case IOV_VF_MAC:
        dst->mac = src->mac;
        return;
    case IOV_VF_VLAN:
        dst->vlan = src->vlan;
        dst->qos = src->qos;
        dst->vlan_proto = src->vlan_proto;
        return;
    case IOV_VF_LINK_STATE:
        dst->link_state = src->link_state;
        return;
    case IOV_VF_VECTORS:
        dst->vectors = src->vectors;
        return;
    default:
        OVS_NOT_REACHED();
    }
}

const char *
iov_guest_state_name(enum iov_guest_state state)
{
    switch (state) {
    case IOV_GUEST_NONE:
        return "with the host";
    case IOV_GUEST_GIVEN:
        return "given";
    case IOV_GUEST_RUNNING:
        return "running";
    case IOV_GUEST_LEFT:
        return "left";
    case IOV_GUEST_UNBOUND:
        return "unbound";
    case IOV_GUEST_MISSING:
        return "missing";
    }
    OVS_NOT_REACHED();
}

/* PFs. */

const struct iov_pf *
iov_nics_find(const struct iov_nics *nics, const char *netdev)
{
    for (size_t i = 0; i < nics->n_pfs; i++) {
        if (!strcmp(nics->pfs[i].netdev, netdev)) {
            return &nics->pfs[i];
        }
    }
    return NULL;
}

/* Returns the place of 'mac' in sorted 'macs', or where it would be. */
static size_t
mac_place(const struct eth_addr *macs, size_t n, struct eth_addr mac)
{
    size_t low = 0;

    while (low < n) {
        size_t mid = low + (n - low) / 2;

        if (eth_addr_compare_3way(macs[mid], mac) < 0) {
            low = mid + 1;
        } else {
            n = mid;
        }
    }
    return low;
}

static bool
mac_is_in(const struct eth_addr *macs, size_t n, struct eth_addr mac)
{
    size_t i = mac_place(macs, n, mac);

    return i < n && eth_addr_equals(macs[i], mac);
}

static void
mac_insert(struct eth_addr **macs, size_t *n, struct eth_addr mac)
{
    size_t i = mac_place(*macs, *n, mac);

    if (i < *n && eth_addr_equals((*macs)[i], mac)) {
        return;
    }
    *macs = xrealloc(*macs, (*n + 1) * sizeof **macs);
    memmove(*macs + i + 1, *macs + i, (*n - i) * sizeof **macs);
    (*macs)[i] = mac;
    ++*n;
}

bool
iov_pf_has_mac(const struct iov_pf *pf, struct eth_addr mac)
{
    return (eth_addr_equals(pf->mac, mac)
            || mac_is_in(pf->macs, pf->n_macs, mac));
}

void
iov_pf_add_mac(struct iov_pf *pf, struct eth_addr mac, bool ours)
{
    if (ours) {
        if (mac_is_in(pf->macs, pf->n_macs, mac)) {
            mac_insert(&pf->our_macs, &pf->n_our_macs, mac);
        }
    } else if (!eth_addr_equals(pf->mac, mac)) {
        mac_insert(&pf->macs, &pf->n_macs, mac);
    }
}

static void
vf_clear(struct iov_vf *vf)
{
    free(vf->pci);
    free(vf->driver);
    free(vf->netdev);
    free(vf->host_use);
    iov_vf_record_free(vf->record);
}

void
iov_pf_set_n_vfs(struct iov_pf *pf, unsigned int n)
{
    for (unsigned int i = n; i < pf->n_vfs; i++) {
        vf_clear(&pf->vfs[i]);
    }
    if (!n) {
        free(pf->vfs);
        pf->vfs = NULL;
    } else {
        pf->vfs = xrealloc(pf->vfs, n * sizeof *pf->vfs);
    }
    for (unsigned int i = pf->n_vfs; i < n; i++) {
        pf->vfs[i] = (struct iov_vf) { .index = i };
    }
    pf->n_vfs = n;
}

/* Frees what is in 'pf' and zeroes it; not 'pf' itself. */
void
iov_pf_clear(struct iov_pf *pf)
{
    iov_pf_set_n_vfs(pf, 0);
    free(pf->eswitch);
    free(pf->netdev);
    free(pf->pci);
    free(pf->driver);
    free(pf->description);
    free(pf->macs);
    free(pf->our_macs);
    memset(pf, 0, sizeof *pf);
}

void
iov_nics_clear(struct iov_nics *nics)
{
    for (size_t i = 0; i < nics->n_pfs; i++) {
        iov_pf_clear(&nics->pfs[i]);
    }
    free(nics->pfs);
    nics->pfs = NULL;
    nics->n_pfs = 0;
}

static int
compare_pfs(const void *a_, const void *b_)
{
    const struct iov_pf *a = a_, *b = b_;

    return strcmp(a->netdev, b->netdev);
}

void
iov_nics_sort(struct iov_nics *nics)
{
    if (nics->n_pfs > 1) {
        qsort(nics->pfs, nics->n_pfs, sizeof *nics->pfs, compare_pfs);
    }
}

struct iov_vf_record *
iov_vf_record_clone(const struct iov_vf_record *record)
{
    if (!record) {
        return NULL;
    }

    struct iov_vf_record *copy = xmemdup(record, sizeof *record);

    copy->port = nullable_xstrdup(record->port);
    copy->bridge = nullable_xstrdup(record->bridge);
    copy->guest = nullable_xstrdup(record->guest);
    copy->driver = nullable_xstrdup(record->driver);
    return copy;
}

void
iov_vf_record_free(struct iov_vf_record *record)
{
    if (record) {
        free(record->port);
        free(record->bridge);
        free(record->guest);
        free(record->driver);
        free(record);
    }
}
