/* SPDX-License-Identifier: Apache-2.0 */

/* How a VF comes home from a network namespace: see netns-home.h.
 *
 * The driver is unbound by the VF's PCI address, wherever its network device
 * is, and bound anew.  Unbinding ends the device and with it everything that
 * was stacked on it or set on it: VLAN, macvlan and ipvlan devices in any
 * namespace, XDP programs, qdiscs, alternative names, promiscuity, filter
 * rules of the driver.  The kernel makes the device of the newly bound driver
 * in the first network namespace and gives it a name.  Each of both may take
 * the driver seconds, so child processes do it (vfio.h).
 *
 * The same is done to a VF whose PF was reset behind its driver's back, which
 * takes the PCI configuration of the VFs with it: the network device of such
 * a VF goes up, but hears no interrupt any more.  It is known by the vectors
 * that the kernel lists while the device has them switched off.
 *
 * That a device is at home says nothing.  The kernel returns it by itself when
 * a namespace ends, with what the guest has set on it.  Therefore it is
 * remembered which VFs were given; and a VF that an earlier daemon has left on
 * record counts as given. */

#include <config.h>

#include "offload/guest/netns-home.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "offload/guest/netns-move.h"
#include "offload/pci/pci.h"
#include "offload/pci/vfio.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_netns_home);

/* How long a driver may take to let go of a VF, or to take it; in ms. */
#define CHANGE_LIMIT 60000

/* How long udevd may take to name a new device, in ms. */
#define SETTLE_LIMIT 2000

enum mark {
    MARK_NONE,                  /* Nothing is known. */
    MARK_GIVEN,                 /* A guest has or had it. */
    MARK_LET_GO,                /* The same, and it was told to let go. */
    MARK_UNBOUND,               /* Its driver was unbound since, */
    MARK_NEW                    /* and bound anew. */
};

/* An "enum mark" for each PCI address that was ever given. */
static struct shash marks = SHASH_INITIALIZER(&marks);

static enum mark
get_mark(const char *pci)
{
    const enum mark *mark = pci ? shash_find_data(&marks, pci) : NULL;

    return mark ? *mark : MARK_NONE;
}

static void
set_mark(const char *pci, enum mark mark)
{
    free(shash_replace(&marks, pci, xmemdup(&mark, sizeof mark)));
}

void
netns_home_given(const char *pci)
{
    set_mark(pci, MARK_GIVEN);
}

void
netns_home_let_go(const char *pci)
{
    set_mark(pci, MARK_LET_GO);
}

bool
netns_home_is_let_go(const char *pci)
{
    return get_mark(pci) == MARK_LET_GO;
}

bool
netns_home_is_unbound(const char *pci)
{
    return get_mark(pci) == MARK_UNBOUND;
}

bool
netns_home_is_new(const struct iov_vf *vf)
{
    enum mark mark = get_mark(vf->pci);

    return (mark == MARK_NEW
            || (mark == MARK_NONE && !(vf->record && vf->record->inherited)));
}

enum iov_guest_state
netns_home_state(const struct iov_vf *vf)
{
    if (netns_home_is_new(vf)) {
        return vf->netdev || !vf->driver ? IOV_GUEST_NONE : IOV_GUEST_MISSING;
    } else if (netns_home_is_unbound(vf->pci)) {
        return IOV_GUEST_UNBOUND;
    }
    return (vf->driver || (vf->record && vf->record->driver)
            ? IOV_GUEST_LEFT : IOV_GUEST_NONE);
}

void
netns_home_exit(void)
{
    shash_destroy_free_data(&marks);
    shash_init(&marks);
}

/* Steps. */

bool
netns_home_must_renew(struct netns_move *m)
{
    bool was_reset = pci_was_reset(m->pci);

    if (m->renewed || (m->is_new && !was_reset)) {
        return false;
    }
    if (was_reset) {
        VLOG_INFO("VF %s was reset without its driver, which is bound anew",
                  m->pci);
    }
    m->renewed = true;
    m->step = STEP_UNBIND;
    return true;
}

/* Ends the move; a VF without driver has nothing of a guest's on it. */
static void
fail(struct netns_move *m, int error, char *text)
{
    if (m->step == STEP_BIND) {
        set_mark(m->pci, MARK_NEW);
    }
    netns_move_finish(m, error, text);
}

/* Goes on to the next step when the VF has 'driver'; null is none. */
static void
change_driver(struct netns_move *m, const char *driver)
{
    long long int now = time_msec();
    char *text = NULL;
    int error = 0;

    if (!m->change) {
        error = vfio_change_start(m->pci, driver, &m->change);
        if (error == EBUSY) {
            /* An earlier change, given up, is still under way. */
            return;
        }
        m->changing_since = now;
    } else if (vfio_change_done(m->change, &error, &text)) {
        vfio_change_destroy(m->change);
        m->change = NULL;
        m->began = now;
        m->step += !error;
    } else if (now >= m->changing_since + CHANGE_LIMIT) {
        error = ETIMEDOUT;
        text = xasprintf("the driver of VF %s does not %s it for %d s; see "
                         "the kernel's log", m->pci,
                         driver ? "take" : "let go of", CHANGE_LIMIT / 1000);
    }
    if (error) {
        fail(m, error, text);
    }
}

static void
step_unbind(struct netns_move *m)
{
    char *driver = pci_driver(m->pci);

    if (!m->change && driver && !strcmp(driver, VFIO_DRIVER)
        && vfio_is_held(m->pci)) {
        netns_move_finish(m, EBUSY,
                          xasprintf("VF %s is bound to "VFIO_DRIVER" and in "
                                    "use by a process", m->pci));
    } else {
        change_driver(m, NULL);
    }
    free(driver);
    if (m->step != STEP_UNBIND) {
        set_mark(m->pci, MARK_UNBOUND);
        if (m->op->type == IOV_OP_GUEST_DETACH) {
            m->step = STEP_DONE;
        }
    }
}

/* Waits for the network device, and for the name that it will keep. */
static void
step_bound(struct netns_move *m)
{
    char *netdev = pci_netdev(m->pci);

    if (netdev && (pci_netdev_is_settled(netdev)
                   || time_msec() >= m->began + SETTLE_LIMIT)) {
        set_mark(m->pci, MARK_NEW);
        m->is_new = true;
        m->step = netns_move_first(m->op);
    }
    free(netdev);
}

long long int
netns_home_deadline(const struct netns_move *m)
{
    return m->changing_since + CHANGE_LIMIT;
}

void
netns_home_step(struct netns_move *m)
{
    switch ((int) m->step) {
    case STEP_UNBIND:
        step_unbind(m);
        break;
    case STEP_BIND:
        if (m->driver) {
            change_driver(m, m->driver);
        } else {
            /* It had none when it was found. */
            set_mark(m->pci, MARK_NEW);
            m->step = STEP_DONE;
        }
        break;
    case STEP_BOUND:
        step_bound(m);
        break;
    }
}
