/* The X12 reader and the envelope writer: delimiters, line ends, envelope findings, binary data, any cut. */
#include "codec/x12.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define ISA_TO_16                                                                                                      \
    "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261124*0815*^*00501*000000101*0*P*"
#define ISA ISA_TO_16 ":"
#define GS "GS*HC*S*R*20261124*0815*7*X*005010X222A1"

static void note_finding(struct pp_buf *log, const struct pp_x12_finding *f) {
    pp_buf_printf(log, "%c{%u.%u.%u.%u %s%02u %s", f->severity == PP_X12_ERROR ? 'E' : 'W', f->pos.interchange,
                  f->pos.group, f->pos.transaction, f->pos.segment, f->segment, f->element, f->text);
    if (f->counted >= 0) pp_buf_printf(log, " %lld/%lld", (long long)f->said, (long long)f->counted);
    pp_buf_printf(log, " @%llu}", (unsigned long long)f->pos.offset);
}

static void note(struct pp_buf *log, const struct pp_x12_event *e, bool *in_binary) {
    static const char *const roles[] = {"isa", "ta1", "service", "gs", "st", "", "se", "ge", "iea", "stray"};
    if (e->what == PP_X12_BINARY) { /* pieces depend on how the bytes are cut; their sum does not */
        if (!*in_binary) pp_buf_addz(log, "<");
        *in_binary = true;
        pp_buf_adds(log, e->bytes);
        return;
    }
    if (*in_binary && e->what == PP_X12_SEGMENT) {
        pp_buf_addz(log, ">");
        *in_binary = false;
    }
    if (e->what == PP_X12_SEGMENT) {
        pp_buf_printf(log, "%s[", roles[e->role]);
        if (e->role != PP_X12_ISA) {
            pp_buf_adds(log, e->seg->id);
            for (unsigned i = 1; i <= e->seg->n; i++) {
                pp_buf_addc(log, ',');
                pp_buf_adds(log, pp_x12_el(e->seg, i));
            }
        }
        pp_buf_printf(log, "]@%llu", (unsigned long long)e->pos.offset);
        if (e->seg->binary_n) pp_buf_printf(log, "(%llu)", (unsigned long long)e->seg->binary_n);
    }
    if (e->transaction_lost) pp_buf_printf(log, "lost%u ", e->lost_pos.transaction);
    for (uint32_t i = 0; i < e->findings_n; i++) note_finding(log, &e->findings[i]);
}

/* Whole file as text. step 0: two pieces cut at `cut`; else pieces of `step` bytes. */
static void run(const struct pp_x12_opts *opts, struct pp_str bytes, uint32_t cut, uint32_t step, struct pp_buf *log) {
    struct pp_x12_reader *r = pp_x12_open(opts);
    struct pp_x12_event e;
    bool in_binary = false;
    assert_non_null(r);
    pp_buf_reset(log);
    for (uint32_t i = 0; i < bytes.n;) {
        uint32_t n = step ? step : i < cut ? cut - i : bytes.n - i;
        if (n > bytes.n - i) n = bytes.n - i;
        char *piece = malloc(n); /* of exact size, so that reading past it is seen */
        assert_non_null(piece);
        memcpy(piece, bytes.s + i, n);
        for (uint32_t k = 0; k < n;) {
            size_t took = pp_x12_feed(r, piece + k, n - k, &e);
            assert_true(took <= n - k && (took > 0 || e.what != PP_X12_NOTHING));
            k += (uint32_t)took;
            note(log, &e, &in_binary);
        }
        free(piece);
        i += n;
    }
    for (int turns = 0;; turns++) {
        assert_true(turns < 10);
        pp_x12_finish(r, &e);
        note(log, &e, &in_binary);
        if (e.what == PP_X12_NOTHING) break;
    }
    pp_x12_close(r);
    pp_buf_addc(log, '\0');
    assert_false(log->failed);
}

