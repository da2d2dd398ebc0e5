/* One line against rules: which one wins, when none does, and what a person reads of it. */
#include "refs/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define HEAD(name) "# pack: " name "\n# version: 7\n# source: a test\n# date: 2026-11-24\n"
static const char payers[] =
    HEAD("payers") "payer\tname\tlob\tchannel\tzone\np\tP\tcommercial\tportal\tUTC\nq\tQ\tma\tportal\tUTC\n";
static const char codes[] = HEAD("codes") "code\tcategory\ttext\n72148\timaging\tMRI\n72149\timaging\tMRI\n";

/* Columns of the rules below, in this order. */
#define COLS                                                                                                           \
    "rule\tpayer\tplan\tlob\tstates\tnot_states\tcodes\tcategory\tmodifiers\tdx\tpos\tage_min\tage_"                   \
    "max\tfrom\tuntil\tnot_urgency\toutcome\tpriority\ttext\tsource\tsource_date\n"
#define END "\tA sentence.\ta list\t2026-01-01\n"

struct fixture {
    struct pp_refs *refs;
    struct pp_arena arena;
};

static void begin(struct fixture *x, const char *rows) {
    struct pp_err err;
    char rules[4096];
    struct pp_refs_builder *b = pp_refs_begin();
    snprintf(rules, sizeof rules, "%s%s%s", HEAD("rules"), COLS, rows);
    pp_arena_init(&x->arena, 4u << 20);
    assert_int_equal(pp_refs_add(b, pp_str_z(payers), PP_STR("aa"), 0, &err), 0);
    assert_int_equal(pp_refs_add(b, pp_str_z(codes), PP_STR("bb"), 0, &err), 0);
    if (pp_refs_add(b, pp_str_z(rules), PP_STR("00112233445566778899"), 0, &err) < 0 ||
        pp_refs_finish(b, &x->refs, &err) < 0)
        fail_msg("%s", err.msg);
}

static void end(struct fixture *x) {
    pp_refs_free(x->refs);
    pp_arena_free(&x->arena);
}

static struct pp_rule_facts line(void) {
    return (struct pp_rule_facts){.payer = PP_STR("p"),
                                  .plan = PP_STR("Gold"),
                                  .lob = EV_COVERAGE_LOB_COMMERCIAL,
                                  .code = PP_STR("72148"),
                                  .pos = PP_STR("22"),
                                  .site_state = PP_STR("IL"),
                                  .date = pp_date_of(2026, 12, 10),
                                  .birth_date = pp_date_of(1960, 12, 11)};
}

static struct pp_rule_verdict judge(struct fixture *x, const struct pp_rule_facts *f) {
    struct pp_rule_verdict v;
    struct pp_err err;
    assert_int_equal(pp_rules_judge(x->refs, f, &x->arena, &v, &err), 0);
    assert_true(v.proof.n > 0 && v.proof.n <= 120);
    assert_true(v.reason.n > 0 && v.reason.n <= 400);
    assert_int_equal(
        v.rule == NULL || v.coverage == EV_DETERMINED_LINE_COVERAGE_CONDITIONAL || v.coverage == v.rule->outcome, 1);
    return v;
}

