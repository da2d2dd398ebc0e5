/* A pp_service as an app of the engine. */
#include "service/runtime.h"

#include "io/log.h"
#include "io/metrics.h"
#include "service/held.h"
#include "service/jobs_int.h"
#include "service/packs.h"
#include "service/rowmap.h"
#include "service/unit_cache.h"

#include <stdio.h>
#include <stdlib.h>

#define UNITS_MIN 64

struct unit_slot {
    struct pp_uuid person;
    struct pp_unit *unit; /* NULL: free */
};

/* Answers of load() that are no rows of units. */
struct known {
    struct known *next;
    struct pp_str tenant, id;       /* a command that was decided before */
    struct pp_uuid person, subject; /* a subject with parked inputs, */
    int64_t before;                 /* of which this is the first that is not being tried again; 0 = none */
};

struct runtime {
    const struct pp_service *svc;
    struct pp_app app;
    struct pp_engine *e;
    struct pp_packs *packs;
    struct pp_rowmap *maps; /* [ntables] */
    struct pp_pg_stmt *stmts;
    struct pp_unit_cache *cache; /* NULL: none */
    bool reads[EV_COUNT], commands[EV_COUNT];
    bool check;
    struct pp_array arrays[PP_PG_PARAMS_MAX];
    const struct pp_input *input; /* that is being decided, and how many ids it took */
    const struct pp_batch *batch;
    uint32_t minted;
    /* of the open batch, in its arena */
    struct unit_slot *units;
    size_t cap;
    struct known *decided, *parked;
    const struct pp_refs *refs;
};

static const struct pp_pg_stmt own_stmts[] = {
    {"load_commands", "select tenant, command_id from command_result where command_id = any($1::text[])"},
    {"load_parked", "select person, subject, min(id) filter (where not retry) from parked where person = "
                    "any($1::uuid[]) group by person, subject"},
};
#define OWN_STMTS 2

/* ---- what is wanted ---- */

static bool wants(void *user, const struct pp_input *in) {
    const struct runtime *rt = user;
    return in->topic == 0 ? rt->reads[in->type] : rt->commands[in->type];
}

/* ---- units of the batch ---- */

static struct unit_slot *slot_of(struct runtime *rt, struct pp_uuid person) {
    uint32_t h;
    memcpy(&h, person.b + 12, sizeof h);
    size_t i = (h * 2654435761u) & (rt->cap - 1);
    while (rt->units[i].unit && !pp_uuid_eq(rt->units[i].person, person)) i = (i + 1) & (rt->cap - 1);
    return &rt->units[i];
}

/* persons: all; strangers: those whose rows must be asked for. */
static int make_units(struct runtime *rt, struct pp_batch *b, struct pp_array *persons, struct pp_array *strangers,
                      struct pp_err *err) {
    struct pp_arena *a = pp_batch_arena(b);
    for (rt->cap = UNITS_MIN; rt->cap < (size_t)pp_batch_size(b) * 2;) rt->cap *= 2;
    rt->units = pp_arena_array(a, struct unit_slot, rt->cap);
    if (!rt->units) {
        rt->cap = 0;
        return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch");
    }
    pp_array_begin(persons, PP_PG_UUID);
    pp_array_begin(strangers, PP_PG_UUID);
    for (struct pp_input *in = pp_batch_next(b, NULL); in; in = pp_batch_next(b, in)) {
        struct unit_slot *s = slot_of(rt, in->hdr.person);
        if (s->unit || pp_uuid_none(in->hdr.person)) continue;
        s->person = in->hdr.person;
        s->unit = pp_unit_new(a, rt->svc->tables, rt->svc->ntables, pp_arena_str(a, in->hdr.tenant), in->hdr.person);
        if (!s->unit) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch");
        pp_array_uuid(persons, s->person);
        if (!pp_unit_cache_get(rt->cache, s->unit)) pp_array_uuid(strangers, s->person);
    }
    pp_metric_add("pp_units_total", "from=\"cache\"", persons->n - strangers->n);
    pp_metric_add("pp_units_total", "from=\"database\"", strangers->n);
    return 0;
}

struct table_load {
    struct runtime *rt;
    struct pp_batch *b;
    int table;
};

static void on_rows(void *user, const struct pp_rows *r) {
    struct table_load *l = user;
    struct runtime *rt = l->rt;
    for (int i = 0; r && i < pp_rows_n(r); i++) {
        struct unit_slot *s = slot_of(rt, pp_rows_uuid(r, i, 0));
        void *row = s->unit ? pp_unit_load(s->unit, l->table) : NULL;
        if (!row) continue; /* a full arena is seen by apply */
        pp_rowmap_read(&rt->maps[l->table], r, i, row, pp_batch_arena(l->b));
        pp_unit_loaded(s->unit, row, l->table);
    }
}

