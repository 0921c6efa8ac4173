/* SPDX-License-Identifier: Apache-2.0
 *
 * The history's file: see history-file.h.
 *
 * By default it lies in the run directory, which is in memory, because a disk
 * could make the daemon wait.  What is added is only collected; it is written
 * by one call when the loop has nothing else to do, or when IOV_LIMIT_HISTORY_
 * PENDING bytes have come together.  What cannot be written is counted and
 * forgotten. */

#include <config.h>
#include "vswitchd-ext/control/history-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "policy/model/limit.h"
#include "policy/model/text.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_history);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

static char *file_name;
static int fd = -1;
static off_t size;
static struct ds pending = DS_EMPTY_INITIALIZER;
static uint64_t n_pending;      /* Events in it. */
static uint64_t n_lost;

/* Reading. */

static void
take_line(char *line, void (*take)(const struct json *))
{
    struct json *json = json_from_string(line);

    if (json->type == JSON_OBJECT) {
        take(json);
    }
    json_destroy(json);
}

/* Only as much of a file is read as the daemon itself would write; a line that
 * was cut off by that, or by the death of a daemon, is no JSON. */
static void
read_file(const char *name, void (*take)(const struct json *))
{
    int in = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat s;

    if (in < 0) {
        return;
    }
    if (!fstat(in, &s) && S_ISREG(s.st_mode)) {
        size_t max = IOV_LIMIT_HISTORY + IOV_LIMIT_HISTORY_PENDING;
        char *text = xmalloc(max + 1);
        ssize_t n = pread(in, text, max, MAX(s.st_size - (off_t) max, 0));
        char *save = NULL;

        text[MAX(n, 0)] = '\0';
        for (char *line = strtok_r(text, "\n", &save); line;
             line = strtok_r(NULL, "\n", &save)) {
            take_line(line, take);
        }
        free(text);
    }
    close(in);
}

/* Writing. */

static void
open_for_writing(void)
{
    struct stat s;

    fd = open(file_name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC
                         | O_NOFOLLOW | O_NONBLOCK, 0640);
    if (fd < 0 || fstat(fd, &s) || !S_ISREG(s.st_mode)) {
        VLOG_WARN_RL(&rl, "%s: cannot be written (%s), so that the history "
                     "ends with this process; see that its folder exists and "
                     "that ovs-iovd may write there", file_name,
                     fd < 0 ? ovs_strerror(errno) : "it is no file");
        if (fd >= 0) {
            close(fd);
        }
        fd = -1;
        return;
    }
    size = s.st_size;
}

void
history_file_open(const char *name, void (*take)(const struct json *))
{
    char *old = name ? xasprintf("%s.1", name) : NULL;

    if (name) {
        file_name = xstrdup(name);
        read_file(old, take);
        read_file(name, take);
        open_for_writing();
        if (size) {
            /* Whatever ends without a new-line is over. */
            ds_put_char(&pending, '\n');
        }
    }
    free(old);
}

static void
rotate(void)
{
    char *old = xasprintf("%s.1", file_name);

    close(fd);
    fd = -1;
    if (rename(file_name, old)) {
        VLOG_WARN_RL(&rl, "%s: cannot be renamed (%s), so that the history is "
                     "not written any more", file_name, ovs_strerror(errno));
    } else {
        open_for_writing();
    }
    free(old);
}

void
history_file_add(const struct json *json)
{
    if (fd < 0) {
        n_lost += file_name != NULL;
        return;
    }
    iov_text_put_json(&pending, json, JSSF_SORT);
    ds_put_char(&pending, '\n');
    n_pending++;
    if (pending.length >= IOV_LIMIT_HISTORY_PENDING) {
        history_file_flush();
    }
}

void
history_file_flush(void)
{
    if (fd < 0 || !n_pending) {
        return;
    }
    if (size && size + pending.length > IOV_LIMIT_HISTORY) {
        rotate();
    }

    ssize_t n = fd < 0 ? -1 : write(fd, pending.string, pending.length);
    if (n != pending.length) {
        VLOG_WARN_RL(&rl, "%s: %"PRIu64" events could not be written (%s)",
                     file_name, n_pending,
                     n < 0 ? ovs_strerror(errno) : "no space");
        n_lost += n_pending;
    }
    size += MAX(n, 0);
    n_pending = 0;
    ds_clear(&pending);
}

void
history_file_close(void)
{
    history_file_flush();
    if (fd >= 0) {
        close(fd);
        fd = -1;
    }
    ds_destroy(&pending);
    free(file_name);
    file_name = NULL;
}

uint64_t
history_file_lost(void)
{
    return n_lost;
}
