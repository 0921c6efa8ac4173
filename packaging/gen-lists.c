/* SPDX-License-Identifier: Apache-2.0 */

/* Prints a list that a file around the daemon needs, from the table that the
 * daemon is made of.
 *
 *   gen-lists capabilities     names, on one line, for systemd
 *   gen-lists commands         "NAME USAGE" of each command, on lines
 *   gen-lists rules            "  capability NAME," lines, for AppArmor
 *
 * Like docs/gen-man, it runs before Open vSwitch's library
 * is there, and so uses nothing but the C library. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
put_capabilities(void)
{
    const char *separator = "";

#define PRIVILEGE(CAP, MOVES, PURPOSE, LOST) \
    printf("%sCAP_%s", separator, #CAP); \
    separator = " ";
#include "vswitchd-ext/control/privileges.def"
#undef PRIVILEGE
    putchar('\n');
}

static void
put_rule(const char *name)
{
    fputs("  capability ", stdout);
    for (; *name; name++) {
        putchar(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
    }
    fputs(",\n", stdout);
}

static void
put_rules(void)
{
#define PRIVILEGE(CAP, MOVES, PURPOSE, LOST) put_rule(#CAP);
#include "vswitchd-ext/control/privileges.def"
#undef PRIVILEGE
}

static void
put_commands(void)
{
#define COMMAND(NAME, USAGE, MIN_ARGS, MAX_ARGS, FUNCTION, MEANING) \
    puts(USAGE[0] ? NAME " " USAGE : NAME);
#include "vswitchd-ext/command/command.def"
#undef COMMAND
}

static const struct {
    const char *name;
    void (*put)(void);
} lists[] = {
    { "capabilities", put_capabilities },
    { "commands", put_commands },
    { "rules", put_rules },
};

int
main(int argc, char *argv[])
{
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (argc == 2 && !strcmp(argv[1], lists[i].name)) {
            lists[i].put();
            return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
        }
    }
    fputs("usage: gen-lists capabilities|commands|rules\n", stderr);
    return EXIT_FAILURE;
}