static void on_commands(void *user, const struct pp_rows *r) {
    struct table_load *l = user;
    for (int i = 0; r && i < pp_rows_n(r); i++) {
        struct known *k = pp_arena_new(pp_batch_arena(l->b), struct known);
        if (!k) return;
        *k = (struct known){.next = l->rt->decided,
                            .tenant = pp_arena_str(pp_batch_arena(l->b), pp_rows_str(r, i, 0)),
                            .id = pp_arena_str(pp_batch_arena(l->b), pp_rows_str(r, i, 1))};
        l->rt->decided = k;
    }
}

static void on_parked(void *user, const struct pp_rows *r) {
    struct table_load *l = user;
    for (int i = 0; r && i < pp_rows_n(r); i++) {
        struct known *k = pp_arena_new(pp_batch_arena(l->b), struct known);
        if (!k) return;
        *k = (struct known){.next = l->rt->parked,
                            .person = pp_rows_uuid(r, i, 0),
                            .subject = pp_rows_uuid(r, i, 1),
                            .before = pp_rows_int(r, i, 2)};
        l->rt->parked = k;
    }
}

static int load(void *user, struct pp_batch *b, struct pp_err *err) {
    struct runtime *rt = user;
    struct pp_array *persons = &rt->arrays[0], *ids = &rt->arrays[1], *strangers = &rt->arrays[2];
    rt->decided = rt->parked = NULL;
    rt->refs = pp_packs_current(rt->packs);
    if (make_units(rt, b, persons, strangers, err) < 0) return -1;
    struct pp_str p = pp_array_param(persons), q = pp_array_param(strangers);
    struct table_load *l = pp_arena_array(pp_batch_arena(b), struct table_load, rt->svc->ntables + 1);
    if (!l) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch");
    for (int i = 0; i <= rt->svc->ntables; i++) l[i] = (struct table_load){rt, b, i};
    for (int i = 0; i < rt->svc->ntables && strangers->n; i++)
        if (!rt->svc->tables[i]->append_only) pp_batch_select(b, rt->maps[i].select_name, &q, 1, on_rows, &l[i]);
    pp_batch_select(b, "load_parked", &p, 1, on_parked, &l[rt->svc->ntables]);
    bool held = false;
    pp_array_begin(ids, PP_PG_TEXT);
    for (struct pp_input *in = pp_batch_next(b, NULL); in; in = pp_batch_next(b, in)) {
        if (in->kind == PP_INPUT_RECORD && in->topic == 1) pp_array_text(ids, in->hdr.event_id);
        held |= in->kind == PP_INPUT_HELD;
    }
    struct pp_str c = pp_array_param(ids);
    if (ids->n || held) held_load(b, &p);
    if (ids->n) pp_batch_select(b, "load_commands", &c, 1, on_commands, &l[rt->svc->ntables]);
    return 0;
}

/* ---- one input ---- */

static struct pp_uuid new_id(const struct pp_ctx *ctx) {
    struct runtime *rt = ctx->self;
    uint8_t random[PP_INPUT_RANDOM];
    pp_input_random(rt->batch, rt->input, "id", rt->minted++, random);
    return pp_uuid_v7(ctx->now_ms, random);
}

static bool decided_before(struct runtime *rt, const struct pp_input *in) {
    for (const struct known *k = rt->decided; k; k = k->next)
        if (pp_str_eq(k->id, in->hdr.event_id) && pp_str_eq(k->tenant, in->hdr.tenant)) return true;
    return false;
}

/* Facts about a case that has something parked wait behind it, in order. Commands do not: they are how people repair.
 */
static bool behind_parked(struct runtime *rt, const struct pp_input *in, struct pp_uuid *ret_subject) {
    struct pp_uuid subject;
    if (in->topic != 0 || !rt->parked || !pp_uuid_parse(in->subject, &subject)) return false;
    for (const struct known *k = rt->parked; k; k = k->next) {
        if (!pp_uuid_eq(k->subject, subject) || !pp_uuid_eq(k->person, in->hdr.person)) continue;
        *ret_subject = subject;
        if (in->kind == PP_INPUT_RECORD || (k->before && k->before < in->parked_id)) return true;
    }
    return false;
}

