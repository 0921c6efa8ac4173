/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_GUEST_QMP_EXPLAIN_H
#define IOV_OFFLOAD_GUEST_QMP_EXPLAIN_H 1

/* Sentences about QMP sockets that do not work, for qmp.c alone; each is to be
 * freed by the caller. */

/* Why the socket, or "libvirt:DOMAIN", 'path' failed with 'error'. */
char *qmp_explain(const char *path, int error);
/* That something answers at 'path' which is not QMP. */
char *qmp_explain_not(const char *path, const char *what);
/* What users are shown of 'problem', which is taken: the same, or, for a
 * socket in a folder that is not for sockets of QEMU, one sentence for
 * whatever the problem is, even if it is null. */
char *qmp_explain_all(const char *path, char *problem);

#endif /* offload/guest/qmp-explain.h */
