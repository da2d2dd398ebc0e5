/* What follows from a comparison: hold with a task, release with a number, units taken or given back, the public
 * snapshot. One setter per state. */
#include "claims/claims.h"
#include "claims/normalise.h"
#include "refs/due.h"
#include "refs/places.h"

static struct pp_uuid task_id(const struct claims_claim_row *c) {
    return pp_uuid_derive(c->claim_id, PP_STR("claim_hold/0/"));
}

/* Up to the schema's maximum; the rest is still in the table. */
static size_t mismatches(struct pp_unit *u, struct pp_out *o, struct pp_uuid claim_id, struct ev_mismatch **ret) {
    size_t n = 0, most = 0;
    PP_EACH_ROW(u, CLAIMS_MISMATCH, claims_mismatch_row, r) most += pp_uuid_eq(r->claim_id, claim_id);
    if (most > CLAIMS_MISMATCHES_MAX) most = CLAIMS_MISMATCHES_MAX;
    struct ev_mismatch *list = pp_arena_array(pp_out_arena(o), struct ev_mismatch, most + 1);
    *ret = list;
    if (!list) return 0;
    PP_EACH_ROW(u, CLAIMS_MISMATCH, claims_mismatch_row, r) {
        if (!pp_uuid_eq(r->claim_id, claim_id) || n == most) continue;
        struct ev_mismatch *m = &list[n++];
        ev_mismatch_reason_parse(r->reason, &m->reason);
        ev_mismatch_severity_parse(r->severity, &m->severity);
        m->claim_line = r->claim_line;
        m->case_line = r->case_line;
        m->field = r->field;
        m->claim_value = r->claim_value;
        m->auth_value = r->auth_value;
        m->carc = r->carc;
        m->hint = r->hint;
    }
    return n;
}

void claims_emit_matched(struct pp_unit *u, struct pp_out *o, const struct claims_claim_row *c) {
    struct ev_claim_matched m = {.claim_id = c->claim_id, .claim_no = c->claim_no};
    ev_claim_matched_result_parse(c->result, &m.result);
    m.lines = pp_arena_array(pp_out_arena(o), struct ev_matched_line, CLAIMS_TABLE_ROWS_MAX);
    if (!m.lines) return;
    PP_EACH_ROW(u, CLAIMS_CLAIM_LINE, claims_claim_line_row, l) {
        if (!pp_uuid_eq(l->claim_id, c->claim_id) || m.lines_n == CLAIMS_TABLE_ROWS_MAX) continue;
        struct ev_matched_line *x = &m.lines[m.lines_n++];
        x->claim_line = l->line;
        x->case_id = l->case_id;
        x->case_line = l->case_line;
        ev_matched_line_result_parse(l->result, &x->result);
        x->authorization = l->matched_auth;
        x->units = l->matched_units;
        x->code = l->matched_code;
        x->proof = l->proof;
    }
    m.mismatches_n = mismatches(u, o, c->claim_id, &m.mismatches);
    pp_emit(o, EV(claim_matched, CLAIM_MATCHED, &m));
}

void claims_publish(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c) {
    struct ev_claim_status s = {.claim_id = c->claim_id,
                                .claim_no = c->claim_no,
                                .sender = c->sender,
                                .version = ++c->version,
                                .authorization = c->released_auth,
                                .case_id = c->case_id,
                                .carc = c->carc,
                                .next_step = c->next_step,
                                .paid = c->paid,
                                .patient_responsibility = c->patient_part,
                                .payment_date = c->payment_date,
                                .denial_carc = c->denial_carc,
                                .denial_rarc = c->denial_rarc,
                                .as_of = ctx->now_ms};
    ev_claim_status_outcome_parse(c->outcome, &s.outcome);
    ev_claim_status_acknowledgement_parse(c->acknowledgement, &s.acknowledgement);
    ev_claim_status_state_parse(c->state, &s.state);
    ev_claim_status_result_parse(c->result, &s.result);
    s.mismatches_n = mismatches(u, o, c->claim_id, &s.mismatches);
    char key[PP_UUID_TEXT + 1];
    pp_uuid_text(c->claim_id, key);
    pp_publish(o, EV(claim_status, CLAIM_STATUS, &s), pp_str_z(key), c->version);
}

static void settle_task(struct pp_out *o, struct claims_claim_row *c, const char *outcome, struct pp_str by) {
    if (!c->task_open) return;
    c->task_open = false;
    struct ev_task_settled t = {.task_id = task_id(c), .outcome = pp_str_z(outcome), .by = by};
    pp_emit(o, EV(task_settled, TASK_SETTLED, &t));
}

static struct pp_uuid merge_task_id(const struct claims_claim_row *c) {
    return pp_uuid_derive(c->claim_id, PP_STR("merge_review/0/"));
}