static int park_behind(struct pp_batch *b, struct pp_input *in, struct pp_uuid subject, struct pp_err *err) {
    if (effects_park(b, in, subject, PP_STR("waits behind a parked input of the same case")) == 0) return 0;
    return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch");
}

/* What is parked in this batch holds back what follows in it. */
static int note_parked(struct runtime *rt, struct pp_batch *b, const struct pp_input *in, struct pp_err *err) {
    struct pp_uuid subject;
    struct known *k = pp_arena_new(pp_batch_arena(b), struct known);
    if (!k) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch");
    if (!pp_uuid_parse(in->subject, &subject)) return 0;
    *k = (struct known){.next = rt->parked,
                        .person = in->hdr.person,
                        .subject = subject,
                        .before = in->kind == PP_INPUT_PARKED ? in->parked_id : INT64_MAX};
    rt->parked = k;
    return 0;
}

static int record_input(struct runtime *rt, struct pp_batch *b, struct pp_input *in, struct pp_in *ret, struct ev *ev,
                        struct pp_err *err) {
    if (pp_uuid_none(in->hdr.person) || !in->hdr.tenant.n)
        return pp_err_set(err, PP_ERR_INVALID, "no person in the key, or no tenant");
    if (ev_decode(in->type, in->value, pp_batch_arena(b), ev, err) < 0) return -1;
    ret->kind = in->topic == 1 ? PP_IN_COMMAND : PP_IN_EVENT;
    ret->ev = ev;
    (void)rt;
    return 0;
}

/* command.undo is the runtime's own: which commands wait is none of a decider's business. */
static int undo(struct runtime *rt, struct pp_batch *b, struct pp_input *in, const struct ev *ev, struct pp_err *err) {
    const struct ev_command_undo *u = ev->as.command_undo;
    const char *words;
    struct pp_out *out = pp_out_new(pp_batch_arena(b), in->hdr.person);
    if (!rt->commands[ev_type_by_name(u->type)]) return 0; /* another service's */
    if (!out) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch");
    enum pp_reply_status status = held_undo(b, in, u->command_id, &words);
    pp_reply(out, status, 0, "%s", words);
    return pp_batch_effects(b, in, in->hdr.tenant, in->hdr.person, out, err);
}

static void call_input(struct pp_input *in, struct pp_in *ret) {
    struct pp_job *j = in->job;
    ret->kind = PP_IN_ANSWER;
    ret->call_kind = in->code;
    ret->call = j->outcome;
    ret->ref = in->ref;
    ret->why = j->why;
    ret->ev = j->outcome == PP_CALL_ANSWERED ? &j->answer : NULL;
}

static int decide(struct runtime *rt, struct pp_batch *b, struct pp_input *in, struct pp_unit *unit,
                  const struct pp_in *pin, struct pp_err *err) {
    struct pp_arena *a = pp_batch_arena(b);
    struct pp_ctx ctx = {pp_batch_now(b), rt->refs, new_id, rt};
    struct pp_out *out = pp_out_new(a, in->hdr.person);
    struct pp_unit_mark *mark = pp_unit_mark(unit);
    if (!out || !mark) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch");
    rt->batch = b;
    rt->input = in;
    rt->minted = 0;
    rt->svc->decide(&ctx, unit, pin, out);
    if (pp_out_parked(out)) pp_unit_rollback(unit, mark);
    if (pp_arena_failed(a)) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch");
    if (rt->check && rt->svc->check && !rt->svc->check(unit, err)) {
        err->kind = PP_ERR_BUG;
        return pp_err_wrap(err, "invariant broken after %s", in->type_name.n ? in->type_name.s : "timer or call");
    }
    return pp_batch_effects(b, in, in->hdr.tenant, in->hdr.person, out, err);
}

