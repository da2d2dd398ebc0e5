#include "codec/x12_277.h"
#include "codec/x12_view_int.h"
#include <stdlib.h>

/* 276, 277 and 277CA: HL levels, and in them blocks that begin with TRN (a claim) or SVC (a line of it). A block that
 * holds a status is an item; of a 276 each claim that is asked for. */

struct item {
    struct pp_277 status;
    struct item *next;
};

struct pp_x12_277 {
    struct x12v v; /* first: x12v_kind's functions get its address */
    struct pp_277_handlers h;
    struct pp_277 now;   /* levels above, and the block in hand */
    struct pp_277 claim; /* of the line in hand */
    bool open, line;
    struct pp_x12_party *party, ignored;
    struct item *first, **last;
};

static struct pp_x12_277 *of(struct x12v *b) { return (struct pp_x12_277 *)b; }

static void begin(struct x12v *b) {
    struct pp_x12_277 *v = of(b);
    const char *guide = b->env.st03[0] ? b->env.st03 : b->env.gs08;
    v->now = (struct pp_277){.envelope = b->env, .kind = PP_277_STATUS};
    if (strcmp(b->env.st01, "276") == 0)
        v->now.kind = PP_277_INQUIRY;
    else if (strncmp(guide, "005010X214", 10) == 0)
        v->now.kind = PP_277_CA;
    else if (strncmp(guide, "005010X212", 10) != 0)
        v->now.kind = PP_277_INFO_REQUEST;
    v->open = v->line = false;
    v->party = NULL;
    v->first = NULL;
    v->last = &v->first;
}

static void clear_block(struct pp_277 *s) {
    s->trace = (struct pp_x12_trace){PP_STR_NONE, PP_STR_NONE};
    s->payer_claim_no = s->clearinghouse_no = s->bill_type = s->account = s->line_control = PP_STR_NONE;
    s->revenue = s->code_type = s->code = s->attachment_control = PP_STR_NONE;
    s->service_from = s->service_until = 0;
    s->status_n = 0;
}

/* The block in hand is complete. */
static void take(struct pp_x12_277 *v) {
    if (!v->open) return;
    v->open = false;
    if (v->now.status_n || (v->now.kind == PP_277_INQUIRY && !v->line)) {
        struct item *i = pp_arena_new(&v->v.arena, struct item);
        if (!i) return;
        i->status = v->now;
        *v->last = i;
        v->last = &i->next;
        v->v.items_n++;
    }
    if (!v->line) v->claim = v->now;
}

static void open_block(struct pp_x12_277 *v, bool line) {
    take(v);
    enum pp_277_level level = v->line ? v->claim.level : v->now.level;
    if (line) {
        v->now = v->claim;
        v->now.status_n = 0;
        v->now.line_control = PP_STR_NONE;
        v->now.level = PP_277_LINE;
    } else {
        clear_block(&v->now);
        v->now.level = level;
    }
    v->now.pos = v->v.e->pos;
    v->line = line;
    v->open = true;
}

/* ---- levels ---- */

static void read_hl(struct pp_x12_277 *v) {
    struct x12v *b = &v->v;
    static const struct {
        const char *code, *loop;
        enum pp_277_level level;
    } levels[] = {
        {"20", "2000A", PP_277_SOURCE},     {"21", "2000B", PP_277_RECEIVER}, {"19", "2000C", PP_277_PROVIDER},
        {"22", "2000D", PP_277_SUBSCRIBER}, {"PT", "2000D", PP_277_PATIENT},  {"23", "2000E", PP_277_PATIENT},
    };
    take(v);
    v->line = false;
    v->party = NULL;
    clear_block(&v->now);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (!x12v_is(b, 3, levels[i].code)) continue;
        v->now.level = levels[i].level;
        x12v_loop(b, levels[i].loop);
        if (v->now.level <= PP_277_RECEIVER) v->now.provider = (struct pp_x12_party){0};
        if (v->now.level <= PP_277_SUBSCRIBER || x12v_is(b, 3, "PT")) v->now.patient = (struct pp_x12_party){0};
        return;
    }
    x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_LEVEL, 3, PP_X12_VALUE_NOT_CODE,
              "this level does not exist here (20, 21, 19, 22, 23, PT)");
}

