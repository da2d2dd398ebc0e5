/* All moves of a line of a submission: every state to every state, by the payer (p), by a person (h), by us (u).
 * A row is the state that is left, a column the one that is entered; "." nobody may. */
#include "submission/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* clang-format off: a table to be read */
static const char *const columns[] = {"sent",         "by_hand",    "pended",    "contact_payer", "unclear",
                                      "refused",      "approved",   "partial",   "modified",      "denied",
                                      "not_required", "cancelling", "cancelled", "superseded"};
static const struct {
    const char *from, *moves[14];
} rows[] = {
    /*                  sent  hand  pend   cont  uncl  refu  appr   part   modi   deni   notr   clng  canc   supe */
    {"", {"u", "u", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"sent", {".", ".", "ph", "p", "pu", "pu", "ph", "ph", "ph", "ph", "ph", ".", "phu", "u"}},
    {"by_hand", {".", ".", "ph", "p", "p", "p", "ph", "ph", "ph", "ph", "ph", ".", "phu", "u"}},
    {"pended", {".", ".", ".", "p", "p", "p", "ph", "ph", "ph", "ph", "ph", "u", "phu", "u"}},
    {"contact_payer", {".", ".", "ph", ".", "p", "p", "ph", "ph", "ph", "ph", "ph", "u", "phu", "u"}},
    {"unclear", {".", ".", "ph", "p", ".", "p", "ph", "ph", "ph", "ph", "ph", "u", "phu", "u"}},
    {"refused", {".", ".", "ph", ".", ".", ".", "ph", "ph", "ph", "ph", "ph", ".", "hu", "u"}},
    {"approved", {".", ".", "h", ".", ".", ".", ".", "h", "h", "h", "h", ".", "ph", "u"}},
    {"partial", {".", ".", "h", ".", ".", ".", "ph", ".", "h", "h", "h", ".", "ph", "u"}},
    {"modified", {".", ".", "h", ".", ".", ".", "ph", "h", ".", "h", "h", ".", "ph", "u"}},
    {"denied", {".", ".", "h", ".", ".", ".", "ph", "ph", "ph", ".", "ph", ".", "h", "."}},
    {"not_required", {".", ".", "h", ".", ".", ".", "ph", "h", "h", "h", ".", ".", "h", "."}},
    {"cancelling", {".", ".", "h", ".", ".", ".", "h", "h", "h", "h", "h", ".", "ph", "."}},
    {"cancelled", {".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}},
    {"superseded", {".", ".", "u", ".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "."}},
};
/* clang-format on */

static void every_pair(void **state) {
    static const char letters[] = {[BY_PAYER] = 'p', [BY_PERSON] = 'h', [BY_US] = 'u'};
    int wrong = 0;
    (void)state;
    assert_int_equal(sizeof rows / sizeof rows[0], LINE_STATE_COUNT);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++)
            for (int who = BY_PAYER; who <= BY_US; who++) {
                enum submission_line_state from = submission_line_state_of(pp_str_z(rows[r].from));
                enum submission_line_state to = submission_line_state_of(pp_str_z(columns[c]));
                bool want = strchr(rows[r].moves[c], letters[who]) != NULL;
                if (submission_line_may(from, to, (enum submission_who)who) == want) continue;
                print_error("%s -> %s by %c: the table says %s\n", rows[r].from, columns[c], letters[who],
                            want ? "may" : "may not");
                wrong++;
            }
    assert_int_equal(wrong, 0);
}

static void names_go_both_ways(void **state) {
    (void)state;
    for (int i = 0; i < LINE_STATE_COUNT; i++) {
        enum submission_line_state s = (enum submission_line_state)i;
        assert_int_equal(submission_line_state_of(pp_str_z(submission_line_state_name(s))), s);
        /* nothing is both open and decided */
        assert_false(submission_line_live(s) && submission_line_decided(s));
    }
    assert_int_equal(submission_line_state_of(PP_STR("nonsense")), LINE_NONE);
}

/* No outcome that is not "approved" leads to approved, and none is lost. */
static void outcomes(void **state) {
    (void)state;
    for (int i = EV_DECIDED_LINE_OUTCOME_NONE; i < EV_DECIDED_LINE_OUTCOME_COUNT; i++) {
        enum ev_decided_line_outcome o = (enum ev_decided_line_outcome)i;
        enum submission_line_state s = submission_line_state_by(o);
        assert_int_equal(s == LINE_APPROVED, o == EV_DECIDED_LINE_OUTCOME_APPROVED);
        if (o != EV_DECIDED_LINE_OUTCOME_NONE) assert_int_equal(submission_outcome_of(s), o);
    }
    assert_int_equal(submission_line_state_by(EV_DECIDED_LINE_OUTCOME_NONE), LINE_UNCLEAR);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_pair), cmocka_unit_test(names_go_both_ways),
                                       cmocka_unit_test(outcomes)};
    return cmocka_run_group_tests_name("submission_states", tests, NULL, NULL);
}
