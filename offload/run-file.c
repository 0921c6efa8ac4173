/* SPDX-License-Identifier: Apache-2.0 */

/* Files of ours in the run directory: see run-file.h.
 *
 * What a name is can change between a look at it and the next system call, so
 * that a file is opened first, without following or waiting, and then looked
 * at. */

#include <config.h>

#include "offload/run-file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "socket-util.h"
#include "util.h"

#define MODE 0640
#define MAX_BAD 9
#define LOCK_TRIES 20           /* A daemon that was killed lets go of it a
                                 * moment later, if it had children. */
#define LOCK_INTERVAL 50        /* ms. */

static int
open_regular(const char *name, int flags, int *fdp)
{
    int fd = open(name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, MODE);
    struct stat st;

    *fdp = -1;
    if (fd < 0) {
        /* A symbolic link; a FIFO that nobody reads; a folder. */
        return (errno == ELOOP || errno == ENXIO || errno == EISDIR
                ? ENOTSUP : errno);
    }

    int error = (fstat(fd, &st) < 0 ? errno
                 : S_ISREG(st.st_mode) ? 0 : ENOTSUP);

    if (error) {
        close(fd);
    } else {
        *fdp = fd;
    }
    return error;
}

/* Reads to the end.  A file may change its length meanwhile. */
static int
read_all(int fd, size_t max, char **textp)
{
    char *text = NULL;
    size_t size = 0, allocated = 0;
    ssize_t n;

    do {
        if (allocated < size + 4096) {
            allocated = MAX(2 * allocated, 8192);
            text = xrealloc(text, allocated);
        }
        n = read(fd, text + size, allocated - size - 1);
        size += MAX(n, 0);
    } while ((n > 0 && size <= max) || (n < 0 && errno == EINTR));

    int error = n < 0 ? errno : size > max ? EFBIG : 0;

    if (error) {
        free(text);
        return error;
    }
    text[size] = '\0';
    *textp = text;
    return 0;
}

int
run_file_read(const char *name, size_t max, char **text)
{
    int fd;
    int error = open_regular(name, O_RDONLY, &fd);

    *text = NULL;
    if (!error) {
        error = read_all(fd, max, text);
        close(fd);
    }
    return error;
}

static int
write_new(const char *name, const char *text)
{
    size_t n;
    int fd;

    /* What is left of an earlier attempt, or was put there by another. */
    if (unlink(name) < 0 && errno != ENOENT) {
        return errno == EISDIR || errno == EPERM ? ENOTSUP : errno;
    }

    int error = open_regular(name, O_WRONLY | O_CREAT | O_EXCL, &fd);

    if (!error) {
        error = write_fully(fd, text, strlen(text), &n);
        if (close(fd) < 0 && !error) {
            error = errno;
        }
        if (error) {
            unlink(name);
        }
    }
    return error;
}

int
run_file_replace(const char *name, const char *text)
{
    char *tmp = xasprintf("%s.tmp", name);
    int error = write_new(tmp, text);

    if (!error && rename(tmp, name) < 0) {
        error = errno;
        unlink(tmp);
    }
    free(tmp);
    return error;
}

int
run_file_set_aside(const char *name, char **bad)
{
    struct stat st;

    *bad = xasprintf("%s.bad", name);
    for (int i = 1; i <= MAX_BAD && !lstat(*bad, &st); i++) {
        free(*bad);
        *bad = xasprintf("%s.bad.%d", name, i);
    }
    return !lstat(*bad, &st) ? EEXIST : rename(name, *bad) < 0 ? errno : 0;
}

int
run_file_lock(const char *name, int *fdp)
{
    char *lock = xasprintf("%s.lock", name);
    int error = open_regular(lock, O_RDWR | O_CREAT, fdp);

    for (int i = 0; !error; i++) {
        if (!flock(*fdp, LOCK_EX | LOCK_NB)) {
            break;
        }
        error = i < LOCK_TRIES && errno == EWOULDBLOCK ? 0 : errno;
        if (error) {
            close(*fdp);
            *fdp = -1;
        } else {
            poll(NULL, 0, LOCK_INTERVAL);
        }
    }
    free(lock);
    return error;
}
