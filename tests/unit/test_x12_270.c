/* The 270 we ask with, and the 271 as it is read: coverage, benefits, authorization needed, who was not found. */
#include "codec/x12_270.h"
#include "alloc_fail.h"
#include "x12_feed.h"
#include "x12_checked.h"

static struct pp_buf out;
static struct pp_err err;

/* ---- 270 ---- */

static struct ev_patient patient;
static struct ev_coverage coverage;

static struct pp_270_request whole(void) {
    patient = (struct ev_patient){.family = PP_STR("Alvarez"),
                                  .given = PP_STR("Rosa"),
                                  .birth_date = pp_date_of(1961, 7, 4),
                                  .sex = EV_PATIENT_SEX_F};
    coverage = (struct ev_coverage){.member_id = PP_STR("W99887766"), .group_no = PP_STR("GRP77")};
    return (struct pp_270_request){
        .sending = {.partner = {.sender_type = PP_STR("ZZ"),
                                .sender = PP_STR("LAKESIDE"),
                                .receiver_type = PP_STR("ZZ"),
                                .receiver = PP_STR("MERIDIAN")},
                    .control = 77,
                    .at = INT64_C(1795705200000)},
        .batch_ref = PP_STR("E-1"),
        .trace = PP_STR("T9"),
        .payer = {.name = PP_STR("Meridian"), .id_type = PP_STR("PI"), .id = PP_STR("MER01")},
        .provider = {.name = PP_STR("Lakeside Physicians"), .npi = PP_STR("1003900010")},
        .patient = &patient,
        .coverage = &coverage,
        .on = pp_date_of(2026, 12, 1)};
}

/* From BHT to SE. */
static const char *built(const struct pp_270_request *q) {
    if (pp_270_build(q, &out, &err) < 0) return err.msg;
    assert_checks("270", pp_buf_str(&out));
    pp_buf_addc(&out, '\0');
    return strstr(out.p, "BHT*");
}

static void written(void **state) {
    (void)state;
    struct pp_270_request q = whole();
    assert_string_equal(built(&q),
                        "BHT*0022*13*E-1*20261126*1500~HL*1**20*1~NM1*PR*2*MERIDIAN*****PI*MER01~HL*2*1*21*1~"
                        "NM1*1P*2*LAKESIDE PHYSICIANS*****XX*1003900010~HL*3*2*22*0~TRN*1*T9*1003900010~"
                        "NM1*IL*1*ALVAREZ*ROSA****MI*W99887766~REF*6P*GRP77~DMG*D8*19610704*F~DTP*291*D8*20261201~"
                        "EQ*30~SE*14*0001~GE*1*77~IEA*1*000000077~");
    assert_non_null(strstr(out.p, "GS*HS*LAKESIDE*MERIDIAN*20261126*1500*77*X*005010X279A1~ST*270*0001*005010X279A1~"));
    static const struct pp_str types[] = {{"1", 1}, {"62", 2}};
    q.service_types = types;
    q.service_types_n = 2;
    assert_non_null(strstr(built(&q), "EQ*1~EQ*62~SE*"));
    q.code = PP_STR("72148");
    assert_non_null(strstr(built(&q), "DTP*291*D8*20261201~EQ**HC:72148~SE*"));
    coverage.relation = EV_COVERAGE_RELATION_CHILD;
    coverage.subscriber_family = PP_STR("Bond");
    coverage.subscriber_given = PP_STR("Jim");
    coverage.subscriber_birth_date = pp_date_of(1980, 1, 2);
    q.code = PP_STR_NONE;
    q.service_types_n = 0;
    q.on = 0;
    assert_non_null(strstr(built(&q),
                           "HL*3*2*22*1~NM1*IL*1*BOND*JIM****MI*W99887766~REF*6P*GRP77~DMG*D8*19800102~HL*4*3*23*0~"
                           "TRN*1*T9*1003900010~NM1*03*1*ALVAREZ*ROSA~DMG*D8*19610704*F~INS*N*19~EQ*30~SE*"));
}

