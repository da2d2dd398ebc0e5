#include "codec/x12_837_int.h"

/* CLM and what follows it: the claim, its lines, and what of them must be there. */

static bool is_number(struct pp_str s) {
    int64_t ignored;
    return pp_dec_parse(s, &ignored);
}

static void check_parties(struct pp_x12_837 *v) {
    if (!v->now.billing.present) x837_missing(v, "NM1", 0, "no billing provider (2010AA) before the claim");
    if (v->now.subscriber.family.n == 0 && v->now.subscriber.member_id.n == 0)
        x837_missing(v, "NM1", 0, "no subscriber (2010BA) before the claim");
    if (!v->now.payer.present) x837_missing(v, "NM1", 0, "no payer (2010BB) before the claim");
    if (!v->subscriber_is_patient && v->now.patient.family.n == 0)
        x837_missing(v, "NM1", 0, "no patient (2010CA) before the claim");
}

static void read_clm(struct pp_x12_837 *v) {
    x837_end_claim(v);
    enter(v, L_CLAIM, "2300");
    no_party(v);
    struct pp_claim837 *c = &v->now;
    c->pos = v->e->pos;
    c->authorization = c->referral = c->original_ref = c->trace = c->pa_exception = PP_STR_NONE;
    c->admitted = c->discharged = 0;
    c->diagnoses_n = c->lines_n = c->other_payers_n = 0;
    c->referring = c->rendering = c->facility = (struct pp_837_party){0};
    c->statement_from = c->statement_until = 0;
    c->bill_type = c->admission_type = c->admission_source = c->patient_status = PP_STR_NONE;
    c->drg = c->admitting = c->peer_review = PP_STR_NONE;
    c->reasons_n = 0;
    c->attending = c->operating = (struct pp_837_party){0};
    c->claim_no = el(v, 1);
    c->total = el(v, 2);
    c->place_of_service = comp(v, 5, 1);
    c->facility_type = comp(v, 5, 2);
    c->frequency = comp(v, 5, 3);
    v->claim_open = true;
    v->line = NULL;
    if (v->hl_subscriber == 0)
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_LOOP, "CLM", 0, "a claim outside of a subscriber or patient level");
    else
        check_parties(v);
    if (c->claim_no.n == 0) x837_missing(v, "CLM", 1, "the patient control number is missing");
    if (c->total.n == 0)
        x837_missing(v, "CLM", 2, "the total charge is missing");
    else if (!is_number(c->total))
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, "CLM", 2, "this is no amount")->value = PP_X12_VALUE_NOT_NUMBER;
    if (c->place_of_service.n == 0)
        x837_missing(v, "CLM", 5, c->institutional ? "the type of bill is missing" : "the place of service is missing");
    if (c->frequency.n == 0)
        x837_missing(v, "CLM", 5,
                     c->place_of_service.n > 2 ? "not split by the component separator that ISA16 names"
                                               : "the claim frequency is missing");
    if (c->institutional && c->place_of_service.n) { /* CLM05-1 and -3 are the type of bill */
        c->bill_type = pp_arena_printf(&v->arena, "%.*s%.*s", PP_FMT(c->place_of_service), PP_FMT(c->frequency));
        c->place_of_service = PP_STR_NONE;
    }
}

/* HI: composites qualifier:code. What each qualifier is for; codes of procedures, occurrences and values are known and
 * not kept. */
enum hi { HI_UNKNOWN, HI_OTHER, HI_DIAGNOSIS, HI_ADMITTING, HI_REASON, HI_DRG };

