/* SPDX-License-Identifier: Apache-2.0 */

/* Giving a VF another number of interrupt vectors (MSI-X): a child process
 * writes sriov_vf_msix_count.
 *
 * The kernel does so only for a VF without a driver, because a driver would
 * not notice.  It is therefore taken from the one that it has, and given back
 * to the same.
 *
 * The device goes back to its driver also when the kernel has refused, and a
 * failure of that counts more than the refusal. */

#include <config.h>

#include "offload/pci/pci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "offload/child.h"
#include "offload/pci/vfio.h"
#include "util.h"

enum step { STEP_UNBIND, STEP_WRITE, STEP_BIND };

struct pci_vectors {
    struct child *child;
    char *pci;
    char *driver;               /* Null: it has none. */
    char *number;               /* What to write... */
    char *file;                 /* ...and where. */
    char *unbind, *bind;        /* Files of the driver, or null. */
};

/* In the child. */
static struct child_answer
set_vectors(const void *pv_)
{
    const struct pci_vectors *pv = pv_;
    struct child_answer answer = { 0, STEP_UNBIND };

    if (pv->driver) {
        answer.error = child_write(pv->unbind, pv->pci);
        if (answer.error) {
            return answer;
        }
    }
    answer.step = STEP_WRITE;
    answer.error = child_write(pv->file, pv->number);
    if (pv->driver) {
        int error = child_write(pv->bind, pv->pci);

        if (error) {
            answer = (struct child_answer) { error, STEP_BIND };
        }
    }
    return answer;
}

static char *
driver_path(const char *driver, const char *file)
{
    char *name = xasprintf("drivers/%s/%s", driver, file);
    char *path = pci_bus_path(name);

    free(name);
    return path;
}

int
pci_vectors_start(const char *pci, unsigned int n, struct pci_vectors **pvp)
{
    char *driver = pci_driver(pci);
    int error = EBUSY;

    *pvp = NULL;
    /* Taking a device from vfio-pci waits for whoever has it open. */
    if (!driver || strcmp(driver, VFIO_DRIVER)) {
        struct pci_vectors *pv = xzalloc(sizeof *pv);

        pv->pci = xstrdup(pci);
        pv->number = xasprintf("%u", n);
        pv->file = pci_device_path(pci, "sriov_vf_msix_count");
        if (driver) {
            pv->driver = xstrdup(driver);
            pv->unbind = driver_path(driver, "unbind");
            pv->bind = driver_path(driver, "bind");
        }
        error = child_start(set_vectors, pv, &pv->child);
        if (error) {
            pci_vectors_destroy(pv);
        } else {
            *pvp = pv;
        }
    }
    free(driver);
    return error;
}

static char *
explain(const struct pci_vectors *pv, const struct child_answer *a)
{
    if (a->error == ECHILD) {
        return xstrdup("the helper process that gives the VF its interrupt "
                       "vectors ended early");
    }
    switch ((enum step) a->step) {
    case STEP_UNBIND:
        return xasprintf("the VF cannot be taken from %s, which has to be "
                         "without it for a moment", pv->driver);
    case STEP_WRITE:
        return (a->error == EBUSY
                ? xstrdup("a driver has got hold of the VF meanwhile")
                : xasprintf("writing %s to %s", pv->number, pv->file));
    case STEP_BIND:
        return xasprintf("the VF does not go back to %s; give it back by "
                         "\"echo %s > %s\"", pv->driver, pv->pci, pv->bind);
    }
    OVS_NOT_REACHED();
}

bool
pci_vectors_done(struct pci_vectors *pv, int *error, char **text)
{
    struct child_answer answer;

    if (!child_done(pv->child, &answer)) {
        return false;
    }
    *error = answer.error;
    *text = answer.error ? explain(pv, &answer) : NULL;
    return true;
}

void
pci_vectors_wait(const struct pci_vectors *pv)
{
    child_wait(pv->child);
}

void
pci_vectors_destroy(struct pci_vectors *pv)
{
    if (pv) {
        child_destroy(pv->child);
        free(pv->pci);
        free(pv->driver);
        free(pv->number);
        free(pv->file);
        free(pv->unbind);
        free(pv->bind);
        free(pv);
    }
}
