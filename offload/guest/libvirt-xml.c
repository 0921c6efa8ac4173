/* SPDX-License-Identifier: Apache-2.0 */

/* Reading and writing libvirt's XML: see libvirt-xml.h.
 *
 * A VF is attached as <hostdev managed='no'> and not as <interface
 * type='hostdev'>.  For the latter libvirt sets the VF's MAC address and VLAN
 * through the PF and, after the guest has let go of the VF, sets them back to
 * what they were when it was attached: that would open the fence.  With the
 * former it leaves the VF's settings and its driver alone.
 *
 * Whoever may change a domain writes this XML.  External entities are not
 * loaded, and nothing is taken for granted of what stands where. */

#include <config.h>

#include "offload/guest/libvirt-xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

static const xmlNode *
find_child(const xmlNode *node, const char *name)
{
    const xmlNode *child = node ? node->children : NULL;

    while (child && (child->type != XML_ELEMENT_NODE
                     || strcmp((const char *) child->name, name))) {
        child = child->next;
    }
    return child;
}

/* The attribute 'name' of 'node', owned by the caller, or null. */
static char *
get_attribute(const xmlNode *node, const char *name)
{
    xmlChar *value = node ? xmlGetNoNsProp(node, (const xmlChar *) name)
                          : NULL;
    char *copy = nullable_xstrdup((const char *) value);

    xmlFree(value);
    return copy;
}

static bool
attribute_is(const xmlNode *node, const char *name, const char *value)
{
    char *text = get_attribute(node, name);
    bool is = text && !strcmp(text, value);

    free(text);
    return is;
}

/* Reads a number of at most 'max', such as "0x0a". */
static bool
get_number(const xmlNode *node, const char *name, unsigned int max,
           unsigned int *number)
{
    char *text = get_attribute(node, name);
    char *end = text;
    unsigned long int value = text ? strtoul(text, &end, 0) : 0;
    bool ok = text && end != text && !*end && *text != '-' && value <= max;

    *number = ok ? value : 0;
    free(text);
    return ok;
}

/* The PCI address of an <address>, owned by the caller, or null. */
static char *
get_pci(const xmlNode *address)
{
    unsigned int domain, bus, slot, function;

    if (!get_number(address, "bus", 0xff, &bus)
        || !get_number(address, "slot", 0x1f, &slot)
        || !get_number(address, "function", 7, &function)) {
        return NULL;
    }
    get_number(address, "domain", 0xffff, &domain);
    return xasprintf("%04x:%02x:%02x.%x", domain, bus, slot, function);
}

/* Network devices. */

static void
add_device(struct libvirt_domain *d, struct libvirt_device device)
{
    d->devices = xrealloc(d->devices,
                          (d->n_devices + 1) * sizeof *d->devices);
    d->devices[d->n_devices++] = device;
}

static bool
is_virtio(const xmlNode *interface)
{
    char *model = get_attribute(find_child(interface, "model"), "type");
    bool is = model && !strncmp(model, "virtio", 6);

    free(model);
    return is;
}

static void
take_virtio(struct libvirt_domain *d, const xmlNode *interface, char *alias)
{
    const xmlNode *teaming = find_child(interface, "teaming");
    char *mac = get_attribute(find_child(interface, "mac"), "address");

    add_device(d, (struct libvirt_device) {
        .alias = alias,
        .mac = mac ? mac : xstrdup(""),
        .failover = attribute_is(teaming, "type", "persistent"),
    });
}

static void
take_hostdev(struct libvirt_domain *d, const xmlNode *device, char *alias)
{
    char *host = get_pci(find_child(find_child(device, "source"), "address"));

    if (host) {
        add_device(d, (struct libvirt_device) {
            .alias = alias, .host = host,
        });
    } else {
        free(alias);
    }
}

static void
take_device(struct libvirt_domain *d, const xmlNode *device)
{
    bool is_interface = !strcmp((const char *) device->name, "interface");
    bool is_hostdev = !strcmp((const char *) device->name, "hostdev");
    char *alias = get_attribute(find_child(device, "alias"), "name");

    if (!alias) {
        return;
    } else if (is_hostdev ? attribute_is(device, "type", "pci")
               : is_interface && attribute_is(device, "type", "hostdev")) {
        take_hostdev(d, device, alias);
    } else if (is_interface && is_virtio(device)) {
        take_virtio(d, device, alias);
    } else {
        free(alias);
    }
}

/* Root ports. */

static void
take_root_port(struct libvirt_domain *d, const xmlNode *device)
{
    unsigned int index;

    if (!strcmp((const char *) device->name, "controller")
        && attribute_is(device, "type", "pci")
        && attribute_is(device, "model", "pcie-root-port")
        && get_number(device, "index", 0xff, &index)) {
        d->ports = xrealloc(d->ports, (d->n_ports + 1) * sizeof *d->ports);
        d->ports[d->n_ports++] = (struct libvirt_root_port) { index, false };
    }
}

