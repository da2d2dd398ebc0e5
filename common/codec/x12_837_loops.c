#include "codec/x12_837_int.h"

/* The loops of the 837P: which segment belongs to whom. HL opens billing provider (20), subscriber (22) and patient
 * (23); NM101 opens the parties; CLM a claim; SBR inside a claim another payer; LX a line. */

struct pp_x12_finding *x837_missing(struct pp_x12_837 *v, const char *segment, unsigned element, const char *text) {
    struct pp_x12_finding *f = x837_find(v, 2, PP_X12_ERROR, PP_837_F_MISSING, segment, element, text);
    f->value = PP_X12_VALUE_MISSING;
    return f;
}

static bool is_professional(const char *version) { return strncmp(version, "005010X222", 10) == 0; }
static bool is_institutional(const char *version) { return strncmp(version, "005010X223", 10) == 0; }

void x837_begin(struct pp_x12_837 *v) {
    pp_arena_reset(&v->arena);
    v->in_st = true;
    v->ours = strcmp(v->env.st01, "837") == 0;
    x12v_forget(&v->found);
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
    bool institutional = is_institutional(guide);
    v->guide_ok = is_professional(guide) || (institutional && v->h.institutional);
    v->now.institutional = institutional;
    if (v->ours && !v->guide_ok)
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_GUIDE_UNKNOWN, v->env.st03[0] ? "ST" : "GS", v->env.st03[0] ? 3 : 8,
                  v->h.institutional ? "this guide is not read here; 005010X222 and 005010X223 are"
                                     : "this guide is not read here; 005010X222 (professional claims) is")
            ->value = PP_X12_VALUE_NOT_CODE;
    else if (v->ours && v->env.st03[0] && v->env.gs08[0] && strcmp(v->env.st03, v->env.gs08) != 0) {
        bool same = institutional ? is_institutional(v->env.gs08) : is_professional(v->env.gs08);
        x837_find(v, 2, same ? PP_X12_WARNING : PP_X12_ERROR, PP_837_F_GUIDE_UNKNOWN, "ST", 3,
                  "GS08 and ST03 name different guides");
    }
}

/* ---- levels ---- */

static void read_hl(struct pp_x12_837 *v) {
    int64_t number = 0, parent = 0;
    bool has_parent = pp_str_int(pp_str_trim(pp_x12_el(v->s, 2)), &parent);
    x837_end_claim(v);
    v->party = NULL;
    v->person = NULL;
    enter(v, L_HEAD, "2000");
    bool is_number = pp_str_int(pp_str_trim(pp_x12_el(v->s, 1)), &number);
    if (!is_number || (v->h.partial ? number <= v->hl_last : number != v->hl_last + 1))
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

/* Parties of a claim and of a line by NM101: the loop they open, and where they are kept (0: not kept). */
enum role { R_NONE, R_REFERRING, R_RENDERING, R_FACILITY, R_ORDERING, R_ATTENDING, R_OPERATING };
struct opens {
    char entity[3], loop[6];
    enum role role;
};
static const struct opens claim_parties[] = {
    {"DN", "2310A", R_REFERRING}, {"P3", "2310A", R_REFERRING},
    {"82", "2310B", R_RENDERING}, {"77", "2310C", R_FACILITY},
    {"DQ", "2310D", R_NONE},      {"PW", "2310E", R_NONE},
    {"45", "2310F", R_NONE},      {"", "", R_NONE},
};
static const struct opens claim_parties_i[] = {
    {"71", "2310A", R_ATTENDING}, {"72", "2310B", R_OPERATING}, {"ZZ", "2310C", R_NONE}, {"82", "2310D", R_RENDERING},
    {"77", "2310E", R_FACILITY},  {"DN", "2310F", R_REFERRING}, {"", "", R_NONE},
};
static const struct opens line_parties[] = {
    {"82", "2420A", R_RENDERING}, {"QB", "2420B", R_NONE},
    {"77", "2420C", R_FACILITY},  {"DQ", "2420D", R_NONE},
    {"DK", "2420E", R_ORDERING},  {"DN", "2420F", R_REFERRING},
    {"P3", "2420F", R_NONE},      {"PW", "2420G", R_NONE},
    {"45", "2420H", R_NONE},      {"", "", R_NONE},
};
static const struct opens line_parties_i[] = {
    {"72", "2420A", R_NONE},      {"ZZ", "2420B", R_NONE}, {"82", "2420C", R_RENDERING},
    {"DN", "2420D", R_REFERRING}, {"", "", R_NONE},
};

static const struct opens *find_role(struct pp_x12_837 *v, const struct opens *list) {
    while (list->entity[0] && !names(v, list->entity)) list++;
    return list->entity[0] ? list : NULL;
}

static void read_nm1_claim(struct pp_x12_837 *v) {
    const struct opens *o = find_role(v, v->now.institutional ? claim_parties_i : claim_parties);
    struct pp_837_party *to[] = {
        [R_REFERRING] = &v->now.referring, [R_RENDERING] = &v->now.rendering, [R_FACILITY] = &v->now.facility,
        [R_ATTENDING] = &v->now.attending, [R_OPERATING] = &v->now.operating,
    };
    no_party(v);
    enter(v, L_CLAIM_PARTY, o ? o->loop : "2310");
    if (!o) {
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_LOOP, "NM1", 1, "this party has no place in a claim");
        return;
    }
    if (o->role == R_NONE || o->role == R_ORDERING) return;
    /* the primary care provider (P3) stands beside the one who referred */
    if (names(v, "P3") && v->now.referring.present) return;
    read_party(v, to[o->role]);
}

