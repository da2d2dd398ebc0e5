/* Partitions come and go. One step at a time, and none while a batch is open.
 *
 *   NONE -> WAITING (assigned) -> TRIPWIRE -> TAKING -> REPUBLISHING -> SERVING
 *   any  -> WAITING  after a failure: everything in memory is thrown away and read again (engine_reset)
 *   any  -> RELEASING -> NONE when the group takes the partitions back
 */
#include "service/engine_int.h"
#include "service/recover.h"

#include "io/clock.h"
#include "io/log.h"
#include "io/metrics.h"

#include <endian.h>
#include <stdlib.h>

const char *own_name(enum owning o) {
    static const char *const names[OWN_COUNT] = {"none",         "waiting", "tripwire", "taking",
                                                 "republishing", "serving", "releasing"};
    return names[o];
}

void own_set(struct pp_engine *e, enum owning to) {
    if (e->own == to) return;
    pp_log(PP_LOG_DEBUG, "ownership", "from", PP_S(own_name(e->own)), "to", PP_S(own_name(to)), "partitions",
           PP_I(e->nparts), NULL);
    e->own = to;
}

static void retry_later(struct pp_engine *e);
static void timer_step(uv_timer_t *t);

/* ---- what the group says ---- */

void own_on_assign(void *user, const int *parts, int n) {
    struct pp_engine *e = user;
    memcpy(e->parts, parts, sizeof *parts * (size_t)n);
    e->nparts = n;
    e->idle = n == 0;
    e->assign_pending = true;
    own_step(e);
}

void own_on_revoke(void *user, bool lost) {
    struct pp_engine *e = user;
    e->revoke_pending = true;
    e->revoke_lost = lost;
    own_step(e);
}

/* ---- forgetting and releasing ---- */

static void forget(struct pp_engine *e) {
    int parts[1024], n = 0;
    for (int i = 0; i < e->partitions; i++) {
        struct shard *sh = &e->shards[i];
        if (sh->owned) parts[n++] = i;
        sh->owned = false;
        sh->stopped = false;
        relays_forget(sh);
        recover_forget(sh);
        pp_seen_free(&sh->seen);
    }
    take_clear(e);
    if (n && e->app->ops.ownership) e->app->ops.ownership(e->app->ops.user, parts, n, false);
    jobs_ownership(e);
}

static void unassign(struct pp_engine *e) {
    struct pp_err err;
    forget(e);
    e->revoke_pending = e->resetting = false;
    e->nparts = 0;
    own_set(e, OWN_NONE);
    if (pp_consumer_unassign(e->consumer, &err) < 0) pp_log_err(PP_LOG_WARN, "unassign", &err);
}

static void on_released(void *user, const struct pp_err *err) {
    struct pp_engine *e = user;
    if (e->stopped) return;
    if (err) pp_log_err(PP_LOG_WARN, "partitions not released in order", err);
    if (e->stopping) {
        forget(e);
        own_set(e, OWN_NONE);
        e->on_stopped(e, 0);
        return;
    }
    unassign(e);
    engine_turn(e);
}

/* A clean release: the next owner needs no care. Also saves what is known to be on the broker. */
void own_release_all(struct pp_engine *e) {
    struct pp_array *p = &e->arrays[0], *ep = &e->arrays[1], *rel = &e->arrays[2];
    pp_array_begin(p, PP_PG_INT4);
    pp_array_begin(ep, PP_PG_INT4);
    pp_array_begin(rel, PP_PG_INT8);
    for (int i = 0; i < e->partitions; i++)
        if (e->shards[i].owned) {
            pp_array_i4(p, i);
            pp_array_i4(ep, e->shards[i].epoch);
            pp_array_i8(rel, e->shards[i].relayed);
        }
    own_set(e, OWN_RELEASING);
    upkeep_commit_lag(e);
    struct pp_str params[] = {pp_array_param(p), pp_array_param(ep), pp_array_param(rel)};
    pp_pg_exec(e->pg, "release", params, 3, NULL, NULL);
    pp_pg_sync(e->pg, on_released, e);
}

/* ---- taking over ---- */

