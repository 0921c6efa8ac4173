/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs plans against a model of one PF with one VF, in which every operation
 * works at once.
 *
 *   plan FROM TO [EVENT]
 *                   prints the operations from where FROM ends to where TO
 *                   ends; FROM and TO are names of goals[].  EVENT comes in
 *                   between: the guest leaves its VF "unused", the VF is
 *                   "deaf" since its DMA was taken away, or it is "left" since
 *                   its guest has gone.
 *   plan-kill       for every pair of goals, and for a daemon that loses its
 *                   memory after any number of operations and then again,
 *                   runs to the end and checks what must hold all the time.
 *
 * The model is not the plan's own idea of the world but what a NIC would do,
 * so that the checks can catch the plan. */

#include <config.h>

#include "test-policy.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "policy/plan/plan.h"
#include "util.h"

#define MAX_OPS 40
#define FENCE_VLAN 4094

static const struct eth_addr port_mac = { .ea = { 0x52, 0x54, 0, 0, 0, 1 } };
static const struct eth_addr fence_mac = { .ea = { 2, 0, 0, 0, 0, 0xfe } };
static const struct eth_addr pf_mac = { .ea = { 0x52, 0x54, 0, 0, 0, 0xff } };

struct goal {
    const char *name;
    bool direct, protect, managed, keep_fenced;
    const char *guest;
    uint16_t vlan;
};

static const struct goal goals[] = {
    { "off", false, false, false, false, "netns:g", 0 },
    { "direct", true, false, true, false, "netns:g", 10 },
    { "protected", false, true, true, false, "netns:g", 10 },
    { "yielding", false, false, true, false, "netns:g", 10 },
    { "other-vlan", true, false, true, false, "netns:g", 20 },
    { "other-guest", true, false, true, false, "netns:h", 10 },
    { "kept-off", false, false, false, false, "none", 0 },
    { "kept-direct", true, false, true, false, "none", 10 },
    { "kept-protected", false, true, true, true, "none", 10 },
};

/* The model. */
struct model {
    struct iov_pf pf;
    struct iov_vf_settings original;
    char *learned_at;
    bool checked;
};

static void
model_init(struct model *m)
{
    struct iov_vf *vf;

    memset(m, 0, sizeof *m);
    m->pf.netdev = xstrdup("pf0");
    m->pf.mac = pf_mac;
    iov_pf_set_n_vfs(&m->pf, 1);
    vf = &m->pf.vfs[0];
    vf->now = (struct iov_vf_settings) {
        .known = IOV_VF_ALL, .vlan = 7, .vlan_proto = 0x8100, .trust = true,
        .dma = true,
    };
    m->original = vf->now;
}

static void
model_destroy(struct model *m)
{
    iov_pf_clear(&m->pf);
    free(m->learned_at);
}

/* What the daemon forgets when it is killed. */
static void
model_kill(struct model *m)
{
    free(m->learned_at);
    m->learned_at = NULL;
    m->checked = false;
    m->pf.vfs[0].dma_held = false;
    if (m->pf.vfs[0].guest == IOV_GUEST_UNBOUND) {
        m->pf.vfs[0].guest = IOV_GUEST_LEFT;
    }
}

static void
remove_mac(struct eth_addr *macs, size_t *n, struct eth_addr mac)
{
    for (size_t i = 0; i < *n; i++) {
        if (eth_addr_equals(macs[i], mac)) {
            memmove(&macs[i], &macs[i + 1], (--*n - i) * sizeof *macs);
            return;
        }
    }
}

