/* Institutional claims (837I) in the 837 view, and what tells the two guides apart. */
#include "codec/x12_837.h"
#include "alloc_fail.h"
#include "x12_feed.h"

static int put_claim(void *user, const struct pp_claim837 *c) {
    (void)user;
    pp_buf_printf(&text, "%s %.*s %.*s", c->institutional ? "institutional" : "professional", PP_FMT(c->claim_no),
                  PP_FMT(c->total));
    put("bill", c->bill_type);
    put("place", c->place_of_service);
    put("frequency", c->frequency);
    put("auth", c->authorization);
    put("referral", c->referral);
    put("original", c->original_ref);
    put("peer", c->peer_review);
    put("exception", c->pa_exception);
    put_date("from", c->statement_from);
    put_date("until", c->statement_until);
    put_date("admitted", c->admitted);
    put_date("discharged", c->discharged);
    put("type", c->admission_type);
    put("source", c->admission_source);
    put("status", c->patient_status);
    put("drg", c->drg);
    put("admitting", c->admitting);
    for (uint32_t i = 0; i < c->reasons_n; i++) put("reason", c->reasons[i]);
    for (uint32_t i = 0; i < c->diagnoses_n; i++) {
        put("dx", c->diagnoses[i].code);
        put("poa", c->diagnoses[i].present_on_admission);
    }
    put("attending", c->attending.npi);
    put("operating", c->operating.npi);
    put("rendering", c->rendering.npi);
    put("facility", c->facility.npi);
    put("referring", c->referring.npi);
    pp_buf_addc(&text, '\n');
    for (uint32_t i = 0; i < c->lines_n; i++) {
        const struct pp_837_line *l = &c->lines[i];
        pp_buf_printf(&text, "  %d", (int)l->number);
        put("revenue", l->revenue);
        put("code", l->code);
        for (uint32_t k = 0; k < l->modifiers_n; k++) put("mod", l->modifiers[k]);
        put("charge", l->charge);
        put("units", l->quantity);
        put("unit", l->unit);
        put("place", l->place_of_service);
        put_date("on", l->date_from);
        put("auth", l->authorization);
        put("referral", l->referral);
        put("control", l->control);
        put("rendering", l->rendering.npi);
        put("ndc", l->ndc);
        pp_buf_addc(&text, '\n');
    }
    return 0;
}

static void put_verdict837(void *user, const struct pp_837_verdict *v) {
    (void)user;
    pp_buf_printf(&text, "%s %u\n", v->outcome == PP_837_ACCEPTED ? "accepted" : "refused", v->claims_n);
    for (uint32_t i = 0; i < v->findings_n; i++) {
        const struct pp_x12_finding *f = &v->findings[i];
        if (f->code == PP_X12_F_SE_COUNT) continue;
        pp_buf_printf(&text, "%c %s %s%02u %s\n", f->severity == PP_X12_ERROR ? 'E' : 'W', f->loop, f->segment,
                      f->element, f->text);
    }
}

static const struct pp_837_handlers both = {.claim = put_claim, .transaction = put_verdict837, .institutional = true};
static int read_whole(void) { return pp_x12_837_bytes(&tolerant, pp_buf_str(&file), &both); }
static int event(void *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return pp_x12_837_event(v, r, e);
}
static void read_in(size_t first, size_t piece) {
    struct pp_x12_837 *v = pp_x12_837_open(&both, 0);
    feed_file(first, piece, v, event);
    pp_x12_837_close(v);
}

#define TOP                                                                                                            \
    "BHT*0019*00*B1*20261124*0815*CH~NM1*41*2*A*****46*A~NM1*40*2*B*****46*B~HL*1**20*1~"                              \
    "NM1*85*2*GENERAL HOSPITAL*****XX*1992730001~HL*2*1*22*0~SBR*P*18*******MA~NM1*IL*1*ALVAREZ*ROSA****MI*W1~"        \
    "NM1*PR*2*MERIDIAN*****PI*MER01~"

static const char *const claim =
    "CLM*PCN-1*1500***13:A:7**A*Y*Y~DTP*096*TM*1130~DTP*434*RD8*20261201-20261205~DTP*435*DT*202612010815~CL1*1*7*30~"
    "REF*F8*ICN-5~REF*G1*AUTH-7~REF*9F*REF-2~REF*4N*3~REF*G4*PEER-1~HI*ABK:M545:::::::Y~HI*ABJ:R52~HI*APR:R51*APR:R53~"
    "HI*DR:470~HI*ABF:E119:::::::N*ABF:I10~HI*BBR:0SRC0J9:D8:20261202~HI*BH:11:D8:20261120~HI*BE:80:::5~"
    "NM1*71*1*JONES*JOHN****XX*1548273911~PRV*AT*PXC*282N00000X~NM1*72*1*CUT*AL****XX*1306849450~"
    "NM1*82*1*RAY*BO****XX*1558444216~NM1*77*2*SITE*****XX*1003900010~NM1*DN*1*SENDER*****XX*1234567893~"
    "SBR*S*18*******CI~NM1*IL*1*ALVAREZ*ROSA~NM1*PR*2*OTHER*****PI*O1~REF*G1*THEIRS~"
    "LX*1~SV2*0120**1000*DA*5~LX*2~SV2*0610*HC:72148:26:TC*500*UN*1~DTP*472*D8*20261202~REF*6R*L2~REF*G1*NOT-HERE~"
    "LIN**N4*00270512345~NM1*82*1*LINE*****XX*1992730019~";

