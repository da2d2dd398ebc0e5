/* Writing 278 requests and inquiries, and answers in the words of all channels. The requests are those of
 * tests/fixtures/fhir/build_*_in.json: the same case goes out as FHIR and as X12. Kept results:
 * tests/fixtures/x12/build_*.278; after a wanted change PP_GOLDEN=write writes them anew; read the difference before
 * it is committed. */
#include "codec/x12_278.h"
#include "alloc_fail.h"

#include "request_help.h"
#include "x12_checked.h"

#define assert_str(actual, want) assert_string_equal((actual).n ? (actual).s : "", want)

static struct pp_buf out, text;

static struct pp_278_request whole(const struct ev_pas_submit *r) {
    return (struct pp_278_request){
        .req = r,
        .sending = {.partner = {.sender_type = PP_STR("ZZ"),
                                .sender = PP_STR("LAKESIDE"),
                                .receiver_type = PP_STR("ZZ"),
                                .receiver = PP_STR("MERIDIAN"),
                                .production = true},
                    .control = 100000042,
                    .at = INT64_C(1795705200000), /* 2026-11-26 15:00 UTC */
                    .zone = PP_STR("America/Chicago")},
        .umo = {.name = PP_STR("Meridian Advantage"), .id_type = PP_STR("PI"), .id = PP_STR("MER01")},
        .requester = {.name = PP_STR("Lakeside Physicians"),
                      .npi = PP_STR("1003900010"),
                      .address = PP_STR("100 Lakeside Drive"),
                      .city = PP_STR("Chicago"),
                      .state = PP_STR("IL"),
                      .zip = PP_STR("60611-1234"),
                      .contact = PP_STR("Prior authorization"),
                      .phone = PP_STR("+1 (312) 555-0101")},
        .pos = PP_STR("22")};
}

/* ---- kept results ---- */

/* One segment a line. */
static void compare(const char *name) {
    char path[120];
    struct pp_buf b;
    pp_buf_init(&b, 1 << 20);
    for (size_t i = 0; i < out.n; i++) {
        pp_buf_addc(&b, out.p[i]);
        if (out.p[i] == '~') pp_buf_addc(&b, '\n');
    }
    snprintf(path, sizeof path, "tests/fixtures/x12/build_%s", name);
    assert_checks(name, pp_buf_str(&out));
    const char *golden = getenv("PP_GOLDEN");
    if (golden && strcmp(golden, "write") == 0) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        fwrite(b.p, 1, b.n, f);
        fclose(f);
    }
    struct pp_str want = file_at(path);
    if (!pp_str_eq(want, pp_buf_str(&b))) fail_msg("%s: got\n%.*s", path, (int)b.n, b.p);
    pp_buf_free(&b);
}

static void goldens(void **state) {
    (void)state;
    static const char *const names[] = {"submit", "update", "cancel"};
    for (size_t i = 0; i < 3; i++) {
        char name[32];
        struct pp_278_request q = whole(request_of(names[i]));
        if (pp_278_build_request(&q, &out, &err) < 0) fail_msg("%s: %s", names[i], err.msg);
        snprintf(name, sizeof name, "%s.278", names[i]);
        compare(name);
    }
    struct ev_pas_submit *r = request_of("submit");
    r->authorization = PP_STR("AUTH-77");
    struct pp_x12_org performer = {.name = PP_STR("Garc\xc3\xad"
                                                  "a"),
                                   .given = PP_STR("Luz"),
                                   .npi = PP_STR("1558444216")};
    const struct pp_278_line_more more[] = {
        {.line = 1,
         .revenue = PP_STR("0610"),
         .amount = PP_STR("1200.50"),
         .delivery = {.unit = PP_STR("VS"),
                      .quantity = PP_STR("3"),
                      .per = PP_STR("WK"),
                      .period = PP_STR("34"),
                      .periods = PP_STR("2")},
         .performer = &performer},
    };
    struct pp_278_request q = whole(r);
    q.action = PP_278_EXTENSION;
    q.message = PP_STR("Weiterf\xc3\xbchrung \xe2\x80\x93 see note; ratio 1:2 * 3");
    q.more = more;
    q.more_n = 1;
    q.category = PP_STR("AR");
    if (pp_278_build_request(&q, &out, &err) < 0) fail_msg("extension: %s", err.msg);
    compare("extension.278");
    if (pp_278_build_inquiry(&q, &out, &err) < 0) fail_msg("inquiry: %s", err.msg);
    compare("inquiry_number.278");
    r->authorization = PP_STR_NONE;
    q.category = PP_STR_NONE;
    if (pp_278_build_inquiry(&q, &out, &err) < 0) fail_msg("inquiry: %s", err.msg);
    compare("inquiry.278");
}

