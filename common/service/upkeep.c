/* What happens by the clock: due timers and jobs, inputs to be tried again, old rows, counters, heartbeat. */
#include "service/engine_int.h"
#include "service/held.h"
#include "service/recover.h"

#include "io/clock.h"
#include "io/log.h"
#include "io/metrics.h"

#include <stdio.h>
#include <stdlib.h>

#define UPKEEP_ASK_MS 250      /* one query for all due timers and jobs */
#define UPKEEP_TIMERS_EACH 50  /* due timers of one partition in one turn */
#define UPKEEP_PUBLISH_MS 1000 /* a series is published at most this often */
#define UPKEEP_HEARTBEAT_MS 5000
#define UPKEEP_CLEAN_MS 60000
#define UPKEEP_JOBS_KEEP_MS (7 * 24 * 60 * 60 * INT64_C(1000))
#define UPKEEP_SERIES_MAX 4096 /* counters of one instance; more are not published */

static const struct pp_pg_stmt statements[] = {
    {"timer_due",
     "select t.tenant, t.person, t.part, t.kind, t.ref, t.due from unnest($1::int[], $2::timestamptz[]) x(p, until) "
     "cross join lateral (select * from timer where part = x.p and due <= x.until order by due limit 50) t order by "
     "t.due"},
    {"parked_due", "select id, part, topic_no, src_offset, key, headers, value from parked where part = any($1::int[]) "
                   "and retry order by id limit 20"},
    {"clean_outbox",
     "delete from outbox o using shard s, unnest($1::int[], $2::int[], $3::bigint[]) x(part, epoch, rel) "
     "where s.part = x.part and s.epoch = x.epoch and o.part = x.part and o.batch_no <= x.rel and o.at < "
     "$4::timestamptz"},
    {"clean_jobs", "delete from job where part = any($1::int[]) and state = 'done' and first_at < $2::timestamptz"},
    {NULL, NULL}};

struct series {
    int part;
    char name[80], labels[200];
    int64_t value;
    bool dirty;
};

struct upkeep {
    int64_t asked_ms, published_ms, heartbeat_ms, cleaned_ms, lag_ms;
    bool soon;
    struct series *series;
    int nseries;
};

int upkeep_new(struct pp_engine *e, struct pp_err *err) {
    e->upkeep = calloc(1, sizeof *e->upkeep);
    if (!e->upkeep || !(e->upkeep->series = calloc(UPKEEP_SERIES_MAX, sizeof *e->upkeep->series)))
        return pp_err_set(err, PP_ERR_NOMEM, "upkeep");
    return 0;
}

void upkeep_free(struct pp_engine *e) {
    if (!e->upkeep) return;
    free(e->upkeep->series);
    free(e->upkeep);
    e->upkeep = NULL;
}

int upkeep_prepare(struct pp_engine *e, struct pp_err *err) {
    for (const struct pp_pg_stmt *s = statements; s->name; s++)
        if (pp_pg_prepare(e->pg, s->name, s->sql, err) < 0) return -1;
    return 0;
}

/* ---- due timers, jobs, parked inputs, held commands ---- */

void upkeep_soon(struct pp_engine *e) { e->upkeep->soon = true; }

bool upkeep_due(struct pp_engine *e) {
    /* What was asked for is still waiting: asking again would give it twice. */
    if (e->queued_timers > 0) return false;
    return recover_wants_timers(e) || e->upkeep->soon || pp_mono_ms() - e->upkeep->asked_ms >= UPKEEP_ASK_MS;
}

