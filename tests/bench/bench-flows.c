/* SPDX-License-Identifier: Apache-2.0 */

/* What flows cost: time and memory of the flow table and of the verdicts.
 *
 *   bench-flows text FLOWS PORTS
 *       prints the flows for "ovs-ofctl add-flows"
 *   bench-flows grow FLOWS,... PORTS,...
 *       measures each number of flows with each number of ports, without a
 *       switch, and prints a table and how fast each column grows
 *
 * Times are CPU times.
 *
 * Each measurement is made by a process of its own, so that none finds memory
 * that another has left behind. */

#include <config.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-actions.h"
#include "policy/flow/table.h"
#include "policy/model/nic.h"
#include "policy/model/snapshot.h"
#include "policy/reach/reach.h"
#include "policy/verdict/verdict.h"
#include "socket-util.h"
#include "tests/bench/bench-flow-set.h"
#include "timeval.h"
#include "util.h"

#define MAX_SIZES 8
#define N_CHANGES 100           /* Flows that concern one port. */
#define N_BROAD 5               /* Flows that concern all. */
#define BATCH 256

/* What is measured. */
enum metric {
    PUT, BYTES, JUDGE, STEP, ONE, ONE_P99, LOOKED, ALL, BELOW, N_METRICS
};
static const char *const metric_names[N_METRICS] = {
    [PUT] = "put us/flow", [BYTES] = "B/flow", [JUDGE] = "judge ms",
    [STEP] = "step ms", [ONE] = "one ms", [ONE_P99] = "p99 ms",
    [LOOKED] = "ports", [ALL] = "all ms", [BELOW] = "below ms",
};

struct row {
    size_t n_flows, n_ports;
    double values[N_METRICS];
};

/* A bridge with flows, ports and VFs, without a switch. */
struct bed {
    struct iov_flow_table *table;
    struct iov_reach *reach;
    struct iov_nics nics;
    struct iov_pf pf;
    struct iov_snapshot *snapshot;
    struct iov_verdicts *verdicts;
};

static double
resident_bytes(void)
{
    unsigned long int size, resident;
    FILE *stream = fopen("/proc/self/statm", "r");

    if (!stream || fscanf(stream, "%lu %lu", &size, &resident) != 2) {
        ovs_fatal(0, "/proc/self/statm cannot be read");
    }
    fclose(stream);
    return (double) resident * sysconf(_SC_PAGESIZE);
}

