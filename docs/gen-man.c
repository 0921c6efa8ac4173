/* SPDX-License-Identifier: Apache-2.0 */

/* Makes a manual page: copies stdin, troff with man macros, to stdout and
 * puts in what the tables of the program say.
 *
 * A line that is "@NAME@" alone is replaced by a whole table; "@VERSION@" and
 * "@RUNDIR@" are replaced wherever they stand by the values given as
 * NAME=VALUE on the command line.  Because the tables are included here as
 * they are in the program, the manual cannot say anything else.
 *
 * This runs while building, before Open vSwitch's library is there, and so
 * uses nothing but the C library. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "docs/gen-man-json.h"
#include "docs/gen-man-text.h"

#define ARRAY_LEN(ARRAY) (sizeof (ARRAY) / sizeof (ARRAY)[0])

static char **values;           /* NAME=VALUE, ends with a null. */

/* Tables. */

enum table { BRIDGE, INTERFACE, OPEN_VSWITCH };

static const struct key {
    enum table table;
    const char *name, *default_;
    bool later;
    const char *accepted, *meaning;
} keys[] = {
#define NOW false
#define LATER true
#define KEY(TABLE, ENUM, NAME, TYPE, DEFAULT, EFFECT, ACCEPTED, MEANING) \
    { TABLE, NAME, DEFAULT, EFFECT, ACCEPTED, MEANING },
#include "policy/model/key.def"
#undef KEY
#undef NOW
#undef LATER
};

static void
put_keys(enum table table)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const struct key *k = &keys[i];

        if (k->table != table) {
            continue;
        }
        put_tag(k->name);
        put_text(k->meaning);
        fputs(".IP\nAccepted: ", stdout);
        put_accepted(k->accepted);
        fputs(".\n", stdout);
        if (k->default_[0]) {
            fputs("Default: \\fB", stdout);
            put_name(k->default_);
            fputs("\\fR.\n", stdout);
        }
        if (k->later) {
            fputs("Not yet effective: the value is checked and shown, "
                  "nothing more.\n", stdout);
        }
    }
}

static void
put_bridge_keys(void)
{
    put_keys(BRIDGE);
}

static void
put_interface_keys(void)
{
    put_keys(INTERFACE);
}

static void
put_global_keys(void)
{
    put_keys(OPEN_VSWITCH);
}

static const struct {
    enum table table;
    const char *name, *meaning;
} published[] = {
#define PUBLISHED(TABLE, ENUM, NAME, MEANING) { TABLE, NAME, MEANING },
#include "vswitchd-ext/ovs/published.def"
#undef PUBLISHED
};

static void
put_published(enum table table)
{
    for (size_t i = 0; i < ARRAY_LEN(published); i++) {
        if (published[i].table == table) {
            put_tag(published[i].name);
            put_text(published[i].meaning);
        }
    }
}

static void
put_bridge_published(void)
{
    put_published(BRIDGE);
}

static void
put_interface_published(void)
{
    put_published(INTERFACE);
}

static void
put_global_published(void)
{
    put_published(OPEN_VSWITCH);
}

static void
put_reasons(void)
{
#define BREAK_BEFORE_MAKE false
#define MAKE_BEFORE_BREAK true
#define REASON(ENUM, SLUG, EFFECT, TEXT, REMEDY) \
    put_tag(SLUG); \
    put_text(TEXT); \
    put_text(REMEDY); \
    if (EFFECT) { \
        put_text("Make before break."); \
    }
#include "policy/model/reason.def"
#undef REASON
#undef BREAK_BEFORE_MAKE
#undef MAKE_BEFORE_BREAK
}

static void
put_command(const char *name, const char *usage, const char *meaning)
{
    fputs(".TP\n\\fB", stdout);
    put_name(name);
    fputs(usage[0] ? "\\fR " : "\\fR", stdout);
    put_usage(usage);
    putchar('\n');
    put_text(meaning);
}

static void
put_commands(void)
{
#define COMMAND(NAME, USAGE, MIN_ARGS, MAX_ARGS, FUNCTION, MEANING) \
    put_command(NAME, USAGE, MEANING);
#include "vswitchd-ext/command/command.def"
#undef COMMAND
}

static void
put_verbs(void)
{
#define VERB(NAME, USAGE, FUNCTION, COMMAND, MEANING) \
    put_command(NAME, USAGE, MEANING);
#include "utilities/ovs-iov/verb.def"
#undef VERB
}

static void
put_metric(const char *name, const char *type, const char *labels,
           const char *help)
{
    put_tag(name);
    for (; *type; type++) {
        putchar(*type | 0x20);
    }
    if (labels[0]) {
        fputs(", with labels\n.BR", stdout);
        while (*labels) {
            size_t n = strcspn(labels, " ");

            printf(" %.*s%s", (int) n, labels, labels[n] ? " \", \"" : " .");
            labels += n + strspn(labels + n, " ");
        }
        putchar('\n');
    } else {
        puts(".");
    }
    put_text(help);
}

