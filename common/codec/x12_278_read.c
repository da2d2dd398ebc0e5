#include "codec/x12_278_int.h"

/* Segments of an event or of a line. */

static void read_trn(struct x12v *b, const struct pp_x12_278 *v, struct pp_278_level *l) {
    bool theirs = v->now.response && x12v_is(b, 1, "1");
    struct pp_x12_trace *t = theirs ? &l->theirs : &l->ours;
    /* a level may echo several numbers: the first is that of the request right before */
    if (!t->number.n) *t = (struct pp_x12_trace){x12v_el(b, 2), x12v_el(b, 3)};
}

static void read_um(struct x12v *b, struct pp_278_level *l) {
    l->category = x12v_el(b, 1);
    l->certification = x12v_el(b, 2);
    l->service_type = x12v_el(b, 3);
    l->facility = x12v_comp(b, 4, 1);
    l->facility_type = x12v_comp(b, 4, 2);
    l->level_of_service = x12v_el(b, 6);
}

static void read_hcr(struct x12v *b, struct pp_278_level *l) {
    struct pp_278_review *r = &l->review;
    if (r->present) {
        x12v_find(b, 2, PP_X12_ERROR, PP_X12_V_REPEAT, 0, PP_X12_VALUE_NONE, "a second decision on the same level");
        return;
    }
    *r = (struct pp_278_review){
        .present = true, .action = x12v_el(b, 1), .number = x12v_el(b, 2), .second_opinion = x12v_el(b, 4)};
    for (unsigned i = 1; i <= PP_278_REASONS_MAX; i++) {
        struct pp_str s = pp_str_trim(pp_x12_rep(b->s, pp_x12_el(b->s, 3), i));
        if (s.n) r->reasons[r->reasons_n++] = x12v_keep(b, s);
    }
}

static void read_ref(struct x12v *b, struct pp_278_level *l) {
    if (x12v_is(b, 1, "BB") && !l->authorization.n)
        l->authorization = x12v_el(b, 2);
    else if (x12v_is(b, 1, "NT") && !l->reference.n)
        l->reference = x12v_el(b, 2);
}

static void read_dtp(struct x12v *b, struct pp_278_level *l) {
    static const char *const read[] = {"AAH", "472", "102", "007", "036", "435", "096"};
    struct pp_str what = x12v_raw(b, 1);
    pp_date from, until;
    if (!x12v_in(what, read, sizeof read / sizeof *read) || !x12v_dates(b, 3, &from, &until)) return;
    if (pp_str_eqz(what, "AAH")) {
        l->event_from = from;
        l->event_until = until;
    } else if (pp_str_eqz(what, "472")) {
        l->service_from = from;
        l->service_until = until;
    } else if (pp_str_eqz(what, "102")) {
        l->issued = from;
    } else if (pp_str_eqz(what, "007")) {
        l->from = from;
        if (until != from) l->until = until;
    } else if (pp_str_eqz(what, "036")) {
        l->until = until;
    } else if (pp_str_eqz(what, "435")) {
        l->admitted = from;
    } else {
        l->discharged = until;
    }
}

static struct pp_278_paper *new_paper(struct x12v *b, struct pp_278_level *l) {
    if (l->papers_n < sizeof l->papers / sizeof *l->papers) return &l->papers[l->papers_n++];
    x12v_find(b, 2, PP_X12_WARNING, PP_X12_V_REPEAT, 0, PP_X12_VALUE_NONE, "more documents than we hold");
    return NULL;
}

static void read_hi(struct x12v *b, struct pp_278_level *l) {
    for (unsigned i = 1; i <= b->s->n; i++) {
        struct pp_str type = x12v_raw_comp(b, i, 1);
        if (!type.n) continue;
        if (pp_str_eqz(type, "LOI")) {
            struct pp_278_paper *p = new_paper(b, l);
            if (p) *p = (struct pp_278_paper){.loinc = x12v_comp(b, i, 2)};
        } else if (l->diagnoses_n < PP_278_DX_MAX) {
            l->diagnosis_types[l->diagnoses_n] = x12v_keep(b, type);
            l->diagnoses[l->diagnoses_n++] = x12v_comp(b, i, 2);
        } else {
            x12v_find(b, 2, PP_X12_WARNING, PP_X12_V_REPEAT, i, PP_X12_VALUE_NONE, "more diagnoses than we hold");
        }
    }
}

static void read_pwk(struct x12v *b, struct pp_278_level *l) {
    struct pp_278_paper *p = new_paper(b, l);
    if (p) *p = (struct pp_278_paper){.report = x12v_el(b, 1), .transmission = x12v_el(b, 2), .control = x12v_el(b, 6)};
}

static void read_service(struct x12v *b, struct pp_278_level *l, uint8_t sv) {
    struct pp_278_service *s = &l->service;
    unsigned procedure = sv == 2 ? 2 : 1;
    *s = (struct pp_278_service){.kind = sv};
    x12v_procedure(b, procedure, &s->code_type, &s->code, s->modifiers, &s->modifiers_n);
    s->description = x12v_comp(b, procedure, 7);
    s->code_end = x12v_comp(b, procedure, 8);
    if (sv == 1) {
        s->amount = x12v_dec(b, 2);
        s->unit = x12v_el(b, 3);
        s->quantity = x12v_dec(b, 4);
    } else if (sv == 2) {
        s->revenue = x12v_el(b, 1);
        s->amount = x12v_dec(b, 3);
        s->unit = x12v_el(b, 4);
        s->quantity = x12v_dec(b, 5);
    } else {
        s->amount = x12v_dec(b, 2);
        s->quantity = x12v_dec(b, 6);
    }
}

static void read_hsd(struct x12v *b, struct pp_278_level *l) {
    l->delivery = (struct pp_278_delivery){.unit = x12v_el(b, 1),
                                           .quantity = x12v_dec(b, 2),
                                           .per = x12v_el(b, 3),
                                           .modulus = x12v_dec(b, 4),
                                           .period = x12v_el(b, 5),
                                           .periods = x12v_dec(b, 6),
                                           .pattern = x12v_el(b, 7),
                                           .time_pattern = x12v_el(b, 8)};
}

static void read_msg(struct x12v *b, struct pp_278_level *l) {
    struct pp_str s = pp_x12_el(b->s, 1); /* as it came: payers put their own codes here */
    if (s.n && l->messages_n < PP_278_MESSAGES_MAX) l->messages[l->messages_n++] = pp_arena_str(&b->arena, s);
}

void x278_level_segment(struct pp_x12_278 *v) {
    struct x12v *b = &v->v;
    struct pp_278_level *l = v->level;
    switch (x12v_id(b->s)) {
    case X12_ID3('T', 'R', 'N'): read_trn(b, v, l); break;
    case X12_ID2('U', 'M'): read_um(b, l); break;
    case X12_ID3('H', 'C', 'R'): read_hcr(b, l); break;
    case X12_ID3('R', 'E', 'F'): read_ref(b, l); break;
    case X12_ID3('D', 'T', 'P'): read_dtp(b, l); break;
    case X12_ID2('H', 'I'): read_hi(b, l); break;
    case X12_ID3('P', 'W', 'K'): read_pwk(b, l); break;
    case X12_ID3('S', 'V', '1'): read_service(b, l, 1); break;
    case X12_ID3('S', 'V', '2'): read_service(b, l, 2); break;
    case X12_ID3('S', 'V', '3'): read_service(b, l, 3); break;
    case X12_ID3('H', 'S', 'D'): read_hsd(b, l); break;
    case X12_ID3('M', 'S', 'G'): read_msg(b, l); break;
    default: break;
    }
}
