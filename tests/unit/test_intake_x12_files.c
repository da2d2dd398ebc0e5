/* X12 files of the claim side: what becomes of each kind, what is refused and answered, and that a file read in pieces
 * says what it says when read at once. */
#include "codec/x12_ack.h"
#include "intake/receive/from_x12.h"

#include "receive_help.h"

static struct pp_str file_at(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("%s is not there", path);
    char *p = pp_arena_alloc(&arena, 1 << 20);
    size_t n = fread(p, 1, 1 << 20, f);
    fclose(f);
    return (struct pp_str){p, (uint32_t)n};
}
static struct pp_str golden(const char *name) {
    return file_at(pp_arena_printf(&arena, "tests/x12/golden/%s.x12", name).s);
}

static int begin(void **state) {
    static const char *const packs[] = {PACK_HEAD("payers") "payer\tname\tlob\tchannel\tzone\tcodes\n"
                                                            "north\tNorth Health Plan\tcommercial\tnone\tUTC\tNHP01\n",
                                        PACK_HEAD("x12-senders") "sender\terrors_to\tlowered\tcounts_tolerant\trepair\n"
                                                                 "rounds\t\t837p/claim-charge: warning\t\t\n"
                                                                 "strict\t5\t\t\t\n"
                                                                 "counts\t\t\tyes\t\n",
                                        NULL};
    (void)state;
    return begin_with("clearing", packs);
}

static void read_file(struct pp_str bytes, struct rcv_reading *r) {
    rcv_read_x12(&src, PP_STR_NONE, bytes, r);
    assert_false(pp_arena_failed(&arena));
}

static bool has_about(const struct rcv_report *p, const char *authority, const char *value) {
    for (int i = 0; i < p->subject->nabout; i++)
        if (pp_str_eqz(p->subject->about[i].authority, authority) && pp_str_eqz(p->subject->about[i].value, value))
            return true;
    return false;
}

/* ---- kinds ---- */

static void professional_claims(void **state) {
    (void)state;
    struct rcv_reading r;
    read_file(golden("837p"), &r);
    assert_int_equal(r.nrefusals, 0);
    assert_int_equal(r.nreports, 2);
    assert_true(pp_str_eqz(r.type, "837P"));
    assert_fact(nth(&r, 0), EV_CLAIM_REPORTED, "\"claim_no\":\"PAT-1\"", "\"kind\":\"professional\"",
                "\"payer\":\"north\"", "\"authorization\":\"AUTH77001\"", "\"authorization\":\"AUTH77002\"", NULL);
    assert_true(has_about(nth(&r, 0), "clearing", "PAT-1") && has_about(nth(&r, 0), "npi:1234567893", "PAT-1"));
    assert_true(holds(r.ack, "AK1*HC*1*005010X222A1~AK2*837*0001*005010X222A1~IK5*A~AK9*A*1*1*1~"));
}

static void institutional_claims(void **state) {
    (void)state;
    struct rcv_reading r;
    read_file(golden("837i"), &r);
    assert_int_equal(r.nrefusals, 0);
    assert_int_equal(r.nreports, 1);
    assert_true(pp_str_eqz(r.type, "837I"));
    assert_fact(nth(&r, 0), EV_CLAIM_REPORTED, "\"kind\":\"institutional\"", "\"type_of_bill\":\"111\"",
                "\"statement_from\":\"2026-01-12\"", "\"statement_until\":\"2026-01-15\"", "\"revenue\":\"0360\"",
                "\"code\":\"27447\"", "\"revenue\":\"0120\"", "\"unit_type\":\"DA\"", NULL);
    assert_null(strstr(json_of(nth(&r, 0)), "place_of_service"));
}

