/* The 837P view: claims as billing sends them, transactions refused while the rest goes on. */
#include "codec/x12_837.h"
#include "alloc_fail.h"
#include "x12_feed.h"

static struct pp_str fixture(const char *name) {
    static char bytes[65536];
    char path[200];
    snprintf(path, sizeof path, "tests/fixtures/x12/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    return (struct pp_str){bytes, (uint32_t)n};
}

/* ---- as text: one line for each claim, verdict and finding ---- */

static int claim_text(void *user, const struct pp_claim837 *c) {
    (void)user;
    pp_buf_printf(&text, "claim %.*s %u lines at %u.%u.%u.%u\n", PP_FMT(c->claim_no), c->lines_n, c->pos.interchange,
                  c->pos.group, c->pos.transaction, c->pos.segment);
    return 0;
}
static void finding_line(void *user, const struct pp_x12_finding *f) {
    (void)user;
    pp_buf_printf(&text, "%c%d %u.%u %s %s", f->severity == PP_X12_ERROR ? 'E' : 'W', f->snip, f->pos.transaction,
                  f->pos.segment, f->loop[0] ? f->loop : "-", f->segment);
    if (f->element) pp_buf_printf(&text, "%02u", f->element);
    pp_buf_printf(&text, ": %s", f->text);
    if (f->counted >= 0) pp_buf_printf(&text, " (%lld, %lld)", (long long)f->said, (long long)f->counted);
    pp_buf_addc(&text, '\n');
}
static void verdict_text(void *user, const struct pp_837_verdict *v) {
    static const char *const outcomes[] = {"accepted", "refused", "not ours"};
    pp_buf_printf(&text, "%s %s %s, %u claims\n", v->envelope.st01, v->envelope.st02, outcomes[v->outcome],
                  v->claims_n);
    for (uint32_t i = 0; i < v->findings_n; i++) finding_line(user, &v->findings[i]);
}
static const struct pp_837_handlers to_text = {
    .claim = claim_text, .transaction = verdict_text, .envelope = finding_line};

static const char *read_text(const struct pp_x12_opts *opts, struct pp_str bytes) {
    pp_buf_reset(&text);
    assert_int_equal(pp_x12_837_bytes(opts, bytes, &to_text), 0);
    pp_buf_addc(&text, '\0');
    return text.p;
}

static void whole_file(void **state) {
    (void)state;
    assert_string_equal(read_text(NULL, fixture("claims.837")),
                        "claim PCN-1 2 lines at 1.1.1.19\n"
                        "claim PCN-2 1 lines at 1.1.1.56\n"
                        "837 0001 accepted, 2 claims\n"
                        "837 0002 refused, 0 claims\n"
                        "E1 2.45 - SE01: the number of segments does not fit (99, 45)\n"
                        "claim PCN-4 1 lines at 1.1.3.19\n"
                        "837 0003 accepted, 1 claims\n"
                        "W3 3.19 2300 CLM02: the total is not the sum of the lines\n");
    assert_non_null(strstr(read_text(&(struct pp_x12_opts){.counts_tolerant = true}, fixture("claims.837")),
                           "837 0002 accepted, 1 claims\nW1 "));
}

/* ---- each member ---- */

static unsigned seen;

static int check_claim(void *user, const struct pp_claim837 *c) {
    (void)user;
    if (seen++ == 0) {
        assert_string_equal(c->envelope.isa06, "LAKESIDE");
        assert_string_equal(c->envelope.st02, "0001");
        assert_str(c->batch_ref, "B0001");
        assert_str(c->use, "CH");
        assert_str(c->submitter.name, "LAKESIDE BILLING");
        assert_str(c->billing.name, "LAKESIDE GROUP");
        assert_str(c->billing.npi, "1992730001");
        assert_str(c->billing.taxonomy, "261QR0200X");
        assert_str(c->billing.tax_id, "361234567");
        assert_str(c->billing.state, "IL");
        assert_str(c->payer.name, "MERIDIAN ADVANTAGE");
        assert_str(c->payer.id, "MER01");
        assert_str(c->payer.id_type, "PI");
        assert_str(c->payer_rank, "P");
        assert_str(c->group_no, "GRP77");
        assert_str(c->filing, "16");
        assert_str(c->relation, "18");
        assert_str(c->subscriber.member_id, "W99887766");
        assert_str(c->patient.family, "ALVAREZ"); /* the subscriber is the patient */
        assert_str(c->patient.given, "ROSA");
        assert_int_equal(c->patient.birth_date, pp_date_of(1961, 7, 4));
        assert_str(c->patient.sex, "F");
        assert_str(c->claim_no, "PCN-1");
        assert_str(c->total, "1500");
        assert_str(c->place_of_service, "22");
        assert_str(c->facility_type, "B");
        assert_str(c->frequency, "1");
        assert_str(c->authorization, "AUTH-778");
        assert_str(c->referral, "REF-9");
        assert_str(c->trace, "CH-1");
        assert_int_equal(c->admitted, pp_date_of(2026, 12, 1));
        assert_int_equal(c->diagnoses_n, 2);
        assert_str(c->diagnoses[0].qualifier, "ABK");
        assert_str(c->diagnoses[1].code, "M5126");
        assert_str(c->referring.npi, "1548273911");
        assert_str(c->rendering.npi, "1992730001");
        assert_str(c->rendering.taxonomy, "2085R0202X");
        assert_str(c->facility.npi, "1306849450");
        assert_int_equal(c->lines_n, 2);
        const struct pp_837_line *l = &c->lines[0];
        assert_int_equal(l->number, 1);
        assert_str(l->code_type, "HC");
        assert_str(l->code, "72148");
        assert_int_equal(l->modifiers_n, 2);
        assert_str(l->modifiers[1], "TC");
        assert_str(l->charge, "1200");
        assert_str(l->unit, "UN");
        assert_str(l->quantity, "1");
        assert_str(l->place_of_service, "22"); /* of the claim */
        assert_int_equal(l->pointers_n, 2);
        assert_int_equal(l->pointers[1], 2);
        assert_int_equal(l->date_from, pp_date_of(2026, 12, 3));
        assert_int_equal(l->date_until, l->date_from);
        assert_str(l->control, "L1");
        assert_str(l->authorization, "");
        l = &c->lines[1];
        assert_str(l->place_of_service, "11");
        assert_str(l->unit, "UN");
        assert_int_equal(l->date_until, pp_date_of(2026, 12, 4));
        assert_str(l->authorization, "AUTH-779"); /* not the other payer's, which stands before it */
        assert_str(l->referral, "REF-10");
        assert_str(l->rendering.npi, "1558444216");
        assert_str(l->ordering.name, "OKAFOR");
        assert_str(l->ndc, "00270512345");
    } else if (seen == 2) {
        assert_str(c->payer.id, "PRA01");
        assert_str(c->payer_rank, "S");
        assert_str(c->relation, "19");
        assert_str(c->subscriber.family, "BOND");
        assert_str(c->subscriber.member_id, "X1");
        assert_str(c->patient.given, "KIM");
        assert_str(c->patient.member_id, "");
        assert_int_equal(c->patient.birth_date, pp_date_of(2015, 5, 5));
        assert_str(c->frequency, "7");
        assert_str(c->original_ref, "ICN-5");
        assert_str(c->authorization, ""); /* that of 2330B is the other payer's */
        assert_int_equal(c->other_payers_n, 1);
        assert_str(c->billing.npi, "1992730001"); /* the level above still holds */
        assert_str(c->rendering.npi, "");         /* and what the claim before said does not */
    }
    return 0;
}

static void members(void **state) {
    (void)state;
    seen = 0;
    assert_int_equal(pp_x12_837_bytes(NULL, fixture("claims.837"), &(struct pp_837_handlers){.claim = check_claim}), 0);
    assert_int_equal(seen, 3);
}

/* ---- one change to a good claim, and what it gives ---- */

struct edit {
    const char *from, *to; /* in the file; SE01 is not counted here */
    const char *want;      /* part of the text */
};

static void findings(void **state) {
    (void)state;
    static const struct edit edits[] = {
        {"*10***11:B:1*", "*9***11:B:1*", "837 0003 accepted, 1 claims\nW3 1.19 2300 CLM02"},
        {"CLM*PCN-4*", "CLM**", "E2 1.19 2300 CLM01: the patient control number is missing"},
        {"*10***", "*ten***", "CLM02: this is no amount"},
        {"*10***11:B:1*", "*10***11:B:*", "CLM05: the claim frequency is missing"},
        {"*10***11:B:1*", "*10***11>B>1*", "CLM05: not split by the component separator that ISA16 names"},
        {"*10***11:B:1*", "*10****", "CLM05: the place of service is missing"},
        {"HI*ABK:J020", "HI*ABK", "HI01: the diagnosis code is missing"},
        {"HI*ABK:J020", "HI*XYZ:J020", "W2 1.20 2300 HI01: this qualifier is not known; left out"},
        {"HC:99212*10", "HC*10", "SV101: the procedure code is missing"},
        {"*10*UN", "**UN", "SV102: this is no amount"},
        {"UN*1***1", "UN*x***1", "SV104: this is no quantity"},
        {"UN*1***1", "UN*1***1:7", "W2 1.22 2400 SV107: a pointer to a diagnosis that is not there"},
        {"472*D8*20261120", "472*D8*20261320", "E1 1.23 2400 DTP03: this is no date"},
        {"472*D8*20261120", "472*RD8*20261120", "DTP03: this is no range of dates"},
        {"472*D8*20261120", "472*RD8*20261120-20261119", "DTP03: the range of dates ends before it begins"},
        {"DTP*472", "DTP*471", "1.21 2300 DTP: a line without its date of service (DTP 472)"},
        {"SV1*HC", "SV2*HC", "1.21 2300 SV1: a line without SV1"},
        {"LX*1~", "", "SV1: SV1 outside of a line"},
        {"HL*2*1*22*0", "HL*2*7*22*0", "HL02: the parent is not the billing provider above"},
        {"HL*2*1*22*0", "HL*5*1*22*0", "HL01: levels are not numbered 1, 2, 3, …"},
        {"HL*2*1*22*0", "HL*2*1*19*0", "HL03: this level does not exist here (20, 22, 23)"},
        {"HL*1**20*1", "HL*1*1*20*1", "HL02: a billing provider has no parent level"},
        {"NM1*85*2", "NM1*86*2", "E2 1.8 2000A NM101: this party has no place here"},
        {"NM1*85*2", "NM1*87*2", "1.19 2300 NM1: no billing provider (2010AA) before the claim"},
        {"NM1*PR*2", "NM1*PE*2", "NM1: no payer (2010BB) before the claim"},
        {"NM1*IL*1*ALVAREZ*ROSA*M***MI*W99887766", "NM1*PR*2*A", "NM1: no subscriber (2010BA) before the claim"},
        {"DMG*D8*19610704", "DMG*D8*1961", "DMG02: this is no date"},
        {"ST*837*0003*005010X222A1", "ST*837*0003*005010X223A2",
         "refused, 0 claims\nE2 1.1 - ST03: this guide is not read here; 005010X222 (professional claims) is"},
        {"ST*837*0003*005010X222A1", "ST*835*0003*005010X221A1", "835 0003 not ours, 0 claims"},
        {"GE*1*7~", "", "E1 0.0 - GE: the group has no GE"},
        {"SE*24*0003~", "", "refused, 0 claims\nE1 1.23 - SE: the transaction has no SE"},
        {"CLM*PCN-4", "NTE*ADD", "the transaction holds no claim"},
        {"LX*1~", "SBR*S*18~NM1*ZZ*1*X~REF*G1*OTHER~LX*1~", "837 0003 accepted, 1 claims\n"},
    };
    struct pp_str good = fixture("no_breaks.837");
    struct pp_x12_opts opts = {.counts_tolerant = true};
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        static char bytes[8192];
        good.s = fixture("no_breaks.837").s;
        const char *at = memmem(good.s, good.n, edits[i].from, strlen(edits[i].from));
        assert_non_null(at);
        size_t head = (size_t)(at - good.s), from = strlen(edits[i].from), to = strlen(edits[i].to);
        memcpy(bytes, good.s, head);
        memcpy(bytes + head, edits[i].to, to);
        memcpy(bytes + head + to, at + from, good.n - head - from);
        const char *got = read_text(&opts, (struct pp_str){bytes, (uint32_t)(good.n - from + to)});
        if (!strstr(got, edits[i].want))
            fail_msg("edit %zu (%s): wanted\n%s\ngot\n%s", i, edits[i].to, edits[i].want, got);
    }
}

