/* SPDX-License-Identifier: Apache-2.0 */

/* Bounded reading below a root.
 *
 * Links are never followed by the kernel for us.  The last part of a path is
 * opened with O_NOFOLLOW, the directory with RESOLVE_BENEATH, and whoever
 * wants to follow a link reads it and resolves it as text. */

#include <config.h>

#include "offload/host/host-file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "svec.h"
#include "util.h"

/* More entries than any directory of sysfs has that is of interest. */
#define MAX_ENTRIES 200000
#define MAX_LINE 4096

#define ERROR_LINK "error:"

int
host_root_open(struct host_root *root, const char *directory)
{
    memset(root, 0, sizeof *root);
    root->live = !directory[0];
    root->dir_fd = -1;
    root->fd = open(root->live ? "/" : directory,
                    O_PATH | O_DIRECTORY | O_CLOEXEC);
    return root->fd < 0 ? errno : 0;
}

static void
close_directory(struct host_root *root)
{
    if (root->dir_fd >= 0) {
        close(root->dir_fd);
        root->dir_fd = -1;
    }
    free(root->dir);
    root->dir = NULL;
}

void
host_root_close(struct host_root *root)
{
    close_directory(root);
    if (root->fd >= 0) {
        close(root->fd);
        root->fd = -1;
    }
}

/* Recording. */

static void
record(struct host_root *root, const char *path, int type, const char *data,
       size_t size)
{
    if (!root->record || shash_find(root->record, path)) {
        return;
    }

    struct host_entry *entry = xmalloc(sizeof *entry);

    entry->type = type;
    entry->data = xmemdup0(data, size);
    entry->size = size;
    shash_add(root->record, path, entry);
}

void
host_record_file(struct host_root *root, const char *path, const char *data,
                 size_t size)
{
    record(root, path, HOST_FILE, data, size);
}

static void
record_error(struct host_root *root, const char *path, int error)
{
    if (root->record && error != ENOENT && error != ENOTDIR) {
        char *target = xasprintf(ERROR_LINK"%d", error);

        record(root, path, HOST_LINK, target, strlen(target));
        free(target);
    }
}

void
host_record_destroy(struct shash *shash)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, shash) {
        struct host_entry *entry = node->data;

        free(entry->data);
        free(entry);
    }
    shash_destroy(shash);
}

/* Opening. */