/* CPU time, so that others who use the machine do not matter. */
static long long int
cpu_usec(void)
{
    struct timespec ts;

    xclock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static void
put_flow(struct bed *bed, const struct bench_flow *f)
{
    iov_flow_table_put(bed->table, &(struct iov_flow_spec) {
        .table_id = f->table_id,
        .priority = f->priority,
        .match = &f->match,
        .ofpacts = f->ofpacts.data,
        .ofpacts_len = f->ofpacts.size,
    });
}

/* Returns the time that it takes, in us, without that of making the flows. */
static long long int
put_flows(struct bed *bed, size_t n_flows, size_t n_ports)
{
    static struct bench_flow batch[BATCH];
    long long int usec = 0;

    for (size_t i = 0; i < n_flows; i += BATCH) {
        size_t n = MIN(BATCH, n_flows - i);
        for (size_t j = 0; j < n; j++) {
            bench_flow_make(&batch[j], i + j, n_ports);
        }
        long long int begun = cpu_usec();
        for (size_t j = 0; j < n; j++) {
            put_flow(bed, &batch[j]);
        }
        usec += cpu_usec() - begun;
    }
    return usec;
}

static void
make_pf(struct bed *bed, size_t n_vfs)
{
    bed->pf = (struct iov_pf) {
        .eswitch = xstrdup("dummy"), .netdev = xstrdup("pf0"), .up = true,
        .mtu = 1500, .total_vfs = n_vfs, .original_vfs = -1,
    };
    iov_pf_set_n_vfs(&bed->pf, n_vfs);
    for (size_t i = 0; i < n_vfs; i++) {
        /* Ports are where they are to be. */
        struct iov_vf_record *r = xzalloc(sizeof *r);
        r->port = xasprintf("vm%"PRIuSIZE, i + 1);
        r->bridge = xstrdup("br0");
        bed->pf.vfs[i].record = r;
    }
    bed->nics.pfs = &bed->pf;
    bed->nics.n_pfs = 1;
}

static void
make_ports(struct bed *bed, size_t n_ports)
{
    struct iov_bridge *bridge = iov_snapshot_add_bridge(bed->snapshot, "br0");

    bridge->keys.enabled = true;
    bridge->keys.vfs = -1;
    bridge->reach = bed->reach;
    for (size_t i = 0; i <= n_ports; i++) {
        char name[32];

        snprintf(name, sizeof name, "%s%"PRIuSIZE, i ? "vm" : "pf", i);
        struct iov_port *port = iov_bridge_add_port(bridge, name);
        port->port_name = xstrdup(name);
        port->type = xstrdup("system");
        port->mac_source = "attached-mac";
        port->mac_known = true;
        port->mac = i ? bench_mac(i - 1) : bench_mac(n_ports);
        port->ofport = i ? bench_ofport(i - 1) : BENCH_UPLINK;
        port->keys.weight = i ? 100 : 0;
        iov_guest_spec_parse(&port->keys.guest, "netns:guest");
    }
}

static void
bed_init(struct bed *bed)
{
    memset(bed, 0, sizeof *bed);
    bed->table = iov_flow_table_create();
    bed->reach = iov_reach_create(bed->table);
    bed->snapshot = iov_snapshot_create();
    bed->snapshot->nics = &bed->nics;
}

/* Brings the verdicts up to date.  Returns how long it takes, in us, and
 * raises '*longest' to that of the longest piece. */
static long long int
evaluate(struct bed *bed, long long int *longest)
{
    long long int begun = cpu_usec();
    long long int before = begun;
    bool more = true;

    if (!bed->verdicts) {
        bed->verdicts = iov_verdicts_begin(bed->snapshot, NULL);
    } else {
        iov_verdicts_see_flows(bed->verdicts);
    }
    while (more) {
        more = iov_verdicts_update(bed->verdicts);
        if (!more) {
            iov_verdicts_finish(bed->verdicts);
        }
        long long int now = cpu_usec();
        *longest = MAX(*longest, now - before);
        before = now;
    }
    return before - begun;
}

/* Adds 'f' and takes it out again.  Returns how long each takes until all
 * verdicts are known. */
static void
change(struct bed *bed, const struct bench_flow *f, double msec[2],
       long long int *longest)
{
    long long int begun = cpu_usec();
    put_flow(bed, f);
    evaluate(bed, longest);
    long long int middle = cpu_usec();
    iov_flow_table_remove(bed->table, f->table_id, f->priority, &f->match);
    evaluate(bed, longest);
    msec[0] = (middle - begun) / 1e3;
    msec[1] = (cpu_usec() - middle) / 1e3;
}

static int
compare_doubles(const void *a_, const void *b_)
{
    const double *a = a_;
    const double *b = b_;

    return *a < *b ? -1 : *a > *b;
}

/* A flow that concerns all ports, of 'priority'.  Returns the longest time. */
static double
measure_broad(struct bed *bed, uint16_t priority, long long int *longest)
{
    double all[2 * N_BROAD];
    struct bench_flow f;

    bench_flow_make_drop(&f, SIZE_MAX);
    f.priority = priority;
    for (size_t i = 0; i < N_BROAD; i++) {
        change(bed, &f, &all[2 * i], longest);
    }
    qsort(all, ARRAY_SIZE(all), sizeof all[0], compare_doubles);
    return all[2 * N_BROAD - 1];
}

static void
measure_changes(struct bed *bed, struct row *row, long long int *longest)
{
    double one[2 * N_CHANGES];
    unsigned long long int examined = iov_reach_n_examined(bed->reach);

    for (size_t i = 0; i < N_CHANGES; i++) {
        struct bench_flow f;

        bench_flow_make_drop(&f, i * 7 % row->n_ports);
        change(bed, &f, &one[2 * i], longest);
    }
    row->values[LOOKED] = ((iov_reach_n_examined(bed->reach) - examined)
                           / (2.0 * N_CHANGES));
    qsort(one, ARRAY_SIZE(one), sizeof one[0], compare_doubles);
    row->values[ONE] = one[N_CHANGES];
    row->values[ONE_P99] = one[2 * N_CHANGES * 99 / 100];
    row->values[ALL] = measure_broad(bed, BENCH_ABOVE, longest);
    row->values[BELOW] = measure_broad(bed, BENCH_BELOW, longest);
}

static void
measure(struct row *row)
{
    long long int longest = 0;
    struct bed bed;

    bed_init(&bed);
    make_pf(&bed, row->n_ports);
    make_ports(&bed, row->n_ports);
    iov_snapshot_finish(bed.snapshot);

    double before = resident_bytes();
    double usec = put_flows(&bed, row->n_flows, row->n_ports);
    row->values[PUT] = usec / row->n_flows;
    if (iov_flow_table_count(bed.table) != row->n_flows) {
        ovs_fatal(0, "%"PRIuSIZE" flows became %"PRIuSIZE, row->n_flows,
                  iov_flow_table_count(bed.table));
    }
    row->values[JUDGE] = evaluate(&bed, &longest) / 1e3;
    row->values[BYTES] = (resident_bytes() - before) / row->n_flows;
    measure_changes(&bed, row, &longest);
    row->values[STEP] = longest / 1e3;
}

/* Has 'row' measured by another process. */
static void
measure_apart(struct row *row)
{
    int fds[2];

    xpipe(fds);
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0) {
        ovs_fatal(errno, "fork");
    } else if (!pid) {
        measure(row);
        ignore(write(fds[1], row->values, sizeof row->values));
        _exit(0);
    }
    close(fds[1]);

    ssize_t n = read(fds[0], row->values, sizeof row->values);
    int status;
    close(fds[0]);
    if (waitpid(pid, &status, 0) != pid || status
        || n != sizeof row->values) {
        ovs_fatal(0, "%"PRIuSIZE" flows and %"PRIuSIZE" ports could not be "
                  "measured", row->n_flows, row->n_ports);
    }
}

