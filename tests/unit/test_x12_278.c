/* The 278 as it is read and what it means: decisions by a table that people can read, each member, levels, limits. */
#include "codec/x12_278.h"
#include "alloc_fail.h"
#include "x12_feed.h"

/* ---- files ---- */

static void seg(const char *s) { pp_buf_printf(&file, "%s~", s); }

static void head(const char *guide, const char *bht02, const char *bht06) {
    begin_file("HI", guide, "278");
    pp_buf_printf(&file, "BHT*0007*%s*REF-1*20261124*0815*%s~", bht02, bht06);
}

static void people(void) {
    seg("HL*1**20*1");
    seg("NM1*X3*2*MERIDIAN ADVANTAGE*****PI*MER01");
    seg("HL*2*1*21*1");
    seg("NM1*1P*2*LAKESIDE GROUP*****XX*1992730001");
    seg("HL*3*2*22*1");
    seg("NM1*IL*1*ALVAREZ*ROSA****MI*W99887766");
}

/* Segments with a blank between them; a blank inside of a segment stands as "_". */
static void segments(const char *cell) {
    for (const char *p = cell; *p && strcmp(cell, "-") != 0;) {
        size_t n = strcspn(p, " ");
        for (size_t i = 0; i < n; i++) pp_buf_addc(&file, p[i] == '_' ? ' ' : p[i]);
        pp_buf_addc(&file, '~');
        p += n + (p[n] == ' ');
    }
}

/* ---- the decision table ---- */

struct row {
    char *cell[10];
    unsigned n, no;
};

static void put_line(struct pp_buf *b, const struct pp_278_line_decision *d) {
    char from[11], until[11];
    pp_buf_addz(b, pp_278_outcome_name(d->outcome));
    if (d->authorization.n) pp_buf_printf(b, " %.*s", PP_FMT(d->authorization));
    if (d->reference.n) pp_buf_printf(b, " ref %.*s", PP_FMT(d->reference));
    pp_date_text(d->from, from);
    pp_date_text(d->until, until);
    if (d->from) pp_buf_printf(b, " %.4s%.2s%.2s..%.4s%.2s%.2s", from, from + 5, from + 8, until, until + 5, until + 8);
}

static int decide_row(void *user, const struct pp_278 *r) {
    struct row *row = user;
    struct pp_arena a;
    struct pp_278_decision d;
    pp_arena_init(&a, 1 << 20);
    assert_int_equal(pp_278_decide(r, &a, &d), 0);
    row->n++;
    for (unsigned i = 0; i < 4; i++) {
        struct pp_buf got;
        pp_buf_init(&got, 200);
        if (i == 0)
            put_line(&got, &d.event);
        else if (i <= r->lines_n)
            put_line(&got, &d.lines[i - 1]);
        else
            pp_buf_addc(&got, '-');
        pp_buf_addc(&got, '\0');
        if (strcmp(got.p, row->cell[6 + i]) != 0)
            fail_msg("row %u (%s), %s %u: wanted \"%s\", got \"%s\"", row->no, row->cell[0], i ? "line" : "event", i,
                     row->cell[6 + i], got.p);
        pp_buf_free(&got);
    }
    pp_arena_free(&a);
    return 0;
}

static void one_row(struct row *row) {
    head("005010X217", "11", "18");
    people();
    segments(row->cell[1]);
    seg("HL*4*3*EV*1");
    seg("TRN*2*T100*1992730001");
    segments(row->cell[2]);
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(row->cell[3 + i], "-") == 0) continue;
        pp_buf_printf(&file, "HL*%u*4*SS*0~TRN*2*T100-%u*1992730001~", 5 + i, i + 1);
        segments(row->cell[3 + i]);
    }
    end_file();
    struct pp_278_handlers h = {.review = decide_row, .user = row};
    row->n = 0;
    assert_int_equal(pp_x12_278_bytes(&tolerant, pp_buf_str(&file), &h), 0);
    if (row->n != 1) fail_msg("row %u (%s): the answer was not read", row->no, row->cell[0]);
}

