/* SPDX-License-Identifier: Apache-2.0
 *
 * What a shell can complete: see ovs-iov.h.
 *
 * Names of ports come from the database, and a shell would
 * run what they contain.  Those that are not made of harmless characters alone
 * are left out. */

#include <config.h>
#include "utilities/ovs-iov/ovs-iov.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/json.h"
#include "util.h"

#define HARMLESS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
                 "0123456789._@+-"

static void
offer(const char *s, const char *prefix)
{
    if (s[0] && !s[strspn(s, HARMLESS)]
        && !strncmp(s, prefix, strlen(prefix))) {
        puts(s);
    }
}

/* Offers the words of 'usage' that begin with "--". */
static void
offer_options(const char *usage, const char *prefix)
{
    char *copy = xstrdup(usage);
    char *save = NULL;

    for (char *word = strtok_r(copy, " []|", &save); word;
         word = strtok_r(NULL, " []|", &save)) {
        if (!strncmp(word, "--", 2)) {
            offer(word, prefix);
        }
    }
    free(copy);
}

static void
offer_names(const struct json *array, const char *prefix)
{
    for (size_t i = 0; i < array_size(array); i++) {
        offer(member_text(array_at(array, i), "name"), prefix);
    }
}

static void
offer_objects(const char *target, const char *usage, const char *prefix)
{
    struct json *json = ask_quietly(target, "iov/show");
    const struct json *bridges = member(json, "bridges");

    if (strstr(usage, "BRIDGE")) {
        offer_names(bridges, prefix);
    }
    for (size_t i = 0; i < array_size(bridges); i++) {
        const struct json *bridge = array_at(bridges, i);

        if (strstr(usage, "PORT")) {
            offer_names(member(bridge, "ports"), prefix);
        }
        if (strstr(usage, "PF")) {
            offer_names(member(bridge, "pfs"), prefix);
        }
    }
    json_destroy(json);
}

void
complete(const char *target, int n_words, char *words[])
{
    const char *prefix = n_words ? words[n_words - 1] : "";

    if (n_words <= 1) {
        for (const struct verb *v = verbs; v->name; v++) {
            offer(v->name, prefix);
        }
        return;
    }

    const struct verb *verb = verb_find(words[0]);
    if (verb && prefix[0] == '-') {
        offer_options(verb->usage, prefix);
    } else if (verb && (strstr(verb->usage, "PORT")
                        || strstr(verb->usage, "PF"))) {
        offer_objects(target, verb->usage, prefix);
    }
}