void own_on_committed(void *user, const struct pp_offset *o, int n, const struct pp_err *err) {
    struct pp_engine *e = user;
    if (e->own != OWN_TRIPWIRE || e->stopped) return;
    e->own_busy = false;
    if (err) {
        pp_log_err(PP_LOG_WARN, "committed offsets of the group are not known yet", err);
        retry_later(e);
        return;
    }
    for (int i = 0; i < e->partitions * PP_APP_TOPICS_MAX; i++) e->tripwire[i] = -1;
    for (int i = 0; i < n; i++)
        if (o[i].topic >= 0 && o[i].partition < e->partitions)
            e->tripwire[o[i].partition * PP_APP_TOPICS_MAX + o[i].topic] = o[i].offset;
    own_set(e, OWN_TAKING);
    own_step(e);
}

static void ask_tripwire(struct pp_engine *e) {
    struct pp_offset o[1024 * PP_APP_TOPICS_MAX];
    struct pp_err err;
    int n = 0;
    for (int i = 0; i < e->nparts; i++)
        for (int t = 0; t < e->ntopics; t++) o[n++] = (struct pp_offset){t, e->parts[i], -1};
    own_set(e, OWN_TRIPWIRE);
    e->own_busy = true;
    if (pp_consumer_committed(e->consumer, o, n, &err) < 0) {
        pp_log_err(PP_LOG_WARN, "committed offsets", &err);
        e->own_busy = false;
        retry_later(e);
    }
}

/* What this process itself saw committed is a tripwire as well. */
static void remember(struct pp_engine *e, int part, int topic, int64_t offset) {
    int64_t *known = &e->tripwire[part * PP_APP_TOPICS_MAX + topic];
    if (*known < offset) *known = offset;
}

static void on_clean(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    for (int i = 0; r && i < pp_rows_n(r); i++) e->shards[pp_rows_int(r, i, 0)].clean = pp_rows_bool(r, i, 1);
}

static void on_shards(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    for (int i = 0; r && i < pp_rows_n(r); i++) {
        struct shard *sh = &e->shards[pp_rows_int(r, i, 0)];
        pp_seen_free(&sh->seen);
        sh->epoch = (int)pp_rows_int(r, i, 1);
        for (int t = 0; t < PP_APP_TOPICS_MAX; t++) {
            int64_t next = pp_rows_int(r, i, 2 + t);
            if (e->resetting && sh->committed[t] > next) remember(e, sh->part, t, sh->committed[t]);
            sh->next[t] = sh->committed[t] = next;
        }
        sh->batch_no = pp_rows_int(r, i, 4);
        sh->relayed = sh->relayed_saved = pp_rows_int(r, i, 5);
        sh->incarnation = (uint32_t)pp_rows_int(r, i, 6);
        struct pp_str seqs = pp_rows_str(r, i, 7);
        memset(sh->out_seq, 0, sizeof *sh->out_seq * (size_t)e->partitions);
        for (int d = 0; d < e->partitions && (uint32_t)(d + 1) * 8 <= seqs.n; d++) {
            uint64_t be;
            memcpy(&be, seqs.s + 8 * d, 8);
            sh->out_seq[d] = be64toh(be);
        }
        sh->try_topic = (int)pp_rows_int(r, i, 8);
        sh->try_offset = pp_rows_int(r, i, 9);
        sh->try_count = (int)pp_rows_int(r, i, 10);
        /* A restart of the connection by the same process is no crash of the decider. */
        sh->flight = (int)pp_rows_int(r, i, 11);
        if (!sh->clean && !e->resetting) sh->careful = sh->flight;
        if (!e->resetting) sh->tried = false;
        sh->dirty = sh->stopped = false;
        pp_log(PP_LOG_INFO, "partition taken", "partition", PP_I(sh->part), "epoch", PP_I(sh->epoch), "next",
               PP_I(sh->next[0]), "clean", PP_I(sh->clean), "careful", PP_I(sh->careful), "unrelayed",
               PP_I(sh->batch_no - sh->relayed), NULL);
    }
}

static void on_dedup(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    for (int i = 0; r && i < pp_rows_n(r); i++) {
        struct pp_rid id = {(uint16_t)pp_rows_int(r, i, 1), (uint16_t)pp_rows_int(r, i, 2),
                            (uint32_t)pp_rows_int(r, i, 3), 0, (uint64_t)pp_rows_int(r, i, 4)};
        if (!pp_seen_set(&e->shards[pp_rows_int(r, i, 0)].seen, &id, false)) abort();
    }
}

