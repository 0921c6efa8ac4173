/* SPDX-License-Identifier: Apache-2.0 */

/* Brings guest operations to the class of the guest.
 *
 * The subtle thing: VFs of dummy NICs cannot be moved anywhere, so their
 * guests are simulated (dummy-guest.c), whatever iov-guest says. */

#include <config.h>

#include "offload/guest.h"

#include <string.h>

#include "offload/die.h"
#include "offload/dummy.h"
#include "offload/netns.h"
#include "util.h"

static const struct iov_guest_class *const classes[] = {
    &iov_guest_none,
    &iov_guest_netns,
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
    return netns_changed() + dummy_changed();
}

char *
iov_guests_absent(const char *guest)
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
        text = class->absent(&spec);
    }
    iov_guest_spec_destroy(&spec);
    /* cppcheck-suppress returnDanglingLifetime ; it is the caller's. */
    return text;
}

bool
iov_guests_keep(const char *guest)
{
    const struct iov_guest_class *class;
    struct iov_guest_spec spec;
    bool keeps;

    iov_guest_spec_parse(&spec, guest);
    class = find_class(&spec);
    keeps = class && class->keeps;
    iov_guest_spec_destroy(&spec);
    return keeps;
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
    if (dummy && !(class && class->keeps)) {
        state = dummy_guest_state(&spec, dummy);
    } else if (class) {
        state = class->state(&spec, vf);
    }
    iov_guest_spec_destroy(&spec);
    return state;
}

void
iov_guests_start(struct iov_op *op, const struct iov_vf *vf)
{
    const struct iov_guest_class *class;
    struct iov_guest_spec spec;

    iov_die_hook(op, false);
    iov_guest_spec_parse(&spec, op->guest ? op->guest : "");
    class = find_class(&spec);
    if (dummy_pf_find(op->pf) && !(class && class->keeps)) {
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
