/* The cycle of a batch. docs/runtime.md draws it. */
#include "service/engine_int.h"
#include "service/held.h"
#include "service/pace.h"
#include "service/recover.h"

#include "io/clock.h"
#include "io/log.h"
#include "io/metrics.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- steps in turns of their own ---- */

static void run_step(uv_idle_t *h) {
    struct pp_engine *e = h->data;
    uv_idle_stop(h);
    void (*fn)(struct pp_engine *) = e->step_fn;
    e->step_fn = NULL;
    if (fn && !e->stopped) fn(e);
}

void engine_step(struct pp_engine *e, void (*fn)(struct pp_engine *)) {
    e->step_fn = fn;
    uv_idle_start(&e->step, run_step);
}

/* ---- ends ---- */

void engine_fatal(struct pp_engine *e, const char *what, const struct pp_err *err) {
    if (e->stopped) return;
    pp_log_err(PP_LOG_ERROR, what, err);
    e->failed = true;
    e->stopped = true;
    e->on_stopped(e, 3);
}

void engine_free_batch(struct pp_engine *e) {
    struct pp_input *in = e->batch.first;
    while (in) {
        struct pp_input *next = in->next;
        take_free(e, in);
        in = next;
    }
    e->batch.first = e->batch.last = NULL;
    e->batch.n = e->batch.napply = 0;
}

void engine_reset(struct pp_engine *e, const char *why, const struct pp_err *err) {
    if (e->stopped) return;
    if (err && strcmp(err->code, "PP001") == 0) {
        engine_fatal(e, "fenced: another instance owns a partition", err);
        return;
    }
    if (err && strcmp(err->code, "42804") == 0) { /* rows are sent as the type that was found at start */
        engine_fatal(e, "a table has changed since this process started", err);
        return;
    }
    pp_log_err(PP_LOG_WARN, why, err);
    pp_metric_add("pp_engine_resets_total", NULL, 1);
    if (e->cycle != CYCLE_IDLE) {
        if (e->app->ops.abandoned) e->app->ops.abandoned(e->app->ops.user, &e->batch);
        jobs_abandoned(e);
    }
    engine_free_batch(e);
    take_clear(e);
    e->cycle = CYCLE_IDLE;
    e->ticket++;
    e->step_fn = NULL;
    e->resetting = e->own == OWN_SERVING || e->resetting;
    own_step(e);
}

/* ---- commit and after ---- */

static void measure(struct pp_engine *e) {
    int64_t now = pp_mono_ms();
    e->rate_inputs += e->batch.napply;
    if (now - e->last_rate_ms >= 200) {
        e->rate = pp_pace_rate(e->rate, e->rate_inputs, now - e->last_rate_ms);
        e->load = pp_pace_rate(e->load, e->rate_read, now - e->last_rate_ms);
        e->rate_inputs = e->rate_read = 0;
        e->last_rate_ms = now;
        double gap = e->load < ENGINE_PACED_RATE ? 0 : ENGINE_FETCH_GAP_MS * pp_pace_stretch(e->load);
        pp_consumer_pace(e->consumer, (int)gap);
    }
    e->last_commit_ms = now;
    e->took_ms = now - e->begun_ms;
}

void engine_committed(struct pp_engine *e) {
    e->n_batches++;
    e->lost_races = 0;
    e->n_in += e->batch.napply;
    measure(e);
    for (int i = 0; i < e->partitions; i++) {
        struct shard *sh = &e->shards[i];
        if (!sh->in_batch) continue;
        memcpy(sh->committed, sh->next, sizeof sh->committed);
        sh->flight = engine_next_flight(sh);
        sh->dirty = false;
        sh->tried = false;
        for (size_t k = 0; k < sh->seen.cap; k++) sh->seen.slots[k].dirty = false;
    }
    publish_batch(e);
    recover_committed(e);
    if (e->app->ops.committed) e->app->ops.committed(e->app->ops.user, &e->batch);
    jobs_committed(e);
    take_drop_moved(e);
    if (e->careful_batches > 0) e->careful_batches--;
    engine_free_batch(e);
    e->backoff_ms = ENGINE_BACKOFF_FIRST_MS;
    e->cycle = CYCLE_IDLE;
    engine_turn(e);
}

/* An error of the data (class 22, 23 but not a lost race, 54: limits) comes again with the same input: find it by doing
 * one input at a time, and let the one go that the database refuses. */
