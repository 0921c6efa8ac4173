/* SPDX-License-Identifier: Apache-2.0 */

/* Sentences about QMP sockets: see qmp-explain.h.
 *
 * iov-guest comes from whoever may write to the database, and the answer goes
 * back there.  What is said of a path must therefore not depend on whether a
 * file exists that the writer may not look for, except in folders that are
 * there for sockets of QEMU.  The log has all details. */

#include <config.h>

#include "offload/guest/qmp-explain.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dirs.h"
#include "offload/guest/libvirt.h"
#include "util.h"

static const char *const folders[] = {
    "/run/qemu/", "/var/run/qemu/", "/run/libvirt/", "/var/run/libvirt/",
    "/var/lib/libvirt/qemu/",
};

char *
qmp_explain(const char *path, int error)
{
    const char *domain = libvirt_domain_of(path);

    if (domain) {
        return libvirt_explain(domain, error);
    }
    switch (error) {
    case ENOENT:
        return xasprintf("there is no QMP socket %s; start QEMU with -qmp "
                         "unix:%s,server=on,wait=off", path, path);
    case ECONNREFUSED:
        return xasprintf("nobody listens at the QMP socket %s: its QEMU has "
                         "ended", path);
    case EACCES:
    case EPERM:
        return xasprintf("QMP socket %s may not be opened (%s); give "
                         "ovs-iovd the right to", path, ovs_strerror(error));
    case EOF:
    case ECONNRESET:
    case EPIPE:
        return xasprintf("QEMU has closed its QMP socket %s", path);
    default:
        return xasprintf("QMP socket %s does not work (%s)", path,
                         ovs_retval_to_string(error));
    }
}

char *
qmp_explain_not(const char *path, const char *what)
{
    return xasprintf("what answers at %s is not QMP: %s; iov-guest=qmp: wants "
                     "the socket of QEMU's option -qmp", path, what);
}

static bool
is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    return (!strncmp(path, folder, n)
            && (folder[n - 1] == '/' || path[n] == '/'));
}

/* True if what goes on at 'path' may be told. */
static bool
may_be_told(const char *path)
{
    if (libvirt_domain_of(path)) {
        return true;
    } else if (strstr(path, "/../")) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
        if (is_below(path, folders[i])) {
            return true;
        }
    }
    return is_below(path, ovs_rundir());
}

char *
qmp_explain_all(const char *path, char *problem)
{
    if (may_be_told(path)) {
        return problem;
    }
    /* Also before the first attempt has ended, whose length tells, too. */
    free(problem);
    return xasprintf("no QEMU can be reached at QMP socket %s; outside of %s "
                     "and the folders of QEMU and libvirt only the log of "
                     "ovs-iovd says why", path, ovs_rundir());
}
