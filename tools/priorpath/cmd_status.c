/* priorpath status: one screen about a running installation, and exit code 1 when something needs a person. */
#include "cli.h"

#include "io/clock.h"
#include "io/kafka_scan.h"
#include "io/supervise.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#define METRICS_BYTES_MAX (256 * 1024)
#define PROBE_MS 1000
#define LAG_WARN 10000 /* records */
#define OUTBOX_WARN_MS 10000
#define TURN_WARN_MS 100
#define JOB_WARN_MS (15 * 60 * 1000) /* real; that old a job is "delayed" for people too */

static const struct pp_config_key keys[] = {
    CLI_KEY_KAFKA,
    CLI_KEYS_DB,
    CLI_KEY_CLOCK,
    CLI_KEY_JSON,
    {"run-dir", PP_CFG_STR, 1, 900, "", ".run", "Folder of the installation, for status.json of priorpath run."},
    {"port-shift", PP_CFG_INT, -1000, 50000, "", "0", "Added to the ops ports, as at make up."},
    {"watch", PP_CFG_BOOL, 0, 0, "", "false", "Shows it again and again until Ctrl-C."},
    {"every-s", PP_CFG_INT, 1, 3600, "s", "2", "watch: how often."},
    {0},
};

struct look {
    const struct pp_config *c;
    json_t *attention; /* sentences */
    char *metrics;
};