static void
model_do(struct model *m, const struct iov_op *op)
{
    struct iov_vf *vf = &m->pf.vfs[0];

    switch (op->type) {
    case IOV_OP_RECORD:
        vf->record = iov_vf_record_clone(op->record);
        break;
    case IOV_OP_FORGET:
        iov_vf_record_free(vf->record);
        vf->record = NULL;
        break;
    case IOV_OP_VF_SET:
        iov_vf_attr_copy(&vf->now, &op->set, op->attr);
        vf->dma_held = !vf->now.dma;
        m->checked = false;
        break;
    case IOV_OP_GUEST_ATTACH:
        vf->guest = IOV_GUEST_GIVEN;
        break;
    case IOV_OP_GUEST_ACTIVATE:
        vf->guest = IOV_GUEST_RUNNING;
        break;
    case IOV_OP_GUEST_DETACH:
        /* In three parts, as a namespace gives its VF back. */
        vf->guest = (vf->guest == IOV_GUEST_LEFT ? IOV_GUEST_UNBOUND
                     : vf->guest == IOV_GUEST_UNBOUND ? IOV_GUEST_NONE
                     : IOV_GUEST_LEFT);
        break;
    case IOV_OP_PF_MAC_ADD:
        iov_pf_add_mac(&m->pf, op->mac, false);
        iov_pf_add_mac(&m->pf, op->mac, true);
        break;
    case IOV_OP_PF_MAC_DEL:
        remove_mac(m->pf.macs, &m->pf.n_macs, op->mac);
        remove_mac(m->pf.our_macs, &m->pf.n_our_macs, op->mac);
        break;
    case IOV_OP_FDB_ADD:
        free(m->learned_at);
        m->learned_at = xstrdup(op->switch_port);
        break;
    case IOV_OP_READ_BACK:
        m->checked = true;
        break;
    case IOV_OP_FDB_DEL:
    case IOV_OP_SET_NUM_VFS:
    case IOV_N_OPS:
        OVS_NOT_REACHED();
    }
}

/* Next operation towards 'goal', or null. */
static struct iov_op *
model_next(const struct model *m, const struct goal *goal)
{
    const struct iov_pf *pfs[] = { &m->pf };
    const struct iov_vf *vf = &m->pf.vfs[0];
    struct iov_vf_settings want = {
        .known = (IOV_VF_BIT(IOV_VF_MAC) | IOV_VF_BIT(IOV_VF_VLAN)
                  | IOV_VF_BIT(IOV_VF_SPOOFCHK) | IOV_VF_BIT(IOV_VF_TRUST)),
        .mac = port_mac, .vlan = goal->vlan, .vlan_proto = 0x8100,
        .spoofchk = true, .vectors = 9,
    };
    const char *guest = vf->record ? vf->record->guest : goal->guest;
    struct iov_plan_in in = {
        .port = "vm",
        .bridge = "br0",
        .has_mac = true,
        .mac = port_mac,
        .vlan = goal->vlan,
        .guest = goal->guest,
        .vf_external = !strcmp(guest, "none"),
        .direct = goal->direct,
        .protect = goal->protect,
        .managed = goal->managed,
        .keep_fenced = goal->keep_fenced,
        .want = &want,
        .pfs = pfs,
        .n_pfs = 1,
        .pf = &m->pf,
        .vf = goal->direct || goal->keep_fenced || vf->record ? vf : NULL,
        .learned_at = m->learned_at,
        .checked = m->checked,
        .fence_mac = fence_mac,
        .fence_vlan = FENCE_VLAN,
    };

    /* As the verdict does. */
    want.known |= (vf->now.vectors < want.vectors
                   ? IOV_VF_BIT(IOV_VF_VECTORS) : 0);
    return iov_plan_next(&in);
}

/* Runs 'm' towards 'goal' for at most 'max' operations; returns how many it
 * took.  Calls 'each', if not null, after each. */
static int
model_run(struct model *m, const struct goal *goal, int max,
          void (*each)(const struct model *, const struct goal *,
                       const struct iov_op *, void *), void *aux)
{
    int n = 0;

    while (n < max) {
        struct iov_op *op = model_next(m, goal);
        if (!op) {
            break;
        }
        model_do(m, op);
        n++;
        if (each) {
            each(m, goal, op, aux);
        }
        iov_op_destroy(op);
    }
    return n;
}