void claims_ask_merge(const struct pp_ctx *ctx, struct pp_out *o, struct claims_claim_row *c) {
    struct ev_task_needed t = {.task_id = merge_task_id(c),
                               .kind = EV_TASK_NEEDED_KIND_MERGE_REVIEW,
                               .claim_id = c->claim_id,
                               .subject = pp_arena_printf(pp_out_arena(o), "claim %.*s", PP_FMT(c->claim_no)),
                               .reason = PP_STR("This held claim stands under a patient record that was merged "
                                                "into another: its order may stand there"),
                               .queue = PP_STR("billing"),
                               .due = ctx->now_ms + PP_MS_DAY,
                               .owner = EV_TASK_NEEDED_OWNER_CLAIMS};
    c->merge_open = true;
    pp_emit(o, EV(task_needed, TASK_NEEDED, &t));
}

/* Its order was found, or nothing is held any more. */
static void settle_merge(struct pp_out *o, struct claims_claim_row *c, const char *outcome, struct pp_str by) {
    if (!c->merge_open) return;
    c->merge_open = false;
    struct ev_task_settled t = {.task_id = merge_task_id(c), .outcome = pp_str_z(outcome), .by = by};
    pp_emit(o, EV(task_settled, TASK_SETTLED, &t));
}

static int64_t dec(struct pp_str v) {
    int64_t n;
    return v.n && pp_dec_parse(v, &n) ? n : 0;
}

static int64_t used_of(struct pp_unit *u, struct pp_uuid case_id, int32_t line, struct pp_str number) {
    int64_t sum = 0;
    PP_EACH_ROW(u, CLAIMS_USED, claims_used_row, r)
    if (pp_uuid_eq(r->case_id, case_id) && r->line == line && pp_str_eq(r->authorization_no, number))
        sum += dec(r->units);
    return sum;
}

static void emit_used(struct pp_unit *u, struct pp_out *o, const struct claims_used_row *r, int64_t delta) {
    char units[24], used[24];
    pp_dec_text(delta, units);
    pp_dec_text(used_of(u, r->case_id, r->line, r->authorization_no), used);
    struct ev_units_used e = {.case_id = r->case_id,
                              .line = r->line,
                              .claim_id = r->claim_id,
                              .authorization = r->authorization_no,
                              .units = pp_str_z(units),
                              .unit_type = r->unit_type,
                              .used = pp_str_z(used)};
    pp_emit(o, EV(units_used, UNITS_USED, &e));
}

void claims_give_back(struct pp_unit *u, struct pp_out *o, struct pp_uuid claim_id) {
    PP_EACH_ROW(u, CLAIMS_USED, claims_used_row, r) {
        if (!pp_uuid_eq(r->claim_id, claim_id)) continue;
        struct claims_used_row was = *r;
        pp_row_delete(u, r);
        emit_used(u, o, &was, -dec(was.units));
    }
}

static void use_line(struct pp_unit *u, struct pp_out *o, const struct claims_claim_row *c,
                     const struct claims_claim_line_row *l) {
    if (!pp_uuid_eq(l->claim_id, c->claim_id) || pp_uuid_none(l->case_id) || !l->matched_auth.n) return;
    const struct claims_used_row key = {
        .case_id = l->case_id, .line = l->case_line, .claim_id = c->claim_id, .claim_line = l->line};
    if (pp_row_find(u, CLAIMS_USED, &key)) return;
    struct claims_used_row *r = pp_row_add(u, CLAIMS_USED, &key);
    if (!r) return;
    r->claim_no = c->claim_no;
    r->authorization_no = l->matched_auth;
    r->units = l->matched_units;
    r->unit_type = l->unit_type;
    r->date = l->date_from;
    emit_used(u, o, r, dec(r->units));
}

static void use_units(struct pp_unit *u, struct pp_out *o, const struct claims_claim_row *c) {
    PP_EACH_ROW(u, CLAIMS_CLAIM_LINE, claims_claim_line_row, l) use_line(u, o, c, l);
}

static bool line_denied(struct pp_unit *u, struct pp_uuid claim_id, int32_t line) {
    const struct claims_claim_line_row key = {.claim_id = claim_id, .line = line};
    const struct claims_claim_line_row *l = pp_row_find(u, CLAIMS_CLAIM_LINE, &key);
    return l && pp_str_eqz(l->outcome, "denied");
}

void claims_units_as_paid(struct pp_unit *u, struct pp_out *o, const struct claims_claim_row *c) {
    PP_EACH_ROW(u, CLAIMS_USED, claims_used_row, r) {
        if (!pp_uuid_eq(r->claim_id, c->claim_id) || !line_denied(u, c->claim_id, r->claim_line)) continue;
        struct claims_used_row was = *r;
        pp_row_delete(u, r);
        emit_used(u, o, &was, -dec(was.units));
    }
    if (!pp_str_eqz(c->state, "released")) return;
    PP_EACH_ROW(u, CLAIMS_CLAIM_LINE, claims_claim_line_row, l)
    if (!pp_str_eqz(l->outcome, "denied")) use_line(u, o, c, l);
}