static void read_nm1(struct pp_x12_277 *v) {
    struct x12v *b = &v->v;
    struct pp_x12_party *to[] = {&v->now.source,  &v->now.receiver, &v->now.provider,
                                 &v->now.patient, &v->now.patient,  &v->ignored};
    v->party = v->open ? &v->ignored : to[v->now.level];
    struct pp_str member = v->party->id;
    x12v_nm1(b, v->party);
    /* the dependent has the member number of the subscriber above */
    if (v->now.level == PP_277_PATIENT && !v->party->id.n && v->party == &v->now.patient) v->party->id = member;
}

/* ---- blocks ---- */

static void read_trn(struct pp_x12_277 *v) {
    struct x12v *b = &v->v;
    open_block(v, false);
    v->party = NULL;
    v->now.trace = (struct pp_x12_trace){x12v_el(b, 2), x12v_el(b, 3)};
    if (v->now.level == PP_277_RECEIVER) v->now.batch_trace = v->now.trace.number;
    if (v->now.kind == PP_277_INFO_REQUEST) v->now.attachment_control = v->now.trace.number;
}

static void read_svc(struct pp_x12_277 *v) {
    struct x12v *b = &v->v;
    struct pp_str modifiers[4];
    uint32_t n;
    if (!v->open && !v->line) {
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_LOOP, 0, PP_X12_VALUE_NONE, "a service line outside of a claim");
        return;
    }
    open_block(v, true);
    x12v_procedure(b, 1, &v->now.code_type, &v->now.code, modifiers, &n);
    v->now.revenue = x12v_el(b, 4);
    if (pp_str_eqz(v->now.code_type, "NU")) v->now.revenue = v->now.code;
}

static void add_status(struct pp_x12_277 *v, unsigned element) {
    struct x12v *b = &v->v;
    struct pp_277 *now = &v->now;
    if (!x12v_raw_comp(b, element, 1).n) return;
    if (now->status_n == PP_277_STATUS_MAX) {
        x12v_find(b, 2, PP_X12_WARNING, PP_X12_V_REPEAT, 0, PP_X12_VALUE_NONE, "more statuses than we hold");
        return;
    }
    struct pp_277_status *s = &now->status[now->status_n++];
    if (element != 1) {
        *s = now->status[now->status_n - 2]; /* of the same STC: date, action and amounts hold for it */
    } else {
        *s = (struct pp_277_status){.action = x12v_el(b, 3), .message = x12v_el(b, 12)};
        s->date = x12v_date(b, 2);
        s->amount = x12v_dec(b, 4);
        s->paid = x12v_dec(b, 5);
    }
    s->category = x12v_comp(b, element, 1);
    s->code = x12v_comp(b, element, 2);
    s->entity = x12v_comp(b, element, 3);
    s->list = x12v_comp(b, element, 4);
}

static void read_stc(struct pp_x12_277 *v) {
    if (!v->open) open_block(v, false); /* a level without TRN */
    add_status(v, 1);
    if (!v->now.status_n) return;
    add_status(v, 10);
    add_status(v, 11);
}

static void read_ref(struct pp_x12_277 *v) {
    struct x12v *b = &v->v;
    struct pp_str *to = x12v_is(b, 1, "1K")    ? &v->now.payer_claim_no
                        : x12v_is(b, 1, "D9")  ? &v->now.clearinghouse_no
                        : x12v_is(b, 1, "BLT") ? &v->now.bill_type
                        : x12v_is(b, 1, "EJ")  ? &v->now.account
                        : x12v_is(b, 1, "FJ")  ? &v->now.line_control
                                               : NULL;
    if (to && !to->n) *to = x12v_el(b, 2);
}

