/* Durable outbound calls: the states, and their rows. docs/runtime.md, "Outbound calls". */
#include "service/jobs_int.h"
#include "service/recover.h"

#include "io/clock.h"
#include "io/log.h"
#include "io/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

static const char *const state_names[JOB_STATE_COUNT] = {"planned", "sending", "doubt", "inquiring", "done"};

static const struct pp_pg_stmt statements[] = {
#define JOB_COLUMNS                                                                                                    \
    "tenant, person, part, kind, ref, job_id, target, state, attempt, failures, request_type, request, trace, "        \
    "delayed_said, resumed_said"
    {"job_due",
     "select " JOB_COLUMNS
     " from job where part = any($1::int[]) and state in ('planned', 'doubt') and next_at <= $2::timestamptz "
     "and not (target = any($3::text[])) order by next_at limit 50"},
    {"job_delayed",
     "select " JOB_COLUMNS " from job where part = any($1::int[]) and state <> 'done' and not delayed_said "
     "and first_at <= $2::timestamptz order by first_at limit 50"},
    {"job_cancel", "update job j set state = 'done', why = 'taken back' from unnest($1::uuid[], $2::int[], $3::uuid[]) "
                   "x(person, kind, ref) "
                   "where j.person = x.person and j.kind = x.kind and j.ref = x.ref and j.state = 'planned'"},
    /* A job that is under way keeps its request: what may have been sent must stay the same. */
    {"job_new",
     "insert into job as j (tenant, person, home, part, kind, ref, job_id, target, state, request_type, request, "
     "trace, next_at, first_at) "
     "select t, p, h, s, k, r, i, g, st, q, b, c, $13::timestamptz, $13::timestamptz from unnest($1::text[], "
     "$2::uuid[], "
     "$3::int2[], $4::int[], $5::int[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::text[], "
     "$12::text[]) "
     "x(t, p, h, s, k, r, i, g, q, b, c, st) on conflict (person, kind, ref) do update set job_id = excluded.job_id, "
     "target = excluded.target, state = excluded.state, attempt = 0, failures = 0, request_type = "
     "excluded.request_type, "
     "request = excluded.request, trace = excluded.trace, next_at = excluded.next_at, first_at = excluded.first_at, "
     "delayed_said = false, resumed_said = false, why = '' where j.state = 'done' or (j.state in "
     "('planned', 'doubt') and j.attempt = 0)"},
    {"job_change",
     "update job j set state = x.state, attempt = x.attempt, failures = x.failures, next_at = x.next_at, why = x.why, "
     "delayed_said = j.delayed_said or x.delayed, resumed_said = j.resumed_said or x.resumed "
     "from unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::text[], $6::int[], $7::int[], $8::timestamptz[], "
     "$9::text[], $10::bool[], $11::bool[]) x(person, kind, ref, job_id, state, attempt, failures, next_at, why, "
     "delayed, resumed) "
     "where j.person = x.person and j.kind = x.kind and j.ref = x.ref and j.job_id = x.job_id and j.state <> 'done' "
     "returning j.job_id"},
    {"job_said", "update job set delayed_said = true where job_id = any($1::uuid[]) and part = any($2::int[])"},
    {NULL, NULL}};

int jobs_prepare(struct pp_engine *e, struct pp_err *err) {
    for (const struct pp_pg_stmt *s = statements; s->name; s++)
        if (pp_pg_prepare(e->pg, s->name, s->sql, err) < 0) return -1;
    return 0;
}

int jobs_new(struct pp_engine *e, struct pp_err *err) {
    struct jobs *js = calloc(1, sizeof *js);
    if (!js) return pp_err_set(err, PP_ERR_NOMEM, "jobs");
    js->e = e;
    js->instances = (int)pp_config_int(e->config, "instances");
    js->backoff_first_ms = (int)pp_config_int(e->config, "call-backoff-first-ms");
    js->backoff_max_ms = (int)pp_config_int(e->config, "call-backoff-max-ms");
    js->delayed_after_ms = pp_config_int(e->config, "call-delayed-after-ms");
    e->jobs = js;
    return e->ncalls ? pp_http_client_new(e->loop, JOBS_CONNECTIONS_MAX, &js->http, err) : 0;
}