/* Kafka knows of a later offset than the database: the database went back in time (a restore, a lost standby). Going on
 * would give old sequence numbers to new facts. */
static bool went_back(struct pp_engine *e) {
    for (int i = 0; i < e->nparts; i++)
        for (int t = 0; t < e->ntopics; t++) {
            struct shard *sh = &e->shards[e->parts[i]];
            int64_t known = e->tripwire[sh->part * PP_APP_TOPICS_MAX + t];
            if (known <= sh->next[t] || recover_covers(sh, t, known)) continue;
            struct pp_err err;
            pp_err_set(
                &err, PP_ERR_CONFLICT,
                "partition %d of %s was applied up to offset %lld, the database knows only %lld: it went back in "
                "time. docs/recovery.md; priorpath recover %s",
                sh->part, e->app->topics[t], (long long)known, (long long)sh->next[t], e->app->name);
            engine_fatal(e, "refusing to go on", &err);
            return true;
        }
    return false;
}

static void on_taken(void *user, const struct pp_err *err) {
    struct pp_engine *e = user;
    if (e->stopped || e->own != OWN_TAKING) return;
    e->own_busy = false;
    if (err) {
        pp_log_err(PP_LOG_WARN, "partitions not taken", err);
        retry_later(e);
        return;
    }
    if (went_back(e)) return;
    e->republish_at = 0;
    e->republish_after = -1;
    own_set(e, OWN_REPUBLISHING);
    own_step(e);
}

static void take(struct pp_engine *e) {
    struct pp_array *p = &e->arrays[0];
    char now[8];
    pp_array_begin(p, PP_PG_INT4);
    for (int i = 0; i < e->nparts; i++) {
        pp_array_i4(p, e->parts[i]);
        relays_forget(&e->shards[e->parts[i]]);
        e->shards[e->parts[i]].clean = true; /* a row that is not there yet */
    }
    char zeros[8 * 1024] = {0};
    struct pp_str parts = pp_array_param(p);
    struct pp_str params[] = {
        parts, pp_str_z(e->instance), pp_pg_time(pp_real_ms(), now), {zeros, (uint32_t)(8 * e->partitions)}};
    pp_pg_exec(e->pg, "takeover_clean", &parts, 1, on_clean, e);
    pp_pg_exec(e->pg, "takeover", params, 4, on_shards, e);
    pp_pg_exec(e->pg, "takeover_dedup", &parts, 1, on_dedup, e);
    pp_pg_exec(e->pg, "takeover_jobs", &parts, 1, NULL, NULL);
    recover_ask(e, &parts);
    e->own_busy = true;
    pp_pg_sync(e->pg, on_taken, e);
}

/* ---- republication ---- */

static void serve(struct pp_engine *e) {
    struct pp_offset o[1024 * PP_APP_TOPICS_MAX];
    struct pp_err err;
    int n = 0;
    for (int i = 0; i < e->nparts; i++) {
        e->shards[e->parts[i]].owned = true;
        for (int t = 0; t < e->ntopics; t++)
            o[n++] = (struct pp_offset){t, e->parts[i], e->shards[e->parts[i]].next[t]};
    }
    if (pp_consumer_assign(e->consumer, o, n, &err) < 0) {
        pp_log_err(PP_LOG_WARN, "assign", &err);
        retry_later(e);
        return;
    }
    e->resetting = false;
    e->last_rate_ms = pp_mono_ms();
    own_set(e, OWN_SERVING);
    if (e->app->ops.ownership) e->app->ops.ownership(e->app->ops.user, e->parts, e->nparts, true);
    jobs_ownership(e);
    upkeep_soon(e);
    engine_turn(e);
}

static void on_outbox(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    if (!r || e->own != OWN_REPUBLISHING || e->stopped) return;
    struct shard *sh = &e->shards[e->parts[e->republish_at]];
    for (int i = 0; i < pp_rows_n(r); i++) {
        struct pp_err err;
        if (publish_packed(e, sh, pp_rows_str(r, i, 1), pp_rows_int(r, i, 0), true, &err) < 0) {
            engine_fatal(e, "an outbox row cannot be published", &err);
            return;
        }
        e->republish_after = pp_rows_int(r, i, 0);
    }
    if (pp_rows_n(r) < ENGINE_REPUBLISH_ROWS) {
        if (e->republish_after >= 0)
            pp_log(PP_LOG_INFO, "outbox published again", "partition", PP_I(sh->part), "up to",
                   PP_I(e->republish_after), NULL);
        e->republish_at++;
        e->republish_after = -1;
    }
}