static void failures(void **state) {
    (void)state;
    static const char *const want[] = {"coverage.member_id is missing",
                                       "patient.family is missing",
                                       "payer.id is missing",
                                       "provider.npi is missing",
                                       "trace is missing",
                                       "batch_ref is missing",
                                       "trace_org has not exactly ten characters",
                                       "code holds a character that X12 cannot carry in an identifier",
                                       "more than 10 service types",
                                       "sender is missing or does not fit into the X12 envelope"};
    static struct pp_str types[PP_270_SERVICE_TYPES_MAX + 1];
    for (int i = 0; i < (int)(sizeof want / sizeof *want); i++) {
        struct pp_270_request q = whole();
        switch (i) {
        case 0: coverage.member_id = PP_STR_NONE; break;
        case 1: patient.family = PP_STR_NONE; break;
        case 2: q.payer.id = PP_STR_NONE; break;
        case 3: q.provider.npi = PP_STR_NONE; break;
        case 4: q.trace = PP_STR_NONE; break;
        case 5: q.batch_ref = PP_STR_NONE; break;
        case 6: q.trace_org = PP_STR("1"); break;
        case 7: q.code = PP_STR("A:B"); break;
        case 8:
            q.service_types = types;
            q.service_types_n = PP_270_SERVICE_TYPES_MAX + 1;
            break;
        default: q.sending.partner.sender = PP_STR_NONE; break;
        }
        assert_int_equal(pp_270_build(&q, &out, &err), -1);
        assert_string_equal(err.msg, want[i]);
        assert_int_equal(out.n, 0);
    }
}

/* ---- 271 ---- */

static void put_benefit(const struct pp_271_benefit *e) {
    pp_buf_printf(&text, "  %.*s", PP_FMT(e->code));
    put("level", e->level);
    for (uint32_t i = 0; i < e->service_types_n; i++) put("type", e->service_types[i]);
    put("insurance", e->insurance);
    put("plan", e->plan);
    put("period", e->period);
    put("amount", e->amount);
    put("percent", e->percent);
    put("of", e->quantity_type);
    put("quantity", e->quantity);
    put("auth", e->authorization);
    put("network", e->in_network);
    put("code", e->procedure);
    for (uint32_t i = 0; i < e->modifiers_n; i++) put("mod", e->modifiers[i]);
    put_date("from", e->from);
    put_date("until", e->until);
    put("says", e->message);
    put("entity", e->entity.role);
    put("name", e->entity.name);
    put("phone", e->entity.phone);
    pp_buf_addc(&text, '\n');
}

static int put_person(void *user, const struct pp_271 *p) {
    static const char *const coverages[] = {"not-said", "active", "inactive"};
    (void)user;
    pp_buf_printf(&text, "%s %s", p->is_dependent ? "dependent" : "subscriber", coverages[p->coverage]);
    put("batch", p->batch_ref);
    put("payer", p->payer.id);
    put("npi", p->provider.npi);
    put("ours", p->ours.number);
    put("theirs", p->theirs.number);
    put("name", p->subscriber.name);
    put("member", p->subscriber.id);
    put_date("birth", p->subscriber.birth_date);
    put("child", p->dependent.given);
    put("relation", p->dependent.relation);
    put("group", p->group_no);
    put("group-name", p->group_name);
    put("plan", p->plan_no);
    put("plan-name", p->plan_name);
    put("former", p->former_member_id);
    if (p->corrected) pp_buf_addz(&text, " corrected");
    put_date("from", p->plan_from);
    put_date("until", p->plan_until);
    for (uint32_t i = 0; i < p->aaa_n; i++)
        pp_buf_printf(&text, " [%s %.*s %.*s]", p->aaa[i].loop, PP_FMT(p->aaa[i].code), PP_FMT(p->aaa[i].followup));
    pp_buf_addc(&text, '\n');
    for (uint32_t i = 0; i < p->benefits_n; i++) put_benefit(&p->benefits[i]);
    return 0;
}
static const struct pp_271_handlers to_text = {.person = put_person, .transaction = put_verdict};
static int read_whole(void) { return pp_x12_271_bytes(&tolerant, pp_buf_str(&file), &to_text); }
static int event(void *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return pp_x12_271_event(v, r, e);
}
static void read_in(size_t first, size_t piece) {
    struct pp_x12_271 *v = pp_x12_271_open(&to_text, 0);
    feed_file(first, piece, v, event);
    pp_x12_271_close(v);
}

#define TOP                                                                                                            \
    "BHT*0022*11*E-1*20261124*0815~HL*1**20*1~NM1*PR*2*MERIDIAN*****PI*MER01~HL*2*1*21*1~"                             \
    "NM1*1P*2*LAKESIDE*****XX*1003900010~"

