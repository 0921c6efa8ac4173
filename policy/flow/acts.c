/* SPDX-License-Identifier: Apache-2.0 */

/* Turns OpenFlow actions into steps.
 *
 * Whatever is not named here or in action.def is an effect, and so a reason;
 * an action is never passed over because it is not known.  What is passed over
 * ("note") has no effect on where a packet goes, nor on what it contains, nor
 * on what is counted. */

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

/* Adds a step that has an effect of its own, or may have. */
static struct iov_step *
steps_add_act(struct steps *s, enum iov_step_type type,
              const struct ofpact *act, enum ofpact_type as)
{
    struct iov_step *step = steps_add(s, type);

    step->act = act;
    step->class = iov_act_class(as);
    step->name = ofpact_name(as);
    step->sends = step->class->role != IOV_ACT_ALTERS;
    step->port = OFPP_NONE;
    return step;
}

static void
steps_add_effect(struct steps *s, const struct ofpact *act)
{
    steps_add_act(s, IOV_STEP_EFFECT, act, act->type);
}

static void
steps_add_output(struct steps *s, const struct ofpact_output *a)
{
    if (a->port == OFPP_NORMAL) {
        steps_add(s, IOV_STEP_NORMAL);
    } else if (a->port == OFPP_CONTROLLER) {
        steps_add_act(s, IOV_STEP_EFFECT, &a->ofpact, OFPACT_CONTROLLER);
    } else if (a->port != OFPP_NONE) {
        steps_add_act(s, IOV_STEP_OUTPUT, &a->ofpact, OFPACT_OUTPUT)->port
            = a->port;
    }
}

