/* The HL7 v2 parser, batches and acknowledgments. Fixtures: tests/fixtures/hl7. */
#include "codec/hl7_ack.h"
#include "codec/hl7_batch.h"
#include "hl7_help.h"

/* ---- parsing ---- */

static void delimiters(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } bad[] = {
        {"", "the message does not begin with MSH"},
        {"PID|1", "the message does not begin with MSH"},
        {"MSH", "segment 1 MSH-1: no field separator after MSH"},
        {"MSHA^~\\&A", "segment 1 MSH-1: no field separator after MSH"},
        {"MSH|^~|A", "segment 1 MSH-2: four encoding characters are needed (component, repetition, escape, "
                     "subcomponent), or five from 2.7 on"},
        {"MSH|^~\\\\&|A", "segment 1 MSH-2: an encoding character stands twice"},
        {"MSH|^~x&|A", "segment 1 MSH-2: an encoding character is a letter, a digit or no printable character"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pp_arena_reset(&arena);
        assert_int_equal(pp_hl7_parse(pp_str_z(bad[i].text), NULL, &arena, &msg, &err), -1);
        const char *got = strstr(err.msg, "segment 1 MSH: ") == err.msg ? err.msg + strlen("segment 1 MSH: ") : err.msg;
        assert_string_equal(got, bad[i].want);
        assert_int_equal(err.kind, PP_ERR_INVALID);
    }
    parse("MSH@~&#\\@A@B\rPID@1@@X~~~H~MR&Y\r");
    assert_str(pp_hl7_get(&msg, pp_hl7_find(&msg, "PID", 0), 3, 1, 4, 0), "H");
    assert_str(pp_hl7_get(&msg, pp_hl7_find(&msg, "PID", 0), 3, 2, 1, 0), "Y");
    parse("MSH|^~\\&#|A|B\rOBX|1|TX|||cut\\P\\ here\r");
    assert_int_equal(msg.d.truncation, '#');
    assert_str(pp_hl7_val(&msg, &msg.segs[1], 5, 0), "cut# here");
}

static void segment_ends(void **state) {
    (void)state;
    static const struct {
        const char *tail;
        uint32_t segs, flags;
    } t[] = {
        {"\rPID|1\rPV1|1\r", 3, 0},
        {"\rPID|1\rPV1|1", 3, 0},
        {"\nPID|1\nPV1|1\n", 3, PP_HL7_LF_ENDS},
        {"\nPID|1\nPV1|1\r", 3, PP_HL7_LF_ENDS}, /* the CR before FS does not make LF data */
        {"\r\nPID|1\r\nPV1|1\r\n", 3, PP_HL7_CRLF_ENDS},
        {"\r\rPID|1\r\rPV1|1\r\r", 3, PP_HL7_BLANK_LINES},
        {"\rPID|1|a\nb\rPV1|1\r", 3, PP_HL7_LF_IN_DATA},
        {"\rEVN|A\nPID|1\rPV1|1\r", 3, PP_HL7_LF_IN_DATA | PP_HL7_HIDDEN_SEGMENT},
        {"\rPID|1\rMSH|^~\\&|B\r", 3, PP_HL7_SECOND_MSH},
        {"\rnonsense\rPV1|1\r", 3, PP_HL7_BAD_SEGMENT_ID},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s%s", MSH, t[i].tail);
        parse(text);
        assert_int_equal(msg.segs_n, t[i].segs);
        assert_int_equal(msg.flags, t[i].flags);
    }
    parse("\xef\xbb\xbf\r\nMSH|^~\\&|A\r");
    assert_int_equal(msg.flags, PP_HL7_BOM | PP_HL7_NOISE_BEFORE);

    /* a sender that is known to mix line ends */
    static const struct pp_hl7_profile mixed = {.mixed_ends = true};
    static const char *const tails[] = {"\rEVN|A\nPID|1\r\nPV1|1\r", "\nEVN|A\rPID|1\nPV1|1",
                                        "\r\nEVN|A\n\nPID|1\rPV1|1\n"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s%s", MSH, tails[i]);
        parse_as(pp_str_z(text), &mixed);
        assert_int_equal(msg.segs_n, 4);
        assert_int_equal(msg.flags & ~PP_HL7_BLANK_LINES, PP_HL7_MIXED_ENDS);
        assert_str(pp_hl7_val(&msg, &msg.segs[3], 1, 0), "1");
    }
    parse_as(pp_str_z(MSH "\rPID|1\rPV1|1\r"), &mixed); /* nothing mixed: nothing flagged */
    assert_int_equal(msg.flags, 0);
}

