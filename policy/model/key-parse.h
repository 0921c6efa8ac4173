/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_KEY_PARSE_H
#define IOV_POLICY_MODEL_KEY_PARSE_H 1

/* Values of keys: one parser for each TYPE of key.def.
 *
 * Only key.c includes this.  Every parser says by its return value whether
 * the text is acceptable, and leaves its output alone if not. */

#include <stdbool.h>

#include "policy/model/key.h"

enum iov_key_type {
    IOV_KEY_TYPE_BOOL,
    IOV_KEY_TYPE_UINT,
    IOV_KEY_TYPE_VF,
    IOV_KEY_TYPE_GUEST,
    IOV_KEY_TYPE_NAMES,
    IOV_KEY_TYPE_CHOICE,
    IOV_KEY_TYPE_VF_POOL,
    IOV_KEY_TYPE_VLANS
};

/* 'accepted' is the column of key.def. */
bool iov_key_parse_bool(const char *, bool *);
bool iov_key_parse_uint(const char *, const char *accepted, unsigned int *);
bool iov_key_parse_pin(const char *, struct iov_vf_pin *);
bool iov_key_parse_names(const char *, struct svec *sorted);
bool iov_key_parse_choice(const char *, const char *accepted);

/* Appends to the pool, which is to be freed whatever is returned. */
bool iov_key_parse_vf_pool(const char *, struct iov_vf_pool *);
void iov_vf_pool_destroy(struct iov_vf_pool *);

/* "FIRST-LAST", or one VLAN. */
bool iov_key_parse_vlans(const char *, struct iov_vlan_range *);

/* True if 'text' is acceptable for 'type'. */
bool iov_key_is_usable(const char *text, enum iov_key_type type,
                       const char *accepted);

#endif /* policy/model/key-parse.h */
