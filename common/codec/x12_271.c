#include "codec/x12_270.h"
#include "codec/x12_view_int.h"
#include <stdlib.h>

/* 271: levels 20 payer, 21 who asked, 22 subscriber, 23 dependent; EB begins a benefit. A subscriber who only stands
 * above a dependent is no item. */

#define AAA_MAX 40

enum depth { AT_HEAD, AT_SOURCE, AT_RECEIVER, AT_SUBSCRIBER, AT_DEPENDENT, DEPTHS };

struct item {
    struct pp_271 person;
    struct item *next;
};

struct pp_x12_271 {
    struct x12v v; /* first: x12v_kind's functions get its address */
    struct pp_271_handlers h;
    struct pp_271 now;
    enum depth depth;
    bool given, has_child; /* an item was taken; HL04 of the level in hand */
    struct pp_271_benefit benefits[PP_271_BENEFITS_MAX];
    struct pp_271_benefit *benefit;      /* in hand; NULL = none */
    struct pp_x12_party *party, ignored; /* that REF, N3, PER … speak of; NULL = none */
    struct pp_x12_aaa aaa[AAA_MAX];
    uint32_t aaa_n, aaa_mark[DEPTHS]; /* AAA that stood when the level began */
    struct item *first, **last;
};

static struct pp_x12_271 *of(struct x12v *b) { return (struct pp_x12_271 *)b; }

static void begin(struct x12v *b) {
    struct pp_x12_271 *v = of(b);
    v->now = (struct pp_271){.envelope = b->env, .pos = b->st_pos};
    v->depth = AT_HEAD;
    v->given = false;
    v->benefit = NULL;
    v->party = NULL;
    v->aaa_n = 0;
    memset(v->aaa_mark, 0, sizeof v->aaa_mark);
    v->first = NULL;
    v->last = &v->first;
}

/* ---- what a person's benefits say as a whole ---- */

static bool is_general(const struct pp_271_benefit *e) {
    if (!e->service_types_n && !e->procedure.n) return true;
    for (uint32_t i = 0; i < e->service_types_n; i++)
        if (pp_str_eqz(e->service_types[i], "30")) return true;
    return false;
}

static enum pp_271_coverage of_code(struct pp_str code) {
    if (code.n != 1) return PP_271_NOT_SAID;
    if (code.s[0] >= '1' && code.s[0] <= '5') return PP_271_ACTIVE;
    return code.s[0] >= '6' && code.s[0] <= '8' ? PP_271_INACTIVE : PP_271_NOT_SAID;
}

/* The general benefit decides where there is one; an active coverage beside an ended one is active. */
static enum pp_271_coverage coverage_of(const struct pp_271 *p) {
    enum pp_271_coverage general = PP_271_NOT_SAID, any = PP_271_NOT_SAID;
    for (uint32_t i = 0; i < p->benefits_n; i++) {
        enum pp_271_coverage c = of_code(p->benefits[i].code);
        if (c == PP_271_NOT_SAID) continue;
        if (any != PP_271_ACTIVE) any = c;
        if (is_general(&p->benefits[i]) && general != PP_271_ACTIVE) general = c;
    }
    return general != PP_271_NOT_SAID ? general : any;
}

static bool in_network(const struct pp_271_benefit *e) { return !e->in_network.n || !pp_str_eqz(e->in_network, "N"); }

char pp_271_authorization(const struct pp_271 *p, struct pp_str code, struct pp_str service_type) {
    int best = 0;
    char said = 0;
    for (uint32_t i = 0; i < p->benefits_n; i++) {
        const struct pp_271_benefit *e = &p->benefits[i];
        int exact = 0;
        if (e->authorization.n != 1 || !strchr("YNU", e->authorization.s[0]) || !in_network(e)) continue;
        if (e->procedure.n) {
            exact = code.n && pp_str_ieq(e->procedure, code) ? 3 : 0;
        } else {
            for (uint32_t k = 0; k < e->service_types_n; k++)
                if (service_type.n && pp_str_eq(e->service_types[k], service_type)) exact = 2;
            if (!exact && is_general(e)) exact = 1;
        }
        char c = e->authorization.s[0];
        bool stronger = exact == best && (c == 'Y' || (c == 'N' && said == 'U'));
        if (exact && (exact > best || stronger)) {
            best = exact;
            said = c;
        }
    }
    return said;
}

