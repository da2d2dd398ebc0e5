/* The generated types and the codec, against schemas/examples: a valid one comes back as it was, an invalid one is
 * refused with a pointer to the member its file name says, and the error never repeats a value. */
#include "ev.h"

#include <ctype.h>
#include <glob.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ARENA_MAX ((size_t)1 << 20)

static struct pp_arena arena;

static int setup(void **state) {
    (void)state;
    pp_arena_init(&arena, ARENA_MAX);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    pp_arena_free(&arena);
    return 0;
}

static struct pp_str read_all(const char *path) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *p = pp_arena_alloc(&arena, 65536);
    size_t n = fread(p, 1, 65535, f);
    fclose(f);
    return (struct pp_str){p, (uint32_t)n};
}

/* ---- examples ---- */

/* Every member of a stands in b with the same meaning; what means "not given" may be left out. */
static bool same_json(const json_t *a, const json_t *b) {
    const char *name;
    json_t *v;
    int64_t x, y;
    if (json_is_object(a)) {
        json_object_foreach((json_t *)a, name, v) {
            json_t *w = json_object_get(b, name);
            bool nothing = json_is_false(v) || (json_is_integer(v) && json_integer_value(v) == 0) ||
                           (json_is_string(v) && strcmp(json_string_value(v), "none") == 0);
            if (!w ? !nothing : !same_json(v, w)) return false;
        }
        return true;
    }
    if (json_is_array(a)) {
        if (json_array_size(a) != json_array_size(b)) return false;
        for (size_t i = 0; i < json_array_size(a); i++)
            if (!same_json(json_array_get(a, i), json_array_get(b, i))) return false;
        return true;
    }
    if (json_equal(a, b)) return true;
    return json_is_string(a) && json_is_string(b) && pp_time_parse(pp_str_z(json_string_value(a)), &x) &&
           pp_time_parse(pp_str_z(json_string_value(b)), &y) && x == y;
}

static void valid(enum ev_type type, const char *path) {
    struct ev one, two;
    struct pp_err err;
    struct pp_buf b, c;
    struct pp_str text = read_all(path);
    pp_buf_init(&b, 65536);
    pp_buf_init(&c, 65536);
    if (ev_decode(type, text, &arena, &one, &err) < 0) fail_msg("%s: %s", path, err.msg);
    assert_int_equal(one.type, type);
    if (ev_encode(&one, &b, &err) < 0) fail_msg("%s: %s", path, err.msg);
    if (ev_decode(type, pp_buf_str(&b), &arena, &two, &err) < 0) fail_msg("%s: again: %s", path, err.msg);
    assert_int_equal(ev_encode(&two, &c, &err), 0);
    assert_true(pp_str_eq(pp_buf_str(&b), pp_buf_str(&c)));
    json_t *x = json_loadb(text.s, text.n, 0, NULL), *y = json_loadb(b.p, b.n, 0, NULL);
    if (!same_json(x, y) || !same_json(y, x)) fail_msg("%s: came back as %.*s", path, (int)b.n, b.p);
    json_decref(x);
    json_decref(y);
    pp_buf_free(&b);
    pp_buf_free(&c);
}

/* invalid-lines-0-units-not-decimal.json must be refused at /lines/0/units. */
static void invalid(enum ev_type type, const char *path) {
    struct ev ev;
    struct pp_err err;
    char pointer[128] = "";
    if (ev_decode(type, read_all(path), &arena, &ev, &err) == 0) fail_msg("%s was taken", path);
    assert_int_equal(err.kind, PP_ERR_INVALID);
    size_t n = strcspn(err.msg, ":");
    for (size_t i = 0; i < n && i < sizeof pointer - 1; i++)
        pointer[i] = isalnum((unsigned char)err.msg[i]) ? err.msg[i] : '-';
    const char *name = strstr(path, "/invalid-") + 8;
    if (strncmp(name, pointer, strlen(pointer)) != 0) fail_msg("%s: %s", path, err.msg);
    assert_null(strstr(err.msg, "sometimes"));
}

static size_t each_example(enum ev_type type, const char *kind, void (*fn)(enum ev_type, const char *)) {
    char pattern[256];
    glob_t g;
    snprintf(pattern, sizeof pattern, "schemas/examples/%s/%s-*.json", ev_type_name(type), kind);
    if (glob(pattern, 0, NULL, &g) != 0) return 0;
    for (size_t i = 0; i < g.gl_pathc; i++) {
        pp_arena_reset(&arena);
        fn(type, g.gl_pathv[i]);
    }
    size_t n = g.gl_pathc;
    globfree(&g);
    return n;
}

