/* Writing HL7 v2: places, escapes, what is refused, canonical form, and what we tell ordering systems. */
#include "codec/hl7_ack.h"
#include "codec/hl7_notice.h"
#include "hl7_help.h"

static struct pp_buf out;

static const char *text_of(struct pp_buf *b) {
    pp_buf_addc(b, '\0');
    b->n--;
    return b->n ? b->p : "";
}

static void header(struct pp_hl7_out *w) {
    pp_hl7_out_segment(w, "MSH");
    pp_hl7_out_val(w, 9, 1, PP_STR("ACK"));
    pp_hl7_out_val(w, 10, 1, PP_STR("7"));
    pp_hl7_out_val(w, 11, 1, PP_STR("P"));
    pp_hl7_out_val(w, 12, 1, PP_STR("2.5.1"));
}

static void places(void **state) {
    (void)state;
    struct pp_hl7_out w;
    pp_buf_reset(&out);
    pp_hl7_out_begin(&w, NULL, &out);
    header(&w);
    pp_hl7_out_segment(&w, "PID");
    pp_hl7_out_put(&w, 3, 1, 1, 1, PP_STR("1"));
    pp_hl7_out_put(&w, 3, 1, 4, 2, PP_STR("oid"));
    pp_hl7_out_put(&w, 3, 3, 1, 1, PP_STR("2"));
    pp_hl7_out_put(&w, 3, 3, 2, 1, PP_STR_NONE);
    pp_hl7_out_val(&w, 5, 2, PP_STR("Ana|^~\\&\r\nx\x0b"));
    pp_hl7_out_date(&w, 7, 1, pp_date_of(1961, 7, 4));
    pp_hl7_out_null(&w, 13);
    pp_hl7_out_val(&w, 14, 1, PP_STR("\"\""));
    pp_hl7_out_segment(&w, "ZZZ");
    assert_int_equal(pp_hl7_out_end(&w, &err), 0);
    assert_string_equal(
        text_of(&out),
        "MSH|^~\\&|||||||ACK|7|P|2.5.1\r"
        "PID|||1^^^&oid~~2||^Ana\\F\\\\S\\\\R\\\\E\\\\T\\\\.br\\x\\X0B\\||19610704||||||\"\"|\\X22\\\\X22\\\rZZZ\r");
    /* and back */
    parse_as(pp_buf_str(&out), NULL);
    struct pp_hl7_seg *pid = &msg.segs[1];
    assert_str(pp_hl7_get(&msg, pid, 3, 1, 4, 2), "oid");
    assert_str(pp_hl7_get(&msg, pid, 3, 3, 1, 1), "2");
    assert_str(pp_hl7_val(&msg, pid, 5, 2), "Ana|^~\\&\nx\x0b");
    assert_true(pp_hl7_is_deleted(pp_hl7_val(&msg, pid, 13, 0)));
    assert_str(pp_hl7_val(&msg, pid, 14, 0), "\"\"");
}

