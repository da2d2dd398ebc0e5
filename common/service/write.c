/* The fenced transaction of a batch, and the way of its output to the broker. */
#include "service/engine_int.h"
#include "service/held.h"
#include "service/recover.h"

#include "io/clock.h"
#include "io/metrics.h"

#include <endian.h>
#include <stdlib.h>

static const struct pp_pg_stmt statements[] = {
    /* The old `clean` decides about care; from here on it is false until an orderly release. In a statement of its own:
     * one that updates a row and reads it too may find it gone. */
    {"takeover_clean", "select part, clean from shard where part = any($1::int[]) for update"},
    {"takeover",
     "insert into shard as s (part, epoch, owner, out_seqs, clean, taken_at) "
     "select p, 1, $2::text, $4::bytea, false, $3::timestamptz from unnest($1::int[]) p "
     "on conflict (part) do update set epoch = s.epoch + 1, owner = excluded.owner, clean = false, taken_at = "
     "excluded.taken_at "
     "returning part, epoch, next_0, next_1, batch_no, relayed, incarnation, out_seqs, try_topic, try_offset, "
     "try_count, flight"},
    {"takeover_dedup", "select part, source, shard, incarnation, seq from dedup where part = any($1::int[])"},
    /* What was on its way when the last owner ended: nobody knows whether it arrived. */
    {"takeover_jobs",
     "update job set state = 'doubt' where part = any($1::int[]) and state in ('sending', 'inquiring')"},
    {"release", "update shard s set clean = true, relayed = greatest(s.relayed, x.rel) from unnest($1::int[], "
                "$2::int[], $3::bigint[]) "
                "x(part, epoch, rel) where s.part = x.part and s.epoch = x.epoch"},
    {"fence",
     "with u as (update shard s set next_0 = x.hi0, next_1 = x.hi1, batch_no = x.bno, relayed = greatest(s.relayed, "
     "x.rel), "
     "out_seqs = x.v, flight = x.f from unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], "
     "$6::bigint[], $7::bigint[], $8::bigint[], $9::bytea[], $10::int[]) x(part, epoch, lo0, lo1, hi0, hi1, bno, rel, "
     "v, f) "
     "where s.part = x.part and s.epoch = x.epoch and s.next_0 = x.lo0 and s.next_1 = x.lo1 returning 1) "
     "select pp_fence(count(*) = cardinality($1::int[])) from u"},
    {"attempt", "with u as (update shard s set try_topic = $3::int, try_offset = $4::bigint, try_count = $5::int "
                "where s.part = $1::int and s.epoch = $2::int returning 1) select pp_fence(count(*) = 1) from u"},
    {"dedup", "insert into dedup (part, source, shard, incarnation, seq) "
              "select * from unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::bigint[]) "
              "on conflict (part, source, shard) do update set incarnation = excluded.incarnation, seq = excluded.seq"},
    {"outbox", "insert into outbox (part, batch_no, epoch, n, events, at) "
               "select *, $6::timestamptz from unnest($1::int[], $2::bigint[], $3::int[], $4::int[], $5::bytea[])"},
    {"outbox_read",
     "select batch_no, events from outbox where part = $1::int and batch_no > $2::bigint order by batch_no limit 20"},
    {"timer_set",
     "insert into timer (tenant, person, home, part, kind, ref, due) "
     "select * from unnest($1::text[], $2::uuid[], $3::int2[], $4::int[], $5::int[], $6::uuid[], $7::timestamptz[]) "
     "on conflict (person, kind, ref) do update set due = excluded.due"},
    {"timer_drop", "delete from timer t using unnest($1::uuid[], $2::int[], $3::uuid[]) x(person, kind, ref) "
                   "where t.person = x.person and t.kind = x.kind and t.ref = x.ref"},
    {"metric", "insert into metric as m (part, name, labels, value) select * from unnest($1::int[], $2::text[], "
               "$3::text[], $4::bigint[]) "
               "on conflict (part, name, labels) do update set value = m.value + excluded.value returning part, name, "
               "labels, value"},
    {"command_result",
     "insert into command_result (tenant, person, home, command_id, type, status, version, message, actor, at) "
     "select * from unnest($1::text[], $2::uuid[], $3::int2[], $4::text[], $5::text[], $6::text[], $7::int[], "
     "$8::text[], $9::text[], $10::timestamptz[]) on conflict (tenant, command_id) do nothing"},
    {"park",
     "insert into parked (part, tenant, person, subject, topic, topic_no, src_offset, key, headers, value, reason, at) "
     "select * from unnest($1::int[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::int[], "
     "$7::bigint[], $8::bytea[], $9::bytea[], $10::bytea[], $11::text[], $12::timestamptz[])"},
    {"unpark", "update parked p set retry = true from unnest($1::uuid[], $2::uuid[]) x(person, subject) "
               "where p.person = x.person and p.subject = x.subject"},
    {"parked_again", "update parked p set retry = false, reason = x.reason from unnest($1::bigint[], $2::text[]) x(id, "
                     "reason) where p.id = x.id"},
    {"parked_done", "delete from parked where id = any($1::bigint[])"},
    {NULL, NULL}};