static size_t
parse_sizes(char *list, size_t sizes[MAX_SIZES])
{
    size_t n = 0;
    char *s;

    while ((s = strsep(&list, ",")) && n < MAX_SIZES) {
        unsigned int size;
        if (!str_to_uint(s, 10, &size) || !size) {
            ovs_fatal(0, "\"%s\" is not a number of flows or ports", s);
        }
        sizes[n++] = size;
    }
    return n;
}

/* Slope of a metric over flows or, with 'by_ports', ports, both logarithmic,
 * of those rows in which the other number is 'fixed'. */
static double
exponent(const struct row *rows, size_t n, enum metric m, bool by_ports,
         size_t fixed)
{
    double sx = 0, sy = 0, sxx = 0, sxy = 0, count = 0;

    for (size_t i = 0; i < n; i++) {
        const struct row *r = &rows[i];
        double value = r->values[m] * (m <= BYTES ? r->n_flows : 1);
        if ((by_ports ? r->n_flows : r->n_ports) == fixed && value > 0) {
            double x = log(by_ports ? r->n_ports : r->n_flows);
            double y = log(value);
            sx += x;
            sy += y;
            sxx += x * x;
            sxy += x * y;
            count++;
        }
    }
    double d = count * sxx - sx * sx;
    return d > 0 ? (count * sxy - sx * sy) / d : NAN;
}

static void
print_exponents(const struct row *rows, size_t n, bool by_ports,
                size_t fixed)
{
    printf("%-18s", by_ports ? "exponent by ports" : "exponent by flows");
    for (int m = 0; m < N_METRICS; m++) {
        double e = exponent(rows, n, m, by_ports, fixed);
        printf(" %11.2f", e);
    }
    printf("   (with %"PRIuSIZE" %s)\n", fixed,
           by_ports ? "flows" : "ports");
}

static void
grow(char *flows_list, char *ports_list)
{
    size_t flows[MAX_SIZES], ports[MAX_SIZES];
    size_t n_flows = parse_sizes(flows_list, flows);
    size_t n_ports = parse_sizes(ports_list, ports);
    struct row rows[MAX_SIZES * MAX_SIZES];
    size_t n = 0;

    printf("%8s %9s", "flows", "ports");
    for (int m = 0; m < N_METRICS; m++) {
        printf(" %11s", metric_names[m]);
    }
    putchar('\n');
    for (size_t i = 0; i < n_flows; i++) {
        for (size_t j = 0; j < n_ports; j++) {
            struct row *row = &rows[n++];
            *row = (struct row) { .n_flows = flows[i], .n_ports = ports[j] };
            measure_apart(row);
            printf("%8"PRIuSIZE" %9"PRIuSIZE, flows[i], ports[j]);
            for (int m = 0; m < N_METRICS; m++) {
                printf(" %11.3f", row->values[m]);
            }
            putchar('\n');
        }
    }
    print_exponents(rows, n, false, ports[n_ports > 2 ? n_ports - 2 : 0]);
    print_exponents(rows, n, true, flows[n_flows - 1]);
}

static void
print_text(size_t n_flows, size_t n_ports)
{
    for (size_t i = 0; i < n_flows; i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        struct bench_flow f;

        bench_flow_make(&f, i, n_ports);
        ds_put_format(&s, "table=%u,", f.table_id);
        match_format(&f.match, NULL, &s, f.priority);
        ds_put_cstr(&s, ",actions=");
        ofpacts_format(f.ofpacts.data, f.ofpacts.size,
                       &(struct ofpact_format_params) { .s = &s });
        puts(ds_cstr(&s));
        ds_destroy(&s);
    }
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    if (argc == 4 && !strcmp(argv[1], "text")) {
        print_text(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
    } else if (argc == 4 && !strcmp(argv[1], "grow")) {
        grow(argv[2], argv[3]);
    } else {
        ovs_fatal(0, "usage: bench-flows text FLOWS PORTS | "
                  "bench-flows grow FLOWS,... PORTS,...");
    }
    return 0;
}
