/* SPDX-License-Identifier: Apache-2.0 */

/* ovs-iov-libvirt: a domain of libvirt, looking like QEMU's QMP socket.
 *
 *   ovs-iov-libvirt DOMAIN
 *
 * ovs-iovd starts one for each domain named by iov-guest=libvirt:DOMAIN, and
 * asks it by standard input and output what it would ask QEMU (qmp-vm.c and
 * qmp-move.c): the few commands below, a line of JSON each.
 *
 * libvirt's calls return when libvirt has done what they ask for, or never.
 * Therefore they are made by a program of its own: the daemon goes on while
 * this one waits, gives it up when it has waited for too long, and starts
 * another one, by ending this one.  Neither a crash in libvirt's library nor
 * the library itself gets into the daemon.
 *
 * A device is named by its alias in all that is said here, but device_add, as
 * with QEMU, is told the id of a device that is not there yet, and the alias
 * is made of it. */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "offload/guest/libvirt-link.h"
#include "offload/guest/libvirt-xml.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"

/* What was read last. */
static struct libvirt_domain domain;

/* Sending. */

static void
send_message(struct json *message)
{
    char *text = json_to_string(message, JSSF_SORT);

    puts(text);
    fflush(stdout);
    free(text);
    json_destroy(message);
}

static struct json *
create_1(const char *name, struct json *value)
{
    struct json *object = json_object_create();

    json_object_put(object, name, value);
    return object;
}

static struct json *
create_error(const char *text)
{
    struct json *error = json_object_create();

    json_object_put_string(error, "class", "GenericError");
    json_object_put_string(error, "desc", text);
    return error;
}

static void
send_greeting(void)
{
    struct json *greeting = json_object_create();

    json_object_put(greeting, "version", json_object_create());
    json_object_put(greeting, "capabilities", json_array_create_empty());
    send_message(create_1("QMP", greeting));
}

static const struct {
    const char *name;
    const char *key, *value;    /* Null: the alias of a device. */
} events[] = {
    [LIBVIRT_STARTED] = { "RESUME", NULL, NULL },
    [LIBVIRT_PAUSED] = { "STOP", NULL, NULL },
    [LIBVIRT_RESUMED] = { "RESUME", NULL, NULL },
    [LIBVIRT_STOPPED] = { "SHUTDOWN", NULL, NULL },
    [LIBVIRT_RESET] = { "RESET", NULL, NULL },
    [LIBVIRT_REMOVED] = { "DEVICE_DELETED", "device", NULL },
    [LIBVIRT_REFUSED] = { "DEVICE_UNPLUG_GUEST_ERROR", "device", NULL },
    [LIBVIRT_MIGRATING] = { "MIGRATION", "status", "active" },
    [LIBVIRT_MIGRATED] = { "MIGRATION", "status", "completed" },
};

static void
event_cb(enum libvirt_event event, const char *device)
{
    struct json *message = json_object_create();
    const char *value = (events[event].value ? events[event].value
                         : device ? device : "");

    json_object_put_string(message, "event", events[event].name);
    if (events[event].key) {
        json_object_put(message, "data",
                        create_1(events[event].key,
                                 json_string_create(value)));
    }
    send_message(message);
}

/* Commands.  Each returns what it returns, or null and a sentence. */

static const char *
get_string(const struct json *arguments, const char *name)
{
    const struct json *value = shash_find_data(json_object(arguments), name);

    return value && value->type == JSON_STRING ? json_string(value) : NULL;
}

static struct json *
do_nothing(const struct json *arguments OVS_UNUSED, char **error OVS_UNUSED)
{
    return json_object_create();
}

static struct json *
query_status(const struct json *arguments OVS_UNUSED, char **error OVS_UNUSED)
{
    return create_1("status", json_string_create(libvirt_link_status()));
}

static struct json *
query_migrate(const struct json *arguments OVS_UNUSED,
              char **error OVS_UNUSED)
{
    return (libvirt_link_is_migrating()
            ? create_1("status", json_string_create("active"))
            : json_object_create());
}

/* Reads 'domain'; one that does not run has no devices. */
static char *
read_domain(void)
{
    char *xml;
    char *error = libvirt_link_xml(&xml);

    libvirt_domain_destroy(&domain);
    if (!error && xml) {
        error = libvirt_domain_parse(xml, &domain);
    }
    free(xml);
    return error;
}

static struct json *
qom_list(const struct json *arguments OVS_UNUSED, char **error)
{
    struct json *list;

    *error = read_domain();
    if (*error) {
        return NULL;
    }
    list = json_array_create_empty();
    for (size_t i = 0; i < domain.n_devices; i++) {
        const struct libvirt_device *device = &domain.devices[i];
        struct json *item = json_object_create();

        json_object_put_string(item, "name", device->alias);
        json_object_put_string(item, "type", device->host ? "child<vfio-pci>"
                                             : "child<virtio-net-pci>");
        json_array_add(list, item);
    }
    return list;
}