int write_prepare(struct pp_engine *e, struct pp_err *err) {
    for (const struct pp_pg_stmt *s = statements; s->name; s++)
        if (pp_pg_prepare(e->pg, s->name, s->sql, err) < 0) return -1;
    for (const struct pp_pg_stmt *s = e->app->stmts; s && s->name; s++)
        if (pp_pg_prepare(e->pg, s->name, s->sql, err) < 0) return -1;
    return held_prepare(e, err);
}

/* ---- parameters: arrays begun together, sent together ---- */

static void begin(struct pp_engine *e, int n, const enum pp_pg_type *types) {
    for (int i = 0; i < n; i++) pp_array_begin(&e->arrays[i], types[i]);
}

static void run(struct pp_engine *e, const char *stmt, int n, const struct pp_str *extra, pp_pg_rows_cb *cb,
                void *user) {
    struct pp_str params[ENGINE_ARRAYS + 1];
    int k = n;
    for (int i = 0; i < n; i++) params[i] = pp_array_param(&e->arrays[i]);
    if (extra) params[k++] = *extra;
    pp_pg_exec(e->pg, stmt, params, k, cb, user);
}

#define BEGIN(e, ...)                                                                                                  \
    begin((e), (int)(sizeof((enum pp_pg_type[]){__VA_ARGS__}) / sizeof(enum pp_pg_type)),                              \
          (enum pp_pg_type[]){__VA_ARGS__})

/* ---- the parts of the transaction ---- */

static void write_fence(struct pp_engine *e) {
    struct pp_array *a = e->arrays;
    uint64_t be[1024];
    BEGIN(e, PP_PG_INT4, PP_PG_INT4, PP_PG_INT8, PP_PG_INT8, PP_PG_INT8, PP_PG_INT8, PP_PG_INT8, PP_PG_INT8,
          PP_PG_BYTEA, PP_PG_INT4);
    for (int i = 0; i < e->partitions; i++) {
        struct shard *sh = &e->shards[i];
        if (!sh->in_batch && sh->owned && sh->relayed != sh->relayed_saved) sh->in_batch = true;
        if (!sh->in_batch) continue;
        if (sh->pack_n > 0) sh->batch_no++;
        sh->relayed_saved = sh->relayed;
        pp_array_i4(&a[0], i);
        pp_array_i4(&a[1], sh->epoch);
        pp_array_i8(&a[2], sh->committed[0]);
        pp_array_i8(&a[3], sh->committed[1]);
        pp_array_i8(&a[4], sh->next[0]);
        pp_array_i8(&a[5], sh->next[1]);
        pp_array_i8(&a[6], sh->batch_no);
        pp_array_i8(&a[7], sh->relayed);
        for (int d = 0; d < e->partitions; d++) be[d] = htobe64(sh->out_seq[d]);
        pp_array_text(&a[8], (struct pp_str){(const char *)be, (uint32_t)(8 * e->partitions)});
        pp_array_i4(&a[9], engine_next_flight(sh));
    }
    if (a[0].n) run(e, "fence", 10, NULL, NULL, NULL);
}