static void on_timers(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    for (int k = 0; r && k < pp_rows_n(r); k++) {
        /* While a partition catches up its timers go before what is queued: from behind, to stand in their order. */
        bool first = recover_any(e);
        int i = first ? pp_rows_n(r) - 1 - k : k;
        struct shard *sh = &e->shards[pp_rows_int(r, i, 2)];
        if (pp_rows_n(r) >= UPKEEP_TIMERS_EACH) recover_timer_at(sh, pp_rows_time(r, i, 5)); /* there may be more */
        if (recover_timer_later(sh, pp_rows_time(r, i, 5))) continue;
        struct pp_input *in = take_new(e);
        in->kind = PP_INPUT_TIMER;
        struct pp_str tenant = pp_rows_str(r, i, 0);
        in->copy = malloc((size_t)tenant.n + 1);
        if (!in->copy) abort();
        memcpy(in->copy, tenant.s, tenant.n);
        in->hdr.tenant = (struct pp_str){in->copy, tenant.n};
        in->hdr.person = pp_rows_uuid(r, i, 1);
        in->shard = (int)pp_rows_int(r, i, 2);
        in->code = (uint16_t)pp_rows_int(r, i, 3);
        in->ref = pp_rows_uuid(r, i, 4);
        in->due_ms = pp_rows_time(r, i, 5);
        if (first)
            take_push_front(e, in);
        else
            take_push(e, in);
    }
    if (r && pp_rows_n(r) >= UPKEEP_TIMERS_EACH) upkeep_soon(e);
}

static void on_parked(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    for (int i = 0; r && i < pp_rows_n(r); i++) {
        struct pp_input *in = take_copied(e, PP_INPUT_PARKED, pp_rows_str(r, i, 4), pp_rows_str(r, i, 5),
                                          pp_rows_str(r, i, 6), (int)pp_rows_int(r, i, 2));
        in->parked_id = pp_rows_int(r, i, 0);
        in->shard = (int)pp_rows_int(r, i, 1);
        in->offset = pp_rows_int(r, i, 3);
        take_push(e, in);
    }
}

static int owned_parts(struct pp_engine *e, struct pp_array *a) {
    pp_array_begin(a, PP_PG_INT4);
    for (int i = 0; i < e->partitions; i++)
        if (e->shards[i].owned) pp_array_i4(a, i);
    return (int)a->n;
}

void upkeep_ask(struct pp_engine *e, pp_pg_sync_cb *done) {
    int64_t now = pp_clock_now_ms();
    e->upkeep->asked_ms = pp_mono_ms();
    e->upkeep->soon = false;
    owned_parts(e, &e->arrays[0]);
    pp_array_begin(&e->arrays[1], PP_PG_TIMESTAMPTZ);
    for (int i = 0; i < e->partitions; i++)
        if (e->shards[i].owned) pp_array_time(&e->arrays[1], recover_timers_until(e, &e->shards[i], now));
    struct pp_str params[] = {pp_array_param(&e->arrays[0]), pp_array_param(&e->arrays[1])};
    pp_pg_exec(e->pg, "timer_due", params, 2, on_timers, e);
    pp_pg_exec(e->pg, "parked_due", params, 1, on_parked, e);
    held_ask(e);
    jobs_ask(e, pp_real_ms());
    pp_pg_sync(e->pg, done, e);
}

/* ---- counters ---- */

static struct series *series_of(struct upkeep *u, int part, struct pp_str name, struct pp_str labels) {
    for (int i = 0; i < u->nseries; i++)
        if (u->series[i].part == part && pp_str_eqz(name, u->series[i].name) && pp_str_eqz(labels, u->series[i].labels))
            return &u->series[i];
    if (u->nseries == UPKEEP_SERIES_MAX || name.n >= sizeof u->series->name || labels.n >= sizeof u->series->labels)
        return NULL;
    struct series *s = &u->series[u->nseries++];
    s->part = part;
    snprintf(s->name, sizeof s->name, "%.*s", PP_FMT(name));
    snprintf(s->labels, sizeof s->labels, "%.*s", PP_FMT(labels));
    return s;
}

void upkeep_metric_rows(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    for (int i = 0; r && i < pp_rows_n(r); i++) {
        struct series *s = series_of(e->upkeep, (int)pp_rows_int(r, i, 0), pp_rows_str(r, i, 1), pp_rows_str(r, i, 2));
        if (!s) continue;
        s->value = pp_rows_int(r, i, 3);
        s->dirty = true;
    }
}