static struct json *
qom_get(const struct json *arguments, char **error)
{
    const char *path = get_string(arguments, "path");
    const char *property = get_string(arguments, "property");
    const char *slash = path ? strrchr(path, '/') : NULL;
    const struct libvirt_device *device
        = slash ? libvirt_domain_find(&domain, slash + 1) : NULL;

    if (device && property) {
        if (!strcmp(property, "host") && device->host) {
            return json_string_create(device->host);
        } else if (!strcmp(property, "mac") && device->mac) {
            return json_string_create(device->mac);
        } else if (!strcmp(property, "failover") && device->mac) {
            return json_boolean_create(device->failover);
        }
    }
    *error = xstrdup("there is no such device or property");
    return NULL;
}

/* Root ports, as bridges with or without something below. */
static struct json *
query_pci(const struct json *arguments OVS_UNUSED, char **error)
{
    struct json *devices;

    *error = read_domain();
    if (*error) {
        return NULL;
    }
    devices = json_array_create_empty();
    for (size_t i = 0; i < domain.n_ports; i++) {
        struct json *below = json_array_create_empty();
        struct json *port = json_object_create();

        if (domain.ports[i].used) {
            json_array_add(below, json_object_create());
        }
        json_object_put_format(port, "qdev_id", "pci.%u",
                               domain.ports[i].index);
        json_object_put(port, "pci_bridge", create_1("devices", below));
        json_array_add(devices, port);
    }
    return json_array_create_1(create_1("devices", devices));
}

static struct json *
device_add(const struct json *arguments, char **error)
{
    const char *host = get_string(arguments, "host");
    const char *id = get_string(arguments, "id");
    char *xml = (host && id
                 ? libvirt_vf_xml(host, id, get_string(arguments,
                                                       "failover_pair_id"))
                 : NULL);

    *error = (xml ? libvirt_link_attach(xml)
              : xstrdup("that is not the address of a VF"));
    free(xml);
    return *error ? NULL : json_object_create();
}

static struct json *
device_del(const struct json *arguments, char **error)
{
    const char *id = get_string(arguments, "id");

    /* libvirt would wait for the end of a migration. */
    *error = (libvirt_link_is_migrating()
              ? xstrdup("the domain is being migrated")
              : libvirt_link_detach(id ? id : ""));
    return *error ? NULL : json_object_create();
}

static const struct {
    const char *name;
    struct json *(*run)(const struct json *arguments, char **error);
} commands[] = {
    { "qmp_capabilities", do_nothing },
    { "migrate-set-capabilities", do_nothing },
    { "query-status", query_status },
    { "query-migrate", query_migrate },
    { "qom-list", qom_list },
    { "qom-get", qom_get },
    { "query-pci", query_pci },
    { "device_add", device_add },
    { "device_del", device_del },
};

static struct json *
run_command(const char *name, const struct json *arguments, char **error)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (name && !strcmp(name, commands[i].name)) {
            return commands[i].run(arguments, error);
        }
    }
    *error = xstrdup("there is no such command");
    return NULL;
}

static void
run_line(const char *line)
{
    struct json *message = json_from_string(line);
    struct json *none = json_object_create();

    if (message->type == JSON_OBJECT) {
        struct shash *members = json_object(message);
        const struct json *arguments = shash_find_data(members, "arguments");
        const struct json *id = shash_find_data(members, "id");
        struct json *answer = json_object_create();
        char *error = NULL;
        struct json *value
            = run_command(get_string(message, "execute"),
                          arguments && arguments->type == JSON_OBJECT
                          ? arguments : none, &error);

        json_object_put(answer, value ? "return" : "error",
                        value ? value : create_error(error));
        if (id) {
            json_object_put(answer, "id", json_clone(id));
        }
        send_message(answer);
        free(error);
    }
    json_destroy(none);
    json_destroy(message);
}

/* Receiving. */

/* Returns false when the daemon has gone. */
static bool
receive(struct ds *in)
{
    char buffer[4096];
    ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);

    if (n < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    ds_put_buffer(in, buffer, n);
    for (char *end; (end = in->length ? memchr(in->string, '\n', in->length)
                           : NULL); ) {
        char *line = xmemdup0(in->string, end - in->string);
        size_t used = end + 1 - in->string;

        memmove(in->string, end + 1, in->length - used);
        ds_truncate(in, in->length - used);
        run_line(line);
        free(line);
    }
    return n > 0;
}

/* A daemon that was killed cannot end us while libvirt keeps us waiting. */
static void
die_with_parent(void)
{
    pid_t parent = getppid();

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        exit(EXIT_FAILURE);
    }
}

int
main(int argc, char *argv[])
{
    struct ds in = DS_EMPTY_INITIALIZER;
    char *problem;

    set_program_name(argv[0]);
    if (argc != 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: %s DOMAIN\n"
                "ovs-iovd starts it; see iov-guest in ovs-iov.conf(5).\n",
                program_name);
        return EXIT_FAILURE;
    }
    die_with_parent();

    problem = libvirt_link_open(argv[1], event_cb);
    if (problem) {
        send_message(create_1("error", create_error(problem)));
        free(problem);
        return EXIT_FAILURE;
    }
    send_greeting();
    while (!libvirt_link_is_over()) {
        if (libvirt_link_run(STDIN_FILENO) && !receive(&in)) {
            break;
        }
    }
    ds_destroy(&in);
    libvirt_domain_destroy(&domain);
    return EXIT_SUCCESS;
}