static void write_dedup(struct pp_engine *e) {
    struct pp_array *a = e->arrays;
    BEGIN(e, PP_PG_INT4, PP_PG_INT4, PP_PG_INT4, PP_PG_INT4, PP_PG_INT8);
    for (int i = 0; i < e->partitions; i++) {
        struct shard *sh = &e->shards[i];
        for (size_t k = 0; sh->in_batch && k < sh->seen.cap; k++) {
            const struct pp_seen_slot *s = &sh->seen.slots[k];
            if (!s->incarnation || !s->dirty) continue;
            pp_array_i4(&a[0], i);
            pp_array_i4(&a[1], s->source);
            pp_array_i4(&a[2], s->shard);
            pp_array_i4(&a[3], (int32_t)s->incarnation);
            pp_array_i8(&a[4], (int64_t)s->seq);
        }
    }
    if (a[0].n) run(e, "dedup", 5, NULL, NULL, NULL);
}

static void write_outbox(struct pp_engine *e) {
    struct pp_array *a = e->arrays;
    char at[8];
    BEGIN(e, PP_PG_INT4, PP_PG_INT8, PP_PG_INT4, PP_PG_INT4, PP_PG_BYTEA);
    for (int i = 0; i < e->partitions; i++) {
        struct shard *sh = &e->shards[i];
        if (!sh->in_batch || sh->pack_n == 0) continue;
        pp_array_i4(&a[0], i);
        pp_array_i8(&a[1], sh->batch_no);
        pp_array_i4(&a[2], sh->epoch);
        pp_array_i4(&a[3], sh->pack_n);
        pp_array_text(&a[4], pp_buf_str(&sh->pack));
    }
    struct pp_str now = pp_pg_time(pp_real_ms(), at);
    if (a[0].n) run(e, "outbox", 5, &now, NULL, NULL);
}

static void write_timers(struct pp_engine *e, struct pp_batch *b) {
    struct pp_array *a = e->arrays;
    if (!b->timers_all) return;
    BEGIN(e, PP_PG_TEXT, PP_PG_UUID, PP_PG_INT2, PP_PG_INT4, PP_PG_INT4, PP_PG_UUID, PP_PG_TIMESTAMPTZ);
    for (struct timer_change *t = b->timers_all; t; t = t->all) {
        if (t->due_ms == 0) continue;
        pp_array_text(&a[0], t->tenant);
        pp_array_uuid(&a[1], t->person);
        pp_array_i2(&a[2], (int16_t)pp_home_of(t->person));
        pp_array_i4(&a[3], t->shard);
        pp_array_i4(&a[4], t->kind);
        pp_array_uuid(&a[5], t->ref);
        pp_array_time(&a[6], t->due_ms);
    }
    if (a[0].n) run(e, "timer_set", 7, NULL, NULL, NULL);
    BEGIN(e, PP_PG_UUID, PP_PG_INT4, PP_PG_UUID);
    for (struct timer_change *t = b->timers_all; t; t = t->all) {
        if (t->due_ms != 0) continue;
        pp_array_uuid(&a[0], t->person);
        pp_array_i4(&a[1], t->kind);
        pp_array_uuid(&a[2], t->ref);
    }
    if (a[0].n) run(e, "timer_drop", 3, NULL, NULL, NULL);
}

static void write_counts(struct pp_engine *e, struct pp_batch *b) {
    struct pp_array *a = e->arrays;
    BEGIN(e, PP_PG_INT4, PP_PG_TEXT, PP_PG_TEXT, PP_PG_INT8);
    for (struct count_change *c = b->counts; c; c = c->next) {
        pp_array_i4(&a[0], c->shard);
        pp_array_text(&a[1], c->name);
        pp_array_text(&a[2], c->labels);
        pp_array_i8(&a[3], c->delta);
    }
    if (a[0].n) run(e, "metric", 4, NULL, upkeep_metric_rows, e);
}

