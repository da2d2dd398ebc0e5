/* How fast HL7 v2 messages are read, on one core. usage: hl7_bench RUNS SECONDS SET FILE…
 *
 * The messages of all files are in memory, with CR as segment end, before the clock starts. Three amounts of work:
 *   priorpath-index  parse: delimiters, segments, character set
 *   priorpath-tree   parse, then every value of every field, repetition, component and subcomponent decoded: what a
 *                    parser does that builds a tree
 *   priorpath-views  parse, then the typed view of the message's type: what the services do
 * One line each: peer, set, messages/s, MB/s; the median of RUNS runs of SECONDS each. */
#include "codec/hl7_batch.h"
#include "codec/hl7_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MESSAGES_MAX 4096
#define FILE_MAX (16u << 20)
#define RUNS_MAX 99

static struct pp_str messages[MESSAGES_MAX];
static unsigned messages_n;
static size_t bytes_n;
static volatile uint64_t sink; /* what was read must not be optimised away */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void load(const char *path) {
    FILE *f = fopen(path, "rb");
    char *p = malloc(FILE_MAX);
    if (!f || !p) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    size_t n = fread(p, 1, FILE_MAX, f), o = 0;
    fclose(f);
    for (size_t i = 0; i < n; i++) /* LF and CR LF become CR */
        if (p[i] != '\n')
            p[o++] = p[i];
        else if (i == 0 || p[i - 1] != '\r')
            p[o++] = '\r';
    struct pp_hl7_batch b;
    struct pp_hl7_batch_item it;
    pp_hl7_batch_init(&b, (struct pp_str){p, (uint32_t)o});
    for (pp_hl7_batch_next(&b, &it); it.what != PP_HL7_BATCH_DONE; pp_hl7_batch_next(&b, &it)) {
        if (it.what != PP_HL7_BATCH_MESSAGE || messages_n == MESSAGES_MAX) continue;
        messages[messages_n++] = it.bytes;
        bytes_n += it.bytes.n;
    }
}

static uint64_t tree(struct pp_hl7_msg *m) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < m->segs_n; i++) {
        struct pp_hl7_walk w;
        struct pp_str v;
        pp_hl7_walk_init(&w, m, &m->segs[i]);
        while (pp_hl7_walk_next(&w, &v)) sum += v.n + w.component;
    }
    return sum;
}

static uint64_t view(struct pp_hl7_msg *m) {
    union pp_hl7_view v;
    struct pp_hl7_msh h;
    struct pp_err err;
    if (pp_hl7_read_msh(m, &h, &err)) return 1;
    return (uint64_t)pp_hl7_read_view(m, pp_hl7_use_of(&h), &v, &err);
}

static uint64_t nothing(struct pp_hl7_msg *m) { return m->segs_n; }

/* Messages per second of one run. */
static double run(uint64_t (*work)(struct pp_hl7_msg *), double seconds) {
    static struct pp_arena a;
    struct pp_hl7_msg m;
    struct pp_err err;
    uint64_t done = 0;
    pp_arena_init(&a, 64 << 20);
    double start = now(), end = start;
    while (end - start < seconds) {
        for (unsigned i = 0; i < messages_n; i++) {
            pp_arena_reset(&a);
            if (pp_hl7_parse(messages[i], NULL, &a, &m, &err) == 0) sink += work(&m);
        }
        done += messages_n;
        end = now();
    }
    pp_arena_free(&a);
    return (double)done / (end - start);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
    static const struct {
        const char *peer;
        uint64_t (*work)(struct pp_hl7_msg *);
    } peers[] = {{"priorpath-index", nothing}, {"priorpath-tree", tree}, {"priorpath-views", view}};
    int64_t runs;
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 0, rates[RUNS_MAX];
    if (argc < 5 || !pp_str_int(pp_str_z(argv[1]), &runs) || runs < 1 || runs > RUNS_MAX || !(seconds > 0)) {
        fprintf(stderr, "usage: hl7_bench RUNS SECONDS SET FILE…\n");
        return 2;
    }
    for (int i = 4; i < argc; i++) load(argv[i]);
    if (messages_n == 0) return 1;
    for (size_t p = 0; p < sizeof peers / sizeof *peers; p++) {
        for (int64_t r = 0; r < runs; r++) rates[r] = run(peers[p].work, seconds);
        qsort(rates, (size_t)runs, sizeof *rates, by_size);
        double rate = rates[runs / 2];
        printf("%s\t%s\t%.0f\t%.1f\n", peers[p].peer, argv[3], rate, rate * (double)bytes_n / messages_n / 1e6);
    }
    return 0;
}
