/* SPDX-License-Identifier: Apache-2.0 */

/* Child processes for slow writes: see child.h.
 *
 * The subtle thing: the child is a copy of the daemon with all its sockets.
 * It closes them at once, because a peer would otherwise believe that a
 * daemon that has been killed was still there. */

#include <config.h>

#include "offload/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "openvswitch/poll-loop.h"
#include "util.h"

struct child {
    pid_t pid;
    int fd;                     /* The reading end of the pipe. */
    bool answered;
};

static void
work(child_func *func, const void *aux, int out)
{
    if (out) {
        close_range(0, out - 1, 0);
    }
    close_range(out + 1, ~0U, 0);

    struct child_answer answer = func(aux);

    _exit(write(out, &answer, sizeof answer) == sizeof answer ? 0 : 2);
}

int
child_start(child_func *func, const void *aux, struct child **childp)
{
    int fds[2];

    *childp = NULL;
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
        return errno;
    }

    pid_t pid = fork();

    if (!pid) {
        work(func, aux, fds[1]);
    }

    int error = pid < 0 ? errno : 0;

    close(fds[1]);
    if (error) {
        close(fds[0]);
    } else {
        *childp = xmalloc(sizeof **childp);
        **childp = (struct child) { pid, fds[0], false };
    }
    return error;
}

bool
child_done(struct child *child, struct child_answer *answer)
{
    ssize_t n = read(child->fd, answer, sizeof *answer);

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    child->answered = true;
    if (n != sizeof *answer) {
        *answer = (struct child_answer) { ECHILD, 0 };
    }
    return true;
}

void
child_wait(const struct child *child)
{
    poll_fd_wait(child->fd, POLLIN);
}

void
child_destroy(struct child *child)
{
    if (child) {
        /* One that has answered does nothing but end. */
        waitpid(child->pid, NULL, child->answered ? 0 : WNOHANG);
        close(child->fd);
        free(child);
    }
}
