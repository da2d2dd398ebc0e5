/* Random lives of a case at submission, from a printed seed (PP_SEED): orders that change, packets, answers of every
 * kind in any order and repeated, refusals, silence, people's commands. After each input: the invariants of the
 * service, no approval without a payer's A1 or a person, no open task of a line that is decided well, and for every
 * live line at most one request that the payer could still decide. */
#include "submission/submission.h"

#include "refs/refs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define LIVES 400
#define STEPS 60
#define CALLS_MAX 256

static uint64_t random_state;
static uint32_t rnd(uint32_t n) {
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % n;
}

struct call {
    uint16_t kind;
    struct pp_uuid ref;
    struct pp_str trace;
};

struct life {
    struct pp_arena arena;
    struct pp_unit *unit;
    struct pp_refs *refs;
    int64_t now_ms;
    uint64_t ids;
    int version;
    bool approved_said; /* an A1 or a person's approval has been given to the decider */
    struct call calls[CALLS_MAX];
    int ncalls;
};

static const struct pp_uuid person = {{5, 5, 5}}, case_id = {{6, 6, 6}};

static struct pp_uuid mint(const struct pp_ctx *ctx) {
    struct life *l = ctx->self;
    uint8_t random[10] = {0};
    l->ids++;
    memcpy(random, &l->ids, sizeof l->ids);
    return pp_uuid_v7(l->now_ms, random);
}

static void take_effects(struct life *l, const struct pp_out *o) {
    for (const struct pp_effect *e = pp_out_first(o); e; e = e->next) {
        if (e->kind == PP_EFFECT_CALL_CANCEL)
            for (int i = 0; i < l->ncalls; i++)
                if (l->calls[i].kind == e->code && pp_uuid_eq(l->calls[i].ref, e->ref))
                    l->calls[i] = l->calls[--l->ncalls];
        if (e->kind != PP_EFFECT_CALL || l->ncalls == CALLS_MAX) continue;
        struct pp_err err;
        struct ev body;
        struct call c = {.kind = e->code, .ref = e->ref};
        assert_int_equal(ev_decode(e->type, e->body, &l->arena, &body, &err), 0);
        c.trace = body.type == EV_PAS_SUBMIT ? body.as.pas_submit->trace : body.as.pas_read->trace;
        l->calls[l->ncalls++] = c;
    }
}

static void invariants(struct life *l) {
    struct pp_err err = {0};
    if (!submission_check(l->unit, &err)) fail_msg("%s", err.msg);
    PP_EACH_ROW(l->unit, SUBMISSION_LINE, submission_line_row, r) {
        enum submission_line_state st = submission_line_state_of(r->state);
        if (st == LINE_APPROVED) assert_true(l->approved_said);
        if (st == LINE_APPROVED && !r->by_person) assert_true(pp_str_eqz(r->review_code, "A1"));
        if (st == LINE_DENIED || st == LINE_PENDED || st == LINE_UNCLEAR || st == LINE_REFUSED)
            assert_int_equal(r->authorization_no.n, 0);
        if (st == LINE_SUPERSEDED || st == LINE_CANCELLED) assert_int_equal(r->task.n, 0);
    }
}

static void give(struct life *l, struct pp_in *in) {
    struct pp_ctx ctx = {.now_ms = l->now_ms, .refs = l->refs, .new_id = mint, .self = l};
    struct pp_unit_mark *mark = pp_unit_mark(l->unit);
    struct pp_out *out = pp_out_new(&l->arena, person);
    in->hdr.person = person;
    in->hdr.actor = PP_STR("jordan");
    submission_decide(&ctx, l->unit, in, out);
    if (pp_out_failed(out)) fail_msg("%s", pp_out_failure(out));
    assert_false(pp_arena_failed(&l->arena));
    if (pp_out_parked(out)) {
        pp_unit_rollback(l->unit, mark);
        return;
    }
    take_effects(l, out);
    invariants(l);
}

static void event(struct life *l, const struct ev *e) {
    bool command = strcmp(ev_topic(e->type), "pa.commands.v1") == 0;
    struct pp_in in = {.kind = command ? PP_IN_COMMAND : PP_IN_EVENT, .ev = e};
    give(l, &in);
}

/* ---- what can happen ---- */

