#include "codec/x12_278_int.h"
#include <stdlib.h>

/* Levels and parties of the 278. HL03 says the level; the order counts, a wrong HL02 is only a warning: published
 * examples have them. */

static struct pp_x12_278 *of(struct x12v *b) { return (struct pp_x12_278 *)b; }

static void begin(struct x12v *b) {
    struct pp_x12_278 *v = of(b);
    const char *guide = b->env.st03[0] ? b->env.st03 : b->env.gs08;
    v->now = (struct pp_278){.envelope = b->env, .pos = b->st_pos, .inquiry = strncmp(guide, "005010X215", 10) == 0};
    v->depth = AT_HEAD;
    memset(v->hl_at, 0, sizeof v->hl_at);
    memset(v->aaa_mark, 0, sizeof v->aaa_mark);
    v->given = false;
    v->level = NULL;
    v->party = NULL;
    v->lines_n = v->aaa_n = 0;
    v->first = NULL;
    v->last = &v->first;
}

/* ---- items ---- */

/* The level in hand is complete. */
static void end_level(struct pp_x12_278 *v) {
    struct pp_278_level *l = v->level;
    if (!l) return;
    l->aaa_n = v->aaa_n - l->aaa_from;
    if (l->providers_n) {
        l->providers = pp_arena_array(&v->v.arena, struct pp_x12_party, l->providers_n);
        if (l->providers) memcpy(l->providers, v->providers, l->providers_n * sizeof *l->providers);
    }
    v->level = NULL;
}

/* What is in hand goes on the list: an event with its lines, or what ended above one. */
static void take(struct pp_x12_278 *v) {
    end_level(v);
    struct pp_arena *a = &v->v.arena;
    struct x278_item *item = pp_arena_new(a, struct x278_item);
    if (!item) return;
    struct pp_278 *r = &item->review;
    *r = v->now;
    if (!r->event.present) r->pos = v->v.st_pos;
    r->aaa_above = r->event.present ? v->aaa_mark[AT_EVENT] : v->aaa_n;
    r->aaa_n = v->aaa_n;
    r->lines_n = v->lines_n;
    r->aaa = r->aaa_n ? pp_arena_array(a, struct pp_x12_aaa, r->aaa_n) : NULL;
    r->lines = r->lines_n ? pp_arena_array(a, struct pp_278_level, r->lines_n) : NULL;
    if (pp_arena_failed(a)) return; /* the transaction is refused at its end */
    if (r->aaa) memcpy(r->aaa, v->aaa, r->aaa_n * sizeof *r->aaa);
    if (r->lines) memcpy(r->lines, v->lines, r->lines_n * sizeof *r->lines);
    *v->last = item;
    v->last = &item->next;
    v->v.items_n++;
    v->given = true;
    v->now.event.present = false;
    v->lines_n = 0;
}

/* A new level begins at `depth`: what was below it or beside it is complete. */
static void leave(struct pp_x12_278 *v, enum x278_depth depth) {
    if (depth == AT_LINE) {
        end_level(v);
        return;
    }
    if (v->now.event.present)
        take(v);
    else if (depth <= v->depth && depth <= AT_DEPENDENT && v->depth >= AT_SUBSCRIBER && !v->given)
        take(v); /* a person for whom nothing but AAA was said */
    if (depth <= AT_DEPENDENT) v->given = false;
    if (depth > v->depth)
        for (int i = v->depth + 1; i <= (int)depth; i++) v->aaa_mark[i] = v->aaa_n;
    else
        v->aaa_n = v->aaa_mark[depth];
}

/* ---- levels ---- */

static enum x278_depth depth_of(const struct x12v *b) {
    return x12v_is(b, 3, "20")   ? AT_UMO
           : x12v_is(b, 3, "21") ? AT_REQUESTER
           : x12v_is(b, 3, "22") ? AT_SUBSCRIBER
           : x12v_is(b, 3, "23") ? AT_DEPENDENT
           : x12v_is(b, 3, "EV") ? AT_EVENT
           : x12v_is(b, 3, "SS") ? AT_LINE
                                 : AT_HEAD;
}

