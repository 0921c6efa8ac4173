/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_COMPILE_TRANSLATE_H
#define IOV_POLICY_COMPILE_TRANSLATE_H 1

/* Matches of OpenFlow in the fields of a NIC's rules. */

struct iov_way;
struct match;

/* Fills in the match and the tag of 'way' from 'm', packets as they come in of
 * which the known bits are those that flows have asked for.  Returns null, or
 * the name of a field that no rule has; then 'way' has all packets of 'm' and
 * more. */
const char *iov_way_translate(struct iov_way *, const struct match *m);

#endif /* policy/compile/translate.h */