static const char *um02(enum pp_278_action a, enum ev_pas_submit_kind kind) {
    static char got[16];
    struct ev_pas_submit *r = request_of("submit");
    struct pp_278_request q = whole(r);
    r->kind = kind;
    r->reference = PP_STR("P1");
    q.action = a;
    if (pp_278_build_request(&q, &out, &err) < 0) fail_msg("%s", err.msg);
    assert_checks("action", pp_buf_str(&out));
    const char *bht = memmem(out.p, out.n, "BHT*0007*", 9), *um = memmem(out.p, out.n, "~UM*HS*", 7);
    snprintf(got, sizeof got, "%.2s %.1s", bht + 9, um + 7);
    return got;
}

/* The period that is asked for stands at the event and at the line. */
static void until(void **state) {
    struct ev_pas_submit *r = request_of("submit");
    struct pp_278_request q = whole(r);
    (void)state;
    r->kind = EV_PAS_SUBMIT_KIND_EXTENSION;
    r->authorization = PP_STR("AUTH-77");
    pp_date from = r->case_.lines[0].service_date;
    r->until = from + 60;
    if (pp_278_build_request(&q, &out, &err) < 0) fail_msg("%s", err.msg);
    assert_checks("until", pp_buf_str(&out));
    char a[11], b[11], want[2][64];
    pp_date_text(from, a);
    pp_date_text(r->until, b);
    static const char *const which[] = {"472", "AAH"};
    for (int i = 0; i < 2; i++) {
        snprintf(want[i], sizeof want[i], "DTP*%s*RD8*%.4s%.2s%.2s-%.4s%.2s%.2s~", which[i], a, a + 5, a + 8, b, b + 5,
                 b + 8);
        if (!memmem(out.p, out.n, want[i], strlen(want[i]))) fail_msg("%s is not in %.*s", want[i], (int)out.n, out.p);
    }
    assert_non_null(memmem(out.p, out.n, "~REF*BB*AUTH-77~", 16));
}

static void actions(void **state) {
    (void)state;
    assert_string_equal(um02(PP_278_BY_KIND, EV_PAS_SUBMIT_KIND_INITIAL), "13 I");
    assert_string_equal(um02(PP_278_BY_KIND, EV_PAS_SUBMIT_KIND_UPDATE), "13 S");
    assert_string_equal(um02(PP_278_BY_KIND, EV_PAS_SUBMIT_KIND_DOCUMENTS), "13 S");
    assert_string_equal(um02(PP_278_BY_KIND, EV_PAS_SUBMIT_KIND_CANCEL), "01 3");
    assert_string_equal(um02(PP_278_BY_KIND, EV_PAS_SUBMIT_KIND_EXTENSION), "13 4");
    assert_string_equal(um02(PP_278_EXTENSION, EV_PAS_SUBMIT_KIND_UPDATE), "13 4");
    assert_string_equal(um02(PP_278_RENEWAL, EV_PAS_SUBMIT_KIND_UPDATE), "13 R");
    assert_string_equal(um02(PP_278_RECONSIDERATION, EV_PAS_SUBMIT_KIND_UPDATE), "13 N");
    assert_string_equal(um02(PP_278_APPEAL, EV_PAS_SUBMIT_KIND_UPDATE), "13 2");
    assert_string_equal(um02(PP_278_APPEAL_IMMEDIATE, EV_PAS_SUBMIT_KIND_UPDATE), "13 1");
}

/* ---- what the guide cannot hold ---- */

