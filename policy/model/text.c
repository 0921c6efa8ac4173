/* SPDX-License-Identifier: Apache-2.0 */

/* Escapes text from outside: see text.h.
 *
 * A byte that may not pass becomes "\n", "\t" or "\xNN".  A backslash passes
 * as it is, so that cleaning a text twice is the same as once; the price is
 * that a text which contains "\x1b" literally looks like an escaped one. */

#include <config.h>

#include "policy/model/text.h"

#include <stdint.h>
#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "policy/model/limit.h"
#include "util.h"

/* Which control characters may pass. */
enum strictness {
    ONE_LINE,                   /* None. */
    LINES,                      /* Line feeds. */
};

/* Returns the number of bytes of the UTF-8 character at 's' and stores it in
 * '*code', or returns 0 if there is none.  's' ends with a null byte, which is
 * no continuation, so that nothing behind it is read. */
static size_t
take_utf8(const char *s, uint32_t *code)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint8_t first = *s;
    size_t n = (first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2
                : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0);
    uint32_t c = n > 1 ? first & (0x7f >> n) : first;

    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
        c = c << 6 | (s[i] & 0x3f);
    }
    *code = c;
    return (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)
            ? 0 : n);
}

/* True for what a terminal acts on, or what makes text look like another:
 * control characters, separators of lines, marks of direction. */
static bool
is_control(uint32_t c)
{
    return (c < 0x20 || (c >= 0x7f && c < 0xa0)
            || c == 0x2028 || c == 0x2029 || c == 0x200e || c == 0x200f
            || (c >= 0x202a && c <= 0x202e)
            || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff);
}

static bool
may_pass(uint32_t c, enum strictness strictness)
{
    return !is_control(c) || (c == '\n' && strictness == LINES);
}

static void
put_escaped(struct ds *ds, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\n') {
            ds_put_cstr(ds, "\\n");
        } else if (s[i] == '\t') {
            ds_put_cstr(ds, "\\t");
        } else {
            ds_put_format(ds, "\\x%02x", (uint8_t) s[i]);
        }
    }
}

/* Appends 's' until 'max' bytes have been appended. */
static void
put(struct ds *ds, const char *s, size_t max, enum strictness strictness)
{
    size_t start = ds->length;

    while (*s) {
        size_t before = ds->length;
        uint32_t code = 0;
        size_t n = take_utf8(s, &code);

        if (n && may_pass(code, strictness)) {
            ds_put_buffer(ds, s, n);
        } else {
            n = MAX(n, 1);
            put_escaped(ds, s, n);
        }
        if (ds->length - start > max) {
            ds_truncate(ds, before);
            ds_put_cstr(ds, "...");
            return;
        }
        s += n;
    }
}

static char *
clean(const char *s, size_t max, enum strictness strictness)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (!s) {
        return NULL;
    }
    put(&ds, s, max, strictness);
    return ds_steal_cstr(&ds);
}

void
iov_text_put(struct ds *ds, const char *s)
{
    put(ds, s, IOV_LIMIT_TEXT, ONE_LINE);
}

char *
iov_text_clean(const char *s)
{
    return clean(s, IOV_LIMIT_TEXT, ONE_LINE);
}

char *
iov_text_clean_max(const char *s, size_t max)
{
    return clean(s, max, ONE_LINE);
}

char *
iov_text_clean_lines(const char *s)
{
    return clean(s, SIZE_MAX, LINES);
}

bool
iov_text_is_clean(const char *s)
{
    size_t length = 0;

    while (*s) {
        uint32_t code = 0;
        size_t n = take_utf8(s, &code);

        if (!n || is_control(code)) {
            return false;
        }
        s += n;
        length += n;
    }
    return length <= IOV_LIMIT_TEXT;
}

/* JSON. */

/* The serializer escapes what JSON demands and passes all else.  Outside of
 * its strings there is only ASCII. */
void
iov_text_put_json(struct ds *ds, const struct json *json, int flags)
{
    char *text = json_to_string(json, flags);

    for (const char *s = text; *s; ) {
        uint32_t code = 0;
        size_t n = take_utf8(s, &code);

        if (!n) {
            ds_put_format(ds, "\\\\x%02x", (uint8_t) *s++);
        } else if (n > 1 ? is_control(code) : code == 0x7f) {
            ds_put_format(ds, "\\u%04x", code);
            s += n;
        } else {
            ds_put_buffer(ds, s, n);
            s += n;
        }
    }
    free(text);
}

struct json *
iov_time_to_json(long long int wall)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    ds_put_strftime_msec(&ds, "%Y-%m-%dT%H:%M:%S.###Z", wall, true);
    return json_string_create_nocopy(ds_steal_cstr(&ds));
}