static int apply(void *user, struct pp_batch *b, struct pp_input *in, struct pp_err *err) {
    struct runtime *rt = user;
    struct pp_in pin = {.hdr = in->hdr};
    struct pp_uuid subject;
    struct ev ev;
    struct unit_slot *s = slot_of(rt, in->hdr.person);
    bool command = in->kind == PP_INPUT_RECORD && in->topic == 1;
    switch (in->kind) {
    case PP_INPUT_RECORD:
    case PP_INPUT_PARKED:
    case PP_INPUT_HELD:
        if (command && (decided_before(rt, in) || held_known(b, in))) return 0;
        if (in->kind == PP_INPUT_HELD && !held_take(b, in)) return 0;
        if (record_input(rt, b, in, &pin, &ev, err) < 0) return -1;
        if (command && in->hdr.hold_ms > 0) return held_keep(b, in, err);
        if (behind_parked(rt, in, &subject)) return park_behind(b, in, subject, err);
        break;
    case PP_INPUT_TIMER:
        pin.kind = PP_IN_TIMER;
        pin.timer_kind = in->code;
        pin.ref = in->ref;
        break;
    case PP_INPUT_CALL: call_input(in, &pin); break;
    }
    if (!s->unit) return pp_err_set(err, PP_ERR_BUG, "no unit was loaded");
    int rc = command && in->type == EV_COMMAND_UNDO ? undo(rt, b, in, &ev, err) : decide(rt, b, in, s->unit, &pin, err);
    if (rc == 0 && in->parked) rc = note_parked(rt, b, in, err);
    if (rc == 0 && command) { /* the same command twice in one batch */
        struct known *k = pp_arena_new(pp_batch_arena(b), struct known);
        if (!k) return pp_err_set(err, PP_ERR_LIMIT, "memory of the batch");
        *k = (struct known){.next = rt->decided, .tenant = in->hdr.tenant, .id = in->hdr.event_id};
        rt->decided = k;
    }
    return rc;
}

/* ---- writing ---- */

/* Arrays of one table: rows to insert, rows to update, keys to delete. */
enum { ROWS_ADD, ROWS_CHANGE, ROWS_DROP };

static void send_rows(struct runtime *rt, struct pp_batch *b, const char *stmt, int first, int n) {
    struct pp_str params[PP_PG_PARAMS_MAX];
    if (rt->arrays[first].n == 0) return;
    for (int i = 0; i < n; i++) params[i] = pp_array_param(&rt->arrays[first + i]);
    pp_batch_write(b, stmt, params, n, NULL, NULL);
}

static void write_table(struct runtime *rt, struct pp_batch *b, int table) {
    const struct pp_rowmap *m = &rt->maps[table];
    struct pp_array *rows = rt->arrays;
    pp_rowmap_begin_rows(m, &rows[ROWS_ADD]);
    pp_rowmap_begin_rows(m, &rows[ROWS_CHANGE]);
    pp_rowmap_begin_delete(m, &rows[ROWS_DROP]);
    for (size_t i = 0; i < rt->cap; i++) {
        struct pp_unit *u = rt->units[i].unit;
        struct pp_uuid person = rt->units[i].person;
        for (struct pp_row *r = u ? pp_unit_each(u, table, NULL) : NULL; r; r = pp_unit_each(u, table, r)) {
            switch (pp_row_change(m->table, r)) {
            case PP_ROW_SAME: break;
            case PP_ROW_UPSERT:
                pp_rowmap_add_row(m, &rows[r->loaded ? ROWS_CHANGE : ROWS_ADD], pp_unit_tenant(u), person, r);
                break;
            case PP_ROW_DELETE: pp_rowmap_add_delete(m, &rows[ROWS_DROP], person, r); break;
            }
        }
    }
    send_rows(rt, b, m->delete_name, ROWS_DROP, m->table->keys + 1);
    send_rows(rt, b, m->update_name, ROWS_CHANGE, 1);
    send_rows(rt, b, m->insert_name, ROWS_ADD, 1);
}

static int finish(void *user, struct pp_batch *b, struct pp_err *err) {
    struct runtime *rt = user;
    for (int t = 0; t < rt->svc->ntables; t++) {
        write_table(rt, b, t);
        for (int i = 0; i < PP_PG_PARAMS_MAX; i++)
            if (rt->arrays[i].b.failed)
                return pp_err_set(err, PP_ERR_LIMIT, "rows of %s in one batch", rt->svc->tables[t]->name);
    }
    return 0;
}

/* What is committed is what the next batch finds. */
static void committed(void *user, struct pp_batch *b) {
    struct runtime *rt = user;
    (void)b;
    for (size_t i = 0; i < rt->cap; i++)
        if (rt->units[i].unit) pp_unit_cache_put(rt->cache, rt->units[i].unit);
    pp_unit_cache_trim(rt->cache);
    rt->cap = 0;
}

/* Perhaps it was committed all the same, when the connection broke: only the database knows. */
static void abandoned(void *user, struct pp_batch *b) {
    struct runtime *rt = user;
    (void)b;
    for (size_t i = 0; i < rt->cap; i++)
        if (rt->units[i].unit) pp_unit_cache_drop(rt->cache, rt->units[i].person);
    rt->cap = 0;
}

static void ownership(void *user, const int *parts, int n, bool owned) {
    (void)parts;
    (void)n;
    (void)owned;
    pp_unit_cache_clear(((struct runtime *)user)->cache);
}

