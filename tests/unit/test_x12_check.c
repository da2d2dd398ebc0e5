/* The guide checker as a machine: verdicts of all levels, bounds, profiles, what a 999 needs, places; the fast way and
 * the careful way, any cut and any memory that fails. What guides say is tested by tests/x12/cases.tsv. */
#include "codec/x12_check.h"

#include "alloc_fail.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define FILE_MAX (64u << 10)

#define ISA "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261124*0815*^*00501*000000101*0*P*:~"
#define GS(version) "GS*HI*S*R*20261124*0815*7*X*" version "~"
#define REQUEST(st02)                                                                                                  \
    "ST*278*" st02 "*005010X217~BHT*0007*13*A1*20261124*1101~HL*1**20*1~NM1*X3*2*PLAN*****PI*P1~HL*2*1*21*1~"          \
    "NM1*1P*2*CLINIC*****XX*1234567893~HL*3*2*22*1~NM1*IL*1*ALDER*KIM****MI*M1~HL*4*3*EV*0~TRN*1*T1*9012345678~"       \
    "UM*HS*I*3*11:B~HI*ABK:M5416~HSD*VS*6~SE*14*" st02 "~"
#define REQUEST_BAD(st02)                                                                                              \
    "ST*278*" st02 "*005010X217~BHT*0007*13*A1*20261124*1101~HL*1**20*1~NM1*X3*2*PLAN*****PI*P1~HL*2*1*21*1~"          \
    "NM1*1P*2*CLINIC*****XX*1234567893~HL*3*2*22*1~NM1*IL*1*ALDER*KIM****MI*M1~HL*4*3*EV*0~TRN*1*T1*9012345678~"       \
    "UM*ZZ*I*3*11:B~HI*ABK:M5416~HSD*VS*6~SE*14*" st02 "~"
#define END "GE*1*7~IEA*1*000000101~"

static struct pp_buf *log_to;

static void on_finding(void *user, const struct pp_x12_finding *f, const struct pp_x12_event *e) {
    struct pp_buf *b = user;
    assert_non_null(e);
    assert_non_null(f->text);
    assert_non_null(f->name);
    pp_buf_printf(b, "%s %u.%u.%u.%u %s %s", f->severity == PP_X12_ERROR ? "E" : "W", f->pos.interchange, f->pos.group,
                  f->pos.transaction, f->pos.segment, f->loop, f->segment);
    if (f->element) pp_buf_printf(b, "%02u", f->element);
    if (f->component) pp_buf_printf(b, "-%u", f->component);
    if (f->repetition) pp_buf_printf(b, "(%u)", f->repetition);
    pp_buf_printf(b, " %s snip%u %s/%s de%u v%u @%llu", f->name, f->snip, f->ik304, f->ik403, f->data_element, f->value,
                  (unsigned long long)f->pos.offset);
    if (f->trigger.segment[0])
        pp_buf_printf(b, " by %s%02u-%u at %u", f->trigger.segment, f->trigger.element, f->trigger.component,
                      f->trigger.position);
    pp_buf_addc(b, '\n');
}

static void on_verdict(void *user, const struct pp_x12_verdict *v) {
    static const char *const of[] = {"transaction", "group", "interchange"};
    static const char *const outcome[] = {"accepted", "with errors", "partly", "rejected"};
    struct pp_buf *b = user;
    assert_non_null(v->envelope);
    pp_buf_printf(b, "%s %s %s", of[v->of], v->of == PP_X12_OF_TRANSACTION ? v->envelope->st02 : "",
                  outcome[v->outcome]);
    if (v->of == PP_X12_OF_TRANSACTION)
        pp_buf_printf(b, " %s %u", v->guide ? v->guide->name : "-", v->segments_n);
    else
        pp_buf_printf(b, " %u/%u", v->accepted_n, v->transactions_n);
    pp_buf_printf(b, " errors %u warnings %u untold %u%s%s\n", v->errors_n, v->warnings_n, v->untold_n,
                  v->lost ? " lost" : "", v->unsupported ? " unsupported" : "");
}