/* Which place an offset belongs to, and a fault that is told by offset. */
static void places(void **state) {
    (void)state;
    parse(MSH "ADT^A04|7|P|2.5\rPID|1||a~b^c&d\rPID|2\r");
    static const struct {
        const char *at;
        unsigned skip;
        struct pp_hl7_place want;
    } t[] = {
        {"MSH", 0, {"MSH", 1, 1, 0, 0, 0, 0}},   {"MSH", 3, {"MSH", 1, 1, 1, 0, 0, 0}},
        {"^~", 0, {"MSH", 1, 1, 2, 0, 0, 0}},    {"APP", 1, {"MSH", 1, 1, 3, 1, 1, 1}},
        {"A04", 0, {"MSH", 1, 1, 9, 1, 2, 1}},   {"PID|1", 4, {"PID", 2, 1, 1, 1, 1, 1}},
        {"a~b", 0, {"PID", 2, 1, 3, 1, 1, 1}},   {"b^c", 0, {"PID", 2, 1, 3, 2, 1, 1}},
        {"b^c&d", 4, {"PID", 2, 1, 3, 2, 2, 2}}, {"PID|2", 4, {"PID", 3, 2, 1, 1, 1, 1}},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct pp_hl7_place p;
        const char *at = strstr(msg.raw.s, t[i].at);
        assert_true(pp_hl7_place_at(&msg, (uint32_t)(at - msg.raw.s) + t[i].skip, &p));
        assert_memory_equal(&p, &t[i].want, sizeof p);
    }
    struct pp_hl7_place p;
    assert_false(pp_hl7_place_at(&msg, msg.raw.n, &p));
    pp_hl7_fault_at(&msg, 'W', 102, (uint32_t)(strstr(msg.raw.s, "c&d") - msg.raw.s), "odd");
    assert_true(has_fault('W', "segment 2 PID-3(2).2: odd"));
    for (uint32_t i = 0; i < msg.raw.n; i++) assert_true(pp_hl7_place_at(&msg, i, &p));
}

static void fields(void **state) {
    (void)state;
    parse(MSH "ADT^A04|7|P|2.5\rPID|1|\"\"|a^b&c&d~e|  padded |\rZZZ\r");
    struct pp_hl7_seg *msh = &msg.segs[0], *pid = &msg.segs[1];
    assert_str(pp_hl7_val(&msg, msh, 1, 0), "|");
    assert_str(pp_hl7_val(&msg, msh, 2, 0), "^~\\&");
    assert_str(pp_hl7_val(&msg, msh, 3, 0), "APP");
    assert_str(pp_hl7_val(&msg, msh, 12, 0), "2.5");
    assert_str(pp_hl7_val(&msg, msh, 13, 0), "");
    assert_true(pp_hl7_is_null(pp_hl7_field(&msg, pid, 2))); /* delete: not the same as not sent */
    assert_false(pp_hl7_is_null(pp_hl7_field(&msg, pid, 6)));
    assert_str(pp_hl7_val(&msg, pid, 2, 0), "");
    assert_true(pp_hl7_is_deleted(pp_hl7_val(&msg, pid, 2, 0)));
    assert_false(pp_hl7_is_deleted(pp_hl7_val(&msg, pid, 6, 0)));
    assert_int_equal(pp_hl7_rep_count(&msg, pp_hl7_field(&msg, pid, 3)), 2);
    assert_str(pp_hl7_get(&msg, pid, 3, 1, 2, 2), "c");
    assert_str(pp_hl7_get(&msg, pid, 3, 1, 2, 0), "b&c&d");
    assert_str(pp_hl7_get(&msg, pid, 3, 2, 1, 1), "e");
    assert_str(pp_hl7_get(&msg, pid, 3, 3, 1, 1), "");
    assert_str(pp_hl7_val(&msg, pid, 4, 0), "padded");
    assert_str(pp_hl7_val(&msg, pid, 99, 1), "");
    assert_str(pp_hl7_val(&msg, &msg.segs[2], 1, 0), "");
    assert_str(pp_hl7_val(&msg, NULL, 1, 0), "");
}

