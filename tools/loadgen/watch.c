/* How long facts took: every record of the log names its trace, and the first of a trace names the receipt at the door
 * that caused it. Times are those of the records themselves; where the topics keep the broker's time
 * (message.timestamp.type=LogAppendTime), it is when the broker had them. Reads the topics beside the services. */
#include "io/clock.h"
#include "io/kafka_scan.h"
#include "loadgen.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define TIMEOUT_MS 15000
#define TYPES_MAX 16
#define TYPE_BYTES 48

static const struct pp_config_key keys[] = {
    {"kafka-brokers", PP_CFG_STR, 1, 500, "", "127.0.0.1:7192", "Kafka."},
    {"types", PP_CFG_STR, 1, 600, "", "requirement.determined,submission.started,authorization.decided",
     "Types that are measured, parted by commas."},
    {"seconds", PP_CFG_INT, 1, 86400, "s", "60", "How long."},
    {"from-ms", PP_CFG_INT, 0, INT64_MAX, "ms", "0", "Receipts before this real time do not count."},
    {0},
};

struct pair {
    uint64_t key;
    int64_t value;
};
/* Open addressing; 0 is no key. */
struct map {
    struct pair *p;
    size_t cap, n;
};
static struct pair *map_at(struct map *m, uint64_t key) {
    size_t i = (key * UINT64_C(0x9E3779B97F4A7C15)) & (m->cap - 1);
    while (m->p[i].key && m->p[i].key != key) i = (i + 1) & (m->cap - 1);
    return &m->p[i];
}
/* The first value stays. */
static void map_put(struct map *m, uint64_t key, int64_t value) {
    if (m->n * 2 >= m->cap) {
        struct map old = *m;
        m->cap = old.cap ? old.cap * 2 : 1u << 16;
        m->p = calloc(m->cap, sizeof *m->p);
        if (!m->p) abort();
        for (size_t i = 0; i < old.cap; i++)
            if (old.p[i].key) *map_at(m, old.p[i].key) = old.p[i];
        free(old.p);
    }
    struct pair *p = map_at(m, key);
    if (p->key) return;
    *p = (struct pair){key, value};
    m->n++;
}
static bool map_get(struct map *m, uint64_t key, int64_t *ret) {
    if (!m->cap) return false;
    struct pair *p = map_at(m, key);
    *ret = p->value;
    return p->key != 0;
}
static uint64_t hash_of(struct pp_str s) {
    uint64_t h = UINT64_C(1469598103934665603);
    for (uint32_t i = 0; i < s.n; i++) h = (h ^ (uint8_t)s.s[i]) * UINT64_C(1099511628211);
    return h ? h : 1;
}

struct seen {
    uint64_t trace;
    int64_t ms;
    int type;
};
struct watch {
    const char *brokers;
    int64_t from_ms;
    struct map receipts; /* hash of ce_id -> time */
    struct map roots;    /* hash of trace -> hash of the receipt's ce_id */
    struct seen *seen;
    size_t n, cap;
    char types[TYPES_MAX][TYPE_BYTES];
    int ntypes;
    int64_t records, bytes;
};
static volatile sig_atomic_t stop;

static bool on_receipt(void *user, const struct pp_record *r, const struct pp_header *h, int nh) {
    struct watch *w = user;
    if (r->time_ms >= w->from_ms) map_put(&w->receipts, hash_of(pp_headers_get(h, nh, "ce_id")), r->time_ms);
    return true;
}

