/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_GUEST_LIBVIRT_H
#define IOV_OFFLOAD_GUEST_LIBVIRT_H 1

/* Domains of libvirt, for the parts that talk to virtual machines by QMP.
 *
 * A domain is talked to by a program of its own, ovs-iov-libvirt, which makes
 * it look like a QMP socket.  What is told here is how that is started, and
 * the sentences that are others for a domain than for a socket.
 *
 * "libvirt:DOMAIN" stands wherever else the path of a QMP socket stands.  A
 * path begins with a slash, so that none is both. */

#include "openvswitch/types.h"

struct iov_guest_spec;
struct libvirt_helper;
struct stream;

/* The domain, if 'socket' is "libvirt:DOMAIN", else null. */
const char *libvirt_domain_of(const char *socket);

/* Starts a program that talks to 'domain', and by '*streamp' with us.
 * Returns 0 or a positive errno. */
int libvirt_start(const char *domain, struct libvirt_helper **,
                  struct stream **streamp);
/* Ends it, whatever it is doing; null is nothing to do. */
void libvirt_stop(struct libvirt_helper *);
/* Clears away what has ended. */
void libvirt_run(void);
/* Registers "iov-dummy/libvirt PROGRAM", by which tests have another program
 * started. */
void libvirt_register_dummy(void);

/* Sentences, owned by the caller.  'error' is an errno, or EOF. */
char *libvirt_explain(const char *domain, int error);
char *libvirt_explain_silence(const char *domain, const char *command,
                              int seconds);
char *libvirt_explain_off(const char *domain);
char *libvirt_explain_no_nic(const struct iov_guest_spec *,
                             struct eth_addr mac);
char *libvirt_explain_no_teaming(const char *alias);
char *libvirt_explain_no_port(void);

#endif /* offload/guest/libvirt.h */