/* Place as text, for every segment of a transaction. */
static void note_place(struct pp_buf *b, const struct pp_x12_check *c) {
    const struct pp_x12_place *p = pp_x12_check_place(c);
    for (uint32_t i = 1; i < p->depth; i++) pp_buf_printf(b, "/%s[%u]", p->path[i].loop->id, p->path[i].instance);
    pp_buf_printf(b, " %s\n", p->use ? p->use->name : "-");
}

static void run(const struct pp_x12_opts *ro, const struct pp_x12_check_opts *co, struct pp_str bytes, uint32_t step,
                bool places, struct pp_buf *log) {
    struct pp_x12_check_handlers h = {on_finding, on_verdict, log};
    struct pp_x12_reader *r = pp_x12_open(ro);
    struct pp_x12_check *c = pp_x12_check_open(co, &h);
    struct pp_x12_event e;
    assert_non_null(r);
    assert_non_null(c);
    pp_buf_reset(log);
    for (uint32_t i = 0; i < bytes.n;) {
        uint32_t n = step && step < bytes.n - i ? step : bytes.n - i;
        for (uint32_t k = 0; k < n;) {
            k += (uint32_t)pp_x12_feed(r, bytes.s + i + k, n - k, &e);
            pp_x12_check_event(c, r, &e);
            if (places && e.what == PP_X12_SEGMENT) note_place(log, c);
        }
        i += n;
    }
    do {
        pp_x12_finish(r, &e);
        pp_x12_check_event(c, r, &e);
    } while (e.what != PP_X12_NOTHING);
    pp_x12_check_close(c);
    pp_x12_close(r);
    pp_buf_addc(log, '\0');
    assert_false(log->failed);
}

static void expect(const struct pp_x12_check_opts *co, const char *bytes, const char *want) {
    run(NULL, co, pp_str_z(bytes), 0, false, log_to);
    assert_string_equal(log_to->p, want);
}

/* ---- levels ---- */

static void verdicts(void **state) {
    (void)state;
    expect(NULL, ISA GS("005010X217") REQUEST("0001") END,
           "transaction 0001 accepted 278-request 14 errors 0 warnings 0 untold 0\n"
           "group  accepted 1/1 errors 0 warnings 0 untold 0\n"
           "interchange  accepted 1/1 errors 0 warnings 0 untold 0\n");
    expect(NULL, ISA GS("005010X217") REQUEST("0001") REQUEST_BAD("0002") "GE*2*7~IEA*1*000000101~",
           "transaction 0001 accepted 278-request 14 errors 0 warnings 0 untold 0\n"
           "E 1.1.2.11 2000E UM01 code snip2 8/7 de1525 v6 @603\n"
           "transaction 0002 rejected 278-request 14 errors 1 warnings 0 untold 0\n"
           "group  partly 1/2 errors 0 warnings 0 untold 0\n"
           "interchange  accepted 1/2 errors 0 warnings 0 untold 0\n");
    /* a trailer is missing: what was open ends at once, and its envelope is still told */
    expect(NULL, ISA GS("005010X217") "ST*278*0001*005010X217~BHT*0007*13*A1*20261124*1101~" END,
           "E 1.1.1.2  SE no-se snip1 / de0 v0 @197\n"
           "transaction 0001 rejected 278-request 2 errors 1 warnings 0 untold 0 lost\n"
           "group  rejected 0/1 errors 0 warnings 0 untold 0\n"
           "interchange  accepted 0/1 errors 0 warnings 0 untold 0\n");
    expect(NULL, ISA GS("005010X217") "ST*278*0001*005010X217~",
           "E 1.1.1.1  SE no-se snip1 / de0 v0 @145\n"
           "E 1.1.0.0  GE no-ge snip1 / de0 v0 @145\n"
           "E 1.0.0.0  IEA no-iea snip1 / de0 v0 @145\n"
           "transaction 0001 rejected 278-request 1 errors 1 warnings 0 untold 0 lost\n"
           "group  rejected 0/1 errors 1 warnings 0 untold 0 lost\n"
           "interchange  rejected 0/1 errors 1 warnings 0 untold 0 lost\n");
    expect(NULL, ISA "TA1*000000005*261124*0815*A*000~IEA*0*000000101~",
           "interchange  accepted 0/0 errors 0 warnings 0 untold 0\n");
    /* the next transaction begins where the last one has no trailer */
    run(NULL, NULL, pp_str_z(ISA GS("005010X217") "ST*278*0001*005010X217~" REQUEST("0002") "GE*2*7~IEA*1*000000101~"),
        0, false, log_to);
    assert_non_null(strstr(log_to->p, "transaction 0001 rejected 278-request 1 errors 1 warnings 0 untold 0 lost"));
    assert_non_null(strstr(log_to->p, "transaction 0002 accepted 278-request 14 errors 0 warnings 0 untold 0"));
    /* no interchange could be read */
    expect(NULL, "hello", "E 0.0.0.0   no-isa snip1 / de0 v0 @0\n");
}