/* ---- limits, cuts, noise ---- */

static void put_transaction(struct pp_buf *b, unsigned no, unsigned claims, unsigned lines) {
    unsigned n = 14 + claims * (2 + 3 * lines);
    pp_buf_printf(b,
                  "ST*837*%04u*005010X222A1~BHT*0019*00*1*20261124*0815*CH~NM1*41*2*A*****46*A~NM1*40*2*B*****46*B~"
                  "HL*1**20*1~NM1*85*2*G*****XX*1992730001~N3*1 X~N4*C*IL*60601~HL*2*1*22*0~SBR*P*18*******16~"
                  "NM1*IL*1*A*B****MI*M1~DMG*D8*19700101*F~NM1*PR*2*P*****PI*P1~",
                  no);
    for (unsigned c = 0; c < claims; c++) {
        pp_buf_printf(b, "CLM*C%u*%u***11:B:1~HI*ABK:J020~", c, lines);
        for (unsigned l = 1; l <= lines; l++) pp_buf_printf(b, "LX*%u~SV1*HC:99213*1*UN*1***1~DTP*472*D8*20261120~", l);
    }
    pp_buf_printf(b, "SE*%u*%04u~", n, no);
}

static void put_file(struct pp_buf *b, unsigned claims, unsigned lines) {
    pp_buf_addz(
        b, "ISA*00*          *00*          *ZZ*LAKESIDE       *ZZ*PRIORPATH      *261124*0815*^*00501*000000101*0*P*:~"
           "GS*HC*L*P*20261124*0815*7*X*005010X222A1~");
    put_transaction(b, 1, claims, lines);
    put_transaction(b, 2, 1, 1);
    pp_buf_addz(b, "GE*2*7~IEA*1*000000101~");
}