static bool
is_scratch_field(const struct mf_field *field)
{
    enum iov_field_role role;

    iov_field_role(field->name, &role);
    return role == IOV_FIELD_SCRATCH;
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

/* 'act' makes a packet's bits of 'mask' those of 'value', which matters unless
 * they are so already.  If a packet need not have the field, not 'certain', it
 * may stay as it is. */
static void
steps_add_keep(struct steps *s, const struct ofpact *act,
               const struct flow *value, const struct flow *mask,
               bool certain)
{
    size_t n = s->n;

    steps_add_words(s, IOV_STEP_KEEP, value, mask);
    for (; n < s->n; n++) {
        struct iov_step *step = &s->list[n];
        step->act = act;
        step->class = iov_act_class(act->type);
        step->name = ofpact_name(act->type);
        step->set.certain = certain;
    }
}

/* After an effect of 'act' that writes no field that can be told: makes what
 * action.def says unknown. */
static void
steps_add_unknown(struct steps *s, const struct ofpact *act)
{
    enum iov_act_writes writes = iov_act_class(act->type)->writes;

    if (writes == IOV_ACT_WRITES_HEADERS || writes == IOV_ACT_WRITES_IP) {
        struct iov_step *step = steps_add(s, IOV_STEP_FORGET_HEADERS);
        step->set.word = (writes == IOV_ACT_WRITES_IP
                          ? FLOW_U64_OFFSET(nw_src)
                          : FLOW_U64_OFFSET(dl_dst));
    }
}

static void
steps_add_set_field(struct steps *s, const struct ofpact_set_field *a)
{
    struct flow value = { .regs[0] = 0 }, mask = { .regs[0] = 0 };

    if (mf_is_tun_metadata(a->field)) {
        steps_add_effect(s, &a->ofpact);
        return;
    }
    mf_set_flow_value(a->field, a->value, &value);
    mf_set_flow_value(a->field, ofpact_set_field_mask(a), &mask);
    if (is_scratch_field(a->field)) {
        steps_add_words(s, IOV_STEP_SET, &value, &mask);
    } else {
        steps_add_keep(s, &a->ofpact, &value, &mask,
                       a->field->prereqs == MFP_NONE
                       || a->field->prereqs == MFP_ETHERNET);
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

    default:
        OVS_NOT_REACHED();
    }
    if (a->type != OFPACT_SET_ETH_SRC && a->type != OFPACT_SET_ETH_DST) {
        value.vlans[0].tci = htons(tci);
        mask.vlans[0].tci = htons(tci_mask);
    }
    steps_add_keep(s, a, &value, &mask,
                   a->type == OFPACT_SET_ETH_SRC
                   || a->type == OFPACT_SET_ETH_DST);
}

/* Makes the packet one that the connection tracker has not seen, which no
 * other switch or NIC can tell from one that it has.  The fields of its first
 * packet's addresses become 0, too, but stay as they are if it was not tracked
 * to begin with; they are 0 then, unless ofproto/trace is asked about a packet
 * that cannot be. */
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

/* Makes what connection tracking finds out unknown. */
static void
steps_add_ct_unknown(struct steps *s)
{
    struct flow mask = { .regs[0] = 0 };

    memset(&mask.ct_state, 0xff, sizeof mask.ct_state);
    memset(&mask.ct_zone, 0xff, sizeof mask.ct_zone);
    memset(&mask.ct_mark, 0xff, sizeof mask.ct_mark);
    memset(&mask.ct_label, 0xff, sizeof mask.ct_label);
    memset(&mask.ct_nw_proto, 0xff, sizeof mask.ct_nw_proto);
    memset(&mask.recirc_id, 0xff, sizeof mask.recirc_id);
    steps_add_words(s, IOV_STEP_FORGET, NULL, &mask);
    /* Fragments are put together and addresses translated. */
    steps_add(s, IOV_STEP_FORGET_HEADERS)->set.word = FLOW_U64_OFFSET(nw_src);
}

/* The packet goes on as it is, untracked; a copy that is tracked goes to
 * another table if the action says so. */
static void
steps_add_ct(struct steps *s, const struct ofpact_conntrack *a)
{
    steps_add_effect(s, &a->ofpact);
    if (a->recirc_table != NX_CT_RECIRC_NONE) {
        steps_add(s, IOV_STEP_COPY);
        steps_add_ct_unknown(s);
        struct iov_step *step = steps_add(s, IOV_STEP_TABLE);
        step->table.id = a->recirc_table;
        step->table.in_port = OFPP_IN_PORT;
        step->table.is_goto = true;
        steps_add(s, IOV_STEP_COPY_END);
    }
    steps_add_ct_clear(s);
}

/* Makes 'dst' unknown. */
static void
steps_add_forget(struct steps *s, const struct mf_subfield *dst)
{
    union mf_subvalue ones;
    struct flow mask = { .regs[0] = 0 };

    if (!mf_is_tun_metadata(dst->field)) {
        memset(&ones, 0xff, sizeof ones);
        mf_write_subfield_flow(dst, &ones, &mask);
        steps_add_words(s, IOV_STEP_FORGET, NULL, &mask);
    }
}

/* 'act' puts something unknown into 'dst', and has another effect, too, if
 * 'dst' is seen from outside or it is 'always' so. */
static void
steps_add_written(struct steps *s, const struct ofpact *act,
                  const struct mf_subfield *dst, bool always)
{
    if (always || !is_scratch_field(dst->field)) {
        steps_add_effect(s, act);
    }
    steps_add_forget(s, dst);
}

static bool
subfields_equal(const struct mf_subfield *a, const struct mf_subfield *b)
{
    return (a->field == b->field && a->ofs == b->ofs
            && a->n_bits == b->n_bits);
}

/* A field that a packet need not have is moved only if it has it. */
static void
steps_add_move(struct steps *s, const struct ofpact_reg_move *a)
{
    if (subfields_equal(&a->src, &a->dst)) {
        return;
    }
    if (a->src.field->prereqs != MFP_NONE || mf_is_tun_metadata(a->src.field)
        || (a->dst.field->prereqs != MFP_NONE
            && a->dst.field->prereqs != MFP_ETHERNET)
        || mf_is_tun_metadata(a->dst.field)) {
        steps_add_written(s, &a->ofpact, &a->dst, false);
        return;
    }
    if (!is_scratch_field(a->dst.field)) {
        steps_add_effect(s, &a->ofpact);
    }
    steps_add(s, IOV_STEP_MOVE)->move = a;
}

/* The stack grows by the bytes of the field and one for their number. */
static void
steps_add_push(struct steps *s, const struct ofpact_stack *a)
{
    struct iov_step *step = steps_add_act(s, IOV_STEP_STACK, &a->ofpact,
                                          a->ofpact.type);

    step->n_bytes = DIV_ROUND_UP(a->subfield.n_bits, 8) + 1;
}

/* With nothing on the stack ovs-vswitchd does nothing. */
static void
steps_add_pop(struct steps *s, const struct ofpact_stack *a)
{
    size_t first = s->n;

    steps_add(s, IOV_STEP_POP);
    steps_add_written(s, &a->ofpact, &a->subfield, false);
    s->list[first].n_steps = s->n - first - 1;
}

static void
steps_add_bundle(struct steps *s, const struct ofpact_bundle *a)
{
    steps_add_effect(s, &a->ofpact);
    if (a->dst.field) {
        steps_add_forget(s, &a->dst);
    }
}

static void
steps_add_tunnel(struct steps *s, const struct ofpact_tunnel *a)
{
    struct flow mask = { .tunnel.tun_id = OVS_BE64_MAX };

    steps_add_effect(s, &a->ofpact);
    steps_add_words(s, IOV_STEP_FORGET, NULL, &mask);
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
        /* What is looked up is not known. */
        steps_add_act(s, IOV_STEP_EFFECT, &a->ofpact, OFPACT_CT)->sends
            = true;
        return;
    }
    struct iov_step *step = steps_add(s, IOV_STEP_TABLE);
    step->table.id = a->table_id;
    step->table.in_port = a->in_port;
}