static void unknown_guides(void **state) {
    (void)state;
    /* GS08 unknown: told at the group, and the transaction has no guide; the dictionary still holds */
    expect(NULL, ISA GS("005010X999") "ST*278*0001*005010X999~BHT*0007*13*A1*20261324*1101~ZZZ*1~SE*4*0001~" END,
           "E 1.1.0.0  GS08 group-unknown snip2 / de480 v6 @106\n"
           "E 1.1.1.1  ST03 guide-unknown snip2 / de1705 v6 @145\n"
           "E 1.1.1.2  BHT04 date snip1 8/8 de373 v5 @168\n"
           "E 1.1.1.3   segment-unknown snip1 1/ de0 v0 @197\n"
           "transaction 0001 rejected - 4 errors 3 warnings 0 untold 0 unsupported\n"
           "group  rejected 0/1 errors 1 warnings 0 untold 0 unsupported\n"
           "interchange  accepted 0/1 errors 0 warnings 0 untold 0\n");
    /* a kind of group that we do not know at all */
    run(NULL, NULL, pp_str_z(ISA "GS*PO*S*R*20261124*0815*7*X*004010~ST*850*0001~SE*2*0001~" END), 0, false, log_to);
    assert_non_null(strstr(log_to->p, "GS01 group-unknown snip2 / de479"));
    /* ST03 another one than GS08: told, and ST03 counts */
    run(NULL, NULL, pp_str_z(ISA GS("005010X215") REQUEST("0001") END), 0, false, log_to);
    assert_non_null(strstr(log_to->p, "ST03 guide-differs"));
    assert_non_null(strstr(log_to->p, "transaction 0001 rejected 278-request"));
    /* by a guide that the caller names */
    run(NULL, &(struct pp_x12_check_opts){.guide = "837p"}, pp_str_z(ISA GS("005010X217") REQUEST("0001") END), 0,
        false, log_to);
    assert_non_null(strstr(log_to->p, "transaction 0001 rejected 837p"));
}

static void not_in_directory(void *user, const struct pp_x12_finding *f, const struct pp_x12_event *e) {
    (void)e;
    if (f->code != PP_X12_F_SEGMENT_UNKNOWN) return;
    assert_true(f->not_in_directory);
    assert_string_equal(f->segment, ""); /* it must not stand in IK301 */
    ++*(int *)user;
}

static void unknown_segment(void **state) {
    (void)state;
    int n = 0;
    const char *bytes = ISA GS("005010X217") "ST*278*0001*005010X217~QQQ*1~SE*3*0001~" END;
    struct pp_x12_check_handlers h = {not_in_directory, NULL, &n};
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_check *c = pp_x12_check_open(NULL, &h);
    struct pp_x12_event e;
    for (size_t i = 0, all = strlen(bytes); i < all;) {
        i += pp_x12_feed(r, bytes + i, all - i, &e);
        pp_x12_check_event(c, r, &e);
    }
    pp_x12_check_close(c);
    pp_x12_close(r);
    assert_int_equal(n, 1);
}

/* ---- bounds, SNIP, profile ---- */

static void bounds(void **state) {
    (void)state;
    struct pp_buf file;
    pp_buf_init(&file, 1 << 20);
    pp_buf_addz(&file, ISA GS("005010X217") "ST*278*0001*005010X217~");
    for (int i = 0; i < 1000; i++) pp_buf_addz(&file, "QQQ*1~");
    pp_buf_addz(&file, "SE*1002*0001~" REQUEST_BAD("0002") "GE*2*7~IEA*1*000000101~");
    run(NULL, &(struct pp_x12_check_opts){.findings_max = 10}, pp_buf_str(&file), 0, false, log_to);
    int told = 0;
    for (const char *p = log_to->p; (p = strstr(p, "segment-unknown")); p++) told++;
    assert_int_equal(told, 10);
    /* counted beyond; the next transaction has its own ten */
    assert_non_null(strstr(log_to->p, "transaction 0001 rejected 278-request 1002 errors 1002 warnings 0 untold 992"));
    assert_non_null(strstr(log_to->p, "E 1.1.2.11 2000E UM01 code"));
    pp_buf_free(&file);
}