static void valid_examples_come_back(void **state) {
    (void)state;
    for (enum ev_type t = EV_NONE + 1; t < EV_COUNT; t++) assert_true(each_example(t, "valid", valid) > 0);
}

static void invalid_examples_are_refused(void **state) {
    (void)state;
    for (enum ev_type t = EV_NONE + 1; t < EV_COUNT; t++) assert_true(each_example(t, "invalid", invalid) > 0);
}

/* ---- decoding ---- */

static const char *refusal(enum ev_type type, struct pp_str json) {
    static struct pp_err err;
    struct ev ev = {0};
    assert_int_equal(ev_decode(type, json, &arena, &ev, &err), -1);
    assert_null(ev.as.any);
    return err.msg;
}

static void broken_json_is_refused(void **state) {
    (void)state;
    assert_string_equal(refusal(EV_DECISION_ACCEPT, PP_STR("{\"line\":1")), "/: JSON ends too early, at byte 9");
    assert_non_null(strstr(refusal(EV_DECISION_ACCEPT, PP_STR("{\"secret\" 1}")), "not JSON"));
    assert_null(strstr(refusal(EV_DECISION_ACCEPT, PP_STR("{\"secret\" 1}")), "secret"));
    assert_non_null(strstr(refusal(EV_DECISION_ACCEPT, PP_STR("")), "too early"));
    assert_non_null(strstr(refusal(EV_DECISION_ACCEPT, PP_STR("{} {}")), "something follows"));
    assert_non_null(strstr(refusal(EV_DECISION_ACCEPT, PP_STR("{\"line\":1,\"line\":2}")), "twice"));
    assert_non_null(strstr(refusal(EV_PAYER_SUBSCRIBE, PP_STR("{\"payer\":\"\xff\"}")), "not UTF-8"));
    assert_non_null(strstr(refusal(EV_PAYER_SUBSCRIBE, PP_STR("{\"payer\":\"a\\u0000b\"}")), "NUL"));
    assert_non_null(strstr(refusal(EV_DECISION_ACCEPT, PP_STR("{\"line\":99999999999999999999}")), "too large"));
    assert_string_equal(refusal(EV_DECISION_ACCEPT, PP_STR("[]")), "/: is not an object");
    assert_string_equal(refusal(EV_DECISION_ACCEPT, PP_STR("7")), "/: is not an object");
    assert_string_equal(refusal(EV_NONE, PP_STR("{}")), "unknown type");
}

static void deep_nesting_is_refused(void **state) {
    (void)state;
    char text[8192];
    memset(text, '[', sizeof text);
    assert_non_null(strstr(refusal(EV_DECISION_ACCEPT, (struct pp_str){text, sizeof text}), "deep"));
}

static void unknown_members_are_passed_over(void **state) {
    (void)state;
    struct ev ev;
    struct pp_err err;
    assert_int_equal(
        ev_decode(EV_PAYER_SUBSCRIBE, PP_STR("{\"payer\":\"p\",\"new\":{\"a\":[1]},\"org\":\"o\"}"), &arena, &ev, &err),
        0);
    assert_true(pp_str_eqz(ev.as.payer_subscribe->payer, "p"));
    assert_int_equal(ev.as.payer_subscribe->payer.s[1], 0);
}

static void null_is_not_a_value(void **state) {
    (void)state;
    assert_string_equal(refusal(EV_PAYER_SUBSCRIBE, PP_STR("{\"payer\":null,\"org\":\"o\"}")),
                        "/payer: is not a string");
}

/* maxLength counts characters, as JSON Schema says: 40 of four bytes fit. */
static void length_is_counted_in_characters(void **state) {
    (void)state;
    char text[256] = "{\"org\":\"o\",\"payer\":\"";
    struct ev ev;
    struct pp_err err;
    for (int i = 0; i < 40; i++) memcpy(text + strlen(text), "\xf0\x9d\x84\x9e", 5);
    size_t full = strlen(text);
    memcpy(text + full, "\"}", 3);
    assert_int_equal(ev_decode(EV_PAYER_SUBSCRIBE, pp_str_z(text), &arena, &ev, &err), 0);
    memcpy(text + full, "x\"}", 4);
    assert_string_equal(refusal(EV_PAYER_SUBSCRIBE, pp_str_z(text)), "/payer: is too long");
}