/* Where the dot is a delimiter, ".br" would fall apart: a line feed is written by its number. */
static void the_dot_is_a_delimiter(void **state) {
    (void)state;
    struct pp_hl7_out w;
    const struct pp_hl7_delims dot = {'|', '^', '~', '.', '&', 0};
    pp_buf_reset(&out);
    pp_hl7_out_begin(&w, &dot, &out);
    header(&w);
    pp_hl7_out_segment(&w, "NTE");
    pp_hl7_out_val(&w, 3, 1, PP_STR("5.1\nx"));
    assert_int_equal(pp_hl7_out_end(&w, &err), 0);
    parse_as(pp_buf_str(&out), NULL);
    assert_str(pp_hl7_val(&msg, &msg.segs[1], 3, 0), "5.1\nx");
    parse_as(PP_STR("MSH|^~.&|||||||ACK|7|P|2.5\rNTE|||2P.5.1\nEVN\r"), NULL);
    pp_buf_reset(&out);
    assert_int_equal(pp_hl7_write(&msg, &out, &err), 0);
    parse_as(pp_buf_str(&out), NULL);
    assert_str(pp_hl7_val(&msg, &msg.segs[1], 3, 0), "2P.5.1\nEVN");
    /* and where it parts components */
    parse_as(PP_STR("MSH|.~\\&|||||||ACK|7|P|2\rNTE|||a\nb.c\r"), NULL);
    pp_buf_reset(&out);
    assert_int_equal(pp_hl7_write(&msg, &out, &err), 0);
    assert_non_null(strstr(text_of(&out), "NTE|||a\\X0A\\b.c\r"));
    parse_as(pp_buf_str(&out), NULL);
    assert_str(pp_hl7_val(&msg, &msg.segs[1], 3, 1), "a\nb");
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        int what;
        const char *want;
    } t[] = {
        {0, "MSH-9 to MSH-12 are needed: type, number, processing id, version"},
        {1, "MSH stands first, and nowhere else"},
        {2, "MSH stands first, and nowhere else"},
        {3, "a segment name is three capital letters or digits"},
        {4, "values are given in the order of their places"},
        {5, "values are given in the order of their places"},
        {6, "values are given in the order of their places"},
        {7, "a value is not UTF-8"},
        {8, "values are given in the order of their places"},
        {9, "values are given in the order of their places"},
        {10, "a segment name is three capital letters or digits"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct pp_hl7_out w;
        pp_buf_reset(&out);
        pp_buf_addz(&out, "before");
        pp_hl7_out_begin(&w, NULL, &out);
        if (t[i].what == 1) pp_hl7_out_segment(&w, "PID");
        if (t[i].what == 6) pp_hl7_out_val(&w, 1, 1, PP_STR("x"));
        if (t[i].what == 0)
            pp_hl7_out_segment(&w, "MSH");
        else
            header(&w);
        pp_hl7_out_segment(&w, t[i].what == 2 ? "MSH" : t[i].what == 3 ? "pid" : t[i].what == 10 ? "PIDX" : "PID");
        if (t[i].what == 4) pp_hl7_out_val(&w, 5, 2, PP_STR("x"));
        if (t[i].what == 4) pp_hl7_out_val(&w, 5, 1, PP_STR("x"));
        if (t[i].what == 5) pp_hl7_out_val(&w, 5, 2, PP_STR("x"));
        if (t[i].what == 5) pp_hl7_out_val(&w, 5, 2, PP_STR("x"));
        if (t[i].what == 7) pp_hl7_out_val(&w, 5, 2, PP_STR("\xfc"));
        if (t[i].what == 8) pp_hl7_out_val(&w, 0, 1, PP_STR("x"));
        if (t[i].what == 9) pp_hl7_out_val(&w, 5, 1, PP_STR("x"));
        if (t[i].what == 9) pp_hl7_out_null(&w, 5);
        assert_int_equal(pp_hl7_out_end(&w, &err), -1);
        assert_string_equal(err.msg, t[i].want);
        assert_string_equal(text_of(&out), "before");
    }
    struct pp_hl7_out w;
    struct pp_buf small;
    pp_buf_init(&small, 20);
    pp_hl7_out_begin(&w, NULL, &small);
    header(&w);
    assert_int_equal(pp_hl7_out_end(&w, &err), -1);
    assert_int_equal(err.kind, PP_ERR_LIMIT);
    assert_int_equal(small.n, 0);
    pp_buf_free(&small);
}