/* ---- items ---- */

static void take(struct pp_x12_271 *v) {
    struct pp_arena *a = &v->v.arena;
    struct item *item = pp_arena_new(a, struct item);
    if (!item) return;
    struct pp_271 *p = &item->person;
    *p = v->now;
    p->is_dependent = v->depth == AT_DEPENDENT;
    p->aaa_n = v->aaa_n;
    p->aaa = p->aaa_n ? pp_arena_array(a, struct pp_x12_aaa, p->aaa_n) : NULL;
    p->benefits = p->benefits_n ? pp_arena_array(a, struct pp_271_benefit, p->benefits_n) : NULL;
    if (pp_arena_failed(a)) return; /* the transaction is refused at its end */
    if (p->aaa) memcpy(p->aaa, v->aaa, p->aaa_n * sizeof *p->aaa);
    if (p->benefits) memcpy(p->benefits, v->benefits, p->benefits_n * sizeof *p->benefits);
    p->coverage = coverage_of(p);
    for (uint32_t i = 0; i < p->benefits_n && !p->plan_name.n; i++)
        if (of_code(p->benefits[i].code) == PP_271_ACTIVE) p->plan_name = p->benefits[i].plan;
    *v->last = item;
    v->last = &item->next;
    v->v.items_n++;
    v->given = true;
}

/* The person in hand is complete. */
static void end_person(struct pp_x12_271 *v) {
    bool own = v->now.benefits_n || v->aaa_n > v->aaa_mark[v->depth];
    if (v->depth == AT_DEPENDENT || (v->depth == AT_SUBSCRIBER && (own || !v->has_child))) take(v);
    v->benefit = NULL;
    v->party = NULL;
    v->now.benefits_n = 0;
}

static void clear_person(struct pp_271 *p) {
    p->ours = p->theirs = (struct pp_x12_trace){PP_STR_NONE, PP_STR_NONE};
    p->former_member_id = PP_STR_NONE;
    p->corrected = false;
    p->plan_from = p->plan_until = 0;
}

static void clear_subscriber(struct pp_271 *p) {
    p->subscriber = (struct pp_x12_party){0};
    p->group_no = p->plan_no = p->group_name = p->plan_name = PP_STR_NONE;
}

static void read_hl(struct pp_x12_271 *v) {
    static const char *const loops[] = {"", "2000A", "2000B", "2000C", "2000D"};
    struct x12v *b = &v->v;
    enum depth depth = x12v_is(b, 3, "20")   ? AT_SOURCE
                       : x12v_is(b, 3, "21") ? AT_RECEIVER
                       : x12v_is(b, 3, "22") ? AT_SUBSCRIBER
                       : x12v_is(b, 3, "23") ? AT_DEPENDENT
                                             : AT_HEAD;
    end_person(v);
    if (depth == AT_HEAD) {
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_LEVEL, 3, PP_X12_VALUE_NOT_CODE,
                  "this level does not exist here (20, 21, 22, 23)");
        return;
    }
    if (depth > v->depth + 1)
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_LEVEL, 3, PP_X12_VALUE_OTHER, "the level above is missing");
    if (depth > v->depth)
        for (int i = v->depth + 1; i <= (int)depth; i++) v->aaa_mark[i] = v->aaa_n;
    else
        v->aaa_n = v->aaa_mark[depth];
    v->depth = depth;
    v->has_child = x12v_is(b, 4, "1");
    v->now.pos = b->e->pos;
    x12v_loop(b, loops[depth]);
    clear_person(&v->now);
    v->now.dependent = (struct pp_x12_party){0};
    if (depth <= AT_SUBSCRIBER) clear_subscriber(&v->now);
    if (depth <= AT_RECEIVER) v->now.provider = (struct pp_x12_party){0};
}