static const struct goal *
find_goal(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(goals); i++) {
        if (!strcmp(goals[i].name, name)) {
            return &goals[i];
        }
    }
    ovs_fatal(0, "no goal \"%s\"", name);
}

static void
print_op(const struct model *m OVS_UNUSED, const struct goal *g OVS_UNUSED,
         const struct iov_op *op, void *aux OVS_UNUSED)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    iov_op_format(&ds, op);
    puts(ds_cstr(&ds));
    ds_destroy(&ds);
}

static void
test_plan(struct ovs_cmdl_context *ctx)
{
    struct model m;

    model_init(&m);
    model_run(&m, find_goal(ctx->argv[1]), MAX_OPS, NULL, NULL);
    if (ctx->argc > 3 && !strcmp(ctx->argv[3], "unused")) {
        m.pf.vfs[0].guest = IOV_GUEST_GIVEN;
    } else if (ctx->argc > 3 && !strcmp(ctx->argv[3], "deaf")) {
        m.pf.vfs[0].now.dma = false;
        m.pf.vfs[0].dma_held = true;
    } else if (ctx->argc > 3 && !strcmp(ctx->argv[3], "left")) {
        m.pf.vfs[0].guest = IOV_GUEST_LEFT;
    }
    model_run(&m, find_goal(ctx->argv[2]), MAX_OPS, print_op, NULL);
    model_destroy(&m);
}

/* What must hold all the time. */

struct watch {
    const char *from, *to;
    int killed_at;
    int n_failed;
    bool opened;                /* The VF has been open towards this goal. */
};

static void
complain(struct watch *w, const struct iov_op *op, const char *what)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (op) {
        iov_op_format(&ds, op);
    }
    printf("%s, killed after %d, %s: %s: %s\n", w->from, w->killed_at, w->to,
           op ? ds_cstr(&ds) : "at the end", what);
    ds_destroy(&ds);
    w->n_failed++;
}

static bool
vf_owns_mac(const struct iov_vf *vf)
{
    return eth_addr_equals(vf->now.mac, port_mac);
}

static bool
vf_has_fence_vlan(const struct iov_vf *vf)
{
    return vf->now.vlan == FENCE_VLAN;
}

static void
watch_op(const struct model *m, const struct goal *goal,
         const struct iov_op *op, void *w_)
{
    const struct iov_vf *vf = &m->pf.vfs[0];
    struct watch *w = w_;
    bool carries = vf_owns_mac(vf) && !vf_has_fence_vlan(vf) && vf->now.dma;
    bool pf_receives = iov_pf_has_mac(&m->pf, port_mac);

    if (carries && !vf->record) {
        complain(w, op, "the VF is open and nothing remembers how it was");
    }
    if (!goal->direct && goal->managed && op->type == IOV_OP_VF_SET
        && carries) {
        complain(w, op, "the VF was opened on the way to software");
    }
    if (goal->protect && carries && op->type != IOV_OP_VF_SET
        && op->type != IOV_OP_RECORD) {
        complain(w, op, "something came before the fence");
    }
    if (op->type == IOV_OP_PF_MAC_DEL
        && !(carries && (!strcmp(goal->guest, "none")
                         || vf->guest == IOV_GUEST_RUNNING))) {
        complain(w, op, "the address is nowhere");
    }
    if (!goal->direct && !goal->protect && goal->managed
        && op->type == IOV_OP_GUEST_DETACH && !pf_receives) {
        complain(w, op, "taken before the software path was ready");
    }
    if (op->type == IOV_OP_VF_SET && op->attr == IOV_VF_VECTORS
        && (vf->guest != IOV_GUEST_NONE || !strcmp(goal->guest, "none"))) {
        complain(w, op, "the guest lost the driver of its VF");
    }
    if (vf->guest == IOV_GUEST_NONE && op->type == IOV_OP_GUEST_DETACH
        && carries) {
        complain(w, op, "open for as long as its driver takes");
    }
    if (vf->guest == IOV_GUEST_NONE && op->type == IOV_OP_GUEST_DETACH
        && (!vf_has_fence_vlan(vf)
            || !eth_addr_equals(vf->now.mac, m->original.mac))) {
        complain(w, op, "bound without the fence, or with its address");
    }
    if (vf->record && vf->guest == IOV_GUEST_LEFT
        && op->type == IOV_OP_GUEST_DETACH && goal->protect
        && !iov_vf_is_fenced(vf)) {
        complain(w, op, "not fenced while it may still be used");
    }
    if (vf->record && !strncmp(vf->record->guest, "netns", 5)
        && vf->guest != IOV_GUEST_NONE && vf->now.vlan == m->original.vlan
        && !vf_owns_mac(vf)) {
        complain(w, op, "put back while the guest has it");
    }
}