static const char *const claim_text =
    "institutional PCN-1 1500 bill=137 frequency=7 auth=AUTH-7 referral=REF-2 original=ICN-5 peer=PEER-1 exception=3 "
    "from=2026-12-01 until=2026-12-05 admitted=2026-12-01 type=1 source=7 status=30 drg=470 admitting=R52 reason=R51 "
    "reason=R53 dx=M545 poa=Y dx=E119 poa=N dx=I10 attending=1548273911 operating=1306849450 rendering=1558444216 "
    "facility=1003900010 referring=1234567893\n"
    "  1 revenue=0120 charge=1000 units=5 unit=DA\n"
    "  2 revenue=0610 code=72148 mod=26 mod=TC charge=500 units=1 unit=UN on=2026-12-02 control=L2 "
    "rendering=1992730019 ndc=00270512345\naccepted 1\n";

static void whole_file(const char *guide, const char *claims) {
    char body[20000];
    snprintf(body, sizeof body, "%s%s", TOP, claims);
    make_file("HC", guide, "837", body);
}

static void members(void **state) {
    (void)state;
    whole_file("005010X223A2", claim);
    pp_buf_reset(&text);
    assert_int_equal(read_whole(), 0);
    assert_string_equal(text_z(), claim_text);
    check_cuts(read_in);
    check_memory(read_whole);
}

/* Nobody gets institutional claims who has not asked for them. */
static void asked_for(void **state) {
    (void)state;
    struct pp_837_handlers h = {.claim = put_claim, .transaction = put_verdict837};
    whole_file("005010X223A2", claim);
    pp_buf_reset(&text);
    assert_int_equal(pp_x12_837_bytes(&tolerant, pp_buf_str(&file), &h), 0);
    assert_string_equal(text_z(),
                        "refused 0\nE  ST03 this guide is not read here; 005010X222 (professional claims) is\n");
    whole_file("005010X224A2", claim);
    pp_buf_reset(&text);
    assert_int_equal(read_whole(), 0);
    assert_string_equal(text_z(), "refused 0\nE  ST03 this guide is not read here; 005010X222 and 005010X223 are\n");
}

