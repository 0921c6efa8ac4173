/* SPDX-License-Identifier: Apache-2.0 */

/* Child processes for what is slow: see child.h.
 *
 * The child is a copy of the daemon with all its sockets.  It closes them at
 * once, because a peer would otherwise believe that a daemon that has been
 * killed was still there. */

#include <config.h>

#include "offload/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "socket-util.h"
#include "util.h"

struct child {
    pid_t pid;
    int fd;                     /* The reading end of the pipe. */
    bool answered;
};

/* What the child has to do: one of both. */
struct work {
    child_func *func;
    child_text_func *text_func;
    const void *aux;
    unsigned int seconds;
};

static bool
answer(const struct work *w, int out)
{
    struct child_answer answer = w->func(w->aux);

    return write(out, &answer, sizeof answer) == sizeof answer;
}

/* Ends the text with a null byte, so that half of it is not taken for all. */
static bool
answer_text(const struct work *w, int out)
{
    struct ds text = DS_EMPTY_INITIALIZER;
    size_t n;

    signal(SIGALRM, SIG_DFL);
    alarm(w->seconds);
    w->text_func(w->aux, &text);
    return (!fcntl(out, F_SETFL, 0)
            && !write_fully(out, ds_cstr(&text), text.length + 1, &n));
}

static void
work(const struct work *w, int out)
{
    if (out) {
        close_range(0, out - 1, 0);
    }
    close_range(out + 1, ~0U, 0);

    bool ok = w->func ? answer(w, out) : w->text_func && answer_text(w, out);
    _exit(ok ? 0 : 2);
}

static int
start(const struct work *w, struct child **childp)
{
    int fds[2];

    *childp = NULL;
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
        return errno;
    }

    pid_t pid = fork();

    if (!pid) {
        work(w, fds[1]);
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

int
child_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
    int error = n < 0 ? errno : 0;

    if (fd >= 0) {
        close(fd);
    }
    return error;
}

int
child_start(child_func *func, const void *aux, struct child **childp)
{
    struct work w = { .func = func, .aux = aux };

    return start(&w, childp);
}

int
child_start_text(child_text_func *func, const void *aux,
                 unsigned int seconds, struct child **childp)
{
    struct work w = { .text_func = func, .aux = aux, .seconds = seconds };

    return start(&w, childp);
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

bool
child_text_done(struct child *child, struct ds *text, int *error)
{
    char buffer[4096];
    ssize_t n;

    while ((n = read(child->fd, buffer, sizeof buffer)) > 0) {
        bool whole = !buffer[n - 1];

        ds_put_buffer(text, buffer, n - whole);
        if (whole) {
            child->answered = true;
            *error = 0;
            return true;
        }
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    child->answered = true;
    *error = ECHILD;
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