/* One pass gives what asking for each place gives, in order, and nothing else. */
static void walk(void **state) {
    (void)state;
    static const char *const files[] = {"orders.hl7", "document.hl7", "result.hl7",
                                        "latin1.hl7", "lf.hl7",       "charges.hl7"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        parse_fixture(files[i]);
        unsigned given = 0, there = 0;
        for (uint32_t k = 0; k < msg.segs_n; k++) {
            struct pp_hl7_walk w;
            struct pp_str v;
            struct pp_hl7_seg *s = &msg.segs[k];
            pp_hl7_walk_init(&w, &msg, s);
            while (pp_hl7_walk_next(&w, &v)) {
                struct pp_str want = pp_hl7_text(
                    &msg, pp_hl7_sub(&msg,
                                     pp_hl7_comp(&msg, pp_hl7_rep(&msg, pp_hl7_field(&msg, s, w.field), w.repetition),
                                                 w.component),
                                     w.subcomponent));
                assert_true(pp_str_eq(v, want) && v.n);
                assert_int_equal(v.s[v.n], 0);
                given++;
            }
            for (unsigned f = k ? 1 : 3; f < s->ends_n + (k == 0); f++)
                for (unsigned r = 1; r <= 4; r++)
                    for (unsigned c = 1; c <= 20; c++)
                        for (unsigned u = 1; u <= 4; u++)
                            there +=
                                pp_hl7_sub(&msg, pp_hl7_comp(&msg, pp_hl7_rep(&msg, pp_hl7_field(&msg, s, f), r), c), u)
                                    .n > 0;
        }
        assert_int_equal(given, there);
        assert_true(given > 10);
    }
    struct pp_hl7_walk w;
    struct pp_str v;
    parse("MSH|^~\\&\rPID\rNTE||\"\"^a\\F\\b&&c~~|\r");
    for (int i = 0; i < 2; i++) {
        pp_hl7_walk_init(&w, &msg, &msg.segs[i]);
        assert_false(pp_hl7_walk_next(&w, &v));
        assert_false(pp_hl7_walk_next(&w, &v));
    }
    pp_hl7_walk_init(&w, &msg, &msg.segs[2]);
    assert_true(pp_hl7_walk_next(&w, &v));
    assert_true(pp_hl7_is_deleted(v));
    assert_true(pp_hl7_walk_next(&w, &v));
    assert_str(v, "a|b");
    assert_true(pp_hl7_walk_next(&w, &v));
    assert_str(v, "c");
    assert_int_equal(w.subcomponent, 3);
    assert_false(pp_hl7_walk_next(&w, &v));
    /* beside a letter that is no ASCII, the other values stand as they came and cost no copy; a NUL is still a blank */
    static const char mixed[] = "MSH|^~\\&\rNTE|ascii^\xc3\xa4^n\0l\rNTE|a\nb\r";
    parse_as((struct pp_str){mixed, sizeof mixed - 1}, NULL);
    pp_hl7_walk_init(&w, &msg, &msg.segs[1]);
    assert_true(pp_hl7_walk_next(&w, &v));
    assert_str(v, "ascii");
    assert_int_equal(v.s - msg.pieces, strstr(msg.raw.s, "ascii") - msg.raw.s);
    assert_true(pp_hl7_walk_next(&w, &v));
    assert_str(v, "\xc3\xa4");
    assert_true(pp_hl7_walk_next(&w, &v));
    assert_str(v, "n l");
    assert_false(pp_hl7_walk_next(&w, &v));
    pp_hl7_walk_init(&w, &msg, &msg.segs[2]);
    assert_true(pp_hl7_walk_next(&w, &v));
    assert_str(v, "a\nb");
}

