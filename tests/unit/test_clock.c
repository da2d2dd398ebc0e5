/* Virtual time: the file, its change while running, and that time never goes back. */
#include "io/clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

static char file[64];

static int setup(void **s) {
    (void)s;
    snprintf(file, sizeof file, "/tmp/pp-clock-%d", (int)getpid());
    return 0;
}

static int teardown(void **s) {
    (void)s;
    unlink(file);
    return pp_clock_init(NULL, NULL);
}

static void test_real_without_file(void **s) {
    (void)s;
    struct pp_err err = {0};
    assert_int_equal(pp_clock_init("", &err), 0);
    int64_t d = pp_clock_now_ms() - pp_real_ms();
    assert_true(d >= -1000 && d <= 0);
    assert_true(pp_clock_speed() == 1.0);
    assert_int_equal(pp_clock_real_of(12345), 12345);
}

static void test_scaled(void **s) {
    (void)s;
    struct pp_err err = {0};
    int64_t real = pp_real_ms();
    assert_int_equal(pp_clock_write(file, 1000000, real - 100, 1440, &err), 0);
    assert_int_equal(pp_clock_init(file, &err), 0);
    assert_true(pp_clock_now_ms() >= 1000000 + 100 * 1440);
    assert_true(pp_clock_now_ms() < 1000000 + 60000 * INT64_C(1440));
    assert_true(pp_clock_speed() == 1440.0);
    assert_int_equal(pp_clock_real_of(1000000 + 1440 * 50), real - 50);
}

static void test_change_and_monotonic(void **s) {
    (void)s;
    struct pp_err err = {0};
    assert_int_equal(pp_clock_write(file, 5000000, pp_real_ms(), 0, &err), 0);
    assert_int_equal(pp_clock_init(file, &err), 0);
    assert_int_equal(pp_clock_now_ms(), 5000000);
    assert_int_equal(pp_clock_write(file, 9000000, pp_real_ms(), 0, &err), 0);
    int64_t until = pp_mono_ms() + 5000;
    while (pp_clock_now_ms() != 9000000) assert_true(pp_mono_ms() < until);
    /* An earlier time does not take virtual time back. */
    assert_int_equal(pp_clock_write(file, 1000, pp_real_ms(), 2, &err), 0);
    until = pp_mono_ms() + 5000;
    while (pp_clock_speed() != 2.0) assert_true(pp_mono_ms() < until);
    assert_int_equal(pp_clock_now_ms(), 9000000);
}

static void test_file_comes_later(void **s) {
    (void)s;
    struct pp_err err = {0};
    unlink(file);
    assert_int_equal(pp_clock_init(file, &err), 0);
    assert_true(pp_clock_speed() == 1.0);
    assert_int_equal(pp_clock_write(file, pp_real_ms() + 1000000, pp_real_ms(), 3, &err), 0);
    int64_t until = pp_mono_ms() + 5000;
    while (pp_clock_speed() != 3.0) assert_true(pp_mono_ms() < until);
}

static void test_bad_file(void **s) {
    (void)s;
    struct pp_err err = {0};
    const char *const bad[] = {"", "1 2", "a b c", "1 2 -3", "1 2 nan", "1 2 1e300"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        FILE *f = fopen(file, "we");
        assert_non_null(f);
        fputs(bad[i], f);
        fclose(f);
        assert_int_equal(pp_clock_init(file, &err), -1);
        assert_int_equal(err.kind, PP_ERR_INVALID);
    }
    assert_int_equal(pp_clock_write("/nonexistent/dir/clock", 1, 1, 1, &err), -1);
    assert_int_equal(err.kind, PP_ERR_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_without_file),
        cmocka_unit_test(test_scaled),
        cmocka_unit_test(test_change_and_monotonic),
        cmocka_unit_test(test_file_comes_later),
        cmocka_unit_test(test_bad_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
