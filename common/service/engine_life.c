/* Making, starting and stopping an engine, and what an app may ask of it. */
#include "service/engine_int.h"

#include "core/service.h"
#include "io/blob.h"
#include "io/clock.h"
#include "io/log.h"
#include "service/endpoints.h"
#include "service/recover.h"

#include <stdlib.h>

#define LINGER_MS 2             /* a batch's facts come at once */
#define PUBLIC_LINGER_MS 200    /* snapshots of some seven topics: few for each partition at a time */
#define PUBLIC_TIMEOUT_MS 30000 /* a frozen instance that wakes up later must not publish old snapshots */
#define STOP_FLUSH_MS 5000

/* ---- events from outside ---- */

static void on_pg(void *user, bool up, const struct pp_err *err) {
    struct pp_engine *e = user;
    if (up)
        pp_log(PP_LOG_INFO, "database connected", NULL);
    else
        pp_log_err(PP_LOG_WARN, "database away", err);
    if (up && !e->stopped) engine_turn(e);
}

static void on_ready(void *user) { engine_turn(user); }

static void on_consumer_error(void *user, const struct pp_err *err) {
    struct pp_engine *e = user;
    if (err->fatal) engine_fatal(e, "consumer", err);
    /* "Offset out of range": records we have not applied are gone. Never skip. */
    else if (strcmp(err->code, "_AUTO_OFFSET_RE") == 0 || strcmp(err->code, "OFFSET_OUT_OF_R") == 0)
        engine_fatal(e, "records that were not applied are no longer in the topic", err);
    else
        pp_log_err(PP_LOG_DEBUG, "consumer", err);
}

static void on_producer_error(void *user, const struct pp_err *err) {
    if (err->fatal)
        engine_fatal(user, "producer", err);
    else
        pp_log_err(PP_LOG_DEBUG, "producer", err);
}

static void step_pace(uv_timer_t *t) { engine_turn(t->data); }

static void on_pace(struct pp_engine *e, int64_t wait_ms) {
    if (!uv_is_active((uv_handle_t *)&e->pace_timer)) uv_timer_start(&e->pace_timer, step_pace, (uint64_t)wait_ms, 0);
}

/* ---- making ---- */

static int make_shards(struct pp_engine *e, struct pp_err *err) {
    size_t n = (size_t)e->partitions;
    e->shards = calloc(n, sizeof *e->shards);
    e->parts = calloc(n, sizeof *e->parts);
    e->tripwire = calloc(n * PP_APP_TOPICS_MAX, sizeof *e->tripwire);
    e->arrays = calloc(ENGINE_ARRAYS, sizeof *e->arrays);
    if (!e->shards || !e->parts || !e->tripwire || !e->arrays) return pp_err_set(err, PP_ERR_NOMEM, "partitions");
    for (int i = 0; i < ENGINE_ARRAYS; i++) pp_array_init(&e->arrays[i]);
    for (int i = 0; i < e->partitions; i++) {
        struct shard *sh = &e->shards[i];
        sh->e = e;
        sh->part = i;
        sh->try_offset = -1;
        pp_buf_init(&sh->pack, ENGINE_PACK_BYTES_MAX);
        if (!(sh->out_seq = calloc(n, sizeof *sh->out_seq))) return pp_err_set(err, PP_ERR_NOMEM, "partitions");
    }
    return 0;
}

static int make_clients(struct pp_engine *e, struct pp_err *err) {
    char role[96];
    const char *brokers = pp_config_str(e->config, "kafka-brokers");
    snprintf(role, sizeof role, "pp_%s", e->app->name);
    const struct pp_pg_opts pg = {.conninfo = pp_config_str(e->config, "db"),
                                  .user = role,
                                  .password = pp_config_str(e->config, "db-password-file"),
                                  .schema = e->app->name,
                                  .app_name = e->app->name,
                                  .state = on_pg,
                                  .user_data = e};
    const struct pp_producer_opts facts = {brokers, "facts", LINGER_MS, 0, on_ready, on_producer_error, e};
    const struct pp_producer_opts snapshots = {
        brokers, "snapshots", PUBLIC_LINGER_MS, PUBLIC_TIMEOUT_MS, on_ready, on_producer_error, e};
    if (pp_pg_new(e->loop, &pg, &e->pg, err) < 0) return -1;
    if (write_prepare(e, err) < 0 || upkeep_prepare(e, err) < 0 || jobs_prepare(e, err) < 0 ||
        recover_prepare(e, err) < 0)
        return -1;
    if (pp_producer_new(e->loop, &facts, &e->log_out, err) < 0) return -1;
    return pp_producer_new(e->loop, &snapshots, &e->public_out, err);
}