static void escapes(void **state) {
    (void)state;
    static const struct {
        const char *raw, *want;
    } t[] = {
        {"plain", "plain"},
        {"a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"},
        {"\\F\\\\S\\", "|^"}, /* back to back */
        {"end\\E\\", "end\\"},
        {"line\\.br\\two", "line\ntwo"},
        {"a\\.sp3\\b", "a\n\n\nb"},
        {"a\\.sp999999\\b", "a\n\n\n\n\n\n\n\n\n\n\nb"}, /* never grows */
        {"a\\.in+4\\\\.ti-2\\b", "ab"},
        {"\\H\\bold\\N\\ plain", "bold plain"},
        {"\\X0D0A\\", "\r\n"},
        {"\\XC3A9\\ \\XE9\\", "\xc3\xa9 \xc3\xa9"}, /* UTF-8, and a byte that is none */
        {"\\X4\\ \\XZZ\\", "\\X4\\ \\XZZ\\"},
        {"lone \\ here", "lone \\ here"},
        {"c:\\dir\\F\\x", "c:\\dir|x"}, /* what closes no escape may open one */
        {"\\Z99\\ \\C2842\\ \\M824041\\", "\\Z99\\ \\C2842\\ \\M824041\\"},
        {"\\.bread\\ \\.sp+2\\", "\\.bread\\ \n\n"}, /* what has no number behind it is no command */
        {"nul\\X00\\byte", "nul byte"},
        {"\\", "\\"},
        {"\\\\", "\\\\"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s|||||\rOBX|1|TX|||%s|x\r", MSH, t[i].raw);
        parse(text);
        assert_str(pp_hl7_text(&msg, pp_hl7_field(&msg, &msg.segs[1], 5)), t[i].want);
    }
    struct pp_buf b;
    pp_buf_init(&b, 200);
    pp_hl7_escape(&msg.d, PP_STR("a|b^c&d~e\\f\r\ng\nh"), &b);
    pp_buf_addc(&b, '\0');
    assert_string_equal(b.p, "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\.br\\g\\.br\\h");
    pp_buf_free(&b);
}

static void charsets(void **state) {
    (void)state;
    parse(MSH "|||||||||\rPID|1||M\xc3\xbc\r");
    assert_str(pp_hl7_val(&msg, &msg.segs[1], 3, 0), "M\xc3\xbc");
    assert_int_equal(msg.flags, 0);
    parse(MSH "|||||||||\rPID|1||M\xfc \x93x\x94\r");
    assert_str(pp_hl7_val(&msg, &msg.segs[1], 3, 0), "M\xc3\xbc \xe2\x80\x9cx\xe2\x80\x9d");
    assert_int_equal(msg.flags, PP_HL7_LATIN1_FALLBACK);
    static const struct {
        const char *msh18, *bytes, *want;
        uint32_t flags;
    } t[] = {
        {"8859/1", "M\xfc", "M\xc3\xbc", 0},
        {"8859/1", "M\xc3\xbc", "M\xc3\x83\xc2\xbc", PP_HL7_CHARSET_DOUBTED}, /* the sender says so: two characters */
        {"8859/2",
         "\xa3\xf3"
         "d\xbc",
         "\xc5\x81\xc3\xb3"
         "d\xc5\xba",
         0},                                           /* Polish */
        {"8859/5", "\xb4\xd0", "\xd0\x94\xd0\xb0", 0}, /* Cyrillic */
        {"8859/7", "\xc1\xe1", "\xce\x91\xce\xb1", 0}, /* Greek */
        {"8859/8", "\xe0", "\xd7\x90", 0},             /* Hebrew */
        {"8859/9", "\xdd", "\xc4\xb0", 0},             /* Turkish */
        {"8859/15", "\xa4", "\xe2\x82\xac", 0},        /* the euro sign */
        {"iso-8859-15", "\xa4", "\xe2\x82\xac", 0},
        {"8859/6", "\xa1", "\xc2\xa1", 0}, /* a byte that the set leaves open */
        {"UNICODE UTF-8", "M\xc3\xbc", "M\xc3\xbc", 0},
        {"UNICODE UTF-8", "M\xfc", "M\xc3\xbc", PP_HL7_LATIN1_FALLBACK}, /* a lie */
        {"ASCII", "M\xfc", "M\xc3\xbc", PP_HL7_LATIN1_FALLBACK},
        {"ASCII", "M\xc3\xbc", "M\xc3\xbc", PP_HL7_CHARSET_DOUBTED},
        {"ISO IR 999", "M", "M", PP_HL7_CHARSET_UNKNOWN},
        {"8859/12", "M", "M", PP_HL7_CHARSET_UNKNOWN},
        {"8859/2~UNICODE UTF-8", "\xa3", "\xc5\x81", 0}, /* the first one is the set of the message */
        {"\"\"", "M\xc3\xbc", "M\xc3\xbc", 0},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char text[200];
        snprintf(text, sizeof text, "MSH|^~\\&|A|||||||||||||||%s\rPID|1||%s\r", t[i].msh18, t[i].bytes);
        parse(text);
        assert_str(pp_hl7_val(&msg, &msg.segs[1], 3, 0), t[i].want);
        assert_int_equal(msg.flags, t[i].flags);
    }
    static const struct pp_hl7_profile wrong = {.charset_ignore_msh18 = true};
    parse_as(PP_STR("MSH|^~\\&|A|||||||||||||||8859/1\rPID|1||M\xc3\xbc\r"), &wrong);
    assert_str(pp_hl7_val(&msg, &msg.segs[1], 3, 0), "M\xc3\xbc");
    static const struct pp_hl7_profile polish = {.charset_default = PP_HL7_8859_2};
    parse_as(PP_STR("MSH|^~\\&|A\rPID|1||\xa3\r"), &polish);
    assert_str(pp_hl7_val(&msg, &msg.segs[1], 3, 0), "\xc5\x81");
    static const char wide[] = {'M', 0, 'S', 0, 'H', 0, '|', 0};
    assert_int_equal(pp_hl7_parse((struct pp_str){wide, sizeof wide}, NULL, &arena, &msg, &err), -1);
    assert_non_null(strstr(err.msg, "UTF-16"));
}

static void time_stamps(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int y, m, d, minute;
        enum pp_hl7_precision p;
        int offset;
    } t[] = {
        {"2026", true, 2026, 0, 0, -1, PP_HL7_TS_YEAR, 0},
        {"202611", true, 2026, 11, 0, -1, PP_HL7_TS_MONTH, 0},
        {"20261124", true, 2026, 11, 24, -1, PP_HL7_TS_DAY, 0},
        {"2026112408", true, 2026, 11, 24, 480, PP_HL7_TS_HOUR, 0},
        {"202611240815", true, 2026, 11, 24, 495, PP_HL7_TS_MINUTE, 0},
        {"20261124081530", true, 2026, 11, 24, 495, PP_HL7_TS_SECOND, 0},
        {"20261124000000", true, 2026, 11, 24, 0, PP_HL7_TS_SECOND, 0},
        {"20261124081530.1234-0600", true, 2026, 11, 24, 495, PP_HL7_TS_SECOND, -360},
        {"202611240815+0215", true, 2026, 11, 24, 495, PP_HL7_TS_MINUTE, 135},
        {"20110613122406637", true, 2011, 6, 13, 744, PP_HL7_TS_SECOND, 0},
        {"2026-01-15T14:30:00", true, 2026, 1, 15, 870, PP_HL7_TS_SECOND, 0},
        {"2026-01-15T14:30:00-06:00", true, 2026, 1, 15, 870, PP_HL7_TS_SECOND, -360},
        {"2026-01-15", true, 2026, 1, 15, -1, PP_HL7_TS_DAY, 0},
        {"", false, 0, 0, 0, -1, PP_HL7_TS_NONE, 0},
        {"20261324", false, 0, 0, 0, -1, PP_HL7_TS_NONE, 0},
        {"20260230", false, 0, 0, 0, -1, PP_HL7_TS_NONE, 0},
        {"2010201200+0215", false, 0, 0, 0, -1, PP_HL7_TS_NONE, 0},
        {"202611242460", false, 0, 0, 0, -1, PP_HL7_TS_NONE, 0},
        {"20261124T0815", false, 0, 0, 0, -1, PP_HL7_TS_NONE, 0},
        {"2026112", false, 0, 0, 0, -1, PP_HL7_TS_NONE, 0},
        {"Aug 15, 1942", false, 0, 0, 0, -1, PP_HL7_TS_NONE, 0},
        {"20261124+9900", false, 0, 0, 0, -1, PP_HL7_TS_NONE, 0},
        {"20261124081530.", false, 0, 0, 0, -1, PP_HL7_TS_NONE, 0},
        {"+", false, 0, 0, 0, -1, PP_HL7_TS_NONE, 0},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct pp_hl7_ts ts;
        assert_int_equal(pp_hl7_ts_parse(pp_str_z(t[i].text), &ts), t[i].ok);
        assert_int_equal(ts.year, t[i].y);
        assert_int_equal(ts.month, t[i].m);
        assert_int_equal(ts.date, t[i].d ? pp_date_of(t[i].y, t[i].m, t[i].d) : 0);
        assert_int_equal(ts.minute, t[i].minute);
        assert_int_equal(ts.precision, t[i].p);
        assert_int_equal(ts.offset_minutes, t[i].offset);
    }
    struct pp_hl7_ts ts;
    char text[25];
    pp_hl7_ts_parse(PP_STR("20261124081530"), &ts);
    pp_time_text(pp_hl7_ts_instant(&ts, PP_STR("America/Chicago")), text);
    assert_string_equal(text, "2026-11-24T14:15:30.000Z");
    pp_hl7_ts_parse(PP_STR("20261124081530+0100"), &ts);
    pp_time_text(pp_hl7_ts_instant(&ts, PP_STR("America/Chicago")), text);
    assert_string_equal(text, "2026-11-24T07:15:30.000Z");
    pp_hl7_ts_parse(PP_STR("20261124"), &ts);
    assert_int_equal(pp_hl7_ts_instant(&ts, PP_STR("UTC")), 0);
}

