/* Risk "not required said wrongly": whatever happens to cases, and whichever rules are in force, no line is said to be
 * not required unless a rule that says so, or a person with evidence, is its proof. Random inputs from printed seeds.
 */
#include "requirements/requirements.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define SEEDS 40
#define STEPS 120

static const char *const packs[] = {"payers", "codes", "doclists", "rules", "medicare", "sites", "calendar", "queues"};
static struct pp_refs *refs, *nothing;

static int load(void **state) {
    (void)state;
    struct pp_err err = {0};
    struct pp_refs_builder *b = pp_refs_begin();
    static char bytes[1 << 17];
    for (size_t i = 0; i < sizeof packs / sizeof *packs; i++) {
        char path[64];
        snprintf(path, sizeof path, "packs/%s.tsv", packs[i]);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        uint32_t n = (uint32_t)fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        if (pp_refs_add(b, (struct pp_str){bytes, n}, PP_STR("0011223344556677"), 0, &err) < 0) fail_msg("%s", err.msg);
    }
    if (pp_refs_finish(b, &refs, &err) < 0) fail_msg("%s", err.msg);
    nothing = pp_refs_empty();
    return nothing ? 0 : -1;
}

static int unload(void **state) {
    (void)state;
    pp_refs_free(refs);
    pp_refs_free(nothing);
    return 0;
}

struct world {
    uint64_t random;
    struct pp_arena arena;
    struct pp_unit *unit;
    struct pp_ctx ctx;
    int32_t version[3];
    bool open[3];
    int said, free_said;
};

static uint32_t roll(struct world *w, uint32_t n) { /* xorshift64* */
    w->random ^= w->random >> 12;
    w->random ^= w->random << 25;
    w->random ^= w->random >> 27;
    return (uint32_t)((w->random * UINT64_C(2685821657736338717)) >> 40) % n;
}

