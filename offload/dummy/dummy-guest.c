/* SPDX-License-Identifier: Apache-2.0 */

/* Guests that take VFs of dummy NICs.
 *
 * Operations on them go the same way as those on the NIC itself (delay,
 * refusals and log of the PF), and besides each guest can refuse.
 *
 * Only guests that "iov-dummy/guest" has named exist here; "netns:NAME" with
 * another NAME is a real network namespace. */

#include <config.h>

#include "offload/dummy/dummy.h"

#include <errno.h>
#include <string.h>

#include "packets.h"
#include "policy/model/key.h"
#include "util.h"

struct shash dummy_guests = SHASH_INITIALIZER(&dummy_guests);

struct dummy_guest *
dummy_guest_get(const char *name)
{
    struct dummy_guest *guest = shash_find_data(&dummy_guests, name);

    if (!guest) {
        guest = xzalloc(sizeof *guest);
        shash_init(&guest->refusals);
        shash_add(&dummy_guests, name, guest);
    }
    return guest;
}

void
dummy_guest_clear(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &dummy_guests) {
        struct dummy_guest *guest = node->data;

        dummy_accept(&guest->refusals, NULL);
        shash_destroy(&guest->refusals);
        free(guest);
        shash_delete(&dummy_guests, node);
    }
}

void
dummy_guest_evict(const char *name)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &dummy_pfs) {
        struct dummy_pf *pf = node->data;

        for (unsigned int i = 0; i < pf->n_vfs; i++) {
            struct dummy_vf *vf = &pf->vfs[i];

            if (vf->guest && !strcmp(vf->guest, name)) {
                free(vf->guest);
                vf->guest = NULL;
                vf->running = false;
            }
        }
    }
}

bool
dummy_guest_knows(const char *name)
{
    return shash_find(&dummy_guests, name) != NULL;
}

char *
dummy_guest_absent(const char *name)
{
    const struct dummy_guest *guest = shash_find_data(&dummy_guests, name);

    return (guest && guest->present ? NULL
            : xasprintf("there is no dummy guest %s", name));
}

bool
dummy_guest_mac(const char *name, struct eth_addr *mac)
{
    const struct dummy_guest *guest = shash_find_data(&dummy_guests, name);

    *mac = guest ? guest->mac : eth_addr_zero;
    return guest && guest->present;
}

void
dummy_guest_use(const struct iov_guest_spec *spec, struct iov_vf_use *use)
{
    const struct dummy_guest *guest
        = spec->name ? shash_find_data(&dummy_guests, spec->name) : NULL;

    use->counted = guest != NULL;
    use->sent = guest ? guest->sent : 0;
}

enum iov_guest_state
dummy_guest_state(const struct iov_guest_spec *spec,
                  const struct dummy_vf *vf)
{
    if (!vf->guest) {
        return IOV_GUEST_NONE;
    } else if (!spec->name || strcmp(spec->name, vf->guest)) {
        return IOV_GUEST_MISSING;
    }
    return vf->running ? IOV_GUEST_RUNNING : IOV_GUEST_GIVEN;
}

void
dummy_vf_lend(struct dummy_vf *vf, const char *guest)
{
    free(vf->guest);
    vf->guest = nullable_xstrdup(guest);
    vf->running = false;
    dummy_touch();
}

int
dummy_guest_do(const struct iov_op *op, struct dummy_vf *vf, char **text)
{
    struct iov_guest_spec spec;
    int error = 0;

    iov_guest_spec_parse(&spec, op->guest ? op->guest : "none");

    const char *name = spec.name ? spec.name : "";
    const struct dummy_guest *guest = shash_find_data(&dummy_guests, name);
    const struct dummy_refusal *r
        = guest ? dummy_refusal_find(&guest->refusals, op) : NULL;

    if (r) {
        *text = nullable_xstrdup(r->text);
        error = r->error;
    } else if (op->type == IOV_OP_GUEST_DETACH) {
        free(vf->guest);
        vf->guest = NULL;
        vf->running = false;
    } else if (!guest || !guest->present) {
        *text = dummy_guest_absent(name);
        error = ENOENT;
    } else if (op->type == IOV_OP_GUEST_ATTACH) {
        free(vf->guest);
        vf->guest = xstrdup(name);
        vf->running = false;
    } else if (!vf->guest || strcmp(vf->guest, name)) {
        *text = xstrdup("the VF is not with this guest");
        error = ENODEV;
    } else {
        vf->running = true;
    }
    iov_guest_spec_destroy(&spec);
    return error;
}
