#include "codec/x12_837_int.h"

/* The loops of the 837P: which segment belongs to whom. HL opens billing provider (20), subscriber (22) and patient
 * (23); NM101 opens the parties; CLM a claim; SBR inside a claim another payer; LX a line. */

static struct pp_str el(struct pp_x12_837 *v, unsigned n) {
    struct pp_str s = pp_str_trim(pp_x12_el(v->s, n));
    return s.n ? pp_arena_str(&v->arena, s) : PP_STR_NONE;
}
static struct pp_str comp(struct pp_x12_837 *v, unsigned n, unsigned c) {
    struct pp_str s = pp_str_trim(pp_x12_comp(v->s, n, c));
    return s.n ? pp_arena_str(&v->arena, s) : PP_STR_NONE;
}
static bool is(struct pp_x12_837 *v, unsigned n, const char *text) {
    return pp_str_eqz(pp_str_trim(pp_x12_el(v->s, n)), text);
}

static void enter(struct pp_x12_837 *v, enum loop loop, const char *name) {
    v->loop = loop;
    memcpy(v->loop_name, name, strlen(name) + 1); /* a literal of at most six characters */
}

static struct pp_x12_finding *missing(struct pp_x12_837 *v, const char *segment, unsigned element, const char *text) {
    struct pp_x12_finding *f = x837_find(v, 2, PP_X12_ERROR, PP_837_F_MISSING, segment, element, text);
    f->value = PP_X12_VALUE_MISSING;
    return f;
}

static bool is_guide_x222(const char *version) { return strncmp(version, "005010X222", 10) == 0; }

void x837_begin(struct pp_x12_837 *v) {
    pp_arena_reset(&v->arena);
    v->in_st = true;
    v->ours = strcmp(v->env.st01, "837") == 0;
    v->findings_n = v->errors_n = v->warnings_n = 0;
    v->party = NULL;
    v->person = NULL;
    v->hl_billing = v->hl_subscriber = v->hl_patient = v->hl_last = 0;
    v->hl_n = 0;
    v->claim_open = v->subscriber_is_patient = false;
    v->line = NULL;
    v->first = NULL;
    v->last = &v->first;
    v->claims_n = 0;
    v->now = (struct pp_claim837){.envelope = v->env};
    enter(v, L_HEAD, "");
    const char *guide = v->env.st03[0] ? v->env.st03 : v->env.gs08;
    v->guide_ok = is_guide_x222(guide);
    if (v->ours && !v->guide_ok)
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_GUIDE_UNKNOWN, v->env.st03[0] ? "ST" : "GS", v->env.st03[0] ? 3 : 8,
                  "this guide is not read here; 005010X222 (professional claims) is")
            ->value = PP_X12_VALUE_NOT_CODE;
    else if (v->ours && v->env.st03[0] && v->env.gs08[0] && strcmp(v->env.st03, v->env.gs08) != 0)
        x837_find(v, 2, is_guide_x222(v->env.gs08) ? PP_X12_WARNING : PP_X12_ERROR, PP_837_F_GUIDE_UNKNOWN, "ST", 3,
                  "GS08 and ST03 name different guides");
}

/* ---- levels ---- */

