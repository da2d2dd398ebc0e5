/* The 275: documents out as BIN and as BDS, and back in pieces. */
#include "codec/x12_275.h"
#include "alloc_fail.h"
#include "x12_feed.h"
#include "x12_checked.h"

static struct pp_buf out;
static struct pp_err err;

/* Every byte there is, delimiters included. */
static struct pp_str all_bytes(void) {
    static char b[259];
    for (int i = 0; i < 256; i++) b[i] = (char)i;
    memcpy(b + 256, "~*~", 3);
    return (struct pp_str){b, sizeof b};
}

static struct pp_275_document documents[2];

static struct pp_275_request whole(enum pp_275_form form) {
    documents[0] = (struct pp_275_document){.control = PP_STR("ACN-1"),
                                            .report = PP_STR("PY"),
                                            .loinc = PP_STR("11506-3"),
                                            .file_name = PP_STR("note 1.xml"),
                                            .cda = true,
                                            .content_type = PP_STR("text/xml"),
                                            .authored = pp_date_of(2026, 11, 19),
                                            .bytes = all_bytes()};
    documents[1] = (struct pp_275_document){
        .control = PP_STR("ACN-2"), .content_type = PP_STR("application/pdf"), .bytes = PP_STR("%PDF ~SE*9*9~")};
    return (struct pp_275_request){
        .sending = {.partner = {.sender_type = PP_STR("ZZ"),
                                .sender = PP_STR("LAKESIDE"),
                                .receiver_type = PP_STR("ZZ"),
                                .receiver = PP_STR("MERIDIAN")},
                    .control = 77,
                    .at = INT64_C(1795705200000)},
        .form = form,
        .answers = true,
        .batch_ref = PP_STR("S-1"),
        .trace = PP_STR("T9"),
        .payer = {.name = PP_STR("Meridian"), .id_type = PP_STR("PI"), .id = PP_STR("MER01")},
        .submitter = {.name = PP_STR("Lakeside"), .id_type = PP_STR("46"), .id = PP_STR("LAKESIDE")},
        .provider = {.name = PP_STR("Lakeside Physicians"), .npi = PP_STR("1003900010")},
        .patient_family = PP_STR("Alvarez"),
        .patient_given = PP_STR("Rosa"),
        .member_id = PP_STR("W99887766"),
        .reference = PP_STR("P-7"),
        .service_from = pp_date_of(2026, 12, 1),
        .service_until = pp_date_of(2026, 12, 2),
        .documents = documents,
        .documents_n = 2};
}

static void build(enum pp_275_form form) {
    struct pp_275_request q = whole(form);
    if (pp_275_build(&q, &out, &err) < 0) fail_msg("%s", err.msg);
    assert_checks("275", pp_buf_str(&out));
    pp_buf_reset(&file);
    pp_buf_adds(&file, pp_buf_str(&out));
}

static void written(void **state) {
    (void)state;
    struct pp_275_request q = whole(PP_275_X211);
    q.documents_n = 1;
    documents[0].bytes = PP_STR("a~b*c");
    assert_int_equal(pp_275_build(&q, &out, &err), 0);
    pp_buf_addc(&out, '\0');
    assert_string_equal(out.p,
                        "ISA*00*          *00*          *ZZ*LAKESIDE       *ZZ*MERIDIAN       *261126*1500*^*00501*"
                        "000000077*0*T*:~GS*PI*LAKESIDE*MERIDIAN*20261126*1500*77*X*005010X211~ST*275*0001*005010X211~"
                        "BGN*11*S-1*20261126*1500~NM1*PR*2*MERIDIAN*****PI*MER01~NM1*41*2*LAKESIDE*****46*LAKESIDE~"
                        "NM1*1P*2*LAKESIDE PHYSICIANS*****XX*1003900010~NM1*QC*1*ALVAREZ*ROSA****MI*W99887766~"
                        "REF*1K*P-7~REF*EJ*T9~DTP*472*RD8*20261201-20261202~LX*1~TRN*2*ACN-1~STC*R4:11506-3::LOI~"
                        "DTP*368*D8*20261119~CAT*PY*HL~EFI*05*NOTE 1.XML~BIN*5*a~b*c~SE*17*0001~GE*1*77~"
                        "IEA*1*000000077~");
    q.form = PP_275_X316;
    q.answers = false;
    assert_int_equal(pp_275_build(&q, &out, &err), 0);
    pp_buf_addc(&out, '\0');
    assert_non_null(strstr(out.p, "*^*00602*000000077*"));
    assert_non_null(strstr(out.p, "ST*275*0001*006020X316~BGN*02*S-1*"));
    assert_non_null(strstr(out.p, "TRN*1*ACN-1~"));
    assert_non_null(strstr(out.p, "BDS*B64*8*YX5iKmM=~SE*17*0001~"));
}