/* ---- lists and states ---- */

void job_state(struct pp_job *j, enum job_state to) {
    char id[PP_UUID_B32 + 1];
    pp_uuid_b32(j->job_id, id);
    pp_log(PP_LOG_DEBUG, "job", "job", PP_S(id), "call", PP_S(j->def->name), "target", PP_V(j->target), "from",
           PP_S(state_names[j->state]), "to", PP_S(state_names[to]), "attempt", PP_I(j->attempt), NULL);
    j->state = to;
}

void job_place(struct pp_job *j, enum job_place to) {
    struct jobs *js = j->e->jobs;
    js->pending += (to == JOB_TO_COMMIT) - (j->place == JOB_TO_COMMIT);
    j->place = to;
}

void job_free(struct pp_job *j) {
    struct pp_job **at = &j->e->jobs->all;
    while (*at != j) at = &(*at)->next;
    *at = j->next;
    job_place(j, JOB_LOOSE);
    job_release_target(j, true);
    pp_arena_free(&j->arena);
    free(j);
}

void jobs_free(struct pp_engine *e) {
    struct jobs *js = e->jobs;
    if (!js) return;
    jobs_ownership(e);
    if (js->http) pp_http_client_free(js->http);
    js->http = NULL;
}

/* ---- targets: caps and breaker, per instance ---- */

static struct job_target *target_of(struct jobs *js, struct pp_str name) {
    for (int i = 0; i < js->ntargets; i++)
        if (pp_str_eqz(name, js->targets[i].name)) return &js->targets[i];
    struct job_target *t =
        js->ntargets < JOBS_TARGETS_MAX ? &js->targets[js->ntargets++] : &js->targets[JOBS_TARGETS_MAX - 1];
    *t = (struct job_target){.tokens = 1};
    snprintf(t->name, sizeof t->name, "%.*s", PP_FMT(name));
    return t;
}

static int share(int over_all, int instances) { return over_all <= 0 ? 1 : (over_all + instances - 1) / instances; }

bool job_target_ready(struct jobs *js, struct pp_job *j, const struct pp_endpoint *ep) {
    struct job_target *t = j->t;
    int64_t now = pp_mono_ms();
    if (t->open_until_ms > now || t->probing) return false;
    if (t->inflight >= share(ep->concurrent_max, js->instances)) return false;
    double rate = share(ep->requests_s_max, js->instances);
    if (t->tokens_ms) t->tokens += (double)(now - t->tokens_ms) / 1000.0 * rate;
    t->tokens_ms = now;
    if (t->tokens > rate) t->tokens = rate;
    if (t->tokens < 1) return false;
    t->tokens -= 1;
    t->inflight++;
    t->probing = t->open_until_ms != 0;
    j->counted = true;
    return true;
}

void job_release_target(struct pp_job *j, bool good) {
    if (!j->counted) return;
    struct job_target *t = j->t;
    j->counted = false;
    t->inflight--;
    t->probing = false;
    if (good) {
        t->failures = 0;
        t->open_until_ms = 0;
        return;
    }
    if (++t->failures < JOBS_BREAKER_FAILURES) return;
    struct jobs *js = j->e->jobs;
    int64_t rest = JOBS_BREAKER_REST_MS < js->backoff_max_ms ? JOBS_BREAKER_REST_MS : js->backoff_max_ms;
    t->open_until_ms = pp_mono_ms() + rest;
    pp_log(PP_LOG_WARN, "target rests after failures in a row", "target", PP_S(t->name), "failures", PP_I(t->failures),
           NULL);
}

/* ---- reading rows ---- */

static const struct pp_call_def *def_of(struct pp_engine *e, int kind) {
    for (int i = 0; i < e->ncalls; i++)
        if (e->calls[i].kind == kind) return &e->calls[i];
    return NULL;
}

static bool active(struct jobs *js, struct pp_uuid job_id) {
    for (struct pp_job *j = js->all; j; j = j->next)
        if (!j->orphan && !j->delayed && pp_uuid_eq(j->job_id, job_id)) return true;
    return false;
}