static void remittances(void **state) {
    (void)state;
    struct rcv_reading r;
    read_file(golden("835"), &r);
    assert_int_equal(r.nrefusals, 0);
    assert_int_equal(r.nreports, 2);
    assert_int_equal(r.provider_adjustments, 1); /* PLB: about no person */
    assert_fact(nth(&r, 0), EV_REMITTANCE_REPORTED, "\"payer\":\"north\"", "\"trace\":\"EFT-77\"",
                "\"payment_date\":\"2026-01-10\"", "\"claim_no\":\"PAT-1\"", "\"status\":\"1\"", "\"charge\":\"350\"",
                "\"paid\":\"280\"", "\"patient_responsibility\":\"20\"", "\"payer_claim_no\":\"CLM-9\"",
                "\"authorization\":\"AUTH77001\"", "\"code\":\"97110\",", "\"modifiers\":[\"GP\"]",
                "{\"group\":\"CO\",\"reason\":\"45\",\"amount\":\"50\"}", NULL);
    assert_fact(nth(&r, 1), EV_REMITTANCE_REPORTED, "\"status\":\"4\"", "\"reason\":\"197\"", "\"remarks\":[\"N54\"]",
                NULL);
    const struct rcv_report *p = nth(&r, 0);
    assert_true(p->alone && p->subject->known_only && p->subject->nwho == 0);
    assert_true(pp_str_eqz(p->waits.authority, "npi:1234567893") && pp_str_eqz(p->waits.value, "PAT-1"));
}

static void claim_acknowledgements(void **state) {
    (void)state;
    struct rcv_reading r;
    read_file(golden("277ca"), &r);
    assert_int_equal(r.nrefusals, 0);
    assert_int_equal(r.nreports, 2); /* totals of the batch are no claims */
    assert_fact(nth(&r, 0), EV_CLAIM_ACKNOWLEDGEMENT_REPORTED, "\"claim_no\":\"PAT-1\"", "\"verdict\":\"accepted\"",
                "\"category\":\"A2\"", "\"code\":\"20\"", "\"payer_claim_no\":\"CLM-9\"", "\"batch_ref\":\"BATCH-1\"",
                NULL);
    assert_fact(nth(&r, 1), EV_CLAIM_ACKNOWLEDGEMENT_REPORTED, "\"verdict\":\"rejected\"", "\"category\":\"A7\"",
                "\"code\":\"562\"", "\"entity\":\"85\"", NULL);
    assert_true(pp_str_eqz(nth(&r, 1)->waits.authority, "npi:1234567893"));
}

static struct pp_str replaced(struct pp_str file, const char *from, const char *to) {
    const char *at = memmem(file.s, file.n, from, strlen(from));
    if (!at) fail_msg("%s is not in the file", from);
    return pp_arena_printf(&arena, "%.*s%s%.*s", (int)(at - file.s), file.s, to,
                           (int)(file.n - (size_t)(at - file.s) - strlen(from)), at + strlen(from));
}

static void coverages(void **state) {
    (void)state;
    struct rcv_reading r;
    static const struct pp_uuid person = {{1, 2, 3}};
    char trace[PP_TRACE_MAX + 1];
    pp_trace_make(person, 4, trace);
    /* by member id, birth date and names of somebody known */
    read_file(golden("271"), &r);
    assert_int_equal(r.nrefusals, 0);
    assert_int_equal(r.nreports, 1);
    assert_fact(nth(&r, 0), EV_COVERAGE_VERIFIED, "\"payer\":\"north\"", "\"member_id\":\"M00012345\"",
                "\"standing\":\"active\"", "\"sender\":\"clearing\"", NULL);
    assert_true(nth(&r, 0)->subject->known_only && pp_uuid_none(nth(&r, 0)->person));
    assert_true(pp_str_eqz(nth(&r, 0)->subject->who[0].value, "M00012345|1971-02-03|DOE|JANE"));
    /* by our number */
    read_file(replaced(golden("271"), "ELG-1-1", trace), &r);
    assert_true(pp_uuid_eq(nth(&r, 0)->person, person));
    assert_fact(nth(&r, 0), EV_COVERAGE_VERIFIED, trace, NULL);
    /* a member id alone names nobody */
    read_file(replaced(replaced(golden("271"), "DMG*D8*19710203*F~\n", ""), "SE*24", "SE*23"), &r);
    assert_int_equal(r.nreports, 0);
    assert_int_equal(r.nrefusals, 1);
}

