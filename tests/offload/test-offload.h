/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TEST_OFFLOAD_H
#define TEST_OFFLOAD_H 1

/* Parts of the test program of offload/.
 *
 * The parts share nothing but main(), which takes the first argument for the
 * name of the part. */

int test_netlink(int argc, char *argv[]);
int test_hostile(int argc, char *argv[]);
int test_filters(int argc, char *argv[]);
int test_pci(int argc, char *argv[]);
int test_hold(int argc, char *argv[]);
int test_vfio(int argc, char *argv[]);
int test_vectors(int argc, char *argv[]);
int test_irqs(int argc, char *argv[]);
int test_journal(int argc, char *argv[]);
int test_child(int argc, char *argv[]);
int test_daemon(int argc, char *argv[]);

/* Commands of test_daemon() for flow tables. */
void test_rules_register(void);
void test_rules_take(void);
void test_rules_exit(void);
/* Lets providers fill in their PFs anew. */
void test_daemon_refill(void);

#endif /* tests/offload/test-offload.h */
