#include "test/cases_int.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- units: committed after each input ---- */

static int col_cmp(const struct pp_col *col, const char *a, const char *b) {
    const void *x = a + col->offset, *y = b + col->offset;
    switch (col->type) {
    case PP_COL_UUID: return memcmp(x, y, sizeof(struct pp_uuid));
    case PP_COL_TEXT: return pp_str_cmp(*(const struct pp_str *)x, *(const struct pp_str *)y);
    case PP_COL_INT:
    case PP_COL_DATE: return (*(const int32_t *)x > *(const int32_t *)y) - (*(const int32_t *)x < *(const int32_t *)y);
    case PP_COL_BIGINT:
    case PP_COL_TIME: return (*(const int64_t *)x > *(const int64_t *)y) - (*(const int64_t *)x < *(const int64_t *)y);
    case PP_COL_BOOL: return *(const bool *)x - *(const bool *)y;
    }
    return 0;
}

static const struct pp_table *sort_table; /* of row_cmp: qsort passes no context */

static int row_cmp(const void *a, const void *b) {
    for (int i = 0; i < sort_table->keys; i++) {
        int d = col_cmp(&sort_table->cols[i], *(char *const *)a, *(char *const *)b);
        if (d) return d;
    }
    return 0;
}

/* What the database would give back: rows in key order, without the deleted ones, strings in fresh memory. */
static void copy_table(struct cases *c, struct pp_unit *from, struct pp_unit *to, int table) {
    const struct pp_table *t = c->svc->tables[table];
    size_t n = 0;
    for (struct pp_row *r = pp_unit_each(from, table, NULL); r; r = pp_unit_each(from, table, r)) n += !r->deleted;
    if (!n) return;
    struct pp_row **rows = calloc(n, sizeof *rows);
    if (!rows) abort();
    n = 0;
    for (struct pp_row *r = pp_unit_each(from, table, NULL); r; r = pp_unit_each(from, table, r))
        if (!r->deleted) rows[n++] = r;
    sort_table = t;
    qsort(rows, n, sizeof *rows, row_cmp);
    for (size_t i = 0; i < n; i++) {
        char *row = pp_unit_load(to, table);
        if (!row) abort();
        memcpy(row + sizeof(struct pp_row), (char *)rows[i] + sizeof(struct pp_row),
               t->row_size - sizeof(struct pp_row));
        for (int k = 0; k < t->ncols; k++) {
            struct pp_str *s = (struct pp_str *)(void *)(row + t->cols[k].offset);
            if (t->cols[k].type == PP_COL_TEXT) *s = pp_arena_str(&c->arena, *s);
        }
        pp_unit_loaded(to, row, table);
    }
    free(rows);
}

static void commit(struct cases *c) {
    struct cases_retired *old = calloc(1, sizeof *old);
    if (!old) abort();
    old->arena = c->arena;
    old->next = c->retired;
    c->retired = old;
    pp_arena_init(&c->arena, CASES_ARENA_MAX);
    for (int i = 0; i < c->npersons; i++) {
        struct cases_person *p = &c->persons[i];
        struct pp_unit *u = pp_unit_new(&c->arena, c->svc->tables, c->svc->ntables, pp_unit_tenant(p->unit), p->id);
        if (!u) abort();
        for (int t = 0; t < c->svc->ntables; t++) copy_table(c, p->unit, u, t);
        p->unit = u;
    }
}

static void free_retired(struct cases *c) {
    while (c->retired) {
        struct cases_retired *r = c->retired;
        c->retired = r->next;
        pp_arena_free(&r->arena);
        free(r);
    }
}

void cases_turn(struct cases *c) {
    commit(c);
    free_retired(c);
    c->neffects = 0;
}

void cases_world_reset(struct cases *c) {
    free_retired(c);
    pp_arena_free(&c->arena);
    pp_arena_init(&c->arena, CASES_ARENA_MAX);
    c->npersons = c->ntimers = c->ncalls = c->neffects = c->nbinds = 0;
    c->ids = c->inputs = 0;
    c->person = cases_name_id("person");
}

