/* The 835: payment, claims with their lines and adjustments, held until SE and streamed. */
#include "codec/x12_835.h"
#include "alloc_fail.h"
#include "x12_feed.h"

static void put_adjustments(const struct pp_835_adjustment *a, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        pp_buf_printf(&text, " [%.*s-%.*s %.*s", PP_FMT(a[i].group), PP_FMT(a[i].reason), PP_FMT(a[i].amount));
        put("x", a[i].quantity);
        put("ref", a[i].reference);
        pp_buf_addc(&text, ']');
    }
}
static void put_refs(const struct pp_835_ref *r, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) pp_buf_printf(&text, " %.*s=%.*s", PP_FMT(r[i].type), PP_FMT(r[i].value));
}
static void put_remarks(const struct pp_str *r, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) put("remark", r[i]);
}

static int put_payment(void *user, const struct pp_835_payment *p) {
    (void)user;
    pp_buf_printf(&text, "payment %.*s %.*s %.*s %.*s", PP_FMT(p->handling), PP_FMT(p->amount), PP_FMT(p->credit),
                  PP_FMT(p->method));
    put_date("on", p->paid_on);
    put("trace", p->trace.number);
    put("by", p->trace.org);
    put("receiver", p->receiver_id);
    put_date("produced", p->produced);
    put("payer", p->payer.name);
    put("phone", p->payer.phone);
    put("payee", p->payee.name);
    put("npi", p->payee.npi);
    put("tax", p->payee.tax_id);
    put("zip", p->payee.zip);
    pp_buf_addc(&text, '\n');
    return 0;
}

static void put_line(const struct pp_835_line *l) {
    pp_buf_printf(&text, "  line %.*s:%.*s %.*s/%.*s", PP_FMT(l->code_type), PP_FMT(l->code), PP_FMT(l->charge),
                  PP_FMT(l->paid));
    for (uint32_t i = 0; i < l->modifiers_n; i++) put("mod", l->modifiers[i]);
    put("revenue", l->revenue);
    put("units", l->units);
    put("was", l->submitted_code);
    put("was-units", l->submitted_units);
    put_date("from", l->from);
    put_date("until", l->until);
    put("auth", l->authorization);
    put("control", l->control);
    put("allowed", l->allowed);
    put_refs(l->refs, l->refs_n);
    put_adjustments(l->adjustments, l->adjustments_n);
    put_remarks(l->remarks, l->remarks_n);
    pp_buf_addc(&text, '\n');
}

static int put_claim(void *user, const struct pp_835_claim *c) {
    (void)user;
    pp_buf_printf(&text, "claim %.*s %.*s %.*s/%.*s", PP_FMT(c->claim_no), PP_FMT(c->status), PP_FMT(c->charge),
                  PP_FMT(c->paid));
    put("of", c->payment->trace.number);
    put("patient-part", c->patient_part);
    put("filing", c->filing);
    put("icn", c->payer_claim_no);
    put("facility", c->facility);
    put("frequency", c->frequency);
    put("drg", c->drg);
    put("patient", c->patient.name);
    put("member", c->patient.id);
    put("subscriber", c->subscriber.name);
    put("corrected", c->corrected.id);
    put("rendering", c->rendering.npi);
    put("auth", c->authorization);
    put("original", c->original_ref);
    put_date("from", c->from);
    put_date("until", c->until);
    put_date("received", c->received);
    put("covered", c->covered_amount);
    put_refs(c->refs, c->refs_n);
    put_adjustments(c->adjustments, c->adjustments_n);
    put_remarks(c->remarks, c->remarks_n);
    pp_buf_addc(&text, '\n');
    for (uint32_t i = 0; i < c->lines_n; i++) put_line(&c->lines[i]);
    return 0;
}

static int put_provider(void *user, const struct pp_835_provider_adjustment *p) {
    (void)user;
    pp_buf_printf(&text, "provider %.*s", PP_FMT(p->provider));
    put_date("year", p->year_end);
    put("of", p->payment->trace.number);
    put_adjustments(p->adjustments, p->adjustments_n);
    pp_buf_addc(&text, '\n');
    return 0;
}

static struct pp_835_handlers to_text = {
    .payment = put_payment, .claim = put_claim, .provider = put_provider, .transaction = put_verdict};

