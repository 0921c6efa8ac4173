/* SPDX-License-Identifier: Apache-2.0 */

/* The facts of a host, by the kinds that host-fact.def names, and the
 * kernel's log.
 *
 * /dev/kmsg gives one message for each read, begins with the oldest that is
 * still there, and its numbers tell whether that is the first since the boot.
 * In a captured tree it is a file of such messages, those of interest and the
 * very first. */

#include <config.h>

#include "offload/host/host-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "policy/ready/host.h"
#include "sset.h"
#include "svec.h"
#include "util.h"

/* How much of these files is looked at: the first processor, and the first
 * interrupts of many. */
#define MAX_CPUINFO 16384
#define MAX_INTERRUPTS 262144

#define MAX_LOG (4 << 20)
#define MAX_MESSAGES 200000

/* Each of these returns the value of a fact, or null and sets '*error'. */

static char *
read_exists(struct host_root *root, const char *path, int *error)
{
    *error = host_exists(root, path);
    return *error ? NULL : xstrdup("exists");
}

static char *
read_names(struct host_root *root, const char *path, int *error)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    char *value = NULL;

    *error = host_list(root, path, &names);
    if (!*error) {
        value = svec_join(&names, " ", "");
    }
    svec_destroy(&names);
    return value;
}

static char *
read_count(struct host_root *root, const char *path, int *error)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    char *value = NULL;

    *error = host_list(root, path, &names);
    if (!*error) {
        value = xasprintf("%"PRIuSIZE, names.n);
    }
    svec_destroy(&names);
    return value;
}

/* Appends the words of 'line' (until its end) that are in 'wanted', or all of
 * them if that is null, unless 'ds' has them. */
static void
put_words(struct ds *ds, const char *line, const char *const *wanted)
{
    const char *end = line + strcspn(line, "\n");

    while (line < end) {
        size_t n = strcspn(line, " \t\n");
        char *word = xmemdup0(line, n);
        bool put = n && !wanted;

        for (size_t i = 0; wanted && wanted[i]; i++) {
            put = put || !strcmp(word, wanted[i]);
        }
        if (put && !strstr(ds_cstr(ds), word)) {
            ds_put_format(ds, "%s%s", ds->length ? " " : "", word);
        }
        free(word);
        line += n + strspn(line + n, " \t");
    }
}

/* Vendor and the flags that matter, of the first processor. */
static char *
read_cpu(struct host_root *root, const char *path, int *error)
{
    static const char *const flags[] = { "vmx", "svm", "ept", "npt",
                                         "hypervisor", NULL };
    struct ds ds = DS_EMPTY_INITIALIZER;
    size_t size;
    char *text = host_read(root, path, MAX_CPUINFO, &size, error);

    if (!text) {
        return NULL;
    }

    char *next = strstr(text, "\n\n");

    if (next) {
        *next = '\0';
    }
    for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p != 0) {
        const char *colon = memchr(p, ':', strcspn(p, "\n"));

        if (colon && !strncmp(p, "vendor_id", 9)) {
            put_words(&ds, colon + 1 + strspn(colon + 1, " "), NULL);
        } else if (colon && (!strncmp(p, "flags", 5)
                             || !strncmp(p, "vmx flags", 9))) {
            put_words(&ds, colon + 1, flags);
        }
    }
    free(text);
    return ds_steal_cstr(&ds);
}

/* Adds the kind of interrupt controller that the word at 's' is, if it is
 * one, without the address of a device that may follow. */
static void
add_chip(struct sset *chips, const char *s)
{
    static const char *const prefixes[] = { "IR-", "IO-APIC", "PCI-MSI",
                                            "ITS-" };
    size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");

    while (n && s[n - 1] == '-') {
        n--;
    }
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        if (!strncmp(s, prefixes[i], strlen(prefixes[i]))) {
            sset_add_and_free(chips, xmemdup0(s, n));
            return;
        }
    }
}

static char *
read_chips(struct host_root *root, const char *path, int *error)
{
    struct sset chips = SSET_INITIALIZER(&chips);
    size_t size;
    char *text = host_read(root, path, MAX_INTERRUPTS, &size, error);
    char *value = NULL;

    if (text) {
        for (char *p = text; *p; p += strspn(p, " \t\n")) {
            add_chip(&chips, p);
            p += strcspn(p, " \t\n");
        }
        value = sset_join(&chips, " ", "");
    }
    sset_destroy(&chips);
    free(text);
    return value;
}

