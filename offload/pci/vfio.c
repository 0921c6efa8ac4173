/* SPDX-License-Identifier: Apache-2.0 */

/* Binding VFs to vfio-pci and back: see vfio.h.
 *
 * The kernel is told by driver_override which driver a device is for, and by
 * drivers_probe to look for one; a driver that has it already is told to
 * unbind.  Each of these may take the driver seconds, so a child process does
 * it.
 *
 * Back at home a VF gets the driver that the kernel prefers first, without
 * driver_override; only if that is another than it had, the override is set
 * again. */

#include <config.h>

#include "offload/pci/vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "offload/child.h"
#include "offload/pci/pci.h"
#include "openvswitch/list.h"
#include "util.h"

enum step { STEP_OVERRIDE, STEP_UNBIND, STEP_PROBE, STEP_LOOK };

struct vfio_change {
    struct ovs_list node;       /* In 'changes'. */
    char *pci;
    char *driver;               /* Null: none, "": any. */
    char *override;             /* Paths. */
    char *unbind;
    char *link;
    char *probe;
    bool anew;                  /* Even if it has that driver already. */
    struct child *child;
    bool done;
    bool abandoned;
};

/* All that have a child. */
static struct ovs_list changes = OVS_LIST_INITIALIZER(&changes);

char *
vfio_absent(void)
{
    char *path = pci_bus_path("drivers/"VFIO_DRIVER);
    bool there = !access(path, F_OK);

    free(path);
    return (there ? NULL
            : xstrdup("the kernel has no vfio-pci: run \"modprobe vfio-pci\" "
                      "on this host"));
}

/* The group of a device can be opened by one process at a time. */
bool
vfio_is_held(const char *pci)
{
    char *link = pci_device_path(pci, "iommu_group");
    char target[PATH_MAX];
    ssize_t n = readlink(link, target, sizeof target - 1);
    bool held = false;

    free(link);
    if (n > 0) {
        target[n] = '\0';

        char *path = xasprintf("/dev/vfio%s", strrchr(target, '/')
                               ? strrchr(target, '/') : "/");
        int fd = open(path, O_RDWR | O_CLOEXEC);

        held = fd < 0 && errno == EBUSY;
        if (fd >= 0) {
            close(fd);
        }
        free(path);
    }
    return held;
}

/* In the child. */

/* True if the driver is 'driver'; null is none, "" any. */
static bool
is_bound(const struct vfio_change *c, const char *driver)
{
    char target[PATH_MAX];
    ssize_t n = readlink(c->link, target, sizeof target - 1);

    if (n < 0) {
        return !driver;
    }
    target[n] = '\0';

    const char *slash = strrchr(target, '/');

    return driver && (!*driver || !strcmp(slash ? slash + 1 : target,
                                          driver));
}

static struct child_answer
rebind(const struct vfio_change *c, const char *override)
{
    enum step step = STEP_OVERRIDE;
    int error = child_write(c->override, override);

    if (!error && (is_bound(c, VFIO_DRIVER) ? strcmp(override, VFIO_DRIVER)
                   : !is_bound(c, NULL) && !is_bound(c, c->driver))) {
        step = STEP_UNBIND;
        error = child_write(c->unbind, c->pci);
    }
    if (!error && c->driver && is_bound(c, NULL)) {
        step = STEP_PROBE;
        error = child_write(c->probe, c->pci);
    }
    return (struct child_answer) { error, step };
}

static struct child_answer
change(const void *c_)
{
    const struct vfio_change *c = c_;
    bool there = c->driver && !strcmp(c->driver, VFIO_DRIVER);
    struct child_answer a = { 0, STEP_UNBIND };

    if (c->anew && !is_bound(c, NULL)) {
        a.error = child_write(c->unbind, c->pci);
        if (a.error) {
            return a;
        }
    }
    a = rebind(c, there ? VFIO_DRIVER : "\n");

    if (!there && c->driver && *c->driver && !is_bound(c, c->driver)) {
        a = rebind(c, c->driver);
    }
    if (!a.error && !is_bound(c, c->driver)) {
        a = (struct child_answer) { ENODEV, STEP_LOOK };
    }
    return a;
}