static void decisions(void **state) {
    (void)state;
    char line[2000];
    unsigned rows = 0, no = 0;
    FILE *f = fopen("tests/x12/278_decisions.tsv", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        struct row row = {.no = ++no};
        if (line[0] == '#') continue;
        line[strcspn(line, "\n")] = '\0';
        char *p = line;
        for (unsigned i = 0; i < 10; i++) {
            if (!p) fail_msg("line %u has %u columns, not 10", no, i);
            row.cell[i] = p;
            p = strchr(p, '\t');
            if (p) *p++ = '\0';
        }
        one_row(&row);
        rows++;
    }
    fclose(f);
    assert_true(rows > 60);
}

/* ---- each member ---- */

static unsigned seen;

static void check_event(const struct pp_278_level *e) {
    assert_str(e->ours.number, "T100");
    assert_str(e->ours.org, "1992730001");
    assert_str(e->theirs.number, "MER-9");
    assert_str(e->category, "HS");
    assert_str(e->certification, "I");
    assert_str(e->service_type, "62");
    assert_str(e->facility, "22");
    assert_str(e->facility_type, "B");
    assert_str(e->level_of_service, "U");
    assert_str(e->review.action, "A6");
    assert_str(e->review.number, "AUTH1");
    assert_int_equal(e->review.reasons_n, 2);
    assert_str(e->review.reasons[1], "0V");
    assert_str(e->review.second_opinion, "Y");
    assert_str(e->authorization, "OLD1");
    assert_str(e->reference, "NT-5");
    assert_int_equal(e->issued, pp_date_of(2026, 11, 24));
    assert_int_equal(e->from, pp_date_of(2026, 12, 1));
    assert_int_equal(e->until, pp_date_of(2026, 12, 31));
    assert_int_equal(e->admitted, pp_date_of(2026, 12, 2));
    assert_int_equal(e->diagnoses_n, 2);
    assert_str(e->diagnosis_types[1], "ABF");
    assert_str(e->diagnoses[1], "M5126");
    assert_str(e->delivery.unit, "VS");
    assert_str(e->delivery.quantity, "3");
    assert_str(e->delivery.per, "WK");
    assert_str(e->delivery.period, "34");
    assert_str(e->delivery.periods, "2");
    assert_int_equal(e->papers_n, 1);
    assert_str(e->papers[0].report, "M1");
    assert_str(e->papers[0].transmission, "EL");
    assert_str(e->papers[0].control, "ACN-1");
    assert_int_equal(e->messages_n, 2);
    assert_str(e->messages[0], " Bx27808063,By1 "); /* as it came, blanks and all */
    assert_int_equal(e->providers_n, 2);
    assert_str(e->providers[0].role, "DK");
    assert_str(e->providers[0].npi, "1548273911");
    assert_str(e->providers[1].taxonomy, "2085R0202X");
    assert_str(e->contact.contact, "MEDICAL RECORDS");
    assert_str(e->contact.fax, "3125550102");
    assert_str(e->contact.city, "CHICAGO");
}

static int check_members(void *user, const struct pp_278 *r) {
    (void)user;
    seen++;
    assert_true(r->response);
    assert_false(r->inquiry);
    assert_true(r->more_to_come);
    assert_str(r->batch_ref, "REF-1");
    assert_str(r->umo.id, "MER01");
    assert_str(r->umo.phone, "8005550100");
    assert_str(r->requester.npi, "1992730001");
    assert_str(r->subscriber.id, "W99887766");
    assert_str(r->dependent.given, "KIM");
    assert_str(r->dependent.relation, "19");
    assert_int_equal(r->dependent.birth_date, pp_date_of(2015, 5, 5));
    check_event(&r->event);
    assert_int_equal(r->lines_n, 2);
    const struct pp_278_level *l = &r->lines[0];
    assert_str(l->ours.number, "T100-1");
    assert_int_equal(l->service.kind, 1);
    assert_str(l->service.code_type, "HC");
    assert_str(l->service.code, "72148");
    assert_int_equal(l->service.modifiers_n, 2);
    assert_str(l->service.modifiers[1], "TC");
    assert_str(l->service.code_end, "72158");
    assert_str(l->service.amount, "1200.5");
    assert_str(l->service.unit, "UN");
    assert_str(l->service.quantity, "2");
    assert_int_equal(l->service_until, pp_date_of(2026, 12, 4));
    assert_int_equal(l->papers_n, 2);
    assert_str(l->papers[0].loinc, "18748-4");
    assert_int_equal(l->providers_n, 1);
    assert_str(l->contact.name, "MERIDIAN IMAGING");
    l = &r->lines[1];
    assert_int_equal(l->service.kind, 2);
    assert_str(l->service.revenue, "0120");
    assert_str(l->service.quantity, "5");
    assert_int_equal(r->aaa_n, 2);
    assert_int_equal(r->aaa_above, 0);
    assert_int_equal(l->aaa_n, 2);
    assert_string_equal(r->aaa[0].loop, "2000F");
    assert_string_equal(r->aaa[1].loop, "2010FA");
    assert_str(r->aaa[1].code, "51");
    assert_str(r->aaa[1].followup, "C");
    return 0;
}

