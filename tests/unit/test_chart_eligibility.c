/* The chart's call to a payer's eligibility gateway: the 270 that goes out by CORE, and the verdict on what comes back.
 */
#include "codec/core_mime.h"
#include "codec/x12_270.h"
#include "intake/chart/chart.h"
#include "refs/payers.h"

#include "call_help.h"
#include "x12_checked.h"

static struct ev_eligibility_ask question(void) {
    return (struct ev_eligibility_ask){.payer = PP_STR("northgate"),
                                       .trace = pp_str_z(trace),
                                       .control = PP_STR("482910337"),
                                       .created = INT64_C(1795532400000),
                                       .on = pp_date_of(2026, 12, 10),
                                       .site = PP_STR("lks"),
                                       .patient = {.family = PP_STR("Doe"),
                                                   .given = PP_STR("Jane"),
                                                   .birth_date = pp_date_of(1958, 4, 2),
                                                   .sex = EV_PATIENT_SEX_F},
                                       .coverage = {.rank = 1, .member_id = PP_STR("W123")}};
}

static void goes_out(void **state) {
    (void)state;
    struct pp_call_ctx x = context_of("northgate/eligibility");
    struct ev_eligibility_ask q = question();
    struct ev e = ev_of_eligibility_ask(&q);
    struct pp_http_msg m, again;
    struct pp_core_envelope env;
    if (call_eligibility_build(&x, &e, &arena, &m, &err) < 0) fail_msg("%s", err.msg);
    if (pp_core_read(m.content_type, m.body, &env, &err) < 0) fail_msg("%s", err.msg);
    assert_true(pp_str_eqz(m.method, "POST"));
    assert_true(pp_str_eqz(env.payload_type, "X12_270_Request_005010X279A1"));
    assert_true(pp_str_eqz(env.mode, "RealTime"));
    assert_true(pp_str_eqz(env.sender, "LKS001"));
    assert_int_equal(env.payload_id.n, PP_UUID_TEXT);
    assert_checks("270", env.payload);
    assert_true(holds(env.payload, "*482910337*0*T*"));
    assert_true(holds(env.payload, "NM1*PR*2*NORTHGATE HEALTH PLAN*****PI*95601~"));
    assert_true(holds(env.payload, "NM1*IL*1*DOE*JANE****MI*W123~"));
    assert_true(holds(env.payload, "DTP*291*D8*20261210~EQ*30~"));
    assert_true(holds(env.payload, trace));
    /* another try is the same interchange in another envelope */
    x.attempt = 2;
    assert_int_equal(call_eligibility_build(&x, &e, &arena, &again, &err), 0);
    assert_false(pp_str_eq(again.body, m.body));
    struct pp_core_envelope second;
    assert_int_equal(pp_core_read(again.content_type, again.body, &second, &err), 0);
    assert_true(pp_str_eq(second.payload, env.payload));
}

static void what_is_missing_is_said(void **state) {
    (void)state;
    struct pp_call_ctx x = context_of("northgate/eligibility");
    struct ev_eligibility_ask q = question();
    struct ev e = ev_of_eligibility_ask(&q);
    struct pp_http_msg m;
    q.payer = PP_STR("meridian");
    assert_int_equal(call_eligibility_build(&x, &e, &arena, &m, &err), -1);
    assert_non_null(strstr(err.msg, "no eligibility endpoint"));
    q = question();
    q.control = PP_STR_NONE;
    assert_int_equal(call_eligibility_build(&x, &e, &arena, &m, &err), -1);
    assert_non_null(strstr(err.msg, "no interchange number"));
    q = question();
    q.patient.family = PP_STR_NONE;
    assert_int_equal(call_eligibility_build(&x, &e, &arena, &m, &err), -1);
    assert_non_null(strstr(err.msg, "patient.family is missing"));
}

/* A 271 about one person; `body` follows NM1 of the member. */
static struct pp_str answer_271(const char *number, const char *body, int segments) {
    return pp_arena_printf(
        &arena,
        "ISA*00*          *00*          *ZZ*95601          *ZZ*LKS001         *261124*0900*^*00501*000000008*0*T*:~"
        "GS*HB*95601*LKS001*20261124*0900*8*X*005010X279A1~ST*271*0001*005010X279A1~BHT*0022*11*482910337*20261124*"
        "0900~"
        "HL*1**20*1~NM1*PR*2*NORTHGATE*****PI*95601~HL*2*1*21*1~NM1*1P*2*LAKESIDE*****XX*1003900002~HL*3*2*22*0~"
        "TRN*2*%s*1003900002~NM1*IL*1*DOE*JANE****MI*W123~%sSE*%d*0001~GE*1*8~IEA*1*000000008~",
        number, body, 10 + segments);
}

static enum pp_call_verdict parse(struct pp_http_answer a, struct ev *ret) {
    struct pp_call_ctx x = context_of("northgate/eligibility");
    struct ev_eligibility_ask q = question();
    struct ev e = ev_of_eligibility_ask(&q);
    err.msg[0] = '\0';
    return call_eligibility_parse(&x, &e, &a, &arena, ret, &err);
}