/* ---- segments of a level ---- */

static void read_nm1(struct pp_x12_271 *v) {
    static const char *const loops[] = {"", "2100A", "2100B", "2100C", "2100D"};
    struct x12v *b = &v->v;
    struct pp_x12_party *to[] = {&v->ignored, &v->now.payer, &v->now.provider, &v->now.subscriber, &v->now.dependent};
    if (v->benefit) {
        v->party = &v->benefit->entity;
        x12v_loop(b, v->depth == AT_DEPENDENT ? "2120D" : "2120C");
    } else {
        v->party = to[v->depth];
        x12v_loop(b, loops[v->depth]);
    }
    x12v_nm1(b, v->party);
}

static void read_aaa(struct pp_x12_271 *v) {
    struct x12v *b = &v->v;
    if (v->aaa_n == AAA_MAX) {
        x12v_find(b, 2, PP_X12_WARNING, PP_X12_V_REPEAT, 0, PP_X12_VALUE_NONE, "more AAA than we hold");
        return;
    }
    struct pp_x12_aaa *a = &v->aaa[v->aaa_n++];
    *a = (struct pp_x12_aaa){.pos = b->e->pos, .code = x12v_el(b, 3), .followup = x12v_el(b, 4)};
    memcpy(a->loop, b->loop, sizeof a->loop);
}

static void read_ref(struct pp_x12_271 *v) {
    struct x12v *b = &v->v;
    struct pp_271 *p = &v->now;
    if (x12v_is(b, 1, "6P") || x12v_is(b, 1, "1L")) {
        p->group_no = x12v_el(b, 2);
        p->group_name = x12v_el(b, 3);
    } else if (x12v_is(b, 1, "18")) {
        p->plan_no = x12v_el(b, 2);
        p->plan_name = x12v_el(b, 3);
    } else if (x12v_is(b, 1, "Q4")) {
        p->former_member_id = x12v_el(b, 2);
    }
    if (v->party) x12v_party_segment(b, v->party);
}

static void read_dtp(struct pp_x12_271 *v) {
    static const char *const begins[] = {"346", "356"}, *const ends[] = {"347", "357"}, *const both[] = {"291", "307"};
    struct x12v *b = &v->v;
    struct pp_str what = x12v_raw(b, 1);
    pp_date from, until;
    pp_date *f = v->benefit ? &v->benefit->from : &v->now.plan_from;
    pp_date *u = v->benefit ? &v->benefit->until : &v->now.plan_until;
    bool is_begin = x12v_in(what, begins, 2), is_end = x12v_in(what, ends, 2), is_both = x12v_in(what, both, 2);
    if (!is_begin && !is_end && !is_both && !v->benefit) return;
    if (!x12v_dates(b, 3, &from, &until)) return;
    if (!is_end) *f = from;
    /* one day of a plan or an eligibility is its beginning */
    if (is_end || (!is_begin && until != from)) *u = until;
}

static void read_eb(struct pp_x12_271 *v) {
    struct x12v *b = &v->v;
    v->party = NULL;
    x12v_loop(b, v->depth == AT_DEPENDENT ? "2110D" : "2110C");
    if (v->depth < AT_SUBSCRIBER) {
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_LOOP, 0, PP_X12_VALUE_NONE, "a benefit of nobody");
        return;
    }
    if (v->now.benefits_n == PP_271_BENEFITS_MAX) {
        x12v_find(b, 2, PP_X12_WARNING, PP_X12_V_REPEAT, 0, PP_X12_VALUE_NONE, "more benefits than we hold");
        v->benefit = NULL;
        return;
    }
    struct pp_271_benefit *e = v->benefit = &v->benefits[v->now.benefits_n++];
    *e = (struct pp_271_benefit){.pos = b->e->pos, .code = x12v_el(b, 1), .level = x12v_el(b, 2)};
    for (unsigned i = 1; e->service_types_n < PP_270_SERVICE_TYPES_MAX; i++) {
        struct pp_str s = pp_str_trim(pp_x12_rep(b->s, pp_x12_el(b->s, 3), i));
        if (!s.n) break;
        e->service_types[e->service_types_n++] = x12v_keep(b, s);
    }
    e->insurance = x12v_el(b, 4);
    e->plan = x12v_el(b, 5);
    e->period = x12v_el(b, 6);
    e->amount = x12v_dec(b, 7);
    e->percent = x12v_dec(b, 8);
    e->quantity_type = x12v_el(b, 9);
    e->quantity = x12v_dec(b, 10);
    e->authorization = x12v_el(b, 11);
    e->in_network = x12v_el(b, 12);
    x12v_procedure(b, 13, &e->code_type, &e->procedure, e->modifiers, &e->modifiers_n);
}

