/* Acknowledgements: 999 and TA1 for what was read, and TA1, 999, 997 and 277CA of what was sent, as they are read. */
#include "codec/x12_ack.h"
#include "alloc_fail.h"
#include "x12_feed.h"
#include "x12_checked.h"

static struct pp_buf out;
static struct pp_err err;

/* ---- writing ---- */

static struct pp_ack_opts options(void) {
    return (struct pp_ack_opts){.sending = {.control = 500, .at = INT64_C(1795705200000)}, .own_findings = true};
}

/* A file as text: ISA, TA1 of senders and so on are written as they stand. %I is an ISA with control number 000000101
 * that wants no TA1, %J one that does. */
static void raw_file(const char *body) {
    pp_buf_reset(&file);
    for (const char *p = body; *p; p++) {
        if (*p == '\n') continue;
        if (*p != '%') {
            pp_buf_addc(&file, *p);
            continue;
        }
        p++;
        pp_buf_printf(&file,
                      "ISA*00*          *00*          *ZZ*LAKESIDE       *01*PRIORPATH      *261124*0815*^*00501*"
                      "000000101*%c*P*:~",
                      *p == 'J' ? '1' : '0');
    }
}

static int acknowledge(const struct pp_ack_opts *opts) {
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_ack *a = pp_x12_ack_open(opts, &out);
    struct pp_x12_event e;
    int rc = -1;
    pp_buf_reset(&out);
    if (r && a) {
        for (size_t i = 0; i < file.n;) {
            i += pp_x12_feed(r, file.p + i, file.n - i, &e);
            pp_x12_ack_event(a, r, &e);
        }
        do {
            pp_x12_finish(r, &e);
            pp_x12_ack_event(a, r, &e);
        } while (e.what != PP_X12_NOTHING);
        rc = pp_x12_ack_end(a, &err);
    }
    pp_x12_ack_close(a);
    pp_x12_close(r);
    return rc;
}

/* Without the envelope, which is the same each time. */
static const char *inside(const char *body) {
    static char got[8192];
    struct pp_ack_opts opts = options();
    size_t n = 0;
    raw_file(body);
    if (acknowledge(&opts) < 0) fail_msg("%s", err.msg);
    if (memmem(out.p, out.n, "ST*999", 6)) assert_checks(body, pp_buf_str(&out));
    for (const char *p = out.p, *stop = out.p + out.n; p < stop;) {
        const char *end = memchr(p, '~', (size_t)(stop - p));
        size_t len = (size_t)(end - p) + 1;
        static const char *const skipped[] = {"ISA*", "GS*", "ST*", "SE*", "GE*", "IEA*"};
        bool skip = false;
        for (size_t i = 0; i < 6; i++) skip |= strncmp(p, skipped[i], strlen(skipped[i])) == 0;
        if (!skip) {
            memcpy(got + n, p, len);
            n += len;
        }
        p = end + 1;
    }
    got[n] = '\0';
    return got;
}

static void envelope(void **state) {
    (void)state;
    struct pp_ack_opts opts = options();
    raw_file(
        "%JGS*HC*LAKE*PRIOR*20261124*0815*7*X*005010X222A1~ST*837*0001*005010X222A1~SE*2*0001~GE*1*7~IEA*1*000000101~");
    assert_int_equal(acknowledge(&opts), 0);
    pp_buf_addc(&out, '\0');
    assert_string_equal(out.p,
                        "ISA*00*          *00*          *01*PRIORPATH      *ZZ*LAKESIDE       *261126*1500*^*00501*"
                        "000000500*0*P*:~TA1*000000101*261124*0815*A*000~"
                        "GS*FA*PRIOR*LAKE*20261126*1500*500*X*005010X231A1~ST*999*0001*005010X231A1~"
                        "AK1*HC*7*005010X222A1~AK2*837*0001*005010X222A1~IK5*A~AK9*A*1*1*1~SE*6*0001~GE*1*500~"
                        "IEA*1*000000500~");
    opts.sending.partner = (struct pp_x12_partner){.sender_type = PP_STR("ZZ"), .sender = PP_STR("US")};
    assert_int_equal(acknowledge(&opts), 0);
    pp_buf_addc(&out, '\0');
    assert_non_null(strstr(out.p, "*ZZ*US             *ZZ*LAKESIDE       *"));
}