static bool on_fact(void *user, const struct pp_record *r, const struct pp_header *h, int nh) {
    struct watch *w = user;
    struct pp_str type = pp_headers_get(h, nh, "ce_type"), trace = pp_headers_get(h, nh, "traceparent");
    w->records++;
    w->bytes += r->value.n + r->key.n;
    for (int i = 0; i < nh; i++) w->bytes += h[i].name.n + h[i].value.n;
    if (trace.n != 55) return true;
    uint64_t t = hash_of((struct pp_str){trace.s + 3, 32});
    struct pp_str id = pp_headers_get(h, nh, "ce_id");
    if (id.n > 2 && id.s[0] == '1' && id.s[1] == '-') /* said by receive */
        map_put(&w->roots, t, (int64_t)hash_of(pp_headers_get(h, nh, "pp_cause")));
    for (int i = 0; i < w->ntypes; i++) {
        if (!pp_str_eqz(type, w->types[i])) continue;
        if (w->n == w->cap) {
            w->cap = w->cap ? 2 * w->cap : 4096;
            w->seen = realloc(w->seen, w->cap * sizeof *w->seen);
            if (!w->seen) abort();
        }
        w->seen[w->n++] = (struct seen){t, r->time_ms, i};
    }
    return true;
}

static int follow(struct watch *w, const char *topic, pp_scan_fn *fn) {
    struct pp_err err;
    struct pp_scan_opts o = {.brokers = w->brokers,
                             .topic = topic,
                             .partition = -1,
                             .from_ms = PP_SCAN_FROM_END,
                             .follow = true,
                             .timeout_ms = TIMEOUT_MS,
                             .fn = fn,
                             .user = w,
                             .stop = &stop};
    if (pp_kafka_scan(&o, &err) < 0) {
        fprintf(stderr, "loadgen: %s: %s\n", topic, err.msg);
        return -1;
    }
    return 0;
}

static void *receipts(void *user) { return follow(user, "pa.inbound.v1", on_receipt) < 0 ? user : NULL; }
static void *clock_out(void *user) {
    struct timespec t = {.tv_sec = *(int64_t *)user};
    nanosleep(&t, NULL);
    stop = 1;
    return NULL;
}

static void report(struct watch *w) {
    static struct hist h[TYPES_MAX];
    struct pp_buf out;
    int64_t lost = 0, root, began;
    pp_buf_init(&out, 65536);
    for (size_t i = 0; i < w->n; i++) {
        struct seen *s = &w->seen[i];
        if (map_get(&w->roots, s->trace, &root) && map_get(&w->receipts, (uint64_t)root, &began))
            hist_add(&h[s->type], (s->ms - began) * 1000);
        else
            lost++; /* its receipt came before the watch began */
    }
    pp_buf_printf(&out, "{\"records\":%lld,\"bytes\":%lld,\"receipts\":%zu,\"without_receipt\":%lld",
                  (long long)w->records, (long long)w->bytes, w->receipts.n, (long long)lost);
    for (int i = 0; i < w->ntypes; i++) {
        pp_buf_printf(&out, ",\"%s\":", w->types[i]);
        hist_print(&h[i], &out);
    }
    printf("%.*s}\n", PP_FMT(pp_buf_str(&out)));
    pp_buf_free(&out);
}

int load_watch(int argc, char **argv) {
    static struct watch w;
    struct pp_config *c;
    struct pp_err err;
    const struct pp_config_key *tables[] = {keys, NULL};
    pp_config_load("loadgen watch", tables, argc, argv, &c, &err);
    w.brokers = pp_config_str(c, "kafka-brokers");
    w.from_ms = pp_config_int(c, "from-ms");
    struct pp_str rest = pp_str_z(pp_config_str(c, "types"));
    while (rest.n && w.ntypes < TYPES_MAX) {
        struct pp_str type = pp_str_split(&rest, ',');
        snprintf(w.types[w.ntypes++], TYPE_BYTES, "%.*s", PP_FMT(type));
    }
    int64_t seconds = pp_config_int(c, "seconds");
    pthread_t reader, timer;
    if (pthread_create(&timer, NULL, clock_out, &seconds) || pthread_create(&reader, NULL, receipts, &w)) return 1;
    void *failed;
    int rc = follow(&w, "pa.log.v1", on_fact);
    stop = 1;
    pthread_join(reader, &failed);
    report(&w);
    pp_config_free(c);
    return rc < 0 || failed ? 1 : 0;
}
