/* SPDX-License-Identifier: Apache-2.0 */

/* Lists of reasons, and the table they come from.
 *
 * iov_reasons_equal() leaves out "since", so that a list can be compared with
 * the one of the turn before; "detail" counts, because it is shown. */

#include <config.h>

#include "policy/model/reason.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "policy/model/text.h"
#include "sset.h"
#include "util.h"

static const struct iov_reason_class classes[IOV_N_REASONS] = {
#define REASON(ENUM, SLUG, EFFECT, TEXT, REMEDY) \
    { SLUG, IOV_EFFECT_##EFFECT, TEXT, REMEDY },
#include "policy/model/reason.def"
#undef REASON
};

const char *
iov_effect_name(enum iov_effect effect)
{
    return (effect == IOV_EFFECT_BREAK_BEFORE_MAKE
            ? "break-before-make" : "make-before-break");
}

const struct iov_reason_class *
iov_reason_class(enum iov_reason_id id)
{
    ovs_assert(id < IOV_N_REASONS);
    return &classes[id];
}

bool
iov_reason_from_slug(const char *slug, enum iov_reason_id *id)
{
    for (size_t i = 0; i < IOV_N_REASONS; i++) {
        if (!strcmp(slug, classes[i].slug)) {
            *id = i;
            return true;
        }
    }
    return false;
}

/* Lists. */

static struct iov_reason *
append(struct iov_reasons *reasons)
{
    if (reasons->n == reasons->allocated) {
        reasons->list = x2nrealloc(reasons->list, &reasons->allocated,
                                   sizeof *reasons->list);
    }
    return &reasons->list[reasons->n++];
}

void
iov_reasons_add(struct iov_reasons *reasons, enum iov_reason_id id,
                const char *object, const char *detail)
{
    *append(reasons) = (struct iov_reason) {
        .id = id,
        .object = iov_text_clean(object),
        .detail = iov_text_clean(detail),
        .check = -1,
    };
}

void
iov_reasons_set_remedy(struct iov_reasons *reasons, char *remedy)
{
    struct iov_reason *r = &reasons->list[reasons->n - 1];

    free(r->remedy);
    r->remedy = iov_text_clean(remedy);
    free(remedy);
}

void
iov_reasons_add_copy(struct iov_reasons *dst, const struct iov_reason *r)
{
    iov_reasons_add(dst, r->id, r->object, r->detail);
    dst->list[dst->n - 1].remedy = nullable_xstrdup(r->remedy);
    dst->list[dst->n - 1].check = r->check;
    dst->list[dst->n - 1].until = r->until;
}

const char *
iov_reason_remedy(const struct iov_reason *r)
{
    return r->remedy ? r->remedy : classes[r->id].remedy;
}

/* Appends what is in 'src' to 'dst' and leaves 'src' empty. */
void
iov_reasons_move(struct iov_reasons *dst, struct iov_reasons *src)
{
    for (size_t i = 0; i < src->n; i++) {
        *append(dst) = src->list[i];
    }
    dst->n_more += src->n_more;
    src->n = 0;
    iov_reasons_clear(src);
}

/* Appends a copy of what is in 'src' to 'dst'. */
void
iov_reasons_copy(struct iov_reasons *dst, const struct iov_reasons *src)
{
    for (size_t i = 0; i < src->n; i++) {
        const struct iov_reason *r = &src->list[i];

        iov_reasons_add_copy(dst, r);
        dst->list[dst->n - 1].path = nullable_xstrdup(r->path);
        dst->list[dst->n - 1].since = r->since;
    }
    dst->n_more += src->n_more;
}

void
iov_reasons_clear(struct iov_reasons *reasons)
{
    for (size_t i = 0; i < reasons->n; i++) {
        free(reasons->list[i].object);
        free(reasons->list[i].detail);
        free(reasons->list[i].remedy);
        free(reasons->list[i].path);
    }
    free(reasons->list);
    *reasons = (struct iov_reasons) IOV_REASONS_INITIALIZER;
}

bool
iov_reasons_have(const struct iov_reasons *reasons, enum iov_reason_id id)
{
    for (size_t i = 0; i < reasons->n; i++) {
        if (reasons->list[i].id == id) {
            return true;
        }
    }
    return false;
}

static bool
same_reason(const struct iov_reason *a, const struct iov_reason *b)
{
    return a->id == b->id && nullable_string_is_equal(a->object, b->object);
}

bool
iov_reasons_equal(const struct iov_reasons *a, const struct iov_reasons *b)
{
    if (a->n != b->n || a->n_more != b->n_more) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        const struct iov_reason *x = &a->list[i];
        const struct iov_reason *y = &b->list[i];

        if (!same_reason(x, y) || x->check != y->check
            || !nullable_string_is_equal(x->detail, y->detail)
            || !nullable_string_is_equal(x->remedy, y->remedy)) {
            return false;
        }
    }
    return true;
}