static struct pp_job *job_of_row(struct pp_engine *e, const struct pp_rows *r, int i) {
    const struct pp_call_def *def = def_of(e, (int)pp_rows_int(r, i, 3));
    struct pp_job *j = def ? calloc(1, sizeof *j) : NULL;
    if (!j) {
        if (!def)
            pp_log(PP_LOG_ERROR, "job of a call this binary does not know", "kind", PP_I(pp_rows_int(r, i, 3)), NULL);
        return NULL;
    }
    pp_arena_init(&j->arena, JOBS_ARENA_MAX);
    j->e = e;
    j->def = def;
    j->tenant = pp_arena_str(&j->arena, pp_rows_str(r, i, 0));
    j->person = pp_rows_uuid(r, i, 1);
    j->shard = (int)pp_rows_int(r, i, 2);
    j->kind = (uint16_t)pp_rows_int(r, i, 3);
    j->ref = pp_rows_uuid(r, i, 4);
    j->job_id = pp_rows_uuid(r, i, 5);
    j->target = pp_arena_str(&j->arena, pp_rows_str(r, i, 6));
    j->state = pp_str_eqz(pp_rows_str(r, i, 7), "doubt") ? JOB_DOUBT : JOB_PLANNED;
    j->attempt = (int)pp_rows_int(r, i, 8);
    j->failures = (int)pp_rows_int(r, i, 9);
    j->request_json = pp_arena_str(&j->arena, pp_rows_str(r, i, 11));
    j->trace = pp_arena_str(&j->arena, pp_rows_str(r, i, 12));
    j->delayed_said = pp_rows_bool(r, i, 13);
    j->resumed_said = pp_rows_bool(r, i, 14);
    j->t = target_of(e->jobs, j->target);
    j->next = e->jobs->all;
    e->jobs->all = j;
    return j;
}

static void push_input(struct pp_job *j) {
    struct pp_input *in = take_new(j->e);
    in->kind = PP_INPUT_CALL;
    in->shard = j->shard;
    in->code = j->kind;
    in->ref = j->ref;
    in->job = j;
    in->hdr.tenant = j->tenant;
    in->hdr.person = j->person;
    in->hdr.trace = j->trace;
    job_place(j, JOB_INPUT);
    if (recover_any(j->e))
        take_push_after(j->e, recover_answer_after(j->e, in), in); /* what stands there may wait for it */
    else
        take_push(j->e, in);
}

/* An input of its own: the job itself goes on. */
static void say_resumed(const struct pp_job *j) {
    struct pp_job *r = calloc(1, sizeof *r);
    if (!r) return;
    pp_arena_init(&r->arena, JOBS_ARENA_MAX);
    r->e = j->e;
    r->def = j->def;
    r->t = j->t;
    r->shard = j->shard;
    r->kind = j->kind;
    r->tenant = pp_arena_str(&r->arena, j->tenant);
    r->target = pp_arena_str(&r->arena, j->target);
    r->trace = pp_arena_str(&r->arena, j->trace);
    r->person = j->person;
    r->ref = j->ref;
    r->job_id = j->job_id;
    r->delayed = true;
    r->outcome = PP_CALL_RESUMED;
    r->next = j->e->jobs->all;
    j->e->jobs->all = r;
    push_input(r);
}

/* Takes the job up when its target has room: `sending` or `inquiring` is then committed with the next batch. */
static void start(struct pp_job *j) {
    struct jobs *js = j->e->jobs;
    struct pp_endpoint ep = {.requests_s_max = 1000, .concurrent_max = 100};
    struct pp_err err;
    if (ev_decode(j->def->request, j->request_json, &j->arena, &j->request, &err) < 0) {
        job_answered(j, PP_CALL_FAILED, pp_arena_printf(&j->arena, "request: %s", err.msg));
        return;
    }
    const struct pp_refs *refs = j->e->refs ? j->e->refs(j->e->refs_user) : NULL;
    if (j->def->build && (!j->e->endpoints.endpoint ||
                          !j->e->endpoints.endpoint(j->e->endpoints.user, refs, j->tenant, j->target, &ep))) {
        job_answered(j, PP_CALL_FAILED, PP_STR("the payer directory has no endpoint for this target"));
        return;
    }
    if (!job_target_ready(js, j, &ep)) {
        job_free(j);
        return;
    }
    if (j->delayed_said && !j->resumed_said) {
        j->resumed_said = true;
        say_resumed(j);
    }
    bool inquire = j->state == JOB_DOUBT && j->def->build_inquiry;
    if (!inquire) j->attempt++;
    job_state(j, inquire ? JOB_INQUIRING : JOB_SENDING);
    j->next_at_ms = pp_real_ms();
    job_place(j, JOB_TO_COMMIT);
}