static bool data_error(const struct pp_err *err) {
    return err && (strncmp(err->code, "22", 2) == 0 || strncmp(err->code, "54", 2) == 0 ||
                   (strncmp(err->code, "23", 2) == 0 && strcmp(err->code, "23505") != 0));
}

static void condemn(struct pp_engine *e, const struct pp_input *in, const struct pp_err *err) {
    struct shard *sh = &e->shards[in->shard];
    sh->poison_kind = in->kind;
    sh->poison_topic = in->topic;
    sh->poison_offset = in->offset;
    sh->poison_person = in->hdr.person;
    sh->poison_ref = in->ref;
    snprintf(sh->poison_why, sizeof sh->poison_why, "%s", err->msg);
    sh->poisoned = true;
    pp_log_err(PP_LOG_ERROR, "what one input leads to cannot be stored: it is let go", err);
}

static void blame(struct pp_engine *e, const struct pp_err *err) {
    struct pp_input *only = NULL;
    for (struct pp_input *in = e->batch.first; in; in = in->next)
        if (!in->skip) only = in;
    if (e->batch.napply > 1 || !only) {
        e->careful_batches = ENGINE_BATCH_INPUTS_MAX;
        return;
    }
    condemn(e, only, err);
}

static void on_commit(void *user, const struct pp_err *err) {
    struct pp_engine *e = user;
    if (e->stopped || e->cycle != CYCLE_COMMITTING) return;
    if (!err) {
        engine_committed(e);
        return;
    }
    /* Who loses a race again and again has lost none: the row is there, and the input must go. */
    bool taken = err->kind == PP_ERR_DB && strcmp(err->code, "23505") == 0 && ++e->lost_races > ENGINE_LOST_RACES_MAX;
    if (taken || data_error(err)) blame(e, err);
    engine_reset(e, "batch not committed", err);
}

static void commit(struct pp_engine *e) {
    struct pp_batch *b = &e->batch;
    struct pp_err err = {0};
    e->cycle = CYCLE_COMMITTING;
    jobs_mark(e);
    write_batch(e); /* the fence comes first */
    if (e->app->ops.finish && b->napply > 0 && e->app->ops.finish(e->app->ops.user, b, &err) < 0) {
        pp_pg_reset(e->pg, "batch given up"); /* nothing of the segment may be committed */
        engine_reset(e, "batch not finished", &err);
        return;
    }
    pp_pg_sync(e->pg, on_commit, e);
}

/* ---- apply ---- */

/* An input whose outcome cannot be stored, or that ended three processes. 1: neither. A timer that is let go is gone;
 * an answer of a call comes again, later. */
static int dead_unread(struct pp_engine *e, struct pp_batch *b, struct pp_input *in, struct pp_err *err) {
    struct shard *sh = &e->shards[in->shard];
    if (sh->poisoned && sh->poison_kind == in->kind && sh->poison_offset == in->offset &&
        sh->poison_topic == in->topic && pp_uuid_eq(sh->poison_person, in->hdr.person) &&
        pp_uuid_eq(sh->poison_ref, in->ref)) {
        sh->poisoned = false;
        if (in->kind == PP_INPUT_PARKED && effects_unparked(b, in->parked_id) < 0)
            return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch");
        if (in->kind == PP_INPUT_HELD) held_take(b, in);
        if (in->kind == PP_INPUT_RECORD || in->kind == PP_INPUT_PARKED || in->kind == PP_INPUT_HELD)
            return pp_batch_dead(b, in, "store", sh->poison_why, err) < 0 ? -1 : 0;
        if (in->kind == PP_INPUT_TIMER)
            return effects_timer_set(b, in->shard, in->hdr.tenant, in->hdr.person, in->code, in->ref, 0);
        return 1;
    }
    if (in->kind != PP_INPUT_RECORD) return 1;
    if (sh->try_offset == in->offset && sh->try_topic == in->topic && sh->try_count >= ENGINE_ATTEMPTS_MAX)
        return pp_batch_dead(b, in, "crash", "the process ended at this record each time it was tried", err) < 0 ? -1
                                                                                                                 : 0;
    return 1;
}