/* Whatever the size of the arena, decoding either works or says that it does not fit. */
static void small_arenas_are_a_limit(void **state) {
    (void)state;
    struct pp_str text = read_all("schemas/examples/case.changed/valid-visit-booked.json");
    int good = 0, refused = 0;
    for (size_t max = 0; max < 65536; max += 512) {
        struct pp_arena small;
        struct ev ev;
        struct pp_err err;
        pp_arena_init(&small, max);
        if (ev_decode(EV_CASE_CHANGED, text, &small, &ev, &err) == 0) {
            assert_true(pp_str_eqz(ev.as.case_changed->lines[0].code, "72148"));
            good++;
        } else {
            assert_int_equal(err.kind, PP_ERR_LIMIT);
            refused++;
        }
        pp_arena_free(&small);
    }
    assert_true(good > 0 && refused > 0);
}

/* ---- encoding ---- */

static const char *encoded(const struct ev *e) {
    static char text[4096];
    struct pp_buf b;
    struct pp_err err;
    pp_buf_init(&b, sizeof text - 1);
    pp_buf_addc(&b, '>');
    if (ev_encode(e, &b, &err) < 0) {
        assert_int_equal(b.n, 1);
        snprintf(text, sizeof text, "%s", err.msg);
    } else {
        snprintf(text, sizeof text, "%.*s", (int)b.n - 1, b.p + 1);
    }
    pp_buf_free(&b);
    return text;
}

static void what_is_not_given_is_left_out(void **state) {
    (void)state;
    struct ev_order_reported o = {
        .sender = PP_STR("s"), .order_no = PP_STR("1"), .action = EV_ORDER_REPORTED_ACTION_NEW};
    assert_string_equal(
        encoded(EV(order_reported, ORDER_REPORTED, &o)),
        "{\"sender\":\"s\",\"order_no\":\"1\",\"action\":\"new\",\"service\":{\"code\":{\"code\":\"\"}}}");
}

static void members_stand_in_schema_order(void **state) {
    (void)state;
    struct pp_str mods[] = {PP_STR("26"), PP_STR("LT")};
    struct ev_order_reported o = {.order_no = PP_STR("1"),
                                  .sender = PP_STR("a\"b\\c\n\x01\xc3\xa9"),
                                  .action = EV_ORDER_REPORTED_ACTION_CANCEL,
                                  .ordered_at = INT64_C(1795532400000),
                                  .service = {.code = {.code = PP_STR("72148")},
                                              .modifiers = mods,
                                              .modifiers_n = 2,
                                              .units = PP_STR("1.50"),
                                              .service_date = pp_date_of(2026, 12, 3)},
                                  .performer = {.npi = PP_STR("1881697878")}};
    assert_string_equal(encoded(EV(order_reported, ORDER_REPORTED, &o)),
                        "{\"sender\":\"a\\\"b\\\\c\\u000a\\u0001\xc3\xa9\",\"order_no\":\"1\",\"action\":\"cancel\","
                        "\"ordered_at\":\"2026-11-24T15:00:00.000Z\",\"performer\":{\"npi\":\"1881697878\"},"
                        "\"service\":{\"code\":{\"code\":\"72148\"},\"modifiers\":[\"26\",\"LT\"],\"units\":\"1.50\","
                        "\"service_date\":\"2026-12-03\"}}");
}

static void what_could_not_be_read_is_not_written(void **state) {
    (void)state;
    struct ev_order_reported o = {
        .sender = PP_STR("s"), .order_no = PP_STR("1"), .action = EV_ORDER_REPORTED_ACTION_NEW};
    struct ev *e = EV(order_reported, ORDER_REPORTED, &o);
    struct pp_str mods[5] = {PP_STR("26")};
    o.service.units = PP_STR("one");
    assert_string_equal(encoded(e), "/service/units: is not a decimal number");
    o.service.units = PP_STR_NONE;
    o.service.modifiers = mods;
    o.service.modifiers_n = 5;
    assert_string_equal(encoded(e), "/service/modifiers: has too many items");
    mods[0] = PP_STR("265");
    o.service.modifiers_n = 1;
    assert_string_equal(encoded(e), "/service/modifiers/0: is too long");
    o.service.modifiers_n = 0;
    o.sender = PP_STR("\xc3(");
    assert_string_equal(encoded(e), "/sender: is not UTF-8 without NUL");
    o.sender = PP_STR("a\0b");
    assert_string_equal(encoded(e), "/sender: is not UTF-8 without NUL");
    o.sender = PP_STR("s");
    o.action = EV_ORDER_REPORTED_ACTION_NONE;
    assert_string_equal(encoded(e), "/action: is required and not given");
    o.action = EV_ORDER_REPORTED_ACTION_COUNT;
    assert_string_equal(encoded(e), "/action: is not one of the values allowed");
    assert_string_equal(encoded(EV(order_reported, ORDER_REPORTED, NULL)), "event without type or body");
}

