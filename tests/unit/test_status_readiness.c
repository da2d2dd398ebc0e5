/* Every combination of what may be known of one line: green is said only with a reason that a person could be shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "status/readiness.h"

#define TODAY 739900
#define VISIT (TODAY + 9)

static bool approved(enum ev_decided_line_outcome o) {
    return o == EV_DECIDED_LINE_OUTCOME_APPROVED || o == EV_DECIDED_LINE_OUTCOME_PARTIAL ||
           o == EV_DECIDED_LINE_OUTCOME_MODIFIED;
}

/* The founding rule of docs/readiness.md in its shortest form, written apart from the code under test. */
static bool may_be_green(const struct readiness_line *l) {
    bool settled_by_rule = l->proof && (l->coverage == EV_DETERMINED_LINE_COVERAGE_NOT_REQUIRED ||
                                        l->coverage == EV_DETERMINED_LINE_COVERAGE_EXEMPT ||
                                        l->coverage == EV_DETERMINED_LINE_COVERAGE_SATISFIED);
    bool granted = approved(l->outcome) && (l->outcome == EV_DECIDED_LINE_OUTCOME_APPROVED || l->accepted);
    bool notified = l->coverage == EV_DETERMINED_LINE_COVERAGE_NOTIFICATION_ONLY && l->sent && !l->outcome;
    return l->determined && l->current &&
           (settled_by_rule || granted || notified || l->outcome == EV_DECIDED_LINE_OUTCOME_NOT_REQUIRED);
}

static void green_needs_a_reason(void **state) {
    struct pp_arena a;
    int greens = 0;
    (void)state;
    pp_arena_init(&a, 1 << 20);
    for (int coverage = 0; coverage < EV_DETERMINED_LINE_COVERAGE_COUNT; coverage++)
        for (int outcome = 0; outcome < EV_DECIDED_LINE_OUTCOME_COUNT; outcome++)
            for (unsigned bits = 0; bits < 128; bits++) {
                const struct readiness_line l = {.line = 1,
                                                 .wanted = true,
                                                 .determined = bits & 1,
                                                 .current = bits & 2,
                                                 .proof = bits & 4,
                                                 .accepted = bits & 8,
                                                 .sent = bits & 16,
                                                 .info_open = bits & 32,
                                                 .documents_open = bits & 64,
                                                 .coverage = (enum ev_determined_line_coverage)coverage,
                                                 .outcome = (enum ev_decided_line_outcome)outcome};
                const struct readiness_in in = {.today = TODAY, .date = VISIT, .lines = &l, .n = 1};
                struct readiness_out out;
                readiness(&in, &a, &out);
                if (out.colour == READINESS_GREEN) {
                    greens++;
                    assert_true(may_be_green(&l));
                    assert_int_equal(out.n, 0);
                } else {
                    assert_true(out.n > 0 && out.next_step[0] && out.owner[0]); /* always why, what and who */
                }
                if (outcome == EV_DECIDED_LINE_OUTCOME_DENIED && l.determined &&
                    coverage == EV_DETERMINED_LINE_COVERAGE_REQUIRED)
                    assert_int_equal(out.colour, READINESS_RED);
                pp_arena_reset(&a);
            }
    assert_true(greens > 0);
    pp_arena_free(&a);
}

/* Adding a line never makes a visit better. */
static void the_worst_line_counts(void **state) {
    struct pp_arena a;
    struct readiness_line l[2] = {{.line = 1, .wanted = true}, {.line = 2, .wanted = true}};
    struct readiness_out one, both;
    (void)state;
    pp_arena_init(&a, 1 << 20);
    for (int i = 0; i < EV_DECIDED_LINE_OUTCOME_COUNT; i++)
        for (int k = 0; k < EV_DECIDED_LINE_OUTCOME_COUNT; k++) {
            for (int n = 0; n < 2; n++) {
                l[n].determined = l[n].current = l[n].proof = true;
                l[n].coverage = EV_DETERMINED_LINE_COVERAGE_REQUIRED;
                l[n].outcome = (enum ev_decided_line_outcome)(n ? k : i);
            }
            struct readiness_in in = {.today = TODAY, .date = VISIT, .lines = l, .n = 1};
            readiness(&in, &a, &one);
            in.n = 2;
            readiness(&in, &a, &both);
            assert_true(both.colour >= one.colour);
            pp_arena_reset(&a);
        }
    pp_arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(green_needs_a_reason), cmocka_unit_test(the_worst_line_counts)};
    return cmocka_run_group_tests_name("status_readiness", tests, NULL, NULL);
}