static void snip(void **state) {
    (void)state;
    const char *bytes = ISA GS("005010X217") REQUEST_BAD("0001") END;
    run(NULL, &(struct pp_x12_check_opts){.snip_max = 1}, pp_str_z(bytes), 0, false, log_to);
    assert_null(strstr(log_to->p, "UM01"));
    assert_non_null(strstr(log_to->p, "transaction 0001 accepted"));
    run(NULL, &(struct pp_x12_check_opts){.snip_max = 2}, pp_str_z(bytes), 0, false, log_to);
    assert_non_null(strstr(log_to->p, "UM01"));
}

static void profiles(void **state) {
    (void)state;
    struct pp_x12_profile p;
    struct pp_err err;
    const char *bytes = ISA GS("005010X217") REQUEST_BAD("0001") END;
    struct pp_x12_check_opts opts = {.profile = &p};
    assert_int_equal(pp_x12_profile_parse(&p, PP_STR("# our partner\n\ncode: warning # known for it\n"), &err), 0);
    run(NULL, &opts, pp_str_z(bytes), 0, false, log_to);
    assert_non_null(strstr(log_to->p, "W 1.1.1.11 2000E UM01 code"));
    assert_non_null(strstr(log_to->p, "transaction 0001 with errors 278-request"));
    assert_int_equal(pp_x12_profile_parse(&p, PP_STR("278-request/code: off"), &err), 0);
    run(NULL, &opts, pp_str_z(bytes), 0, false, log_to);
    assert_non_null(strstr(log_to->p, "transaction 0001 accepted 278-request 14 errors 0 warnings 0"));
    assert_int_equal(pp_x12_profile_parse(&p, PP_STR("837p/code: off"), &err), 0); /* another guide's */
    run(NULL, &opts, pp_str_z(bytes), 0, false, log_to);
    assert_non_null(strstr(log_to->p, "transaction 0001 rejected"));
    assert_int_equal(pp_x12_profile_parse(&p, PP_STR("claim-charge: warning\r\n837p/claim-charge: off\r\n"), &err), 0);
    assert_int_equal(p.n, 2);
    static const struct {
        const char *text, *msg;
    } bad[] = {
        {"code: warning\nno-such-rule: off", "line 2: no guide, rule or reason is called so"},
        {"999x/code: off", "line 1: no guide, rule or reason is called so"},
        {"278-request/claim-charge: off", "line 1: no guide, rule or reason is called so"},
        {"code: error", "line 1: NAME: warning, or NAME: off, is wanted"},
        {"code", "line 1: NAME: warning, or NAME: off, is wanted"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(pp_x12_profile_parse(&p, pp_str_z(bad[i].text), &err), -1);
        assert_string_equal(err.msg, bad[i].msg);
    }
    struct pp_buf many;
    pp_buf_init(&many, 1 << 16);
    for (int i = 0; i <= PP_X12_PROFILE_LINES_MAX; i++) pp_buf_addz(&many, "code: off\n");
    assert_int_equal(pp_x12_profile_parse(&p, pp_buf_str(&many), &err), -1);
    assert_int_equal(err.kind, PP_ERR_LIMIT);
    pp_buf_free(&many);
}

static int known(void *user, const struct pp_x12_codes *list, struct pp_str code) {
    ++*(int *)user;
    assert_string_equal(list->name, "carc");
    return pp_str_eqz(code, "45") ? 1 : pp_str_eqz(code, "99999") ? 0 : -1;
}

/* Lists that others keep are asked for; one that says nothing leaves the code alone. */
static void external_lists(void **state) {
    (void)state;
    int asked = 0;
    struct pp_x12_check_opts opts = {.code_known = known, .user = &asked};
#define REMIT(carc)                                                                                                    \
    ISA "GS*HP*S*R*20261124*0815*7*X*005010X221A1~ST*835*0001~BPR*I*10*C*NON************20261124~TRN*1*1*1234567890~"  \
        "N1*PR*PLAN~N3*STREET~N4*CITY*IL*62701~PER*BL*X*TE*5555550100~N1*PE*CLINIC*XX*1234567893~LX*1~"                \
        "CLP*P1*1*30*10**12*C1~CAS*CO*" carc "*20~NM1*QC*1*ALDER*KIM~SVC*HC:99213*30*10~DTM*472*20261010~"             \
        "CAS*CO*" carc "*20~SE*16*0001~" END
    run(NULL, &opts, pp_str_z(REMIT("99999")), 0, false, log_to);
    assert_non_null(strstr(log_to->p, "CAS02 code-list snip5 8/7"));
    assert_true(asked > 0);
    run(NULL, &opts, pp_str_z(REMIT("45")), 0, false, log_to);
    assert_null(strstr(log_to->p, "code-list"));
    run(NULL, &opts, pp_str_z(REMIT("46")), 0, false, log_to);
    assert_null(strstr(log_to->p, "code-list"));
    run(NULL, NULL, pp_str_z(REMIT("99999")), 0, false, log_to);
    assert_null(strstr(log_to->p, "code-list"));
}

/* ---- places ---- */

static void places(void **state) {
    (void)state;
    run(NULL, NULL, pp_str_z(ISA GS("005010X217") REQUEST("0001") END), 0, true, log_to);
    assert_non_null(strstr(log_to->p, "/2000A[1]/2010A[1] "));
    assert_non_null(strstr(log_to->p, "/2000A[1]/2000B[1]/2000C[1]/2000E[1] "));
}

/* ---- the same by every way ---- */

static struct pp_str load(const char *path, char *to) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(to, 1, FILE_MAX, f);
    fclose(f);
    assert_true(n < FILE_MAX);
    return (struct pp_str){to, (uint32_t)n};
}

