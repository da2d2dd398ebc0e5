/* The pure basics: strings, arena, buffer, ids, dates, zones, decimals. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void strings(void **state) {
    (void)state;
    struct pp_str rest = PP_STR("a^b^^c");
    assert_true(pp_str_eqz(pp_str_split(&rest, '^'), "a"));
    assert_true(pp_str_eqz(pp_str_split(&rest, '^'), "b"));
    assert_true(pp_str_empty(pp_str_split(&rest, '^')));
    assert_true(pp_str_eqz(pp_str_split(&rest, '^'), "c"));
    assert_true(pp_str_empty(rest));
    assert_true(pp_str_eqz(pp_str_trim(PP_STR(" \t x y\r\n")), "x y"));
    assert_true(pp_str_cmp(PP_STR("ab"), PP_STR("abc")) < 0);
    assert_true(pp_str_cmp(PP_STR("b"), PP_STR("abc")) > 0);
    assert_true(pp_str_ieq(PP_STR("MrN"), PP_STR("mRn")));
    assert_true(pp_str_starts(PP_STR("claim"), PP_STR("cl")) && !pp_str_starts(PP_STR("c"), PP_STR("cl")));
    assert_true(pp_str_eqz(pp_str_cut(PP_STR("abc"), 5), "abc") && pp_str_eqz(pp_str_cut(PP_STR("abc"), 2), "ab"));
    assert_true(pp_str_eqz(pp_str_cut(PP_STR("a\xc3\xa9z"), 2), "a") &&
                pp_str_eqz(pp_str_cut(PP_STR("a\xc3\xa9z"), 3), "a\xc3\xa9"));
    assert_true(pp_str_ends(PP_STR("claim"), PP_STR("im")) && !pp_str_ends(PP_STR("m"), PP_STR("im")));
}

static void integers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t v;
    } t[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"+17", true, 17},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"1x", false, 0},
        {" 1", false, 0},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        int64_t v = 0;
        assert_int_equal(pp_str_int(pp_str_z(t[i].text), &v), t[i].ok);
        if (t[i].ok) assert_true(v == t[i].v);
    }
}

static void arena_has_a_hard_maximum(void **state) {
    (void)state;
    struct pp_arena a;
    pp_arena_init(&a, 64 * 1024);
    struct pp_str s = pp_arena_printf(&a, "%s-%d", "x", 7);
    assert_string_equal(s.s, "x-7");
    size_t got = 0;
    while (pp_arena_alloc(&a, 1000)) got += 1000;
    assert_true(pp_arena_failed(&a) && got <= 64 * 1024 && got > 60 * 1000);
    pp_arena_reset(&a);
    assert_false(pp_arena_failed(&a));
    char *p = pp_arena_alloc(&a, 4000);
    assert_non_null(p);
    for (int i = 0; i < 4000; i++) assert_int_equal(p[i], 0);
    pp_arena_free(&a);
}

static void buffer_keeps_its_content_when_full(void **state) {
    (void)state;
    struct pp_buf b;
    pp_buf_init(&b, 10);
    pp_buf_addz(&b, "12345");
    pp_buf_be32(&b, 0x01020304);
    assert_false(b.failed);
    pp_buf_addz(&b, "xx");
    assert_true(b.failed && b.n == 9);
    assert_memory_equal(b.p, "12345\1\2\3\4", 9);
    pp_buf_free(&b);
}

static void errors_wrap(void **state) {
    (void)state;
    struct pp_err e;
    assert_int_equal(pp_err_set(&e, PP_ERR_DB, "no row %d", 3), -1);
    assert_true(e.retriable && !e.fatal);
    pp_err_wrap(&e, "loading %s", "cases");
    assert_string_equal(e.msg, "loading cases: no row 3");
    for (int i = 0; i < 100; i++) pp_err_wrap(&e, "%s", "a long context that is repeated until nothing more fits");
    assert_true(strlen(e.msg) < sizeof e.msg);
}

static void ids(void **state) {
    (void)state;
    struct pp_uuid u = pp_uuid_v7(INT64_C(1764000000123), (const uint8_t *)"0123456789"), v;
    assert_int_equal(u.b[6] >> 4, 7);
    assert_int_equal(u.b[8] >> 6, 2);
    char text[PP_UUID_TEXT + 1], b32[PP_UUID_B32 + 1];
    pp_uuid_text(u, text);
    pp_uuid_b32(u, b32);
    assert_true(pp_uuid_parse(pp_str_z(text), &v) && pp_uuid_eq(u, v));
    assert_true(pp_uuid_parse(pp_str_z(b32), &v) && pp_uuid_eq(u, v));
    assert_false(pp_uuid_parse(PP_STR("8zzzzzzzzzzzzzzzzzzzzzzzzz"), &v)); /* more than 128 bits */
    assert_false(pp_uuid_parse(PP_STR("0193-not-a-uuid"), &v));
    struct pp_uuid d = pp_uuid_derive(u, PP_STR("task/1"));
    assert_true(pp_uuid_eq(d, pp_uuid_derive(u, PP_STR("task/1"))));
    assert_false(pp_uuid_eq(d, pp_uuid_derive(u, PP_STR("task/2"))));
    assert_false(
        pp_uuid_eq(pp_pseudo_person(PP_STR("a"), PP_STR("payer:x")), pp_pseudo_person(PP_STR("b"), PP_STR("payer:x"))));
}