static void on_outbox_done(void *user, const struct pp_err *err) {
    struct pp_engine *e = user;
    if (e->stopped || e->own != OWN_REPUBLISHING) return;
    e->own_busy = false;
    if (err) {
        pp_log_err(PP_LOG_WARN, "outbox not read", err);
        retry_later(e);
        return;
    }
    own_step(e);
}

static void republish(struct pp_engine *e) {
    while (e->republish_at < e->nparts && e->republish_after < 0) {
        struct shard *sh = &e->shards[e->parts[e->republish_at]];
        if (sh->relayed < sh->batch_no) break;
        e->republish_at++;
    }
    if (e->republish_at >= e->nparts) {
        serve(e);
        return;
    }
    if (e->log_inflight + e->public_inflight > ENGINE_INFLIGHT_MAX) {
        uv_timer_start(&e->own_timer, timer_step, 20, 0);
        return;
    }
    struct shard *sh = &e->shards[e->parts[e->republish_at]];
    char part[8], after[8];
    struct pp_str params[] = {pp_pg_i4(sh->part, part),
                              pp_pg_i8(e->republish_after < 0 ? sh->relayed : e->republish_after, after)};
    pp_pg_exec(e->pg, "outbox_read", params, 2, on_outbox, e);
    e->own_busy = true;
    pp_pg_sync(e->pg, on_outbox_done, e);
}

/* ---- steps ---- */

static void timer_step(uv_timer_t *t) { own_step(t->data); }

static void retry_later(struct pp_engine *e) {
    own_set(e, OWN_WAITING);
    uv_timer_start(&e->own_timer, timer_step, (uint64_t)e->backoff_ms, 0);
    e->backoff_ms = e->backoff_ms * 2 > ENGINE_BACKOFF_MAX_MS ? ENGINE_BACKOFF_MAX_MS : e->backoff_ms * 2;
}

void own_init(struct pp_engine *e) {
    uv_timer_init(e->loop, &e->own_timer);
    e->own_timer.data = e;
    e->backoff_ms = ENGINE_BACKOFF_FIRST_MS;
}

void own_step(struct pp_engine *e) {
    if (e->stopped || e->own_busy || e->cycle != CYCLE_IDLE || e->own == OWN_RELEASING) return;
    if (e->revoke_pending) {
        bool owns = e->own == OWN_SERVING;
        if (owns && !e->revoke_lost && pp_pg_up(e->pg))
            own_release_all(e);
        else
            unassign(e);
        return;
    }
    if (e->assign_pending) {
        e->assign_pending = false;
        e->resetting = false;
        uv_timer_stop(&e->own_timer);
        own_set(e, OWN_WAITING);
    } else if (e->resetting && e->own == OWN_SERVING) {
        struct pp_err err;
        for (int i = 0; i < e->partitions; i++) e->shards[i].owned = false;
        jobs_ownership(e);
        if (pp_consumer_unassign(e->consumer, &err) < 0) pp_log_err(PP_LOG_WARN, "unassign", &err);
        retry_later(e);
        return;
    }
    if (e->stopping) return;
    switch (e->own) {
    case OWN_WAITING:
        if (uv_is_active((uv_handle_t *)&e->own_timer)) return;
        if (e->nparts == 0) { /* more instances than partitions */
            struct pp_err err;
            if (pp_consumer_assign(e->consumer, NULL, 0, &err) < 0) pp_log_err(PP_LOG_WARN, "assign", &err);
            own_set(e, OWN_NONE);
        } else if (pp_pg_up(e->pg)) {
            ask_tripwire(e);
        }
        break;
    case OWN_TAKING: take(e); break;
    case OWN_REPUBLISHING: republish(e); break;
    case OWN_NONE:
    case OWN_TRIPWIRE:
    case OWN_SERVING:
    case OWN_RELEASING:
    case OWN_COUNT: break;
    }
}
