/* SPDX-License-Identifier: Apache-2.0 */

/* Creating and removing VFs without keeping the daemon waiting.
 *
 * A child process writes sriov_numvfs and sends the error number through a
 * pipe.
 *
 * The subtle thing: the child is a copy of the daemon with all its sockets.
 * It closes them at once, because a peer would otherwise believe that a
 * daemon that has been killed was still there. */

#include <config.h>

#include "offload/pci.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "openvswitch/poll-loop.h"
#include "util.h"

struct pci_num_vfs {
    pid_t pid;
    int fd;                     /* The reading end of the pipe. */
    unsigned int n;
    char *path;
    bool answered;
};

/* What the child says. */
struct answer {
    int error;
    int opening;                /* Nonzero if open() failed. */
};

static int
write_number(int fd, unsigned int n)
{
    char text[16];
    int len = snprintf(text, sizeof text, "%u", n);

    return pwrite(fd, text, len, 0) == len ? 0 : errno;
}

/* In the child, which has one job and little that it may call. */
static void
child(const char *path, unsigned int n, int out)
{
    struct answer answer = { 0, 0 };

    if (out) {
        close_range(0, out - 1, 0);
    }
    close_range(out + 1, ~0U, 0);

    int fd = open(path, O_WRONLY);

    if (fd < 0) {
        answer.error = errno;
        answer.opening = 1;
    } else {
        answer.error = write_number(fd, n);
        if (answer.error == EBUSY && n) {
            /* Another number than 0 can only follow upon 0. */
            answer.error = write_number(fd, 0);
            if (!answer.error) {
                answer.error = write_number(fd, n);
            }
        }
    }
    if (write(out, &answer, sizeof answer) != sizeof answer) {
        _exit(2);
    }
    _exit(0);
}

int
pci_num_vfs_start(const char *netdev, unsigned int n,
                  struct pci_num_vfs **pnp)
{
    int fds[2];

    *pnp = NULL;
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
        return errno;
    }

    char *path = pci_path(netdev, "sriov_numvfs");
    pid_t pid = fork();

    if (!pid) {
        child(path, n, fds[1]);
    }
    close(fds[1]);
    if (pid < 0) {
        int error = errno;

        close(fds[0]);
        free(path);
        return error;
    }

    struct pci_num_vfs *pn = xmalloc(sizeof *pn);

    *pn = (struct pci_num_vfs) { pid, fds[0], n, path, false };
    *pnp = pn;
    return 0;
}

/* What the kernel, which tells more only in its log, means by 'error'. */
static char *
explain(const struct pci_num_vfs *pn, const struct answer *answer)
{
    if (answer->opening) {
        return xasprintf("%s cannot be opened (%s)", pn->path,
                         ovs_strerror(answer->error));
    }
    switch (answer->error) {
    case 0:
        return NULL;
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
    struct answer answer;
    ssize_t n = read(pn->fd, &answer, sizeof answer);

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    pn->answered = true;
    if (n == sizeof answer) {
        *error = answer.error;
        *text = explain(pn, &answer);
    } else {
        *error = ECHILD;
        *text = xstrdup("the helper process that creates VFs ended early");
    }
    return true;
}

void
pci_num_vfs_wait(const struct pci_num_vfs *pn)
{
    poll_fd_wait(pn->fd, POLLIN);
}

void
pci_num_vfs_destroy(struct pci_num_vfs *pn)
{
    if (pn) {
        /* A child that has answered does nothing but end.  The other one is
         * left to init when the daemon ends. */
        waitpid(pn->pid, NULL, pn->answered ? 0 : WNOHANG);
        close(pn->fd);
        free(pn->path);
        free(pn);
    }
}