static const char *refused(struct pp_278_request *q) {
    if (pp_278_build_request(q, &out, &err) == 0) return "built";
    assert_int_equal(out.n, 0); /* never half an interchange */
    return err.msg;
}

static void set(struct pp_278_request *q, struct ev_pas_submit *r, int what) {
    static char long_text[400];
    static struct pp_str many_dx[PP_278_DX_MAX + 1];
    static struct ev_packet_document docs[60];
    struct ev_case_line *l = &r->case_.lines[0];
    struct ev_coverage *c = &r->case_.coverages[0];
    memset(long_text, 'x', sizeof long_text - 1);
    for (int i = 0; i <= PP_278_DX_MAX; i++) many_dx[i] = pp_arena_printf(&arena, "Z%02d", i);
    for (int i = 0; i < 60; i++) {
        docs[i] = r->documents[0];
        docs[i].control_no = pp_arena_printf(&arena, "ACN%d", i);
    }
    switch (what) {
    case 0: r->case_.coverages_n = 0; break;
    case 1: c->member_id = PP_STR_NONE; break;
    case 2: c->member_id = PP_STR("MA*1"); break;
    case 3: c->member_id = PP_STR("MA\xc3\xa9"); break;
    case 4: r->case_.patient.family = PP_STR_NONE; break;
    case 5: r->case_.patient.family = pp_str_z(long_text); break;
    case 6: r->case_.patient.family = PP_STR("\xe5\xb1\xb1\xe7\x94\xb0"); break;
    case 7: r->case_.patient.family = PP_STR("broken \xc3"); break;
    case 8: r->lines_n = 0; break;
    case 9: r->lines[0] = 77; break;
    case 10: l->code = PP_STR_NONE; break;
    case 11: l->code = PP_STR("72:148"); break;
    case 12: l->units = PP_STR("two"); break;
    case 13: l->unit_type = PP_STR("UNITS"); break;
    case 14:
        l->diagnoses = many_dx;
        l->diagnoses_n = PP_278_DX_MAX + 1;
        break;
    case 15: l->modifiers[0] = PP_STR("2"); break;
    case 16: r->trace = PP_STR_NONE; break;
    case 17: q->trace_org = PP_STR("123456789"); break;
    case 18: q->umo.id = PP_STR_NONE; break;
    case 19: q->umo.id_type = PP_STR_NONE; break;
    case 20: q->requester.npi = PP_STR("12345"); break;
    case 21: q->sending.partner.sender = PP_STR("A SENDER ID THAT IS TOO LONG"); break;
    case 22: q->sending.control = 0; break;
    case 23: q->sending.partner.receiver = PP_STR("A*B"); break;
    case 24: q->message = pp_str_z(long_text); break;
    case 25: q->action = PP_278_APPEAL; break;
    case 26:
        r->documents = docs;
        r->documents_n = 60;
        break;
    case 27: r->case_.patient.state = PP_STR("Illinois"); break;
    case 28: q->batch_ref = PP_STR("A^B"); break;
    case 29: r->trace = PP_STR("0123456789012345678901234567890123456789012345678"); break;
    default: break;
    }
}

static void failures(void **state) {
    (void)state;
    static const char *const want[] = {
        "coverage is missing",
        "coverage.member_id is missing",
        "coverage.member_id holds a character that X12 cannot carry in an identifier",
        "coverage.member_id holds a character that X12 cannot carry in an identifier",
        "patient.family is missing",
        "patient.family is longer than 60 characters",
        "patient.family holds a character that X12 cannot carry",
        "patient.family holds a character that X12 cannot carry",
        "lines is missing",
        "line 77 is not in the case",
        "line 1.code is missing",
        "line 1.code holds a character that X12 cannot carry in an identifier",
        "line 1.units is no number",
        "line 1.unit_type is no unit that a 278 has",
        "the request has more than 12 diagnoses",
        "line 1.modifier is shorter than 2 characters",
        "trace is missing",
        "trace_org has not exactly ten characters",
        "umo.id is missing",
        "umo.id_type is none of 24, 34, 46, PI, XV",
        "trace_org has not exactly ten characters",
        "sender is missing or does not fit into the X12 envelope",
        "control is missing or does not fit into the X12 envelope",
        "receiver is missing or does not fit into the X12 envelope",
        "message is longer than 264 characters",
        "authorization or reference of the prior request is missing",
        "documents are more than event and lines can name",
        "patient.state is longer than 2 characters",
        "batch_ref holds a character that X12 cannot carry in an identifier",
        "line 1.trace is longer than 50 characters",
    };
    for (int i = 0; i < (int)(sizeof want / sizeof *want); i++) {
        struct ev_pas_submit *r = request_of("update");
        r->kind = EV_PAS_SUBMIT_KIND_INITIAL;
        r->reference = r->prior_trace = PP_STR_NONE;
        struct pp_278_request q = whole(r);
        set(&q, r, i);
        const char *got = refused(&q);
        if (strcmp(got, want[i]) != 0) fail_msg("%d: wanted \"%s\", got \"%s\"", i, want[i], got);
    }
}