static void read_hl(struct pp_x12_837 *v) {
    int64_t number = 0, parent = 0;
    bool has_parent = pp_str_int(pp_str_trim(pp_x12_el(v->s, 2)), &parent);
    x837_end_claim(v);
    v->party = NULL;
    v->person = NULL;
    enter(v, L_HEAD, "2000");
    if (!pp_str_int(pp_str_trim(pp_x12_el(v->s, 1)), &number) || number != v->hl_last + 1)
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_LEVEL, "HL", 1, "levels are not numbered 1, 2, 3, …");
    v->hl_last = number;
    if (++v->hl_n > HL_MAX) x837_find(v, 2, PP_X12_ERROR, PP_837_F_REPEAT, "HL", 0, "more levels than we read");
    if (is(v, 3, "20")) {
        enter(v, L_BILLING, "2000A");
        v->hl_billing = number;
        v->hl_subscriber = v->hl_patient = 0;
        v->now.billing = v->now.pay_to = v->now.payer = (struct pp_837_party){0};
        v->now.subscriber = v->now.patient = (struct pp_837_person){0};
        if (has_parent)
            x837_find(v, 2, PP_X12_ERROR, PP_837_F_LEVEL, "HL", 2, "a billing provider has no parent level");
    } else if (is(v, 3, "22")) {
        enter(v, L_SUBSCRIBER, "2000B");
        v->hl_subscriber = number;
        v->hl_patient = 0;
        v->subscriber_is_patient = true;
        v->now.payer = (struct pp_837_party){0};
        v->now.subscriber = v->now.patient = (struct pp_837_person){0};
        v->now.payer_rank = v->now.filing = v->now.group_no = v->now.plan_name = v->now.relation = PP_STR_NONE;
        if (!has_parent || parent != v->hl_billing || parent == 0)
            x837_find(v, 2, PP_X12_ERROR, PP_837_F_LEVEL, "HL", 2, "the parent is not the billing provider above");
    } else if (is(v, 3, "23")) {
        enter(v, L_PATIENT, "2000C");
        v->hl_patient = number;
        v->subscriber_is_patient = false;
        v->now.patient = (struct pp_837_person){0};
        if (!has_parent || parent != v->hl_subscriber || parent == 0)
            x837_find(v, 2, PP_X12_ERROR, PP_837_F_LEVEL, "HL", 2, "the parent is not the subscriber above");
    } else {
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_LEVEL, "HL", 3, "this level does not exist here (20, 22, 23)")->value =
            PP_X12_VALUE_NOT_CODE;
    }
}

/* ---- parties ---- */

static void read_party(struct pp_x12_837 *v, struct pp_837_party *p) {
    *p = (struct pp_837_party){.present = true,
                               .kind = el(v, 2),
                               .name = el(v, 3),
                               .given = el(v, 4),
                               .middle = el(v, 5),
                               .id_type = el(v, 8),
                               .id = el(v, 9),
                               .taxonomy = p->taxonomy};
    if (pp_str_eqz(p->id_type, "XX")) p->npi = p->id;
    v->party = p;
    v->person = NULL;
}

static void read_person(struct pp_x12_837 *v, struct pp_837_person *p) {
    *p = (struct pp_837_person){.family = el(v, 3), .given = el(v, 4), .middle = el(v, 5)};
    if (is(v, 8, "MI") || is(v, 8, "II")) p->member_id = el(v, 9);
    v->person = p;
    v->party = NULL;
}

static void no_party(struct pp_x12_837 *v) {
    v->party = NULL;
    v->person = NULL;
}

static bool names(struct pp_x12_837 *v, const char *entity) { return is(v, 1, entity); }

static void read_nm1_head(struct pp_x12_837 *v) {
    if (names(v, "41")) {
        enter(v, L_SUBMITTER, "1000A");
        read_party(v, &v->now.submitter);
    } else if (names(v, "40")) {
        enter(v, L_RECEIVER, "1000B");
        no_party(v);
    } else if (names(v, "85") && v->hl_billing) {
        enter(v, L_BILLING_NAME, "2010AA");
        read_party(v, &v->now.billing);
        if (v->now.billing.id.n == 0 && !v->now.billing.npi.n)
            x837_find(v, 4, PP_X12_WARNING, PP_837_F_MISSING, "NM1", 9, "the billing provider has no NPI")->value =
                PP_X12_VALUE_MISSING;
    } else if (names(v, "87") && v->hl_billing) {
        enter(v, L_PAY_TO, "2010AB");
        read_party(v, &v->now.pay_to);
    } else if (names(v, "PE") && v->hl_billing) {
        enter(v, L_PAY_TO_PLAN, "2010AC");
        no_party(v);
    } else if (names(v, "IL") && v->hl_subscriber) {
        enter(v, L_SUBSCRIBER_NAME, "2010BA");
        read_person(v, &v->now.subscriber);
    } else if (names(v, "PR") && v->hl_subscriber) {
        enter(v, L_PAYER, "2010BB");
        read_party(v, &v->now.payer);
    } else if (names(v, "QC") && v->hl_patient) {
        enter(v, L_PATIENT_NAME, "2010CA");
        read_person(v, &v->now.patient);
    } else {
        no_party(v);
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_LOOP, "NM1", 1, "this party has no place here");
    }
}

