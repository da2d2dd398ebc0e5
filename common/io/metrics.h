/* Process metrics in Prometheus text for /metrics: counters, gauges and histograms with a bounded number of series.
 * Names pp_*, base units, _total for counters; labels from bounded sets only. A series beyond PP_METRIC_SERIES_MAX is
 * not kept; pp_metrics_dropped_total counts what was lost that way. Only for the loop's thread. */
#ifndef PP_IO_METRICS_H
#define PP_IO_METRICS_H
#include "base/buf.h"
#include <stdint.h>

#define PP_METRIC_SERIES_MAX 2048
#define PP_METRIC_NAME_MAX 64
#define PP_METRIC_LABELS_MAX 192

void pp_metric_add(const char *name, const char *labels_or_null, int64_t delta); /* labels: a="x",b="y" */
void pp_metric_set(const char *name, const char *labels_or_null, double value);
void pp_metric_observe(const char *name, const char *labels_or_null,
                       double seconds); /* histogram, buckets 1 ms … 60 s */
/* Also pp_process_cpu_seconds_total, pp_process_resident_bytes and pp_process_open_fds. */
void pp_metrics_render(struct pp_buf *out);
/* Forgets all series. For tests. */
void pp_metrics_reset(void);
#endif
