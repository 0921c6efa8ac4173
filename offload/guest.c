/* SPDX-License-Identifier: Apache-2.0 */

/* Brings guest operations to the class of the guest.
 *
 * VFs of dummy NICs cannot be moved anywhere, so their guests are simulated
 * (dummy-guest.c), unless the class can do without a device. */

#include <config.h>

#include "offload/guest.h"

#include <string.h>

#include "offload/die.h"
#include "offload/dummy/dummy.h"
#include "offload/guest/netns.h"
#include "offload/guest/qmp-vm.h"
#include "offload/netlink/link-stats.h"
#include "offload/provider.h"
#include "packets.h"
#include "util.h"

static const struct iov_guest_class *const classes[] = {
    &iov_guest_none,
    &iov_guest_netns,
    &iov_guest_qmp,
};

static const struct iov_guest_class *
find_class(const struct iov_guest_spec *spec)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (classes[i]->kind == spec->kind) {
            return classes[i];
        }
    }
    return NULL;
}

static bool
is_simulated(const struct iov_guest_class *class)
{
    return !class || !(class->keeps || class->takes_dummies);
}

void
iov_guests_exit(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        classes[i]->exit();
    }
}

void
iov_guests_run(long long int now)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        classes[i]->run(now);
    }
}

void
iov_guests_wait(long long int now)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        classes[i]->wait(now);
    }
}

uint64_t
iov_guests_changed(void)
{
    return netns_changed() + dummy_changed() + qmp_vms_changed();
}

bool
iov_guests_are_new(void)
{
    bool any = false;

    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        any = any || (classes[i]->is_new && classes[i]->is_new());
    }
    return any;
}

void
iov_guests_sweep(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (classes[i]->sweep) {
            classes[i]->sweep();
        }
    }
}

void
iov_guests_cancel(const char *port)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        if (classes[i]->cancel) {
            classes[i]->cancel(port);
        }
    }
}

char *
iov_guests_busy(const char *guest)
{
    const struct iov_guest_class *class;
    struct iov_guest_spec spec;
    char *text;

    iov_guest_spec_parse(&spec, guest);
    class = find_class(&spec);
    text = class && class->held ? class->held(&spec) : NULL;
    iov_guest_spec_destroy(&spec);
    /* cppcheck-suppress returnDanglingLifetime ; it is the caller's. */
    return text;
}

char *
iov_guests_not_ready(const char *guest, struct eth_addr mac)
{
    const struct iov_guest_class *class;
    struct iov_guest_spec spec;
    char *text = NULL;

    iov_guest_spec_parse(&spec, guest);
    class = find_class(&spec);
    if (spec.name && dummy_guest_knows(spec.name)) {
        text = dummy_guest_absent(spec.name);
    } else if (!class) {
        text = xasprintf("%s is a kind of guest that this build does not "
                         "have", guest);
    } else if (class->absent) {
        text = class->absent(&spec, mac);
    }
    iov_guest_spec_destroy(&spec);
    /* cppcheck-suppress returnDanglingLifetime ; it is the caller's. */
    return text;
}

bool
iov_guests_mac(const char *guest, const char *port, struct eth_addr *mac)
{
    const struct iov_guest_class *class;
    struct iov_guest_spec spec;
    bool known = false;

    iov_guest_spec_parse(&spec, guest);
    class = find_class(&spec);
    if (spec.name && dummy_guest_knows(spec.name)) {
        known = dummy_guest_mac(spec.name, mac);
    } else if (class && class->mac) {
        known = class->mac(&spec, port, mac);
    }
    iov_guest_spec_destroy(&spec);
    return (known && !eth_addr_is_zero(*mac)
            && !eth_addr_is_multicast(*mac));
}

static const struct iov_guest_class *
find_class_of(const char *guest)
{
    const struct iov_guest_class *class;
    struct iov_guest_spec spec;

    iov_guest_spec_parse(&spec, guest);
    class = find_class(&spec);
    iov_guest_spec_destroy(&spec);
    return class;
}

bool
iov_guests_keep(const char *guest)
{
    const struct iov_guest_class *class = find_class_of(guest);

    return class && class->keeps;
}

bool
iov_guests_pair(const char *guest)
{
    const struct iov_guest_class *class = find_class_of(guest);

    return class && class->pairs;
}

enum iov_guest_state
iov_guests_state(const char *guest, const struct iov_vf *vf)
{
    enum iov_guest_state state = IOV_GUEST_MISSING;
    const struct iov_guest_class *class;
    const struct dummy_vf *dummy;
    struct iov_guest_spec spec;

    iov_guest_spec_parse(&spec, guest);
    class = find_class(&spec);
    dummy = vf->pci ? dummy_vf_find(vf->pci) : NULL;
    if (dummy && is_simulated(class)) {
        state = dummy_guest_state(&spec, dummy);
    } else if (class) {
        state = class->state(&spec, vf);
    }
    if (state == IOV_GUEST_GIVEN && vf->record && vf->record->started
        && !(class && class->sees_running)) {
        /* What the guest does with it is its business. */
        state = IOV_GUEST_RUNNING;
    }
    iov_guest_spec_destroy(&spec);
    return state;
}

void
iov_guests_use(const char *guest, const struct iov_pf *pf,
               const struct iov_vf *vf, struct iov_vf_use *use)
{
    const struct iov_guest_class *class;
    struct iov_guest_spec spec;
    uint64_t unused;

    memset(use, 0, sizeof *use);
    iov_guest_spec_parse(&spec, guest);
    class = find_class(&spec);
    if (vf->pci && dummy_vf_find(vf->pci) && is_simulated(class)) {
        dummy_guest_use(&spec, use);
    } else if (class && class->use) {
        class->use(&spec, vf, use);
    }
    iov_guest_spec_destroy(&spec);

    if (!use->counted) {
        use->counted = use->by_pf = iov_providers_count(
            pf, vf->index, &use->sent, &use->heard);
    }
    /* What the guest has sent, the host has heard. */
    use->other_counted = vf->record && link_count(vf->record->port, &unused,
                                                  &use->other_sent);
}

void
iov_guests_start(struct iov_op *op, const struct iov_vf *vf)
{
    const struct iov_guest_class *class;
    struct iov_guest_spec spec;

    iov_die_hook(op, false);
    iov_guest_spec_parse(&spec, op->guest ? op->guest : "");
    class = find_class(&spec);
    if (dummy_pf_find(op->pf) && is_simulated(class)) {
        dummy_start(op);
    } else {
        /* "none" refuses all there is. */
        (class ? class : &iov_guest_none)->start(op, &spec, vf);
    }
    iov_guest_spec_destroy(&spec);
}

struct iov_result *
iov_guests_next_result(void)
{
    struct iov_result *result = dummy_guest_next_result();

    for (size_t i = 0; !result && i < ARRAY_SIZE(classes); i++) {
        result = classes[i]->next_result();
    }
    if (result && !result->error) {
        iov_die_hook(result->op, true);
    }
    return result;
}
