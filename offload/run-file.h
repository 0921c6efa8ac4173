/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_RUN_FILE_H
#define IOV_OFFLOAD_RUN_FILE_H 1

/* Files of ours in the run directory.
 *
 * Others may be able to make files there, so that none is opened that is not
 * a regular file: a symbolic link is not followed, and a FIFO is not waited
 * for.  Files that are made have the mode 0640.
 *
 * All functions return 0 or a positive errno; ENOTSUP stands for something
 * that is not a regular file. */

#include <stddef.h>

/* Reads all of 'name' into '*text', which ends with a null byte and is to be
 * freed by the caller.  EFBIG: it has more than 'max' bytes. */
int run_file_read(const char *name, size_t max, char **text);

/* Writes 'text' to 'name' by way of NAME.tmp, so that it is there whole or not
 * at all. */
int run_file_replace(const char *name, const char *text);

/* Renames 'name' to NAME.bad, or to NAME.bad.1 and so on if there is one
 * already; up to nine are kept.  '*bad' is to be freed by the caller. */
int run_file_set_aside(const char *name, char **bad);

/* Locks NAME.lock until the process ends or closes '*fd'.  EAGAIN: another
 * process has it. */
int run_file_lock(const char *name, int *fd);

#endif /* offload/run-file.h */
