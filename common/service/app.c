/* The process around an engine: configuration, waiting for what it needs, signals, ops endpoints, orderly end. */
#include "service/engine_int.h"
#include "service/front.h"

#include "io/clock.h"
#include "io/http_server.h"
#include "io/log.h"
#include "io/metrics.h"
#include "service/migrate.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define APP_LOOK_MS 100 /* while waiting at start */
#define APP_SAY_MS 5000 /* what it waits for */
#define APP_TICK_MS 50
#define APP_FLUSH_MS 5000         /* longest wait for output to reach the broker at the end */
#define APP_HEAP_BLOCK (16 << 20) /* bytes from which on the system is asked for each block */
#define APP_HEAP_SPARE (32 << 20) /* free bytes at the end of the heap that stay ours */
#define APP_HEAPS 2               /* the loop's, and one for the threads of the libraries */
#define APP_END_MS 12000          /* after it the process ends without ceremony: killing is always safe */

#ifndef PP_VERSION
#define PP_VERSION "0.1.0"
#endif

static const struct pp_config_key app_keys[] = {
    {"migrate", PP_CFG_BOOL, 0, 0, "", "false", "Run the migrations as pp_owner, then end."},
    {"db-owner", PP_CFG_STR, 1, 63, "", "pp_owner", "Role that runs migrations."},
    {"session-timeout-ms", PP_CFG_INT, 1000, 300000, "ms", "10000",
     "Kafka session: how long partitions of a silent instance stay its own."},
    {"commit-pace-ms", PP_CFG_INT, 0, 1000, "ms", "30",
     "Above 200 inputs per second small batches wait this long after the last commit."},
    {"batch-max", PP_CFG_INT, 1, 500, "", "500", "Inputs of one batch."},
    {"unit-cache-mb", PP_CFG_INT, 0, 4096, "MB", "32",
     "Rows of people touched lately that are kept in memory; 0: every batch asks the database."},
    {"instances", PP_CFG_INT, 1, 1024, "", "1", "Instances of this service; caps per payer are divided by it."},
    {"packs-dir", PP_CFG_STR, 0, 1023, "", "", "Folder of reference packs instead of pa.reference.v1; for tests."},
    {"payersim-url", PP_CFG_STR, 0, 255, "", "http://127.0.0.1:7150",
     "What {payersim} in the payer directory stands for."},
    {"exchange-dir", PP_CFG_STR, 0, 200, "", "",
     "What {exchange} in the payer directory stands for: the folder of the exchange folders of payers of channel "
     "x12-file."},
    {"door-url", PP_CFG_STR, 0, 255, "", "http://127.0.0.1:7100",
     "Address under which payers reach intake's door with their notifications."},
    {"secrets-dir", PP_CFG_STR, 0, 1023, "", ".run/secrets", "Folder of the secrets that packs name, one file each."},
    {"call-backoff-first-ms", PP_CFG_INT, 1, 60000, "ms", "1000",
     "First wait after a failed outbound call; it doubles."},
    {"call-backoff-max-ms", PP_CFG_INT, 1, 3600000, "ms", "60000", "Longest wait between tries of an outbound call."},
    {"call-delayed-after-ms", PP_CFG_INT, 100, 86400000, "ms", "900000",
     "An outbound call without an answer for so long is said to be delayed."},
    {"check-invariants", PP_CFG_BOOL, 0, 0, "", "false",
     "Check the service's invariants after each decision; for tests."},
    {"read-connections", PP_CFG_INT, 1, 16, "", "3", "Database connections for reading."},
    {NULL, PP_CFG_STR, 0, 0, NULL, NULL, NULL}};

enum app_phase { APP_DATABASE, APP_TOPICS, APP_READY, APP_RUNNING, APP_ENDING };