static void write_commands(struct pp_engine *e, struct pp_batch *b) {
    static const char *const names[] = {"done", "invalid", "conflict", "notfound", "denied"};
    struct pp_array *a = e->arrays;
    BEGIN(e, PP_PG_TEXT, PP_PG_UUID, PP_PG_INT2, PP_PG_TEXT, PP_PG_TEXT, PP_PG_TEXT, PP_PG_INT4, PP_PG_TEXT, PP_PG_TEXT,
          PP_PG_TIMESTAMPTZ);
    for (struct command_row *c = b->commands; c; c = c->next) {
        const struct pp_hdr *h = &c->in->hdr;
        pp_array_text(&a[0], h->tenant);
        pp_array_uuid(&a[1], h->person);
        pp_array_i2(&a[2], (int16_t)pp_home_of(h->person));
        pp_array_text(&a[3], h->event_id);
        pp_array_text(&a[4], c->in->type_name);
        pp_array_text(&a[5], pp_str_z(names[c->status]));
        pp_array_i4(&a[6], c->version);
        pp_array_text(&a[7], c->message);
        pp_array_text(&a[8], h->actor);
        pp_array_time(&a[9], c->at_ms);
    }
    if (a[0].n) run(e, "command_result", 10, NULL, NULL, NULL);
}

static void write_parked(struct pp_engine *e, struct pp_batch *b) {
    struct pp_array *a = e->arrays;
    BEGIN(e, PP_PG_INT4, PP_PG_TEXT, PP_PG_UUID, PP_PG_UUID, PP_PG_TEXT, PP_PG_INT4, PP_PG_INT8, PP_PG_BYTEA,
          PP_PG_BYTEA, PP_PG_BYTEA, PP_PG_TEXT, PP_PG_TIMESTAMPTZ);
    for (struct parked_row *p = b->parked; p; p = p->next) {
        const struct pp_input *in = p->in;
        if (in->kind == PP_INPUT_PARKED) continue;
        struct pp_buf headers;
        pp_buf_init(&headers, (size_t)1 << 20);
        pp_headers_pack(&headers, in->headers, in->nheaders);
        pp_array_i4(&a[0], in->shard);
        pp_array_text(&a[1], in->hdr.tenant);
        pp_array_uuid(&a[2], in->hdr.person);
        pp_array_uuid(&a[3], p->subject);
        pp_array_text(&a[4], pp_str_z(e->app->topics[in->topic]));
        pp_array_i4(&a[5], in->topic);
        pp_array_i8(&a[6], in->offset);
        pp_array_text(&a[7], in->key);
        pp_array_text(&a[8], pp_buf_str(&headers));
        pp_array_text(&a[9], in->value);
        pp_array_text(&a[10], p->reason);
        pp_array_time(&a[11], p->at_ms);
        pp_buf_free(&headers);
    }
    if (a[0].n) run(e, "park", 12, NULL, NULL, NULL);
    BEGIN(e, PP_PG_INT8, PP_PG_TEXT); /* tried again in vain: the row keeps its place */
    for (struct parked_row *p = b->parked; p; p = p->next) {
        if (p->in->kind != PP_INPUT_PARKED) continue;
        pp_array_i8(&a[0], p->in->parked_id);
        pp_array_text(&a[1], p->reason);
    }
    if (a[0].n) run(e, "parked_again", 2, NULL, NULL, NULL);
    BEGIN(e, PP_PG_INT8);
    for (int i = 0; i < b->nunparked; i++) pp_array_i8(&a[0], b->unparked[i]);
    if (a[0].n) run(e, "parked_done", 1, NULL, NULL, NULL);
    BEGIN(e, PP_PG_UUID, PP_PG_UUID);
    for (struct unpark_row *u = b->unparks; u; u = u->next) {
        pp_array_uuid(&a[0], u->person);
        pp_array_uuid(&a[1], u->subject);
    }
    if (a[0].n) run(e, "unpark", 2, NULL, NULL, NULL);
}

void write_batch(struct pp_engine *e) {
    struct pp_batch *b = &e->batch;
    write_fence(e);
    recover_write(e);
    write_dedup(e);
    write_outbox(e);
    write_timers(e, b);
    jobs_write(e);
    write_counts(e, b);
    write_commands(e, b);
    write_parked(e, b);
    held_write(e, b);
}