/* What is canonical comes out as it went in; the rest comes out canonical, and says the same. */
static void canonical(void **state) {
    (void)state;
    static const struct {
        const char *in, *want; /* NULL: the same */
    } t[] = {
        {MSH "ADT^A04|7|P|2.5\rPID|1||a^^^H&1&ISO~b^^||x||\"\"|\\F\\\\.br\\\\Z99\\\\XE9\\\rZPD|||\r", NULL},
        {"MSH@~&#\\@A@B\rPID@1@@X~~~H~MR&Y\r", NULL},
        {"MSH|^~\\&#|A|B\rOBX|1|TX|||cut\\P\\\r", NULL},
        {MSH "A\nPID|1\nPV1|1\n", MSH "A\rPID|1\rPV1|1\r"},
        {"\xef\xbb\xbf\r\n" MSH "A\r\n\r\nPID|1", MSH "A\rPID|1\r"},
        {MSH "A\rNTE|1||a\nb\\c \\ \\P\\\r", MSH "A\rNTE|1||a\\.br\\b\\E\\c \\E\\ \\E\\P\\E\\\r"},
        {MSH "A\rNTE|1||\\.br^\\F\\\r", MSH "A\rNTE|1||\\E\\.br^\\F\\\r"}, /* no escape over a separator */
        {MSH "A\rNTE|1||nul\vx\r", MSH "A\rNTE|1||nul\\X0B\\x\r"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct pp_buf again;
        pp_buf_init(&again, 4096);
        parse(t[i].in);
        pp_buf_reset(&out);
        assert_int_equal(pp_hl7_write(&msg, &out, &err), 0);
        assert_string_equal(text_of(&out), t[i].want ? t[i].want : t[i].in);
        parse_as(pp_buf_str(&out), NULL);
        assert_int_equal(pp_hl7_write(&msg, &again, &err), 0);
        assert_string_equal(text_of(&again), out.p);
        pp_buf_free(&again);
    }
    static const char *const bad[] = {MSH "A\rno segment\r", MSH "A\rMSH|^~\\&|B\r"};
    for (size_t i = 0; i < 2; i++) {
        parse(bad[i]);
        pp_buf_reset(&out);
        assert_int_equal(pp_hl7_write(&msg, &out, &err), -1);
        assert_int_equal(out.n, 0);
    }
    static const char *const files[] = {"orders.hl7", "appointment.hl7", "document.hl7", "result.hl7",
                                        "merge.hl7",  "referral.hl7",    "charges.hl7"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct pp_str f = fixture(files[i]);
        parse_as(f, NULL);
        pp_buf_reset(&out);
        assert_int_equal(pp_hl7_write(&msg, &out, &err), 0);
        assert_int_equal(out.n, f.n);
        assert_memory_equal(out.p, f.s, f.n);
    }
}

/* An answer never carries a framing character of the message it answers. */
static void answer_is_clean(void **state) {
    (void)state;
    parse("MSH|^~\\&|A\x1c|B|C|D|||ADT^A04|7\v|P|2.5\r");
    pp_buf_reset(&out);
    pp_hl7_ack_write(&msg, &(struct pp_hl7_ack){.control_id = PP_STR("P1")}, &out);
    assert_string_equal(text_of(&out), "MSH|^~\\&|C|D|A|B|||ACK^A04|P1|P|2.5\rMSA|AA|7\r");
}

static const struct pp_hl7_notice usual = {
    .sending_app = {"PRIORPATH", 9},
    .receiving_app = {"EPICRIS", 7},
    .receiving_facility = {"LAKESIDE", 8},
    .control_id = {"PP-1", 4},
    .time = {"20261124120000", 14},
    .processing_id = {"P", 1},
    .patient = {.value = {"M1", 2}, .authority = {"LAKESIDE", 8}},
    .family = {"Alvarez & Co", 12},
    .given = {"Rosa", 4},
    .sex = {"F", 1},
    .account = {"A77", 3},
    .company = {.value = {"MER01", 5}},
    .company_name = {"Meridian", 8},
    .member_id = {"W99887766", 9},
    .placer = {.value = {"PO-1", 4}, .authority = {"EPIC", 4}},
    .service = {.code = {"72148", 5}, .text = {"MRI lumbar", 10}, .system = {"C4", 2}},
    .status = PP_HL7_NOTICE_APPROVED,
    .number = {"AUTH-9", 6},
    .text = {"Approved as asked", 17},
};

static void order_notice(void **state) {
    (void)state;
    struct pp_hl7_notice n = usual;
    struct pp_hl7_orders r;
    n.birth = pp_date_of(1961, 7, 4);
    n.decided = pp_date_of(2026, 11, 24);
    n.begin = pp_date_of(2026, 12, 1);
    n.end = pp_date_of(2027, 2, 28);
    pp_buf_reset(&out);
    assert_int_equal(pp_hl7_notice_order(&n, &out, &err), 0);
    assert_string_equal(
        text_of(&out),
        "MSH|^~\\&|PRIORPATH||EPICRIS|LAKESIDE|20261124120000||ORM^O01^ORM_O01|PP-1|P|2.5.1||||||UNICODE UTF-8\r"
        "PID|1||M1^^^LAKESIDE^MR||Alvarez \\T\\ Co^Rosa||19610704|F||||||||||A77\r"
        "IN1|1|MER01|MER01|Meridian||||||||||AUTH-9^20261124^MER01||||||||||||||||||||||W99887766\r"
        "IN3|1|AUTH-9||Y||20261124|||20261201|20270228\r"
        "ORC|SC|PO-1^EPIC|||||||20261124120000||||||||||||||||approved^^PRIORPATH\r"
        "OBR|1|PO-1^EPIC||72148^MRI lumbar^C4\r"
        "NTE|1||Approved as asked\r");
    parse_as(pp_buf_str(&out), NULL);
    assert_int_equal(pp_hl7_read_orders(&msg, &r, &err), 0);
    assert_int_equal(msg.faults_n, 0);
    assert_str(r.orders[0].control, "SC");
    assert_str(r.person.pid.name.family, "Alvarez & Co");
    assert_str(r.person.insurance[0].authorization, "AUTH-9");
    assert_str(r.person.insurance[0].certifications[0].number.value, "AUTH-9");
    assert_int_equal(r.person.insurance[0].certifications[0].end.date, n.end);
    assert_str(r.orders[0].notes, "Approved as asked");

    n.status = PP_HL7_NOTICE_DENIED;
    n.reason =
        (struct pp_hl7_code){.code = PP_STR("0F"), .text = PP_STR("not medically necessary"), .system = PP_STR("886")};
    n.delims = &(struct pp_hl7_delims){'@', '~', '&', '#', '\\', 0};
    pp_buf_reset(&out);
    assert_int_equal(pp_hl7_notice_order(&n, &out, &err), 0);
    parse_as(pp_buf_str(&out), NULL);
    assert_int_equal(pp_hl7_read_orders(&msg, &r, &err), 0);
    const struct pp_hl7_certification *c = &r.person.insurance[0].certifications[0];
    assert_str(c->refused.code, "0F");
    assert_str(c->number.value, ""); /* a denied request has no authorization number, whatever the caller holds */
    assert_str(r.person.insurance[0].authorization, "");
    assert_str(r.orders[0].control_reason.code, "0F");
    assert_str(r.person.pid.name.family, "Alvarez & Co");
}

/* What a subscriber of public topics can say: an order, an authorization, nobody. */
static void state_notice(void **state) {
    (void)state;
    struct pp_hl7_state n = {.sending_app = PP_STR("PRIORPATH"),
                             .receiving_app = PP_STR("RIS"),
                             .control_id = PP_STR("PN1"),
                             .time = PP_STR("20261127142000+0000"),
                             .processing_id = PP_STR("P"),
                             .order_no = PP_STR("O-77"),
                             .service = {.code = PP_STR("72148"), .system = PP_STR("C4")},
                             .state = PP_STR("approved"),
                             .case_no = PP_STR("C-90211"),
                             .line = PP_STR("1"),
                             .number = PP_STR("MA2611870045"),
                             .payer = PP_STR("meridian"),
                             .valid_from = pp_date_of(2026, 11, 27),
                             .units_authorized = PP_STR("1"),
                             .unit_type = PP_STR("UN")};
    pp_buf_reset(&out);
    assert_int_equal(pp_hl7_notice_state(&n, &out, &err), 0);
    assert_string_equal(
        text_of(&out), "MSH|^~\\&|PRIORPATH||RIS||20261127142000+0000||ORM^O01^ORM_O01|PN1|P|2.5.1||||||UNICODE UTF-8\r"
                       "ORC|SC|O-77|||||||20261127142000+0000||||||||||||||||approved^^PRIORPATH\r"
                       "OBR|1|O-77||72148^^C4\r"
                       "OBX|1|ST|case^Case^PRIORPATH||C-90211||||||F\r"
                       "OBX|2|NM|line^Line of the case^PRIORPATH||1||||||F\r"
                       "OBX|3|ST|authorization^Authorization number^PRIORPATH||MA2611870045||||||F\r"
                       "OBX|4|ST|payer^Payer^PRIORPATH||meridian||||||F\r"
                       "OBX|5|DT|valid-from^First day^PRIORPATH||20261127||||||F\r"
                       "OBX|6|NM|units-authorized^Units authorized^PRIORPATH||1|UN|||||F\r");
    parse_as(pp_buf_str(&out), NULL);
    assert_int_equal(msg.faults_n, 0);
    /* a refusal names no number */
    n.state = PP_STR("denied");
    pp_buf_reset(&out);
    assert_int_equal(pp_hl7_notice_state(&n, &out, &err), 0);
    assert_null(strstr(text_of(&out), "MA2611870045"));
    /* what it needs; the buffer stays as it was */
    struct pp_str *const must[] = {&n.control_id, &n.time, &n.processing_id, &n.order_no, &n.state};
    for (size_t i = 0; i < sizeof must / sizeof *must; i++) {
        struct pp_str kept = *must[i];
        *must[i] = PP_STR_NONE;
        pp_buf_reset(&out);
        pp_buf_addz(&out, "before");
        assert_int_equal(pp_hl7_notice_state(&n, &out, &err), -1);
        assert_string_equal(text_of(&out), "before");
        *must[i] = kept;
    }
}

static void request_answer(void **state) {
    (void)state;
    struct pp_hl7_notice n = usual;
    struct pp_hl7_referral r;
    n.answers = PP_STR("REF1");
    n.provider_family = PP_STR("Okafor");
    n.npi = PP_STR("1992730006");
    n.begin = pp_date_of(2026, 12, 1);
    n.requested = n.authorized = PP_STR("2");
    pp_buf_reset(&out);
    assert_int_equal(pp_hl7_notice_answer(&n, &out, &err), 0);
    parse_as(pp_buf_str(&out), NULL);
    assert_int_equal(pp_hl7_read_referral(&msg, &r, &err), 0);
    assert_int_equal(msg.faults_n, 0);
    assert_str(r.msh.type, "RPA");
    assert_str(r.answered_id, "REF1");
    assert_str(r.status.code, "A");
    assert_str(r.number.value, "PO-1");
    assert_str(pp_hl7_party_of(&r, "RP")->npi, "1992730006");
    assert_str(r.procedures[0].code.code, "72148");
    assert_str(r.procedures[0].authorization->number.value, "AUTH-9");
    assert_str(r.procedures[0].authorization->authorized, "2");
    assert_int_equal(r.procedures[0].authorization->effective.date, n.begin);
    assert_str(r.notes, "Approved as asked");
    static const struct {
        enum pp_hl7_notice_status status;
        const char *rf1, *required;
    } t[] = {
        {PP_HL7_NOTICE_NOT_REQUIRED, "A", "N"}, {PP_HL7_NOTICE_PENDING, "P", "Y"}, {PP_HL7_NOTICE_APPROVED, "A", "Y"},
        {PP_HL7_NOTICE_MODIFIED, "A", "Y"},     {PP_HL7_NOTICE_DENIED, "R", "Y"},  {PP_HL7_NOTICE_CANCELLED, "R", "Y"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        n.status = t[i].status;
        pp_buf_reset(&out);
        assert_int_equal(pp_hl7_notice_answer(&n, &out, &err), 0);
        parse_as(pp_buf_str(&out), NULL);
        assert_int_equal(pp_hl7_read_referral(&msg, &r, &err), 0);
        assert_str(r.status.code, t[i].rf1);
        pp_buf_reset(&out);
        assert_int_equal(pp_hl7_notice_order(&n, &out, &err), 0);
        parse_as(pp_buf_str(&out), NULL);
        assert_str(pp_hl7_val(&msg, pp_hl7_find(&msg, "IN3", 0), 4, 1), t[i].required);
        assert_str(pp_hl7_val(&msg, pp_hl7_find(&msg, "ORC", 0), 25, 1), pp_hl7_notice_status_name(t[i].status));
    }
}

static void notice_lacks(void **state) {
    (void)state;
    struct pp_hl7_notice n;
    pp_buf_reset(&out);
#define LACKS(member, want)                                                                                            \
    n = usual;                                                                                                         \
    n.member = PP_STR_NONE;                                                                                            \
    assert_int_equal(pp_hl7_notice_order(&n, &out, &err), -1);                                                         \
    assert_string_equal(err.msg, want)
    LACKS(control_id, "number, time and processing id of the message are needed");
    LACKS(patient.value, "the patient's number and name are needed");
    LACKS(company.value, "the payer's id is needed");
    LACKS(placer.value, "an order number is needed");
    LACKS(service.code, "the service is needed");
    LACKS(number, "an approval needs its number");
    n = usual;
    assert_int_equal(pp_hl7_notice_answer(&n, &out, &err), -1);
    assert_string_equal(err.msg, "the number of the request is needed");
    n.answers = PP_STR("1");
    assert_int_equal(pp_hl7_notice_answer(&n, &out, &err), -1);
    assert_string_equal(err.msg, "the name of the requesting provider is needed");
    n = usual;
    n.family = PP_STR("M\xfcller");
    assert_int_equal(pp_hl7_notice_order(&n, &out, &err), -1);
    assert_string_equal(err.msg, "a value is not UTF-8");
    assert_int_equal(out.n, 0);
}

static int open_all(void **state) {
    pp_buf_init(&out, 1 << 16);
    return begin(state);
}
static int close_all(void **state) {
    pp_buf_free(&out);
    return end(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),       cmocka_unit_test(the_dot_is_a_delimiter),
        cmocka_unit_test(state_notice), cmocka_unit_test(refusals),
        cmocka_unit_test(canonical),    cmocka_unit_test(answer_is_clean),
        cmocka_unit_test(order_notice), cmocka_unit_test(request_answer),
        cmocka_unit_test(notice_lacks),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