static void on_due(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    for (int i = 0; r && i < pp_rows_n(r); i++) {
        if (active(e->jobs, pp_rows_uuid(r, i, 5))) continue;
        struct pp_job *j = job_of_row(e, r, i);
        if (j) start(j);
    }
}

static void on_delayed(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    for (int i = 0; r && i < pp_rows_n(r); i++) {
        struct pp_job *j = job_of_row(e, r, i);
        if (!j) continue;
        j->delayed = true;
        j->outcome = PP_CALL_DELAYED;
        push_input(j);
    }
}

void jobs_ask(struct pp_engine *e, int64_t now_ms) {
    struct jobs *js = e->jobs;
    struct pp_array *a = e->arrays;
    char at[8];
    if (e->ncalls == 0) return;
    pp_array_begin(&a[0], PP_PG_INT4);
    pp_array_begin(&a[1], PP_PG_TEXT);
    for (int i = 0; i < e->partitions; i++)
        if (e->shards[i].owned) pp_array_i4(&a[0], i);
    for (int i = 0; i < js->ntargets; i++) /* one payer's pile must not hide the others' jobs */
        if (js->targets[i].open_until_ms > pp_mono_ms() || js->targets[i].probing)
            pp_array_text(&a[1], pp_str_z(js->targets[i].name));
    struct pp_str params[] = {pp_array_param(&a[0]), pp_pg_time(now_ms, at), pp_array_param(&a[1])};
    pp_pg_exec(e->pg, "job_due", params, 3, on_due, e);
    int64_t every = js->delayed_after_ms / 20 < 5000 ? js->delayed_after_ms / 20 : 5000;
    if (pp_mono_ms() - js->last_delayed_ms < every) return;
    js->last_delayed_ms = pp_mono_ms();
    params[1] = pp_pg_time(now_ms - js->delayed_after_ms, at);
    pp_pg_exec(e->pg, "job_delayed", params, 2, on_delayed, e);
}

/* ---- ends of a try ---- */

static int64_t backoff(const struct jobs *js, int failures) {
    int64_t ms = js->backoff_first_ms;
    for (int i = 1; i < failures && ms < js->backoff_max_ms; i++) ms *= 2;
    if (ms > js->backoff_max_ms) ms = js->backoff_max_ms;
    uint32_t r = 0;
    if (getrandom(&r, sizeof r, GRND_NONBLOCK) < 0) r = 0;
    return ms - ms / 5 + (int64_t)(r % (uint32_t)(ms / 5 * 2 + 1)); /* +-20 %: a herd must spread */
}

void job_failed(struct pp_job *j, bool begun, const char *why) {
    job_release_target(j, false);
    pp_metric_add("pp_call_failures_total", NULL, 1);
    if (j->orphan) {
        job_free(j);
        return;
    }
    j->failures++;
    j->why = pp_arena_strz(&j->arena, why);
    j->next_at_ms = pp_real_ms() + backoff(j->e->jobs, j->failures);
    job_state(j, begun || j->state == JOB_INQUIRING ? JOB_DOUBT : JOB_PLANNED);
    job_place(j, JOB_TO_COMMIT);
    engine_turn(j->e);
}

void job_answered(struct pp_job *j, enum pp_call_outcome outcome, struct pp_str why) {
    job_release_target(j, true);
    if (j->orphan) {
        job_free(j);
        return;
    }
    j->outcome = outcome;
    j->why = why;
    push_input(j);
    if (j->e->cycle == CYCLE_IDLE) engine_turn(j->e);
}

