/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: captured trees.
 *
 * A line "=PATH" begins a file, whose content follows up to the next such
 * line; "@PATH TARGET" is a symbolic link.  The host in that tree is read and
 * judged, as "ovs-iov-check --root" does.
 *
 * The tree is made on disk, and paths that lead out of it are left out here;
 * links are not, because the reader has to withstand them. */

#include <config.h>

#include "fuzz.h"

#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "offload/host/host.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "policy/model/text.h"
#include "policy/ready/host.h"
#include "policy/ready/ready.h"
#include "util.h"

#ifdef FUZZ_BY_CLANG
unsigned long long int fuzz_n_accepted;
#endif

static char root[64];

static bool
is_fine(const char *path)
{
    return *path && *path != '/' && !strstr(path, "..") && strlen(path) < 200;
}

/* "ROOT/PATH" with the directories above it, to be freed by the caller. */
static char *
make_path(const char *path)
{
    char *full = xasprintf("%s/%s", root, path);

    for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(full, 0700);
        *p = '/';
    }
    return full;
}

static FILE *
begin_file(const char *path)
{
    char *full = make_path(path);
    struct stat st;
    FILE *stream = lstat(full, &st) ? fopen(full, "w") : NULL;

    free(full);
    return stream;
}

static void
make_link(char *words)
{
    char *target = strchr(words, ' ');

    if (target) {
        *target++ = '\0';
    }
    if (target && *target && is_fine(words)) {
        char *full = make_path(words);

        ignore(symlink(target, full));
        free(full);
    }
}

static void
make_tree(char *text)
{
    FILE *stream = NULL;
    char *save = NULL;

    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        if (*line == '=' || *line == '@') {
            if (stream) {
                fclose(stream);
            }
            stream = *line == '=' && is_fine(line + 1)
                ? begin_file(line + 1) : NULL;
            if (*line == '@') {
                make_link(line + 1);
            }
        } else if (stream) {
            fprintf(stream, "%s\n", line);
        }
    }
    if (stream) {
        fclose(stream);
    }
}

static int
remove_one(const char *name, const struct stat *st OVS_UNUSED,
           int type OVS_UNUSED, struct FTW *ftw OVS_UNUSED)
{
    return remove(name);
}

static void
judge(void)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct iov_host host;
    struct json *json;

    iov_host_init(&host);
    iov_host_read(root, &host);
    iov_host_read_live(root, &host);
    iov_ready_format(&host, NULL, &ds);
    json = iov_ready_to_json(&host, NULL);
    iov_text_put_json(&ds, json, 0);
    fuzz_n_accepted += host.n_nics > 0;
    json_destroy(json);
    ds_destroy(&ds);
    iov_host_clear(&host);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);

    snprintf(root, sizeof root, "/tmp/fuzz-tree.%d", (int) getpid());
    if (mkdir(root, 0700)) {
        ovs_fatal(errno, "%s: cannot be made", root);
    }
    make_tree(text);
    judge();
    nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(text);
    return 0;
}