static int apply_one(struct pp_engine *e, struct pp_input *in, struct pp_err *err) {
    struct pp_batch *b = &e->batch;
    int dead = dead_unread(e, b, in, err);
    if (dead <= 0) return dead;
    if (in->kind == PP_INPUT_TIMER) { /* moved or taken away earlier in this batch: it does not fire */
        if (effects_timer_find(b, in->hdr.person, in->code, in->ref)) return 0;
        if (effects_timer_set(b, in->shard, in->hdr.tenant, in->hdr.person, in->code, in->ref, 0) < 0)
            return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch");
    }
    int rc = in->kind == PP_INPUT_CALL ? jobs_apply(e, b, in, err) : e->app->ops.apply(e->app->ops.user, b, in, err);
    bool bytes = in->kind == PP_INPUT_RECORD || in->kind == PP_INPUT_PARKED || in->kind == PP_INPUT_HELD;
    if (rc < 0 && err->kind == PP_ERR_INVALID && bytes) {
        struct pp_err why = *err;
        rc = pp_batch_dead(b, in, "undecodable", why.msg, err);
    }
    if (rc == 0 && in->kind == PP_INPUT_PARKED && !in->parked) rc = effects_unparked(b, in->parked_id);
    return rc;
}

/* Inputs that were not reached go back to the front, in order. */
static void put_back(struct pp_engine *e, struct pp_input *from) {
    struct pp_batch *b = &e->batch;
    struct pp_input *prev = NULL, *in = b->first;
    while (in && in != from) {
        prev = in;
        in = in->next;
    }
    if (prev)
        prev->next = NULL;
    else
        b->first = NULL;
    b->last = prev;
    struct pp_input *rev = NULL;
    while (in) {
        struct pp_input *next = in->next;
        in->next = rev;
        rev = in;
        in = next;
    }
    while (rev) {
        struct pp_input *next = rev->next;
        rev->app = NULL;
        b->n--;
        take_push_front(e, rev);
        rev = next;
    }
}

static void apply(struct pp_engine *e) {
    struct pp_batch *b = &e->batch;
    int64_t start = pp_thread_cpu_us();
    int64_t now_ms = b->now_ms;
    struct pp_err err = {0};
    b->napply = 0;
    for (struct pp_input *in = b->first; in; in = in->next) {
        if ((b->napply > 0 && pp_thread_cpu_us() - start > ENGINE_BATCH_WORK_US) ||
            (b->one_by_one && b->napply > 0 && !in->skip) || (b->napply > 0 && !recover_fits(e, in))) {
            put_back(e, in);
            break;
        }
        if (!take_advance(e, in)) {
            in->skip = true;
            continue;
        }
        e->shards[in->shard].in_batch = true;
        b->now_ms = recover_replays(&e->shards[in->shard], in) ? recover_now(e, in, now_ms) : now_ms;
        int rc = apply_one(e, in, &err);
        if (rc < 0 && err.kind == PP_ERR_LIMIT) {
            /* Memory ran out in the middle of an input: what it did is half done, so all is taken again, smaller; an
             * input that is too large by itself is let go. */
            if (b->napply > 0)
                e->batch_max = b->napply / 2 > 1 ? b->napply / 2 : 1;
            else
                condemn(e, in, &err);
        }
        if (rc < 0) {
            engine_reset(e, "batch not applied", &err);
            return;
        }
        b->napply++;
        recover_applied(b, in);
        struct shard *sh = &e->shards[in->shard];
        if (sh->careful > 0 && in->kind == PP_INPUT_RECORD) sh->careful--;
    }
    if (b->napply > 0) {
        double cost = (double)(pp_thread_cpu_us() - start) / b->napply;
        e->cost_us = e->cost_us > 0 ? e->cost_us * 0.8 + cost * 0.2 : cost;
        if (e->batch_max < ENGINE_BATCH_INPUTS_MAX && b->napply == e->batch_max) e->batch_max++;
    }
    engine_step(e, commit);
}

static void on_loaded(void *user, const struct pp_err *err) {
    struct pp_engine *e = user;
    if (e->stopped || e->cycle != CYCLE_LOADING) return;
    if (err || e->batch.err.kind != PP_ERR_NONE) {
        engine_reset(e, "batch not loaded", err ? err : &e->batch.err);
        return;
    }
    e->cycle = CYCLE_APPLYING;
    engine_step(e, apply);
}

static void load(struct pp_engine *e) {
    struct pp_batch *b = &e->batch;
    struct pp_err err = {0};
    e->cycle = CYCLE_LOADING;
    if (b->napply > 0 && e->app->ops.load && e->app->ops.load(e->app->ops.user, b, &err) < 0) {
        pp_pg_reset(e->pg, "batch given up");
        engine_reset(e, "batch not loaded", &err);
        return;
    }
    if (e->holds == 0) pp_pg_sync(e->pg, on_loaded, e); /* else the last release does it */
}