static void read_nm1_claim(struct pp_x12_837 *v) {
    static const struct {
        char entity[3], loop[8];
    } loops[] = {
        {"DN", "2310A"}, {"P3", "2310A"}, {"82", "2310B"}, {"77", "2310C"},
        {"DQ", "2310D"}, {"PW", "2310E"}, {"45", "2310F"},
    };
    no_party(v);
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
        if (!names(v, loops[i].entity)) continue;
        enter(v, L_CLAIM_PARTY, loops[i].loop);
        if (names(v, "DN") || (names(v, "P3") && !v->now.referring.present))
            read_party(v, &v->now.referring);
        else if (names(v, "82"))
            read_party(v, &v->now.rendering);
        else if (names(v, "77"))
            read_party(v, &v->now.facility);
        return;
    }
    enter(v, L_CLAIM_PARTY, "2310");
    x837_find(v, 2, PP_X12_ERROR, PP_837_F_LOOP, "NM1", 1, "this party has no place in a claim");
}

static void read_nm1_line(struct pp_x12_837 *v) {
    static const struct {
        char entity[3], loop[8];
    } loops[] = {
        {"82", "2420A"}, {"QB", "2420B"}, {"77", "2420C"}, {"DQ", "2420D"}, {"DK", "2420E"},
        {"DN", "2420F"}, {"P3", "2420F"}, {"PW", "2420G"}, {"45", "2420H"},
    };
    no_party(v);
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
        if (!names(v, loops[i].entity)) continue;
        enter(v, L_LINE_PARTY, loops[i].loop);
        struct pp_837_provider *p = names(v, "82")   ? &v->line->rendering
                                    : names(v, "77") ? &v->line->facility
                                    : names(v, "DK") ? &v->line->ordering
                                    : names(v, "DN") ? &v->line->referring
                                                     : NULL;
        if (p) *p = (struct pp_837_provider){el(v, 3), el(v, 4), is(v, 8, "XX") ? el(v, 9) : PP_STR_NONE};
        return;
    }
    enter(v, L_LINE_PARTY, "2420");
    x837_find(v, 2, PP_X12_ERROR, PP_837_F_LOOP, "NM1", 1, "this party has no place in a line");
}

static void read_nm1(struct pp_x12_837 *v) {
    if (v->line)
        read_nm1_line(v);
    else if (v->claim_open && (v->loop == L_OTHER || v->loop == L_OTHER_PARTY)) {
        enter(v, L_OTHER_PARTY, "2330"); /* other payers and their people: not ours */
        no_party(v);
    } else if (v->claim_open)
        read_nm1_claim(v);
    else
        read_nm1_head(v);
}

static void read_address(struct pp_x12_837 *v, bool n4) {
    struct pp_837_party *p = v->party;
    struct pp_837_person *q = v->person;
    if (p && n4) {
        p->city = el(v, 1);
        p->state = el(v, 2);
        p->zip = el(v, 3);
    } else if (p) {
        p->address = el(v, 1);
        p->address2 = el(v, 2);
    } else if (q && n4) {
        q->city = el(v, 1);
        q->state = el(v, 2);
        q->zip = el(v, 3);
    } else if (q) {
        q->address = el(v, 1);
    }
}

static pp_date read_date(struct pp_x12_837 *v, unsigned element, struct pp_str s) {
    pp_date d = 0;
    if (s.n > 8 && s.n <= 14) /* DT: the time of the day is not needed */
        s.n = 8;
    if (s.n && !pp_date_parse_compact(s, &d))
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, v->s->id.n == 3 && v->s->id.s[1] == 'M' ? "DMG" : "DTP", element,
                  "this is no date")
            ->value = PP_X12_VALUE_NOT_DATE;
    return d;
}

static void read_dmg(struct pp_x12_837 *v) {
    if (!v->person) return;
    v->person->birth_date = read_date(v, 2, pp_str_trim(pp_x12_el(v->s, 2)));
    v->person->sex = el(v, 3);
}

static void read_sbr(struct pp_x12_837 *v) {
    if (v->claim_open) {
        v->line = NULL;
        enter(v, L_OTHER, "2320");
        v->now.other_payers_n++;
        no_party(v);
        return;
    }
    v->now.payer_rank = el(v, 1);
    v->now.relation = el(v, 2);
    v->now.group_no = el(v, 3);
    v->now.plan_name = el(v, 4);
    v->now.filing = el(v, 9);
}

