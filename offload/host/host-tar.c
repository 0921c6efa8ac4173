/* SPDX-License-Identifier: Apache-2.0 */

/* Writes what was looked at as a tar archive.
 *
 * The format is POSIX ustar, with a pax header before an entry whose name or
 * link does not fit into a header.  Writing it takes less than using a library
 * that can also read, compress and restore, and the archive has to be written
 * on hosts where nothing but this program is installed.
 *
 * Entries are sorted, so that two archives can be compared, and a directory
 * that was only listed is an entry as well: its name is what was looked at. */

#include <config.h>

#include "offload/host/host-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

#define BLOCK 512

struct header {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char link[100];
    char magic[6];
    char version[2];
    char user[32];
    char group[32];
    char major[8];
    char minor[8];
    char prefix[155];
    char padding[12];
};
BUILD_ASSERT_DECL(sizeof(struct header) == BLOCK);

/* Copies into a field that needs no null byte at its end. */
static void
put_field(char *field, size_t size, const char *text)
{
    for (size_t i = 0; i < size && text[i]; i++) {
        field[i] = text[i];
    }
}

static void
put_octal(char *field, size_t size, unsigned int number)
{
    char text[16];

    snprintf(text, sizeof text, "%0*o", (int) size - 1, number);
    put_field(field, size, text);
}

/* Splits 'name' at a slash if it is too long.  False if it does not fit. */
static bool
put_name(struct header *header, const char *name)
{
    size_t n = strlen(name);

    if (n <= sizeof header->name) {
        put_field(header->name, sizeof header->name, name);
        return true;
    }
    for (const char *p = name + n - sizeof header->name - 1; *p; p++) {
        if (*p == '/' && p > name && p - name <= sizeof header->prefix) {
            memcpy(header->prefix, name, p - name);
            put_field(header->name, sizeof header->name, p + 1);
            return true;
        }
    }
    return false;
}

static void
put_checksum(struct header *header)
{
    const uint8_t *bytes = (const uint8_t *) header;
    unsigned int sum = 0;

    memset(header->checksum, ' ', sizeof header->checksum);
    for (size_t i = 0; i < sizeof *header; i++) {
        sum += bytes[i];
    }
    snprintf(header->checksum, sizeof header->checksum, "%06o", sum);
}

/* Appends 'data', filled up to whole blocks. */
static void
put_data(struct ds *tar, const char *data, size_t size)
{
    ds_put_buffer(tar, data, size);
    ds_put_char_multiple(tar, '\0', ROUND_UP(size, BLOCK) - size);
}

static void
put_header(struct ds *tar, char type, const char *name, const char *link,
           size_t size)
{
    struct header header;

    memset(&header, 0, sizeof header);
    if (!put_name(&header, name)) {
        put_field(header.name, sizeof header.name, name);
    }
    put_octal(header.mode, sizeof header.mode, type == '5' ? 0755 : 0644);
    put_octal(header.uid, sizeof header.uid, 0);
    put_octal(header.gid, sizeof header.gid, 0);
    put_octal(header.size, sizeof header.size, size);
    put_octal(header.mtime, sizeof header.mtime, 0);
    header.type = type;
    put_field(header.link, sizeof header.link, link);
    put_field(header.magic, sizeof header.magic, "ustar");
    memcpy(header.version, "00", 2);
    put_checksum(&header);
    put_data(tar, (const char *) &header, sizeof header);
}

/* Appends "LENGTH KEY=VALUE\n", where LENGTH counts itself. */
static void
put_record(struct ds *ds, const char *key, const char *value)
{
    size_t rest = strlen(key) + strlen(value) + 3;
    size_t n = rest + 1;

    while (n != rest + snprintf(NULL, 0, "%"PRIuSIZE, n)) {
        n++;
    }
    ds_put_format(ds, "%"PRIuSIZE" %s=%s\n", n, key, value);
}

static void
put_entry(struct ds *tar, const char *name, const struct host_entry *entry)
{
    static const char types[] = {
        [HOST_FILE] = '0', [HOST_LINK] = '2', [HOST_DIRECTORY] = '5',
    };
    bool is_file = entry->type == HOST_FILE;
    const char *link = entry->type == HOST_LINK ? entry->data : "";
    struct header scratch = { .type = 0 };
    struct ds pax = DS_EMPTY_INITIALIZER;

    if (!put_name(&scratch, name)) {
        put_record(&pax, "path", name);
    }
    if (strlen(link) > sizeof scratch.link) {
        put_record(&pax, "linkpath", link);
    }
    if (pax.length) {
        put_header(tar, 'x', "pax", "", pax.length);
        put_data(tar, ds_cstr(&pax), pax.length);
    }
    put_header(tar, types[entry->type], name, link,
               is_file ? entry->size : 0);
    if (is_file) {
        put_data(tar, entry->data, entry->size);
    }
    ds_destroy(&pax);
}

/* A name out of a list ends with "/." and is an entry only if nothing more is
 * known of it. */
static bool
is_superseded(const struct shash *record, const char *name)
{
    size_t n = strlen(name);
    bool superseded = false;

    if (n > 2 && !strcmp(name + n - 2, "/.")) {
        char *base = xmemdup0(name, n - 2);

        superseded = shash_find(record, base) != NULL;
        free(base);
    }
    return superseded;
}

static char *
write_file(const char *file, const struct ds *tar)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t done = 0;
    int error = fd < 0 ? errno : 0;

    while (!error && done < tar->length) {
        ssize_t n = write(fd, tar->string + done, tar->length - done);

        if (n > 0) {
            done += n;
        } else if (n < 0 && errno != EINTR) {
            error = errno;
        }
    }
    if (fd >= 0 && close(fd) && !error) {
        error = errno;
    }
    return error ? xasprintf("%s: cannot be written (%s)", file,
                             ovs_strerror(error)) : NULL;
}

char *
host_write_tar(const struct shash *record, const char *file)
{
    const struct shash_node **nodes = shash_sort(record);
    struct ds tar = DS_EMPTY_INITIALIZER;
    char *message;

    for (size_t i = 0; i < shash_count(record); i++) {
        if (!is_superseded(record, nodes[i]->name)) {
            put_entry(&tar, nodes[i]->name, nodes[i]->data);
        }
    }
    ds_put_char_multiple(&tar, '\0', 2 * BLOCK);
    message = write_file(file, &tar);
    ds_destroy(&tar);
    free(nodes);
    return message;
}