static int init(struct pp_engine *e, uv_loop_t *loop, const struct pp_app *app, const struct pp_config *config,
                struct pp_err *err) {
    e->loop = loop;
    e->app = app;
    e->config = config;
    e->instance = pp_config_str(config, "instance");
    e->partitions = (int)pp_config_int(config, "partitions");
    e->pace_ms = (int)pp_config_int(config, "commit-pace-ms");
    e->batch_max = (int)pp_config_int(config, "batch-max");
    if (e->partitions & (e->partitions - 1))
        return pp_err_set(err, PP_ERR_INVALID, "partitions: %d is no power of two", e->partitions);
    while (e->ntopics < PP_APP_TOPICS_MAX && app->topics[e->ntopics]) e->ntopics++;
    if (app->svc) {
        e->calls = app->svc->calls;
        e->ncalls = app->svc->ncalls;
        e->refs = app->refs;
        e->refs_user = app->ops.user;
    }
    pp_arena_init(&e->batch.arena, ENGINE_BATCH_BYTES_MAX);
    uv_idle_init(loop, &e->step);
    uv_timer_init(loop, &e->pace_timer);
    e->step.data = e->pace_timer.data = e;
    e->on_pace = on_pace;
    own_init(e);
    const char *dir = pp_config_str(config, "blob-dir");
    if (dir[0] && pp_blob_open(dir, pp_config_str(config, "blob-key-file"), &e->blobs, err) < 0) return -1;
    if (pp_endpoints_of_packs(config, &e->endpoints, err) < 0) return -1;
    if (!(e->late = pp_late_new())) return pp_err_set(err, PP_ERR_NOMEM, "engine");
    if (make_shards(e, err) < 0 || upkeep_new(e, err) < 0 || make_clients(e, err) < 0) return -1;
    return 0;
}

/* One for the life of the process: what it owns goes with it. */
int engine_new(uv_loop_t *loop, const struct pp_app *app, const struct pp_config *config, struct pp_engine **ret,
               struct pp_err *err) {
    struct pp_engine *e = calloc(1, sizeof *e);
    if (!e) return pp_err_set(err, PP_ERR_NOMEM, "engine");
    *ret = e;
    return init(e, loop, app, config, err);
}

/* ---- starting, stopping ---- */

void engine_start(struct pp_engine *e) {
    char group[80];
    struct pp_err err;
    snprintf(group, sizeof group, "pp-%s", e->app->name);
    struct pp_consumer_opts o = {.brokers = pp_config_str(e->config, "kafka-brokers"),
                                 .group = group,
                                 .instance = e->instance,
                                 .ntopics = e->ntopics,
                                 .session_timeout_ms = (int)pp_config_int(e->config, "session-timeout-ms"),
                                 .on_assign = own_on_assign,
                                 .on_revoke = own_on_revoke,
                                 .on_ready = on_ready,
                                 .on_error = on_consumer_error,
                                 .on_committed = own_on_committed,
                                 .user = e};
    for (int i = 0; i < e->ntopics; i++) o.topics[i] = e->app->topics[i];
    pp_pg_connect(e->pg);
    if (pp_consumer_new(e->loop, &o, &e->consumer, &err) < 0 || pp_consumer_subscribe(e->consumer, &err) < 0)
        engine_fatal(e, "consumer", &err);
}

static void release_when_flushed(uv_timer_t *t) {
    struct pp_engine *e = t->data;
    bool late = (int64_t)uv_now(e->loop) >= e->stop_deadline_ms;
    if (e->stopped || e->own == OWN_RELEASING) return;
    if (!late && (e->cycle != CYCLE_IDLE || e->own_busy || e->log_inflight + e->public_inflight > 0)) {
        uv_timer_start(&e->pace_timer, release_when_flushed, 10, 0);
        return;
    }
    if (e->own == OWN_SERVING && e->cycle == CYCLE_IDLE && pp_pg_up(e->pg)) {
        own_release_all(e);
        return;
    }
    e->stopped = true;
    e->on_stopped(e, 0);
}

void engine_stop(struct pp_engine *e) {
    e->stopping = true; /* an open batch ends, nothing new is taken */
    e->stop_deadline_ms = (int64_t)uv_now(e->loop) + STOP_FLUSH_MS;
    uv_timer_start(&e->pace_timer, release_when_flushed, 0, 0);
}

/* ---- for apps ---- */

uv_loop_t *pp_engine_loop(struct pp_engine *e) { return e->loop; }
const struct pp_config *pp_engine_config(const struct pp_engine *e) { return e->config; }
const char *pp_engine_instance(const struct pp_engine *e) { return e->instance; }
int pp_engine_partitions(const struct pp_engine *e) { return e->partitions; }
bool pp_engine_owns(const struct pp_engine *e, int part) {
    return part >= 0 && part < e->partitions && e->shards[part].owned;
}
struct pp_blob_store *pp_engine_blobs(struct pp_engine *e) {
    return e->blobs;
}
void pp_engine_kick(struct pp_engine *e) { engine_turn(e); }

struct pp_arena *pp_batch_arena(struct pp_batch *b) {
    return &b->arena;
}
int64_t pp_batch_now(const struct pp_batch *b) { return b->now_ms; }
int pp_batch_size(const struct pp_batch *b) { return b->napply; }

struct pp_input *pp_batch_next(struct pp_batch *b, struct pp_input *prev) {
    struct pp_input *in = prev ? prev->next : b->first;
    while (in && in->skip) in = in->next;
    return in;
}

void pp_batch_select(struct pp_batch *b, const char *stmt, const struct pp_str *params, int n, pp_pg_rows_cb *cb,
                     void *user) {
    pp_pg_exec(b->e->pg, stmt, params, n, cb, user);
}

void pp_batch_write(struct pp_batch *b, const char *stmt, const struct pp_str *params, int n, pp_pg_rows_cb *cb,
                    void *user) {
    pp_pg_exec(b->e->pg, stmt, params, n, cb, user);
}
