/* SPDX-License-Identifier: Apache-2.0 */

/* Turns OpenFlow actions into steps.
 *
 * The subtle thing: whatever is not named here or in action.def stops
 * the analysis with a reason; an action is never passed over because it is
 * not known.  What is passed over ("note", "push") has no effect on where a
 * packet goes, nor on what it contains, nor on what is counted. */

#include <config.h>

#include "policy/flow/acts.h"

#include <string.h>

#include "flow.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-port.h"
#include "packets.h"
#include "util.h"

/* Steps under construction. */
struct steps {
    struct iov_step *list;
    size_t n, allocated;
};

static struct iov_step *
steps_add(struct steps *s, enum iov_step_type type)
{
    if (s->n >= s->allocated) {
        s->list = x2nrealloc(s->list, &s->allocated, sizeof *s->list);
    }
    struct iov_step *step = &s->list[s->n++];
    memset(step, 0, sizeof *step);
    step->type = type;
    return step;
}

/* Says why 'step' stops where it does. */
static void
step_set_stop(struct iov_step *step, enum ofpact_type type)
{
    step->stop.action = ofpact_name(type);
    switch ((int) type) {
#define ACTION(TYPE, REASON, DOES)                      \
    case OFPACT_##TYPE:                                 \
        step->stop.reason = IOV_REASON_##REASON;        \
        step->stop.does = DOES;                         \
        break;
#include "policy/flow/action.def"
#undef ACTION
    default:
        step->stop.reason = IOV_REASON_OPENFLOW_ACTIONS;
        step->stop.does = "acts on";
        break;
    }
}

static void
steps_add_stop(struct steps *s, enum ofpact_type type)
{
    step_set_stop(steps_add(s, IOV_STEP_STOP), type);
}

static void
steps_add_output(struct steps *s, ofp_port_t port)
{
    if (port == OFPP_NORMAL) {
        steps_add(s, IOV_STEP_NORMAL);
    } else {
        steps_add_stop(s, (port == OFPP_CONTROLLER ? OFPACT_CONTROLLER
                           : OFPACT_OUTPUT));
    }
}

static bool
is_scratch_field(const struct mf_field *field)
{
    return mf_is_register(field->id) || field->id == MFF_METADATA;
}

/* Adds one step for each word in which 'mask' has a bit. */
static void
steps_add_words(struct steps *s, enum iov_step_type type,
                const struct flow *value, const struct flow *mask)
{
    for (size_t i = 0; i < FLOW_U64S; i++) {
        uint64_t m = flow_u64_value(mask, i);
        if (m) {
            struct iov_step *step = steps_add(s, type);
            step->set.word = i;
            step->set.mask = m;
            step->set.value = value ? flow_u64_value(value, i) & m : 0;
        }
    }
}

/* An action of type 'type' makes a packet's bits of 'mask' those of 'value',
 * which matters unless they are so already. */
static void
steps_add_keep(struct steps *s, enum ofpact_type type,
               const struct flow *value, const struct flow *mask)
{
    size_t n = s->n;

    steps_add_words(s, IOV_STEP_KEEP, value, mask);
    for (; n < s->n; n++) {
        step_set_stop(&s->list[n], type);
    }
}

static void
steps_add_set_field(struct steps *s, const struct ofpact_set_field *a)
{
    struct flow value = { .regs[0] = 0 }, mask = { .regs[0] = 0 };

    if (mf_is_tun_metadata(a->field)) {
        steps_add_stop(s, OFPACT_SET_FIELD);
        return;
    }
    mf_set_flow_value(a->field, a->value, &value);
    mf_set_flow_value(a->field, ofpact_set_field_mask(a), &mask);
    if (is_scratch_field(a->field)) {
        steps_add_words(s, IOV_STEP_SET, &value, &mask);
    } else {
        steps_add_keep(s, OFPACT_SET_FIELD, &value, &mask);
    }
}