static void same_by_every_way(struct pp_str bytes, uint32_t step, const char *what) {
    static const struct pp_x12_opts portable = {.portable = true};
    static const struct pp_x12_check_opts careful = {.careful = true};
    struct pp_buf whole, other;
    pp_buf_init(&whole, 4 << 20);
    pp_buf_init(&other, 4 << 20);
    run(NULL, NULL, bytes, 0, true, &whole);
    run(&portable, &careful, bytes, 0, true, &other);
    if (strcmp(whole.p, other.p) != 0)
        fail_msg("%s: the careful way tells\n%s\nthe fast way\n%s", what, other.p, whole.p);
    run(NULL, NULL, bytes, step, true, &other);
    if (strcmp(whole.p, other.p) != 0) fail_msg("%s: in pieces of %u\n%s\nwhole\n%s", what, step, other.p, whole.p);
    pp_buf_free(&whole);
    pp_buf_free(&other);
}

/* Good files, and the same with bytes changed: fast and careful, SSE2 and portable, whole and in pieces. */
static void every_way(void **state) {
    (void)state;
    static const char special[] = "*:~^ \n0Z\x01\xc3-.";
    glob_t g;
    char bytes[FILE_MAX], changed[FILE_MAX];
    uint32_t seed = 278;
    assert_int_equal(glob("tests/x12/golden/*", 0, NULL, &g), 0);
    assert_true(g.gl_pathc > 10);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        struct pp_str f = load(g.gl_pathv[i], bytes);
        same_by_every_way(f, 1, g.gl_pathv[i]);
        for (int round = 0; round < 150; round++) {
            memcpy(changed, f.s, f.n);
            for (int k = 0; k < 1 + round % 4; k++) {
                seed = seed * 1664525 + 1013904223;
                uint32_t at = 106 + (seed >> 8) % (f.n - 106);
                changed[at] = special[(seed >> 3) % (sizeof special - 1)];
            }
            same_by_every_way((struct pp_str){changed, f.n}, 1 + (uint32_t)round % 23, g.gl_pathv[i]);
        }
    }
    globfree(&g);
}

