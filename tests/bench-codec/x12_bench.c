/* X12: x12-bench RUNS SET FILE measures memchr over the file (the limit), our reader and the full guide validation, the
 * median of RUNS runs each, and prints peer, set, segments a second, MB a second of CPU time.
 * x12-bench --memory FILE reads and validates the file in pieces and prints the peak of memory on the way. */
#include "codec/x12_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PIECE (256u << 10)
#define RUNS_MAX 101

enum work { LIMIT, READ, READ_PORTABLE, CHECK, WORKS };
static const char *const names[] = {"memchr, the limit", "PriorPath read", "PriorPath read, without SSE2",
                                    "PriorPath read and full guide validation"};

struct counts {
    uint64_t segments, elements, findings, errors, accepted;
};

static double cpu_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void on_finding(void *user, const struct pp_x12_finding *f, const struct pp_x12_event *e) {
    struct counts *n = user;
    (void)e;
    n->findings++;
    n->errors += f->severity == PP_X12_ERROR;
}
static void on_verdict(void *user, const struct pp_x12_verdict *v) {
    struct counts *n = user;
    n->accepted += v->of == PP_X12_OF_TRANSACTION && v->outcome == PP_X12_ACCEPTED;
}

struct run {
    struct pp_x12_reader *r;
    struct pp_x12_check *c; /* NULL = read only */
    struct counts n;
};

static int begin(struct run *run, enum work work) {
    struct pp_x12_opts opts = {.portable = work == READ_PORTABLE};
    struct pp_x12_check_handlers h = {on_finding, on_verdict, &run->n};
    run->n = (struct counts){0};
    run->r = pp_x12_open(&opts);
    run->c = work == CHECK ? pp_x12_check_open(NULL, &h) : NULL;
    return run->r && (work != CHECK || run->c) ? 0 : -1;
}

static void take(struct run *run, const char *p, size_t n) {
    struct pp_x12_event e;
    for (size_t i = 0; i < n;) {
        i += pp_x12_feed(run->r, p + i, n - i, &e);
        if (e.what == PP_X12_SEGMENT) {
            run->n.segments++;
            run->n.elements += e.seg->n;
        }
        if (run->c)
            pp_x12_check_event(run->c, run->r, &e);
        else
            run->n.findings += e.findings_n;
    }
}

static void end(struct run *run) {
    struct pp_x12_event e;
    do {
        pp_x12_finish(run->r, &e);
        if (run->c)
            pp_x12_check_event(run->c, run->r, &e);
        else
            run->n.findings += e.findings_n;
    } while (e.what != PP_X12_NOTHING);
    pp_x12_check_close(run->c);
    pp_x12_close(run->r);
}

static uint64_t terminators(const char *p, size_t n) {
    uint64_t found = 0;
    for (const char *at = p; (at = memchr(at, '~', (size_t)(p + n - at))); at++) found++;
    return found;
}

static int by_number(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int measure(enum work work, int runs, const char *set, const char *p, size_t n) {
    double seconds[RUNS_MAX];
    struct run run = {0};
    for (int i = -1; i < runs; i++) { /* the first one warms up */
        double from = cpu_now();
        if (work == LIMIT) {
            run.n.segments = terminators(p, n);
        } else {
            if (begin(&run, work) < 0) return 1;
            for (size_t at = 0; at < n; at += PIECE) take(&run, p + at, n - at < PIECE ? n - at : PIECE);
            end(&run);
        }
        if (i >= 0) seconds[i] = cpu_now() - from;
    }
    qsort(seconds, (size_t)runs, sizeof *seconds, by_number);
    double median = seconds[runs / 2];
    printf("%s\t%s\t%.0f\t%.1f\n", names[work], set, (double)run.n.segments / median, (double)n / median / 1e6);
    if (run.n.findings)
        fprintf(stderr, "%s: %llu findings in %s\n", names[work], (unsigned long long)run.n.findings, set);
    return 0;
}

/* Peak of resident memory, KB. */
static long peak_kb(void) {
    char line[256];
    long kb = -1;
    FILE *f = fopen("/proc/self/status", "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %ld", &kb) == 1) break;
    if (f) fclose(f);
    return kb;
}

static int memory(const char *path) {
    struct run run;
    static char piece[PIECE];
    uint64_t bytes = 0, next = 1 << 20;
    size_t n;
    FILE *f = fopen(path, "rbe");
    if (!f || begin(&run, CHECK) < 0) return 1;
    double from = cpu_now();
    while ((n = fread(piece, 1, sizeof piece, f)) > 0) {
        take(&run, piece, n);
        bytes += n;
        if (bytes < next) continue;
        printf("memory\t%.0f MB read\tpeak %ld KB\n", (double)bytes / 1e6, peak_kb());
        next *= 10;
    }
    end(&run);
    fclose(f);
    double took = cpu_now() - from;
    printf("memory\t%.0f MB read\tpeak %ld KB\n", (double)bytes / 1e6, peak_kb());
    printf("whole file\t%.0f MB\t%llu segments\t%llu transactions accepted\t%llu findings\t%.0f MB/s with reading\n",
           (double)bytes / 1e6, (unsigned long long)run.n.segments, (unsigned long long)run.n.accepted,
           (unsigned long long)run.n.findings, (double)bytes / took / 1e6);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--memory") == 0) return memory(argv[2]);
    int runs = argc == 4 ? (int)strtol(argv[1], NULL, 10) : 0;
    if (runs < 1 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: x12-bench RUNS SET FILE | x12-bench --memory FILE\n");
        return 2;
    }
    FILE *f = fopen(argv[3], "rbe");
    if (!f || fseek(f, 0, SEEK_END) < 0) return 1;
    long size = ftell(f);
    rewind(f);
    char *p = size > 0 ? malloc((size_t)size) : NULL;
    int rc = !p || fread(p, 1, (size_t)size, f) != (size_t)size;
    fclose(f);
    for (int work = LIMIT; work < WORKS && rc == 0; work++)
        rc = measure((enum work)work, runs, argv[2], p, (size_t)size);
    free(p);
    return rc;
}