static const struct ev_coverage_verified *said(struct pp_str payload) {
    struct ev ret;
    if (parse(in_envelope(200, payload, "Success"), &ret) != PP_VERDICT_ANSWER) fail_msg("%s", err.msg);
    assert_int_equal(ret.type, EV_COVERAGE_VERIFIED);
    assert_true(pp_str_eqz(ret.as.coverage_verified->payer, "northgate"));
    assert_true(pp_str_eqz(ret.as.coverage_verified->trace, trace));
    return ret.as.coverage_verified;
}

static void answers(void **state) {
    (void)state;
    const struct ev_coverage_verified *v = said(
        answer_271(trace, "DTP*346*D8*20260101~EB*1*IND*30^62*HM*GOLD~EB*1*IND*62********Y~EB*1*IND*98********W~", 4));
    assert_int_equal(v->standing, EV_COVERAGE_VERIFIED_STANDING_ACTIVE);
    assert_int_equal(v->plan_from, pp_date_of(2026, 1, 1));
    assert_true(pp_str_eqz(v->plan, "GOLD"));
    assert_true(pp_str_eqz(v->member_id, "W123"));
    assert_int_equal(v->service_types_n, 3); /* 62 is told twice and kept once */
    assert_int_equal(v->authorizations_n, 2);
    assert_int_equal(v->authorizations[0].required, EV_AUTHORIZATION_NEEDED_REQUIRED_YES);
    assert_int_equal(v->authorizations[1].required, EV_AUTHORIZATION_NEEDED_REQUIRED_UNKNOWN);
    v = said(answer_271(trace, "DTP*347*D8*20261031~EB*6**30~", 2));
    assert_int_equal(v->standing, EV_COVERAGE_VERIFIED_STANDING_INACTIVE);
    assert_int_equal(v->plan_until, pp_date_of(2026, 10, 31));
    v = said(answer_271(trace, "EB*6**30~DTP*291*RD8*20250101-20260930~", 2)); /* the days stand at the benefit */
    assert_int_equal(v->plan_until, pp_date_of(2026, 9, 30));
    v = said(answer_271(trace, "AAA*N**75*C~", 1));
    assert_int_equal(v->standing, EV_COVERAGE_VERIFIED_STANDING_UNKNOWN);
    assert_int_equal(v->reasons_n, 1);
    assert_true(pp_str_eqz(v->reasons[0].code, "75") && pp_str_eqz(v->reasons[0].followup, "C"));
}

static void verdicts(void **state) {
    (void)state;
    struct pp_str good = answer_271(trace, "EB*1**30~", 1), others = answer_271(foreign, "EB*1**30~", 1);
    static const struct pp_str ack = {
        "ISA*00*          *00*          *ZZ*95601          *ZZ*LKS001         *261124*0900*^*00501*000000008*0*T*:~"
        "TA1*482910337*261124*0900*R*024~IEA*0*000000008~",
        106 + 32 + 17};
    const struct {
        struct pp_http_answer answer;
        enum pp_call_verdict verdict;
        const char *text;
    } rows[] = {
        {in_envelope(200, good, "Success"), PP_VERDICT_ANSWER, ""},
        {in_envelope(200, good, ""), PP_VERDICT_ANSWER, ""},
        {in_envelope(503, good, ""), PP_VERDICT_RETRY, "answered 503"},
        {in_envelope(429, good, ""), PP_VERDICT_RETRY, "answered 429"},
        {in_envelope(403, good, ""), PP_VERDICT_REFUSED, "refused with 403"},
        {in_envelope(200, good, "PayloadTypeIllegal"), PP_VERDICT_REFUSED, "refused the envelope: PayloadTypeIllegal"},
        {in_envelope(200, others, "Success"), PP_VERDICT_REFUSED, "says nothing about the coverage"},
        {in_envelope(200, ack, "Success"), PP_VERDICT_REFUSED, "says nothing about the coverage"},
        {{.status = 200, .content_type = PP_STR("text/html"), .body = PP_STR("<p>hello")}, PP_VERDICT_RETRY, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ev ret;
        enum pp_call_verdict v = parse(rows[i].answer, &ret);
        if (v != rows[i].verdict || !strstr(err.msg, rows[i].text)) fail_msg("row %zu: %d %s", i, v, err.msg);
    }
}

static void targets(void **state) {
    (void)state;
    const struct pp_payer *p = pp_refs_payer(refs, PP_STR("northgate"));
    assert_int_equal(p->eligibility_days, 30);
    assert_true(pp_str_eqz(pp_payer_eligibility_url(p, PP_STR("http://127.0.0.1:7150"), &arena),
                           "http://127.0.0.1:7156/northgate/eligibility"));
    assert_false(pp_payer_eligibility_url(pp_refs_payer(refs, PP_STR("meridian")), PP_STR("http://x"), &arena).n);
    struct pp_str target = pp_payer_eligibility_target(PP_STR("northgate"), &arena);
    assert_true(pp_str_eqz(target, "northgate/eligibility"));
    assert_true(pp_str_eqz(pp_payer_of_eligibility(target), "northgate"));
    assert_false(pp_payer_of_eligibility(PP_STR("northgate")).n);
    assert_false(pp_payer_of_eligibility(PP_STR("/eligibility")).n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_out), cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(answers),  cmocka_unit_test(verdicts),
        cmocka_unit_test(targets),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