static int read_whole(void) { return pp_x12_835_bytes(&tolerant, pp_buf_str(&file), &to_text); }
static int event(void *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return pp_x12_835_event(v, r, e);
}
static void read_in(size_t first, size_t piece) {
    struct pp_x12_835 *v = pp_x12_835_open(&to_text, 0);
    feed_file(first, piece, v, event);
    pp_x12_835_close(v);
}

#define HEADER                                                                                                         \
    "BPR*I*1222*C*ACH*CCP*01*999*DA*1*1512345678**01*998*DA*2*20261130~TRN*1*EFT-1*1512345678~REF*EV*LAKESIDE~"        \
    "DTM*405*20261129~N1*PR*MERIDIAN ADVANTAGE~N3*1 MAIN~N4*CHICAGO*IL*60601~PER*CX**TE*8005550100~"                   \
    "N1*PE*LAKESIDE GROUP*XX*1992730001~N4*CHICAGO*IL*60611~REF*TJ*361234567~"

static const char *const whole_body =
    HEADER "LX*1~CLP*PCN-1*1*1500*1100*100*16*ICN-9*22*1**470~CAS*CO*45*200*1*253*5~CAS*PR*2*95~"
           "NM1*QC*1*ALVAREZ*ROSA****MI*W1~NM1*74*1******C*W2~NM1*82*1*GARCIA*****XX*1558444216~MOA***MA01*N45~"
           "REF*BB*OLD-1~REF*G1*AUTH-7~REF*F8*ICN-1~DTM*232*20261201~DTM*233*20261205~DTM*050*20261110~AMT*AU*1300~"
           "SVC*HC:72148:26:TC*1200*1000*0610*1*HC:72149*2~DTM*472*20261203~CAS*CO*45*150**197*50~CAS*OA*23*0~"
           "REF*G1*AUTH-7A~REF*6R*L1~AMT*B6*1050~LQ*HE*N54~LQ*HE*M62~SVC*NU:0120*300*100**2~DTM*150*20261201~"
           "DTM*151*20261205~CLP*PCN-2*4*80*0**16*ICN-10~NM1*QC*1*BOND~CAS*CO*197*80~MIA*0****MA02***************N1*N2~"
           "PLB*1992730001*20261231*WO:ICN-8*-50*L6*1.5~";

static const char *const whole_text =
    "payment I 1222 C ACH on=2026-11-30 trace=EFT-1 by=1512345678 receiver=LAKESIDE produced=2026-11-29 "
    "payer=MERIDIAN ADVANTAGE phone=8005550100 payee=LAKESIDE GROUP npi=1992730001 tax=361234567 zip=60611\n"
    "claim PCN-1 1 1500/1100 of=EFT-1 patient-part=100 filing=16 icn=ICN-9 facility=22 frequency=1 drg=470 "
    "patient=ALVAREZ member=W1 corrected=W2 rendering=1558444216 auth=AUTH-7 original=ICN-1 from=2026-12-01 "
    "until=2026-12-05 received=2026-11-10 covered=1300 BB=OLD-1 G1=AUTH-7 F8=ICN-1 [CO-45 200 x=1] [CO-253 5] "
    "[PR-2 95] remark=MA01 remark=N45\n"
    "  line HC:72148 1200/1000 mod=26 mod=TC revenue=0610 units=1 was=72149 was-units=2 from=2026-12-03 "
    "until=2026-12-03 auth=AUTH-7A control=L1 allowed=1050 G1=AUTH-7A 6R=L1 [CO-45 150] [CO-197 50] [OA-23 0] "
    "remark=N54 remark=M62\n"
    "  line NU:0120 300/100 revenue=0120 units=2 from=2026-12-01 until=2026-12-05\n"
    "claim PCN-2 4 80/0 of=EFT-1 filing=16 icn=ICN-10 patient=BOND [CO-197 80] remark=MA02 remark=N1 remark=N2\n"
    "provider 1992730001 year=2026-12-31 of=EFT-1 [-WO -50 ref=ICN-8] [-L6 1.5]\naccepted 3\n";

static void every(void **state) {
    (void)state;
    for (int streamed = 0; streamed < 2; streamed++) {
        to_text.streamed = streamed;
        make_file("HP", "005010X221A1", "835", whole_body);
        pp_buf_reset(&text);
        assert_int_equal(read_whole(), 0);
        assert_string_equal(text_z(), whole_text);
        check_cuts(read_in);
        check_memory(read_whole);
    }
    to_text.streamed = false;
}

