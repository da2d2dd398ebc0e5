#include "codec/pas_build.h"
#include "codec/x12_278.h"
#include "codec/x12_build_int.h"
#include <stdio.h>

/* 278 request and X215 inquiry from our case. Loops: 20 who decides, 21 who asks, 22 subscriber, 23 patient where it is
 * another person, EV the event, SS one line each. */

struct line {
    const struct ev_case_line *l;
    const struct pp_278_line_more *more; /* NULL = none */
    const char *certification;           /* UM02 of the line where it is not the event's; NULL = as the event */
};

struct build {
    struct x12b b;
    const struct pp_278_request *q;
    const struct ev_pas_submit *r;
    const char *purpose, *certification;
    struct pp_str trace_org;
    struct line lines[PP_278_LINES_MAX];
    uint32_t lines_n;
    struct pp_str dx[PP_278_DX_MAX];
    uint32_t dx_n;
    uint32_t papers_at; /* documents that are named already */
    int64_t hl;
};

static int missing(struct pp_err *err, const char *member) {
    return pp_err_set(err, PP_ERR_INVALID, "%s is missing", member);
}

/* ---- what goes out ---- */

static int add_line(struct build *x, const struct ev_case_line *l, const char *certification, struct pp_err *err) {
    if (x->lines_n == PP_278_LINES_MAX)
        return pp_err_set(err, PP_ERR_LIMIT, "the request has more than %d lines", PP_278_LINES_MAX);
    struct line *to = &x->lines[x->lines_n++];
    *to = (struct line){.l = l, .certification = certification};
    for (size_t i = 0; i < x->q->more_n; i++)
        if (x->q->more[i].line == l->line) to->more = &x->q->more[i];
    for (size_t i = 0; i < l->diagnoses_n; i++) {
        uint32_t k = 0;
        while (k < x->dx_n && !pp_str_eq(x->dx[k], l->diagnoses[i])) k++;
        if (k < x->dx_n) continue;
        if (x->dx_n == PP_278_DX_MAX)
            return pp_err_set(err, PP_ERR_LIMIT, "the request has more than %d diagnoses", PP_278_DX_MAX);
        x->dx[x->dx_n++] = l->diagnoses[i];
    }
    return 0;
}

static int collect(struct build *x, struct pp_err *err) {
    const struct ev_pas_submit *r = x->r;
    bool update = strcmp(x->certification, "S") == 0 && r->prior_lines_n > 0;
    for (size_t i = 0; i < r->lines_n; i++) {
        const struct ev_case_line *l = pas_line(&r->case_, r->lines[i]);
        if (!l) return pp_err_set(err, PP_ERR_INVALID, "line %d is not in the case", (int)r->lines[i]);
        bool added = update && !pas_has_line(r->prior_lines, r->prior_lines_n, l->line);
        if (add_line(x, l, added ? "I" : NULL, err) < 0) return -1;
    }
    /* What is no longer asked for is taken back by its line; left out it would stand as it was. */
    for (size_t i = 0; update && i < r->prior_lines_n; i++) {
        const struct ev_case_line *was = pas_line(&r->prior_case, r->prior_lines[i]);
        if (was && !pas_has_line(r->lines, r->lines_n, was->line) && add_line(x, was, "3", err) < 0) return -1;
    }
    return x->lines_n ? 0 : missing(err, "lines");
}