/* What differs, in the words of those who bill. */
static const char *words_of(struct pp_str reason) {
    static const struct {
        const char *reason, *words;
    } all[] = {{"patient", "Another patient"},
               {"member_id", "Another member number"},
               {"payer_plan", "Another payer or plan"},
               {"coverage_dates", "Outside the coverage dates"},
               {"auth_number", "Another authorization number"},
               {"auth_status", "The authorization is not in force"},
               {"code", "Another code"},
               {"modifier", "Another modifier"},
               {"dx", "Another diagnosis"},
               {"provider", "Another provider"},
               {"facility", "Another facility"},
               {"pos", "Another place of service"},
               {"date_before", "Before the authorized dates"},
               {"date_after", "After the authorized dates"},
               {"units_exceeded", "More units than authorized"},
               {"line_not_approved", "A line that was not approved"},
               {"duplicate_use", "The authorization was used before"},
               {"expired", "The authorization has expired"},
               {"wrong_coverage_order", "The wrong payer comes first"},
               {"doc_missing", "A document is missing"},
               {"no_auth", "No authorization"},
               {"requirement_unknown", "Not known whether authorization is needed"}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (pp_str_eqz(reason, all[i].reason)) return all[i].words;
    return "Claim and authorization differ";
}

static struct pp_str task_reason(struct pp_unit *u, struct pp_arena *a, const struct claims_claim_row *c) {
    int others = -1;
    const struct claims_mismatch_row *first = NULL;
    PP_EACH_ROW(u, CLAIMS_MISMATCH, claims_mismatch_row, m) {
        if (!pp_uuid_eq(m->claim_id, c->claim_id) || !pp_str_eqz(m->severity, "hold")) continue;
        if (!first) first = m;
        others++;
    }
    if (!first) return PP_STR("Held");
    struct pp_str what = pp_arena_printf(a, "%s: claim %.*s, authorization %.*s", words_of(first->reason),
                                         PP_FMT(first->claim_value.n ? first->claim_value : PP_STR("nothing")),
                                         PP_FMT(first->auth_value.n ? first->auth_value : PP_STR("nothing")));
    if (others > 0) what = pp_arena_printf(a, "%.*s, and %d more", PP_FMT(what), others);
    what = pp_arena_printf(a, "%.*s (%.*s)", PP_FMT(claims_cut(what, 260)), PP_FMT(first->reason));
    return claims_cut(what, 300);
}

void claims_hold(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c) {
    bool first = !pp_str_eqz(c->state, "held");
    struct pp_arena *a = pp_out_arena(o);
    c->state = PP_STR("held");
    c->decided = ctx->now_ms;
    if (first) {
        const struct pp_site *site = pp_refs_site(ctx->refs, c->site);
        c->held = ctx->now_ms;
        c->due = pp_refs_task_due(ctx->refs, EV_TASK_NEEDED_KIND_CLAIM_HOLD, false, ctx->now_ms,
                                  site ? site->zone : PP_STR_NONE);
    }
    struct ev_claim_held h = {.claim_id = c->claim_id,
                              .claim_no = c->claim_no,
                              .case_id = c->case_id,
                              .site = c->site,
                              .carc = c->carc,
                              .total = c->total,
                              .due = c->due};
    h.mismatches_n = mismatches(u, o, c->claim_id, &h.mismatches);
    pp_emit(o, EV(claim_held, CLAIM_HELD, &h));
    c->task_open = true;
    struct ev_task_needed t = {.task_id = task_id(c),
                               .kind = EV_TASK_NEEDED_KIND_CLAIM_HOLD,
                               .case_id = c->case_id,
                               .claim_id = c->claim_id,
                               .subject = pp_arena_printf(a, "claim %.*s", PP_FMT(c->claim_no)),
                               .reason = task_reason(u, a, c),
                               .queue = PP_STR("billing"),
                               .due = c->due,
                               .owner = EV_TASK_NEEDED_OWNER_CLAIMS};
    pp_emit(o, EV(task_needed, TASK_NEEDED, &t));
    if (!pp_uuid_none(c->case_id)) settle_merge(o, c, "its order was found", PP_STR("policy:matched"));
    claims_publish(ctx, u, o, c);
}

void claims_let_go(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c,
                   struct pp_str by, struct pp_str reason) {
    c->state = PP_STR("released");
    c->decided = ctx->now_ms;
    c->by = by;
    c->reason = reason;
    struct ev_claim_released r = {.claim_id = c->claim_id,
                                  .claim_no = c->claim_no,
                                  .case_id = c->case_id,
                                  .authorization = c->released_auth,
                                  .by = by,
                                  .reason = reason};
    pp_emit(o, EV(claim_released, CLAIM_RELEASED, &r));
    use_units(u, o, c);
    settle_task(o, c, "released", by);
    settle_merge(o, c, "released", by);
    claims_publish(ctx, u, o, c);
}

void claims_close(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o, struct claims_claim_row *c,
                  const char *state, const char *outcome, struct pp_str by) {
    c->state = pp_str_z(state);
    c->decided = ctx->now_ms;
    if (!c->result.n) c->result = PP_STR("no_auth");
    c->carc = c->next_step = PP_STR_NONE;
    claims_give_back(u, o, c->claim_id);
    settle_task(o, c, outcome, by);
    settle_merge(o, c, outcome, by);
    claims_settle_denial(o, c, outcome, by);
    claims_settle_rejection(o, c, outcome, by);
    claims_publish(ctx, u, o, c);
}