struct app {
    uv_loop_t *loop;
    struct pp_app *app;
    struct pp_config *config;
    const struct pp_config_key *const *tables;
    struct pp_engine *e;
    enum app_phase phase;
    bool asking;
    char wait[400];
    int64_t said_ms, ending_ms;
    uv_timer_t look, tick;
    uv_signal_t term, intr;
    uv_work_t work;
    struct pp_err work_err;
    struct pp_http_server *ops;
    struct pp_turns *turns;
    struct pp_pg_pool *reads;
    struct pp_front_env front;
    bool front_up, started;
    int code, closing;
};

static char *role_of(const char *name, const char *tail) {
    static char text[2][96];
    static int at;
    at = !at;
    snprintf(text[at], sizeof text[at], "pp_%s%s", name, tail);
    return text[at];
}

static struct pp_pg_opts pg_opts(struct app *a, const char *role, const char *password_key) {
    return (struct pp_pg_opts){.conninfo = pp_config_str(a->config, "db"),
                               .user = role,
                               .password = pp_config_str(a->config, password_key),
                               .schema = a->app->name,
                               .app_name = a->app->name};
}

static int migrate(struct app *a) {
    struct pp_err err;
    int done;
    struct pp_pg_opts o = pg_opts(a, pp_config_str(a->config, "db-owner"), "db-owner-password-file");
    if (pp_migrate(&o, a->app->name, a->app->migrations, &done, &err) < 0) {
        pp_log_err(PP_LOG_ERROR, "not migrated", &err);
        return 1;
    }
    pp_log(PP_LOG_INFO, "migrated", "schema", PP_S(a->app->name), "new", PP_I(done), NULL);
    return 0;
}

/* ---- waiting at start ---- */

static void waiting(struct app *a, const char *what) {
    snprintf(a->wait, sizeof a->wait, "%s", what);
    int64_t now = pp_mono_ms();
    if (now - a->said_ms < APP_SAY_MS) return;
    a->said_ms = now;
    pp_log(PP_LOG_INFO, "waiting", "for", PP_S(what), NULL);
}

static void verify_work(uv_work_t *w) {
    struct app *a = w->data;
    struct pp_pg_sync_conn *c = NULL;
    struct pp_pg_opts o = pg_opts(a, role_of(a->app->name, ""), "db-password-file");
    a->work_err = (struct pp_err){0};
    if (pp_pg_sync_open(&o, &c, &a->work_err) < 0) return;
    if (pp_migrated(c, a->app->migrations, &a->work_err) == 0 && a->app->verify)
        a->app->verify(a->app->ops.user, c, &a->work_err);
    pp_pg_sync_close(c);
}

static void finish(struct app *a, int code);
static void on_look(uv_timer_t *t);

/* A step of the start is done: the next one at once, not at the next look. */
static void advance(struct app *a, enum app_phase to) {
    a->phase = to;
    uv_timer_start(&a->look, on_look, 0, APP_LOOK_MS);
}

static void verified(uv_work_t *w, int status) {
    struct app *a = w->data;
    (void)status;
    a->asking = false;
    if (a->phase != APP_DATABASE) return;
    if (a->work_err.kind == PP_ERR_NONE)
        advance(a, APP_TOPICS);
    else if (a->work_err.retriable) {
        char text[400];
        snprintf(text, sizeof text, "database: %s", a->work_err.msg);
        waiting(a, text);
    } else {
        pp_log_err(PP_LOG_ERROR, "the database does not fit this binary", &a->work_err);
        finish(a, 1);
    }
}

static void on_topics(void *user, const struct pp_err *err) {
    struct app *a = user;
    a->asking = false;
    if (a->phase != APP_TOPICS) return;
    if (!err)
        advance(a, APP_READY);
    else if (err->kind == PP_ERR_CONFLICT) {
        pp_log_err(PP_LOG_ERROR, "the broker does not fit this installation", err);
        finish(a, 1);
    } else {
        char text[400];
        snprintf(text, sizeof text, "broker: %s", err->msg);
        waiting(a, text);
    }
}