static void choose_codes(struct build *x) {
    enum pp_278_action a = x->q->action;
    if (a == PP_278_BY_KIND)
        a = x->r->kind == EV_PAS_SUBMIT_KIND_CANCEL      ? PP_278_CANCEL
            : x->r->kind == EV_PAS_SUBMIT_KIND_UPDATE    ? PP_278_REVISED
            : x->r->kind == EV_PAS_SUBMIT_KIND_DOCUMENTS ? PP_278_REVISED
            : x->r->kind == EV_PAS_SUBMIT_KIND_EXTENSION ? PP_278_EXTENSION
                                                         : PP_278_INITIAL;
    x->purpose = a == PP_278_CANCEL ? "01" : "13";
    switch (a) {
    case PP_278_REVISED: x->certification = "S"; break;
    case PP_278_EXTENSION: x->certification = "4"; break;
    case PP_278_RENEWAL: x->certification = "R"; break;
    case PP_278_CANCEL: x->certification = "3"; break;
    case PP_278_RECONSIDERATION: x->certification = "N"; break;
    case PP_278_APPEAL: x->certification = "2"; break;
    case PP_278_APPEAL_IMMEDIATE: x->certification = "1"; break;
    case PP_278_BY_KIND:
    case PP_278_INITIAL: x->certification = "I"; break;
    }
}

