/* Calls of submission by X12: what goes out to a CORE endpoint and into an exchange folder, and the verdict on what
 * comes back. The interchanges themselves are test_x12_278_build.c's. */
#include "codec/core_mime.h"
#include "submission/submission.h"

#include "call_help.h"

static struct pp_str stored;
static struct pp_str blob(const struct pp_call_ctx *x, struct pp_str hash) {
    (void)x;
    return pp_str_eqz(hash, "h1")   ? PP_STR("Office note with ~ and * in it")
           : pp_str_eqz(hash, "in") ? stored
                                    : PP_STR_NONE;
}

static struct pp_call_ctx context(const char *payer) {
    struct pp_call_ctx x = context_of(payer);
    x.blob = blob;
    return x;
}

static struct ev_pas_submit *request(const char *payer) {
    struct ev_pas_submit *r = request_of("submit");
    r->trace = pp_str_z(trace);
    r->payer = pp_str_z(payer);
    r->case_.coverages[0].payer = r->payer;
    r->control = PP_STR("482910337");
    r->documents[0].control_no = PP_STR("DOC1");
    return r;
}

static struct pp_core_envelope opened(const struct pp_http_msg *m) {
    struct pp_core_envelope e;
    if (pp_core_read(m->content_type, m->body, &e, &err) < 0) fail_msg("%s", err.msg);
    return e;
}

static void goes_out_by_core(void **state) {
    struct ev e = ev_of_pas_submit(request("northgate"));
    struct pp_call_ctx x = context("northgate");
    struct pp_http_msg m, again;
    (void)state;
    if (call_x12_build(&x, &e, &arena, &m, &err) < 0) fail_msg("%s", err.msg);
    assert_true(pp_str_eqz(m.method, "POST") && !m.file_name.n);
    struct pp_core_envelope c = opened(&m);
    assert_true(pp_str_eqz(c.payload_type, "X12_278_Request_005010X217E1_2") && pp_str_eqz(c.mode, "RealTime"));
    assert_true(pp_str_eqz(c.sender, "LKS001") && pp_str_eqz(c.receiver, "95601"));
    assert_true(pp_str_starts(c.payload, PP_STR("ISA*00*          *00*          *ZZ*LKS001 ")));
    assert_true(holds(c.payload, "*00501*482910337*") && holds(c.payload, trace) && holds(c.payload, "PWK*"));
    assert_true(holds(c.payload, "*DOC1~"));
    /* another try, later: the same interchange in another envelope */
    x.now_ms += 60000;
    x.attempt = 2;
    assert_int_equal(call_x12_build(&x, &e, &arena, &again, &err), 0);
    struct pp_core_envelope d = opened(&again);
    assert_true(pp_str_eq(c.payload, d.payload) && !pp_str_eq(c.payload_id, d.payload_id));
    /* in doubt: an inquiry under a number of its own */
    assert_int_equal(call_x12_doubt_build(&x, &e, &arena, &m, &err), 0);
    d = opened(&m);
    assert_true(pp_str_eqz(d.payload_type, "X12_278_Request_005010X215E1_2"));
    assert_true(holds(d.payload, "005010X215") && holds(d.payload, trace) && !holds(d.payload, "482910337"));
}

static void goes_out_by_folder(void **state) {
    struct ev e = ev_of_pas_submit(request("harbor"));
    struct pp_call_ctx x = context("harbor");
    struct pp_http_msg m;
    (void)state;
    if (call_x12_build(&x, &e, &arena, &m, &err) < 0) fail_msg("%s", err.msg);
    assert_true(pp_str_eqz(m.file_name, "harbor-482910337.278"));
    assert_true(pp_str_starts(m.body, PP_STR("ISA*")) && holds(m.body, "*ZZ*95701 "));
    assert_int_equal(call_x12_doubt_build(&x, &e, &arena, &m, &err), 0);
    assert_true(pp_str_eqz(m.file_name, "harbor-482910337.278") && !m.body.n); /* our own book is asked */
    assert_int_equal(call_x12_inquiry_build(&x, &e, &arena, &m, &err), 0);
    assert_true(holds(m.body, "BHT*0007*28*"));
}

