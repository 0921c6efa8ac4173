/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_REASON_H
#define IOV_POLICY_MODEL_REASON_H 1

/* Why a port is on software.
 *
 * A reason is one row of reason.def plus the object at fault (the flow, the
 * mirror, the VF attribute) and a detail (the kernel's words, the value that
 * is wrong).  Two findings are the same reason, and keep their "since", when
 * id and object are equal. */

#include <stdbool.h>
#include <stddef.h>

struct ds;
struct json;

enum iov_reason_id {
#define REASON(ENUM, SLUG, EFFECT, TEXT, REMEDY) IOV_REASON_##ENUM,
#include "policy/model/reason.def"
#undef REASON
    IOV_N_REASONS
};

enum iov_effect {
    IOV_EFFECT_BREAK_BEFORE_MAKE, /* Fence the VF before anything else. */
    IOV_EFFECT_MAKE_BEFORE_BREAK  /* Software path first, then the VF. */
};

/* A row of reason.def. */
struct iov_reason_class {
    const char *slug;
    enum iov_effect effect;
    const char *text;
    const char *remedy;
};

struct iov_reason {
    enum iov_reason_id id;
    char *object;               /* What is at fault, or null. */
    char *detail;               /* More words, or null. */
    char *remedy;               /* Better than that of the row for this very
                                 * case, or null. */
    char *path;                 /* Flows that lead to the object, each with a
                                 * new-line, or null if not asked for. */
    int check;                  /* enum iov_check_id that found it, or -1. */
    long long int since;        /* Wall clock, ms; 0 until first dated. */
    long long int until;        /* Monotonic, ms: goes by itself then; 0 if
                                 * it does not. */
};

/* A list of reasons, in the order of the checks. */
struct iov_reasons {
    struct iov_reason *list;
    size_t n;
    size_t allocated;
    size_t n_more;              /* Found, too, but left out. */
};
#define IOV_REASONS_INITIALIZER { NULL, 0, 0, 0 }

const struct iov_reason_class *iov_reason_class(enum iov_reason_id);
bool iov_reason_from_slug(const char *slug, enum iov_reason_id *);

/* 'object' and 'detail' are copied, as text.h lets them pass; either may be
 * null. */
void iov_reasons_add(struct iov_reasons *, enum iov_reason_id,
                     const char *object, const char *detail);
/* Gives the reason that was added last a remedy of its own; takes 'remedy',
 * which may be null. */
void iov_reasons_set_remedy(struct iov_reasons *, char *remedy);
/* Appends a copy of one reason, without its path and date. */
void iov_reasons_add_copy(struct iov_reasons *, const struct iov_reason *);
/* What to do about it. */
const char *iov_reason_remedy(const struct iov_reason *);
void iov_reasons_move(struct iov_reasons *dst, struct iov_reasons *src);
void iov_reasons_copy(struct iov_reasons *dst, const struct iov_reasons *src);
void iov_reasons_clear(struct iov_reasons *);
bool iov_reasons_have(const struct iov_reasons *, enum iov_reason_id);
bool iov_reasons_equal(const struct iov_reasons *,
                       const struct iov_reasons *);
/* True if any of them protects; the VF is then fenced first. */
bool iov_reasons_protect(const struct iov_reasons *);
/* Takes over "since" from 'old' for reasons that were there already, sets it
 * to 'wall_now' (ms) for the others. */
void iov_reasons_date(struct iov_reasons *, const struct iov_reasons *old,
                      long long int wall_now);
/* Appends the slugs, without repetition, separated by commas. */
void iov_reasons_format_slugs(struct ds *, const struct iov_reasons *);
struct json *iov_reasons_to_json(const struct iov_reasons *);
struct json *iov_reason_to_json(const struct iov_reason *);
const char *iov_effect_name(enum iov_effect);

/* The whole table, for "iov/list-reasons" and the manual. */
void iov_reason_table_format(struct ds *);
struct json *iov_reason_table_to_json(void);

#endif /* policy/model/reason.h */
