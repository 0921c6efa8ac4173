/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_HOST_HOST_FILE_H
#define IOV_OFFLOAD_HOST_HOST_FILE_H 1

/* Files, links and directories below a root, which is "/" or a captured tree.
 *
 * Paths have no slash at their beginning.  Nothing outside of the root is
 * opened, only regular files are read (so that neither a pipe nor a device
 * can do harm), and every reading is bounded.
 *
 * What is looked at can be recorded, and a captured tree is then made of the
 * record.  A file that could not be read must not look absent in the captured
 * tree, so it becomes a link to "error:NUMBER", which is understood here. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/shash.h"

struct svec;

struct host_root {
    int fd;                     /* The root, or -1. */
    bool live;                  /* Is it "/"? */
    char *dir;                  /* Directory last opened... */
    int dir_fd;                 /* ...and its descriptor, or -1. */
    int dir_error;              /* Why it could not be opened. */
    struct shash *record;       /* Of "struct host_entry" by path, or null. */
};

struct host_entry {
    enum { HOST_FILE, HOST_LINK, HOST_DIRECTORY } type;
    char *data;                 /* Content, or where the link leads. */
    size_t size;
};

/* 'directory' is "" for the live system.  Returns 0 or a positive errno. */
int host_root_open(struct host_root *, const char *directory);
void host_root_close(struct host_root *);
void host_record_destroy(struct shash *);

/* Reads up to 'max' bytes.  Returns them, followed by a null byte and to be
 * freed, and sets '*size'; or null, with '*error' a positive errno. */
char *host_read(struct host_root *, const char *path, size_t max,
                size_t *size, int *error);
/* The first line without trailing blanks. */
char *host_read_line(struct host_root *, const char *path, int *error);
char *host_read_link(struct host_root *, const char *path, int *error);
/* Adds the names in the directory, sorted.  0 or a positive errno. */
int host_list(struct host_root *, const char *path, struct svec *);
/* 0 or a positive errno.  Does not open what is there. */
int host_exists(struct host_root *, const char *path);
/* Opens what is no regular file, on the live system only.  A descriptor or
 * -1, with '*error' set. */
int host_open_device(struct host_root *, const char *path, int *error);
/* Records 'data' as the content of the file. */
void host_record_file(struct host_root *, const char *path, const char *data,
                      size_t size);

/* Where the link that is in 'directory' and says 'target' leads, as a path
 * below the root, to be freed; null if that is not below it. */
char *host_resolve(const char *directory, const char *target);

#endif /* offload/host/host-file.h */