static void limits(void **state) {
    (void)state;
    struct pp_buf b;
    pp_buf_init(&b, 8 << 20);
    put_file(&b, 1, PP_837_LINES_MAX);
    assert_non_null(strstr(read_text(NULL, pp_buf_str(&b)), "837 0001 accepted, 1 claims"));
    pp_buf_reset(&b);
    put_file(&b, 1, PP_837_LINES_MAX + 1);
    const char *got = read_text(NULL, pp_buf_str(&b));
    assert_non_null(strstr(got, " 2400 LX: "));
    assert_non_null(strstr(got, "more than 50 lines in one claim"));
    assert_non_null(strstr(got, "837 0002 accepted, 1 claims")); /* the rest goes on */
    /* a transaction that does not fit into the arena is refused, and only that one */
    pp_buf_reset(&b);
    put_file(&b, 2000, 2);
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_837 *v = pp_x12_837_open(&to_text, 256 << 10);
    struct pp_x12_event e;
    pp_buf_reset(&text);
    for (size_t i = 0; i < b.n;) {
        i += pp_x12_feed(r, b.p + i, b.n - i, &e);
        assert_int_equal(pp_x12_837_event(v, r, &e), 0);
    }
    pp_buf_addc(&text, '\0');
    assert_non_null(strstr(text.p, "837 0001 refused, 0 claims\n"));
    assert_non_null(strstr(text.p, "the transaction is larger than our limit"));
    assert_non_null(strstr(text.p, "claim C0 1 lines at 1.1.2.14\n837 0002 accepted, 1 claims\n"));
    pp_x12_837_close(v);
    pp_x12_close(r);
    pp_buf_free(&b);
}