/* ---- claims ---- */

static bool is_number(struct pp_str s) {
    int64_t ignored;
    return pp_dec_parse(s, &ignored);
}

static void check_parties(struct pp_x12_837 *v) {
    if (!v->now.billing.present) missing(v, "NM1", 0, "no billing provider (2010AA) before the claim");
    if (v->now.subscriber.family.n == 0 && v->now.subscriber.member_id.n == 0)
        missing(v, "NM1", 0, "no subscriber (2010BA) before the claim");
    if (!v->now.payer.present) missing(v, "NM1", 0, "no payer (2010BB) before the claim");
    if (!v->subscriber_is_patient && v->now.patient.family.n == 0)
        missing(v, "NM1", 0, "no patient (2010CA) before the claim");
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
    if (c->claim_no.n == 0) missing(v, "CLM", 1, "the patient control number is missing");
    if (c->total.n == 0)
        missing(v, "CLM", 2, "the total charge is missing");
    else if (!is_number(c->total))
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, "CLM", 2, "this is no amount")->value = PP_X12_VALUE_NOT_NUMBER;
    if (c->place_of_service.n == 0) missing(v, "CLM", 5, "the place of service is missing");
    if (c->frequency.n == 0)
        missing(v, "CLM", 5,
                c->place_of_service.n > 2 ? "not split by the component separator that ISA16 names"
                                          : "the claim frequency is missing");
}

/* HI: composites qualifier:code. Only diagnoses are kept. */
static void read_hi(struct pp_x12_837 *v) {
    static const char *const diagnosis[] = {"ABK", "ABF", "BK", "BF"};
    static const char *const other[] = {"BP", "BO", "BG", "BH", "BE", "BI", "APR", "PR", "ABJ", "BJ", "ABN", "BN"};
    for (unsigned i = 1; i <= v->s->n; i++) {
        struct pp_str q = pp_str_trim(pp_x12_comp(v->s, i, 1));
        bool known = false, ours = false;
        if (q.n == 0) continue;
        for (size_t k = 0; k < sizeof diagnosis / sizeof *diagnosis; k++) ours |= pp_str_eqz(q, diagnosis[k]);
        for (size_t k = 0; k < sizeof other / sizeof *other; k++) known |= pp_str_eqz(q, other[k]);
        if (!ours && !known) {
            x837_find(v, 2, PP_X12_WARNING, PP_837_F_UNKNOWN_CODE, "HI", i, "this qualifier is not known; left out")
                ->value = PP_X12_VALUE_NOT_CODE;
            continue;
        }
        if (!ours) continue;
        if (v->now.diagnoses_n == PP_837_DIAGNOSES_MAX) {
            x837_find(v, 2, PP_X12_ERROR, PP_837_F_REPEAT, "HI", i, "more than 12 diagnoses");
            return;
        }
        struct pp_str code = comp(v, i, 2);
        if (code.n == 0) missing(v, "HI", i, "the diagnosis code is missing");
        v->diagnoses[v->now.diagnoses_n++] = (struct pp_837_diagnosis){pp_arena_str(&v->arena, q), code};
    }
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
                              : NULL;
    else if (v->loop == L_LINE && v->line)
        to = is(v, 1, "G1")   ? &v->line->authorization
             : is(v, 1, "9F") ? &v->line->referral
             : is(v, 1, "6R") ? &v->line->control
                              : NULL;
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

static void read_dtp(struct pp_x12_837 *v) {
    struct pp_str s = pp_str_trim(pp_x12_el(v->s, 3));
    if (v->loop == L_CLAIM && (is(v, 1, "435") || is(v, 1, "096"))) {
        pp_date d = read_date(v, 3, s);
        *(is(v, 1, "435") ? &v->now.admitted : &v->now.discharged) = d;
        return;
    }
    if (v->loop != L_LINE || !v->line || !is(v, 1, "472")) return;
    struct pp_str from = pp_str_split(&s, '-');
    if (is(v, 2, "RD8") && s.n == 0)
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, "DTP", 3, "this is no range of dates")->value =
            PP_X12_VALUE_NOT_DATE;
    v->line->date_from = read_date(v, 3, from);
    v->line->date_until = s.n ? read_date(v, 3, s) : v->line->date_from;
    if (v->line->date_until < v->line->date_from)
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, "DTP", 3, "the range of dates ends before it begins")->value =
            PP_X12_VALUE_NOT_DATE;
}

