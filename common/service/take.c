/* Records become inputs. Order within a partition is kept from here to the commit. */
#include "service/engine_int.h"
#include "service/recover.h"

#include "io/log.h"
#include "io/metrics.h"

#include <stdlib.h>

/* ---- inputs ---- */

struct pp_input *take_new(struct pp_engine *e) {
    struct pp_input *in = e->free_inputs;
    if (in)
        e->free_inputs = in->next;
    else
        in = malloc(sizeof *in);
    if (!in) abort(); /* nothing sensible can be done without room for one input; the supervisor starts anew */
    memset(in, 0, sizeof *in);
    return in;
}

void take_free(struct pp_engine *e, struct pp_input *in) {
    pp_record_release(&in->record);
    free(in->headers);
    free(in->copy);
    in->next = e->free_inputs;
    e->free_inputs = in;
}

static bool asked_for(const struct pp_input *in) {
    return in->kind == PP_INPUT_TIMER || in->kind == PP_INPUT_PARKED || in->kind == PP_INPUT_HELD;
}

static size_t weight(const struct pp_input *in) { return in->key.n + in->value.n + 256; }

void take_push(struct pp_engine *e, struct pp_input *in) {
    in->next = NULL;
    if (e->queue_last)
        e->queue_last->next = in;
    else
        e->queue = in;
    e->queue_last = in;
    e->queued++;
    e->queued_timers += asked_for(in);
    e->queued_bytes += weight(in);
}

void take_push_front(struct pp_engine *e, struct pp_input *in) {
    in->next = e->queue;
    e->queue = in;
    if (!e->queue_last) e->queue_last = in;
    e->queued++;
    e->queued_timers += asked_for(in);
    e->queued_bytes += weight(in);
}

void take_push_after(struct pp_engine *e, struct pp_input *at, struct pp_input *in) {
    if (!at) {
        take_push_front(e, in);
        return;
    }
    in->next = at->next;
    at->next = in;
    if (e->queue_last == at) e->queue_last = in;
    e->queued++;
    e->queued_timers += asked_for(in);
    e->queued_bytes += weight(in);
}

struct pp_input *take_pop(struct pp_engine *e) {
    struct pp_input *in = e->queue;
    if (!in) return NULL;
    e->queue = in->next;
    if (!e->queue) e->queue_last = NULL;
    e->queued--;
    e->queued_timers -= asked_for(in);
    e->queued_bytes -= weight(in);
    in->next = NULL;
    return in;
}

void take_clear(struct pp_engine *e) {
    struct pp_input *in;
    while ((in = take_pop(e))) take_free(e, in);
    recover_unhold(e);
}

/* Timers that wait in the queue and were moved or taken away by the batch that is now committed do not fire. */
void take_drop_moved(struct pp_engine *e) {
    if (e->queued_timers == 0 || !e->batch.timers_all) return;
    struct pp_input *in = e->queue;
    e->queue = e->queue_last = NULL;
    e->queued = e->queued_timers = 0;
    e->queued_bytes = 0;
    while (in) {
        struct pp_input *next = in->next;
        if (in->kind == PP_INPUT_TIMER && effects_timer_find(&e->batch, in->hdr.person, in->code, in->ref))
            take_free(e, in);
        else
            take_push(e, in);
        in = next;
    }
}

/* ---- headers ---- */

static int32_t to_int32(struct pp_str s) {
    int64_t v = 0;
    return pp_str_int(s, &v) && v > 0 && v <= INT32_MAX ? (int32_t)v : 0;
}

