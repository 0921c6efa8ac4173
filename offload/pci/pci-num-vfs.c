/* SPDX-License-Identifier: Apache-2.0 */

/* Creating and removing VFs without keeping the daemon waiting: a child
 * process writes sriov_numvfs.
 *
 * Another number than 0 can only follow upon 0, and the kernel's error numbers
 * mean something else here than elsewhere. */

#include <config.h>

#include "offload/pci/pci.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "offload/child.h"
#include "util.h"

enum step { STEP_OPEN, STEP_WRITE };

struct pci_num_vfs {
    struct child *child;
    unsigned int n;
    char *path;
};

static int
write_number(int fd, unsigned int n)
{
    char text[16];
    int len = snprintf(text, sizeof text, "%u", n);

    return pwrite(fd, text, len, 0) == len ? 0 : errno;
}

/* In the child. */
static struct child_answer
set_num_vfs(const void *pn_)
{
    const struct pci_num_vfs *pn = pn_;
    int fd = open(pn->path, O_WRONLY);

    if (fd < 0) {
        return (struct child_answer) { errno, STEP_OPEN };
    }

    int error = write_number(fd, pn->n);

    if (error == EBUSY && pn->n) {
        error = write_number(fd, 0);
        if (!error) {
            error = write_number(fd, pn->n);
        }
    }
    return (struct child_answer) { error, STEP_WRITE };
}

int
pci_num_vfs_start(const char *netdev, unsigned int n,
                  struct pci_num_vfs **pnp)
{
    struct pci_num_vfs *pn = xmalloc(sizeof *pn);

    *pn = (struct pci_num_vfs) {
        .n = n,
        .path = pci_path(netdev, "sriov_numvfs"),
    };

    int error = child_start(set_num_vfs, pn, &pn->child);

    if (error) {
        pci_num_vfs_destroy(pn);
        pn = NULL;
    }
    *pnp = pn;
    return error;
}

/* What the kernel, which tells more only in its log, means by 'error'. */
static char *
explain(const struct pci_num_vfs *pn, const struct child_answer *answer)
{
    if (answer->step == STEP_OPEN && answer->error != ECHILD) {
        return xasprintf("%s cannot be opened (%s)", pn->path,
                         ovs_strerror(answer->error));
    }
    switch (answer->error) {
    case 0:
        return NULL;
    case ECHILD:
        return xstrdup("the helper process that creates VFs ended early");
    case ERANGE:
        return xasprintf("the device cannot have %u VFs", pn->n);
    case ENOENT:
        return xstrdup("the PF has no driver that can create VFs");
    case EBUSY:
        return xstrdup("VFs exist already, or are in use");
    case EPERM:
        return xstrdup("the driver refuses; a VF is probably assigned to a "
                       "virtual machine");
    case ENOMEM:
    case ENOSPC:
        return xstrdup("there are not enough PCI bus numbers or memory "
                       "windows for the VFs; the firmware or the kernel "
                       "parameter pci=realloc may help");
    default:
        return xasprintf("writing %u to %s failed (%s)", pn->n, pn->path,
                         ovs_strerror(answer->error));
    }
}

bool
pci_num_vfs_done(struct pci_num_vfs *pn, int *error, char **text)
{
    struct child_answer answer;

    if (!child_done(pn->child, &answer)) {
        return false;
    }
    *error = answer.error;
    *text = explain(pn, &answer);
    return true;
}

void
pci_num_vfs_wait(const struct pci_num_vfs *pn)
{
    child_wait(pn->child);
}

void
pci_num_vfs_destroy(struct pci_num_vfs *pn)
{
    if (pn) {
        child_destroy(pn->child);
        free(pn->path);
        free(pn);
    }
}