struct pp_unit *cases_unit(struct cases *c, struct pp_uuid person) {
    for (int i = 0; i < c->npersons; i++)
        if (pp_uuid_eq(c->persons[i].id, person)) return c->persons[i].unit;
    if (c->npersons == CASES_PERSONS_MAX) return NULL;
    struct pp_unit *u = pp_unit_new(&c->arena, c->svc->tables, c->svc->ntables, PP_STR("lakeside"), person);
    if (u) c->persons[c->npersons++] = (struct cases_person){person, u};
    return u;
}

/* ---- effects ---- */

static void apply_timer(struct cases *c, struct pp_uuid person, const struct pp_effect *e) {
    int i = 0;
    while (i < c->ntimers && !(c->timers[i].kind == e->code && pp_uuid_eq(c->timers[i].ref, e->ref) &&
                               pp_uuid_eq(c->timers[i].person, person)))
        i++;
    if (e->value == 0) {
        if (i < c->ntimers) c->timers[i] = c->timers[--c->ntimers];
        return;
    }
    if (i == CASES_TIMERS_MAX) return;
    if (i == c->ntimers) c->ntimers++;
    c->timers[i] = (struct cases_timer){person, e->ref, e->code, e->value};
}

static void call_drop(struct cases *c, int at) {
    memmove(&c->calls[at], &c->calls[at + 1], sizeof c->calls[0] * (size_t)(--c->ncalls - at));
}

static void apply_call(struct cases *c, struct pp_uuid person, const struct pp_effect *e) {
    for (int i = 0; i < c->ncalls; i++)
        if (c->calls[i].kind == e->code && pp_uuid_eq(c->calls[i].ref, e->ref) &&
            pp_uuid_eq(c->calls[i].person, person))
            call_drop(c, i--);
    if (e->kind == PP_EFFECT_CALL && c->ncalls < CASES_CALLS_MAX)
        c->calls[c->ncalls++] = (struct cases_call){person, e->ref, e->code};
}

static bool owns(const struct pp_service *svc, enum ev_type type) {
    struct pp_str rest = pp_str_z(ev_info(type)->owner);
    while (!pp_str_empty(rest))
        if (pp_str_eqz(pp_str_split(&rest, ','), svc->name)) return true;
    return false;
}

/* What holds for every effect of every service, whatever the table expects. */
static int effect_sound(struct cases *c, const struct pp_effect *e) {
    struct pp_err err;
    struct ev ev;
    const char *topic = ev_topic(e->type);
    bool has_body = e->kind == PP_EFFECT_EMIT || e->kind == PP_EFFECT_PUBLISH || e->kind == PP_EFFECT_CALL;
    if (!has_body) return 0;
    if (ev_decode(e->type, e->body, &c->arena, &ev, &err) < 0)
        return cases_wrong(c, "%s cannot be read again: %s", ev_type_name(e->type), err.msg);
    if (!owns(c->svc, e->type))
        return cases_wrong(c, "%s is not for %s to write (catalogue.tsv)", ev_type_name(e->type), c->svc->name);
    if (e->kind == PP_EFFECT_EMIT && strcmp(topic, "pa.log.v1") != 0)
        return cases_wrong(c, "%s was emitted as a fact, but its topic is %s", ev_type_name(e->type), topic);
    if (e->kind == PP_EFFECT_PUBLISH && pp_str_empty(e->key))
        return cases_wrong(c, "%s was published without a key", ev_type_name(e->type));
    return 0;
}

static int take_effects(struct cases *c, struct pp_uuid person, const struct pp_out *o) {
    for (const struct pp_effect *e = pp_out_first(o); e; e = e->next) {
        if (c->neffects == CASES_EFFECTS_MAX) return cases_wrong(c, "more than %d effects", CASES_EFFECTS_MAX);
        if (effect_sound(c, e) < 0) return -1;
        c->effects[c->neffects++] = (struct cases_effect){e, false};
        if (e->kind == PP_EFFECT_TIMER) apply_timer(c, person, e);
        if (e->kind == PP_EFFECT_CALL || e->kind == PP_EFFECT_CALL_CANCEL) apply_call(c, person, e);
    }
    return 0;
}

