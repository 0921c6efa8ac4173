/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_REACH_SHOW_H
#define IOV_POLICY_REACH_SHOW_H 1

/* Culprits in words. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iov_culprit;
struct iov_flow;
struct iov_reach_port;
struct iov_reasons;
struct iov_words;
struct ofputil_port_map;

/* Texts of flows that were shown last, for other ports that have the same
 * culprits.  They hold as long as neither a flow nor a name has changed. */
enum { IOV_N_TEXTS = 16 };
struct iov_texts {
    uint64_t flows, names;      /* When that was. */
    struct {
        const struct iov_flow *flow;
        char *text;
    } list[IOV_N_TEXTS];
    size_t n;
};
/* Makes sure that 'texts' has none but of now. */
void iov_texts_set_time(struct iov_texts *, uint64_t flows, uint64_t names);
void iov_texts_clear(struct iov_texts *);

struct iov_show {
    const struct iov_words *words;
    const struct ofputil_port_map *port_map;
    const struct iov_reach_port *port;
    struct iov_texts *texts;    /* Taken from there, and kept there. */
    bool paths;                 /* How packets get to the culprits, too. */
};

/* Sorts by table, priority and text, or of many by what they match, so that
 * the order says nothing about the order of examination. */
void iov_culprits_sort(const struct iov_culprit *culprits[], size_t n,
                       const struct iov_show *);
void iov_culprit_to_reason(const struct iov_culprit *,
                           const struct iov_show *, struct iov_reasons *);

#endif /* policy/reach/show.h */