/* ---- lines ---- */

static void read_lx(struct pp_x12_837 *v) {
    if (!v->claim_open) {
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_LOOP, "LX", 0, "a line outside of a claim");
        return;
    }
    enter(v, L_LINE, "2400");
    no_party(v);
    if (v->now.lines_n == PP_837_LINES_MAX) {
        v->line = NULL;
        enter(v, L_FORM, "2400");
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_REPEAT, "LX", 0, "more than 50 lines in one claim");
        return;
    }
    v->line = &v->lines[v->now.lines_n++];
    *v->line = (struct pp_837_line){.pos = v->e->pos};
    if (!pp_str_int(pp_str_trim(pp_x12_el(v->s, 1)), &v->line->number))
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, "LX", 1, "this is no line number")->value =
            PP_X12_VALUE_NOT_NUMBER;
}

static void read_sv1(struct pp_x12_837 *v) {
    struct pp_837_line *l = v->line;
    if (!l || v->loop != L_LINE) {
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_LOOP, "SV1", 0, "SV1 outside of a line");
        return;
    }
    l->code_type = comp(v, 1, 1);
    l->code = comp(v, 1, 2);
    l->modifiers_n = 0;
    for (unsigned i = 3; i <= 6; i++) {
        struct pp_str m = comp(v, 1, i);
        if (m.n) l->modifiers[l->modifiers_n++] = m;
    }
    l->description = comp(v, 1, 7);
    l->charge = el(v, 2);
    l->unit = el(v, 3);
    l->quantity = el(v, 4);
    l->place_of_service = el(v, 5);
    if (l->place_of_service.n == 0) l->place_of_service = v->now.place_of_service;
    if (l->code.n == 0) missing(v, "SV1", 1, "the procedure code is missing");
    if (!is_number(l->charge))
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, "SV1", 2, "this is no amount")->value = PP_X12_VALUE_NOT_NUMBER;
    if (!is_number(l->quantity))
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, "SV1", 4, "this is no quantity")->value = PP_X12_VALUE_NOT_NUMBER;
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
    if (v->now.lines_n == 0) missing(v, "LX", 0, "the claim has no line")->pos = v->now.pos;
    for (uint32_t i = 0; i < v->now.lines_n; i++) {
        const struct pp_837_line *l = &v->lines[i];
        if (l->code_type.n == 0 && l->code.n == 0 && l->charge.n == 0)
            missing(v, "SV1", 0, "a line without SV1")->pos = l->pos;
        if (l->date_from == 0) missing(v, "DTP", 0, "a line without its date of service (DTP 472)")->pos = l->pos;
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

static void read_bht(struct pp_x12_837 *v) {
    v->now.batch_ref = el(v, 3);
    v->now.use = el(v, 6);
}

static void read_prv(struct pp_x12_837 *v) {
    if (v->loop == L_BILLING)
        v->now.billing.taxonomy = el(v, 3);
    else if (v->party)
        v->party->taxonomy = el(v, 3);
}

static void read_pat(struct pp_x12_837 *v) {
    if (v->loop == L_PATIENT) v->now.relation = el(v, 1);
}

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

static void read_n3(struct pp_x12_837 *v) { read_address(v, false); }
static void read_n4(struct pp_x12_837 *v) { read_address(v, true); }

void x837_segment(struct pp_x12_837 *v) {
    static const struct {
        char id[4];
        void (*read)(struct pp_x12_837 *);
    } table[] = {
        {"NM1", read_nm1}, {"REF", read_ref}, {"SV1", read_sv1}, {"DTP", read_dtp}, {"LX", read_lx},
        {"HI", read_hi},   {"CLM", read_clm}, {"N3", read_n3},   {"N4", read_n4},   {"HL", read_hl},
        {"SBR", read_sbr}, {"DMG", read_dmg}, {"PRV", read_prv}, {"PAT", read_pat}, {"LIN", read_lin},
        {"SVD", read_svd}, {"BHT", read_bht},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (pp_x12_is(v->s, table[i].id)) {
            table[i].read(v);
            return;
        }
}
