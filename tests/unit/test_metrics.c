/* Metrics text, and that the number of series is bounded. */
#include "io/metrics.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static char *render(void) {
    struct pp_buf b;
    pp_buf_init(&b, 1 << 22);
    pp_metrics_render(&b);
    assert_false(b.failed);
    char *z = strndup(b.p, b.n);
    pp_buf_free(&b);
    return z;
}

static void test_text(void **s) {
    (void)s;
    pp_metrics_reset();
    pp_metric_add("pp_b_total", "k=\"y\"", 2);
    pp_metric_set("pp_a", NULL, 1.5);
    pp_metric_add("pp_b_total", "k=\"x\"", 1);
    pp_metric_add("pp_b_total", "k=\"y\"", 3);
    pp_metric_observe("pp_c_seconds", "r=\"1\"", 0.003);
    pp_metric_observe("pp_c_seconds", "r=\"1\"", 100);
    char *z = render();
    assert_non_null(strstr(
        z, "# TYPE pp_a gauge\npp_a 1.5\n# TYPE pp_b_total counter\npp_b_total{k=\"x\"} 1\npp_b_total{k=\"y\"} 5\n"));
    assert_non_null(
        strstr(z, "pp_c_seconds_bucket{r=\"1\",le=\"0.0025\"} 0\npp_c_seconds_bucket{r=\"1\",le=\"0.005\"} 1\n"));
    assert_non_null(strstr(z, "le=\"60\"} 1\npp_c_seconds_bucket{r=\"1\",le=\"+Inf\"} 2\npp_c_seconds_sum{r=\"1\"} "
                              "100.003\npp_c_seconds_count{r=\"1\"} 2\n"));
    assert_non_null(strstr(z, "pp_process_resident_bytes "));
    free(z);
}

static void test_bounded(void **s) {
    (void)s;
    pp_metrics_reset();
    char label[32];
    for (int i = 0; i < PP_METRIC_SERIES_MAX + 100; i++) {
        snprintf(label, sizeof label, "i=\"%d\"", i);
        pp_metric_add("pp_many_total", label, 1);
    }
    char *z = render();
    assert_non_null(strstr(z, "pp_metrics_dropped_total 100\n"));
    free(z);
    pp_metrics_reset();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text), cmocka_unit_test(test_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