/* The same text for every cut into two, and for pieces of 1, 2, 3 and 7 bytes. */
static void check(const struct pp_x12_opts *opts, struct pp_str bytes, const char *want) {
    static const uint32_t steps[] = {1, 2, 3, 7};
    struct pp_buf whole, log;
    struct pp_x12_opts portable = opts ? *opts : (struct pp_x12_opts){0};
    portable.portable = true;
    pp_buf_init(&whole, 1 << 20);
    pp_buf_init(&log, 1 << 20);
    run(opts, bytes, bytes.n, 0, &whole);
    if (want) assert_string_equal(whole.p, want);
    run(&portable, bytes, bytes.n, 0, &log);
    assert_string_equal(log.p, whole.p);
    for (uint32_t cut = 0; cut < bytes.n; cut++) {
        run(opts, bytes, cut, 0, &log);
        assert_string_equal(log.p, whole.p);
    }
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        run(opts, bytes, 0, steps[i], &log);
        assert_string_equal(log.p, whole.p);
    }
    pp_buf_free(&whole);
    pp_buf_free(&log);
}
#define CHECK(opts, bytes, want) check(opts, (struct pp_str){bytes, sizeof(bytes) - 1}, want)

/* ---- delimiters and line ends ---- */

static void line_ends(void **state) {
    (void)state;
    CHECK(NULL, ISA "~IEA*0*000000101~", "isa[]@0iea[IEA,0,000000101]@106");
    CHECK(NULL, ISA "~\nIEA*0*000000101~\n", "isa[]@0iea[IEA,0,000000101]@107");
    CHECK(NULL, ISA "~\r\nIEA*0*000000101~\r\n\r\n", "isa[]@0iea[IEA,0,000000101]@108");
    CHECK(NULL, ISA "\nIEA*0*000000101\n", "isa[]@0iea[IEA,0,000000101]@106");
    CHECK(NULL, ISA "\r\nIEA*0*000000101\r\n", "isa[]@0iea[IEA,0,000000101]@107");
    CHECK(NULL, ISA "\x1dIEA*0*000000101\x1d", "isa[]@0iea[IEA,0,000000101]@106");
    CHECK(NULL, ISA "\xd6IEA*0*000000101\xd6", "isa[]@0iea[IEA,0,000000101]@106");         /* Latin-1 */
    CHECK(NULL, ISA "\xc3\x96IEA*0*000000101\xc3\x96", "isa[]@0iea[IEA,0,000000101]@107"); /* the same in UTF-8 */
    CHECK(NULL, ISA "\xe2\x80\xa6TA1*1\xe2\x80\xa6IEA*0*000000101\xe2\x80\xa6",
          "isa[]@0ta1[TA1,1]@108iea[IEA,0,000000101]@116");
    CHECK(NULL, "\xef\xbb\xbf\n" ISA "~IEA*0*000000101~",
          "W{0.0.0.0 00 the file begins with a byte order mark @0}isa[]@4iea[IEA,0,000000101]@110");
    /* a break in a segment so short that it and its terminator come byte by byte */
    CHECK(NULL, ISA "~A\nB~IEA*0*000000101~", NULL);
    CHECK(NULL, ISA "\xc3\x96TA\n1*1\xc3\x96IEA*0*000000101\xc3\x96", NULL);
    CHECK(NULL, ISA "~\n  IEA*0*000000101~",
          "isa[]@0W{1.0.0.0 00 blanks before segments are dropped @107}iea[IEA,0,000000101]@109");
}

