/* SPDX-License-Identifier: Apache-2.0 */

/* "netns:NAME": the guest is a network namespace that holds the VF's network
 * device.
 *
 *   GIVE    give the device, which is down, the address that the PF gave its
 *           VF, and move it there.  A driver that refuses the address takes
 *           it when it resets the VF.
 *   START   see to it that it is up with the address that the PF gave its VF,
 *           let a bond that has taken it in send by it, and wait until that
 *           does.
 *   TAKE    let its bond send by another member; then, asked once more, unbind
 *           its driver; then, asked again, bind it anew, which brings it home
 *           (netns-home.h).
 *
 * The guest may do with its device what it likes, but a port is only on its VF
 * while the guest uses that.  A device that a bond holds in reserve counts as
 * given, not as running, and is started again; if that does not help, the port
 * goes to software. */

#include <config.h>

#include "offload/guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "offload/guest/netns-home.h"
#include "offload/guest/netns-move.h"
#include "offload/guest/netns.h"
#include "offload/pci/pci.h"
#include "packets.h"
#include "util.h"

static struct ovs_list moves = OVS_LIST_INITIALIZER(&moves);

static char *
ns_absent(const struct iov_guest_spec *spec,
          struct eth_addr mac OVS_UNUSED)
{
    return netns_absent(spec->name);
}

/* True if the guest can be expected to use 'link' now: a device that has not
 * taken over the address of its VF yet cannot be used, and one that its bond
 * does not send by is not. */
static bool
is_used(const struct netns *ns, const struct rtnl_link *link,
        const struct iov_vf *vf)
{
    const struct rtnl_link *bond
        = netns_find_bond(ns, link, vf->record ? vf->record->mac
                          : eth_addr_zero);

    return (link->flags & IFF_UP
            && (!(vf->now.known & IOV_VF_BIT(IOV_VF_MAC))
                || eth_addr_equals(link->address, vf->now.mac))
            && (link->in_bond ? link->is_active : !bond));
}

static enum iov_guest_state
ns_state(const struct iov_guest_spec *spec, const struct iov_vf *vf)
{
    int error;
    const struct netns *ns = netns_get(spec->name, &error, NULL);
    const struct rtnl_link *link = ns ? netns_find_pci(ns, vf->pci) : NULL;

    if (!link) {
        return netns_home_state(vf);
    } else if (netns_home_is_let_go(vf->pci)) {
        return IOV_GUEST_LEFT;
    } else if (netns_home_is_unbound(vf->pci)) {
        return IOV_GUEST_UNBOUND;
    }
    return (is_used(ns, link, vf) ? IOV_GUEST_RUNNING : IOV_GUEST_GIVEN);
}

/* Where a VF without driver goes on.  If it has one after all, its network
 * device did not come, or somebody else has bound it. */
static enum netns_step
find_way_from_unbound(const struct iov_vf *vf)
{
    char *driver = vf->pci ? pci_driver(vf->pci) : NULL;
    enum netns_step step = driver ? STEP_UNBIND : STEP_BIND;

    free(driver);
    return step;
}

/* First step of GUEST_DETACH, which has three parts. */
static enum netns_step
find_way_home(const struct iov_guest_spec *spec, const struct iov_vf *vf)
{
    switch (ns_state(spec, vf)) {
    case IOV_GUEST_NONE:
        return STEP_DONE;
    case IOV_GUEST_GIVEN:
    case IOV_GUEST_RUNNING:
        return STEP_SWITCH;
    case IOV_GUEST_LEFT:
    case IOV_GUEST_MISSING:
        return STEP_UNBIND;
    case IOV_GUEST_UNBOUND:
        return find_way_from_unbound(vf);
    }
    OVS_NOT_REACHED();
}

static void
ns_start(struct iov_op *op, const struct iov_guest_spec *spec,
         const struct iov_vf *vf)
{
    struct netns_move *m = netns_move_create(op, spec->name, vf);
    int error = netns_moves_init();

    if (error && !m->finished) {
        netns_move_finish(m, error, xstrdup("a netlink socket cannot be "
                                            "opened"));
    } else if (!m->finished && op->type == IOV_OP_GUEST_DETACH) {
        m->step = find_way_home(spec, vf);
    }
    ovs_list_push_back(&moves, &m->node);
}

/* Nothing else takes long. */
static void
ns_cancel(const char *port)
{
    struct netns_move *m;

    LIST_FOR_EACH (m, node, &moves) {
        if (!strcmp(m->op->port, port) && m->step == STEP_USED
            && !m->finished) {
            netns_move_finish(m, ECANCELED, NULL);
        }
    }
}

static struct iov_result *
ns_next_result(void)
{
    struct netns_move *m;

    LIST_FOR_EACH (m, node, &moves) {
        if (m->finished && !m->asked) {
            ovs_list_remove(&m->node);
            return netns_move_result(m);
        }
    }
    return NULL;
}

static void
ns_run(long long int now)
{
    struct netns_move *m;

    netns_run(now);
    netns_moves_run();
    LIST_FOR_EACH (m, node, &moves) {
        netns_move_run(m, now);
    }
}

static void
ns_wait(long long int now)
{
    struct netns_move *m;

    netns_wait(now);
    netns_moves_wait();
    LIST_FOR_EACH (m, node, &moves) {
        netns_move_wait(m);
    }
}

static void
ns_exit(void)
{
    struct iov_result *result;
    struct netns_move *m;

    LIST_FOR_EACH (m, node, &moves) {
        netns_move_finish(m, ECANCELED, m->text);
    }
    netns_exit();
    netns_moves_exit();
    while ((result = ns_next_result())) {
        iov_result_destroy(result);
    }
}

const struct iov_guest_class iov_guest_netns = {
    .kind = IOV_GUEST_KIND_NETNS,
    .sees_running = true,
    .absent = ns_absent,
    .mac = netns_mac,
    .state = ns_state,
    .use = netns_use,
    .start = ns_start,
    .cancel = ns_cancel,
    .next_result = ns_next_result,
    .run = ns_run,
    .wait = ns_wait,
    .exit = ns_exit,
};