static void documents_go_out(void **state) {
    static const struct {
        const char *payer, *guide, *segment;
    } rows[] = {{"northgate", "005010X211", "BIN*"}, {"harbor", "006020X316", "BDS*"}};
    struct pp_http_msg m;
    struct pp_str hashes[2];
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct ev_pas_submit *r = request(rows[i].payer);
        struct ev e = ev_of_pas_submit(r);
        struct pp_call_ctx x = context(rows[i].payer);
        r->documents_n = 1;
        assert_int_equal(call_x12_attach_blobs(&e, hashes, 2), 1);
        if (call_x12_attach_build(&x, &e, &arena, &m, &err) < 0) fail_msg("%s", err.msg);
        struct pp_str p = m.file_name.n ? m.body : opened(&m).payload;
        assert_true(holds(p, rows[i].guide) && holds(p, rows[i].segment) && holds(p, "*DOC1"));
        assert_true(holds(p, "*482910337*"));
        r->documents[0].hash = PP_STR("gone");
        assert_int_equal(call_x12_attach_build(&x, &e, &arena, &m, &err), -1);
        assert_string_equal(err.msg, "the bytes of document 1 are missing");
    }
}

static void what_is_missing_is_said(void **state) {
    struct ev_pas_submit *r = request("harbor");
    struct ev e = ev_of_pas_submit(r);
    struct pp_call_ctx x = context("harbor");
    struct pp_http_msg m;
    (void)state;
    r->control = PP_STR_NONE;
    assert_int_equal(call_x12_build(&x, &e, &arena, &m, &err), -1);
    assert_string_equal(err.msg, "the request has no interchange number");
    x.target = PP_STR("meridian");
    assert_int_equal(call_x12_build(&x, &e, &arena, &m, &err), -1);
    assert_string_equal(err.msg, "the payer directory has no X12 channel for this payer");
}

/* ---- what comes back ---- */

static struct pp_str interchange(const char *function, const char *guide, const char *set, struct pp_str body, int n) {
    return pp_arena_printf(
        &arena,
        "ISA*00*          *00*          *ZZ*95601          *ZZ*LKS001         *261124*0900*^*00501*"
        "000000007*0*T*:~GS*%s*95601*LKS001*20261124*0900*7*X*%s~ST*%s*0001*%s~%.*sSE*%d*0001~GE*1*7~"
        "IEA*1*000000007~",
        function, guide, set, guide, PP_FMT(body), n + 2);
}

static struct pp_str review(const char *guide, const char *number, const char *event, int n) {
    struct pp_str body = pp_arena_printf(
        &arena,
        "BHT*0007*11*B1*20261124*0900*18~HL*1**20*1~NM1*X3*2*N*****PI*95601~HL*2*1*21*1~NM1*1P*2*L*****XX*1003900010~"
        "HL*3*2*22*1~NM1*IL*1*D*J****MI*M1~HL*4*3*EV*0~TRN*2*%s*1003900010~%s",
        number, event);
    return interchange("HI", guide, "278", body, 9 + n);
}

static struct pp_str ack(const char *body, int n) {
    return interchange("FA", "005010X231A1", "999", pp_str_z(body), n);
}

static struct pp_str ta1(const char *verdict, const char *note) {
    return pp_arena_printf(&arena,
                           "ISA*00*          *00*          *ZZ*95601          *ZZ*LKS001         *261124*0900*^*00501*"
                           "000000008*0*T*:~TA1*482910337*261124*0900*%s*%s~IEA*0*000000008~",
                           verdict, note);
}

