/* SPDX-License-Identifier: Apache-2.0 */

/* What is known of each OpenFlow action and field: action.def, field.def.
 *
 * Both lists are Open vSwitch's and grow with it; of an action or field
 * without a row the worst is assumed. */

#include <config.h>

#include "policy/flow/acts.h"

#include <ctype.h>
#include <string.h>

#include "util.h"

enum { RUNS, MAY_STOP };

static const struct iov_act_class *
find_class(enum ofpact_type type)
{
    static const struct iov_act_class classes[] = {
#define ACTION(TYPE, REASON, ROLE, WRITES, STOPS, DOES)                 \
        [OFPACT_##TYPE] = { IOV_REASON_##REASON, IOV_ACT_##ROLE,        \
                            IOV_ACT_WRITES_##WRITES, STOPS, DOES },
#include "policy/flow/action.def"
#undef ACTION
    };
    return ((size_t) type < ARRAY_SIZE(classes) && classes[type].does
            ? &classes[type] : NULL);
}

bool
iov_act_is_known(enum ofpact_type type)
{
    return find_class(type) != NULL;
}

const struct iov_act_class *
iov_act_class(enum ofpact_type type)
{
    static const struct iov_act_class unknown = {
        .reason = IOV_REASON_OPENFLOW_ACTIONS,
        .role = IOV_ACT_SENDS,
        .writes = IOV_ACT_WRITES_HEADERS,
        .may_stop = true,
        .does = "acts on",
    };
    const struct iov_act_class *class = find_class(type);

    return class ? class : &unknown;
}

/* Returns true if 'name' is 'row', or has a number where that ends in "#". */
static bool
is_row_of(const char *row, const char *name)
{
    size_t len = strlen(row) - 1;

    if (row[len] != '#') {
        return !strcmp(row, name);
    }
    return (!strncmp(row, name, len) && isdigit((unsigned char) name[len])
            && !name[len + strspn(name + len, "0123456789")]);
}

bool
iov_field_role(const char *name, enum iov_field_role *role)
{
    static const struct {
        const char *name;
        enum iov_field_role role;
    } rows[] = {
#define FIELD(NAME, ROLE) { NAME, IOV_FIELD_##ROLE },
#include "policy/flow/field.def"
#undef FIELD
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (is_row_of(rows[i].name, name)) {
            *role = rows[i].role;
            return true;
        }
    }
    *role = IOV_FIELD_HEADER;
    return false;
}