static void attention(struct look *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void attention(struct look *l, const char *fmt, ...) {
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    json_array_append_new(l->attention, json_string(text));
}

static int64_t num(const json_t *j, const char *name) { return json_integer_value(json_object_get(j, name)); }
static const char *str(const json_t *j, const char *name) {
    const char *s = json_string_value(json_object_get(j, name));
    return s ? s : "";
}

/* ---- what the processes say ---- */

static double metric(const char *text, const char *name) {
    size_t n = strlen(name);
    for (const char *at = text; (at = strstr(at, name)); at += n)
        if ((at == text || at[-1] == '\n') && at[n] == ' ') return strtod(at + n + 1, NULL);
    return -1;
}

static void ask_metrics(struct look *l, json_t *s, const char *name, int port) {
    char url[80];
    struct pp_err err;
    int status = 0;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/metrics", port + (int)pp_config_int(l->c, "port-shift"));
    if (pp_probe_sync(url, PROBE_MS, &status, l->metrics, METRICS_BYTES_MAX, &err) < 0 || status != 200) return;
    double turn = metric(l->metrics, "pp_loop_turn_longest_seconds"),
           stopped = metric(l->metrics, "pp_partitions_stopped");
    if (turn >= 0) json_object_set_new(s, "longest_turn_ms", json_integer((int64_t)(turn * 1000 + 0.5)));
    if (turn * 1000 > TURN_WARN_MS) attention(l, "%s: one turn of its loop took %.0f ms", name, turn * 1000);
    if (stopped > 0) {
        json_object_set_new(s, "partitions_stopped", json_integer((int64_t)stopped));
        attention(l,
                  "%s: %.0f partitions stand still because something was lost; its log names writer and sequence, "
                  "then: priorpath republish",
                  name, stopped);
    }
}

static json_t *ask_ready(struct look *l, const char *name, int port) {
    char url[80], text[300] = "";
    struct pp_err err;
    int status = 0;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/readyz", port + (int)pp_config_int(l->c, "port-shift"));
    bool up = pp_probe_sync(url, PROBE_MS, &status, text, sizeof text, &err) == 0;
    text[strcspn(text, "\r\n")] = 0;
    json_t *s = json_pack("{s:s, s:b, s:b, s:s}", "name", name, "up", up, "ready", status == 200, "says",
                          up ? text : "does not answer");
    if (!up)
        attention(l, "%s is down: nothing answers at %s", name, url);
    else if (status != 200)
        attention(l, "%s is not ready: %s", name, text);
    if (up) ask_metrics(l, s, name, port);
    return s;
}

/* How often the supervisor had to start each one. */
static void add_restarts(const struct look *l, json_t *services) {
    char path[1024];
    size_t i, k;
    json_t *p, *s;
    snprintf(path, sizeof path, "%s/status.json", pp_config_str(l->c, "run-dir"));
    json_t *j = json_load_file(path, 0, NULL);
    json_array_foreach(json_object_get(j, "processes"), i, p)
        json_array_foreach(services, k, s) if (strcmp(str(p, "name"), str(s, "name")) == 0)
            json_object_set_new(s, "restarts", json_integer(num(p, "restarts")));
    json_decref(j);
}

/* ---- what the database says ---- */

struct ends {
    int n;
    int64_t low[PP_SCAN_PARTITIONS_MAX], high[PP_SCAN_PARTITIONS_MAX];
};

struct shard_view {
    const struct ends *ends[2];
    int taken, unrelayed;
    int64_t lag, outbox_ms, parked, parked_ms;
};

static void on_shards(void *user, const struct pp_rows *r) {
    struct shard_view *v = user;
    for (int i = 0; i < pp_rows_n(r); i++) {
        int part = (int)pp_rows_int(r, i, 0);
        v->taken++;
        v->unrelayed += (int)pp_rows_int(r, i, 3);
        for (int t = 0; t < 2; t++) {
            const struct ends *e = v->ends[t];
            if (e && part < e->n && e->high[part] > pp_rows_int(r, i, 1 + t))
                v->lag += e->high[part] - pp_rows_int(r, i, 1 + t);
        }
    }
}

static void on_ages(void *user, const struct pp_rows *r) {
    struct shard_view *v = user;
    if (pp_rows_n(r) == 0) return;
    if (!pp_rows_null(r, 0, 0)) v->outbox_ms = pp_real_ms() - pp_rows_time(r, 0, 0);
    v->parked = pp_rows_int(r, 0, 1);
    if (!pp_rows_null(r, 0, 2)) v->parked_ms = pp_clock_now_ms() - pp_rows_time(r, 0, 2);
}

static int ask_shards(struct pp_pg_sync_conn *db, struct shard_view *v, struct pp_err *err) {
    if (pp_pg_sync_exec(db, "select part, next_0, next_1, (batch_no - relayed)::int8 from shard order by part", NULL, 0,
                        on_shards, v, err) < 0)
        return -1;
    return pp_pg_sync_exec(
        db,
        "select (select min(o.at) from outbox o join shard s using (part) where o.batch_no > s.relayed), "
        "(select count(*) from parked), (select min(at) from parked)",
        NULL, 0, on_ages, v, err);
}

static void add_shards(struct look *l, json_t *s, const struct cli_service *svc, struct shard_view *v) {
    char age[32];
    json_object_set_new(s, "partitions", json_integer(v->taken));
    json_object_set_new(s, "lag", json_integer(v->lag));
    json_object_set_new(s, "outbox_batches", json_integer(v->unrelayed));
    json_object_set_new(s, "outbox_age_ms", json_integer(v->outbox_ms));
    json_object_set_new(s, "parked", json_integer(v->parked));
    if (v->lag > LAG_WARN) attention(l, "%s is %" PRId64 " records behind", svc->name, v->lag);
    cli_span(v->outbox_ms, age);
    if (v->outbox_ms > OUTBOX_WARN_MS)
        attention(l, "%s: output has been waiting for the broker for %s", svc->name, age);
    cli_span(v->parked_ms, age);
    if (v->parked)
        attention(l, "%s: %" PRId64 " inputs are parked, the oldest for %s of the clock: priorpath parked list %s",
                  svc->name, v->parked, age, svc->name);
}

/* ---- jobs, tasks, what waits for its order ---- */

static void on_jobs(void *user, const struct pp_rows *r) {
    json_t *list = user;
    for (int i = 0; i < pp_rows_n(r); i++) {
        struct pp_str target = pp_rows_str(r, i, 0), state = pp_rows_str(r, i, 1);
        json_array_append_new(list,
                              json_pack("{s:s%, s:s%, s:I, s:I, s:I}", "payer", target.s, (size_t)target.n, "state",
                                        state.s, (size_t)state.n, "jobs", (json_int_t)pp_rows_int(r, i, 2), "age_ms",
                                        (json_int_t)(pp_real_ms() - pp_rows_time(r, i, 3)), "failures",
                                        (json_int_t)pp_rows_int(r, i, 4)));
    }
}

struct count {
    const char *name, *schema, *sql;
};
static const struct count counts[] = {
    {"visits_unmatched", "chart", "select count(*) from unmatched"},
    {"documents_unmatched", "documents", "select count(*) from unmatched"},
    {"claims_held", "claims", "select count(*) from claim where state = 'held'"},
    {"tasks_open", "status", "select count(*) from task where state in ('open', 'snoozed')"},
    {"tasks_overdue", "status", "select count(*) from task where state = 'open' and due < $1::timestamptz"},
    {"messages_quarantined", "status", "select count(*) from quarantine"},
};
#define COUNTS (sizeof counts / sizeof *counts)

static void on_count(void *user, const struct pp_rows *r) {
    *(int64_t *)user = pp_rows_n(r) ? pp_rows_int(r, 0, 0) : 0;
}

static int ask_counts(const char *schema, struct pp_pg_sync_conn *db, json_t *work, struct pp_err *err) {
    char now[25];
    const char *p[] = {now};
    pp_time_text(pp_clock_now_ms(), now);
    for (size_t i = 0; i < COUNTS; i++) {
        int64_t n = 0;
        if (strcmp(counts[i].schema, schema) != 0) continue;
        bool timed = strstr(counts[i].sql, "$1") != NULL;
        if (pp_pg_sync_exec(db, counts[i].sql, p, timed, on_count, &n, err) < 0) return -1;
        json_object_set_new(work, counts[i].name, json_integer(n));
    }
    return 0;
}

static int ask_jobs(struct look *l, struct pp_pg_sync_conn *db, json_t *jobs, struct pp_err *err) {
    size_t i;
    json_t *j;
    if (pp_pg_sync_exec(db,
                        "select target, state, count(*), min(first_at), max(failures)::int8 from job where state <> "
                        "'done' group by 1, 2 order by 1, 2",
                        NULL, 0, on_jobs, jobs, err) < 0)
        return -1;
    json_array_foreach(jobs, i, j) {
        char age[32];
        cli_span(num(j, "age_ms"), age);
        if (num(j, "age_ms") > JOB_WARN_MS)
            attention(l, "payer %s: %" PRId64 " calls (%s), the oldest for %s, %" PRId64 " failures in a row",
                      str(j, "payer"), num(j, "jobs"), str(j, "state"), age, num(j, "failures"));
    }
    return 0;
}

/* A service without its schema is not installed here: no fault. */
static int ask_database(struct look *l, const struct cli_service *svc, struct shard_view *v, json_t *s, json_t *status,
                        struct pp_err *err) {
    struct pp_pg_sync_conn *db = NULL;
    if (cli_db(l->c, svc->name, false, NULL, &db, err) < 0) return -1;
    int rc = ask_shards(db, v, err);
    if (rc == 0) add_shards(l, s, svc, v);
    if (rc == 0) rc = ask_counts(svc->name, db, json_object_get(status, "work"), err);
    if (rc == 0 && strcmp(svc->name, "submission") == 0) rc = ask_jobs(l, db, json_object_get(status, "jobs"), err);
    pp_pg_sync_close(db);
    return rc;
}

/* ---- broker ---- */

static struct ends *ask_ends(struct look *l, const char *topic, struct pp_err *err) {
    const char *brokers = pp_config_str(l->c, "kafka-brokers");
    struct ends *e = calloc(1, sizeof *e);
    if (!e || pp_kafka_partitions(brokers, topic, CLI_TIMEOUT_MS, &e->n, err) < 0 ||
        pp_kafka_ends(brokers, topic, e->n, e->low, e->high, CLI_TIMEOUT_MS, err) < 0) {
        free(e);
        return NULL;
    }
    return e;
}

struct letters {
    int64_t all, replayed;
};

static bool on_letter(void *user, const struct pp_record *r, const struct pp_header *h, int nh) {
    struct letters *l = user;
    (void)r;
    if (pp_headers_get(h, nh, "dlq_replayed").n)
        l->replayed++;
    else
        l->all++;
    return true;
}

static int ask_broker(struct look *l, json_t *status, struct ends **ret, struct pp_err *err) {
    static const char *const topics[3] = {"pa.log.v1", "pa.commands.v1", "pa.inbound.v1"};
    struct letters dead = {0};
    for (int i = 0; i < 3; i++)
        if (!(ret[i] = ask_ends(l, topics[i], err))) return -1;
    if (pp_kafka_scan_sync(pp_config_str(l->c, "kafka-brokers"), "pa.dlq.v1", CLI_TIMEOUT_MS, on_letter, &dead, err) <
        0)
        return -1;
    int64_t open = dead.all > dead.replayed ? dead.all - dead.replayed : 0;
    json_object_set_new(status, "dead_letters", json_integer(open));
    json_object_set_new(status, "dead_letters_replayed", json_integer(dead.replayed));
    if (open) attention(l, "%" PRId64 " dead letters: priorpath dlq list", open);
    return 0;
}

/* ---- all together ---- */

static const struct ends *ends_of(struct ends *const *e, const char *topic) {
    if (!topic) return NULL;
    return strcmp(topic, "pa.log.v1") == 0 ? e[0] : strcmp(topic, "pa.commands.v1") == 0 ? e[1] : e[2];
}

static json_t *gather(const struct pp_config *c) {
    char now[25];
    struct pp_err err = {0};
    struct ends *ends[3] = {NULL, NULL, NULL};
    struct look l = {.c = c, .attention = json_array(), .metrics = malloc(METRICS_BYTES_MAX)};
    pp_time_text(pp_clock_now_ms(), now);
    json_t *services = json_array();
    json_t *st = json_pack("{s:s, s:f, s:o, s:[], s:{}}", "at", now, "speed", pp_clock_speed(), "services", services,
                           "jobs", "work");
    bool broker = l.metrics && ask_broker(&l, st, ends, &err) == 0;
    if (!broker) attention(&l, "the broker: %s", err.msg);
    json_array_append_new(services, ask_ready(&l, "door", 7200));
    bool told = false;
    for (int i = 0; l.metrics && i < CLI_SERVICES; i++) {
        const struct cli_service *svc = &cli_services[i];
        struct shard_view v = {.ends = {ends_of(ends, svc->topics[0]), ends_of(ends, svc->topics[1])}};
        json_t *s = ask_ready(&l, svc->name, svc->ops_port);
        json_array_append_new(services, s);
        if (ask_database(&l, svc, &v, s, st, &err) == 0 || told) continue;
        attention(&l, "%s: %s", svc->name, err.msg);
        told = strstr(err.msg, "database") != NULL; /* one sentence for a database that is away */
    }
    json_array_append_new(services, ask_ready(&l, "console", 7210));
    add_restarts(&l, services);
    const json_t *work = json_object_get(st, "work");
    if (num(work, "tasks_overdue")) attention(&l, "%" PRId64 " tasks are overdue", num(work, "tasks_overdue"));
    json_object_set_new(st, "attention", l.attention);
    for (int i = 0; i < 3; i++) free(ends[i]);
    free(l.metrics);
    return st;
}

static void print_service(const json_t *s) {
    char outbox[32] = "-", lag[24] = "-", turn[24] = "-", parked[24] = "-", parts[24] = "-";
    bool ready = json_is_true(json_object_get(s, "ready")), up = json_is_true(json_object_get(s, "up"));
    if (json_object_get(s, "lag")) {
        snprintf(parts, sizeof parts, "%" PRId64, num(s, "partitions"));
        snprintf(lag, sizeof lag, "%" PRId64, num(s, "lag"));
        snprintf(parked, sizeof parked, "%" PRId64, num(s, "parked"));
        if (num(s, "outbox_age_ms")) cli_span(num(s, "outbox_age_ms"), outbox);
    }
    if (json_object_get(s, "longest_turn_ms")) snprintf(turn, sizeof turn, "%" PRId64 " ms", num(s, "longest_turn_ms"));
    printf("  %-13s %s%-9s%s %10s %9s %10s %7s %12s %9" PRId64 "\n", str(s, "name"),
           cli_tone(ready ? CLI_GOOD : CLI_BAD),
           ready ? "ready"
           : up  ? "not ready"
                 : "down",
           cli_tone(CLI_PLAIN), parts, lag, outbox, parked, turn, num(s, "restarts"));
}

static void print_text(const json_t *st) {
    size_t i;
    json_t *j;
    const json_t *work = json_object_get(st, "work"), *todo = json_object_get(st, "attention");
    printf("%sPriorPath at %s%s of its clock, speed %g\n\n", cli_tone(CLI_BOLD), str(st, "at"), cli_tone(CLI_PLAIN),
           json_real_value(json_object_get(st, "speed")));
    printf("  %-13s %-9s %10s %9s %10s %7s %12s %9s\n", "service", "state", "partitions", "behind", "unsent for",
           "parked", "longest turn", "restarts");
    json_array_foreach(json_object_get(st, "services"), i, j) print_service(j);
    printf("\n  calls to payers   ");
    if (json_array_size(json_object_get(st, "jobs")) == 0) printf("none open");
    json_array_foreach(json_object_get(st, "jobs"), i, j)
        printf("%s%s %s %" PRId64, i ? " · " : "", str(j, "payer"), str(j, "state"), num(j, "jobs"));
    printf("\n  for people        %" PRId64 " tasks open, %" PRId64 " of them overdue · %" PRId64
           " claims held · %" PRId64 " messages quarantined\n",
           num(work, "tasks_open"), num(work, "tasks_overdue"), num(work, "claims_held"),
           num(work, "messages_quarantined"));
    printf("  waiting           %" PRId64 " visits and %" PRId64 " documents for their order\n",
           num(work, "visits_unmatched"), num(work, "documents_unmatched"));
    printf("  dead letters      %" PRId64 ", and %" PRId64 " replayed\n\n", num(st, "dead_letters"),
           num(st, "dead_letters_replayed"));
    if (json_array_size(todo) == 0)
        printf("%sNothing needs attention.%s\n", cli_tone(CLI_GOOD), cli_tone(CLI_PLAIN));
    else
        printf("%sNeeds attention:%s\n", cli_tone(CLI_WARN), cli_tone(CLI_PLAIN));
    json_array_foreach(todo, i, j) printf("  - %s\n", json_string_value(j));
}

static bool show(const struct pp_config *c) {
    json_t *st = gather(c);
    bool good = json_array_size(json_object_get(st, "attention")) == 0;
    if (pp_config_bool(c, "watch") && cli_colour()) fputs("\033[H\033[2J", stdout);
    if (pp_config_bool(c, "json")) {
        json_dumpf(st, stdout, JSON_INDENT(pp_config_bool(c, "watch") ? 0 : 2));
        putchar('\n');
    } else {
        print_text(st);
    }
    fflush(stdout);
    json_decref(st);
    return good;
}

int cmd_status(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    cli_settings("priorpath status", keys, argc, argv, &c);
    if (pp_clock_init(pp_config_str(c, "clock-file"), &err) < 0) {
        pp_config_free(c);
        return cli_fail("status", &err);
    }
    cli_catch_stop();
    bool good = show(c);
    while (pp_config_bool(c, "watch") && !cli_stop) {
        nanosleep(&(struct timespec){.tv_sec = pp_config_int(c, "every-s")}, NULL);
        if (!cli_stop) good = show(c);
    }
    pp_config_free(c);
    return good ? CLI_OK : CLI_FAILED;
}