static void failures(void **state) {
    (void)state;
    static const char *const want[] = {
        "payer.name is missing",
        "document.control is missing",
        "document.bytes is missing",
        "documents is missing",
        "document.control holds a character that X12 cannot carry in an identifier",
        "batch_ref is missing",
        "document.report is longer than 2 characters",
        "control is missing or does not fit into the X12 envelope",
        "patient.family is missing",
        "document.loinc holds a character that X12 cannot carry in an identifier",
    };
    for (int i = 0; i < (int)(sizeof want / sizeof *want); i++) {
        struct pp_275_request q = whole(PP_275_X211);
        switch (i) {
        case 0: q.payer.name = PP_STR_NONE; break;
        case 1: documents[1].control = PP_STR_NONE; break;
        case 2: documents[1].bytes = PP_STR_NONE; break;
        case 3: q.documents_n = 0; break;
        case 4: documents[0].control = PP_STR("A~B"); break;
        case 5: q.batch_ref = PP_STR_NONE; break;
        case 6: documents[0].report = PP_STR("LONG"); break;
        case 7: q.sending.control = 0; break;
        case 8: q.patient_family = PP_STR_NONE; break;
        default: documents[0].loinc = PP_STR("1:2"); break;
        }
        assert_int_equal(pp_275_build(&q, &out, &err), -1);
        assert_string_equal(err.msg, want[i]);
        assert_int_equal(out.n, 0);
    }
    struct pp_275_request q = whole(PP_275_X211);
    struct pp_buf small;
    pp_buf_init(&small, 600);
    assert_int_equal(pp_275_build(&q, &small, &err), -1);
    assert_int_equal(err.kind, PP_ERR_LIMIT);
    pp_buf_free(&small);
}

/* ---- reading ---- */

static uint64_t hash; /* of the content, whatever its pieces */

static int on_part(void *user, const struct pp_275_head *h, const struct pp_275_part *p) {
    (void)user;
    hash = 14695981039346656037u;
    put("batch", h->batch_ref);
    put("payer", h->payer.id);
    put("provider", h->provider.npi);
    put("patient", h->patient.name);
    put("member", h->patient.id);
    put("reference", h->reference);
    put_date("from", h->service_from);
    put_date("until", h->service_until);
    put("part", p->number);
    put("control", p->control);
    put("loinc", p->loinc);
    put("category", p->category);
    put("form", p->form);
    put_date("date", p->date);
    pp_buf_addz(&text, "\n");
    return 0;
}
static int on_data(void *user, struct pp_str s) {
    (void)user;
    for (uint32_t i = 0; i < s.n; i++) hash = (hash ^ (unsigned char)s.s[i]) * 1099511628211u;
    return 0;
}
static int on_end(void *user, const struct pp_275_part *p) {
    (void)user;
    pp_buf_printf(&text, "%llu bytes %016llx\n", (unsigned long long)p->bytes, (unsigned long long)hash);
    return 0;
}
static const struct pp_275_handlers to_text = {
    .part = on_part, .data = on_data, .part_end = on_end, .transaction = put_verdict};

static int event(void *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return pp_x12_275_event(v, r, e);
}
static void read_in(size_t first, size_t piece) {
    struct pp_x12_275 *v = pp_x12_275_open(&to_text, 0);
    feed_file(first, piece, v, event);
    pp_x12_275_close(v);
}
static int read_whole(void) { return pp_x12_275_bytes(&tolerant, pp_buf_str(&file), &to_text); }