static int
open_beneath(int fd, const char *path)
{
    struct open_how how = {
        .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long int result = syscall(SYS_openat2, fd, path, &how, sizeof how);

    if (result < 0 && errno == ENOSYS) {
        /* Before Linux 5.6. */
        result = openat(fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    return result;
}

/* Opens the directory that 'path' is in, unless it still is.  Returns the
 * name in it, or null with '*error' set. */
static const char *
enter(struct host_root *root, const char *path, int *error)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? slash - path : 0;

    if (!slash) {
        *error = EINVAL;
        return NULL;
    }
    if (!root->dir || strlen(root->dir) != n || strncmp(root->dir, path, n)) {
        close_directory(root);
        root->dir = xmemdup0(path, n);
        root->dir_fd = root->fd < 0 ? -1 : open_beneath(root->fd, root->dir);
        root->dir_error = root->dir_fd >= 0 ? 0
                          : root->fd < 0 ? ENOENT : errno;
    }
    *error = root->dir_error == ENOTDIR ? ENOENT : root->dir_error;
    return root->dir_fd >= 0 ? slash + 1 : NULL;
}

/* The error that a link stands for, or ELOOP. */
static int
error_of_target(const char *target)
{
    int number;

    return (!strncmp(target, ERROR_LINK, strlen(ERROR_LINK))
            && str_to_int(target + strlen(ERROR_LINK), 10, &number)
            && number > 0 && number < 4096) ? number : ELOOP;
}

/* 'error', or if there is a link in place of a file, what it says. */
static int
error_of_link(struct host_root *root, const char *name, int error)
{
    char target[64];
    ssize_t n;

    if (error != ELOOP && error != ENOTDIR) {
        return error;
    }
    n = readlinkat(root->dir_fd, name, target, sizeof target - 1);
    if (n < 0) {
        return error;
    }
    target[n] = '\0';
    return error_of_target(target);
}

static int
open_in(struct host_root *root, const char *path, int flags, int *error)
{
    const char *name = enter(root, path, error);
    int fd;

    if (!name) {
        return -1;
    }
    fd = openat(root->dir_fd, name,
                flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        *error = error_of_link(root, name, errno);
    }
    return fd;
}

/* Does not open a device, which might act on it; a pipe would be opened
 * without waiting. */
static bool
is_regular(struct host_root *root, const char *name, int *error)
{
    struct stat st;

    if (fstatat(root->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW)) {
        *error = errno;
    } else if (S_ISLNK(st.st_mode)) {
        *error = error_of_link(root, name, ELOOP);
    } else if (!S_ISREG(st.st_mode)) {
        *error = S_ISDIR(st.st_mode) ? EISDIR : ENODEV;
    } else {
        return true;
    }
    return false;
}

/* Reading. */

static char *
read_all(int fd, size_t max, size_t *size, int *error)
{
    size_t allocated = MIN(max, MAX_LINE), used = 0;
    char *data = xmalloc(allocated + 1);

    for (;;) {
        ssize_t n = read(fd, data + used, allocated - used);

        if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && !used) {
            *error = errno;
            free(data);
            return NULL;
        }
        used += MAX(n, 0);
        if (n <= 0 || used == max) {
            break;
        } else if (used == allocated) {
            allocated = MIN(allocated * 2, max);
            data = xrealloc(data, allocated + 1);
        }
    }
    data[used] = '\0';
    *size = used;
    return data;
}

char *
host_read(struct host_root *root, const char *path, size_t max, size_t *size,
          int *error)
{
    const char *name = enter(root, path, error);
    char *data = NULL;
    int fd;

    *size = 0;
    if (name && is_regular(root, name, error)) {
        fd = open_in(root, path, O_RDONLY, error);
        if (fd >= 0) {
            data = read_all(fd, max, size, error);
            close(fd);
        }
    }
    if (data) {
        record(root, path, HOST_FILE, data, *size);
    } else {
        record_error(root, path, *error);
    }
    return data;
}

char *
host_read_line(struct host_root *root, const char *path, int *error)
{
    size_t size;
    char *line = host_read(root, path, MAX_LINE, &size, error);

    if (line) {
        size = strcspn(line, "\n");
        while (size && isspace((unsigned char) line[size - 1])) {
            size--;
        }
        line[size] = '\0';
    }
    return line;
}

char *
host_read_link(struct host_root *root, const char *path, int *error)
{
    const char *name = enter(root, path, error);
    char target[PATH_MAX];
    ssize_t n;

    if (!name) {
        record_error(root, path, *error);
        return NULL;
    }
    n = readlinkat(root->dir_fd, name, target, sizeof target - 1);
    if (n < 0) {
        *error = errno;
        record_error(root, path, *error);
        return NULL;
    }
    target[n] = '\0';
    record(root, path, HOST_LINK, target, n);
    *error = error_of_target(target);
    return *error == ELOOP ? xmemdup0(target, n) : NULL;
}

/* In a captured tree the names have to be there, whatever they are. */
static void
record_names(struct host_root *root, const char *path,
             const struct svec *names)
{
    if (root->record) {
        record(root, path, HOST_DIRECTORY, "", 0);
        for (size_t i = 0; i < names->n; i++) {
            char *child = xasprintf("%s/%s/.", path, names->names[i]);

            record(root, child, HOST_DIRECTORY, "", 0);
            free(child);
        }
    }
}

int
host_list(struct host_root *root, const char *path, struct svec *names)
{
    int error = 0;
    int fd = open_in(root, path, O_RDONLY | O_DIRECTORY, &error);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!stream) {
        record_error(root, path, error);
        return error ? error : EIO;
    }
    while (names->n < MAX_ENTRIES && (entry = readdir(stream))) {
        if (entry->d_name[0] != '.') {
            svec_add(names, entry->d_name);
        }
    }
    closedir(stream);
    svec_sort(names);
    record_names(root, path, names);
    return 0;
}

/* 0 if there is such a thing, whose kind is then in '*mode'. */
static int
look_at(struct host_root *root, const char *path, mode_t *mode)
{
    int error;
    const char *name = enter(root, path, &error);
    struct stat st;

    if (!name) {
        return error;
    }
    if (fstatat(root->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW)) {
        return errno;
    }
    *mode = st.st_mode;
    error = S_ISLNK(st.st_mode) ? error_of_link(root, name, ELOOP) : 0;
    return error == ELOOP ? 0 : error;
}

int
host_exists(struct host_root *root, const char *path)
{
    mode_t mode = 0;
    int error = look_at(root, path, &mode);

    if (error) {
        record_error(root, path, error);
    } else {
        record(root, path, S_ISDIR(mode) ? HOST_DIRECTORY : HOST_FILE, "",
               0);
    }
    return error;
}

int
host_open_device(struct host_root *root, const char *path, int *error)
{
    int fd = -1;

    *error = ENODEV;
    if (root->live) {
        fd = open_in(root, path, O_RDONLY, error);
    }
    if (fd < 0) {
        record_error(root, path, *error);
    }
    return fd;
}

/* Links as text. */

/* Removes the last part of the path in 'buf'.  False if there is none. */
static bool
go_up(char *buf)
{
    char *slash = strrchr(buf, '/');

    if (!buf[0]) {
        return false;
    }
    *(slash ? slash : buf) = '\0';
    return true;
}

char *
host_resolve(const char *directory, const char *target)
{
    size_t size = strlen(directory) + strlen(target) + 2;
    char *buf = xmalloc(size);

    ovs_strlcpy(buf, directory, size);
    for (const char *p = target; *p; p += strspn(p, "/")) {
        size_t n = strcspn(p, "/");
        size_t len = strlen(buf);

        if (*target == '/' || (n == 2 && !strncmp(p, "..", 2)
                               && !go_up(buf))) {
            free(buf);
            return NULL;
        }
        if (!(n == 2 && !strncmp(p, "..", 2)) && !(n == 1 && *p == '.')) {
            snprintf(buf + len, size - len, "%s%.*s", len ? "/" : "",
                     (int) n, p);
        }
        p += n;
    }
    return buf;
}
