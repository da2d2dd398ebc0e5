/* How long commits and fetches wait: no longer than usual while the installation has room to spare. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "service/pace.h"

static void stretched_by_the_log(void **state) {
    (void)state;
    assert_true(pp_pace_stretch(0) == 1);
    assert_true(pp_pace_stretch(PP_PACE_LOAD) == 1); /* half of what one machine is to do: latency has its goal there */
    assert_true(pp_pace_stretch(PP_PACE_LOAD + PP_PACE_STEP / 2) == 1.5);
    assert_true(pp_pace_stretch(PP_PACE_LOAD + PP_PACE_STEP) == 2);
    assert_true(pp_pace_stretch(1e6) == PP_PACE_MOST); /* bounded, however deep the backlog that is read */
}

static void follows_what_is_counted(void **state) {
    (void)state;
    double r = 0;
    for (int i = 0; i < 10; i++) r = pp_pace_rate(r, 200, 200);
    assert_true(r > 990 && r <= 1000);
    r = pp_pace_rate(r, 0, 200);
    assert_true(r > 490 && r < 510); /* one quiet moment is no quiet time */
}

/* The first message after a quiet time does not wait because of what was before. */
static void forgets_over_a_quiet_time(void **state) {
    (void)state;
    assert_true(pp_pace_rate(8000, 3, PP_PACE_STALE_MS) == 3);
    assert_true(pp_pace_rate(8000, 0, 60000) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(stretched_by_the_log),
                                       cmocka_unit_test(follows_what_is_counted),
                                       cmocka_unit_test(forgets_over_a_quiet_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