static enum hi hi_of(struct pp_str q) {
    static const struct {
        char code[4];
        enum hi hi;
    } list[] = {
        {"ABK", HI_DIAGNOSIS}, {"ABF", HI_DIAGNOSIS}, {"BK", HI_DIAGNOSIS}, {"BF", HI_DIAGNOSIS}, {"ABJ", HI_ADMITTING},
        {"BJ", HI_ADMITTING},  {"APR", HI_REASON},    {"PR", HI_REASON},    {"DR", HI_DRG},       {"BP", HI_OTHER},
        {"BO", HI_OTHER},      {"BG", HI_OTHER},      {"BH", HI_OTHER},     {"BE", HI_OTHER},     {"BI", HI_OTHER},
        {"ABN", HI_OTHER},     {"BN", HI_OTHER},      {"BBR", HI_OTHER},    {"BR", HI_OTHER},     {"BBQ", HI_OTHER},
        {"BQ", HI_OTHER},      {"CAH", HI_OTHER},     {"TC", HI_OTHER},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (pp_str_eqz(q, list[i].code)) return list[i].hi;
    return HI_UNKNOWN;
}

static void read_diagnosis(struct pp_x12_837 *v, unsigned i, struct pp_str q) {
    uint32_t max = v->now.institutional ? PP_837I_DIAGNOSES_MAX : PP_837_DIAGNOSES_MAX;
    if (v->now.diagnoses_n == max) {
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_REPEAT, "HI", i,
                  v->now.institutional ? "more than 25 diagnoses" : "more than 12 diagnoses");
        return;
    }
    struct pp_837_diagnosis *d = &v->diagnoses[v->now.diagnoses_n++];
    *d = (struct pp_837_diagnosis){.qualifier = pp_arena_str(&v->arena, q), .code = comp(v, i, 2)};
    if (v->now.institutional) d->present_on_admission = comp(v, i, 9);
    if (d->code.n == 0) x837_missing(v, "HI", i, "the diagnosis code is missing");
}

static void read_hi(struct pp_x12_837 *v) {
    struct pp_claim837 *c = &v->now;
    if (v->loop != L_CLAIM) return;
    for (unsigned i = 1; i <= v->s->n; i++) {
        struct pp_str q = pp_str_trim(pp_x12_comp(v->s, i, 1));
        if (q.n == 0) continue;
        switch (hi_of(q)) {
        case HI_DIAGNOSIS: read_diagnosis(v, i, q); break;
        case HI_ADMITTING: c->admitting = comp(v, i, 2); break;
        case HI_REASON:
            if (c->reasons_n < PP_837_REASONS_MAX) c->reasons[c->reasons_n++] = comp(v, i, 2);
            break;
        case HI_DRG: c->drg = comp(v, i, 2); break;
        case HI_OTHER: break;
        case HI_UNKNOWN:
            x837_find(v, 2, PP_X12_WARNING, PP_837_F_UNKNOWN_CODE, "HI", i, "this qualifier is not known; left out")
                ->value = PP_X12_VALUE_NOT_CODE;
        }
    }
}

static void read_cl1(struct pp_x12_837 *v) {
    if (v->loop != L_CLAIM) return;
    v->now.admission_type = el(v, 1);
    v->now.admission_source = el(v, 2);
    v->now.patient_status = el(v, 3);
}

/* REF of claim and line. A number that REF04 gives to another payer is not ours. */
static void read_ref(struct pp_x12_837 *v) {
    bool of_other = pp_str_eqz(pp_str_trim(pp_x12_comp(v->s, 4, 1)), "2U");
    struct pp_str *to = NULL;
    if (v->loop == L_CLAIM)
        to = is(v, 1, "G1")   ? &v->now.authorization
             : is(v, 1, "9F") ? &v->now.referral
             : is(v, 1, "F8") ? &v->now.original_ref
             : is(v, 1, "D9") ? &v->now.trace
             : is(v, 1, "4N") ? &v->now.pa_exception
             : is(v, 1, "G4") ? &v->now.peer_review
                              : NULL;
    else if (v->loop == L_LINE && v->line && is(v, 1, "6R"))
        to = &v->line->control;
    else if (v->loop == L_LINE && v->line && !v->now.institutional) /* an institutional line has no number of its own */
        to = is(v, 1, "G1") ? &v->line->authorization : is(v, 1, "9F") ? &v->line->referral : NULL;
    else if (v->party && (is(v, 1, "EI") || is(v, 1, "SY")))
        to = &v->party->tax_id;
    if (!to || of_other) return;
    if (to->n && v->loop == L_CLAIM) {
        x837_find(v, 2, PP_X12_WARNING, PP_837_F_REPEAT, "REF", 1,
                  "this number stands twice in the claim; the first is kept");
        return;
    }
    if (to->n == 0) *to = el(v, 2);
}

/* One day, or two with a dash between them when the form (DTP02) is RD8. */
static void read_range(struct pp_x12_837 *v, pp_date *from, pp_date *until) {
    struct pp_str s = pp_str_trim(pp_x12_el(v->s, 3)), first = pp_str_split(&s, '-');
    if (is(v, 2, "RD8") && s.n == 0)
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, "DTP", 3, "this is no range of dates")->value =
            PP_X12_VALUE_NOT_DATE;
    *from = x837_date(v, "DTP", 3, first);
    *until = s.n ? x837_date(v, "DTP", 3, s) : *from;
    if (*until < *from)
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, "DTP", 3, "the range of dates ends before it begins")->value =
            PP_X12_VALUE_NOT_DATE;
}