void take_headers(struct pp_engine *e, struct pp_input *in, const struct pp_header *h, int n) {
    struct pp_str time = PP_STR_NONE;
    for (int i = 0; i < n; i++) {
        struct pp_str k = h[i].name, v = h[i].value;
        if (pp_str_eqz(k, "ce_id"))
            in->hdr.event_id = v;
        else if (pp_str_eqz(k, "ce_type"))
            in->type_name = v;
        else if (pp_str_eqz(k, "ce_subject"))
            in->subject = v;
        else if (pp_str_eqz(k, "ce_time"))
            time = v;
        else if (pp_str_eqz(k, "traceparent"))
            in->hdr.trace = v;
        else if (pp_str_eqz(k, "pp_tenant"))
            in->hdr.tenant = v;
        else if (pp_str_eqz(k, "pp_cause"))
            in->hdr.cause = v;
        else if (pp_str_eqz(k, "pp_actor"))
            in->hdr.actor = v;
        else if (pp_str_eqz(k, "pp_roles"))
            in->hdr.roles = v;
        else if (pp_str_eqz(k, "pp_expect"))
            in->hdr.expect_version = to_int32(v);
        else if (pp_str_eqz(k, "pp_hold"))
            in->hdr.hold_ms = to_int32(v);
    }
    pp_time_parse(time, &in->hdr.time_ms);
    if (in->key.n == PP_UUID_TEXT) pp_uuid_parse(in->key, &in->hdr.person);
    in->type = ev_type_by_name(in->type_name);
    if (e->app->sequenced[in->topic]) pp_rid_parse(in->hdr.event_id, &in->hdr.id);
}

struct pp_input *take_copied(struct pp_engine *e, enum pp_input_kind kind, struct pp_str key, struct pp_str headers,
                             struct pp_str value, int topic) {
    struct pp_input *in = take_new(e);
    in->kind = kind;
    in->topic = topic;
    in->copy = malloc((size_t)key.n + headers.n + value.n + 3);
    in->headers = malloc(sizeof *in->headers * PP_HEADERS_MAX);
    if (!in->copy || !in->headers) abort();
    char *k = in->copy, *h = k + key.n, *v = h + headers.n;
    memcpy(k, key.s, key.n);
    memcpy(h, headers.s, headers.n);
    memcpy(v, value.s, value.n);
    v[value.n] = '\0';
    in->key = (struct pp_str){k, key.n};
    in->value = (struct pp_str){v, value.n};
    in->nheaders = pp_headers_unpack((struct pp_str){h, headers.n}, in->headers, PP_HEADERS_MAX);
    take_headers(e, in, in->headers, in->nheaders);
    return in;
}

/* A record that is only counted past keeps its identity and gives its bytes back. */
static void drop_bytes(struct pp_input *in) {
    pp_record_release(&in->record);
    struct pp_rid id = in->hdr.id;
    in->hdr = (struct pp_hdr){.id = id};
    in->key = in->value = in->type_name = in->subject = PP_STR_NONE;
    in->headers = NULL;
    in->nheaders = 0;
}

static void take_record(struct pp_engine *e, struct pp_record *r) {
    struct shard *sh =
        r->topic >= 0 && r->partition >= 0 && r->partition < e->partitions ? &e->shards[r->partition] : NULL;
    if (!sh || !sh->owned || sh->stopped) {
        pp_record_release(r);
        return;
    }
    struct pp_header h[PP_HEADERS_MAX];
    struct pp_input *in = take_new(e);
    in->kind = PP_INPUT_RECORD;
    in->shard = r->partition;
    in->topic = r->topic;
    in->offset = r->offset;
    in->key = r->key;
    in->value = r->value;
    in->tombstone = r->tombstone;
    in->record = *r;
    int n = pp_record_headers(r, h, PP_HEADERS_MAX);
    take_headers(e, in, h, n);
    bool announces = e->app->sequenced[in->topic] && in->type == EV_INCARNATION_STARTED;
    if (!announces && e->app->ops.wants && !e->app->ops.wants(e->app->ops.user, in)) {
        in->skip = true;
        drop_bytes(in);
    } else {
        in->headers = malloc(sizeof *h * (size_t)(n ? n : 1));
        if (!in->headers) abort();
        memcpy(in->headers, h, sizeof *h * (size_t)n);
        in->nheaders = n;
    }
    if (!recover_hold(e, in)) take_push(e, in);
}

