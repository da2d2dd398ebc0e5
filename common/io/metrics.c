#include "io/metrics.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define SLOTS (2 * PP_METRIC_SERIES_MAX) /* open addressing, at most half full */

static const double bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
#define NBOUNDS (sizeof bounds / sizeof *bounds)

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
static const char *const kind_names[] = {"counter", "gauge", "histogram"};

struct series {
    char name[PP_METRIC_NAME_MAX], labels[PP_METRIC_LABELS_MAX];
    uint32_t hash;
    enum metric_kind kind;
    int64_t count;
    double value;     /* gauge; sum of a histogram */
    int64_t *buckets; /* NBOUNDS, not cumulative; histograms only */
};

static struct series *slots[SLOTS];
static size_t nseries;
static int64_t dropped;

static struct series *series_of(const char *name, const char *labels, enum metric_kind kind) {
    if (!labels) labels = "";
    uint32_t h = 2166136261u;
    for (const char *p = name; *p; p++) h = (h ^ (unsigned char)*p) * 16777619u;
    for (const char *p = labels; *p; p++) h = (h ^ (unsigned char)*p) * 16777619u;
    size_t i = h % SLOTS;
    for (; slots[i]; i = (i + 1) % SLOTS) {
        struct series *s = slots[i];
        if (s->hash == h && strcmp(s->name, name) == 0 && strcmp(s->labels, labels) == 0)
            return s->kind == kind ? s : NULL;
    }
    struct series *s = NULL;
    if (nseries < PP_METRIC_SERIES_MAX && strlen(name) < sizeof s->name && strlen(labels) < sizeof s->labels)
        s = calloc(1, sizeof *s);
    if (s && kind == METRIC_HISTOGRAM && !(s->buckets = calloc(NBOUNDS, sizeof *s->buckets))) {
        free(s);
        s = NULL;
    }
    if (!s) {
        dropped++;
        return NULL;
    }
    snprintf(s->name, sizeof s->name, "%s", name);
    snprintf(s->labels, sizeof s->labels, "%s", labels);
    s->hash = h;
    s->kind = kind;
    slots[i] = s;
    nseries++;
    return s;
}

void pp_metric_add(const char *name, const char *labels_or_null, int64_t delta) {
    struct series *s = series_of(name, labels_or_null, METRIC_COUNTER);
    if (s) s->count += delta;
}

void pp_metric_set(const char *name, const char *labels_or_null, double value) {
    struct series *s = series_of(name, labels_or_null, METRIC_GAUGE);
    if (s) s->value = value;
}

void pp_metric_observe(const char *name, const char *labels_or_null, double seconds) {
    struct series *s = series_of(name, labels_or_null, METRIC_HISTOGRAM);
    if (!s) return;
    s->count++;
    s->value += seconds;
    for (size_t i = 0; i < NBOUNDS; i++) {
        if (seconds <= bounds[i]) {
            s->buckets[i]++;
            return;
        }
    }
}

static int by_name(const void *a, const void *b) {
    const struct series *x = *(struct series *const *)a, *y = *(struct series *const *)b;
    int c = strcmp(x->name, y->name);
    return c ? c : strcmp(x->labels, y->labels);
}

static void render_histogram(struct pp_buf *out, const struct series *s) {
    const char *comma = s->labels[0] ? "," : "";
    int64_t below = 0;
    for (size_t i = 0; i < NBOUNDS; i++) {
        below += s->buckets[i];
        pp_buf_printf(out, "%s_bucket{%s%sle=\"%g\"} %lld\n", s->name, s->labels, comma, bounds[i], (long long)below);
    }
    pp_buf_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %lld\n", s->name, s->labels, comma, (long long)s->count);
    const char *open = s->labels[0] ? "{" : "", *shut = s->labels[0] ? "}" : "";
    pp_buf_printf(out, "%s_sum%s%s%s %.9g\n", s->name, open, s->labels, shut, s->value);
    pp_buf_printf(out, "%s_count%s%s%s %lld\n", s->name, open, s->labels, shut, (long long)s->count);
}

static void render_process(struct pp_buf *out) {
    struct rusage ru;
    getrusage(RUSAGE_SELF, &ru);
    double cpu =
        (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) + (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
    pp_buf_printf(out, "# TYPE pp_process_cpu_seconds_total counter\npp_process_cpu_seconds_total %.3f\n", cpu);
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f) {
        if (fscanf(f, "%*d %ld", &pages) != 1) pages = 0;
        fclose(f);
    }
    pp_buf_printf(out, "# TYPE pp_process_resident_bytes gauge\npp_process_resident_bytes %lld\n",
                  (long long)pages * sysconf(_SC_PAGESIZE));
    int fds = 0;
    DIR *d = opendir("/proc/self/fd");
    if (d) {
        while (readdir(d)) fds++;
        closedir(d);
        fds -= 3; /* ".", ".." and the folder itself */
    }
    pp_buf_printf(out, "# TYPE pp_process_open_fds gauge\npp_process_open_fds %d\n", fds);
    pp_buf_printf(out, "# TYPE pp_metrics_dropped_total counter\npp_metrics_dropped_total %lld\n", (long long)dropped);
}

void pp_metrics_render(struct pp_buf *out) {
    static struct series *sorted[PP_METRIC_SERIES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < SLOTS; i++)
        if (slots[i]) sorted[n++] = slots[i];
    qsort(sorted, n, sizeof *sorted, by_name);
    for (size_t i = 0; i < n; i++) {
        const struct series *s = sorted[i];
        if (i == 0 || strcmp(sorted[i - 1]->name, s->name) != 0)
            pp_buf_printf(out, "# TYPE %s %s\n", s->name, kind_names[s->kind]);
        const char *open = s->labels[0] ? "{" : "", *shut = s->labels[0] ? "}" : "";
        if (s->kind == METRIC_HISTOGRAM)
            render_histogram(out, s);
        else if (s->kind == METRIC_GAUGE)
            pp_buf_printf(out, "%s%s%s%s %.9g\n", s->name, open, s->labels, shut, s->value);
        else
            pp_buf_printf(out, "%s%s%s%s %lld\n", s->name, open, s->labels, shut, (long long)s->count);
    }
    render_process(out);
}

void pp_metrics_reset(void) {
    for (size_t i = 0; i < SLOTS; i++) {
        if (slots[i]) free(slots[i]->buckets);
        free(slots[i]);
        slots[i] = NULL;
    }
    nseries = 0;
    dropped = 0;
}