static void
steps_add_write_actions(struct steps *s, const struct ofpact_nest *nest)
{
    const struct ofpact *a;

    OFPACT_FOR_EACH (a, nest->actions, ofpact_nest_get_action_len(nest)) {
        ofp_port_t port = (a->type == OFPACT_OUTPUT
                           ? ofpact_get_OUTPUT(a)->port : OFPP_NONE);
        if (port == OFPP_NORMAL) {
            steps_add(s, IOV_STEP_WRITE_NORMAL);
        } else {
            steps_add_act(s, IOV_STEP_WRITE_OTHER, &nest->ofpact,
                          OFPACT_WRITE_ACTIONS)->port = port;
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
        steps_add_header(s, a);
        return true;

    case OFPACT_STRIP_VLAN:
        steps_add_act(s, IOV_STEP_POP_VLAN, a, a->type);
        return true;

    case OFPACT_PUSH_VLAN:
        steps_add_act(s, IOV_STEP_PUSH_VLAN, a, a->type)->tpid
            = ofpact_get_PUSH_VLAN(a)->ethertype;
        return true;

    case OFPACT_WRITE_METADATA:
        steps_add_metadata(s, ofpact_get_WRITE_METADATA(a));
        return true;

    case OFPACT_REG_MOVE:
        steps_add_move(s, ofpact_get_REG_MOVE(a));
        return true;

    case OFPACT_STACK_POP:
        steps_add_pop(s, ofpact_get_STACK_POP(a));
        return true;

    case OFPACT_MULTIPATH:
        steps_add_written(s, a, &ofpact_get_MULTIPATH(a)->dst, false);
        return true;

    case OFPACT_CHECK_PKT_LARGER:
        steps_add_written(s, a, &ofpact_get_CHECK_PKT_LARGER(a)->dst, true);
        return true;

    case OFPACT_BUNDLE:
        steps_add_bundle(s, ofpact_get_BUNDLE(a));
        return true;

    case OFPACT_SET_TUNNEL:
        steps_add_tunnel(s, ofpact_get_SET_TUNNEL(a));
        return true;

    case OFPACT_STACK_PUSH:
        steps_add_push(s, ofpact_get_STACK_PUSH(a));
        return true;

    default:
        return false;
    }
}

/* The same for actions of connection tracking. */
static bool
compile_ct(struct steps *s, const struct ofpact *a)
{
    if (a->type == OFPACT_CT) {
        steps_add_ct(s, ofpact_get_CT(a));
    } else if (a->type == OFPACT_CT_CLEAR) {
        steps_add_ct_clear(s);
    } else {
        return false;
    }
    return true;
}

static void compile_actions(struct iov_acts *, struct steps *,
                            const struct ofpact *, size_t len);

static void
compile_action(struct iov_acts *acts, struct steps *s, const struct ofpact *a)
{
    if (compile_write(s, a) || compile_ct(s, a)) {
        return;
    }
    switch ((int) a->type) {
    case OFPACT_NOTE:
        break;

    case OFPACT_OUTPUT:
        steps_add_output(s, ofpact_get_OUTPUT(a));
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

    case OFPACT_CLONE: {
        const struct ofpact_nest *nest = ofpact_get_CLONE(a);
        steps_add(s, IOV_STEP_COPY);
        compile_actions(acts, s, nest->actions,
                        ofpact_nest_get_action_len(nest));
        steps_add(s, IOV_STEP_COPY_END);
        break;
    }

    case OFPACT_EXIT:
        steps_add_act(s, IOV_STEP_EXIT, a, a->type);
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
        steps_add_effect(s, a);
        steps_add_unknown(s, a);
        break;
    }
}

static void
compile_actions(struct iov_acts *acts, struct steps *s,
                const struct ofpact *ofpacts, size_t len)
{
    const struct ofpact *a;

    OFPACT_FOR_EACH (a, ofpacts, len) {
        compile_action(acts, s, a);
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
                   && type != IOV_STEP_MOVE && type != IOV_STEP_STACK
                   && type != IOV_STEP_POP) {
            return false;
        }
    }
    return n_normal == 1;
}

/* Actions that are not understood. */
static void
steps_add_opaque(struct steps *s)
{
    static const struct iov_act_class opaque = {
        .reason = IOV_REASON_OPENFLOW_OPAQUE,
        .role = IOV_ACT_SENDS,
        .writes = IOV_ACT_WRITES_HEADERS,
        .may_stop = true,
        .does = "does something unknown to",
    };
    struct iov_step *step = steps_add(s, IOV_STEP_EFFECT);

    step->class = &opaque;
    step->sends = true;
    step->port = OFPP_NONE;
}

static bool
step_writes_headers(const struct iov_step *step)
{
    return (step->type == IOV_STEP_KEEP || step->type == IOV_STEP_PUSH_VLAN
            || step->type == IOV_STEP_POP_VLAN);
}

void
iov_acts_compile(struct iov_acts *acts)
{
    struct steps s = { .list = NULL };

    if (acts->opaque) {
        steps_add_opaque(&s);
    }
    compile_actions(acts, &s, acts->ofpacts, acts->ofpacts_len);
    for (size_t i = 0; i < s.n; i++) {
        acts->follows |= s.list[i].type == IOV_STEP_TABLE;
        acts->writes_headers |= step_writes_headers(&s.list[i]);
    }
    acts->plain = steps_are_plain(&s);
    acts->steps = s.list;
    acts->n_steps = s.n;
}