static void isa_forms(void **state) {
    (void)state;
    static const struct pp_x12_opts repair = {.repair = true};
    /* wrapped at 80 columns, inside of ISA and of other segments */
    CHECK(NULL,
          "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
          "*261124*081\n5*^*00501*000000101*0*P*:~TA1*0000001\n"
          "01*261124~IE\r\nA*0*000000101~",
          "isa[]@0W{1.0.0.0 ISA00 line breaks inside segments are dropped @0}ta1[TA1,000000101,261124]@107"
          "iea[IEA,0,000000101]@129");
    CHECK(NULL, ISA "  ~IEA*0*000000101~",
          "isa[]@0W{1.0.0.0 ISA16 blanks stand between ISA16 and the segment terminator @0}iea[IEA,0,000000101]@108");
    /* ISA11 of 4010 is no repetition separator; neither is a letter in 5010 */
    CHECK(NULL,
          "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
          "*261124*0815*U*00401*000000101*0*P*:~IEA*0*000000101~",
          "isa[]@0iea[IEA,0,000000101]@106");
    CHECK(NULL,
          "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
          "*261124*0815*U*00501*000000101*0*P*:~IEA*0*000000101~",
          "isa[]@0W{1.0.0.0 ISA11 this is no repetition separator; ignored @0}iea[IEA,0,000000101]@106");
    CHECK(NULL, "ISA*00* *00* *ZZ*SENDER*ZZ*RECEIVER*261124*0815*^*00501*000000101*0*P*:~IEA*0*000000101~",
          "E{1.0.0.0 ISA00 an element separator stands too early: collapsed blanks, or a separator inside a value @0}");
    CHECK(&repair, "ISA*00* *00* *ZZ*SENDER*ZZ*RECEIVER*261124*0815*^*00501*000000101*0*P*:~IEA*0*000000101~",
          "isa[]@0W{1.0.0.0 ISA00 the header does not have its fixed widths; repaired @0}iea[IEA,0,000000101]@72");
    /* a separator inside of a value shifts everything */
    CHECK(NULL,
          "ISA*00*          *00*          *ZZ*SEN*ER         *ZZ*RECEIVER       *261124*0815*^*00501*000000101*0*P*:~",
          "E{1.0.0.0 ISA00 an element separator stands too early: collapsed blanks, or a separator inside a value @0}");
    CHECK(NULL,
          "ISA*00*          *00*          *ZZ*SENDER         +ZZ*RECEIVER       *261124*0815*^*00501*000000101*0*P*:~",
          "E{1.0.0.0 ISA00 an element separator is not at its fixed place @0}");
    CHECK(NULL, ISA "GS*HC", "E{1.0.0.0 ISA00 no segment terminator follows ISA16 @0}");
    CHECK(NULL, ISA_TO_16 "A~IEA*0*000000101~", "E{1.0.0.0 ISA00 ISA16 is no component separator @0}");
    CHECK(NULL, "ISA*00*  ", "E{1.0.0.0 ISA00 the file ends inside the header @0}");
    CHECK(NULL, "", "E{0.0.0.0 00 the file holds no interchange @0}");
    CHECK(NULL, "hello\nworld\n" ISA "~IEA*0*000000101~",
          "E{0.0.0.0 00 no interchange begins here; bytes up to the next ISA are skipped "
          "@0}isa[]@12iea[IEA,0,000000101]@118");
    CHECK(NULL, "I\0S\0A\0*\0", "E{0.0.0.0 00 the file is UTF-16; bytes up to the next ISA are skipped @0}");
    CHECK(NULL, "GS*HC~NM1*IL*1*NARCISA*X~NM1*IL*1*ISA*X~\n" ISA "~IEA*0*000000101~",
          "E{0.0.0.0 00 no interchange begins here; bytes up to the next ISA are skipped "
          "@0}isa[]@41iea[IEA,0,000000101]@147");
}

/* ---- the envelope ---- */