/* The level right above; a patient is the subscriber where there is no dependent. */
static enum x278_depth parent_of(const struct pp_x12_278 *v, enum x278_depth depth) {
    if (depth == AT_EVENT) return v->hl_at[AT_DEPENDENT] ? AT_DEPENDENT : AT_SUBSCRIBER;
    return (enum x278_depth)(depth - 1);
}

static void new_level(struct pp_x12_278 *v, struct pp_278_level *l, int64_t number) {
    *l = (struct pp_278_level){.present = true, .pos = v->v.e->pos, .hl = number, .aaa_from = v->aaa_n};
    v->level = l;
}

static void read_hl(struct pp_x12_278 *v) {
    static const char *const loops[] = {"", "2000A", "2000B", "2000C", "2000D", "2000E", "2000F"};
    struct x12v *b = &v->v;
    enum x278_depth depth = depth_of(b);
    int64_t number = x12v_int(b, 1), parent = x12v_int(b, 2);
    v->party = NULL;
    if (depth == AT_HEAD) {
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_LEVEL, 3, PP_X12_VALUE_NOT_CODE,
                  "this level does not exist here (20, 21, 22, 23, EV, SS)");
        return;
    }
    leave(v, depth);
    x12v_loop(b, loops[depth]);
    for (int i = depth; i < DEPTHS; i++) v->hl_at[i] = 0;
    v->hl_at[depth] = number ? number : -1; /* a number that is none is still a level */
    enum x278_depth above = parent_of(v, depth);
    if (depth > AT_UMO && !v->hl_at[above])
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_LEVEL, 3, PP_X12_VALUE_OTHER, "the level above is missing");
    else if (depth > AT_UMO && parent != v->hl_at[above])
        x12v_find(b, 2, PP_X12_WARNING, PP_X12_V_LEVEL, 2, PP_X12_VALUE_OTHER, "the parent is not the level above");
    v->depth = depth;
    if (depth <= AT_DEPENDENT) v->now.dependent = (struct pp_x12_party){0};
    if (depth <= AT_SUBSCRIBER) v->now.subscriber = (struct pp_x12_party){0};
    if (depth == AT_EVENT) {
        v->now.pos = b->e->pos;
        new_level(v, &v->now.event, number);
    } else if (depth == AT_LINE && v->lines_n == PP_278_LINES_MAX) {
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_REPEAT, 0, PP_X12_VALUE_NONE, "more lines than we read (40)");
    } else if (depth == AT_LINE) {
        new_level(v, &v->lines[v->lines_n++], number);
    }
}

/* ---- parties ---- */

static void read_nm1_above(struct pp_x12_278 *v) {
    static const char *const loops[] = {"2010", "2010A", "2010B", "2010C", "2010D"};
    struct pp_x12_party *to[] = {NULL, &v->now.umo, &v->now.requester, &v->now.subscriber, &v->now.dependent};
    x12v_loop(&v->v, loops[v->depth]);
    v->party = to[v->depth];
    if (v->party)
        x12v_nm1(&v->v, v->party);
    else
        x12v_find(&v->v, 2, PP_X12_ERROR, PP_X12_V_LOOP, 0, PP_X12_VALUE_NONE, "a party outside of a level");
}

static void read_nm1_level(struct pp_x12_278 *v) {
    static const char *const providers[] = {"71", "72", "73", "77", "AAJ", "DD", "DK", "DN",
                                            "DQ", "FA", "G3", "P3", "QB",  "QV", "SJ", "1T"};
    static const char *const transport[] = {"45", "FS", "ND", "PW", "R3"};
    struct x12v *b = &v->v;
    struct pp_278_level *l = v->level;
    struct pp_str role = x12v_raw(b, 1);
    bool event = v->depth == AT_EVENT, answer = v->now.response;
    v->party = &v->ignored;
    if (x12v_in(role, providers, sizeof providers / sizeof *providers)) {
        x12v_loop(b, event ? "2010EA" : answer ? "2010FA" : "2010F");
        if (l && l->providers_n < PP_278_PROVIDERS_MAX) v->party = &v->providers[l->providers_n++];
    } else if (x12v_in(role, transport, sizeof transport / sizeof *transport)) {
        x12v_loop(b, !event ? "2010F" : answer ? "2010EC" : "2010EB");
    } else if (answer) {
        x12v_loop(b, event ? "2010EB" : "2010FB");
        if (l) v->party = &l->contact;
    } else {
        x12v_loop(b, "2010EC"); /* another organization that reviewed before */
    }
    x12v_nm1(b, v->party);
}