static void verdicts(void **state) {
    (void)state;
    static const struct {
        const char *what, *file, *want;
    } cases[] = {
        {"accepted",
         "%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001*005010X222A1~SE*2*0001~GE*1*7~IEA*1*000000101~",
         "AK1*HC*7*005010X222A1~AK2*837*0001*005010X222A1~IK5*A~AK9*A*1*1*1~"},
        {"one of two rejected",
         "%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~SE*9*0001~ST*837*0002~SE*2*0002~GE*2*7~IEA*1*"
         "000000101~",
         "AK1*HC*7*005010X222A1~AK2*837*0001~IK5*R*4~AK2*837*0002~IK5*A~AK9*P*2*2*1~"},
        {"all rejected", "%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~SE*2*0002~GE*1*7~IEA*1*000000101~",
         "AK1*HC*7*005010X222A1~AK2*837*0001~IK5*R*3~AK9*R*1*1*0~"},
        {"no SE", "%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~GE*1*7~IEA*1*000000101~",
         "AK1*HC*7*005010X222A1~AK2*837*0001~IK5*R*2~AK9*R*1*1*0~"},
        {"ST used twice",
         "%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~SE*2*0001~ST*837*0001~SE*2*0001~GE*2*7~IEA*1*"
         "000000101~",
         "AK1*HC*7*005010X222A1~AK2*837*0001~IK5*A~AK2*837*0001~IK5*R*23~AK9*P*2*2*1~"},
        {"GE01 wrong: what was taken stays taken",
         "%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~SE*2*0001~GE*3*7~IEA*1*000000101~",
         "AK1*HC*7*005010X222A1~AK2*837*0001~IK5*A~AK9*E*3*1*1*5~"},
        {"GE02 wrong", "%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~SE*2*0001~GE*1*8~IEA*1*000000101~",
         "AK1*HC*7*005010X222A1~AK2*837*0001~IK5*A~AK9*E*1*1*1*4~"},
        {"no GE", "%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~SE*2*0001~IEA*1*000000101~",
         "AK1*HC*7*005010X222A1~AK2*837*0001~IK5*A~AK9*E*1*1*1*3~"},
        {"IEA02 wrong", "%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~SE*2*0001~GE*1*7~IEA*1*000000102~",
         "TA1*000000101*261124*0815*E*001~AK1*HC*7*005010X222A1~AK2*837*0001~IK5*A~AK9*A*1*1*1~"},
        {"IEA01 wrong", "%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~SE*2*0001~GE*1*7~IEA*4*000000101~",
         "TA1*000000101*261124*0815*E*021~AK1*HC*7*005010X222A1~AK2*837*0001~IK5*A~AK9*A*1*1*1~"},
        {"the file ends early", "%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~BHT*0019",
         "TA1*000000101*261124*0815*E*023~AK1*HC*7*005010X222A1~AK2*837*0001~IK5*R*2~AK9*R*1*1*0*3~"},
        {"nothing inside", "%IIEA*3*000000101~", "TA1*000000101*261124*0815*R*021~"},
        {"two groups",
         "%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~SE*2*0001~GE*1*7~"
         "GS*HI*L*P*20261124*0815*8*X*005010X217~ST*278*0001~SE*3*0001~GE*1*8~IEA*2*000000101~",
         "AK1*HC*7*005010X222A1~AK2*837*0001~IK5*A~AK9*A*1*1*1~AK1*HI*8*005010X217~AK2*278*0001~IK5*R*4~AK9*R*1*1*0~"},
        {"an acknowledgement is not acknowledged",
         "%IGS*FA*L*P*20261124*0815*7*X*005010X231A1~ST*999*0001~SE*2*0001~GE*1*7~IEA*1*000000101~", ""},
        {"TA1 alone", "%ITA1*000000009*261124*0815*A*000~IEA*0*000000101~", ""},
        {"no interchange at all", "Dear sir, ISA is not here", ""},
        {"a segment too wild for its id",
         "%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~NM1X*1~SE*3*0001~GE*1*7~IEA*1*000000101~",
         "AK1*HC*7*005010X222A1~AK2*837*0001~IK5*R*5~AK9*R*1*1*0~"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = inside(cases[i].file);
        if (strcmp(got, cases[i].want) != 0) fail_msg("%s: wanted\n%s\ngot\n%s", cases[i].what, cases[i].want, got);
    }
}

/* Two interchanges: two answers, numbers counting up. */
static void several(void **state) {
    (void)state;
    struct pp_ack_opts opts = options();
    raw_file("%JIEA*0*000000101~%JIEA*0*000000101~");
    assert_int_equal(acknowledge(&opts), 0);
    pp_buf_addc(&out, '\0');
    const char *second = strstr(out.p, "IEA*0*000000500~ISA*");
    assert_non_null(second);
    assert_non_null(strstr(second, "IEA*0*000000501~"));
}

/* ---- places ---- */

static struct pp_x12_finding at(uint32_t segment, const char *id, unsigned element, enum pp_x12_class value) {
    struct pp_x12_finding f = {.snip = 2,
                               .severity = PP_X12_ERROR,
                               .code = PP_X12_V_FORM,
                               .pos = {.interchange = 1, .group = 1, .transaction = 1, .segment = segment},
                               .loop = "2300",
                               .element = (uint16_t)element,
                               .value = value,
                               .said = -1,
                               .counted = -1,
                               .text = "x"};
    snprintf(f.segment, sizeof f.segment, "%.3s", id);
    return f;
}

static const char *with_findings(const struct pp_x12_finding *f, size_t n, bool warnings, bool refuse) {
    static char got[20000];
    struct pp_ack_opts opts = options();
    opts.own_findings = false;
    opts.warnings = warnings;
    raw_file("%IGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~SE*2*0001~GE*1*7~IEA*1*000000101~");
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_ack *a = pp_x12_ack_open(&opts, &out);
    struct pp_x12_event e;
    pp_buf_reset(&out);
    for (size_t i = 0; i < file.n;) {
        i += pp_x12_feed(r, file.p + i, file.n - i, &e);
        if (e.what == PP_X12_SEGMENT && e.role == PP_X12_SE) {
            for (size_t k = 0; k < n; k++) pp_x12_ack_finding(a, &f[k]);
            if (refuse) pp_x12_ack_refuse(a);
        }
        pp_x12_ack_event(a, r, &e);
    }
    assert_int_equal(pp_x12_ack_end(a, &err), 0);
    pp_x12_ack_close(a);
    pp_x12_close(r);
    assert_checks("places", pp_buf_str(&out));
    const char *from = memmem(out.p, out.n, "AK2*", 4), *to = memmem(out.p, out.n, "AK9*", 4);
    snprintf(got, sizeof got, "%.*s", (int)(to - from), from);
    return got;
}

static void places(void **state) {
    (void)state;
    struct pp_x12_finding f[6] = {
        at(9, "REF", 0, PP_X12_VALUE_MISSING), at(5, "CLM", 2, PP_X12_VALUE_NOT_NUMBER),
        at(5, "CLM", 5, PP_X12_VALUE_MISSING), at(5, "CLM", 0, PP_X12_VALUE_NONE),
        at(7, "HI", 1, PP_X12_VALUE_NOT_CODE), at(12, "DTP", 3, PP_X12_VALUE_NOT_DATE),
    };
    f[2].component = 3;
    f[4].component = 2;
    f[4].repetition = 4;
    f[3].code = PP_X12_V_REPEAT;
    assert_string_equal(with_findings(f, 6, false, false),
                        "AK2*837*0001~IK3*CLM*5*2300*8~IK4*2**6~IK4*5:3**1~IK3*CLM*5*2300*5~IK3*HI*7*2300*8~"
                        "IK4*1:2:4**7~IK3*REF*9*2300*3~IK3*DTP*12*2300*8~IK4*3**8~IK5*R*I5~");
    /* the checker's own codes, its data element, and what made a rule ask */
    f[0] = at(9, "REF", 2, PP_X12_VALUE_MISSING);
    snprintf(f[0].ik403, sizeof f[0].ik403, "I10");
    f[0].data_element = 127;
    snprintf(f[0].trigger.segment, sizeof f[0].trigger.segment, "CLM");
    snprintf(f[0].trigger.loop, sizeof f[0].trigger.loop, "2300");
    f[0].trigger.position = 5;
    f[0].trigger.element = 5;
    f[0].trigger.component = 3;
    f[0].trigger.data_element = 1325;
    assert_string_equal(with_findings(f, 1, false, false),
                        "AK2*837*0001~IK3*REF*9*2300*8~IK4*2*127*I10~CTX*SITUATIONAL TRIGGER*CLM*5*2300*5:3*1325~"
                        "IK5*R*I5~");
    /* a segment id that X12 does not have stands in no IK3 */
    f[0] = at(9, "", 0, PP_X12_VALUE_NONE);
    f[0].not_in_directory = true;
    assert_string_equal(with_findings(f, 1, false, false), "AK2*837*0001~IK5*R*5~");
    /* warnings: told when wanted, and then accepted with errors */
    f[0] = at(9, "REF", 2, PP_X12_VALUE_NOT_CODE);
    f[0].severity = PP_X12_WARNING;
    assert_string_equal(with_findings(f, 1, false, false), "AK2*837*0001~IK5*A~");
    assert_string_equal(with_findings(f, 1, true, false), "AK2*837*0001~IK3*REF*9*2300*8~IK4*2**7~IK5*E~");
    assert_string_equal(with_findings(f, 0, false, true), "AK2*837*0001~IK5*R*I5~");
    /* more findings than are told: rejected all the same */
    static struct pp_x12_finding many[400];
    for (unsigned i = 0; i < 400; i++) many[i] = at(2 + i, "REF", 2, PP_X12_VALUE_MISSING);
    const char *got = with_findings(many, 400, false, false);
    unsigned told = 0;
    for (const char *p = got; (p = strstr(p, "IK4*")) != NULL; p++) told++;
    assert_int_equal(told, PP_ACK_PLACES_MAX);
    assert_non_null(strstr(got, "IK5*R*I5~"));
}

/* ---- with the checker: its findings become places ---- */

static void on_finding(void *user, const struct pp_x12_finding *f, const struct pp_x12_event *e) {
    (void)e;
    pp_x12_ack_finding(user, f);
}

static const char *with_checker(const char *body) {
    static char got[20000];
    struct pp_ack_opts opts = options();
    opts.own_findings = false;
    raw_file(body);
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_ack *a = pp_x12_ack_open(&opts, &out);
    struct pp_x12_check *c = pp_x12_check_open(NULL, &(struct pp_x12_check_handlers){.finding = on_finding, .user = a});
    struct pp_x12_event e;
    pp_buf_reset(&out);
    for (size_t i = 0; i < file.n;) {
        i += pp_x12_feed(r, file.p + i, file.n - i, &e);
        pp_x12_check_event(c, r, &e);
        pp_x12_ack_event(a, r, &e);
    }
    do {
        pp_x12_finish(r, &e);
        pp_x12_check_event(c, r, &e);
        pp_x12_ack_event(a, r, &e);
    } while (e.what != PP_X12_NOTHING);
    assert_int_equal(pp_x12_ack_end(a, &err), 0);
    pp_x12_check_close(c);
    pp_x12_ack_close(a);
    pp_x12_close(r);
    assert_checks(body, pp_buf_str(&out));
    const char *from = memmem(out.p, out.n, "AK1*", 4), *to = memmem(out.p, out.n, "~SE*", 4);
    snprintf(got, sizeof got, "%.*s", (int)(to - from + 1), from);
    return got;
}

#define REQUEST_TOP                                                                                                    \
    "%IGS*HI*LAKE*PRIOR*20261124*0815*7*X*005010X217~ST*278*0001*005010X217~BHT*0007*13*R1*20261124*0815~"             \
    "HL*1**20*1~NM1*X3*2*M*****PI*MER01~HL*2*1*21*1~NM1*1P*2*L*****XX*1992730001~HL*3*2*22*1~"                         \
    "NM1*IL*1*ALVAREZ*ROSA****MI*W1~HL*4*3*EV*1~TRN*1*T1*1992730001~"
#define REQUEST_END "HL*5*4*SS*0~SV1*HC:72148**UN*1~"
#define FILE_END(n) "SE*" n "*0001~GE*1*7~IEA*1*000000101~"

static void checked(void **state) {
    (void)state;
    assert_string_equal(with_checker(REQUEST_TOP "UM*HS*I*62*22:B*****Y~" REQUEST_END FILE_END("14")),
                        "AK1*HI*7*005010X217~AK2*278*0001*005010X217~IK5*A~AK9*A*1*1*1~");
    assert_string_equal(with_checker(REQUEST_TOP "UM*ZZ*I*62*22:B*****Y~" REQUEST_END FILE_END("14")),
                        "AK1*HI*7*005010X217~AK2*278*0001*005010X217~IK3*UM*11*2000*8~IK4*1*1525*7~IK5*R*I5~"
                        "AK9*R*1*1*0~");
    assert_string_equal(with_checker(REQUEST_TOP REQUEST_END FILE_END("13")),
                        "AK1*HI*7*005010X217~AK2*278*0001*005010X217~IK3*UM*11*2000*3~IK5*R*I5~AK9*R*1*1*0~");
    assert_string_equal(with_checker(REQUEST_TOP "UM*HS*I*62*22:B*****Y~QQQ*1~" REQUEST_END FILE_END("15")),
                        "AK1*HI*7*005010X217~AK2*278*0001*005010X217~IK5*R*5~AK9*R*1*1*0~");
    /* no guide for it */
    assert_string_equal(
        with_checker("%IGS*HC*LAKE*PRIOR*20261124*0815*7*X*005010X999~ST*837*0001*005010X999~SE*2*0001~GE*1*7~"
                     "IEA*1*000000101~"),
        "AK1*HC*7*005010X999~AK2*837*0001*005010X999~IK5*R*I6~AK9*R*1*1*0*2~");
    /* an error at SE, and a lost transaction: each at its own transaction */
    assert_string_equal(
        with_checker(REQUEST_TOP "UM*HS*I*62*22:B*****Y~" REQUEST_END "SE*9*0001~ST*278*0002*005010X217~GE*2*7~"
                                 "IEA*1*000000101~"),
        "AK1*HI*7*005010X217~AK2*278*0001*005010X217~IK5*R*4~AK2*278*0002*005010X217~IK5*R*2~AK9*R*2*2*0~");
}

static int write_whole(void) {
    struct pp_ack_opts opts = options();
    int rc = acknowledge(&opts);
    pp_buf_adds(&text, pp_buf_str(&out));
    return rc;
}
static void write_memory(void **state) {
    (void)state;
    raw_file("%JGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~SE*9*0001~ST*837*0002~SE*2*0002~GE*2*7~"
             "IEA*1*000000101~");
    pp_buf_reset(&out);
    pp_buf_printf(&out, "%5000s", "");
    check_memory(write_whole);
    struct pp_ack_opts opts = options();
    opts.sending.control = 0;
    assert_int_equal(acknowledge(&opts), -1);
    assert_int_equal(out.n, 0);
    assert_string_equal(err.msg, "control is missing or does not fit into the X12 envelope");
}

/* ---- reading ---- */

static int put_ack(void *user, const struct pp_ack *a) {
    (void)user;
    pp_ack_text(a, &text);
    put("interchange", a->interchange_control);
    put("date", a->interchange_date);
    put("function", a->function);
    put("claim", a->claim_no);
    put("payer-claim", a->payer_claim_no);
    put("batch", a->batch_ref);
    pp_buf_addz(&text, " | ");
    pp_ack_element(a, &text);
    pp_buf_addc(&text, '\n');
    return 0;
}
static const struct pp_ack_handlers to_text = {.ack = put_ack, .transaction = put_verdict};
static int read_whole(void) { return pp_x12_ack_reader_bytes(&tolerant, pp_buf_str(&file), &to_text); }
static int event(void *v, const struct pp_x12_reader *r, const struct pp_x12_event *e) {
    return pp_x12_ack_reader_event(v, r, e);
}
static void read_in(size_t first, size_t piece) {
    struct pp_x12_ack_reader *v = pp_x12_ack_reader_open(&to_text, 0);
    feed_file(first, piece, v, event);
    pp_x12_ack_reader_close(v);
}

static void answers(void **state) {
    (void)state;
    static const struct {
        const char *gs01, *guide, *set, *body, *want;
    } files[] = {
        {"FA", "005010X231A1", "999",
         "AK1*HI*100000042*005010X217~AK2*278*0001*005010X217~IK3*NM1*12*2010C*8~CTX*SUBSCRIBER~IK4*9*67*1~"
         "IK4*4:1:2*1036*5~IK3*DTP*20**3~IK5*R*I5~AK9*R*1*1*0~",
         "999 rejected (code R), set 278 0001, codes I5: NM1 at segment 12 loop 2010C element 9 (code 1); NM1 at "
         "segment 12 loop 2010C element 4-1 (code 5); DTP at segment 20 (code 3) function=HI | 2010C-NM109\n"
         "999 rejected (code R), group 100000042, 0 of 1 accepted function=HI | \naccepted 2\n"},
        {"FA", "005010X231A1", "999", "AK1*HI*42*005010X217~AK2*278*0001~IK5*E~AK9*E*1*1*1~",
         "999 accepted with errors (code E), set 278 0001 function=HI | \n"
         "999 accepted with errors (code E), group 42, 1 of 1 accepted function=HI | \naccepted 2\n"},
        {"FA", "005010X231A1", "999", "AK1*HI*42~AK9*R*1*1*0*2~",
         "999 rejected (code R), group 42, 0 of 1 accepted, codes 2 function=HI | \naccepted 1\n"},
        {"FA", "005010X231A1", "999", "AK1*HI*42~AK2*278*0001~IK5*Q~AK9*Z*1*1*1~",
         "999 unclear (code Q), set 278 0001 function=HI | \n"
         "999 unclear (code Z), group 42, 1 of 1 accepted function=HI | \naccepted 2\n"},
        {"FA", "004010", "997", "AK1*HI*42~AK2*278*0001~AK3*REF*7**8~AK4*2*127*1~AK5*R*5~AK9*P*2*2*1~",
         "997 rejected (code R), set 278 0001, codes 5: REF at segment 7 element 2 (code 1) function=HI | REF02\n"
         "997 partly accepted (code P), group 42, 1 of 2 accepted function=HI | \naccepted 2\n"},
        {"FA", "005010X231A1", "999", "AK1*HI*42~AK2*278*0001~AK9*A*1*1*1~",
         "refused 0\nE  AK900 a transaction without its verdict\n"},
        {"FA", "005010X231A1", "999", "AK1*HI*42~AK2*278*0001~IK5*A~",
         "refused 0\nE  SE00 a group without its verdict (AK9)\n"},
        {"FA", "005010X231A1", "999", "AK2*278*0001~IK5*A~AK9*A~",
         "refused 0\nE  AK200 AK2 before AK1\nE  IK500 a verdict on no transaction\nE  AK900 AK9 before AK1\n"},
        {"HN", "005010X214", "277",
         "BHT*0085*08*X1*20261124*0815*TH~HL*1**20*1~NM1*PR*2*MERIDIAN*****PI*MER01~TRN*1*A1~HL*2*1*21*1~"
         "NM1*41*2*LAKESIDE*****46*L~TRN*2*B0001~STC*A1:19:PR*20261124*WQ*1500~HL*3*2*19*1~NM1*85*2*LAKESIDE GROUP~"
         "TRN*1*0~STC*A1:19**WQ~HL*4*3*PT~NM1*QC*1*ALVAREZ*ROSA****MI*W1~TRN*2*PCN-1~STC*A2:20*20261124*WQ*1500~"
         "REF*1K*ICN-9~HL*5*3*PT~NM1*QC*1*BOND*KIM****MI*X1~TRN*2*PCN-2~STC*A7:562:85*20261124*U*100~STC*A7:21~",
         "277CA accepted (code A1), codes 19 batch=B0001 | \n277CA accepted (code A1), codes 19 batch=B0001 | \n"
         "277CA accepted (code A2), codes 20 claim=PCN-1 payer-claim=ICN-9 batch=B0001 | \n"
         "277CA rejected (code A7), codes 562 21 claim=PCN-2 batch=B0001 | \naccepted 4\n"},
        /* a 277 of another guide is no acknowledgement */
        {"HN", "005010X212", "277", "BHT*0010*08*X1*20261124*0815*DG~HL*1**20*1~TRN*2*T~STC*P1:20~", ""},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        make_file(files[i].gs01, files[i].guide, files[i].set, files[i].body);
        pp_buf_reset(&text);
        assert_int_equal(read_whole(), 0);
        if (strcmp(text_z(), files[i].want) != 0) fail_msg("%zu: wanted\n%s\ngot\n%s", i, files[i].want, text.p);
        if (i == 0 || i == 8) {
            check_cuts(read_in);
            check_memory(read_whole);
        }
    }
    raw_file("%ITA1*100000042*261126*0900*R*006~TA1*100000043*261126*0900*A*000~TA1*1*2*3*Y*000~IEA*0*000000101~");
    pp_buf_reset(&text);
    assert_int_equal(read_whole(), 0);
    assert_string_equal(text_z(), "TA1 rejected (code 006) interchange=100000042 date=261126 | \n"
                                  "TA1 accepted (code 000) interchange=100000043 date=261126 | \n"
                                  "TA1 unclear (code 000) interchange=1 date=2 | \n");
}

/* What we write is what we read. */
static void own(void **state) {
    (void)state;
    struct pp_ack_opts opts = options();
    raw_file("%JGS*HC*L*P*20261124*0815*7*X*005010X222A1~ST*837*0001~SE*9*0001~ST*837*0002~SE*2*0002~GE*2*7~"
             "IEA*1*000000101~");
    assert_int_equal(acknowledge(&opts), 0);
    pp_buf_reset(&file);
    pp_buf_adds(&file, pp_buf_str(&out));
    pp_buf_reset(&text);
    assert_int_equal(pp_x12_ack_reader_bytes(NULL, pp_buf_str(&file), &to_text), 0);
    assert_string_equal(text_z(),
                        "TA1 accepted (code 000) interchange=000000101 date=261124 | \n"
                        "999 rejected (code R), set 837 0001, codes 4 function=HC | \n"
                        "999 accepted (code A), set 837 0002 function=HC | \n"
                        "999 partly accepted (code P), group 7, 1 of 2 accepted function=HC | \naccepted 3\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelope), cmocka_unit_test(verdicts),     cmocka_unit_test(several),
        cmocka_unit_test(places),   cmocka_unit_test(write_memory), cmocka_unit_test(answers),
        cmocka_unit_test(own),      cmocka_unit_test(checked),
    };
    feed_begin();
    pp_buf_init(&out, PP_ACK_BYTES_MAX);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    pp_buf_free(&out);
    return feed_end(rc);
}