static void order(struct life *l) {
    static const char *const codes[] = {"72148", "72158", "70551", "E0601"};
    struct ev_case_line lines[3] = {{0}};
    struct ev_coverage cov = {
        .rank = 1, .payer = rnd(6) ? PP_STR("meridian") : PP_STR("prairie"), .member_id = PP_STR("M1")};
    struct ev_case c = {.case_id = case_id,
                        .case_version = ++l->version,
                        .case_no = PP_STR("C-1"),
                        .order_no = PP_STR("O1"),
                        .sender = PP_STR("ehr"),
                        .urgency = EV_CASE_URGENCY_ROUTINE,
                        .patient = {.family = PP_STR("Doe")},
                        .coverages = &cov,
                        .coverages_n = 1,
                        .lines = lines,
                        .lines_n = 1 + rnd(3)};
    struct ev_determined_line found[3] = {{0}};
    for (size_t i = 0; i < c.lines_n; i++) {
        lines[i] = (struct ev_case_line){.line = (int64_t)i + 1,
                                         .order_no = PP_STR("O1"),
                                         .code = pp_str_z(codes[rnd(4)]),
                                         .state = rnd(8) ? EV_CASE_LINE_STATE_ACTIVE : EV_CASE_LINE_STATE_CANCELLED};
        found[i] = (struct ev_determined_line){.line = (int64_t)i + 1,
                                               .proof = PP_STR("r"),
                                               .coverage = rnd(6) ? EV_DETERMINED_LINE_COVERAGE_REQUIRED
                                                                  : EV_DETERMINED_LINE_COVERAGE_NOT_REQUIRED};
    }
    event(l, EV(case_changed, CASE_CHANGED, &c));
    struct ev_requirement_determined d = {.case_id = case_id,
                                          .case_version = l->version,
                                          .determination_id = {{1}},
                                          .payer = cov.payer,
                                          .pack = PP_STR("p"),
                                          .lines = found,
                                          .lines_n = c.lines_n,
                                          .channel = rnd(8) ? EV_REQUIREMENT_DETERMINED_CHANNEL_FHIR
                                                            : EV_REQUIREMENT_DETERMINED_CHANNEL_PORTAL};
    event(l, EV(requirement_determined, REQUIREMENT_DETERMINED, &d));
}

static void packet(struct life *l) {
    int64_t lines[] = {1, 2, 3};
    struct ev_packet_document doc = {.document_id = {{(uint8_t)(1 + rnd(3))}},
                                     .item = PP_STR("clinical_note"),
                                     .title = PP_STR("Note"),
                                     .hash = PP_STR("h"),
                                     .content_type = PP_STR("text/plain")};
    struct ev_packet_released e = {.case_id = case_id,
                                   .case_version = l->version,
                                   .packet_id = {{2}},
                                   .released_by = PP_STR("policy:complete"),
                                   .lines = lines,
                                   .lines_n = 1 + rnd(3),
                                   .documents = &doc,
                                   .documents_n = rnd(2)};
    if (rnd(4) == 0) {
        PP_EACH_ROW(l->unit, SUBMISSION_SUBMISSION, submission_row, sub)
        if (rnd(3) == 0) e.info_request_of = sub->submission_id;
    }
    event(l, EV(packet_released, PACKET_RELEASED, &e));
}

static struct ev_pas_answered answer(struct life *l, struct ev_decided_line *d, struct ev_wanted_item *w) {
    static const char *const codes[] = {"A1", "A2", "A3", "A4", "A6", "C", "CT", "NA", "ZZ", ""};
    struct ev_pas_answered a = {
        .payer = PP_STR("meridian"), .outcome = EV_PAS_ANSWERED_OUTCOME_COMPLETE, .lines = d, .wanted = w};
    if (rnd(8) == 0) {
        a.error_code = PP_STR("T4");
        a.error_followup = rnd(3) ? PP_STR("C") : PP_STR("Y");
        return a;
    }
    a.lines_n = rnd(4);
    for (size_t i = 0; i < a.lines_n; i++) {
        const char *code = codes[rnd(10)];
        d[i] = (struct ev_decided_line){.line = (int64_t)i + rnd(2),
                                        .outcome = EV_DECIDED_LINE_OUTCOME_APPROVED,
                                        .review_code = pp_str_z(code),
                                        .authorization = rnd(2) ? PP_STR("AUTH") : PP_STR_NONE};
        if (strcmp(code, "A1") == 0) l->approved_said = true;
    }
    if (rnd(5) == 0) {
        *w = (struct ev_wanted_item){.line = 1, .code = PP_STR("28653-2")};
        a.wanted_n = 1;
    }
    return a;
}

static void outcome_of_call(struct life *l) {
    if (!l->ncalls) return;
    int at = (int)rnd((uint32_t)l->ncalls);
    struct call c = l->calls[at];
    struct ev_decided_line d[4];
    struct ev_wanted_item w;
    struct ev_pas_answered a = answer(l, d, &w);
    struct ev e = ev_of_pas_answered(&a);
    a.trace = c.trace;
    if (rnd(12) == 0) a.payer = PP_STR("prairie");
    struct pp_in in = {.kind = PP_IN_ANSWER, .call_kind = c.kind, .ref = c.ref, .ev = &e, .call = PP_CALL_ANSWERED};
    uint32_t how = rnd(10);
    if (how == 0) in.call = PP_CALL_DELAYED;
    if (how == 1) in.call = PP_CALL_RESUMED;
    if (how == 2) {
        in.call = PP_CALL_FAILED;
        in.why = PP_STR("refused with 400");
    }
    if (in.call == PP_CALL_ANSWERED || in.call == PP_CALL_FAILED) l->calls[at] = l->calls[--l->ncalls];
    give(l, &in);
}

