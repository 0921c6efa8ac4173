/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics as text: see metric.h.
 *
 * A label's value is whatever a writer of the database has
 * called a port.  It passes text.h, which leaves no control character and
 * valid UTF-8; then quotes and backslashes are escaped, so that it cannot end
 * the label and begin a sample of its own. */

#include <config.h>
#include "policy/model/metric.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "policy/model/text.h"
#include "util.h"

static const struct {
    const char *name;
    enum iov_metric_type type;
    const char *labels, *help;
} metrics[IOV_N_METRICS] = {
#define METRIC(ENUM, NAME, TYPE, LABELS, HELP) \
    { NAME, IOV_METRIC_##TYPE, LABELS, HELP },
#include "policy/model/metric.def"
#undef METRIC
};

static const double bounds[IOV_N_BUCKETS - 1] = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
};

static void
put_escaped(struct ds *ds, const char *value)
{
    char *clean = iov_text_clean(value);

    for (const char *s = clean; *s; s++) {
        if (*s == '"' || *s == '\\') {
            ds_put_char(ds, '\\');
        }
        ds_put_char(ds, *s);
    }
    free(clean);
}

/* Appends {name="value",...} if the metric has labels. */
static void
put_labels(struct ds *ds, const char *names, const char *const values[])
{
    for (size_t i = 0; *names; i++) {
        size_t n = strcspn(names, " ");

        ds_put_format(ds, "%s%.*s=\"", i ? "," : "{", (int) n, names);
        put_escaped(ds, values[i]);
        ds_put_char(ds, '"');
        names += n;
        if (!*names) {
            ds_put_char(ds, '}');
        }
        names += strspn(names, " ");
    }
}

void
iov_metric_put_head(struct ds *ds, enum iov_metric_id id)
{
    static const char *const types[] = {
        [IOV_METRIC_GAUGE] = "gauge",
        [IOV_METRIC_COUNTER] = "counter",
        [IOV_METRIC_HISTOGRAM] = "histogram",
    };

    ds_put_format(ds, "# HELP %s %s\n# TYPE %s %s\n", metrics[id].name,
                  metrics[id].help, metrics[id].name,
                  types[metrics[id].type]);
}

void
iov_metric_put(struct ds *ds, enum iov_metric_id id,
               const char *const labels[], double value)
{
    ds_put_cstr(ds, metrics[id].name);
    put_labels(ds, metrics[id].labels, labels);
    ds_put_format(ds, " %.15g\n", value);
}

void
iov_metric_put_histogram(struct ds *ds, enum iov_metric_id id,
                         const struct iov_histogram *h)
{
    const char *name = metrics[id].name;
    uint64_t n = 0;

    for (size_t i = 0; i < IOV_N_BUCKETS; i++) {
        n += h->counts[i];
        if (i < ARRAY_SIZE(bounds)) {
            ds_put_format(ds, "%s_bucket{le=\"%g\"} %"PRIu64"\n", name,
                          bounds[i], n);
        } else {
            ds_put_format(ds, "%s_bucket{le=\"+Inf\"} %"PRIu64"\n", name, n);
        }
    }
    ds_put_format(ds, "%s_sum %.15g\n%s_count %"PRIu64"\n", name, h->sum,
                  name, n);
}

void
iov_histogram_add(struct iov_histogram *h, double seconds)
{
    size_t i = 0;

    while (i < ARRAY_SIZE(bounds) && seconds > bounds[i]) {
        i++;
    }
    h->counts[i]++;
    h->sum += seconds;
}