static const char *const whole_body =
    TOP "HL*3*2*22*0~TRN*2*T9*1003900010~TRN*1*M-5*9MERIDIAN1~NM1*IL*1*ALVAREZ*ROSA****MI*W2~REF*6P*GRP77*LAKE CITY~"
        "REF*18*P-3*GOLD HMO~REF*Q4*W1~N3*1 X~N4*CHICAGO*IL*60601~DMG*D8*19610704*F~INS*Y*18*001*25~"
        "DTP*346*D8*20260101~DTP*347*D8*20261231~EB*1*IND*30^62*HM*GOLD~"
        "EB*A*IND*62*****.2***Y*Y~DTP*292*RD8*20261201-20261231~MSG*call first~MSG*second~"
        "EB*B*IND**HM**27*30******HC:72148:26~REF*G1*X~LS*2120~NM1*PRP*2*OTHER PAYER~PER*IC**TE*8005550199~LE*2120~"
        "EB*F*IND*98***29***VS*12*N*W~";

static const char *const whole_text =
    "subscriber active batch=E-1 payer=MER01 npi=1003900010 ours=T9 theirs=M-5 name=ALVAREZ member=W2 birth=1961-07-04 "
    "group=GRP77 group-name=LAKE CITY plan=P-3 plan-name=GOLD HMO former=W1 corrected from=2026-01-01 "
    "until=2026-12-31\n"
    "  1 level=IND type=30 type=62 insurance=HM plan=GOLD\n"
    "  A level=IND type=62 percent=.2 auth=Y network=Y from=2026-12-01 until=2026-12-31 says=call first\n"
    "  B level=IND insurance=HM period=27 amount=30 code=72148 mod=26 entity=PRP name=OTHER PAYER phone=8005550199\n"
    "  F level=IND type=98 period=29 of=VS quantity=12 auth=N network=W\n"
    "accepted 1\n";

static void members(void **state) {
    (void)state;
    make_file("HB", "005010X279A1", "271", whole_body);
    pp_buf_reset(&text);
    assert_int_equal(read_whole(), 0);
    assert_string_equal(text_z(), whole_text);
    check_cuts(read_in);
    check_memory(read_whole);
}

