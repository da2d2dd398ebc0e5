/* Numbers that people write in many ways, and numbers that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "claims/ledger.h"
#include "claims/normalise.h"

static void is(struct pp_str got, const char *want) {
    assert_int_equal(got.n, strlen(want));
    assert_memory_equal(got.n ? got.s : "", want, got.n);
}

static void numbers(void **state) {
    static const char *const table[][2] = {{"A100", "A100"},
                                           {" a-100 ", "A100"},
                                           {"00123-45", "12345"},
                                           {"0", ""},
                                           {"NPN", ""},
                                           {"n/a", ""},
                                           {"None", ""},
                                           {"9999999", ""},
                                           {"XXXX", ""},
                                           {"PENDING", ""},
                                           {"", ""},
                                           {"A.1/2 3", "A123"},
                                           {"not required", ""},
                                           {"NA12", "NA12"},
                                           {"0000A", "A"},
                                           {"12 34-56", "123456"}};
    struct pp_arena a;
    (void)state;
    pp_arena_init(&a, 1 << 16);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        is(claims_number(pp_str_z(table[i][0]), &a), table[i][1]);
    assert_true(claims_number_placeholder(PP_STR("n/a"), &a));
    assert_false(claims_number_placeholder(PP_STR("A1"), &a));
    assert_false(claims_number_placeholder(PP_STR(""), &a));
    is(claims_member(PP_STR(" 00a-12 "), &a), "00A12"); /* leading zeros are part of the id */
    is(claims_diagnosis(PP_STR("m54.50"), &a), "M5450");
    pp_arena_free(&a);
}

static void lists(void **state) {
    struct pp_arena a;
    const struct pp_str items[] = {PP_STR("LT"), PP_STR_NONE, PP_STR("26")};
    (void)state;
    pp_arena_init(&a, 1 << 12);
    is(claims_list_join(items, 3, &a), "LT,26");
    assert_true(claims_list_has(PP_STR("LT,26"), PP_STR("26")));
    assert_false(claims_list_has(PP_STR("LT,26"), PP_STR("2")));
    assert_false(claims_list_has(PP_STR(""), PP_STR("")));
    is(claims_cut(PP_STR("ab\xC3\xA9z"), 3), "ab"); /* never half a character */
    is(claims_cut(PP_STR("abc"), 3), "abc");
    pp_arena_free(&a);
}

static void units(void **state) {
    const struct claims_ledger free_use = {0}, ten = {.limited = true, .authorized = 10, .used = 7},
                               spent = {true, 10, 10};
    const struct pp_str un = PP_STR("UN"), none = PP_STR_NONE, vs = PP_STR("VS");
    (void)state;
    assert_int_equal(claims_units_check(&free_use, vs, un, 99), CLAIMS_UNITS_FIT);
    assert_int_equal(claims_units_check(&ten, un, none, 3), CLAIMS_UNITS_FIT);
    assert_int_equal(claims_units_check(&ten, none, un, 4), CLAIMS_UNITS_EXCEEDED);
    assert_int_equal(claims_units_check(&spent, un, un, 1), CLAIMS_UNITS_SPENT);
    assert_int_equal(claims_units_check(&ten, vs, un, 1), CLAIMS_UNITS_UNLIKE);
    assert_int_equal(claims_units_left(&ten), 3);
    assert_int_equal(claims_units_left(&spent), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(lists), cmocka_unit_test(units)};
    return cmocka_run_group_tests_name("claims_normalise", tests, NULL, NULL);
}