uint64_t pp_batch_hold(struct pp_batch *b) {
    b->e->holds++;
    return b->e->ticket;
}

bool pp_batch_held(const struct pp_batch *b, uint64_t ticket) { return b->e->ticket == ticket; }

void pp_batch_unhold(struct pp_batch *b, uint64_t ticket, const struct pp_err *err) {
    struct pp_engine *e = b->e;
    assert(e->holds > 0);
    e->holds--;
    if (e->ticket != ticket || e->cycle != CYCLE_LOADING) {
        if (e->holds == 0) engine_step(e, engine_turn); /* the batch is gone; the next may begin */
        return;
    }
    if (err) {
        pp_pg_reset(e->pg, "batch given up");
        engine_reset(e, "batch not loaded", err);
    } else if (e->holds == 0) {
        pp_pg_sync(e->pg, on_loaded, e);
    }
}

/* ---- forming ---- */

static void on_tried(void *user, const struct pp_err *err) {
    struct pp_engine *e = user;
    if (e->stopped || e->cycle != CYCLE_TRYING) return;
    if (err)
        engine_reset(e, "attempt not noted", err);
    else
        load(e);
}

/* After a crash: (offset, attempt) is committed before the record is looked at. */
static bool note_attempt(struct pp_engine *e) {
    for (struct pp_input *in = e->batch.first; in; in = in->next) {
        struct shard *sh = &e->shards[in->shard];
        if (in->skip || in->kind != PP_INPUT_RECORD || sh->careful == 0) continue;
        bool again = sh->try_topic == in->topic && sh->try_offset == in->offset;
        if (again && sh->tried) return false; /* by this process: the database was away, the record did no harm */
        sh->tried = true;
        sh->try_count = again ? sh->try_count + 1 : 1;
        sh->try_topic = in->topic;
        sh->try_offset = in->offset;
        e->cycle = CYCLE_TRYING;
        write_attempt(e, sh, on_tried);
        return true;
    }
    return false;
}

static void batch_begin(struct pp_engine *e) {
    struct pp_batch *b = &e->batch;
    pp_arena_reset(&b->arena);
    struct pp_arena arena = b->arena;
    memset(b, 0, sizeof *b);
    b->e = e;
    e->ticket++;
    b->arena = arena;
    b->parked_tail = &b->parked;
    b->now_ms = pp_clock_now_ms();
    b->one_by_one = e->careful_batches > 0;
    for (int i = 0; i < e->partitions; i++) {
        struct shard *sh = &e->shards[i];
        sh->in_batch = sh->owned && sh->dirty;
        sh->share = 0;
        pp_buf_reset(&sh->pack);
        sh->pack_n = 0;
    }
}

int engine_next_flight(const struct shard *sh) {
    int n = 2 * sh->share, slow = sh->flight - sh->flight / 4;
    if (n < slow) n = slow;
    if (n < ENGINE_FLIGHT_MIN) n = ENGINE_FLIGHT_MIN;
    return n < ENGINE_BATCH_INPUTS_MAX ? n : ENGINE_BATCH_INPUTS_MAX;
}

/* More inputs than a batch would get through are not taken for it. */
static int inputs_most(const struct pp_engine *e) {
    if (e->cost_us > 0 && e->cost_us * e->batch_max > ENGINE_BATCH_WORK_US * 1.5)
        return (int)(ENGINE_BATCH_WORK_US * 1.5 / e->cost_us) + 1;
    return e->batch_max;
}

static void form(struct pp_engine *e) {
    struct pp_batch *b = &e->batch;
    batch_begin(e);
    e->begun_ms = pp_mono_ms();
    int most = inputs_most(e);
    while (e->queue && b->n < ENGINE_BATCH_RECORDS_MAX && b->napply < most) {
        struct shard *sh = &e->shards[e->queue->shard];
        bool record = !e->queue->skip && e->queue->kind == PP_INPUT_RECORD;
        bool single = sh->owned && sh->careful > 0 && record;
        if (record && sh->share >= sh->flight) break;
        if (b->napply > 0 && !recover_fits(e, e->queue)) break; /* first: what the batch holds may begin a call */
        if (recover_replays(sh, e->queue) && recover_waits(e, e->queue)) break;
        if (single) b->one_by_one = true;
        if (b->one_by_one && b->napply > 0 && !e->queue->skip) break;
        struct pp_input *in = take_pop(e);
        sh->share += record;
        if (b->last)
            b->last->next = in;
        else
            b->first = in;
        b->last = in;
        b->n++;
        if (!in->skip) b->napply++;
    }
    if (!note_attempt(e)) load(e);
}