static void publish_series(struct pp_engine *e, const struct series *s) {
    struct ev_metrics m = {.service = pp_str_z(e->app->name),
                           .name = pp_str_z(s->name),
                           .labels = pp_str_z(s->labels),
                           .shard = s->part,
                           .value = s->value,
                           .as_of = pp_clock_now_ms()};
    struct ev ev = ev_of_metrics(&m);
    struct pp_buf body;
    struct pp_err err;
    char key[320], id[360], time[25], source[64];
    pp_buf_init(&body, 4096);
    snprintf(key, sizeof key, "%s/%s/%s/%d", e->app->name, s->name, s->labels, s->part);
    snprintf(source, sizeof source, "/priorpath/%s/%d", e->app->name, s->part);
    snprintf(id, sizeof id, "%s/%lld", key, (long long)s->value);
    pp_time_text(m.as_of, time);
    struct pp_header h[] = {{PP_STR("ce_specversion"), PP_STR("1.0")},
                            {PP_STR("ce_id"), pp_str_z(id)},
                            {PP_STR("ce_type"), PP_STR("metrics")},
                            {PP_STR("ce_source"), pp_str_z(source)},
                            {PP_STR("ce_time"), pp_str_z(time)},
                            {PP_STR("ce_dataschema"), PP_STR("https://priorpath.dev/schemas/public/metrics.json")},
                            {PP_STR("content-type"), PP_STR("application/json")}};
    if (ev_encode(&ev, &body, &err) == 0) {
        struct pp_send send = {.topic = PP_TOPIC_METRICS,
                               .partition = s->part,
                               .key = pp_str_z(key),
                               .value = pp_buf_str(&body),
                               .headers = h,
                               .nheaders = (int)(sizeof h / sizeof *h)};
        pp_producer_send(e->public_out, &send, NULL, NULL, &err); /* cumulative: a lost one is made good by the next */
    } else {
        pp_log_err(PP_LOG_ERROR, "counter", &err);
    }
    pp_buf_free(&body);
}

static void publish_counters(struct pp_engine *e) {
    for (int i = 0; i < e->upkeep->nseries; i++) {
        struct series *s = &e->upkeep->series[i];
        if (!s->dirty || !e->shards[s->part].owned) continue;
        s->dirty = false;
        publish_series(e, s);
    }
}

/* ---- heartbeat and gauges ---- */

static int64_t lag_of(struct pp_engine *e) {
    int64_t lag = 0;
    for (int i = 0; i < e->partitions; i++)
        for (int t = 0; t < e->ntopics && e->shards[i].owned; t++) {
            int64_t high = pp_consumer_high(e->consumer, t, i);
            if (high > e->shards[i].next[t]) lag += high - e->shards[i].next[t];
        }
    return lag;
}

static void heartbeat(struct pp_engine *e) {
    struct pp_buf b;
    struct pp_err err;
    char key[96];
    int owned = 0, stopped = 0, unrelayed = 0;
    pp_buf_init(&b, 16384);
    snprintf(key, sizeof key, "%s-%s", e->app->name, e->instance);
    pp_buf_printf(&b, "{\"service\":\"%s\",\"instance\":\"%s\",\"at\":%lld,\"state\":\"%s\",\"partitions\":[",
                  e->app->name, e->instance, (long long)pp_real_ms(), own_name(e->own));
    for (int i = 0; i < e->partitions; i++) {
        if (!e->shards[i].owned) continue;
        pp_buf_printf(&b, "%s%d", owned++ ? "," : "", i);
        stopped += e->shards[i].stopped;
        unrelayed += (int)(e->shards[i].batch_no - e->shards[i].relayed);
    }
    int64_t lag = lag_of(e);
    pp_buf_printf(&b,
                  "],\"stopped\":%d,\"lag\":%lld,\"unrelayed_batches\":%d,\"inputs\":%lld,\"batches\":%lld,\"dead\":%"
                  "lld,\"jobs_open\":%d}",
                  stopped, (long long)lag, unrelayed, (long long)e->n_in, (long long)e->n_batches, (long long)e->n_dead,
                  e->jobs ? jobs_open(e) : 0);
    pp_metric_set("pp_partitions_owned", NULL, owned);
    pp_metric_set("pp_partitions_stopped", NULL, stopped);
    pp_metric_set("pp_lag_records", NULL, (double)lag);
    pp_metric_set("pp_outbox_unrelayed_batches", NULL, unrelayed);
    pp_metric_set("pp_output_inflight", NULL, e->log_inflight + e->public_inflight);
    struct pp_header h[] = {{PP_STR("ce_specversion"), PP_STR("1.0")},
                            {PP_STR("ce_type"), PP_STR("heartbeat")},
                            {PP_STR("content-type"), PP_STR("application/json")}};
    struct pp_send s = {.topic = PP_TOPIC_OPS,
                        .partition = 0,
                        .key = pp_str_z(key),
                        .value = pp_buf_str(&b),
                        .headers = h,
                        .nheaders = 3};
    pp_producer_send(e->public_out, &s, NULL, NULL, &err);
    pp_buf_free(&b);
}