static void verdicts(void **state) {
    (void)state;
    const struct pp_str approved = review("005010X217", trace, "UM*HS*I*1~HCR*A1*AUTH1~", 2);
    const struct pp_str found = review("005010X215", trace, "UM*HS*I*1~HCR*A1*AUTH1~", 2);
    const struct pp_str others = review("005010X215", foreign, "UM*HS*I*1~HCR*A1*AUTH1~", 2);
    const struct pp_str none = review("005010X215", trace, "AAA*N**AA*N~", 1);
    const struct pp_str busy = review("005010X215", trace, "AAA*N**42*P~", 1);
    const struct pp_str refused = review("005010X217", trace, "AAA*N**33*C~UM*HS*I*1~", 2);
    const struct pp_str good = ack("AK1*HI*482910337*005010X217~AK2*278*0001~IK5*A~AK9*A*1*1*1~", 4);
    const struct pp_str bad =
        ack("AK1*HI*482910337*005010X217~AK2*278*0001~IK3*UM*12*2000E*8~IK4*3**7~IK5*R*5~AK9*R*1*1*0~", 6);
    const struct {
        struct pp_http_answer answer;
        enum pp_call_verdict submit, doubt, attach;
        const char *source, *error; /* of the submit's answer */
    } rows[] = {
        {in_envelope(200, approved, "Success"), PP_VERDICT_ANSWER, PP_VERDICT_ANSWER, PP_VERDICT_RETRY, "278", ""},
        {in_envelope(200, approved, ""), PP_VERDICT_ANSWER, PP_VERDICT_ANSWER, PP_VERDICT_RETRY, "278", ""},
        {in_envelope(200, refused, "Success"), PP_VERDICT_ANSWER, PP_VERDICT_RETRY, PP_VERDICT_RETRY, "278", "33"},
        {in_envelope(200, good, "Success"), PP_VERDICT_ANSWER, PP_VERDICT_RETRY, PP_VERDICT_ANSWER, "999", ""},
        {in_envelope(200, bad, "Success"), PP_VERDICT_ANSWER, PP_VERDICT_RETRY, PP_VERDICT_ANSWER, "999", "7"},
        {in_envelope(200, ta1("R", "024"), "Success"), PP_VERDICT_ANSWER, PP_VERDICT_RETRY, PP_VERDICT_ANSWER, "TA1",
         "024"},
        /* the number was there before: it has arrived, and is asked about */
        {in_envelope(200, ta1("R", "025"), "Success"), PP_VERDICT_RETRY, PP_VERDICT_RETRY, PP_VERDICT_ANSWER, NULL,
         NULL},
        {in_envelope(200, found, "Success"), PP_VERDICT_ANSWER, PP_VERDICT_ANSWER, PP_VERDICT_RETRY, "X215", ""},
        {in_envelope(200, none, "Success"), PP_VERDICT_RETRY, PP_VERDICT_NOT_FOUND, PP_VERDICT_RETRY, NULL, NULL},
        {in_envelope(200, others, "Success"), PP_VERDICT_RETRY, PP_VERDICT_NOT_FOUND, PP_VERDICT_RETRY, NULL, NULL},
        {in_envelope(200, busy, "Success"), PP_VERDICT_ANSWER, PP_VERDICT_RETRY, PP_VERDICT_RETRY, "X215", "42"},
        {in_envelope(200, PP_STR_NONE, "PayloadTypeIllegal"), PP_VERDICT_REFUSED, PP_VERDICT_REFUSED,
         PP_VERDICT_REFUSED, NULL, NULL},
        {in_envelope(200, PP_STR("garbage"), "Success"), PP_VERDICT_RETRY, PP_VERDICT_RETRY, PP_VERDICT_RETRY, NULL,
         NULL},
        {in_envelope(500, approved, "Success"), PP_VERDICT_RETRY, PP_VERDICT_RETRY, PP_VERDICT_RETRY, NULL, NULL},
        {in_envelope(401, PP_STR_NONE, ""), PP_VERDICT_REFUSED, PP_VERDICT_REFUSED, PP_VERDICT_REFUSED, NULL, NULL},
        {{.status = 200, .content_type = PP_STR("text/html"), .body = PP_STR("<html>")},
         PP_VERDICT_RETRY,
         PP_VERDICT_RETRY,
         PP_VERDICT_RETRY,
         NULL,
         NULL},
        /* an exchange folder: put; and our book says that it was, or was not */
        {{.status = 200}, PP_VERDICT_ANSWER, PP_VERDICT_ANSWER, PP_VERDICT_ANSWER, "", ""},
        {{.status = 404}, PP_VERDICT_REFUSED, PP_VERDICT_NOT_FOUND, PP_VERDICT_NOT_FOUND, NULL, NULL},
    };
    struct ev e = ev_of_pas_submit(request("northgate")), got;
    struct pp_call_ctx x = context("northgate");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct pp_http_answer *a = &rows[i].answer;
        if (call_x12_parse(&x, &e, a, &arena, &got, &err) != rows[i].submit)
            fail_msg("submit: row %zu: %s", i, err.msg);
        if (rows[i].submit == PP_VERDICT_ANSWER) {
            const struct ev_pas_answered *p = got.as.pas_answered;
            if (!pp_str_eqz(p->source, rows[i].source) || !pp_str_eqz(p->error_code, rows[i].error))
                fail_msg("row %zu: %.*s %.*s", i, PP_FMT(p->source), PP_FMT(p->error_code));
            assert_true(pp_str_eqz(p->trace, trace) && pp_str_eqz(p->payer, "northgate"));
        }
        if (call_x12_inquiry_parse(&x, &e, a, &arena, &got, &err) != rows[i].doubt)
            fail_msg("doubt: row %zu: %s", i, err.msg);
        if (call_x12_attach_parse(&x, &e, a, &arena, &got, &err) != rows[i].attach)
            fail_msg("attach: row %zu: %s", i, err.msg);
    }
}