void take_poll(struct pp_engine *e) {
    struct pp_record r;
    int64_t until = pp_thread_cpu_us() + ENGINE_POLL_US;
    e->more = false;
    int most = recover_any(e) ? RECOVER_QUEUE_MAX : ENGINE_QUEUE_RECORDS_MAX;
    for (int i = 0;; i++) {
        if (e->queued >= most || e->queued_bytes >= ENGINE_QUEUE_BYTES_MAX ||
            (i % 64 == 63 && pp_thread_cpu_us() > until)) {
            e->more = true; /* the descriptor will not fire again for these: the end of the batch looks here */
            return;
        }
        if (!pp_consumer_next(e->consumer, &r)) return;
        e->rate_read++;
        take_record(e, &r);
    }
}

/* ---- counting past ---- */

static void stop_shard(struct pp_engine *e, struct shard *sh, const struct pp_input *in, const char *why,
                       int64_t have) {
    sh->stopped = true;
    char id[PP_RID_TEXT_MAX];
    pp_rid_text(&in->hdr.id, id);
    pp_log(PP_LOG_ERROR, "partition stopped: something was lost", "partition", PP_I(sh->part), "why", PP_S(why),
           "topic", PP_S(e->app->topics[in->topic]), "offset", PP_I(in->offset), "record", PP_S(id), "have", PP_I(have),
           NULL);
    pp_metric_add("pp_partitions_stopped_total", NULL, 1);
}

static uint64_t last_old_seq(const struct pp_input *in, int part, struct pp_arena *a, bool *ok) {
    struct ev ev;
    struct pp_err err;
    *ok = ev_decode(EV_INCARNATION_STARTED, in->value, a, &ev, &err) == 0;
    const struct ev_incarnation_started *s = *ok ? ev.as.incarnation_started : NULL;
    return s && (size_t)part < s->last_seqs_n ? (uint64_t)s->last_seqs[part] : 0;
}

/* Sequence of a log record. True: apply it. */
static bool sequence(struct pp_engine *e, struct shard *sh, struct pp_input *in) {
    const struct pp_rid *id = &in->hdr.id;
    if (id->source == 0 || id->dest != sh->part) { /* not written by a runtime: nothing can be said about loss */
        stop_shard(e, sh, in, "record without an identity for this partition", 0);
        return false;
    }
    bool ok = true;
    enum pp_seen_verdict v;
    if (in->type == EV_INCARNATION_STARTED && !in->skip) {
        uint64_t last = last_old_seq(in, sh->part, &e->batch.arena, &ok);
        v = pp_seen_look_incarnation(&sh->seen, id, last);
        in->skip = true; /* the engine's own: not for the app */
    } else {
        v = pp_seen_look(&sh->seen, id);
    }
    switch (v) {
    case PP_SEEN_REPEAT: e->n_repeats++; return false;
    case PP_SEEN_NEXT:
        if (!pp_seen_set(&sh->seen, id, true)) abort();
        return true;
    case PP_SEEN_GAP: stop_shard(e, sh, in, "gap in the sequence of a writer", 0); return false;
    case PP_SEEN_INCARNATION: stop_shard(e, sh, in, "a new incarnation that was not announced", 0); return false;
    }
    return false;
}

bool take_advance(struct pp_engine *e, struct pp_input *in) {
    struct shard *sh = &e->shards[in->shard];
    if (!sh->owned) return false;
    if (in->kind != PP_INPUT_RECORD) return true;
    if (sh->stopped || in->offset < sh->next[in->topic]) return false; /* of before a takeover */
    if (in->offset > sh->next[in->topic]) {
        stop_shard(e, sh, in, "offsets are missing in the topic", sh->next[in->topic]);
        return false;
    }
    bool apply = !e->app->sequenced[in->topic] || sequence(e, sh, in);
    if (sh->stopped) return false; /* the record that told of the loss is not counted past */
    sh->next[in->topic] = in->offset + 1;
    sh->dirty = true;
    return apply && !in->skip;
}
