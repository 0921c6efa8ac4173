/* SPDX-License-Identifier: Apache-2.0
 *
 * Least privilege, by libcap-ng.
 *
 * Only somebody with CAP_SETPCAP may empty the bounding set.  A daemon that
 * was started with just the capabilities it needs cannot and has no reason to,
 * therefore the sets to be changed depend on it. */

#include <config.h>

#include "vswitchd-ext/control/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_privileges);

static struct privilege {
    unsigned int cap;
    const char *name;
    bool moves;
    const char *purpose;
    const char *consequence;
    bool held;
} privileges[] = {
#define PRIVILEGE(CAP, MOVES, PURPOSE, CONSEQUENCE) \
    { CAP_##CAP, "CAP_"#CAP, MOVES, PURPOSE, CONSEQUENCE, true },
#include "vswitchd-ext/control/privileges.def"
#undef PRIVILEGE
};

static bool switch_user;
static uid_t uid;
static gid_t gid;

static void
set_group(const char *name, const char *spec)
{
    const struct group *gr = getgrnam(name);
    if (!gr) {
        VLOG_FATAL("--user=%s: there is no group \"%s\"; name an existing "
                   "group, or none for that of the user", spec, name);
    }
    gid = gr->gr_gid;
}

void
iov_privileges_set_user(const char *spec)
{
    if (geteuid()) {
        VLOG_FATAL("--user=%s: only root can become another user; start "
                   "ovs-iovd as that user instead", spec);
    }

    char *name = xstrdup(spec);
    char *group = strchr(name, ':');
    if (group) {
        *group++ = '\0';
    }
    const struct passwd *pw = *name ? getpwnam(name) : getpwuid(getuid());
    if (!pw) {
        VLOG_FATAL("--user=%s: there is no user \"%s\"; name an existing "
                   "user", spec, name);
    }
    uid = pw->pw_uid;
    gid = pw->pw_gid;
    if (group && *group) {
        set_group(group, spec);
    }
    free(name);
    switch_user = true;
}

/* Adds what is to be kept to libcap-ng's working set, which was cleared. */
static void
keep_held(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(privileges); i++) {
        if (privileges[i].held) {
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
                         privileges[i].cap);
        }
    }
}

static void
become_user(void)
{
    vlog_change_owner_unix(uid, gid);
    int error = capng_change_id(uid, gid,
                                CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
    if (error) {
        VLOG_FATAL("cannot become user %u, group %u (libcap-ng error %d)",
                   (unsigned int) uid, (unsigned int) gid, error);
    }
}

static void
report_missing(bool needed)
{
    for (size_t i = 0; i < ARRAY_SIZE(privileges); i++) {
        const struct privilege *p = &privileges[i];
        if (!p->held) {
            VLOG(needed ? VLL_WARN : VLL_INFO,
                 "%s is missing, which is needed to %s: %s.  Start ovs-iovd "
                 "as root, or give it this capability.",
                 p->name, p->purpose, p->consequence);
        }
    }
}

/* Nothing that is started gets more than it was given, and no file gets what
 * tenants have said.
 *
 * Without this attribute /proc/self belongs to root, which another user must
 * not lose.  A limit of one byte, and not of none, also holds where the kernel
 * hands the dump to a program. */
static void
close_up(void)
{
    const struct rlimit none = { 1, 1 };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
        || setrlimit(RLIMIT_CORE, &none) < 0
        || (!geteuid() && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)) {
        VLOG_WARN("core dumps and further privileges cannot be given up (%s)",
                  ovs_strerror(errno));
    }
}

void
iov_privileges_drop(bool needed)
{
    close_up();
    if (capng_get_caps_process()) {
        VLOG_WARN("capabilities of the process cannot be read; keeping all");
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(privileges); i++) {
        privileges[i].held = capng_have_capability(CAPNG_EFFECTIVE,
                                                   privileges[i].cap);
    }
    bool bounding = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);

    capng_clear(bounding ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
    keep_held();
    if (switch_user) {
        become_user();
    } else if (capng_apply(bounding ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS)) {
        VLOG_WARN("capabilities that are not needed cannot be given up");
    }
    report_missing(needed);
}

char *
iov_privileges_missing(void)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; i < ARRAY_SIZE(privileges); i++) {
        const struct privilege *p = &privileges[i];
        if (p->moves && !p->held) {
            ds_put_format(&s, "%s%s is missing, which is needed to %s.",
                          s.length ? "  " : "", p->name, p->purpose);
        }
    }
    if (!s.length) {
        ds_destroy(&s);
        return NULL;
    }
    return ds_steal_cstr(&s);
}