static void faults(void **state) {
    (void)state;
    static const struct {
        const char *body, *want;
    } files[] = {
        {HEADER, "accepted 0\n"},
        {HEADER "PLB*1*20261231*WO*1~", "[-WO 1]\naccepted 1\n"},
        {"LX*1~CLP*A*1*1*1~", "refused 0\nE  LX00 a remittance without its payment (BPR)\n"},
        {HEADER "CLP**1*1*1~", "refused 0\nE 2100 CLP01 the claim number is missing\n"},
        {HEADER "CLP*A**1*1~", "refused 0\nE 2100 CLP02 the claim status is missing\n"},
        {HEADER "CLP*A*1*1~", "refused 0\nE 2100 CLP04 the amount paid is missing\n"},
        {HEADER "CLP*A*1*one*1~", "refused 0\nE 2100 CLP03 this is no amount or quantity\n"},
        {HEADER "CLP*A*1*1*1~CAS*CO*45*x~", "refused 0\nE 2100 CAS03 this is no amount or quantity\n"},
        {HEADER "CLP*A*1*1*1~SVC*HC:1*1*1~DTM*472*20261399~", "refused 0\nE 2110 DTM02 this is no date\n"},
        {HEADER "SVC*HC:1*1*1~", "refused 0\nE 1000B SVC00 this stands outside of a claim\n"},
        {HEADER "PLB*1*20261231*WO*1~SVC*HC:1*1*1~", "refused 0\nE  SVC00 this stands outside of a claim\n"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        make_file("HP", "005010X221A1", "835", files[i].body);
        pp_buf_reset(&text);
        assert_int_equal(read_whole(), 0);
        if (!pp_str_ends(pp_buf_str(&text), pp_str_z(files[i].want)))
            fail_msg("%zu: wanted\n%s\ngot\n%s", i, files[i].want, text_z());
    }
    make_file("HP", "004010X091A1", "835", HEADER);
    pp_buf_reset(&text);
    assert_int_equal(read_whole(), 0);
    assert_string_equal(text_z(), "refused 0\nE  ST03 this guide is not read here; 005010X221 is\n");
}

/* ---- size ---- */

static unsigned claims;
static int count(void *user, const struct pp_835_claim *c) {
    (void)user;
    claims += c->lines_n == 2 && c->payment->amount.n == 4;
    return 0;
}

/* Many times what the arena holds: refused when held, all of them when streamed. */
static void streaming(void **state) {
    (void)state;
    struct pp_buf small = file;
    pp_buf_init(&file, 32 << 20);
    struct pp_buf body;
    pp_buf_init(&body, 32 << 20);
    pp_buf_addz(&body, HEADER);
    for (unsigned i = 0; i < 20000; i++)
        pp_buf_printf(&body, "CLP*PCN-%u*1*1500*1100~SVC*HC:72148*1200*1000~CAS*CO*45*200~SVC*HC:72149*300*100~", i);
    pp_buf_addc(&body, '\0');
    make_file("HP", "005010X221A1", "835", body.p);
    for (int streamed = 0; streamed < 2; streamed++) {
        struct pp_835_handlers h = {.claim = count, .transaction = put_verdict, .streamed = streamed};
        struct pp_x12_835 *v = pp_x12_835_open(&h, 1 << 20);
        pp_buf_reset(&text);
        claims = 0;
        feed_file(4096, 4096, v, event);
        pp_x12_835_close(v);
        assert_int_equal(claims, streamed ? 20000 : 0);
        assert_string_equal(text_z(), streamed ? "accepted 20000\n"
                                               : "refused 0\nE  SE00 the transaction is larger than our limit\n");
    }
    pp_buf_free(&body);
    pp_buf_free(&file);
    file = small;
}

static int stop(void *user, const struct pp_835_claim *c) {
    (void)c;
    return ++*(int *)user == 1 ? -1 : 0;
}
static void stopping(void **state) {
    (void)state;
    make_file("HP", "005010X221A1", "835", whole_body);
    for (int streamed = 0; streamed < 2; streamed++) {
        int n = 0;
        struct pp_835_handlers h = {.claim = stop, .user = &n, .streamed = streamed};
        assert_int_equal(pp_x12_835_bytes(&tolerant, pp_buf_str(&file), &h), -1);
        assert_int_equal(n, 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every), cmocka_unit_test(faults), cmocka_unit_test(streaming),
                                       cmocka_unit_test(stopping)};
    feed_begin();
    return feed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