/* rows -> rule that decides ("" none) and what it says, for the line above */
static void who_wins(void **state) {
    (void)state;
    static const struct {
        const char *why, *rows, *rule, *coverage;
    } t[] = {
        {"a rule on the code before one on a range",
         "R1\tp\t\t\t\t\t72140-72160\t\t\t\t\t\t\t\t\t\trequired\t" END
         "R2\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\tnot_required\t" END,
         "R2", "not_required"},
        {"a range before a category",
         "R1\tp\t\t\t\t\t72140-72160\t\t\t\t\t\t\t\t\t\trequired\t" END
         "R2\tp\t\t\t\t\t\timaging\t\t\t\t\t\t\t\t\tnot_required\t" END,
         "R1", "required"},
        {"a category before all codes",
         "R1\tp\t\t\t\t\t*\t\t\t\t\t\t\t\t\t\tnot_required\t9" END
         "R2\tp\t\t\t\t\t\timaging\t\t\t\t\t\t\t\t\trequired\t" END,
         "R2", "required"},
        {"the payer's own before its line of business'",
         "R1\t\t\tcommercial\t\t\t72148\t\t\t\t\t\t\t\t\t\trequired\t" END
         "R2\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\tnot_required\t" END,
         "R2", "not_required"},
        {"a plan before the payer as a whole",
         "R1\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\trequired\t9" END
         "R2\tp\tSilver|gold\t\t\t\t72148\t\t\t\t\t\t\t\t\t\texempt\t" END,
         "R2", "exempt"},
        {"a state before none",
         "R1\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\trequired\t" END
         "R2\tp\t\t\tIN,IL\t\t72148\t\t\t\t\t\t\t\t\t\texempt\t" END,
         "R2", "exempt"},
        {"priority between equals",
         "R1\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\trequired\t1" END
         "R2\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\tnot_required\t2" END,
         "R2", "not_required"},
        {"equals that agree",
         "R1\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\trequired\t" END
         "R2\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\trequired\t" END,
         "R1", "required"},
        {"equals that disagree",
         "R1\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\trequired\t" END
         "R2\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\tnot_required\t" END,
         "", "unknown"},
        {"no rule", "R1\tp\t\t\t\t\t70553\t\t\t\t\t\t\t\t\t\tnot_required\t" END, "", "unknown"},
        {"another payer's rule", "R1\tq\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\tnot_required\t" END, "", "unknown"},
        {"another line of business' rule", "R1\t\t\tma\t\t\t72148\t\t\t\t\t\t\t\t\t\tnot_required\t" END, "",
         "unknown"},
        {"a state excepted", "R1\tp\t\t\t\tIL\t72148\t\t\t\t\t\t\t\t\t\tnot_required\t" END, "", "unknown"},
        {"the first day", "R1\tp\t\t\t\t\t72148\t\t\t\t\t\t\t2026-12-10\t\t\trequired\t" END, "R1", "required"},
        {"the last day", "R1\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t2026-12-10\t\trequired\t" END, "R1", "required"},
        {"the day before", "R1\tp\t\t\t\t\t72148\t\t\t\t\t\t\t2026-12-11\t\t\tnot_required\t" END, "", "unknown"},
        {"the day after", "R1\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t2026-12-09\t\tnot_required\t" END, "", "unknown"},
        {"sixty-five on the day: not yet", "R1\tp\t\t\t\t\t72148\t\t\t\t\t66\t\t\t\t\tnot_required\t" END, "",
         "unknown"},
        {"sixty-five on the day", "R1\tp\t\t\t\t\t72148\t\t\t\t\t65\t65\t\t\t\trequired\t" END, "R1", "required"},
        {"a modifier that is not there", "R1\tp\t\t\t\t\t72148\t\tTC,26\t\t\t\t\t\t\t\tnot_required\t" END, "",
         "unknown"},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct fixture x;
        struct pp_rule_facts f = line();
        if (strcmp(t[i].why, "sixty-five on the day") == 0) f.birth_date = pp_date_of(1961, 12, 10);
        begin(&x, t[i].rows);
        struct pp_rule_verdict v = judge(&x, &f);
        if (strcmp(ev_determined_line_coverage_name(v.coverage), t[i].coverage) != 0 ||
            !pp_str_eqz(v.rule ? v.rule->id : PP_STR_NONE, t[i].rule))
            fail_msg("%s: %s by \"%.*s\"", t[i].why, ev_determined_line_coverage_name(v.coverage),
                     v.rule ? (int)v.rule->id.n : 0, v.rule ? v.rule->id.s : "");
        end(&x);
    }
}

static void a_conflict_names_both(void **state) {
    (void)state;
    struct fixture x;
    struct pp_rule_facts f = line();
    begin(&x, "R1\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\trequired\t" END
              "R2\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\tnot_required\t" END);
    struct pp_rule_verdict v = judge(&x, &f);
    assert_true(pp_str_eqz(v.proof, "conflict: R1, R2"));
    assert_non_null(strstr(v.reason.s, "R1 says required, R2 says not_required"));
    end(&x);
}

static void what_the_line_does_not_say(void **state) {
    (void)state;
    struct fixture x;
    struct pp_rule_facts f = line();
    begin(&x, "R1\tp\t\t\t\t\t72148\t\t\t\t19,22\t\t\t\t\t\trequired\t" END
              "R2\tp\t\t\t\t\t*\t\t\t\t\t\t\t\t\t\tnot_required\t" END
              "R3\tp\t\t\t\t\t70553\t\t\tM54,G\t\t\t\t\t\t\trequired\t" END);
    f.pos = PP_STR_NONE;
    struct pp_rule_verdict v = judge(&x, &f);
    assert_int_equal(v.coverage, EV_DETERMINED_LINE_COVERAGE_CONDITIONAL);
    assert_int_equal(v.info_needed_n, 1);
    assert_true(pp_str_eqz(v.info_needed[0], "place_of_service"));
    f.pos = PP_STR("11");
    assert_true(pp_str_eqz(judge(&x, &f).rule->id, "R2"));
    f.pos = PP_STR("19");
    assert_true(pp_str_eqz(judge(&x, &f).rule->id, "R1"));
    f.code = PP_STR("70553");
    assert_int_equal(judge(&x, &f).coverage, EV_DETERMINED_LINE_COVERAGE_CONDITIONAL);
    const struct pp_str other[] = {PP_STR("S8290")}, spine[] = {PP_STR("S8290"), PP_STR("M5416")};
    f.diagnoses = other;
    f.diagnoses_n = 1;
    assert_int_equal(judge(&x, &f).coverage, EV_DETERMINED_LINE_COVERAGE_NOT_REQUIRED);
    f.diagnoses = spine;
    f.diagnoses_n = 2;
    assert_int_equal(judge(&x, &f).coverage, EV_DETERMINED_LINE_COVERAGE_REQUIRED);
    end(&x);
}

