/* SPDX-License-Identifier: Apache-2.0 */

/* Operations and their results. */

#include <config.h>

#include "policy/model/op.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "policy/model/text.h"
#include "util.h"

static const struct {
    const char *name;
    enum iov_reason_id reason;
} classes[IOV_N_OPS] = {
#define OP(ENUM, NAME, REASON, MEANING) \
    [IOV_OP_##ENUM] = { NAME, IOV_REASON_##REASON },
#include "policy/model/op.def"
#undef OP
};

const char *
iov_op_name(enum iov_op_type type)
{
    ovs_assert(type < IOV_N_OPS);
    return classes[type].name;
}

bool
iov_op_from_name(const char *name, enum iov_op_type *type)
{
    for (size_t i = 0; i < IOV_N_OPS; i++) {
        if (!strcmp(name, classes[i].name)) {
            *type = i;
            return true;
        }
    }
    return false;
}

enum iov_reason_id
iov_op_reason(enum iov_op_type type)
{
    ovs_assert(type < IOV_N_OPS);
    return classes[type].reason;
}

struct iov_op *
iov_op_create(enum iov_op_type type, const char *port, const char *pf,
              unsigned int vf)
{
    struct iov_op *op = xzalloc(sizeof *op);

    op->type = type;
    op->port = xstrdup(port ? port : "");
    op->pf = nullable_xstrdup(pf);
    op->vf = vf;
    return op;
}

struct iov_op *
iov_op_clone(const struct iov_op *op)
{
    struct iov_op *copy = xmemdup(op, sizeof *op);

    copy->port = nullable_xstrdup(op->port);
    copy->bridge = nullable_xstrdup(op->bridge);
    copy->pf = nullable_xstrdup(op->pf);
    copy->switch_port = nullable_xstrdup(op->switch_port);
    copy->guest = nullable_xstrdup(op->guest);
    copy->record = iov_vf_record_clone(op->record);
    return copy;
}

void
iov_op_destroy(struct iov_op *op)
{
    if (op) {
        free(op->port);
        free(op->bridge);
        free(op->pf);
        free(op->switch_port);
        free(op->guest);
        iov_vf_record_free(op->record);
        free(op);
    }
}

static const char *
or_question_mark(const char *s)
{
    return s ? s : "?";
}

static void
format_pf(struct ds *ds, const struct iov_op *op)
{
    ds_put_format(ds, " %s", or_question_mark(op->pf));
}

static void
format_vf(struct ds *ds, const struct iov_op *op)
{
    format_pf(ds, op);
    ds_put_format(ds, " vf %u", op->vf);
}

static void
format_mac(struct ds *ds, const struct iov_op *op)
{
    ds_put_format(ds, " "ETH_ADDR_FMT, ETH_ADDR_ARGS(op->mac));
}

static void
format_switch(struct ds *ds, const struct iov_op *op)
{
    ds_put_format(ds, " %s", or_question_mark(op->bridge));
    format_mac(ds, op);
    if (op->vlan) {
        ds_put_format(ds, " vlan %"PRIu16, op->vlan);
    }
    if (op->type == IOV_OP_FDB_ADD) {
        ds_put_format(ds, " at %s", or_question_mark(op->switch_port));
    }
}

void
iov_op_format(struct ds *ds, const struct iov_op *op)
{
    ds_put_cstr(ds, iov_op_name(op->type));
    switch (op->type) {
    case IOV_OP_RECORD:
    case IOV_OP_READ_BACK:
    case IOV_OP_FORGET:
        format_vf(ds, op);
        break;
    case IOV_OP_VF_SET:
        format_vf(ds, op);
        ds_put_char(ds, ' ');
        iov_vf_attr_format(ds, &op->set, op->attr);
        break;
    case IOV_OP_GUEST_ATTACH:
    case IOV_OP_GUEST_ACTIVATE:
    case IOV_OP_GUEST_DETACH:
        format_vf(ds, op);
        ds_put_format(ds, " %s", or_question_mark(op->guest));
        break;
    case IOV_OP_PF_MAC_ADD:
    case IOV_OP_PF_MAC_DEL:
        format_pf(ds, op);
        format_mac(ds, op);
        break;
    case IOV_OP_FDB_ADD:
    case IOV_OP_FDB_DEL:
        format_switch(ds, op);
        break;
    case IOV_OP_SET_NUM_VFS:
        format_pf(ds, op);
        ds_put_format(ds, " %u", op->num_vfs);
        break;
    case IOV_N_OPS:
        OVS_NOT_REACHED();
    }
}

bool
iov_op_is_shown_rate(const struct iov_op *op)
{
    return (op->worked && op->type == IOV_OP_VF_SET && op->attr == IOV_VF_RATE
            && !op->set.min_rate && !op->set.max_rate);
}

struct iov_result *
iov_result_create(struct iov_op *op, int error, const char *text)
{
    struct iov_result *result = xzalloc(sizeof *result);

    result->op = op;
    result->error = error;
    result->text = iov_text_clean(text);
    return result;
}

struct iov_result *
iov_result_pop(struct ovs_list *list)
{
    return (ovs_list_is_empty(list) ? NULL
            : CONTAINER_OF(ovs_list_pop_front(list), struct iov_result,
                           node));
}

void
iov_result_destroy(struct iov_result *result)
{
    if (result) {
        iov_op_destroy(result->op);
        free(result->text);
        free(result);
    }
}