static void segment(struct x12v *b) {
    struct pp_x12_277 *v = of(b);
    switch (x12v_id(b->s)) {
    case X12_ID3('B', 'H', 'T'): v->now.batch_ref = x12v_el(b, 3); return;
    case X12_ID2('H', 'L'): read_hl(v); return;
    case X12_ID3('N', 'M', '1'): read_nm1(v); return;
    case X12_ID3('T', 'R', 'N'): read_trn(v); return;
    case X12_ID3('S', 'V', 'C'): read_svc(v); return;
    case X12_ID3('S', 'T', 'C'): read_stc(v); return;
    case X12_ID3('R', 'E', 'F'):
        if (v->open) read_ref(v);
        return;
    case X12_ID3('D', 'T', 'P'):
        if (v->open && (x12v_is(b, 1, "472") || x12v_is(b, 1, "232")))
            x12v_dates(b, 3, &v->now.service_from, &v->now.service_until);
        return;
    default:
        if (v->party) x12v_party_segment(b, v->party);
    }
}

static void end(struct x12v *b) { take(of(b)); }

static void give_out(struct x12v *b) {
    struct pp_x12_277 *v = of(b);
    for (struct item *i = v->first; i && v->h.status && !b->stopped; i = i->next)
        if (v->h.status(b->user, &i->status)) b->stopped = true;
}

enum pp_277_verdict pp_277_of_category(struct pp_str c) {
    static const struct {
        const char *code;
        enum pp_277_verdict verdict;
    } list[] = {
        {"A0", PP_277_ACCEPTED}, {"A1", PP_277_ACCEPTED}, {"A2", PP_277_ACCEPTED}, {"A5", PP_277_ACCEPTED},
        {"A3", PP_277_REJECTED}, {"A4", PP_277_REJECTED}, {"A6", PP_277_REJECTED}, {"A7", PP_277_REJECTED},
        {"A8", PP_277_REJECTED}, {"E", PP_277_REJECTED},  {"P", PP_277_PENDED},    {"F", PP_277_FINAL},
        {"R", PP_277_REQUESTS},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (pp_str_eqz(c, list[i].code) || (c.n == 2 && !list[i].code[1] && c.s[0] == list[i].code[0]))
            return list[i].verdict;
    return PP_277_NOT_SAID;
}

/* A rejection anywhere among the statuses counts. */
enum pp_277_verdict pp_277_of(const struct pp_277 *s) {
    enum pp_277_verdict all = PP_277_NOT_SAID;
    for (uint32_t i = 0; i < s->status_n; i++) {
        enum pp_277_verdict one = pp_277_of_category(s->status[i].category);
        if (one == PP_277_REJECTED) return one;
        if (all == PP_277_NOT_SAID) all = one;
    }
    return all;
}

static const struct x12v_kind kind = {
    .sets = {"277", "276"},
    .guides = {"005010X212", "005010X213", "005010X214", "006020X313"},
    .guide_text = "this guide is not read here; 005010X212, 005010X213, 005010X214 and 006020X313 are",
    .begin = begin,
    .segment = segment,
    .end = end,
    .give_out = give_out,
};

struct pp_x12_277 *pp_x12_277_open(const struct pp_277_handlers *handlers, size_t arena_bytes) {
    struct pp_x12_277 *v = calloc(1, sizeof *v);
    if (!v) return NULL;
    v->h = *handlers;
    x12v_init(&v->v, &kind, arena_bytes, handlers->user, handlers->transaction);
    return v;
}

void pp_x12_277_close(struct pp_x12_277 *v) {
    if (!v) return;
    x12v_free(&v->v);
    free(v);
}

int pp_x12_277_event(struct pp_x12_277 *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return x12v_event(&v->v, r, e);
}

void pp_x12_277_refuse(struct pp_x12_277 *v) { x12v_refuse(&v->v); }

int pp_x12_277_bytes(const struct pp_x12_opts *opts, struct pp_str bytes, const struct pp_277_handlers *handlers) {
    struct pp_x12_277 *v = pp_x12_277_open(handlers, 0);
    int rc = x12v_bytes(v ? &v->v : NULL, opts, bytes);
    pp_x12_277_close(v);
    return rc;
}