static void an_unsaid_fact_that_changes_nothing(void **state) {
    (void)state;
    struct fixture x;
    struct pp_rule_facts f = line();
    f.pos = PP_STR_NONE;
    begin(&x, "R1\tp\t\t\t\t\t72148\t\t\t\t22\t\t\t\t\t\trequired\t" END
              "R2\tp\t\t\t\t\t*\t\t\t\t\t\t\t\t\t\trequired\t" END);
    assert_true(pp_str_eqz(judge(&x, &f).rule->id, "R2"));
    end(&x);
    begin(&x, "R1\tp\t\t\t\t\t*\t\t\t\t22\t\t\t\t\t\tnot_required\t" END
              "R2\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\t\trequired\t" END);
    assert_true(pp_str_eqz(judge(&x, &f).rule->id, "R2")); /* R1 is weaker than what decided */
    end(&x);
}

static void an_emergency(void **state) {
    (void)state;
    struct fixture x;
    struct pp_rule_facts f = line();
    begin(&x, "R1\tp\t\t\t\t\t72148\t\t\t\t\t\t\t\t\temergency\trequired\t" END
              "R2\tp\t\t\t\t\t*\t\t\t\t\t\t\t\t\t\tnot_required\t" END);
    assert_int_equal(judge(&x, &f).coverage, EV_DETERMINED_LINE_COVERAGE_REQUIRED); /* not said: routine */
    f.urgency = EV_CASE_URGENCY_URGENT;
    assert_int_equal(judge(&x, &f).coverage, EV_DETERMINED_LINE_COVERAGE_REQUIRED);
    f.urgency = EV_CASE_URGENCY_EMERGENCY;
    assert_int_equal(judge(&x, &f).coverage, EV_DETERMINED_LINE_COVERAGE_NOT_REQUIRED);
    end(&x);
}

/* What a person reads: each condition, what it wants and what the line has, and the rule that decided. */
static void the_way_to_it(void **state) {
    (void)state;
    struct fixture x;
    struct pp_rule_facts f = line();
    begin(&x, "R1\tp\t\t\tWI\t\t72148\t\t\t\t\t\t\t2026-01-01\t2026-12-31\t\trequired\t" END
              "R2\tp\t\t\t\t\t*\t\t\t\t\t\t\t\t\t\tnot_required\t" END);
    struct pp_rule_verdict v = judge(&x, &f);
    assert_true(pp_str_eqz(v.proof, "R2, rules 7 (001122334455)"));
    assert_int_equal(v.considered_n, 2);
    assert_true(v.considered[0].decided && pp_str_eqz(v.considered[0].rule->id, "R2"));
    const struct pp_considered *lost = &v.considered[1];
    assert_int_equal(lost->fit, PP_FIT_NO);
    int seen = 0;
    for (int i = 0; i < lost->nconds; i++) {
        const struct pp_rule_cond *d = &lost->conds[i];
        if (strcmp(d->name, "state of the site") == 0)
            seen += d->fit == PP_FIT_NO && pp_str_eqz(d->want, "WI") && pp_str_eqz(d->have, "IL");
        if (strcmp(d->name, "service date") == 0)
            seen += d->fit == PP_FIT_YES && pp_str_eqz(d->want, "2026-01-01 to 2026-12-31");
    }
    assert_int_equal(seen, 2);
    assert_true(pp_str_eqz(pp_rules_packs(x.refs, &x.arena), "rules 001122334455"));
    end(&x);
}

static void no_memory_is_an_error(void **state) {
    (void)state;
    struct fixture x;
    struct pp_arena small;
    struct pp_rule_facts f = line();
    struct pp_rule_verdict v;
    struct pp_err err;
    begin(&x, "R1\tp\t\t\tWI\t\t72148\t\t\t\t\t\t\t\t\t\trequired\t" END);
    for (size_t max = 0; max < 4096; max += 64) {
        pp_arena_init(&small, max);
        if (pp_rules_judge(x.refs, &f, &small, &v, &err) < 0) assert_int_equal(err.kind, PP_ERR_LIMIT);
        pp_arena_free(&small);
    }
    end(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_wins),
        cmocka_unit_test(a_conflict_names_both),
        cmocka_unit_test(what_the_line_does_not_say),
        cmocka_unit_test(an_unsaid_fact_that_changes_nothing),
        cmocka_unit_test(an_emergency),
        cmocka_unit_test(the_way_to_it),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
