/* SPDX-License-Identifier: Apache-2.0 */

/* Readiness, for the tests:
 *
 *     test-ready table          all of ready.def
 *     test-ready obstacle DIR   what keeps virtual machines off VFs
 *     test-ready again DIR      reading each NIC again changes nothing
 *     test-ready fuzz DIR N     N times, damages the captured tree DIR and
 *                               looks at it
 *
 * What "fuzz" damages is moved aside and moved back, so that every round
 * begins with the whole tree, and the same numbers give the same damage. */

#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "offload/host/host.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "policy/ready/host.h"
#include "policy/ready/ready.h"
#include "random.h"
#include "svec.h"
#include "util.h"

/* The table. */

static void
show_table(void)
{
    for (size_t i = 0; i < IOV_N_READY; i++) {
        const struct iov_ready_class *class = iov_ready_class(i);

        printf("%s %s\n%s\n%s\n%s\n%s\n", class->id, class->slug,
               class->question, class->cause, class->consequence,
               class->remedy);
    }
}

/* Obstacles. */

/* The first one. */
static const char *
find_obstacle(const struct iov_ready *ready, bool override)
{
    for (size_t i = 0; i < ready->n; i++) {
        const struct iov_ready_result *result = &ready->results[i];

        if (iov_ready_is_obstacle(result, override)) {
            return iov_ready_class(result->id)->slug;
        }
    }
    return "none";
}

static void
show_obstacle(const char *what, const struct iov_ready *ready)
{
    for (int override = 0; override <= 1; override++) {
        printf("%s%s: %s\n", what,
               override ? " with iov-unsafe-interrupts-ok" : "",
               find_obstacle(ready, override));
    }
}

static void
show_obstacles(const char *root)
{
    struct iov_ready ready = IOV_READY_INITIALIZER;
    struct iov_host host;

    iov_host_init(&host);
    iov_host_read(root, &host);
    iov_ready_check_host(&host, &ready);
    show_obstacle("host", &ready);
    for (size_t i = 0; i < host.n_nics; i++) {
        iov_ready_check_nic(&host, &host.nics[i], &ready);
        show_obstacle(host.nics[i].pci, &ready);
    }
    iov_ready_clear(&ready);
    iov_host_clear(&host);
}

/* Reading again. */

static char *
to_text(const struct iov_host *host)
{
    struct json *json = iov_ready_to_json(host, NULL);
    char *text = json_to_string(json, JSSF_PRETTY | JSSF_SORT);

    json_destroy(json);
    return text;
}

static void
read_again(const char *root)
{
    struct iov_host host;

    iov_host_init(&host);
    iov_host_read(root, &host);

    char *before = to_text(&host);
    size_t n = host.n_nics;

    for (size_t i = 0; i < n; i++) {
        if (!iov_host_read_nic(root, &host, host.nics[i].pci)) {
            ovs_fatal(0, "a NIC is gone");
        }
    }
    iov_host_read_facts(root, &host);

    char *after = to_text(&host);

    if (strcmp(before, after)) {
        puts(after);
        ovs_fatal(0, "reading again gave another result");
    }
    if (iov_host_read_nic(root, &host, "0000:ff:1f.7") || host.n_nics != n) {
        ovs_fatal(0, "a NIC that is not there was found");
    }
    printf("%"PRIuSIZE" NICs\n", n);
    free(before);
    free(after);
    iov_host_clear(&host);
}

/* Damage. */

static void
find_paths(const char *dir, struct svec *paths)
{
    DIR *stream = opendir(dir);
    struct dirent *entry;

    while (stream && (entry = readdir(stream))) {
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) {
            char *path = xasprintf("%s/%s", dir, entry->d_name);
            struct stat st;

            if (!lstat(path, &st) && S_ISDIR(st.st_mode)) {
                find_paths(path, paths);
            }
            svec_add_nocopy(paths, path);
        }
    }
    if (stream) {
        closedir(stream);
    }
}

static void
write_bytes(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    if (fd >= 0) {
        ignore(write(fd, data, size));
        close(fd);
    }
}

static void
write_garbage(const char *path)
{
    uint8_t data[8192];
    size_t n = random_range(sizeof data);

    random_bytes(data, n);
    write_bytes(path, data, n);
}

static void
write_number(const char *path)
{
    static const char *const numbers[] = {
        "-1", "0", "65535", "65536", "2147483648", "4294967295", "0x", "0xfff",
        "99999999999999999999", "1e9", "7 7", " 7", "%s%n",
    };
    const char *number = numbers[random_range(ARRAY_SIZE(numbers))];

    write_bytes(path, number, strlen(number));
}