static void homes_are_spread(void **state) {
    (void)state;
    int count[8] = {0};
    for (int i = 0; i < 8000; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        count[pp_home_of(pp_uuid_derive((struct pp_uuid){{0}}, pp_str_z(name))) % 8]++;
    }
    for (int i = 0; i < 8; i++) assert_in_range(count[i], 850, 1150);
}

static void trace_numbers_find_every_single_error(void **state) {
    (void)state;
    struct pp_uuid p = pp_uuid_derive((struct pp_uuid){{1}}, PP_STR("someone")), q;
    uint32_t n;
    static const uint32_t numbers[] = {0, 1, 31, 32, 4096, UINT32_MAX};
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
        char t[PP_TRACE_MAX + 1];
        pp_trace_make(p, numbers[k], t);
        assert_true(strlen(t) <= PP_TRACE_MAX);
        assert_true(pp_trace_parse(pp_str_z(t), &q, &n));
        assert_true(pp_uuid_eq(p, q) && n == numbers[k]);
        for (size_t i = 0; i < strlen(t); i++)
            for (const char *c = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"; *c; c++) {
                char was = t[i];
                if (was == *c) continue;
                t[i] = *c;
                assert_false(pp_trace_parse(pp_str_z(t), &q, &n));
                t[i] = was;
            }
    }
    assert_false(pp_trace_parse(PP_STR(""), &q, &n));
    assert_false(pp_trace_parse(PP_STR("PP"), &q, &n));
}

static void every_date_survives(void **state) {
    (void)state;
    pp_date last = pp_date_of(9999, 12, 31);
    for (pp_date d = 1; d <= last; d += d < pp_date_of(1900, 1, 1) || d > pp_date_of(2100, 1, 1) ? 17 : 1) {
        int y, m, day;
        pp_date_split(d, &y, &m, &day);
        assert_int_equal(pp_date_of(y, m, day), d);
    }
    assert_int_equal(pp_date_weekday(pp_date_of(2026, 11, 24)), 2);
    assert_int_equal(pp_date_of(2026, 2, 29), 0);
    assert_int_not_equal(pp_date_of(2000, 2, 29), 0);
    pp_date d = 0;
    char text[11];
    assert_true(pp_date_parse(PP_STR("1970-01-01"), &d) && d != 0); /* a birth date, not "none" */
    pp_date_text(d, text);
    assert_string_equal(text, "1970-01-01");
    assert_true(pp_date_parse_compact(PP_STR("20261124"), &d));
    assert_false(pp_date_parse(PP_STR("2026-13-01"), &d));
    pp_date_text(0, text);
    assert_string_equal(text, "");
}