/* ---- inputs ---- */

static struct pp_uuid mint(const struct pp_ctx *ctx) {
    struct cases *c = ctx->self;
    uint8_t random[10] = {0};
    uint64_t n = ++c->ids;
    for (int i = 0; i < 8; i++) random[9 - i] = (uint8_t)(n >> (8 * i));
    return pp_uuid_v7(c->now_ms, random);
}

int cases_give(struct cases *c, struct pp_uuid person, struct pp_in *in) {
    struct pp_err err = {0};
    struct pp_unit *u = cases_unit(c, person);
    if (!u) return cases_wrong(c, "more than %d persons in one case", CASES_PERSONS_MAX);
    struct pp_ctx ctx = {.now_ms = c->now_ms, .refs = c->refs ? c->refs : c->empty, .new_id = mint, .self = c};
    struct pp_unit_mark *mark = pp_unit_mark(u);
    struct pp_out *out = pp_out_new(&c->arena, person);
    in->hdr.tenant = PP_STR("lakeside");
    in->hdr.person = person;
    if (!in->hdr.time_ms) in->hdr.time_ms = c->now_ms;
    c->person = person;
    c->svc->decide(&ctx, u, in, out);
    if (pp_out_failed(out)) return cases_wrong(c, "the decision failed: %s", pp_out_failure(out));
    if (pp_arena_failed(&c->arena)) return cases_wrong(c, "the decision used up its memory");
    if (pp_out_parked(out)) pp_unit_rollback(u, mark);
    if (take_effects(c, person, out) < 0) return -1;
    if (c->svc->check && !c->svc->check(u, &err)) return cases_wrong(c, "an invariant does not hold: %s", err.msg);
    return 0;
}

static int fire_at(struct cases *c, int at) {
    struct cases_timer t = c->timers[at];
    c->timers[at] = c->timers[--c->ntimers];
    struct pp_in in = {.kind = PP_IN_TIMER, .timer_kind = t.kind, .ref = t.ref};
    return cases_give(c, t.person, &in);
}

int cases_fire(struct cases *c, int kind, const struct pp_uuid *ref) {
    int found = -1;
    for (int i = 0; i < c->ntimers; i++) {
        const struct cases_timer *t = &c->timers[i];
        if (t->kind == kind && (!ref || pp_uuid_eq(t->ref, *ref)) && (found < 0 || t->due_ms < c->timers[found].due_ms))
            found = i;
    }
    if (found < 0) return cases_wrong(c, "there is no timer of kind %d", kind);
    cases_turn(c);
    if (c->now_ms < c->timers[found].due_ms) c->now_ms = c->timers[found].due_ms;
    return fire_at(c, found);
}

static bool before(const struct cases_timer *a, const struct cases_timer *b) {
    if (a->due_ms != b->due_ms) return a->due_ms < b->due_ms;
    if (a->kind != b->kind) return a->kind < b->kind;
    return memcmp(&a->ref, &b->ref, sizeof a->ref) < 0;
}

int cases_fire_due(struct cases *c) {
    cases_turn(c);
    for (int round = 0; round < CASES_TIMERS_MAX; round++) {
        int first = -1;
        for (int i = 0; i < c->ntimers; i++)
            if (c->timers[i].due_ms <= c->now_ms && (first < 0 || before(&c->timers[i], &c->timers[first]))) first = i;
        if (first < 0) return 0;
        commit(c);
        if (fire_at(c, first) < 0) return -1;
    }
    return cases_wrong(c, "a timer is set again and again for a time that has passed");
}

struct cases_call *cases_call_find(struct cases *c, int kind, const struct pp_uuid *ref) {
    for (int i = c->ncalls - 1; i >= 0; i--)
        if ((kind < 0 || c->calls[i].kind == kind) && (!ref || pp_uuid_eq(c->calls[i].ref, *ref))) return &c->calls[i];
    return NULL;
}