static void on_asked(void *user, const struct pp_err *err) {
    struct pp_engine *e = user;
    if (e->stopped || e->cycle != CYCLE_ASKING) return;
    if (err) {
        engine_reset(e, "due timers not read", err);
        return;
    }
    e->cycle = CYCLE_IDLE;
    engine_turn(e);
}

static bool has_progress(struct pp_engine *e, int64_t now) {
    if (now - e->last_commit_ms < ENGINE_SKIP_COMMIT_MS) return false;
    for (int i = 0; i < e->partitions; i++) {
        struct shard *sh = &e->shards[i];
        if (sh->owned && (sh->dirty || sh->relayed != sh->relayed_saved)) return true;
    }
    return false;
}

static int queued_to_apply(const struct pp_engine *e) {
    int n = 0;
    for (const struct pp_input *in = e->queue; in && n < ENGINE_BATCH_INPUTS_MAX; in = in->next) n += !in->skip;
    return n;
}

/* A small batch waits: records per request and rows per statement decide what broker and database cost. Above
 * ENGINE_PACED_RATE there is a least time between two batches, longer the busier the log is; and always a rest of
 * twice what the last batch took, so that on a busy machine, where batches take long, there are fewer and larger ones.
 * Inputs that are taken one by one do not wait. */
static bool paced(struct pp_engine *e, int64_t now, int waiting) {
    if (e->stopping || e->batch.one_by_one || waiting >= inputs_most(e) || e->queued >= ENGINE_BATCH_RECORDS_MAX)
        return false;
    int64_t pace = e->rate < ENGINE_PACED_RATE ? 0 : (int64_t)(e->pace_ms * pp_pace_stretch(e->load));
    int64_t rest = 2 * e->took_ms < ENGINE_REST_MS_MAX ? 2 * e->took_ms : ENGINE_REST_MS_MAX;
    int64_t wait = e->last_commit_ms + (pace > rest ? pace : rest) - now;
    if (wait <= 0) return false;
    e->on_pace(e, wait);
    return true;
}

void engine_turn(struct pp_engine *e) {
    if (e->stopped || e->cycle != CYCLE_IDLE) return;
    if (e->public_failed.kind != PP_ERR_NONE) {
        struct pp_err err = e->public_failed;
        e->public_failed.kind = PP_ERR_NONE;
        engine_reset(e, "a snapshot was not taken by the broker in time", &err);
        return;
    }
    own_step(e);
    if (e->stopped || e->stopping || e->cycle != CYCLE_IDLE || e->holds > 0) return;
    if (e->own != OWN_SERVING) { /* nothing is assigned, so no records: only the group's events */
        if (e->consumer) take_poll(e);
        return;
    }
    if (!pp_pg_up(e->pg)) { /* while it is away the group's events must be read: else we are thrown out of it */
        struct pp_err err;
        pp_err_set(&err, PP_ERR_DB, "the partitions wait until it is back");
        engine_reset(e, "database away while serving", &err);
        return;
    }
    if (e->log_inflight + e->public_inflight > ENGINE_INFLIGHT_MAX) return; /* deliveries bring us back */
    int64_t now = pp_mono_ms();
    take_poll(e);
    if (e->stopped || e->cycle != CYCLE_IDLE || e->own != OWN_SERVING) return; /* a rebalance came with the records */
    if (upkeep_due(e)) {
        e->cycle = CYCLE_ASKING;
        upkeep_ask(e, on_asked);
        return;
    }
    bool held_up = e->queue && recover_waits(e, e->queue);
    int waiting = held_up ? 0 : queued_to_apply(e);
    bool write = waiting > 0 || jobs_pending_writes(e) || e->queued >= ENGINE_BATCH_RECORDS_MAX;
    if (!write && e->queued > 0 && !held_up) { /* only to be counted past: in memory now, in the database later */
        struct pp_input *in;
        while ((in = take_pop(e))) {
            take_advance(e, in);
            take_free(e, in);
        }
        e->n_skipped++;
    }
    if (e->more && !write && !held_up) {
        engine_step(e, engine_turn);
        return;
    }
    if (!write && !has_progress(e, now)) return;
    if (write && paced(e, now, waiting)) return;
    form(e);
}