static void a_full_buffer_is_a_limit(void **state) {
    (void)state;
    struct ev_payer_subscribe p = {.payer = PP_STR("meridian"), .org = PP_STR("lakeside")};
    for (size_t max = 0; max < 40; max++) {
        struct pp_buf b;
        struct pp_err err;
        pp_buf_init(&b, max);
        int rc = ev_encode(EV(payer_subscribe, PAYER_SUBSCRIBE, &p), &b, &err);
        assert_int_equal(rc, max < strlen("{\"payer\":\"meridian\",\"org\":\"lakeside\"}") ? -1 : 0);
        if (rc < 0) assert_int_equal(err.kind, PP_ERR_LIMIT);
        pp_buf_free(&b);
    }
}

/* ---- names ---- */

static void names_go_both_ways(void **state) {
    (void)state;
    for (enum ev_type t = EV_NONE + 1; t < EV_COUNT; t++) {
        assert_int_equal(ev_type_by_name(pp_str_z(ev_type_name(t))), t);
        assert_true(ev_topic(t)[0] && ev_info(t)->owner[0] && ev_info(t)->readers[0]);
    }
    assert_int_equal(ev_type_by_name(PP_STR("order.report")), EV_NONE);
    assert_int_equal(ev_type_by_name(PP_STR_NONE), EV_NONE);
    assert_null(ev_info(EV_NONE));
    assert_null(ev_info(EV_COUNT));
    assert_string_equal(ev_type_name(EV_NONE), "");
}

static void enums_go_both_ways(void **state) {
    (void)state;
    enum ev_case_line_state s = EV_CASE_LINE_STATE_COUNT;
    assert_string_equal(ev_case_line_state_name(EV_CASE_LINE_STATE_ACTIVE), "active");
    assert_string_equal(ev_case_line_state_name(EV_CASE_LINE_STATE_NONE), "");
    assert_true(ev_case_line_state_parse(PP_STR("cancelled"), &s));
    assert_int_equal(s, EV_CASE_LINE_STATE_CANCELLED);
    assert_false(ev_case_line_state_parse(PP_STR("Active"), &s));
    assert_int_equal(s, EV_CASE_LINE_STATE_CANCELLED);
    assert_true(ev_case_line_state_parse(PP_STR_NONE, &s));
    assert_int_equal(s, EV_CASE_LINE_STATE_NONE);
}

static void subjects(void **state) {
    (void)state;
    struct ev_order_reported o = {.order_no = PP_STR("LK-1")};
    assert_true(pp_str_eqz(ev_subject(EV(order_reported, ORDER_REPORTED, &o), &arena), "LK-1"));
    struct ev_claim_held h = {.claim_id = {{1}}};
    assert_true(pp_str_eqz(ev_subject(EV(claim_held, CLAIM_HELD, &h), &arena), "01000000-0000-0000-0000-000000000000"));
    h.case_id = (struct pp_uuid){{2}};
    assert_true(pp_str_eqz(ev_subject(EV(claim_held, CLAIM_HELD, &h), &arena), "02000000-0000-0000-0000-000000000000"));
    struct ev_patient_reported p = {.patient = {.mrn = PP_STR("x")}};
    assert_true(pp_str_empty(ev_subject(EV(patient_reported, PATIENT_REPORTED, &p), &arena)));
}

int main(void) {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(valid_examples_come_back),
        T(invalid_examples_are_refused),
        T(broken_json_is_refused),
        T(deep_nesting_is_refused),
        T(unknown_members_are_passed_over),
        T(null_is_not_a_value),
        T(length_is_counted_in_characters),
        T(small_arenas_are_a_limit),
        T(what_is_not_given_is_left_out),
        T(members_stand_in_schema_order),
        T(what_could_not_be_read_is_not_written),
        T(a_full_buffer_is_a_limit),
        T(names_go_both_ways),
        T(enums_go_both_ways),
        T(subjects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