/* ---- start ---- */

static int verify(void *user, struct pp_pg_sync_conn *c, struct pp_err *err) {
    struct runtime *rt = user;
    for (int i = 0; i < rt->svc->ntables; i++)
        if (pp_rowmap_verify(&rt->maps[i], c, err) < 0) return -1;
    return 0;
}

static int start(void *user, struct pp_engine *e, struct pp_err *err) {
    struct runtime *rt = user;
    const struct pp_config *c = pp_engine_config(e);
    rt->e = e;
    rt->check = pp_config_bool(c, "check-invariants");
    rt->cache = pp_unit_cache_new(rt->svc->tables, rt->svc->ntables, (size_t)pp_config_int(c, "unit-cache-mb") << 20);
    struct pp_packs_opts o = {pp_config_str(c, "kafka-brokers"), pp_config_str(c, "packs-dir"), pp_engine_blobs(e)};
    return pp_packs_start(pp_engine_loop(e), &o, &rt->packs, err);
}

static void stop(void *user) {
    struct runtime *rt = user;
    pp_packs_stop(rt->packs);
    rt->packs = NULL;
    pp_unit_cache_free(rt->cache);
    rt->cache = NULL;
}

static bool ready(void *user, const char **ret_wait) {
    return pp_packs_ready(((struct runtime *)user)->packs, ret_wait);
}

static const struct pp_refs *refs(void *user) {
    struct runtime *rt = user;
    return rt->packs ? pp_packs_current(rt->packs) : NULL;
}

static int init(struct runtime *rt, struct pp_err *err) {
    const struct pp_service *svc = rt->svc;
    rt->maps = calloc((size_t)svc->ntables + 1, sizeof *rt->maps);
    rt->stmts = calloc((size_t)svc->ntables * 4 + OWN_STMTS + 1, sizeof *rt->stmts);
    if (!rt->maps || !rt->stmts) return pp_err_set(err, PP_ERR_NOMEM, "tables");
    int n = 0;
    for (int i = 0; i < svc->ntables; i++) {
        struct pp_rowmap *m = &rt->maps[i];
        if (pp_rowmap_init(m, svc->tables[i], err) < 0) return -1;
        rt->stmts[n++] = (struct pp_pg_stmt){m->select_name, m->select.p};
        rt->stmts[n++] = (struct pp_pg_stmt){m->insert_name, m->insert.p};
        if (m->table->ncols > m->table->keys) rt->stmts[n++] = (struct pp_pg_stmt){m->update_name, m->update.p};
        rt->stmts[n++] = (struct pp_pg_stmt){m->delete_name, m->del.p};
    }
    for (int i = 0; i < OWN_STMTS; i++) rt->stmts[n++] = own_stmts[i];
    for (int i = 0; i < svc->nreads; i++) rt->reads[svc->reads[i]] = true;
    for (int i = 0; i < svc->ncommands; i++) rt->commands[svc->commands[i].type] = true;
    rt->commands[EV_COMMAND_UNDO] = svc->ncommands > 0;
    for (int i = 0; i < PP_PG_PARAMS_MAX; i++) pp_array_init(&rt->arrays[i]);
    return 0;
}

int pp_service_main_with(const struct pp_service *svc, const struct pp_config_key *keys, int argc, char **argv) {
    struct runtime *rt = calloc(1, sizeof *rt);
    struct pp_err err;
    if (!rt) return 1;
    rt->svc = svc;
    if (init(rt, &err) < 0) {
        fprintf(stderr, "%s: %s\n", svc->name, err.msg);
        return 1;
    }
    rt->app = (struct pp_app){.name = svc->name,
                              .source_no = svc->source_no,
                              .topics = {PP_TOPIC_LOG, PP_TOPIC_COMMANDS},
                              .sequenced = {true, false},
                              .stmts = rt->stmts,
                              .migrations = svc->migrations,
                              .ops = {.wants = wants,
                                      .load = load,
                                      .apply = apply,
                                      .finish = finish,
                                      .committed = committed,
                                      .abandoned = abandoned,
                                      .ownership = ownership,
                                      .user = rt},
                              .keys = keys,
                              .verify = verify,
                              .start = start,
                              .stop = stop,
                              .ready = ready,
                              .svc = svc,
                              .refs = refs};
    return pp_app_main(&rt->app, argc, argv);
}

int pp_service_main(const struct pp_service *svc, int argc, char **argv) {
    return pp_service_main_with(svc, NULL, argc, argv);
}