/* The log. */

/* A log while it is taken in. */
struct log {
    struct iov_host *host;
    struct ds kept;             /* Messages that are recorded. */
    bool any;                   /* Was there a message? */
    bool from_boot;             /* Was the first one number 0? */
};

/* Takes in one record, "PRIORITY,NUMBER,TIME,FLAGS;TEXT", and lines that
 * continue it, which begin with a blank. */
static void
take_record(struct log *log, char *record)
{
    unsigned long long int number;
    bool numbered = ovs_scan(record, "%*u,%llu,", &number);
    size_t n = strcspn(record, "\n");
    char *text = memchr(record, ';', n);
    bool first = numbered && !log->any;
    bool known = false;

    record[n] = '\0';
    if (first) {
        log->any = true;
        log->from_boot = !number;
    }
    if (text) {
        known = iov_host_add_line(log->host, text + 1);
    }
    if (first || known) {
        ds_put_format(&log->kept, "%s\n", record);
    }
}

/* Takes in what the file 'fd' says, whose reads give a record each. */
static int
take_device(struct log *log, int fd)
{
    char record[8192];

    for (int i = 0; i < MAX_MESSAGES; i++) {
        ssize_t n = read(fd, record, sizeof record - 1);

        if (n > 0) {
            record[n] = '\0';
            take_record(log, record);
        } else if (n < 0 && errno != EINTR && errno != EPIPE) {
            /* EPIPE: overwritten meanwhile.  EAGAIN: that was the last. */
            return errno == EAGAIN ? 0 : errno;
        } else if (!n) {
            break;
        }
    }
    return 0;
}

static int
take_file(struct log *log, struct host_root *root, const char *path)
{
    size_t size;
    int error = 0;
    char *text = host_read(root, path, MAX_LOG, &size, &error);

    if (!text) {
        return error;
    }
    for (char *line = text; *line;) {
        char *next = line + strcspn(line, "\n");
        bool last = !*next;

        *next = '\0';
        take_record(log, line);
        line = last ? next : next + 1;
    }
    free(text);
    return 0;
}

static char *
read_log(struct host_root *root, const char *path, struct iov_host *host,
         int *error)
{
    struct log log = { .host = host, .kept = DS_EMPTY_INITIALIZER };

    iov_host_clear_log(host);
    if (root->live) {
        int fd = host_open_device(root, path, error);

        if (fd >= 0) {
            *error = take_device(&log, fd);
            close(fd);
        }
    } else {
        *error = take_file(&log, root, path);
    }
    if (root->live && !*error) {
        host_record_file(root, path, ds_cstr(&log.kept), log.kept.length);
    }
    ds_destroy(&log.kept);
    return *error ? NULL : xstrdup(log.any && log.from_boot
                                   ? "from boot" : "not from boot");
}

/* All facts. */

enum kind { TEXT, EXISTS, NAMES, COUNT, CPU, CHIPS, LOG };

static char *
read_fact(struct host_root *root, enum kind kind, const char *path,
          struct iov_host *host, int *error)
{
    switch (kind) {
    case TEXT:
        return host_read_line(root, path, error);
    case EXISTS:
        return read_exists(root, path, error);
    case NAMES:
        return read_names(root, path, error);
    case COUNT:
        return read_count(root, path, error);
    case CPU:
        return read_cpu(root, path, error);
    case CHIPS:
        return read_chips(root, path, error);
    case LOG:
        return read_log(root, path, host, error);
    }
    OVS_NOT_REACHED();
}

void
host_read_facts(struct host_root *root, struct iov_host *host)
{
    static const struct {
        const char *file;
        enum kind kind;
    } rows[] = {
#define HOST_FACT(ENUM, FILE, KIND) { FILE, KIND },
#include "policy/ready/host-fact.def"
#undef HOST_FACT
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        int error = 0;
        char *value = read_fact(root, rows[i].kind, rows[i].file + 1, host,
                                &error);

        iov_fact_set(&host->facts[i], rows[i].file, value, error);
    }
}
