/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_METRIC_H
#define IOV_POLICY_MODEL_METRIC_H 1

/* Metrics in the text format of Prometheus: see metric.def.
 *
 * The caller puts the head of a metric, then its samples, and goes on with the
 * next metric: Prometheus wants all samples of one together. */

#include <stdint.h>

struct ds;

enum iov_metric_type {
    IOV_METRIC_GAUGE,
    IOV_METRIC_COUNTER,
    IOV_METRIC_HISTOGRAM
};

enum iov_metric_id {
#define METRIC(ENUM, NAME, TYPE, LABELS, HELP) IOV_METRIC_ID_##ENUM,
#include "policy/model/metric.def"
#undef METRIC
    IOV_N_METRICS
};

/* Durations by upper bounds, as a histogram of Prometheus has them. */
#define IOV_N_BUCKETS 14
struct iov_histogram {
    uint64_t counts[IOV_N_BUCKETS]; /* The last one has no bound. */
    double sum;                 /* Seconds. */
};

void iov_metric_put_head(struct ds *, enum iov_metric_id);
/* One sample.  'labels' are the values of the metric's labels in the order of
 * the table; they may be anything and are escaped. */
void iov_metric_put(struct ds *, enum iov_metric_id,
                    const char *const labels[], double value);
void iov_metric_put_histogram(struct ds *, enum iov_metric_id,
                              const struct iov_histogram *);
void iov_histogram_add(struct iov_histogram *, double seconds);

#endif /* policy/model/metric.h */