bool
iov_reasons_protect(const struct iov_reasons *reasons)
{
    for (size_t i = 0; i < reasons->n; i++) {
        if (classes[reasons->list[i].id].effect
            == IOV_EFFECT_BREAK_BEFORE_MAKE) {
            return true;
        }
    }
    return false;
}

static const struct iov_reason *
find_same(const struct iov_reasons *reasons, const struct iov_reason *wanted)
{
    for (size_t i = 0; i < reasons->n; i++) {
        if (same_reason(&reasons->list[i], wanted)) {
            return &reasons->list[i];
        }
    }
    return NULL;
}

void
iov_reasons_date(struct iov_reasons *reasons, const struct iov_reasons *old,
                 long long int wall_now)
{
    for (size_t i = 0; i < reasons->n; i++) {
        struct iov_reason *r = &reasons->list[i];
        const struct iov_reason *before = find_same(old, r);

        r->since = before && before->since ? before->since : wall_now;
    }
}

/* Output. */

void
iov_reasons_format_slugs(struct ds *ds, const struct iov_reasons *reasons)
{
    struct sset seen = SSET_INITIALIZER(&seen);

    for (size_t i = 0; i < reasons->n; i++) {
        const char *slug = classes[reasons->list[i].id].slug;

        if (!sset_contains(&seen, slug)) {
            ds_put_format(ds, "%s%s", sset_is_empty(&seen) ? "" : ",", slug);
            sset_add(&seen, slug);
        }
    }
    sset_destroy(&seen);
}

static struct json *
class_to_json(const struct iov_reason_class *class, const char *remedy)
{
    struct json *json = json_object_create();

    json_object_put_string(json, "reason", class->slug);
    json_object_put_string(json, "effect", iov_effect_name(class->effect));
    json_object_put_string(json, "text", class->text);
    json_object_put_string(json, "remedy", remedy);
    return json;
}

/* An array of the lines of 'text'. */
static struct json *
lines_to_json(const char *text)
{
    struct json *array = json_array_create_empty();
    char *copy = xstrdup(text), *save = NULL;

    for (char *line = strtok_r(copy, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        json_array_add(array, json_string_create(line));
    }
    free(copy);
    return array;
}

struct json *
iov_reason_to_json(const struct iov_reason *r)
{
    struct json *json = class_to_json(&classes[r->id],
                                      iov_reason_remedy(r));

    if (r->object) {
        json_object_put_string(json, "object", r->object);
    }
    if (r->detail) {
        json_object_put_string(json, "detail", r->detail);
    }
    if (r->path) {
        json_object_put(json, "path", lines_to_json(r->path));
    }
    if (r->since) {
        json_object_put(json, "since", iov_time_to_json(r->since));
    }
    return json;
}

struct json *
iov_reasons_to_json(const struct iov_reasons *reasons)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < reasons->n; i++) {
        json_array_add(array, iov_reason_to_json(&reasons->list[i]));
    }
    return array;
}

void
iov_reason_table_format(struct ds *ds)
{
    for (size_t i = 0; i < IOV_N_REASONS; i++) {
        const struct iov_reason_class *class = &classes[i];

        ds_put_format(ds, "%s (%s)\n    %s\n    %s\n", class->slug,
                      iov_effect_name(class->effect), class->text,
                      class->remedy);
    }
}

struct json *
iov_reason_table_to_json(void)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < IOV_N_REASONS; i++) {
        json_array_add(array, class_to_json(&classes[i], classes[i].remedy));
    }
    return array;
}
