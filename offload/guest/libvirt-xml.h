/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_OFFLOAD_GUEST_LIBVIRT_XML_H
#define IOV_OFFLOAD_GUEST_LIBVIRT_XML_H 1

/* What libvirt's XML says of a domain's network devices, and the XML of a VF
 * to attach; text in, text out.
 *
 * The XML is that of the running domain.  In the one that is kept on disk
 * devices have no aliases, by which they are named here. */

#include <stdbool.h>
#include <stddef.h>

#define LIBVIRT_VF_ALIAS "ua-ovs-"      /* Begins the alias of our VFs. */

/* A virtio network device, or a PCI device of the host. */
struct libvirt_device {
    char *alias;
    char *host;                 /* PCI address on the host, or null. */
    char *mac;                  /* Of a virtio device; "" if none is told. */
    bool failover;              /* It has <teaming type='persistent'/>. */
};

/* A PCI Express root port. */
struct libvirt_root_port {
    unsigned int index;         /* Of its controller, which is its bus. */
    bool used;
};

struct libvirt_domain {
    struct libvirt_device *devices;
    size_t n_devices;
    struct libvirt_root_port *ports;
    size_t n_ports;
};

/* Returns null, or a sentence owned by the caller if 'xml' is no domain.
 * Initializes '*domain' in any case. */
char *libvirt_domain_parse(const char *xml, struct libvirt_domain *);
void libvirt_domain_destroy(struct libvirt_domain *);
const struct libvirt_device *libvirt_domain_find(const struct libvirt_domain *,
                                                 const char *alias);

/* Returns the XML, owned by the caller, by which the VF with the PCI address
 * 'host' is attached, or null if 'host' is none.  The VF gets an alias made of
 * 'id'; 'partner' is the alias of its virtio device, or null. */
char *libvirt_vf_xml(const char *host, const char *id, const char *partner);

#endif /* offload/guest/libvirt-xml.h */