static void read_dtp(struct pp_x12_837 *v) {
    struct pp_claim837 *c = &v->now;
    if (v->loop == L_CLAIM && is(v, 1, "435"))
        c->admitted = x837_date(v, "DTP", 3, pp_str_trim(pp_x12_el(v->s, 3)));
    else if (v->loop == L_CLAIM && is(v, 1, "096") && !is(v, 2, "TM")) /* of an 837I only the hour */
        c->discharged = x837_date(v, "DTP", 3, pp_str_trim(pp_x12_el(v->s, 3)));
    else if (v->loop == L_CLAIM && is(v, 1, "434"))
        read_range(v, &c->statement_from, &c->statement_until);
    else if (v->loop == L_LINE && v->line && is(v, 1, "472"))
        read_range(v, &v->line->date_from, &v->line->date_until);
}

/* ---- lines ---- */

static void read_lx(struct pp_x12_837 *v) {
    if (!v->claim_open) {
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_LOOP, "LX", 0, "a line outside of a claim");
        return;
    }
    enter(v, L_LINE, "2400");
    no_party(v);
    if (v->now.lines_n == (v->now.institutional ? PP_837I_LINES_MAX : PP_837_LINES_MAX)) {
        v->line = NULL;
        enter(v, L_FORM, "2400");
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_REPEAT, "LX", 0,
                  v->now.institutional ? "more than 999 lines in one claim" : "more than 50 lines in one claim");
        return;
    }
    v->line = &v->lines[v->now.lines_n++];
    *v->line = (struct pp_837_line){.pos = v->e->pos};
    if (!pp_str_int(pp_str_trim(pp_x12_el(v->s, 1)), &v->line->number))
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, "LX", 1, "this is no line number")->value =
            PP_X12_VALUE_NOT_NUMBER;
}

static void read_procedure(struct pp_x12_837 *v, unsigned element) {
    struct pp_837_line *l = v->line;
    l->code_type = comp(v, element, 1);
    l->code = comp(v, element, 2);
    l->modifiers_n = 0;
    for (unsigned i = 3; i <= 6; i++) {
        struct pp_str m = comp(v, element, i);
        if (m.n) l->modifiers[l->modifiers_n++] = m;
    }
    l->description = comp(v, element, 7);
}

static void read_amounts(struct pp_x12_837 *v, const char *segment, unsigned charge) {
    struct pp_837_line *l = v->line;
    l->charge = el(v, charge);
    l->unit = el(v, charge + 1);
    l->quantity = el(v, charge + 2);
    if (!is_number(l->charge))
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, segment, charge, "this is no amount")->value =
            PP_X12_VALUE_NOT_NUMBER;
    if (!is_number(l->quantity))
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, segment, charge + 2, "this is no quantity")->value =
            PP_X12_VALUE_NOT_NUMBER;
}

/* SV2: a revenue code, and a procedure only where the service has one. */
static void read_sv2(struct pp_x12_837 *v) {
    if (!v->now.institutional) return; /* the missing SV1 is told at the end of the claim */
    if (!v->line || v->loop != L_LINE) {
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_LOOP, "SV2", 0, "SV2 outside of a line");
        return;
    }
    v->line->revenue = el(v, 1);
    if (v->line->revenue.n == 0) x837_missing(v, "SV2", 1, "the revenue code is missing");
    read_procedure(v, 2);
    read_amounts(v, "SV2", 3);
}

static void read_sv1(struct pp_x12_837 *v) {
    struct pp_837_line *l = v->line;
    if (v->now.institutional) return; /* as above */
    if (!l || v->loop != L_LINE) {
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_LOOP, "SV1", 0, "SV1 outside of a line");
        return;
    }
    read_procedure(v, 1);
    if (l->code.n == 0) x837_missing(v, "SV1", 1, "the procedure code is missing");
    read_amounts(v, "SV1", 2);
    l->place_of_service = el(v, 5);
    if (l->place_of_service.n == 0) l->place_of_service = v->now.place_of_service;
    for (unsigned i = 1; i <= 4; i++) {
        struct pp_str p = pp_str_trim(pp_x12_comp(v->s, 7, i));
        int64_t n;
        if (p.n == 0) continue;
        if (pp_str_int(p, &n) && n >= 1 && n <= (int64_t)v->now.diagnoses_n)
            l->pointers[l->pointers_n++] = (int)n;
        else
            x837_find(v, 2, PP_X12_WARNING, PP_837_F_POINTER, "SV1", 7, "a pointer to a diagnosis that is not there")
                ->value = PP_X12_VALUE_OTHER;
    }
}

