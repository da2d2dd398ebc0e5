/* Identities of log records, and what a reader makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "service/rid.h"

static struct pp_rid rid(uint16_t source, uint16_t shard, uint32_t incarnation, uint64_t seq) {
    return (struct pp_rid){source, shard, incarnation, 3, seq};
}

static void text_and_back(void **state) {
    (void)state;
    struct pp_rid r = {4, 31, 2, 7, UINT64_C(9007199254740993)}, back;
    char text[PP_RID_TEXT_MAX];
    assert_int_equal(pp_rid_text(&r, text), 25);
    assert_string_equal(text, "4-31-2-7-9007199254740993");
    assert_true(pp_rid_parse(pp_str_z(text), &back));
    assert_true(back.source == 4 && back.shard == 31 && back.incarnation == 2 && back.dest == 7 && back.seq == r.seq);
}

static void text_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "1",
                                      "1-2-3-4",
                                      "1-2-3-4-",
                                      "1-2-3-4-5-6",
                                      "1-2-3-4-5 ",
                                      "-1-2-3-4-5",
                                      "1--3-4-5",
                                      "0-2-3-4-5",
                                      "1-2-0-4-5",
                                      "1-2-3-4-0",
                                      "65536-2-3-4-5",
                                      "1-2-3-4-x",
                                      "1-2-3-70000-5",
                                      "urn:uuid:1",
                                      "1-2-3-4-5.0",
                                      "1-2-3-4-9223372036854775808"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct pp_rid r = {0};
        assert_false(pp_rid_parse(pp_str_z(bad[i]), &r));
        assert_int_equal(r.source, 0);
    }
}

static void next_repeat_gap(void **state) {
    (void)state;
    struct pp_seen s = {0};
    struct pp_rid r = rid(1, 0, 1, 1);
    assert_int_equal(pp_seen_look(&s, &r), PP_SEEN_NEXT);
    struct pp_rid second = rid(1, 0, 1, 2);
    assert_int_equal(pp_seen_look(&s, &second), PP_SEEN_GAP); /* the first record of a writer is 1 */
    assert_true(pp_seen_set(&s, &r, true));
    assert_int_equal(pp_seen_look(&s, &r), PP_SEEN_REPEAT);
    assert_int_equal(pp_seen_look(&s, &second), PP_SEEN_NEXT);
    struct pp_rid third = rid(1, 0, 1, 3);
    assert_int_equal(pp_seen_look(&s, &third), PP_SEEN_GAP);
    struct pp_rid other = rid(1, 5, 1, 1); /* another shard of the same writer counts by itself */
    assert_int_equal(pp_seen_look(&s, &other), PP_SEEN_NEXT);
    pp_seen_free(&s);
}

static void many_writers(void **state) {
    (void)state;
    struct pp_seen s = {0};
    for (uint64_t seq = 1; seq <= 3; seq++)
        for (uint16_t source = 1; source <= 7; source++)
            for (uint16_t shard = 0; shard < 64; shard++) {
                struct pp_rid r = rid(source, shard, 1, seq);
                assert_int_equal(pp_seen_look(&s, &r), PP_SEEN_NEXT);
                assert_true(pp_seen_set(&s, &r, false));
            }
    assert_int_equal(s.n, 7 * 64);
    pp_seen_free(&s);
}

static void new_incarnation(void **state) {
    (void)state;
    struct pp_seen s = {0};
    struct pp_rid last = rid(2, 1, 1, 9), first = rid(2, 1, 2, 1), second = rid(2, 1, 2, 2), skipped = rid(2, 1, 3, 1);
    assert_true(pp_seen_set(&s, &last, false));
    assert_int_equal(pp_seen_look(&s, &first), PP_SEEN_INCARNATION);         /* nobody announced it */
    assert_int_equal(pp_seen_look_incarnation(&s, &first, 10), PP_SEEN_GAP); /* the tenth record never came */
    assert_int_equal(pp_seen_look_incarnation(&s, &skipped, 9), PP_SEEN_INCARNATION);
    assert_int_equal(pp_seen_look_incarnation(&s, &second, 9), PP_SEEN_INCARNATION);
    assert_int_equal(pp_seen_look_incarnation(&s, &first, 9), PP_SEEN_NEXT);
    assert_true(pp_seen_set(&s, &first, true));
    assert_int_equal(pp_seen_look(&s, &second), PP_SEEN_NEXT);
    assert_int_equal(pp_seen_look(&s, &last), PP_SEEN_REPEAT); /* what an old instance still publishes */
    assert_int_equal(pp_seen_look_incarnation(&s, &first, 9), PP_SEEN_REPEAT);
    pp_seen_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_and_back), cmocka_unit_test(text_refused),
                                       cmocka_unit_test(next_repeat_gap), cmocka_unit_test(many_writers),
                                       cmocka_unit_test(new_incarnation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
