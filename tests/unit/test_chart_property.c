/* The chart under random orders, coverages, visits, cancels and commands of several senders: its invariants hold, a
 * repeat says nothing, versions are dense, and each task is ended exactly once after it was asked. */
#include "intake/chart/chart.h"
#include "refs/refs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define SEEDS 60
#define STEPS 150
#define KNOWN_MAX 400

struct known {
    struct pp_uuid id;
    int value;
}; /* case: version; task: open */
struct world {
    uint64_t random;
    struct pp_arena arena;
    struct pp_unit *unit;
    struct pp_ctx ctx;
    struct pp_refs *refs;
    struct known cases[KNOWN_MAX], tasks[KNOWN_MAX];
    int ncases, ntasks, emitted;
    uint64_t ids;
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

static struct pp_uuid new_id(const struct pp_ctx *ctx) {
    struct world *w = ctx->self;
    uint8_t random[10] = {0};
    w->ids++;
    memcpy(random + 2, &w->ids, sizeof w->ids);
    return pp_uuid_v7(ctx->now_ms, random);
}

static struct known *known(struct known *list, int *n, struct pp_uuid id) {
    for (int i = 0; i < *n; i++)
        if (pp_uuid_eq(list[i].id, id)) return &list[i];
    assert_true(*n < KNOWN_MAX);
    list[*n] = (struct known){.id = id};
    return &list[(*n)++];
}

static void version(struct world *w, struct pp_uuid id, int64_t v) {
    struct known *k = known(w->cases, &w->ncases, id);
    assert_int_equal(v, k->value + 1);
    k->value = (int)v;
}

static void hold(struct world *w, const struct pp_effect *e) {
    struct ev ev;
    struct pp_err err = {0};
    if (e->kind != PP_EFFECT_EMIT) return;
    if (ev_decode(e->type, e->body, &w->arena, &ev, &err) < 0) fail_msg("%s", err.msg);
    if (e->type == EV_CASE_OPENED) {
        assert_int_equal(ev.as.case_opened->case_version, 1);
        version(w, ev.as.case_opened->case_id, 1);
    } else if (e->type == EV_CASE_CHANGED) {
        version(w, ev.as.case_changed->case_id, ev.as.case_changed->case_version);
    } else if (e->type == EV_CASE_WITHDRAWN) {
        version(w, ev.as.case_withdrawn->case_id, ev.as.case_withdrawn->case_version);
    } else if (e->type == EV_TASK_NEEDED) {
        struct known *t = known(w->tasks, &w->ntasks, ev.as.task_needed->task_id);
        assert_int_equal(t->value, 0);
        t->value = 1;
    } else if (e->type == EV_TASK_SETTLED) {
        struct known *t = known(w->tasks, &w->ntasks, ev.as.task_settled->task_id);
        assert_int_equal(t->value, 1);
        t->value = 0;
    }
    w->emitted++;
}

static int give(struct world *w, enum pp_in_kind kind, const struct ev *ev) {
    struct pp_in in = {.kind = kind, .ev = ev, .hdr = {.time_ms = w->ctx.now_ms, .actor = PP_STR("tester")}};
    struct pp_out *out = pp_out_new(&w->arena, pp_unit_person(w->unit));
    struct pp_err err = {0};
    int facts = 0;
    chart_decide(&w->ctx, w->unit, &in, out);
    assert_false(pp_arena_failed(&w->arena));
    if (pp_out_failed(out)) fail_msg("%s", pp_out_failure(out));
    assert_false(pp_out_parked(out));
    if (!chart_check(w->unit, &err)) fail_msg("%s", err.msg);
    for (const struct pp_effect *e = pp_out_first(out); e; e = e->next) {
        hold(w, e);
        facts += e->kind == PP_EFFECT_EMIT;
    }
    return facts;
}

#define NEW(w, type) ((struct type *)pp_arena_new(&(w)->arena, struct type))
#define SENDER(w) PICK(w, "lks/EPIC/LKS", "nor/CERNER/NOR", "lks/SCHED/LKS")

static struct ev order(struct world *w) {
    struct ev_order_reported *e = NEW(w, ev_order_reported);
    e->sender = SENDER(w);
    e->order_no = PICK(w, "R1", "R2", "R3", "R4");
    e->filler_no = PICK(w, "", "F1", "F2");
    e->group_no = PICK(w, "", "", "G1");
    e->visit_no = PICK(w, "", "", "A1");
    e->action = (enum ev_order_reported_action)(1 + roll(w, EV_ORDER_REPORTED_ACTION_COUNT - 1));
    e->priority = (enum ev_order_reported_priority)roll(w, EV_ORDER_REPORTED_PRIORITY_COUNT);
    e->site = PICK(w, "lks", "nor", "");
    e->service.code.code = PICK(w, "MRLSPW", "CTHEAD", "72148");
    e->service.code.system = PICK(w, "L", "CPT", "");
    e->service.service_date = roll(w, 2) ? pp_date_of(2026, 12, 1) + (pp_date)roll(w, 60) : 0;
    return ev_of_order_reported(e);
}

static struct ev coverage(struct world *w) {
    struct ev_coverage_reported *e = NEW(w, ev_coverage_reported);
    e->sender = SENDER(w);
    e->coverage.rank = 1 + roll(w, 3);
    e->coverage.payer_code = PICK(w, "MERID", "PRMUT", "ZZZ", "");
    e->coverage.lob = (enum ev_coverage_lob)roll(w, EV_COVERAGE_LOB_COUNT);
    e->coverage.expires = roll(w, 3) ? 0 : pp_date_of(2026, 12, 15);
    e->ended = roll(w, 5) == 0;
    return ev_of_coverage_reported(e);
}

static struct ev visit(struct world *w) {
    struct ev_visit_reported *e = NEW(w, ev_visit_reported);
    e->sender = SENDER(w);
    e->visit_no = PICK(w, "A1", "A2", "A3");
    e->action = (enum ev_visit_reported_action)(1 + roll(w, EV_VISIT_REPORTED_ACTION_COUNT - 1));
    e->order_no = PICK(w, "", "R1", "R2", "G1", "R9");
    e->filler_no = PICK(w, "", "", "F1");
    e->start = w->ctx.now_ms + roll(w, 60) * PP_MS_DAY;
    e->site = PICK(w, "lks", "nor", "");
    return ev_of_visit_reported(e);
}

static struct ev patient(struct world *w) {
    struct ev_patient_reported *e = NEW(w, ev_patient_reported);
    e->sender = SENDER(w);
    e->patient.mrn = PP_STR("M1");
    e->patient.family = PICK(w, "Doe", "Roe");
    return ev_of_patient_reported(e);
}

static void command(struct world *w) {
    struct pp_uuid id = w->ncases ? w->cases[roll(w, (uint32_t)w->ncases)].id : (struct pp_uuid){{9}};
    struct ev_line_map_code m = {.case_id = id, .line = roll(w, 4), .code = PICK(w, "70450", "nonsense")};
    struct ev_line_drop d = {.case_id = id, .line = roll(w, 4), .reason = PP_STR("no longer wanted")};
    struct ev ev = roll(w, 3) ? ev_of_line_map_code(&m) : ev_of_line_drop(&d);
    give(w, PP_IN_COMMAND, &ev);
}

static void timers(struct world *w) {
    PP_EACH_ROW(w->unit, CHART_UNMATCHED, chart_unmatched_row, r) {
        struct pp_in in = {.kind = PP_IN_TIMER, .timer_kind = CHART_TIMER_UNMATCHED, .ref = r->visit_id};
        struct pp_out *out = pp_out_new(&w->arena, pp_unit_person(w->unit));
        chart_decide(&w->ctx, w->unit, &in, out);
        for (const struct pp_effect *e = pp_out_first(out); e; e = e->next) hold(w, e);
    }
}

static void step(struct world *w) {
    uint32_t what = roll(w, 20);
    struct ev ev;
    w->ctx.now_ms += roll(w, 7200) * INT64_C(1000);
    if (what == 18) {
        command(w);
        return;
    }
    if (what == 19) {
        timers(w);
        return;
    }
    ev = what < 8 ? order(w) : what < 12 ? coverage(w) : what < 16 ? visit(w) : patient(w);
    give(w, PP_IN_EVENT, &ev);
    assert_int_equal(give(w, PP_IN_EVENT, &ev), 0);
}

static struct pp_refs *load(void) {
    static const char *const packs[] = {"payers", "codes", "codemap", "sites", "locations", "calendar", "queues"};
    static char bytes[1 << 17];
    struct pp_err err = {0};
    struct pp_refs *r = NULL;
    struct pp_refs_builder *b = pp_refs_begin();
    for (size_t i = 0; i < sizeof packs / sizeof *packs; i++) {
        char path[64];
        snprintf(path, sizeof path, "packs/%s.tsv", packs[i]);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        uint32_t n = (uint32_t)fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        if (pp_refs_add(b, (struct pp_str){bytes, n}, PP_STR_NONE, 0, &err) < 0) fail_msg("%s", err.msg);
    }
    if (pp_refs_finish(b, &r, &err) < 0) fail_msg("%s", err.msg);
    return r;
}

static void random_lives(void **state) {
    (void)state;
    static struct world w;
    struct pp_refs *r = load();
    int emitted = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        memset(&w, 0, sizeof w);
        w.random = seed * UINT64_C(0x9e3779b97f4a7c15);
        pp_arena_init(&w.arena, (size_t)256 << 20);
        w.unit = pp_unit_new(&w.arena, chart_tables, CHART_TABLE_COUNT, PP_STR("t"), (struct pp_uuid){{7}});
        w.ctx = (struct pp_ctx){.now_ms = INT64_C(1795532400000), .refs = r, .new_id = new_id, .self = &w};
        print_message("seed %d\r", (int)seed);
        for (int i = 0; i < STEPS; i++) step(&w);
        emitted += w.emitted;
        pp_arena_free(&w.arena);
    }
    assert_true(emitted > 2000);
    pp_refs_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_lives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
