/* SPDX-License-Identifier: Apache-2.0 */

/* Talking to libvirt about one domain: see libvirt-link.h.
 *
 * libvirtd may end and start again while its virtual machines run on.  That is
 * waited for, so that nobody else notices.
 *
 * Whether the domain is being migrated or saved is told by no event when it
 * begins, and is therefore asked for every second.
 *
 * A domain that is defined anew under its old name is another one, and a
 * transient domain ends with its virtual machine.  When libvirt says that
 * there is no such domain, the connection is over, and the daemon starts the
 * next one. */

#include <config.h>

#include "offload/guest/libvirt-link.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

#define DEFAULT_URI "qemu:///system"
#define JOB_INTERVAL 1000       /* ms. */
#define RETRY_INTERVAL 500      /* ms. */
#define MAX_RETRIES 60

static virConnectPtr conn;
static virDomainPtr dom;
static libvirt_event_cb *tell;
static char uuid[VIR_UUID_STRING_BUFLEN];   /* Of the domain. */
static bool over;
static bool lost;               /* The connection does not work any more. */
static bool ask_job;            /* It is time to ask for jobs. */
static bool migrating;
static bool readable;

/* The sentence for the last error of libvirt. */
static char *
explain(void)
{
    const virError *error = virGetLastError();

    if (error && error->code == VIR_ERR_NO_DOMAIN) {
        over = true;
    }
    return xstrdup(error && error->message ? error->message
                   : "an error without words");
}

/* Events. */

static int
lifecycle_cb(virConnectPtr c OVS_UNUSED, virDomainPtr d OVS_UNUSED, int event,
             int detail OVS_UNUSED, void *aux OVS_UNUSED)
{
    ask_job = true;
    switch (event) {
    case VIR_DOMAIN_EVENT_STARTED:
        tell(LIBVIRT_STARTED, NULL);
        break;
    case VIR_DOMAIN_EVENT_RESUMED:
        tell(LIBVIRT_RESUMED, NULL);
        break;
    case VIR_DOMAIN_EVENT_SUSPENDED:
    case VIR_DOMAIN_EVENT_PMSUSPENDED:
        tell(LIBVIRT_PAUSED, NULL);
        break;
    case VIR_DOMAIN_EVENT_STOPPED:
    case VIR_DOMAIN_EVENT_SHUTDOWN:
    case VIR_DOMAIN_EVENT_CRASHED:
    case VIR_DOMAIN_EVENT_UNDEFINED:
        tell(LIBVIRT_STOPPED, NULL);
        break;
    default:
        break;
    }
    return 0;
}

static void
reboot_cb(virConnectPtr c OVS_UNUSED, virDomainPtr d OVS_UNUSED,
          void *aux OVS_UNUSED)
{
    tell(LIBVIRT_RESET, NULL);
}

static void
removed_cb(virConnectPtr c OVS_UNUSED, virDomainPtr d OVS_UNUSED,
           const char *device, void *aux OVS_UNUSED)
{
    tell(LIBVIRT_REMOVED, device);
}

static void
refused_cb(virConnectPtr c OVS_UNUSED, virDomainPtr d OVS_UNUSED,
           const char *device, void *aux OVS_UNUSED)
{
    tell(LIBVIRT_REFUSED, device);
}

static void
iteration_cb(virConnectPtr c OVS_UNUSED, virDomainPtr d OVS_UNUSED,
             int iteration OVS_UNUSED, void *aux OVS_UNUSED)
{
    ask_job = true;
}

static void
completed_cb(virConnectPtr c OVS_UNUSED, virDomainPtr d OVS_UNUSED,
             virTypedParameterPtr params OVS_UNUSED, int n OVS_UNUSED,
             void *aux OVS_UNUSED)
{
    ask_job = true;
}

static void
timer_cb(int timer OVS_UNUSED, void *aux OVS_UNUSED)
{
    ask_job = true;
}

static void
close_cb(virConnectPtr c OVS_UNUSED, int reason OVS_UNUSED,
         void *aux OVS_UNUSED)
{
    lost = true;
}

/* A hypervisor that does not know an event does not tell of it. */
static void
listen_to(int event, virConnectDomainEventGenericCallback cb)
{
    virConnectDomainEventRegisterAny(conn, dom, event, cb, NULL, NULL);
}

static void
listen_to_all(void)
{
    listen_to(VIR_DOMAIN_EVENT_ID_LIFECYCLE,
              VIR_DOMAIN_EVENT_CALLBACK(lifecycle_cb));
    listen_to(VIR_DOMAIN_EVENT_ID_REBOOT,
              VIR_DOMAIN_EVENT_CALLBACK(reboot_cb));
    listen_to(VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
              VIR_DOMAIN_EVENT_CALLBACK(removed_cb));
    listen_to(VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED,
              VIR_DOMAIN_EVENT_CALLBACK(refused_cb));
    listen_to(VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION,
              VIR_DOMAIN_EVENT_CALLBACK(iteration_cb));
    listen_to(VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
              VIR_DOMAIN_EVENT_CALLBACK(completed_cb));
    virConnectRegisterCloseCallback(conn, close_cb, NULL, NULL);
    ask_job = true;
}

/* Connecting. */

/* Without it libvirt prints each error. */
static void
error_cb(void *aux OVS_UNUSED, virErrorPtr error OVS_UNUSED)
{
}

static const char *
get_uri(void)
{
    const char *uri = getenv("LIBVIRT_DEFAULT_URI");

    return uri && *uri ? uri : DEFAULT_URI;
}