static void envelope(void **state) {
    (void)state;
    static const struct pp_x12_opts tolerant = {.counts_tolerant = true};
    CHECK(NULL, ISA "~TA1*000000100*261123*0815*A*000~" GS "~ST*837*0001*X~BHT*1~SE*3*0001~GE*1*7~IEA*1*000000101~",
          "isa[]@0ta1[TA1,000000100,261123,0815,A,000]@106gs[GS,HC,S,R,20261124,0815,7,X,005010X222A1]@138"
          "st[ST,837,0001,X]@179[BHT,1]@193se[SE,3,0001]@199ge[GE,1,7]@209iea[IEA,1,000000101]@216");
    CHECK(NULL, ISA "~" GS "~ST*837*0001~SE*3*0002~GE*2*8~IEA*3*000000102~",
          "isa[]@0gs[GS,HC,S,R,20261124,0815,7,X,005010X222A1]@106st[ST,837,0001]@147se[SE,3,0002]@159"
          "E{1.1.1.2 SE01 the number of segments does not fit 3/2 @159}E{1.1.1.2 SE02 the control number differs from "
          "ST02 @159}"
          "ge[GE,2,8]@169E{1.1.0.0 GE01 the number of transactions does not fit 2/1 @169}"
          "E{1.1.0.0 GE02 the control number differs from GS06 @169}iea[IEA,3,000000102]@176"
          "E{1.0.0.0 IEA01 the number of groups does not fit 3/1 @176}E{1.0.0.0 IEA02 the control number differs from "
          "ISA13 @176}");
    CHECK(&tolerant, ISA "~" GS "~ST*837*0001~SE*x*0001~GE*1*7~IEA*1*000000101~",
          "isa[]@0gs[GS,HC,S,R,20261124,0815,7,X,005010X222A1]@106st[ST,837,0001]@147se[SE,x,0001]@159"
          "W{1.1.1.2 SE01 the number of segments does not fit -1/2 @159}ge[GE,1,7]@169iea[IEA,1,000000101]@176");
    /* TA1 only, and TA1 after the groups */
    CHECK(NULL, ISA "~TA1*1~IEA*0*000000101~", "isa[]@0ta1[TA1,1]@106iea[IEA,0,000000101]@112");
    CHECK(NULL, ISA "~TA1*1~IEA*1*000000101~",
          "isa[]@0ta1[TA1,1]@106iea[IEA,1,000000101]@112"
          "W{1.0.0.0 IEA01 the number of groups does not fit 1/0 @112}");
    CHECK(
        NULL, ISA "~" GS "~GE*0*7~TA1*1~IEA*1*000000101~",
        "isa[]@0gs[GS,HC,S,R,20261124,0815,7,X,005010X222A1]@106ge[GE,0,7]@147ta1[TA1,1]@154iea[IEA,1,000000101]@160");
    CHECK(NULL, ISA "~ISB*1~IEA*0*000000101~", "isa[]@0service[ISB,1]@106iea[IEA,0,000000101]@112");
    /* trailers that are missing */
    CHECK(NULL, ISA "~" GS "~ST*837*0001~ST*837*0002~SE*2*0002~IEA*1*000000101~",
          "isa[]@0gs[GS,HC,S,R,20261124,0815,7,X,005010X222A1]@106st[ST,837,0001]@147st[ST,837,0002]@159lost1 "
          "E{1.1.1.1 SE00 the transaction has no SE @159}se[SE,2,0002]@171iea[IEA,1,000000101]@181"
          "E{1.1.0.0 GE00 the group has no GE @181}");
    CHECK(NULL, ISA "~" GS "~ST*837*0001~",
          "isa[]@0gs[GS,HC,S,R,20261124,0815,7,X,005010X222A1]@106st[ST,837,0001]@147lost1 "
          "E{1.1.1.1 SE00 the transaction has no SE @147}E{1.1.0.0 GE00 the group has no GE @147}"
          "E{1.0.0.0 IEA00 the interchange has no IEA @147}");
    CHECK(NULL, ISA "~" ISA "~IEA*0*000000101~",
          "isa[]@0isa[]@106E{1.0.0.0 IEA00 the interchange has no IEA @106}iea[IEA,0,000000101]@212");
    CHECK(NULL, ISA "~SE*1*1~GE*1*1~ST*837*1~NM1*X~IEA*0*000000101~",
          "isa[]@0stray[SE,1,1]@106E{1.0.0.0 SE00 SE without an ST @106}stray[GE,1,1]@113E{1.0.0.0 GE00 GE without a "
          "GS @113}"
          "stray[ST,837,1]@120E{1.0.0.0 ST00 ST outside of a group @120}stray[NM1,X]@129"
          "E{1.0.0.0 NM100 a segment outside of a transaction @129}iea[IEA,0,000000101]@135");
    CHECK(
        NULL, ISA "~" GS "~ST*837*0001~SE*2*0001~ST*837*0001~SE*2*0001~ST*835*0003~SE*2*0003~GE*3*7~IEA*1*000000101~",
        "isa[]@0gs[GS,HC,S,R,20261124,0815,7,X,005010X222A1]@106st[ST,837,0001]@147se[SE,2,0001]@159st[ST,837,0001]@169"
        "E{1.1.2.1 ST02 the control number stands twice in its group @169}se[SE,2,0001]@181st[ST,835,0003]@191"
        "E{1.1.3.1 ST01 this transaction does not belong into a group of this kind @191}se[SE,2,0003]@203"
        "ge[GE,3,7]@213iea[IEA,1,000000101]@220");
    CHECK(NULL, ISA "~" GS "~ST*837*~SE*2*~GE*1*7~IEA*1*000000101",
          "isa[]@0gs[GS,HC,S,R,20261124,0815,7,X,005010X222A1]@106st[ST,837,]@147E{1.1.1.1 ST02 the control number is "
          "missing @147}"
          "se[SE,2,]@155ge[GE,1,7]@161iea[IEA,1,000000101]@168W{1.0.0.0 00 the file ends without a segment terminator "
          "@168}");
}