static void a_refusal_names_its_place(void **state) {
    struct ev e = ev_of_pas_submit(request("northgate")), got;
    struct pp_call_ctx x = context("northgate");
    struct pp_http_answer a = in_envelope(
        200, ack("AK1*HI*482910337*005010X217~AK2*278*0001~IK3*UM*12*2000E*8~IK4*3**7~IK5*R*5~AK9*R*1*1*0~", 6),
        "Success");
    (void)state;
    assert_int_equal(call_x12_parse(&x, &e, &a, &arena, &got, &err), PP_VERDICT_ANSWER);
    assert_true(pp_str_eqz(got.as.pas_answered->error_element, "2000E-UM03"));
    assert_true(pp_str_eqz(got.as.pas_answered->error_followup, "C"));
    assert_true(holds(got.as.pas_answered->error_text, "999 rejected"));
}

static void reads_what_a_payer_sends(void **state) {
    struct ev_pas_submit *r = request("harbor");
    struct ev e = ev_of_pas_submit(r), got;
    struct pp_call_ctx x = context("harbor");
    (void)state;
    r->hash = PP_STR("in");
    stored = review("005010X217", trace, "UM*HS*I*1~HCR*A4~REF*NT*PEND9~", 3);
    assert_int_equal(call_x12_read_parse(&x, &e, NULL, &arena, &got, &err), PP_VERDICT_ANSWER);
    assert_int_equal(got.as.pas_answered->lines[0].outcome, EV_DECIDED_LINE_OUTCOME_PENDED);
    assert_true(pp_str_eqz(got.as.pas_answered->lines[0].reference, "PEND9"));
    stored = review("005010X217", foreign, "UM*HS*I*1~HCR*A1*A9~", 2);
    assert_int_equal(call_x12_read_parse(&x, &e, NULL, &arena, &got, &err), PP_VERDICT_REFUSED);
    stored = review("005010X215", trace, "AAA*N**AA*N~", 1);
    assert_int_equal(call_x12_read_parse(&x, &e, NULL, &arena, &got, &err), PP_VERDICT_ANSWER);
    assert_true(pp_str_eqz(got.as.pas_answered->error_code, SUBMISSION_NOT_KNOWN));
    stored = PP_STR_NONE;
    assert_int_equal(call_x12_read_parse(&x, &e, NULL, &arena, &got, &err), PP_VERDICT_RETRY);
}

static void reads_acknowledgements(void **state) {
    struct ev_pas_read q = {.payer = PP_STR("harbor"), .hash = PP_STR("in"), .control = PP_STR("482910337")};
    struct ev e = ev_of_pas_read(&q), got;
    struct pp_call_ctx x = context("harbor");
    (void)state;
    stored = ta1("A", "000");
    assert_int_equal(call_x12_ack_parse(&x, &e, NULL, &arena, &got, &err), PP_VERDICT_ANSWER);
    assert_true(pp_str_eqz(got.as.pas_answered->source, "TA1") && !got.as.pas_answered->error_code.n);
    stored = ta1("R", "025");
    assert_int_equal(call_x12_ack_parse(&x, &e, NULL, &arena, &got, &err), PP_VERDICT_ANSWER);
    assert_true(pp_str_eqz(got.as.pas_answered->error_code, "025"));
    stored = ack("AK1*HI*111111111*005010X217~AK9*R*1*1*0~", 2); /* of somebody else */
    assert_int_equal(call_x12_ack_parse(&x, &e, NULL, &arena, &got, &err), PP_VERDICT_REFUSED);
    stored =
        ack("AK1*HI*482910337*005010X217~AK2*278*0001~IK5*Q~AK9*Q*1*1*0~", 4); /* an unknown code accepts nothing */
    assert_int_equal(call_x12_ack_parse(&x, &e, NULL, &arena, &got, &err), PP_VERDICT_ANSWER);
    assert_true(pp_str_eqz(got.as.pas_answered->error_code, "unclear"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_out_by_core),
        cmocka_unit_test(goes_out_by_folder),
        cmocka_unit_test(documents_go_out),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(a_refusal_names_its_place),
        cmocka_unit_test(reads_what_a_payer_sends),
        cmocka_unit_test(reads_acknowledgements),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
