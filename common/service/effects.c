/* What a decision says becomes rows of the transaction and packed output. */
#include "service/engine_int.h"
#include "service/recover.h"

#include "base/hash.h"
#include "io/metrics.h"

#include <stdio.h>

#define DEAD_HEADERS_MAX (PP_HEADERS_MAX + 8)
#define PARKED_TIMER_MS PP_MS_HOUR /* virtual */

static int no_room(struct pp_err *err) { return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch is used up"); }

/* ---- timers ---- */

static unsigned timer_bucket(struct pp_uuid person, uint16_t kind, struct pp_uuid ref) {
    uint32_t h = (uint32_t)kind * 2654435761u;
    for (int i = 8; i < 16; i++) h = (h ^ person.b[i] ^ (uint32_t)ref.b[i] << 8) * 16777619u;
    return (h >> 8) % TIMER_BUCKETS;
}

struct timer_change *effects_timer_find(struct pp_batch *b, struct pp_uuid person, uint16_t kind, struct pp_uuid ref) {
    struct timer_change *t = b->timers[timer_bucket(person, kind, ref)];
    while (t && (t->kind != kind || !pp_uuid_eq(t->ref, ref) || !pp_uuid_eq(t->person, person))) t = t->next;
    return t;
}

int effects_timer_set(struct pp_batch *b, int shard, struct pp_str tenant, struct pp_uuid person, uint16_t kind,
                      struct pp_uuid ref, int64_t due_ms) {
    struct timer_change *t = effects_timer_find(b, person, kind, ref);
    if (!t) {
        t = pp_arena_new(&b->arena, struct timer_change);
        if (!t) return -1;
        struct timer_change **bucket = &b->timers[timer_bucket(person, kind, ref)];
        *t = (struct timer_change){.next = *bucket,
                                   .all = b->timers_all,
                                   .shard = shard,
                                   .person = person,
                                   .ref = ref,
                                   .kind = kind,
                                   .tenant = pp_arena_str(&b->arena, tenant)};
        *bucket = b->timers_all = t;
    }
    t->due_ms = due_ms;
    return 0;
}

/* ---- output ---- */

struct pp_str effects_cause(struct pp_batch *b, const struct pp_input *in) {
    char ref[PP_UUID_TEXT + 1];
    if (in->kind == PP_INPUT_TIMER || in->kind == PP_INPUT_CALL) {
        pp_uuid_text(in->ref, ref);
        return pp_arena_printf(&b->arena, "%s:%u:%s", in->kind == PP_INPUT_TIMER ? "timer" : "call", in->code, ref);
    }
    return in->hdr.event_id;
}

void pp_input_random(const struct pp_batch *b, const struct pp_input *in, const char *what, uint32_t n,
                     uint8_t ret[PP_INPUT_RANDOM]) {
    char seed[640], id[PP_UUID_TEXT + 1];
    uint8_t hash[PP_SHA256_BYTES];
    const char *name = b->e->app->name;
    int len;
    if (in->kind == PP_INPUT_TIMER) {
        pp_uuid_text(in->ref, id);
        len = snprintf(seed, sizeof seed, "%s/timer/%u/%s/%lld/%s/%u", name, in->code, id, (long long)in->due_ms, what,
                       n);
    } else if (in->kind == PP_INPUT_CALL) {
        len = jobs_seed(in->job, name, what, n, seed, sizeof seed);
    } else if (in->hdr.event_id.n) {
        pp_uuid_text(in->hdr.person, id);
        len = snprintf(seed, sizeof seed, "%s/%d/%.*s/%s/%.*s/%s/%u", name, in->topic, PP_FMT(in->hdr.tenant), id,
                       PP_FMT(pp_str_cut(in->hdr.event_id, 200)), what, n);
    } else {
        len = snprintf(seed, sizeof seed, "%s/%d/%d/%lld/%s/%u", name, in->topic, in->shard, (long long)in->offset,
                       what, n);
    }
    pp_sha256((struct pp_str){seed, (uint32_t)len < sizeof seed ? (uint32_t)len : (uint32_t)sizeof seed - 1}, hash);
    memcpy(ret, hash, PP_INPUT_RANDOM);
}

static int emit(struct pp_batch *b, struct pp_input *in, struct pp_str tenant, const struct pp_effect *x,
                struct pp_err *err) {
    struct pp_engine *e = b->e;
    struct shard *sh = &e->shards[in->shard];
    int dest = pp_home_of(x->person) & (e->partitions - 1);
    char id[PP_RID_TEXT_MAX], trace[PP_TRACEPARENT_MAX];
    if (sh->replay && recover_said(b, in, x)) return 0;
    struct pp_fact f = {
        .id = {e->app->source_no, (uint16_t)sh->part, sh->incarnation, (uint16_t)dest, ++sh->out_seq[dest]},
        .person = x->person,
        .time_ms = b->now_ms,
        .tenant = tenant,
        .type = pp_str_z(ev_type_name(x->type)),
        .subject = x->subject,
        .cause = effects_cause(b, in),
        .body = x->body};
    pp_trace_child(in->hdr.trace, (struct pp_str){id, (uint32_t)pp_rid_text(&f.id, id)}, trace);
    f.trace = pp_str_z(trace);
    pp_outbox_add_fact(&sh->pack, &f);
    sh->pack_n++;
    return sh->pack.failed ? no_room(err) : 0;
}

int pp_batch_send(struct pp_batch *b, const struct pp_input *in, const struct pp_send *s, struct pp_err *err) {
    struct shard *sh = &b->e->shards[in->shard];
    pp_outbox_add_send(&sh->pack, s);
    sh->pack_n++;
    return sh->pack.failed ? no_room(err) : 0;
}

/* Snapshot or tombstone of a public topic. */
static int publish(struct pp_batch *b, struct pp_input *in, struct pp_str tenant, struct pp_uuid person,
                   const struct pp_effect *x, struct pp_err *err) {
    struct pp_engine *e = b->e;
    char source[64], time[25], version[16], schema[160], trace[PP_TRACEPARENT_MAX];
    const char *type = ev_type_name(x->type);
    struct pp_str key = pp_arena_printf(&b->arena, "%.*s/%.*s", PP_FMT(tenant), PP_FMT(x->key));
    struct pp_str id = pp_arena_printf(&b->arena, "%s/%.*s/%d", type, PP_FMT(key), (int)x->version);
    if (pp_arena_failed(&b->arena)) return no_room(err);
    snprintf(source, sizeof source, "/priorpath/%s/%d", e->app->name, in->shard);
    snprintf(version, sizeof version, "%d", (int)x->version);
    snprintf(schema, sizeof schema, "https://priorpath.dev/schemas/public/%s.json", type);
    pp_time_text(b->now_ms, time);
    pp_trace_child(in->hdr.trace, id, trace);
    struct pp_header h[] = {{PP_STR("ce_id"), id},
                            {PP_STR("ce_type"), pp_str_z(type)},
                            {PP_STR("ce_specversion"), PP_STR("1.0")},
                            {PP_STR("ce_source"), pp_str_z(source)},
                            {PP_STR("ce_subject"), x->key},
                            {PP_STR("ce_time"), pp_str_z(time)},
                            {PP_STR("ce_dataschema"), pp_str_z(schema)},
                            {PP_STR("content-type"), PP_STR("application/json")},
                            {PP_STR("traceparent"), pp_str_z(trace)},
                            {PP_STR("pp_tenant"), tenant},
                            {PP_STR("pp_version"), pp_str_z(version)}};
    struct pp_send s = {.topic = ev_topic(x->type),
                        .partition = pp_home_of(person) & (e->partitions - 1),
                        .key = key,
                        .value = x->body,
                        .tombstone = x->kind == PP_EFFECT_RETRACT,
                        .headers = h,
                        .nheaders = (int)(sizeof h / sizeof *h)};
    return pp_batch_send(b, in, &s, err);
}

int pp_batch_dead(struct pp_batch *b, const struct pp_input *in, const char *code, const char *why,
                  struct pp_err *err) {
    struct pp_engine *e = b->e;
    struct pp_header h[DEAD_HEADERS_MAX];
    char part[16], offset[24], group[80], attempts[16], time[25];
    int n = 0;
    for (; n < in->nheaders && n < PP_HEADERS_MAX; n++) h[n] = in->headers[n];
    snprintf(part, sizeof part, "%d", in->shard);
    snprintf(offset, sizeof offset, "%lld", (long long)in->offset);
    snprintf(group, sizeof group, "pp-%s", e->app->name);
    snprintf(attempts, sizeof attempts, "%d",
             e->shards[in->shard].try_offset == in->offset ? e->shards[in->shard].try_count : 1);
    pp_time_text(b->now_ms, time);
    h[n++] = (struct pp_header){PP_STR("dlq_topic"), pp_str_z(e->app->topics[in->topic])};
    h[n++] = (struct pp_header){PP_STR("dlq_partition"), pp_str_z(part)};
    h[n++] = (struct pp_header){PP_STR("dlq_offset"), pp_str_z(offset)};
    h[n++] = (struct pp_header){PP_STR("dlq_group"), pp_str_z(group)};
    h[n++] = (struct pp_header){PP_STR("dlq_error_code"), pp_str_z(code)};
    h[n++] = (struct pp_header){PP_STR("dlq_error"), pp_str_z(why)};
    h[n++] = (struct pp_header){PP_STR("dlq_attempts"), pp_str_z(attempts)};
    h[n++] = (struct pp_header){PP_STR("dlq_first_failed_at"), pp_str_z(time)};
    struct pp_send s = {.topic = PP_TOPIC_DLQ,
                        .partition = in->shard % PP_DLQ_PARTITIONS,
                        .key = in->key,
                        .value = in->value,
                        .tombstone = in->tombstone,
                        .headers = h,
                        .nheaders = n};
    e->n_dead++;
    pp_metric_add("pp_dead_letters_total", NULL, 1);
    return pp_batch_send(b, in, &s, err);
}

/* ---- rows ---- */

/* A key stands once in a batch's list (the upsert could not touch it twice): the last word holds. A taking back stays
 * in the list beside a later call, and is carried out first. */
static int call(struct pp_batch *b, struct pp_input *in, struct pp_str tenant, struct pp_uuid person,
                const struct pp_effect *x, struct pp_err *err) {
    bool cancel = x->kind == PP_EFFECT_CALL_CANCEL;
    struct new_job *j = NULL;
    for (struct new_job **at = &b->jobs; *at;) {
        struct new_job *k = *at;
        bool same = k->kind == x->code && pp_uuid_eq(k->ref, x->ref) && pp_uuid_eq(k->person, person);
        if (same && k->cancel == cancel) j = k;
        if (same && cancel && !k->cancel)
            *at = k->next;
        else
            at = &k->next;
    }
    if (!j) {
        j = pp_arena_new(&b->arena, struct new_job);
        if (!j) return no_room(err);
        *j = (struct new_job){.next = b->jobs};
        b->jobs = j;
    }
    char trace[PP_TRACEPARENT_MAX], ref[PP_UUID_TEXT + 1];
    uint8_t random[PP_INPUT_RANDOM];
    pp_uuid_text(x->ref, ref);
    pp_trace_child(in->hdr.trace, pp_str_z(ref), trace);
    pp_input_random(b, in, ref, x->code, random);
    *j = (struct new_job){.next = j->next,
                          .shard = in->shard,
                          .tenant = tenant,
                          .target = x->key,
                          .request = x->body,
                          .person = person,
                          .ref = x->ref,
                          .job_id = pp_uuid_v7(b->now_ms, random),
                          .kind = x->code,
                          .type = x->type,
                          .cancel = cancel,
                          .trace = pp_arena_strz(&b->arena, trace)};
    recover_called(&b->e->shards[in->shard], x->code, x->ref, !cancel);
    return 0;
}

static int count(struct pp_batch *b, const struct pp_input *in, struct pp_str name, struct pp_str labels, int64_t delta,
                 struct pp_err *err) {
    struct count_change *c = b->counts;
    while (c && (c->shard != in->shard || !pp_str_eq(c->name, name) || !pp_str_eq(c->labels, labels))) c = c->next;
    if (!c) {
        c = pp_arena_new(&b->arena, struct count_change);
        if (!c) return no_room(err);
        *c = (struct count_change){.next = b->counts, .shard = in->shard, .name = name, .labels = labels};
        b->counts = c;
    }
    c->delta += delta;
    return 0;
}

static int reply(struct pp_batch *b, struct pp_input *in, const struct pp_effect *x, struct pp_err *err) {
    for (struct command_row *c = b->commands; c; c = c->next)
        if (c->in == in) return 0; /* the first one said holds */
    struct command_row *c = pp_arena_new(&b->arena, struct command_row);
    if (!c) return no_room(err);
    *c = (struct command_row){.next = b->commands, .in = in, .status = PP_REPLY_DONE, .at_ms = b->now_ms};
    if (x) {
        c->status = (enum pp_reply_status)x->code;
        c->version = x->version;
        c->message = x->key;
    }
    b->commands = c;
    return 0;
}

int effects_park(struct pp_batch *b, struct pp_input *in, struct pp_uuid subject, struct pp_str reason) {
    in->parked = true;
    struct parked_row *p = pp_arena_new(&b->arena, struct parked_row);
    if (!p) return -1;
    *p = (struct parked_row){.in = in, .subject = subject, .reason = reason, .at_ms = b->now_ms};
    *b->parked_tail = p;
    b->parked_tail = &p->next;
    pp_metric_add("pp_parked_total", NULL, 1);
    return 0;
}

static int unpark(struct pp_batch *b, struct pp_uuid person, const struct pp_effect *x, struct pp_err *err) {
    struct unpark_row *u = pp_arena_new(&b->arena, struct unpark_row);
    if (!u) return no_room(err);
    *u = (struct unpark_row){b->unparks, person, x->ref};
    b->unparks = u;
    return 0;
}

int effects_unparked(struct pp_batch *b, int64_t id) {
    if (!b->unparked) b->unparked = pp_arena_array(&b->arena, int64_t, ENGINE_BATCH_RECORDS_MAX);
    if (!b->unparked) return -1;
    b->unparked[b->nunparked++] = id;
    return 0;
}

static int one(struct pp_batch *b, struct pp_input *in, struct pp_str tenant, struct pp_uuid person,
               const struct pp_effect *x, struct pp_err *err) {
    switch (x->kind) {
    case PP_EFFECT_EMIT: return emit(b, in, tenant, x, err);
    case PP_EFFECT_PUBLISH:
    case PP_EFFECT_RETRACT: return publish(b, in, tenant, person, x, err);
    case PP_EFFECT_TIMER:
        return effects_timer_set(b, in->shard, tenant, person, x->code, x->ref, x->value) < 0 ? no_room(err) : 0;
    case PP_EFFECT_CALL:
    case PP_EFFECT_CALL_CANCEL: return call(b, in, tenant, person, x, err);
    case PP_EFFECT_COUNT: return count(b, in, pp_str_z(x->metric), x->key, x->value, err);
    case PP_EFFECT_REPLY: return reply(b, in, x, err);
    case PP_EFFECT_PARK:
        in->parked = true;
        if (in->kind == PP_INPUT_CALL) return 0; /* jobs_apply asks the payer again later */
        if (in->kind == PP_INPUT_TIMER)          /* nothing to set aside but the timer itself: it comes again */
            return effects_timer_set(b, in->shard, tenant, person, in->code, in->ref, b->now_ms + PARKED_TIMER_MS) < 0
                       ? no_room(err)
                       : 0;
        return effects_park(b, in, x->ref, x->key) < 0 ? no_room(err) : 0;
    case PP_EFFECT_UNPARK: return unpark(b, person, x, err);
    }
    return 0;
}

int pp_batch_effects(struct pp_batch *b, struct pp_input *in, struct pp_str tenant, struct pp_uuid person,
                     const struct pp_out *out, struct pp_err *err) {
    if (pp_out_failed(out)) return pp_err_set(err, PP_ERR_LIMIT, "output: %s", pp_out_failure(out));
    for (const struct pp_effect *x = pp_out_first(out); x; x = x->next)
        if (one(b, in, tenant, person, x, err) < 0) return -1;
    bool command = (in->kind == PP_INPUT_RECORD || in->kind == PP_INPUT_HELD) &&
                   strcmp(b->e->app->topics[in->topic], PP_TOPIC_COMMANDS) == 0;
    return command && !pp_out_parked(out) ? reply(b, in, NULL, err) : 0;
}