static void body(void **state) {
    (void)state;
    static const struct pp_x12_opts small = {.segment_max = 200};
    CHECK(NULL, ISA "~" GS "~ST*837*0001~~nm1*x~LX*1*~SE*4*0001~GE*1*7~IEA*1*000000101~",
          "isa[]@0gs[GS,HC,S,R,20261124,0815,7,X,005010X222A1]@106st[ST,837,0001]@147"
          "W{1.1.1.1 00 a segment terminator stands alone @159}[nm1,x]@160E{1.1.1.2 00 this is no segment id "
          "@160}[LX,1,]@166"
          "se[SE,4,0001]@172ge[GE,1,7]@182iea[IEA,1,000000101]@189");
    struct pp_buf b;
    pp_buf_init(&b, 4096);
    pp_buf_addz(&b, ISA "~" GS "~ST*837*0001~NTE*");
    for (int i = 0; i < 300; i++) pp_buf_addc(&b, 'x');
    pp_buf_addz(&b, "~SE*3*0001~GE*1*7~IEA*1*000000101~");
    check(
        &small, pp_buf_str(&b),
        "isa[]@0gs[GS,HC,S,R,20261124,0815,7,X,005010X222A1]@106st[ST,837,0001]@147"
        "E{1.1.1.1 00 the segment is longer than our limit; skipped up to its end @159}se[SE,3,0001]@464ge[GE,1,7]@474"
        "iea[IEA,1,000000101]@481");
    pp_buf_reset(&b);
    pp_buf_addz(&b, ISA "~" GS "~ST*837*0001~ZZ");
    for (int i = 0; i < PP_X12_ELEMENTS_MAX + 3; i++) pp_buf_addc(&b, '*');
    pp_buf_addz(&b, "~SE*3*0001~GE*1*7~IEA*1*000000101~");
    struct pp_buf log;
    pp_buf_init(&log, 65536);
    run(NULL, pp_buf_str(&b), 0, 5, &log);
    assert_non_null(strstr(log.p, "the segment has more elements than any segment may have"));
    pp_buf_free(&log);
    pp_buf_free(&b);
}

