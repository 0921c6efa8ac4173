/* SPDX-License-Identifier: Apache-2.0 */

/* Prints text as troff: see gen-man-text.h.
 *
 * A hyphen of a name has to be copied from the page as it
 * is. */

#include "docs/gen-man-text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MAX_COLUMN 72

static void
put_char(char c)
{
    if (c == '\\') {
        fputs("\\e", stdout);
    } else if (c == '-') {
        fputs("\\-", stdout);
    } else {
        putchar(c);
    }
}

void
put_name(const char *s)
{
    for (; *s; s++) {
        put_char(*s);
    }
}

/* The same for what is accepted; a long list may be broken after each "|". */
void
put_accepted(const char *s)
{
    for (; *s; s++) {
        put_char(*s);
        if (*s == '|') {
            fputs("\\:", stdout);
        }
    }
}

/* Prints 's' as text in lines of moderate length, none of which troff may
 * take for a request. */
void
put_text(const char *s)
{
    size_t column = 0;

    while (*s) {
        size_t n = strcspn(s, " ");
        bool ends = n && s[n] && s[n - 1] == '.';

        if (column && column + n + 1 > MAX_COLUMN) {
            putchar('\n');
            column = 0;
        } else if (column) {
            putchar(' ');
            column++;
        }
        if (!column && (*s == '.' || *s == '\'')) {
            fputs("\\&", stdout);
        }
        for (size_t i = 0; i < n; i++) {
            put_char(s[i]);
        }
        column = ends ? MAX_COLUMN : column + n;
        s += n + strspn(s + n, " ");
    }
    putchar('\n');
}

/* Prints 's' with words of capitals in italics, as placeholders are. */
void
put_usage(const char *s)
{
    bool italic = false;

    for (; *s; s++) {
        bool capital = *s >= 'A' && *s <= 'Z';

        if (capital != italic) {
            fputs(capital ? "\\fI" : "\\fR", stdout);
            italic = capital;
        }
        put_char(*s);
    }
    fputs(italic ? "\\fR" : "", stdout);
}

void
put_tag(const char *name)
{
    fputs(".TP\n\\fB", stdout);
    put_name(name);
    fputs("\\fR\n", stdout);
}