/* Adds steps for an action of OpenFlow 1.0 that sets a header field. */
static void
steps_add_header(struct steps *s, const struct ofpact *a)
{
    struct flow value = { .regs[0] = 0 }, mask = { .regs[0] = 0 };
    uint16_t tci = VLAN_CFI, tci_mask = VLAN_CFI;

    switch ((int) a->type) {
    case OFPACT_SET_ETH_SRC:
        value.dl_src = ofpact_get_SET_ETH_SRC(a)->mac;
        mask.dl_src = eth_addr_exact;
        break;

    case OFPACT_SET_ETH_DST:
        value.dl_dst = ofpact_get_SET_ETH_DST(a)->mac;
        mask.dl_dst = eth_addr_exact;
        break;

    case OFPACT_SET_VLAN_VID:
        tci |= ofpact_get_SET_VLAN_VID(a)->vlan_vid;
        tci_mask |= VLAN_VID_MASK;
        break;

    case OFPACT_SET_VLAN_PCP:
        tci |= ofpact_get_SET_VLAN_PCP(a)->vlan_pcp << VLAN_PCP_SHIFT;
        tci_mask |= VLAN_PCP_MASK;
        break;

    case OFPACT_STRIP_VLAN:
    default:
        tci = 0;
        break;
    }
    if (a->type != OFPACT_SET_ETH_SRC && a->type != OFPACT_SET_ETH_DST) {
        value.vlans[0].tci = htons(tci);
        mask.vlans[0].tci = htons(tci_mask);
    }
    steps_add_keep(s, a->type, &value, &mask);
}

/* Makes the packet one that the connection tracker has not seen, which no
 * other switch or NIC can tell from one that it has. */
static void
steps_add_ct_clear(struct steps *s)
{
    struct flow value = { .regs[0] = 0 }, mask = { .regs[0] = 0 };

    memset(&mask.ct_state, 0xff, sizeof mask.ct_state);
    memset(&mask.ct_zone, 0xff, sizeof mask.ct_zone);
    memset(&mask.ct_mark, 0xff, sizeof mask.ct_mark);
    memset(&mask.ct_label, 0xff, sizeof mask.ct_label);
    memset(&mask.ct_nw_proto, 0xff, sizeof mask.ct_nw_proto);
    memset(&mask.ct_tp_src, 0xff, sizeof mask.ct_tp_src);
    memset(&mask.ct_tp_dst, 0xff, sizeof mask.ct_tp_dst);
    steps_add_words(s, IOV_STEP_SET, &value, &mask);

    memset(&mask, 0, sizeof mask);
    memset(&mask.ct_nw_src, 0xff, sizeof mask.ct_nw_src);
    memset(&mask.ct_nw_dst, 0xff, sizeof mask.ct_nw_dst);
    memset(&mask.ct_ipv6_src, 0xff, sizeof mask.ct_ipv6_src);
    memset(&mask.ct_ipv6_dst, 0xff, sizeof mask.ct_ipv6_dst);
    steps_add_words(s, IOV_STEP_FORGET, NULL, &mask);
}

/* An action of type 'type' puts something unknown into 'dst'. */
static void
steps_add_forget(struct steps *s, const struct mf_subfield *dst,
                 enum ofpact_type type)
{
    if (!is_scratch_field(dst->field)) {
        steps_add_stop(s, type);
        return;
    }

    union mf_subvalue ones;
    struct flow mask = { .regs[0] = 0 };
    memset(&ones, 0xff, sizeof ones);
    mf_write_subfield_flow(dst, &ones, &mask);
    steps_add_words(s, IOV_STEP_FORGET, NULL, &mask);
}

/* A field that a packet need not have is moved only if it has it. */
static void
steps_add_move(struct steps *s, const struct ofpact_reg_move *a)
{
    if (is_scratch_field(a->dst.field) && a->src.field->prereqs == MFP_NONE
        && !mf_is_tun_metadata(a->src.field)) {
        steps_add(s, IOV_STEP_MOVE)->move = a;
    } else {
        steps_add_forget(s, &a->dst, OFPACT_REG_MOVE);
    }
}

static void
steps_add_metadata(struct steps *s, const struct ofpact_metadata *a)
{
    struct flow value = { .metadata = a->metadata };
    struct flow mask = { .metadata = a->mask };
    steps_add_words(s, IOV_STEP_SET, &value, &mask);
}

static void
steps_add_resubmit(struct steps *s, const struct ofpact_resubmit *a)
{
    if (a->with_ct_orig) {
        steps_add_stop(s, OFPACT_CT);
        return;
    }
    struct iov_step *step = steps_add(s, IOV_STEP_TABLE);
    step->table.id = a->table_id;
    step->table.in_port = a->in_port;
}

