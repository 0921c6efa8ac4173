/* SPDX-License-Identifier: Apache-2.0
 *
 * How long the daemon takes: see timing.h.
 *
 * Median and 99th percentile are those of the last 4096 samples, the longest
 * is that of all of them. */

#include <config.h>
#include "vswitchd-ext/control/timing.h"

#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "timeval.h"
#include "util.h"

#define N_SAMPLES 4096

static const char *const names[IOV_N_TIMINGS] = {
    [IOV_TIMING_ROUND] = "round",
    [IOV_TIMING_EVALUATION] = "judgement",
};

enum { CLOCK, CPU, N_CLOCKS };
static const char *const clocks[N_CLOCKS] = {
    [CLOCK] = "time",
    [CPU] = "cpu",
};

static struct samples {
    uint32_t usec[N_SAMPLES];
    unsigned long long int n;
    long long int longest;      /* us. */
} samples[IOV_N_TIMINGS][N_CLOCKS];

struct iov_moment
iov_moment_now(void)
{
    struct timespec ts;

    xclock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (struct iov_moment) {
        .usec = time_usec(),
        .cpu_usec = ts.tv_sec * 1000000LL + ts.tv_nsec / 1000,
    };
}

static void
add(struct samples *s, long long int usec)
{
    s->usec[s->n++ % N_SAMPLES] = MIN(MAX(usec, 0), UINT32_MAX);
    s->longest = MAX(s->longest, usec);
}

void
iov_timing_add(enum iov_timing which, const struct iov_moment *begun)
{
    struct iov_moment now = iov_moment_now();

    add(&samples[which][CLOCK], now.usec - begun->usec);
    add(&samples[which][CPU], now.cpu_usec - begun->cpu_usec);
}

static int
compare_usec(const void *a_, const void *b_)
{
    const uint32_t *a = a_;
    const uint32_t *b = b_;

    return *a < *b ? -1 : *a > *b;
}

/* By nearest rank, of samples that are sorted. */
static uint32_t
percentile(const struct samples *s, unsigned int percent)
{
    size_t n = MIN(s->n, N_SAMPLES);

    return n ? s->usec[(n * percent + 99) / 100 - 1] : 0;
}

static void
sort_samples(struct samples *s)
{
    qsort(s->usec, MIN(s->n, N_SAMPLES), sizeof s->usec[0], compare_usec);
}

static void
forget(struct samples *s)
{
    s->n = 0;
    s->longest = 0;
}

void
iov_timing_format(struct ds *ds)
{
    ds_put_format(ds, "%-20s %8s %10s %10s %10s\n", "ms", "number", "median",
                  "99%", "longest");
    for (int i = 0; i < IOV_N_TIMINGS * N_CLOCKS; i++) {
        struct samples *s = &samples[i / N_CLOCKS][i % N_CLOCKS];

        sort_samples(s);
        ds_put_format(ds, "%-9s %-10s %8llu %10.3f %10.3f %10.3f\n",
                      names[i / N_CLOCKS], clocks[i % N_CLOCKS], s->n,
                      percentile(s, 50) / 1e3, percentile(s, 99) / 1e3,
                      s->longest / 1e3);
        forget(s);
    }
}

struct json *
iov_timing_to_json(void)
{
    struct json *array = json_array_create_empty();

    for (int i = 0; i < IOV_N_TIMINGS * N_CLOCKS; i++) {
        struct samples *s = &samples[i / N_CLOCKS][i % N_CLOCKS];
        struct json *o = json_object_create();

        sort_samples(s);
        json_object_put_string(o, "what", names[i / N_CLOCKS]);
        json_object_put_string(o, "clock", clocks[i % N_CLOCKS]);
        json_object_put(o, "number", json_integer_create(s->n));
        json_object_put(o, "median-us",
                        json_integer_create(percentile(s, 50)));
        json_object_put(o, "p99-us", json_integer_create(percentile(s, 99)));
        json_object_put(o, "longest-us", json_integer_create(s->longest));
        json_array_add(array, o);
        forget(s);
    }
    return array;
}