static void ask_topics(struct app *a) {
    struct pp_topic_need needs[24];
    int n = 0;
    for (int i = 0; i < a->e->ntopics; i++) needs[n++] = (struct pp_topic_need){a->app->topics[i], a->e->partitions};
    if (strcmp(a->app->topics[0], PP_TOPIC_LOG) != 0)
        needs[n++] = (struct pp_topic_need){PP_TOPIC_LOG, a->e->partitions};
    needs[n++] = (struct pp_topic_need){PP_TOPIC_DLQ, PP_DLQ_PARTITIONS};
    for (int i = 0; a->app->outputs && a->app->outputs[i] && n < 22; i++)
        needs[n++] = (struct pp_topic_need){a->app->outputs[i], a->e->partitions};
    needs[n++] = (struct pp_topic_need){PP_TOPIC_METRICS, a->e->partitions};
    needs[n++] = (struct pp_topic_need){PP_TOPIC_OPS, 0};
    pp_producer_warm(a->e->log_out, needs, n, on_topics, a);
    pp_producer_warm(a->e->public_out, needs, n, NULL, NULL);
}

static int start_front(struct app *a, struct pp_err *err);

static void on_look(uv_timer_t *t) {
    struct app *a = t->data;
    struct pp_err err;
    const char *what = "reference packs";
    if (a->phase == APP_RUNNING) {
        uv_timer_stop(t);
        return;
    }
    if (a->asking || a->phase == APP_ENDING) return;
    switch (a->phase) {
    case APP_DATABASE:
        a->asking = true;
        a->work.data = a;
        uv_queue_work(a->loop, &a->work, verify_work, verified);
        break;
    case APP_TOPICS:
        a->asking = true;
        ask_topics(a);
        break;
    case APP_READY:
        if (!a->started) {
            a->started = true;
            if (a->app->start && a->app->start(a->app->ops.user, a->e, &err) < 0) {
                pp_log_err(PP_LOG_ERROR, "not started", &err);
                finish(a, 1);
                break;
            }
        }
        if (!a->front_up && start_front(a, &err) < 0) {
            pp_log_err(PP_LOG_ERROR, "API not started", &err);
            finish(a, 1);
            break;
        }
        if (a->app->ready && !a->app->ready(a->app->ops.user, &what)) {
            waiting(a, what);
            break;
        }
        a->phase = APP_RUNNING;
        a->wait[0] = '\0';
        pp_log(PP_LOG_INFO, "started", "version", PP_S(PP_VERSION), "partitions", PP_I(a->e->partitions), NULL);
        engine_start(a->e);
        break;
    case APP_RUNNING:
    case APP_ENDING: break;
    }
}

/* ---- ops endpoints ---- */

static bool is_ready(void *user, const char **ret_wait) {
    struct app *a = user;
    *ret_wait = a->wait;
    if (a->phase == APP_RUNNING && pp_pg_up(a->e->pg) && a->e->own == OWN_SERVING) return true;
    /* More instances than partitions: one without is ready too. */
    if (a->phase == APP_RUNNING && pp_pg_up(a->e->pg) && a->e->own == OWN_NONE && a->e->idle) return true;
    if (a->phase == APP_RUNNING) *ret_wait = pp_pg_up(a->e->pg) ? "partitions" : "database";
    return false;
}

static void get_health(void *user, struct pp_request *r) {
    (void)user;
    pp_http_reply(r, 200, "text/plain", PP_STR("ok\n"));
}

static void get_ready(void *user, struct pp_request *r) {
    const char *wait;
    char text[500];
    bool ready = is_ready(user, &wait);
    snprintf(text, sizeof text, "%s%s\n", ready ? "ready" : "waiting for ", ready ? "" : wait);
    pp_http_reply(r, ready ? 200 : 503, "text/plain", pp_str_z(text));
}