/* ---- what is refused, and what is answered ---- */

static void one_bad_transaction(void **state) {
    (void)state;
    struct rcv_reading r;
    read_file(file_at("tests/fixtures/x12/claims.837"), &r);
    assert_int_equal(r.nreports, 2);  /* of the first transaction */
    assert_int_equal(r.nrefusals, 3); /* two transactions, and the TA1 in front of them is by no payer */
    assert_int_equal(r.transactions, 3);
    assert_int_equal(r.accepted, 1);
    assert_true(holds(r.ack, "AK2*837*0001*005010X222A1~IK5*A~"));
    assert_true(holds(r.ack, "AK2*837*0002*005010X222A1~IK5*R*4~")); /* SE01 does not fit */
    assert_true(holds(r.ack, "AK2*837*0003*005010X222A1~IK3*CLM*19*2300*8~IK5*R*I5~"));
    assert_true(holds(r.ack, "AK9*P*3*3*1~"));
    /* no value of the file is in it */
    assert_false(holds(r.ack, "ALVAREZ") || holds(r.ack, "PCN-") || holds(r.ack, "W99887766"));
    /* the same answer again, to the byte */
    struct rcv_reading again;
    read_file(file_at("tests/fixtures/x12/claims.837"), &again);
    assert_true(pp_str_eq(r.ack, again.ack));
}