static void check_lines(struct pp_x12_837 *v) {
    int64_t sum = 0, total = 0, charge;
    if (v->now.institutional && v->now.statement_from == 0)
        x837_missing(v, "DTP", 0, "a claim without its statement dates (DTP 434)")->pos = v->now.pos;
    if (v->now.lines_n == 0) x837_missing(v, "LX", 0, "the claim has no line")->pos = v->now.pos;
    for (uint32_t i = 0; i < v->now.lines_n; i++) {
        const struct pp_837_line *l = &v->lines[i];
        bool empty = l->code_type.n == 0 && l->code.n == 0 && l->charge.n == 0 && l->revenue.n == 0;
        if (empty && v->now.institutional)
            x837_missing(v, "SV2", 0, "a line without SV2")->pos = l->pos;
        else if (empty)
            x837_missing(v, "SV1", 0, "a line without SV1")->pos = l->pos;
        /* institutional lines have a date where their service has one; the statement's dates hold for the others */
        if (l->date_from == 0 && !v->now.institutional)
            x837_missing(v, "DTP", 0, "a line without its date of service (DTP 472)")->pos = l->pos;
        if (pp_dec_parse(l->charge, &charge)) sum += charge;
    }
    if (pp_dec_parse(v->now.total, &total) && total != sum)
        x837_find(v, 3, PP_X12_WARNING, PP_837_F_BALANCE, "CLM", 2, "the total is not the sum of the lines")->pos =
            v->now.pos;
}

void x837_end_claim(struct pp_x12_837 *v) {
    if (!v->claim_open) return;
    v->claim_open = false;
    v->line = NULL;
    enter(v, L_CLAIM, "2300");
    check_lines(v);
    struct claim_item *item = pp_arena_new(&v->arena, struct claim_item);
    struct pp_837_line *lines = v->now.lines_n ? pp_arena_array(&v->arena, struct pp_837_line, v->now.lines_n) : NULL;
    struct pp_837_diagnosis *dx =
        v->now.diagnoses_n ? pp_arena_array(&v->arena, struct pp_837_diagnosis, v->now.diagnoses_n) : NULL;
    if (!item || (v->now.lines_n && !lines) || (v->now.diagnoses_n && !dx))
        return; /* the arena remembers; the transaction is refused at its end */
    if (lines) memcpy(lines, v->lines, v->now.lines_n * sizeof *lines);
    if (dx) memcpy(dx, v->diagnoses, v->now.diagnoses_n * sizeof *dx);
    item->claim = v->now;
    item->claim.lines = lines;
    item->claim.diagnoses = dx;
    if (v->subscriber_is_patient) item->claim.patient = item->claim.subscriber;
    *v->last = item;
    v->last = &item->next;
    v->claims_n++;
}

/* ---- dispatch ---- */

static void read_lin(struct pp_x12_837 *v) {
    if (!v->line) return;
    enter(v, L_DRUG, "2410");
    no_party(v);
    if (is(v, 2, "N4")) v->line->ndc = el(v, 3);
}

static void read_svd(struct pp_x12_837 *v) {
    enter(v, L_ADJUDICATION, "2430");
    no_party(v);
}

void x837_claim_segment(struct pp_x12_837 *v) {
    switch (x12v_id(v->s)) {
    case X12_ID3('R', 'E', 'F'): read_ref(v); break;
    case X12_ID3('S', 'V', '1'): read_sv1(v); break;
    case X12_ID3('S', 'V', '2'): read_sv2(v); break;
    case X12_ID3('D', 'T', 'P'): read_dtp(v); break;
    case X12_ID2('L', 'X'): read_lx(v); break;
    case X12_ID2('H', 'I'): read_hi(v); break;
    case X12_ID3('C', 'L', 'M'): read_clm(v); break;
    case X12_ID3('C', 'L', '1'): read_cl1(v); break;
    case X12_ID3('L', 'I', 'N'): read_lin(v); break;
    case X12_ID3('S', 'V', 'D'): read_svd(v); break;
    default: break;
    }
}