/* ---- files and answers ---- */

static void batches(void **state) {
    (void)state;
    struct pp_hl7_batch b;
    struct pp_hl7_batch_item it;
    char log[400] = "";
    size_t n = 0;
    pp_hl7_batch_init(&b, fixture("batch.hl7"));
    do {
        pp_hl7_batch_next(&b, &it);
        n += (size_t)snprintf(log + n, sizeof log - n, "%d%s%s;", it.what, it.text ? " " : "", it.text ? it.text : "");
    } while (it.what != PP_HL7_BATCH_DONE);
    assert_string_equal(log, "1;1;3 BTS-1 differs from the number of messages in the batch;0;");
    static const struct {
        const char *file;
        const char *want;
    } t[] = {
        {"", "0;"},
        {"\r\n\r\n", "0;"},
        {"# a comment\rMSH|^~\\&|A\rPID|1\r", "2;1;0;"},
        {"MSH|^~\\&|A\nPID|1\n\nMSH|^~\\&|B\nPID|1\n", "1;1;0;"},
        {"\vMSH|^~\\&|A\rPID|1\r\x1c\r\vMSH|^~\\&|B\r\x1c\r", "1;1;0;"},
        {"BHS|^~\\&\rMSH|^~\\&|A\r", "1;3 the file ends inside a batch: no BTS;0;"},
        {"MSH|^~\\&|A\rBTS|1\r", "1;3 BTS without a BHS;0;"},
        {"MSH|^~\\&|A\rFHS|^~\\&\rFTS|0\r", "1;3 FHS is not the first segment of the file;0;"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        pp_hl7_batch_init(&b, pp_str_z(t[i].file));
        n = 0;
        do {
            pp_hl7_batch_next(&b, &it);
            n += (size_t)snprintf(log + n, sizeof log - n, "%d%s%s;", it.what, it.text ? " " : "",
                                  it.text ? it.text : "");
        } while (it.what != PP_HL7_BATCH_DONE);
        assert_string_equal(log, t[i].want);
    }
}

static void check_ack(const char *message, enum pp_hl7_outcome outcome, const char *want) {
    struct pp_buf b;
    struct pp_hl7_msh h;
    pp_buf_init(&b, 4096);
    parse(message);
    pp_hl7_read_msh(&msg, &h, &err);
    if (outcome != PP_HL7_ACCEPT) pp_hl7_fault(&msg, 'E', 101, &msg.segs[0], 9, 2, "the trigger | is missing");
    struct pp_hl7_ack ack = {.outcome = outcome,
                             .control_id = PP_STR("P1"),
                             .time = PP_STR("20261124"),
                             .text = outcome == PP_HL7_ACCEPT ? PP_STR_NONE : PP_STR("look"),
                             .faults = msg.faults,
                             .faults_n = msg.faults_n};
    pp_hl7_ack_write(&msg, &ack, &b);
    struct pp_str got = pp_buf_str(&b);
    assert_int_equal(got.n, strlen(want));
    assert_memory_equal(got.s, want, got.n);
    /* what we write we can read */
    struct pp_hl7_answer a;
    struct pp_hl7_msg back;
    assert_int_equal(pp_hl7_parse(got, NULL, &arena, &back, &err), 0);
    assert_int_equal(pp_hl7_read_answer(&back, &a, &err), 0);
    assert_str(a.code, pp_hl7_ack_code(pp_hl7_ack_is_accept(&h, outcome), outcome));
    assert_int_equal(a.outcome, outcome);
    assert_str(a.control_id, "7\\E");
    pp_buf_free(&b);
}

static void acknowledgments(void **state) {
    (void)state;
    check_ack("MSH|^~\\&|APP^1|FAC|PP|LKS|20261124||ADT^A04^ADT_A01|7\\E\\E|P|2.5.1||||||8859/1\r", PP_HL7_ACCEPT,
              "MSH|^~\\&|PP|LKS|APP^1|FAC|20261124||ACK^A04^ACK|P1|P|2.5.1||||||8859/1\rMSA|AA|7\\E\\E\r");
    check_ack("MSH|^~\\&|APP||PP|||| ADT^A04|7\\E\\E|P|2.5|||AL|NE\r", PP_HL7_ERROR,
              "MSH|^~\\&|PP||APP||20261124||ACK^A04|P1|P|2.5\rMSA|CE|7\\E\\E|look\r"
              "ERR||MSH^1^9^1^2|101^required field missing^HL70357|E||||the trigger \\F\\ is missing\r");
    /* only the application answer is asked for: it is given */
    check_ack("MSH|^~\\&|APP||PP|||| ADT^A04|7\\E\\E|P|2.5|||NE|AL\r", PP_HL7_ACCEPT,
              "MSH|^~\\&|PP||APP||20261124||ACK^A04|P1|P|2.5\rMSA|AA|7\\E\\E\r");
    check_ack("MSH|^~\\&|APP||PP|||| ADT^A04|7\\E\\E|P|2.3\r", PP_HL7_REJECT,
              "MSH|^~\\&|PP||APP||20261124||ACK^A04|P1|P|2.3\rMSA|AR|7\\E\\E|look\r"
              "ERR|MSH^1^9^101&required field missing&HL70357\r");
    struct pp_buf b;
    pp_buf_init(&b, 400);
    pp_hl7_nak_write(
        &(struct pp_hl7_ack){.outcome = PP_HL7_REJECT, .control_id = PP_STR("P2"), .text = PP_STR("no MSH")}, &b);
    assert_int_equal(b.n, strlen("MSH|^~\\&|||||||ACK|P2|P|2.5.1\rMSA|AR||no MSH\r"));
    assert_memory_equal(b.p, "MSH|^~\\&|||||||ACK|P2|P|2.5.1\rMSA|AR||no MSH\r", b.n);
    pp_buf_free(&b);
}

/* MSH-15 and MSH-16 in all combinations that mean something: is an answer given now, which, and is one owed? */
static void ack_modes(void **state) {
    (void)state;
    static const struct {
        const char *accept, *application;
        const char *ok, *error; /* code given now, then "+" when an application answer of that outcome is owed */
    } t[] = {
        {"", "", "AA", "AE"},      {"AL", "", "CA", "CE"},    {"AL", "AL", "CA+", "CE+"}, {"AL", "NE", "CA", "CE"},
        {"AL", "ER", "CA", "CE+"}, {"AL", "SU", "CA+", "CE"}, {"NE", "", "-", "-"},       {"NE", "NE", "-", "-"},
        {"NE", "AL", "AA", "AE"},  {"NE", "ER", "-", "AE"},   {"NE", "SU", "AA", "-"},    {"ER", "", "-", "CE"},
        {"ER", "AL", "AA", "CE"},  {"SU", "NE", "CA", "-"},   {"SU", "AL", "CA+", "AE+"}, {"", "AL", "AA", "AE"},
        {"", "ER", "-", "AE"},     {"XX", "", "-", "-"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct pp_hl7_msh h = {.accept_ack = pp_str_z(t[i].accept), .application_ack = pp_str_z(t[i].application)};
        h.enhanced = h.accept_ack.n || h.application_ack.n;
        for (int bad = 0; bad < 2; bad++) {
            enum pp_hl7_outcome o = bad ? PP_HL7_ERROR : PP_HL7_ACCEPT;
            char got[8];
            snprintf(got, sizeof got, "%s%s",
                     pp_hl7_ack_wanted(&h, o) ? pp_hl7_ack_code(pp_hl7_ack_is_accept(&h, o), o) : "-",
                     pp_hl7_ack_owed(&h, o) ? "+" : "");
            assert_string_equal(got, bad ? t[i].error : t[i].ok);
        }
    }
    struct pp_buf b;
    pp_buf_init(&b, 400);
    parse("MSH|^~\\&|APP||PP||||ADT^A04|7|P|2.5|||AL|AL\r");
    pp_hl7_ack_write(&msg, &(struct pp_hl7_ack){.later = true, .control_id = PP_STR("P2")}, &b);
    pp_buf_addc(&b, '\0');
    assert_string_equal(b.p, "MSH|^~\\&|PP||APP||||ACK^A04|P2|P|2.5\rMSA|AA|7\r");
    pp_buf_free(&b);
}

static void answers(void **state) {
    (void)state;
    static const struct {
        const char *tail, *want;
    } bad[] = {
        {"PID|1\r", "the segment MSA is missing"},
        {"MSA\r", "segment 2 MSA-1: the acknowledgment code is missing"},
        {"MSA|AA\r", "segment 2 MSA-2: the number of the acknowledged message is missing"},
        {"MSA|OK|7\r", "segment 2 MSA-1: the acknowledgment code is none of table 0008"},
    };
    struct pp_hl7_answer a;
    char text[200];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "%sACK|1|P|2.5\r%s", MSH, bad[i].tail);
        parse(text);
        assert_int_equal(pp_hl7_read_answer(&msg, &a, &err), -1);
        assert_string_equal(err.msg, bad[i].want);
    }
    parse(MSH "ACK|1|P|2.3\rMSA|AE|7\rERR|PID^1^3^101&Required field missing&HL70357\r");
    assert_int_equal(pp_hl7_read_answer(&msg, &a, &err), 0);
    assert_str(a.error_code, "101");
    assert_int_equal(a.outcome, PP_HL7_ERROR);
    assert_false(a.accept);
    parse(MSH "ACK|1|P|2.5.1\rMSA|CR|7\rERR||PID^1^3|207^Application error|E||||try later\r");
    assert_int_equal(pp_hl7_read_answer(&msg, &a, &err), 0);
    assert_str(a.text, "try later");
    assert_int_equal(a.outcome, PP_HL7_REJECT);
    assert_true(a.accept);
}

