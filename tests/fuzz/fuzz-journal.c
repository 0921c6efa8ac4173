/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: the journal.
 *
 * What is read is written, read again and written again, which has to be the
 * same: a record that changes on the way puts a VF back to something else.
 *
 * Half of a bad journal may have been read, and has to be freed all the
 * same. */

#include <config.h>

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "offload/journal-json.h"
#include "openvswitch/json.h"
#include "util.h"

#ifdef FUZZ_BY_CLANG
unsigned long long int fuzz_n_accepted;
#endif

static char *
to_text(const struct journal *journal)
{
    struct json *json = journal_to_json(journal);
    char *text = json_to_string(json, JSSF_SORT);

    json_destroy(json);
    return text;
}

static char *
from_text(struct journal *journal, const char *text)
{
    struct json *json = json_from_string(text);
    char *error = journal_from_json(journal, json);

    ovs_assert(journal_version(json) >= -1);
    ovs_assert(!error || error[0]);
    json_destroy(json);
    return error;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct journal journal = JOURNAL_INITIALIZER(&journal);
    char *error = from_text(&journal, text);

    if (!error) {
        struct journal again = JOURNAL_INITIALIZER(&again);
        char *once = to_text(&journal);
        char *twice;

        fuzz_n_accepted++;
        ovs_assert(!from_text(&again, once));
        twice = to_text(&again);
        ovs_assert(!strcmp(once, twice));
        free(once);
        free(twice);
        journal_clear(&again);
        shash_destroy(&again.pfs);
    }
    free(error);
    free(text);
    journal_clear(&journal);
    shash_destroy(&journal.pfs);
    return 0;
}
