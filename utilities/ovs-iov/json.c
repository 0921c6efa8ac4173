/* SPDX-License-Identifier: Apache-2.0
 *
 * Members of the daemon's answers: see ovs-iov.h.
 *
 * A daemon of another version may leave members out.  None
 * of these functions fails then; what is missing is null, "" or empty. */

#include <config.h>
#include "utilities/ovs-iov/ovs-iov.h"

#include "openvswitch/json.h"
#include "openvswitch/shash.h"

const struct json *
member(const struct json *object, const char *name)
{
    return (object && object->type == JSON_OBJECT
            ? shash_find_data(json_object(object), name) : NULL);
}

const char *
member_text(const struct json *object, const char *name)
{
    const struct json *m = member(object, name);

    return m && m->type == JSON_STRING ? json_string(m) : "";
}

size_t
array_size(const struct json *array)
{
    return array && array->type == JSON_ARRAY ? json_array(array)->n : 0;
}

const struct json *
array_at(const struct json *array, size_t i)
{
    return json_array(array)->elems[i];
}