/* ---- limits and noise ---- */

/* Every view over a message of exact size, so that a read past its end is seen. Each may fail; none may crash. */
static void read_everything(struct pp_str bytes, size_t arena_max) {
    char *copy = malloc(bytes.n ? bytes.n : 1);
    struct pp_arena a;
    struct pp_hl7_msg m;
    assert_non_null(copy);
    memcpy(copy, bytes.s, bytes.n);
    pp_arena_init(&a, arena_max);
    if (pp_hl7_parse((struct pp_str){copy, bytes.n}, NULL, &a, &m, &err) == 0) {
        struct pp_hl7_orders o;
        struct pp_hl7_appointment ap;
        struct pp_hl7_document d;
        struct pp_hl7_results r;
        struct pp_hl7_registration g;
        struct pp_hl7_referral f;
        struct pp_hl7_charges c;
        struct pp_hl7_answer w;
        struct pp_buf out;
        (void)pp_hl7_read_orders(&m, &o, &err);
        (void)pp_hl7_read_appointment(&m, &ap, &err);
        (void)pp_hl7_read_document(&m, &d, &err);
        (void)pp_hl7_read_results(&m, &r, &err);
        (void)pp_hl7_read_registration(&m, &g, &err);
        (void)pp_hl7_read_referral(&m, &f, &err);
        (void)pp_hl7_read_charges(&m, &c, &err);
        (void)pp_hl7_read_answer(&m, &w, &err);
        pp_buf_init(&out, 1 << 20);
        pp_hl7_ack_write(&m, &(struct pp_hl7_ack){.faults = m.faults, .faults_n = m.faults_n}, &out);
        pp_buf_free(&out);
    }
    pp_arena_free(&a);
    free(copy);
}

