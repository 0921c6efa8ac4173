/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_TEXT_H
#define IOV_POLICY_MODEL_TEXT_H 1

/* The one door for text from outside: guests, QEMU, libvirt, the database,
 * the kernel, files.
 *
 * Such text passes here once, where it comes in or where it is shown, before
 * it reaches a terminal, the log, JSON or the database.  What comes out is
 * valid UTF-8 on one line, has no control characters, and is bounded.  What
 * is harmless passes unchanged, and text that has passed before is not
 * escaped again. */

#include <stdbool.h>
#include <stddef.h>

struct ds;
struct json;

/* Appends 's', escaped and shortened to IOV_LIMIT_TEXT bytes. */
void iov_text_put(struct ds *, const char *s);
/* The same as a string of the caller's.  Null gives null. */
char *iov_text_clean(const char *s);
/* The same with a bound of 'max' bytes, "..." not counted. */
char *iov_text_clean_max(const char *s, size_t max);
/* True if iov_text_clean() would change nothing. */
bool iov_text_is_clean(const char *s);

/* For a whole answer, whose lines and length stay: to be freed by the
 * caller. */
char *iov_text_clean_lines(const char *s);
/* 'wall' (wall clock, ms) as a JSON string, ISO 8601 in UTC. */
struct json *iov_time_to_json(long long int wall);
/* Appends 'json' as valid UTF-8 without control characters, whatever is in
 * its strings; 'flags' are those of json_to_string(). */
void iov_text_put_json(struct ds *, const struct json *, int flags);

#endif /* policy/model/text.h */