void write_attempt(struct pp_engine *e, struct shard *sh, pp_pg_sync_cb *done) {
    char p[8], ep[8], topic[8], offset[8], count[8];
    struct pp_str params[] = {pp_pg_i4(sh->part, p), pp_pg_i4(sh->epoch, ep), pp_pg_i4(sh->try_topic, topic),
                              pp_pg_i8(sh->try_offset, offset), pp_pg_i4(sh->try_count, count)};
    pp_pg_exec(e->pg, "attempt", params, 5, NULL, NULL);
    pp_pg_sync(e->pg, done, e);
}

/* ---- to the broker ---- */

void relays_forget(struct shard *sh) {
    for (struct relay *r = sh->relays, *next; r; r = next) {
        next = r->next;
        r->sh = NULL;
        r->next = NULL;
        if (r->sealed && r->pending == 0) free(r);
    }
    sh->relays = sh->relays_last = NULL;
}

/* Batches are known to be on the broker in order only. */
static void relays_advance(struct shard *sh) {
    while (sh->relays && sh->relays->sealed && sh->relays->pending == 0 && !sh->relays->failed) {
        struct relay *r = sh->relays;
        sh->relays = r->next;
        if (!sh->relays) sh->relays_last = NULL;
        sh->relayed = r->batch_no;
        free(r);
    }
}

static void arrived(struct relay *r) {
    struct shard *sh = r->sh;
    r->pending--;
    if (sh)
        relays_advance(sh);
    else if (r->sealed && r->pending == 0)
        free(r);
}

static void on_log_delivery(void *user, const struct pp_err *err) {
    struct relay *r = user;
    struct pp_engine *e = r->e;
    e->log_inflight--;
    /* This producer never gives up by itself: an error means that a sequence would have a hole. */
    if (err && r->sh && !e->stopping) engine_fatal(e, "a fact was refused by the broker", err);
    if (err) r->failed = true;
    arrived(r);
}

static void on_public_delivery(void *user, const struct pp_err *err) {
    struct relay *r = user;
    struct pp_engine *e = r->e;
    e->public_inflight--;
    if (err) r->failed = true;
    if (err && r->sh && !e->stopping && !e->stopped) {
        pp_metric_add("pp_snapshots_timed_out_total", NULL, 1);
        e->public_failed =
            *err; /* ends in a takeover of our own partitions, which publishes again what is not relayed */
    }
    arrived(r);
}

static int send_item(struct pp_engine *e, struct relay *r, const struct pp_outbox_item *it, bool again,
                     struct pp_err *err) {
    if (!it->is_log && again)
        pp_late_add(e->late, &it->send, pp_mono_ms());
    else if (!it->is_log)
        pp_late_update(e->late, &it->send);
    int rc = pp_producer_send(it->is_log ? e->log_out : e->public_out, &it->send,
                              it->is_log ? on_log_delivery : on_public_delivery, r, err);
    if (rc < 0) return rc;
    r->pending++;
    e->n_out++;
    if (it->is_log)
        e->log_inflight++;
    else
        e->public_inflight++;
    return 0;
}

int publish_packed(struct pp_engine *e, struct shard *sh, struct pp_str packed, int64_t batch_no, bool again,
                   struct pp_err *err) {
    struct relay *r = calloc(1, sizeof *r);
    if (!r) return pp_err_set(err, PP_ERR_NOMEM, "output");
    *r = (struct relay){.e = e, .sh = sh, .batch_no = batch_no};
    if (sh->relays_last)
        sh->relays_last->next = r;
    else
        sh->relays = r;
    sh->relays_last = r;
    struct pp_outbox_item it;
    bool bad;
    while (pp_outbox_next(&packed, e->app->name, &it, &bad))
        if (send_item(e, r, &it, again, err) < 0) return -1;
    if (bad)
        return pp_err_set(err, PP_ERR_BUG, "outbox row %lld of partition %d is broken", (long long)batch_no, sh->part);
    r->sealed = true;
    relays_advance(sh);
    return 0;
}

void publish_batch(struct pp_engine *e) {
    for (int i = 0; i < e->partitions; i++) {
        struct shard *sh = &e->shards[i];
        struct pp_err err;
        if (!sh->in_batch || sh->pack_n == 0) continue;
        if (publish_packed(e, sh, pp_buf_str(&sh->pack), sh->batch_no, false, &err) < 0) {
            engine_fatal(e, "output of a committed batch cannot be published", &err);
            return;
        }
    }
}