static const char *const fixtures[] = {"orders.hl7", "appointment.hl7", "document.hl7", "result.hl7",   "merge.hl7",
                                       "latin1.hl7", "lf.hl7",          "batch.hl7",    "referral.hl7", "charges.hl7"};

static void cut_anywhere(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) {
        struct pp_str f = fixture(fixtures[i]);
        for (uint32_t n = 0; n <= f.n; n++) read_everything((struct pp_str){f.s, n}, 1 << 20);
    }
}

static void flipped_bytes(void **state) {
    (void)state;
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) {
        struct pp_str f = fixture(fixtures[i]);
        static char bytes[65536];
        for (int round = 0; round < 1500; round++) {
            static const char special[] = "|^~\\&\r\n\v\x1c\"\0XMSH";
            memcpy(bytes, f.s, f.n);
            for (int k = 0; k < 1 + round % 6; k++) {
                seed = seed * 1664525u + 1013904223u;
                uint32_t at = (seed >> 8) % f.n;
                bytes[at] = round % 2 ? special[(seed >> 3) % (sizeof special - 1)] : (char)(seed >> 24);
            }
            read_everything((struct pp_str){bytes, f.n}, 1 << 20);
        }
    }
}

/* A small arena runs out in every place there is; each time it must be an error, never a half-read value. */
static void memory_runs_out(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) {
        struct pp_str f = fixture(fixtures[i]);
        for (size_t max = 0; max < 40000; max += 97) read_everything(f, max);
    }
    struct pp_arena small;
    struct pp_hl7_msg m;
    struct pp_hl7_orders r;
    struct pp_str f = fixture("orders.hl7");
    unsigned failed = 0;
    for (size_t max = 0; max < 60000; max += 512) {
        pp_arena_init(&small, max);
        if (pp_hl7_parse(f, NULL, &small, &m, &err) || pp_hl7_read_orders(&m, &r, &err)) {
            assert_int_equal(err.kind, PP_ERR_LIMIT);
            failed++;
        } else {
            assert_int_equal(r.orders_n, 2);
        }
        pp_arena_free(&small);
    }
    assert_true(failed > 1);
}

static void too_many_segments(void **state) {
    (void)state;
    struct pp_buf b;
    pp_buf_init(&b, 1 << 20);
    pp_buf_addz(&b, "MSH|^~\\&|A");
    for (int i = 0; i <= PP_HL7_SEGMENTS_MAX; i++) pp_buf_addz(&b, "\rNTE");
    assert_int_equal(pp_hl7_parse(pp_buf_str(&b), NULL, &arena, &msg, &err), -1);
    assert_int_equal(err.kind, PP_ERR_LIMIT);
    pp_buf_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delimiters),
        cmocka_unit_test(segment_ends),
        cmocka_unit_test(places),
        cmocka_unit_test(fields),
        cmocka_unit_test(walk),
        cmocka_unit_test(escapes),
        cmocka_unit_test(charsets),
        cmocka_unit_test(time_stamps),
        cmocka_unit_test(batches),
        cmocka_unit_test(acknowledgments),
        cmocka_unit_test(ack_modes),
        cmocka_unit_test(answers),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(flipped_bytes),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(too_many_segments),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