static void people(void **state) {
    (void)state;
    static const struct {
        const char *body, *want;
    } files[] = {
        /* the subscriber only stands above the dependent */
        {TOP "HL*3*2*22*1~NM1*IL*1*BOND*JIM****MI*X1~HL*4*3*23*0~TRN*2*T1~NM1*03*1*BOND*KIM~INS*N*19~EB*1**30~"
             "HL*5*3*23*0~TRN*2*T2~NM1*03*1*BOND*LEE~AAA*N**67*C~",
         "dependent active batch=E-1 payer=MER01 npi=1003900010 ours=T1 name=BOND member=X1 child=KIM relation=19\n"
         "  1 type=30\n"
         "dependent not-said batch=E-1 payer=MER01 npi=1003900010 ours=T2 name=BOND member=X1 child=LEE "
         "[2100D 67 C]\naccepted 2\n"},
        {TOP "HL*3*2*22*0~TRN*2*T1~NM1*IL*1*BOND*JIM****MI*X1~AAA*N**75*C~HL*4*2*22*0~TRN*2*T2~NM1*IL*1*ROE~EB*6**30~",
         "subscriber not-said batch=E-1 payer=MER01 npi=1003900010 ours=T1 name=BOND member=X1 [2100C 75 C]\n"
         "subscriber inactive batch=E-1 payer=MER01 npi=1003900010 ours=T2 name=ROE\n  6 type=30\naccepted 2\n"},
        {"BHT*0022*11*E-1*20261124*0815~HL*1**20*0~AAA*N**42*P~",
         "subscriber not-said batch=E-1 [2000A 42 P]\naccepted 1\n"},
        {TOP "AAA*N**51*C~HL*3*2*22*0~NM1*IL*1*BOND~AAA*N**75*C~",
         "subscriber not-said batch=E-1 payer=MER01 npi=1003900010 name=BOND [2100B 51 C] [2100C 75 C]\naccepted 1\n"},
        {TOP "HL*3*2*22*0~NM1*IL*1*BOND~EB*1**30~EB*6**30~",
         "subscriber active batch=E-1 payer=MER01 npi=1003900010 name=BOND\n  1 type=30\n  6 type=30\naccepted 1\n"},
        /* without a general benefit the others say it; an ended dental plan ends nothing */
        {TOP "HL*3*2*22*0~NM1*IL*1*BOND~EB*6**35~EB*1**30~",
         "subscriber active batch=E-1 payer=MER01 npi=1003900010 name=BOND\n  6 type=35\n  1 type=30\naccepted 1\n"},
        {TOP "HL*3*2*22*0~NM1*IL*1*BOND~EB*1**35~EB*7**30~",
         "subscriber inactive batch=E-1 payer=MER01 npi=1003900010 name=BOND\n  1 type=35\n  7 type=30\naccepted 1\n"},
        {TOP "HL*3*2*22*0~NM1*IL*1*BOND~EB*C**30~",
         "subscriber not-said batch=E-1 payer=MER01 npi=1003900010 name=BOND\n  C type=30\naccepted 1\n"},
        {"HL*1**20*1~HL*2*1*22*0~EB*1**30~", "refused 0\nE 2000A HL03 the level above is missing\n"},
        {"HL*1**20*1~HL*2*1*EV*0~", "refused 0\nE 2000A HL03 this level does not exist here (20, 21, 22, 23)\n"},
        {TOP "EB*1**30~", "refused 0\nE 2110C EB00 a benefit of nobody\n"},
        {TOP "HL*3*2*22*0~DMG*D8*1961~", "accepted 1\n"}, /* nobody is named that it could be of */
        {TOP "HL*3*2*22*0~NM1*IL*1*BOND~DMG*D8*1961~", "refused 0\nE 2100C DMG02 this is no date\n"},
        {TOP, "refused 0\nE  SE00 the transaction holds nothing to be read\n"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        make_file("HB", "005010X279A1", "271", files[i].body);
        pp_buf_reset(&text);
        assert_int_equal(read_whole(), 0);
        if (!pp_str_ends(pp_buf_str(&text), pp_str_z(files[i].want)))
            fail_msg("%zu: wanted\n%s\ngot\n%s", i, files[i].want, text_z());
    }
}

/* ---- is an authorization needed? ---- */

static char said;
static struct pp_str asked_code, asked_type;
static int ask(void *user, const struct pp_271 *p) {
    (void)user;
    said = pp_271_authorization(p, asked_code, asked_type);
    return 0;
}

static void authorization(void **state) {
    (void)state;
    static const struct {
        const char *benefits, *code, *type;
        char want;
    } rows[] = {
        {"EB*1**30~", "72148", "62", 0},
        {"EB*1**30********Y*Y~", "72148", "62", 'Y'},
        {"EB*1**30********N~EB*1**62********Y*Y~", "72148", "62", 'Y'},          /* the service type beats the plan */
        {"EB*1**62********Y*Y~EB*1**********N*Y*HC:72148~", "72148", "62", 'N'}, /* the code beats its type */
        {"EB*1**62********Y*Y~EB*1**********N*Y*HC:72149~", "72148", "62", 'Y'}, /* another code says nothing */
        {"EB*1**62********N*Y~EB*A**62********Y*Y~", "72148", "62", 'Y'},        /* of two, the careful one */
        {"EB*1**62********U*Y~EB*A**62********N*Y~", "72148", "62", 'N'},
        {"EB*1**62********Y*N~EB*1**62********N*Y~", "72148", "62", 'N'}, /* out of network does not count */
        {"EB*1**35********Y~", "72148", "62", 0},
        {"EB*1**30********X~", "72148", "62", 0},
        {"EB*1**62********U~", "", "62", 'U'},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char body[600];
        snprintf(body, sizeof body, "%sHL*3*2*22*0~NM1*IL*1*BOND~%s", TOP, rows[i].benefits);
        make_file("HB", "005010X279A1", "271", body);
        asked_code = pp_str_z(rows[i].code);
        asked_type = pp_str_z(rows[i].type);
        said = '?';
        assert_int_equal(pp_x12_271_bytes(&tolerant, pp_buf_str(&file), &(struct pp_271_handlers){.person = ask}), 0);
        if (said != rows[i].want) fail_msg("row %zu: wanted %c, got %c", i, rows[i].want, said);
    }
}

static void many(void **state) {
    (void)state;
    struct pp_buf body;
    pp_buf_init(&body, 1 << 20);
    pp_buf_addz(&body, TOP "HL*3*2*22*0~NM1*IL*1*BOND~");
    for (int i = 0; i <= PP_271_BENEFITS_MAX; i++) pp_buf_addz(&body, "EB*1**30~");
    pp_buf_addc(&body, '\0');
    make_file("HB", "005010X279A1", "271", body.p);
    pp_buf_reset(&text);
    assert_int_equal(read_whole(), 0);
    assert_true(pp_str_ends(pp_buf_str(&text), PP_STR("accepted 1\nW 2110C EB00 more benefits than we hold\n")));
    pp_buf_free(&body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written), cmocka_unit_test(failures),      cmocka_unit_test(members),
        cmocka_unit_test(people),  cmocka_unit_test(authorization), cmocka_unit_test(many),
    };
    feed_begin();
    pp_buf_init(&out, 1 << 20);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    pp_buf_free(&out);
    return feed_end(rc);
}