/* The action set is followed only as far as NORMAL alone is in it. */
static void
steps_add_write_actions(struct steps *s, const struct ofpact_nest *nest)
{
    const struct ofpact *a;

    OFPACT_FOR_EACH (a, nest->actions, ofpact_nest_get_action_len(nest)) {
        if (a->type == OFPACT_OUTPUT
            && ofpact_get_OUTPUT(a)->port == OFPP_NORMAL) {
            steps_add(s, IOV_STEP_WRITE_NORMAL);
        } else {
            steps_add_stop(s, OFPACT_WRITE_ACTIONS);
        }
    }
}

/* Adds the steps of an action that writes a field.  Returns false if 'a' is
 * no such action. */
static bool
compile_write(struct steps *s, const struct ofpact *a)
{
    switch ((int) a->type) {
    case OFPACT_SET_FIELD:
        steps_add_set_field(s, ofpact_get_SET_FIELD(a));
        return true;

    case OFPACT_SET_ETH_SRC:
    case OFPACT_SET_ETH_DST:
    case OFPACT_SET_VLAN_VID:
    case OFPACT_SET_VLAN_PCP:
    case OFPACT_STRIP_VLAN:
        steps_add_header(s, a);
        return true;

    case OFPACT_CT_CLEAR:
        steps_add_ct_clear(s);
        return true;

    case OFPACT_WRITE_METADATA:
        steps_add_metadata(s, ofpact_get_WRITE_METADATA(a));
        return true;

    case OFPACT_REG_MOVE:
        steps_add_move(s, ofpact_get_REG_MOVE(a));
        return true;

    case OFPACT_STACK_POP:
        steps_add_forget(s, &ofpact_get_STACK_POP(a)->subfield, a->type);
        return true;

    case OFPACT_MULTIPATH:
        steps_add_forget(s, &ofpact_get_MULTIPATH(a)->dst, a->type);
        return true;

    default:
        return false;
    }
}

static void
compile_action(struct iov_acts *acts, struct steps *s, const struct ofpact *a)
{
    if (compile_write(s, a)) {
        return;
    }
    switch ((int) a->type) {
    case OFPACT_NOTE:
    case OFPACT_STACK_PUSH:
        break;

    case OFPACT_OUTPUT:
        steps_add_output(s, ofpact_get_OUTPUT(a)->port);
        break;

    case OFPACT_RESUBMIT:
        steps_add_resubmit(s, ofpact_get_RESUBMIT(a));
        break;

    case OFPACT_GOTO_TABLE: {
        struct iov_step *step = steps_add(s, IOV_STEP_TABLE);
        step->table.id = ofpact_get_GOTO_TABLE(a)->table_id;
        step->table.in_port = OFPP_IN_PORT;
        step->table.is_goto = true;
        break;
    }

    case OFPACT_EXIT:
        steps_add(s, IOV_STEP_EXIT);
        break;

    case OFPACT_CLEAR_ACTIONS:
        steps_add(s, IOV_STEP_CLEAR);
        break;

    case OFPACT_WRITE_ACTIONS:
        steps_add_write_actions(s, ofpact_get_WRITE_ACTIONS(a));
        break;

    case OFPACT_CONJUNCTION:
        acts->conjunction = true;
        break;

    default:
        steps_add_stop(s, a->type);
        break;
    }
}

/* Plain: one NORMAL, besides loads that matter to nobody afterwards. */
static bool
steps_are_plain(const struct steps *s)
{
    size_t n_normal = 0;

    for (size_t i = 0; i < s->n; i++) {
        enum iov_step_type type = s->list[i].type;
        if (type == IOV_STEP_NORMAL) {
            n_normal++;
        } else if (type != IOV_STEP_SET && type != IOV_STEP_FORGET
                   && type != IOV_STEP_MOVE) {
            return false;
        }
    }
    return n_normal == 1;
}

void
iov_acts_compile(struct iov_acts *acts)
{
    struct steps s = { .list = NULL };
    const struct ofpact *a;

    if (acts->opaque) {
        struct iov_step *step = steps_add(&s, IOV_STEP_STOP);
        step->stop.reason = IOV_REASON_OPENFLOW_OPAQUE;
        step->stop.does = "does something unknown to";
    }
    OFPACT_FOR_EACH (a, acts->ofpacts, acts->ofpacts_len) {
        compile_action(acts, &s, a);
    }

    for (size_t i = 0; i < s.n; i++) {
        acts->follows |= s.list[i].type == IOV_STEP_TABLE;
    }
    acts->plain = steps_are_plain(&s);
    acts->steps = s.list;
    acts->n_steps = s.n;
}
