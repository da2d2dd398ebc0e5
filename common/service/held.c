#include "service/held.h"

#include "io/clock.h"
#include "io/metrics.h"
#include "service/recover.h"

static const struct pp_pg_stmt statements[] = {
    {"held_due",
     "select h.part, h.src_offset, h.key, h.headers, h.value, h.goes_at from unnest($1::int[], $2::timestamptz[]) x(p, "
     "until) "
     "cross join lateral (select * from held_command where part = x.p and goes_at <= x.until order by goes_at, "
     "src_offset limit 20) h order by h.goes_at, h.src_offset"},
    {"held_load", "select tenant, command_id, actor from held_command where person = any($1::uuid[])"},
    {"held_new",
     "insert into held_command (tenant, person, home, part, command_id, type, actor, src_offset, key, headers, value, "
     "goes_at) select * from unnest($1::text[], $2::uuid[], $3::int2[], $4::int[], $5::text[], $6::text[], $7::text[], "
     "$8::bigint[], $9::bytea[], $10::bytea[], $11::bytea[], $12::timestamptz[]) on conflict (tenant, command_id) do "
     "nothing"},
    {"held_gone", "delete from held_command h using unnest($1::text[], $2::text[]) x(tenant, id) where h.tenant = "
                  "x.tenant and h.command_id = x.id"},
    {"held_undone",
     "with gone as (delete from held_command h using unnest($1::text[], $2::text[], $3::timestamptz[]) x(tenant, "
     "id, at) where h.tenant = x.tenant and h.command_id = x.id returning h.*, x.at as undone_at) insert into "
     "command_result (tenant, person, home, command_id, "
     "type, status, version, message, actor, at) select tenant, person, home, command_id, type, 'undone', 0, 'it was "
     "taken back', actor, undone_at from gone on conflict (tenant, command_id) do nothing"},
    {NULL, NULL}};

enum held_state { HELD_WAITS, HELD_GONE, HELD_UNDONE };
struct held_row { /* as this batch knows it */
    struct held_row *next;
    enum held_state state;
    struct pp_str tenant, id, actor;
    const struct pp_input *in; /* of one that is new in this batch */
    int64_t goes_ms, undone_ms;
};

int held_prepare(struct pp_engine *e, struct pp_err *err) {
    for (const struct pp_pg_stmt *s = statements; s->name; s++)
        if (pp_pg_prepare(e->pg, s->name, s->sql, err) < 0) return -1;
    return 0;
}

/* ---- the clock ---- */

/* What takes a command back may stand unread behind it: first all that was there when the partition was taken. After a
 * restore inputs come in their old order anyway. */
static bool read_up(struct pp_engine *e, struct shard *sh) {
    if (recover_active(sh)) return true;
    if (sh->held_epoch != sh->epoch) {
        int64_t high = pp_consumer_high(e->consumer, 1, sh->part);
        if (high < 0) return false;
        sh->held_epoch = sh->epoch;
        sh->held_from = high;
    }
    return sh->next[1] >= sh->held_from;
}

static void on_due(void *user, const struct pp_rows *r) {
    struct pp_engine *e = user;
    for (int k = 0; r && k < pp_rows_n(r); k++) {
        bool first = recover_any(e); /* before what is queued, in their order */
        int i = first ? pp_rows_n(r) - 1 - k : k;
        struct shard *sh = &e->shards[pp_rows_int(r, i, 0)];
        if (pp_rows_n(r) >= HELD_EACH) recover_held_at(sh, pp_rows_time(r, i, 5)); /* there may be more */
        if (!read_up(e, sh) || recover_held_later(sh, pp_rows_time(r, i, 5))) continue;
        struct pp_input *in =
            take_copied(e, PP_INPUT_HELD, pp_rows_str(r, i, 2), pp_rows_str(r, i, 3), pp_rows_str(r, i, 4), 1);
        in->shard = sh->part;
        in->offset = pp_rows_int(r, i, 1);
        if (first)
            take_push_front(e, in);
        else
            take_push(e, in);
    }
}

void held_ask(struct pp_engine *e) {
    struct pp_array *a = e->arrays;
    int64_t now = pp_real_ms();
    if (e->ntopics < 2) return; /* it takes no commands */
    pp_array_begin(&a[0], PP_PG_INT4);
    pp_array_begin(&a[1], PP_PG_TIMESTAMPTZ);
    for (int i = 0; i < e->partitions; i++) {
        if (!e->shards[i].owned) continue;
        pp_array_i4(&a[0], i);
        pp_array_time(&a[1], recover_held_until(e, &e->shards[i], now));
    }
    struct pp_str params[] = {pp_array_param(&a[0]), pp_array_param(&a[1])};
    pp_pg_exec(e->pg, "held_due", params, 2, on_due, e);
}

/* ---- within a batch ---- */

static struct held_row *find(const struct pp_batch *b, struct pp_str tenant, struct pp_str id) {
    struct held_row *h = b->held;
    while (h && (!pp_str_eq(h->id, id) || !pp_str_eq(h->tenant, tenant))) h = h->next;
    return h;
}

static void on_held(void *user, const struct pp_rows *r) {
    struct pp_batch *b = user;
    for (int i = 0; r && i < pp_rows_n(r); i++) {
        struct held_row *h = pp_arena_new(&b->arena, struct held_row);
        if (!h) return; /* a full arena is seen by apply */
        *h = (struct held_row){.next = b->held,
                               .tenant = pp_arena_str(&b->arena, pp_rows_str(r, i, 0)),
                               .id = pp_arena_str(&b->arena, pp_rows_str(r, i, 1)),
                               .actor = pp_arena_str(&b->arena, pp_rows_str(r, i, 2))};
        b->held = h;
    }
}