static void message(struct life *l) {
    PP_EACH_ROW(l->unit, SUBMISSION_SUBMISSION, submission_row, sub) {
        if (rnd(3)) continue;
        struct ev_payer_answer_reported e = {.payer = sub->payer,
                                             .channel = EV_PAYER_ANSWER_REPORTED_CHANNEL_FHIR,
                                             .kind = EV_PAYER_ANSWER_REPORTED_KIND_NOTIFICATION,
                                             .trace = sub->trace,
                                             .hash = rnd(2) ? PP_STR("x1") : PP_STR("x2"),
                                             .size = 1};
        event(l, EV(payer_answer_reported, PAYER_ANSWER_REPORTED, &e));
        return;
    }
}

static void command(struct life *l) {
    int64_t line = 1 + rnd(3);
    struct ev_decision_record r = {
        .case_id = case_id,
        .line = line,
        .authorization = PP_STR("TEL"),
        .evidence = PP_STR("call"),
        .reason = PP_STR("said so"),
        .outcome = (enum ev_decision_record_outcome)(1 + rnd(EV_DECISION_RECORD_OUTCOME_COUNT - 1))};
    struct ev_decision_accept a = {.case_id = case_id, .line = line};
    struct ev_request_resend s = {.case_id = case_id};
    int64_t lines[] = {line};
    struct ev_request_extend x = {.case_id = case_id,
                                  .lines = lines,
                                  .lines_n = 1,
                                  .quantity = rnd(2) ? PP_STR("90") : PP_STR_NONE,
                                  .until = pp_zone_date(PP_STR_NONE, l->now_ms) + 400,
                                  .reason = PP_STR("more")};
    struct ev_request_cancel c = {.case_id = case_id, .reason = PP_STR("x")};
    switch (rnd(6)) {
    case 5: event(l, EV(request_extend, REQUEST_EXTEND, &x)); break;
    case 0:
        if (r.outcome == EV_DECISION_RECORD_OUTCOME_APPROVED) l->approved_said = true;
        event(l, EV(decision_record, DECISION_RECORD, &r));
        break;
    case 1: event(l, EV(decision_accept, DECISION_ACCEPT, &a)); break;
    case 2: event(l, EV(request_cancel, REQUEST_CANCEL, &c)); break;
    default: event(l, EV(request_resend, REQUEST_RESEND, &s)); break;
    }
}

static void time_is_up(struct life *l) {
    PP_EACH_ROW(l->unit, SUBMISSION_SUBMISSION, submission_row, sub) {
        if (!sub->due || rnd(2)) continue;
        struct pp_in in = {.kind = PP_IN_TIMER, .timer_kind = SUBMISSION_TIMER_DUE, .ref = sub->submission_id};
        give(l, &in);
        return;
    }
}

static void withdrawn(struct life *l) {
    struct ev_case_withdrawn e = {.case_id = case_id, .case_version = ++l->version, .case_no = PP_STR("C-1")};
    event(l, EV(case_withdrawn, CASE_WITHDRAWN, &e));
}

static void lives(void **state) {
    const char *given = getenv("PP_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 1;
    int live_seen[LINE_STATE_COUNT] = {0};
    (void)state;
    for (uint64_t n = 0; n < LIVES; n++) {
        struct life l = {.now_ms = INT64_C(1795532400000), .refs = pp_refs_empty()};
        random_state = seed * 1000003 + n;
        pp_arena_init(&l.arena, 256 << 20);
        l.unit = pp_unit_new(&l.arena, submission_tables, SUBMISSION_TABLE_COUNT, PP_STR("lakeside"), person);
        order(&l);
        packet(&l);
        for (int i = 0; i < STEPS; i++) {
            l.now_ms += 1000 * (1 + rnd(3600));
            uint32_t what = rnd(100);
            if (what < 12)
                order(&l);
            else if (what < 35)
                packet(&l);
            else if (what < 70)
                outcome_of_call(&l);
            else if (what < 82)
                message(&l);
            else if (what < 95)
                command(&l);
            else if (what < 99)
                time_is_up(&l);
            else
                withdrawn(&l);
        }
        PP_EACH_ROW(l.unit, SUBMISSION_LINE, submission_line_row, r) live_seen[submission_line_state_of(r->state)]++;
        pp_arena_free(&l.arena);
        pp_refs_free(l.refs);
    }
    /* the walk is worth nothing when it does not get around; another seed may end its lives elsewhere */
    for (int i = LINE_SENT; i < LINE_STATE_COUNT && !given; i++)
        if (!live_seen[i])
            fail_msg("no line ended as %s; seed %llu", submission_line_state_name((enum submission_line_state)i),
                     (unsigned long long)seed);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lives)};
    return cmocka_run_group_tests_name("submission_property", tests, NULL, NULL);
}