static int stop_at_once(void *user, const struct pp_claim837 *c) {
    (void)c;
    ++*(unsigned *)user;
    return -1;
}

static void stopping(void **state) {
    (void)state;
    unsigned n = 0;
    assert_int_equal(
        pp_x12_837_bytes(NULL, fixture("claims.837"), &(struct pp_837_handlers){.claim = stop_at_once, .user = &n}),
        -1);
    assert_int_equal(n, 1);
}

static int event(void *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return pp_x12_837_event(v, r, e);
}
static void read_in(size_t first, size_t piece) {
    struct pp_x12_837 *v = pp_x12_837_open(&to_text, 0);
    assert_non_null(v);
    feed_file(first, piece, v, event);
    pp_x12_837_close(v);
}

static void any_cut(void **state) {
    (void)state;
    pp_buf_reset(&file);
    pp_buf_adds(&file, fixture("claims.837"));
    check_cuts(read_in);
}

static void flipped_bytes(void **state) {
    (void)state;
    uint32_t seed = 3;
    struct pp_str f = fixture("claims.837");
    for (int round = 0; round < 4000; round++) {
        static const char special[] = "*~:^LXHIG1CLM05\n";
        char *bytes = malloc(f.n);
        assert_non_null(bytes);
        memcpy(bytes, f.s, f.n);
        for (int k = 0; k < 1 + round % 8; k++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[(seed >> 8) % f.n] = round % 3 ? special[(seed >> 3) % (sizeof special - 1)] : (char)(seed >> 24);
        }
        (void)read_text(&(struct pp_x12_opts){.counts_tolerant = true}, (struct pp_str){bytes, f.n});
        free(bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_file),    cmocka_unit_test(members),  cmocka_unit_test(findings),
        cmocka_unit_test(limits),        cmocka_unit_test(stopping), cmocka_unit_test(any_cut),
        cmocka_unit_test(flipped_bytes),
    };
    feed_begin();
    return feed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