static void parts(void **state) {
    (void)state;
    static const char text[] = ISA "~" GS "~ST*837*1~HI*ABK:M54:x^BK:1**a?b~";
    struct pp_x12_reader *r = pp_x12_open(NULL);
    struct pp_x12_event e = {0};
    for (size_t i = 0; i < sizeof text - 1;) i += pp_x12_feed(r, text + i, sizeof text - 1 - i, &e);
    assert_true(pp_x12_is(e.seg, "HI"));
    assert_true(pp_str_eqz(pp_x12_comp(e.seg, 1, 2), "M54"));
    assert_true(pp_str_eqz(pp_x12_comp(e.seg, 3, 1), "a?b")); /* there is no release character */
    assert_int_equal(pp_x12_comp(e.seg, 2, 1).n, 0);
    assert_int_equal(pp_x12_el(e.seg, 9).n, 0);
    assert_true(pp_str_eqz(pp_x12_part(e.seg, pp_x12_rep(e.seg, pp_x12_el(e.seg, 1), 2), 2), "1"));
    const struct pp_x12_envelope *v = pp_x12_envelope(r);
    assert_string_equal(v->isa06, "SENDER");
    assert_string_equal(v->isa13, "000000101");
    assert_string_equal(v->gs08, "005010X222A1");
    assert_string_equal(v->st02, "1");
    pp_x12_close(r);
}

/* ---- binary data ---- */

#define P275 ISA "~GS*PI*S*R*20261124*0815*7*X*005010X211~ST*275*0001~"

static void binary(void **state) {
    (void)state;
    struct pp_buf b;
    CHECK(NULL, P275 "BIN*12*a~b*c\r\nISA*~~SE*3*0001~GE*1*7~IEA*1*000000101~",
          "isa[]@0gs[GS,PI,S,R,20261124,0815,7,X,005010X211]@106st[ST,275,0001]@145<a~b*c\r\nISA*~>[BIN,12,]@157(12)"
          "se[SE,3,0001]@177ge[GE,1,7]@187iea[IEA,1,000000101]@194");
    CHECK(NULL, P275 "BDS*B64*4*QUI=~SE*3*0001~GE*1*7~IEA*1*000000101~",
          "isa[]@0gs[GS,PI,S,R,20261124,0815,7,X,005010X211]@106st[ST,275,0001]@145<QUI=>[BDS,B64,4,]@157(4)"
          "se[SE,3,0001]@172ge[GE,1,7]@182iea[IEA,1,000000101]@189");
    CHECK(NULL, P275 "BIN*2*abcd~SE*3*0001~GE*1*7~IEA*1*000000101~",
          "isa[]@0gs[GS,PI,S,R,20261124,0815,7,X,005010X211]@106st[ST,275,0001]@145<ab>[BIN,2,]@157(2)"
          "E{1.1.1.2 BIN01 the binary data do not end where their length says "
          "@157}se[SE,3,0001]@168ge[GE,1,7]@178iea[IEA,1,000000101]@185");
    CHECK(NULL, P275 "BIN*1x*ab~SE*3*0001~GE*1*7~IEA*1*000000101~",
          "isa[]@0gs[GS,PI,S,R,20261124,0815,7,X,005010X211]@106st[ST,275,0001]@145"
          "E{1.1.1.2 BIN01 the length of the binary data is no number, or over our limit "
          "@157}[BIN,1x,ab]@157se[SE,3,0001]@167"
          "ge[GE,1,7]@177iea[IEA,1,000000101]@184");
    CHECK(NULL, P275 "BIN*0*~BIN~SE*4*0001~GE*1*7~IEA*1*000000101~",
          "isa[]@0gs[GS,PI,S,R,20261124,0815,7,X,005010X211]@106st[ST,275,0001]@145[BIN,0,]@157[BIN]@164"
          "se[SE,4,0001]@168ge[GE,1,7]@178iea[IEA,1,000000101]@185");
    CHECK(NULL, P275 "BIN*9*abc", NULL);
    /* a terminator of three bytes */
    pp_buf_init(&b, 4096);
    pp_buf_addz(&b, ISA "\xe2\x80\xa6GS*PI*S*R*20261124*0815*7*X*005010X211\xe2\x80\xa6ST*275*0001\xe2\x80\xa6");
    pp_buf_addz(&b, "BIN*3*\xe2\x80\xa6\xe2\x80\xa6SE*3*0001\xe2\x80\xa6GE*1*7\xe2\x80\xa6IEA*1*000000101\xe2\x80\xa6");
    check(NULL, pp_buf_str(&b),
          "isa[]@0gs[GS,PI,S,R,20261124,0815,7,X,005010X211]@108st[ST,275,0001]@149<\xe2\x80\xa6>[BIN,3,]@163(3)"
          "se[SE,3,0001]@175ge[GE,1,7]@187iea[IEA,1,000000101]@196");
    pp_buf_free(&b);
}

