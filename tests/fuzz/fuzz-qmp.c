/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: QEMU.
 *
 * The input is what a QEMU sends, from its greeting on, to a client that has
 * connected to its socket and asks what it asks when the connection begins.
 * Ids of its commands are 1, 2, 3 and so on.  Whatever is said of the virtual
 * machine has to be clean.
 *
 * The peer is a real socket, because bounds are about how much is taken from
 * it at a time. */

#include <config.h>

#include "fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "offload/guest/qmp-vm.h"
#include "offload/guest/qmp.h"
#include "openvswitch/poll-loop.h"
#include "policy/model/limit.h"
#include "policy/model/text.h"
#include "util.h"

#ifdef FUZZ_BY_CLANG
unsigned long long int fuzz_n_accepted;
#endif

static int server = -1;
static char path[64];

static void
remove_path(void)
{
    unlink(path);
}

static void
serve(void)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };

    snprintf(path, sizeof path, "/tmp/fuzz-qmp.%d", (int) getpid());
    ovs_strlcpy(sun.sun_path, path, sizeof sun.sun_path);
    server = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (server < 0 || bind(server, (struct sockaddr *) &sun, sizeof sun) < 0
        || listen(server, 5) < 0) {
        ovs_fatal(errno, "%s: cannot be listened at", path);
    }
    atexit(remove_path);
}

static void
check(char *sentence)
{
    ovs_assert(!sentence || iov_text_is_clean(sentence)
               || strlen(sentence) > IOV_LIMIT_TEXT);
    free(sentence);
}

static void
check_vm(const struct qmp_vm *vm)
{
    check(qmp_vm_absent(vm));
    check(qmp_vm_held(vm));
    ovs_assert(shash_count(&vm->devices) <= IOV_LIMIT_QMP_DEVICES);
    fuzz_n_accepted += vm->known;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    long long int now = 1000;
    struct qmp_vm *vm;
    int peer;

    if (server < 0) {
        serve();
    }
    vm = qmp_vm_get(path);
    qmp_vms_run(now);
    peer = accept(server, NULL, NULL);
    if (peer < 0 || send(peer, data, size, MSG_NOSIGNAL) != (ssize_t) size) {
        ovs_fatal(errno, "%s: does not work", path);
    }
    for (int i = 0; i < 4; i++) {
        qmp_vms_run(now += 10);
        check_vm(vm);
    }
    close(peer);
    qmp_vms_run(now += 10);
    check_vm(vm);
    qmp_vms_exit();
    return 0;
}