static void read_aaa(struct pp_x12_278 *v) {
    struct x12v *b = &v->v;
    if (v->aaa_n == PP_278_AAA_MAX) {
        x12v_find(b, 2, PP_X12_WARNING, PP_X12_V_REPEAT, 0, PP_X12_VALUE_NONE, "more AAA than we hold");
        return;
    }
    struct pp_x12_aaa *a = &v->aaa[v->aaa_n++];
    *a = (struct pp_x12_aaa){.pos = b->e->pos, .code = x12v_el(b, 3), .followup = x12v_el(b, 4)};
    memcpy(a->loop, b->loop, sizeof a->loop);
}

static void read_bht(struct pp_x12_278 *v) {
    struct x12v *b = &v->v;
    v->now.purpose = x12v_el(b, 2);
    v->now.batch_ref = x12v_el(b, 3);
    v->now.kind = x12v_el(b, 6);
    v->now.response = pp_str_eqz(v->now.purpose, "11");
    v->now.more_to_come = pp_str_eqz(v->now.kind, "19");
}

static void segment(struct x12v *b) {
    struct pp_x12_278 *v = of(b);
    switch (x12v_id(b->s)) {
    case X12_ID2('H', 'L'): read_hl(v); return;
    case X12_ID3('B', 'H', 'T'): read_bht(v); return;
    case X12_ID3('A', 'A', 'A'): read_aaa(v); return;
    case X12_ID3('N', 'M', '1'):
        if (v->depth >= AT_EVENT)
            read_nm1_level(v);
        else
            read_nm1_above(v);
        return;
    default: break;
    }
    if (v->party && x12v_party_segment(b, v->party)) return;
    if (v->level) x278_level_segment(v);
}

static void end(struct x12v *b) {
    struct pp_x12_278 *v = of(b);
    if (v->now.event.present || !v->given) take(v);
}

static void give_out(struct x12v *b) {
    struct pp_x12_278 *v = of(b);
    for (struct x278_item *i = v->first; i && v->h.review && !b->stopped; i = i->next)
        if (v->h.review(v->h.user, &i->review)) b->stopped = true;
}

static const struct x12v_kind kind = {
    .sets = {"278"},
    .guides = {"005010X217", "005010X215"},
    .guide_text = "this guide is not read here; 005010X217 and 005010X215 are",
    .begin = begin,
    .segment = segment,
    .end = end,
    .give_out = give_out,
};

struct pp_x12_278 *pp_x12_278_open(const struct pp_278_handlers *handlers, size_t arena_bytes) {
    struct pp_x12_278 *v = calloc(1, sizeof *v);
    if (!v) return NULL;
    v->h = *handlers;
    x12v_init(&v->v, &kind, arena_bytes, handlers->user, handlers->transaction);
    return v;
}

void pp_x12_278_close(struct pp_x12_278 *v) {
    if (!v) return;
    x12v_free(&v->v);
    free(v);
}

int pp_x12_278_event(struct pp_x12_278 *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return x12v_event(&v->v, r, e);
}

void pp_x12_278_refuse(struct pp_x12_278 *v) { x12v_refuse(&v->v); }

int pp_x12_278_bytes(const struct pp_x12_opts *opts, struct pp_str bytes, const struct pp_278_handlers *handlers) {
    struct pp_x12_278 *v = pp_x12_278_open(handlers, 0);
    int rc = x12v_bytes(v ? &v->v : NULL, opts, bytes);
    pp_x12_278_close(v);
    return rc;
}