void upkeep_commit_lag(struct pp_engine *e) {
    struct pp_offset o[1024 * PP_APP_TOPICS_MAX];
    int n = 0;
    for (int i = 0; i < e->partitions; i++)
        for (int t = 0; t < e->ntopics && e->shards[i].owned; t++)
            o[n++] = (struct pp_offset){t, i, e->shards[i].committed[t]};
    if (n) pp_consumer_commit(e->consumer, o, n);
}

static void on_cleaned(void *user, const struct pp_err *err) {
    (void)user;
    if (err) pp_log_err(PP_LOG_WARN, "old rows not removed", err);
}

static void clean(struct pp_engine *e) {
    struct pp_array *p = &e->arrays[0], *ep = &e->arrays[1], *rel = &e->arrays[2];
    char at[8];
    owned_parts(e, p);
    pp_array_begin(ep, PP_PG_INT4);
    pp_array_begin(rel, PP_PG_INT8);
    for (int i = 0; i < e->partitions; i++)
        if (e->shards[i].owned) {
            pp_array_i4(ep, e->shards[i].epoch);
            pp_array_i8(rel, e->shards[i].relayed);
        }
    struct pp_str params[] = {pp_array_param(p), pp_array_param(ep), pp_array_param(rel),
                              pp_pg_time(pp_real_ms() - ENGINE_OUTBOX_KEEP_MS, at)};
    pp_pg_exec(e->pg, "clean_outbox", params, 4, NULL, NULL);
    pp_pg_sync(e->pg, on_cleaned, e);
    struct pp_str jobs[] = {params[0], pp_pg_time(pp_real_ms() - UPKEEP_JOBS_KEEP_MS, at)};
    pp_pg_exec(e->pg, "clean_jobs", jobs, 2, NULL, NULL);
    pp_pg_sync(e->pg, on_cleaned, e);
}

static void send_watched(void *user, const struct pp_send *s) {
    struct pp_engine *e = user;
    struct pp_err err;
    if (pp_producer_send(e->public_out, s, NULL, NULL, &err) < 0)
        pp_log_err(PP_LOG_WARN, "snapshot after a takeover", &err);
}

void upkeep_tick(struct pp_engine *e) {
    struct upkeep *u = e->upkeep;
    int64_t now = pp_mono_ms();
    if (now - u->heartbeat_ms >= UPKEEP_HEARTBEAT_MS) {
        u->heartbeat_ms = now;
        heartbeat(e);
    }
    if (e->own != OWN_SERVING) return;
    if (now - u->published_ms >= UPKEEP_PUBLISH_MS) {
        u->published_ms = now;
        publish_counters(e);
    }
    pp_late_due(e->late, now, send_watched, e);
    if (now - u->lag_ms >= ENGINE_LAG_COMMIT_MS) {
        u->lag_ms = now;
        upkeep_commit_lag(e);
    }
    if (now - u->cleaned_ms >= UPKEEP_CLEAN_MS && e->cycle == CYCLE_IDLE && pp_pg_up(e->pg)) {
        u->cleaned_ms = now;
        clean(e);
    }
}