void held_load(struct pp_batch *b, const struct pp_str *persons) {
    pp_batch_select(b, "held_load", persons, 1, on_held, b);
}

bool held_known(const struct pp_batch *b, const struct pp_input *in) {
    return find(b, in->hdr.tenant, in->hdr.event_id) != NULL;
}

int held_keep(struct pp_batch *b, struct pp_input *in, struct pp_err *err) {
    struct held_row *h = pp_arena_new(&b->arena, struct held_row);
    if (!h) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch");
    int64_t from = recover_active(&b->e->shards[in->shard]) ? in->record.time_ms : pp_real_ms();
    int64_t ms = in->hdr.hold_ms < PP_HOLD_MS_MAX ? in->hdr.hold_ms : PP_HOLD_MS_MAX;
    *h = (struct held_row){.next = b->held,
                           .tenant = in->hdr.tenant,
                           .id = in->hdr.event_id,
                           .actor = in->hdr.actor,
                           .in = in,
                           .goes_ms = from + ms};
    b->held = h;
    recover_held_at(&b->e->shards[in->shard], h->goes_ms);
    pp_metric_add("pp_commands_held_total", NULL, 1);
    return 0;
}

bool held_take(struct pp_batch *b, const struct pp_input *in) {
    struct held_row *h = find(b, in->hdr.tenant, in->hdr.event_id);
    if (!h || h->state != HELD_WAITS) return false;
    h->state = HELD_GONE;
    return true;
}

static bool lead(struct pp_str roles) {
    while (roles.n)
        if (pp_str_eqz(pp_str_trim(pp_str_split(&roles, ',')), "lead")) return true;
    return false;
}

enum pp_reply_status held_undo(struct pp_batch *b, const struct pp_input *in, struct pp_str command_id,
                               const char **ret_words) {
    struct held_row *h = find(b, in->hdr.tenant, command_id);
    if (!h || h->state != HELD_WAITS) {
        *ret_words = "it does not wait any more";
        return PP_REPLY_CONFLICT;
    }
    if (!pp_str_eq(h->actor, in->hdr.actor) && !lead(in->hdr.roles)) {
        *ret_words = "only who gave it, or a lead, may take it back";
        return PP_REPLY_DENIED;
    }
    h->state = HELD_UNDONE;
    h->undone_ms = b->now_ms;
    pp_metric_add("pp_commands_undone_total", NULL, 1);
    *ret_words = "taken back";
    return PP_REPLY_DONE;
}

/* ---- the transaction ---- */

static void write_new(struct pp_engine *e, struct pp_batch *b) {
    static const enum pp_pg_type types[] = {PP_PG_TEXT,  PP_PG_UUID,  PP_PG_INT2,  PP_PG_INT4,
                                            PP_PG_TEXT,  PP_PG_TEXT,  PP_PG_TEXT,  PP_PG_INT8,
                                            PP_PG_BYTEA, PP_PG_BYTEA, PP_PG_BYTEA, PP_PG_TIMESTAMPTZ};
    struct pp_array *a = e->arrays;
    struct pp_str params[12];
    for (int i = 0; i < 12; i++) pp_array_begin(&a[i], types[i]);
    for (const struct held_row *h = b->held; h; h = h->next) {
        if (!h->in) continue;
        struct pp_buf headers;
        pp_buf_init(&headers, (size_t)1 << 20);
        pp_headers_pack(&headers, h->in->headers, h->in->nheaders);
        pp_array_text(&a[0], h->tenant);
        pp_array_uuid(&a[1], h->in->hdr.person);
        pp_array_i2(&a[2], (int16_t)pp_home_of(h->in->hdr.person));
        pp_array_i4(&a[3], h->in->shard);
        pp_array_text(&a[4], h->id);
        pp_array_text(&a[5], h->in->type_name);
        pp_array_text(&a[6], h->actor);
        pp_array_i8(&a[7], h->in->offset);
        pp_array_text(&a[8], h->in->key);
        pp_array_text(&a[9], pp_buf_str(&headers));
        pp_array_text(&a[10], h->in->value);
        pp_array_time(&a[11], h->goes_ms);
        pp_buf_free(&headers);
    }
    for (int i = 0; i < 12; i++) params[i] = pp_array_param(&a[i]);
    if (a[0].n) pp_pg_exec(e->pg, "held_new", params, 12, NULL, NULL);
}

static void write_end(struct pp_engine *e, struct pp_batch *b, enum held_state state, const char *stmt) {
    struct pp_array *a = e->arrays;
    pp_array_begin(&a[0], PP_PG_TEXT);
    pp_array_begin(&a[1], PP_PG_TEXT);
    pp_array_begin(&a[2], PP_PG_TIMESTAMPTZ);
    for (const struct held_row *h = b->held; h; h = h->next) {
        if (h->state != state) continue;
        pp_array_text(&a[0], h->tenant);
        pp_array_text(&a[1], h->id);
        pp_array_time(&a[2], h->undone_ms);
    }
    struct pp_str params[] = {pp_array_param(&a[0]), pp_array_param(&a[1]), pp_array_param(&a[2])};
    if (a[0].n) pp_pg_exec(e->pg, stmt, params, state == HELD_UNDONE ? 3 : 2, NULL, NULL);
}

void held_write(struct pp_engine *e, struct pp_batch *b) {
    if (!b->held) return;
    write_new(e, b);
    write_end(e, b, HELD_GONE, "held_gone");
    write_end(e, b, HELD_UNDONE, "held_undone");
}
