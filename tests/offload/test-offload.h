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

#endif /* tests/offload/test-offload.h */