/* Cuts what was there, or turns some of its bits. */
static void
write_similar(const char *path, const char *original, bool cut)
{
    uint8_t data[8192];
    int fd = open(original, O_RDONLY | O_NONBLOCK);
    ssize_t n = fd >= 0 ? read(fd, data, sizeof data) : -1;

    if (fd >= 0) {
        close(fd);
    }
    if (n > 0) {
        for (size_t i = 0; !cut && i < 1 + random_range(16); i++) {
            data[random_range(n)] ^= 1u << random_range(8);
        }
        write_bytes(path, data, cut ? random_range(n) : n);
    }
}

static void
write_huge(const char *path)
{
    write_bytes(path, "1", 1);
    ignore(truncate(path, (off_t) 1 << 40));
}

/* Links that lead nowhere, in a circle, out of the tree, or elsewhere. */
static void
write_link(const char *path)
{
    static const char *const targets[] = {
        "nowhere", "..", ".", "/", "/etc/passwd", "error:13", "error:x",
        "../../../../../../../../../../etc/passwd", "0000:01:00.0",
        "../0000:01:00.0", "../../../devices/pci0000:00/0000:00:05.0",
        "../../../../kernel/iommu_groups/99999999999",
    };
    const char *slash = strrchr(path, '/');
    size_t i = random_range(ARRAY_SIZE(targets) + 1);

    ignore(symlink(i < ARRAY_SIZE(targets) ? targets[i] : slash + 1, path));
}

static void
damage(const char *path, const char *original)
{
    switch (random_range(9)) {
    case 0:                     /* Missing. */
        break;
    case 1:
        write_bytes(path, "", 0);
        break;
    case 2:
        write_garbage(path);
        break;
    case 3:
        write_number(path);
        break;
    case 4:
        write_link(path);
        break;
    case 5:
        ignore(random_range(2) ? mkdir(path, 0755) : mkfifo(path, 0644));
        break;
    case 6:
        write_huge(path);
        break;
    default:
        write_similar(path, original, random_range(2));
        break;
    }
}

static void
look(const char *root)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct iov_host host;

    iov_host_init(&host);
    iov_host_read(root, &host);
    iov_host_read_live(root, &host);
    iov_ready_format(&host, NULL, &ds);
    json_destroy(iov_ready_to_json(&host, NULL));
    iov_host_read_nic(root, &host, "0000:01:00.0");
    ds_destroy(&ds);
    iov_host_clear(&host);
}

/* One round: up to three things are damaged, of which none may be within
 * another one that is moved aside. */
static void
fuzz_round(const char *root, const struct svec *paths)
{
    char *path[3], *worker[3];
    size_t n = 0;

    for (size_t i = 0; i < 1 + random_range(ARRAY_SIZE(path)); i++) {
        path[n] = paths->names[random_range(paths->n)];
        worker[n] = xasprintf("%s.aside%" PRIuSIZE, root, n);
        if (rename(path[n], worker[n])) {
            free(worker[n]);
        } else {
            damage(path[n], worker[n]);
            n++;
        }
    }
    look(root);
    while (n-- > 0) {
        if (remove(path[n]) && errno != ENOENT && errno != ENOTDIR) {
            ovs_fatal(errno, "%s: cannot be removed", path[n]);
        }
        if (rename(worker[n], path[n])) {
            ovs_fatal(errno, "%s: cannot be moved back", path[n]);
        }
        free(worker[n]);
    }
}

static void
fuzz(const char *root, unsigned int n)
{
    struct svec paths = SVEC_EMPTY_INITIALIZER;

    find_paths(root, &paths);
    svec_sort(&paths);
    random_set_seed(1);
    for (unsigned int i = 0; i < n; i++) {
        fuzz_round(root, &paths);
    }
    printf("%u rounds\n", n);
    svec_destroy(&paths);
}

int
main(int argc, char *argv[])
{
    const char *command = argc > 1 ? argv[1] : "";
    unsigned int n;

    set_program_name(argv[0]);
    if (argc == 2 && !strcmp(command, "table")) {
        show_table();
    } else if (argc == 3 && !strcmp(command, "obstacle")) {
        show_obstacles(argv[2]);
    } else if (argc == 3 && !strcmp(command, "again")) {
        read_again(argv[2]);
    } else if (argc == 4 && !strcmp(command, "fuzz")
               && str_to_uint(argv[3], 10, &n)) {
        fuzz(argv[2], n);
    } else {
        ovs_fatal(0, "see the top of %s", __FILE__);
    }
    return 0;
}