static void get_metrics(void *user, struct pp_request *r) {
    struct app *a = user;
    struct pp_buf b;
    pp_buf_init(&b, (size_t)4 << 20);
    pp_metric_set("pp_loop_turn_longest_seconds", NULL, (double)pp_turns_longest_us(a->turns, true) / 1e6);
    pp_metrics_render(&b);
    pp_http_reply(r, 200, "text/plain; version=0.0.4", pp_buf_str(&b));
    pp_buf_free(&b);
}

static int start_ops(struct app *a, struct pp_err *err) {
    static struct pp_route routes[3];
    routes[0] = (struct pp_route){.method = "GET", .path = "/healthz", .open = true, .handler = get_health, .user = a};
    routes[1] = (struct pp_route){.method = "GET", .path = "/readyz", .open = true, .handler = get_ready, .user = a};
    routes[2] = (struct pp_route){.method = "GET", .path = "/metrics", .open = true, .handler = get_metrics, .user = a};
    if (pp_http_server_new(a->loop, "127.0.0.1", (int)pp_config_int(a->config, "ops-port"), NULL, &a->ops, err) < 0)
        return pp_err_wrap(err, "ops listener");
    pp_http_server_routes(a->ops, routes, 3);
    pp_log(PP_LOG_INFO, "ops endpoints", "port", PP_I(pp_http_server_port(a->ops)), NULL);
    return 0;
}

static const struct pp_service *front_of(const struct app *a) {
    const struct pp_service *s = a->app->svc ? a->app->svc : a->app->front;
    return s && (s->nqueries || s->ncommands) ? s : NULL;
}

static int start_front(struct app *a, struct pp_err *err) {
    a->front_up = true;
    if (!front_of(a)) return 0;
    struct pp_pg_opts o = pg_opts(a, role_of(a->app->name, "_read"), "db-read-password-file");
    if (pp_pg_pool_new(a->loop, &o, (int)pp_config_int(a->config, "read-connections"), &a->reads, err) < 0) return -1;
    a->front = (struct pp_front_env){.loop = a->loop,
                                     .config = a->config,
                                     .svc = front_of(a),
                                     .reads = a->reads,
                                     .commands = a->e->public_out,
                                     .partitions = a->e->partitions,
                                     .blobs = a->e->blobs,
                                     .ready = is_ready,
                                     .user = a};
    return pp_front_start(&a->front, err);
}

/* ---- the end ---- */

static void closed_one(void *user) {
    struct app *a = user;
    if (--a->closing == 0) uv_stop(a->loop);
}

static void front_stopped(void *user) {
    struct app *a = user;
    pp_pg_pool_close(a->reads);
    closed_one(a);
}

/* The engine let its partitions go (or is dead): close what talks to the outside. */
static void on_stopped(struct pp_engine *e, int code) { finish(e->owner, code); }

static void finish(struct app *a, int code) {
    if (a->phase == APP_ENDING && a->ending_ms == 0) return;
    a->phase = APP_ENDING;
    a->ending_ms = 0;
    a->code = code;
    if (code != 0) { /* nothing is waited for: the database holds all there is */
        uv_stop(a->loop);
        return;
    }
    a->closing = 2;
    take_clear(a->e);
    engine_free_batch(a->e);
    pp_producer_close(a->e->log_out, 100, closed_one, a);
    if (a->e->consumer) {
        a->closing++;
        pp_consumer_close(a->e->consumer, closed_one, a);
    }
    pp_producer_close(a->e->public_out, 1000, closed_one, a);
    if (a->app->stop) a->app->stop(a->app->ops.user);
    if (a->front_up && front_of(a)) {
        a->closing++;
        pp_front_stop(&a->front, front_stopped, a);
    }
}

static void on_signal(uv_signal_t *s, int no) {
    struct app *a = s->data;
    if (a->ending_ms) return;
    pp_log(PP_LOG_INFO, "stopping", "signal", PP_I(no), NULL);
    a->ending_ms = pp_mono_ms();
    if (a->phase == APP_RUNNING)
        engine_stop(a->e);
    else
        finish(a, 0);
}