static char *
connect_to_libvirt(void)
{
    virSetErrorFunc(NULL, error_cb);
    if (virEventRegisterDefaultImpl() < 0
        || !(conn = virConnectOpen(get_uri()))) {
        char *why = explain();
        char *text = xasprintf("libvirt cannot be reached at %s (%s); does "
                               "libvirtd or virtqemud run, and may ovs-iovd "
                               "connect to it?", get_uri(), why);
        free(why);
        return text;
    }
    /* Notices that libvirt has stopped to answer; not all drivers can. */
    virConnectSetKeepAlive(conn, 5, 3);
    return NULL;
}

char *
libvirt_link_open(const char *domain, libvirt_event_cb *cb)
{
    char *problem = connect_to_libvirt();

    tell = cb;
    if (problem) {
        return problem;
    }
    dom = virDomainLookupByName(conn, domain);
    if (!dom) {
        dom = virDomainLookupByUUIDString(conn, domain);
    }
    if (!dom) {
        return xasprintf("libvirt knows no domain \"%s\"; \"virsh list "
                         "--all\" shows which there are", domain);
    }
    virDomainGetUUIDString(dom, uuid);
    listen_to_all();
    virEventAddTimeout(JOB_INTERVAL, timer_cb, NULL, NULL);
    return NULL;
}

static bool
reconnect(void)
{
    virConnectPtr fresh = virConnectOpen(get_uri());

    if (!fresh) {
        return false;
    }
    virConnectUnregisterCloseCallback(conn, close_cb);
    virDomainFree(dom);
    virConnectClose(conn);
    conn = fresh;
    virConnectSetKeepAlive(conn, 5, 3);
    dom = virDomainLookupByUUIDString(conn, uuid);
    if (dom) {
        listen_to_all();
        /* Whatever has happened meanwhile. */
        tell(LIBVIRT_RESUMED, NULL);
    }
    return true;
}

/* If the connection is lost, waits until there is a new one; returns true if
 * so. */
static bool
restore(void)
{
    if (over || (!lost && virConnectIsAlive(conn))) {
        return false;
    }
    for (int i = 0; i < MAX_RETRIES; i++) {
        poll(NULL, 0, RETRY_INTERVAL);
        if (reconnect()) {
            break;
        }
    }
    lost = false;
    over = !dom || virConnectIsAlive(conn) != 1;
    return !over;
}

/* Asking. */

/* True for jobs that a device of the host cannot be part of. */
static bool
moves(int operation)
{
    return (operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT
            || operation == VIR_DOMAIN_JOB_OPERATION_SAVE
            || operation == VIR_DOMAIN_JOB_OPERATION_SNAPSHOT);
}

/* If it cannot be known there is none, because libvirt itself refuses to
 * attach a device then. */
static bool
read_migrating(void)
{
    virTypedParameterPtr params = NULL;
    int n = 0, operation = 0;
    int type = VIR_DOMAIN_JOB_NONE;

    if (virDomainGetJobStats(dom, &type, &params, &n, 0) < 0) {
        free(explain());
        return false;
    }
    virTypedParamsGetInt(params, n, VIR_DOMAIN_JOB_OPERATION, &operation);
    virTypedParamsFree(params, n);
    return ((type == VIR_DOMAIN_JOB_BOUNDED
             || type == VIR_DOMAIN_JOB_UNBOUNDED) && moves(operation));
}

static void
check_job(void)
{
    bool before = migrating;

    ask_job = false;
    migrating = read_migrating();
    if (migrating != before) {
        tell(migrating ? LIBVIRT_MIGRATING : LIBVIRT_MIGRATED, NULL);
    }
}

static void
readable_cb(int watch OVS_UNUSED, int fd OVS_UNUSED, int events OVS_UNUSED,
            void *aux OVS_UNUSED)
{
    readable = true;
}

bool
libvirt_link_run(int fd)
{
    static int watch = -1;

    if (watch < 0) {
        watch = virEventAddHandle(fd, VIR_EVENT_HANDLE_READABLE, readable_cb,
                                  NULL, NULL);
    }
    if (lost) {
        restore();
    } else if (ask_job) {
        check_job();
    }
    readable = false;
    if (virEventRunDefaultImpl() < 0) {
        over = true;
    }
    return readable;
}

bool
libvirt_link_is_over(void)
{
    return over;
}

bool
libvirt_link_is_migrating(void)
{
    return migrating;
}

const char *
libvirt_link_status(void)
{
    int state = VIR_DOMAIN_NOSTATE, reason;

    while (virDomainGetState(dom, &state, &reason, 0) < 0) {
        free(explain());
        if (!restore()) {
            break;
        }
    }
    switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
        return "running";
    case VIR_DOMAIN_PAUSED:
        return "paused";
    case VIR_DOMAIN_SHUTDOWN:
        return "shutdown";
    case VIR_DOMAIN_SHUTOFF:
        return "shutoff";
    case VIR_DOMAIN_CRASHED:
        return "guest-panicked";
    case VIR_DOMAIN_PMSUSPENDED:
        return "suspended";
    default:
        return "unknown";
    }
}

char *
libvirt_link_xml(char **xml)
{
    int active;

    do {
        active = virDomainIsActive(dom);
        *xml = active == 1 ? virDomainGetXMLDesc(dom, 0) : NULL;
    } while ((active < 0 || (active && !*xml)) && restore());
    return active && !*xml ? explain() : NULL;
}

char *
libvirt_link_attach(const char *xml)
{
    return (virDomainAttachDeviceFlags(dom, xml, VIR_DOMAIN_AFFECT_LIVE) < 0
            ? explain() : NULL);
}

char *
libvirt_link_detach(const char *alias)
{
    return (virDomainDetachDeviceAlias(dom, alias, VIR_DOMAIN_AFFECT_LIVE) < 0
            ? explain() : NULL);
}
