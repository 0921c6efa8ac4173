/* SPDX-License-Identifier: Apache-2.0 */

/* The JSON contract in two forms: see gen-man-json.h.
 *
 * The texts of the table contain neither quotes nor backslashes that JSON
 * would have to escape; the test that reads the schema would fail. */

#include "docs/gen-man-json.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "docs/gen-man-text.h"

#define TIME_PATTERN \
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$"

struct row {
    enum { ANSWER, OBJECT, MEMBER } kind;
    const char *object, *name, *type;
    bool always;
    const char *meaning;
};

static const struct row rows[] = {
#define ALWAYS true
#define MAYBE false
#define ANSWER(COMMAND, OBJECT_) { ANSWER, OBJECT_, COMMAND, "", true, "" },
#define OBJECT(OBJECT_, MEANING) { OBJECT, OBJECT_, "", "", true, MEANING },
#define MEMBER(OBJECT_, NAME, TYPE, PRESENCE, MEANING) \
    { MEMBER, OBJECT_, NAME, TYPE, PRESENCE, MEANING },
#include "vswitchd-ext/command/json.def"
#undef ALWAYS
#undef MAYBE
#undef ANSWER
#undef OBJECT
#undef MEMBER
};
static const struct row *const end = rows + sizeof rows / sizeof rows[0];

void
put_json_answers(void)
{
    for (const struct row *r = rows; r < end; r++) {
        if (r->kind == ANSWER) {
            put_tag(r->name);
            printf("Object \\fI");
            put_name(r->object);
            printf("\\fR.\n");
        }
    }
}

void
put_json_objects(void)
{
    for (const struct row *r = rows; r < end; r++) {
        if (r->kind == OBJECT) {
            printf(".SS \"");
            put_name(r->object);
            printf("\"\n");
            put_text(r->meaning);
        } else if (r->kind == MEMBER) {
            put_tag(r->name);
            printf("(");
            put_name(r->type);
            printf("%s)\n", r->always ? "" : ", may be missing");
            put_text(r->meaning);
        }
    }
}

/* The schema of a type without brackets, 'n' bytes long. */
static void
put_plain_type(const char *type, int n)
{
    static const char *const simple[] = { "string", "integer", "boolean" };

    for (size_t i = 0; i < sizeof simple / sizeof simple[0]; i++) {
        if (!strncmp(type, simple[i], n) && !simple[i][n]) {
            printf("\"type\": \"%s\"", simple[i]);
            return;
        }
    }
    if (!strncmp(type, "time", n)) {
        printf("\"type\": \"string\", \"pattern\": \"" TIME_PATTERN "\"");
    } else if (!strncmp(type, "any", n)) {
        printf("\"type\": \"object\"");
    } else if (!strncmp(type, "boolean|null", n)) {
        printf("\"type\": [\"boolean\", \"null\"]");
    } else {
        printf("\"$ref\": \"#/definitions/%.*s\"", n, type);
    }
}

static void
put_type(const char *type)
{
    if (type[0] == '[') {
        printf("\"type\": \"array\", \"items\": {");
        put_plain_type(type + 1, strlen(type) - 2);
        putchar('}');
    } else {
        put_plain_type(type, strlen(type));
    }
}

static void
put_members(const char *object)
{
    const char *separator = "";

    printf("   \"properties\": {");
    for (const struct row *r = rows; r < end; r++) {
        if (r->kind == MEMBER && !strcmp(r->object, object)) {
            printf("%s\n    \"%s\": {", separator, r->name);
            if (!strcmp(r->name, "version")) {
                printf("\"const\": 1");
            } else {
                put_type(r->type);
            }
            putchar('}');
            separator = ",";
        }
    }
    separator = "";
    printf("},\n   \"required\": [");
    for (const struct row *r = rows; r < end; r++) {
        if (r->kind == MEMBER && r->always && !strcmp(r->object, object)) {
            printf("%s\"%s\"", separator, r->name);
            separator = ", ";
        }
    }
    printf("]}");
}

void
put_json_schema(void)
{
    const char *separator = "";

    printf(" \"anyOf\": [");
    for (const struct row *r = rows; r < end; r++) {
        if (r->kind == ANSWER) {
            printf("%s\n  {\"title\": \"%s\", \"$ref\": "
                   "\"#/definitions/%s\"}", separator, r->name, r->object);
            separator = ",";
        }
    }
    separator = "";
    printf("],\n \"definitions\": {");
    for (const struct row *r = rows; r < end; r++) {
        if (r->kind == OBJECT) {
            printf("%s\n  \"%s\": {\n   \"description\": \"%s\",\n"
                   "   \"type\": \"object\", \"additionalProperties\": "
                   "false,\n", separator, r->object, r->meaning);
            put_members(r->object);
            separator = ",";
        }
    }
    printf("}\n");
}