void jobs_ownership(struct pp_engine *e) {
    if (!e->jobs) return;
    for (struct pp_job *j = e->jobs->all, *next; j; j = next) {
        next = j->next;
        j->orphan = true;
        if (j->place != JOB_IO) job_free(j);
    }
}

void jobs_abandoned(struct pp_engine *e) { (void)e; } /* jobs_ownership follows: a batch thrown away is a takeover */

bool jobs_goes_on(const struct pp_job *j) { return j->delayed; }

int jobs_seed(const struct pp_job *j, const char *name, const char *what, uint32_t n, char *ret, size_t ret_n) {
    char id[PP_UUID_TEXT + 1];
    pp_uuid_text(j->job_id, id);
    return snprintf(ret, ret_n, "%s/call/%s/%d/%s/%u", name, id, (int)j->outcome, what, n);
}

int jobs_open(const struct pp_engine *e) {
    int n = 0;
    for (const struct pp_job *j = e->jobs->all; j; j = j->next) n += !j->orphan;
    return n;
}

bool jobs_pending_writes(const struct pp_engine *e) { return e->jobs && e->jobs->pending > 0; }

/* ---- in the batch ---- */

int jobs_apply(struct pp_engine *e, struct pp_batch *b, struct pp_input *in, struct pp_err *err) {
    struct pp_job *j = in->job;
    int rc = e->app->ops.apply(e->app->ops.user, b, in, err);
    if (rc < 0) return rc;
    if (j->delayed) return 0;
    if (in->parked) {
        j->next_at_ms = pp_real_ms() + JOBS_PARKED_RETRY_MS;
        j->why = PP_STR("the answer was parked");
    }
    job_state(j, in->parked ? JOB_DOUBT : JOB_DONE);
    return 0;
}

static void on_changed(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    for (int i = 0; r && i < pp_rows_n(r); i++)
        for (struct pp_job *j = e->jobs->all; j; j = j->next)
            if (!j->delayed && !j->orphan && pp_uuid_eq(j->job_id, pp_rows_uuid(r, i, 0))) j->started = true;
}

static void write_new(struct pp_engine *e, struct pp_batch *b) {
    struct pp_array *a = e->arrays;
    static const enum pp_pg_type types[] = {PP_PG_TEXT, PP_PG_UUID, PP_PG_INT2, PP_PG_INT4, PP_PG_INT4, PP_PG_UUID,
                                            PP_PG_UUID, PP_PG_TEXT, PP_PG_TEXT, PP_PG_TEXT, PP_PG_TEXT, PP_PG_TEXT};
    struct pp_str params[13];
    char at[8];
    pp_array_begin(&a[0], PP_PG_UUID);
    pp_array_begin(&a[1], PP_PG_INT4);
    pp_array_begin(&a[2], PP_PG_UUID);
    for (struct new_job *j = b->jobs; j; j = j->next) {
        if (!j->cancel) continue;
        pp_array_uuid(&a[0], j->person);
        pp_array_i4(&a[1], j->kind);
        pp_array_uuid(&a[2], j->ref);
    }
    for (int i = 0; i < 3; i++) params[i] = pp_array_param(&a[i]);
    if (a[0].n) pp_pg_exec(e->pg, "job_cancel", params, 3, NULL, NULL);
    for (int i = 0; i < 12; i++) pp_array_begin(&a[i], types[i]);
    for (struct new_job *j = b->jobs; j; j = j->next) {
        if (j->cancel) continue;
        pp_array_text(&a[0], j->tenant);
        pp_array_uuid(&a[1], j->person);
        pp_array_i2(&a[2], (int16_t)pp_home_of(j->person));
        pp_array_i4(&a[3], j->shard);
        pp_array_i4(&a[4], j->kind);
        pp_array_uuid(&a[5], j->ref);
        pp_array_uuid(&a[6], j->job_id);
        pp_array_text(&a[7], j->target);
        pp_array_text(&a[8], pp_str_z(ev_type_name(j->type)));
        pp_array_text(&a[9], j->request);
        pp_array_text(&a[10], j->trace);
        /* After a restore it may have been sent before: the payer is asked first. */
        pp_array_text(&a[11], recover_active(&e->shards[j->shard]) ? PP_STR("doubt") : PP_STR("planned"));
    }
    for (int i = 0; i < 12; i++) params[i] = pp_array_param(&a[i]);
    params[12] = pp_pg_time(pp_real_ms(), at);
    if (a[0].n == 0) return;
    pp_pg_exec(e->pg, "job_new", params, 13, NULL, NULL);
    upkeep_soon(e);
}

