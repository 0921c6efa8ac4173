/* SPDX-License-Identifier: Apache-2.0
 *
 * Colours for the daemon's text: see ovs-iov.h.
 *
 * A colour adds nothing that the words do not say, and a
 * line that is not known is printed as it is. */

#include <config.h>
#include "utilities/ovs-iov/ovs-iov.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/model/text.h"
#include "util.h"

#define BOLD "\033[1m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define CYAN "\033[36m"
#define NONE "\033[0m"

/* The first row that a line matches gives its colour. */
static const struct {
    const char *prefix, *contains, *colour;
} rules[] = {
    { "bridge ", "", BOLD },
    { "host", "", BOLD },
    { "pf ", "", BOLD },
    { "port ", "", BOLD },
    { "  port ", ", direct", GREEN },
    { "  port ", ", software", YELLOW },
    { "  port ", "ing ", CYAN },
    { "  warning: ", "", RED },
    { "    warning: ", "", RED },
    { "    ", ", since ", YELLOW },
    { "  ", " failed ", RED },
    { "  ", ": failed", RED },
    { "  ", " ok ", GREEN },
};

static const char *
find_colour(const char *line)
{
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        if (!strncmp(line, rules[i].prefix, strlen(rules[i].prefix))
            && strstr(line, rules[i].contains)) {
            return rules[i].colour;
        }
    }
    return NULL;
}

static void
paint_line(const char *line)
{
    const char *colour = find_colour(line);

    printf("%s%s%s\n", colour ? colour : "", line, colour ? NONE : "");
}

void
paint(const char *text, bool colour)
{
    char *clean = iov_text_clean_lines(text);

    if (!colour) {
        fputs(clean, stdout);
    } else {
        char *save = NULL;

        for (char *line = strtok_r(clean, "\n", &save); line;
             line = strtok_r(NULL, "\n", &save)) {
            paint_line(line);
        }
    }
    free(clean);
}