static void whole_answer(void) {
    head("005010X217", "11", "19");
    people();
    pp_buf_addz(&file, "HL*4*3*23*1~NM1*QC*1*BOND*KIM~DMG*D8*20150505*F~INS*N*19~HL*5*4*EV*1~TRN*2*T100*1992730001~"
                       "TRN*1*MER-9*9MERIDIAN1~UM*HS*I*62*22:B**U~HCR*A6*AUTH1*0G^0V*Y~REF*NT*NT-5~REF*BB*OLD1~"
                       "DTP*102*D8*20261124~DTP*007*D8*20261201~DTP*036*D8*20261231~DTP*435*D8*20261202~"
                       "HI*ABK:M545*ABF:M5126~HSD*VS*3*WK**34*2~PWK*M1*EL***AC*ACN-1~MSG* Bx27808063,By1 ~MSG*second~"
                       "NM1*DK*1*OKAFOR*ADA****XX*1548273911~NM1*SJ*2*LAKESIDE IMAGING*****XX*1306849450~"
                       "PRV*PE*PXC*2085R0202X~NM1*L5*2*MERIDIAN RECORDS~N3*1 MAIN~N4*CHICAGO*IL*60601~"
                       "PER*IC*MEDICAL RECORDS*TE*3125550101*FX*3125550102~");
    pp_buf_addz(&file, "HL*6*5*SS*0~TRN*2*T100-1*1992730001~UM*HS*I~HCR*A1~DTP*472*RD8*20261203-20261204~"
                       "HI*LOI:18748-4~SV1*HC:72148:26:TC::::72158*1200.5*UN*2~PWK*B3*EL***AC*ACN-2~"
                       "NM1*SJ*1*GARCIA****XX*1558444216~NM1*L5*2*MERIDIAN IMAGING~HL*7*5*SS*0~AAA*N**57*C~"
                       "SV2*0120*HC:99221*100*DA*5~NM1*SJ*1*X~AAA*N**51*C~");
    end_file();
    /* the payer's phone stands at its own level */
    static char bytes[8192];
    const char *at = memmem(file.p, file.n, "HL*2*1*21", 9);
    size_t n = (size_t)(at - file.p);
    int len =
        snprintf(bytes, sizeof bytes, "%.*sPER*IC**TE*8005550100~%.*s", (int)n, file.p, (int)(file.n - n), file.p + n);
    pp_buf_reset(&file);
    pp_buf_add(&file, bytes, (size_t)len);
}

static void members(void **state) {
    (void)state;
    whole_answer();
    seen = 0;
    struct pp_278_handlers h = {.review = check_members};
    assert_int_equal(pp_x12_278_bytes(&tolerant, pp_buf_str(&file), &h), 0);
    assert_int_equal(seen, 1);
}

/* ---- levels as text ---- */

static int review_text(void *user, const struct pp_278 *r) {
    (void)user;
    pp_buf_printf(&text, "%s %.*s", r->inquiry ? "inquiry" : "review", PP_FMT(r->subscriber.name));
    if (r->dependent.present) pp_buf_printf(&text, "/%.*s", PP_FMT(r->dependent.name));
    if (r->event.present) pp_buf_printf(&text, " event %.*s", PP_FMT(r->event.ours.number));
    pp_buf_printf(&text, " lines %u aaa %u above %u\n", r->lines_n, r->aaa_n, r->aaa_above);
    return 0;
}
static const struct pp_278_handlers to_text = {.review = review_text, .transaction = put_verdict};