/* ---- fixtures and noise ---- */

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

static const char *const fixtures[] = {"claims.837", "no_breaks.837", "newline.837", "crlf.837", "binary.275"};

static void any_cut(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) check(NULL, fixture(fixtures[i]), NULL);
}

/* Damaged files: no crash, and still the same events for any cut. */
static void flipped_bytes(void **state) {
    (void)state;
    uint32_t seed = 7;
    struct pp_buf a, b;
    pp_buf_init(&a, 1 << 20);
    pp_buf_init(&b, 1 << 20);
    for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) {
        struct pp_str f = fixture(fixtures[i]);
        static char bytes[65536];
        for (int round = 0; round < 400; round++) {
            static const char special[] = "*~:^\r\n ISAGEBIN0\0\xc3\x96";
            struct pp_x12_opts opts = {.repair = round % 2, .segment_max = round % 3 ? 0 : 60};
            memcpy(bytes, f.s, f.n);
            for (int k = 0; k < 1 + round % 5; k++) {
                seed = seed * 1664525u + 1013904223u;
                uint32_t at = (seed >> 8) % (round % 4 ? f.n : 110);
                bytes[at] = round % 2 ? special[(seed >> 3) % (sizeof special - 1)] : (char)(seed >> 24);
            }
            uint32_t n = round % 7 ? f.n : (seed >> 9) % f.n;
            run(&opts, (struct pp_str){bytes, n}, n, 0, &a);
            run(&opts, (struct pp_str){bytes, n}, 0, 1 + round % 9, &b);
            size_t same = 0;
            while (same < a.n && same < b.n && a.p[same] == b.p[same]) same++;
            if (same < a.n || a.n != b.n)
                fail_msg("%s, round %d: events differ from\n%.200s\nto\n%.200s", fixtures[i], round,
                         a.p + (same < 60 ? 0 : same - 60), b.p + (same < 60 ? 0 : same - 60));
        }
    }
    pp_buf_free(&a);
    pp_buf_free(&b);
}

/* ---- writing ---- */

static const struct pp_x12_envelope ours = {
    .isa05 = "ZZ",
    .isa06 = "LAKESIDE",
    .isa07 = "ZZ",
    .isa08 = "MERIDIAN",
    .isa09 = "261124",
    .isa10 = "0815",
    .isa12 = "00501",
    .isa13 = "000000009",
    .isa14 = "0",
    .isa15 = "T",
    .gs01 = "HI",
    .gs02 = "LAKESIDE",
    .gs03 = "MERIDIAN",
    .gs04 = "20261124",
    .gs05 = "0815",
    .gs06 = "9",
    .gs07 = "X",
    .gs08 = "005010X217",
    .st01 = "278",
    .st02 = "0001",
    .st03 = "005010X217",
};

