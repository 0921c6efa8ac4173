/* SPDX-License-Identifier: Apache-2.0 */

/* Programs that talk to libvirt: see libvirt.h.
 *
 * A program is given one end of a socket as standard input and output, and
 * nothing else of ours.  If it does not answer in time it is killed; what it
 * has asked of libvirt then goes on without it, and is found out by the next
 * one.
 *
 * A killed program is not gone at once, and waiting for it could take long.
 * Those that were killed are kept until the kernel says that they have
 * ended. */

#include <config.h>

#include "offload/guest/libvirt.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "openvswitch/list.h"
#include "packets.h"
#include "policy/model/key.h"
#include "policy/model/limit.h"
#include "socket-util.h"
#include "stream-fd.h"
#include "unixctl.h"
#include "util.h"

#define PREFIX "libvirt:"
#define PROGRAM IOV_PKGLIBEXECDIR"/ovs-iov-libvirt"

struct libvirt_helper {
    struct ovs_list node;       /* In 'ending', once it was killed. */
    pid_t pid;
};

static struct ovs_list ending = OVS_LIST_INITIALIZER(&ending);
static size_t n_helpers;        /* Those in 'ending', too. */
static char *program;           /* Null: PROGRAM. */

const char *
libvirt_domain_of(const char *socket)
{
    size_t n = strlen(PREFIX);

    return strncmp(socket, PREFIX, n) ? NULL : socket + n;
}

static const char *
get_program(void)
{
    return program ? program : PROGRAM;
}

static void
set_program_cb(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[], void *aux OVS_UNUSED)
{
    free(program);
    program = xstrdup(argv[1]);
    unixctl_command_reply(conn, NULL);
}

void
libvirt_register_dummy(void)
{
    unixctl_command_register("iov-dummy/libvirt", "PROGRAM", 1, 1,
                             set_program_cb, NULL);
}

/* Starting and ending. */

/* The program gets 'fd' as standard input and output, and none of our other
 * descriptors; nor what we have done to signals. */
static int
spawn(const char *domain, int fd, pid_t *pid)
{
    char *argv[] = {
        CONST_CAST(char *, get_program()), CONST_CAST(char *, domain), NULL
    };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int error;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, (POSIX_SPAWN_SETSIGMASK
                                     | POSIX_SPAWN_SETSIGDEF));
    error = posix_spawn(pid, argv[0], &actions, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int
libvirt_start(const char *domain, struct libvirt_helper **helperp,
              struct stream **streamp)
{
    int fds[2];
    pid_t pid;

    *helperp = NULL;
    *streamp = NULL;
    if (n_helpers >= IOV_LIMIT_LIBVIRT_PROGRAMS) {
        return EUSERS;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
        return errno;
    }

    int error = spawn(domain, fds[1], &pid);

    close(fds[1]);
    if (error) {
        close(fds[0]);
        return error;
    }
    *helperp = xmalloc(sizeof **helperp);
    (*helperp)->pid = pid;
    n_helpers++;
    set_nonblocking(fds[0]);
    return new_fd_stream(xasprintf(PREFIX"%s", domain), fds[0], 0, AF_UNIX,
                         streamp);
}

void
libvirt_stop(struct libvirt_helper *helper)
{
    if (helper) {
        kill(helper->pid, SIGKILL);
        ovs_list_push_back(&ending, &helper->node);
        libvirt_run();
    }
}

void
libvirt_run(void)
{
    struct libvirt_helper *helper;

    LIST_FOR_EACH_SAFE (helper, node, &ending) {
        if (waitpid(helper->pid, NULL, WNOHANG)) {
            ovs_list_remove(&helper->node);
            free(helper);
            n_helpers--;
        }
    }
}

/* Sentences. */

char *
libvirt_explain(const char *domain, int error)
{
    switch (error) {
    case ENOENT:
        return xasprintf("this build of ovs-iov has no libvirt: there is no "
                         "%s; build it with --with-libvirt=yes",
                         get_program());
    case EUSERS:
        return iov_limit_explain(IOV_LIMIT_ID_LIBVIRT_PROGRAMS);
    case EOF:
    case ECONNRESET:
    case EPIPE:
        return xasprintf("libvirt, or its domain \"%s\", has just ended",
                         domain);
    default:
        return xasprintf("%s does not work (%s)", get_program(),
                         ovs_retval_to_string(error));
    }
}

char *
libvirt_explain_silence(const char *domain, const char *command, int seconds)
{
    return xasprintf("libvirt has not answered %s for domain \"%s\" for "
                     "%d s; see whether \"virsh dominfo %s\" works", command,
                     domain, seconds, domain);
}

char *
libvirt_explain_off(const char *domain)
{
    return xasprintf("its domain \"%s\" is shut off; start it by \"virsh "
                     "start %s\"", domain, domain);
}

char *
libvirt_explain_no_nic(const struct iov_guest_spec *spec, struct eth_addr mac)
{
    if (spec->device) {
        return xasprintf("its domain has no virtio interface with <alias "
                         "name='%s'/>", spec->device);
    }
    return xasprintf("its domain has no virtio interface with <mac address='"
                     ETH_ADDR_FMT"'/>", ETH_ADDR_ARGS(mac));
}

char *
libvirt_explain_no_teaming(const char *alias)
{
    return xasprintf("its interface %s has no <teaming type='persistent'/>, "
                     "so that the guest would not know what the VF is for; "
                     "add it by \"virsh edit\", with an <alias name="
                     "'ua-...'/>, and start the domain anew, or add "
                     "\",plain\" to iov-guest", alias);
}

char *
libvirt_explain_no_port(void)
{
    return xstrdup("its domain has no PCI Express root port free; add a "
                   "<controller type='pci' model='pcie-root-port'/> for each "
                   "VF by \"virsh edit\", and start the domain anew");
}