/* Text in capitals, accents away, delimiters out; identifiers as they are. */
static void words(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"Jos\xc3\xa9 Mu\xc3\xb1oz", "JOSE MUNOZ"},
        {"Stra\xc3\x9f"
         "er",
         "STRASSER"},
        {"\xc3\x86r\xc3\xb8 \xc5\x93uvre", "AERO OEUVRE"},
        {"O\xe2\x80\x99"
         "Brien",
         "O'BRIEN"},
        {"Smith\xe2\x80\x93Jones", "SMITH-JONES"},
        {"  a   b  ", "A B"},
        {"A*B:C^D~E", "A B C D E"},
        {"Nguy\xe1\xbb\x85n", "NGUYEN"},
        {"\xc5\x81\xc3\xb3\x64\xc5\xba", "LODZ"},
        {"e\xcc\x81", "E"},
        {"tab\tnew\nline", "TAB NEW LINE"},
        {"back`tick", "BACK'TICK"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char want[80];
        struct ev_pas_submit *r = request_of("submit");
        struct pp_278_request q = whole(r);
        r->case_.patient.family = pp_str_z(pairs[i][0]);
        r->case_.coverages[0].subscriber_family = PP_STR_NONE;
        if (pp_278_build_request(&q, &out, &err) < 0) fail_msg("%s: %s", pairs[i][0], err.msg);
        assert_checks(pairs[i][0], pp_buf_str(&out));
        int n = snprintf(want, sizeof want, "NM1*IL*1*%s*", pairs[i][1]);
        if (!memmem(out.p, out.n, want, (size_t)n)) fail_msg("\"%s\" not in %.*s", want, (int)out.n, out.p);
    }
}

/* ---- what is built is read ---- */

static int same(void *user, const struct pp_278 *r) {
    const struct ev_pas_submit *req = user;
    assert_false(r->response);
    assert_str(r->event.ours.number, req->trace.s);
    assert_str(r->event.ours.org, "1003900010");
    assert_str(r->event.reference, "PEND0001");
    assert_str(r->dependent.name, "D\"ARC");
    assert_str(r->dependent.given, "JOAO");
    assert_str(r->dependent.relation, "01");
    assert_str(r->subscriber.id, "MA000123");
    assert_int_equal(r->event.papers_n, 2);
    assert_str(r->event.papers[1].control, "CTRL2");
    assert_int_equal(r->lines_n, 3);
    assert_str(r->lines[0].service.code, "72158");
    assert_str(r->lines[0].service.quantity, "1.5");
    assert_str(r->lines[1].certification, "I"); /* added */
    assert_str(r->lines[2].certification, "3"); /* taken back */
    assert_str(r->lines[2].ours.number, "PPTRACE2-2");
    pp_buf_addz(&text, "read");
    return 0;
}

static int no_finding(void *user, const struct pp_x12_view_verdict *v) {
    (void)user;
    assert_int_equal(v->outcome, PP_X12_VIEW_ACCEPTED);
    assert_int_equal(v->findings_n, 0);
    return 0;
}