static void
watch_end(const struct model *m, const struct goal *goal, struct watch *w)
{
    const struct iov_vf *vf = &m->pf.vfs[0];
    bool pf_receives = iov_pf_has_mac(&m->pf, port_mac);

    if (goal->direct) {
        if (!vf_owns_mac(vf) || vf->now.vlan != goal->vlan
            || !vf->now.spoofchk || vf->now.trust || !vf->now.dma
            || !m->checked
            || pf_receives || strcmp(m->learned_at, "pf0")) {
            complain(w, NULL, "not direct");
        }
    } else if (goal->keep_fenced) {
        if (!iov_vf_is_fenced(vf) || !vf->dma_held || !pf_receives
            || vf->now.link_state != IOV_VF_LINK_DISABLE) {
            complain(w, NULL, "not fenced");
        }
    } else {
        for (int i = 0; i < IOV_N_VF_ATTRS; i++) {
            if (!iov_vf_attr_equal(&vf->now, &m->original, i)) {
                complain(w, NULL, iov_vf_attr_name(i));
            }
        }
        if (vf->record || vf->guest != IOV_GUEST_NONE) {
            complain(w, NULL, "not released");
        }
        if (goal->managed && !pf_receives) {
            complain(w, NULL, "the PF does not receive for the port");
        }
    }
}

/* A guest that keeps its VF and one that is given it do not share a VF. */
static bool
may_follow(const struct goal *a, const struct goal *b)
{
    return !strcmp(a->guest, "none") == !strcmp(b->guest, "none");
}

static int
kill_at(const struct goal *from, const struct goal *to, int n)
{
    struct watch w = { .from = from->name, .to = to->name, .killed_at = n };
    struct model m;

    model_init(&m);
    model_run(&m, from, n, NULL, NULL);
    model_kill(&m);
    /* And once more, in the middle of the way to 'to'. */
    model_run(&m, to, 2, watch_op, &w);
    model_kill(&m);
    if (model_run(&m, to, MAX_OPS, watch_op, &w) == MAX_OPS) {
        complain(&w, NULL, "never ends");
    }
    watch_end(&m, to, &w);
    model_destroy(&m);
    return w.n_failed;
}

static void
test_plan_kill(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    int n_cases = 0, n_failed = 0;

    for (size_t i = 0; i < ARRAY_SIZE(goals); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(goals); j++) {
            for (int n = 0; n < 16 && may_follow(&goals[i], &goals[j]);
                 n++) {
                n_failed += kill_at(&goals[i], &goals[j], n);
                n_cases++;
            }
        }
    }
    printf("%d cases, %d complaints\n", n_cases, n_failed);
}

const struct ovs_cmdl_command test_plan_commands[] = {
    { "plan", "FROM TO [EVENT]", 2, 3, test_plan, OVS_RO },
    { "plan-kill", NULL, 0, 0, test_plan_kill, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};