static void
take_place(struct libvirt_domain *d, const xmlNode *device)
{
    const xmlNode *address = find_child(device, "address");
    unsigned int bus;

    if (attribute_is(address, "type", "pci")
        && get_number(address, "bus", 0xff, &bus)) {
        for (size_t i = 0; i < d->n_ports; i++) {
            d->ports[i].used = d->ports[i].used || d->ports[i].index == bus;
        }
    }
}

static void
for_each_device(struct libvirt_domain *d, const xmlNode *devices,
                void (*take)(struct libvirt_domain *, const xmlNode *))
{
    for (const xmlNode *node = devices ? devices->children : NULL; node;
         node = node->next) {
        if (node->type == XML_ELEMENT_NODE) {
            take(d, node);
        }
    }
}

char *
libvirt_domain_parse(const char *xml, struct libvirt_domain *d)
{
    xmlDoc *doc = xmlReadMemory(xml, strlen(xml), "domain.xml", NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR
                                | XML_PARSE_NOWARNING);
    const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    bool ok = root && !strcmp((const char *) root->name, "domain");

    *d = (struct libvirt_domain) { .devices = NULL };
    if (ok) {
        const xmlNode *devices = find_child(root, "devices");

        for_each_device(d, devices, take_device);
        for_each_device(d, devices, take_root_port);
        for_each_device(d, devices, take_place);
    }
    xmlFreeDoc(doc);
    return ok ? NULL : xstrdup("libvirt's XML of the domain cannot be read");
}

void
libvirt_domain_destroy(struct libvirt_domain *d)
{
    for (size_t i = 0; i < d->n_devices; i++) {
        free(d->devices[i].alias);
        free(d->devices[i].host);
        free(d->devices[i].mac);
    }
    free(d->devices);
    free(d->ports);
    *d = (struct libvirt_domain) { .devices = NULL };
}

const struct libvirt_device *
libvirt_domain_find(const struct libvirt_domain *d, const char *alias)
{
    for (size_t i = 0; i < d->n_devices; i++) {
        if (!strcmp(d->devices[i].alias, alias)) {
            return &d->devices[i];
        }
    }
    return NULL;
}

/* Writing. */

static xmlNode *
add_child(xmlNode *parent, const char *name)
{
    return xmlNewChild(parent, NULL, (const xmlChar *) name, NULL);
}

static void
set_attribute(xmlNode *node, const char *name, const char *value)
{
    xmlNewProp(node, (const xmlChar *) name, (const xmlChar *) value);
}

static void
set_hexadecimal(xmlNode *node, const char *name, unsigned int number)
{
    char *text = xasprintf("0x%02x", number);

    set_attribute(node, name, text);
    free(text);
}

static bool
add_source(xmlNode *hostdev, const char *host)
{
    unsigned int domain, bus, slot, function;
    int n = -1;

    if (!ovs_scan(host, "%x:%x:%x.%x%n", &domain, &bus, &slot, &function, &n)
        || host[n]) {
        return false;
    }

    xmlNode *address = add_child(add_child(hostdev, "source"), "address");

    set_hexadecimal(address, "domain", domain);
    set_hexadecimal(address, "bus", bus);
    set_hexadecimal(address, "slot", slot);
    set_hexadecimal(address, "function", function);
    return true;
}

/* libvirt wants nothing but these letters in an alias. */
static char *
make_alias(const char *id)
{
    char *alias = xasprintf(LIBVIRT_VF_ALIAS"%s", id);

    for (char *p = alias; *p; p++) {
        if (!strchr("abcdefghijklmnopqrstuvwxyz"
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", *p)) {
            *p = '_';
        }
    }
    return alias;
}

static bool
fill_hostdev(xmlNode *hostdev, const char *host, const char *id,
             const char *partner)
{
    char *alias = make_alias(id);
    bool ok;

    set_attribute(hostdev, "mode", "subsystem");
    set_attribute(hostdev, "type", "pci");
    set_attribute(hostdev, "managed", "no");
    set_attribute(add_child(hostdev, "driver"), "name", "vfio");
    ok = add_source(hostdev, host);
    if (partner) {
        xmlNode *teaming = add_child(hostdev, "teaming");

        set_attribute(teaming, "type", "transient");
        set_attribute(teaming, "persistent", partner);
    }
    set_attribute(add_child(hostdev, "alias"), "name", alias);
    free(alias);
    return ok;
}

char *
libvirt_vf_xml(const char *host, const char *id, const char *partner)
{
    xmlDoc *doc = xmlNewDoc((const xmlChar *) "1.0");
    xmlNode *hostdev = xmlNewDocNode(doc, NULL, (const xmlChar *) "hostdev",
                                     NULL);
    xmlBuffer *buffer = xmlBufferCreate();
    char *text = NULL;

    xmlDocSetRootElement(doc, hostdev);
    if (fill_hostdev(hostdev, host, id, partner)) {
        xmlNodeDump(buffer, doc, hostdev, 0, 1);
        text = xstrdup((const char *) xmlBufferContent(buffer));
    }
    xmlBufferFree(buffer);
    xmlFreeDoc(doc);
    return text;
}