static void round_trip(void **state) {
    (void)state;
    struct ev_pas_submit *r = request_of("update");
    struct pp_278_request q = whole(r);
    assert_int_equal(pp_278_build_request(&q, &out, &err), 0);
    pp_buf_reset(&text);
    struct pp_278_handlers h = {.review = same, .transaction = no_finding, .user = r};
    assert_int_equal(pp_x12_278_bytes(NULL, pp_buf_str(&out), &h), 0);
    assert_int_equal(text.n, 4);
}

static void memory(void **state) {
    (void)state;
    struct ev_pas_submit *r = request_of("update");
    struct pp_278_request q = whole(r);
    bool more = true;
    for (long n = 0; more; n++) {
        struct pp_buf b;
        pp_buf_init(&b, PP_278_REQUEST_BYTES_MAX);
        alloc_fail_after(n);
        int rc = pp_278_build_request(&q, &b, &err);
        more = alloc_failed();
        alloc_fail_after(-1);
        assert_int_equal(rc, more ? -1 : 0);
        if (more) assert_int_equal(err.kind, PP_ERR_LIMIT);
        pp_buf_free(&b);
    }
    struct pp_buf small;
    pp_buf_init(&small, 500);
    assert_int_equal(pp_278_build_request(&q, &small, &err), -1);
    assert_int_equal(small.n, 0);
    pp_buf_free(&small);
}

/* ---- answers in the words of all channels ---- */

struct answer_case {
    const char *body, *bht06, *want;
};

static void put_answered(const struct ev_pas_answered *a) {
    char from[11], until[11];
    pp_buf_printf(&text, "%s", ev_pas_answered_outcome_name(a->outcome));
    if (a->trace.n) pp_buf_printf(&text, " trace %.*s", PP_FMT(a->trace));
    if (a->payer_ref.n) pp_buf_printf(&text, " ref %.*s", PP_FMT(a->payer_ref));
    if (a->error_code.n)
        pp_buf_printf(&text, " error %.*s %.*s %.*s: %.*s", PP_FMT(a->error_code), PP_FMT(a->error_followup),
                      PP_FMT(a->error_element), PP_FMT(a->error_text));
    else if (a->error_text.n)
        pp_buf_printf(&text, " (%.*s)", PP_FMT(a->error_text));
    for (size_t i = 0; i < a->lines_n; i++) {
        const struct ev_decided_line *l = &a->lines[i];
        pp_buf_printf(&text, "\n%d %s", (int)l->line, ev_decided_line_outcome_name(l->outcome));
        if (l->review_code.n) pp_buf_printf(&text, " %.*s", PP_FMT(l->review_code));
        if (l->reason_code.n) pp_buf_printf(&text, "/%.*s", PP_FMT(l->reason_code));
        if (l->authorization.n) pp_buf_printf(&text, " #%.*s", PP_FMT(l->authorization));
        if (l->reference.n) pp_buf_printf(&text, " ref %.*s", PP_FMT(l->reference));
        pp_date_text(l->valid_from, from);
        pp_date_text(l->valid_until, until);
        if (l->valid_from) pp_buf_printf(&text, " %s..%s", from, until);
        if (l->code.n) pp_buf_printf(&text, " code %.*s", PP_FMT(l->code));
        if (l->units.n) pp_buf_printf(&text, " %.*s %.*s", PP_FMT(l->units), PP_FMT(l->unit_type));
        if (l->provider_npi.n) pp_buf_printf(&text, " by %.*s", PP_FMT(l->provider_npi));
        if (l->reason.n) pp_buf_printf(&text, " \"%.*s\"", PP_FMT(l->reason));
    }
    for (size_t i = 0; i < a->wanted_n; i++) {
        const struct ev_wanted_item *w = &a->wanted[i];
        pp_buf_printf(&text, "\nwanted %d %.*s", (int)w->line, PP_FMT(w->code));
        pp_buf_printf(&text, " of %s", pp_str_ends(w->system, PP_STR("755")) ? "755" : "loinc");
        if (w->title.n) pp_buf_printf(&text, " \"%.*s\"", PP_FMT(w->title));
        if (w->control.n) pp_buf_printf(&text, " control %.*s", PP_FMT(w->control));
    }
    pp_buf_addc(&text, '\n');
}

