/* SPDX-License-Identifier: Apache-2.0 */

/* What a running ovs-iovd adds to what is told of a NIC: who uses its VFs,
 * what its driver was asked for and has, and its address list.
 *
 * An attribute that was neither read nor refused is not known to be missing;
 * nobody has asked for it yet. */

#include <config.h>

#include "policy/ready/ready-internal.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "policy/model/nic.h"
#include "util.h"

struct summary {
    size_t n_ours, n_busy;      /* VFs in use by ports, by somebody else. */
    uint32_t known, cannot;     /* IOV_VF_BIT()s. */
};

static struct summary
summarize(const struct iov_pf *pf)
{
    struct summary s = { 0, 0, 0, 0 };

    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        const struct iov_vf *vf = &pf->vfs[i];

        s.n_ours += vf->record != NULL;
        s.n_busy += !vf->record && vf->busy;
        s.known |= vf->now.known;
        s.cannot |= vf->cannot;
    }
    return s;
}

/* What asking has shown of an attribute. */
static const char *
answer(const struct summary *s, enum iov_vf_attr attr)
{
    return (s->cannot & IOV_VF_BIT(attr) ? "no"
            : s->known & IOV_VF_BIT(attr) ? "yes" : "not asked");
}

static void
put_attributes(struct ds *ds, const struct summary *s, const char *what,
               const char *label)
{
    size_t n = 0;

    for (int i = 0; i < IOV_N_VF_ATTRS; i++) {
        if (!strcmp(answer(s, i), what)) {
            ds_put_format(ds, "%s%s", n ? ", " : label,
                          iov_vf_attr_name(i));
            n++;
        }
    }
    if (n) {
        ds_put_char(ds, '\n');
    }
}

void
iov_ready_put_pf(struct ds *ds, const struct iov_pf *pf)
{
    struct summary s = summarize(pf);

    ds_put_format(ds, "  VFs in use: %"PRIuSIZE" by ports, %"PRIuSIZE" by "
                  "others\n", s.n_ours, s.n_busy);
    put_attributes(ds, &s, "yes", "  VF attributes: ");
    put_attributes(ds, &s, "no", "  VF attributes that it lacks: ");
    ds_put_format(ds, "  MAC table: %"PRIuSIZE" addresses, %"PRIuSIZE" of "
                  "them of ports on software\n", pf->n_macs, pf->n_our_macs);
}

void
iov_ready_pf_to_json(const struct iov_pf *pf, struct json *object)
{
    struct json *attributes = json_object_create();
    struct summary s = summarize(pf);

    for (int i = 0; i < IOV_N_VF_ATTRS; i++) {
        json_object_put_string(attributes, iov_vf_attr_name(i),
                               answer(&s, i));
    }
    json_object_put(object, "vf-attributes", attributes);
    json_object_put(object, "vfs-in-use", json_integer_create(s.n_ours));
    json_object_put(object, "vfs-busy", json_integer_create(s.n_busy));
    json_object_put(object, "macs", json_integer_create(pf->n_macs));
    json_object_put(object, "macs-of-ports",
                    json_integer_create(pf->n_our_macs));
}