static void read_nm1_line(struct pp_x12_837 *v) {
    const struct opens *o = find_role(v, v->now.institutional ? line_parties_i : line_parties);
    struct pp_837_provider *to[] = {
        [R_REFERRING] = &v->line->referring,
        [R_RENDERING] = &v->line->rendering,
        [R_FACILITY] = &v->line->facility,
        [R_ORDERING] = &v->line->ordering,
    };
    no_party(v);
    enter(v, L_LINE_PARTY, o ? o->loop : "2420");
    if (!o)
        x837_find(v, 2, PP_X12_ERROR, PP_837_F_LOOP, "NM1", 1, "this party has no place in a line");
    else if (o->role != R_NONE)
        *to[o->role] = (struct pp_837_provider){el(v, 3), el(v, 4), is(v, 8, "XX") ? el(v, 9) : PP_STR_NONE};
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

pp_date x837_date(struct pp_x12_837 *v, const char *segment, unsigned element, struct pp_str s) {
    pp_date d = 0;
    if (s.n > 8 && s.n <= 14) s.n = 8;
    if (s.n && !pp_date_parse_compact(s, &d))
        x837_find(v, 1, PP_X12_ERROR, PP_837_F_FORM, segment, element, "this is no date")->value =
            PP_X12_VALUE_NOT_DATE;
    return d;
}

static void read_dmg(struct pp_x12_837 *v) {
    if (!v->person) return;
    v->person->birth_date = x837_date(v, "DMG", 2, pp_str_trim(pp_x12_el(v->s, 2)));
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

bool x837_loop_segment(struct pp_x12_837 *v) {
    switch (x12v_id(v->s)) {
    case X12_ID3('N', 'M', '1'): read_nm1(v); return true;
    case X12_ID2('N', '3'): read_address(v, false); return true;
    case X12_ID2('N', '4'): read_address(v, true); return true;
    case X12_ID2('H', 'L'): read_hl(v); return true;
    case X12_ID3('S', 'B', 'R'): read_sbr(v); return true;
    case X12_ID3('D', 'M', 'G'): read_dmg(v); return true;
    case X12_ID3('P', 'R', 'V'): read_prv(v); return true;
    case X12_ID3('P', 'A', 'T'): read_pat(v); return true;
    case X12_ID3('B', 'H', 'T'): read_bht(v); return true;
    default: return false;
    }
}