static void instants(void **state) {
    (void)state;
    int64_t ms;
    char text[25];
    assert_true(pp_time_parse(PP_STR("2026-11-24T15:04:05.123Z"), &ms));
    pp_time_text(ms, text);
    assert_string_equal(text, "2026-11-24T15:04:05.123Z");
    int64_t with_offset;
    assert_true(pp_time_parse(PP_STR("2026-11-24T09:04:05.123-06:00"), &with_offset));
    assert_true(ms == with_offset);
    assert_true(pp_time_parse(PP_STR("1969-12-31T23:59:59Z"), &ms) && ms == -1000);
    static const char *const bad[] = {"2026-11-24",
                                      "2026-11-24T25:00:00Z",
                                      "2026-11-24T15:04:05",
                                      "2026-11-24T15:04:05.Z",
                                      "2026-11-24T15:04:05Z ",
                                      "2026-02-30T00:00:00Z"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(pp_time_parse(pp_str_z(bad[i]), &ms));
}

static void zones_follow_the_law(void **state) {
    (void)state;
    static const struct {
        const char *zone, *utc;
        int minutes;
    } t[] = {
        {"America/Chicago", "2026-03-08T07:59:59Z", -360},
        {"America/Chicago", "2026-03-08T08:00:00Z", -300},
        {"America/Chicago", "2026-11-01T06:59:59Z", -300},
        {"America/Chicago", "2026-11-01T07:00:00Z", -360},
        {"America/Phoenix", "2026-07-01T00:00:00Z", -420},
        {"America/New_York", "2026-07-01T00:00:00Z", -240},
        {"UTC", "2026-07-01T00:00:00Z", 0},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        int64_t ms;
        int m;
        assert_true(pp_time_parse(pp_str_z(t[i].utc), &ms));
        assert_true(pp_zone_offset(pp_str_z(t[i].zone), ms, &m));
        assert_int_equal(m, t[i].minutes);
    }
    char text[25];
    pp_time_text(pp_zone_instant(PP_STR("America/Chicago"), pp_date_of(2026, 11, 24), 9 * 60), text);
    assert_string_equal(text, "2026-11-24T15:00:00.000Z");
    pp_time_text(pp_zone_instant(PP_STR("America/Chicago"), pp_date_of(2026, 3, 8), 150),
                 text); /* 2:30 does not exist */
    assert_string_equal(text, "2026-03-08T08:30:00.000Z");
    pp_time_text(pp_zone_instant(PP_STR("America/Chicago"), pp_date_of(2026, 11, 1), 90),
                 text); /* 1:30 twice: the first */
    assert_string_equal(text, "2026-11-01T06:30:00.000Z");
    int64_t late;
    assert_true(pp_time_parse(PP_STR("2026-11-25T05:30:00Z"), &late));
    assert_int_equal(pp_zone_date(PP_STR("America/Chicago"), late), pp_date_of(2026, 11, 24));
}

static void business_days_skip_thanksgiving(void **state) {
    (void)state;
    pp_date thanksgiving = pp_date_of(2026, 11, 26);
    assert_int_equal(pp_add_business_days(pp_date_of(2026, 11, 24), 2, &thanksgiving, 1), pp_date_of(2026, 11, 27));
    assert_int_equal(pp_add_business_days(pp_date_of(2026, 11, 27), 1, &thanksgiving, 1), pp_date_of(2026, 11, 30));
    assert_false(pp_is_business_day(thanksgiving, &thanksgiving, 1));
}

static void decimals(void **state) {
    (void)state;
    static const struct {
        const char *in, *out;
    } good[] = {
        {"10", "10"},  {"0.50", "0.5"},    {"-3.250", "-3.25"}, {"007", "7"},
        {".5", "0.5"}, {"5.", "5"},        {"0.10", "0.1"},     {"999999999999.999999", "999999999999.999999"},
        {"-0", "0"},   {"1.0000000", "1"},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t v;
        char text[24];
        assert_true(pp_dec_parse(pp_str_z(good[i].in), &v));
        pp_dec_text(v, text);
        assert_string_equal(text, good[i].out);
    }
    static const char *const bad[] = {"", ".", "-", "1e3", "1,000", "1.0000001", "1000000000000", " 1"};
    int64_t v;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(pp_dec_parse(pp_str_z(bad[i]), &v));
}

static void sha256(void **state) {
    (void)state;
    char hex[PP_SHA256_HEX + 1];
    pp_sha256_hex(PP_STR("abc"), hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    pp_sha256_hex(PP_STR_NONE, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),
        cmocka_unit_test(integers),
        cmocka_unit_test(arena_has_a_hard_maximum),
        cmocka_unit_test(buffer_keeps_its_content_when_full),
        cmocka_unit_test(errors_wrap),
        cmocka_unit_test(ids),
        cmocka_unit_test(homes_are_spread),
        cmocka_unit_test(trace_numbers_find_every_single_error),
        cmocka_unit_test(every_date_survives),
        cmocka_unit_test(instants),
        cmocka_unit_test(zones_follow_the_law),
        cmocka_unit_test(business_days_skip_thanksgiving),
        cmocka_unit_test(decimals),
        cmocka_unit_test(sha256),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