static struct pp_str pick(struct world *w, const char *const *of, size_t n) {
    return pp_str_z(of[roll(w, (uint32_t)n)]);
}
#define PICK(w, ...)                                                                                                   \
    pick((w), (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static struct pp_uuid case_id(uint32_t i) {
    return pp_uuid_derive((struct pp_uuid){{1}}, (struct pp_str){"abc" + i, 1});
}

static struct ev_case *random_case(struct world *w, uint32_t i) {
    struct ev_case *e = pp_arena_new(&w->arena, struct ev_case);
    e->case_id = case_id(i);
    e->case_version = ++w->version[i];
    e->case_no = e->order_no = e->sender = PP_STR("x");
    e->change = PICK(w, "lines", "coverage", "visit");
    e->urgency = (enum ev_case_urgency)(1 + roll(w, 3));
    e->site = PICK(w, "lks", "nor", "");
    e->state = PICK(w, "IL", "WI", "OH", "");
    e->patient.state = PICK(w, "IL", "WI", "");
    e->patient.birth_date = roll(w, 2) ? pp_date_of(1950, 1, 1) : 0;
    e->coverages = pp_arena_new(&w->arena, struct ev_coverage);
    e->coverages_n = roll(w, 8) > 0;
    e->coverages->rank = 1;
    e->coverages->payer = PICK(w, "meridian", "prairie", "union", "lakeshore", "carebridge", "medicare", "", "gone");
    e->coverages->lob = (enum ev_coverage_lob)roll(w, EV_COVERAGE_LOB_COUNT);
    e->coverages->plan = PICK(w, "", "Gold");
    e->missing = pp_arena_array(&w->arena, struct pp_str, 1);
    e->missing[0] = PP_STR("coverage");
    e->missing_n = e->coverages_n == 0;
    e->lines_n = 1 + roll(w, 3);
    e->lines = pp_arena_array(&w->arena, struct ev_case_line, e->lines_n);
    for (size_t l = 0; l < e->lines_n; l++)
        e->lines[l] = (struct ev_case_line){
            .line = (int64_t)l + 1,
            .order_no = PP_STR("o"),
            .state = roll(w, 6) ? EV_CASE_LINE_STATE_ACTIVE : EV_CASE_LINE_STATE_CANCELLED,
            .code = PICK(w, "72148", "70553", "45378", "97110", "64493", "L3761", "J1745", "62323", "99999", ""),
            .place_of_service = PICK(w, "", "11", "22", "24"),
            .service_date = roll(w, 4) ? pp_date_of(2026, 12, 1) + (pp_date)roll(w, 200) : 0};
    return e;
}

/* What the determination says must stand on a rule that says so, or on a person. */
static void hold(struct world *w, const struct pp_in *in, const struct pp_effect *e) {
    struct ev ev;
    struct pp_err err = {0};
    if (e->kind != PP_EFFECT_EMIT || e->type != EV_REQUIREMENT_DETERMINED) return;
    if (ev_decode(e->type, e->body, &w->arena, &ev, &err) < 0) fail_msg("%s", err.msg);
    const struct ev_requirement_determined *d = ev.as.requirement_determined;
    w->said++;
    for (size_t i = 0; i < d->lines_n; i++) {
        const struct ev_determined_line *l = &d->lines[i];
        assert_true(l->proof.n > 0);
        if (l->coverage != EV_DETERMINED_LINE_COVERAGE_NOT_REQUIRED) continue;
        w->free_said++;
        const struct req_decided_row key = {.case_id = d->case_id, .line = (int32_t)l->line};
        const struct req_decided_row *person = pp_row_find(w->unit, REQ_DECIDED, &key);
        const struct pp_rule *r = pp_refs_rule(w->ctx.refs, l->rule);
        if (pp_str_eqz(l->rule, "PERSON"))
            assert_true(person && person->evidence.n > 0);
        else
            assert_true(r && r->outcome == EV_DETERMINED_LINE_COVERAGE_NOT_REQUIRED);
    }
    if (in->kind == PP_IN_EVENT && in->ev->type == EV_CASE_CHANGED)
        assert_int_equal(d->case_version, in->ev->as.case_changed->case_version);
}

static int give(struct world *w, struct pp_in *in) {
    struct pp_out *out = pp_out_new(&w->arena, pp_unit_person(w->unit));
    struct pp_err err = {0};
    int determined = 0;
    in->hdr.actor = PP_STR("tester");
    in->hdr.time_ms = w->ctx.now_ms;
    requirements_decide(&w->ctx, w->unit, in, out);
    assert_false(pp_arena_failed(&w->arena));
    if (pp_out_failed(out)) fail_msg("%s", pp_out_failure(out));
    if (!requirements_check(w->unit, &err)) fail_msg("%s", err.msg);
    for (const struct pp_effect *e = pp_out_first(out); e; e = e->next) {
        hold(w, in, e);
        determined += e->kind == PP_EFFECT_EMIT && e->type == EV_REQUIREMENT_DETERMINED;
    }
    return determined;
}

static void step(struct world *w) {
    uint32_t i = roll(w, 3), what = roll(w, 10);
    struct ev ev;
    struct pp_in in = {.kind = PP_IN_EVENT, .ev = &ev};
    w->ctx.now_ms += roll(w, 3 * 86400) * INT64_C(1000);
    if (what < 6) {
        ev = ev_of_case_changed(random_case(w, i));
        assert_int_equal(give(w, &in), 1);
        assert_int_equal(give(w, &in), 0); /* the same again is not said again */
        w->open[i] = true;
    } else if (what < 8) {
        struct ev_requirement_decide d = {.case_id = case_id(i),
                                          .line = 1 + roll(w, 3),
                                          .coverage = (enum ev_requirement_decide_coverage)(1 + roll(w, 3)),
                                          .evidence = roll(w, 4) ? PP_STR("called, ref 77") : PP_STR("  ")};
        ev = ev_of_requirement_decide(&d);
        in.kind = PP_IN_COMMAND;
        give(w, &in);
    } else if (what < 9) {
        in = (struct pp_in){.kind = PP_IN_TIMER, .timer_kind = REQ_TIMER_CHECK, .ref = case_id(i)};
        give(w, &in);
    } else if (w->open[i]) {
        struct ev_case_withdrawn d = {.case_id = case_id(i), .case_version = ++w->version[i], .case_no = PP_STR("x")};
        ev = ev_of_case_withdrawn(&d);
        assert_int_equal(give(w, &in), 0);
        w->open[i] = false;
    }
}

static void run(const struct pp_refs *in_force, int *ret_said, int *ret_free) {
    *ret_said = *ret_free = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world w = {.random = seed * UINT64_C(0x9e3779b97f4a7c15)};
        pp_arena_init(&w.arena, (size_t)256 << 20);
        w.unit = pp_unit_new(&w.arena, requirements_tables, REQ_TABLE_COUNT, PP_STR("t"), (struct pp_uuid){{7}});
        w.ctx = (struct pp_ctx){.now_ms = INT64_C(1795532400000), .refs = in_force};
        print_message("seed %d\r", (int)seed);
        for (int i = 0; i < STEPS; i++) step(&w);
        *ret_said += w.said;
        *ret_free += w.free_said;
        pp_arena_free(&w.arena);
    }
}

static void no_path_without_a_proof(void **state) {
    (void)state;
    int said, free_said;
    run(refs, &said, &free_said);
    assert_true(said > 1000 && free_said > 500); /* the test must have something to hold */
}

static void without_rules_only_a_person_frees_a_line(void **state) {
    (void)state;
    int said, free_said;
    run(nothing, &said, &free_said);
    assert_true(said > 1000 && free_said > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_path_without_a_proof),
                                       cmocka_unit_test(without_rules_only_a_person_frees_a_line)};
    return cmocka_run_group_tests(tests, load, unload);
}