static void back(void **state) {
    (void)state;
    char want[600], end1[64], end2[64];
    hash = 14695981039346656037u;
    on_data(NULL, all_bytes());
    snprintf(end1, sizeof end1, "259 bytes %016llx\n", (unsigned long long)hash);
    hash = 14695981039346656037u;
    on_data(NULL, PP_STR("%PDF ~SE*9*9~"));
    snprintf(end2, sizeof end2, "13 bytes %016llx\n", (unsigned long long)hash);
    const char *head = " batch=S-1 payer=MER01 provider=1003900010 patient=ALVAREZ member=W99887766 reference=P-7 "
                       "from=2026-12-01 until=2026-12-02";
    snprintf(want, sizeof want,
             "%s part=1 control=ACN-1 loinc=11506-3 category=PY form=HL date=2026-11-19\n%s"
             "%s part=2 control=ACN-2 category=OZ form=IA\n%saccepted 2\n",
             head, end1, head, end2);
    for (int form = PP_275_X211; form <= PP_275_X316; form++) {
        build((enum pp_275_form)form);
        pp_buf_reset(&text);
        assert_int_equal(read_whole(), 0);
        assert_string_equal(text_z(), want);
        check_cuts(read_in);
        check_memory(read_whole);
    }
}

static void faults(void **state) {
    (void)state;
    static const struct {
        const char *guide, *body, *want;
    } files[] = {
        {"005010X211", "BGN*11*1~LX*1~BIN*0*~", "refused 0\nE 2110A BIN02 the document is empty\n"},
        {"005010X211", "BGN*11*1~BIN*1*x~", "refused 0\nE 2110A BIN00 a document outside of an LX loop\n"},
        {"005010X211", "BGN*11*1~LX*1~BDS*B64*4*YWJj~",
         " batch=1 part=1\nrefused 0\nE 2110A BDS01 the content is not in the form that the guide wants (BIN in "
         "005010, "
         "BDS in base 64 in 006020)\n"},
        {"006020X316", "BGN*11*1~LX*1~BDS*B64*4*Y!Jj~",
         " batch=1 part=1\nrefused 0\nE 2110A BDS03 this is no base 64\n"},
        {"006020X316", "BGN*11*1~LX*1~BDS*B64*5*YWJjZ~",
         " batch=1 part=1\nrefused 0\nE 2110A BDS03 this is no base 64\n"},
        {"006020X316", "BGN*11*1~LX*1~BDS*B64*8*YW==YW==~",
         " batch=1 part=1\nrefused 0\nE 2110A BDS03 this is no base 64\n"},
        {"005010X211", "BGN*11*1~", "refused 0\nE  SE00 the transaction holds nothing to be read\n"},
        {"004050X151", "BGN*11*1~",
         "refused 0\nE  ST03 this guide is not read here; 005010X210, 005010X211, 006020X314 and 006020X316 are\n"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        make_file("PI", files[i].guide, "275", files[i].body);
        pp_buf_reset(&text);
        assert_int_equal(read_whole(), 0);
        if (strcmp(text_z(), files[i].want) != 0) fail_msg("%zu: got %s", i, text.p);
    }
    /* a length that does not fit: nothing counts as a document */
    make_file("PI", "005010X211", "275", "BGN*11*1~LX*1~BIN*3*abcdef~");
    pp_buf_reset(&text);
    assert_int_equal(read_whole(), 0);
    assert_non_null(strstr(text_z(), "refused 0\n"));
    assert_non_null(strstr(text_z(), "the binary data do not end where their length says"));
    assert_null(strstr(text_z(), "bytes 0"));
}

static int stop_data(void *user, struct pp_str s) {
    (void)user;
    (void)s;
    return -1;
}
static void stopping(void **state) {
    (void)state;
    build(PP_275_X211);
    struct pp_275_handlers h = {.data = stop_data};
    assert_int_equal(pp_x12_275_bytes(&tolerant, pp_buf_str(&file), &h), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written), cmocka_unit_test(failures), cmocka_unit_test(back),
        cmocka_unit_test(faults),  cmocka_unit_test(stopping),
    };
    feed_begin();
    pp_buf_init(&out, PP_275_BYTES_MAX);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    pp_buf_free(&out);
    return feed_end(rc);
}
