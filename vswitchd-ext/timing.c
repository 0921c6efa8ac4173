/* SPDX-License-Identifier: Apache-2.0
 *
 * How long the daemon takes: see timing.h.
 *
 * The subtle thing: median and 99th percentile are those of the last 4096
 * samples, the longest is that of all of them. */

#include <config.h>
#include "vswitchd-ext/timing.h"

#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"

#define N_SAMPLES 4096

static const char *const names[IOV_N_TIMINGS] = {
    [IOV_TIMING_ROUND] = "round",
    [IOV_TIMING_JUDGEMENT] = "judgement",
};

static struct samples {
    uint32_t usec[N_SAMPLES];
    unsigned long long int n;
    long long int longest;      /* us. */
} samples[IOV_N_TIMINGS];

void
iov_timing_add(enum iov_timing which, long long int usec)
{
    struct samples *s = &samples[which];

    s->usec[s->n++ % N_SAMPLES] = MIN(MAX(usec, 0), UINT32_MAX);
    s->longest = MAX(s->longest, usec);
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
    for (int i = 0; i < IOV_N_TIMINGS; i++) {
        struct samples *s = &samples[i];

        sort_samples(s);
        ds_put_format(ds, "%s: %llu, median %.3f ms, 99th percentile "
                      "%.3f ms, longest %.3f ms\n", names[i], s->n,
                      percentile(s, 50) / 1000.0, percentile(s, 99) / 1000.0,
                      s->longest / 1000.0);
        forget(s);
    }
}

struct json *
iov_timing_to_json(void)
{
    struct json *all = json_object_create();

    for (int i = 0; i < IOV_N_TIMINGS; i++) {
        struct samples *s = &samples[i];
        struct json *o = json_object_create();

        sort_samples(s);
        json_object_put(o, "count", json_integer_create(s->n));
        json_object_put(o, "median-us",
                        json_integer_create(percentile(s, 50)));
        json_object_put(o, "p99-us", json_integer_create(percentile(s, 99)));
        json_object_put(o, "longest-us", json_integer_create(s->longest));
        json_object_put(all, names[i], o);
        forget(s);
    }
    return all;
}