static void on_tick(uv_timer_t *t) {
    struct app *a = t->data;
    if (a->ending_ms && pp_mono_ms() - a->ending_ms > APP_END_MS) _exit(a->code);
    if (a->phase != APP_RUNNING) return;
    upkeep_tick(a->e);
    engine_turn(a->e);
}

/* ---- main ---- */

static enum pp_log_level level_of(const char *z) {
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++)
        if (strcmp(z, names[i]) == 0) return (enum pp_log_level)i;
    return PP_LOG_INFO;
}

static int start(struct app *a, struct pp_err *err) {
    if (pp_turns_start(a->loop, &a->turns, err) < 0 || start_ops(a, err) < 0) return -1;
    if (engine_new(a->loop, a->app, a->config, &a->e, err) < 0) return -1;
    a->e->on_stopped = on_stopped;
    a->e->owner = a;
    if (jobs_new(a->e, err) < 0) return -1;
    uv_timer_init(a->loop, &a->look);
    uv_timer_init(a->loop, &a->tick);
    uv_signal_init(a->loop, &a->term);
    uv_signal_init(a->loop, &a->intr);
    a->look.data = a->tick.data = a->term.data = a->intr.data = a;
    uv_timer_start(&a->look, on_look, 0, APP_LOOK_MS);
    uv_timer_start(&a->tick, on_tick, APP_TICK_MS, APP_TICK_MS);
    uv_signal_start(&a->term, on_signal, SIGTERM);
    uv_signal_start(&a->intr, on_signal, SIGINT);
    return 0;
}

/* A batch takes and gives back the same blocks of memory some hundred times a second. As glibc comes, each block of
 * 64 KB given back sweeps all small ones together, and the top of the heap goes to the system and comes again as page
 * faults. */
static void tune_heap(void) {
    mallopt(M_MXFAST, 0);
    mallopt(M_MMAP_THRESHOLD, APP_HEAP_BLOCK);
    mallopt(M_TRIM_THRESHOLD, APP_HEAP_SPARE);
    mallopt(M_ARENA_MAX, APP_HEAPS);
}

int pp_app_main(struct pp_app *app, int argc, char **argv) {
    const struct pp_config_key *tables[] = {pp_config_common, app_keys, app->keys, NULL};
    struct app *a = calloc(1, sizeof *a);
    struct pp_err err = {0};
    char program[64];
    if (!a) return 1;
    tune_heap();
    a->app = app;
    a->tables = tables;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--version") != 0) continue;
        printf("priorpath %s %s\n", app->name, PP_VERSION);
        return 0;
    }
    snprintf(program, sizeof program, "%s", app->name);
    if (pp_config_load(program, tables, argc, argv, &a->config, &err) < 0) {
        fprintf(stderr, "%s: %s\n", program, err.msg);
        return 1;
    }
    pp_log_init(app->name, pp_config_str(a->config, "instance"), level_of(pp_config_str(a->config, "log-level")));
    if (pp_config_bool(a->config, "migrate")) return migrate(a);
    signal(SIGPIPE, SIG_IGN);
    const char *clock = pp_config_str(a->config, "clock-file");
    a->loop = uv_default_loop();
    if (pp_clock_init(clock[0] ? clock : NULL, &err) < 0 ||
        pp_kafka_settings(pp_config_str(a->config, "kafka-config"), &err) < 0 || start(a, &err) < 0) {
        pp_log_err(PP_LOG_ERROR, "not started", &err);
        return 1;
    }
    uv_run(a->loop, UV_RUN_DEFAULT);
    pp_log(PP_LOG_INFO, "ended", "code", PP_I(a->code), "inputs", PP_I(a->e->n_in), "batches", PP_I(a->e->n_batches),
           NULL);
    return a->code;
}