/* One change to a good file a line: how many facts are left, what is told, what the answer says. */
static void bad_input(void **state) {
    (void)state;
    static const struct {
        const char *golden, *from, *to;
        int facts, refusals;
        const char *why; /* part of the first refusal, or of the notes when there is none; NULL: nothing */
        const char *ack; /* part of the answer; NULL: none is made */
    } rows[] = {
        {"837p", "IEA*1*000000001", "IEA*1*000000002", 2, 1, "IEA02", "TA1*000000001*260105*1200*E*001"},
        {"837p", "GE*1*1", "GE*2*1", 2, 1, "GE01", "AK9*E*2*1*1*5"},
        {"837p", "SE*48", "SE*47", 0, 1, "SE01", "IK5*R*4"},
        {"837p", "SE*48*0001", "", 0, 1, "the transaction has no SE", "IK5*R*2"},
        {"837p", "HI*ABK:M1711*ABF:I10~\n", "", 0, 2, "a required segment is missing", "IK3*HI*21*2300*3"},
        {"837p", "CLM*PAT-1*350", "CLM*PAT-1*351", 0, 1, "sum of its lines", "AK9*R*1*1*0"},
        {"837p", "005010X222A1~\nST", "004010X098A1~\nST", 0, 1, "GS08", "AK9*R*"},
        {"837p", "*11:B:1*Y*A*Y*Y~", "*11:B:1*X*A*Y*Y~", 0, 1, "CLM06", "IK4*6*1073*7"},
        {"837p", "ISA*00*", "ISA~00*", 0, 1, NULL, NULL},
        {"835", "PLB*1234567893*20261231*WO:ADJ-1*-20", "PLB*1234567893*20261231*WO:ADJ-1*-21", 0, 1, "", "AK9*R*"},
        {"835", "CAS*CO*197*90", "CAS*CO*197*91", 0, 1, "", "AK9*R*"},
        {"277ca", "HL*4*3*PT", "HL*4*3*XX", 0, 1, "HL03", "AK9*R*"},
        {"271", "HL*3*2*22*0", "HL*3*9*22*0", 0, 1, "HL02", "AK9*R*"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rcv_reading r;
        read_file(replaced(golden(rows[i].golden), rows[i].from, rows[i].to), &r);
        struct pp_str told = r.nrefusals ? r.refusals->reason : r.notes;
        if (r.nreports != rows[i].facts || r.nrefusals < rows[i].refusals ||
            (rows[i].why && !holds(told, rows[i].why)) || (rows[i].ack ? !holds(r.ack, rows[i].ack) : r.ack.n != 0))
            fail_msg("row %zu (%s): %d facts, %d refusals: %.*s\n%.*s", i, rows[i].to, r.nreports, r.nrefusals,
                     PP_FMT(told), PP_FMT(r.ack));
    }
}

/* What a sender is known for. */
static void profiles(void **state) {
    (void)state;
    struct rcv_reading r;
    struct pp_str sum = replaced(golden("837p"), "CLM*PAT-1*350", "CLM*PAT-1*351"),
                  count = replaced(golden("837p"), "SE*48", "SE*47"),
                  situation = replaced(golden("837p"), "*350***11:B:1*", "*350***11:B:7*");
    src.sender = PP_STR("rounds");
    read_file(sum, &r);
    assert_true(r.nreports == 2 && r.nrefusals == 0 && r.warnings == 1 && holds(r.notes, "sum of its lines"));
    src.sender = PP_STR("counts");
    read_file(count, &r);
    assert_true(r.nreports == 2 && r.nrefusals == 0 && r.warnings == 1);
    read_file(sum, &r);
    assert_int_equal(r.nreports, 0);
    /* type 4 is a warning, unless the sender asked for more */
    src.sender = PP_STR("anybody");
    read_file(situation, &r);
    if (r.nreports != 2 || !r.warnings)
        fail_msg("%d facts, %u warnings: %.*s", r.nreports, r.warnings, PP_FMT(r.notes));
    src.sender = PP_STR("strict");
    read_file(situation, &r);
    assert_int_equal(r.nreports, 0);
    src.sender = PP_STR("clearing");
}

static void our_pack_is_readable(void **state) {
    (void)state;
    struct pp_refs *ours;
    struct pp_err err;
    struct pp_x12_profile profile;
    int rows = 0;
    struct pp_refs_builder *b = pp_refs_begin();
    assert_int_equal(pp_refs_add(b, file_at("packs/x12-senders.tsv"), PP_STR("h"), 0, &err), 0);
    assert_int_equal(pp_refs_finish(b, &ours, &err), 0);
    for (const struct pp_x12_sender *s = NULL; (s = pp_refs_x12_sender_next(ours, s)); rows++)
        if (rcv_x12_profile_of(s, &profile, &err) < 0) fail_msg("%.*s: %s", PP_FMT(s->sender), err.msg);
    assert_true(rows > 0);
    pp_refs_free(ours);
    /* and what cannot be read is refused when the pack is loaded */
    static const char *const bad[] = {"x\t9\t\t\n", "x\t\tsegment-order\t\n", "x\t\tsegment-order: never\t\n",
                                      "x*y\t\t\t\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        b = pp_refs_begin();
        struct pp_str pack =
            pp_arena_printf(&arena, PACK_HEAD("x12-senders") "sender\terrors_to\tlowered\tnote\n%s", bad[i]);
        if (pp_refs_add(b, pack, PP_STR("h"), 0, &err) == 0) fail_msg("row %zu was taken", i);
        pp_refs_builder_free(b);
    }
}

/* ---- large files ---- */

#define MANY 1000
#define MANY_GOOD (4 * 3 * 73) /* 73 claims of a provider, three providers, four transactions of five */

/* Providers, subscribers and claims in odd numbers; every so often a transaction that is refused. */
static struct pp_str many_claims(void) {
    struct pp_buf b;
    pp_buf_init(&b, 8 << 20);
    pp_buf_addz(
        &b,
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260105*1200*^*00501*000000077*0*T*:~\n"
        "GS*HC*SENDER*RECEIVER*20260105*1200*1*X*005010X222A1~\n");
    int claim = 0, st = 0;
    while (claim < MANY) {
        struct pp_buf t;
        int hl = 0, segments = 0;
        pp_buf_init(&t, 4 << 20);
#define SEG(...) (pp_buf_printf(&t, __VA_ARGS__), segments++)
        SEG("ST*837*%04d*005010X222A1~\n", ++st);
        SEG("BHT*0019*00*B%d*20260105*1200*CH~\n", st);
        SEG("NM1*41*2*CLINIC*****46*SUB01~\n");
        SEG("PER*IC*ANA REYES*TE*2175550100~\n");
        SEG("NM1*40*2*PLAN*****46*NHP01~\n");
        for (int p = 0; p < 3; p++) {
            int provider = ++hl;
            SEG("HL*%d**20*1~\n", provider);
            SEG("NM1*85*2*CLINIC %d*****XX*123456789%d~\n", p, p);
            SEG("N3*1 OAK STREET~\n");
            SEG("N4*SPRINGFIELD*IL*627011234~\n");
            SEG("REF*EI*12345678%d~\n", p);
            for (int s = 0; s < 37; s++) {
                SEG("HL*%d*%d*22*0~\n", ++hl, provider);
                SEG("SBR*P*18*GRP77******CI~\n");
                SEG("NM1*IL*1*DOE*J%d****MI*M%06d~\n", claim, claim);
                SEG("N3*1 ELM STREET~\n");
                SEG("N4*SPRINGFIELD*IL*62704~\n");
                SEG("DMG*D8*19710203*F~\n");
                SEG("NM1*PR*2*NORTH HEALTH PLAN*****PI*NHP01~\n");
                for (int c = 0; c < 1 + s % 3; c++) {
                    SEG("CLM*C%d*90***11:B:1*Y*A*Y*Y~\n", claim++);
                    SEG("HI*ABK:J45909~\n");
                    SEG("LX*1~\n");
                    SEG("SV1*HC:94640*%d*UN*1***1~\n", st % 4 == 0 && c == 0 && s == 5 ? 91 : 90);
                    SEG("DTP*472*D8*20251210~\n");
                }
            }
        }
        SEG("SE*%d*%04d~\n", segments + 1, st);
#undef SEG
        pp_buf_adds(&b, pp_buf_str(&t));
        pp_buf_free(&t);
    }
    pp_buf_printf(&b, "GE*%d*1~\nIEA*1*000000077~\n", st);
    struct pp_str s = pp_arena_str(&arena, pp_buf_str(&b));
    pp_buf_free(&b);
    return s;
}

static void assert_same_facts(const struct rcv_report *a, const struct rcv_report *b) {
    for (; a && b; a = a->next, b = b->next) {
        if (strcmp(json_of(a), json_of(b)) != 0) fail_msg("%s\n%s", json_of(a), json_of(b));
        assert_int_equal(a->subject->nwho, b->subject->nwho);
        assert_true(pp_str_eq(a->subject->about[0].value, b->subject->about[0].value));
    }
    assert_true(!a && !b);
}

static void in_pieces(struct pp_str file, uint32_t max, uint32_t chunk, struct rcv_reading *r, uint32_t *ret_steps) {
    const struct rcv_x12_result *found;
    struct rcv_x12_plan *plan = rcv_x12_plan_of(&src, file);
    assert_non_null(plan);
    char *part = malloc(chunk);
    for (uint32_t i = 0; i < file.n; i += chunk) {
        uint32_t n = chunk < file.n - i ? chunk : file.n - i;
        memcpy(part, file.s + i, n); /* memory of its own: nothing may point into the last one */
        rcv_x12_plan_feed(plan, (struct pp_str){part, n});
    }
    free(part);
    assert_int_equal(rcv_x12_plan_end(plan, &found), 0);
    rcv_x12_take_result(&src, found, r);
    *ret_steps = 0;
    for (uint32_t next = 0; next < found->pieces_n; ++*ret_steps) {
        uint32_t before = next;
        assert_int_equal(rcv_x12_read_pieces(&src, PP_STR_NONE, plan, found, file, max, &next, r), 0);
        assert_true(next > before);
    }
    rcv_x12_plan_close(plan);
}

static void large_files(void **state) {
    (void)state;
    struct rcv_reading whole, pieces;
    uint32_t steps;
    struct pp_str file = many_claims();
    rcv_read_x12(&src, PP_STR_NONE, file, &whole);
    assert_int_equal(whole.nreports, MANY_GOOD);
    assert_int_equal(whole.nrefusals, 3); /* the fourth transaction does not add up in three places */
    in_pieces(file, RCV_X12_PIECE_ITEMS, 65536, &pieces, &steps);
    assert_true(steps >= 3);
    assert_same_facts(whole.first, pieces.first);
    assert_int_equal(whole.nrefusals, pieces.nrefusals);
    assert_true(pp_str_eq(whole.ack, pieces.ack));
}

/* The same plan, facts and answer however the bytes come. */
static void any_cut(void **state) {
    (void)state;
    static const char *const files[] = {"tests/fixtures/x12/claims.837", "tests/fixtures/x12/crlf.837",
                                        "tests/x12/golden/837i.x12",     "tests/x12/golden/835.x12",
                                        "tests/x12/golden/271.x12",      "tests/x12/golden/277ca.x12"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        for (uint32_t chunk = 1; chunk < 30; chunk += chunk < 3 ? 1 : 5) {
            struct rcv_reading whole, cut;
            uint32_t steps;
            struct pp_str file = file_at(files[i]);
            read_file(file, &whole);
            in_pieces(file, 1, chunk, &cut, &steps);
            assert_same_facts(whole.first, cut.first);
            assert_int_equal(whole.nrefusals, cut.nrefusals);
            assert_true(holds(cut.ack, "AK1*"));
        }
}

/* Every claim of an 835 in a transaction of 3000 is found again in the pieces, PLB included. */
static void a_long_remittance(void **state) {
    (void)state;
    struct rcv_reading whole, pieces;
    struct pp_buf b;
    uint32_t steps;
    struct pp_str g = golden("835");
    const char *clp = memmem(g.s, g.n, "CLP*PAT-2", 9), *plb = memmem(g.s, g.n, "PLB*", 4);
    pp_buf_init(&b, 8 << 20);
    pp_buf_add(&b, g.s, (size_t)(clp - g.s));
    for (int i = 0; i < 3000; i++) {
        if (i % 500 == 499) pp_buf_printf(&b, "LX*%d~\n", i / 500 + 2);
        pp_buf_printf(&b,
                      "CLP*P%d*4*90*0**12*K%d*11*1~\nNM1*QC*1*ROE*SAM~\nSVC*HC:94640*90*0**1~\nDTM*472*20251210~\n"
                      "CAS*CO*197*90~\n",
                      i, i);
    }
    const char *se = memmem(g.s, g.n, "SE*28", 5);
    pp_buf_add(&b, plb, (size_t)(se - plb));
    pp_buf_printf(&b, "SE*%d*0001~\nGE*1*1~\nIEA*1*000000001~\n", 28 - 6 + 3000 * 5 + 6);
    struct pp_str file = pp_arena_str(&arena, pp_buf_str(&b));
    pp_buf_free(&b);
    rcv_read_x12(&src, PP_STR_NONE, file, &whole);
    if (whole.nrefusals) fail_msg("%.*s", PP_FMT(whole.refusals->reason));
    assert_int_equal(whole.nreports, 3001);
    in_pieces(file, RCV_X12_PIECE_ITEMS, 65536, &pieces, &steps);
    assert_true(steps >= 15);
    assert_same_facts(whole.first, pieces.first);
    assert_int_equal(pieces.provider_adjustments, 1);
}

/* ---- whose it is ---- */

static uint32_t minted;
static struct pp_uuid next_id(void *user) {
    (void)user;
    return pp_uuid_derive((struct pp_uuid){{9}}, pp_arena_printf(&arena, "p%u", minted++));
}

static void an_answer_finds_its_claim(void **state) {
    (void)state;
    struct rcv_reading claims, paid, status, verified;
    struct pp_uuid who, again;
    const char *reason;
    struct rcv_registry *g = rcv_registry_new(&arena, next_id, NULL);
    read_file(golden("837p"), &claims);
    src.sender = PP_STR("lockbox"); /* a 835 comes by another way than the claims went */
    read_file(golden("835"), &paid);
    read_file(golden("277ca"), &status);
    read_file(golden("271"), &verified);
    src.sender = PP_STR("clearing");
    /* before the claim nobody is known, and nobody is made */
    assert_int_equal(rcv_resolve(g, nth(&paid, 0)->subject, &who, &reason), RCV_NOBODY);
    assert_int_equal(rcv_resolve(g, nth(&verified, 0)->subject, &who, &reason), RCV_NOBODY);
    assert_int_equal(minted, 0);
    assert_int_equal(rcv_resolve(g, nth(&claims, 0)->subject, &who, &reason), RCV_MINTED);
    assert_int_equal(rcv_resolve(g, nth(&paid, 0)->subject, &again, &reason), RCV_KNOWN);
    assert_true(pp_uuid_eq(who, again));
    assert_int_equal(rcv_resolve(g, nth(&status, 0)->subject, &again, &reason), RCV_KNOWN);
    assert_true(pp_uuid_eq(who, again));
    assert_int_equal(rcv_resolve(g, nth(&verified, 0)->subject, &again, &reason), RCV_KNOWN);
    assert_true(pp_uuid_eq(who, again));
    /* the other claim of the file has not come; the same number under another provider is another claim */
    assert_int_equal(rcv_resolve(g, nth(&paid, 1)->subject, &again, &reason), RCV_NOBODY);
    struct rcv_reading elsewhere;
    read_file(replaced(golden("835"), "XX*1234567893", "XX*1568401234"), &elsewhere);
    assert_int_equal(rcv_resolve(g, nth(&elsewhere, 0)->subject, &again, &reason), RCV_NOBODY);
    /* what knows a person second hand teaches the registry nothing */
    int links = 0;
    for (const struct rcv_link *l = rcv_registry_link_next(g, NULL); l; l = rcv_registry_link_next(g, l)) {
        assert_false(pp_str_eqz(l->key.authority, "lockbox"));
        links++;
    }
    assert_int_equal(links, 3); /* member, and the claim under its sender and its provider */
}

static void a_claim_paid_twice(void **state) {
    (void)state;
    struct rcv_reading r;
    struct pp_str g = golden("835");
    /* reversal and correction carry the same number: both are said, in their order */
    struct pp_str file = replaced(replaced(g, "CLP*PAT-2*4", "CLP*PAT-1*4"), "PLB", "PLB");
    read_file(file, &r);
    assert_int_equal(r.nreports, 2);
    assert_fact(nth(&r, 0), EV_REMITTANCE_REPORTED, "\"claim_no\":\"PAT-1\"", "\"status\":\"1\"", NULL);
    assert_fact(nth(&r, 1), EV_REMITTANCE_REPORTED, "\"claim_no\":\"PAT-1\"", "\"status\":\"4\"", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(professional_claims),
        cmocka_unit_test(institutional_claims),
        cmocka_unit_test(remittances),
        cmocka_unit_test(claim_acknowledgements),
        cmocka_unit_test(coverages),
        cmocka_unit_test(one_bad_transaction),
        cmocka_unit_test(bad_input),
        cmocka_unit_test(profiles),
        cmocka_unit_test(our_pack_is_readable),
        cmocka_unit_test(large_files),
        cmocka_unit_test(any_cut),
        cmocka_unit_test(a_long_remittance),
        cmocka_unit_test(an_answer_finds_its_claim),
        cmocka_unit_test(a_claim_paid_twice),
    };
    return cmocka_run_group_tests_name("intake x12 files", tests, begin, end);
}