static int answer(void *user, const struct pp_278 *r) {
    struct ev_pas_answered got;
    if (pp_278_answered(r, user, &arena, &got, &err) < 0) fail_msg("%s", err.msg);
    put_answered(&got);
    return 0;
}

static void answers(void **state) {
    (void)state;
    /* asked for: line 1 is 72158-26, 1.5 UN; line 2 is E0601-NU; line 3 is 70551. */
    static const struct answer_case cases[] = {
        {"AAA*N**75*C", "18",
         "error error 75 C 2000C: AAA 75 at 2000C: the subscriber was not found; correct it and send it "
         "again\n"},
        {"HL*4*3*EV*0~TRN*2*T9*1003900010~TRN*1*MER-1*9MERIDIAN1~HCR*A1*AUTH1~DTP*007*RD8*20261201-20261231", "18",
         "complete trace T9 ref MER-1\n0 approved A1 #AUTH1 2026-12-01..2026-12-31\n"},
        {"HL*4*3*EV*1~TRN*2*T9*1003900010~HCR*A2*AUTH1~HL*5*4*SS*0~TRN*2*T9-3*1~HCR*A3**0F~MSG*see policy "
         "4~HL*6*4*SS*0~"
         "TRN*2*T9-1*1~HCR*A1*AUTH1~SV1*HC:72158:26**UN*1",
         "18",
         "complete trace T9\n3 denied A3/0F \"see policy 4; 0F: not medically necessary\"\n1 approved A1 #AUTH1 1 UN\n"
         "2 partial A2 #AUTH1\n"},
        /* lines without their numbers: by what was asked for, whatever their order */
        {"HL*4*3*EV*1~TRN*2*T9*1003900010~HCR*A1*AUTH1~HL*5*4*SS*0~SV1*HC:70551**UN*1~HL*6*4*SS*0~SV1*HC:72158**UN*1",
         "18", "complete trace T9\n3 approved A1 #AUTH1 1 UN\n1 approved A1 #AUTH1 1 UN\n2 approved A1 #AUTH1\n"},
        /* a line that is none of ours: nothing is approved by guess */
        {"HL*4*3*EV*1~TRN*2*T9*1003900010~HCR*A1*AUTH1~HL*5*4*SS*0~SV1*HC:99999**UN*1", "18",
         "complete trace T9 (The answer has lines that are none of the request)\n1 unclear\n2 unclear\n3 unclear\n"},
        /* another code under our number is what the payer grants instead */
        {"HL*4*3*EV*1~TRN*2*T9*1003900010~HCR*A6*AUTH1~HL*5*4*SS*0~TRN*2*T9-1*1~HCR*A6~SV1*HC:72148**UN*1~"
         "NM1*SJ*2*X*****XX*1306849450",
         "18",
         "complete trace T9\n1 modified A6 #AUTH1 code 72148 1 UN by 1306849450\n2 modified A6 #AUTH1\n"
         "3 modified A6 #AUTH1\n"},
        {"HL*4*3*EV*0~TRN*2*T9*1003900010~HCR*A4**0U~REF*NT*P7~PWK*M1*EL***AC*P7-1~PWK*B3*FX", "19",
         "queued trace T9 ref P7\n0 pended A4/0U ref P7 \"0U: more information about the patient is needed\"\n"
         "wanted 0 M1 of 755 control P7-1\nwanted 0 B3 of 755 control P7-1\n"},
        {"HL*4*3*EV*1~TRN*2*T9*1003900010~HCR*A4~REF*NT*P7~HL*5*4*SS*0~TRN*2*T9-2*1~HI*LOI:18748-4*LOI:11506-3~"
         "PWK*OZ*EL***AC*P7-2",
         "19",
         "queued trace T9 ref P7\n2 pended A4 ref P7\n1 pended A4 ref P7\n3 pended A4 ref P7\n"
         "wanted 2 18748-4 of loinc control P7-2\nwanted 2 11506-3 of loinc control P7-2\n"},
        {"HL*4*3*EV*0~TRN*2*T9*1003900010~HCR*A4**0P~MSG*Send the sleep study", "19",
         "queued trace T9\n0 pended A4/0P \"Send the sleep study; 0P: the information that was asked for was not "
         "received\"\nwanted 0 other of 755 \"Send the sleep study\"\n"},
        /* documents that a decided answer names are ours coming back */
        {"HL*4*3*EV*0~TRN*2*T9*1003900010~HCR*A1*AUTH1~PWK*M1*EL***AC*CTRL1", "18",
         "complete trace T9\n0 approved A1 #AUTH1\n"},
        {"HL*4*3*EV*1~TRN*2*T9*1003900010~HL*5*4*SS*0~TRN*2*T9-1*1~AAA*N**57*C~HL*6*4*SS*0~TRN*2*T9-2*1~HCR*A1*A2",
         "19",
         "partial trace T9\n1 refused/57 \"AAA 57 at 2000F: the service dates are missing or wrong; correct it and "
         "send it again\"\n2 approved A1 #A2\n"},
        {"HL*4*3*EV*1~TRN*2*T9*1003900010~HL*5*4*SS*0~TRN*2*T9-1*1~HCR*A1*A1", "18",
         "complete trace T9\n1 approved A1 #A1\n2 unclear\n3 unclear\n"},
        {"HL*4*3*EV*0~TRN*2*T9*1003900010~AAA*N**42*Y", "19",
         "queued trace T9\n0 pended/42 \"AAA 42 at 2000E: the payer cannot answer now; do not send again: an answer "
         "will follow\"\n"},
        {"HL*4*3*EV*0~TRN*2*T9*1003900010~HCR*A1*AUTH1~AAA*N**33*C", "18",
         "complete trace T9\n0 unclear A1/33 \"AAA 33 at 2000E: input errors; correct it and send it again\"\n"},
        {"HL*4*3*EV*0~TRN*2*T9*1003900010~HCR*A9*X1", "18", "complete trace T9\n0 unclear A9\n"},
        {"HL*4*3*EV*1~HL*5*4*SS*0~TRN*2*T9-1*1~HCR*A1*A1~HSD*VS*12", "18",
         "complete trace T9\n1 approved A1 #A1 12 VS\n2 unclear\n3 unclear\n"},
    };
    struct ev_pas_submit *r = request_of("update");
    int64_t lines[] = {1, 2, 3};
    r->trace = PP_STR("T9");
    r->lines = lines;
    r->lines_n = 3;
    r->prior_lines_n = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pp_buf b;
        pp_buf_init(&b, 1 << 16);
        pp_buf_reset(&text);
        pp_buf_printf(&b,
                      "ISA*00*          *00*          *ZZ*MERIDIAN       *ZZ*LAKESIDE       *261124*0815*^*00501*"
                      "000000101*0*P*:~GS*HI*M*L*20261124*0815*101*X*005010X217~ST*278*0001*005010X217~"
                      "BHT*0007*11*T9*20261124*0815*%s~HL*1**20*1~HL*2*1*21*1~HL*3*2*22*1~%s%s~SE*1*0001~GE*1*101~"
                      "IEA*1*000000101~",
                      cases[i].bht06, "", cases[i].body);
        struct pp_278_handlers h = {.review = answer, .user = r};
        assert_int_equal(pp_x12_278_bytes(&(struct pp_x12_opts){.counts_tolerant = true}, pp_buf_str(&b), &h), 0);
        pp_buf_addc(&text, '\0');
        if (strcmp(text.p, cases[i].want) != 0) fail_msg("case %zu: wanted\n%s\ngot\n%s", i, cases[i].want, text.p);
        pp_buf_free(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens), cmocka_unit_test(actions), cmocka_unit_test(until),      cmocka_unit_test(failures),
        cmocka_unit_test(words),   cmocka_unit_test(answers), cmocka_unit_test(round_trip), cmocka_unit_test(memory),
    };
    pp_arena_init(&arena, 64 << 20);
    pp_buf_init(&out, PP_278_REQUEST_BYTES_MAX);
    pp_buf_init(&text, 1 << 20);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    pp_arena_free(&arena);
    pp_buf_free(&out);
    pp_buf_free(&text);
    return rc;
}