/* In the daemon. */

static void
change_free(struct vfio_change *c)
{
    child_destroy(c->child);
    ovs_list_remove(&c->node);
    free(c->pci);
    free(c->driver);
    free(c->override);
    free(c->unbind);
    free(c->link);
    free(c->probe);
    free(c);
}

static bool
is_changing(const char *pci)
{
    const struct vfio_change *c;

    vfio_run();
    LIST_FOR_EACH (c, node, &changes) {
        if (!strcmp(c->pci, pci)) {
            return true;
        }
    }
    return false;
}

static int
start(const char *pci, const char *driver, bool anew, struct vfio_change **cp)
{
    struct vfio_change *c;
    int error;

    *cp = NULL;
    if (is_changing(pci)) {
        return EBUSY;
    }
    if (driver) {
        pci_release_master(pci);
    }
    c = xzalloc(sizeof *c);
    c->pci = xstrdup(pci);
    c->driver = nullable_xstrdup(driver);
    c->anew = anew;
    c->override = pci_device_path(pci, "driver_override");
    c->unbind = pci_device_path(pci, "driver/unbind");
    c->link = pci_device_path(pci, "driver");
    c->probe = pci_bus_path("drivers_probe");
    ovs_list_push_back(&changes, &c->node);
    error = child_start(change, c, &c->child);
    if (error) {
        change_free(c);
    } else {
        *cp = c;
    }
    return error;
}

int
vfio_change_start(const char *pci, const char *driver,
                  struct vfio_change **cp)
{
    return start(pci, driver, false, cp);
}

int
vfio_bind_anew_start(const char *pci, struct vfio_change **cp)
{
    return start(pci, "", true, cp);
}

static char *
explain(const struct vfio_change *c, const struct child_answer *a)
{
    const char *driver = (!c->driver ? "no driver"
                          : *c->driver ? c->driver : "its driver");

    if (a->error == ECHILD) {
        return xasprintf("the helper process that binds VF %s to %s ended "
                         "early", c->pci, driver);
    }
    switch ((enum step) a->step) {
    case STEP_OVERRIDE:
        return xasprintf("writing %s failed (%s)", c->override,
                         ovs_strerror(a->error));
    case STEP_UNBIND:
        return xasprintf("writing %s failed (%s)", c->unbind,
                         ovs_strerror(a->error));
    case STEP_PROBE:
        return xasprintf("%s refuses VF %s (%s); see the kernel's log",
                         driver, c->pci, ovs_strerror(a->error));
    case STEP_LOOK:
        if (!c->driver) {
            return xasprintf("VF %s does not get rid of its driver", c->pci);
        }
        return xasprintf("VF %s does not get %s; is that driver loaded?",
                         c->pci, driver);
    }
    OVS_NOT_REACHED();
}

bool
vfio_change_done(struct vfio_change *c, int *error, char **text)
{
    struct child_answer a;

    if (!child_done(c->child, &a)) {
        return false;
    }
    c->done = true;
    *error = a.error;
    *text = a.error ? explain(c, &a) : NULL;
    return true;
}

void
vfio_change_wait(const struct vfio_change *c)
{
    child_wait(c->child);
}

void
vfio_change_destroy(struct vfio_change *c)
{
    if (c && c->done) {
        change_free(c);
    } else if (c) {
        c->abandoned = true;
    }
}

void
vfio_run(void)
{
    struct vfio_change *c;

    LIST_FOR_EACH_SAFE (c, node, &changes) {
        struct child_answer a;

        if (c->abandoned && child_done(c->child, &a)) {
            change_free(c);
        }
    }
}