static void writing(void **state) {
    (void)state;
    struct pp_buf out, log;
    struct pp_x12_writer w;
    struct pp_err err;
    const struct pp_str bht[] = {PP_STR("0007"), PP_STR("13"), PP_STR("A1"), PP_STR_NONE, PP_STR_NONE};
    const struct pp_str ta1[] = {PP_STR("000000001"), PP_STR("261124"), PP_STR("0815"), PP_STR("A"), PP_STR("000")};
    pp_buf_init(&out, 4096);
    pp_buf_init(&log, 4096);
    pp_x12_write_begin(&w, &out);
    pp_x12_write_isa(&w, &ours);
    pp_x12_write_ta1(&w, ta1);
    pp_x12_write_gs(&w, &ours);
    pp_x12_write_st(&w, &ours);
    pp_x12_write(&w, "BHT", bht, 5);
    pp_x12_write_se(&w);
    pp_x12_write_ge(&w);
    assert_int_equal(pp_x12_write_iea(&w, &err), 0);
    run(NULL, pp_buf_str(&out), 0, 3, &log);
    assert_string_equal(log.p,
                        "isa[]@0ta1[TA1,000000001,261124,0815,A,000]@106gs[GS,HI,LAKESIDE,MERIDIAN,20261124,0815,9,X,"
                        "005010X217]@138st[ST,278,0001,005010X217]@191[BHT,0007,13,A1]@214se[SE,3,0001]@229"
                        "ge[GE,1,9]@239iea[IEA,1,000000009]@246");
    pp_buf_free(&out);
    pp_buf_free(&log);
}

static void writing_refused(void **state) {
    (void)state;
    struct pp_buf out;
    struct pp_x12_writer w;
    struct pp_err err;
    const struct pp_str star[] = {PP_STR("a*b")};
    pp_buf_init(&out, 4096);
    for (int i = 0; i < 6; i++) {
        struct pp_x12_envelope e = ours;
        if (i == 0) snprintf(e.isa13, sizeof e.isa13, "%s", "12");
        if (i == 1) snprintf(e.gs06, sizeof e.gs06, "%s", "");
        pp_buf_reset(&out);
        pp_x12_write_begin(&w, &out);
        pp_x12_write_isa(&w, &e);
        if (i == 2) pp_x12_write_isa(&w, &e);
        pp_x12_write_gs(&w, &e);
        if (i != 3) pp_x12_write_st(&w, &e);
        pp_x12_write(&w, "NM1", star, i == 4);
        if (i != 5) pp_x12_write_se(&w);
        pp_x12_write_ge(&w);
        assert_int_equal(pp_x12_write_iea(&w, &err), -1);
    }
    pp_buf_free(&out);
    pp_buf_init(&out, 20);
    pp_x12_write_begin(&w, &out);
    pp_x12_write_isa(&w, &ours);
    assert_int_equal(pp_x12_write_iea(&w, &err), -1);
    assert_int_equal(err.kind, PP_ERR_LIMIT);
    pp_buf_free(&out);
}

static void finding_text(void **state) {
    (void)state;
    struct pp_buf b;
    struct pp_x12_finding f = {.pos = {1, 2, 3, 44, 60, 1234},
                               .segment = "SE",
                               .element = 1,
                               .said = 44,
                               .counted = 43,
                               .text = "the number of segments does not fit"};
    pp_buf_init(&b, 300);
    pp_x12_finding_text(&f, &b);
    pp_buf_addc(&b, '\0');
    assert_string_equal(b.p,
                        "interchange 1 group 2 transaction 3 segment 44 SE01 (byte 1234): the number of segments does "
                        "not fit (says 44, counted 43)");
    pp_buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_ends),    cmocka_unit_test(isa_forms),
        cmocka_unit_test(envelope),     cmocka_unit_test(body),
        cmocka_unit_test(parts),        cmocka_unit_test(binary),
        cmocka_unit_test(any_cut),      cmocka_unit_test(flipped_bytes),
        cmocka_unit_test(writing),      cmocka_unit_test(writing_refused),
        cmocka_unit_test(finding_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