static void
put_metrics(void)
{
#define METRIC(ENUM, NAME, TYPE, LABELS, HELP) \
    put_metric(NAME, #TYPE, LABELS, HELP);
#include "policy/model/metric.def"
#undef METRIC
}

static void
put_event(const char *name, const char *id, const char *meaning)
{
    put_tag(name);
    put_text(meaning);
    printf("MESSAGE_ID=%s.\n", id);
}

static void
put_events(void)
{
#define EVENT(ENUM, NAME, ID, PRIORITY, MEANING) \
    put_event(NAME, ID, MEANING);
#include "vswitchd-ext/control/event.def"
#undef EVENT
}

static void
put_settings(void)
{
#define WHAT_IF(SCOPE, NAME, TYPE, MEMBER, ACCEPTED) \
    put_tag(NAME "=VALUE"); \
    fputs(#SCOPE[0] == 'P' ? "Of a port: " : "Of a bridge: ", stdout); \
    put_text(ACCEPTED ".");
#include "policy/verdict/what-if.def"
#undef WHAT_IF
}

static void
put_capability(const char *name, const char *purpose, const char *lost)
{
    fputs(".TP\n\\fBCAP_", stdout);
    put_name(name);
    fputs("\\fR\nNeeded to\n", stdout);
    put_text(purpose);
    fputs("Without it,\n", stdout);
    put_text(lost);
}

static void
put_capabilities(void)
{
#define PRIVILEGE(CAP, MOVES, PURPOSE, LOST) \
    put_capability(#CAP, PURPOSE ".", LOST ".");
#include "vswitchd-ext/control/privileges.def"
#undef PRIVILEGE
}

static void
put_states(void)
{
#define PORT_STATE(ENUM, NAME, MEANING) \
    put_tag(NAME); \
    put_text(MEANING ".");
#include "policy/model/port-state.def"
#undef PORT_STATE
}

static void
put_vf_attrs(void)
{
#define VF_ATTR(ENUM, NAME, MEMBER, MEANING) \
    put_tag(NAME); \
    put_text(MEANING ".");
#include "policy/model/vf-attr.def"
#undef VF_ATTR
}

static void
put_nic_facts(void)
{
    static const struct {
        const char *nic, *driver, *seen, *kind;
    } facts[] = {
#define NIC_FACT_KIND(ENUM, DOES)
#define NIC_FACT(VENDOR, DEVICE, SUBVENDOR, ENUM, NIC, DRIVER, SEEN) \
        { NIC, DRIVER, SEEN, #ENUM },
#include "policy/model/nic-fact.def"
#undef NIC_FACT_KIND
#undef NIC_FACT
    };
    static const struct {
        const char *name, *does;
    } kinds[] = {
#define NIC_FACT_KIND(ENUM, DOES) { #ENUM, DOES },
#define NIC_FACT(VENDOR, DEVICE, SUBVENDOR, ENUM, NIC, DRIVER, SEEN)
#include "policy/model/nic-fact.def"
#undef NIC_FACT_KIND
#undef NIC_FACT
    };

    for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
        put_tag(facts[i].nic);
        printf("(driver %s) ", facts[i].driver);
        for (size_t j = 0; j < ARRAY_LEN(kinds); j++) {
            if (!strcmp(kinds[j].name, facts[i].kind)) {
                put_text(kinds[j].does);
            }
        }
        printf("Seen by ");
        put_text(facts[i].seen);
    }
}

static void
put_checks(void)
{
#define CHECK(NAME, QUESTION) \
    put_tag(#NAME); \
    put_text(QUESTION ".");
#include "policy/verdict/check.def"
#undef CHECK
}

static void
put_operations(void)
{
#define OP(ENUM, NAME, REASON, MEANING) \
    put_tag(NAME); \
    put_text(MEANING ".");
#include "policy/model/op.def"
#undef OP
}

static void
put_limits(void)
{
#define LIMIT(ENUM, NAME, VALUE, PEER, WHAT, BEYOND) \
    put_tag(NAME); \
    put_text("At most " #VALUE " " WHAT "."); \
    put_text(BEYOND); \
    put_text("Filled by: " PEER ".");
#include "policy/model/limit.def"
#undef LIMIT
}

static const struct schema_row {
    const char *table, *column, *key, *since, *by, *words;
} schema[] = {
#define COLUMN(TABLE, NAME, SINCE, BY, WORDS) \
    { #TABLE, NAME, NULL, SINCE, #BY, WORDS },
#define SETTING(TABLE, NAME, KEY, SINCE, BY, WORDS) \
    { #TABLE, NAME, KEY, SINCE, #BY, WORDS },
#include "policy/model/schema.def"
#undef COLUMN
#undef SETTING
};

/* What a row of 'schema' says before its words. */
static void
put_by(const char *by)
{
    if (!strcmp(by, "nothing")) {
        fputs("No effect:\n", stdout);
    } else if (!strcmp(by, "identity")) {
        fputs("Seen:\n", stdout);
    } else {
        printf("Check \\fB%s\\fR:\n", by);
    }
}

static void
put_schema_row(const struct schema_row *row)
{
    fputs(".TP\n\\fB", stdout);
    put_name(row->column);
    if (row->key) {
        putchar(':');
        put_name(row->key);
    }
    fputs("\\fR\n", stdout);
    put_by(row->by);
    put_text(row->words);
    if (row->since[0]) {
        printf("(Since schema %s.)\n", row->since);
    }
}

static void
put_schema(void)
{
    for (size_t i = 0; i < ARRAY_LEN(schema); i++) {
        const struct schema_row *row = &schema[i];

        if (!i || strcmp(row->table, row[-1].table)) {
            printf(".SS \"%s\"\n", row->table);
        }
        if (strcmp(row->by, "by_key")) {
            put_schema_row(row);
        }
    }
}

static const struct ready {
    enum { HOST, NIC } scope;
    enum { ADVICE, OVERRIDABLE, ENFORCED } force;
    const char *id, *slug, *question, *cause, *consequence, *remedy;
} ready[] = {
#define READY(ENUM, ID, SLUG, SCOPE, FORCE, QUESTION, CAUSE, CONSEQUENCE, \
              REMEDY) \
    { SCOPE, FORCE, ID, SLUG, QUESTION, CAUSE, CONSEQUENCE, REMEDY },
#include "policy/ready/ready.def"
#undef READY
};

static void
put_ready(int scope)
{
    for (size_t i = 0; i < ARRAY_LEN(ready); i++) {
        const struct ready *r = &ready[i];

        if (r->scope != scope) {
            continue;
        }
        put_tag(r->slug);
        printf("(%s) ", r->id);
        put_text(r->question);
        fputs(".IP\n", stdout);
        put_text(r->cause);
        put_text(r->consequence);
        put_text(r->remedy);
        if (r->force != ADVICE) {
            put_text("Enforced for virtual machines.");
        }
        if (r->force == OVERRIDABLE) {
            put_text("The key iov-unsafe-interrupts-ok lifts that.");
        }
    }
}

static void
put_ready_host(void)
{
    put_ready(HOST);
}

static void
put_ready_nic(void)
{
    put_ready(NIC);
}

static const struct {
    const char *line;
    void (*put)(void);
} tables[] = {
    { "@BRIDGE_KEYS@\n", put_bridge_keys },
    { "@INTERFACE_KEYS@\n", put_interface_keys },
    { "@GLOBAL_KEYS@\n", put_global_keys },
    { "@BRIDGE_PUBLISHED@\n", put_bridge_published },
    { "@INTERFACE_PUBLISHED@\n", put_interface_published },
    { "@GLOBAL_PUBLISHED@\n", put_global_published },
    { "@REASONS@\n", put_reasons },
    { "@COMMANDS@\n", put_commands },
    { "@VERBS@\n", put_verbs },
    { "@METRICS@\n", put_metrics },
    { "@JSON_ANSWERS@\n", put_json_answers },
    { "@JSON_OBJECTS@\n", put_json_objects },
    { "@JSON_SCHEMA@\n", put_json_schema },
    { "@EVENTS@\n", put_events },
    { "@SETTINGS@\n", put_settings },
    { "@CAPABILITIES@\n", put_capabilities },
    { "@STATES@\n", put_states },
    { "@VF_ATTRS@\n", put_vf_attrs },
    { "@NIC_FACTS@\n", put_nic_facts },
    { "@CHECKS@\n", put_checks },
    { "@READY_HOST@\n", put_ready_host },
    { "@READY_NIC@\n", put_ready_nic },
    { "@OPERATIONS@\n", put_operations },
    { "@LIMITS@\n", put_limits },
    { "@SCHEMA@\n", put_schema },
};

/* Copying. */

static bool
put_table(const char *line)
{
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        if (!strcmp(line, tables[i].line)) {
            tables[i].put();
            return true;
        }
    }
    return false;
}

/* 's' begins with "@".  Prints the value and returns what follows it, or null
 * if 's' is no placeholder with a value. */
static const char *
put_value(const char *s)
{
    size_t n = strspn(s + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

    if (!n || s[n + 1] != '@') {
        return NULL;
    }
    for (char **v = values; *v; v++) {
        if (!strncmp(*v, s + 1, n) && (*v)[n] == '=') {
            fputs(*v + n + 1, stdout);
            return s + n + 2;
        }
    }
    fprintf(stderr, "gen-man: nothing to put in for %s", s);
    exit(EXIT_FAILURE);
}

static void
put_line(const char *s)
{
    while (*s) {
        const char *rest = *s == '@' ? put_value(s) : NULL;

        if (rest) {
            s = rest;
        } else {
            putchar(*s++);
        }
    }
}

int
main(int argc, char *argv[])
{
    char line[1024];

    values = argv + (argc > 0);
    while (fgets(line, sizeof line, stdin)) {
        if (!put_table(line)) {
            put_line(line);
        }
    }
    return fflush(stdout) || ferror(stdin) ? EXIT_FAILURE : EXIT_SUCCESS;
}
