/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_TEST_INPUTS_H
#define TESTS_TEST_INPUTS_H 1

/* What the files of test-inputs share.
 *
 * They are one program, of no use to others. */

struct ds;
struct iov_bridge;

/* Appends what the database says of a bridge and its ports. */
void test_inputs_format_bridge(struct ds *, const struct iov_bridge *);

#endif /* tests/vswitchd-ext/test-inputs.h */