/* What is written is what was read. */
static void written_again(void **state) {
    (void)state;
    glob_t g;
    char bytes[FILE_MAX];
    struct pp_buf out;
    pp_buf_init(&out, FILE_MAX);
    assert_int_equal(glob("tests/x12/golden/*", 0, NULL, &g), 0);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        struct pp_str f = load(g.gl_pathv[i], bytes);
        struct pp_x12_reader *r = pp_x12_open(NULL);
        struct pp_x12_writer w;
        struct pp_x12_event e;
        struct pp_err err = {0};
        bool binary = false;
        pp_buf_reset(&out);
        pp_x12_write_begin(&w, &out);
        for (uint32_t at = 0; at < f.n;) {
            at += (uint32_t)pp_x12_feed(r, f.s + at, f.n - at, &e);
            binary = binary || e.what == PP_X12_BINARY;
            if (e.what != PP_X12_SEGMENT) continue;
            switch (e.role) {
            case PP_X12_ISA: pp_x12_write_isa(&w, pp_x12_envelope(r)); break;
            case PP_X12_GS: pp_x12_write_gs(&w, pp_x12_envelope(r)); break;
            case PP_X12_ST: pp_x12_write_st(&w, pp_x12_envelope(r)); break;
            case PP_X12_SE: pp_x12_write_se(&w); break;
            case PP_X12_GE: pp_x12_write_ge(&w); break;
            case PP_X12_IEA: assert_int_equal(pp_x12_write_iea(&w, &err), 0); break;
            default: {
                char id[4] = "";
                memcpy(id, e.seg->id.s, e.seg->id.n);
                pp_x12_write(&w, id, e.seg->el, e.seg->n);
            }
            }
        }
        pp_x12_close(r);
        if (binary) continue; /* the writer has no part for it: x12_275 writes its own */
        struct pp_buf flat;   /* golden files have a line a segment */
        pp_buf_init(&flat, FILE_MAX);
        for (uint32_t k = 0; k < f.n; k++)
            if (f.s[k] != '\n') pp_buf_addc(&flat, f.s[k]);
        if (!pp_str_eq(pp_buf_str(&flat), pp_buf_str(&out)))
            fail_msg("%s is not written as it was read", g.gl_pathv[i]);
        pp_buf_free(&flat);
    }
    pp_buf_free(&out);
    globfree(&g);
}

/* Each allocation fails in turn: an error or a whole result. */
static void without_memory(void **state) {
    (void)state;
    const char *bytes = ISA GS("005010X217") REQUEST_BAD("0001") END;
    size_t all = strlen(bytes);
    bool more = true;
    for (long n = 0; more; n++) {
        alloc_fail_after(n);
        struct pp_x12_reader *r = pp_x12_open(NULL);
        struct pp_x12_check *c = pp_x12_check_open(NULL, NULL);
        struct pp_x12_event e;
        bool too_long = false, whole = false;
        for (size_t i = 0; r && c && i < all;) {
            size_t piece = all - i < 7 ? all - i : 7; /* in pieces, so that segments are carried */
            for (size_t k = 0; k < piece;) {
                k += pp_x12_feed(r, bytes + i + k, piece - k, &e);
                pp_x12_check_event(c, r, &e);
                for (uint32_t x = 0; x < e.findings_n; x++)
                    too_long = too_long || e.findings[x].code == PP_X12_F_SEGMENT_SIZE;
                whole = whole || (e.what == PP_X12_SEGMENT && e.role == PP_X12_IEA);
            }
            i += piece;
        }
        more = alloc_failed();
        alloc_fail_after(-1);
        if (more)
            assert_true(!r || !c || too_long);
        else
            assert_true(whole);
        pp_x12_check_close(c);
        pp_x12_close(r);
        assert_true(n < 100);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),      cmocka_unit_test(unknown_guides), cmocka_unit_test(unknown_segment),
        cmocka_unit_test(bounds),        cmocka_unit_test(snip),           cmocka_unit_test(profiles),
        cmocka_unit_test(places),        cmocka_unit_test(external_lists), cmocka_unit_test(every_way),
        cmocka_unit_test(written_again), cmocka_unit_test(without_memory),
    };
    struct pp_buf log;
    pp_buf_init(&log, 4 << 20);
    log_to = &log;
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    pp_buf_free(&log);
    return rc;
}
