/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_DOCS_GEN_MAN_TEXT_H
#define IOV_DOCS_GEN_MAN_TEXT_H 1

/* Text of the tables as troff, escaped, on stdout. */

void put_name(const char *);
/* What is accepted: a long list may be broken after each "|". */
void put_accepted(const char *);
/* Lines of moderate length, none of which troff may take for a request. */
void put_text(const char *);
/* Words of capitals, which are placeholders, in italics. */
void put_usage(const char *);
/* Begins an entry. */
void put_tag(const char *name);

#endif /* docs/gen-man-text.h */