static bool one_of(struct pp_str v, const char *const list[], size_t n) {
    for (size_t i = 0; i < n; i++)
        if (pp_str_eqz(v, list[i])) return true;
    return false;
}
#define ONE_OF(v, ...)                                                                                                 \
    one_of(v, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static int check_codes(const struct pp_278_request *q, struct pp_err *err) {
    if (!q->umo.npi.n && !ONE_OF(q->umo.id_type, "24", "34", "46", "PI", "XV"))
        return pp_err_set(err, PP_ERR_INVALID, "umo.id_type is none of 24, 34, 46, PI, XV");
    if (!q->requester.npi.n && !ONE_OF(q->requester.id_type, "24", "34", "46"))
        return pp_err_set(err, PP_ERR_INVALID, "requester.id_type is none of 24, 34, 46");
    if (q->category.n && !ONE_OF(q->category, "AR", "HS", "IN", "SC"))
        return pp_err_set(err, PP_ERR_INVALID, "category is none of AR, HS, IN, SC");
    return 0;
}

static int check(struct build *x, struct pp_err *err) {
    const struct pp_278_request *q = x->q;
    const struct ev_coverage *c = pas_coverage(x->r);
    if (!c) return missing(err, "coverage");
    if (!c->member_id.n) return missing(err, "coverage.member_id");
    if (!x->r->case_.patient.family.n) return missing(err, "patient.family");
    if (!q->umo.name.n && !q->umo.id.n) return missing(err, "umo.name");
    if (!q->umo.id.n && !q->umo.npi.n) return missing(err, "umo.id");
    if (!q->requester.name.n) return missing(err, "requester.name");
    if (!q->requester.npi.n && !q->requester.id.n) return missing(err, "requester.npi");
    if (!x->r->trace.n) return missing(err, "trace");
    x->trace_org = q->trace_org.n ? q->trace_org : q->requester.npi;
    if (x->trace_org.n != 10) return pp_err_set(err, PP_ERR_INVALID, "trace_org has not exactly ten characters");
    if (strcmp(x->certification, "I") != 0 && !x->r->authorization.n && !x->r->reference.n && !x->r->prior_trace.n)
        return missing(err, "authorization or reference of the prior request");
    return check_codes(q, err);
}

/* ---- the levels above the event ---- */

static void write_bht(struct build *x, const char *purpose) {
    struct x12b *b = &x->b;
    char date[9], time[5];
    x12b_time(x->q->sending.zone, x->r->created ? x->r->created : x->q->sending.at, date, time);
    x12b_seg(b, "BHT");
    x12b_z(b, "0007");
    x12b_z(b, purpose);
    x12b_id(b, x->q->batch_ref.n ? x->q->batch_ref : x->r->trace, 1, 50, "batch_ref");
    x12b_z(b, date);
    x12b_z(b, time);
    x12b_put(b);
}

static const char *sex_code(enum ev_patient_sex s) {
    return s == EV_PATIENT_SEX_F ? "F" : s == EV_PATIENT_SEX_M ? "M" : "U";
}

static const char *relation_code(enum ev_coverage_relation r) {
    return r == EV_COVERAGE_RELATION_SPOUSE ? "01" : r == EV_COVERAGE_RELATION_CHILD ? "19" : "G8";
}

static void write_patient(struct build *x, const char *role, struct pp_str member) {
    struct x12b *b = &x->b;
    const struct ev_patient *p = &x->r->case_.patient;
    x12b_person(b, role, p->family, p->given, p->middle, "MI", member, "patient");
    if (p->mrn.n) x12b_ref(b, "EJ", p->mrn, "patient.mrn");
    x12b_address(b, p->address_line, p->city, p->state, p->zip, "patient");
    x12b_dmg(b, p->birth_date, sex_code(p->sex));
}

/* A level below the one that was written last. */
static void write_hl(struct build *x, const char *level, bool children) {
    int64_t parent = x->hl++;
    x12b_hl(&x->b, x->hl, parent, level, children);
}

static void write_people(struct build *x) {
    struct x12b *b = &x->b;
    const struct ev_coverage *c = pas_coverage(x->r);
    bool other = pas_subscriber_is_other(x->r);
    write_hl(x, "22", true);
    if (!other) {
        write_patient(x, "IL", c->member_id);
        return;
    }
    x12b_person(b, "IL", c->subscriber_family, c->subscriber_given, PP_STR_NONE, "MI", c->member_id, "coverage");
    if (c->subscriber_birth_date) x12b_dmg(b, c->subscriber_birth_date, "");
    write_hl(x, "23", true);
    write_patient(x, "QC", PP_STR_NONE);
    x12b_seg(b, "INS");
    x12b_z(b, "N");
    x12b_z(b, relation_code(c->relation));
    x12b_put(b);
}

static void write_top(struct build *x, const char *purpose) {
    struct x12b *b = &x->b;
    const struct pp_278_request *q = x->q;
    write_bht(x, purpose);
    write_hl(x, "20", true);
    x12b_org(b, "X3", &q->umo, false, "umo");
    write_hl(x, "21", true);
    x12b_org(b, q->requester_is_facility ? "FA" : "1P", &q->requester, true, "requester");
    write_people(x);
}

/* ---- event and lines ---- */

static void write_trace(struct build *x, int64_t line) {
    char trace[80];
    if (line)
        snprintf(trace, sizeof trace, "%.*s-%d", PP_FMT(pp_str_cut(x->r->trace, 60)), (int)line);
    else
        snprintf(trace, sizeof trace, "%.*s", PP_FMT(pp_str_cut(x->r->trace, 60)));
    x12b_seg(&x->b, "TRN");
    x12b_z(&x->b, "1");
    x12b_id(&x->b, pp_str_z(trace), 1, 50, "trace");
    x12b_id(&x->b, x->trace_org, 10, 10, "trace_org");
    x12b_put(&x->b);
}

static struct pp_str first_pos(const struct build *x) {
    struct pp_str p = x->lines[0].l->place_of_service;
    if (!p.n) p = x->q->pos;
    return p.n ? p : PP_STR("11");
}

static void write_um(struct build *x) {
    struct x12b *b = &x->b;
    enum ev_case_urgency u = x->r->case_.urgency;
    x12b_seg(b, "UM");
    x12b_id(b, x->q->category.n ? x->q->category : PP_STR("HS"), 2, 2, "category");
    x12b_z(b, x->certification);
    x12b_id(b, pas_service_type(x->lines[0].l->code), 1, 2, "service_type");
    x12b_open(b);
    x12b_id(b, first_pos(x), 1, 2, "place_of_service");
    x12b_z(b, "B");
    x12b_close(b);
    x12b_skip(b, 1);
    x12b_z(b, u == EV_CASE_URGENCY_EMERGENCY ? "03" : u == EV_CASE_URGENCY_URGENT ? "U" : "");
    x12b_skip(b, 2);
    x12b_z(b, "Y"); /* the provider may release medical data for this request */
    x12b_put(b);
}

static void write_dates(struct build *x, bool inquiry) {
    pp_date from = 0, until = 0;
    for (uint32_t i = 0; i < x->lines_n; i++) {
        pp_date d = x->lines[i].l->service_date;
        if (d && (!from || d < from)) from = d;
        if (d > until) until = d;
    }
    if (x->r->until > until) until = x->r->until;
    /* an inquiry finds an admission too by the day of the event */
    bool admission = pp_str_eqz(x->q->category, "AR") && !inquiry;
    x12b_dtp(&x->b, admission ? "435" : "AAH", from, admission ? from : until);
}

static void write_hi(struct build *x) {
    struct x12b *b = &x->b;
    if (!x->dx_n) return;
    x12b_seg(b, "HI");
    for (uint32_t i = 0; i < x->dx_n; i++) {
        char code[16];
        uint32_t n = 0;
        for (uint32_t k = 0; k < x->dx[i].n && n < sizeof code; k++) { /* X12 writes no point */
            char c = x->dx[i].s[k];
            if (c != '.') code[n++] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        }
        x12b_open(b);
        x12b_z(b, i ? "ABF" : "ABK");
        x12b_id(b, (struct pp_str){code, n}, 3, 7, "diagnosis");
        x12b_close(b);
    }
    x12b_put(b);
}

static void write_hsd(struct build *x, const struct pp_278_delivery *d) {
    struct x12b *b = &x->b;
    if (!d->quantity.n && !d->modulus.n && !d->periods.n && !d->pattern.n) return;
    x12b_seg(b, "HSD");
    x12b_id(b, d->unit, 2, 2, "delivery.unit");
    x12b_dec(b, d->quantity, 15, "delivery.quantity");
    x12b_id(b, d->per, 2, 2, "delivery.per");
    x12b_dec(b, d->modulus, 6, "delivery.modulus");
    x12b_id(b, d->period, 1, 2, "delivery.period");
    x12b_dec(b, d->periods, 3, "delivery.periods");
    x12b_id(b, d->pattern, 1, 2, "delivery.pattern");
    x12b_id(b, d->time_pattern, 1, 1, "delivery.time_pattern");
    x12b_put(b);
}

/* Documents that the request announces; they follow in a 275 with the same control number. */
static void write_papers(struct build *x) {
    struct x12b *b = &x->b;
    uint32_t n = 0;
    for (; x->papers_at < x->r->documents_n && n < PP_278_PWK_MAX; x->papers_at++) {
        const struct ev_packet_document *d = &x->r->documents[x->papers_at];
        if (!d->control_no.n) continue;
        x12b_seg(b, "PWK");
        x12b_id(b, pas_report_type(d->item), 2, 2, "document.type");
        x12b_z(b, "EL");
        x12b_skip(b, 2);
        x12b_z(b, "AC");
        x12b_id(b, d->control_no, 2, 50, "document.control_no");
        x12b_put(b);
        n++;
    }
}

static void write_providers(struct build *x) {
    struct x12b *b = &x->b;
    const struct ev_provider *o = &x->r->case_.ordering, *p = &x->r->case_.performer;
    if (o->family.n) x12b_person(b, "DK", o->family, o->given, PP_STR_NONE, "XX", o->npi, "ordering");
    if (p->family.n) {
        x12b_person(b, "SJ", p->family, p->given, PP_STR_NONE, "XX", p->npi, "performer");
    } else if (p->organization.n) {
        struct pp_x12_org org = {.name = p->organization, .npi = p->npi};
        x12b_org(b, "SJ", &org, false, "performer");
    }
}

static void write_event(struct build *x) {
    struct x12b *b = &x->b;
    write_hl(x, "EV", true);
    write_trace(x, 0);
    write_um(x);
    x12b_ref(b, "BB", x->r->authorization, "authorization");
    x12b_ref(b, "NT", x->r->reference, "reference");
    write_dates(x, false);
    write_hi(x);
    write_hsd(x, &x->q->delivery);
    write_papers(x);
    if (x->q->message.n) {
        x12b_seg(b, "MSG");
        x12b_text(b, x->q->message, 264, "message");
        x12b_put(b);
    }
    write_providers(x);
}

/* A unit of HSD01; the others stand in the service segment. */
static bool is_hsd_unit(struct pp_str u) { return ONE_OF(u, "DY", "FL", "HS", "MN", "VS"); }

static void write_procedure(struct build *x, const struct line *l) {
    struct x12b *b = &x->b;
    x12b_open(b);
    if (l->l->code.n) {
        x12b_z(b, "HC");
        x12b_id(b, l->l->code, 1, 48, "code");
        for (size_t i = 0; i < 4; i++) {
            if (i < l->l->modifiers_n)
                x12b_id(b, l->l->modifiers[i], 2, 2, "modifier");
            else
                x12b_skip(b, 1);
        }
        x12b_skip(b, 1);
        x12b_id(b, l->more ? l->more->code_end : PP_STR_NONE, 1, 48, "code_end");
    }
    x12b_close(b);
}

static void write_quantity(struct build *x, const struct line *l) {
    struct x12b *b = &x->b;
    struct pp_str unit = l->l->unit_type.n ? l->l->unit_type : PP_STR("UN");
    if (is_hsd_unit(unit)) {
        x12b_skip(b, 2);
        return;
    }
    bool institutional = l->more && l->more->revenue.n;
    if (!ONE_OF(unit, "F2", "UN") && !pp_str_eqz(unit, institutional ? "DA" : "MJ"))
        x12b_fail(b, "unit_type", "is no unit that a 278 has");
    x12b_id(b, unit, 2, 2, "unit_type");
    x12b_dec(b, l->l->units.n ? l->l->units : PP_STR("1"), 15, "units");
}

/* SV107: which of the event's diagnoses the line has. Without any, or with all of them, nothing is said. */
static void write_pointers(struct build *x, const struct line *l) {
    struct x12b *b = &x->b;
    uint32_t n = 0;
    if (!l->l->diagnoses_n || l->l->diagnoses_n >= x->dx_n) return;
    x12b_skip(b, 2);
    x12b_open(b);
    for (size_t i = 0; i < l->l->diagnoses_n && n < 4; i++) {
        uint32_t k = 0;
        while (k < x->dx_n && !pp_str_eq(x->dx[k], l->l->diagnoses[i])) k++;
        if (k == x->dx_n) continue;
        x12b_num(b, (int64_t)k + 1);
        n++;
    }
    x12b_close(b);
}

static void write_service(struct build *x, const struct line *l) {
    struct x12b *b = &x->b;
    bool institutional = l->more && l->more->revenue.n;
    struct pp_str amount = l->more ? l->more->amount : PP_STR_NONE;
    x12b_seg(b, institutional ? "SV2" : "SV1");
    if (institutional) x12b_id(b, l->more->revenue, 1, 48, "revenue");
    if (!institutional && !l->l->code.n) x12b_fail(b, "code", "is missing");
    write_procedure(x, l);
    x12b_dec(b, amount, 15, "amount");
    write_quantity(x, l);
    if (!institutional) write_pointers(x, l);
    x12b_put(b);
}

static void write_line(struct build *x, int64_t event, const struct line *l) {
    struct x12b *b = &x->b;
    struct pp_str type = pas_service_type(l->l->code);
    char of[24];
    snprintf(of, sizeof of, "line %d", (int)l->l->line);
    b->of = of;
    x12b_hl(b, ++x->hl, event, "SS", false);
    write_trace(x, l->l->line);
    if (l->certification || !pp_str_eq(type, pas_service_type(x->lines[0].l->code))) {
        x12b_seg(b, "UM");
        x12b_z(b, pp_str_eqz(x->q->category, "SC") ? "SC" : "HS");
        x12b_z(b, l->certification ? l->certification : x->certification);
        x12b_id(b, type, 1, 2, "service_type");
        struct pp_str pos = l->l->place_of_service;
        if (pos.n && !pp_str_eq(pos, first_pos(x))) {
            x12b_open(b);
            x12b_id(b, pos, 1, 2, "place_of_service");
            x12b_z(b, "B");
            x12b_close(b);
        }
        x12b_put(b);
    }
    pp_date from = l->l->service_date, until = x->r->until > from ? x->r->until : from;
    x12b_dtp(b, "472", from ? from : until, until);
    write_service(x, l);
    if (l->more && (l->more->delivery.quantity.n || l->more->delivery.pattern.n)) {
        write_hsd(x, &l->more->delivery);
    } else if (is_hsd_unit(l->l->unit_type)) {
        struct pp_278_delivery d = {.unit = l->l->unit_type, .quantity = l->l->units.n ? l->l->units : PP_STR("1")};
        write_hsd(x, &d);
    }
    write_papers(x);
    if (l->more && l->more->performer) x12b_org(b, "SJ", l->more->performer, true, "performer");
    b->of = NULL;
}

static int begin(struct build *x, const struct pp_278_request *q, const char *guide, struct pp_buf *ret,
                 struct pp_err *err) {
    x->q = q;
    x->r = q->req;
    choose_codes(x);
    if (check(x, err) < 0 || collect(x, err) < 0) return -1;
    return x12b_begin(&x->b, ret, &q->sending, "HI", guide, "278", err);
}

int pp_278_build_request(const struct pp_278_request *q, struct pp_buf *ret, struct pp_err *err) {
    struct build x = {0};
    pp_buf_reset(ret);
    if (begin(&x, q, "005010X217", ret, err) < 0) {
        pp_buf_reset(ret);
        return -1;
    }
    write_top(&x, x.purpose);
    write_event(&x);
    int64_t event = x.hl;
    for (uint32_t i = 0; i < x.lines_n; i++) write_line(&x, event, &x.lines[i]);
    while (x.papers_at < x.r->documents_n && !x.r->documents[x.papers_at].control_no.n) x.papers_at++;
    if (x.papers_at < x.r->documents_n) x12b_fail(&x.b, "documents", "are more than event and lines can name");
    return x12b_end(&x.b);
}

/* The payer finds a request by its own number. Where it has given none we say what we asked for: kind of request, day
 * and provider, and the number that we sent it with. One diagnosis is allowed: the principal one. */
int pp_278_build_inquiry(const struct pp_278_request *q, struct pp_buf *ret, struct pp_err *err) {
    struct build x = {0};
    struct pp_278_request initial = *q;
    initial.action = PP_278_INITIAL;
    pp_buf_reset(ret);
    if (begin(&x, &initial, "005010X215", ret, err) < 0) {
        pp_buf_reset(ret);
        return -1;
    }
    struct x12b *b = &x.b;
    bool known = x.r->authorization.n || x.r->reference.n;
    write_top(&x, "28");
    write_hl(&x, "EV", false);
    write_trace(&x, 0);
    x12b_seg(b, "UM");
    x12b_id(b, q->category.n ? q->category : PP_STR("HS"), 2, 2, "category");
    x12b_put(b);
    x12b_ref(b, "BB", x.r->authorization, "authorization");
    x12b_ref(b, "NT", x.r->reference, "reference");
    if (!known) {
        write_dates(&x, true);
        x.dx_n = x.dx_n ? 1 : 0;
        write_hi(&x);
        const struct ev_provider *p = &x.r->case_.performer;
        struct pp_x12_org org = {.name = p->organization, .npi = p->npi};
        if (p->family.n)
            x12b_person(b, "SJ", p->family, p->given, PP_STR_NONE, "XX", p->npi, "performer");
        else if (p->organization.n)
            x12b_org(b, "SJ", &org, false, "performer");
        else
            x12b_org(b, "SJ", &q->requester, false, "requester");
    }
    return x12b_end(b);
}