static bool in_batch(struct pp_batch *b, const struct pp_job *j) {
    for (struct pp_input *in = pp_batch_next(b, NULL); in; in = pp_batch_next(b, in))
        if (in->job == j) return true;
    return false;
}

static void write_changes(struct pp_engine *e, struct pp_batch *b) {
    struct pp_array *a = e->arrays;
    static const enum pp_pg_type types[] = {PP_PG_UUID, PP_PG_INT4, PP_PG_UUID, PP_PG_UUID,
                                            PP_PG_TEXT, PP_PG_INT4, PP_PG_INT4, PP_PG_TIMESTAMPTZ,
                                            PP_PG_TEXT, PP_PG_BOOL, PP_PG_BOOL};
    struct pp_str params[11];
    for (int i = 0; i < 11; i++) pp_array_begin(&a[i], types[i]);
    pp_array_begin(&a[11], PP_PG_UUID);
    for (struct pp_job *j = e->jobs->all; j; j = j->next) {
        bool answered = j->place == JOB_INPUT && in_batch(b, j);
        if (j->orphan || (j->place != JOB_TO_COMMIT && !answered)) continue;
        if (j->delayed) {
            pp_array_uuid(&a[11], j->job_id);
            continue;
        }
        pp_array_uuid(&a[0], j->person);
        pp_array_i4(&a[1], j->kind);
        pp_array_uuid(&a[2], j->ref);
        pp_array_uuid(&a[3], j->job_id);
        pp_array_text(&a[4], pp_str_z(state_names[j->state]));
        pp_array_i4(&a[5], j->attempt);
        pp_array_i4(&a[6], j->failures);
        pp_array_time(&a[7], j->next_at_ms ? j->next_at_ms : pp_real_ms());
        pp_array_text(&a[8], j->why);
        pp_array_bool(&a[9], j->delayed_said);
        pp_array_bool(&a[10], j->resumed_said);
        j->started = false;
        j->writing = true;
    }
    for (int i = 0; i < 11; i++) params[i] = pp_array_param(&a[i]);
    if (a[0].n) pp_pg_exec(e->pg, "job_change", params, 11, on_changed, e);
    if (a[11].n == 0) return;
    struct pp_str said = pp_array_param(&a[11]);
    pp_array_begin(&a[0], PP_PG_INT4);
    for (int i = 0; i < e->partitions; i++)
        if (e->shards[i].owned) pp_array_i4(&a[0], i);
    struct pp_str p[] = {said, pp_array_param(&a[0])};
    pp_pg_exec(e->pg, "job_said", p, 2, NULL, NULL);
}

void jobs_mark(struct pp_engine *e) {
    for (struct pp_job *j = e->jobs->all; j; j = j->next)
        if (j->place == JOB_TO_COMMIT && !j->orphan) e->shards[j->shard].in_batch = true;
}

void jobs_write(struct pp_engine *e) {
    if (e->batch.jobs) write_new(e, &e->batch);
    if (e->jobs && e->jobs->all) write_changes(e, &e->batch);
}

/* What was written is true now: sockets may open, and what is over is forgotten. */
void jobs_committed(struct pp_engine *e) {
    for (struct pp_job *j = e->jobs->all, *next; j; j = next) {
        next = j->next;
        if (j->orphan) continue;
        if (j->place == JOB_INPUT && in_batch(&e->batch, j)) {
            job_free(j);
            continue;
        }
        if (j->place != JOB_TO_COMMIT || !j->writing) continue;
        j->writing = false;
        bool go = j->started && (j->state == JOB_SENDING || j->state == JOB_INQUIRING);
        if (!go) { /* back in the database, or taken back meanwhile */
            job_free(j);
            continue;
        }
        job_place(j, JOB_IO);
        job_send(j);
    }
}