static void read_trn(struct pp_x12_271 *v) {
    struct x12v *b = &v->v;
    struct pp_x12_trace *t = x12v_is(b, 1, "1") ? &v->now.theirs : &v->now.ours;
    if (!t->number.n) *t = (struct pp_x12_trace){x12v_el(b, 2), x12v_el(b, 3)};
}

static void segment(struct x12v *b) {
    struct pp_x12_271 *v = of(b);
    switch (x12v_id(b->s)) {
    case X12_ID3('B', 'H', 'T'): v->now.batch_ref = x12v_el(b, 3); return;
    case X12_ID2('H', 'L'): read_hl(v); return;
    case X12_ID3('N', 'M', '1'): read_nm1(v); return;
    case X12_ID2('E', 'B'): read_eb(v); return;
    case X12_ID3('A', 'A', 'A'): read_aaa(v); return;
    case X12_ID3('D', 'T', 'P'): read_dtp(v); return;
    case X12_ID3('T', 'R', 'N'): read_trn(v); return;
    case X12_ID3('R', 'E', 'F'):
        if (!v->benefit) read_ref(v);
        return;
    case X12_ID3('M', 'S', 'G'):
        if (v->benefit && !v->benefit->message.n) v->benefit->message = x12v_el(b, 1);
        return;
    case X12_ID3('I', 'N', 'S'):
        if (x12v_is(b, 3, "001")) v->now.corrected = true;
        break;
    case X12_ID2('L', 'E'): v->party = NULL; return;
    default: break;
    }
    if (v->party) x12v_party_segment(b, v->party);
}

static void end(struct x12v *b) {
    struct pp_x12_271 *v = of(b);
    end_person(v);
    if (!v->given && v->aaa_n) take(v); /* nobody was looked up: the payer or the asker was the reason */
}

static void give_out(struct x12v *b) {
    struct pp_x12_271 *v = of(b);
    for (struct item *i = v->first; i && v->h.person && !b->stopped; i = i->next)
        if (v->h.person(b->user, &i->person)) b->stopped = true;
}

static const struct x12v_kind kind = {
    .sets = {"271"},
    .guides = {"005010X279"},
    .guide_text = "this guide is not read here; 005010X279 is",
    .begin = begin,
    .segment = segment,
    .end = end,
    .give_out = give_out,
};

struct pp_x12_271 *pp_x12_271_open(const struct pp_271_handlers *handlers, size_t arena_bytes) {
    struct pp_x12_271 *v = calloc(1, sizeof *v);
    if (!v) return NULL;
    v->h = *handlers;
    x12v_init(&v->v, &kind, arena_bytes, handlers->user, handlers->transaction);
    return v;
}

void pp_x12_271_close(struct pp_x12_271 *v) {
    if (!v) return;
    x12v_free(&v->v);
    free(v);
}

int pp_x12_271_event(struct pp_x12_271 *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return x12v_event(&v->v, r, e);
}

void pp_x12_271_refuse(struct pp_x12_271 *v) { x12v_refuse(&v->v); }

int pp_x12_271_bytes(const struct pp_x12_opts *opts, struct pp_str bytes, const struct pp_271_handlers *handlers) {
    struct pp_x12_271 *v = pp_x12_271_open(handlers, 0);
    int rc = x12v_bytes(v ? &v->v : NULL, opts, bytes);
    pp_x12_271_close(v);
    return rc;
}