static int read_whole(void) { return pp_x12_278_bytes(&tolerant, pp_buf_str(&file), &to_text); }
static const char *read_text(void) {
    pp_buf_reset(&text);
    assert_int_equal(read_whole(), 0);
    return text_z();
}

static void levels(void **state) {
    (void)state;
    static const struct {
        const char *body, *want;
    } files[] = {
        {"HL*1**20*1~NM1*X3*2*M~AAA*N**42*P~", "review  lines 0 aaa 1 above 1\naccepted 1\n"},
        {"HL*1**20*1~HL*2*1*21*1~HL*3*2*22*0~NM1*IL*1*A~AAA*N**75*C~HL*4*2*22*0~NM1*IL*1*B~AAA*N**95*N~AAA*N**72*C~",
         "review A lines 0 aaa 1 above 1\nreview B lines 0 aaa 2 above 2\naccepted 2\n"},
        {"HL*1**20*1~AAA*N**42*P~HL*2*1*21*1~AAA*N**51*C~HL*3*2*22*0~NM1*IL*1*A~AAA*N**75*C~HL*4*2*22*0~NM1*IL*1*B~",
         "review A lines 0 aaa 3 above 3\nreview B lines 0 aaa 2 above 2\naccepted 2\n"},
        {"HL*1**20*1~HL*2*1*21*1~HL*3*2*22*1~NM1*IL*1*A~HL*4*3*EV*1~TRN*2*T1*1~AAA*N**33*C~HL*5*4*SS*0~AAA*N**57*C~"
         "HL*6*4*SS*0~HL*7*3*EV*0~TRN*2*T2*1~",
         "review A event T1 lines 2 aaa 2 above 0\nreview A event T2 lines 0 aaa 0 above 0\naccepted 2\n"},
        {"HL*1**20*1~HL*2*1*21*1~HL*3*2*22*1~NM1*IL*1*A~HL*4*3*23*1~NM1*QC*1*C~HL*5*4*EV*0~TRN*2*T1*1~HL*6*3*23*0~"
         "NM1*QC*1*D~AAA*N**58*C~HL*7*2*22*1~NM1*IL*1*B~HL*8*7*EV*0~TRN*2*T2*1~",
         "review A/C event T1 lines 0 aaa 0 above 0\nreview A/D lines 0 aaa 1 above 1\n"
         "review B event T2 lines 0 aaa 0 above 0\naccepted 3\n"},
        /* a published example hangs its second line under the first one */
        {"HL*1**20*1~HL*2*1*21*1~HL*3*2*22*1~NM1*IL*1*A~HL*4*3*EV*1~HL*5*4*SS*0~HL*6*5*SS*0~",
         "review A event  lines 2 aaa 0 above 0\naccepted 1\nW 2000F HL02 the parent is not the level above\n"},
        {"HL*1**20*1~HL*2*1*22*1~", "refused 0\nE 2000C HL03 the level above is missing\n"},
        {"HL*1**20*1~HL*2*1*19*1~",
         "refused 0\nE 2000A HL03 this level does not exist here (20, 21, 22, 23, EV, SS)\n"},
        {"NM1*X3*2*M~", "refused 0\nE 2010 NM100 a party outside of a level\n"},
        {"HL*1**20*1~HL*2*1*21*1~HL*3*2*22*1~HL*4*3*EV*1~HCR*A1*1~HCR*A3~",
         "refused 0\nE 2000E HCR00 a second decision on the same level\n"},
        {"HL*1**20*1~HL*2*1*21*1~HL*3*2*22*1~HL*4*3*EV*1~DTP*007*D8*20261399~",
         "refused 0\nE 2000E DTP03 this is no date\n"},
        {"HL*1**20*1~HL*2*1*21*1~HL*3*2*22*1~HL*4*3*EV*1~DTP*007*RD8*20261201-20261101~",
         "refused 0\nE 2000E DTP03 the range of dates ends before it begins\n"},
        {"HL*1**20*1~HL*2*1*21*1~HL*3*2*22*1~HL*4*3*EV*1~HSD*VS*many~",
         "refused 0\nE 2000E HSD02 this is no amount or quantity\n"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        head("005010X217", "11", "18");
        pp_buf_addz(&file, files[i].body);
        end_file();
        assert_string_equal(read_text(), files[i].want);
    }
    head("005010X215", "11", "18");
    people();
    seg("HL*4*3*EV*0");
    end_file();
    assert_string_equal(read_text(), "inquiry ALVAREZ event  lines 0 aaa 0 above 0\naccepted 1\n");
    head("005010X279A1", "11", "18");
    end_file();
    assert_string_equal(read_text(), "refused 0\nE  ST03 this guide is not read here; 005010X217 and 005010X215 are\n");
}

static void limits(void **state) {
    (void)state;
    head("005010X217", "11", "18");
    people();
    seg("HL*4*3*EV*1");
    for (int i = 0; i < PP_278_LINES_MAX; i++) pp_buf_printf(&file, "HL*%d*4*SS*0~", 5 + i);
    struct pp_buf fits = file;
    end_file();
    assert_non_null(strstr(read_text(), "lines 40"));
    file.n = fits.n;
    seg("HL*99*4*SS*0");
    end_file();
    assert_non_null(strstr(read_text(), "more lines than we read (40)"));
    /* an arena that is too small refuses the transaction and says so */
    whole_answer();
    for (size_t kb = 1; kb <= 256; kb *= 16) {
        struct pp_x12_reader *r = pp_x12_open(&tolerant);
        struct pp_x12_278 *v = pp_x12_278_open(&to_text, kb << 10);
        struct pp_x12_event e;
        pp_buf_reset(&text);
        for (size_t i = 0; i < file.n;) {
            i += pp_x12_feed(r, file.p + i, file.n - i, &e);
            assert_int_equal(pp_x12_278_event(v, r, &e), 0);
        }
        assert_non_null(strstr(text_z(), kb == 1 ? "larger than our limit" : "accepted 1"));
        pp_x12_278_close(v);
        pp_x12_close(r);
    }
}

/* ---- cuts and memory ---- */

static int event(void *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return pp_x12_278_event(v, r, e);
}
static void read_in(size_t first, size_t piece) {
    struct pp_x12_278 *v = pp_x12_278_open(&to_text, 0);
    assert_non_null(v);
    feed_file(first, piece, v, event);
    pp_x12_278_close(v);
}

static void cuts_and_memory(void **state) {
    (void)state;
    whole_answer();
    check_cuts(read_in);
    check_memory(read_whole);
}

static void refused_by_others(void **state) {
    (void)state;
    whole_answer();
    struct pp_x12_reader *r = pp_x12_open(&tolerant);
    struct pp_x12_278 *v = pp_x12_278_open(&to_text, 0);
    struct pp_x12_event e;
    pp_buf_reset(&text);
    for (size_t i = 0; i < file.n;) {
        i += pp_x12_feed(r, file.p + i, file.n - i, &e);
        if (e.what == PP_X12_SEGMENT && e.role == PP_X12_SE) pp_x12_278_refuse(v);
        pp_x12_278_event(v, r, &e);
    }
    assert_string_equal(text_z(), "refused 0\nE  ST00 the transaction did not pass its check\n");
    pp_x12_278_close(v);
    pp_x12_close(r);
}

static int stop(void *user, const struct pp_278 *r) {
    (void)user;
    (void)r;
    return -1;
}
static void stopping(void **state) {
    (void)state;
    whole_answer();
    assert_int_equal(pp_x12_278_bytes(&tolerant, pp_buf_str(&file), &(struct pp_278_handlers){.review = stop}), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions), cmocka_unit_test(members),         cmocka_unit_test(levels),
        cmocka_unit_test(limits),    cmocka_unit_test(cuts_and_memory), cmocka_unit_test(refused_by_others),
        cmocka_unit_test(stopping),
    };
    feed_begin();
    return feed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
