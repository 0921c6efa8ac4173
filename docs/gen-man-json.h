/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_DOCS_GEN_MAN_JSON_H
#define IOV_DOCS_GEN_MAN_JSON_H 1

/* What json.def says, as troff and as the members of a JSON schema. */

void put_json_answers(void);
void put_json_objects(void);
void put_json_schema(void);

#endif /* docs/gen-man-json.h */