static void faults(void **state) {
    (void)state;
    static const struct {
        const char *guide, *claims, *want;
    } files[] = {
        {"005010X223A2", "CLM*A*10***13:A:1~DTP*434*D8*20261201~LX*1~SV2*0120**10*DA*1~",
         "  1 revenue=0120 charge=10 units=1 unit=DA\naccepted 1\n"},
        {"005010X223A2", "CLM*A*10***13:A:1~LX*1~SV2*0120**10*DA*1~",
         "refused 0\nE 2300 DTP00 a claim without its statement dates (DTP 434)\n"},
        {"005010X223A2", "CLM*A*10~DTP*434*D8*20261201~LX*1~SV2*0120**10*DA*1~",
         "refused 0\nE 2300 CLM05 the type of bill is missing\nE 2300 CLM05 the claim frequency is missing\n"},
        {"005010X223A2", "CLM*A*10***13:A:1~DTP*434*D8*20261201~LX*1~SV1*HC:72148*10*UN*1~",
         "refused 0\nE 2300 SV200 a line without SV2\nW 2300 CLM02 the total is not the sum of the lines\n"},
        {"005010X223A2", "CLM*A*10***13:A:1~DTP*434*D8*20261201~LX*1~SV2**HC:72148*10*UN*1~",
         "refused 0\nE 2400 SV201 the revenue code is missing\n"},
        {"005010X223A2", "CLM*A*10***13:A:1~DTP*434*D8*20261201~LX*1~SV2*0120**ten*UN*one~",
         "refused 0\nE 2400 SV203 this is no amount\nE 2400 SV205 this is no quantity\nW 2300 CLM02 the total is not "
         "the "
         "sum of the lines\n"},
        {"005010X223A2", "CLM*A*10***13:A:1~DTP*434*RD8*20261205-20261201~LX*1~SV2*0120**10*UN*1~",
         "refused 0\nE 2300 DTP03 the range of dates ends before it begins\n"},
        {"005010X223A2", "CLM*A*10***13:A:1~DTP*434*D8*20261201~SV2*0120**10*UN*1~",
         "refused 0\nE 2300 SV200 SV2 outside of a line\nE 2300 LX00 the claim has no line\nW 2300 CLM02 the total is "
         "not the sum of the lines\n"},
        {"005010X223A2", "CLM*A*10***13:A:1~DTP*434*D8*20261201~NM1*45*1*X~LX*1~SV2*0120**10*UN*1~",
         "refused 0\nE 2310 NM101 this party has no place in a claim\n"},
        {"005010X222A1", "CLM*A*10***11:B:1~NM1*71*1*X~LX*1~SV1*HC:1*10*UN*1~DTP*472*D8*20261201~",
         "refused 0\nE 2310 NM101 this party has no place in a claim\n"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        whole_file(files[i].guide, files[i].claims);
        pp_buf_reset(&text);
        assert_int_equal(read_whole(), 0);
        if (!pp_str_ends(pp_buf_str(&text), pp_str_z(files[i].want)))
            fail_msg("%zu: wanted\n%s\ngot\n%s", i, files[i].want, text_z());
    }
}

/* Both kinds in one file; what one said does not stand in the next. A professional line keeps its own numbers. */
static void mixed(void **state) {
    (void)state;
    char body[20000];
    snprintf(body, sizeof body, "%s%sCLM*PCN-2*10***21:A:1~DTP*434*D8*20261210~LX*1~SV2*0120**10*DA*1~", TOP, claim);
    make_file("HC", "005010X223A2", "837", body);
    pp_buf_reset(&text);
    assert_int_equal(read_whole(), 0);
    assert_non_null(strstr(text_z(), "institutional PCN-2 10 bill=211 frequency=1 from=2026-12-10 until=2026-12-10\n"));
    whole_file("005010X222A1",
               "CLM*P-1*20***11:B:1~REF*G1*AUTH-1~HI*ABK:M545~LX*1~SV1*HC:72148*10*UN*1***1~DTP*472*D8*20261201~"
               "REF*G1*THEIRS**2U:O1~REF*G1*AUTH-1A~REF*9F*REF-1A~LX*2~SV1*HC:72149*10*UN*1***1~DTP*472*D8*20261201~");
    pp_buf_reset(&text);
    assert_int_equal(read_whole(), 0);
    assert_string_equal(text_z(), "professional P-1 20 place=11 frequency=1 auth=AUTH-1 dx=M545\n"
                                  "  1 code=72148 charge=10 units=1 unit=UN place=11 on=2026-12-01 auth=AUTH-1A "
                                  "referral=REF-1A\n"
                                  "  2 code=72149 charge=10 units=1 unit=UN place=11 on=2026-12-01\naccepted 1\n");
}

static void limits(void **state) {
    (void)state;
    static char body[60000];
    for (unsigned lines = PP_837I_LINES_MAX; lines <= PP_837I_LINES_MAX + 1; lines++) {
        int n = snprintf(body, sizeof body, "%sCLM*A*%u***13:A:1~DTP*434*D8*20261201~", TOP, lines);
        for (unsigned i = 1; i <= lines; i++)
            n += snprintf(body + n, sizeof body - (size_t)n, "LX*%u~SV2*0120**1*DA*1~", i);
        make_file("HC", "005010X223A2", "837", body);
        pp_buf_reset(&text);
        assert_int_equal(read_whole(), 0);
        if (lines == PP_837I_LINES_MAX)
            assert_true(pp_str_ends(pp_buf_str(&text), PP_STR("accepted 1\n")));
        else
            assert_non_null(strstr(text_z(), "refused 0\nE 2400 LX00 more than 999 lines in one claim\n"));
    }
    int n = snprintf(body, sizeof body, "%sCLM*A*1***13:A:1~DTP*434*D8*20261201~HI*ABK:M545~", TOP);
    for (unsigned i = 0; i < 3; i++) {
        n += snprintf(body + n, sizeof body - (size_t)n, "HI");
        for (unsigned k = 0; k < (i < 2 ? 12 : 1); k++) n += snprintf(body + n, sizeof body - (size_t)n, "*ABF:I10");
        n += snprintf(body + n, sizeof body - (size_t)n, "~");
    }
    snprintf(body + n, sizeof body - (size_t)n, "LX*1~SV2*0120**1*DA*1~");
    make_file("HC", "005010X223A2", "837", body);
    pp_buf_reset(&text);
    assert_int_equal(read_whole(), 0);
    assert_string_equal(text_z(), "refused 0\nE 2300 HI01 more than 25 diagnoses\n");
}

static void refused_by_others(void **state) {
    (void)state;
    whole_file("005010X223A2", claim);
    struct pp_x12_reader *r = pp_x12_open(&tolerant);
    struct pp_x12_837 *v = pp_x12_837_open(&both, 0);
    struct pp_x12_event e;
    pp_buf_reset(&text);
    for (size_t i = 0; i < file.n;) {
        i += pp_x12_feed(r, file.p + i, file.n - i, &e);
        if (e.what == PP_X12_SEGMENT && e.role == PP_X12_SE) pp_x12_837_refuse(v);
        pp_x12_837_event(v, r, &e);
    }
    assert_string_equal(text_z(), "refused 0\nE  ST00 the transaction did not pass its check\n");
    pp_x12_837_close(v);
    pp_x12_close(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members), cmocka_unit_test(asked_for), cmocka_unit_test(faults),
        cmocka_unit_test(mixed),   cmocka_unit_test(limits),    cmocka_unit_test(refused_by_others),
    };
    feed_begin();
    return feed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
